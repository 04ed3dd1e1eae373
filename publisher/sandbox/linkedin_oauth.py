"""LinkedIn's tokens: which one is known, what it may do, for whom."""

from __future__ import annotations

import hmac
import time
from urllib.parse import parse_qsl

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
        """POST /oauth/v2/introspectToken and /oauth/v2/accessToken (refresh), form-encoded."""
        form = dict(parse_qsl(incoming.body.decode("utf-8", "replace")))
        if incoming.method != "POST" or incoming.kind != "application/x-www-form-urlencoded":
            return reply(400, {"error": "invalid_request", "error_description": "POST a form"})
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            return reply(
                401, {"error": "invalid_client", "error_description": "Client authentication failed"}
            )
        if incoming.path == "/oauth/v2/introspectToken":
            return reply(200, self._described(form.get("token", "")))
        if incoming.path != "/oauth/v2/accessToken" or form.get("grant_type") != "refresh_token":
            return reply(400, {"error": "invalid_request", "error_description": "Unsupported grant type"})
        if form.get("refresh_token") != REFRESH_TOKEN:
            return reply(
                400, {"error": "invalid_grant", "error_description": "The refresh token is not valid"}
            )
        left = self._since + 365 * _DAY - int(time.time())
        lives = {"expires_in": 60 * _DAY, "refresh_token_expires_in": left, "scope": _SCOPE}
        return reply(200, {"access_token": TOKEN, "refresh_token": REFRESH_TOKEN} | lives)

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
