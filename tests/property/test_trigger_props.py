"""Whatever a site sends: a statement's source, or one sentence that says what is wrong with it."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from publisher import signing
from publisher.errors import StatementError
from publisher.intake import read
from publisher.serve.feed import items_of
from publisher.serve.shapes import source

KEYS = st.sampled_from(
    ["title", "text", "html", "url", "language", "embargo", "issued", "hashtags", "images", "rendered"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40) | st.sampled_from(["<p>a</p>", "---", "{{ 7*7 }}", "\r\n---\r\ntitle: x"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS | st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)  # fmt: skip


@given(st.dictionaries(KEYS, VALUES, max_size=6))
def test_any_json_is_a_statement_or_a_sentence(said) -> None:
    try:
        found = source(json.dumps(said).encode(), {})
        if found.source == "-":
            read("-", stdin=found.stdin)
    except StatementError as error:
        assert error.message and "\n" not in error.message


@given(st.text(max_size=60), st.text(max_size=200))
def test_a_value_is_never_anything_but_a_value(title: str, text: str) -> None:
    """No title can end the front matter or add a key to it."""
    body = json.dumps({"title": f"Charter {title}", "text": f"Words {text}.", "language": "en"}).encode()
    try:
        made = read("-", stdin=source(body, {}).stdin)
    except StatementError:
        return
    assert made.title.startswith("Charter")
    assert (made.embargo, made.hashtags, made.media, made.overrides) == ("", (), (), {})


@given(
    st.binary(max_size=300)
    | st.sampled_from(
        [
            b"<rss>",
            b"<?xml version='1.0'?><feed/>",
            b'{"version":"https://jsonfeed.org/version/1","items":[7,{}]}',
        ]
    )
)
def test_any_bytes_are_a_feed_or_a_sentence(body: bytes) -> None:
    try:
        for item in items_of(body, "https://www.example.org/feed"):
            assert item.id
    except StatementError as error:
        assert error.message


@given(st.binary(max_size=100), st.floats(1e9, 2e9), st.floats(-signing.WINDOW + 1, signing.WINDOW - 1))
def test_what_is_signed_is_believed_and_nothing_else(body: bytes, at: float, off: float) -> None:
    made = signing.headers("a secret", body, at)
    stamp, signature = made[signing.TIMESTAMP], made[signing.SIGNATURE]
    assert signing.fault("a secret", body, stamp, signature, at + off) == ""
    assert signing.fault("another", body, stamp, signature, at)
    assert signing.fault("a secret", body + b"x", stamp, signature, at)
    assert signing.fault("a secret", body, str(int(stamp) + 1), signature, at)
    assert signing.fault("a secret", body, stamp, signature, at + 2 * signing.WINDOW)
