"""Compare: what is public beside what was approved. Pure."""

from __future__ import annotations

import html
import re
import unicodedata

from publisher.channel import MAIN, LiveText, Post


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


def same_words(one: str, other: str) -> bool:
    """Whether two texts read the same: NFC, white space folded, HTML escapes undone."""
    return folded(one) == folded(other)


def folded(text: str) -> str:
    return re.sub(r"\s+", " ", unicodedata.normalize("NFC", html.unescape(text))).strip()
