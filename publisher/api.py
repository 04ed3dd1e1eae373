"""What the commands do, as a typed Python API: `Publisher` opens the settings and the ledger and does it.

Every method that changes something names who says so (`by`), and raises the errors of `publisher.errors`.
"""

from __future__ import annotations

import getpass
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from publisher import plan as plans
from publisher import registry
from publisher.channel import Channel, Receipt, Rendering
from publisher.errors import Blocked, PublisherError, SettingsError, StatementError, Unfit, UsageError
from publisher.languages import spoken
from publisher.plan import When
from publisher.render import Renderer, announcement_digest
from publisher.settings import Settings
from publisher.statement import Statement

if TYPE_CHECKING:
    from publisher.corrections import Corrections
    from publisher.deliver import Delivering, Observer
    from publisher.hours import Hours
    from publisher.ledger import Ledger, NewDelivery, Plan
    from publisher.proposal import Proposal
    from publisher.verify import Verified


@dataclass(frozen=True, slots=True)
class Source:
    """Where a statement is read from, and what overrides what is read there."""

    source: str
    url: str = ""
    title: str = ""
    language: str = ""
    embargo: str = ""
    no_embargo: bool = False
    stdin: bytes | None = None
    undated: bool = False
    """Leave out what is true only on the day of issue ("today")."""


@dataclass(frozen=True, slots=True)
class Previewed:
    """Exactly what each channel would get. `failed`: channels for which nothing fits, with the reason."""

    statement: Statement
    renderings: tuple[Rendering, ...]
    failed: tuple[tuple[str, StatementError], ...]

    @property
    def digest(self) -> str:
        return announcement_digest(self.statement, self.renderings)


def quiet(event: str, facts: Mapping[str, Any]) -> None:
    """An observer that tells nobody."""


