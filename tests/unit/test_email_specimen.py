"""The mail that a preview shows to nobody in particular is the mail that readers get."""

from __future__ import annotations

import hashlib
from email import message_from_bytes
from typing import Any

import pytest

from channels.email import channel
from channels.email.adapter import Email
from channels.email.settings import EmailSettings
from channels.email.specimen import LINK, READER
from publisher import page
from publisher.channel import Part, Recipient, Rendering, Specimen
from publisher.errors import Blocked
from publisher.render import Renderer
from publisher.sandbox.box import Sandbox
from publisher.statement import Block, Media, Statement

PDF = b"%PDF-1.4 a very little one"
PAPER = Media(
    "document",
    "text.pdf",
    "application/pdf",
    title="The text",
    digest=hashlib.sha256(PDF).hexdigest(),
    size=len(PDF),
    content=PDF,
)
SAID = Statement(
    "Coalition acts on ransomware",
    (Block("paragraph", "Hospitals were hit. Members agreed to act."),),
    url="https://example.org/s",
    organization="Northlight Coalition",
    media=(PAPER,),
)
SETTINGS: dict[str, Any] = {
    "sender": "Press <press@example.org>",
    "list_id": "News <news.example.org>",
    "unsubscribe_url": "https://example.org/u/{token}",
    "bounce_address": "bounces@example.org",
}


def office(**settings: Any) -> tuple[Email, Rendering]:
    made = channel(EmailSettings(**SETTINGS | settings))
    return made, Renderer().render(SAID, made)


def specimen(made: Email, rendering: Rendering) -> Specimen:
    found = made.form.specimen(rendering, 1e9, lambda digest: PDF)
    assert found is not None
    return found


@pytest.mark.parametrize("attached", [0, 10_000])
def test_it_has_the_headers_and_the_size_of_a_mail_that_is_sent(attached: int) -> None:
    with Sandbox() as box:
        made, rendering = office(smtp_url=box.smtp_url, attach_max=attached)
        shown = specimen(made, rendering)
        reader = Recipient(READER.id, READER.address, token=READER.token)
        made.send(Part("k7/email#x", rendering, started=1e9, recipient=reader, blob=lambda digest: PDF), {})
        made.close()
        (sent,) = box.public
    raw = sent.text.encode("latin-1")
    theirs = [
        (name, value)
        for name, value in message_from_bytes(raw).items()
        if name not in ("Received", "Message-ID")
    ]
    assert [(n, v) for n, v, _ in shown.headers if n != "Message-ID"] == theirs
    assert shown.size == len(raw)
    assert shown.to == sent.recipient
    assert shown.sender.partition("-example-")[0] == "bounces+example-reader"


def test_what_is_each_readers_own_is_told_from_what_is_approved() -> None:
    made, rendering = office()
    shown = specimen(made, rendering)
    own = {name for name, _, mine in shown.headers if mine}
    assert own == {"Date", "Message-ID", "To", "List-Unsubscribe", "List-Unsubscribe-Post"}
    approved = {name for name, _, mine in shown.headers if not mine}
    assert approved == {"Subject", "Content-Type", "MIME-Version", *rendering.headers}
    assert ("List-Unsubscribe", f"<https://example.org/u/{LINK}>", True) in shown.headers


def test_a_list_with_an_address_of_its_own_is_shown_it() -> None:
    made, rendering = office(list_address="news@lists.example.org")
    shown = specimen(made, rendering)
    assert shown.to == "news@lists.example.org"
    assert not [name for name, _, _ in shown.headers if name.startswith("List-Unsubscribe")]


def test_the_page_shows_every_raw_header_and_marks_a_readers_own() -> None:
    made, rendering = office(attach_max=10_000)
    html = page.page(SAID, [rendering], "a" * 64, Renderer(), channels={"email": made})
    assert f"<mark>List-Unsubscribe: &lt;https://example.org/u/{LINK}&gt;</mark>" in html
    assert "<mark>To: reader@example.org</mark>" in html
    assert "\nList-Id: News &lt;news.example.org&gt;\n" in html
    assert "bounces+example-reader-example-" in html
    assert "Content-Type: multipart/mixed;" in html


def test_without_a_sender_the_page_shows_what_is_known() -> None:
    made, rendering = office(sender="")
    with pytest.raises(Blocked, match="has no sender"):
        made.form.specimen(rendering, 1e9, lambda digest: PDF)
    html = page.page(SAID, [rendering], "a" * 64, Renderer(), channels={"email": made})
    assert "the same for every recipient" in html
