"""Login: a person lets this product post for an account, and what they grant is kept beside the settings.

A channel that can be logged in to has `login(person) -> Granted`. The grant goes into `credentials.env`, mode
600, in the folder of the settings file, where `publisher.settings` reads it; nothing secret is ever shown.
"""

from __future__ import annotations

import hmac
import os
import queue
import re
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import parse_qsl, urlsplit

from publisher.errors import SettingsError, UsageError

if TYPE_CHECKING:
    from publisher.settings import Settings

FILE = "credentials.env"
REDIRECT = "http://127.0.0.1:8474/callback"
"""Where a service sends the browser back to, unless told otherwise; it must be registered with the app."""
PATIENCE = 600.0
"""Seconds a person may take in the browser."""
_DONE = b"<!doctype html><meta charset=utf-8><title>Done</title><p>Done. You may close this page.\n"


@dataclass(frozen=True, slots=True)
class Granted:
    """`values` are the channel's settings by field name, `notes` what the person should know; none is a secret."""

    values: Mapping[str, str] = field(repr=False)
    notes: tuple[str, ...] = ()


class Person(Protocol):
    """Who logs in, as a channel sees them."""

    redirect: str

    def say(self, words: str) -> None:
        """Show a line."""

    def ask(self, words: str) -> str:
        """One line of theirs. Raises UsageError when nobody is there."""

    def sent_back(self, words: str, state: str) -> dict[str, str]:
        """Show `words`; the query with which the service then sends their browser to `redirect`, with this `state`."""


def login(settings: Settings, name: str, person: Person) -> tuple[Granted, Path]:
    """Log in to a channel and keep what it granted: the grant, and the file it is in.

    Raises SettingsError, UsageError and DeliveryError; whatever is raised, nothing was written.
    """
    if settings.core.rehearsal:
        raise UsageError("a rehearsal has credentials of its own; log in without PUBLISHER_REHEARSAL")
    channel = settings.channel(name)
    act = getattr(channel, "login", None)
    if act is None:
        raise UsageError(f"nobody logs in to {channel.name}; its settings are all it needs")
    place = credentials(settings)
    granted: Granted = act(person)
    write(place, {f"PUBLISHER_{channel.name.upper()}__{k.upper()}": v for k, v in granted.values.items()})
    return granted, place


def credentials(settings: Settings) -> Path:
    """Where grants are kept. Raises SettingsError when there is no settings file to be beside."""
    if settings.file is None:
        raise SettingsError(
            f"{FILE} is kept beside the settings file, and there is none: make .env here, or name one with PUBLISHER_SETTINGS"
        )
    return settings.file.resolve().with_name(FILE)


def stamp(settings: Settings) -> tuple[int, ...]:
    """Changes when somebody logs in or writes the settings; a running service makes its channels anew then."""
    try:
        places = (credentials(settings), settings.file)
    except SettingsError:
        return ()
    return tuple(place.stat().st_mtime_ns if place and place.exists() else 0 for place in places)


def shadowed(settings: Settings, name: str, granted: Granted) -> list[str]:
    """Those settings that something nearer than `credentials.env` says otherwise: what was granted is not used."""
    prefix = f"PUBLISHER_{name.upper()}__"
    return [
        prefix + key.upper()
        for key, value in granted.values.items()
        if settings.values.get(f"{prefix}{key}".lower(), "") != value
    ]


