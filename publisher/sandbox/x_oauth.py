"""X's PIN login (OAuth 1.0a, "oob"): a request token, a page that shows a PIN, the access token for it."""

from __future__ import annotations

import secrets
from html import escape
from urllib.parse import urlencode

from publisher.sandbox.http import Answer, Incoming, reply
from publisher.sandbox.oauth import Keys, Verifier, header


class Login:
    """Whoever opens the page has allowed the app at once. A PIN is good once, for its own request token."""

    def __init__(self, keys: Keys, origin: str, user_id: str, handle: str) -> None:
        self.keys, self.origin = keys, origin
        self.account = {"user_id": user_id, "screen_name": handle}
        self._secrets: dict[str, str] = {}
        self._pins: dict[str, str] = {}

    def respond(self, incoming: Incoming) -> Answer:
        asked = f"{incoming.method} {incoming.path}"
        if asked == "POST /oauth/request_token":
            return self._request_token(incoming)
        if asked == "GET /oauth/authorize":
            return self._page(incoming.parameters().get("oauth_token", ""))
        if asked == "POST /oauth/access_token":
            return self._access_token(incoming)
        return reply(404, {"errors": [{"code": 34, "message": "Sorry, that page does not exist."}]})

    def _problem(self, incoming: Incoming, token: str, secret: str) -> str:
        keys = Keys(self.keys.consumer_key, self.keys.consumer_secret, token, secret)
        return Verifier(keys, self.origin).problem(incoming)

    def _request_token(self, incoming: Incoming) -> Answer:
        given = header(incoming.headers.get("authorization", ""))
        if self._problem(incoming, "", ""):
            return _refused(32, "Could not authenticate you.")
        if given.get("oauth_callback") != "oob":
            return reply(
                403, {"errors": [{"code": 415, "message": "Callback URL not approved for this app."}]}
            )
        token, secret = secrets.token_urlsafe(20), secrets.token_urlsafe(24)
        self._secrets[token] = secret
        return _form(oauth_token=token, oauth_token_secret=secret, oauth_callback_confirmed="true")

    def _page(self, token: str) -> Answer:
        if token not in self._secrets:
            return Answer(403, b"This page is no longer valid.", {"Content-Type": "text/html"})
        pin = self._pins.setdefault(token, f"{secrets.randbelow(10**7):07}")
        body = f"<p>You allowed the app as @{escape(self.account['screen_name'])}. PIN: <code>{pin}</code>"
        return Answer(200, body.encode(), {"Content-Type": "text/html; charset=utf-8"})

    def _access_token(self, incoming: Incoming) -> Answer:
        given = header(incoming.headers.get("authorization", ""))
        token = given.get("oauth_token", "")
        if self._problem(incoming, token, self._secrets.get(token, "")):
            return _refused(32, "Could not authenticate you.")
        if not self._pins.get(token) or given.get("oauth_verifier") != self._pins[token]:
            return _refused(89, "Invalid oauth_verifier parameter")
        del self._pins[token], self._secrets[token]
        access = {"oauth_token": self.keys.token, "oauth_token_secret": self.keys.token_secret}
        return _form(**access, **self.account)


def _form(**fields: str) -> Answer:
    return Answer(200, urlencode(fields).encode(), {"Content-Type": "text/html;charset=utf-8"})


def _refused(code: int, message: str) -> Answer:
    return reply(401, {"errors": [{"code": code, "message": message}]})
