"""A watched folder: a file in it is a statement; it is taken when it is complete and moved aside.

A sub-folder is one statement with its files. `taken/` and `refused/` hold what was done with; beside what was
refused stands why. A file that is complete has not changed for a moment: whoever copies writes on.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from publisher import triggers
from publisher.api import Publisher, Source
from publisher.errors import PublisherError, SettingsError, StatementError
from publisher.triggers import Policy

NAME = "folder"
TAKEN, REFUSED = "taken", "refused"
SETTLED = 2.0
"""Seconds for which a file must not have changed."""
TEXTS = (".md", ".markdown", ".html", ".htm", ".txt", ".docx")
DOCUMENT = ".pdf"

Observer = Callable[[str, dict[str, Any]], None]
State = tuple[tuple[str, int, int], ...]


@dataclass
class Folder:
    """One folder; `look` is for one thread at a time. Raises SettingsError when it cannot be read and written."""

    office: Publisher
    path: Path
    policy: Policy
    observe: Observer
    clock: Callable[[], float] = time.monotonic
    _states: dict[Path, tuple[State, float]] = field(default_factory=dict)
    _held: set[tuple[Path, str]] = field(default_factory=set)

    def __post_init__(self) -> None:
        try:
            for name in ("", TAKEN, REFUSED):
                (self.path / name).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SettingsError(
                f"PUBLISHER_FOLDER__PATH: {self.path} cannot be used: {error.strerror}"
            ) from None
        if not os.access(self.path, os.R_OK | os.W_OK | os.X_OK):
            raise SettingsError(
                f"PUBLISHER_FOLDER__PATH: {self.path} cannot be read and written by this user"
            )

    def look(self) -> bool:
        """Take what is complete; whether something is there that is not, so that it is worth looking again soon."""
        found = list(self._entries())
        self._states = {entry: self._states.get(entry, ((), 0.0)) for entry in found}
        waits = False
        for entry in found:
            try:
                state = _state(entry)
            except OSError:  # it went away, or is being written this moment
                waits = True
                continue
            known, since = self._states[entry]
            if state != known:
                self._states[entry] = (state, self.clock())
                waits = True
            elif self.clock() - since >= SETTLED:
                self._take(entry)
            else:
                waits = True
        return waits

    def waiter(self, stop: threading.Event) -> Callable[[object], None]:
        """Waits until something changes here (where the system tells, else by looking), or soon if `look` said so."""
        from watchfiles import watch

        changes = watch(self.path, stop_event=stop, recursive=True, rust_timeout=5_000, yield_on_timeout=True)

        def wait(soon: object) -> None:
            if soon:
                stop.wait(SETTLED / 2)
            elif next(changes, None) is None:
                stop.wait(SETTLED)  # it cannot be watched any more

        return wait

    def _entries(self) -> Iterator[Path]:
        """What lies here and may be a statement, oldest name first."""
        here = sorted(
            p for p in self.path.iterdir() if not p.name.startswith((".", "~")) and not p.is_symlink()
        )
        texts = [p for p in here if p.is_file() and p.suffix.lower() in TEXTS]
        for entry in here:
            folder = entry.is_dir() and entry.name not in (TAKEN, REFUSED)
            document = entry.is_file() and entry.suffix.lower() == DOCUMENT and not _named(entry, texts)
            if folder or document or entry in texts:
                yield entry

    def _take(self, entry: Path) -> None:
        try:
            statement = _statement_in(entry) if entry.is_dir() else entry
            taken = triggers.take(self.office, Source(str(statement)), self.policy)
        except StatementError as error:
            self._aside(entry, REFUSED, error.message)
            self.observe("refused", {"trigger": NAME, "of": entry.name, "reason": error.message})
            return
        except PublisherError as error:  # the settings, not the statement: it stays until they are mended
            if (entry, error.message) not in self._held:
                self._held.add((entry, error.message))
                self.observe("trigger trouble", {"trigger": NAME, "of": entry.name, "reason": error.message})
            return
        media = self.office.ledger.known(taken.announcement).statement.media
        self._aside(entry, TAKEN, beside=[] if entry.is_dir() else [m.name for m in media if not m.url])
        facts = {"trigger": NAME, "of": taken.announcement, "outcome": taken.outcome, "reason": taken.note}
        self.observe("taken", facts | {"file": entry.name})

    def _aside(self, entry: Path, where: str, reason: str = "", beside: list[str] | None = None) -> None:
        """Move an entry, with the files it brought, under a name that was not there; the reason beside it."""
        stem = f"{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}-{entry.name}"
        target, n = self.path / where / stem, 1
        while target.exists():
            n += 1
            target = self.path / where / f"{n}-{stem}"
        entry.rename(target)
        if reason:
            target.with_name(f"{target.name}.reason.txt").write_text(f"{reason}\n", encoding="utf-8")
        for name in beside or ():
            if (lies := self.path / name).is_file():
                lies.rename(target.with_name(f"{target.name}.{name}"))
        self._states.pop(entry, None)


def _state(entry: Path) -> State:
    """Every file's name, size and time of change."""
    files = sorted(p for p in entry.rglob("*") if p.is_file()) if entry.is_dir() else [entry]
    return tuple((str(p), p.stat().st_size, p.stat().st_mtime_ns) for p in files)


def _named(document: Path, texts: list[Path]) -> bool:
    """Whether a statement that lies here names the document as its own."""
    try:
        return any(document.name.encode() in p.read_bytes() for p in texts)
    except OSError:
        return True


def _statement_in(folder: Path) -> Path:
    """The one statement in a sub-folder. Raises StatementError when there is none, or more than one."""
    files = [p for p in sorted(folder.iterdir()) if p.is_file() and not p.name.startswith((".", "~"))]
    for kinds in (TEXTS, (DOCUMENT,)):
        found = [p for p in files if p.suffix.lower() in kinds]
        if len(found) == 1:
            return found[0]
        if found:
            break
    many = ", ".join(p.name for p in found) or "none"
    raise StatementError(
        f"{folder.name} holds {many}; a folder is one statement: one text, with its documents and images "
        "(texts in other languages go in a folder inside it and are named in `translations`)"
    )
