"""The steps of a mail's transaction over one connection to the relay.

smtplib connects, secures and logs in (`opening`). The transaction is ours, because smtplib raises the same exception
for "lost before the final dot", when surely nothing was sent, and for "lost after it", when nobody can know:

    MAIL · RCPT · DATA · content                   →   dot · reply
    whatever fails here, nothing was sent              a lost reply is an unknown outcome
"""

from __future__ import annotations

import re
import select
import socket
import ssl
import struct
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from publisher.errors import DeliveryError, Permanent, Transient

from . import replies
from .mime import stuffed
from .replies import CLOSING, GO_AHEAD, Reply

if TYPE_CHECKING:
    from .settings import Relay

Envelope = tuple[bytes, bytes]
"""Sender and recipient."""

_STEPS = ("MAIL", "RCPT", "DATA")
_WANTED = ((250,), (250, 251, 252), (GO_AHEAD,))
_AGREED = re.compile(rb"250 [^\n]*\n25[012] [^\n]*\n354 [^\n]*\n")
"""What a whole envelope is usually answered with, in one piece."""
_LINE = 2048
"""Octets in a line of a reply; RFC 5321 allows 512."""
_PIECE = 8192


class Connection:
    """A secured and authenticated connection; making one raises Transient or Blocked.

    `usable` tells whether it can carry another mail; `pipelining` whether several commands may travel together
    (RFC 2920).
    """

    def __init__(self, relay: Relay, connect_timeout: float, reply_timeout: float) -> None:
        from .opening import opened

        self._connect_timeout, self._reply_timeout = connect_timeout, reply_timeout
        self._where = relay.address
        self._smtp = opened(relay, connect_timeout)
        self._sock: socket.socket = self._smtp.sock  # type: ignore[assignment]  # it is open
        self._waits = 0.0
        self._heard = b""
        self._commands: list[bytes] = []
        if not self.encrypted:  # the kernel keeps the time: one system call for each write or read, not two
            self._sock.settimeout(None)
            self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, _timeval(connect_timeout))
        self.pipelining = bool(self._smtp.has_extn("pipelining"))
        self._international = bool(self._smtp.has_extn("smtputf8"))
        self.usable = True

    @property
    def encrypted(self) -> bool:
        return isinstance(self._sock, ssl.SSLSocket)

    @property
    def stale(self) -> bool:
        """Whether the server has hung up, or said that it will, while the connection was kept."""
        try:
            return self._spoke_early()
        except OSError:
            return True

    def transmit(self, sender: str, recipient: str, mail: bytes, deadline: float) -> str:
        """One transaction for one recipient; returns the text of the reply that accepted the mail.

        `mail` has CRLF line ends and is not dot-stuffed. After `deadline` (seconds since the epoch) the final
        dot is not written any more. Raises DeliveryError.
        """
        if unspeakable := self.unspeakable(recipient.encode()):
            raise unspeakable
        self.ask(sender.encode(), recipient.encode())
        if refusal := self.answered():
            raise refusal
        self._content(mail, deadline)
        return self.complete(b".\r\n")

    # ------------------------------------------------------------ the steps (`stream` takes them one by one)

    def unspeakable(self, recipient: bytes) -> DeliveryError | None:
        """Why no mail can go to this address over this connection."""
        if recipient.isascii() or self._international:
            return None
        return Permanent(
            f"{self._where} takes no address that is not ASCII before the @ (it offers no SMTPUTF8); "
            "ask the reader for another address, or use a relay that does"
        )

    def ask(self, sender: bytes, recipient: bytes) -> None:
        """Send an envelope, its answers not awaited where that is allowed. Raises DeliveryError."""
        self.usable = False  # until the transaction has come to a clean end, an interruption included
        self._commands = _commands(sender, recipient)
        if self.pipelining:
            self._put(b"".join(self._commands))

    def answered(self) -> DeliveryError | None:
        """Why the envelope was refused, None when the content may follow; the connection is at rest when refused.

        Raises DeliveryError when the connection broke.
        """
        if self.pipelining and (agreed := _AGREED.match(self._heard)):
            self._heard = self._heard[agreed.end() :]
            return None
        refusal: DeliveryError | None = None
        reply = (0, b"")
        for step, wanted, command in zip(_STEPS, _WANTED, self._commands, strict=True):
            if not self.pipelining:
                if refusal:
                    break
                self._put(command)
            reply = self._answer()
            if reply[0] not in wanted and refusal is None:
                refusal = replies.refused(self._where, step, reply)
            if reply[0] == CLOSING:
                raise refusal or replies.refused(self._where, step, reply)
        if refusal is None:
            return None
        # To nobody: a dot alone ends it (RFC 2920 3.1).
        self._put(b".\r\n" if reply[0] == GO_AHEAD else b"RSET\r\n")
        self._answer()
        self.usable = True
        return refusal

    def complete(self, content: bytes, following: Envelope | None = None) -> str:
        """Send a mail's content with its final dot, and the envelope of the one `following` it; the accepting reply.

        Raises DeliveryError: before the dot was out surely nothing was sent, after it nobody can know.
        """
        group = content
        if following:
            self._commands = _commands(*following)
            group = b"".join((content, *self._commands))
        self._put(group, len(content))
        try:
            reply = self._reply(self._reply_timeout)
        except OSError as error:
            raise replies.in_doubt(self._where, replies.why(error)) from None
        said = replies.judged(self._where, reply)
        self.usable = True
        return said

    def _content(self, mail: bytes, deadline: float) -> None:
        """All of a mail but its final dot."""
        self._put(stuffed(mail))
        try:
            if self._spoke_early():
                raise replies.refused(self._where, "the content", self._reply(self._connect_timeout))
        except OSError as error:
            raise replies.broken(self._where, error) from None
        if time.time() > deadline:
            raise Transient(f"{self._where} was too slow; the mail was not completed, nothing was sent")

    # ------------------------------------------------------------ lines out and in

    def _put(self, data: bytes, dot: int | None = None) -> None:
        """Write all of it. `dot` is where the final dot ends: once that is out, a failure leaves the mail in doubt."""
        sent = 0
        try:
            if self.encrypted:
                self._wait(self._connect_timeout)
            while sent < len(data):
                sent += self._sock.send(data[sent:] if sent else data)
        except OSError as error:
            # TLS does not say how much of a failing write went out.
            if dot is not None and (sent >= dot or self.encrypted):
                raise replies.in_doubt(self._where, replies.why(error)) from None
            raise replies.broken(self._where, error) from None

    def _answer(self) -> Reply:
        try:
            return self._reply(self._connect_timeout)
        except OSError as error:
            raise replies.broken(self._where, error) from None

    def _reply(self, patience: float) -> Reply:
        """One reply, each of its lines waited for so many seconds. Raises OSError."""
        said = []
        while True:
            line = self._line(patience)
            said.append(line[4:].strip())
            if line[3:4] != b"-":
                return int(line[:3]) if line[:3].isdigit() else -1, b" ".join(said)

    def _line(self, patience: float) -> bytes:
        while (end := self._heard.find(b"\n")) < 0:
            if len(self._heard) > _LINE:
                raise ConnectionAbortedError("it answers with a line that has no end")
            self._wait(patience)
            piece = self._sock.recv(_PIECE)
            if not piece:
                raise ConnectionResetError("it hung up")
            self._heard += piece
        line, self._heard = self._heard[:end], self._heard[end + 1 :]
        return line

    def _wait(self, seconds: float) -> None:
        """How long the socket waits for what it reads from now on; one that is encrypted, for what it writes too."""
        if seconds == self._waits:
            return
        if self.encrypted:
            self._sock.settimeout(seconds)
        else:
            self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _timeval(seconds))
        self._waits = seconds

    def _spoke_early(self) -> bool:
        """Whether the server has answered or hung up although it cannot have the whole mail. Raises OSError."""
        if self._sock.fileno() < 0:
            raise ConnectionAbortedError("the connection is closed")
        waiting = select.poll()
        waiting.register(self._sock, select.POLLIN)
        return bool(self._heard or waiting.poll(0))

    # ------------------------------------------------------------ the end

    def quit(self) -> None:
        with suppress(OSError):
            self._wait(min(self._connect_timeout, 5))
            self._smtp.quit()
        self.drop()

    def drop(self) -> None:
        self.usable = False
        self._smtp.close()


def _timeval(seconds: float) -> bytes:
    """A time as socket options want it."""
    return struct.pack("@ll", int(seconds), int(seconds % 1 * 1_000_000))


def _commands(sender: bytes, recipient: bytes) -> list[bytes]:
    """The commands before a mail's content."""
    more = b"" if recipient.isascii() else b" SMTPUTF8"  # RFC 6531 3.4
    return [b"MAIL FROM:<%s>%s\r\n" % (sender, more), b"RCPT TO:<%s>\r\n" % recipient, b"DATA\r\n"]
