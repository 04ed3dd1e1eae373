"""The LinkedIn channel against the sandbox, which judges by an implementation of its own, over real sockets."""

from __future__ import annotations

import struct
import time
import zlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from hashlib import sha256
from typing import Any

import pytest

from channels.linkedin import adapter
from publisher.channel import Channel, Copy, Found, Part, Post, Prepared, Receipt, Rendering, Unclear
from publisher.errors import (
    Blocked,
    DeliveryError,
    Duplicate,
    OutcomeUnknown,
    Permanent,
    RateLimited,
    Transient,
)
from publisher.sandbox import Sandbox
from publisher.settings import Settings
from publisher.statement import Media
from publisher.text import Span, Text

TEXT = Text(
    (
        Span(
            "plain",
            'Joint statement (EU) [draft_2]: "~50 %" & <all> @home #1 {x|y} *now* \\o/ 👩🏽‍⚖️ بيان مشترك\n\nBy ',
        ),
        Span("mention", "Coalition (Online)", "urn:li:organization:77"),
        Span("plain", " and "),
        Span("mention", "Nobody_Known"),
        Span("plain", "\n\nFull statement: "),
        Span("link", "https://press.example.int/s/2026_118"),
        Span("plain", "\n\n"),
        Span("hashtag", "EU_Council"),
        Span("plain", " "),
        Span("hashtag", "سلام"),
    )
)


def png(width: int = 8, height: int = 6) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress((b"\0" + b"\x20\x40\x80" * width) * height)
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


BLOBS = {"pdf": b"%PDF-1.7\n%%EOF\n", "one": png(), "two": png(6, 8)}
PDF = Media("document", "s.pdf", "application/pdf", title="Joint statement (PDF)", digest="pdf", size=15)
ONE = Media("image", "1.png", "image/png", alt="Ministers at the table", digest="one")
TWO = Media("image", "2.png", "image/png", alt="The flags_of (all)", digest="two")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(port=0, smtp_port=0, hang=2.0, slow=0.0) as box:
        yield box


@pytest.fixture
def box(sandbox: Sandbox) -> Sandbox:
    sandbox.clear()
    return sandbox


@pytest.fixture
def channel(box: Sandbox) -> Iterator[Channel]:
    given = box.settings() | {"PUBLISHER_LINKEDIN__READ_TIMEOUT": "0.5"}
    made = Settings(given, files=False).channel("linkedin")
    yield made
    made.close()


def part(
    channel: Channel, text: Text = TEXT, media: tuple[Media, ...] = (), link: str = "", started: float = 0
) -> Part:
    def copy(field: str, spans: Text) -> Copy:
        form = channel.form
        return Copy(
            field, form.shown(spans), form.wire(field, spans), form.measure(field, spans), spans=spans
        )

    card = copy("card_title", Text.plain("Title (1)")), copy("card_description", Text.plain("One_sentence."))
    rendering = Rendering("linkedin", "en", (Post((copy("post", text), *card), media),), link=link)
    return Part("key", rendering, started=started, blob=BLOBS.__getitem__)


def deliver(channel: Channel, given: Part) -> Receipt:
    prepared: Prepared = channel.prepare(given.rendering, given.blob)
    return channel.send(given, prepared)


def linkedin_posts(box: Sandbox) -> int:
    return sum(1 for r in box.requests if (r.method, r.path) == ("POST", "/rest/posts"))


def test_the_public_reads_exactly_the_approved_text(box: Sandbox, channel: Channel) -> None:
    """Every reserved character, emoji and Arabic survive; hashtags and the mention of a page are live."""
    receipt = deliver(channel, part(channel))
    (public,) = box.public
    assert public.text == channel.form.shown(TEXT)
    assert public.hashtags == ["EU_Council", "سلام"]
    assert public.mentions == [{"name": "Coalition (Online)", "urn": "urn:li:organization:77"}]
    assert (receipt.id, receipt.url) == (public.id, f"https://www.linkedin.com/feed/update/{public.id}/")
    assert channel.read(receipt).text == public.text
    assert linkedin_posts(box) == 1


def test_a_pdf_travels_with_its_title_and_wins_over_images(box: Sandbox, channel: Channel) -> None:
    deliver(channel, part(channel, media=(PDF, ONE), link="https://press.example.int/s"))
    (public,) = box.public
    (shown,) = public.media
    assert (shown["type"], shown["title"], shown["bytes"]) == ("application/pdf", PDF.title, 15)
    assert public.card is None


