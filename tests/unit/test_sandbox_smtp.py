"""The sandbox's SMTP: spoken to with smtplib and with bare sockets, no sender of ours."""

from __future__ import annotations

import smtplib
import socket
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlsplit

import pytest

from publisher.sandbox import Sandbox
from publisher.sandbox.smtp import PASSWORD, USER

PRESS = "press@sandbox.example"
BODY = b"Subject: News\r\n\r\nText\r\n"


@pytest.fixture
def box() -> Iterator[Sandbox]:
    with Sandbox(hang=5) as box:
        yield box


def client(box: Sandbox) -> smtplib.SMTP:
    place = urlsplit(box.smtp_url)
    return smtplib.SMTP(str(place.hostname), int(place.port or 0), timeout=5)


class Raw:
    """A session typed by hand."""

    def __init__(self, box: Sandbox) -> None:
        self.sock = socket.create_connection(("127.0.0.1", int(box.smtp_url.rpartition(":")[2])), timeout=5)
        self.lines = self.sock.makefile("rb")
        assert self.reply().startswith("220 ")

    def reply(self) -> str:
        while line := self.lines.readline():
            if line[3:4] == b" ":
                return line.decode().strip()
        return ""

    def __call__(self, data: str | bytes, replies: int = 1) -> list[str]:
        raw = data if isinstance(data, bytes) else data.encode()
        self.sock.sendall(raw + b"\r\n")
        return [self.reply() for _ in range(replies)]

    def message(self, data: bytes, mail: str = "") -> str:
        self("EHLO me")
        self(f"MAIL FROM:<{PRESS}>{mail}")
        self("RCPT TO:<a@b.example>")
        assert self("DATA")[0].startswith("354")
        return self(data + b"\r\n.")[0]


def test_it_offers_what_a_modern_relay_does(box: Sandbox) -> None:
    with client(box) as smtp:
        smtp.ehlo()
        assert {"pipelining", "8bitmime", "smtputf8", "dsn", "auth", "size"} <= set(smtp.esmtp_features)
        assert smtp.esmtp_features["size"] == str(20 * 1024 * 1024)


def test_each_recipient_of_a_message_is_one_public_entry(box: Sandbox) -> None:
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = "Déclaration", PRESS, "list@press.example"
    message.set_content("Text\n.dot\n..two\n")
    with client(box) as smtp:
        smtp.send_message(message, to_addrs=["a@b.example", "c@d.example"])
    assert [(p.service, p.sender, p.recipient) for p in box.public] == [
        ("smtp", PRESS, "a@b.example"),
        ("smtp", PRESS, "c@d.example"),
    ]
    assert box.public[0].mail["Subject"] == "Déclaration"
    assert box.public[0].text.endswith("Text\r\n.dot\r\n..two\r\n")


def test_the_envelope_and_every_command_are_remembered(box: Sandbox) -> None:
    with client(box) as smtp:
        smtp.sendmail(PRESS, "a@b.example", BODY, ["RET=HDRS", "ENVID=x1"], ["NOTIFY=FAILURE,DELAY"])
    assert box.public[0].raw["mail"]["ENVID"] == "x1"
    assert box.public[0].raw["rcpt"] == {"NOTIFY": "FAILURE,DELAY"}
    assert [(r.method, r.status) for r in box.requests] == [
        ("EHLO", 250),
        ("MAIL", 250),
        ("RCPT", 250),
        ("DATA", 354),
        (".", 250),
        ("QUIT", 221),
    ]


@pytest.mark.parametrize(
    ("address", "code", "enhanced"),
    [
        ("bounce.me@b.example", 550, b"5.1.1"),
        ("DEFER@b.example", 450, b"4.2.1"),
        ("full@b.example", 552, b"5.2.2"),
        ("not an address", 501, b"5.5.4"),
        ("two@@b.example", 553, b"5.1.3"),
        ("", 501, b"5.1.3"),
    ],
)
def test_recipients_are_refused_by_name_and_the_rest_is_delivered(
    box: Sandbox, address: str, code: int, enhanced: bytes
) -> None:
    with client(box) as smtp:
        smtp.ehlo()
        smtp.mail(PRESS)
        assert smtp.rcpt("good@b.example")[0] == 250
        smtp.putcmd("RCPT", f"TO:<{address}>")
        told = smtp.getreply()
        assert (told[0], told[1].split()[0]) == (code, enhanced)
        assert smtp.data(BODY)[0] == 250
    assert [p.recipient for p in box.public] == ["good@b.example"]


