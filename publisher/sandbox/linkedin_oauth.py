"""LinkedIn's tokens: which one is known, what it may do, for whom."""

from __future__ import annotations

import hmac
import re
import secrets
import time
from urllib.parse import parse_qsl, urlencode

from publisher.sandbox.http import Answer, Incoming, reply
from publisher.sandbox.linkedin_answers import error

ORGANIZATION = "urn:li:organization:5550117"
TOKEN = "sandboxLinkedInToken6e0a"  # noqa: S105 - made up, good for the sandbox alone
REFRESH_TOKEN = "sandboxLinkedInRefresh2c94"  # noqa: S105
CLIENT_ID = "sandboxClient77"
CLIENT_SECRET = "sandboxClientSecret51fd"  # noqa: S105
_SCOPE = "r_organization_social,w_organization_social,rw_organization_admin"
_DAY = 86_400


class OAuth:
    """Authorised from the moment it was made: the access token lives 60 days, the refresh token 365."""

    def __init__(self) -> None:
        self._since = int(time.time())
        self.grants: str = _SCOPE
        """What a login may get, comma separated; asked for more, LinkedIn gives less without a word."""
        self.refreshes = True
        """Whether a login gets a refresh token; not every app's does."""
        self._codes: dict[str, tuple[str, str]] = {}

    def knows(self, incoming: Incoming) -> bool:
        scheme, _, token = incoming.headers.get("authorization", "").partition(" ")
        return scheme.lower() == "bearer" and hmac.compare_digest(token.encode(), TOKEN.encode())

    def roles(self, incoming: Incoming) -> Answer:
        """GET /rest/organizationAcls?q=roleAssignee."""
        asked = incoming.parameters()
        if asked.get("q") != "roleAssignee":
            return error(400, "ILLEGAL_ARGUMENT", "q must be roleAssignee")
        role = {"role": "ADMINISTRATOR", "state": "APPROVED"}
        meets = all(asked.get(name, value) == value for name, value in role.items())
        entry = role | {"organization": ORGANIZATION, "roleAssignee": "urn:li:person:sandboxEditor"}
        return reply(
            200, {"paging": {"start": 0, "count": 10, "links": []}, "elements": [entry] if meets else []}
        )

    def respond(self, incoming: Incoming) -> Answer:
        """GET /oauth/v2/authorization; POST introspectToken and accessToken (code, refresh), form-encoded."""
        if (incoming.method, incoming.path) == ("GET", "/oauth/v2/authorization"):
            return self._authorization(incoming.parameters())
        form = dict(parse_qsl(incoming.body.decode("utf-8", "replace")))
        if incoming.method != "POST" or incoming.kind != "application/x-www-form-urlencoded":
            return reply(400, {"error": "invalid_request", "error_description": "POST a form"})
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            return reply(
                401, {"error": "invalid_client", "error_description": "Client authentication failed"}
            )
        if incoming.path == "/oauth/v2/introspectToken":
            return reply(200, self._described(form.get("token", "")))
        if incoming.path == "/oauth/v2/accessToken" and form.get("grant_type") == "authorization_code":
            return self._exchanged(form)
        if incoming.path != "/oauth/v2/accessToken" or form.get("grant_type") != "refresh_token":
            return reply(400, {"error": "invalid_request", "error_description": "Unsupported grant type"})
        if form.get("refresh_token") != REFRESH_TOKEN:
            return reply(
                400, {"error": "invalid_grant", "error_description": "The refresh token is not valid"}
            )
        return reply(200, {"access_token": TOKEN, "expires_in": 60 * _DAY, "scope": _SCOPE} | self._refresh())

    def _refresh(self) -> dict[str, object]:
        left = self._since + 365 * _DAY - int(time.time())
        return {"refresh_token": REFRESH_TOKEN, "refresh_token_expires_in": left}

    def _authorization(self, asked: dict[str, str]) -> Answer:
        """The consent page, on which the member has clicked "Allow" at once: back to the app with a code."""
        redirect, state = asked.get("redirect_uri", ""), asked.get("state", "")
        if asked.get("client_id") != CLIENT_ID or not re.match(r"https?://", redirect):
            return Answer(400, b"Bummer, something went wrong.", {"Content-Type": "text/html"})
        scopes = set(asked.get("scope", "").split())
        if asked.get("response_type") != "code" or not scopes or asked.get("prompt") == "none":
            said = {
                "error": "invalid_request",
                "error_description": "A required parameter is missing or wrong",
            }
        elif unknown := scopes - set(_SCOPE.split(",")):
            text = f'Scope "{min(unknown)}" is not authorized for your application'
            said = {"error": "unauthorized_scope_error", "error_description": text}
        else:
            code = secrets.token_urlsafe(24)
            self._codes[code] = redirect, ",".join(s for s in self.grants.split(",") if s in scopes)
            said = {"code": code}
        return Answer(302, headers={"Location": f"{redirect}?{urlencode(said | {'state': state})}"})

    def _exchanged(self, form: dict[str, str]) -> Answer:
        """A token for a code, which is good once and for the redirect it was made for."""
        redirect, scope = self._codes.pop(form.get("code", ""), ("", ""))
        if not redirect or form.get("redirect_uri") != redirect:
            text = "Unable to retrieve access token: appid/redirect uri/code verifier does not match"
            return reply(400, {"error": "invalid_request", "error_description": text})
        given: dict[str, object] = {"access_token": TOKEN, "expires_in": 60 * _DAY, "scope": scope}
        return reply(200, given | (self._refresh() if self.refreshes else {}))

    def _described(self, token: str) -> dict[str, object]:
        if token != TOKEN:
            return {"active": False}
        times = {
            "created_at": self._since,
            "authorized_at": self._since,
            "expires_at": self._since + 60 * _DAY,
        }
        facts = {
            "active": True,
            "status": "active",
            "scope": _SCOPE,
            "auth_type": "3L",
            "client_id": CLIENT_ID,
        }
        return facts | times
