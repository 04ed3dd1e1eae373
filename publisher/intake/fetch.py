"""Fetching what a statement points to, from public addresses only.

A statement may come from anybody's page, and its links with it: without these rules a link is a way to read
what only this machine can reach. The address that is checked is the address that is connected to, so a name
that answers differently the second time (DNS rebinding) gains nothing; each redirect is checked anew.
"""

from __future__ import annotations

import http.client
import io
import ipaddress
import re
import socket
import ssl
import time
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import SplitResult, quote, urljoin, urlsplit, urlunsplit

from publisher.errors import StatementError

CONNECT, READ, TOTAL = 5.0, 15.0, 30.0
"""Seconds: to connect to one address, to wait for the next bytes, for the whole fetch with its redirects."""
REDIRECTS = 5
PAGES = (
    "text/html", "application/xhtml+xml", "text/plain", "text/markdown", "text/x-markdown", "application/pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
)  # fmt: skip

_PORTS = {"http": 80, "https": 443}
_AGENT = "announcement-publisher"

# Not public although `ipaddress` of some Python versions says so: IETF protocol assignments (a cloud's metadata
# server lives there), 6to4 relays, a cloud's wire server, local-use NAT64.
_REFUSED = [
    ipaddress.ip_network(n) for n in ("192.0.0.0/24", "192.88.99.0/24", "168.63.129.16/32", "64:ff9b:1::/48")
]
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class Fetched:
    """`type` is the MIME type in lower case without parameters, `url` where the last redirect led.

    `etag` and `modified` are what the server calls this version; `unchanged`: it is still the one asked about.
    """

    content: bytes
    type: str
    charset: str
    url: str
    etag: str = ""
    modified: str = ""
    unchanged: bool = False


class Refused(StatementError):
    """The server answered something else than 200; `status` is what."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class _Target:
    scheme: str
    host: str
    port: int
    path: str
    netloc: str
    exempt: bool

    def __str__(self) -> str:
        # Without the query: it may hold a token.
        return f"{self.scheme}://{self.netloc}{self.path.partition('?')[0]}"


def fetch(
    url: str,
    *,
    allow_hosts: Sequence[str] = (),
    limit: int = 10_000_000,
    accept: Sequence[str] = PAGES,
    known: Fetched | None = None,
) -> Fetched:
    """GET `url`, at most `limit` bytes of a type that starts with one of `accept`.

    `allow_hosts` names hosts ("intranet", "127.0.0.1:8080") that need not be public. `known` is what was
    fetched last time: where the server says that it is still that, it is returned as `unchanged`. Raises
    StatementError; Refused where the server answered.
    """
    deadline = time.monotonic() + TOTAL
    for _ in range(REDIRECTS + 1):
        target = _target(url, allow_hosts)
        try:
            onward, fetched = _get(target, url, deadline, limit, accept, known)
        except (OSError, UnicodeError, http.client.HTTPException, zlib.error) as error:
            raise StatementError(f"{target} cannot be fetched: {_why(error)}") from None
        if fetched:
            return fetched
        url = urljoin(url, onward)
        if target.scheme == "https" and url.lower().startswith("http:"):
            raise StatementError(
                f"{target} redirects from https to http; give the address it should be read from"
            )
    raise StatementError(f"{target} redirects more than {REDIRECTS} times")


def _why(error: Exception) -> str:
    if isinstance(error, socket.gaierror | UnicodeError):
        return "its host has no address"
    if isinstance(error, TimeoutError):
        return "it did not answer in time"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not valid ({error.verify_message})"
    if isinstance(error, http.client.IncompleteRead):
        return "the answer was cut off"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return type(error).__name__


def _target(url: str, allow_hosts: Sequence[str]) -> _Target:
    """The parts of `url` to connect to. Raises StatementError when it is no address this product fetches."""
    if re.search(r"[\s\x00-\x1f\x7f\\]", url):
        raise StatementError(f"{url!r} is no address: it holds blanks or control characters")
    try:
        parts = urlsplit(url)
        host = _ascii(parts.hostname or "")
        port = parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        raise StatementError(f"{url!r} is no address that can be fetched") from None
    if parts.scheme not in _PORTS or not host:
        raise StatementError(f"{url!r} cannot be fetched: only http and https addresses with a host can")
    if parts.username is not None:
        raise StatementError(f"an address with a user name or password in it ({host}) is not fetched")
    exempt = any(_allows(entry, host, port) for entry in allow_hosts)
    if port not in _PORTS.values() and not exempt:
        raise StatementError(
            f"port {port} of {host} is not fetched: only 80 and 443 are; FETCH__ALLOW_HOSTS names exceptions"
        )
    return _Target(parts.scheme, host, port, _path(parts), _netloc(parts.scheme, host, port), exempt)


def _ascii(host: str) -> str:
    return host if host.isascii() else host.encode("idna").decode()


def _path(parts: SplitResult) -> str:
    safe = "/%:@!$&'()*+,;=~-._?"
    return urlunsplit(("", "", quote(parts.path or "/", safe), quote(parts.query, safe), ""))


def _netloc(scheme: str, host: str, port: int) -> str:
    host = f"[{host}]" if ":" in host else host
    return host if port == _PORTS[scheme] else f"{host}:{port}"


def _allows(entry: str, host: str, port: int) -> bool:
    named = urlsplit(f"//{entry.strip().lower()}")
    return bool(named.hostname) and named.hostname == host and named.port in (None, port)


def private(url: str, allow_hosts: Sequence[str]) -> bool:
    """Whether `url` may be fetched only because `allow_hosts` says so; its readers may not reach it."""
    parts = urlsplit(url)
    port = parts.port or _PORTS.get(parts.scheme, 0)
    return any(_allows(entry, _ascii(parts.hostname or ""), port) for entry in allow_hosts)


def _addresses(target: _Target) -> list[str]:
    """Where `target` lives. Raises StatementError when any of its addresses is not public."""
    found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if not target.exempt and not all(map(public, addresses)):
        raise StatementError(
            f"{target} is not fetched: {target.host} is not on the public internet; "
            "FETCH__ALLOW_HOSTS names exceptions"
        )
    return addresses


def public(address: str) -> bool:
    """Whether an IP address, with whatever IPv4 address it carries inside, is on the public internet."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo and ip.teredo[1])
        if ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner:
            return public(str(inner))
        if ip.is_site_local:
            return False
    if any(ip.version == net.version and ip in net for net in _REFUSED):
        return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)


