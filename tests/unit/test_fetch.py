"""Fetching: only public addresses, checked where they are connected to; bounded in size, time and redirects."""

from __future__ import annotations

import gzip
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from publisher.errors import StatementError
from publisher.intake import fetch as fetching
from publisher.intake import read
from publisher.intake.fetch import fetch, public

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20 + b"IEND\xaeB`\x82"
Answer = Callable[[BaseHTTPRequestHandler], None]


def send(
    request: BaseHTTPRequestHandler, body: bytes, kind: str = "text/html", status: int = 200, **headers: str
) -> None:
    request.send_response(status)
    for name, value in ({"Content-Type": kind, "Content-Length": str(len(body))} | headers).items():
        request.send_header(name.replace("_", "-"), value)
    request.end_headers()
    request.wfile.write(body)


def _absent(request: BaseHTTPRequestHandler) -> None:
    send(request, b"not here", status=404)


class Site:
    """A server on loopback that answers each path as told, and remembers what it was asked."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.asked.append((self.path, dict(self.headers.items())))
                site.answers.get(self.path, _absent)(self)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self.host = f"127.0.0.1:{self.port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def on(
        self, path: str, body: bytes = b"", kind: str = "text/html", status: int = 200, **headers: str
    ) -> str:
        self.answers[path] = lambda request: send(request, body, kind, status, **headers)
        return f"http://{self.host}{path}"

    def get(self, path: str, **options: Any) -> fetching.Fetched:
        return fetch(f"http://{self.host}{path}", allow_hosts=[self.host], **options)


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()
    yield made
    made.server.shutdown()
    made.server.server_close()


def test_an_allowed_host_is_fetched_without_cookies_or_credentials(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    site.on("/a%20b?q=%C3%A9", "Å".encode("latin-1"), "Text/HTML; charset=ISO-8859-1", Set_Cookie="a=b")
    got = site.get("/a%20b?q=é#part")
    assert (got.content, got.type, got.charset) == (b"\xc5", "text/html", "iso-8859-1")
    assert got.url.endswith("/a%20b?q=é")
    [(_, headers)] = site.asked
    assert headers["Host"] == site.host
    assert not {"Cookie", "Authorization"} & set(headers)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "100.100.100.200", "168.63.129.16", "192.0.0.192", "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1",
        "255.255.255.255", "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::", "2001:db8::1",
    ],
)  # fmt: skip
def test_addresses_that_are_not_on_the_public_internet(address: str) -> None:
    assert not public(address)


@pytest.mark.parametrize(
    "address", ["93.184.215.14", "8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_addresses_that_are(address: str) -> None:
    assert public(address)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "127.1",
        "0",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::]",
    ],
)
def test_no_spelling_of_loopback_is_fetched(site: Site, host: str) -> None:
    with pytest.raises(StatementError, match=r"not on the public internet|cannot be fetched"):
        fetch(f"http://{host}/")
    assert site.asked == []


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("file:///etc/passwd", "only http and https"),
        ("gopher://example.org/", "only http and https"),
        ("http:///x", "with a host"),
        ("http://example.org:22/", "port 22"),
        ("http://example.org:99999/", "no address"),
        ("http://user:secret@example.org/", "user name or password"),
        ("http://example.org/a b", "blanks"),
        ("http://example.org/\r\nHost: x", "blanks"),
        ("http://exa\\mple.org/", "blanks or control"),
        ("http://[::1/", "no address"),
        ("http://" + "a" * 300 + ".org/", ""),
    ],
)
def test_what_is_no_address_to_fetch_is_refused(url: str, says: str) -> None:
    with pytest.raises(StatementError) as caught:
        fetch(url)
    assert says in str(caught.value)
    assert "secret" not in str(caught.value)


def test_an_exemption_is_for_its_port_and_host_only(site: Site) -> None:
    site.on("/", b"ok")
    for allowed in (["127.0.0.1:1"], ["localhost"], ["", " "]):
        with pytest.raises(StatementError):
            fetch(f"http://{site.host}/", allow_hosts=allowed)
    assert fetch(f"http://{site.host}/", allow_hosts=["127.0.0.1"]).content == b"ok"


def resolve_to(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """Make names resolve to one answer after the other; returns the names that were asked for."""
    asked: list[str] = []

    real = socket.getaddrinfo

    def getaddrinfo(host: str, port: int, *options: Any, **named: Any) -> list[Any]:
        if host.replace(".", "").isdigit():
            return real(host, port, *options, **named)
        asked.append(host)
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port))
            for ip in answers[min(len(asked), len(answers)) - 1]
        ]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


def test_the_checked_address_is_the_connected_one(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that answers with a public address first and loopback after (rebinding) is asked once."""
    asked = resolve_to(monkeypatch, ["93.184.215.14"], ["127.0.0.1"])
    connected: list[tuple[str, int]] = []

    def connect(address: tuple[str, int], timeout: float) -> socket.socket:
        connected.append(address)
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(StatementError, match="connection refused"):
        fetch("http://rebind.example/")
    assert (asked, connected) == (["rebind.example"], [("93.184.215.14", 80)])