@pytest.mark.parametrize("media", [(ONE,), (ONE, TWO)])
def test_images_travel_with_their_alt_texts(box: Sandbox, channel: Channel, media: tuple[Media, ...]) -> None:
    receipt = deliver(channel, part(channel, media=media))
    assert [m["alt"] for m in box.public[0].media] == [m.alt for m in media]
    assert channel.read(receipt).alts == tuple(m.alt for m in media)


def test_a_link_gets_its_card_unescaped(box: Sandbox, channel: Channel) -> None:
    deliver(channel, part(channel, link="https://press.example.int/s"))
    assert box.public[0].card == {
        "source": "https://press.example.int/s",
        "title": "Title (1)",
        "description": "One_sentence.",
    }


def test_a_card_shows_the_picture_of_the_page(box: Sandbox, channel: Channel) -> None:
    """LinkedIn takes none by itself: it is uploaded like an image, and the card names it."""
    given = part(channel, link="https://press.example.int/s")
    picture = Media("card", "og.png", "image/png", digest="one", size=len(BLOBS["one"]))
    post = replace(given.rendering.posts[0], card=picture)
    deliver(channel, replace(given, rendering=replace(given.rendering, posts=(post,))))
    (public,) = box.public
    assert str((public.card or {})["thumbnail"]).startswith("urn:li:image:")
    assert [m["sha256"] for m in public.media] == [sha256(BLOBS["one"]).hexdigest()]


# ---------------------------------------------------------------- faults

FAULTS: list[tuple[str, type[DeliveryError], int]] = [
    ("drop", OutcomeUnknown, 1),
    ("hang", OutcomeUnknown, 1),
    ("500", OutcomeUnknown, 1),
    ("bad-json", OutcomeUnknown, 1),
    ("cut-body", OutcomeUnknown, 1),
    ("503-before", OutcomeUnknown, 0),
    ("reset-before", OutcomeUnknown, 0),
    ("redirect", Blocked, 0),
    ("duplicate", Duplicate, 0),
    ("429", RateLimited, 0),
    ("429-bare", RateLimited, 0),
    ("401", Blocked, 0),
    ("403-access", Blocked, 0),
    ("400-organization", Blocked, 0),
    ("426", Blocked, 0),
]


@pytest.mark.parametrize(("fault", "kind", "public"), FAULTS, ids=[f[0] for f in FAULTS])
def test_each_fault_means_what_it_is(
    box: Sandbox, channel: Channel, fault: str, kind: type[DeliveryError], public: int
) -> None:
    """One request, the right error, no secret in it; what is public is found, what is not never is."""
    box.fault(f"linkedin-{fault}")
    given = part(channel, started=0)
    with pytest.raises(DeliveryError) as caught:
        deliver(channel, given)
    assert type(caught.value) is kind
    assert (len(box.public), linkedin_posts(box)) == (public, 1)
    secrets = [
        v
        for name, v in box.settings().items()
        if "LINKEDIN" in name and ("TOKEN" in name or "SECRET" in name)
    ]
    assert secrets and not any(secret in str(caught.value) for secret in secrets)
    outcome = channel.find(given, given.started)
    if public:
        assert isinstance(outcome, Found)
        assert (outcome.receipt.id, outcome.receipt.url) == (box.public[0].id, box.public[0].url)
    else:
        assert isinstance(outcome, Unclear)


def test_a_refused_connection_is_surely_not_sent(channel: Channel) -> None:
    """The address is right and nobody answers: try again later."""
    with Sandbox(port=0, smtp_port=0) as gone:
        given = gone.settings()
    dead = Settings(given, files=False).channel("linkedin")
    with pytest.raises(Transient, match="nothing was sent"):
        deliver(dead, part(dead))


def test_what_no_list_shows_is_unclear(box: Sandbox, channel: Channel) -> None:
    """Absence from the list proves nothing: the post is public here."""
    box.fault("linkedin-hidden")
    given = part(channel)
    deliver(channel, given)
    assert len(box.public) == 1
    assert isinstance(channel.find(given, 0), Unclear)


