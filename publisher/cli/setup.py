"""demo, channels, sandbox: trying it out and setting it up."""

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
