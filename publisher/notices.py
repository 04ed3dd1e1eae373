"""Telling people: once for each cause, when a person is needed, and once when all of an announcement is public.
Telling programs: what each delivery has come to.

What there is to tell is read off the ledger, never kept in mind: whoever comes later, after a crash or on
another host, finds the same causes and sees which were told. A cause that is gone is forgotten, so that it is
told again when it comes back. Nothing in here delays or fails a delivery.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from publisher import addresses, plan, views
from publisher.addresses import Notice
from publisher.digest import sha256
from publisher.errors import PublisherError, SettingsError
from publisher.ledger.acts import CORRECTED
from publisher.ledger.looks import alike
from publisher.ledger.pages import PAGE

if TYPE_CHECKING:
    from sqlalchemy import Row

    from publisher.ledger import Ledger
    from publisher.settings import Settings

LAPSE = 60.0
"""Seconds after which another host may tell what one took upon itself: longer than any address takes."""
AGAIN = (5.0, 30.0, 120.0, 600.0)
"""Seconds between the tries to tell one cause at one address."""
BACK = 86_400.0
"""Seconds of the log that are read at the start: what happened before and was not told is no news."""
PATIENCE = 60.0
"""Seconds for which a missing page is nobody's trouble yet."""
CHANNELS = "*"
"""The subject of what concerns no announcement; no announcement's id."""

STUBBORN = 3
"""Tries to take something down after which a person is told."""

BY_A_PERSON = "Error"
"""The kind of what is held because somebody said so."""
OUTCOMES = ("delivered", "failed", "unknown", "retracted")
"""The states of a delivery that programs are told of."""
BAD_LIVE = ("changed", "cut", "deleted")


