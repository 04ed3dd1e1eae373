"""The way off the list: /u/<token>. A GET shows a button and changes nothing, for scanners open every link in a mail.

A POST leaves, at once and in a mailing that is under way: the button's, or that of a mail program which offers
one-click unsubscribing (RFC 8058). No session, no address: the token is the reader's own and unguessable.
"""

from __future__ import annotations

from html import escape

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from publisher import audience
from publisher.api import Publisher
from publisher.render import RIGHT_TO_LEFT

PATH = "/u/{token}"
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'",
}

_PAGE = """<!doctype html>
<html lang="{language}" dir="{dir}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title><style>body{{font:1.1rem/1.5 system-ui,sans-serif;max-width:32rem;margin:4rem auto;padding:0 1rem;
color-scheme:light dark}}button{{font:inherit;padding:.6rem 1.2rem}}</style></head>
<body><main><h1>{title}</h1><p>{words}</p>{button}</main></body></html>
"""


def routes(office: Publisher) -> list[Route]:
    """The page and its button."""

    async def page(request: Request) -> Response:
        answer = _left if request.method == "POST" else _asked
        return await run_in_threadpool(answer, office, request.path_params["token"])

    return [Route(PATH, page, methods=["GET", "POST"])]


def _asked(office: Publisher, token: str) -> Response:
    found = audience.reader(office.ledger, token)
    if found is None:
        return _unknown()
    words = office.renderer.words(found.language or "en")
    if not found.active:
        return _page(found.language, words["unsubscribe"], words["left"])
    button = f'<form method="post"><button>{escape(words["unsubscribe"])}</button></form>'
    return _page(found.language, words["unsubscribe"], words["leave_question"], button)


def _left(office: Publisher, token: str) -> Response:
    if token == audience.PROBE:
        return _page(
            "en", "It works", "The doctor asked whether this page is there. Nobody leaves because of it."
        )
    found = audience.reader(office.ledger, token)
    if found is None or not audience.leave(office.ledger, token):
        return _unknown()
    words = office.renderer.words(found.language or "en")
    return _page(found.language, words["unsubscribe"], words["left"])


def _unknown() -> Response:
    words = "This link is not complete, or the list does not know it any more. No mail is sent because of it."
    return _page("en", "Unknown link", words, status=404)


def _page(language: str, title: str, words: str, button: str = "", status: int = 200) -> Response:
    language = language or "en"
    direction = "rtl" if language.split("-")[0].lower() in RIGHT_TO_LEFT else "ltr"
    made = _PAGE.format(
        language=escape(language), dir=direction, title=escape(title), words=escape(words), button=button
    )
    return HTMLResponse(made, status, HEADERS)
