"""What the doctor reads: the settings and where they came from, the templates, the plug-ins, who is told."""

from __future__ import annotations

import difflib
import re
import stat
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from publisher import addresses, registry
from publisher import settings as store
from publisher.addresses import Notice
from publisher.api import Publisher
from publisher.channel import Finding
from publisher.errors import PublisherError, SettingsError, StatementError
from publisher.settings import Settings

TAIL = 4
"""Characters of a secret that are shown, so that two can be told apart; none of a short one."""


# ---------------------------------------------------------------- settings


def told(given: Settings) -> list[dict[str, Any]]:
    """Every setting: its name, its value as a person may see it, and where that came from ("default": nowhere)."""
    names = _installed(given.channel_names)
    secret = store.secret_names(names)
    made = []
    for name, (default, _) in store.names(names).items():
        value, origin = given.given.get(name.lower(), (default, "default"))
        if name == f"{store.PREFIX}DATABASE_URL" and origin == "default":
            value, shown = "", given.database_url
        else:
            shown = masked(value) if name in secret and value else without_keys(value)
        made.append({"name": name, "value": shown, "origin": origin, "secret": name in secret})
    return made


def masked(secret: str) -> str:
    """That there is a secret, and its end."""
    return f"set (…{secret[-TAIL:]})" if len(secret) >= 4 * TAIL else "set"


def without_keys(value: str) -> str:
    """An address without what may be a key in it: who asks, and the query."""
    value = re.sub(r"(?<=://)[^/@\s]+@", "…@", value)
    return value if "{token}" in value else re.sub(r"(://[^\s?,]+\?)[^\s,]+", r"\1…", value)


def settings(given: Settings) -> Iterator[Finding]:
    """Whether the files are kept from others, and every name in them means something."""
    for what in given.unknown():
        yield Finding(False, what, "correct the name, or take it out", "warning")
    files = [path for path, _ in given.files()]
    for path in files:
        yield _kept(path)
    if not files:
        yield Finding(True, "no settings file; everything comes from the environment or is a default")


def _kept(path: Path) -> Finding:
    about = path.stat()
    if about.st_mode & (stat.S_IRWXG | stat.S_IRWXO) & ~stat.S_IRGRP:
        what = (
            f"{path} has mode {stat.S_IMODE(about.st_mode):o}: others on this machine can use what is in it"
        )
        return Finding(False, what, f"chmod 600 {path}", "warning")
    return Finding(True, f"{path} is read")


def zone(given: Settings) -> Iterator[Finding]:
    """The zone of times that are given without one."""
    name = given.core.timezone
    if not name:
        what = "PUBLISHER_TIMEZONE is not set: a time without a zone is refused"
        yield Finding(False, what, "set it, such as PUBLISHER_TIMEZONE=Europe/Zurich", "warning")
        return
    from datetime import datetime

    there = datetime.fromtimestamp(time.time(), ZoneInfo(name))
    yield Finding(True, f"{name}; it is {there:%H:%M} there ({there:%Z}, UTC{there:%z})")


def hours(office: Publisher) -> Iterator[Finding]:
    """When the office posts, as far as somebody said."""
    plan = office.settings.core.plan
    said = [f"{name} {value}" for name in ("quiet", "windows", "offsets") if (value := getattr(plan, name))]
    _ = office.hours  # a rule that cannot be read stops whatever is planned
    yield Finding(True, "; ".join(said) or "any hour")


# ---------------------------------------------------------------- templates and plug-ins


def templates(office: Publisher) -> Iterator[Finding]:
    """Every channel's templates, tried on the shipped example, and a user's files that no template is named after."""
    from publisher import demo, intake

    renderer = office.renderer
    sample = intake.read(str(demo.EXAMPLE))
    for name in office.settings.channel_names:
        try:
            renderer.render(sample, office.channel(name))
        except (SettingsError, StatementError) as error:
            yield Finding(False, f"{name}: {error.message}", "correct the template it names")
        else:
            yield Finding(True, f"{name}: rendered with the example statement")
    yield from _strangers(renderer.folder, office.settings.channel_names)


def _strangers(folder: Path | None, channels: Sequence[str]) -> Iterator[Finding]:
    """Files in the user's folder that nothing reads: a name that is misspelt changes nothing, silently."""
    if folder is None:
        return
    from publisher.render import SHIPPED

    known = {path.name for path in SHIPPED.iterdir()}
    for name in channels:
        known |= {f"{name}.{field.name}.j2" for field in registry.find(name).form.fields}
    for path in sorted(folder.glob("*.j2")):
        if path.name not in known and not _included(path.name, folder):
            near = next(iter(difflib.get_close_matches(path.name, known, 1, 0.6)), "")
            what = f"{path} is no template that is used" + (f"; did you mean {near}?" if near else "")
            yield Finding(False, what, "rename it, or take it out", "warning")


def _included(name: str, folder: Path) -> bool:
    """Whether another of the user's templates speaks of it."""
    return any(name in p.read_text("utf-8", "replace") for p in folder.glob("*.j2") if p.name != name)


def plugins(given: Settings) -> Iterator[Finding]:
    """Which package brings each channel, and its version."""
    for name, entry in sorted(registry.installed().items()):
        used = "" if name in given.channel_names else ", not in use"
        yield Finding(True, f"{name}: {entry.owner} {_version(entry.owner)}".rstrip() + used)


def _version(owner: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(owner)
    except PackageNotFoundError:
        return ""


def _installed(names: Sequence[str]) -> list[str]:
    """Those of the channels that can be loaded; the others are said under their own name."""
    return [name for name in names if _loads(name)]


def _loads(name: str) -> bool:
    try:
        registry.find(name)
    except SettingsError:
        return False
    return True


# ---------------------------------------------------------------- notices


def notices(office: Publisher, *, tell: bool) -> Iterator[Finding]:
    """Who is told when a person is needed; with `tell` each of them is told now."""
    from publisher.notices import mailer

    urls, programs = office.settings.notify_urls, office.settings.notify_deliveries
    if not urls:
        what = "nobody is told when a person is needed"
        yield Finding(False, what, "set PUBLISHER_NOTIFY__URLS, such as mailto:duty@example.org", "warning")
    mark = "REHEARSAL: " if office.settings.core.rehearsal else ""
    notice = Notice("doctor", "test", f"{mark}this is a test: publisher can tell you", "nothing; it works")
    mail, where = mailer(office.settings), office.settings.database_url.rpartition("@")[2]
    for url in (*urls, *programs):
        place = addresses.place(url)
        if not tell:
            yield Finding(True, f"{place} would be told; --notify tries it")
            continue
        try:
            addresses.tell(url, notice, where, mail, office.settings.notify_secret)
        except Exception as error:  # whatever a library raises, in words that give no address away
            what = f"{place} could not be told: {addresses.refused(error)}"
            yield Finding(
                False,
                what,
                f"correct PUBLISHER_NOTIFY__{'URLS' if url in urls else 'DELIVERIES'}"
                if not isinstance(error, PublisherError)
                else "see what it says",
            )
        else:
            yield Finding(True, f"{place} was told; look there")