@dataclass
class Notices:
    """Tells people at `urls` and programs at `each`; `mail` sends to a mailbox. Safe to use from several threads."""

    ledger: Ledger
    urls: Sequence[str]
    mail: addresses.Mailer
    observe: Callable[[str, dict[str, Any]], None] = lambda event, facts: None
    zone: str = "UTC"
    rehearsal: bool = False
    secret: str = ""
    each: Sequence[str] = ()
    _heard: set[str] = field(default_factory=set, repr=False)
    _owed: set[str] = field(default_factory=set, repr=False)
    _failed: dict[str, int] = field(default_factory=dict, repr=False)
    _alarmed: bool = False
    _last: int = 0
    _hearing: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _sweeping: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def hear(self, event: str, facts: dict[str, Any]) -> None:
        """Something happened in this process: what it concerns is looked at in the next sweep."""
        if (self.urls or self.each) and (key := str(facts.get("delivery", "")).partition("/")[0]):
            with self._hearing:
                self._heard.add(key)

    def sweep(self, *, everything: bool = True) -> None:
        """Tell what has not been told; with `everything` also what happened in other processes."""
        if not (self.urls or self.each):
            return
        with self._sweeping:
            with self._hearing:
                subjects, self._heard = self._heard | self._owed, set()
            if everything:
                self._last, news = self.ledger.news(self._last, self.ledger.clock() - BACK)
                subjects |= news
            self._owed = set()
            down: set[str] = set()
            for subject in (CHANNELS, *sorted(subjects - {CHANNELS})):
                self._about(subject, down)

    def alarm(self, trouble: str) -> None:
        """This host's clock cannot do its work; "" when it can again. Needs no ledger, which may be the trouble."""
        if not trouble:
            self._alarmed = False
        elif not self._alarmed:
            self._alarmed = True
            fix = "look at its log and at the database; `publisher status` on another host tells what is due"
            for url in self.urls:
                self._try(url, self._marked(Notice(f"{CHANNELS} clock", "clock", trouble, fix)))

    # ------------------------------------------------------------ telling

    def _about(self, subject: str, down: set[str]) -> None:
        told = [(notice, url) for url in self.urls for notice in self._for_people(subject)]
        told += [(notice, url) for url in self.each for notice in self.outcomes(subject)]
        causes = {_at(notice, url): (self._marked(notice), url) for notice, url in told}
        self.ledger.drop_notices(subject, causes)
        for cause in [c for c in self._failed if c.startswith(f"{subject} ") and c not in causes]:
            del self._failed[cause]
        for cause, (notice, url) in causes.items():
            if url in down or not self._told(cause, notice, url, down):
                self._owed.add(subject)

    def _told(self, cause: str, notice: Notice, url: str, down: set[str]) -> bool:
        """Whether nothing is left to do about a cause at an address."""
        failed = self._failed.get(cause, 0)
        if failed > len(AGAIN):
            return True
        taken = self.ledger.take_notice(cause, LAPSE)
        if taken != "mine":
            return taken == "told"  # else another host is at it, or our own next try is not due yet
        if self._try(url, notice, failed):
            self.ledger.keep_notice(cause)
            self._failed.pop(cause, None)
            return True
        down.add(url)
        self._failed[cause] = failed + 1
        self.ledger.keep_notice(cause, AGAIN[min(failed, len(AGAIN) - 1)])
        return False

    def _try(self, url: str, notice: Notice, failed: int = 0) -> bool:
        facts = {"about": notice.event, "of": notice.delivery, "to": addresses.place(url)}
        try:
            addresses.tell(url, notice, self.ledger.place, self.mail, self.secret)
        except Exception as error:  # whatever a library raises: a notice must not stop the clock
            last = failed >= len(AGAIN)
            reason = addresses.refused(error) + ("; given up" if last else "")
            self.observe("notice failed", facts | {"what": notice.what, "reason": reason})
            return False
        self.observe("notice", facts | {"what": notice.what})
        return True

    def _marked(self, notice: Notice) -> Notice:
        return replace(notice, what=f"REHEARSAL: {notice.what}") if self.rehearsal else notice

    # ------------------------------------------------------------ what there is to tell

    def _for_people(self, subject: str) -> list[Notice]:
        return self.channels() if subject == CHANNELS else self.announcement(subject)

    def outcomes(self, key: str) -> list[Notice]:
        """Of one announcement, for programs: what each of its deliveries has come to."""
        seen = [views.delivery(self.ledger, row) for row in self.ledger.deliveries(key)]
        return [_outcome(key, self.ledger.known(key).title, v) for v in seen if v["state"] in OUTCOMES]

    def channels(self) -> list[Notice]:
        """Of the channels: blocked, would refuse what is planned, credentials that end before it falls due."""
        found, blocked = [], {lane.name: lane.blocked for lane in self.ledger.lanes() if lane.blocked}
        for name, why in blocked.items():
            fix = f"when that is mended: publisher resume --channel {name}"
            found.append(
                Notice(f"* blocked {name} {_same(why)}", "blocked", f"{name} is blocked: {why}", fix)
            )
        for name, standing in self.ledger.standing().items():
            if standing["trouble"] and name not in blocked and (rows := self.ledger.planned_on(name)):
                whats = "; ".join(what for what, _ in standing["trouble"])
                fixes = "; ".join(dict.fromkeys(fix for _, fix in standing["trouble"] if fix))
                found.append(
                    self._ahead(f"* preflight {name} {_same(whats)}", "preflight", whats, fixes, rows)
                )
            if standing["ends"] and (rows := self.ledger.planned_on(name, standing["ends"])):
                what = f"{standing['what']}, until {plan.shown(standing['ends'], self.zone)}"
                cause = f"* expires {name} {standing['ends']:.0f}"
                found.append(self._ahead(cause, "expires", what, standing["fix"], rows))
        return found

    def _ahead(self, cause: str, event: str, what: str, fix: str, rows: Sequence[Row[Any]]) -> Notice:
        first = rows[0]
        more = f" and {len(rows) - 1} more" if len(rows) > 1 else ""
        due = plan.shown(first.falls_due, self.zone)
        said = f"{first.channel}: {what}. Planned on it: {first.id}{more}, at {due}"
        return Notice(cause, event, said, fix, first.announcement, first.id)

    def announcement(self, key: str) -> list[Notice]:
        """Of one announcement: what needs a person, or that all of it is public."""
        rows = self.ledger.deliveries(key)
        seen = [(row, views.delivery(self.ledger, row)) for row in rows]
        found = [n for row, view in seen for n in self._delivery(key, row, view)]
        found += self._page(key, [view for _, view in seen])
        found += _public(key, seen)
        if not found:
            return []
        title = self.ledger.known(key).title
        return [replace(n, announcement=key, title=title) for n in found]

    def _delivery(self, key: str, row: Row[Any], view: dict[str, Any]) -> Iterable[Notice]:
        of, state, error = view["id"], view["state"], view["error"] or {"kind": "", "message": ""}
        about = f"{key} {of.partition('/')[2]}"
        if state == "unknown" and self.ledger.without_looks(of):
            yield Notice(
                f"{about} unknown {view['attempts']}",
                "unknown",
                f"{of}: nobody knows whether it is public ({error['message']})",
                f"look on {row.channel}, then: publisher resolve {of} --published URL, or --not-published",
                delivery=of,
            )
        elif state == "failed":
            fix = f"mend it, then: publisher retry {of}"
            what = f"{of} failed: {error['message']}"
            yield Notice(f"{about} failed {view['attempts']}", "failed", what, fix, delivery=of)
        elif state == "held" and error["kind"] not in ("", BY_A_PERSON):
            fix = f"let it go: publisher release {key}, or publisher cancel {key}"
            if error["kind"] == CORRECTED:
                fix = f"the correction lacks an approval: publisher approve {key}, or publisher reject {key}"
            what = f"{of} is held: {error['message']}"
            yield Notice(f"{about} held {_same(error['kind'])}", "held", what, fix, delivery=of)
        elif row.action == "retract" and state == "waiting" and view["attempts"] >= STUBBORN:
            fix = f"take it down by hand on {row.channel}; it is tried until it is seen to be gone"
            what = f"{of}: not gone after {view['attempts']} tries ({error['message']})"
            yield Notice(f"{about} retract {_same(error['message'])}", "retract", what, fix, delivery=of)
        if view["live"] in BAD_LIVE and state == "delivered":
            fix = f"see how with publisher verify {of}, put it right with publisher repair {of}"
            what = f"{of}: what is public is {view['live']}, and not what was approved"
            if row.action == "retract":
                fix, what = f"publisher retract {key}", f"{of}: what was taken down is to be seen again"
            links = {row.channel: view["receipt"]["url"]} if (view["receipt"] or {}).get("url") else {}
            yield Notice(f"{about} live {view['live']}", "live", what, fix, delivery=of, links=links)

    def _page(self, key: str, seen: Collection[dict[str, Any]]) -> list[Notice]:
        for view in seen:
            if view["state"] != "waiting" or (view["error"] or {}).get("kind") != PAGE:
                continue
            waits = self.ledger.trouble(view["id"], "waiting", mailing="recipients" in view)
            if waits is not None and self.ledger.clock() - (waits.settled or 0.0) >= PATIENCE:
                fix = f"put the page online, or let it go without: publisher release {key}"
                what = f"{view['id']} waits: {waits.error}"
                return [Notice(f"{key} page", "page", what, fix, delivery=view["id"])]
        return []