@pytest.mark.parametrize(
    ("data", "mail", "expected"),
    [
        (b"Subject: a\r\n\r\nbare\nfeed", "", "550 5.6.11"),
        (b"Subject: a\r\n\r\nbare\rreturn", "", "550 5.6.11"),
        (b"Subject: a\r\n\r\nsmuggled\n.\nMAIL", "", "550 5.6.11"),
        (b"Subject: a\r\n\r\n" + b"a" * 999, "", "550 5.6.0"),
        (b"Subject: a\r\n\r\n" + b"a" * 998, "", "250 2.0.0"),
        (b"Subject: a\r\n\r\nnul\0", "", "550 5.6.0"),
        ("Subject: a\r\n\r\né".encode(), "", "550 5.6.3"),
        ("Subject: a\r\n\r\né".encode(), " BODY=8BITMIME", "250 2.0.0"),
        ("Subject: é\r\n\r\né".encode(), " BODY=8BITMIME", "550 5.6.9"),
        ("Subject: é\r\n\r\né".encode(), " BODY=8BITMIME SMTPUTF8", "250 2.0.0"),
        (b"Subject: a\r\n\r\n" + b"a\r\n" * 7_000_000, "", "552 5.3.4"),
    ],
)
def test_content_is_judged_strictly(box: Sandbox, data: bytes, mail: str, expected: str) -> None:
    raw = Raw(box)
    assert raw.message(data, mail)[:9].strip() == expected[:9].strip()
    assert len(box.public) == (expected[0] == "2")
    assert raw.message(BODY).startswith("250")


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ([f"MAIL FROM:<{PRESS}>"], "503"),
        (["EHLO me", "RCPT TO:<a@b.example>"], "503"),
        (["EHLO me", "DATA"], "503"),
        (["EHLO me", f"MAIL FROM:<{PRESS}>", "DATA"], "554"),
        (["EHLO me", f"MAIL FROM:<{PRESS}>", f"MAIL FROM:<{PRESS}>"], "503"),
        (["EHLO me", f"MAIL FROM:<{PRESS}>", "RSET", "RCPT TO:<a@b.example>"], "503"),
        (["EHLO me", f"MAIL FROM:<{PRESS}> SIZE=20971521"], "552"),
        (["EHLO me", f"MAIL FROM:<{PRESS}> COLOUR=RED"], "555"),
        (["EHLO me", "MAIL FROM:press@sandbox.example"], "501"),
        (["EHLO me", f"MAIL FROM: <{PRESS}>"], "501"),
        (["EHLO me", "MAIL FROM:<büro@sandbox.example>"], "550"),
        (["EHLO me", "MAIL FROM:<büro@sandbox.example> SMTPUTF8"], "250"),
        (["EHLO me", "MAIL FROM:<>"], "250"),
        (["EHLO"], "501"),
        (["HELO me"], "250"),
        (["NOOP"], "250"),
        (["BURP"], "500"),
        (["NOOP\nNOOP"], "500"),
    ],
)
def test_commands_follow_their_order_and_grammar(box: Sandbox, lines: list[str], code: str) -> None:
    raw = Raw(box)
    assert [raw(line)[0][:3] for line in lines][-1] == code