def test_one_private_address_among_public_ones_is_enough_to_refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve_to(monkeypatch, ["93.184.215.14", "10.0.0.1"])
    with pytest.raises(StatementError, match=r"half\.example is not on the public internet"):
        fetch("http://half.example/")


def test_redirects_are_followed_checked_and_counted(site: Site) -> None:
    site.on("/1", status=301, Location="/2")
    site.on("/2", status=302, Location=f"http://{site.host}/3")
    site.on("/3", b"here")
    assert site.get("/1").url == f"http://{site.host}/3"
    site.on("/loop", status=307, Location="/loop")
    with pytest.raises(StatementError, match="redirects more than 5 times"):
        site.get("/loop")
    assert sum(path == "/loop" for path, _ in site.asked) == 6
    for inward in (
        "http://169.254.169.254/latest/meta-data/",
        "http://localhost:22/",
        "file:///etc/passwd",
        "//10.0.0.1/",
    ):
        site.on("/in", status=302, Location=inward)
        with pytest.raises(StatementError, match=r"public internet|not fetched|only http"):
            site.get("/in")


def test_size_is_bounded_declared_or_not_and_unpacked(site: Site) -> None:
    site.on("/declared", b"x" * 2000)
    site.on("/zipped", gzip.compress(b"x" * 2000), Content_Encoding="gzip")

    def chunked(request: BaseHTTPRequestHandler) -> None:
        request.protocol_version = "HTTP/1.1"
        request.send_response(200)
        request.send_header("Transfer-Encoding", "chunked")
        request.end_headers()
        for _ in range(40):
            request.wfile.write(b"32\r\n" + b"x" * 50 + b"\r\n")
        request.wfile.write(b"0\r\n\r\n")

    site.answers["/chunked"] = chunked
    for path in ("/declared", "/zipped", "/chunked"):
        with pytest.raises(StatementError, match="larger than 1,000 bytes"):
            site.get(path, limit=1000)
        assert site.get(path, limit=2000).content == b"x" * 2000


@pytest.mark.parametrize(
    ("mark", "asks"), [("ETag", "If-None-Match"), ("Last-Modified", "If-Modified-Since")]
)
def test_what_is_known_is_asked_for_only_if_it_has_changed(site: Site, mark: str, asks: str) -> None:
    """By whichever of the two marks the server gives."""
    value = {"ETag": '"v1"', "Last-Modified": "Mon, 04 May 2026 07:00:00 GMT"}[mark]
    site.on("/page", b"<p>one</p>", **{mark: value})
    first = site.get("/page")
    heard: list[str | None] = []

    def unchanged(request: Any) -> None:
        heard.append(request.headers.get(asks))
        send(request, b"", "text/html", 304)

    site.answers["/page"] = unchanged
    again = site.get("/page", known=first)
    assert (heard, again.unchanged, again.content) == ([value], True, b"<p>one</p>")


