"""Calls to LinkedIn's REST API: headers, timeouts, and an access token that is renewed in memory."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Collection
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from publisher import http
from publisher.errors import Blocked, DeliveryError, Duplicate, OutcomeUnknown, Transient

from . import outcome
from .settings import API, PREFIX, WEB, LinkedInSettings, sendable

if TYPE_CHECKING:
    import requests

log = logging.getLogger(__name__)

SETTLE = 5.0
"""Seconds before a token just issued is used: LinkedIn is known to answer 401 to one at first."""
UPLOAD_TIMEOUT = 120.0
IDLE = 20.0
"""Seconds after which a kept connection is not trusted with a post: it may be dead, and the outcome then unknown."""


class Api:
    """One member's token on one app. Making one opens no connection."""

    def __init__(self, settings: LinkedInSettings) -> None:
        self.settings = settings
        self.refresh_ends: float | None = None
        """When the refresh token itself ends (seconds since the epoch), as far as LinkedIn has said."""
        self._token = settings.access_token.get_secret_value() if settings.access_token else ""
        self._renewing = threading.Lock()
        self._throttled = 0
        self._used = 0.0

    @cached_property
    def session(self) -> requests.Session:
        made = http.session(self.settings.connect_timeout, self.settings.read_timeout)
        made.max_redirects = 1  # at 0, requests raises on the very redirect that it was told not to follow
        return made

    def close(self) -> None:
        if "session" in self.__dict__:
            self.session.close()

    def call(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        *,
        restli: str = "",
        final: bool = False,
        allow: Collection[int] = (),
    ) -> requests.Response:
        """One request to `/rest/…`; its answer if that is 2xx or its status in `allow`, else a DeliveryError.

        A `final` request publishes: its lost answer is OutcomeUnknown. Any other may be repeated without
        harm, so that its lost answer is Transient.
        """
        headers = {"LinkedIn-Version": self.settings.version, "X-Restli-Protocol-Version": "2.0.0"}
        if restli:
            headers["X-RestLi-Method"] = restli
        data = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            data = json.dumps(body, ensure_ascii=False).encode()
        return self._authorized(
            method, self.settings.api_url + path, final, allow, headers=headers, data=data
        )

    def upload(self, url: str, content: bytes, kind: str) -> None:
        """PUT a file where LinkedIn said to; the token goes to LinkedIn's own upload address and no other."""
        if not self._trusted(url):
            raise Blocked(
                f"LinkedIn named an upload address on {urlsplit(url).hostname}; the file was not sent there"
            )
        timeout = (self.settings.connect_timeout, max(UPLOAD_TIMEOUT, self.settings.read_timeout))
        self._authorized("PUT", url, False, (), headers={"Content-Type": kind}, data=content, timeout=timeout)

    def _trusted(self, url: str) -> bool:
        if self.settings.api_url == API and url.startswith(f"{WEB}/dms-uploads/"):
            return True
        return urlsplit(url)[:2] == urlsplit(self.settings.api_url)[:2]

    def _authorized(
        self, method: str, url: str, final: bool, allow: Collection[int], **request: Any
    ) -> requests.Response:
        """A 401 proves that nothing was done, so the token is renewed and the call made once more."""
        if not self._token:
            self._renew("")
        token = self._token
        answer = self._once(method, url, final, token, request)
        if answer.status_code == 401 and self.settings.renewable:
            self._renew(token)
            time.sleep(SETTLE)
            answer = self._once(method, url, final, self._token, request)
        if answer.status_code in allow:
            return answer
        error = outcome.refused(answer, self._throttled)
        self._throttled = self._throttled + 1 if answer.status_code == 429 else 0
        if error:
            raise self._told(error, final)
        return answer

    def _once(
        self, method: str, url: str, final: bool, token: str, request: dict[str, Any]
    ) -> requests.Response:
        headers = request["headers"] | {"Authorization": f"Bearer {token}"}
        return self._send(method, url, final, **request | {"headers": headers})

    def _send(self, method: str, url: str, final: bool, **request: Any) -> requests.Response:
        import requests

        path = urlsplit(url).path  # the query of an upload address is a secret
        if final and time.monotonic() - self._used > IDLE:
            self.session.close()  # drops kept connections only; the session opens new ones
        try:
            answer = self.session.request(method, url, allow_redirects=False, **request)
        except requests.RequestException as error:
            raise self._told(http.failure(error, outcome.SERVICE), final) from None
        self._used = time.monotonic()
        log.debug("%s %s %s %s", method, path, answer.status_code, answer.headers.get("x-li-uuid", ""))
        return answer

    def _told(self, error: DeliveryError, final: bool) -> DeliveryError:
        """`error` without secrets that an answer may echo; a harmless request's lost answer as Transient."""
        text = str(error)
        for secret in (self._token, *self._secrets):
            text = text.replace(secret, "…") if secret else text
        if not final and isinstance(error, OutcomeUnknown) and not isinstance(error, Duplicate):
            return Transient(
                text.replace("; it may have been published", "; nothing was published by this call")
            )
        error.args = (text,)
        return error

    @cached_property
    def _secrets(self) -> tuple[str, ...]:
        given = (self.settings.access_token, self.settings.client_secret, self.settings.refresh_token)
        return tuple(secret.get_secret_value() for secret in given if secret)

    # ------------------------------------------------------------ tokens

    def renew(self) -> None:
        """Get a new access token now. Raises DeliveryError."""
        self._renew(self._token)

    def _renew(self, used: str) -> None:
        """Replace the token `used`, unless another thread just did; kept in memory only."""
        with self._renewing:
            if self._token != used:
                return
            if not (self.settings.renewable and self.settings.refresh_token):
                raise Blocked(f"no access token; set {PREFIX}ACCESS_TOKEN (publisher login linkedin)")
            refresh = self.settings.refresh_token.get_secret_value()
            given = self.auth("accessToken", grant_type="refresh_token", refresh_token=refresh)
            token = given.get("access_token")
            if not isinstance(token, str) or not sendable(token):
                raise Blocked("LinkedIn gave no new access token; run publisher login linkedin")
            self._token = token
            if isinstance(left := given.get("refresh_token_expires_in"), int):
                self.refresh_ends = time.time() + left

    def introspect(self) -> dict[str, Any]:
        """What LinkedIn says about the access token in use. Raises DeliveryError."""
        if not self._token:
            self._renew("")
        return self.auth("introspectToken", token=self._token)

    def auth(self, action: str, **form: str) -> dict[str, Any]:
        """POST to the OAuth service with the app's credentials; they travel in the body, as LinkedIn wants."""
        secret = self.settings.client_secret
        form |= {
            "client_id": self.settings.client_id,
            "client_secret": secret.get_secret_value() if secret else "",
        }
        answer = self._send("POST", f"{self.settings.auth}/oauth/v2/{action}", False, data=form)
        if answer.status_code in (400, 401, 403):
            said = str(outcome.read(answer).get("error", ""))[:60]
            raise self._told(
                Blocked(
                    f"LinkedIn refused the app's credentials or its refresh token ({answer.status_code} {said}); "
                    "run publisher login linkedin"
                ),
                False,
            )
        if error := outcome.refused(answer):
            raise self._told(error, False)
        return outcome.read(answer)


def encoded(urn: str) -> str:
    """A URN as it must stand in a path or query: a bare colon is a syntax error there."""
    return quote(urn, safe="")
