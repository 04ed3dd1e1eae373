"""Compare: what is public beside what was approved. Pure."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Sequence

from publisher.channel import MAIN, LiveText, Post, Rendering
from publisher.digest import sha256
from publisher.statement import Statement


def judge(live: LiveText, post: Post) -> str:
    """`equal`, `changed`, `cut`, `deleted` or `unreadable`: what is public beside the post that was approved."""
    if live.gone:
        return "deleted"
    if live.text is None:
        return "unreadable"
    approved = post[MAIN].text
    if same_words(live.text, approved):
        return "changed" if pictures(live, post) else "equal"
    return "cut" if folded(approved).startswith(folded(live.text).rstrip("…. ")) else "changed"


def pictures(live: LiveText, post: Post) -> str:
    """How the pictures differ from the approved ones, by number and alt text; "" where they do not, or nobody can tell."""
    if live.alts is None:
        return ""
    approved = [m.alt for m in post.media if m.kind == "image"]
    shown = list(live.alts)
    if len(approved) != len(shown):
        return f"{len(shown)} pictures are shown, {len(approved)} were approved"
    for n, (ours, theirs) in enumerate(zip(approved, shown, strict=True), 1):
        if not same_words(ours, theirs):
            return f"the alt text of picture {n} is {theirs!r}, approved was {ours!r}"
    return ""


def parts(renderings: Sequence[Rendering]) -> dict[str, str]:
    """Every part that an approval is of, by its name for people (`x post`, `email subject`), with its digest."""
    several = len({r.language for r in renderings}) > 1
    found: dict[str, str] = {}
    for r in renderings:
        where = f"{r.channel}.{r.language}" if several else r.channel
        found |= {f"{where} header {name}": sha256(value) for name, value in r.headers.items()}
        found |= {f"{where} link": sha256(r.link)} if r.link else {}
        for n, post in enumerate(r.posts, 1):
            of = f"{where} {n}" if len(r.posts) > 1 else where
            found |= {f"{of} {copy.field}": sha256(copy.wire) for copy in post.copies}
            for medium in (*post.media, *filter(None, (post.card,))):
                found[f"{of} {medium.kind} {medium.name}"] = medium.digest or sha256(medium.url)
                found |= {f"{of} alt text of {medium.name}": sha256(medium.alt)} if medium.alt else {}
    return found


def changed(old: Sequence[Rendering], new: Sequence[Rendering]) -> list[str]:
    """The names of the parts that differ between two sets of renderings; new and missing ones say so."""
    before, after = parts(old), parts(new)
    names = dict.fromkeys((*before, *after))
    marks = {
        name: " (new)" if name not in before else " (gone)" if name not in after else "" for name in names
    }
    return [f"{name}{marks[name]}" for name in names if before.get(name) != after.get(name)]


def restated(old: Statement, new: Statement) -> list[str]:
    """What differs between two statements, by its name for people: the approval is of these too."""
    before, after = old.dump(canonical=True), new.dump(canonical=True)
    return [f"the statement's {_FIELDS.get(name, name)}" for name in before if before[name] != after[name]]


_FIELDS = {"blocks": "text", "issued": "date", "media": "documents and images", "overrides": "channels"}
"""What people call a statement's fields, where that is something else."""


def same_words(one: str, other: str) -> bool:
    """Whether two texts read the same: NFC, white space folded, HTML escapes undone."""
    return folded(one) == folded(other)


def folded(text: str) -> str:
    return re.sub(r"\s+", " ", unicodedata.normalize("NFC", html.unescape(text))).strip()
