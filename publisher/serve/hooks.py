"""POST /hooks/statements: a signed statement, or the address of one, from the site where it was published.

Answered when it is stored and never later: no channel is waited for. A request that is not signed is no more
than a hint that the site has something new, and the feed is looked at.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from publisher import signing, triggers
from publisher.errors import PublisherError, StatementError
from publisher.serve import shapes
from publisher.triggers import Policy

if TYPE_CHECKING:
    from publisher.api import Publisher

NAME = "webhook"
LIMIT = 2_000_000
"""Bytes of a request's body."""
HEARD = 5 * LIMIT
"""Bytes that are read of one that is too large: whoever is cut off while he speaks does not hear why."""
AT_ONCE = 8
"""Signed requests that are being taken or wait for it; more are asked to come back."""
TAKING = 2
"""Of them so many are being taken: one computes while another waits for the disk. More would keep each other waiting."""
STRANGERS = (10, 60.0)
"""Requests that are not believed: so many in so many seconds from one address are told why, and noted."""
REMEMBERED = 2 * signing.WINDOW
"""Seconds for which a request is remembered: by then its time is past, and it is refused for that."""

Observer = Callable[[str, dict[str, Any]], None]


@dataclass
class Hook:
    """One webhook. `hint` looks at the feed soon; None where there is no feed."""

    office: Publisher
    secret: str
    policy: Policy
    mapping: Mapping[str, str]
    observe: Observer
    hint: Callable[[], None] | None = None
    clock: Callable[[], float] = time.time
    _at_work: int = 0
    _turn: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(TAKING))
    _tidied: float = float("-inf")
    _strangers: OrderedDict[str, tuple[int, float]] = field(default_factory=OrderedDict)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, as an application of its own: what is refused in a flood must cost little."""
        answer = await self._answer(Request(scope, receive))
        await answer(scope, receive, send)

    async def _answer(self, request: Request) -> JSONResponse:
        who = request.client.host if request.client else ""
        body, size = bytearray(), 0
        async for chunk in request.stream():
            size += len(chunk)
            if size <= LIMIT:
                body += chunk
            elif size > HEARD:
                break
        if size > LIMIT:
            return _refused(413, "TooLarge", f"a statement has at most {LIMIT:,} bytes here")
        signature = request.headers.get(signing.SIGNATURE, "")
        if not signature:
            return self._hinted(who)
        stamp = request.headers.get(signing.TIMESTAMP, "")
        if fault := signing.fault(self.secret, bytes(body), stamp, signature, self.clock()):
            return self._unbelieved(who, fault)
        if self._at_work >= AT_ONCE:
            return _BUSY
        self._at_work += 1
        try:
            async with self._turn:
                return await run_in_threadpool(self._take, bytes(body), f"{stamp} {signature.lower()}")
        finally:
            self._at_work -= 1

    def _hinted(self, who: str) -> JSONResponse:
        if self.hint is None:
            return self._unbelieved(who, f"sign the request: {signing.TIMESTAMP} and {signing.SIGNATURE}")
        if self._too_many(who):
            return _refused(429, "RateLimited", "too many requests that are not signed", retry=60)
        self._count(who)
        self.hint()
        return JSONResponse({"schema": 1, "hint": "the request is not signed; the feed is looked at"}, 202)

    def _take(self, body: bytes, request: str) -> JSONResponse:
        """Take one request that is believed; the same one again is told what became of it."""
        if known := triggers.handed_in(self.office, self.policy, request):
            return JSONResponse({"schema": 1, "already": True, "announcement": known.announcement}, 409)
        try:
            source = shapes.source(body, self.mapping)
            taken = triggers.take(self.office, source, self.policy, request)
        except PublisherError as error:
            self.observe("refused", {"trigger": NAME, "of": "", "reason": error.message})
            if isinstance(error, triggers.Busy):
                return _refused(503, error.kind, error.message, retry=int(triggers.LAPSE))
            return _refused(422 if isinstance(error, StatementError) else 500, error.kind, error.message)
        self._tidy()
        self.observe(
            "taken",
            {"trigger": NAME, "of": taken.announcement, "outcome": taken.outcome, "reason": taken.note},
        )
        view = {
            "schema": 1,
            "announcement": taken.announcement,
            "outcome": taken.outcome,
            "note": taken.note or None,
        }
        if taken.outcome in ("known", "differs"):
            return JSONResponse(view | {"already": True}, 409)
        return JSONResponse(view, 202)

    def _tidy(self) -> None:
        """Forget requests whose time is past, now and then: each time costs a commit."""
        if time.monotonic() >= self._tidied + signing.WINDOW:
            self._tidied = time.monotonic()
            self.office.ledger.forget_seen(NAME, REMEMBERED)

    # ------------------------------------------------------------ strangers

    def _unbelieved(self, who: str, fault: str) -> JSONResponse:
        """Whoever sends what is signed is never kept out by those who do not: behind a proxy they share an address."""
        if self._too_many(who):
            return _refused(429, "RateLimited", "too many requests that could not be believed", retry=60)
        self._count(who)
        self.observe("hook refused", {"trigger": NAME, "from": who, "reason": fault})
        return _refused(401, "Unbelieved", fault)

    def _too_many(self, who: str) -> bool:
        count, since = self._strangers.get(who, (0, 0.0))
        return count >= STRANGERS[0] and time.monotonic() - since < STRANGERS[1]

    def _count(self, who: str) -> None:
        count, since = self._strangers.pop(who, (0, time.monotonic()))
        if time.monotonic() - since >= STRANGERS[1]:
            count, since = 0, time.monotonic()
        self._strangers[who] = (count + 1, since)
        while len(self._strangers) > 10_000:
            self._strangers.popitem(last=False)


def _refused(status: int, kind: str, message: str, retry: int = 0) -> JSONResponse:
    headers = {"Retry-After": str(retry)} if retry else {}
    return JSONResponse({"schema": 1, "error": {"kind": kind, "message": message}}, status, headers)


_BUSY = _refused(429, "RateLimited", "busy with other statements; send it again", retry=2)
