"""The way onto the list: /subscribe takes an address, and writes to it; only its reader's own button stores anything.

The link in that mail carries the address, its language and the time, under a MAC made with the ledger's own key: until
it is confirmed nothing is kept anywhere. Whatever the address, the page answers the same and at once, and the mail is
sent afterwards, so that nobody learns who is on the list. Who had left, bounced or complained comes back in this way
and in no other.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from html import escape
from threading import Lock
from typing import Any
from urllib.parse import parse_qs

from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from publisher import audience
from publisher.address import normal
from publisher.api import Publisher
from publisher.errors import PublisherError, UsageError
from publisher.intake.fields import language_tag
from publisher.serve.pages import button, page

GOOD_FOR = 48 * 3600
"""Seconds for which a link can be confirmed."""
EACH = 3
"""Mails to one address in a day."""
ALL = 60
"""Mails to anybody in a minute."""
REMEMBERED = 10_000
"""Addresses whose mails are counted at once, as digests."""
LIMIT = 4096
"""Bytes of a form."""
MAC = 16


class Joining:
    """One service's form, its mails and its links."""

    def __init__(self, office: Publisher) -> None:
        self.office = office
        self.lane = Lane()

    def routes(self) -> list[Route]:
        return [
            _route("/subscribe", self._form, self._ask),
            _route("/subscribe/{token}", self._asked, self._confirm),
        ]

    async def _form(self, request: Request) -> Response:
        if self._channel() is None:
            return _not_offered()
        return self._blank(_wanted(request))

    async def _ask(self, request: Request) -> Response:
        channel = self._channel()
        if channel is None:
            return _not_offered()
        form = await _read(request)
        language = language_tag(form.get("language", "")) or _wanted(request)
        words = self.office.renderer.words(language)
        try:
            address, key = normal(form.get("email", ""))
        except UsageError:
            return self._blank(language, words["subscribe_wrong"], 400)
        if not self.lane.open(time.monotonic()):
            return page(language, words["subscribe"], words["subscribe_busy"], status=429)
        later = BackgroundTask(self._write, channel, address, key, language)
        made = page(language, words["subscribe"], words["subscribe_sent"])
        made.background = later
        return made

    async def _asked(self, request: Request) -> Response:
        found = await run_in_threadpool(self._opened, request.path_params["token"])
        if found is None:
            return _expired()
        address, language, _ = found
        words = self.office.renderer.words(language or "en")
        question = words["subscribe_question"].format(address=address)
        return page(language, words["subscribe"], question, button(words["subscribe"]))

    async def _confirm(self, request: Request) -> Response:
        found = await run_in_threadpool(self._opened, request.path_params["token"])
        if found is None or not await run_in_threadpool(audience.confirm, self.office.ledger, *found):
            return _expired()
        words = self.office.renderer.words(found[1] or "en")
        return page(found[1], words["subscribe"], words["subscribed"])

    # ------------------------------------------------------------ the mail

    def _channel(self) -> Any:
        """The channel that says where its links lead; None where none does."""
        for name in self.office.settings.channel_names:
            try:
                channel: Any = self.office.channel(name)
            except PublisherError:
                continue
            if hasattr(channel, "joining") and channel.joining("x"):
                return channel
        return None

    def _write(self, channel: Any, address: str, key: str, language: str) -> None:
        """Mail the link; more than `EACH` to one address are left out. What fails is told to the log."""
        if not self.lane.free(key, time.monotonic()):
            return
        words = self.office.renderer.words(language)
        link = channel.joining(self._token(address, language))
        text = f"{words['subscribe_mail']}\n\n{link}\n\n{words['subscribe_ignore']}\n"
        try:
            channel.ready()
            channel.notify(address, words["subscribe_subject"], text)
        except PublisherError as error:
            self.office.observe("trigger trouble", {"trigger": "subscribe", "of": "", "reason": error.kind})

    def _blank(self, language: str, words: str = "", status: int = 200) -> Response:
        said = self.office.renderer.words(language)
        offered = self.office.renderer.labels
        mine = language if language in offered else language.split("-")[0]
        options = "".join(
            f'<option value="{escape(tag)}"{" selected" if tag == mine else ""}>{escape(own["language_name"])}</option>'
            for tag, own in offered.items()
            if "language_name" in own
        )
        form = (
            f'<form method="post" action="subscribe"><label>{escape(said["subscribe_address"])}'
            f'<input name="email" type="email" autocomplete="email" required maxlength="254"></label>'
            f'<label>{escape(said["subscribe_language"])}<select name="language">{options}</select></label>'
            f"<button>{escape(said['subscribe'])}</button></form>"
        )
        return page(language, said["subscribe"], words or said["subscribe_words"], form, status)

    # ------------------------------------------------------------ the link

    def _token(self, address: str, language: str) -> str:
        said = json.dumps([address, language, self.office.ledger.clock()], ensure_ascii=False).encode()
        return urlsafe_b64encode(self._mac(said) + said).decode().rstrip("=")

    def _opened(self, token: str) -> tuple[str, str, float] | None:
        """Address, language and time of a link that is ours and not too old."""
        try:
            raw = urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
        except ValueError:
            return None
        mac, said = raw[:MAC], raw[MAC:]
        if not hmac.compare_digest(mac, self._mac(said)):
            return None
        address, language, at = json.loads(said)
        return (address, language, float(at)) if self.office.ledger.clock() - at < GOOD_FOR else None

    def _mac(self, said: bytes) -> bytes:
        key = audience.secret(self.office.ledger)
        return hmac.digest(key.encode(), b"subscribe/" + said, hashlib.sha256)[:MAC]


class Lane:
    """How many confirmations may be mailed: to all in a minute, and to one address in a day. Kept in memory."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._minute: list[float] = []
        self._each: OrderedDict[bytes, list[float]] = OrderedDict()

    def open(self, now: float) -> bool:
        with self._lock:
            self._minute = [at for at in self._minute if now - at < 60]
            if len(self._minute) >= ALL:
                return False
            self._minute.append(now)
            return True

    def free(self, key: str, now: float) -> bool:
        who = hashlib.sha256(key.encode()).digest()
        with self._lock:
            times = [at for at in self._each.pop(who, []) if now - at < 86400]
            self._each[who] = times if len(times) >= EACH else [*times, now]
            while len(self._each) > REMEMBERED:
                self._each.popitem(last=False)
            return len(times) < EACH


Answering = Callable[[Request], Awaitable[Response]]


def _route(path: str, shown: Answering, done: Answering) -> Route:
    """A page and what its button does, as one route: its `Allow` names both."""

    async def either(request: Request) -> Response:
        return await (done if request.method == "POST" else shown)(request)

    return Route(path, either, methods=["GET", "POST"])


async def _read(request: Request) -> dict[str, str]:
    """A posted form; what is too long to be one is empty."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > LIMIT:
            return {}
    found = parse_qs(body.decode("utf-8", "replace"), max_num_fields=10) if body.count(b"&") < 10 else {}
    return {name: values[0] for name, values in found.items()}


def _wanted(request: Request) -> str:
    """The language of whoever asks: the page's own parameter, else the browser's first."""
    asked = request.query_params.get("language", "") or request.headers.get("accept-language", "")
    return language_tag(asked.split(",")[0].split(";")[0]) or "en"


def _not_offered() -> Response:
    return page("en", "Not offered", "This office takes no subscriptions here.", status=404)


def _expired() -> Response:
    words = "This link is not complete, or too old. Ask for another one; nothing was changed."
    return page("en", "Unknown link", words, status=404)