@pytest.mark.parametrize("missing", ["length", "chunk"])
def test_an_answer_that_is_cut_off_is_refused(site: Site, missing: str) -> None:
    def cut(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        name, value = ("Content-Length", "100") if missing == "length" else ("Transfer-Encoding", "chunked")
        request.send_header(name, value)
        request.end_headers()
        request.wfile.write(b"half" if missing == "length" else b"64\r\nhalf")

    site.answers["/"] = cut
    with pytest.raises(StatementError, match="cut off"):
        site.get("/")


def test_a_slow_drip_does_not_outlast_the_total_time(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each byte comes in time for a single read; the whole does not."""
    monkeypatch.setattr(fetching, "TOTAL", 0.3)
    done = threading.Event()

    def drip(request: BaseHTTPRequestHandler) -> None:
        request.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while not done.is_set():
            try:
                request.wfile.write(b"x")
            except OSError:
                return
            time.sleep(0.01)

    site.answers["/"] = drip
    with pytest.raises(StatementError, match="did not answer in time"):
        site.get("/")
    done.set()


def test_a_server_that_says_nothing_is_given_up(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "READ", 0.1)
    silent = socket.create_server(("127.0.0.1", 0))
    port = silent.getsockname()[1]
    with silent, pytest.raises(StatementError, match="did not answer in time"):
        fetch(f"http://127.0.0.1:{port}/", allow_hosts=["127.0.0.1"])


def test_only_the_wanted_types_and_only_success(site: Site) -> None:
    site.on("/zip", b"PK", "application/zip")
    with pytest.raises(StatementError, match="is application/zip; wanted is text/html"):
        site.get("/zip")
    for status in (204, 403, 404, 500, 304):
        site.on("/s", status=status)
        with pytest.raises(StatementError, match=f"answered {status}"):
            site.get("/s?token=secret".partition("?")[0])
    with pytest.raises(StatementError) as caught:
        site.get("/s2?token=secret")
    assert "secret" not in str(caught.value)


def test_nonsense_for_an_answer_and_a_closed_port_are_statement_errors(site: Site) -> None:

    def nonsense(request: BaseHTTPRequestHandler) -> None:
        request.wfile.write(b"\0\1\2 nonsense\r\n\r\n")

    site.answers["/"] = nonsense
    with pytest.raises(StatementError):
        site.get("/")
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    with pytest.raises(StatementError, match="connection refused"):
        fetch(f"http://127.0.0.1:{port}/", allow_hosts=["127.0.0.1"])
    with pytest.raises(StatementError, match="its host has no address"):
        fetch("http://nothing.invalid/")


@pytest.fixture
def secure(site: Site, tmp_path: Path) -> Path:
    """The site behind TLS with a certificate for `statements.example`; returns the certificate."""
    key, made = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=statements.example", "-addext", "subjectAltName=DNS:statements.example", "-keyout", str(key), "-out", str(made)],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made, key)

    def named(_sock: ssl.SSLObject, name: str | None, _context: ssl.SSLContext) -> None:
        site.asked.append((f"sni {name}", {}))

    context.sni_callback = named
    site.server.socket = context.wrap_socket(site.server.socket, server_side=True)
    return made


def test_https_is_verified_for_the_name_though_the_address_is_connected(
    site: Site, secure: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.on("/", b"ok")
    resolve_to(monkeypatch, ["127.0.0.1"])
    url = f"https://statements.example:{site.port}/"
    with pytest.raises(StatementError, match="certificate is not valid"):
        fetch(url, allow_hosts=["statements.example"])
    real = ssl.create_default_context
    monkeypatch.setattr(ssl, "create_default_context", lambda: real(cafile=str(secure)))
    assert fetch(url, allow_hosts=["statements.example"]).content == b"ok"
    assert site.asked[-2:][0][0] == "sni statements.example"
    assert site.asked[-1][1]["Host"] == f"statements.example:{site.port}"
    with pytest.raises(StatementError, match="certificate is not valid"):
        fetch(url.replace("statements", "others"), allow_hosts=["others.example"])
    site.on("/down", status=302, Location=f"http://{site.host}/")
    with pytest.raises(StatementError, match="from https to http"):
        fetch(url + "down", allow_hosts=["statements.example", site.host])


# ---------------------------------------------------------------- pages and their media, read over the wire


def test_a_page_is_read_from_its_address_with_relative_links_resolved(site: Site) -> None:
    page = (
        '<html lang="en"><head><link rel="canonical" href="/"></head><body><main><h1>A headline</h1>'
        '<p>The Forum has agreed on the rules for the repair of cables.</p><a href="files/rules.pdf">The rules</a></main></body></html>'
    )
    url = site.on("/news/rules?x=1", page.encode())
    made = read(url, allow_hosts=[site.host])
    assert (made.title, made.url, made.source) == ("A headline", url, url)
    assert made.documents[0].url == f"http://{site.host}/news/files/rules.pdf"
    assert any("front page" in note for note in made.notes)
    assert [path for path, _ in site.asked] == ["/news/rules?x=1"]


CARD = """<html lang="en"><head><meta property="og:image" content="/img/front page.png">
<meta property="og:image:alt" content="The sea"></head><body><main><h1>A headline</h1>
<p>The Forum has agreed on the rules for the repair of cables.</p></main></body></html>"""


def test_a_page_on_the_intranet_sends_no_reader_there(site: Site) -> None:
    """What it links lies beside its public address; if it names none, that is said."""
    page = b'<html><head>%s</head><body><main><h1>T</h1><p>The text is here.</p><a href="/f/s.pdf">The statement</a></main></body></html>'
    link = b'<link rel="canonical" href="https://www.example.org/news/t">'
    site.answers["/t"] = lambda request: send(request, page % link)
    made = read(f"http://{site.host}/t", allow_hosts=[site.host])
    assert [m.url for m in made.documents] == ["https://www.example.org/f/s.pdf"]
    assert not any("is not public" in note for note in made.notes)
    site.answers["/t"] = lambda request: send(request, page % b"")
    made = read(f"http://{site.host}/t", allow_hosts=[site.host])
    assert made.url == f"http://{site.host}/t" and any("is not public" in note for note in made.notes)


def test_a_page_brings_the_picture_of_its_link_card(site: Site) -> None:
    """It is the page's and not the statement's: another picture tomorrow makes no other statement."""
    url = site.on("/news/rules", CARD.encode())
    site.on("/img/front%20page.png", PNG, "image/png")
    made = read(url, allow_hosts=[site.host])
    assert made.card
    assert (made.card.content, made.card.alt, made.card.name) == (PNG, "The sea", "front page.png")
    assert made.images == ()
    site.on("/img/front%20page.png", PNG + b"\0IEND", "image/png")
    again = read(url, allow_hosts=[site.host])
    assert again.card
    assert (again.card.digest != made.card.digest, again.digest) == (True, made.digest)


@pytest.mark.parametrize("body", [None, b"<html>gone</html>"])
def test_a_picture_that_cannot_be_had_is_left_out_with_a_note(site: Site, body: bytes | None) -> None:
    url = site.on("/news/rules", CARD.encode())
    if body:
        site.on("/img/front%20page.png", body, "image/png")
    made = read(url, allow_hosts=[site.host])
    assert made.card is None
    assert any("link card is left out" in note for note in made.notes)


def test_a_page_that_lies_here_as_a_file_asks_no_server(site: Site, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(CARD.replace("/img", f"http://{site.host}/img"))
    assert read(str(page), allow_hosts=[site.host]).card is None
    assert site.asked == []


def test_a_markdown_file_at_an_address_brings_its_images_with_it(site: Site) -> None:
    body = b"---\ntitle: A title\nimages: [{path: img/a.png, alt: A sea}]\ndocuments: [{path: a.pdf, title: T}]\n---\nThe body."
    url = site.on("/files/statement.md", body, "text/plain; charset=utf-8")
    site.on("/files/img/a.png", PNG, "image/png")
    made = read(url, allow_hosts=[site.host])
    assert (made.images[0].content, made.images[0].type) == (PNG, "image/png")
    assert (made.documents[0].url, made.documents[0].content) == (f"http://{site.host}/files/a.pdf", None)


def test_an_image_by_address_must_be_an_image(site: Site, tmp_path: Path) -> None:
    source = f"---\ntitle: T\nimages: [{{url: 'http://{site.host}/a.png', alt: A sea}}]\n---\nBody.".encode()
    site.on("/a.png", b"<html>gone</html>", "image/png")
    with pytest.raises(StatementError, match="is no image"):
        read("-", stdin=source, allow_hosts=[site.host])
    with pytest.raises(StatementError, match="FETCH__ALLOW_HOSTS"):
        read("-", stdin=source)
    site.on("/a.png", PNG, "image/png")
    assert read("-", stdin=source, allow_hosts=[site.host]).images[0].url == f"http://{site.host}/a.png"
