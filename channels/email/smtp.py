"""One connection to the relay, and one mail at a time over it.

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

from publisher.errors import Blocked, DeliveryError, OutcomeUnknown, Permanent, Transient

from .settings import PREFIX, Relay

if TYPE_CHECKING:
    import smtplib

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_LEADING_DOT = re.compile(rb"^\.", re.MULTILINE)
_CLOSING = 421
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
        self._sock.sendall(_LEADING_DOT.sub(b"..", mail))
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
        if not 500 <= code < 600:
            return Transient(f"{said}; nothing was sent")
        if step in _OUR_FAULT or code in _LOGIN_WANTED or text.startswith("5.7."):
            return Blocked(f"{said}; ask its keeper what it wants of this sender, then resume")
        return Permanent(said)

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


def _text(raw: bytes) -> str:
    """A reply on one line, without what could play tricks on a terminal."""
    return _CONTROL.sub(" ", raw.decode("utf-8", "replace"))[:300].strip()


def _why(error: Exception) -> str:
    return _CONTROL.sub(" ", str(error))[:200] or type(error).__name__
