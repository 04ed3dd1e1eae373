"""What the doctor asks the triggers: whether what the site hands in would be taken."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from publisher.api import Publisher
from publisher.channel import Finding
from publisher.errors import StatementError
from publisher.triggers import policy_of


def triggers(office: Publisher) -> Iterator[Finding]:
    """Each trigger that is on, with its policy. Takes nothing, makes nothing. Raises SettingsError."""
    core = office.settings.core
    on = False
    if core.webhook.secret is not None:
        on = True
        yield Finding(True, f"webhook: on, {_policy(office, 'webhook')}")
    if core.feed.url:
        on = True
        policy = _policy(office, "feed")
        yield _feed(core.feed.url, office, policy)
    if core.folder.path:
        on = True
        policy = _policy(office, "folder")
        yield _folder(core.folder.path, policy)
    if not on:
        yield Finding(True, "none is on; statements are handed in by people")


def _policy(office: Publisher, name: str) -> str:
    policy = policy_of(office, name)
    said = "the site's publication is the approval" if policy.approved else "waits for a person's approval"
    channels = f", for {', '.join(policy.channels)}" if policy.channels else ""
    return f"{said}{channels}{f', at {policy.at}' if policy.at else ''}"


def _feed(url: str, office: Publisher, policy: str) -> Finding:
    """Read once, as the service would; nothing of it is taken."""
    from publisher.intake.fetch import fetch
    from publisher.serve.feed import LIMIT, TYPES, items_of

    try:
        read = fetch(url, allow_hosts=office.settings.allow_hosts, limit=LIMIT, accept=TYPES)
        there = len(list(items_of(read.content, url)))
    except StatementError as error:
        return Finding(
            False, f"feed: {error.message}", "correct PUBLISHER_FEED__URL, or see what it says", "warning"
        )
    return Finding(True, f"feed: {there} items, {policy}")


def _folder(path: Path, policy: str) -> Finding:
    home = path if path.is_dir() else next(p for p in path.absolute().parents if p.exists())
    if path.exists() and not path.is_dir():
        return Finding(False, f"folder: {path} is no folder", "correct PUBLISHER_FOLDER__PATH")
    if not os.access(home, os.R_OK | os.W_OK | os.X_OK):
        what = f"folder: {path} cannot be {'read and written' if home == path else 'made'} by this account"
        return Finding(False, what, "give this account the folder; under systemd also ReadWritePaths=")
    return Finding(True, f"folder: {path}{'' if home == path else ' (will be made)'}, {policy}")
