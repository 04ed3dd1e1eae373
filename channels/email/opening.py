"""Opening a connection to the relay: connect, EHLO, STARTTLS, login. smtplib does it; here is what its failures mean."""

from __future__ import annotations

import smtplib
import socket
import ssl

from publisher.errors import Blocked, DeliveryError, Transient

from . import replies
from .settings import PREFIX, Relay


def opened(relay: Relay, timeout: float) -> smtplib.SMTP:
    """A secured and authenticated connection; `timeout` in seconds is for each answer. Raises Transient or Blocked."""
    smtp = None
    try:
        smtp = _connected(relay, timeout)
        smtp.ehlo_or_helo_if_needed()
        _secure(smtp, relay)
        if relay.user:
            smtp.login(relay.user, relay.password)
        return smtp
    except BaseException as error:
        if smtp is not None:
            smtp.close()
        if isinstance(error, smtplib.SMTPException | OSError):
            raise _unopened(relay, error) from None
        raise


def _connected(relay: Relay, timeout: float) -> smtplib.SMTP:
    smtp = (
        smtplib.SMTP_SSL(relay.host, relay.port, timeout=timeout, context=_trust(relay))
        if relay.tls
        else smtplib.SMTP(relay.host, relay.port, timeout=timeout)
    )
    if smtp.sock is not None:  # one small write a step: Nagle would add 40 ms to each
        smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return smtp


def _secure(smtp: smtplib.SMTP, relay: Relay) -> None:
    if relay.tls:
        return
    if smtp.has_extn("starttls"):
        smtp.starttls(context=_trust(relay))
        smtp.ehlo_or_helo_if_needed()
    elif not relay.local:
        raise Blocked(
            f"{relay.address} offers no STARTTLS, and nothing is sent in the clear; "
            f"name a relay with TLS in {PREFIX}SMTP_URL, or smtps:// for implicit TLS"
        )


def _trust(relay: Relay) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if relay.local:  # nobody stands between, and a mail server's own certificate names no loopback
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _unopened(relay: Relay, error: Exception) -> DeliveryError:
    where = relay.address
    if isinstance(error, smtplib.SMTPResponseException):
        steps = {smtplib.SMTPAuthenticationError: "the login", smtplib.SMTPHeloError: "EHLO"}
        code, said = error.smtp_code, error.smtp_error
        raw = said if isinstance(said, bytes) else str(said).encode()
        return replies.refused(where, steps.get(type(error), "the connection"), (code, raw))
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return Transient(f"{where} hung up before any mail ({replies.why(error)}); nothing was sent")
    if isinstance(error, smtplib.SMTPException):
        return Blocked(f"{where} offers no login we can use ({replies.why(error)}); check {PREFIX}SMTP_URL")
    if isinstance(error, ssl.SSLCertVerificationError):
        return Blocked(f"{where} has no valid certificate ({error.verify_message}); nothing was sent")
    if isinstance(error, ssl.SSLError) and not isinstance(error, ssl.SSLEOFError):
        return Blocked(f"{where} speaks no TLS that we accept ({error.reason}); check scheme and port")
    return Transient(f"{where} could not be reached ({replies.why(error)}); nothing was sent")
