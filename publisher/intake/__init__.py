"""Taking a statement in: a file, a page or standard input becomes a Statement, media and translations with it.

source → text → draft (one reader for each kind) → checked fields → what is no part of it goes → Statement
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import Any, Literal
from urllib.parse import urlsplit

from publisher.errors import StatementError
from publisher.intake import embargo as embargoes
from publisher.intake import front_matter, furniture
from publisher.intake.clean import clean, headline, overridden, printable, without_footnote_marks
from publisher.intake.draft import Draft, ended, quoted
from publisher.intake.fields import Fields
from publisher.intake.language import detect
from publisher.intake.source import STDIN, Source, beside, decode, is_url, packed, take
from publisher.statement import Block, Statement

__all__ = ["read"]

Kind = Literal["markdown", "html", "text"]

_PAGE = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*)?(?:(?><!--.*?-->)\s*)*+<(?:!doctype\s+html|html|head|body)\b", re.I | re.S
)
_FRAGMENT = re.compile(
    r"\s*(?:(?><!--.*?-->)\s*)*+<(?:div|p|h[1-6]|main|article|section|header|ul|ol|table|blockquote|nav|span|meta)\b[^>]*>",
    re.I | re.S,
)
_FEED = re.compile(
    r"\s*<\?xml[^>]*>\s*(?:(?><!--.*?-->)\s*)*+<(?:rss|feed|rdf)\b|\s*<(?:rss|feed)\b", re.I | re.S
)
_HEADING = re.compile(r"\s*(?:---\s*\n\s*)?# \S")
_NAMES: dict[str, Kind] = {
    ".md": "markdown", ".markdown": "markdown", ".mdown": "markdown", ".mkd": "markdown",
    ".html": "html", ".htm": "html", ".xhtml": "html",
}  # fmt: skip
_TYPES: dict[str, Kind] = {
    "text/html": "html", "application/xhtml+xml": "html", "text/markdown": "markdown", "text/x-markdown": "markdown",
}  # fmt: skip
_OVERRIDDEN = "characters that reverse the reading order (U+202D, U+202E) were left out of the text"
_HEADLINE = 300  # characters; a longer first line is a paragraph


@dataclass(frozen=True, slots=True)
class _Given:
    """What the caller says, which wins over what was read; `main` is the statement this is a translation of."""

    url: str = ""
    title: str = ""
    language: str = ""
    embargo: str = ""
    no_embargo: bool = False
    allow_hosts: Sequence[str] = ()
    main: Statement | None = None

    def over(self, found: dict[str, Any]) -> dict[str, Any]:
        said = {"url": self.url, "title": self.title, "language": self.language, "embargo": self.embargo}
        return found | {key: value for key, value in said.items() if value}


def read(
    source: str,
    *,
    url: str = "",
    title: str = "",
    language: str = "",
    embargo: str = "",
    no_embargo: bool = False,
    stdin: bytes | None = None,
    allow_hosts: Sequence[str] = (),
) -> Statement:
    """The statement at `source`: a path, an http(s) address, or "-" for standard input (`stdin`, if given).

    `url`, `title`, `language` and `embargo` win over what was read. `no_embargo` says that embargo wording in
    the text is none. `allow_hosts` names hosts that may be fetched although they are not public.
    Raises StatementError: one sentence that names the file, the field and the fix.
    """
    given = _Given(url, title, language, embargo, no_embargo, tuple(allow_hosts))
    taken = take(source, stdin, allow_hosts)
    main, paths = _statement(taken, given)
    others = _translations(main, paths, taken, given)
    return replace(_placed(main), translations=tuple(_placed(other) for other in others))


def _placed(made: Statement) -> Statement:
    """Known by where it lies, however it was called: two folders may both hold a `statement.md`."""
    if made.source == STDIN:
        return replace(made, source="")
    return made if is_url(made.source) else replace(made, source=str(Path.cwd() / made.source))


def _statement(source: Source, given: _Given) -> tuple[Statement, list[str]]:
    """The statement in one language, and the paths of its translations."""
    from publisher.intake.media import media_of

    draft = _draft(source)
    fields = Fields(source.name, given.over(draft.fields))
    embargo = fields.one_line("embargo")
    _one_embargo(draft, source, given)
    embargoes.heed(draft, source.name, embargo, given.no_embargo)
    title = _edit(draft, fields, source, given)
    embargoes.remains(draft, source.name, title, given.no_embargo)
    made = Statement(
        title=title,
        blocks=tuple(draft.blocks),
        url=fields.url(),
        language=_language(fields, draft, title),
        issued=fields.issued(),
        embargo=embargo,
        organization=fields.one_line("organization"),
        hashtags=fields.hashtags(),
        mentions=fields.mentions(),
        summary=fields.paragraph("summary"),
        media=tuple(media_of(fields, source, draft, given.allow_hosts)),
        overrides=fields.overrides(draft),
        source=source.name,
    )
    fields.unknown(draft)
    if source.private and urlsplit(made.url).netloc == urlsplit(source.url).netloc:
        draft.note(
            f"{made.url} is not public, as far as the settings say; give the address for readers with --url"
        )
    if not made.url and not given.main:
        draft.note("the statement has no link; set `url` (or --url) so that readers can find it")
    if not made.blocks:
        draft.note("the statement has a title and no text")
    return replace(made, notes=tuple(draft.notes)), fields.translations()


def _one_embargo(draft: Draft, source: Source, given: _Given) -> None:
    said = draft.fields.get("embargo")
    if given.main and said and said != given.main.embargo:
        raise StatementError(
            f"{source.name}: `embargo` is not that of {given.main.source}; all languages leave together, "
            "so declare it in the main file only"
        )


def _translations(main: Statement, paths: list[str], source: Source, given: _Given) -> Iterator[Statement]:
    """The statement's other languages. What they do not say of themselves is as in the main one."""
    languages = {main.language.casefold(): main.source}
    inherited = _Given("", "", "", main.embargo, given.no_embargo, given.allow_hosts, main)
    for path in paths:
        made, nested = _statement(beside(source, path, given.allow_hosts), inherited)
        if nested:
            raise StatementError(
                f"{made.source}: `translations` belongs in the main file ({main.source}) only; remove it here"
            )
        if other := languages.get(made.language.casefold()):
            raise StatementError(
                f"{made.source} is in the same language ({made.language}) as {other}; set `language` in each file"
            )
        languages[made.language.casefold()] = made.source
        if not made.url and main.url:
            made = replace(made, notes=(*made.notes, f"no `url` of its own; it links to {main.url}"))
        yield replace(
            made,
            url=made.url or main.url,
            organization=made.organization or main.organization,
            issued=made.issued or main.issued,
        )


