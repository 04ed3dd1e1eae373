"""What the doctor looks at on this machine: the ledger's database and the disk under it."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from publisher.channel import Finding
from publisher.errors import SettingsError

if TYPE_CHECKING:
    from publisher.ledger import Ledger

DRIFT = 5.0
"""Seconds between a database server's clock and ours from which a person is told: due times are the database's."""
TIGHT, FULL = 1_000_000_000, 100_000_000
"""Free bytes below which the disk is pointed out, and below which a ledger may soon not be written."""


def opened(url: str) -> Ledger | None:
    """The ledger, if there is one that can be used; looking makes none. Why there is not, `database` tells."""
    from publisher.ledger import Ledger

    try:
        return None if _missing(url) or not _there(url) else Ledger(url)
    except SettingsError:
        return None


def database(url: str) -> Iterator[Finding]:
    """Whether the ledger can be read and written, has this version's schema, and is kept safely."""
    if missing := _missing(url):
        yield from _folder(missing)
        return
    from publisher.ledger import Ledger

    if not _there(url):
        yield Finding(True, "the database is empty; its tables will be made when they are first needed")
        return
    ledger = Ledger(url)  # a wrong schema, asynchronous standbys, no connection: each refused in a sentence
    try:
        yield _written(ledger)
        off = ledger.clock() - time.time()
        if abs(off) > DRIFT:
            ahead = "ahead of" if off > 0 else "behind"
            what = f"the database's clock is {abs(off):.0f} s {ahead} this machine's; plans follow the database's"
            yield Finding(False, what, "set both by NTP", "warning")
    finally:
        ledger.close()


def _there(url: str) -> bool:
    """Whether the database holds any tables."""
    from publisher.ledger import Ledger

    probe = Ledger(url, as_it_is=True)
    try:
        return probe.version() is not None
    finally:
        probe.close()


def _written(ledger: Ledger) -> Finding:
    """A change that is taken back at once."""
    from sqlalchemy import update
    from sqlalchemy.exc import SQLAlchemyError

    from publisher.ledger.schema import lane

    try:
        with ledger.engine.connect() as connection:
            connection.execute(update(lane).values(paused=lane.c.paused))
            connection.rollback()
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).splitlines()[0][:200]
        what = f"the ledger {ledger.place} cannot be written: {reason}"
        return Finding(False, what, "give this account the right to write there")
    return Finding(True, f"the ledger {ledger.place} can be read and written; schema {ledger.version()}")


def _missing(url: str) -> Path | None:
    """The file of a ledger that does not exist yet; looking must not make it."""
    file = _file(url)
    return file if file and not file.exists() else None


def _file(url: str) -> Path | None:
    if not url.startswith("sqlite"):
        return None
    name = url.partition(":///")[2].partition("?")[0]
    return Path(name) if name and name != ":memory:" else None


def _folder(file: Path) -> Iterator[Finding]:
    home = _existing(file)
    try:
        tempfile.TemporaryFile(dir=home).close()  # rights alone do not tell: the file system may be read-only
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        what = f"the ledger {file} does not exist and cannot be made: {home}: {reason}"
        yield Finding(False, what, "give this account the folder, or set PUBLISHER_DATABASE_URL")
    else:
        yield Finding(True, f"{file} will be made when it is first needed")


def _existing(file: Path) -> Path:
    return next(folder for folder in file.absolute().parents if folder.exists())


def disk(url: str) -> Iterator[Finding]:
    """Room for the ledger, where it is a file here, else for what this process writes."""
    file = _file(url)
    place = _existing(file) if file else Path.cwd()
    free = shutil.disk_usage(place).free
    said = f"{free / 1e9:,.1f} GB free at {place}"
    if free < FULL:
        yield Finding(False, f"only {said}: the ledger could soon not be written", "make room")
    elif free < TIGHT:
        yield Finding(False, f"only {said}", "make room before pictures and documents fill it", "warning")
    else:
        yield Finding(True, said)
