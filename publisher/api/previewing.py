"""The dry run: what is read at a source, and exactly what each channel would get of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from publisher.api.office import Office
from publisher.api.source import Previewed, Source
from publisher.channel import Rendering
from publisher.errors import StatementError, Unfit, UsageError
from publisher.languages import spoken
from publisher.statement import Statement


@dataclass
class Previewing(Office):
    """Reads and renders; stores nothing."""

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
                    failed.append((name, error if one is statement else _of(one, error)))
        return Previewed(statement, tuple(done), tuple(failed))

    def _fit(self, previewed: Previewed) -> Previewed:
        if previewed.failed:
            raise Unfit("; ".join(str(error) for _, error in previewed.failed))
        return previewed


def _of(translation: Statement, error: StatementError) -> StatementError:
    """The same, naming the translation: it has a file of its own to write the override in."""
    where = translation.source or translation.language
    if where in str(error):
        return error
    return type(error)(f"{where} ({translation.language}): {error}")
