"""The email form and its settings: what is in the headers, and what is refused."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from pydantic import ValidationError

from channels.email import channel
from channels.email.address import ascii_address, mailbox
from channels.email.form import PLACEHOLDER, EmailForm, inlined, linked
from channels.email.settings import EmailSettings
from publisher.errors import SettingsError, StatementError
from publisher.statement import Block, Media, Statement
from publisher.text import Text


def form(**settings: Any) -> EmailForm:
    return EmailForm(EmailSettings(**settings))


def statement(**of: Any) -> Statement:
    return Statement(**{"title": "A statement", "blocks": (Block("paragraph", "Words."),), **of})


# ---------------------------------------------------------------- headers


def test_headers_say_who_writes_what_list_it_is_and_that_nobody_need_answer() -> None:
    said = statement(url="https://example.org/s", language="fr")
    made = form(
        sender="Press, Office <press@example.org>",
        reply_to="ask@example.org",
        list_id="News <news.example.org>",
    ).headers(said)
    assert made == {
        "From": '"Press, Office" <press@example.org>',
        "Reply-To": "ask@example.org",
        "List-Id": "News <news.example.org>",
        "List-Help": "<mailto:ask@example.org>",
        "List-Owner": "<mailto:ask@example.org>",
        "Feedback-ID": f"{said.digest[:12]}:news.example.org:press:example.org",
        "List-Archive": "<https://example.org/s>",
        "Content-Language": "fr",
        "Auto-Submitted": "auto-generated",
        "Precedence": "bulk",
        "X-Auto-Response-Suppress": "OOF, AutoReply",
    }


def test_headers_leave_out_what_the_settings_do_not_give() -> None:
    assert not {"From", "Reply-To", "List-Id", "List-Archive"} & set(form().headers(statement()))


@pytest.mark.parametrize(
    ("sender", "last"),
    [
        ("a@b.io", "b.io_"),
        ("a@press.international.example.org", "nal.example.org"),
        ("a@press.xy.example.org", "xy.example.org"),
    ],
)
def test_gmails_name_for_a_sender_has_five_to_fifteen_characters(sender: str, last: str) -> None:
    feedback = form(sender=sender).headers(statement())["Feedback-ID"].split(":")
    assert feedback[1:] == ["list", "a", last]
    assert 5 <= len(last) <= 15


def test_a_list_with_a_server_of_its_own_lets_that_say_who_helps() -> None:
    made = form(sender="a@example.org", list_address="all@lists.example.org").headers(statement())
    assert not {"List-Help", "List-Owner", "Feedback-ID"} & set(made)


def test_an_address_in_a_header_is_written_as_in_a_link() -> None:
    made = form(sender="a@example.org", reply_to="Ask <o'neil+50%@例え.jp>").headers(statement())
    assert made["List-Owner"] == "<mailto:o'neil+50%25@xn--r8jz45g.jp>"


def test_a_page_with_letters_beyond_ascii_is_percent_encoded_in_its_header() -> None:
    assert form().headers(statement(url="https://example.org/déclaration"))["List-Archive"] == (
        "<https://example.org/d%C3%A9claration>"
    )


@pytest.mark.parametrize(
    "bad", ["\r", "\n", "\0", "\x0b", "\x0c", "\x1e", "\x7f", "\x85", "\u2028", "\u2029"]
)
def test_whatever_could_end_a_header_is_refused_wherever_it_comes_from(bad: str) -> None:
    with pytest.raises(StatementError, match="the subject of the email has a control character"):
        form().wire("subject", Text.plain(f"News{bad}Bcc: all@example.org"))
    with pytest.raises(StatementError, match="statement's url"):
        form().headers(statement(url=f"https://example.org/{bad}x"))
    for name in ("sender", "reply_to", "bounce_address", "list_id", "list_address", "unsubscribe_url"):
        with pytest.raises(ValueError, match="control character"):
            EmailSettings(**{name: f"a{bad}b@example.org"})


@pytest.mark.parametrize("bad", ["\0", "\x08", "\x1b", "\r", "\x85"])
@pytest.mark.parametrize("field", ["text", "html"])
def test_control_characters_are_refused_in_bodies_too(field: str, bad: str) -> None:
    with pytest.raises(StatementError, match="control character"):
        form().wire(field, Text.plain(f"One{bad}two"))


def test_a_subject_that_readers_would_decode_is_refused() -> None:
    with pytest.raises(StatementError, match="encoded word"):
        form().wire("subject", Text.plain("=?utf-8?q?Other_words?="))


# ---------------------------------------------------------------- addresses


@pytest.mark.parametrize(
    ("given", "name", "address"),
    [
        ("press@Example.ORG", "", "press@example.org"),
        ("Büro für Presse <press@例え.jp>", "Büro für Presse", "press@xn--r8jz45g.jp"),
        ('"Office, Press"  <press@example.org>', "Office, Press", "press@example.org"),
    ],
)
def test_a_mailbox_is_an_address_with_or_without_a_name(given: str, name: str, address: str) -> None:
    assert mailbox(given) == (name, address)


@pytest.mark.parametrize(
    "bad",
    [
        "nobody",
        "a..b@example.org",
        "a@b",
        "two@example.org, three@example.org",
        "grüße@example.org",
        "a\u202e@example.org",
        "a\u200b@example.org",
        f"{'a' * 65}@example.org",
        f"a@{'b' * 64}.org",
        "<@example.org>",
        "a@example.org\r\nRCPT TO:<b@example.org>",
    ],
)
def test_what_is_no_address_is_refused_with_a_reason(bad: str) -> None:
    with pytest.raises(ValueError, match=r"\w+ \w+"):
        mailbox(bad)


def test_an_apostrophe_and_a_plus_are_parts_of_addresses() -> None:
    assert ascii_address("o'neil+press@example.org") == "o'neil+press@example.org"


# ---------------------------------------------------------------- settings


def test_ready_names_every_setting_that_is_missing_or_wrong() -> None:
    with pytest.raises(SettingsError) as raised:
        channel(EmailSettings(reply_to="nobody")).ready()
    assert "PUBLISHER_EMAIL__SMTP_URL is missing" in str(raised.value)
    assert "PUBLISHER_EMAIL__SENDER is missing" in str(raised.value)
    assert "PUBLISHER_EMAIL__REPLY_TO 'nobody'" in str(raised.value)
    channel(EmailSettings(smtp_url="smtp://localhost", sender="a@example.org")).ready()


@pytest.mark.parametrize(
    "url",
    ["localhost:25", "http://example.org", "smtp://", "smtp://h:no", "smtp://u:p@h:25/path", "smtp://ü:p@h"],
)
def test_a_wrong_server_address_is_refused_without_being_repeated(url: str) -> None:
    with pytest.raises(ValidationError, match=r"smtp://user:password@host:port|not ASCII") as raised:
        EmailSettings(smtp_url=url)
    assert "u:p@" not in raised.value.errors(include_input=False)[0]["msg"]


@pytest.mark.parametrize(
    ("url", "service"),
    [
        ("smtp://user:s%40crct@mail.example.org", "smtp://mail.example.org:587"),
        ("smtp://mail.example.org", "smtp://mail.example.org:25"),
        ("smtps://mail.example.org", "smtps://mail.example.org:465"),
        ("smtp://[::1]:2525", "smtp://[::1]:2525"),
    ],
)
def test_the_service_is_named_without_credentials(url: str, service: str) -> None:
    made = channel(EmailSettings(smtp_url=url, sender="A <a@example.org>"))
    assert made.service == service
    assert made.account == "a@example.org"
    assert "crct" not in repr(made.settings)


def test_a_list_makes_one_part_for_all_and_subscribers_one_each() -> None:
    assert channel(EmailSettings()).addressed is True
    assert channel(EmailSettings(list_address="all@example.org")).addressed is False


def test_an_attempt_is_given_up_only_after_every_timeout() -> None:
    settings = EmailSettings()
    assert settings.reply_timeout == 600  # RFC 5321 4.5.3.2.6
    assert channel(settings).patience > settings.reply_timeout + settings.connect_timeout


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("https://example.org/u/{token}", "https://example.org/u/t%2Fk"),
        ("https://example.org/u?t={token}&l=1", "https://example.org/u?t=t%2Fk&l=1"),
        ("https://example.org/u/", "https://example.org/u/t%2Fk"),
        ("https://example.org/u?l=1", "https://example.org/u/t%2Fk?l=1"),
    ],
)
def test_the_token_goes_where_it_is_wanted_or_last(url: str, link: str) -> None:
    assert EmailSettings(unsubscribe_url=url).unsubscribe("t/k") == link


@pytest.mark.parametrize(
    "url", ["http://example.org/u", "ftp://example.org", "example.org/u", "https://e.org/ü"]
)
def test_an_unsubscribe_address_that_providers_would_ignore_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="https"):
        EmailSettings(unsubscribe_url=url)


def test_a_bounce_address_leaves_room_for_each_readers_own() -> None:
    assert EmailSettings(bounce_address=" Bounces@Example.org ").bounce_address == "Bounces@example.org"
    assert EmailSettings(bounce_address=f"{'b' * 17}@example.org").bounce_address
    with pytest.raises(ValueError, match="more than 17 characters before its @"):
        EmailSettings(bounce_address=f"{'b' * 18}@example.org")


def test_a_list_id_needs_angle_brackets_and_a_dot() -> None:
    with pytest.raises(ValueError, match="list name"):
        EmailSettings(list_id="Press statements")


# ---------------------------------------------------------------- what templates get


@pytest.mark.parametrize(
    ("settings", "link"),
    [
        ({"unsubscribe_url": "https://example.org/u"}, PLACEHOLDER),
        ({}, ""),
        ({"unsubscribe_url": "https://example.org/u", "list_address": "l@example.org"}, ""),
    ],
)
def test_a_place_for_a_link_is_offered_only_where_each_has_one(settings: dict[str, str], link: str) -> None:
    assert form(**settings).context["unsubscribe"] == link


def test_a_persons_own_text_becomes_safe_html() -> None:
    assert str(linked("A <b> & c\nhttps://example.org/?a=1&b=2. #Tag")) == (
        'A &lt;b&gt; &amp; c<br>\n<a href="https://example.org/?a=1&amp;b=2">https://example.org/?a=1&amp;b=2</a>. #Tag'
    )


def test_css_is_inlined_and_only_media_rules_stay() -> None:
    made = inlined(
        "<html><head><meta charset='utf-8'><style>p { color: red } @media print { p { color: black } }</style>"
        "<link rel='stylesheet' href='/etc/hostname'></head><body><p>Words</p></body></html>"
    )
    assert 'style="color: red' in made
    assert made.index("charset") < made.index("@media print") < made.index("</head>")
    assert made.count("red") == 1


def test_a_preview_loads_nothing_that_only_sending_needs() -> None:
    """Rendering a mail for a screen must stay quick, with a sender set or not."""
    code = (
        "import sys; from channels.email import channel; from channels.email.settings import EmailSettings as S;"
        "from publisher.statement import Statement;"
        "channel(S(sender='A <a@example.org>')).form.headers(Statement('T'));"
        "print([m for m in ('smtplib', 'ssl', 'email_validator', 'css_inline') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# ---------------------------------------------------------------- lint


@pytest.mark.parametrize(
    ("html", "said"),
    [
        ("<img src=a.png width=10 height=10>", "no alt text"),
        ('<img src=a.png alt="A seal">', "no width and height"),
        ('<img src=a.png alt="" width=1 height=1>', "tracking pixel"),
        ("<form action=x></form>", "<form> is taken out"),
        ("<html><p>Words</p></html>", "no lang"),
        (f"<p>{'x' * 100_001}</p>", "Gmail shows about 102,000"),
    ],
)
def test_what_mail_programs_would_make_badly_is_said(html: str, said: str) -> None:
    page = html if "<html" in html else f'<html lang="en"><body>{html}</body></html>'
    (found,) = form().lint("html", Text.plain(page))
    assert said in found


@pytest.mark.parametrize(
    ("subject", "width"),
    [
        ("a" * 70, 0),
        ("a" * 71, 71),
        ("e\u0301" * 70, 0),  # an accent takes no room of its own
        ("关于海底电缆维修的共同规则" * 3, 78),
    ],
)
def test_a_subject_that_an_inbox_would_cut_is_said_by_its_breadth(subject: str, width: int) -> None:
    found = form().lint("subject", Text.plain(subject))
    assert [f"as broad as {width} letters" in sentence for sentence in found] == ([True] if width else [])


def test_a_good_mail_has_no_fault() -> None:
    html = '<html lang="en"><body><img src=a.png alt="A seal" width="10" height="10"></body></html>'
    assert form().lint("html", Text.plain(html)) == []


# ---------------------------------------------------------------- attachments


def pdf(size: int, name: str = "text.pdf", kind: str = "application/pdf") -> Media:
    return Media("document", name, kind, title="The text", size=size, digest="d" * 64)


def test_documents_are_attached_up_to_a_size_altogether() -> None:
    made = form(attach_max=100)
    assert made.refuse([pdf(60), pdf(40)]) == []
    assert (
        "101 bytes would be attached; PUBLISHER_EMAIL__ATTACH_MAX allows 100"
        in made.refuse([pdf(60), pdf(41)])[0]
    )
    assert "only PDF" in made.refuse([pdf(1, kind="application/zip")])[0]
    assert "control character" in made.refuse([pdf(1, "a\r\nb.pdf")])[0]
    assert form().media.documents == 0
