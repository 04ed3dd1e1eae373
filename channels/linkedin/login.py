"""Logging in to LinkedIn: the authorization code flow ("3-legged OAuth", LinkedIn Marketing API documentation).

Never asked for: `openid`, which an app with the Community Management API may not have (the whole login fails
then), and `prompt=none`, with which a first consent fails or scopes are missing without a word.
"""

from __future__ import annotations

import secrets
import time
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from publisher.errors import Blocked, SettingsError, Transient, UsageError
from publisher.login import Granted, Person

from . import standing
from .api import Api
from .settings import PREFIX, LinkedInSettings, sendable

SCOPES = (standing.POST, standing.READ, standing.ROLES)


def login(settings: LinkedInSettings, person: Person) -> Granted:
    """The access token, and the refresh token where LinkedIn gives one. Raises SettingsError, UsageError, DeliveryError."""
    if not (settings.client_id and settings.client_secret):
        raise SettingsError(
            f"set {PREFIX}CLIENT_ID and {PREFIX}CLIENT_SECRET first; LinkedIn's developer portal shows them"
        )
    state = secrets.token_urlsafe(24)
    query = {
        "response_type": "code",
        "client_id": settings.client_id,
        "redirect_uri": person.redirect,
        "state": state,
        "scope": " ".join(SCOPES),
    }
    said = person.sent_back(
        f"The app's authorized redirect URLs must have {person.redirect}\n"
        "Sign in as a member with a content role on the page, and allow it:\n\n"
        f"  {settings.auth}/oauth/v2/authorization?{urlencode(query)}\n",
        state,
    )
    code = _code(said)
    api = Api(settings)
    try:
        given = api.auth(
            "accessToken", grant_type="authorization_code", code=code, redirect_uri=person.redirect
        )
    except Blocked as error:
        raise UsageError(f"{error.message}; nothing was granted") from None
    finally:
        api.close()
    return _granted(given)


def _code(said: dict[str, str]) -> str:
    if said.get("code"):
        return said["code"]
    why = " ".join(filter(None, (said.get("error"), said.get("error_description")))) or "no code came back"
    advice = (
        "; the app needs the Community Management API, and no other product"
        if "scope" in said.get("error", "")
        else ""
    )
    raise UsageError(f"LinkedIn granted nothing: {' '.join(why.split())[:200]}{advice}")


def _granted(given: dict[str, Any]) -> Granted:
    token, refresh = given.get("access_token"), given.get("refresh_token")
    if not isinstance(token, str) or not sendable(token):
        raise Transient("LinkedIn gave no access token; run the command again")
    scopes = standing.granted(given)
    if standing.POST not in scopes:
        raise UsageError(
            f"LinkedIn granted {', '.join(sorted(scopes)) or 'no scope'}, and not {standing.POST}: the app needs the "
            "Community Management API; nothing was written"
        )
    values = {"access_token": token}
    notes = [f"the access token ends on {_day(given.get('expires_in'))}"]
    if isinstance(refresh, str) and sendable(refresh):
        values["refresh_token"] = refresh
        notes.append(f"it is renewed by itself until {_day(given.get('refresh_token_expires_in'))}")
    else:
        values["refresh_token"] = ""  # an old one renews a grant that this one has replaced
        notes.append("LinkedIn gave no refresh token: log in again before that day")
    for scope, lack in _LACKS.items():
        if scope not in scopes:
            notes.append(f"LinkedIn did not grant {scope}: {lack}")
    return Granted(values, tuple(notes))


_LACKS = {
    standing.READ: "posts cannot be read back, nor looked up after a lost answer",
    standing.ROLES: "the member's role on the page cannot be checked",
}


def _day(seconds: object) -> str:
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return "a day that LinkedIn does not name"
    return f"{datetime.fromtimestamp(time.time() + seconds, UTC):%Y-%m-%d}"