def test_a_whole_session_in_one_packet_is_answered_in_order(box: Sandbox) -> None:
    raw = Raw(box)
    group = f"MAIL FROM:<{PRESS}>\r\nRCPT TO:<a@b.example>\r\nRCPT TO:<bounce@b.example>\r\nDATA"
    assert [r[:3] for r in raw(f"EHLO me\r\n{group}", 5)] == ["250", "250", "250", "550", "354"]
    replies = raw(BODY + b".\r\n" + group.encode(), 5)
    assert [r[:3] for r in replies] == ["250", "250", "250", "550", "354"]
    assert raw(b".")[0].startswith("250")
    assert [p.text for p in box.public] == [BODY.decode(), ""]


def test_a_login_is_checked_and_leaves_no_password_in_the_record() -> None:
    with Sandbox(smtp_login=True) as box:
        assert f"{USER}:{PASSWORD}@" in box.smtp_url
        with client(box) as smtp:
            with pytest.raises(smtplib.SMTPSenderRefused, match="530"):
                smtp.sendmail(PRESS, "a@b.example", BODY)
            with pytest.raises(smtplib.SMTPAuthenticationError):
                smtp.login(USER, "guessed")
            for method in ("auth_plain", "auth_login"):
                smtp.user, smtp.password = USER, PASSWORD
                name = method.removeprefix("auth_").upper()
                assert smtp.auth(name, getattr(smtp, method), initial_response_ok=True)[0] == 235
            assert smtp.sendmail(PRESS, "a@b.example", BODY) == {}
        assert PASSWORD not in repr(box.requests)
        assert len(box.public) == 1


# ---------------------------------------------------------------- faults


def test_after_the_dot_it_is_accepted_whatever_the_sender_hears(box: Sandbox) -> None:
    for fault in ("drop", "hang"):
        box.fault(f"smtp-{fault}-after-dot")
        raw = Raw(box)
        raw.sock.settimeout(1)
        try:
            assert raw.message(BODY) == ""
        except TimeoutError:
            assert fault == "hang"
        raw.sock.close()
    assert [p.recipient for p in box.public] == ["a@b.example"] * 2


def test_a_drop_before_the_dot_leaves_nothing(box: Sandbox) -> None:
    box.fault("smtp-drop-before-dot")
    with client(box) as smtp, pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
        smtp.sendmail(PRESS, "a@b.example", BODY * 5000)
    assert box.public == []
    with client(box) as smtp:
        smtp.sendmail(PRESS, "a@b.example", BODY)
    assert len(box.public) == 1


def test_421_closes_the_connection(box: Sandbox) -> None:
    box.fault("smtp-421")
    raw = Raw(box)
    raw("EHLO me")
    assert raw(f"MAIL FROM:<{PRESS}>")[0].startswith("421")
    assert raw.lines.read() == b""


@pytest.mark.parametrize(
    ("fault", "start"), [("4xx", "451 4."), ("5xx", "550 5.1.1"), ("5xx-policy", "550 5.7.1")]
)
def test_the_next_recipients_are_refused_and_then_no_more(box: Sandbox, fault: str, start: str) -> None:
    box.fault(f"smtp-{fault}", 2)
    raw = Raw(box)
    raw("EHLO me")
    raw(f"MAIL FROM:<{PRESS}>")
    replies = [raw(f"RCPT TO:<r{n}@b.example>")[0] for n in range(3)]
    assert [r.startswith(start) for r in replies] == [True, True, False]


def test_refused_connections_come_back_at_the_same_port(box: Sandbox) -> None:
    box.fault("smtp-refuse", 30)
    with pytest.raises(ConnectionRefusedError):
        client(box)
    box.fault("smtp-refuse", 0)
    with client(box) as smtp:
        assert smtp.noop()[0] == 250


def test_senders_that_vanish_in_the_middle_leave_nothing(box: Sandbox) -> None:
    for n in range(4):
        raw = Raw(box)
        steps: list[Any] = ["EHLO me", f"MAIL FROM:<{PRESS}>", "RCPT TO:<a@b.example>", "DATA"]
        for step in steps[: n + 1]:
            raw(step)
        raw.sock.sendall(b"half a li")
        raw.sock.close()
    with client(box) as smtp:
        smtp.sendmail(PRESS, "a@b.example", BODY)
    assert len(box.public) == 1
