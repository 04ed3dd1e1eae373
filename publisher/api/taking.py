"""Taking a statement in: as a new announcement, as the next revision of one, or not at all if it is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from publisher.api.planning import Planning
from publisher.api.source import Previewed, Source
from publisher.errors import StatementError
from publisher.plan import When
from publisher.statement import Statement

if TYPE_CHECKING:
    from publisher.ledger import Plan


@dataclass
class Taking(Planning):
    """Takes statements in, unapproved."""

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

    def near(self, statement: Statement, *, ended: bool = False) -> str | None:
        """An announcement that this statement is a changed version of, if any; `ended`: of those given up too."""
        from publisher.likeness import is_version_of

        since = self.ledger.clock() - 30 * 86400
        for key, created, old in self.ledger.akin(statement, ended=ended):
            if is_version_of(statement, old, recent=created >= since):
                return key
        return None

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
