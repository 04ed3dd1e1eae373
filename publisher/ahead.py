"""Looking ahead: whether what is planned could go out, while there is still time to do something about it.

Each channel in use is checked some minutes before a plan falls due, and once a day as long as anything is
planned on it, so that a token which will have ended by then is named while it still works.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from publisher import audience, notices, plan, webpage
from publisher.back import Back
from publisher.channel import Channel, Finding
from publisher.errors import PublisherError
from publisher.ledger.looks import alike

if TYPE_CHECKING:
    from sqlalchemy import Row

    from publisher.deliver import Delivering, Observer
    from publisher.ledger import Ledger
    from publisher.settings import Settings

PREFLIGHT = "preflight"
PLANS = 15.0
"""Seconds between two searches for plans that nobody looks at yet."""
FRESH = 60.0
"""Seconds for which one check of a channel serves every look at it."""
DAILY, SOON, IDLE = 86_400.0, 300.0, 60.0
"""Seconds to a channel's next check: where all was well, where it was not, where nothing is planned on it."""


@dataclass
class Ahead:
    """Does the looks that are due. `channel` makes a channel by name; one sweep at a time."""

    ledger: Ledger
    names: Sequence[str]
    channel: Callable[[str], Channel]
    minutes: Sequence[float]
    gate: webpage.Gate | None = None
    observe: Callable[[str, dict[str, Any]], None] = lambda event, facts: None
    stopping: threading.Event = field(default_factory=threading.Event)
    _next: dict[str, float] = field(default_factory=dict, repr=False)
    _checked: dict[str, tuple[float, dict[str, Any]]] = field(default_factory=dict, repr=False)

    def sweep(self) -> None:
        """Plan looks, do those that are due, check the channels whose turn it is. Talks to the network."""
        if self.minutes and self._turn("", PLANS):
            self.ledger.plan_looks(PREFLIGHT, self.minutes)
        for look in self.ledger.due_looks(PREFLIGHT):
            if self.stopping.is_set():
                return
            self._look(look)
        for name in self.names:
            if self.stopping.is_set():
                return
            if self._turn(name, IDLE) and self.ledger.planned_on(name):
                self.standing(name)

    def _turn(self, what: str, every: float) -> bool:
        now = time.monotonic()
        if now < self._next.get(what, 0.0):
            return False
        self._next[what] = now + every
        return True

    def _look(self, look: Row[Any]) -> None:
        """Before one delivery falls due: its channel, and its page."""
        if not self.ledger.take_look(look.look):
            return
        due = self.ledger.falls_due(look.id)
        if due is None or not look.look_due < due <= look.look_due + 60 * max(self.minutes, default=0) + 1:
            return  # it went out, or was given another time, which has looks of its own
        standing = self.standing(look.channel)
        page = self._page(look)
        seen = {"delivery": look.id, "trouble": standing["trouble"], "warnings": standing["warnings"] + page}
        self.ledger.note(look.announcement, PREFLIGHT, **seen)
        sentences = "; ".join(what for what, _ in seen["trouble"] or seen["warnings"])
        event = "preflight trouble" if seen["trouble"] else PREFLIGHT
        self.observe(event, {"of": look.id, "reason": sentences, "due": due})

    def _page(self, look: Row[Any]) -> list[list[str]]:
        link = self.ledger.rendering(look).link
        if not self.gate or not link or look.action != "publish" or webpage.on_loopback(look.service):
            return []
        page = self.gate.page(link)
        fix = "it goes out once the page is there" if page.missing else "it goes out all the same"
        return [[page.trouble, fix]] if page.trouble else []

    def standing(self, name: str) -> dict[str, Any]:
        """How a channel stands: "trouble" and "warnings" ([what, fix] each), what "ends" first and when.

        Recorded in the ledger, but for the warnings.
        """
        at, standing = self._checked.get(name, (float("-inf"), {}))
        if time.monotonic() - at > FRESH:
            standing = _standing(self._findings(name))
            self._checked[name] = (time.monotonic(), standing)
            self._next[name] = time.monotonic() + (SOON if standing["trouble"] else DAILY)
            self.ledger.checked(name, {k: v for k, v in standing.items() if k != "warnings"})
        return standing

    def _findings(self, name: str) -> list[Finding]:
        try:
            channel = self.channel(name)
            channel.ready()
            found = list(channel.check())
        except PublisherError as error:
            return [Finding(False, error.message, "publisher channels tells what is set")]
        except Exception as error:  # a fault in an adapter is a finding, not the end of looking ahead
            return [
                Finding(False, f"checking failed ({type(error).__name__})", "see the adapter's own check")
            ]
        if channel.addressed and not audience.size(self.ledger):
            found.append(Finding(False, "there is nobody on the list", "publisher subscribers import FILE"))
        return found + [f for row in self.ledger.planned_on(name) for f in _elsewhere(channel, row)]


def _elsewhere(channel: Channel, row: Row[Any]) -> list[Finding]:
    """A plan for another service or account than the settings name now: it would stop the channel when due."""
    if channel.service == row.service and (not row.account or channel.account == row.account):
        return []
    what = (
        f"{row.id} was planned for {row.account or 'any account'} at {row.service}, the settings now say "
        f"{channel.account or 'no account'} at {channel.service}"
    )
    return [Finding(False, what, "put them back, or cancel it and submit it again")]


def _standing(findings: Sequence[Finding]) -> dict[str, Any]:
    bad = list({alike(f.what): f for f in findings if not f.ok}.values())
    first = min((f for f in findings if f.ends is not None), key=lambda f: f.ends or 0.0, default=None)
    return {
        "trouble": [[f.what, f.fix] for f in bad if f.level == "error"],
        "warnings": [[f.what, f.fix] for f in bad if f.level == "warning"],
        "ends": first.ends if first else None,
        "what": first.what if first else "",
        "fix": first.fix if first else "",
    }


def beyond(ledger: Ledger, zone: str, key: str | None = None) -> list[str]:
    """A sentence for each planned delivery (of one announcement, or of all) that falls due when what its channel
    needs will have ended, as far as the last check knows."""
    return [
        f"{row.id} falls due at {plan.shown(row.falls_due, zone)}, after {name}'s credentials or interface end "
        f"({standing['what']}): {standing['fix']}"
        for name, standing in ledger.standing().items()
        if standing["ends"]
        for row in ledger.planned_on(name, standing["ends"])
        if key in (None, row.announcement)
    ]


def delivering(
    settings: Settings,
    ledger: Ledger,
    channel: Callable[[str], Channel],
    observe: Observer,
    stamp: Callable[[], object] = lambda: None,
) -> Delivering:
    """The engine as the settings want it: with the page check, the looks ahead and back, and the notices."""
    from publisher.deliver import Delivering

    core = settings.core
    zone = core.timezone or "UTC"
    mail = notices.mailer(settings)
    teller = notices.Notices(
        ledger, settings.notify_urls, mail, observe, zone, core.rehearsal, settings.notify_secret,
        settings.notify_deliveries,
    )  # fmt: skip

    def hearing(event: str, facts: dict[str, Any]) -> None:
        teller.hear(event, facts)
        observe(event, facts)

    gate = webpage.Gate(ledger, settings.allow_hosts, hearing) if core.plan.check_url else None
    made = Delivering(
        ledger, channel, core.retry, core.approvals, hearing, gate=gate, notices=teller, stamp=stamp
    )
    made.back = Back(ledger, made.make, core.verify.minutes, hearing)
    made.ahead = Ahead(ledger, settings.channel_names, made.make, core.plan.preflight_minutes, gate, hearing)
    return made
