"""What comes after: another time, a retraction, a correction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from publisher.api.delivering import Sending
from publisher.api.source import Source
from publisher.errors import UsageError
from publisher.plan import When

if TYPE_CHECKING:
    from publisher.proposal import Proposal


@dataclass
class Correcting(Sending):
    """Changes what was planned or is public."""

    def reschedule(self, reference: str, at: When, *, by: str = "") -> None:
        """Give what has not left yet another time. Raises UsageError when it is past or before the embargo."""
        key, _ = self.ledger.resolve_reference(reference)
        known = self.ledger.known(key)
        plan = self.plan(known.statement, at)
        self.in_time(known.statement, known.renderings, at.at)
        self.ledger.reschedule(key, plan, self.who(by), self.settings.core.plan.lateness, self.hours)

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
