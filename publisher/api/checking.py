"""What is public beside what was approved; test copies for colleagues."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from publisher.api.correcting import Correcting
from publisher.api.source import Source
from publisher.channel import Rendering
from publisher.errors import SettingsError, UsageError

if TYPE_CHECKING:
    from publisher.verify import Verified


@dataclass
class Checking(Correcting):
    """Looks at what is public."""

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
            contents = {m.digest: m.content or b"" for each in statement.languages for m in each.media}
            blob = contents.__getitem__
        else:
            blob = self.ledger.blob
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
                channel.proof(rendering, address, mark, blob)
        self.ledger.note(key, "tested", self.who(by), channel=name, copies=len(people) * len(renderings))
        return people

    def _prover(self) -> tuple[Any, str]:
        for name in self.settings.channel_names:
            channel = self.channel(name)
            if hasattr(channel, "proof"):
                return channel, name
        raise SettingsError("no channel in PUBLISHER_CHANNELS can send a test copy; add email")
