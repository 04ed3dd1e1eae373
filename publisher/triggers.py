"""Triggers: what a site, a feed or a folder hands in is taken like anybody's statement, and never past a person.

A trigger may submit what is new, and renew what only triggers have touched and nobody approved by name. All
else it leaves alone and notes: what a person submitted or approved, what is public, what was given up.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from publisher.errors import PublisherError, SettingsError, Unfit, UsageError
from publisher.ledger.seen import TAKING

if TYPE_CHECKING:
    from publisher.api import Previewed, Publisher, Source
    from publisher.plan import When

NAMES = ("webhook", "feed", "folder")
LAPSE = 60.0
"""Seconds after which a page that another process began to take counts as not taken: it died."""
PATIENCE = 10.0
"""Seconds to wait for another process that is taking the same page."""


class Busy(PublisherError):
    """Another process has the page, or died while it had it: hand it in again in a while."""


Outcome = Literal["taken", "revised", "known", "differs"]


@dataclass(frozen=True, slots=True)
class Policy:
    """How one trigger's statements are treated: the site's publication is the approval, or a person's is waited for.

    `channels` empty: those of the settings. `at`: a WHEN counted from the moment of taking, or "".
    """

    name: str
    approved: bool = False
    channels: tuple[str, ...] = ()
    at: str = ""

    @property
    def who(self) -> str:
        """The name under which it is recorded; no person's."""
        return f"({self.name})"

    @property
    def notes(self) -> str:
        """Where it remembers what it has noted already."""
        return f"{self.name} notes"


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a statement that was handed in. `note` says what a person should know of it."""

    announcement: str
    outcome: Outcome
    note: str = ""


TRIGGERS = frozenset(f"({name})" for name in NAMES)


def policy_of(office: Publisher, name: str) -> Policy:
    """How the settings want a trigger's statements treated. Raises SettingsError."""
    given, setting = getattr(office.settings.core, name), f"PUBLISHER_{name.upper()}__"
    try:
        if given.channel_names:
            office.names(given.channel_names)
        if given.at:
            office.when(given.at, f"{setting}AT")
    except UsageError as error:
        where = "" if setting in error.message else f"{setting}CHANNELS: "
        raise SettingsError(f"{where}{error.message}") from None
    return Policy(name, given.policy == "approved", given.channel_names, given.at)


def take(office: Publisher, source: Source, policy: Policy, request: str = "") -> Taken:
    """Take what `source` says now. `request` names what it was handed in with: the same again changes nothing.

    Raises StatementError when it cannot be used, SettingsError, UsageError, and Busy.
    """
    statement = office.read(source)
    if policy.name == "folder":
        # Where it lay says nothing: the next statement may lie there under the same name.
        statement = replace(statement, source="")
    as_read, statement = statement.digest, office.undated(statement)  # nobody says on which day it will leave
    previewed = office.render(statement, office.names(policy.channels))
    if previewed.failed:
        raise Unfit("; ".join(str(error) for _, error in previewed.failed))
    page, done = statement.url or statement.digest, None
    _wait_for(office, page)
    try:
        taken = handed_in(office, policy, request) or _taken(office, as_read, previewed, policy)
        done = (policy.name, request, taken.announcement) if request else None
        return taken
    finally:
        office.ledger.let_go(TAKING, page, done)


def handed_in(office: Publisher, policy: Policy, request: str) -> Taken | None:
    """What became of a request that was handed in before."""
    row = office.ledger.seen(policy.name, request) if request else None
    return Taken(row.announcement, "known") if row and row.announcement else None


def _taken(office: Publisher, as_read: str, previewed: Previewed, policy: Policy) -> Taken:
    statement = previewed.statement
    if same := office.ledger.same(statement.digest) or office.ledger.same(as_read):
        return _known(office, same, policy)
    if near := office.near(statement, ended=True):
        return _changed(office, near, previewed, policy)
    return _new(office, previewed, policy)


def _wait_for(office: Publisher, page: str) -> None:
    """Of several processes that are handed the same page at once, one takes it and the others find it taken."""
    ends = time.monotonic() + PATIENCE
    while not office.ledger.hold_item(TAKING, page, LAPSE):
        if time.monotonic() > ends:
            raise Busy(
                f"another process is taking this page, or died at it; hand it in again in {LAPSE:.0f} s"
            )
        time.sleep(0.05)


def _known(office: Publisher, key: str, policy: Policy) -> Taken:
    """What is there already. A process that died before it had approved what it took in is made up for."""
    known = office.ledger.known(key)
    alone = office.ledger.hands(key) <= TRIGGERS and not known.approvals
    if not (policy.approved and alone and known.revision == 1 and not known.row.ended):
        return Taken(key, "known")
    return Taken(key, "known", _approved(office, key, policy, ""))


def _new(office: Publisher, previewed: Previewed, policy: Policy) -> Taken:
    statement = previewed.statement
    at, trouble = _when(office, policy, statement.embargo)
    plan = office.plan(statement, at)
    names = list(dict.fromkeys(r.channel for r in previewed.renderings))
    key = office.ledger.submit(statement, previewed.renderings, policy.who, plan=plan, channels=names)
    return Taken(key, "taken", _approved(office, key, policy, trouble))


def _approved(office: Publisher, key: str, policy: Policy, trouble: str) -> str:
    """Approve it under the trigger's name where that is its policy; why it could not be, or ""."""
    if policy.approved and not trouble:
        try:
            office.approve(key, by=policy.who)
        except PublisherError as error:  # it is stored; a person can still approve it
            trouble = error.message
    if trouble:
        office.ledger.note(key, "not approved", policy.who, reason=trouble)
    return trouble


def _when(office: Publisher, policy: Policy, embargo: str) -> tuple[When | None, str]:
    """The trigger's own plan; the embargo's end goes before it."""
    if not policy.at:
        return None, ""
    try:
        at = office.when(policy.at, f"PUBLISHER_{policy.name.upper()}__AT")
    except UsageError as error:
        return None, error.message
    if embargo and at.at < office.when(embargo, "embargo").at:
        return None, ""
    return at, ""


def _changed(office: Publisher, key: str, previewed: Previewed, policy: Policy) -> Taken:
    """A page that says something else now than what is stored."""
    ledger, statement = office.ledger, previewed.statement
    known = ledger.known(key)
    persons = sorted(ledger.hands(key) - TRIGGERS)
    if known.row.ended:
        why = f"it was {known.row.ended}"
    elif ledger.has_left(key):
        why = f"it is public or in doubt: publisher correct {key}"
    elif persons:
        why = f"{persons[0]} has submitted or approved it"
    else:
        ledger.revise(key, statement, previewed.renderings, policy.who)
        return Taken(key, "revised", "the new words wait for an approval")
    item = f"differs {key}"
    told = ledger.seen(policy.notes, item)
    if told is None or told.digest != statement.digest:
        ledger.note(key, "differs", policy.who, statement=statement.digest, title=statement.title, reason=why)
        ledger.remember(policy.notes, item, statement.digest, key, statement.url)
    return Taken(key, "differs", f"{policy.who} says something else than {key}, which was left alone: {why}")


def gone(office: Publisher, key: str, policy: Policy, url: str) -> bool:
    """The page of an announcement is no more: a person is to decide whether it is retracted. Whether that is news."""
    item = f"gone {key}"
    if office.ledger.seen(policy.notes, item) or not office.ledger.has_left(key):
        return False
    office.ledger.note(
        key, "gone", policy.who, url=url, reason=f"its page answers 410: publisher retract {key} --reason …"
    )
    office.ledger.remember(policy.notes, item, "", key, url)
    return True
