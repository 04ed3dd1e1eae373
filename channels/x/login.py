"""Logging in to X: OAuth 1.0a with a PIN (docs.x.com, "PIN-based OAuth").

Not OAuth 2: its tokens last two hours and each refresh token is good for one use, which does not suit a
service that nobody watches.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from publisher import http
from publisher.errors import SettingsError, Transient, UsageError
from publisher.login import Granted, Person

from . import outcome
from .api import hush
from .settings import API, PREFIX, XSettings

if TYPE_CHECKING:
    from requests_oauthlib import OAuth1Session


def login(settings: XSettings, person: Person) -> Granted:
    """The access token and its secret. Raises SettingsError, UsageError, Transient; nothing is kept."""
    missing = [PREFIX + n.upper() for n in ("api_key", "api_secret") if not settings.secret(n).strip()]
    if missing:
        raise SettingsError(f"X needs {', '.join(missing)}; X's developer console makes them")
    first = _asked(
        lambda: _session(settings, callback_uri="oob").fetch_request_token(f"{API}/oauth/request_token"),
        SettingsError(
            f"X refuses the app: check {PREFIX}API_KEY and …API_SECRET, and that the app has user authentication "
            "with read and write permission in X's developer console"
        ),
    )
    token, secret = first.get("oauth_token", ""), first.get("oauth_token_secret", "")
    person.say(
        f"Sign in as the account that will post, and allow it:\n\n  {settings.api_url}/oauth/authorize?oauth_token={token}\n"
    )
    pin = person.ask("The PIN that X shows: ")
    if not pin:
        raise UsageError("without the PIN nothing was granted; run the command again")
    owner = {"resource_owner_key": token, "resource_owner_secret": secret, "verifier": pin}
    given = _asked(
        lambda: _session(settings, **owner).fetch_access_token(f"{API}/oauth/access_token"),
        UsageError("X does not take that PIN; each is good once, so run the command again"),
    )
    return _granted(settings, given)


def _granted(settings: XSettings, given: dict[str, str]) -> Granted:
    values = {
        "access_token": given.get("oauth_token"),
        "access_token_secret": given.get("oauth_token_secret"),
    }
    if not all(values.values()):
        raise Transient("X gave no access token; run the command again")
    handle = given.get("screen_name", "")
    if settings.account and handle and handle.lower() != settings.account.lower():
        raise UsageError(
            f"you signed in as @{handle}, and {PREFIX}ACCOUNT says @{settings.account}; nothing was written"
        )
    account = f"posts as @{handle}" if handle else "is there"
    return Granted(
        {name: str(value) for name, value in values.items()},
        (f"the access token {account}; it has no end, until somebody revokes it at X",),
    )


def _session(settings: XSettings, **options: str) -> OAuth1Session:
    """With our timeouts, without redirects, at the settings' address; signed for X's own."""
    from requests_oauthlib import OAuth1Session

    hush()
    made = OAuth1Session(settings.secret("api_key"), client_secret=settings.secret("api_secret"), **options)
    ours = http.session(settings.connect_timeout, settings.read_timeout, base=settings.api_url, instead=API)
    made.mount("https://", ours.get_adapter(API))
    made.trust_env = False
    made.resolve_redirects = ours.resolve_redirects
    return made


def _asked(act: Callable[[], Any], refused: Exception) -> dict[str, str]:
    """What X answers; `refused` when it says no. An answer may hold a token, so that none is shown."""
    import requests
    from requests_oauthlib.oauth1_session import TokenMissing, TokenRequestDenied

    try:
        return dict(act())
    except TokenRequestDenied as error:
        if error.status_code in (400, 401, 403):
            raise refused from None
        raise Transient(f"X answered {error.status_code}; nothing was granted, try again later") from None
    except (TokenMissing, ValueError):
        raise Transient("X's answer cannot be read; nothing was granted, try again later") from None
    except requests.RequestException as error:
        known = http.failure(error, outcome.SERVICE)
        raise Transient(f"{known.message.partition(';')[0]}; nothing was granted") from None
