"""Approving exact renderings, and publishing in one act."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from publisher.api.source import Previewed, Source
from publisher.api.taking import Taking
from publisher.channel import Rendering
from publisher.errors import UsageError
from publisher.plan import When
from publisher.statement import Statement

if TYPE_CHECKING:
    from publisher.ledger import NewDelivery


@dataclass
class Approving(Taking):
    """Approves, and publishes."""

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

    def reject(self, key: str, reason: str, *, by: str = "") -> None:
        """Refuse what waits for approval: a draft, or a correction or retraction that a second name lacks."""
        if self.ledger.waits(key):
            self.ledger.withdraw(key, self.who(by), reason)
        else:
            self.ledger.reject(key, self.who(by), reason)

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
