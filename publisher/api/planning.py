"""When it is to leave, and what must be so before it may: time, money, credentials, readers."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from publisher import plan as plans
from publisher.api.previewing import Previewing
from publisher.channel import Rendering
from publisher.errors import SettingsError, UsageError
from publisher.plan import When
from publisher.statement import Statement

if TYPE_CHECKING:
    from publisher.ledger import Plan


@dataclass
class Planning(Previewing):
    """Plans, and refuses what could not be kept."""

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

    def _span(self, day: str, statement: Statement) -> tuple[float, float]:
        """A day as [from, to) in seconds since the epoch: where the statement was issued, as far as it says, else here."""
        from datetime import datetime, timedelta
        from zoneinfo import ZoneInfo

        issued = datetime.fromisoformat(statement.issued)
        zone = issued.tzinfo or ZoneInfo(self.settings.core.timezone or "UTC")
        first = datetime.fromisoformat(day).replace(tzinfo=zone)
        return first.timestamp(), (first + timedelta(days=1)).timestamp()

    def affordable(self, renderings: Sequence[Rendering], due: float | None = None, key: str = "") -> None:
        """Raise SettingsError when posting these would pass a channel's monthly cap. `key`: what has them already."""
        from publisher.ledger import costs

        there = {row.channel for row in self.ledger.deliveries(key)} if key else set()
        at = due or self.ledger.clock()
        for name in dict.fromkeys(r.channel for r in renderings if r.channel not in there):
            total = sum(r.cost_usd or 0.0 for r in renderings if r.channel == name)
            if total and (over := costs.over_cap(self.ledger, self.channel(name), total, at, planning=True)):
                raise SettingsError(over)

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
