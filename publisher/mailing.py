"""Mailing: many recipients of one delivery at a time, through a channel's `send_many`.

A batch is claimed in one commit, and the next one while the channel is at work on it. Right before the one
irreversible step of each part the channel asks `leaving`, which is a no as soon as the mailing was held, paused or
cancelled, or the reader has left; else it is written into the journal. Results go into the journal at once, and
into the ledger many at a time.
"""

from __future__ import annotations

import gc
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, fields, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from publisher.channel import Channel, Part, Prepared, Receipt, Rendering
from publisher.errors import Blocked, DeliveryError, NoSuchAddress, OutcomeUnknown, RateLimited
from publisher.journal import Journal
from publisher.ledger import LEFT, PUT_BACK, Claimed, Ledger, Pace, Verdict, stored, worker

if TYPE_CHECKING:
    from sqlalchemy import Row

FIRST, MOST = 32, 1000
"""Recipients in a first batch, and in any."""
BRIEF, LONG = 0.25, 2.0
"""Seconds: a batch that took less is followed by a larger one, one that took longer by a smaller."""
ASK = 0.25
"""Seconds after which it is asked again whether what was claimed may still go."""
HOLD = 60.0
"""Seconds for which a claimed part may wait for its turn; whoever slept longer sends none of them."""
PATIENT = 30.0
"""Seconds that are waited for the pace with connections open."""
FLUSH, SOON = 1000, 0.5
"""Results that are written into the ledger together, at most, and the seconds after which they are."""

_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


@dataclass(eq=False)
class _Batch:
    """Claimed together: `rest` parts of it have no result yet."""

    journal: Journal
    asked: float
    rest: int = 0


