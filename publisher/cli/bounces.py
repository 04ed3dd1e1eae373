"""bounces: mail that came back."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from publisher.cli import common

if TYPE_CHECKING:
    from publisher.bounces import Effect

MOST = 10_000_000
"""Bytes of a mail that are read: what matters stands at its beginning."""
BUSY = 75
"""EX_TEMPFAIL: a mail server keeps the mail and tries again."""


@click.command()
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--maildir",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Read what is new in this maildir, and move it to cur/.",
)
@click.option("--recipient", default="", metavar="ADDRESS", help="Which address the mail came back to.")
@click.option("--dry-run", "dry", is_flag=True, help="Say what would happen; change nothing.")
@common.as_json
def bounces(files: tuple[Path, ...], maildir: Path | None, recipient: str, dry: bool, json_: bool) -> int:
    """Read mail that came back, and mail no more to addresses that do not exist and to people who complain.

    One mail from standard input, one from each FILE, or all that is new in a maildir.

    \b
    publisher bounces < returned.eml
    publisher bounces --maildir /var/mail/bounces
    """
    from publisher import bounces as returned
    from publisher.errors import StatementError

    if maildir and (files or recipient):
        raise click.UsageError("--maildir goes with neither FILE nor --recipient")
    common.long()
    mails = _new(maildir) if maildir else _given(files)
    rows: list[dict[str, Any]] = []
    with common.office() as office, _patient():
        channel = returned.reader_of(office.settings)
        for path, mail in mails:
            try:
                row = _row(returned.take(office.ledger, channel, mail, recipient, dry=dry))
            except StatementError as error:
                row = {"done": "unreadable", "why": error.message}
            rows.append({"file": str(path) if path else None} | row)
            if not json_:
                click.echo(_line(row, path))
            if maildir and path and not dry:
                _seen(path, "S" if row["done"] != "unreadable" else "FS")
    if json_:
        common.show_json({"schema": 1, "dry_run": dry, "mails": rows})
    return 65 if any(row["done"] == "unreadable" for row in rows) else 0


def _row(effect: Effect) -> dict[str, Any]:
    said = effect.said
    return {
        "done": effect.done,
        "why": effect.why,
        "email": effect.address or None,
        "announcement": said.announcement or None,
        "kind": said.kind,
        "status": said.status or None,
        "reason": said.reason or None,
    }


def _line(row: dict[str, Any], path: Path | None) -> str:
    about = " ".join(row[k] for k in ("email", "announcement", "status") if row.get(k))
    file = f"  ({path.name})" if path else ""
    return f"{row['done']}  {about + ': ' if about else ''}{row['why']}{file}"


# ---------------------------------------------------------------- where the mail is


def _given(files: tuple[Path, ...]) -> Iterator[tuple[Path | None, bytes]]:
    if not files:
        yield None, sys.stdin.buffer.read(MOST)
    for path in files:
        yield path, _read(path)


def _new(maildir: Path) -> Iterator[tuple[Path | None, bytes]]:
    """What is new in a maildir, oldest first; what another process has just taken is left out."""
    if not (maildir / "new").is_dir() or not (maildir / "cur").is_dir():
        raise click.UsageError(f"{maildir} is no maildir: it has no new/ and cur/")
    for path in sorted(p for p in (maildir / "new").iterdir() if not p.name.startswith(".")):
        with suppress(FileNotFoundError):
            yield path, _read(path)


def _read(path: Path) -> bytes:
    from publisher.errors import UsageError

    try:
        with path.open("rb") as file:
            return file.read(MOST)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None


def _seen(path: Path, flags: str) -> None:
    """Into cur/, as a mail program would."""
    with suppress(FileNotFoundError):
        path.rename(path.parent.parent / "cur" / f"{path.name}:2,{flags}")


@contextmanager
def _patient() -> Iterator[None]:
    """A ledger that somebody else holds, or that cannot be reached now, is worth another try."""
    from sqlalchemy.exc import OperationalError

    try:
        yield
    except OperationalError as error:
        common.warn(
            f"the ledger is busy or out of reach ({error.orig}); nothing of this mail was lost, try again"
        )
        raise click.exceptions.Exit(BUSY) from None
