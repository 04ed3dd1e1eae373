"""What `check` looks at: credentials, whose they are, whether they may write, and the clock."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from publisher.channel import Finding
from publisher.errors import Blocked, DeliveryError

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
        return [Finding.of(error)]
    handle = str(me.get("username", ""))
    credit = (
        "X tells nobody how much credit is left: a post that finds none is refused, and the channel stops"
    )
    return [*_account(api, handle), *_permission(api, response), *_clock(response), Finding(True, credit)]


def _account(api: Api, handle: str) -> Iterator[Finding]:
    yield Finding(True, f"X accepts the credentials; they post as @{handle}")
    wanted = api.settings.account
    if wanted and wanted.lower() != handle.lower():
        yield Finding(
            False, f"{PREFIX}ACCOUNT says @{wanted}, the credentials post as @{handle}", "change one of them"
        )


def _permission(api: Api, response: requests.Response) -> Iterator[Finding]:
    """X names the access token's permission in a header of its answers; where it does not, an upload tells."""
    level = response.headers.get("x-access-level", "").strip().lower()
    if not level:
        yield _probed(api)
    elif "write" in level:
        yield Finding(True, "the access token may post")
    else:
        yield Finding(False, f"the access token may only {level}", WRITE)


def _probed(api: Api) -> Finding:
    """An upload that is opened and never made proves the permission to write, and nobody sees it."""
    opening = {"media_type": "image/png", "total_bytes": 100, "media_category": "tweet_image"}
    try:
        api.request("POST", "/2/media/upload/initialize", json=opening)
    except Blocked as error:
        return Finding.of(error)
    except DeliveryError as error:
        what = f"whether the access token may post is not known: {error}"
        return Finding(False, what, "if the first post is refused: " + WRITE, "warning")
    return Finding(True, "the access token may post: X opened an upload for it, which was left unused")


def _clock(response: requests.Response) -> Iterator[Finding]:
    off = outcome.skew(response)
    if off is not None and abs(off) > outcome.SKEW:
        ahead = "ahead of" if off > 0 else "behind"
        yield Finding(
            False,
            f"the clock here is {abs(off):.0f} s {ahead} X's",
            "set it (NTP): X refuses signatures of another time",
        )
