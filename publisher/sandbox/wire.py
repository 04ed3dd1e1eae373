"""Sockets: a listener that gives each connection a thread, and can be shut for a while."""

from __future__ import annotations

import contextlib
import selectors
import socket
import struct
import threading
import time
from collections.abc import Callable

from publisher.errors import UsageError

HOST = "127.0.0.1"


class Gone(ConnectionError):
    """The other side closed."""


class TooLong(ValueError):
    """More than the protocol allows before the end of what was to be read."""


class Connection:
    """A socket with buffers both ways. What is written leaves when something must be waited for."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.busy = False
        self._in = bytearray()
        self._out = bytearray()
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def _more(self) -> None:
        self.flush()
        chunk = self.sock.recv(262_144)
        if not chunk:
            raise Gone
        self._in += chunk

    def until(self, end: bytes, limit: int) -> bytes:
        """Everything up to and with `end`. Raises TooLong once more than `limit` bytes came without it."""
        start = 0
        while (at := self._in.find(end, start)) < 0:
            if len(self._in) > limit:
                raise TooLong
            start = max(0, len(self._in) - len(end) + 1)
            self._more()
        return self._taken(at + len(end))

    def exactly(self, count: int) -> bytes:
        while len(self._in) < count:
            self._more()
        return self._taken(count)

    def _taken(self, count: int) -> bytes:
        data = bytes(self._in[:count])
        del self._in[:count]
        return data

    def discard_until(self, end: bytes) -> None:
        """Read on to `end` without keeping what comes before it."""
        while (at := self._in.find(end)) < 0:
            del self._in[: -len(end)]
            self._more()
        self._taken(at + len(end))

    def write(self, data: bytes) -> None:
        self._out += data

    def flush(self) -> None:
        if self._out:
            data, self._out = self._out, bytearray()
            self.sock.sendall(data)

    def wait_closed(self, seconds: float) -> None:
        """Return when the other side has gone, or after `seconds`; whatever it says is not heard."""
        end = time.monotonic() + seconds
        with contextlib.suppress(OSError):
            while (left := end - time.monotonic()) > 0:
                self.sock.settimeout(left)
                if not self.sock.recv(65536):
                    return

    def reset(self) -> None:
        """Close so that the other side sees a reset."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)
        self.sock.close()


class Listener:
    """Loopback port `port` (0: any that is free); `serve` runs in a thread of its own for each connection."""

    def __init__(self, name: str, port: int, serve: Callable[[Connection], None]) -> None:
        self.name, self.port, self.refusing = name, port, False
        self._serve = serve
        self._open: set[Connection] = set()
        self._lock = threading.Lock()
        self._sock: socket.socket | None = None
        self._wake: socket.socket | None = None
        self._accepting: threading.Thread | None = None
        self._timer: threading.Timer | None = None

    def start(self) -> None:
        """Raises UsageError naming the port when it is taken."""
        self._sock = sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((HOST, self.port))
        except (OSError, OverflowError) as error:
            sock.close()
            self._sock = None
            why = getattr(error, "strerror", None) or error
            raise UsageError(f"the {self.name} sandbox cannot listen on port {self.port}: {why}") from None
        sock.listen(512)
        self.port = sock.getsockname()[1]
        self.refusing = False
        self._wake, ear = socket.socketpair()
        self._accepting = threading.Thread(target=self._accept, args=(sock, ear), name=self.name, daemon=True)
        self._accepting.start()

    def _accept(self, sock: socket.socket, ear: socket.socket) -> None:
        sock.setblocking(False)
        with selectors.DefaultSelector() as selector, ear, sock:
            selector.register(sock, selectors.EVENT_READ)
            selector.register(ear, selectors.EVENT_READ)
            while not any(key.fileobj is ear for key, _ in selector.select()):
                try:
                    accepted, _ = sock.accept()
                except OSError:  # it was gone before we looked, or no descriptor is left
                    continue
                accepted.setblocking(True)
                threading.Thread(target=self._run, args=(accepted,), name=self.name, daemon=True).start()

    def _run(self, sock: socket.socket) -> None:
        try:
            connection = Connection(sock)
        except OSError:
            sock.close()
            return
        with self._lock:
            self._open.add(connection)
        try:
            self._serve(connection)
        except OSError:
            pass  # clients vanish; that is their right
        finally:
            connection.close()
            with self._lock:
                self._open.discard(connection)

    def _shut(self) -> None:
        self.refusing = True
        if self._wake and self._accepting:
            self._wake.close()
            self._accepting.join()
            self._wake = self._sock = self._accepting = None

    def refuse(self, seconds: float) -> None:
        """Refuse connections for `seconds` from now on, and let go of idle ones; 0: listen again."""
        if self._timer:
            self._timer.cancel()
        if seconds <= 0:
            self._listen_again()
            return
        self._shut()
        with self._lock:
            idle = [c for c in self._open if not c.busy]
        for connection in idle:
            with contextlib.suppress(OSError):
                connection.sock.shutdown(socket.SHUT_RDWR)
        self._timer = threading.Timer(seconds, self._listen_again)
        self._timer.daemon = True
        self._timer.start()

    def _listen_again(self) -> None:
        if self._accepting is None:
            self.start()

    def stop(self) -> None:
        if self._timer:
            self._timer.cancel()
        self._shut()
        with self._lock:
            still = list(self._open)
        for connection in still:
            with contextlib.suppress(OSError):
                connection.sock.shutdown(socket.SHUT_RDWR)
