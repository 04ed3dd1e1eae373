"""The journal of a mailing: what this process is about to send, and what became of it, on disk beside the ledger.

A batch of recipients is claimed in one commit. If the process is killed, the journal tells who of them got their
mail: one line is written before each irreversible step and one after its answer, into pages of the file that the
kernel keeps when the process dies. (Mapped, because a system call for each line hands the interpreter from thread to
thread, which costs more than the line. The pages are there before they are written to: a full disk is an error when
the file grows, and nothing worse later.) Without it the whole batch would be in doubt; with it one recipient for each connection is.

    publisher journal 1 <boot>          the boot of the machine: a power cut may lose lines, so then only R counts
    B <part>.<attempt> …                the batch, written before its claim is committed
    I <part>                            about to be sent
    R <part> <what became of it>        JSON

A file for each batch, made before the claim and removed when the ledger has all its results. Its lock says that
its process lives, also where process numbers cannot (another container on the same volume).
"""

from __future__ import annotations

import errno
import fcntl
import itertools
import json
import mmap
import os
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

_HEAD = "publisher journal 1 "
_NUMBERS = itertools.count(1)
_STEP = 1 << 16
"""Octets by which a file grows."""


def boot() -> str:
    """Which start of the machine this is; "" where that cannot be known, and nothing unwritten counts as unsent."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    except OSError:
        return ""


class Journal:
    """One batch's file. Safe to write from several threads. Raises OSError where it cannot be made or grow."""

    def __init__(self, folder: Path, worker: str) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.path = folder / f"{quote(worker, safe='')}.{next(_NUMBERS)}.journal"
        self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX)
        self._growing = threading.Lock()
        self._extend(0, _STEP)
        self._lines = mmap.mmap(self._file, _STEP)
        self._write(f"{_HEAD}{boot()}\n".encode())

    def batch(self, parts: Iterable[tuple[int, int]]) -> None:
        """These parts, each with the number of its attempt, are about to be claimed."""
        self._write(f"B {' '.join(f'{id}.{attempt}' for id, attempt in parts)}\n".encode())

    def intent(self, id: int) -> None:
        """This part is about to be sent."""
        self._write(b"I %d\n" % id)

    def result(self, id: int, data: dict[str, Any]) -> None:
        """This is what became of it."""
        self._write(f"R {id} {json.dumps(data)}\n".encode())

    def done(self) -> None:
        """The ledger has everything: the file is not needed any more."""
        self.path.unlink(missing_ok=True)
        self.leave()

    def leave(self) -> None:
        """This process is done with it; whoever reaches the ledger next takes it over."""
        self._lines.close()
        os.close(self._file)

    def _write(self, line: bytes) -> None:
        while True:
            try:
                self._lines.write(line)  # whole, or not at all: no other thread runs meanwhile
                return
            except ValueError:  # it is full
                self._grow(len(line))

    def _grow(self, room: int) -> None:
        with self._growing:
            size = len(self._lines)
            if size - self._lines.tell() < room:
                more = max(room, _STEP)
                self._extend(size, more)
                self._lines.resize(size + more)

    def _extend(self, size: int, more: int) -> None:
        if os.pwrite(self._file, bytes(more), size) < more:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path))


@dataclass(slots=True)
class Left:
    """What a process left behind: of the parts of its `batch` (by id, with the attempt), `sent` were about to be
    sent or more, and of those in `results` it is known what became of them. `whole`: none can be missing from `sent`.
    """

    path: Path
    worker: str
    batch: dict[int, int] = field(default_factory=dict)
    sent: set[int] = field(default_factory=set)
    results: dict[int, dict[str, Any]] = field(default_factory=dict)
    whole: bool = False

    @property
    def age(self) -> float:
        """Seconds since its last line."""
        try:
            return time.time() - self.path.stat().st_mtime
        except FileNotFoundError:
            return 0.0

    def forget(self) -> None:
        self.path.unlink(missing_ok=True)


def left(folder: Path) -> Iterator[Left]:
    """The journals in a folder whose processes are gone."""
    for path in sorted(folder.glob("*.journal")):
        with suppress(FileNotFoundError), path.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                continue  # its process lives
            yield _read(path, file.read())


def workers(folder: Path) -> set[str]:
    """Whose journals there are, of the living and of the dead."""
    return {_worker(path) for path in folder.glob("*.journal")}


def _worker(path: Path) -> str:
    return unquote(path.name.rsplit(".", 2)[0])


def _read(path: Path, content: bytes) -> Left:
    found = Left(path, _worker(path))
    written = content.partition(b"\0")[0]
    head, *lines = written.split(b"\n")[:-1] or [b""]  # the last line has no end: it was being written
    found.whole = bool(boot()) and head == f"{_HEAD}{boot()}".encode()
    for line in lines:
        kind, _, rest = line.partition(b" ")
        if kind == b"B":
            found.batch |= {int(id): int(n) for id, _, n in (pair.partition(b".") for pair in rest.split())}
        elif kind == b"I":
            found.sent.add(int(rest))
        elif kind == b"R":
            id, _, data = rest.partition(b" ")
            found.results[int(id)] = json.loads(data)
    return found
