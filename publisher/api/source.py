"""What is asked for, and what is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from publisher.channel import Rendering
from publisher.errors import StatementError
from publisher.render import announcement_digest
from publisher.statement import Statement


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
