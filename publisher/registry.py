"""Finds the channels by name: ours in their folder, others' through the entry-point group.

Ours have no privilege that theirs lack: both are a name and a class, made with their own settings.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec

from publisher.channel import Channel
from publisher.errors import SettingsError

GROUP = "publisher.channels"
ALIASES = {"twitter": "x"}

# In a wheel our adapters lie inside the package, in a checkout beside it.
HOME = "publisher.channels" if find_spec("publisher.channels") else "channels"


@dataclass(frozen=True, slots=True)
class Entry:
    """One installed channel: `owner` is the distribution or package that brings it."""

    name: str
    owner: str
    load: Callable[[], type[Channel]]


def _ours(name: str) -> Entry:
    def load() -> type[Channel]:
        found: type[Channel] = importlib.import_module(f"{HOME}.{name}").channel
        return found

    return Entry(name, "announcement-publisher", load)


def _theirs(point: EntryPoint) -> Entry:
    owner = point.dist.name if point.dist else point.value
    return Entry(point.name, owner, point.load)


@cache
def installed() -> dict[str, Entry]:
    """Every channel that is installed, by name. Raises SettingsError when two packages own one name."""
    home = importlib.import_module(HOME)
    found = {m.name: _ours(m.name) for m in pkgutil.iter_modules(home.__path__) if m.ispkg}
    for point in entry_points(group=GROUP):
        entry = _theirs(point)
        if point.name in found:
            raise SettingsError(
                f"two packages bring a channel named {point.name!r}: {found[point.name].owner} and {entry.owner}; "
                "uninstall one of them"
            )
        found[point.name] = entry
    return found


def canonical(name: str) -> str:
    """A channel's own name for what a person typed."""
    return ALIASES.get(name.strip().lower(), name.strip().lower())


def find(name: str) -> type[Channel]:
    """The class of the channel `name`. Raises SettingsError when there is none or it cannot be loaded."""
    known = installed()
    entry = known.get(canonical(name))
    if entry is None:
        raise SettingsError(f"no channel named {name!r} is installed; there are: {', '.join(sorted(known))}")
    try:
        return entry.load()
    except Exception as error:
        raise SettingsError(f"channel {name!r} of {entry.owner} cannot be loaded: {error!r}") from error