@dataclass
class Mailing:
    """One run over one addressed delivery. `verdict` says what a channel's error means for a part."""

    ledger: Ledger
    channel: Channel
    of: Row[Any]
    words: Rendering
    prepared: Prepared
    approvals: int
    horizon: float
    verdict: Callable[[Claimed, DeliveryError], Verdict]
    observe: Callable[[str, dict[str, Any]], None]
    stopping: threading.Event
    pace: Callable[[], Pace]
    """As the settings have it now: it may be changed while a mailing is under way."""
    rests: Callable[[], float] = lambda: 0.0
    """When it goes on, where the channel's hours are over; 0 while they are not."""
    counts: Counter[str] = field(default_factory=Counter)
    _open: dict[str, tuple[Claimed, _Batch]] = field(default_factory=dict)
    _left: set[str] = field(default_factory=set)
    _batches: set[_Batch] = field(default_factory=set)
    _waiting: deque[Claimed] = field(default_factory=deque)
    _settled: deque[tuple[Claimed, Verdict, _Batch]] = field(default_factory=deque)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _turn: threading.Lock = field(default_factory=threading.Lock)
    _asking: threading.Lock = field(default_factory=threading.Lock)
    _size: int = FIRST
    _asked: float = 0.0
    _flushed: float = 0.0
    _over: bool = False
    """No more parts are handed out."""
    _halted: bool = False
    """Nothing that was handed out may leave any more."""
    _ahead: Future[list[Claimed]] | None = None
    _pace: Pace = field(default_factory=Pace)

    def run(self) -> None:
        """Send until nothing more may go now; everything claimed is settled or put back when it returns."""
        self._asked = self._flushed = time.monotonic()
        # What is there now stays: the collector of cycles need not look through it with each few hundred readers.
        gc.freeze()
        # One thread for the ledger: the next claim and the last results go through while the channel is at work.
        with ThreadPoolExecutor(1, thread_name_prefix="mailing") as self._desk:
            try:
                self.channel.send_many(self, self.prepared, self._settle)  # type: ignore[attr-defined]
            finally:
                self._over = self._halted = True
                self._put_back()
                self._finish()
                gc.unfreeze()
        if any(self.counts.values()):
            self.ledger.mailed(self.of, dict(self.counts))
            self.observe("mailed", {"delivery": self.of.id, **self.counts})

    # ------------------------------------------------------------ handing out

    def __iter__(self) -> Iterator[Part]:
        return self

    def __next__(self) -> Part:
        """The next part to send. Called from several threads."""
        with self._turn:
            while not self._waiting and not self._over:
                self._over = self.stopping.is_set() or not self._more()
            if self._over:
                raise StopIteration
            if len(self._waiting) < self._size // 2 and self._ahead is None and not self._pace.rate:
                self._ahead = self._desk.submit(self._claim)
            return self._waiting.popleft().part

    def _more(self) -> bool:
        """Claim a batch, waiting for the pace if it is not long; False when nothing may go now."""
        if until := self.rests():
            self.ledger.rest(self.of, until)
            return False
        ahead, self._ahead = self._ahead or self._desk.submit(self._claim), None
        self._waiting.extend(ahead.result())
        if self._waiting or not self._pace.rate:
            return bool(self._waiting)
        wait = self.ledger.free_at(self.of.channel) - self.ledger.clock()
        if not 0 < wait < PATIENT or self.stopping.wait(wait):
            return False
        self._waiting.extend(self._desk.submit(self._claim).result())
        return bool(self._waiting)

    def _claim(self) -> list[Claimed]:
        if self._over:
            return []
        most, self._pace = self._size, self.pace()
        if self._pace.rate:  # half a second's, so that the pace is even and a change of it is soon felt
            most = max(1, min(most, int(self._pace.rate * 0.5)))
        batch = _Batch(Journal(self.ledger.journals, worker()), time.clock_gettime(_CLOCK))
        try:
            claimed = self.ledger.claim_many(
                self.of,
                self.approvals,
                self.channel.patience + HOLD,
                most,
                words=self.words,
                horizon=self.horizon,
                pace=self._pace,
                keep=batch.journal.batch,
                leaving=partial(self._leaving, batch),
            )
        except BaseException:
            batch.journal.leave()  # the claim may have been committed all the same
            raise
        if not claimed:
            batch.journal.done()
            return []
        batch.rest = len(claimed)
        self._batches.add(batch)
        self._open.update({one.part.key: (one, batch) for one in claimed})
        for one in claimed:
            if one.part.recipient is None:
                self._result(one.part.key, LEFT)
        return [one for one in claimed if one.part.recipient]

    # ------------------------------------------------------------ the last question

    def _leaving(self, batch: _Batch, key: str, id: int) -> bool:
        """Whether the irreversible step may be taken; written down when it may."""
        if self._halted or time.clock_gettime(_CLOCK) - batch.asked > HOLD:
            return False
        self._ask()
        with self._lock:  # what is taken back this very moment must not leave
            if self._halted or key not in self._open:
                return False
            self._left.add(key)
        try:
            batch.journal.intent(id)
        except OSError:
            self._left.discard(key)  # what cannot be written down does not leave
            raise
        return True

    def _ask(self) -> None:
        """Take back what may not go any more, if that was not asked just now.

        One thread asks and the others go on meanwhile, but not for long: by then they wait for the answer.
        """
        since = time.monotonic() - self._asked
        if since <= ASK or not self._asking.acquire(blocking=since > 2 * ASK):
            return
        try:
            if time.monotonic() - self._asked > ASK:
                self._take_back()
                self._asked = time.monotonic()
        finally:
            self._asking.release()

    def _take_back(self) -> None:
        before = [c for c, _ in list(self._open.values())]
        still = self.ledger.still(self.of, self.approvals)
        with self._lock:  # what has left meanwhile is on its way
            for claimed in before:
                if claimed.row.id not in still and claimed.part.key not in self._left:
                    self._result(claimed.part.key, PUT_BACK)

    # ------------------------------------------------------------ results

    def _settle(self, part: Part, result: Receipt | DeliveryError) -> None:
        """What the channel knows of a part, from any of its threads."""
        found = self._open.get(part.key)
        if found is None:
            return
        claimed = found[0]
        if isinstance(result, Receipt):
            verdict = Verdict("delivered", receipt=result)
        else:
            verdict = replace(self.verdict(claimed, result), gone=isinstance(result, NoSuchAddress))
            if isinstance(result, RateLimited | Blocked):
                self._over = self._halted = True
        if part.key not in self._left and isinstance(result, Receipt | OutcomeUnknown):
            self._over = self._halted = True  # what does not ask could not be resumed after a crash
            self.observe("plug-in trouble", {"channel": self.of.channel, "reason": "sent without asking"})
        self._result(part.key, verdict)

    def _result(self, key: str, verdict: Verdict) -> None:
        found = self._open.pop(key, None)
        if found is None:
            return
        claimed, batch = found
        try:
            if verdict is not PUT_BACK:
                batch.journal.result(claimed.row.id, _kept(verdict))
        finally:
            self._left.discard(key)
            self._settled.append((claimed, verdict, batch))
        if len(self._settled) >= FLUSH or time.monotonic() - self._flushed > SOON:
            self._flushed = time.monotonic()
            if not self._halted:
                self._desk.submit(self._flush)

    def _put_back(self) -> None:
        """What was claimed and not sent is claimable again; what was begun and has no answer is unknown."""
        if self._ahead is not None:
            with suppress(Exception):
                self._ahead.result()
        for key, (claimed, _) in list(self._open.items()):
            lost = OutcomeUnknown(f"{self.of.channel} took it and did not say what became of it")
            self._result(key, self.verdict(claimed, lost) if key in self._left else PUT_BACK)

    def _finish(self) -> None:
        """The last results. If the ledger is away, the journals are left to the next sweep that reaches it."""
        try:
            self._desk.submit(self._flush).result()
        finally:
            for batch in self._batches:
                batch.journal.leave()

    def _flush(self) -> None:
        """Write the results so far into the ledger; batches that have all of theirs need no journal any more."""
        settled = [self._settled.popleft() for _ in range(len(self._settled))]
        if not settled:
            return
        counted = [
            _COUNTED.get(verdict.state, "waiting") for _, verdict, _ in settled if verdict is not PUT_BACK
        ]
        self.counts.update(counted)
        kept = self.ledger.settle_many(self.of, [(claimed, verdict) for claimed, verdict, _ in settled])
        states = Counter(state for _, state in kept)
        self.observe("mailing", {"delivery": self.of.id, **states})
        for claimed, verdict, _ in settled:
            if verdict.state in ("failed", "unknown") or verdict.kind:
                facts = {"delivery": self.of.id, "part": claimed.row.id, "reason": verdict.error}
                self.observe(verdict.state, facts | {"attempt": claimed.row.attempt})
        for _, _, batch in settled:
            batch.rest -= 1
            if not batch.rest:
                self._sized(batch)
                self._batches.discard(batch)
                batch.journal.done()

    def _sized(self, batch: _Batch) -> None:
        """Batches as large as go out in a moment: small ones cost commits, large ones wait long for their turn."""
        took = time.clock_gettime(_CLOCK) - batch.asked
        if took < BRIEF:
            self._size = min(MOST, self._size * 2)
        elif took > LONG:
            self._size = max(1, self._size // 2)


_COUNTED = {"delivered": "accepted", "failed": "refused", "unknown": "in_doubt", "cancelled": "left"}


def _kept(verdict: Verdict) -> dict[str, Any]:
    """A verdict as a line of the journal: what is not as it is by default."""
    told = {name: value for name in _FIELDS if (value := getattr(verdict, name)) not in (None, "")}
    return told | ({"receipt": stored(verdict.receipt)} if verdict.receipt else {})


_FIELDS = [f.name for f in fields(Verdict) if f.name != "receipt"]
