"""The service's web side: the webhook, health, metrics, and a feed of what was published; described in openapi.yaml.

Nothing here sends anything: it stores and reads, and the clock delivers.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from publisher import health, views
from publisher.serve import joining, leaving

if TYPE_CHECKING:
    from publisher.api import Publisher
    from publisher.serve.hooks import Hook
    from publisher.serve.metrics import Metrics

ATOM = "http://www.w3.org/2005/Atom"
SHOWN = 50
"""Announcements in the feed of what was published."""


def app(office: Publisher, metrics: Metrics, hook: Hook | None, alive: Callable[[], str]) -> Starlette:
    """`alive` says why the clock of this process does not do its work; "" when it does."""

    async def ready(_: Request) -> Response:
        return await run_in_threadpool(_ready, office, alive)

    async def healthy(_: Request) -> Response:
        why = alive()
        return JSONResponse({"schema": 1, "ok": not why, "why": why or None}, 503 if why else 200)

    async def measured(_: Request) -> Response:
        from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

        return Response(
            await run_in_threadpool(generate_latest, metrics.registry), media_type=CONTENT_TYPE_LATEST
        )

    async def published(request: Request) -> Response:
        made = await run_in_threadpool(atom, office, str(request.url))
        return Response(made, media_type="application/atom+xml")

    described = JSONResponse(description())

    async def describe(_: Request) -> Response:
        return described

    routes = [
        # Routes are asked in turn, and this is the one that a flood comes to.
        *([Route("/hooks/statements", hook, methods=["POST"])] if hook else []),
        *leaving.routes(office),
        *joining.Joining(office).routes(),
        Route("/openapi.json", describe),
        Route("/health", healthy),
        Route("/ready", ready),
        Route("/metrics", measured),
        Route("/published.atom", published),
    ]
    errors: Any = {HTTPException: _explained, Exception: _unexpected}
    return Starlette(routes=routes, exception_handlers=errors)


def description() -> dict[str, Any]:
    """The whole web side as OpenAPI 3.1."""
    import yaml

    text = files("publisher.serve").joinpath("openapi.yaml").read_text("utf-8")
    described: dict[str, Any] = yaml.safe_load(text)
    return described


def _ready(office: Publisher, alive: Callable[[], str]) -> Response:
    """Whether this host does its work: its clock ticks, and the ledger answers. What a person has to do is told beside."""
    try:
        view = health.status(office.ledger, office.settings.core.timezone or "UTC")
    except Exception as error:  # whatever the database says, it is not ready
        why = f"the ledger does not answer ({type(error).__name__})"
        return JSONResponse({"schema": 1, "ready": False, "why": why}, 503)
    why = alive()
    told = {
        key: view[key] for key in ("next_due", "counts", "overdue", "paused", "blocked", "needs_a_person")
    }
    return JSONResponse({"schema": 1, "ready": not why, "why": why or None} | told, 503 if why else 200)


def _explained(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    view = {"schema": 1, "error": {"kind": "HTTP", "message": error.detail}}
    return JSONResponse(view, error.status_code, error.headers)


def _unexpected(_: Request, error: Exception) -> Response:
    message = f"this should not happen ({type(error).__name__}); what was handed in may be handed in again"
    return JSONResponse({"schema": 1, "error": {"kind": "Unexpected", "message": message}}, 500)


def atom(office: Publisher, address: str) -> bytes:
    """What is public, newest first, as an Atom feed: each statement with the links of its posts."""
    ET.register_namespace("", ATOM)
    feed = ET.Element(f"{{{ATOM}}}feed")
    _add(feed, "title", "Published statements")
    _add(feed, "id", f"{urlsplit(address).scheme}://{urlsplit(address).netloc}/published.atom")
    ET.SubElement(feed, f"{{{ATOM}}}link", {"rel": "self", "href": address})
    entries = list(_entries(office))
    _add(feed, "updated", entries[0][1] if entries else _stamp(office.ledger.clock()))
    for known, when, links in entries:
        entry = ET.SubElement(feed, f"{{{ATOM}}}entry")
        _add(entry, "title", known.title)
        _add(entry, "id", f"urn:announcement:{known.id}")
        _add(entry, "updated", when)
        ET.SubElement(ET.SubElement(entry, f"{{{ATOM}}}author"), f"{{{ATOM}}}name").text = (
            known.statement.organization or "publisher"
        )
        for kind, url in links:
            ET.SubElement(entry, f"{{{ATOM}}}link", {"rel": kind, "href": url})
    return bytes(ET.tostring(feed, encoding="utf-8", xml_declaration=True))


def _entries(office: Publisher) -> Any:
    found = []
    for row in office.ledger.all()[:SHOWN]:
        view = views.announcement(office.ledger, row.id)
        if view["announcement"]["state"] != "delivered":
            continue
        ids = [d["id"] for d in view["deliveries"]]
        settled = [p.settled for of in ids for p in office.ledger.parts(of)[:1] if p.settled]
        links = [("alternate", row.url)] if row.url else []
        links += [
            ("related", d["receipt"]["url"]) for d in view["deliveries"] if (d["receipt"] or {}).get("url")
        ]
        found.append((office.ledger.known(row.id), _stamp(max(settled, default=row.created)), links))
    return sorted(found, key=lambda entry: entry[1], reverse=True)


def _stamp(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _add(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, f"{{{ATOM}}}{name}").text = text
