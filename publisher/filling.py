"""Filling: the templates of one channel, filled with one statement's words.

A template is given marked strings and hands back a marked string (see `publisher.text`); it decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from publisher import directory as directories
from publisher import text as texts
from publisher import thread
from publisher.channel import MAIN, Channel, Copy, Field
from publisher.errors import SettingsError
from publisher.render import RIGHT_TO_LEFT, Occasion, Renderer
from publisher.statement import Block, Statement
from publisher.summary import Candidate
from publisher.text import Text

LEADS = 0.85
"""The share of the best score with which a sentence that stands before the best still leads."""


@dataclass
class Filling:
    """`fits` says whether a field has room for a text; `names` what organizations are called, `full` the
    blocks of the whole statement where they are wanted."""

    renderer: Renderer
    statement: Statement
    channel: Channel
    names: directories.Names
    fits: Callable[[Field, Text], bool]
    occasion: Occasion | None = None
    full: Sequence[Block] = ()

    def text(
        self,
        spec: Field,
        before: Sequence[Copy],
        chosen: Sequence[Candidate],
        summary: str,
        at: tuple[int, int] = (1, 1),
    ) -> Text:
        """The field's template with these sentences (or this author's summary), as the nth of so many posts.

        Where not even the headline fits, hashtags go first, then mentions.
        """
        tags = list(self.statement.hashtags[: self.channel.form.hashtags])
        names = self.mentioned
        while True:
            context = self._context(spec, before, chosen, summary, at)
            made = self._run(
                "correction"
                if self.occasion and spec.name == MAIN
                else spec.name
                if at[1] == 1
                else "thread",
                spec.html,
                context | {"hashtags": tags, "mentions": names},
            )
            text = Text.plain(made) if spec.html else Text.parse(texts.tidy(texts.nfc(made)))
            if not (tags or names) or chosen or summary or self.fits(spec, text):
                return text
            tags, names = (tags[:-1], names) if tags else (tags, names[:-1])

    @cached_property
    def mentioned(self) -> list[str]:
        """Whom the front matter wants mentioned and the directory knows here; a mail mentions nobody."""
        posts = any(f.name == MAIN for f in self.channel.form.fields)
        return [name for name in self.statement.mentions if posts and self.names.has(name)]

    def _context(
        self,
        spec: Field,
        before: Sequence[Copy],
        chosen: Sequence[Candidate],
        summary: str,
        at: tuple[int, int],
    ) -> dict[str, Any]:
        statement, html = self.statement, spec.html
        own = directories.unnamed(summary) if html else self.names.authored(summary)
        points = [" ".join(c.text for c in group) for group in thread.grouped(chosen)]
        lead = _lead(thread.grouped(chosen))
        return {
            "title": statement.title,
            "summary": own or " ".join(c.text for c in chosen),
            "authored": bool(summary),
            "points": points,
            "lead": lead,
            "others": [point for point in points if point != lead],
            "paragraphs": own.split("\n\n") if own else _paragraphs(chosen),
            "url": statement.url,
            "language": statement.language,
            "dir": "rtl" if statement.language.split("-")[0] in RIGHT_TO_LEFT else "ltr",
            "organization": statement.organization,
            "issued": statement.issued,
            "full": () if _all_said(self.full, chosen) else self.full,
            "documents": statement.documents,
            "images": statement.images,
            "n": at[0],
            "of": at[1],
            "marker": self.marker(*at),
            "labels": self.labels,
            "notice": "",
            "original": "",
            **{f.name: "" for f in self.channel.form.fields},
            **{c.field: c.text for c in before},
            **getattr(self.channel.form, "context", {}),
            "link": str if html else lambda url: texts.mark("link", url),
            "hashtag": (lambda tag: f"#{tag}") if html else lambda tag: texts.mark("hashtag", tag),
            "mention": (lambda name, target="": name) if html else self.names.mention,
            **self._occasion(),
        }

    @cached_property
    def labels(self) -> dict[str, str]:
        return self.renderer.words(self.statement.language)

    @property
    def label(self) -> str:
        """The word that says why something is said again: `Correction:`, `Withdrawn:`."""
        if self.occasion is None:
            return ""
        return self.labels["correction" if self.occasion.kind == "correction" else "withdrawn"]

    def _occasion(self) -> dict[str, Any]:
        """What is different when something is said again; of what is withdrawn nothing is repeated."""
        if self.occasion is None:
            return {}
        changed = {"title": f"{self.label} {self.statement.title}", "original": self.occasion.title}
        if self.occasion.kind == "correction":
            return changed | {"notice": self.labels["corrects"].replace("{title}", self.occasion.title)}
        return changed | {
            "notice": self.labels["withdrawn_notice"],
            "url": "",
            "full": (),
            "documents": (),
            "images": (),
        }

    def _run(self, name: str, html: bool, context: dict[str, Any]) -> str:
        from jinja2 import TemplateError, TemplatesNotFound, TemplateSyntaxError

        environment = self.renderer.environments(self.channel)[1 if html else 0]
        wanted = [f"{self.channel.name}.{name}.j2", f"default.{name}.j2"]
        try:
            template = environment.select_template(wanted)
            return template.render(context)
        except TemplatesNotFound:
            raise SettingsError(f"no template {wanted[0]} was found") from None
        except TemplateSyntaxError as error:
            raise SettingsError(f"template {error.name}, line {error.lineno}: {error.message}") from None
        except (TemplateError, TypeError, ValueError, AttributeError, LookupError, ArithmeticError) as error:
            raise SettingsError(f"template {wanted[0]}: {error}") from None

    def marker(self, n: int, of: int) -> str:
        """Which post of how many this is, as the template says it; nothing for a post alone."""
        if of < 2:
            return ""
        return self._run("marker", False, {"n": n, "of": of, "language": self.statement.language}).strip()


def _all_said(full: Sequence[Block], chosen: Sequence[Candidate]) -> bool:
    """Whether the sentences chosen are the whole statement: nobody need read it twice."""
    said, whole = (" ".join(part.text for part in parts) for parts in (chosen, full))
    return said.split() == whole.split()


def _lead(groups: Sequence[Sequence[Candidate]]) -> str:
    """What a reader should see first: the statement's first group, unless another says far more; one that leans on the headline stands right under it."""
    if groups and groups[0][0].headed:
        return " ".join(c.text for c in groups[0])
    best = max((group[0].score for group in groups), default=0.0)
    lead = next((group for group in groups if group[0].score >= LEADS * best), ())
    return " ".join(c.text for c in lead)


def _paragraphs(chosen: Sequence[Candidate]) -> list[str]:
    """The chosen sentences, those of one block joined."""
    blocks: dict[int, list[str]] = {}
    for candidate in chosen:
        blocks.setdefault(candidate.block, []).append(candidate.text)
    return [" ".join(sentences) for sentences in blocks.values()]