@dataclass
class Publisher:
    """One press office: its settings, its channels, its ledger."""

    settings: Settings = field(default_factory=Settings)
    observe: Observer = quiet

    # ------------------------------------------------------------ rooms

    @cached_property
    def ledger(self) -> Ledger:
        from publisher.ledger import Ledger

        return Ledger(self.settings.database_url)

    @cached_property
    def renderer(self) -> Renderer:
        from publisher.directory import load

        folder = self.settings.core.templates
        if folder is not None and not folder.is_dir():
            raise SettingsError(f"PUBLISHER_TEMPLATES names {folder}, which is no folder")
        return Renderer(folder, load(self.settings.core.directory))

    @cached_property
    def delivering(self) -> Delivering:
        from publisher.ahead import delivering
        from publisher.login import stamp

        self.one_world()
        return delivering(self.settings, self.ledger, self._fresh, self.observe, lambda: stamp(self.settings))

    def _fresh(self, name: str) -> Channel:
        """A channel made with the credentials there are now: somebody may have logged in since the start."""
        self.settings.reread()
        return self.channel(name)

    @cached_property
    def hours(self) -> Hours:
        """When this office posts."""
        from publisher.hours import Hours

        core = self.settings.core
        return Hours.read(
            quiet=core.plan.quiet, windows=core.plan.windows, offsets=core.plan.offsets, zone=core.timezone
        )

    def channel(self, name: str) -> Channel:
        """A channel of the settings by its name."""
        return self.settings.channel(name)

    def close(self) -> None:
        if "corrections" in self.__dict__:
            self.corrections.close()
        if "delivering" in self.__dict__:
            self.delivering.close()
        if "ledger" in self.__dict__:
            self.ledger.close()

    def who(self, by: str = "") -> str:
        """The name a change is recorded under: the one given, the settings' approver, else the login name."""
        from publisher.ledger.people import person

        if person(by):
            return by.strip()
        if self.settings.core.approver:
            return self.settings.core.approver
        try:
            return getpass.getuser()
        except (KeyError, OSError):
            raise UsageError("say who you are with --by NAME (this account has no login name)") from None

    def when(self, text: str, what: str = "--at", now: float | None = None) -> When:
        return plans.parse(
            text, zone=self.settings.core.timezone, now=time.time() if now is None else now, what=what
        )

    # ------------------------------------------------------------ preview

    def read(self, source: Source) -> Statement:
        """The statement at a source. Raises StatementError."""
        from publisher import intake

        made = intake.read(
            source.source,
            url=source.url,
            title=source.title,
            language=source.language,
            embargo=source.embargo,
            no_embargo=source.no_embargo,
            stdin=source.stdin,
            allow_hosts=self.settings.allow_hosts,
        )
        if made.embargo and not source.embargo:
            try:
                self.when(made.embargo, "`embargo`")
            except UsageError as error:  # what a file says is the statement's fault, not the command's
                raise StatementError(f"{source.source}: {error.message}") from None
        return self.undated(made) if source.undated else made

    def undated(self, statement: Statement) -> Statement:
        """The statement, of which no channel uses what is true only on the day of issue."""
        given = statement.overrides
        told = {name: {"today": False} | given.get(name, {}) for name in self.settings.channel_names}
        others = tuple(self.undated(other) for other in statement.translations)
        return replace(statement, overrides=given | told, translations=others)

    def names(self, chosen: Sequence[str] = ()) -> tuple[str, ...]:
        """Channel names: the chosen ones, else those of the settings. Raises UsageError for one not in use."""
        names = tuple(dict.fromkeys(registry.canonical(n) for n in chosen)) or self.settings.channel_names
        if not names:
            raise SettingsError("PUBLISHER_CHANNELS names no channel")
        for name in names:
            if name not in self.settings.channel_names:
                raise UsageError(
                    f"channel {name!r} is not in use; PUBLISHER_CHANNELS says {', '.join(self.settings.channel_names)}"
                )
        return names

    def preview(self, source: Source, channels: Sequence[str] = ()) -> Previewed:
        """The dry run: renders and sends nothing, stores nothing, opens no socket unless a URL is read."""
        return self.render(self.read(source), self.names(channels))

    def render(self, statement: Statement, names: Sequence[str]) -> Previewed:
        """Every channel's rendering in every language; one that does not fit hides no other."""
        if statement.embargo:
            self.when(statement.embargo, "embargo")
        done: list[Rendering] = []
        failed: list[tuple[str, StatementError]] = []
        for name in names:
            channel = self.channel(name)
            for one in spoken(statement, channel.languages):
                try:
                    done.append(self.renderer.render(one, channel))
                except StatementError as error:
                    failed.append((name, error))
        return Previewed(statement, tuple(done), tuple(failed))

    # ------------------------------------------------------------ submit, approve, publish

    def submit(
        self,
        source: Source,
        *,
        by: str = "",
        at: When | None = None,
        channels: Sequence[str] = (),
        again: str = "",
        not_after: float | None = None,
    ) -> tuple[str, bool]:
        """Take a statement in, unapproved. The announcement's id, and whether it was known already."""
        previewed = self._fit(self.preview(source, channels))
        return self._take_in(previewed, self.who(by), self.plan(previewed.statement, at, not_after), again)

    def publish(
        self,
        source: Source,
        *,
        by: str = "",
        at: When | None = None,
        channels: Sequence[str] = (),
        again: str = "",
        not_after: float | None = None,
        confirm: Callable[[Previewed, float | None], bool] | None = None,
    ) -> tuple[str, bool]:
        """Submit, approve and plan in one act; `deliver` then sends what is due. The id, and whether it was known.

        Raises SettingsError before anything is stored when a channel cannot send.
        """
        names = self.names(channels)
        previewed = self._fit(self.preview(source, names))
        plan = self.plan(previewed.statement, at, not_after)
        known = self.ledger.same(previewed.statement.digest)
        if known is None or again or self._missing(known, names) or not self.ledger.deliveries(known):
            self.ready(names)
            due = plan.at.at if plan.at else plan.embargo.at if plan.embargo else None
            self.affordable(previewed.renderings, due, "" if again else known or "")
            self.in_time(previewed.statement, previewed.renderings, due)
            if confirm and not confirm(previewed, due):
                raise UsageError("not published: you said no")
        who = self.who(by)
        key, already = self._take_in(previewed, who, plan, again)
        if already and self.ledger.deliveries(key):
            return key, True
        self.approve(key, by=who, at=at)
        return key, False

    def ready(self, names: Sequence[str]) -> None:
        """Raise SettingsError, naming the settings, unless every channel could send now. No network."""
        from publisher import audience

        self.one_world()
        for name in names:
            channel = self.channel(name)
            channel.ready()
            if channel.addressed and not audience.size(self.ledger):
                raise SettingsError(
                    f"{name} has nobody to send to: add people with `publisher subscribers add`, or set "
                    f"PUBLISHER_{name.upper()}__LIST_ADDRESS"
                )

    def affordable(self, renderings: Sequence[Rendering], due: float | None = None, key: str = "") -> None:
        """Raise SettingsError when posting these would pass a channel's monthly cap. `key`: what has them already."""
        from publisher.ledger import costs

        there = {row.channel for row in self.ledger.deliveries(key)} if key else set()
        at = due or self.ledger.clock()
        for name in dict.fromkeys(r.channel for r in renderings if r.channel not in there):
            total = sum(r.cost_usd or 0.0 for r in renderings if r.channel == name)
            if total and (over := costs.over_cap(self.ledger, self.channel(name), total, at, planning=True)):
                raise SettingsError(over)

    def plan(self, statement: Statement, at: When | None, not_after: float | None = None) -> Plan:
        """The plan of a statement: its embargo, and the time that was asked for. Raises UsageError."""
        from publisher.ledger import Plan

        now = time.time()
        embargo = self.when(statement.embargo, "embargo") if statement.embargo else None
        if at and at.at < now - plans.PAST:
            raise UsageError(f"{at} is past ({plans.span(now - at.at)} ago); nothing was planned")
        if at and embargo and at.at < embargo.at:
            raise UsageError(f"{at} is before the embargo ends ({embargo}); nothing was planned")
        if not_after is not None and at and not_after < at.at:
            raise UsageError("--not-after is before the planned time")
        return Plan(at, embargo, not_after)

    def approve(self, key: str, *, by: str = "", at: When | None = None, digest: str = "") -> bool:
        """Approve the exact renderings an announcement has now; whether it has all its approvals."""
        core = self.settings.core
        known = self.ledger.known(key)
        plan = self.plan(known.statement, at) if at else None
        due = plan.at.at if plan and plan.at else known.row.due or known.row.embargo
        self.affordable(known.renderings, due, key)
        planned = {row.digest for row in self.ledger.deliveries(key)}
        self.in_time(known.statement, [r for r in known.renderings if r.digest not in planned], due)
        return self.ledger.approve(
            key,
            self.who(by),
            self._deliveries(key, known.renderings, known.statement),
            needed=core.approvals,
            digest=digest,
            plan=plan,
            lateness=core.plan.lateness,
            hours=self.hours,
        )

    def missing(self, key: str) -> int:
        """How many people's approvals an announcement still lacks."""
        from publisher.ledger.people import persons

        given = persons(by for by, _ in self.ledger.known(key).approvals)
        return max(0, self.settings.core.approvals - given)

    def _deliveries(
        self, key: str, renderings: Sequence[Rendering], statement: Statement
    ) -> list[NewDelivery]:
        """What acts on an earlier delivery goes where that went, and to its readers."""
        from publisher.ledger import NewDelivery

        rows = {row.id: row for row in self.ledger.deliveries(key)}
        made: list[NewDelivery] = []
        for r in renderings:
            if row := rows.get(r.target):
                # What is amended keeps the day it was posted on; what stands in for it gets another.
                day = self._span(r.day, statement) if r.day and r.action == "replace" else None
                made.append(NewDelivery(r, row.service, row.account, row.addressed and bool(r.posts), day))
            else:
                channel = self.channel(r.channel)
                day = self._span(r.day, statement) if r.day else None
                made.append(NewDelivery(r, channel.service, channel.account, channel.addressed, day))
        return made

    def _span(self, day: str, statement: Statement) -> tuple[float, float]:
        """A day as [from, to) in seconds since the epoch: where the statement was issued, as far as it says, else here."""
        from datetime import datetime, timedelta
        from zoneinfo import ZoneInfo

        issued = datetime.fromisoformat(statement.issued)
        zone = issued.tzinfo or ZoneInfo(self.settings.core.timezone or "UTC")
        first = datetime.fromisoformat(day).replace(tzinfo=zone)
        return first.timestamp(), (first + timedelta(days=1)).timestamp()

    def in_time(self, statement: Statement, renderings: Sequence[Rendering], due: float | None) -> None:
        """Raise UsageError when what speaks of "today" is to leave on another day."""
        at = due or self.ledger.clock()
        for r in renderings:
            if not r.day or r.action not in ("publish", "replace"):
                continue
            first, end = self._span(r.day, statement)
            if not first <= self.hours.due(r.channel, at, asked=due is not None) < end:
                raise UsageError(
                    f"{r.channel}: the text speaks of the day it was issued, and is true on {r.day} only; plan it for "
                    f"that day, or leave such sentences out: --undated, or channels: {{{r.channel}: {{today: false}}}}"
                )

    def _take_in(self, previewed: Previewed, who: str, plan: Plan, again: str) -> tuple[str, bool]:
        """Store a statement as a new announcement, as the next revision of one, or not at all if it is known."""
        statement, renderings = previewed.statement, previewed.renderings
        names = list(dict.fromkeys(r.channel for r in renderings))
        if again:
            again, _ = self.ledger.resolve_reference(again)
        same = self.ledger.same(statement.digest)
        if same and same != again:
            return self._again(same, previewed, who)
        if not same and (near := self.near(statement)) and near != again:
            if self.ledger.has_left(near):
                raise StatementError(
                    f"this looks like {near}, which is public or in doubt: nothing was taken in. To change what is "
                    f"out, use `publisher correct {near}`; to announce it a second time, say --again {near}"
                )
            self.ledger.revise(near, statement, renderings, who, plan=plan)
            return near, False
        return self.ledger.submit(statement, renderings, who, plan=plan, channels=names), False

    def _again(self, key: str, previewed: Previewed, who: str) -> tuple[str, bool]:
        """The same statement once more: only channels it did not have are new."""
        known = self.ledger.known(key)
        if known.row.ended:
            raise StatementError(
                f"{key} is the same statement and was {known.row.ended}; say --again {key} to submit it anew"
            )
        fresh = [r for r in previewed.renderings if r.channel not in known.row.channels]
        if fresh:
            self.ledger.extend(key, fresh, who)
            return key, False
        draft = not self.ledger.deliveries(key)
        same_channels = {r.channel for r in previewed.renderings} == set(known.row.channels)
        if draft and same_channels and known.digest != previewed.digest:
            # The settings or templates would say it differently now: that is what there is to approve.
            self.ledger.revise(key, previewed.statement, previewed.renderings, who)
            return key, False
        return key, True

    def _missing(self, key: str, names: Sequence[str]) -> bool:
        return any(name not in self.ledger.known(key).row.channels for name in names)

    def near(self, statement: Statement, *, ended: bool = False) -> str | None:
        """An announcement that this statement is a changed version of, if any; `ended`: of those given up too."""
        from publisher.likeness import is_version_of

        since = self.ledger.clock() - 30 * 86400
        for key, created, old in self.ledger.akin(statement, since, ended=ended):
            if is_version_of(statement, old, recent=created >= since):
                return key
        return None

    def _fit(self, previewed: Previewed) -> Previewed:
        if previewed.failed:
            raise Unfit("; ".join(str(error) for _, error in previewed.failed))
        return previewed

    def one_world(self) -> None:
        """Refuse to post to a rehearsal on one network and in earnest on another."""
        from urllib.parse import urlsplit

        where = {}
        for name in self.settings.channel_names:
            try:
                host = urlsplit(self.channel(name).service).hostname
            except SettingsError:
                continue
            if host and self.channel(name).service.startswith("http"):
                where[name] = host in ("127.0.0.1", "localhost", "::1")
        if len(set(where.values())) > 1:
            here = ", ".join(n for n, loopback in where.items() if loopback)
            there = ", ".join(n for n, loopback in where.items() if not loopback)
            raise SettingsError(
                f"{here} points at this machine and {there} at the real service: a rehearsal and the real thing must "
                "not be mixed; change the …__API_URL settings"
            )

    # ------------------------------------------------------------ deliver

    def deliver(self, key: str, wait: float = 60.0) -> None:
        """Send what is due of one announcement; look up doubts for up to `wait` seconds; leave later tries."""
        until = time.monotonic() + wait
        while True:
            since = self.ledger.clock()
            self.delivering.until_idle(key)
            due = self._next_move(key, since)
            left = until - time.monotonic()
            if due is None or due > left:
                return
            time.sleep(max(0.05, min(due, left)))

    def _next_move(self, key: str, since: float) -> float | None:
        """Seconds until time alone lets something go on: an unknown outcome is looked up again, or a thread goes on.

        `since`: what was due by then and has not gone waits for something else, as does what is on a stopped channel.
        """
        now = self.ledger.clock()
        lanes = {lane.name: lane for lane in self.ledger.lanes()}
        stopped = {name for name, lane in lanes.items() if lane.paused or lane.blocked}
        moves: list[float] = []
        for row in self.ledger.deliveries(key):
            for p in () if row.addressed else self.ledger.parts(row.id):
                if p.state == "unknown" and p.find_due is not None:
                    moves.append(p.find_due)
                # A thread is seen through: its next post may only have to wait until the one before can be seen; and
                # so is a retraction, until the post is gone.
                elif p.state == "waiting" and (p.n or row.action == "retract"):
                    due = max(p.due, lanes[row.channel].free)
                    if due > since and not stopped & {"*", row.channel}:
                        moves.append(due)
        return max(0.0, min(moves) - now) if moves else None

    def run(self, *, until_idle: bool = False) -> set[str]:
        """Deliver what falls due: now and return (`until_idle`), or until stopped. What it worked on."""
        touched: set[str] = set()
        with self._touching(touched):
            if until_idle:
                self.delivering.until_idle()
            else:
                from publisher.clock import run

                run(self.delivering)
        return touched

    @contextmanager
    def _touching(self, touched: set[str]) -> Iterator[None]:
        observe = self.delivering.observe

        def both(event: str, facts: dict[str, Any]) -> None:
            touched.add(str(facts.get("delivery", "")).partition("/")[0])
            observe(event, facts)

        self.delivering.observe = both
        try:
            yield
        finally:
            self.delivering.observe = observe
            touched.discard("")

    # ------------------------------------------------------------ afterwards

    def reschedule(self, reference: str, at: When, *, by: str = "") -> None:
        """Give what has not left yet another time. Raises UsageError when it is past or before the embargo."""
        key, _ = self.ledger.resolve_reference(reference)
        known = self.ledger.known(key)
        plan = self.plan(known.statement, at)
        self.in_time(known.statement, known.renderings, at.at)
        self.ledger.reschedule(key, plan, self.who(by), self.settings.core.plan.lateness, self.hours)

    @cached_property
    def corrections(self) -> Corrections:
        from publisher.corrections import Corrections

        return Corrections(self.ledger, self.channel, self.renderer)

    def retract(
        self, reference: str, reason: str, *, by: str = "", mail: bool = False
    ) -> tuple[str, list[str]]:
        """Stop everything of an announcement that has not left, and take down what is public where that is possible.

        What is in doubt is settled first and then taken down; what is in flight is taken down when it has landed.
        With `mail` the readers of a mail are told. Asked for again it tries what has not succeeded once more, now.
        The announcement's id, and a sentence for each delivery that cannot be taken back. Raises UsageError without
        a reason.
        """
        if not reason.strip():
            raise UsageError("say why with --reason; it is recorded")
        key, _ = self.ledger.resolve_reference(reference)
        who = self.who(by)
        self.ledger.stop(key, who, reason)
        if any(r.action != "retract" for r in self.ledger.waits(key)):
            self.ledger.withdraw(key, who, reason, for_good=True)
        proposal = self.corrections.retraction(key, reason, mail=mail)
        asked = self.ledger.retractions(key)
        fresh = [a for a in proposal.acts if a.rendering.target not in asked]
        if fresh:
            self.ledger.act(
                key,
                self._deliveries(key, [a.rendering for a in fresh], proposal.statement),
                who,
                needed=self.settings.core.approvals,
                reason=reason,
                changes=[a.change for a in fresh],
            )
        self.ledger.press(key, who)
        return key, list(proposal.kept)

    def propose(
        self, reference: str, source: Source, reason: str, *, mail: bool = False, repost: Sequence[str] = ()
    ) -> Proposal:
        """What correcting an announcement to the statement at `source` would do. Stores and sends nothing."""
        if not reason.strip():
            raise UsageError("say why with --reason; it is recorded")
        key, _ = self.ledger.resolve_reference(reference)
        names = self.names(repost) if repost else ()
        return self.corrections.correction(key, self.read(source), reason, mail=mail, repost=names)

    def correct(
        self,
        reference: str,
        source: Source,
        reason: str,
        *,
        by: str = "",
        mail: bool = False,
        repost: Sequence[str] = (),
        confirm: Callable[[Proposal], bool] | None = None,
    ) -> tuple[str, Proposal]:
        """Correct what is public of an announcement, each channel as well as it allows; `deliver` then does it.

        With two approvals it waits for the second name, and what has not left is held. The announcement's id, and
        what was proposed. Raises UsageError, StatementError and SettingsError; then nothing has changed.
        """
        from publisher.ledger import Stale

        for last in (False, False, True):
            proposal = self.propose(reference, source, reason, mail=mail, repost=repost)
            key = proposal.known.id
            self._possible(proposal)
            if confirm and not confirm(proposal):
                raise UsageError("not corrected: you said no")
            try:
                self.ledger.act(
                    key,
                    self._deliveries(key, proposal.renderings, proposal.statement),
                    self.who(by),
                    needed=self.settings.core.approvals,
                    reason=reason,
                    statement=proposal.statement,
                    stops=proposal.stops,
                    unleft=proposal.unleft,
                    changes=[a.change for a in proposal.acts],
                )
            except Stale:
                if last:
                    raise
            else:
                break
        return key, proposal

    def _possible(self, proposal: Proposal) -> None:
        """Raise SettingsError unless every channel could act now, within its monthly cap. No network."""
        self.one_world()
        for name in dict.fromkeys(a.row.channel for a in proposal.acts):
            self.channel(name).ready()
        self.affordable(proposal.renderings)
        row = proposal.known.row
        self.in_time(proposal.statement, proposal.renderings, row.due or row.embargo)

    def reject(self, key: str, reason: str, *, by: str = "") -> None:
        """Refuse what waits for approval: a draft, or a correction or retraction that a second name lacks."""
        if self.ledger.waits(key):
            self.ledger.withdraw(key, self.who(by), reason)
        else:
            self.ledger.reject(key, self.who(by), reason)

    def repair(self, reference: str, *, by: str = "") -> tuple[str, Verified]:
        """Bring a live text that was changed or cut back to the approved one, where the channel can change a post.

        The announcement's id, and what was found. Raises UsageError when there is nothing to repair, or it cannot
        be.
        """
        from publisher import repair

        key, of = self.ledger.resolve_reference(reference)
        return key, repair.repair(
            self.ledger, self.channel, self.targets(of or key, ("delivered",))[0], self.who(by)
        )

    def verify(self, reference: str | None = None) -> list[Verified]:
        """Compare what is live with what was approved: of one announcement or delivery, or of all."""
        from publisher.verify import verify

        if reference is None:
            rows = [d for row in self.ledger.all() for d in self.ledger.deliveries(row.id)]
        else:
            key, of = self.ledger.resolve_reference(reference)
            rows = [d for d in self.ledger.deliveries(key) if not of or of in (d.id, d.target)]
        made = {name: self.channel(name) for name in {row.channel for row in rows}}
        try:
            return verify(self.ledger, made.__getitem__, rows)
        finally:
            for channel in made.values():
                channel.close()

    def seen(self, reference: str, *, by: str = "") -> list[str]:
        """A person has looked, and it is as approved: deliveries that cannot be read back. Which they were."""
        key, of = self.ledger.resolve_reference(reference)
        found = [d for d in self.ledger.unseen(key) if not of or d == of]
        if not found:
            raise UsageError(f"nothing of {of or key} waits for somebody to look at it")
        self.ledger.see(found, self.who(by))
        return found

    def warnings(self, key: str) -> list[str]:
        """What is planned beyond the end of its channel's credentials, as far as the last check knows."""
        from publisher.ahead import beyond

        return beyond(self.ledger, self.settings.core.timezone or "UTC", key)

    def retry(self, reference: str, *, by: str = "") -> str:
        """Try a failed or waiting delivery again. Its announcement's id."""
        for of in self.targets(reference, ("failed", "waiting")):
            self.ledger.retry(of, self.who(by))
        return self.ledger.resolve_reference(reference)[0]

    def resolve(self, reference: str, *, published: bool, where: str = "", by: str = "") -> str:
        """Answer an unknown outcome: it is public (at `where`, a URL or id), or it is not."""
        for of in self.targets(reference, ("unknown",)):
            receipt = None
            if published and where:
                is_url = where.startswith(("http://", "https://"))
                receipt = Receipt(
                    where.rstrip("/").rpartition("/")[2] if is_url else where, where if is_url else ""
                )
            self.ledger.resolve(of, self.who(by), published=published, receipt=receipt)
        return self.ledger.resolve_reference(reference)[0]

    def targets(self, reference: str, states: Sequence[str]) -> list[str]:
        """The delivery that is named, or the one of an announcement that is in one of these states."""
        key, of = self.ledger.resolve_reference(reference)
        if of:
            return [of]
        found = [
            row.id
            for row in self.ledger.deliveries(key)
            if any(p.state in states for p in self.ledger.parts(row.id))
        ]
        if len(found) != 1:
            wanted = " or ".join(states)
            raise UsageError(
                f"{key} has no delivery that is {wanted}" if not found else f"name one of {', '.join(found)}"
            )
        return found

    def proof(
        self, reference_or_source: Source | str, addresses: Sequence[str], *, by: str = ""
    ) -> list[str]:
        """Mail the email rendering of every language to colleagues, marked as a test. Whom it reached."""
        from publisher.address import normal

        if not 0 < len(addresses) <= 10:
            raise UsageError("name one to ten addresses with --to")
        if isinstance(reference_or_source, Source):
            statement = self.read(reference_or_source)
            renderings: Sequence[Rendering] = ()
            key = ""
        else:
            key, _ = self.ledger.resolve_reference(reference_or_source)
            known = self.ledger.known(key)
            statement, renderings = known.statement, known.renderings
        channel, name = self._prover()
        channel.ready()
        people = [normal(address)[0] for address in addresses]
        renderings = [r for r in renderings if r.channel == name] or [
            self.renderer.render(s, channel) for s in statement.languages
        ]
        mark = (
            f"TEST, embargoed until {self.when(statement.embargo, 'embargo')}"
            if statement.embargo
            else "TEST"
        )
        for address in people:
            for rendering in renderings:
                channel.proof(rendering, address, mark)
        self.ledger.note(key, "tested", self.who(by), channel=name, copies=len(people) * len(renderings))
        return people

    def _prover(self) -> tuple[Any, str]:
        for name in self.settings.channel_names:
            channel = self.channel(name)
            if hasattr(channel, "proof"):
                return channel, name
        raise SettingsError("no channel in PUBLISHER_CHANNELS can send a test copy; add email")


__all__ = ["Blocked", "Previewed", "Publisher", "PublisherError", "Source"]
