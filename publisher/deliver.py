"""Deliver: prepare → claim → send → settle → read back. The only caller of `Channel.send`.

planned ──claim──▶ sending ──receipt──▶ delivered
   ▲                  ├─ surely not sent ─▶ waiting (due later) ──claim──▶ sending
   │                  ├─ refused for good ─▶ failed ──retry──▶ waiting
   │                  └─ anything else, or a dead process ─▶ unknown ──found / person: published──▶ delivered
   └── release ── held ◀── too late / hold                      └── person: not published ──▶ waiting

One thread works on one delivery, so that one channel never delays another. Retries live in the ledger:
nothing in here sleeps, loops on an error, or sends a part it has not just claimed.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent import futures
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from publisher import acting, compare, verify
from publisher.channel import (
    MAIN,
    Absent,
    Channel,
    Found,
    LiveText,
    Part,
    Prepared,
    Receipt,
    Rendering,
    Unclear,
)
from publisher.errors import (
    Blocked,
    DeliveryError,
    Duplicate,
    OutcomeUnknown,
    PublisherError,
    SettingsError,
    Transient,
)
from publisher.ledger import Claimed, Ledger, Pace, Verdict
from publisher.mailing import Mailing
from publisher.verdicts import verdict

if TYPE_CHECKING:
    from sqlalchemy import Row

    from publisher.ahead import Ahead
    from publisher.back import Back
    from publisher.hours import Hours
    from publisher.notices import Notices
    from publisher.settings import Retry
    from publisher.webpage import Gate

ASLEEP = 10.0
"""Seconds between commit and wire after which this process must have been suspended, and does not send."""

_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""Counts while the machine sleeps, where there is such a clock."""

Observer = Callable[[str, dict[str, Any]], None]
"""Told of each step: (event, its facts). For logs and progress; must not raise."""


