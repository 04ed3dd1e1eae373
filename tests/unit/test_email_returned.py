"""Mail that came back: what the reports of the usual servers say, and whom they are believed about."""

from __future__ import annotations

from typing import Any

import pytest

from channels.email import channel, verp
from channels.email.settings import EmailSettings
from publisher.channel import Returned
from publisher.errors import StatementError

TOKENS = {"5f2a": "secret", "77aa": "other"}
MINE = verp.envelope("bounces@example.org", "5f2a", "a1b2c3", "secret")
LINK = "https://example.org/u?t=secret&l=en"

REPORT = """Return-Path: <>
From: MAILER-DAEMON@mx.example.net (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: {to}
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; ann@example.net
Original-Recipient: rfc822;ann@example.net
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} no luck

{more}--b
Content-Type: {kind}

Return-Path: {original}
From: Press <press@example.org>
To: ann@example.net
List-Unsubscribe: <{link}>
Subject: News

--b--
"""

COMPLAINT = """From: feedback@provider.example
To: fbl@example.org
Subject: FW: News
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="b"

--b
Content-Type: text/plain

This is an email abuse report.

--b
Content-Type: message/feedback-report

Feedback-Type: {said}
User-Agent: SomeGenerator/1.0
Version: 1
Original-Mail-From: <{original}>

--b
Content-Type: message/rfc822

From: Press <press@example.org>
List-Unsubscribe: <{link}>
Subject: News

Words.
--b--
"""

QMAIL = """From: MAILER-DAEMON@old.example.net
To: {to}
Subject: failure notice

Hi. This is the qmail-send program at old.example.net.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<ann@example.net>:
{words}

--- Below this line is a copy of the message.

Return-Path: <press@example.org>
"""

HOLIDAY = """From: ann@example.net
To: {to}
Subject: Out of office
Auto-Submitted: auto-replied

I am away until Monday. If it is urgent, 550 5.1.1 is my extension.
"""


def report(action: str = "failed", status: str = "5.1.1", *, to: str = MINE, **of: Any) -> bytes:
    given = {"kind": "text/rfc822-headers", "more": "", "original": "<>", "link": "https://e.org/", **of}
    return REPORT.format(action=action, status=status, to=to, **given).encode()


def read(mail: bytes, to: str = "", **settings: str) -> Returned:
    made = EmailSettings(
        **{"bounce_address": "bounces@example.org", "unsubscribe_url": "https://example.org/u?t={token}&l=en"}
        | settings
    )
    owners = {token: key for key, token in TOKENS.items()}
    return channel(made).returned(mail, to, lambda key: TOKENS.get(key, ""), lambda t: owners.get(t, ""))


@pytest.mark.parametrize(
    ("action", "status", "kind"),
    [
        ("failed", "5.1.1", "failed"),
        ("Failed (permanently)", "5.2.2", "failed"),
        ("delayed", "4.4.1", "delayed"),
        ("delivered", "2.0.0", "other"),
        ("relayed", "2.1.9", "other"),
    ],
)
def test_a_report_says_what_happened_in_its_fields(action: str, status: str, kind: str) -> None:
    assert read(report(action, status)) == Returned(kind, status, f"550 {status} no luck", "5f2a", "a1b2c3")  # type: ignore[arg-type]


def test_a_report_with_windows_line_ends_is_the_same_report() -> None:
    assert read(report().replace(b"\n", b"\r\n")) == read(report())


def test_an_address_that_reached_somebody_has_not_failed() -> None:
    """An address may stand for several, of whom one has gone."""
    another = "Final-Recipient: rfc822; bob@example.net\nAction: delivered\nStatus: 2.0.0\n\n"
    assert read(report(more=another)).kind == "other"


@pytest.mark.parametrize(
    "place",
    [
        {"to": MINE},
        {"to": f"Bounces <{MINE.upper()}>"},
        {"to": "press@example.org", "original": f"<{MINE}>"},
        {"to": "press@example.org", "original": f"<{MINE}>", "kind": "message/rfc822"},
    ],
)
def test_whom_it_is_about_is_found_where_servers_put_it(place: dict[str, str]) -> None:
    assert read(report(**place)).reader == "5f2a"  # type: ignore[arg-type]


