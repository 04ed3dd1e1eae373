"""ledger backup, restore, migrate: keeping what must not be lost."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from publisher.cli import common

if TYPE_CHECKING:
    from publisher.ledger.backup import Backup
    from publisher.ledger.restore import Restored

SHOWN = 20
"""Deliveries that are listed by name; `publisher queue` lists all."""

FILE = click.Path(dir_okay=False, path_type=Path)


@click.group()
def ledger() -> None:
    """Back the ledger up, restore it, bring it up to date."""


@ledger.command()
@click.argument("file", metavar="FILE", type=FILE)
@click.option("--yes", is_flag=True, help="Replace FILE if it exists.")
@common.as_json
def backup(file: Path, yes: bool, json_: bool) -> None:
    """Write everything into FILE, while everything goes on.

    \b
    publisher ledger backup /var/backups/publisher/$(date +%F).db
    """
    with common.office() as office:
        from publisher.ledger import backup as backups

        made = backups.backup(office.ledger, file, replace=yes)
        if json_:
            common.show_json({"schema": 1, "backup": backups.shown(made)})
        else:
            click.echo("\n".join(_about(made, office.settings.core.timezone)))


@ledger.command()
@click.argument("file", metavar="FILE", type=FILE)
@click.option("--yes", is_flag=True, help="Move the SQLite ledger that is in the way aside; it is kept.")
@common.by
@common.as_json
def restore(file: Path, yes: bool, by: str, json_: bool) -> None:
    """Make the ledger anew from a backup. It starts paused.

    What was due since the backup may have gone out, so it is `unknown` until it is found or a person answers.
    """
    with common.office() as office:
        from publisher.ledger import backup as backups
        from publisher.ledger.restore import restore as restored_from

        done = restored_from(office.settings.database_url, file, by=office.who(by), aside=yes)
        if json_:
            view = {"ledger": done.place, "aside": str(done.aside) if done.aside else None, "paused": True}
            states = {"unknown": done.unknown, "held": done.held, "failed": done.failed}
            common.show_json({"schema": 1, "restored": view | states, "backup": backups.shown(done.backup)})
        else:
            click.echo("\n".join(_restored(done, office.settings.core.timezone)))


@ledger.command()
@click.option(
    "--backup", "file", metavar="FILE", type=FILE,
    help="Where the backup goes; by default beside a SQLite ledger, for PostgreSQL into this folder.",
)  # fmt: skip
@common.by
@common.as_json
def migrate(file: Path | None, by: str, json_: bool) -> None:
    """Bring the ledger to the schema of this version, after a backup.

    Stop every clock first. The way back: the version from before, and `publisher ledger restore` of that backup.
    """
    with common.office() as office:
        from publisher.ledger import backup as backups
        from publisher.ledger.migrate import migrate as migrated

        url = office.settings.database_url
        done = migrated(url, file or _beside(url), by=office.who(by))
        if json_:
            change = {"ledger": done.place, "old": done.old, "new": done.new} if done else None
            made = backups.shown(done.backup) if done else None
            common.show_json({"schema": 1, "migrated": change, "backup": made})
        elif done is None:
            click.echo("there is nothing to migrate")
        else:
            click.echo("\n".join(_about(done.backup, office.settings.core.timezone)))
            click.echo(f"{done.place} is migrated from schema {done.old} to {done.new}")
            click.echo(
                f"  → the way back: install the version from before, then publisher ledger restore {done.backup.file} --yes"
            )


def _beside(url: str) -> Path:
    from sqlalchemy.engine import make_url

    from publisher.ledger.schema import VERSION

    parsed = make_url(url)
    path = Path(parsed.database or "ledger") if parsed.get_backend_name() == "sqlite" else Path("ledger")
    return path.with_name(f"{path.stem}-before-{VERSION}-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}.db")


def _about(made: Backup, zone: str) -> list[str]:
    """What a backup holds, for people."""
    from publisher import plan

    counts = ", ".join(f"{n} {table}" for table, n in made.counts.items() if n) or "nothing yet"
    return [
        f"{made.file}  {made.bytes / 1e6:.1f} MB",
        f"  of       {made.place} on {made.host}, as of {plan.shown(made.at, zone, time.time())}",
        f"  rows     {counts}",
        "  log      every chain holds",
    ]


def _restored(done: Restored, zone: str) -> list[str]:
    told = [*_about(done.backup, zone), f"restored into {done.place}; everything is paused"]
    if done.aside:
        told.append(f"the ledger that was there is kept as {done.aside}")
    for state, mark, about in (
        ("unknown", "?", "unknown: may have gone out since the backup"),
        ("held", "‖", "held: somebody may have released it since"),
        ("failed", "✗", "failed: somebody may have tried it again since"),
    ):
        found = getattr(done, state)
        told += [f"  {mark} {of}  {about}" for of in found[:SHOWN]]
        told += [f"  {mark} {len(found) - SHOWN} more of them"] if len(found) > SHOWN else []
    return told + [f"  → {step}" for step in _steps(done)]


def _steps(done: Restored) -> list[str]:
    """What a person does now, in this order."""
    steps = ["see that no publisher runs on the ledger that was lost, or on another copy of it"]
    if done.unknown:
        steps += [
            "let the channels be asked, which sends nothing: publisher run",
            "for each that is still unknown: publisher resolve DELIVERY --published URL, or --not-published",
        ]
    if done.held or done.failed:
        steps.append("look at the channel before you release or retry anything from before the backup")
    steps += [
        "what was submitted, approved, cancelled or unsubscribed since the backup is not in it; see to that first",
        "then let it go on: publisher resume",
    ]
    return steps