@dataclass
class Delivering:
    """Delivers what is due in one ledger, through channels made by name.

    `gate` keeps back what points to a page that is not there; `ahead`, `back` and `notices` are done beside the
    deliveries, in threads of their own, so that no claim waits for them.
    """

    ledger: Ledger
    channel: Callable[[str], Channel]
    retry: Retry
    approvals: int = 1
    observe: Observer = lambda event, facts: None
    gate: Gate | None = None
    ahead: Ahead | None = None
    notices: Notices | None = None
    back: Back | None = None
    hours: Hours | None = None
    stamp: Callable[[], object] = lambda: None
    swept: float = 0.0
    """When a sweep last ended well, on this process's own clock (`time.monotonic`); 0: never."""
    _stamp: object = None
    _channels: dict[str, Channel] = field(default_factory=dict, repr=False)
    _looking: list[Future[None]] = field(default_factory=list, repr=False)
    _busy: set[str] = field(default_factory=set, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _stopping: threading.Event = field(default_factory=threading.Event, repr=False)
    _pool: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(max_workers=16, thread_name_prefix="delivery"), repr=False
    )
    # No look waits behind deliveries: the longer it waits, the more there is to look through.
    _lookers: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(max_workers=4, thread_name_prefix="look"), repr=False
    )
    _aside: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(max_workers=3, thread_name_prefix="aside"), repr=False
    )

    def once(self, only: str | None = None, *, wait: bool = True) -> int:
        """Begin everything that is due now, of one announcement or of all; how much was done: deliveries begun, parts tidied up.

        With `wait` returns when it is done. A delivery that is still being worked on is not begun again.
        """
        # What may go now goes first: the claim asks for everything that the sweep tidies up.
        begun = [self._begin(of.id, self._work, of) for of in self.ledger.due(self.approvals, only)]
        if only and wait:
            # Nobody else's doubts wait for it, and it would take turns with the claims.
            futures.wait([future for future in begun if future is not None])
        swept = self.ledger.sweep()
        if only is None:
            self._beside()
        begun += [self._begin(c.of.id, self._look, c, self._lookers) for c in self.ledger.in_doubt(only)]
        started = [future for future in begun if future is not None]
        if wait:
            for future in started:
                future.result()
        return len(started) + swept

    def until_idle(self, only: str | None = None) -> None:
        """`once` until nothing is due now; of everything, looks and notices included."""
        while self.once(only):
            pass
        for look in self._looking:
            look.exception()

    def _beside(self) -> None:
        """Look ahead and back and tell people, unless one is still at it."""
        begun = [
            self._begin(type(one).__name__, lambda room: room.sweep(), one, self._aside)
            for one in (self.ahead, self.back, self.notices)
            if one is not None
        ]
        self._looking = [f for f in (*self._looking, *begun) if f is not None and not f.done()]

    def close(self) -> None:
        """Finish the attempts in flight, tell what came of them, then let go of connections."""
        self._stopping.set()
        for one in (self.ahead, self.back):
            if one:
                one.stopping.set()
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._lookers.shutdown(wait=True, cancel_futures=True)
        self._aside.shutdown(wait=True, cancel_futures=True)
        if self.notices:
            try:
                self.notices.sweep(everything=False)
            except Exception as error:  # the ledger is away: whoever has it next tells
                self._trouble("notices", error)
        for made in self._channels.values():
            made.close()
        self._channels.clear()

    def _trouble(self, what: str, error: Exception) -> None:
        self.observe("ledger trouble", {"at": what, "reason": f"{type(error).__name__}: {error}"[:300]})

    def _begin(
        self, key: str, work: Callable[[Any], None], row: Any, pool: ThreadPoolExecutor | None = None
    ) -> Future[None] | None:
        with self._lock:
            if key in self._busy:
                return None
            self._busy.add(key)

        def task() -> None:
            try:
                work(row)
            except Exception as error:  # the ledger, not the channel: what is in flight becomes unknown
                self._trouble(key, error)
                raise
            finally:
                self._busy.discard(key)

        return (pool or self._pool).submit(task)

    def make(self, name: str) -> Channel:
        """The one instance of a channel that all deliveries of this process use. Raises SettingsError."""
        with self._lock:
            if (now := self.stamp()) != self._stamp:
                self._stamp = now
                self._channels.clear()  # somebody logged in: made anew with what there is now
            if name not in self._channels:
                self._channels[name] = self.channel(name)
            return self._channels[name]

    # ------------------------------------------------------------ one delivery

    def _work(self, of: Row[Any]) -> None:
        """Send every part of a delivery that may go now, one claim for each."""
        try:
            channel = self.make(of.channel)
            channel.ready()
            rendering = self.ledger.rendering(of)
            self._same_service(channel, of)
        except PublisherError as error:
            self._stop(of, error)
            return
        if self.gate and of.action in acting.NEW and self.gate.closed(of, rendering.link):
            return
        if of.addressed and not of.target:
            self.ledger.refresh_audience(of)
        prepared = of.prepared if of.prepared is not None else self._prepare(of, channel, rendering)
        if (
            of.addressed
            and prepared is not None
            and hasattr(channel, "send_many")
            and rendering.digest == of.digest
        ):
            self._mail(of, channel, rendering, prepared)
            return
        while prepared is not None:
            before = time.clock_gettime(_CLOCK)
            claimed = self.ledger.claim(of, self.approvals, channel.patience, rendering)
            if claimed is None:
                return
            self._attempt(replace(claimed, prepared=prepared), channel, before)

    def _mail(self, of: Row[Any], channel: Channel, rendering: Rendering, prepared: Prepared) -> None:
        """Send a mailing's parts many at a time."""

        def pace() -> Pace:
            try:
                now = self.make(of.channel)
            except SettingsError:
                now = channel  # the settings are being written; what was right when it began still is
            return Pace(now.rate, now.rates)

        horizon = channel.horizon or self.retry.horizon
        begun = of.until - horizon if of.until is not None else self.ledger.clock()
        Mailing(
            self.ledger,
            channel,
            of,
            rendering,
            prepared,
            self.approvals,
            horizon,
            lambda claimed, error: verdict(claimed, channel, self.retry, error),
            self.observe,
            self._stopping,
            pace,
            lambda: self._resting(of.channel, begun),
        ).run()

    def _resting(self, channel: str, begun: float) -> float:
        """When a mailing goes on that its channel's hours have ended for; one that began outside them was asked for."""
        if self.hours is None or not self.hours.open(channel, begun):
            return 0.0
        now = self.ledger.clock()
        opening = self.hours.opening(channel, now)
        return opening if opening > now else 0.0

    def _same_service(self, channel: Channel, of: Row[Any]) -> None:
        """What was planned for a rehearsal must not go out in earnest, nor the other way round."""
        if channel.service != of.service or (of.account and channel.account != of.account):
            raise Blocked(
                f"{of.channel}: planned for {of.account or 'any account'} at {of.service}, the settings now say "
                f"{channel.account or 'no account'} at {channel.service}; put them back, or cancel and submit again"
            )

    def _stop(self, of: Row[Any], error: PublisherError) -> None:
        """A channel that cannot even be made is blocked, by claiming nothing."""
        self.ledger.block(of, error.message)
        self.observe("blocked", {"delivery": of.id, "reason": error.message})

    def _prepare(self, of: Row[Any], channel: Channel, rendering: Rendering) -> Prepared | None:
        """Upload what is invisible. A failure here is settled like an attempt that surely sent nothing."""
        if not acting.uploads(of.action, rendering):
            return {}
        try:
            prepared = channel.prepare(rendering, self.ledger.blob)
        except Exception as error:
            claimed = self.ledger.claim(of, self.approvals, channel.patience)
            if claimed:
                # Nothing irreversible was asked for, so even an unknown outcome here sent nothing.
                known = (
                    error if isinstance(error, DeliveryError) else Transient(f"preparing failed: {error!r}")
                )
                if isinstance(known, OutcomeUnknown):
                    known = Transient(known.message)
                self._settle(claimed, verdict(claimed, channel, self.retry, known))
            return None
        if prepared:
            self.ledger.keep_prepared(of, prepared)
        return prepared

    def _attempt(self, claimed: Claimed, channel: Channel, before: float) -> None:
        """One claimed part: send it once, and settle what became of it. `before`: when the claim was asked for."""
        facts = {"delivery": claimed.of.id, "n": claimed.row.n, "attempt": claimed.row.attempt}
        if claimed.row.attempt == 1:
            facts["late"] = round(claimed.row.started - claimed.row.due, 3)
        self.observe("attempt", facts)
        if claimed.part.rendering.digest != claimed.of.digest:
            self._settle(
                claimed,
                Verdict("held", "Tampered", "the stored rendering is not the approved one", spent=False),
            )
            return
        if claimed.row.recipient and claimed.part.recipient is None:
            self._settle(claimed, Verdict("cancelled", "Left", "left the list"))
            return
        if time.clock_gettime(_CLOCK) - before > ASLEEP:
            due = claimed.row.started
            self._settle(
                claimed,
                Verdict("waiting", "Asleep", "this process slept; nothing was sent", due=due, spent=False),
            )
            return
        # Of a thread the first post alone: it never stops half-way for its price.
        if not claimed.row.n and (over := self._over_cap(claimed, channel)):
            self._settle(claimed, verdict(claimed, channel, self.retry, Blocked(over)))
            return
        try:
            receipt = acting.perform(channel, claimed)
        except DeliveryError as error:
            self._settle(claimed, verdict(claimed, channel, self.retry, error))
            if isinstance(error, Duplicate):
                self._look(claimed, error.hint)
        except Exception as error:
            unknown = OutcomeUnknown(
                f"{claimed.of.channel} failed in an unexpected way: {type(error).__name__}"
            )
            self._settle(claimed, verdict(claimed, channel, self.retry, unknown))
        else:
            self._settle(claimed, Verdict("delivered", receipt=receipt))
            self._read_back(claimed, channel, receipt)

    def _over_cap(self, claimed: Claimed, channel: Channel) -> str:
        """Why this would pass the channel's monthly cap, or ""."""
        from publisher.ledger.costs import over_cap

        cost = claimed.of.cost or 0.0
        if not cost:
            return ""
        return over_cap(
            self.ledger, channel, cost, claimed.row.started, planning=False, besides=claimed.of.id
        )

    # ------------------------------------------------------------ verdicts

    def _settle(self, claimed: Claimed, verdict: Verdict) -> None:
        kept = self.ledger.settle(claimed, verdict)
        self.observe(
            verdict.state if kept else "late answer",
            {
                "delivery": claimed.of.id,
                "n": claimed.row.n,
                "attempt": claimed.row.attempt,
                "reason": verdict.error,
                "url": verdict.receipt.url if verdict.receipt else "",
                "due": verdict.due,
            },
        )

    # ------------------------------------------------------------ looking

    def _look(self, claimed: Claimed, hint: str | None = None) -> None:
        """Look up a part whose outcome is unknown: adopt it, plan another look, or leave it to a person."""
        try:
            channel = self.make(claimed.of.channel)
            outcome = acting.look(channel, claimed)
            named = hint or claimed.row.hint
            if not isinstance(outcome, Found) and named and self._is(channel, Receipt(named), claimed.part):
                outcome = Found(Receipt(named))
            # A post with the same words may be an earlier one: each is one delivery's.
            if isinstance(outcome, Found) and (whose := self.ledger.whose(claimed, outcome.receipt)):
                outcome = Unclear(f"what was found is the post of {whose}")
        except Exception as error:  # a look that fails proves nothing
            self._look_again(
                claimed, error.message if isinstance(error, PublisherError) else type(error).__name__
            )
            return
        if isinstance(outcome, Found):
            self._settle(claimed, Verdict("delivered", receipt=outcome.receipt))
            self._read_back(claimed, channel, outcome.receipt)
        elif isinstance(outcome, Absent):
            self._settle(
                claimed, Verdict("waiting", "Absent", "it was not published", due=self.ledger.clock())
            )
        else:
            self._look_again(claimed, outcome.reason)

    def _look_again(self, claimed: Claimed, reason: str) -> None:
        try:
            after = list(self.make(claimed.of.channel).find_after)
        except SettingsError:
            after = []
        started, done = claimed.row.started, claimed.row.finds + 1
        again = started + after[done] if done < len(after) else None
        self.ledger.looked(claimed, reason, max(again, self.ledger.clock() + 1) if again else None)
        self.observe(
            "looked", {"delivery": claimed.of.id, "n": claimed.row.n, "reason": reason, "again": again}
        )

    def _is(self, channel: Channel, receipt: Receipt, part: Part) -> bool:
        live = channel.read(receipt)
        return live.text is not None and not live.gone and compare.same_words(live.text, part.post[MAIN].text)

    def _read_back(self, claimed: Claimed, channel: Channel, receipt: Receipt) -> None:
        """Compare what is public with what was approved; never lets a failure of reading hide a success."""
        if claimed.row.recipient:
            return
        try:
            live = channel.read(receipt)
        except Exception as error:
            live = LiveText(
                reason=error.message if isinstance(error, PublisherError) else type(error).__name__
            )
            state = "unreachable"
        else:
            state, _ = verify.judged(live, claimed.of.action, claimed.part)
            # A service may need a moment before it shows what it has just accepted, unless it says why it does not.
            if state == "deleted" and not live.reason:
                state = "unreachable"
        self.ledger.live(claimed.of, state, live.text, claimed.row.n)
        self.observe(
            "read back", {"delivery": claimed.of.id, "n": claimed.row.n, "live": state, "reason": live.reason}
        )
