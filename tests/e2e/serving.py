"""What the tests of the service share: the office's web site, and how its server is asked."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from publisher import signing, views
from publisher.api import Publisher
from publisher.serve import Serving
from publisher.settings import Settings

SECRET = "a secret of the press office"
PAGE = """<html lang="en"><head><link rel="canonical" href="{url}"></head><body><nav>Home</nav><main>
<h1>{title}</h1><p>{words} They start on 3 May 2026.</p></main></body></html>"""


Answer = tuple[int, dict[str, Any]]


class Site:
    """The office's web site: pages and a feed, by path; a status in place of a page is what it answers."""

    def __init__(self) -> None:
        self.pages: dict[str, tuple[str, bytes] | int] = {}
        self.asked: list[tuple[str, str]] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                found = site.pages.get(self.path, 404)
                tag = f'"{hash(found) & 0xFFFF}"'
                known = self.headers.get("If-None-Match", "")
                site.asked.append((self.path, known))
                if not isinstance(found, int) and known == tag:
                    found = 304
                body = b"" if isinstance(found, int) else found[1]
                self.send_response(found if isinstance(found, int) else 200)
                self.send_header("Content-Type", "text/plain" if isinstance(found, int) else found[0])
                self.send_header("ETag", tag)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self.server.server_port}"
        self.url = f"http://{self.host}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def page(self, path: str, title: str, words: str = "Nine ports have agreed on cables.") -> str:
        made = PAGE.format(url=self.url + path, title=title, words=words)
        self.pages[path] = ("text/html", made.encode())
        return self.url + path

    def feed(self, *items: tuple[str, str, str], kind: str = "rss") -> None:
        """Items are (path, title, summary)."""
        if kind == "json":
            entries = [{"id": p, "url": self.url + p, "title": t, "content_text": s} for p, t, s in items]
            body = json.dumps(
                {"version": "https://jsonfeed.org/version/1.1", "title": "News", "items": entries}
            )
        elif kind == "atom":
            entries = [f'<entry><id>{p}</id><title>{t}</title><link href="{self.url}{p}"/><summary>{s}</summary></entry>' for p, t, s in items]  # fmt: skip
            body = f'<feed xmlns="http://www.w3.org/2005/Atom"><title>News</title>{"".join(entries)}</feed>'
        else:
            entries = [f"<item><guid>{p}</guid><title>{t}</title><link>{self.url}{p}</link><description>{s}</description></item>" for p, t, s in items]  # fmt: skip
            body = f'<?xml version="1.0"?><rss version="2.0"><channel><title>News</title>{"".join(entries)}</channel></rss>'
        self.pages["/feed"] = ("application/xml", body.encode())


def hook(n: int = 1, **more: Any) -> dict[str, Any]:
    said = {"title": f"Charter {n} is adopted", "url": f"https://www.example.org/{n}", "language": "en"}
    return said | {"text": f"Ministers of {n + 3} countries adopted charter {n} in Lund."} | more


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as wire:
        return int(wire.getsockname()[1])


def ask(request: urllib.request.Request) -> Answer:
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, _read(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, _read(error.read())
    except OSError:
        return 0, {}


def _read(body: bytes) -> dict[str, Any]:
    try:
        return dict(json.loads(body))
    except ValueError:
        return {"text": body.decode()}


def until(true: Callable[[], object], seconds: float = 30.0, every: float = 0.02) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come true"
        time.sleep(every)


def started(values: dict[str, str], port: int, tmp_path: Path) -> subprocess.Popen[bytes]:
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)} | values
    command = [sys.executable, "-m", "publisher", "serve", "--port", str(port)]
    return subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def state(office: Publisher, key: str) -> str:
    return str(views.announcement(office.ledger, key)["announcement"]["state"])


def settled(office: Publisher, keys: list[str]) -> bool:
    """Whether nothing is left that a machine may do."""
    office.run(until_idle=True)
    rows = [
        part for key in keys for of in office.ledger.deliveries(key) for part in office.ledger.parts(of.id)
    ]
    return all(p.state == "delivered" or (p.state == "unknown" and p.find_due is None) for p in rows)


def post(url: str, body: Any) -> Answer:
    """Sign a statement and hand it in at a service's address."""
    data = json.dumps(body).encode()
    headers = signing.headers(SECRET, data, time.time())
    return ask(urllib.request.Request(f"{url}/hooks/statements", data, headers))


class Service:
    """One service in this process, on a port of its own."""

    def __init__(self, values: dict[str, str]) -> None:
        self.seen: list[tuple[str, dict[str, Any]]] = []
        self.office = Publisher(Settings(values, files=False), lambda e, f: self.seen.append((e, dict(f))))
        self.serving = Serving(self.office, port=free_port())
        self.thread = threading.Thread(target=self.serving.run)
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.serving.port}"
        until(lambda: self.get("/health")[0] == 200)

    def stop(self) -> None:
        self.serving.stop()
        self.thread.join(30)
        assert not self.thread.is_alive()
        self.office.close()

    def get(self, path: str) -> Answer:
        return ask(urllib.request.Request(self.url + path))

    def post(self, body: Any, *, secret: str = SECRET, at: float | None = None, sign: bool = True) -> Answer:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = signing.headers(secret, data, time.time() if at is None else at) if sign else {}
        return ask(urllib.request.Request(f"{self.url}/hooks/statements", data, headers))

    def state(self, key: str) -> str:
        return str(views.announcement(self.office.ledger, key)["announcement"]["state"])

    def kinds(self, key: str) -> list[str]:
        return [event.kind for _, event in self.office.ledger.events(key)]

    def all(self) -> list[str]:
        return [row.id for row in self.office.ledger.all()]
