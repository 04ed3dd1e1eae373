"""One connection to the relay, and the steps of a mail's transaction over it.

smtplib connects, secures and logs in. The transaction is ours, because smtplib raises the same exception for
"lost before the final dot", when surely nothing was sent, and for "lost after it", when nobody can know:

    connect · EHLO · STARTTLS · AUTH · MAIL · RCPT · DATA · content   →   dot · reply
    whatever fails here, nothing was sent                                 a lost reply is an unknown outcome
"""

from __future__ import annotations

import re
import select
import socket
import ssl
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from publisher.errors import (
    Blocked,
    DeliveryError,
    NoSuchAddress,
    OutcomeUnknown,
    Permanent,
    RateLimited,
    Transient,
)

from .mime import stuffed
from .settings import PREFIX, Relay

if TYPE_CHECKING:
    import smtplib

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_CLOSING = 421
_GO_AHEAD = 354
_SLOWER = frozenset({_CLOSING, 454})
"""It has enough of us for now, as 4.7.x also says: the whole lane goes slower."""
_NOBODY = re.compile(r"5\.1\.(?:1|2|3|6|10)\b")
"""The recipient's address is bad (RFC 3463 3.2, RFC 7505); the other X.1.x are about the sender's or a passing state."""
_WANTED = ((250,), (250, 251, 252), (_GO_AHEAD,))
_LINE = 2048
_LOGIN_WANTED = frozenset({530, 534, 535, 538})
_OUR_FAULT = frozenset({"the connection", "EHLO", "STARTTLS", "the login", "MAIL"})
"""Steps that know no recipient and no content yet: a refusal there is about us."""


