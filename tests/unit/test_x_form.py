"""What a post on X can carry, how its text is written, what is warned about, and what it costs."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from channels.x.form import XForm
from publisher import text as texts
from publisher.channel import MAIN, Copy, Post
from publisher.errors import StatementError
from publisher.statement import Media, Statement
from publisher.text import Span, Text, mark

FORM = XForm()
TEMPLATES = Path(__file__).parents[2] / "templates"


def post(text: Text, *media: Media) -> Post:
    wire = FORM.wire(MAIN, text)
    return Post((Copy(MAIN, FORM.shown(text), wire, FORM.measure(MAIN, text), 280, spans=text),), media)


def image(**changes: object) -> Media:
    given = {"kind": "image", "name": "seal.png", "type": "image/png", "alt": "The seal", "size": 1000}
    return Media(**given | changes)  # type: ignore[arg-type]


def test_hashtags_links_and_mentions_are_written_as_x_reads_them() -> None:
    text = Text(
        (
            Span("mention", "Freedom Group", "@freedom_group"),
            Span("plain", " and "),
            Span("mention", "@agency"),
            Span("plain", " with "),
            Span("mention", "The Ministry", "urn:li:organization:7"),
            Span("plain", " on "),
            Span("hashtag", "HumanRights"),
            Span("plain", " "),
            Span("link", "https://example.org/a?b=1&c=2"),
        )
    )
    expected = "@freedom_group and @agency with The Ministry on #HumanRights https://example.org/a?b=1&c=2"
    assert FORM.wire(MAIN, text) == FORM.shown(text) == FORM.visible(MAIN, expected) == expected
    assert FORM.lint(MAIN, text) == [
        "X names 'The Ministry' in plain text: 'urn:li:organization:7' is no handle"
    ]


def test_a_post_is_measured_in_weighted_characters_and_its_limit_is_the_accounts() -> None:
    assert FORM.fields[0].limit == 280
    assert XForm(25_000).fields[0].limit == 25_000
    assert FORM.measure(MAIN, Text.authored("人権 https://example.org/" + "x" * 200)) == 4 + 1 + 23
    assert FORM.measure(MAIN, Text.plain("e\u0301")) == 1
    assert FORM.wire(MAIN, Text.plain("e\u0301")) == "é"


def test_an_accidental_link_is_named_with_what_it_costs() -> None:
    (warning,) = FORM.lint(MAIN, Text.plain("We adopted the measures.It is time."))
    assert "“measures.It”" in warning and "counts 23 in place of 11" in warning
    assert "$0.200 in place of $0.015 (13 ×)" in warning


def test_beside_another_link_an_accidental_one_costs_no_more_money() -> None:
    (warning,) = FORM.lint(MAIN, Text.authored("The measures.It is time. https://example.org"))
    assert "“measures.It”" in warning and "$" not in warning


def test_a_link_somebody_wrote_without_a_scheme_is_no_accident() -> None:
    assert FORM.lint(MAIN, Text((Span("plain", "See "), Span("link", "gov.uk")))) == []
    assert FORM.lint(MAIN, Text.plain("See www.gov.uk or gov.uk/help.")) == []


def test_one_cashtag_is_warned_about_and_what_x_refuses_is_refused() -> None:
    once = Text.plain("$ABC costs US$5, $5 or $ABC")
    assert FORM.lint(MAIN, once) == ["X makes a cashtag of $ABC: it links to a share's price"]
    assert FORM.objection(MAIN, once) == ""
    assert "$ABC, $XYZ" in FORM.objection(MAIN, Text.plain("$ABC and $XYZ"))
    assert "U+FEFF" in FORM.objection(MAIN, Text.plain("a\ufeffb"))


def test_more_than_two_hashtags_are_warned_about() -> None:
    assert FORM.lint(MAIN, Text.authored("#One #Two")) == []
    assert "3 hashtags" in FORM.lint(MAIN, Text.authored("#One #Two #Three"))[0]


@pytest.mark.parametrize(
    ("setting", "given", "headers"),
    [
        ("", None, {}),
        ("following", None, {"reply_settings": "following"}),
        ("", "verified", {"reply_settings": "verified"}),
        ("following", "everybody", {}),
    ],
)
def test_who_may_reply_is_the_settings_or_the_statements_to_say(
    setting: str, given: str | None, headers: dict[str, str]
) -> None:
    overrides = {"x": {"reply_settings": given}} if given else {}
    assert XForm(reply_settings=setting).headers(Statement("T", overrides=overrides)) == headers


def test_a_word_x_does_not_know_for_who_may_reply_is_refused() -> None:
    with pytest.raises(StatementError, match="everybody, following, mentionedUsers"):
        FORM.headers(Statement("T", overrides={"x": {"reply_settings": "friends"}}))


def test_what_a_link_adds_to_the_price_is_said() -> None:
    linked, plain = post(Text.authored("https://example.org")), post(Text.plain("Two"))
    assert FORM.price_note([linked, plain]) == "$0.030 without the link"
    assert FORM.price_note([plain]) == ""


@pytest.mark.parametrize(
    ("text", "media", "usd"),
    [
        ("No link", (), 0.015),
        ("https://example.org", (), 0.200),
        ("measures.It", (), 0.200),
        ("No link", (image(), image()), 0.025),
        ("https://example.org", (image(),), 0.205),
        ("http://intranet", (), 0.200),
    ],
)
def test_the_price_of_a_post(text: str, media: tuple[Media, ...], usd: float) -> None:
    assert FORM.price([post(Text.authored(text), *media)]) == usd


def test_a_thread_costs_the_sum_of_its_posts() -> None:
    posts = [post(Text.plain("One")), post(Text.plain("Two")), post(Text.authored("https://example.org"))]
    assert FORM.price(posts) == 0.230


GIF_OF = b"GIF89a" + struct.pack("<HH", 100, 100)


def test_four_good_images_are_taken() -> None:
    assert FORM.refuse([image(), image(type="image/jpeg"), image(type="image/webp"), image()]) == []
    assert FORM.refuse([image(type="image/gif", size=15_000_000)]) == []
    assert FORM.refuse([image(type="image/gif", content=GIF_OF + b"\x21\xf9\x04" * 350)]) == []
    assert FORM.refuse([image(type="image/gif", content=b"GIF89a" + struct.pack("<HH", 1280, 1080))]) == []


@pytest.mark.parametrize(
    ("media", "reason"),
    [
        ([image()] * 5, "X takes 4 images in a post, not 5"),
        ([image(type="image/tiff")], "X does not take image/tiff"),
        ([image(kind="document", type="application/pdf")], "X does not take application/pdf"),
        ([image(size=5_000_001)], "it has 5,000,001 bytes; X takes 5,000,000"),
        ([image(alt="x" * 1001)], "its alt text has 1,001 characters; X takes 1,000"),
        ([image(alt=" ")], "it needs an alt text"),
        ([image(), image(type="image/gif")], "X takes a GIF only by itself"),
        ([image(type="image/gif", size=15_000_001)], "it has 15,000,001 bytes; X takes 15,000,000"),
        ([image(type="image/gif", content=GIF_OF + b"\x21\xf9\x04" * 351)], "it has 351 frames; X takes 350"),
        (
            [image(type="image/gif", content=b"GIF89a" + struct.pack("<HH", 1281, 1080))],
            "it is 1281 × 1080 pixels",
        ),
    ],
)
def test_media_x_would_refuse_are_refused_before_anything_leaves(media: list[Media], reason: str) -> None:
    (refused,) = FORM.refuse(media)
    assert reason in refused


def fill(**context: object) -> Text:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    given: dict[str, object] = {
        "title": "Joint statement",
        "summary": "",
        "points": [],
        "url": "",
        "hashtags": [],
        "mentions": [],
        "language": "en",
        "organization": "",
        "link": lambda url: mark("link", url),
        "hashtag": lambda tag: mark("hashtag", tag),
        "mention": lambda name, target="": mark("mention", name, target),
    }
    return Text.parse(texts.tidy(environment.get_template("x.post.j2").render(given | context)))


def test_the_template_puts_the_headline_first_and_ends_in_the_link() -> None:
    text = fill(summary="We agreed.", url="https://example.org/s", hashtags=["Rights", "Online"])
    assert str(text) == "Joint statement\n\nWe agreed.\n\n#Rights #Online\n\nhttps://example.org/s"
    assert [span.kind for span in text] == ["plain", "hashtag", "plain", "hashtag", "plain", "link"]


@pytest.mark.parametrize(
    ("context", "expected"),
    [
        ({}, "Joint statement"),
        ({"url": "https://example.org/s"}, "Joint statement\n\nhttps://example.org/s"),
        ({"summary": "We agreed."}, "Joint statement\n\nWe agreed."),
        ({"hashtags": ["Rights"]}, "Joint statement\n\n#Rights"),
        ({"mentions": ["Office"]}, "Joint statement\n\nOffice"),
        ({"mentions": ["Office"], "hashtags": ["A"]}, "Joint statement\n\nOffice #A"),
    ],
)
def test_the_template_leaves_out_what_there_is_not(context: dict[str, object], expected: str) -> None:
    assert str(fill(**context)) == expected
