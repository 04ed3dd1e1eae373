"""The furniture of an HTML page: menus, share buttons, banners, footnotes. Told by elements, not by words.

Only whole elements go, and never one that holds running text, unless its very name says what it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from publisher.intake.clean import clean, line

HEADINGS = {f"h{n}" for n in range(1, 7)}
_SILENT = {
    "script", "style", "noscript", "template", "svg", "math", "nav", "aside", "footer", "form", "button", "select",
    "input", "textarea", "iframe", "object", "dialog", "figure", "picture", "video", "audio", "canvas", "map", "img",
    "head", "title",
}  # fmt: skip
_UNSAID = {
    "script",
    "style",
    "noscript",
    "template",
    "svg",
    "title",
    "head",
    "sup",
}  # no note need name these
_ROLES = {"navigation", "banner", "contentinfo", "search", "complementary", "dialog", "alert", "form", "menu"}
_EDGE = r"(?:^|[-_\s])(?:{})(?:$|[-_\s])"
_NEVER = re.compile(
    _EDGE.format(
        "cookies?|consent|gdpr|breadcrumbs?|newsletter|subscribe|footnotes?|endnotes|licen[cs]e|advert|ads|comments?"
        "|pagination|pager|skip|skip-?link|hidden|visually-hidden|sr-only|screen-reader-text|no-?print|print-only"
    ),
    re.I,
)
# Names that parts of a text bear as well ("social-affairs"): such a part goes only where it has no running text.
_SELDOM = re.compile(
    _EDGE.format(
        "share|sharing|sharebar|socials?|related|sidebar|menu|toolbar|contacts?|vcard|byline|tags|meta"
    ),
    re.I,
)
_SIGNED = re.compile(
    r":\s*$|sign|endors|support|member|unterzeich|mitglied|firma|miembro|undertecknat|موقع", re.I
)
_RUNNING = 200  # characters; a paragraph of that length says something
_TOO_MUCH = 0.5  # share of the content's words that no piece of furniture has


@dataclass(slots=True)
class _Size:
    """Letters in an element: all, in links, in headings; its links, and its longest paragraph."""

    said: int = 0
    linked: int = 0
    headed: int = 0
    links: int = 0
    longest: int = 0


def _sizes(root: Any) -> dict[Any, _Size]:
    """The size of every element, in one pass: asking each for its text would take for ever on deep pages."""
    total, within = _Size(), {"a": 0, "h": 0}
    begun: list[_Size] = []
    made: dict[Any, _Size] = {}
    for event, element in events(root):
        if event == "text":
            letters = len("".join(element.split()))
            total.said += letters
            total.linked += letters if within["a"] else 0
            total.headed += letters if within["h"] else 0
            continue
        role = "a" if element.tag == "a" else "h" if element.tag in HEADINGS else ""
        if role:
            within[role] += 1 if event == "start" else -1
        if event == "start":
            begun.append(replace(total, longest=0))
            total.links += role == "a"
        else:
            made[element] = _since(begun, total, element.tag == "p")
    return made


def _since(begun: list[_Size], total: _Size, paragraph: bool) -> _Size:
    """What was added to `total` since the innermost element began; its longest paragraph is its parent's too."""
    was = begun.pop()
    said = total.said - was.said
    longest = max(was.longest, said if paragraph else 0)
    if begun:
        begun[-1].longest = max(begun[-1].longest, longest)
    return _Size(said, total.linked - was.linked, total.headed - was.headed, total.links - was.links, longest)


def strip(root: Any, whole: float = 0) -> list[str]:
    """Take furniture out of `root`; returns the words of whatever had some.

    Nothing that makes up half of `whole` letters (by default those of `root`) is taken for furniture.
    """
    sizes = _sizes(root)
    whole = whole or sizes[root].said
    dropped: list[str] = []
    gone: set[Any] = set()
    for element in list(root.iterdescendants()):
        if element.getparent() in gone:
            gone.add(element)  # it went with the element around it
        elif element.tag in _SILENT or _is_furniture(element, sizes[element], whole):
            said = line(clean(" ".join(element.itertext())))
            dropped += [said] if said and element.tag not in _UNSAID else []
            gone.add(element)
            _cut(element)
    return dropped


def _cut(element: Any) -> None:
    """Take an element out and leave the words behind it."""
    before, parent = element.getprevious(), element.getparent()
    if before is not None:
        before.tail = (before.tail or "") + (element.tail or "")
    else:
        parent.text = (parent.text or "") + (element.tail or "")
    element.tail = None
    parent.remove(element)


def _is_furniture(element: Any, size: _Size, whole: float) -> bool:
    named = f"{element.get('class', '')} {element.get('id', '')}"
    marked = (
        element.get("hidden") is not None
        or element.get("aria-hidden") == "true"
        or element.get("role") in _ROLES
        or bool(re.search(r"display:\s*none", element.get("style", "")))
        or bool(_NEVER.search(named))
        or bool(size.longest < _RUNNING and _SELDOM.search(named))
    )
    match element.tag:
        case "sup":
            marked = marked or _points_to_note(element)
        case "ul" | "ol" | "section" | "div":
            marked = marked or _menu(element, size)
        case "dl":
            marked = marked or _facts(element)
    return marked and size.said <= _TOO_MUCH * whole and element.find(".//h1") is None


def _points_to_note(sup: Any) -> bool:
    said = sup.text_content().strip()
    return len(said) <= 5 and (sup.find(".//a") is not None or bool(re.fullmatch(r"\[.*\]", said)))


def _menu(element: Any, size: _Size) -> bool:
    """A list of links and nothing else, below its own heading or not; unless it lists who signed."""
    if size.links < 3 or size.linked <= 0.85 * max(1, size.said - size.headed) or size.longest >= _RUNNING:
        return False
    before = element.getprevious()
    heading = next(element.iter(*HEADINGS), None)
    return not any(e is not None and _SIGNED.search(e.text_content().strip()) for e in (before, heading))


def _facts(element: Any) -> bool:
    """A table of publication facts: Published, 8 May 2014."""
    return element.tag == "dl" and all(len(e.text_content().strip()) < 40 for e in element.iter("dt", "dd"))


def events(root: Any) -> Iterator[tuple[str, Any]]:
    """Start, text and end of each element; not recursive, pages nest without end."""
    from lxml import etree

    for event, element in etree.iterwalk(root, events=("start", "end")):
        yield event, element
        words = element.text if event == "start" else element.tail if element is not root else None
        if words:
            yield "text", words