# ---------------------------------------------------------------- reading


def _draft(source: Source) -> Draft:
    """What the reader for this kind of source finds in it."""
    if document := packed(source.data):
        return _unpacked(document, source)
    head = source.data[:4096].decode("utf-8", "ignore").lstrip("\ufeff")
    page_like = _TYPES.get(source.type) == "html" or bool(_PAGE.match(head) or _FRAGMENT.match(head))
    text = printable(decode(source, html=page_like))
    fields, body, fenced = front_matter.split(text, source.name)
    kind = "markdown" if fenced else _kind(source, text)
    draft = _read_as(kind, source, text, body)
    draft.fields |= fields
    if overridden(body):
        draft.note(_OVERRIDDEN)
    return draft


def _unpacked(kind: Literal["pdf", "docx"], source: Source) -> Draft:
    """A document's own text; its address is where it was fetched from."""
    if kind == "pdf":
        from publisher.intake import pdf as reader
    else:
        from publisher.intake import docx as reader  # type: ignore[no-redef]
    draft = reader.read(source.data, source.name)
    if source.url:
        draft.fields["url"] = source.url.partition("#")[0]
    if any(overridden(block.text) for block in draft.blocks):
        draft.note(_OVERRIDDEN)
    return draft


def _read_as(kind: Kind, source: Source, text: str, body: str) -> Draft:
    if kind == "html":
        from publisher.intake import page

        return page.read(text, source.name, source.url, private=source.private)
    if kind == "markdown":
        from publisher.intake import markdown

        return markdown.read(clean(body))
    from publisher.intake import text as plain

    return plain.read(clean(text))


