"""Selection: which of the sentences that may be published go together, as many as fit."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence

from publisher.summary import score
from publisher.summary.choice import Candidate, Choice
from publisher.summary.words import rules

TOO_LIKE = 0.6
"""The share of common terms from which on two sentences say the same."""

NEXT = 0.6
"""What a sentence gains where the one before it is taken: a text that goes on is better read than a list."""

FILLER = 0.6
"""The share of the best sentence's score that a further one must have in a short text: room that is left is no
reason to fill it."""

Fits = Callable[[Sequence[Candidate]], bool]


def choose(
    choice: Choice,
    fits: Fits,
    limit: int,
    title: str = "",
    day: str = "",
    *,
    together: bool = False,
    floor: float = 0.0,
    filler: float = FILLER,
    headed: bool = False,
) -> tuple[Candidate, ...]:
    """At most `limit` sentences that `fits` accepts together, in the statement's order.

    The best come first; one that does not fit, or says nothing new beside `title` and the others, is passed
    over. A sentence that leans on another is taken only right after it, one that speaks of a day only when
    that day is `day` (ISO 8601): then the text must not be published on any other. `together`: they are read
    as one paragraph, so each stands in the statement beside another of them. `floor` is the share of the best
    sentence's score below which none is taken, `filler` the share below which no further one is. `headed`: the text stands right under the headline, so that its
    first sentence may lean on that.
    """
    chosen: list[Candidate] = []
    able = [*choice.ranked, *(c for c in choice.bound if (day and c.day == day) or (headed and c.headed))]
    best = max((c.score for c in able), default=0.0)
    least, further = floor * best, max(floor, filler) * best
    following = {c.order: [c] for c in able}
    for follower in choice.bound:
        if follower.after is not None:
            following.setdefault(follower.after + 1, []).append(follower)
    waiting = [(-c.score, c.order, c) for c in able]
    heapq.heapify(waiting)
    seen: set[int] = set()
    while waiting and len(chosen) < limit:
        _, _, candidate = heapq.heappop(waiting)
        if candidate.order in seen or candidate.score < (further if chosen else least):
            continue
        if together and chosen and not any(abs(candidate.order - c.order) == 1 for c in chosen):
            continue
        seen.add(candidate.order)
        trial = sorted([*chosen, candidate], key=lambda c: c.order)
        if redundant(candidate, chosen, title) or not (_holds(trial) and fits(trial)):
            continue
        chosen = trial
        for follower in following.get(candidate.order + 1, ()):
            heapq.heappush(waiting, (-follower.score - NEXT, follower.order, follower))
    return tuple(chosen)


def _holds(trial: Sequence[Candidate]) -> bool:
    """Whether what needs the headline, or the sentence before it, comes right after that."""
    return all(not c.headed or n == 0 or trial[n - 1].order == c.after for n, c in enumerate(trial))


def redundant(candidate: Candidate, chosen: Sequence[Candidate], title: str) -> bool:
    """Whether `candidate` says no more than the title does, or what a chosen sentence says."""
    r = rules("ja" if _unspaced(candidate.text) else "en")
    own = set(score.terms(candidate.text, r))
    if not own or len(own - set(score.terms(title, r))) <= max(1, 0.25 * len(own)):
        return True
    return any(_alike(own, set(score.terms(other.text, r))) >= TOO_LIKE for other in chosen)


def _unspaced(text: str) -> bool:
    return sum("\u3040" <= c <= "\u9fff" for c in text) * 3 > len(text)


def _alike(a: set[str], b: set[str]) -> float:
    return len(a & b) / min(len(a), len(b)) if a and b else 0.0
