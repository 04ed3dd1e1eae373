"""email: what belongs to the mail channel alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from publisher.cli import common


@click.group()
def email() -> None:
    """The mail channel's own: the keys that its mail is signed with."""


@email.command()
@click.argument("domain")
@click.option(
    "--selector", default="", metavar="NAME", help="Under which name; by default one of this month."
)
@click.option("--folder", type=click.Path(path_type=Path), default=Path(), help="Where the key files go.")
@click.option("--ed25519", is_flag=True, help="A second key too, for a second signature.")
def keys(domain: str, selector: str, folder: Path, ed25519: bool) -> int:
    """Make a key that mail is signed with (DKIM), and print the DNS record and the settings.

    \b
    publisher email keys example.org
    """
    with common.office() as office:
        made = maker(office).keys(domain, selector, ed25519=ed25519)
    written = []
    for key in made:
        path = folder / key["file"]
        written.append(path)
        _kept(path, key["pem"])
        common.warn(f"the key is in {path}, which only you can read; keep a copy where secrets are kept")
    for key in made:
        click.echo(f"{key['name']}.  TXT  {_strings(key['record'])}")
    for key, path in zip(made, written, strict=True):
        click.echo("")
        for name, value in key["settings"].items():
            click.echo(f"{name}={value or path.resolve()}")
    common.warn(
        "publish the record, wait until it is seen, then set the settings; `publisher doctor` looks at both"
    )
    return 0


def maker(office: Any) -> Any:
    """The installed channel that makes keys. Raises SettingsError where there is none."""
    from publisher import registry
    from publisher.errors import SettingsError

    for name in dict.fromkeys((*office.settings.channel_names, *registry.installed())):
        cls = registry.find(name)
        if hasattr(cls, "keys"):
            return cls
    raise SettingsError("no installed channel signs mail")


def _kept(path: Path, pem: str) -> None:
    """Write a secret that only its owner can read, and never over another."""
    import os

    from publisher.errors import UsageError

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(pem)
    except FileExistsError:
        raise UsageError(
            f"{path} is there already; a key that is in use is not written over: say --selector"
        ) from None
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from None


def _strings(record: str) -> str:
    """A TXT record as name servers take it: strings of at most 255 characters."""
    return " ".join(f'"{record[i : i + 255]}"' for i in range(0, len(record), 255))
