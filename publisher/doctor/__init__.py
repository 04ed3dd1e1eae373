"""The doctor: looks at everything a publication needs and says what would stop it. Publishes nothing.

settings → database → disk → time zone, hours, clock → templates → channels (each its own `check`) → triggers → notices. What a look finds is a
`Finding`; one that is not ok and of level "error" would stop a publication. No look ends the others: a fault in
one is a finding of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from publisher.api import Publisher
from publisher.channel import Finding
from publisher.errors import PublisherError
from publisher.settings import Settings

Look = Callable[[], Iterable[Finding]]


@dataclass(frozen=True, slots=True)
class Report:
    """`findings` in the order in which they were looked at, each with the area it belongs to."""

    findings: tuple[tuple[str, Finding], ...]

    @property
    def stops(self) -> list[Finding]:
        """What would stop a publication."""
        return [f for _, f in self.findings if not f.ok and f.level == "error"]

    @property
    def warnings(self) -> list[Finding]:
        return [f for _, f in self.findings if not f.ok and f.level == "warning"]

    def view(self) -> list[dict[str, Any]]:
        """As JSON. `ends` is in seconds since the epoch."""
        return [
            {
                "area": area,
                "ok": f.ok,
                "level": None if f.ok else f.level,
                "what": f.what,
                "fix": f.fix or None,
            }
            | ({"ends": f.ends} if f.ends is not None else {})
            for area, f in self.findings
        ]


def examine(office: Publisher, given: Settings, *, notify: bool = False) -> Report:
    """Look at everything. `given` are the settings as people wrote them, without what a rehearsal puts over them.

    Talks to the services the settings name. With `notify` every address of NOTIFY__URLS is told something.
    """
    from concurrent.futures import ThreadPoolExecutor

    from publisher.doctor import machine, words
    from publisher.doctor.services import Services
    from publisher.doctor.triggers import triggers

    debug = office.settings.core.log.level == "debug"
    ledger = machine.opened(office.settings.database_url)
    services = Services(office, ledger)
    looks: list[tuple[str, Look]] = [
        ("settings", lambda: words.settings(given)),
        ("database", lambda: machine.database(office.settings.database_url)),
        ("disk", lambda: machine.disk(office.settings.database_url)),
        ("time zone", lambda: words.zone(given)),
        ("hours", lambda: words.hours(office)),
        ("clock", services.clock),
        ("templates", lambda: words.templates(office)),
        ("plug-ins", lambda: words.plugins(office.settings)),
        ("channels", services.together),
        *((name, _of(services.channel, name)) for name in office.settings.channel_names),
        ("triggers", lambda: triggers(office)),
        ("notices", lambda: words.notices(office, tell=notify)),
    ]
    # Side by side: a service that does not answer takes its whole timeout.
    with ThreadPoolExecutor(len(looks)) as pool:
        found = list(pool.map(lambda look: (look[0], _safely(look[1], debug)), looks))
    if ledger:
        ledger.close()
    return Report(tuple((area, finding) for area, findings in found for finding in findings))


def _of(look: Callable[[str], Iterable[Finding]], name: str) -> Look:
    return lambda: look(name)


def _safely(look: Look, debug: bool) -> list[Finding]:
    """What a look finds; where it breaks off, that is the last of its findings."""
    found: list[Finding] = []
    try:
        for finding in look():
            found.append(finding)  # one by one: what was found before a fault stays
    except PublisherError as error:
        found.append(Finding(False, error.message, "correct what it names"))
    except Exception as error:  # a fault in one look must not hide what the others see
        if debug:
            raise
        what = f"looking failed ({type(error).__name__})"
        found.append(Finding(False, what, "set PUBLISHER_LOG__LEVEL=debug and look again"))
    return found


__all__ = ["Report", "examine"]
