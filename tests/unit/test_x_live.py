"""Posts as X shows them, back in the words they were written in."""

from __future__ import annotations

from typing import Any

import pytest

from channels.x import live


def post(text: str, *urls: tuple[str, str], **more: Any) -> dict[str, Any]:
    entities = {"urls": [{"url": short, "expanded_url": long} for short, long in urls]}
    return {"id": "1500000000000000000", "text": text, "entities": entities} | more


def test_ids_are_times() -> None:
    assert live.id_at(1_288_834_974.657) == 0
    assert live.id_at(0) == 0
    assert live.made({"id": str(live.id_at(1_800_000_000.5))}) == 1_800_000_000.5


def test_links_and_escapes_are_undone_and_the_link_of_a_medium_is_left_out() -> None:
    shown = post(
        "R&amp;D &lt;now&gt; https://t.co/a1 https://t.co/b2",
        ("https://t.co/a1", "https://example.org/?a=1&copy=2"),
        ("https://t.co/b2", "https://x.com/press/status/1/photo/1"),
    )
    assert live.text(shown) == "R&D <now> https://example.org/?a=1&copy=2"
    assert live.is_text(shown, "R&D <now> https://example.org/?a=1&copy=2")


def test_what_was_written_as_an_escape_stays_one() -> None:
    assert live.text(post("write &amp;amp; for &amp;")) == "write &amp; for &"


def test_a_link_stands_as_it_was_written_where_x_only_spelled_it_otherwise() -> None:
    shown = post(
        "https://t.co/a https://t.co/b",
        ("https://t.co/a", "http://Gov.uk/"),
        ("https://t.co/b", "https://xn--e1afmkfd.example/%C3%BC"),
    )
    assert live.text(shown, ["Gov.uk"]).startswith("Gov.uk ")
    assert live.text(post("https://t.co/b", ("https://t.co/b", "https://EXAMPLE.org/%C3%BC")), ["https://example.org/ü"]) == "https://example.org/ü"  # fmt: skip


def test_a_long_post_is_read_from_its_note_under_either_name() -> None:
    for name in ("note_post", "note_tweet"):
        urls = [{"url": "https://t.co/n", "expanded_url": "https://example.org"}]
        note = {"text": "All of it &amp; https://t.co/n", "entities": {"urls": urls}}
        assert live.text(post("All of…", **{name: note})) == "All of it & https://example.org"


@pytest.mark.parametrize(
    ("shown", "wire", "same"),
    [
        (post("A  b\nc"), "A b c", True),
        (post("e\u0301"), "é", True),
        (post("A b"), "A c", False),
        (post("A"), "A b", False),
        ({"id": "1", "text": "See https://t.co/x now"}, "See https://example.org now", True),
        ({"id": "1", "text": "See https://t.co/x then"}, "See https://example.org now", False),
        ({"id": "1", "text": "See https://t.co/x"}, "See", False),
        (
            post("See https://t.co/x", ("https://t.co/x", "https://example.org/1")),
            "See https://example.org/2",
            False,
        ),
        (post("See https://t.co/x", ("https://t.co/x", "http://measures.It")), "See measures.It", True),
    ],
)
def test_equal_means_the_same_words_and_where_x_names_them_the_same_links(
    shown: dict[str, Any], wire: str, same: bool
) -> None:
    assert live.is_text(shown, wire) is same


def test_the_link_x_adds_for_media_is_expected_only_with_media() -> None:
    shown = {"id": "1", "text": "See https://t.co/x https://t.co/m"}
    assert live.is_text(shown, "See https://example.org", media=True)
    assert not live.is_text(shown, "See https://example.org")


def test_odd_answers_are_no_reason_to_fail() -> None:
    assert live.text({"id": "1", "text": "a", "entities": None}) == "a"
    assert live.text({"id": "1", "text": "a", "entities": {"urls": [None, {}]}}) == "a"
    assert live.text({"id": "1", "text": "a", "note_tweet": "odd"}) == "a"
    assert live.alts({}) is None
    assert live.alts({"data": {"attachments": {"media_keys": ["3_1"]}}}) is None


def test_alt_texts_come_in_the_order_of_the_media() -> None:
    body = {
        "data": {"attachments": {"media_keys": ["3_2", "3_1"]}},
        "includes": {"media": [{"media_key": "3_1", "alt_text": "one"}, {"media_key": "3_2"}]},
    }
    assert live.alts(body) == ("", "one")
