"""The bytes of a mail: deterministic, 7-bit, with a recipient's own link in one piece."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP

import pytest

from channels.email.form import PLACEHOLDER
from channels.email.mime import Letter, message_id, mold
from publisher.channel import Copy, Post, Rendering
from publisher.errors import Blocked, Permanent
from publisher.statement import Media

HEADERS = {"From": "Press <press@example.org>", "List-Id": "News <news.example.org>", "Precedence": "bulk"}


def rendering(
    subject: str = "News", text: str = "Words.", html: str = "<p>Words.</p>", **headers: str
) -> Rendering:
    fields = {"subject": subject, "text": text, "html": html}
    copies = tuple(Copy(name, value, value, len(value)) for name, value in fields.items())
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Rendering("email", "en", (Post(copies),), headers=HEADERS | named)


def letter(link: str = "", *, one_click: bool = False) -> Letter:
    return Letter("a@example.net", "<k@example.org>", 0.0, link, one_click)


def read(raw: bytes) -> EmailMessage:
    return message_from_bytes(raw, policy=SMTP)


def bodies(raw: bytes) -> list[str]:
    parts = [bytes(part.get_payload(decode=True)) for part in read(raw).iter_parts()]
    return [part.decode().replace("\r\n", "\n") for part in parts]


def test_a_mail_is_alternatives_with_the_text_first() -> None:
    made = read(mold(rendering()).filled(letter()))
    assert made.get_content_type() == "multipart/alternative"
    assert [p.get_content_type() for p in made.iter_parts()] == ["text/plain", "text/html"]
    assert made["Date"] == "Thu, 01 Jan 1970 00:00:00 +0000"
    assert (made["To"], made["Subject"], made["From"]) == (
        "a@example.net",
        "News",
        "Press <press@example.org>",
    )
    assert "List-Unsubscribe" not in made


def test_the_same_rendering_is_the_same_bytes_and_another_is_not() -> None:
    one, again, other = rendering(), rendering(), rendering(text="Other words.")
    assert mold(one).filled(letter()) == mold(again).filled(letter())
    boundaries = [read(mold(r).filled(letter())).get_boundary() for r in (one, other)]
    assert boundaries[0] != boundaries[1]
    assert str(boundaries[0]).startswith(f"=_{one.digest[:16]}")


def test_a_message_id_depends_on_the_part_and_the_recipient_alone() -> None:
    first = message_id("part", "a@example.net", "example.org")
    assert first == message_id("part", "a@example.net", "example.org")
    assert first != message_id("part", "b@example.net", "example.org")
    assert first != message_id("other", "a@example.net", "example.org")
    assert re.fullmatch(r"<[0-9a-f]{40}@example\.org>", first)


@pytest.mark.parametrize("length", [20, 77, 78, 79, 200, 900])
def test_the_one_click_header_is_never_folded_nor_encoded(length: int) -> None:
    link = f"https://example.org/u?t={'x' * length}"
    raw = mold(rendering()).filled(letter(link, one_click=True))
    assert f"\r\nList-Unsubscribe: <{link}>\r\n".encode() in raw
    assert b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in raw


def test_a_link_that_no_header_can_hold_is_refused_before_anything_is_sent() -> None:
    with pytest.raises(Permanent, match=r"a@example\.net.*List-Unsubscribe"):
        mold(rendering()).filled(letter(f"https://example.org/{'x' * 990}", one_click=True))


@pytest.mark.parametrize("before", range(0, 80, 7))
def test_a_recipients_link_stays_whole_wherever_the_line_breaks(before: int) -> None:
    """A soft line break inside the placeholder would leave it standing."""
    made = mold(
        rendering(
            text=f"{'é' * before} {PLACEHOLDER} {'b' * 80}\nagain: {PLACEHOLDER}",
            html=f'<p>{"c" * before}<a href="{PLACEHOLDER}">{PLACEHOLDER}</a></p>',
        )
    )
    link = "https://example.org/u?token=ab=cd&lang=en" + "z" * 90
    raw = made.filled(letter(link))
    text, html = bodies(raw)
    assert text == f"{'é' * before} {link} {'b' * 80}\nagain: {link}"
    escaped = link.replace("&", "&amp;")
    assert html == f'<p>{"c" * before}<a href="{escaped}">{escaped}</a></p>'
    assert made.personal
    assert b"unsubscribe.invalid" not in raw
    assert max(map(len, raw.split(b"\r\n"))) < 998
    assert all(len(line) <= 76 for line in raw.partition(b"\r\n\r\n")[2].split(b"\r\n"))


def test_lines_that_mail_software_takes_for_its_own_arrive_unchanged() -> None:
    text = ".\n..\n.hidden\nFrom here on\n--=_x\n\ttab \n trailing \n\nend\n"
    assert bodies(mold(rendering(text=text)).filled(letter()))[0] == text


def test_names_beyond_ascii_are_encoded_and_addresses_and_list_names_are_not() -> None:
    made = mold(
        rendering(
            From='"Büro, Äußeres" <press@example.org>',
            Reply_To="国連" * 30 + " <reply@example.org>",
            List_Id="Erklärungen <news.example.org>",
        )
    )
    raw = made.filled(letter())
    head = raw.partition(b"\r\n\r\n")[0]
    assert (made.sender, made.domain) == ("press@example.org", "example.org")
    for address in (b"<press@example.org>\r\n", b"<reply@example.org>\r\n", b"<news.example.org>\r\n"):
        assert address in head
    assert read(raw)["From"].addresses[0].display_name == "Büro, Äußeres"
    assert all(len(line) <= 76 for line in head.split(b"\r\n") if b"=?" in line)


def test_a_mark_goes_before_the_subject_and_nowhere_else() -> None:
    plain, marked = (
        mold(rendering(), mark).filled(letter()) for mark in ("", "[TEST — not for publication] ")
    )
    assert read(marked)["Subject"] == "[TEST — not for publication] News"
    assert bodies(plain) == bodies(marked)


def test_a_mail_without_a_sender_waits_for_a_person() -> None:
    made = rendering()
    with pytest.raises(Blocked, match="PUBLISHER_EMAIL__SENDER"):
        mold(Rendering("email", "en", made.posts, headers={}))


@pytest.mark.parametrize(
    "subject", ["News\r\nBcc: all@example.org", "News\0", "News\u2028", "=?utf-8?q?Other?=", " News"]
)
def test_a_stored_subject_that_would_be_read_differently_is_never_sent(subject: str) -> None:
    with pytest.raises(Permanent, match="cannot be built as approved"):
        mold(rendering(subject))


def test_a_stored_body_with_a_bare_carriage_return_is_never_sent() -> None:
    with pytest.raises(Permanent, match="cannot be built as approved"):
        mold(rendering(text="One\rtwo"))


@pytest.mark.parametrize(
    "bad", ["\0", "\x01", "\x0b", "\x0c", "\x1f", "\x7f", "\x85", "\r\nBcc: all@example.org"]
)
@pytest.mark.parametrize("where", ["to", "message_id", "unsubscribe", "answers"])
def test_what_is_a_recipients_own_can_end_no_header(where: str, bad: str) -> None:
    own = {"to": "a@example.net", "message_id": "<k@example.org>", "unsubscribe": "https://example.org/u/t"}
    tainted = Letter(**{**own, "date": 0.0, "one_click": True, where: f"{own.get(where, '<k')}{bad}"})
    with pytest.raises(Permanent, match="control character or line break"):
        mold(rendering()).filled(tainted)


# ---------------------------------------------------------------- attachments


def with_document(name: str, content: bytes) -> Rendering:
    medium = Media(
        "document",
        name,
        "application/pdf",
        title="T",
        size=len(content),
        digest=hashlib.sha256(content).hexdigest(),
    )
    plain = rendering()
    return replace(plain, posts=(replace(plain.posts[0], media=(medium,)),))


@pytest.mark.parametrize(
    "name", ["text.pdf", "Erklärung der Außenminister.pdf", 'a "b"; c=d.pdf', "声明" * 30 + ".pdf"]
)
def test_a_document_is_attached_byte_for_byte_under_its_name(name: str) -> None:
    content = bytes(range(256)) * 50
    made = with_document(name, content)
    raw = mold(made, blob={made.media[0].digest: content}.__getitem__).filled(letter("https://e.org/u"))
    mail = read(raw)
    assert mail.get_content_type() == "multipart/mixed"
    words, document = mail.iter_parts()
    assert words.get_content_type() == "multipart/alternative"
    assert (document.get_filename(), document.get_payload(decode=True)) == (name, content)
    assert document.get_content_disposition() == "attachment"
    assert not any(part.defects for part in mail.walk())
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    assert raw.isascii()


def test_other_bytes_than_the_approved_ones_are_never_attached() -> None:
    made = with_document("text.pdf", b"approved")
    with pytest.raises(Permanent, match="not those that were approved"):
        mold(made, blob=lambda digest: b"other")


def test_the_digest_covers_what_is_attached() -> None:
    digests = {
        with_document("a.pdf", b"one").digest,
        with_document("a.pdf", b"two").digest,
        rendering().digest,
    }
    assert len(digests) == 3
