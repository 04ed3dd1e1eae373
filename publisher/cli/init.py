"""init, completion: a folder to begin with, and a shell that knows the commands."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from publisher.cli import common


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=".")
@click.option(
    "--channels", metavar="NAMES", help="The channels in use, comma separated.  [default: x,linkedin,email]"
)
@click.option(
    "--timezone", metavar="ZONE", help="IANA zone of times that are given without one, such as Europe/Zurich."
)
@click.option(
    "--approver", metavar="NAME", help="The name approvals are recorded under where --by does not say."
)
@click.option(
    "--set",
    "given",
    multiple=True,
    metavar="NAME=VALUE",
    help="Any setting, such as X__ACCOUNT=office; repeat for several.",
)
@click.option(
    "--templates/--no-templates", default=True, show_default=True, help="A folder for templates of your own."
)
@click.option(
    "--template",
    "shipped",
    multiple=True,
    metavar="NAME",
    help="Put this shipped template into it, to be changed; repeat for several.",
)
@click.option("--systemd", is_flag=True, help="Also a hardened systemd unit.")
@click.option("--container", is_flag=True, help="Also a container file.")
@click.option("--force", is_flag=True, help="Overwrite; what was there stays as NAME.old.")
def init(folder: Path, channels: str | None, timezone: str | None, approver: str | None, given: tuple[str, ...],
         templates: bool, shipped: tuple[str, ...], systemd: bool, container: bool, force: bool) -> int:  # fmt: skip
    """Make FOLDER (by default this one) ready: a settings file only you can read, a place for templates.

    On a terminal it asks for what it needs; elsewhere it takes the options and leaves the rest to be filled in.
    Nothing that is there is overwritten without --force.

    \b
    publisher init
    publisher init --channels x --timezone Europe/Zurich --set X__ACCOUNT=office
    publisher init /srv/press --systemd --container
    """
    from publisher import starter

    values = _pairs(given)
    named = {"CHANNELS": channels, "TIMEZONE": timezone, "APPROVER": approver}
    values |= {name: value for name, value in named.items() if value is not None}
    fresh = force or not (folder / starter.SETTINGS).exists()
    if values and not fresh:
        raise click.UsageError(
            f"{folder / starter.SETTINGS} is there already; edit it, or say --force (it stays as {starter.SETTINGS}.old)"
        )
    known = _known(values)
    if fresh and common.interactive():
        known = _asked(known)
    starter.check(known)
    wanted = list(
        starter.files(known, templates=templates, shipped=shipped, systemd=systemd, container=container)
    )
    written, kept = starter.write(folder, wanted, force=force)
    for name in written:
        click.echo(f"written  {folder / name}")
    for name in kept:
        click.echo(f"kept     {folder / name}  (--force overwrites it)")
    if starter.SETTINGS in written and starter.in_git(folder):
        common.warn(f"this folder belongs to a git repository: put {starter.SETTINGS} into its .gitignore")
    _next(folder, systemd or container)
    return 0


def _pairs(given: Sequence[str]) -> dict[str, str]:
    made = {}
    for pair in given:
        name, mark, value = pair.partition("=")
        if not mark or not name.strip():
            raise click.UsageError(f"--set {pair.split('=')[0]!r} is no NAME=VALUE")
        made[name] = value
    return made


def _known(values: dict[str, str]) -> dict[str, str]:
    from publisher import starter
    from publisher.settings import PREFIX, Settings

    channels = {n: v for n, v in values.items() if n.upper().removeprefix(PREFIX) == "CHANNELS"}
    names = Settings({f"{PREFIX}CHANNELS": v for v in channels.values()}, files=False).channel_names
    return starter.known(values, names)


def _next(folder: Path, served: bool) -> None:
    here = "" if folder in (Path(), Path.cwd()) else f"cd {folder} && "
    common.warn(f"next: {here}publisher doctor  (what is missing, and whether it works)")
    if served:
        common.warn("how to install what was written stands at the top of each file")


# ---------------------------------------------------------------- asking


def _asked(values: dict[str, str]) -> dict[str, str]:
    """What a person answers, question by question; an empty answer leaves a setting to be filled in later."""
    from publisher import settings as store
    from publisher import starter

    click.echo("An empty answer leaves a setting to be filled in later.\n", err=True)
    first = {"CHANNELS": "x,linkedin,email", "TIMEZONE": _zone(), "APPROVER": "", "NOTIFY__URLS": ""}
    for name, usual in first.items():
        whole = store.PREFIX + name
        if whole not in values:
            values = _ask(values, whole, store.names(())[whole][1], usual)
    for channel in starter.check(values).channel_names:
        about, secret = store.names([channel]), store.secret_names([channel])
        click.echo(f"\n{channel}", err=True)
        for name in starter.asked(values, channel):
            values = _ask(values, name, about[name][1], "", hidden=name in secret)
    return values


def _ask(
    values: dict[str, str], name: str, about: str, usual: str, *, hidden: bool = False
) -> dict[str, str]:
    from publisher import starter
    from publisher.errors import PublisherError

    while True:
        answer = click.prompt(
            f"{name}  ({about})", default=usual, show_default=bool(usual), hide_input=hidden, err=True
        ).strip()
        if not answer:
            return values
        tried: dict[str, Any] = {**values, name: answer}
        try:
            starter.check(tried)
        except PublisherError as error:
            common.warn(error.message)
        else:
            return tried


def _zone() -> str:
    """The zone of this machine, where it says."""
    link = Path("/etc/localtime")
    zone = str(link.readlink()).partition("zoneinfo/")[2] if link.is_symlink() else ""
    return "" if zone.startswith(("Etc/", "posix/", "right/")) else zone


# ---------------------------------------------------------------- completion


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish", "powershell"]))
def completion(shell: str) -> None:
    """Print what makes a shell complete commands and options.

    \b
    publisher completion bash > ~/.local/share/bash-completion/completions/publisher
    publisher completion zsh > "${fpath[1]}/_publisher"
    publisher completion fish > ~/.config/fish/completions/publisher.fish
    publisher completion powershell >> $PROFILE
    """
    from click.shell_completion import get_completion_class

    found = get_completion_class(shell)
    if found is None:
        raise click.UsageError(f"completion for {shell} needs click 8.5 or newer")
    root = click.get_current_context().find_root().command
    click.echo(found(root, {}, "publisher", "_PUBLISHER_COMPLETE").source())
