"""Whatever strangers mail to the bounce address, it is read or refused, and proves nothing it does not prove."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from channels.email import channel, verp
from channels.email.settings import EmailSettings
from publisher.errors import StatementError
from tests.quick import examples

MADE = channel(
    EmailSettings(bounce_address="bounces@example.org", unsubscribe_url="https://example.org/u/{token}")
)
MINE = verp.envelope("bounces@example.org", "s1", "a1", "key")
PIECES = st.sampled_from(
    [
        b"To: ", b"From: a@b.c\n", b"\n", b"\n\n", b"--b\n", b"--b--\n", b"Content-Type: multipart/report; boundary=b\n",
        b"Content-Type: message/delivery-status\n", b"Content-Type: message/rfc822\n", b"Content-Type: text/rfc822-headers\n",
        b"Content-Type: message/feedback-report\n", b"Action: failed\n", b"Status: 5.1.1\n", b"Feedback-Type: abuse\n",
        b"Content-Transfer-Encoding: base64\n", b"Final-Recipient: rfc822; a@b.c\n", b"\xff\x00", b"=?utf-8?q?=FF?=",
        b"<https://example.org/u/x>", b"bounces+s1-a1-aaaaaaaaaaaaaaaa@example.org", b"550 5.1.1 <a@b.c>: unknown\n",
    ]
)  # fmt: skip
MAILS = st.lists(st.one_of(PIECES, st.binary(max_size=30)), max_size=25).map(b"".join)


@settings(max_examples=examples(100), deadline=None)
@given(MAILS)
def test_no_mail_breaks_the_reader_and_none_without_a_proof_is_about_somebody(raw: bytes) -> None:
    try:
        said = MADE.returned(raw, "", lambda key: "key" if key == "s1" else "", lambda token: "")
    except StatementError:
        return
    assert not said.reader or MINE.encode() in raw.lower()
    assert said.reason.isprintable()
    assert len(said.reason) <= 300
