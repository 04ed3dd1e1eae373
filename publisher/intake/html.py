"""An HTML page as blocks and metadata: the words of its main content, without what stands around them.

Our own rules read a page that says where its content is (`main`, `article`); trafilatura is asked about the
others. Either way only whole elements are left out, never words inside a paragraph.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from publisher.errors import StatementError
from publisher.intake.draft import Draft, blocks_of, ended, without_kickers
from publisher.intake.embargo import announced
from publisher.intake.html_furniture import HEADINGS, events, strip
from publisher.statement import Block, BlockKind

_BLOCK = {
    "address", "article", "blockquote", "body", "center", "dd", "details", "div", "dl", "dt", "fieldset", "header",
    "h1", "h2", "h3", "h4", "h5", "h6", "hgroup", "hr", "html", "li", "main", "ol", "p", "pre", "section", "summary",
    "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
}  # fmt: skip
_BREAK = "\v"


def parse(text: str, name: str) -> Any:
    """The tree of a page or fragment. Raises StatementError when it has no words or is nested beyond reason."""
    import lxml.html
    from lxml import etree

    parser = lxml.html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    try:
        tree = lxml.html.document_fromstring(text.encode("utf-8", "replace"), parser)
    except etree.LxmlError:
        raise StatementError(f"{name} holds no readable HTML; give the page itself or its text") from None
    if any("depth" in entry.message.lower() for entry in parser.error_log):
        raise StatementError(f"{name} is nested too deeply to be a statement; give its text")
    return tree


def fragment(markup: str) -> list[Block]:
    """The blocks of a piece of HTML that stands in Markdown."""
    tree = parse(markup, "the HTML in the text")
    strip(tree, whole=float("inf"))  # it is a part of a text, so any of it may be furniture
    return list(_blocks(tree))


def content(tree: Any, draft: Draft, text: str) -> None:
    """Put the page's main content into `draft.blocks`."""
    root = _root(tree)
    if root is None and re.search(r"<(?:html|body)\b", text, re.I):
        draft.blocks = _extracted(text)
        draft.dropped += [b.text for b in _blocks(tree) if announced(b.text)]  # it must not go unnoticed
    if not draft.blocks:
        root = tree if root is None else root
        draft.dropped += strip(root)
        draft.blocks = without_kickers(list(_blocks(root)), draft)


def _root(tree: Any) -> Any:
    """The element that holds the statement, where the page says so."""
    for path in ('//*[@itemprop="articleBody"]', "//main", '//*[@role="main"]', "//article"):
        found = [e for e in tree.xpath(path) if _words(e)]
        if path == "//main" and len(found) == 1 and len(inner := found[0].xpath(".//article")) == 1:
            found = inner if _words(inner[0]) * 2 > _words(found[0]) else found
        if found:
            return max(found, key=_words)
    return None


def _words(element: Any) -> int:
    """How much running text an element has: words in paragraphs and items."""
    return sum(len((e.text_content() or "").split()) for e in element.iter("p", "li", "blockquote"))


def _extracted(text: str) -> list[Block]:
    """The main content of a page that does not mark it, as trafilatura finds it."""
    import logging

    import trafilatura
    from lxml import etree

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)  # its complaints are not the user's
    found = trafilatura.extract(text, output_format="xml", include_comments=False, favor_precision=True)
    if not found:
        return []
    kinds: dict[str, BlockKind] = {"head": "heading", "item": "item", "quote": "quote", "row": "item"}
    made: list[Block] = []
    for element in etree.fromstring(found.encode()).iter("head", "p", "item", "row", "quote"):
        parents = {e.tag for e in element.iterancestors()}
        if parents & {"item", "row"} or (element.tag == "quote" and element.find("p") is not None):
            continue
        kind = "quote" if "quote" in parents else kinds.get(element.tag, "paragraph")
        made += blocks_of(kind, [" ".join(element.itertext())])
    return made


# ---------------------------------------------------------------- words


def _blocks(root: Any) -> Iterator[Block]:
    """The text of `root` in reading order, cut where a browser begins a new line."""
    for kind, texts in _runs(root):
        words = re.sub(r"[ \n\r\t\f]+", " ", "".join(texts))
        yield from blocks_of(kind, words.split(_BREAK))


def _runs(root: Any) -> Iterator[tuple[BlockKind, list[str]]]:
    run: list[str] = []
    kind: BlockKind = "paragraph"
    for event, element in events(root):
        if event == "text":
            run.append(element)
            continue
        if element.tag == "br":
            run += [_BREAK] if event == "start" else []
        elif element.tag == "tr" or (element.tag in _BLOCK and not _in_row(element)):
            yield kind, run
            run = []
            kind = _kind(element if event == "start" else element.getparent())
        elif element.tag in ("td", "th") and event == "start" and "".join(run).strip():
            run.append(" | ")
    yield kind, run


def _in_row(element: Any) -> bool:
    return any(e.tag in ("td", "th") for e in (element, *element.iterancestors("td", "th")))


def _kind(element: Any) -> BlockKind:
    if element is None:
        return "paragraph"
    chain = [element.tag, *(e.tag for e in element.iterancestors())]
    if HEADINGS.intersection(chain):
        return "heading"
    if "li" in chain or element.tag == "tr":
        return "item"
    if element.tag == "p" and _all_bold(element):
        return "heading"
    return "quote" if "blockquote" in chain else "paragraph"


def _all_bold(element: Any) -> bool:
    """A paragraph that is bold from end to end and no sentence is a heading its author did not mark."""
    said = element.text_content().strip()
    bold = "".join(e.text_content() for e in element.iterchildren("strong", "b")).strip()
    return bool(said) and said == bold and len(said) <= 120 and not ended(said)
