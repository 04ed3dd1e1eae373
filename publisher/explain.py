"""Explain: which sentences of a statement were chosen for a channel, from where and why, and what was left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from publisher.channel import Rendering
from publisher.render import Renderer
from publisher.statement import Statement
from publisher.summary import Candidate

OPENING = 72
"""Characters of a sentence that are shown to people."""


def explanation(statement: Statement, rendering: Rendering, renderer: Renderer) -> dict[str, Any]:
    """Sentence by sentence: `chosen` in the order of the text, `passed_over` best first, `left_out` with the reason.

    `start` and `end` are offsets into the statement's text, whose SHA-256 is `source`. What an author wrote for the
    channel is nobody's choice: then nothing was chosen.
    """
    choice = renderer.choice(statement)
    used = set(rendering.sources)
    able = {(c.start, c.end): c for c in (*choice.ranked, *choice.bound)}
    rank = {(c.start, c.end): n for n, c in enumerate(choice.ranked, 1)}
    chosen = [_sentence(able[span], rank.get(span)) for span in sorted(used) if span in able]
    passed = [_sentence(c, rank[c.start, c.end]) for c in choice.ranked if (c.start, c.end) not in used]
    left = [
        {"text": s.text, "start": s.start, "end": s.end, "why": s.why}
        for s in choice.left_out
        if (s.start, s.end) not in used
    ]
    return {
        "source": _digest(statement),
        "chosen": chosen,
        "passed_over": passed,
        "left_out": left,
        "warnings": list(choice.warnings),
    }


def _sentence(c: Candidate, rank: int | None) -> dict[str, Any]:
    told: dict[str, Any] = {"text": c.text, "start": c.start, "end": c.end, "score": c.score, "why": c.why}
    if rank is not None:
        told["rank"] = rank
    if c.headed:
        told["why"] = f"{c.why}; it may stand only right under the headline"
    elif c.after is not None:
        told["why"] = f"{c.why}; it may stand only right after the sentence before it"
    if c.day:
        told["day"] = c.day
    return told


def _digest(statement: Statement) -> str:
    from publisher.digest import sha256

    return sha256(statement.text.encode())


def lines(told: Mapping[str, Any]) -> Iterator[str]:
    """For people."""
    if not told["chosen"]:
        yield "  no sentence was chosen: the words are the author's, or the headline stands alone"
    for s in told["chosen"]:
        rank = f"rank {s['rank']}" if "rank" in s else "bound"
        yield f"  + [{s['start']}–{s['end']}] {rank}, {s['score']:.2f}  “{_short(s['text'])}”"
        yield f"      {s['why']}" + (f"; true on {s['day']} only" if "day" in s else "")
    for s in told["passed_over"]:
        yield f"  · [{s['start']}–{s['end']}] rank {s['rank']}, {s['score']:.2f}  “{_short(s['text'])}”"
    for s in told["left_out"]:
        yield f"  – [{s['start']}–{s['end']}] “{_short(s['text'])}”"
        yield f"      left out: it {s['why']}"


def _short(text: str) -> str:
    return text if len(text) <= OPENING else text[:OPENING].rsplit(" ", 1)[0] + " …"
