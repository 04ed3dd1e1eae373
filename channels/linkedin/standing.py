"""What `check` looks at: settings, API version, token, role on the page, permission to upload."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from publisher.channel import Finding
from publisher.errors import DeliveryError

from . import outcome, wire
from .api import Api
from .settings import PREFIX

SUNSET_DAYS = {"202508": 17, "202511": 16, "202603": 16}
"""A version ends one year after its month, on the 15th but for these ("Migrations" table, read 2026-08-13)."""
NEVER_ISSUED = {"202512"}
NOTICE = 60
EXPIRY_STEPS = (1, 3, 7, 14, 30)
RENEW_DAYS = 14
"""Days before its end at which a token is renewed, where it can be."""

POST, READ, ROLES = "w_organization_social", "r_organization_social", "rw_organization_admin"
MAY_POST = {"ADMINISTRATOR", "CONTENT_ADMIN", "CONTENT_ADMINISTRATOR", "DIRECT_SPONSORED_CONTENT_POSTER"}
LOGIN = "run publisher login linkedin"


def check(api: Api, today: date) -> list[Finding]:
    """Everything that can be known without publishing. Network failures are findings, never raised."""
    missing = api.settings.missing()
    findings = [Finding(False, f"{name} is not set", f"set it, or {LOGIN}") for name in missing]
    findings += _version(api.settings.version, today)
    if missing:
        return findings
    for look in (_token, _role, _upload):
        try:
            findings += look(api, today)
        except DeliveryError as error:
            findings.append(Finding.of(error))
    return findings


# ---------------------------------------------------------------- version


def sunset(version: str) -> date:
    """The last day of an API version (YYYYMM)."""
    return date(int(version[:4]) + 1, int(version[4:]), SUNSET_DAYS.get(version, 15))


def _version(version: str, today: date) -> Iterator[Finding]:
    ends = sunset(version)
    over = datetime.combine(ends + timedelta(days=1), time(), UTC).timestamp()
    left = (ends - today).days
    fix = f"set {PREFIX}VERSION to a newer version that LinkedIn lists as active"
    if version in NEVER_ISSUED or version > f"{today:%Y%m}":
        yield Finding(
            False, f"LinkedIn has no API version {version}", f"set {PREFIX}VERSION to one it lists as active"
        )
    elif left <= 0:
        yield Finding(False, f"LinkedIn API version {version} ended on {ends}", fix)
    elif left <= NOTICE:
        yield Finding(False, f"LinkedIn API version {version} ends on {ends}", fix, "warning", over)
    else:
        yield Finding(True, f"API version {version}, in service until {ends}", fix, ends=over)


# ---------------------------------------------------------------- token


def _token(api: Api, today: date) -> Iterator[Finding]:
    if not (api.settings.client_id and api.settings.client_secret):
        yield Finding(
            False,
            "scopes and expiry of the access token are not known",
            f"set {PREFIX}CLIENT_ID and {PREFIX}CLIENT_SECRET",
            "warning",
        )
        return
    told = api.introspect()
    if api.settings.renewable and _ends_within(told, RENEW_DAYS, today):
        api.renew()
        told = api.introspect()
        yield Finding(True, "the access token was renewed, in memory")
    if told.get("active") is not True:
        state = re.sub(r"\W", "", str(told.get("status") or "not active"))[:20]
        yield Finding(False, f"LinkedIn says the access token is {state or 'not active'}", LOGIN)
        return
    yield from _scopes(granted(told))
    # An access token that is renewed in time ends only when its refresh token does.
    yield _expiry("access token", told.get("expires_at"), today, final=not api.settings.renewable)
    if api.refresh_ends is not None:
        yield _expiry("refresh token", api.refresh_ends, today)


def granted(told: dict[str, Any]) -> set[str]:
    """The scopes, which LinkedIn separates by spaces or commas, at times URL-encoded."""
    return set(re.split(r"(?:[\s,+]|%20|%2C)+", str(told.get("scope", "")), flags=re.IGNORECASE)) - {""}


def _scopes(granted: set[str]) -> Iterator[Finding]:
    if POST in granted:
        yield Finding(True, f"the token may post ({POST})")
    else:
        yield Finding(
            False,
            f"the token lacks {POST}: it cannot post as a page",
            f"{LOGIN}; the app needs the Community Management API",
        )
    if READ not in granted:
        what = f"the token lacks {READ}: posts cannot be read back, nor looked up after a lost answer"
        yield Finding(False, what, LOGIN, "warning")


def _days(ends: object, today: date) -> int | None:
    if isinstance(ends, bool) or not isinstance(ends, int | float):
        return None
    return (datetime.fromtimestamp(ends, UTC).date() - today).days


def _ends_within(told: dict[str, Any], days: int, today: date) -> bool:
    left = _days(told.get("expires_at"), today)
    return told.get("active") is not True or (left is not None and left <= days)


def _expiry(what: str, ends: object, today: date, *, final: bool = True) -> Finding:
    """The wording changes at each step only, so that a person is told once at each and not every day."""
    left = _days(ends, today)
    if left is None:
        return Finding(False, f"LinkedIn does not say when the {what} ends", LOGIN, "warning")
    at = float(str(ends))
    day, over = datetime.fromtimestamp(at, UTC).date(), at if final else None
    if left < 0:
        return Finding(False, f"the {what} ended on {day}", LOGIN)
    step = next((s for s in EXPIRY_STEPS if left <= s), None)
    if step is None:
        return Finding(True, f"the {what} is good until {day}", LOGIN, ends=over)
    days = f"{step} day{'s' if step > 1 else ''}"
    return Finding(False, f"the {what} ends on {day}: within {days}", LOGIN, "warning", over)


# ---------------------------------------------------------------- permissions


def _role(api: Api, _today: date) -> Iterator[Finding]:
    path = "/rest/organizationAcls?q=roleAssignee&state=APPROVED&count=100"
    answer = api.call("GET", path, restli="FINDER", allow=(403,))
    if answer.status_code == 403:
        yield Finding(False, f"the role on the page cannot be read ({ROLES} is missing)", LOGIN, "warning")
        return
    roles = sorted(_roles(outcome.read(answer), api.settings.organization))
    if MAY_POST & set(roles):
        yield Finding(True, f"{api.settings.organization}: the member is {', '.join(roles)}")
    else:
        yield Finding(
            False,
            f"the member has no role that may post on {api.settings.organization}",
            "a page admin gives it: Admin tools, Manage admins",
        )


def _roles(body: dict[str, Any], page: str) -> set[str]:
    return {
        str(e.get("role"))
        for e in wire.elements(body)
        if page in (e.get("organization"), e.get("organizationTarget"))
    }


def _upload(api: Api, _today: date) -> Iterator[Finding]:
    """An upload that is registered and never made proves the write permission, and nobody sees it."""
    request = {"initializeUploadRequest": {"owner": api.settings.organization}}
    api.call("POST", "/rest/images?action=initializeUpload", request)
    yield Finding(True, "files can be uploaded for the page")
