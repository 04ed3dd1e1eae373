"""`publisher serve`: the clock, the triggers and the web side in one process.

Each has a thread of its own, so that none delays another; what they share is the ledger. A stop ends the web
side first, then the triggers, then the clock, which finishes the attempt in flight.
"""

from __future__ import annotations

import logging
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from publisher import clock
from publisher.api import Publisher
from publisher.errors import SettingsError
from publisher.triggers import Policy, policy_of


@dataclass
class Serving:
    """One process of the service. Making one reads the settings; `run` opens the port. Raises SettingsError."""

    office: Publisher
    host: str = "127.0.0.1"
    port: int = 8470
    _stop: threading.Event = field(default_factory=threading.Event)
    _hint: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)
    _started: float = field(default_factory=time.monotonic)
    _web: Any = None

    def __post_init__(self) -> None:
        from publisher.serve.app import app
        from publisher.serve.metrics import Metrics

        core = self.office.settings.core
        self.metrics = Metrics(self.office.ledger, core.timezone or "UTC")
        self._told, self.office.observe = self.office.observe, self._observe
        self._clock = threading.Thread(target=self._tick, name="clock", daemon=True)
        self.app = app(self.office, self.metrics, self._hook(), self._silent)
        self._triggers = list(self._watchers())

    def run(self) -> None:
        """Serve until SIGTERM or SIGINT. Raises SettingsError when the port cannot be had."""
        import uvicorn

        config = uvicorn.Config(
            self.app,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,  # anybody on this machine could say where he is from
            timeout_graceful_shutdown=60,
        )
        for name in ("uvicorn", "watchfiles"):
            logging.getLogger(name).setLevel(logging.WARNING)
        if threading.current_thread() is threading.main_thread():
            # The web side raises the signal that ended it once more: ours must not be cut short by it.
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda *_: self._stop.set())
        self._web = uvicorn.Server(config)
        with _listening(self.host, self.port) as wire, self.working():
            self._web.run(sockets=[wire])

    def stop(self) -> None:
        """End `run` from another thread."""
        if self._web:
            self._web.should_exit = True

    @contextmanager
    def working(self) -> Iterator[None]:
        """The clock and the triggers at work, for as long as the block lasts."""
        self._clock.start()
        for name, look, every in self._triggers:
            thread = threading.Thread(target=self._look, args=(look, every), name=name, daemon=True)
            thread.start()
            self._threads.append(thread)
        try:
            yield
        finally:
            self._stop.set()
            self._hint.set()
            for thread in (*self._threads, self._clock):
                thread.join()

    # ------------------------------------------------------------ clock

    def _tick(self) -> None:
        clock.run(self.office.delivering, self._stop)

    def _silent(self) -> str:
        """Why the clock does not do its work; "" when it does."""
        if not self._clock.is_alive():
            return "the clock has stopped"
        since = time.monotonic() - (self.office.delivering.swept or self._started)
        return f"the clock has not swept for {since:.0f} s" if since > clock.QUIET else ""

    def _observe(self, event: str, facts: dict[str, Any]) -> None:
        self.metrics.observe(event, facts)
        self._told(event, facts)
        if event == "taken" and facts["outcome"] == "taken" and self.policy(str(facts["trigger"])).approved:
            # What the site approved by publishing it need not wait for the next tick. No channel is waited for.
            self.office.delivering.once(str(facts["of"]), wait=False)

    # ------------------------------------------------------------ triggers

    def policy(self, name: str) -> Policy:
        """How the settings want a trigger's statements treated. Raises SettingsError."""
        return policy_of(self.office, name)

    def _hook(self) -> Any:
        from publisher.serve.hooks import Hook
        from publisher.serve.shapes import mapping_of

        core = self.office.settings.core
        if core.webhook.secret is None:
            return None
        secret, mapping = core.webhook.secret.get_secret_value(), mapping_of(core.webhook.map)
        hint = self._hint.set if core.feed.url else None
        return Hook(self.office, secret, self.policy("webhook"), mapping, self._observe, hint)

    def _watchers(self) -> Iterator[tuple[str, Callable[[], object], Callable[[object], None]]]:
        """Name, look and wait of each trigger that has to look by itself."""
        core = self.office.settings.core
        if core.feed.url:
            from publisher.intake.source import is_url
            from publisher.serve.feed import Feed

            if not is_url(core.feed.url):
                raise SettingsError("PUBLISHER_FEED__URL is no http or https address")
            feed = Feed(self.office, core.feed.url, self.policy("feed"), self._observe)
            yield "feed", feed.look, lambda _: self._wait(core.feed.every)
        if core.folder.path:
            from publisher.serve.folder import Folder

            folder = Folder(self.office, core.folder.path, self.policy("folder"), self._observe)
            yield "folder", folder.look, folder.waiter(self._stop)

    def _look(self, look: Callable[[], object], wait: Callable[[object], None]) -> None:
        while not self._stop.is_set():
            found: object = True
            try:
                found = look()
            except Exception as error:  # a ledger or a disk that is away: the next look may go well
                name = threading.current_thread().name
                reason = f"{type(error).__name__}: {str(error).splitlines()[0][:200] if str(error) else ''}"
                self._observe("trigger trouble", {"trigger": name, "of": "", "reason": reason})
            wait(found)

    def _wait(self, seconds: float) -> None:
        """Until the next look, or until somebody says that there is something to see."""
        self._hint.wait(seconds)
        if not self._stop.is_set():
            self._hint.clear()


def _listening(host: str, port: int) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        wire = socket.create_server((host, port), family=family)
        # An answer is written in two pieces: without this the second waits 40 ms for the first one's receipt.
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return wire
    except OSError as error:
        raise SettingsError(
            f"{host}:{port} cannot be listened on: {error.strerror}; say --host or --port"
        ) from None
