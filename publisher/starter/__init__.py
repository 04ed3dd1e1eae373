"""What `init` puts into a folder: a settings file, a place for templates, a systemd unit, a container file.

Nothing that is there is overwritten unless that was asked for, and then the old file stays beside it as NAME.old.
"""

from __future__ import annotations

import difflib
import os
import re
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from publisher import __version__, registry
from publisher import settings as store
from publisher.errors import SettingsError, UsageError
from publisher.settings import Settings

HERE = Path(__file__).parent
UNIT, CONTAINER, TEMPLATES, SETTINGS = "publisher.service", "Containerfile", "templates", ".env"
SERVED = "sqlite:////var/lib/publisher/ledger.db"
"""Where a service keeps its ledger: people who use the command must meet it in the same one."""

BETTER = ("ACCOUNT", "LIST_ADDRESS")
"""Settings that a channel may have and work without, and that a person should think of."""

_NAME = re.compile(r"PUBLISHER_[A-Z0-9_]+")


@dataclass(frozen=True, slots=True)
class File:
    """One file to write. `private`: nobody else may read it."""

    name: str
    content: str
    private: bool = False


# ---------------------------------------------------------------- values


def known(values: Mapping[str, str], channels: Sequence[str]) -> dict[str, str]:
    """`values` by their whole names. Raises UsageError for one that is no setting, SettingsError for a wrong value."""
    names, made = store.names(channels), {}
    for given, value in values.items():
        name = given.strip().upper()
        name = name if name.startswith(store.PREFIX) else store.PREFIX + name
        if name not in names:
            near = next(iter(difflib.get_close_matches(name, names, 1, 0.7)), "")
            raise UsageError(f"{given} is no setting" + (f"; did you mean {near}?" if near else ""))
        if re.search(r"[\0\r\n]", value):
            raise UsageError(
                f"{name} holds a line break; give the path of a file where the setting takes one"
            )
        made[name] = value
    return made


def check(values: Mapping[str, str]) -> Settings:
    """The settings that `values` would make. Raises SettingsError, naming what is wrong."""
    made = Settings(values, files=False)
    for name in made.channel_names:
        made.channel(name)
    return made


def lacking(values: Mapping[str, str], channel: str) -> list[str]:
    """The settings a channel still needs, by its own word."""
    made = Settings(values, files=False)
    names = set(store.names([registry.canonical(channel)]))
    try:
        made.channel(channel).ready()
    except SettingsError as error:
        return [name for name in dict.fromkeys(_NAME.findall(error.message)) if name in names]
    return []


def asked(values: Mapping[str, str], channel: str) -> list[str]:
    """What a channel needs, and what it had better have: whose account it must be, who is mailed."""
    prefix = f"{store.PREFIX}{registry.canonical(channel).upper()}__"
    better = [f"{prefix}{name}" for name in BETTER]
    there = store.names([registry.canonical(channel)])
    return [*lacking(values, channel), *(n for n in better if n in there and n not in values)]


# ---------------------------------------------------------------- files


def files(
    values: Mapping[str, str],
    *,
    templates: bool = True,
    shipped: Sequence[str] = (),
    systemd: bool = False,
    container: bool = False,
) -> Iterator[File]:
    """What belongs into the folder. `shipped` are templates to copy for changing. Raises UsageError."""
    values = dict(values)
    if templates or shipped:
        values.setdefault(f"{store.PREFIX}TEMPLATES", TEMPLATES)
    if systemd:
        values.setdefault(f"{store.PREFIX}DATABASE_URL", SERVED)
    yield File(SETTINGS, _settings(values), private=True)
    if templates or shipped:
        yield from _templates(shipped)
    if systemd:
        program = _program()
        # systemd's yes would hide a program that somebody installed for themselves.
        home = "read-only" if program.startswith(("/home/", "/root/")) else "yes"
        watched = values.get(f"{store.PREFIX}FOLDER__PATH", "")
        yield File(UNIT, _filled(UNIT, program=program, home=home, writable=_writable(watched)))
    if container:
        yield File(CONTAINER, _filled(CONTAINER, version=__version__))


