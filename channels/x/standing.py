"""What `check` looks at: credentials, whose they are, whether they may write, and the clock."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from publisher.channel import Finding
from publisher.errors import DeliveryError

from . import outcome
from .api import Api
from .settings import PREFIX

if TYPE_CHECKING:
    import requests

SET = "set it; X's developer console makes it"
WRITE = "give the app read and write permission in X's developer console, then make the access token anew"


def check(api: Api) -> list[Finding]:
    """Everything that can be known without publishing. Network failures are findings, never raised."""
    missing = api.settings.missing()
    if missing:
        return [Finding(False, f"{name} is not set", SET) for name in missing]
    try:
        me, response = api.whoami()
    except DeliveryError as error:
        return [Finding(False, str(error), "see what it says; then check again")]
    handle = str(me.get("username", ""))
    credit = (
        "X tells nobody how much credit is left: a post that finds none is refused, and the channel stops"
    )
    return [*_account(api, handle), *_permission(response), *_clock(response), Finding(True, credit)]


def _account(api: Api, handle: str) -> Iterator[Finding]:
    yield Finding(True, f"X accepts the credentials; they post as @{handle}")
    wanted = api.settings.account
    if wanted and wanted.lower() != handle.lower():
        yield Finding(
            False, f"{PREFIX}ACCOUNT says @{wanted}, the credentials post as @{handle}", "change one of them"
        )


def _permission(response: requests.Response) -> Iterator[Finding]:
    """X names the access token's permission in a header of its answers."""
    level = response.headers.get("x-access-level", "").strip().lower()
    if not level:
        yield Finding(
            False,
            "X does not say whether the access token may post",
            "if the first post is refused: " + WRITE,
            "warning",
        )
    elif "write" in level:
        yield Finding(True, "the access token may post")
    else:
        yield Finding(False, f"the access token may only {level}", WRITE)


def _clock(response: requests.Response) -> Iterator[Finding]:
    off = outcome.skew(response)
    if off is not None and abs(off) > outcome.SKEW:
        ahead = "ahead of" if off > 0 else "behind"
        yield Finding(
            False,
            f"the clock here is {abs(off):.0f} s {ahead} X's",
            "set it (NTP): X refuses signatures of another time",
        )