def _kind(source: Source, text: str) -> Kind:
    """By the content where it is plain to see, else by the type or name it came with."""
    named = _TYPES.get(source.type) or _NAMES.get(PurePath(source.name).suffix.lower())
    if _FEED.match(text):
        raise StatementError(f"{source.name} is a feed; give the address of one statement in it")
    if _is_json(text):
        raise StatementError(f"{source.name} is JSON; give Markdown, an HTML page, plain text, DOCX or PDF")
    if _PAGE.match(text) or (named != "markdown" and _FRAGMENT.match(text)):
        return "html"
    return named or ("markdown" if _HEADING.match(text) else "text")


def _is_json(text: str) -> bool:
    if not re.match(r"\s*[\[{]\s*[\"\[{]", text):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


# ---------------------------------------------------------------- title, body, language


def _edit(draft: Draft, fields: Fields, source: Source, given: _Given) -> str:
    """Leave in the draft's blocks the statement proper; returns its title."""
    furniture.trim(draft)
    own = _own_title(draft)
    title = fields.one_line("title") or (own and headline(own, f"{source.name}: the title"))
    if not title:
        raise _untitled(draft, source, fields.meant("title"))
    replaced = {title.casefold()} | ({own.casefold()} if given.title else set())
    draft.blocks = [
        b for at, b in enumerate(draft.blocks) if not (_heads(b, at) and b.text.casefold() in replaced)
    ]
    furniture.trim(draft)
    furniture.once(draft, title)
    if draft.dropped:
        draft.note(f"left out as furniture of the page: {quoted(list(dict.fromkeys(draft.dropped)))}")
    _without_marks(draft)
    lost = next((text for text in (title, *(b.text for b in draft.blocks)) if "\ufffd" in text), "")
    if lost:
        raise StatementError(
            f"{source.name}: a character was lost in {quoted([lost])} (U+FFFD); restore it from the original"
        )
    return title


def _heads(block: Block, at: int) -> bool:
    return at == 0 or block.kind == "heading"


def _own_title(draft: Draft) -> str:
    """The title the text itself has: its heading, or the first line of plain text."""
    first = draft.blocks[0] if draft.blocks else Block("paragraph", "")
    if draft.opens_with_title and not _is_paragraph(first.text):
        return draft.blocks.pop(0).text if first.text else ""
    return draft.title or (first.text if first.kind == "heading" else "")


def _is_paragraph(text: str) -> bool:
    return len(text) > _HEADLINE or (len(text) > _HEADLINE // 2 and ended(text))


def _untitled(draft: Draft, source: Source, near: str) -> StatementError:
    if near:
        return StatementError(f"{source.name} has no title; write `title:` for `{near}:` in its front matter")
    if draft.opens_with_title and draft.blocks:
        return StatementError(
            f"{source.name}: the first line ({len(draft.blocks[0].text)} characters) reads like a paragraph, not a "
            "title; put the title above it, or give --title"
        )
    return StatementError(
        f"{source.name} has no title; add `title:` to its front matter, a line `# Title` at the top, or give --title"
    )


def _without_marks(draft: Draft) -> None:
    plain = [Block(block.kind, without_footnote_marks(block.text)) for block in draft.blocks]
    if plain != draft.blocks:
        draft.note("footnote marks (superscript figures) were left out")
        draft.blocks = plain


def _language(fields: Fields, draft: Draft, title: str) -> str:
    """The declared language, else the one the words are in, else English with a note."""
    declared = fields.language()
    seen = detect("\n".join([title, *(block.text for block in draft.blocks)]))
    if not declared and not seen:
        draft.note("the language could not be told; English is assumed, set `language` (or --language)")
    if declared and seen and declared.split("-")[0] != seen:
        draft.note(f"the text seems to be in another language ({seen}) than it declares ({declared})")
    return declared or seen or "en"
