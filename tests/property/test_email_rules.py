"""Every mail as the list sends it, from settings and statement to bytes: headers that providers read literally stay
whole, and nothing that anybody writes becomes a header of its own.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from channels.email import verp
from channels.email.adapter import Email
from channels.email.address import ascii_address
from channels.email.mime import Letter, message_id, mold
from channels.email.settings import EmailSettings
from publisher.address import normal
from publisher.channel import Rendering
from publisher.errors import Permanent, PublisherError
from publisher.render import Renderer
from publisher.statement import Block, Media, Statement

BREAKS = ["\r", "\n", "\r\n", "\0", "\x0b", "\x0c", "\x1c", "\x1e", "\x7f", "\x85", "\u2028", "\u2029"]
LITERAL = (
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "List-Help",
    "List-Owner",
    "List-Archive",
    "Feedback-ID",
)
PROVES = {"sender": "Press <office@example.org>", "list_id": "News <news.example.org>"}
SAID = st.characters(blacklist_categories=["Cc", "Cs", "Cn", "Co", "Zl", "Zp"])
WORDS = st.text(SAID, min_size=1, max_size=60).map(lambda s: " ".join(s.split())).filter(
    lambda s: s and not re.search(r"=\?.*\?=|[\u202a-\u202e\u2066-\u2069]", s)
)  # fmt: skip
NAMES = WORDS.filter(lambda s: not re.search(r'["<>\\]', s))
PATHS = st.text(SAID, min_size=1, max_size=300).filter(lambda s: not re.search(r"\s", s))
CONTENTS = st.binary(min_size=1, max_size=600)


def render(statement: Statement, **given: object) -> tuple[Email, Rendering]:
    made = Email(EmailSettings(**{**PROVES, "unsubscribe_url": "https://example.org/u/{token}", **given}))
    return made, Renderer().render(statement, made)


def said(**of: object) -> Statement:
    return Statement(
        **{"title": "Ports agree", "blocks": (Block("paragraph", "Nine ports agree on cables."),), **of}
    )


@settings(max_examples=60, deadline=None)
@given(WORDS, NAMES, NAMES, PATHS, st.integers(1, 700), st.none() | CONTENTS, WORDS)
def test_every_mail_of_a_list_keeps_the_rules(title, name, called, path, length, content, file) -> None:
    documents = ()
    if content is not None:
        digest = hashlib.sha256(content).hexdigest()
        documents = (
            Media("document", f"{file}.pdf", "application/pdf", title="T", size=len(content), digest=digest),
        )
    statement = said(title=title, url=f"https://example.org/{path}", media=documents)
    try:
        _, made = render(
            statement,
            sender=f"{name} <office@example.org>",
            list_id=f"{called} <news.example.org>",
            attach_max=10_000,
        )
        built = mold(made, blob=lambda digest: content or b"")
    except (PublisherError, ValidationError):
        return  # refused with a reason, before anything is sent
    link = f"https://example.org/u/{'t' * length}"
    raw = built.filled(
        Letter("to@example.net", message_id("k", "to@example.net", built.domain), 0.0, link, one_click=True)
    )
    head, _, body = raw.partition(b"\r\n\r\n")
    mail = message_from_bytes(raw)

    # RFC 5322: 7-bit lines that end in CRLF and are not too long; what must be there is there once.
    assert raw.isascii()
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)|[\0\x0b\x0c\x7f]", raw)
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    for header in ("From", "To", "Date", "Message-ID", "Subject", "MIME-Version", *LITERAL):
        assert len(mail.get_all(header, [])) == 1, header
    assert not {"Bcc", "Cc", "Sender"} & set(mail.keys())

    # RFC 2045: bodies of at most 76; no defects for a strict reader.
    assert max(map(len, body.split(b"\r\n"))) <= 78  # a part's own headers included
    strict = message_from_bytes(raw, _class=EmailMessage, policy=SMTP)
    assert not any(part.defects for part in strict.walk())

    # RFC 8058, RFC 2369: literal and on one line.
    for header in LITERAL:
        line = next(r for r in re.split(rb"\r\n(?![ \t])", head) if r.startswith(header.encode() + b": "))
        assert b"\r\n" not in line
        assert b"=?" not in line
    assert mail["List-Unsubscribe"] == f"<{link}>"
    assert re.fullmatch(r"<mailto:[!-~]+>", mail["List-Help"])
    assert re.fullmatch(r"<https://[!-~]+>", mail["List-Archive"])
    assert re.fullmatch(r"[0-9a-f]{12}:[^:]+:[^:]+:[^:]{5,15}", mail["Feedback-ID"])

    # What was approved is what is read.
    assert str(make_header(decode_header(mail["Subject"]))) == made.posts[0]["subject"].wire
    if content is not None:
        (attached,) = [p for p in mail.walk() if p.get_content_disposition() == "attachment"]
        assert (attached.get_payload(decode=True), attached.get_filename()) == (content, f"{file}.pdf")


@pytest.mark.parametrize("bad", BREAKS)
@pytest.mark.parametrize("where", ["title", "url", "language", "organization"])
def test_nothing_in_a_statement_becomes_a_header(where: str, bad: str) -> None:
    evil = {"title": "News", "url": "https://example.org/", "language": "en", "organization": "Office"}[where]
    try:
        _, made = render(said(**{where: f"{evil}{bad}Bcc: all@example.net"}))
        raw = mold(made).filled(Letter("to@example.net", "<k@example.org>", 0.0, "https://e.org/u"))
    except PublisherError:
        return
    mail = message_from_bytes(raw)
    assert "Bcc" not in mail
    assert raw.partition(b"\r\n\r\n")[0].count(b"\r\n") < 40


@pytest.mark.parametrize("bad", BREAKS)
@pytest.mark.parametrize(
    "where", ["sender", "reply_to", "list_id", "bounce_address", "unsubscribe_url", "list_address"]
)
def test_nothing_in_a_setting_becomes_a_header(where: str, bad: str) -> None:
    with pytest.raises(ValidationError):
        EmailSettings(**{where: f"News{bad}Bcc: all@example.net <a@example.org>"})


@pytest.mark.parametrize("bad", BREAKS)
@pytest.mark.parametrize("check", [ascii_address, lambda a: normal(a)[0]])
@pytest.mark.parametrize(
    "form", ["a{}b@example.org", "a@exam{}ple.org", "a@example.org{}RCPT TO:<b@example.org>"]
)
def test_nothing_in_an_address_becomes_a_command(check, form: str, bad: str) -> None:
    with pytest.raises((ValueError, PublisherError)):
        check(form.format(bad))


@pytest.mark.parametrize(
    "address",
    [
        "moc.evil\u202e@example.org",
        "a@exam\u202eple.org",
        "a\u200b@example.org",
        "a\u2066b@example.org",
        "p\u0430ypal@example.org",  # one Cyrillic letter
        "a@ex\u0430mple.org",
        "a@g\u03bfogle.org",  # one Greek one
        "a@xn--exmple-4nf.org",  # the same, in ASCII
        "a@\u0430\u0440\u0440\u04cf\u0435.com",  # nothing but Cyrillic letters that read "apple"
        "a@xn--80ak6aa92e.com",  # the same, in ASCII
        "\u0440\u0430\u0443@example.org",  # "pay"
        "a@\u03bd\u03bf\u03c1.com",  # Greek ones
        "a@\u0261oogle.com",  # a g of phonetic script
        "\uff41dmin@example.org",  # a broad a
        "\U0001d41an@example.org",  # a bold one
        f"{'a' * 65}@example.org",
        f"a@{'b' * 250}.org",
    ],
)
def test_addresses_that_deceive_or_are_too_long_are_refused(address: str) -> None:
    with pytest.raises(PublisherError):
        normal(address)


@pytest.mark.parametrize(
    "address",
    [
        "иван@почта.рф",
        "a@хор.рф",  # Cyrillic twins alone, where such words are written
        "\u0430@b.ru",
        "a@агора.com",  # one letter that is no twin
        "a@παράδειγμα.gr",
        "a@αρα.gr",
        "สำรวจ@คน.ไทย",  # a vowel that Unicode takes apart
        "müller@müller.example.org",
        "a@例え.テスト.jp",
    ],
)
def test_words_of_other_scripts_are_addresses(address: str) -> None:
    assert normal(address)[0] == address


@pytest.mark.parametrize("bad", BREAKS)
def test_no_file_name_becomes_a_header(bad: str) -> None:
    medium = Media(
        "document",
        f"a{bad}Bcc: x.pdf",
        "application/pdf",
        title="T",
        size=1,
        digest=hashlib.sha256(b"x").hexdigest(),
    )
    made, rendering = render(said(), attach_max=10)
    assert made.form.refuse([medium])
    forced = replace(rendering, posts=(replace(rendering.posts[0], media=(medium,)),))
    with pytest.raises(Permanent):
        mold(forced, blob=lambda digest: b"x")


@given(st.sampled_from(BREAKS))
def test_no_token_becomes_a_command(bad: str) -> None:
    made = verp.envelope("bounces@example.org", "s1", "a1", f"key{bad}")
    assert re.fullmatch(r"bounces\+s1-a1-[a-z2-7]{16}@example\.org", made)
