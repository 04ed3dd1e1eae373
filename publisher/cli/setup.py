"""demo, channels, sandbox, subscribers: trying it out and setting it up."""

from __future__ import annotations

import shlex
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from publisher.cli import common


@click.command()
@click.option("--html", type=click.Path(path_type=Path), help="Where the preview page is written.")
def demo(html: Path | None) -> int:
    """Publish the example statement to all three channels, against the built-in sandbox.

    Reads no environment, no .env and no secrets; opens no connection but to this machine.
    """
    from publisher import demo as demonstration

    return demonstration.run(html, click.echo)


@click.command()
@common.as_json
def channels(json_: bool) -> None:
    """The channels that are installed and in use, and what their settings lack."""
    from publisher import registry, views
    from publisher.errors import SettingsError

    with common.office() as office:
        rows: list[dict[str, Any]] = []
        for name, entry in sorted(registry.installed().items()):
            used = name in office.settings.channel_names
            row: dict[str, Any] = {"name": name, "in_use": used, "owner": entry.owner}
            if used:
                try:
                    channel = office.channel(name)
                    row |= {"service": channel.service, "account": channel.account or None, "missing": None}
                    row["fields"] = [
                        {"field": f.name, "limit": f.limit, "unit": f.unit} for f in channel.form.fields
                    ]
                    channel.ready()
                except SettingsError as error:
                    row["missing"] = error.message
            rows.append(row)
        if json_:
            common.show_json({"schema": views.SCHEMA, "channels": rows})
            return
        for row in rows:
            if not row["in_use"]:
                click.echo(f"{row['name']}  not in use ({row['owner']})")
                continue
            state = "ready" if not row["missing"] else row["missing"]
            click.echo(f"{row['name']}  {row.get('account') or '–'}  {row.get('service', '–')}  {state}")


@click.command()
@click.option(
    "--port",
    type=click.IntRange(0, 65534),
    default=8471,
    show_default=True,
    help="X; LinkedIn is at the next.",
)
@click.option("--smtp-port", type=click.IntRange(0, 65535), default=8473, show_default=True, help="SMTP.")
@click.option(
    "--fault", "faults", multiple=True, metavar="NAME[:N]", help="Go wrong the next N times; see --faults."
)
@click.option("--faults", "list_faults", is_flag=True, help="List the faults and stop.")
def sandbox(port: int, smtp_port: int, faults: tuple[str, ...], list_faults: bool) -> None:
    """The rehearsal servers: X, LinkedIn and SMTP on this machine, strict, with faults on demand.

    \b
    publisher sandbox                          then, elsewhere: PUBLISHER_REHEARSAL=true publisher publish …
    publisher sandbox --fault x-drop:1         accept one post, then lose the answer
    """
    from publisher.sandbox import FAULTS, Sandbox

    if list_faults:
        width = max(map(len, FAULTS))
        click.echo("\n".join(f"{name.ljust(width)}  {about}" for name, about in FAULTS.items()))
        return
    with Sandbox(port=port, smtp_port=smtp_port, faults=list(faults)) as box:
        for name, value in box.settings().items():
            click.echo(f"{name}={shlex.quote(value)}")
        sys.stdout.flush()
        common.warn("the sandbox runs; stop it with Ctrl-C. What became public:")
        _watch(box)


def _watch(box: Any) -> None:
    """Tell of each thing that becomes public, until interrupted."""
    seen = 0
    while True:
        public = box.public
        for item in public[seen:]:
            click.echo(f"{item.service}  {item.id}  {item.url or ''}", err=True)
        seen = len(public)
        time.sleep(0.3)


@click.group()
def subscribers() -> None:
    """The email list.

    \b
    publisher subscribers import people.csv
    publisher subscribers add reader@example.org --language fr
    """