def _connect(target: _Target, deadline: float) -> socket.socket:
    failure: OSError = TimeoutError()
    for address in _addresses(target):
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        try:
            plain = socket.create_connection((address, target.port), timeout=min(CONNECT, left))
        except OSError as error:
            failure = error
            continue
        if target.scheme == "http":
            return plain
        try:
            return ssl.create_default_context().wrap_socket(plain, server_hostname=target.host)
        except OSError:
            plain.close()
            raise
    raise failure


class _Timed(io.RawIOBase):
    """A socket's bytes; every read ends with what is left of the whole time, so a slow drip does not outlast it."""

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self.sock, self.deadline = sock, deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self.sock.settimeout(min(READ, left))
        return self.sock.recv_into(buffer)


class _Wire:
    """What http.client needs of a socket, with the deadline in it."""

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self.sock, self.deadline = sock, deadline
        self.sendall = sock.sendall

    def close(self) -> None:
        """http.client closes before it reads, counting on the file to keep the socket open; `_get` closes it."""

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Timed(self.sock, self.deadline))


def _get(
    target: _Target, url: str, deadline: float, limit: int, accept: Sequence[str], known: Fetched | None
) -> tuple[str, Fetched | None]:
    """One request: where it redirects to, or what it answered."""
    sock = _connect(target, deadline)
    try:
        connection = http.client.HTTPConnection(target.host, target.port)
        connection.sock = _Wire(sock, deadline)
        connection.putrequest("GET", target.path, skip_host=True, skip_accept_encoding=True)
        headers = {
            "Host": target.netloc,
            "User-Agent": _AGENT,
            "Accept": ", ".join(f"{t}*" if t.endswith("/") else t for t in accept) + ", */*;q=0.1",
            "Accept-Encoding": "identity",
            "Connection": "close",
        }
        if known and known.etag:
            headers["If-None-Match"] = known.etag
        if known and known.modified:
            headers["If-Modified-Since"] = known.modified
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        location = answer.getheader("Location", "")
        if answer.status in (301, 302, 303, 307, 308) and location:
            return location.encode("latin-1", "replace").decode("utf-8", "replace"), None
        if answer.status == 304 and known:
            return "", replace(known, unchanged=True)
        return "", _body(answer, target, url, limit, accept)
    finally:
        sock.close()


def _body(
    answer: http.client.HTTPResponse, target: _Target, url: str, limit: int, accept: Sequence[str]
) -> Fetched:
    if answer.status != 200:
        raise Refused(f"{target} answered {answer.status}; check the address", answer.status)
    kind = answer.headers.get_content_type() if "Content-Type" in answer.headers else ""
    if kind and not any(kind.startswith(wanted) for wanted in accept):
        raise StatementError(f"{target} is {kind}; wanted is {' or '.join(accept)}")
    too_big = StatementError(f"{target} is larger than {limit:,} bytes")
    if (answer.length or 0) > limit:
        raise too_big
    content = answer.read(limit + 1)
    if len(content) > limit:
        raise too_big
    if answer.length:
        raise http.client.IncompleteRead(content)
    if answer.getheader("Content-Encoding", "identity").lower() in ("gzip", "x-gzip", "deflate"):
        content = zlib.decompressobj(47).decompress(content, limit + 1)
        if len(content) > limit:
            raise too_big
    charset = answer.headers.get_content_charset("") or ""
    marks = (answer.getheader("ETag", "").strip(), answer.getheader("Last-Modified", "").strip())
    return Fetched(content, kind, charset, url.partition("#")[0], *marks)