def test_a_post_with_many_after_it_is_found_and_older_ones_are_not_asked_for(
    box: Sandbox, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A look may come late; more than one page of posts may have been made since, and there is an end to asking."""
    given = part(channel, started=time.time())
    box.fault("linkedin-drop")
    with pytest.raises(DeliveryError):
        deliver(channel, given)
    for n in range(105):
        deliver(channel, part(channel, Text.plain(f"Other words {n}")))

    def searched(since: float) -> tuple[type, int]:
        asked = len(box.requests)
        return type(channel.find(given, since)), len(box.requests) - asked

    assert searched(given.started) == (Found, 3)
    assert searched(given.started + 300) == (Unclear, 1)
    monkeypatch.setattr(adapter, "PAGES", 2)
    assert searched(given.started) == (Unclear, 2)


def test_an_older_equal_post_is_not_taken_for_this_one(box: Sandbox, channel: Channel) -> None:
    given = part(channel)
    deliver(channel, given)
    later = box.public[0].at + 300
    assert isinstance(channel.find(given, later), Unclear)


def test_a_repetition_names_the_live_post_and_a_ghost_is_seen_as_one(box: Sandbox, channel: Channel) -> None:
    """The hint is only as good as what `read` says about it."""
    given = part(channel)
    receipt = deliver(channel, given)
    with pytest.raises(Duplicate) as repeated:
        deliver(channel, given)
    assert repeated.value.hint == receipt.id
    assert channel.read(Receipt(receipt.id)).text == given.post["post"].text
    box.fault("linkedin-duplicate")
    with pytest.raises(Duplicate) as ghost:
        deliver(channel, part(channel, Text.plain("Another")))
    assert ghost.value.hint and channel.read(Receipt(ghost.value.hint)).gone


def test_a_cut_post_is_seen_by_reading_it_back(box: Sandbox, channel: Channel) -> None:
    """201 and a valid id do not mean that the text is whole."""
    box.fault("linkedin-truncated")
    given = part(channel, Text.plain("A statement of some length, cut"))
    live = channel.read(deliver(channel, given)).text
    assert live and live != given.post["post"].text and given.post["post"].text.startswith(live)


def test_a_post_that_was_accepted_and_never_published_is_seen_by_reading_it_back(
    box: Sandbox, channel: Channel
) -> None:
    box.fault("linkedin-publish-failed")
    given = part(channel)
    live = channel.read(deliver(channel, given))
    assert box.public == [] and live.gone and "failed to publish" in live.reason
    assert isinstance(channel.find(given, given.started), Unclear)


def test_a_file_that_linkedin_cannot_process_stops_the_post(box: Sandbox, channel: Channel) -> None:
    box.fault("linkedin-processing-failed")
    with pytest.raises(Permanent, match=r"s\.pdf"):
        deliver(channel, part(channel, media=(PDF,)))
    assert box.public == [] and linkedin_posts(box) == 0


def test_uploads_made_once_serve_a_later_attempt(box: Sandbox, channel: Channel) -> None:
    """`prepare` is stored: the second attempt sends the very same bytes."""
    given = part(channel, media=(PDF,))
    prepared = channel.prepare(given.rendering, given.blob)
    box.fault("linkedin-429")
    with pytest.raises(RateLimited):
        channel.send(given, prepared)
    channel.send(given, prepared)
    first, second = (r.body for r in box.requests if r.path == "/rest/posts")
    assert first == second and len(box.public) == 1


# ---------------------------------------------------------------- afterwards


def test_what_changes_behind_our_back_is_read(box: Sandbox, channel: Channel) -> None:
    receipt = deliver(channel, part(channel))
    box.edit(receipt.id, "Changed (by hand)")
    assert channel.read(receipt).text == "Changed (by hand)"
    box.delete(receipt.id)
    assert channel.read(receipt).gone


def test_amend_and_retract_change_what_is_public(box: Sandbox, channel: Any) -> None:
    receipt = deliver(channel, part(channel))
    channel.amend(receipt, part(channel, Text.plain("Corrected (v2) #1")))
    assert (box.public[0].text, box.public[0].deleted) == ("Corrected (v2) #1", False)
    channel.retract(receipt)
    channel.retract(receipt)
    assert box.public[0].deleted
    with pytest.raises(Permanent, match="gone"):
        channel.amend(receipt, part(channel))


def test_check_finds_all_well_and_publishes_nothing(box: Sandbox, channel: Any) -> None:
    findings = channel.check(today=date(2026, 11, 23))
    assert [f for f in findings if not f.ok] == [] and len(findings) >= 4
    assert box.public == [] and linkedin_posts(box) == 0


def test_check_names_a_token_that_is_not_known(box: Sandbox) -> None:
    given = box.settings() | {"PUBLISHER_LINKEDIN__ACCESS_TOKEN": "forged-token"}
    wrong = [f for f in Settings(given, files=False).channel("linkedin").check() if not f.ok]
    assert wrong and all(f.fix for f in wrong)
    assert not any("forged-token" in f.what + f.fix for f in wrong)


def test_a_wrong_version_is_a_settings_error_by_name(box: Sandbox) -> None:
    given = box.settings() | {"PUBLISHER_LINKEDIN__VERSION": "202504"}
    channel = Settings(given, files=False).channel("linkedin")
    with pytest.raises(Blocked, match="PUBLISHER_LINKEDIN__VERSION"):
        deliver(channel, part(channel))