@subscribers.command("import")
@click.argument("file", type=click.File("rb"))
@click.option(
    "--map",
    "maps",
    multiple=True,
    metavar="FIELD=COLUMN",
    help="Where email, name, language, tags or status stand.",
)
@click.option("--suppress", is_flag=True, help="These people are not to be mailed.")
@click.option("--source", default="", metavar="TEXT", help="Where these people come from; it is recorded.")
@click.option("--dry-run", "dry", is_flag=True, help="Say what would happen; change nothing.")
@common.by
@common.as_json
def import_(
    file: Any, maps: tuple[str, ...], suppress: bool, source: str, dry: bool, by: str, json_: bool
) -> int:
    """CSV with a header (email, and optionally name, language, tags), or one address a line.

    Delimiter and encoding are detected. Exports of Mailchimp, Brevo, MailerLite, listmonk and Google Groups are read as
    they are: whom these no longer mail will not be mailed from here either.
    """
    from publisher import audience, roster

    columns = _mapped(maps)
    with common.office() as office, _twice(file) as stream, _progress(stream) as told:
        result = audience.load(
            office.ledger,
            told(roster.people(stream, columns)),
            source=source or file.name,
            by=office.who(by),
            suppress=suppress,
            dry=dry,
        )
    if json_:
        refused = [{"line": n, "reason": why} for n, why in result.refused]
        counts = {n: getattr(result, n) for n in ("added", "known", "suppressed", "stopped", "unusable")}
        common.show_json({"schema": 1, "dry_run": dry, **counts, "refused": refused})
    else:
        click.echo(
            f"{'would be: ' if dry else ''}{result.added} added, {result.known} known already, "
            f"{result.suppressed} not to be mailed, {result.unusable} refused"
            + (f"; {result.stopped} newly not to be mailed" if result.stopped else "")
        )
        for number, why in result.refused:
            common.warn(f"line {number}: {why}")
        if result.unusable > len(result.refused):
            common.warn(f"… and {result.unusable - len(result.refused)} more")
    done = result.added or result.known or result.suppressed or result.stopped
    return 65 if result.unusable and not done else 0


def _mapped(maps: tuple[str, ...]) -> dict[str, str]:
    from publisher.roster import MAPPED

    found = {}
    for said in maps:
        name, mark, column = said.partition("=")
        if not mark or name not in MAPPED:
            raise click.UsageError(f"--map {said!r} is no FIELD=COLUMN with FIELD one of {', '.join(MAPPED)}")
        found[name] = column.strip()
    return found


@contextmanager
def _twice(file: Any) -> Iterator[Any]:
    """A file that can be read twice: standard input cannot."""
    if file.seekable():
        yield file
        return
    with tempfile.TemporaryFile() as copy:
        shutil.copyfileobj(file, copy)
        copy.seek(0)
        yield copy


@contextmanager
def _progress(stream: Any) -> Iterator[Callable[[Iterable[Any]], Iterable[Any]]]:
    """Shows on a terminal how much of the file has been read."""
    if not sys.stderr.isatty():
        yield lambda people: people
        return
    size = stream.seek(0, 2)
    stream.seek(0)
    with click.progressbar(length=size, file=sys.stderr, label="reading") as bar:

        def told(people: Iterable[Any]) -> Iterator[Any]:
            for n, person in enumerate(people):
                if n % 1000 == 0:
                    bar.update(stream.tell() - bar.pos)
                yield person

        yield told


@subscribers.command()
@click.option("--suppressed", is_flag=True, help="Those who are not to be mailed, with the reason.")
def export(suppressed: bool) -> None:
    """The list as CSV, as `import` reads it."""
    import csv

    from publisher import audience

    with common.office() as office:
        made = csv.writer(sys.stdout, lineterminator="\n")
        if suppressed:
            made.writerow(("email", "reason", "since"))
            made.writerows((p.normal, p.reason, f"{p.at:.0f}") for p in audience.suppressed(office.ledger))
            return
        made.writerow(("email", "name", "language", "tags", "source"))
        for p in audience.listed(office.ledger):
            made.writerow((p.address, p.name, p.language, ",".join(p.tags), p.source))


@subscribers.command()
@click.argument("address")
@click.option("--name", default="", help="What they are called.")
@click.option("--language", default="", metavar="TAG", help="The language they read, such as fr.")
@common.by
def add(address: str, name: str, language: str, by: str) -> None:
    """Add one person."""
    from publisher import audience

    with common.office() as office:
        new = audience.add(
            office.ledger, address, name=name, language=language, source="added by hand", by=office.who(by)
        )
        click.echo(f"{address} {'added' if new else 'is on the list already'}")


@subscribers.command()
@click.argument("address")
@common.by
def remove(address: str, by: str) -> None:
    """Take somebody off the list for good."""
    from publisher import audience

    with common.office() as office:
        audience.remove(office.ledger, address, by=office.who(by))
        click.echo(f"{address} is off the list and will not be added again by an import")


@subscribers.command("list")
@common.as_json
def list_(json_: bool) -> None:
    """Everybody who is on the list."""
    from publisher import audience

    with common.office() as office:
        people = [
            {"email": p.address, "name": p.name, "language": p.language, "tags": p.tags}
            for p in audience.listed(office.ledger)
        ]
        if json_:
            common.show_json({"schema": 1, "subscribers": people})
            return
        for person in people:
            click.echo("  ".join(str(v) for v in (person["email"], person["name"], person["language"]) if v))
