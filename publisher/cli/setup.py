"""demo, channels, sandbox, subscribers: trying it out and setting it up."""

from __future__ import annotations

import shlex
import sys
import time
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
@click.option("--source", default="", metavar="TEXT", help="Where these people come from; it is recorded.")
@common.by
@common.as_json
def import_(file: Any, source: str, by: str, json_: bool) -> int:
    """CSV with a header (email, and optionally name, language, tags), or one address a line."""
    from publisher import audience
    from publisher.errors import StatementError

    try:
        text = file.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise StatementError(f"{file.name}: byte {error.start} is no UTF-8; save the file as UTF-8") from None
    with common.office() as office:
        result = audience.load(office.ledger, text, source=source or file.name, by=office.who(by))
    if json_:
        refused = [{"line": n, "reason": why} for n, why in result.refused]
        common.show_json(
            {
                "schema": 1,
                "added": result.added,
                "known": result.known,
                "suppressed": result.suppressed,
                "refused": refused,
            }
        )
    else:
        click.echo(
            f"{result.added} added, {result.known} known already, {result.suppressed} not to be mailed, "
            f"{len(result.refused)} refused"
        )
        for number, why in result.refused:
            common.warn(f"line {number}: {why}")
    return 65 if result.refused and not (result.added or result.known) else 0


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
