"""One press office: its settings, its channels, its ledger, and the people who say something in it."""

from __future__ import annotations

import getpass
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from publisher import plan as plans
from publisher import registry
from publisher.api.source import quiet
from publisher.channel import Channel
from publisher.errors import SettingsError, UsageError
from publisher.plan import When
from publisher.render import Renderer
from publisher.settings import Settings

if TYPE_CHECKING:
    from publisher.corrections import Corrections
    from publisher.deliver import Delivering, Observer
    from publisher.hours import Hours
    from publisher.ledger import Ledger


@dataclass
class Office:
    """One press office: its settings, its channels, its ledger."""

    settings: Settings = field(default_factory=Settings)
    observe: Observer = quiet

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
        made = delivering(self.settings, self.ledger, self._fresh, self.observe, lambda: stamp(self.settings))
        made.hours = self.hours
        return made

    @cached_property
    def corrections(self) -> Corrections:
        from publisher.corrections import Corrections

        return Corrections(self.ledger, self.channel, self.renderer)

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
