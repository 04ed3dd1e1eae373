"""`publisher email keys`: a key, its DNS record and the settings, ready to be used."""

from __future__ import annotations

import re
import stat

import pytest


def test_what_it_prints_signs_a_mail_that_verifies(desk, box, monkeypatch) -> None:
    """The record and the settings, word for word; the key is written for its owner alone."""
    import dkim

    ran = desk("email", "keys", "sandbox.example", "--selector", "s1", "--ed25519")
    assert ran.code == 0
    records = {
        f"{name}.".encode(): "".join(re.findall(r'"([^"]*)"', strings)).encode()
        for name, strings in re.findall(r"^(\S+)\.  TXT  (.*)$", ran.out, re.M)
    }
    for name, value in re.findall(r"^(PUBLISHER_\w+)=(.*)$", ran.out, re.M):
        monkeypatch.setenv(name, value)
    for path in desk.folder.glob("*.pem"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert desk("publish", desk.write(), "--yes", "--channel", "email").code == 0
    (mail,) = [p.text.encode("latin-1") for p in box.public]
    judge = dkim.DKIM(mail.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
    for index in range(2):
        assert judge.verify(index, dnsfunc=lambda name, timeout=5: records.get(name, b""))


def test_a_key_in_use_is_not_written_over(bare) -> None:
    assert bare("email", "keys", "example.org", "--selector", "a").code == 0
    ran = bare("email", "keys", "example.org", "--selector", "a")
    assert (ran.code, "there already" in ran.err) == (2, True)


@pytest.mark.parametrize(
    "words", [("exa mple.org",), ("example",), ("häfen.example",), ("example.org", "--selector", "a b")]
)
def test_what_is_no_domain_or_selector_is_said(bare, words) -> None:
    assert bare("email", "keys", *words).code == 2
    assert list(bare.folder.iterdir()) == []