def _outcome(key: str, title: str, view: dict[str, Any]) -> Notice:
    """A state reached anew, by another attempt, is another cause."""
    of, state, channel = view["id"], view["state"], view["id"].partition("/")[2]
    what = f"{of} is {state}" + (f": {view['error']['message']}" if view["error"] else "")
    links = {channel: view["receipt"]["url"]} if (view["receipt"] or {}).get("url") else {}
    return Notice(
        f"{key} outcome {channel} {state} {view['attempts']}", state, what, "", key, of, title, links
    )


def _public(key: str, seen: Sequence[tuple[Row[Any], dict[str, Any]]]) -> list[Notice]:
    states = {view["state"] for _, view in seen}
    if "retracted" in states and states <= {"retracted", "delivered", "cancelled"} and _all_down(seen):
        gone = [view["id"].partition("/")[2] for _, view in seen if view["state"] == "retracted"]
        return [Notice(f"{key} retracted", "retracted", f"all is taken down: {', '.join(gone)}")]
    if "delivered" not in states or not states <= {"delivered", "cancelled"}:
        return []
    out = [(row, view) for row, view in seen if view["state"] == "delivered"]
    told, links = [], {}
    for _, view in out:
        name, receipt = view["id"].partition("/")[2], view["receipt"] or {}
        counts = [f"{receipt[k]} {k}" for k in ("accepted", "refused", "unknown") if receipt.get(k)]
        told.append(f"{name} ({', '.join(counts)})" if counts else name)
        if receipt.get("url"):
            links[name] = receipt["url"]
    cause = f"{key} public {max(row.revision for row, _ in out)}"
    return [Notice(cause, "public", f"all is public: {', '.join(told)}", links=links)]


def _all_down(seen: Sequence[tuple[Row[Any], dict[str, Any]]]) -> bool:
    """Whether what is delivered are only the withdrawals themselves."""
    return all(row.action == "retract" for row, view in seen if view["state"] == "delivered")


def _same(text: str) -> str:
    return sha256(alike(text))[:8]


def _at(notice: Notice, url: str) -> str:
    return f"{notice.cause} {sha256(url)[:8]}"


def mailer(settings: Settings) -> addresses.Mailer:
    """Mails through a channel that can (`notify`): one in use, else any that is installed."""
    from publisher import registry

    def mail(address: str, subject: str, text: str) -> None:
        refused: PublisherError | None = None
        for name in dict.fromkeys((*settings.channel_names, *registry.installed())):
            try:
                channel = settings.channel(name)
                if not hasattr(channel, "notify"):
                    continue
                channel.ready()
            except SettingsError as error:
                refused = error
                continue
            try:
                channel.notify(address, subject, text)
            finally:
                channel.close()
            return
        raise refused or SettingsError("no installed channel can mail a notice; use an https: address")

    return mail
