"""Embargo wording: a line that forbids publication, in a text that is about to be published.

It must not fire on a statement about an arms embargo, so a word alone is never enough: it takes the way an
embargo is announced.
"""

from __future__ import annotations

import re

from publisher.errors import StatementError
from publisher.intake.draft import Draft, quoted

_UNTIL = r"(?:until|till?|jusqu|hasta|bis\b|até|tot\b|fino|до\b|[:：–—-]|\d|\W*$|حتى|تا\b|تک)"
# As a line announces it: EMBARGOED UNTIL …, Under embargo, Sous embargo jusqu'au …, Sperrfrist: …
_LINE = re.compile(
    rf"""(?ix)^\W*(?:
    (?:(?:strict(?:ly)?|strikt(?:es)?|press|media|news|under|sous|bajo|unter|sotto|sob|onder|en|in|под)\W+){{0,2}}
        (?:embargo(?:ed)?|embargad[oa]|эмбарго|ایمبارگو|エンバーゴ)(?:\W+(?:strict[oa]?|strictly|strikt))?\W*?{_UNTIL}
    |(?:es\ gilt\W+)?sperrfrist\b
    |not\ for\ (?:publication|release|broadcast|distribution)\ (?:before|until|prior)
    |(?:hold|do\ not\ (?:publish|release|post))\b.{{0,30}}\b(?:until|before)\ .{{0,60}}\d
    |(?:ne\ pas|à\ ne\ pas)\ (?:publier|diffuser)\ avant
    |no\ (?:publicar|difundir)\ (?:antes|hasta)
    |nicht\ (?:zu\ )?veröffentlichen\ vor
    |(?:حظر|محظور|ممنوع)\ (?:ال)?نشر(?:ه)?\ ?(?:حتى|قبل|:|$)
    |解禁日時|発表解禁|禁发至
    )"""
)
# As a sentence says it, anywhere.
_SENTENCE = re.compile(
    r"""(?ix)
    \bembargoed\ (?:until|till?)\b
    |\b(?:this|the)\ (?:press\ |news\ |joint\ )?(?:statement|release|text|document|report|announcement|information)\b[^.]{0,40}
        \b(?:is|are|remains)\ (?:strictly\ )?(?:under\ embargo|embargoed)
    |\bsous\ embargo\ jusqu|\bembargad[oa]\ hasta\b|\bbajo\ embargo\ hasta\b|\bsotto\ embargo\ fino\b|\bsob\ embargo\ até\b
    |\bonder\ embargo\ tot\b|\bsperrfrist\ ?:
    |حظر\ النشر\ حتى|под\ эмбарго\ до
    """
)
_LINE_AT_MOST = 160


def announced(text: str) -> bool:
    """Whether `text` is a line that does nothing but announce an embargo."""
    return len(text) <= _LINE_AT_MOST and bool(_LINE.search(text))


def wording(text: str) -> bool:
    """Whether `text` says, as a line or within a sentence, that it may not be published yet."""
    return announced(text) or bool(_SENTENCE.search(text))


def heed(draft: Draft, name: str, declared: str, denied: bool) -> None:
    """Refuse embargo wording unless an embargo is `declared` or `denied`. Raises StatementError.

    What a reader took for furniture of the page counts as well: that is where embargo lines stand.
    """
    said = (draft.title, *(block.text for block in draft.blocks), *draft.dropped)
    found = [text for text in said if wording(text)]
    if found and not (declared or denied):
        raise StatementError(
            f"{name} says {quoted(found[:1])} but declares no embargo; add `embargo:` (or --embargo WHEN), "
            "or --no-embargo if there is none"
        )


def remains(draft: Draft, name: str, title: str, denied: bool) -> None:
    """What is left of the wording once lines of their own are gone: refused in a title, noted in the text."""
    if wording(title) and not denied:
        raise StatementError(
            f"{name}: `title` holds embargo wording ({title!r}), which would be published; take it out"
        )
    if any(wording(block.text) for block in draft.blocks):
        draft.note("the text still speaks of an embargo; check that this may be published")
