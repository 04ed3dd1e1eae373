"""What a LinkedIn post may carry, how it is counted, where it folds."""

from __future__ import annotations

import struct

import pytest

from channels.linkedin import picture
from channels.linkedin.form import FOLD, LinkedInForm
from publisher.statement import Media
from publisher.text import Span, Text

FORM = LinkedInForm()
PDF = Media("document", "s.pdf", "application/pdf", title="Joint statement", digest="d", size=10)


def png(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", width, height) + b"\x08\x02\0\0\0"


def gif(width: int, height: int, frames: int = 1) -> bytes:
    return b"GIF89a" + struct.pack("<HH", width, height) + b"\0\0\0" + b"\x21\xf9\x04\0\0\0\0\0" * frames


def jpeg(width: int, height: int) -> bytes:
    tables = b"\xff\xe0\0\x10JFIF" + b"\0" * 10 + b"\xff\xdb\0\x04\0\0"
    return b"\xff\xd8" + tables + b"\xff\xff\xc2\0\x11\x08" + struct.pack(">HH", height, width) + b"\x03"


def image(content: bytes, kind: str = "image/png", alt: str = "Ministers at the table") -> Media:
    return Media("image", "i", kind, alt=alt, digest="i", size=len(content), content=content)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        (Text.plain("Statement (joint) [EU]"), 26),
        (Text.plain("👩🏽"), 4),
        (Text((Span("hashtag", "EU_Council"),)), len(r"{hashtag|\#|EU\_Council}")),
        (Text((Span("mention", "ICRC", "urn:li:organization:5"),)), len("@[ICRC](urn:li:organization:5)")),
        (Text((Span("mention", "ICRC"),)), 4),
    ],
)
def test_a_post_is_counted_as_it_travels_in_utf16_units(text: Text, length: int) -> None:
    assert FORM.measure("post", text) == length


def test_card_fields_are_plain_text_and_never_escaped() -> None:
    text = Text.plain("Statement (joint) #1")
    assert FORM.wire("card_title", text) == FORM.visible("card_title", "Statement (joint) #1") == str(text)
    assert FORM.measure("card_title", text) == 20


def test_a_text_that_only_fits_before_escaping_does_not_fit() -> None:
    limit = next(f.limit for f in FORM.fields if f.name == "post")
    assert limit == 3000
    assert FORM.measure("post", Text.plain("a" * 2990 + "()" * 5)) == 3010


def test_lint_names_links_with_underscores_dead_mentions_and_long_first_lines() -> None:
    text = Text(
        (
            Span("plain", "N" * 150 + "\n"),
            Span("link", "https://e.int/a?utm_source=li"),
            Span("mention", "ICRC", "@icrc"),
        )
    )
    link, mention, first = FORM.lint("post", text)
    assert "https://e.int/a?utm_source=li" in link and "underscore" in link
    assert "'ICRC'" in mention and "@icrc" in mention
    assert "150 characters" in first
    assert FORM.lint("card_title", text) == []
    assert FORM.lint("post", Text((Span("plain", "a_b "), Span("link", "https://e.int/a")))) == []


@pytest.mark.parametrize(
    ("text", "fold"),
    [
        ("Short.", None),
        ("x" * FOLD, None),
        ("word " * 40, 139),
        ("One\nTwo\nThree\nFour", 13),
        ("x" * 200, FOLD),
    ],
)
def test_the_fold_is_at_a_word_within_140_characters_and_three_lines(text: str, fold: int | None) -> None:
    assert FORM.fold(text) == fold


@pytest.mark.parametrize("content", [png(6000, 6026), gif(6000, 6026), jpeg(6000, 6026)])
def test_pixels_are_read_from_each_kind_of_header(content: bytes) -> None:
    assert picture.pixels(content) == 36_156_000


@pytest.mark.parametrize(
    "content", [b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0\0\x10", b"\xff\xd8", b"GIF89a", b"RIFF"]
)
def test_a_broken_header_has_no_size_and_is_no_crash(content: bytes) -> None:
    assert picture.pixels(content) is None


def test_what_linkedin_takes_is_not_refused() -> None:
    media = [
        PDF,
        image(png(800, 600)),
        image(jpeg(800, 600), "image/jpeg"),
        image(gif(8, 6, 250), "image/gif"),
    ]
    assert FORM.refuse(media) == []


@pytest.mark.parametrize(
    ("medium", "why"),
    [
        (image(png(6000, 6026)), "36,156,000 pixels"),
        (image(gif(8, 6, 251), "image/gif"), "251 frames"),
        (image(b"RIFF", "image/webp"), "image/webp"),
        (image(png(8, 6), alt="a" * 4087), "alt text"),
        (Media("document", "s.pdf", "application/pdf", digest="d"), "title"),
        (Media("document", "s.docx", "application/msword", title="S", digest="d"), "application/msword"),
        (
            Media("document", "s.pdf", "application/pdf", title="S", digest="d", size=100_000_001),
            "100,000,001",
        ),
    ],
)
def test_each_medium_linkedin_refuses_is_named_with_the_reason(medium: Media, why: str) -> None:
    (reason,) = FORM.refuse([medium])
    assert reason.startswith(medium.name) and why in reason
