"""Calls to X's API through tweepy's Client, as an irreversible request needs them.

What tweepy lacks is added from outside: timeouts and an address of one's own through the session, and one
place that sees every answer before tweepy does, which raises AttributeError at a body that is a JSON list.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from publisher import http
from publisher.errors import DeliveryError, Duplicate, OutcomeUnknown, Permanent, Transient

from . import outcome
from .settings import API, CREDENTIALS, XSettings

if TYPE_CHECKING:
    import requests

IDLE = 4.0
"""Seconds after which a kept connection is not trusted: a POST on one just closed is an unknown outcome."""

# The names of one thing before and after the renaming in version 2.167 of the API.
FIELDS = {
    "tweet.fields": "attachments,created_at,edit_history_tweet_ids,entities,note_tweet",
    "post.fields": "attachments,created_at,edit_history_post_ids,entities,note_post",
}

_TELLTALES = ("tweepy", "requests_oauthlib", "oauthlib")


class Api:
    """One account on one app. Making one opens no connection; each thread has a session of its own."""

    def __init__(self, settings: XSettings) -> None:
        self.settings = settings
        self._own = threading.local()
        self._me: dict[str, Any] = {}

    def call(
        self, act: Callable[[Any], requests.Response], *, final: bool = False
    ) -> tuple[dict[str, Any], requests.Response]:
        """What `act` asks of tweepy's Client: the 2xx answer's JSON object (empty if it is none), and the answer.

        A `final` request publishes: its lost answer is OutcomeUnknown. Any other may be repeated without
        harm, so that its lost answer is Transient. Raises DeliveryError, nothing else.
        """
        import requests

        client = self._client()
        try:
            response = act(client)
        except requests.RequestException as error:
            raise self._told(http.failure(error, outcome.SERVICE), final) from None
        except DeliveryError as error:
            raise self._told(error, final) from None
        finally:
            self._own.used = time.monotonic()
        return outcome.read(response), response

    def request(
        self,
        method: str,
        route: str,
        params: dict[str, str] | None = None,
        json: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        """A request that may be repeated without harm; its JSON object."""
        return self.call(lambda c: c.request(method, route, params=params, json=json, user_auth=True))[0]

    def posts(self, route: str, params: dict[str, str]) -> dict[str, Any]:
        """A reading request with the fields of a post, under whichever name this X knows."""
        for name, fields in FIELDS.items():
            try:
                return self.request("GET", route, params | {name: fields})
            except outcome.NotFound:
                raise
            except Permanent:
                continue
        return self.request("GET", route, params)

    def me(self) -> dict[str, Any]:
        """The account that posts: {"id", "username", …}, asked once."""
        if not self._me:
            self.whoami()
        return self._me

    def whoami(self) -> tuple[dict[str, Any], requests.Response]:
        """The account that posts, as X says now, and the answer with its headers."""
        body, response = self.call(lambda c: c.get_me(user_auth=True))
        data = body.get("data")
        if not isinstance(data, dict) or not data.get("id"):
            raise Transient("X did not say whose credentials these are")
        self._me = data
        return data, response

    def close(self) -> None:
        if client := getattr(self._own, "client", None):
            client.session.close()

    def _client(self) -> Any:
        client = getattr(self._own, "client", None)
        if client is None:
            client = self._own.client = self._made()
        elif time.monotonic() - self._own.used > IDLE:
            client.session.close()
        return client

    def _made(self) -> Any:
        import requests
        import tweepy

        hush()
        names = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")
        keys = {name: self.settings.secret(given) for name, given in zip(names, CREDENTIALS, strict=True)}
        client = tweepy.Client(**keys, return_type=requests.Response, wait_on_rate_limit=False)
        client.session = http.session(
            self.settings.connect_timeout, self.settings.read_timeout, base=self.settings.api_url, instead=API
        )
        client.session.hooks["response"].append(_judge)
        self._own.used = time.monotonic()
        return client

    def _told(self, error: DeliveryError, final: bool) -> DeliveryError:
        """`error` without secrets that an answer may echo; a harmless request's lost answer as Transient."""
        text = str(error)
        for secret in sorted(filter(None, map(self.settings.secret, CREDENTIALS)), key=len, reverse=True):
            text = text.replace(secret, "…")
        if not final and isinstance(error, OutcomeUnknown) and not isinstance(error, Duplicate):
            return Transient(
                text.replace("; it may have been published", "; nothing was published by this call")
            )
        error.args = (text,)
        return error


def _judge(response: requests.Response, *_: Any, **__: Any) -> None:
    """Raise what an answer means, before redirects are followed and before tweepy reads it."""
    if error := outcome.refused(response):
        raise error


def hush() -> None:
    """Keep the libraries' debug logs shut: they print tokens."""
    known = [name for name in logging.root.manager.loggerDict if name.partition(".")[0] in _TELLTALES]
    for name in {*_TELLTALES, *known}:
        logger = logging.getLogger(name)
        logger.setLevel(max(logger.getEffectiveLevel(), logging.INFO))
