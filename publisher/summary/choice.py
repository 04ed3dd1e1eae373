"""Choice: the sentences of a statement that may be published by themselves, best first.

Whole verbatim sentences only, with their offsets; whatever is left out is named with the reason, so that a
preview can explain both. Pure and deterministic: no clock, no network, no order of a set.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from publisher.statement import Statement
from publisher.summary import alone, named, score
from publisher.summary.danger import danger
from publisher.summary.faults import Introduced, faults
from publisher.summary.reading import Passage, read, trimmed
from publisher.summary.said import Said
from publisher.summary.sentences import split
from publisher.summary.words import Rules, knows, pattern, rules

_ISO = pattern(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True, slots=True)
class Candidate:
    """One sentence that may stand alone: `text` is `Statement.text[start:end]`.

    `order` is its place in the statement, `block` the index of its block, `why` the reason for its rank.
    `after` is the order of the sentence that it leans on, `day` (ISO 8601) the only day on which it is true;
    `headed`: it needs only the headline right above it, which names what it calls "this Declaration".
    `praises` and `worries` tell how it speaks of its subject.
    """

    text: str
    start: int
    end: int
    order: int
    block: int
    score: float
    why: str
    after: int | None = None
    day: str = ""
    headed: bool = False
    praises: bool = False
    worries: bool = False


@dataclass(frozen=True, slots=True)
class LeftOut:
    """One sentence that may not, and why; `why` completes "left out: it …"."""

    text: str
    start: int
    end: int
    why: str


@dataclass(frozen=True, slots=True)
class Choice:
    """`ranked` best first; `left_out` in the statement's order; `warnings` for a person to weigh.

    `bound` are those of `left_out` that may be used on one condition: right after the sentence `after`, right
    under the headline, or in a text that is held to `day`. `worry` is the first sentence of the statement that voices a concern.
    """

    ranked: tuple[Candidate, ...] = ()
    bound: tuple[Candidate, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    warnings: tuple[str, ...] = ()
    worry: str = ""


class Read(NamedTuple):
    """A sentence of the statement with the reason to leave it out, if there is one, and what would lift it."""

    said: Said
    start: int
    passage: Passage
    why: str
    bond: alone.Bond
    headed: bool

    @property
    def text(self) -> str:
        return self.said.text


def candidates(statement: Statement) -> Choice:
    """The sentences that may be published by themselves, ranked. Never raises; empty when there is none."""
    r = rules(statement.language)
    found = _with_qualified(list(_sentences(statement, r)), r)
    places = [n for n, s in enumerate(found) if not s.passage.why and s.why != alone.VISITOR]
    proper = [found[n] for n in places]
    graded = score.features([s.said for s in proper], statement.title, r)
    introduced = Introduced(proper, statement.text, r)
    ranked: list[Candidate] = []
    bound: list[Candidate] = []
    for n, (sentence, its) in enumerate(zip(proper, graded, strict=True)):
        day = statement.issued[:10] if sentence.bond == "day" and _ISO.match(statement.issued) else ""
        after = n - 1 if sentence.bond == "after" and _follows(places[n], found, places[:n]) else None
        if sentence.why and not day and after is None and not sentence.headed:
            continue
        where = bound if sentence.why else ranked
        against = list(faults(n, statement, proper, introduced))
        where.append(_candidate(sentence, n, its, against, after, day, r))
    ranked.sort(key=lambda c: (-c.score, c.order))
    left = [s for s in found if s.why or s.passage.why]
    return Choice(
        tuple(ranked),
        tuple(bound),
        tuple(LeftOut(s.text, s.start, s.start + len(s.text), s.why or s.passage.why) for s in left),
        tuple(_warnings(statement, proper, [*ranked, *(c for c in bound if c.headed)], left)),
        next((s.text for s in proper if s.said.has(r.worry)), ""),
    )


def sober(choice: Choice, least: float) -> Choice:
    """`choice` without the sentences that only praise, and without those of a score below `least`."""

    def stays(candidate: Candidate) -> bool:
        return candidate.score >= least and (candidate.worries or not candidate.praises)

    ranked, bound = filter(stays, choice.ranked), filter(stays, choice.bound)
    return replace(choice, ranked=tuple(ranked), bound=tuple(bound))


def one_sided(chosen: Sequence[Candidate], choice: Choice) -> str:
    """What to tell a person when `chosen` only praise while the statement voices a concern; "" else."""
    if not choice.worry or not any(c.praises for c in chosen) or any(c.worries for c in chosen):
        return ""
    return f"the sentences chosen praise, while the statement also says: “{_opening(choice.worry)}”"


def _follows(n: int, found: Sequence[Read], before: Sequence[int]) -> bool:
    """Whether the sentence `n` leans on the one right before it, which is proper.

    What begins a paragraph leans on all of the paragraph before: on its sentence only where that has one alone.
    """
    if not before or before[-1] != n - 1:
        return False
    block = found[n - 1].passage.block
    if found[n].passage.block == block:
        return True
    alone_there = n < 2 or found[n - 2].passage.block != block
    return alone_there and found[n].passage.block - block == 1


def _candidate(
    sentence: Read,
    order: int,
    its: score.Features,
    against: list[tuple[float, str]],
    after: int | None,
    day: str,
    r: Rules,
) -> Candidate:
    parts = {
        "stands early": score.EARLY * its.early,
        "says what the statement is about": score.CENTRAL * its.central,
        "takes up the title": score.TITLED * its.titled,
    }
    best = sorted(parts, key=lambda k: -parts[k])[:2]
    why = ", ".join([*best, *(f"but {reason}" for _, reason in against)])
    total = round(its.score - sum(cost for cost, _ in against), 6)
    return Candidate(
        sentence.text,
        sentence.start,
        sentence.start + len(sentence.text),
        order,
        sentence.passage.block,
        total,
        why,
        after,
        day,
        sentence.headed,
        praises=bool(sentence.said.has(r.praise)),
        worries=bool(sentence.said.has(r.worry)),
    )


def _sentences(statement: Statement, r: Rules) -> Iterator[Read]:
    seen: set[str] = set()
    body, title = statement.text, statement.title
    for passage in read(statement):
        inside = False
        for n, s in enumerate(split(passage.text, statement.language)):
            text, start = trimmed(s.text, passage.start + s.start, n == 0)
            said, bare = Said(text), "".join(text.split()).lower()
            place = passage.why or _context(passage, bare in seen, inside)
            if not place and (name := named.short_name(text, body, title)):
                place = f"names “{name}”, whom another sentence introduces"
            why, bond = (place, alone.UNBOUND) if place else alone.judge(said, r)
            inside = _still_inside(s.text, inside, r)
            seen.add(bare)
            headed = bond == "after" and named.headed(text, title, body[:start], r)
            yield Read(said, start, passage, why, bond, headed)


def _context(passage: Passage, again: bool, inside: bool) -> str:
    if passage.kind == "quote":
        return "is quoted; its speaker stands outside"
    if passage.open or inside:
        return "stands inside a quotation; its speaker stands outside"
    if passage.kind == "item" and passage.led:
        return "goes on from the line that introduces its list"
    return "stands in the statement before" if again else ""


def _still_inside(text: str, inside: bool, r: Rules) -> bool:
    """Whether a quotation that was open, or is opened in `text`, is still open after it."""
    if r.language in ("sv", "fi", "ur") and "”" in text and not any(mark in text for mark in "“„"):
        return inside != bool(text.count("”") % 2)  # it opens with what English closes with
    opened, closed = (sum(map(text.count, marks)) for marks in ("“«「『„", "”»」』"))
    if "„" in text or (inside and "“" in text and "”" not in text):
        closed += text.count("“") * 2  # German closes with what English opens with
    return not inside if text.count('"') % 2 else inside + opened > closed


def _with_qualified(found: Sequence[Read], r: Rules) -> list[Read]:
    """`found`, with the reason to leave out each sentence of which a later one takes something back."""
    return [
        s._replace(why=f"is qualified by what follows: “{_opening(but)}”")
        if not s.why and (but := _qualified(found, n, r))
        else s
        for n, s in enumerate(found)
    ]


def _qualified(found: Sequence[Read], n: int, r: Rules) -> str:
    """The sentence that takes something back: the next, or one parted from it only by sentences that lean.

    It begins with "but" or the like; it denies what was said; it names a condition.
    """
    back = danger(r.language).back
    for after in found[n + 1 : n + 4]:
        if after.passage.block - found[n].passage.block > 1:
            return ""
        if after.said.opens(r.but) or after.said.opens(back):
            return after.text
        if not after.said.opens(r.leans):
            return ""
    return ""


def _warnings(
    statement: Statement,
    proper: Sequence[Read],
    able: Sequence[Candidate],
    left: Sequence[Read],
) -> Iterator[str]:
    if not knows(statement.language):
        yield f"no word lists for the language “{statement.language}”: check that each sentence may stand alone"
    if not able:
        if proper:
            yield "no sentence of the statement may stand alone; write a summary"
        return
    if any(s.why == alone.OLDER for s in left):
        yield "the statement corrects an earlier version or first figures; check which ones the summary gives"


def _opening(text: str) -> str:
    return text if len(text) <= 90 else text[:90].rsplit(" ", 1)[0] + " …"