def test_the_address_it_came_to_may_be_said_beside_the_mail() -> None:
    assert read(report(to="undisclosed"), to=MINE).announcement == "a1b2c3"


@pytest.mark.parametrize(
    "forged",
    [
        "bounces+5f2a-a1b2c3-aaaaaaaaaaaaaaaa@example.org",
        verp.envelope("bounces@example.org", "5f2a", "a1b2c3", "guessed"),
        MINE.replace("5f2a", "77aa"),
        MINE.replace("a1b2c3", "a1b2c4"),
        MINE.replace("example.org", "example.com"),
        MINE.replace("bounces", "returns"),
        verp.envelope("bounces@example.org", "nobody", "a1b2c3", ""),
    ],
)
def test_forged_mail_is_about_nobody(forged: str) -> None:
    found = read(report(to=forged))
    assert (found.kind, found.reader, found.announcement) == ("failed", "", "")


def test_without_a_bounce_address_the_readers_own_link_says_whom_it_is_about() -> None:
    found = read(report(to="press@example.org", link=LINK), bounce_address="")
    assert (found.reader, found.announcement) == ("5f2a", "")
    assert read(report(to="press@example.org", link=LINK.replace("secret", "guess"))).reader == ""


@pytest.mark.parametrize(
    "link", ["", "https://example.org/u?t=", "https://example.org/u?t=&l=en", "https://e.com/u?t=a&l=en"]
)
def test_a_link_that_is_not_ours_has_no_token(link: str) -> None:
    assert EmailSettings(unsubscribe_url="https://example.org/u?t={token}&l=en").token(link) == ""
    assert EmailSettings().token(link) == ""


@pytest.mark.parametrize("url", ["https://example.org/u/{token}", "https://e.org/u", "https://e.org/u?a=b"])
def test_a_link_gives_back_its_token(url: str) -> None:
    settings = EmailSettings(unsubscribe_url=url)
    assert settings.token(settings.unsubscribe("a-b_c/d")) == "a-b_c/d"


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("abuse", "complaint"),
        ("Fraud", "complaint"),
        ("opt-out", "complaint"),
        ("not-spam", "other"),
        ("auth-failure", "other"),
        ("virus", "other"),
    ],
)
@pytest.mark.parametrize("found", [{"original": MINE, "link": ""}, {"original": "", "link": LINK}])
def test_a_complaint_is_known_by_its_type(said: str, kind: str, found: dict[str, str]) -> None:
    told = read(COMPLAINT.format(said=said, **found).encode())
    assert (told.kind, told.reader) == (kind, "5f2a")


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ("192.0.2.1 does not like recipient.\nRemote host said: 550 5.1.1 No such user here", "5.1.1"),
        ("Remote host said: 550 no mailbox by that name", ""),
    ],
)
def test_a_free_form_report_is_understood_and_its_code_read(words: str, status: str) -> None:
    told = read(QMAIL.format(to=MINE, words=words).encode())
    assert (told.kind, told.status, told.reader, told.announcement) == ("failed", status, "5f2a", "a1b2c3")


def test_an_answer_of_a_person_on_holiday_is_no_failure() -> None:
    assert read(HOLIDAY.format(to=MINE).encode()).kind == "other"


@pytest.mark.parametrize("raw", [b"", b"\n\n", b"no headers here", b"\xff\xfe\x00"])
def test_what_is_no_mail_is_said(raw: bytes) -> None:
    with pytest.raises(StatementError, match="no mail"):
        read(raw)


def test_words_of_strangers_come_on_one_line_and_not_at_any_length() -> None:
    evil = report().replace(b"no luck", b"\x1b[2J" + b"x" * 2000)
    assert "\x1b" not in read(evil).reason
    assert len(read(evil).reason) <= 300
