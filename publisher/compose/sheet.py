"""Sheet: one statement on its way to one channel, what its author gave for it, and what came of it so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

from publisher import directory as directories
from publisher import text as texts
from publisher import thread
from publisher.channel import MAIN, Channel, Field
from publisher.compose.fitting import fits
from publisher.errors import StatementError
from publisher.filling import Filling
from publisher.render import Occasion, Renderer
from publisher.statement import Block, Statement
from publisher.summary import Candidate, Choice, reading
from publisher.summary.alone import relative_day
from publisher.summary.said import Said
from publisher.summary.words import rules
from publisher.text import Text

TODAY = "today"
"""The override that leaves out, where it is false, what is true only on the day of issue."""
FULL_TEXT = "full_text"
"""The override that puts the whole statement below its summary, where the channel has room."""
CORRECTION = "correction"
"""What the author's own words for a reply that corrects are kept under."""


@dataclass
class Sheet:
    """`direct` are the fields that hold an author's words and nothing else, `uncut` what was shortened, in full;
    `used` are the places of the statement that the words come from, `day` the one they are held to."""

    renderer: Renderer
    statement: Statement
    channel: Channel
    occasion: Occasion | None = None
    warnings: list[str] = field(default_factory=list)
    used: set[tuple[int, int]] = field(default_factory=set)
    direct: set[str] = field(default_factory=set)
    uncut: dict[str, Text] = field(default_factory=dict)
    day: str = ""

    @property
    def choice(self) -> Choice:
        return self.renderer.choice(self.statement)

    @cached_property
    def names(self) -> directories.Names:
        """A mail mentions nobody, so that nothing is missed there."""
        warn = self.warnings.append if self.main else lambda _: None
        return directories.Names(self.renderer.directory, self.channel.name, warn)

    @cached_property
    def filling(self) -> Filling:
        full = self._full_text()
        return Filling(
            self.renderer,
            self.statement,
            self.channel,
            self.names,
            partial(fits, self.channel.form),
            self.occasion,
            full,
        )

    @property
    def given(self) -> dict[str, Any]:
        """What the author wrote for this channel, as it stands in the front matter."""
        return self.statement.overrides.get(self.channel.name, {})

    @cached_property
    def overrides(self) -> dict[str, str]:
        """The author's own texts for this channel, by field name. Raises StatementError for what is no override."""
        form, name = self.channel.form, self.channel.name
        known = {f.override: f.name for f in form.fields if f.override}
        others = {TODAY, *form.options, *(["thread"] if form.thread_sentences else [])}
        if self.channel.replies and self.main:
            known["correction"] = CORRECTION
        found: dict[str, str] = {}
        for key, value in self.given.items():
            if key not in known and key not in others:
                there = ", ".join(sorted({*known, *others})) or "none"
                raise StatementError(
                    f"{self.where}: channels.{name}.{key} is no override; there are: {there}"
                )
            if key in known:
                if not isinstance(value, str) or not value.strip():
                    raise StatementError(f"{self.where}: channels.{name}.{key} must be a text")
                found[known[key]] = tidied(value)
        return found

    @property
    def today(self) -> str:
        """The day the statement was issued on, which words that speak of "today" are held to; "" where none may."""
        return self.statement.issued[:10] if self._asked(TODAY, True) and not self.occasion else ""

    def _asked(self, key: str, default: bool) -> bool:
        """What the author says of `key`. Raises StatementError for what is neither true nor false."""
        given = self.given.get(key, default)
        asked = thread.said(given)
        if asked is None:
            where = f"{self.where}: channels.{self.channel.name}.{key}"
            raise StatementError(f"{where} is true or false, not {given!r}")
        return asked

    def _full_text(self) -> tuple[Block, ...]:
        """The whole statement, where it is wanted below its summary: what the page said beside it is none of it."""
        default = self.channel.form.full_text
        if default is None or not self._asked(FULL_TEXT, default):
            return ()
        r = rules(self.statement.language)
        said = [p for p in reading.read(self.statement) if p.why not in reading.NOT_SAID]
        if word := next(filter(None, (relative_day(Said(p.text), r) for p in said)), ""):
            self.day = self.day or self.today
            if not self.day:
                self.warnings.append(f"{self.channel.name}: the full text says “{word}”")
        return tuple(self.statement.blocks[p.block] for p in said)

    @property
    def where(self) -> str:
        return self.statement.source or self.statement.title

    @property
    def main(self) -> Field | None:
        return next((f for f in self.channel.form.fields if f.name == MAIN), None)

    @property
    def overridden_text(self) -> str:
        """A person's own words for a mail: its bodies put the link and the way to unsubscribe around them."""
        return "" if self.main else self.overrides.get("text", "")

    def uses(self, chosen: Sequence[Candidate]) -> None:
        """Remember where the words come from, and the day that they are held to."""
        self.used |= {(c.start, c.end) for c in chosen}
        self.day = self.day or next((c.day for c in chosen if c.day), "")


def tidied(value: str) -> str:
    """An author's words as they are published."""
    return texts.tidy(texts.nfc(texts.unmarked(value)))
