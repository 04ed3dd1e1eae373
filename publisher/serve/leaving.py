"""The way off the list: /u/<token>. A GET shows a button and changes nothing, for scanners open every link in a mail.

A POST leaves, at once and in a mailing that is under way: the button's, or that of a mail program which offers
one-click unsubscribing (RFC 8058). No session, no address: the token is the reader's own and unguessable.
"""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from publisher import audience
from publisher.api import Publisher
from publisher.serve.pages import button, page

PATH = "/u/{token}"


def routes(office: Publisher) -> list[Route]:
    """The page and its button."""

    async def asked(request: Request) -> Response:
        answer = _left if request.method == "POST" else _asked
        return await run_in_threadpool(answer, office, request.path_params["token"])

    return [Route(PATH, asked, methods=["GET", "POST"])]


def _asked(office: Publisher, token: str) -> Response:
    found = audience.reader(office.ledger, token)
    if found is None:
        return _unknown()
    words = office.renderer.words(found.language or "en")
    if not found.active:
        return page(found.language, words["unsubscribe"], words["left"])
    return page(found.language, words["unsubscribe"], words["leave_question"], button(words["unsubscribe"]))


def _left(office: Publisher, token: str) -> Response:
    if token == audience.PROBE:
        return page(
            "en", "It works", "The doctor asked whether this page is there. Nobody leaves because of it."
        )
    found = audience.reader(office.ledger, token)
    if found is None or not audience.leave(office.ledger, token):
        return _unknown()
    words = office.renderer.words(found.language or "en")
    return page(found.language, words["unsubscribe"], words["left"])


def _unknown() -> Response:
    words = "This link is not complete, or the list does not know it any more. No mail is sent because of it."
    return page("en", "Unknown link", words, status=404)