class Connection:
    """A secured and authenticated connection; making one raises Transient or Blocked.

    `usable` tells whether it can carry another mail.
    """

    def __init__(self, relay: Relay, connect_timeout: float, reply_timeout: float) -> None:
        self._relay, self._connect_timeout, self._reply_timeout = relay, connect_timeout, reply_timeout
        self._smtp = self._opened()
        self._steps: list[bytes] = []
        self.usable = True

    @property
    def encrypted(self) -> bool:
        return isinstance(self._smtp.sock, ssl.SSLSocket)

    def transmit(self, sender: str, recipient: str, mail: bytes, deadline: float) -> str:
        """One transaction for one recipient; returns the text of the reply that accepted the mail.

        `mail` has CRLF line ends and is not dot-stuffed. After `deadline` (seconds since the epoch) the final
        dot is not written any more. Raises DeliveryError.
        """
        self.usable = False  # until the transaction has come to a clean end, an interruption included
        try:
            self._envelope(sender, recipient)
            self._content(mail, deadline)
        except OSError as error:  # smtplib's own exceptions are OSErrors too
            raise self._broken(error) from None
        return self._dot()

    # ------------------------------------------------------------ one after the other (`stream`)

    @property
    def pipelining(self) -> bool:
        """Whether several commands may travel together (RFC 2920)."""
        return bool(self._smtp.has_extn("pipelining"))

    @property
    def stale(self) -> bool:
        """Whether the server has hung up, or said that it will, while the connection was kept."""
        try:
            return self._spoke_early()
        except OSError:
            return True

    def ask(self, sender: bytes, recipient: bytes) -> None:
        """Send an envelope, its answers not awaited where that is allowed. Raises DeliveryError."""
        self.usable = False
        self._steps = _envelope(sender, recipient)
        if self.pipelining:
            self._put(b"".join(self._steps))

    def answered(self) -> DeliveryError | None:
        """Why the envelope was refused, None when the content may follow; the connection is at rest when refused.

        Raises DeliveryError when the connection broke.
        """
        refusal: DeliveryError | None = None
        reply = (0, b"")
        for step, wanted, command in zip(("MAIL", "RCPT", "DATA"), _WANTED, self._steps, strict=True):
            if not self.pipelining:
                if refusal:
                    break
                self._put(command)
            reply = self._reply()
            if reply[0] not in wanted and refusal is None:
                refusal = self._refusal(step, reply)
            if reply[0] == _CLOSING:
                raise refusal or self._refusal(step, reply)
        if refusal is None:
            return None
        if reply[0] == _GO_AHEAD:  # to nobody: a dot alone ends it (RFC 2920 3.1)
            self._put(b".\r\n")
            self._reply()
        else:
            self._put(b"RSET\r\n")
            self._reply()
        self.usable = True
        return refusal

    def complete(self, content: bytes, following: tuple[bytes, bytes] | None) -> str:
        """Send a mail's content with its final dot, and the envelope of the one `following` it; the accepting reply.

        Raises DeliveryError: before the dot was out surely nothing was sent, after it nobody can know.
        """
        group = content
        if following:
            self._steps = _envelope(*following)
            group = content + b"".join(self._steps)
        self._put(group, len(content))
        try:
            self._sock.settimeout(self._reply_timeout)
            reply = self._line_reply()
            self._sock.settimeout(self._connect_timeout)
        except OSError as error:
            raise self._in_doubt(_why(error)) from None
        return self._judged(reply)

    def _put(self, data: bytes, dot: int | None = None) -> None:
        """Write all of it. `dot` is where the final dot ends: once that is out, a failure leaves the mail in doubt."""
        sent = 0
        try:
            self._sock.settimeout(self._connect_timeout)
            while sent < len(data):
                sent += self._sock.send(data[sent:] if sent else data)
        except OSError as error:
            # TLS does not say how much of a failing write went out.
            if dot is not None and (sent >= dot or self.encrypted):
                raise self._in_doubt(_why(error)) from None
            raise self._broken(error) from None

    def _reply(self) -> tuple[int, bytes]:
        try:
            return self._line_reply()
        except OSError as error:
            raise self._broken(error) from None

    def _line_reply(self) -> tuple[int, bytes]:
        """One answer: its code and its text. Raises OSError."""
        lines = []
        while True:
            line: bytes = self._smtp.file.readline(_LINE) if self._smtp.file else b""
            if not line.endswith(b"\n"):
                raise ConnectionResetError("it hung up")
            lines.append(line[4:].strip())
            if line[3:4] != b"-":
                return int(line[:3]) if line[:3].isdigit() else -1, b" ".join(lines)

    def quit(self) -> None:
        with suppress(OSError):
            self._sock.settimeout(min(self._connect_timeout, 5))
            self._smtp.quit()
        self.drop()

    def drop(self) -> None:
        self.usable = False
        self._smtp.close()

    # ------------------------------------------------------------ the transaction

    def _envelope(self, sender: str, recipient: str) -> None:
        try:
            self._expect("MAIL", self._smtp.mail(sender), 250)
            self._expect("RCPT", self._smtp.rcpt(recipient), 250, 251, 252)
            self._expect("DATA", self._smtp.docmd("DATA"), 354)
        except DeliveryError:
            with suppress(OSError):
                self.usable = self._smtp.docmd("RSET")[0] == 250
            raise

    def _content(self, mail: bytes, deadline: float) -> None:
        self._sock.sendall(stuffed(mail))
        if self._spoke_early():
            raise self._refusal("the content", self._smtp.getreply())
        if time.time() > deadline:
            raise Transient(
                f"{self._relay.address} was too slow; the mail was not completed, nothing was sent"
            )

    def _dot(self) -> str:
        try:
            self._sock.sendall(b".\r\n")
        except ConnectionError as error:  # the socket took nothing: the mail was never complete
            raise self._broken(error) from None
        except OSError as error:
            raise self._in_doubt(_why(error)) from None
        try:
            self._sock.settimeout(self._reply_timeout)
            reply = self._smtp.getreply()
            self._sock.settimeout(self._connect_timeout)
        except OSError as error:
            raise self._in_doubt(_why(error)) from None
        return self._judged(reply)

    def _judged(self, reply: tuple[int, bytes]) -> str:
        """The text of the reply to the final dot. Raises DeliveryError when it did not accept the mail."""
        if not 200 <= reply[0] < 300 and (reply[0] == _CLOSING or not 400 <= reply[0] < 600):
            raise self._in_doubt(f"it answered {reply[0]} {_text(reply[1])}")
        self.usable = True
        return self._expect("the mail", reply, *range(200, 300))

    @property
    def _sock(self) -> socket.socket:
        sock = self._smtp.sock
        if sock is None:
            raise ConnectionAbortedError("the connection is closed")
        return sock

    def _spoke_early(self) -> bool:
        """Whether the server has answered or hung up although it cannot have the whole mail."""
        waiting = select.poll()
        waiting.register(self._sock, select.POLLIN)
        return bool(waiting.poll(0))

    # ------------------------------------------------------------ what replies mean

    def _expect(self, step: str, reply: tuple[int, bytes], *wanted: int) -> str:
        if reply[0] in wanted:
            return _text(reply[1])
        raise self._refusal(step, reply)

    def _refusal(self, step: str, reply: tuple[int, bytes]) -> DeliveryError:
        """4xx passes, 5xx does not. 5.7.x is a policy: it is about us, and no recipient is to blame (RFC 3463)."""
        code, text = reply[0], _text(reply[1])
        said = f"{self._relay.address} answered {code} {text} to {step}"
        if code in _SLOWER or (400 <= code < 500 and text.startswith("4.7.")):
            return RateLimited(f"{said}; nothing was sent")
        if not 500 <= code < 600:
            return Transient(f"{said}; nothing was sent")
        if step in _OUR_FAULT or code in _LOGIN_WANTED or text.startswith("5.7."):
            return Blocked(f"{said}; ask its keeper what it wants of this sender, then resume")
        return NoSuchAddress(said) if _NOBODY.match(text) else Permanent(said)

    def _broken(self, error: OSError) -> Transient:
        return Transient(
            f"{self._relay.address} broke off before the mail was complete ({_why(error)}); nothing was sent"
        )

    def _in_doubt(self, why: str) -> OutcomeUnknown:
        return OutcomeUnknown(
            f"{self._relay.address} had the whole mail and did not say whether it took it ({why}); "
            "look in its log for the Message-ID"
        )

    # ------------------------------------------------------------ opening

    def _opened(self) -> smtplib.SMTP:
        import smtplib

        relay, smtp = self._relay, None
        try:
            smtp = self._connected()
            smtp.ehlo_or_helo_if_needed()
            self._secure(smtp)
            if relay.user:
                smtp.login(relay.user, relay.password)
            return smtp
        except BaseException as error:
            if smtp is not None:
                smtp.close()
            if isinstance(error, smtplib.SMTPException | OSError):
                raise self._unopened(error) from None
            raise

    def _connected(self) -> smtplib.SMTP:
        import smtplib

        relay, timeout = self._relay, self._connect_timeout
        smtp = (
            smtplib.SMTP_SSL(relay.host, relay.port, timeout=timeout, context=self._trust())
            if relay.tls
            else smtplib.SMTP(relay.host, relay.port, timeout=timeout)
        )
        if smtp.sock is not None:  # one small write a step: Nagle would add 40 ms to each
            smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return smtp

    def _secure(self, smtp: smtplib.SMTP) -> None:
        if self._relay.tls:
            return
        if smtp.has_extn("starttls"):
            smtp.starttls(context=self._trust())
            smtp.ehlo_or_helo_if_needed()
        elif not self._relay.local:
            raise Blocked(
                f"{self._relay.address} offers no STARTTLS, and nothing is sent in the clear; "
                f"name a relay with TLS in {PREFIX}SMTP_URL, or smtps:// for implicit TLS"
            )

    def _trust(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if self._relay.local:  # nobody stands between, and a mail server's own certificate names no loopback
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

    def _unopened(self, error: Exception) -> DeliveryError:
        import smtplib

        where = self._relay.address
        if isinstance(error, smtplib.SMTPResponseException):
            steps = {smtplib.SMTPAuthenticationError: "the login", smtplib.SMTPHeloError: "EHLO"}
            code, text = error.smtp_code, error.smtp_error
            raw = text if isinstance(text, bytes) else str(text).encode()
            return self._refusal(steps.get(type(error), "the connection"), (code, raw))
        if isinstance(error, smtplib.SMTPServerDisconnected):
            return Transient(f"{where} hung up before any mail ({_why(error)}); nothing was sent")
        if isinstance(error, smtplib.SMTPException):
            return Blocked(f"{where} offers no login we can use ({_why(error)}); check {PREFIX}SMTP_URL")
        if isinstance(error, ssl.SSLCertVerificationError):
            return Blocked(f"{where} has no valid certificate ({error.verify_message}); nothing was sent")
        if isinstance(error, ssl.SSLError) and not isinstance(error, ssl.SSLEOFError):
            return Blocked(f"{where} speaks no TLS that we accept ({error.reason}); check scheme and port")
        return Transient(f"{where} could not be reached ({_why(error)}); nothing was sent")


def _envelope(sender: bytes, recipient: bytes) -> list[bytes]:
    """The commands before a mail's content."""
    return [b"MAIL FROM:<%s>\r\n" % sender, b"RCPT TO:<%s>\r\n" % recipient, b"DATA\r\n"]


def _text(raw: bytes) -> str:
    """A reply on one line, without what could play tricks on a terminal."""
    return _CONTROL.sub(" ", raw.decode("utf-8", "replace"))[:300].strip()


def _why(error: Exception) -> str:
    return _CONTROL.sub(" ", str(error))[:200] or type(error).__name__
