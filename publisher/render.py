"""Render: a Statement, the templates and a channel's Form become a Rendering, or Unfit.

Pure: reads no clock, no plan and no network. This room has the templates, their labels and the directory;
`compose` puts the words together.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from publisher.channel import Channel, Rendering
from publisher.digest import sha256
from publisher.directory import EMPTY, Directory
from publisher.errors import SettingsError
from publisher.statement import Statement

if TYPE_CHECKING:
    from jinja2.sandbox import SandboxedEnvironment

    from publisher.summary import Choice

_HERE = Path(__file__).parent
SHIPPED = next(p for p in (_HERE / "templates", _HERE.parent / "templates") if p.is_dir())
"""Our templates: inside the package in a wheel, beside it in a checkout."""

RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur", "ps", "dv", "yi", "ug", "ckb", "sd"})


def announcement_digest(statement: Statement, renderings: Sequence[Rendering]) -> str:
    """What an approval is of: the statement's digest and the renderings', in channel order."""
    ordered = sorted(renderings, key=lambda r: (r.channel, r.language, r.action))
    return sha256([statement.digest, *(r.digest for r in ordered)])


KEPT = 16
"""Statements whose choice of sentences is kept: one is rendered for several channels and languages."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """Why something is said again: a `correction` or a `withdrawal` of what was headed `title`."""

    kind: Literal["correction", "withdrawal"]
    title: str


@dataclass
class Renderer:
    """Renders statements with the shipped templates and, where given, a user's folder that wins over them.

    `directory` says what organizations are called on each channel.
    """

    folder: Path | None = None
    directory: Directory = EMPTY
    _environments: dict[Path, tuple[Any, Any]] = field(default_factory=dict, repr=False)
    _choices: dict[str, Choice] = field(default_factory=dict, repr=False)

    def render(self, statement: Statement, channel: Channel, occasion: Occasion | None = None) -> Rendering:
        """What `channel` will get of `statement`, in the statement's language.

        With an `occasion` it answers what was said before, as one post. A withdrawal says nothing of the statement
        but its title.

        Raises Unfit when a text cannot be made to fit, StatementError when an override or a medium cannot be
        used, SettingsError when a template is broken.
        """
        from publisher.compose import compose

        return compose(self, statement, channel, occasion)

    def choice(self, statement: Statement) -> Choice:
        """The sentences of a statement that may stand in public: the same for every channel."""
        key = statement.digest
        if key not in self._choices:
            from publisher.summary import candidates

            if len(self._choices) >= KEPT:  # a service renders for years
                self._choices.clear()
            self._choices[key] = candidates(statement)
        return self._choices[key]

    def environments(self, channel: Channel) -> tuple[SandboxedEnvironment, SandboxedEnvironment]:
        """The Jinja environments of a channel: for text, and for HTML with autoescape."""
        theirs = Path(inspect.getfile(type(channel))).parent / "templates"
        if theirs not in self._environments:
            from jinja2 import FileSystemLoader, StrictUndefined
            from jinja2.sandbox import ImmutableSandboxedEnvironment

            folders = [f for f in (self.folder, theirs, SHIPPED) if f is not None]
            common: dict[str, Any] = {
                "loader": FileSystemLoader(folders),
                "undefined": StrictUndefined,
                "trim_blocks": True,
                "lstrip_blocks": True,
            }
            self._environments[theirs] = (
                ImmutableSandboxedEnvironment(autoescape=False, **common),
                ImmutableSandboxedEnvironment(autoescape=True, **common),
            )
        return self._environments[theirs]

    @cached_property
    def labels(self) -> dict[str, dict[str, str]]:
        """The fixed words of templates by language; a user's `labels.json` wins word by word."""
        merged: dict[str, dict[str, str]] = {}
        for folder in (SHIPPED, self.folder):
            path = folder / "labels.json" if folder else None
            if path and path.is_file():
                try:
                    for language, words in json.loads(path.read_text("utf-8")).items():
                        merged[language] = merged.get(language, {}) | words
                except (ValueError, AttributeError, TypeError) as error:
                    raise SettingsError(f"{path}: {error}; it maps languages to words") from None
        return merged

    def words(self, language: str) -> dict[str, str]:
        """The labels of a language; English where a language has none of its own."""
        primary = language.split("-")[0].lower()
        return self.labels.get("en", {}) | self.labels.get(primary, {}) | self.labels.get(language, {})