def write(path: Path, values: Mapping[str, str]) -> None:
    """Put `values` into an env file of mode 600, whole or not at all; its other lines stay. Raises SettingsError."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        old = path.read_text("utf-8").splitlines() if path.exists() else []
        names = re.compile(rf"\s*(?:export\s+)?(?:{'|'.join(map(re.escape, values))})\s*=", re.IGNORECASE)
        lines = [line for line in old if not names.match(line)]
        lines += [f"{name}={_quoted(value)}" for name, value in values.items()]
        try:
            made = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
            with os.fdopen(made, "w", encoding="utf-8") as file:
                os.fchmod(made, 0o600)
                file.write("\n".join(lines) + "\n")
                file.flush()
                os.fsync(made)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"{path} cannot be written: {getattr(error, 'strerror', None) or error}"
        ) from None


def _quoted(value: str) -> str:
    if "\n" in value or "\r" in value:
        raise SettingsError("a grant has a line break in it; nothing was written")
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


# ---------------------------------------------------------------- a person at a terminal


class Console:
    """A person at a terminal, whose browser may be on another machine: then they paste the address."""

    def __init__(self, redirect: str = REDIRECT, patience: float = PATIENCE) -> None:
        parts = urlsplit(redirect)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query:
            raise UsageError(f"--redirect {redirect} is no address such as {REDIRECT}")
        self.redirect, self.patience = redirect, patience

    def say(self, words: str) -> None:
        sys.stderr.write(words + "\n")
        sys.stderr.flush()

    def ask(self, words: str) -> str:
        sys.stderr.write(words)
        sys.stderr.flush()
        line = sys.stdin.readline()
        if not line:
            raise UsageError("nobody can be asked here; run this command on a terminal")
        return line.strip()

    def sent_back(self, words: str, state: str) -> dict[str, str]:
        """By the browser, where it is on this machine; else by the address they paste, whichever is first."""
        answers: queue.Queue[str | None] = queue.Queue()
        server = self._listening(answers, state)  # before a browser can be sent here
        self.say(words)
        if server is None:
            self.say(
                f"Nothing listens at {self.redirect}; the browser will show an error page, which is fine."
            )
        self.say("Waiting. If the browser is on another machine, paste the address it was sent to:")
        threading.Thread(target=_pasted, args=(answers,), daemon=True).start()
        try:
            return self._first(answers, state, listening=server is not None)
        finally:
            if server:
                server.shutdown()
                server.server_close()

    def _first(self, answers: queue.Queue[str | None], state: str, *, listening: bool) -> dict[str, str]:
        while True:
            try:
                query = answers.get(timeout=self.patience)
            except queue.Empty:
                raise UsageError(f"nobody came back within {self.patience / 60:.0f} minutes") from None
            if query is None:
                if not listening:
                    raise UsageError("nobody can be asked here; run this command on a terminal")
                continue
            said = dict(parse_qsl(query))
            if _is(said, state):
                return said
            self.say("That address does not belong to this login. Paste the one the browser was sent to:")

    def _listening(self, answers: queue.Queue[str | None], state: str) -> ThreadingHTTPServer | None:
        """A server for the redirect, where it points at this machine and its port is free."""
        parts = urlsplit(self.redirect)
        if parts.scheme != "http" or parts.hostname not in ("127.0.0.1", "localhost"):
            return None

        class Handler(BaseHTTPRequestHandler):
            timeout = 10

            def do_GET(self) -> None:
                asked = urlsplit(self.path)
                ours = asked.path == (parts.path or "/") and _is(dict(parse_qsl(asked.query)), state)
                self.send_response(200 if ours else 404)
                self.send_header("Content-Type", "text/html")
                self.end_headers()
                if ours:
                    self.wfile.write(_DONE)
                    answers.put(asked.query)

            def log_message(self, *_: object) -> None:
                """The address holds a code."""

        try:
            server = ThreadingHTTPServer(("127.0.0.1", parts.port or 80), Handler)
        except OSError:
            return None
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return server


def _is(said: Mapping[str, str], state: str) -> bool:
    """A request without our state is somebody else's: it may carry another person's code (RFC 6749, 10.12)."""
    return hmac.compare_digest(said.get("state", "").encode(), state.encode())


def _pasted(answers: queue.Queue[str | None]) -> None:
    try:
        for line in sys.stdin:
            if line.strip():
                answers.put(urlsplit(line.strip()).query)
    except (OSError, ValueError):
        pass
    answers.put(None)
