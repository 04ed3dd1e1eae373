"""Every mail that can be made reads back as it was written, and keeps the rules of its formats."""

from __future__ import annotations

import re
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import parsedate_to_datetime
from html import escape

from hypothesis import given, settings
from hypothesis import strategies as st

from channels.email.address import Mailbox, mailbox
from channels.email.form import PLACEHOLDER, EmailForm
from channels.email.mime import Letter, message_id, mold
from channels.email.settings import EmailSettings
from publisher.channel import Copy, Post, Rendering
from publisher.errors import StatementError
from publisher.text import Text, nfc
from tests.quick import examples

SAID = st.characters(blacklist_categories=["Cc", "Cs", "Zl", "Zp"])
LINES = st.text(SAID, max_size=120).filter(lambda s: "unsubscribe.invalid" not in s)
BODIES = st.lists(
    st.one_of(LINES, st.sampled_from([".", "..x", "From me", "=", "a=3D", PLACEHOLDER, f"see {PLACEHOLDER}!", "é" * 40])),
    min_size=1,
    max_size=12,
).map("\n".join)  # fmt: skip
SUBJECTS = st.text(SAID, min_size=1, max_size=70).map(lambda s: " ".join(s.split())).filter(
    lambda s: s and not re.search(r"=\?.*\?=", s)
)  # fmt: skip
NAMES = st.text(
    st.characters(blacklist_categories=["Cc", "Cs", "Zl", "Zp"], blacklist_characters='"<>\\'), max_size=60
).filter(lambda s: not re.search(r"=\?.*\?=", s))
TOKENS = st.text(st.characters(max_codepoint=0x17F, blacklist_categories=["Cs"]), min_size=1, max_size=60)


def rendering(subject: str, text: str, html: str, name: str) -> Rendering:
    fields = {"subject": subject, "text": text, "html": html}
    copies = tuple(Copy(field, value, value, len(value)) for field, value in fields.items())
    headers = {"From": str(mailbox(f"{name} <press@example.org>")), "Precedence": "bulk"}
    return Rendering("email", "en", (Post(copies),), headers=headers)


@settings(max_examples=examples(50), deadline=None)
@given(SUBJECTS, BODIES, BODIES, NAMES, TOKENS)
def test_every_mail_reads_back_as_it_was_written(
    subject: str, text: str, html: str, name: str, token: str
) -> None:
    link = EmailSettings(unsubscribe_url="https://example.org/u?t={token}&l=en").unsubscribe(token)
    made = mold(rendering(subject, text, html, name))
    identity = message_id("part", "to@example.net", made.domain)
    raw = made.filled(Letter("to@example.net", identity, 1_900_000_000.0, link, one_click=True))
    mail = message_from_bytes(raw)

    # What was said.
    assert str(make_header(decode_header(mail["Subject"]))) == subject
    said = [part.get_payload(decode=True).decode() for part in mail.get_payload()]  # type: ignore[union-attr]
    assert said[0] == text.replace(PLACEHOLDER, link).replace("\n", "\r\n")
    assert said[1] == html.replace(PLACEHOLDER, escape(link)).replace("\n", "\r\n")
    shown, _, address = str(make_header(decode_header(mail["From"]))).rpartition("<")
    assert address.rstrip(">") in ("press@example.org",)
    assert shown.strip(' "') == " ".join(name.split()).strip(' "')

    # RFC 5322: ASCII, CRLF, short lines, one of each, a zone, an identity with a domain.
    assert raw.isascii()
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)|\0", raw)
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert [mail.get_all(n, []) != [] and len(mail.get_all(n, [])) for n in ("From", "To", "Date", "Message-ID", "Subject")] == [1] * 5  # fmt: skip
    assert parsedate_to_datetime(mail["Date"]).timestamp() == 1_900_000_000
    assert not {"Bcc", "Cc"} & set(mail.keys())
    strict = message_from_bytes(raw, _class=EmailMessage, policy=SMTP)
    assert not strict.defects
    assert all(not part.defects for part in strict.iter_parts())

    # RFC 2045 and 2046: quoted-printable lines, a boundary that no body holds, complete alternatives.
    head, _, body = raw.partition(b"\r\n\r\n")
    assert all(len(line) <= 76 for line in body.split(b"\r\n"))
    boundary = str(mail.get_boundary()).encode()
    assert body.count(b"--" + boundary) == 3
    assert raw.endswith(b"--" + boundary + b"--\r\n")

    # RFC 2047: encoded words of at most 75, on lines of at most 76.
    for line in head.split(b"\r\n"):
        words = re.findall(rb"=\?[^?\s]+\?[bq]\?[^?\s]*\?=", line)
        assert all(len(word) <= 75 for word in words)
        assert len(line) <= 76 or not words

    # RFC 8058: both headers, literal, one HTTPS address.
    assert f"\r\nList-Unsubscribe: <{link}>\r\n".encode() in raw
    assert b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in raw


@settings(max_examples=examples(70), deadline=None)
@given(st.text(max_size=60), st.sampled_from(["subject", "preheader", "text"]))
def test_a_form_either_refuses_a_text_or_passes_it_on_unchanged(text: str, field: str) -> None:
    form = EmailForm(EmailSettings())
    try:
        wire = form.wire(field, Text.plain(text))
    except StatementError:
        return
    assert wire == form.visible(field, wire) == form.shown(Text.plain(text)) == nfc(text)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]", wire)
    assert field != "subject" or len(wire.splitlines()) <= 1


@settings(max_examples=examples(70), deadline=None)
@given(NAMES)
def test_a_mailbox_is_read_back_from_its_own_header(name: str) -> None:
    made = mailbox(f"{name} <press@example.org>")
    assert mailbox(str(made)) == made == Mailbox(made.name, "press@example.org")
