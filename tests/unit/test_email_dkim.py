"""DKIM: dkimpy, which shares no code with us, is the judge of every signature."""

from __future__ import annotations

import re

import dkim as judge
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.email import dkim
from channels.email.form import PLACEHOLDER
from channels.email.mime import Letter, mold
from channels.email.settings import EmailSettings
from publisher.channel import Copy, Post, Rendering

RSA = dkim.made("press.example", "s1", "rsa")
ED25519 = dkim.made("press.example", "s2", "ed25519")
LINK = "https://press.example/u/" + "t" * 32


def rendering(text: str, html: str = "<p>Words</p>") -> Rendering:
    copies = [
        Copy(f, w, w, len(w)) for f, w in (("subject", "Häfen  und   Kabel"), ("text", text), ("html", html))
    ]
    headers = {"From": "Press Office <press@press.example>", "List-Id": "Statements <list.press.example>"}
    return Rendering("email", "en", (Post(tuple(copies)),), headers=headers)


def signed(text: str, *signers: dkim.Signer, link: str = "") -> bytes:
    letter = Letter("reader@example.org", "<1@press.example>", 1_700_000_000.0, link, one_click=bool(link))
    return mold(rendering(text), signers=signers).filled(letter)


def verified(mail: bytes, index: int = 0, *signers: dkim.Signer) -> bool:
    records = {
        f"{s.selector}._domainkey.{s.domain}.".encode(): s.record.encode() for s in signers or (RSA, ED25519)
    }
    try:
        return bool(judge.DKIM(mail).verify(index, dnsfunc=lambda name, timeout=5: records.get(name, b"")))
    except judge.ValidationError as error:
        assert "mismatch" in str(error)
        return False


@pytest.mark.parametrize("link", ["", LINK])
@pytest.mark.parametrize("signers", [(RSA,), (ED25519,), (RSA, ED25519)])
def test_every_signature_verifies(signers, link) -> None:
    mail = signed(f"Words\n\n{PLACEHOLDER if link else 'no link'}\nMore.", *signers, link=link)
    assert mail.count(b"DKIM-Signature:") == len(signers)
    assert all(verified(mail, n) for n in range(len(signers)))
    assert mail.isascii() and all(len(line) <= 78 for line in mail.partition(b"\r\n\r\n")[0].split(b"\r\n") if not line.startswith(b"List-Unsubscribe"))  # fmt: skip


@settings(max_examples=60)
@given(
    st.text(st.sampled_from("ab= .\t\nä…{}"), max_size=300),
    st.booleans(),
    st.text(st.sampled_from(" \t\n"), max_size=6),
)
def test_whatever_the_white_space(text: str, personal: bool, end: str) -> None:
    """Spaces at line ends, runs of them, empty lines at the end: what relays change, and what the rules fold."""
    body = f"x{text}{PLACEHOLDER if personal else ''}{text}{end}"
    assert verified(signed(body, ED25519, link=LINK if personal else ""))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"Words", b"Swords"),
        (b"reader@", b"other@"),
        (b"Subject:", b"Subject: x"),
        (b"u/ttt", b"u/sss"),
        (b"List-Unsubscribe-Post: List", b"List-Unsubscribe-Post: Lost"),
        (b"Message-ID: <1", b"Message-ID: <2"),
    ],
)
def test_what_is_changed_on_the_way_shows(old, new) -> None:
    mail = signed(f"Words\n{PLACEHOLDER}\n", RSA, link=LINK)
    assert old in mail
    assert not verified(mail.replace(old, new, 1))


def test_a_second_sender_cannot_be_added() -> None:
    mail = signed("Words", RSA)
    assert not verified(b"From: somebody@else.example\r\n" + mail)


def test_the_way_off_the_list_is_signed() -> None:
    """Else no provider offers it (RFC 8058 4)."""
    head = signed(f"Words {PLACEHOLDER}", RSA, ED25519, link=LINK).partition(b"\r\n\r\n")[0]
    for names in re.findall(rb"\sh=([^;]*);", head):
        assert {b"list-unsubscribe", b"list-unsubscribe-post"} <= set(re.sub(rb"\s", b"", names).split(b":"))


def test_relays_may_fold_and_trim() -> None:
    mail = signed("Words  and more.\nThe end.", RSA)
    folded = mail.replace(b"Subject: ", b"Subject:   ").replace(b"To: reader", b"To:\r\n  reader")
    assert verified(folded + b"\r\n\r\n")


SETTINGS = {
    "sender": "Press <press@news.press.example>",
    "dkim_domain": "press.example",
    "dkim_selector": "s1",
}


def problems(**more: object) -> str:
    made = EmailSettings.model_validate({"smtp_url": "smtp://127.0.0.1:25"} | SETTINGS | more)
    return "; ".join(made.problems())


def test_a_key_is_a_path_or_the_key_itself(tmp_path) -> None:
    path = tmp_path / "key.pem"
    path.write_text(RSA.pem)
    for given_ in (str(path), RSA.pem, RSA.pem.replace("\n", "\\n")):
        assert EmailSettings.model_validate(SETTINGS | {"dkim_key": given_}).signers[0].record == RSA.record
    assert problems(dkim_key=str(path)) == ""


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"dkim_key": "/no/such/key.pem"}, "cannot be read"),
        (
            {"dkim_key": "-----BEGIN PRIVATE KEY-----\nnone\n-----END PRIVATE KEY-----"},
            "no private key in PEM",
        ),
        ({"dkim_key": RSA.pem, "dkim_selector": ""}, "DKIM_SELECTOR"),
        ({"dkim_key": RSA.pem, "dkim_domain": "other.example"}, "not that of"),
        ({"dkim_key": RSA.pem, "dkim_domain": "ess.example"}, "not that of"),
        ({"dkim_key": RSA.pem, "dkim_second_key": ED25519.pem}, "DKIM_SECOND_SELECTOR"),
    ],
)
def test_a_key_that_will_not_do_is_said_before_anything_is_sent(more, says) -> None:
    told = problems(**more)
    assert says in told
    assert "PRIVATE KEY" not in told


def test_a_short_key_is_refused() -> None:
    from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    short = generate_private_key(65537, 1024).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    assert "1024 bits" in problems(dkim_key=short.decode())
