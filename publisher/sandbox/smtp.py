"""An SMTP server that takes mail for nobody: it remembers every message with its envelope, and can refuse.

Strict where a lenient server hides a sender's mistakes: CRLF only, lines of at most 998 octets, no NUL,
8-bit text only where it was announced.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import itertools
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar

from publisher.sandbox.faults import Faults
from publisher.sandbox.record import Public, Record, Request
from publisher.sandbox.wire import Connection, Listener, TooLong

USER, PASSWORD = "sandbox-office", "sandboxSmtpPassword8b"

_SIZE = 20 * 1024 * 1024
_COMMAND_MAX = 4096
_HOST = "sandbox.invalid"
_PATH = re.compile(r"(FROM|TO):<([^<>\s]*)>((?: +[!-~]+)*) *", re.I)
_ADDRESS = re.compile(r"[^@\s]+@(?:[\w-]+(?:\.[\w-]+)*|\[[0-9a-fA-F.:]+\])")
_LINE_MAX = 998
_BY_NAME = {
    "bounce": "550 5.1.1 No such user",
    "defer": "450 4.2.1 Try again later",
    "full": "552 5.2.2 Mailbox full",
}
_BY_FAULT = {
    "4xx": "451 4.3.0 Temporarily unable",
    "5xx": "550 5.1.1 No such user",
    "5xx-policy": "550 5.7.1 Message refused by policy",
}


@dataclass(slots=True)
class _Envelope:
    sender: str = ""
    parameters: dict[str, str] = field(default_factory=dict)
    recipients: list[tuple[str, dict[str, str]]] = field(default_factory=list)


class _Over(Exception):
    """The session ends here."""


class SmtpServer:
    """`login`: mail is taken only from who authenticated. `hang` bounds a silence, in seconds."""

    def __init__(self, port: int, record: Record, faults: Faults, *, hang: float, login: bool) -> None:
        self.record, self.faults, self.hang, self.login = record, faults, hang, login
        self.listener = Listener("smtp", port, lambda connection: _Session(self, connection).run())
        self._numbers = itertools.count(1)

    def accept(self, envelope: _Envelope, data: bytes) -> str:
        """Make the mail public, one entry for each recipient; returns its queue id."""
        queue = f"{int(time.time()):X}S{next(self._numbers)}"
        text = data.decode("latin-1")
        for n, (recipient, asked) in enumerate(envelope.recipients, 1):
            raw = {"mail": envelope.parameters, "rcpt": asked}
            id = queue if len(envelope.recipients) == 1 else f"{queue}.{n}"
            self.record.publish(
                Public("smtp", id, text, raw=raw, sender=envelope.sender, recipient=recipient)
            )
        return queue


class _Session:
    def __init__(self, server: SmtpServer, connection: Connection) -> None:
        self.server, self.connection = server, connection
        self.greeted, self.trusted = False, not server.login
        self.envelope: _Envelope | None = None

    def run(self) -> None:
        self.connection.write(f"220 {_HOST} ESMTP sandbox\r\n".encode())
        try:
            while True:
                line = self.connection.until(b"\n", _COMMAND_MAX)
                if self.server.listener.refusing and not self.connection.busy:
                    return
                self.command(line)
        except _Over:
            self.connection.flush()
        except TooLong:
            self.connection.write(b"500 5.5.2 Line too long\r\n")
            self.connection.flush()

    def say(self, text: str, verb: str = "", argument: str = "") -> None:
        """Reply, and record the command it answers."""
        if verb:
            self.server.record.asked(Request("smtp", verb, argument, int(text[:3])))
        self.connection.write(f"{text}\r\n".encode())

    def command(self, line: bytes) -> None:
        if not line.endswith(b"\r\n") or b"\0" in line or b"\r" in line[:-2]:
            return self.say("500 5.5.2 Lines end in CRLF, and hold neither CR nor NUL", "?", "")
        verb, _, argument = line[:-2].decode("utf-8", "surrogateescape").partition(" ")
        act = self._verbs.get(verb.upper())
        if act is None:
            return self.say("500 5.5.1 Command not recognised", verb.upper(), argument)
        return act(self, verb.upper(), argument.strip())

    # ------------------------------------------------------------ session

    def hello(self, verb: str, argument: str) -> None:
        if not argument:
            return self.say("501 5.5.4 Who is speaking?", verb, argument)
        self.greeted, self.envelope = True, None
        if verb == "HELO":
            return self.say(f"250 {_HOST}", verb, argument)
        offers = ["PIPELINING", f"SIZE {_SIZE}", "8BITMIME", "SMTPUTF8", "DSN", "ENHANCEDSTATUSCODES"]
        *first, last = [_HOST, *offers, "AUTH PLAIN LOGIN"]
        return self.say("\r\n".join([*(f"250-{offer}" for offer in first), f"250 {last}"]), verb, argument)

    def auth(self, verb: str, argument: str) -> None:
        mechanism, _, initial = argument.partition(" ")
        mechanism = mechanism.upper()
        try:
            if mechanism == "PLAIN":
                _, user, password = self.asked("", initial).split("\0")
            elif mechanism == "LOGIN":
                user, password = self.asked("Username:", initial), self.asked("Password:")
            else:
                return self.say("504 5.5.4 Mechanism not offered", verb, mechanism)
        except ValueError:
            return self.say("501 5.5.2 Cannot decode", verb, mechanism)
        good = hmac.compare_digest(f"{user}\0{password}".encode(), f"{USER}\0{PASSWORD}".encode())
        self.trusted = self.trusted or good
        answer = "235 2.7.0 Authenticated" if good else "535 5.7.8 Credentials refused"
        return self.say(answer, verb, mechanism)  # the record holds no password

    def asked(self, prompt: str, given: str = "") -> str:
        """A base64 answer to `prompt`, unless it was given already. Raises ValueError."""
        if not given:
            self.say(f"334 {base64.b64encode(prompt.encode()).decode()}")
            given = self.connection.until(b"\r\n", _COMMAND_MAX).decode("ascii").strip()
        try:
            return base64.b64decode("" if given == "=" else given, validate=True).decode()
        except binascii.Error as error:
            raise ValueError from error

    def reset(self, verb: str, argument: str) -> None:
        self.envelope = None
        self.say("250 2.0.0 Forgotten", verb, argument)

    def quit(self, verb: str, argument: str) -> None:
        self.say("221 2.0.0 Bye", verb, argument)
        raise _Over

    # ------------------------------------------------------------ mail

    def mail(self, verb: str, argument: str) -> None:
        if self.server.faults.take("smtp", {"421"}):
            self.say("421 4.3.2 Closing the connection", verb, argument)
            raise _Over
        if not self.greeted or self.envelope:
            return self.say("503 5.5.1 Not now", verb, argument)
        if not self.trusted:
            return self.say("530 5.7.0 Authentication required", verb, argument)
        sender, asked, wrong = _path("FROM", argument)
        size = asked.get("SIZE", "0")
        if wrong or not size.isdigit():
            return self.say(wrong or "501 5.5.4 SIZE is no number", verb, argument)
        if int(size) > _SIZE:
            return self.say("552 5.3.4 Message too big", verb, argument)
        if not sender.isascii() and "SMTPUTF8" not in asked:
            return self.say("550 5.6.7 Address needs SMTPUTF8", verb, argument)
        self.envelope = _Envelope(sender, asked)
        return self.say("250 2.1.0 Sender ok", verb, argument)

    def rcpt(self, verb: str, argument: str) -> None:
        if self.envelope is None:
            return self.say("503 5.5.1 MAIL first", verb, argument)
        address, asked, wrong = _path("TO", argument)
        if not address.isascii() and "SMTPUTF8" not in self.envelope.parameters:
            wrong = wrong or "553 5.6.7 Address needs SMTPUTF8"
        fault = "" if wrong else self.server.faults.take("smtp", _BY_FAULT)
        named = next((text for start, text in _BY_NAME.items() if address.lower().startswith(start)), "")
        refusal = wrong or _BY_FAULT.get(fault, "") or named or ("" if address else "501 5.1.3 No address")
        if refusal:
            return self.say(refusal, verb, argument)
        self.envelope.recipients.append((address, asked))
        return self.say("250 2.1.5 Recipient ok", verb, argument)

    def data(self, verb: str, argument: str) -> None:
        if self.envelope is None:
            return self.say("503 5.5.1 MAIL first", verb, argument)
        if not self.envelope.recipients:
            return self.say("554 5.5.1 No valid recipients", verb, argument)
        envelope, self.envelope = self.envelope, None
        if self.server.faults.take("smtp", {"drop-before-dot"}):
            # Before 354: once it is given, a small mail and its dot arrive in one piece.
            raise _Over
        self.say("354 Go ahead", verb, argument)
        self.connection.busy = True
        self.dot(envelope, self.text())
        self.connection.busy = False
        return None

    def text(self) -> bytes | None:
        """The message without its dot, dot-stuffing undone; None when it is too big."""
        try:
            first = self.connection.exactly(3)
            if first == b".\r\n":
                return b""
            data = first + self.connection.until(b"\r\n.\r\n", _SIZE)
        except TooLong:
            self.connection.discard_until(b"\r\n.\r\n")
            return None
        return (data[1:] if data[:1] == b"." else data)[:-3].replace(b"\r\n.", b"\r\n")

    def dot(self, envelope: _Envelope, data: bytes | None) -> None:
        """The moment the mail is taken, or not."""
        if refusal := _unfit(data, envelope):
            return self.say(refusal, ".")
        fault = self.server.faults.take("smtp", {"drop-after-dot", "hang-after-dot"})
        queue = self.server.accept(envelope, data or b"")
        if fault:
            self.server.record.asked(Request("smtp", ".", "", 0))
            if fault == "hang-after-dot":
                self.connection.wait_closed(self.server.hang)
            raise _Over
        return self.say(f"250 2.0.0 Ok: queued as {queue}", ".")

    _verbs: ClassVar[dict[str, Callable[[_Session, str, str], None]]] = {
        "EHLO": hello,
        "HELO": hello,
        "AUTH": auth,
        "MAIL": mail,
        "RCPT": rcpt,
        "DATA": data,
        "RSET": reset,
        "QUIT": quit,
        "NOOP": lambda self, verb, argument: self.say("250 2.0.0 Ok", verb, argument),
        "VRFY": lambda self, verb, argument: self.say("252 2.5.2 Try and see", verb, argument),
    }


def _path(word: str, argument: str) -> tuple[str, dict[str, str], str]:
    """The address and parameters of MAIL or RCPT, and the refusal if there must be one."""
    found = _PATH.fullmatch(argument)
    if not found or found[1].upper() != word:
        return "", {}, f"501 5.5.4 Write {word}:<address>"
    parameters = {}
    for parameter in found[3].split():
        name, _, value = parameter.partition("=")
        if name.upper() not in _PARAMETERS[word]:
            return "", {}, "555 5.5.4 Parameter not recognised"
        parameters[name.upper()] = value
    if found[2] and not _ADDRESS.fullmatch(found[2]):
        return "", {}, "553 5.1.3 That is no address"
    return found[2], parameters, ""


_PARAMETERS = {"FROM": {"SIZE", "BODY", "SMTPUTF8", "RET", "ENVID", "AUTH"}, "TO": {"NOTIFY", "ORCPT"}}


def _unfit(data: bytes | None, envelope: _Envelope) -> str:
    """The refusal of a message's content, if there must be one."""
    if data is None or len(data) > _SIZE:
        return "552 5.3.4 Message too big"
    if not data.count(b"\r\n") == data.count(b"\r") == data.count(b"\n"):
        return "550 5.6.11 Bare CR or LF"
    if b"\0" in data:
        return "550 5.6.0 NUL in the message"
    if max(map(len, data.split(b"\r\n"))) > _LINE_MAX:
        return "550 5.6.0 Line longer than 998 octets"
    if not data.isascii() and not {"SMTPUTF8"} & set(envelope.parameters):
        if envelope.parameters.get("BODY", "").upper() != "8BITMIME":
            return "550 5.6.3 8-bit text without BODY=8BITMIME"
        if not data.partition(b"\r\n\r\n")[0].isascii():
            return "550 5.6.9 8-bit header without SMTPUTF8"
    return ""