def _writable(watched: str) -> str:
    """The line of the unit that lets the service move files in a watched folder."""
    if not watched:
        return "# A watched folder (PUBLISHER_FOLDER__PATH): ReadWritePaths=/srv/statements"
    place = str(Path("/etc/publisher") / watched).replace("%", "%%")
    return f'ReadWritePaths="{place}"' if " " in place else f"ReadWritePaths={place}"


def _filled(name: str, **words: str) -> str:
    text = (HERE / name).read_text("utf-8")
    for word, value in words.items():
        text = text.replace(f"{{{word}}}", value)
    return text


def _program() -> str:
    """This command by its whole path."""
    beside = Path(sys.executable).with_name("publisher")
    return str(beside) if beside.exists() else shutil.which("publisher") or "/usr/local/bin/publisher"


def _settings(values: Mapping[str, str]) -> str:
    """The settings file: what was given, and as comments what the channels still lack."""
    channels = Settings(values, files=False).channel_names
    about = store.names(channels)
    lines = [
        "# Written by `publisher init`. Keep it to yourself (mode 600); `publisher doctor` tells what is missing.",
        "# All settings, with their defaults: docs/settings.md; `publisher doctor` shows what each is now.",
    ]
    wanted = {name: _section(name) for channel in channels for name in asked(values, channel)}
    named = {name: _section(name) for name in values if name in about}
    ordered = [name for name in about if name in wanted or name in named]
    section = None
    for name in ordered:
        if _section(name) != section:
            section = _section(name)
            lines.append("")
        lines.append(f"# {about[name][1]}")
        lines.append(f"{name}={quoted(values[name])}" if name in values else f"#{name}=")
    return "\n".join(lines) + "\n"


def _section(name: str) -> str:
    return name.removeprefix(store.PREFIX).rpartition("__")[0]


def quoted(value: str) -> str:
    """A value as it stands in the file: bare where that is the same, else in single quotes."""
    if re.fullmatch(r"[\w@%+=:,./-]*", value, re.ASCII):
        return value
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _templates(shipped: Sequence[str]) -> Iterator[File]:
    from publisher.render import SHIPPED

    there = sorted(p.name for p in SHIPPED.iterdir() if p.suffix in (".j2", ".json"))
    yield File(f"{TEMPLATES}/README.md", _filled("templates.md", names="\n".join(f"- `{n}`" for n in there)))
    for name in shipped:
        if name not in there:
            near = next(iter(difflib.get_close_matches(name, there, 1, 0.5)), "")
            raise UsageError(
                f"there is no template {name}"
                + (f"; did you mean {near}?" if near else f"; there are {', '.join(there)}")
            )
        yield File(f"{TEMPLATES}/{name}", (SHIPPED / name).read_text("utf-8"))


def write(folder: Path, wanted: Sequence[File], *, force: bool = False) -> tuple[list[str], list[str]]:
    """Write the files: the names of those written, and of those kept because they were there.

    Raises UsageError when the folder cannot be written.
    """
    written, kept = [], []
    try:
        for file in wanted:
            path = folder / file.name
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.is_symlink() or path.exists():
                if not force:
                    kept.append(file.name)
                    continue
                path.replace(_aside(path))
            _put(path, file)
            written.append(file.name)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise UsageError(f"{error.filename or folder} cannot be written: {reason}") from None
    return written, kept


def _aside(path: Path) -> Path:
    """A name for the old file that nothing has yet: it may hold credentials."""
    names = (f"{path.name}.old{n or ''}" for n in range(1000))
    return next(p for p in map(path.with_name, names) if not p.exists())


def _put(path: Path, file: File) -> None:
    """A new file, private from its first byte on; never through a link that somebody put in its place."""
    made = os.open(
        path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600 if file.private else 0o644
    )
    with os.fdopen(made, "w", encoding="utf-8") as out:
        if file.private:
            os.fchmod(made, 0o600)
        out.write(file.content)
        out.flush()
        os.fsync(made)


def in_git(folder: Path) -> bool:
    """Whether the settings file lies in a git repository that does not ignore it: a commit would carry the secrets."""
    for home in (folder.absolute(), *folder.absolute().parents):
        ignored = home / ".gitignore"
        if ignored.is_file() and SETTINGS in (line.strip("/* ") for line in ignored.read_text().splitlines()):
            return False
        if (home / ".git").exists():
            return True
    return False
