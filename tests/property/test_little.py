"""LinkedIn's little text: what is written is what is read, whatever the statement says."""

from __future__ import annotations

from collections import Counter

from hypothesis import example, given
from hypothesis import strategies as st

from channels.linkedin import little
from channels.linkedin.form import LinkedInForm
from publisher.text import Span, Text, nfc

FORM = LinkedInForm()
ARABIC = "بيان مشترك (الاتحاد) [الأوروبي] #سلام"
HEBREW = "הצהרה_משותפת {טיוטה}"
EMOJI = "👩🏽‍⚖️🇪🇺 #1 @all <b> ~5 % *"

hostile = st.text(
    st.one_of(
        st.sampled_from(little.RESERVED + "\n #:/.\u0338\u0301\u200f\u202e\uff03"),
        st.characters(codec="utf-8"),
    ),
    min_size=1,
    max_size=40,
)
words = st.one_of(
    hostile, st.sampled_from([ARABIC, HEBREW, EMOJI, "{hashtag|\\#|EU}", "@[x](urn:li:organization:1)"])
)
pages = st.integers(1, 10**12).map(lambda n: f"urn:li:organization:{n}")
spans = st.one_of(
    words.map(lambda t: Span("plain", t)),
    words.map(lambda t: Span("hashtag", t)),
    words.map(lambda t: Span("link", f"https://press.example.int/{t}")),
    st.builds(Span, st.just("mention"), words, st.one_of(pages, st.just(""), st.just("@handle"), words)),
)
texts = st.lists(spans, max_size=8).map(lambda s: Text(tuple(s)))


@given(texts)
@example(Text((Span("plain", "a <"), Span("plain", "\u0338 b"))))
@example(Text((Span("plain", "#"), Span("hashtag", "EU_Council"), Span("plain", "\\"))))
@example(
    Text((Span("mention", "Ministry [X] (EU)", "urn:li:organization:7"), Span("plain", "(urn:li:person:1)")))
)
def test_a_reader_sees_exactly_the_approved_text(text: Text) -> None:
    """visible(wire(text)) == shown(text) for every span, reserved character, emoji and writing direction."""
    assert FORM.visible("post", FORM.wire("post", text)) == FORM.shown(text)


@given(texts)
def test_only_our_own_hashtags_and_mentions_are_live(text: Text) -> None:
    """No statement can forge an element: the live ones are those that stand in the model, in order."""
    live = [(s.kind, nfc(s.text), s.target) for s in little.parse(little.render(text)) if s.kind != "plain"]
    meant = [
        (s.kind, nfc(s.text), s.target)
        for s in text
        if s.kind == "hashtag" or (s.kind == "mention" and little.PAGE.fullmatch(s.target))
    ]
    assert live == meant


@given(hostile)
@example("e\u0301 <\u0338")
def test_every_reserved_character_is_escaped_once(text: str) -> None:
    """One backslash each, so that nothing is dropped and no backslash is published."""
    composed = nfc(text)
    reserved = sum(Counter(composed)[c] for c in little.RESERVED)
    assert len(little.escape(text)) == len(composed) + reserved


@given(st.text(max_size=30), st.sampled_from(little.RESERVED), st.text(max_size=30))
def test_visible_stops_where_linkedin_stops(before: str, bare: str, after: str) -> None:
    """A bare reserved character that forms no element ends what a reader sees."""
    wire = little.escape(before) + bare + " " + after
    shown = little.visible(wire)
    # A backslash before a space is as bare as the rest.
    assert shown == nfc(before)


@given(
    st.text(st.one_of(st.sampled_from(little.RESERVED + "\\#aé "), st.characters(codec="utf-8")), max_size=60)
)
@example("{hashtag|#|EU} and @[A \\(B\\)](urn:li:organization:1) (cut")
def test_what_was_read_can_be_written_again(wire: str) -> None:
    """Any text of the live service is read, at worst cut; writing what was read shows the same again."""
    assert little.visible(little.render(little.parse(wire))) == little.visible(wire)


def test_what_linkedin_itself_writes_is_understood() -> None:
    """It returns hashtags as templates or as `#word`, and mentions with or without a name."""
    wire = "{hashtag|\\#|gartenbau} #EU, {hashtag|\uff03|a\\_b} @[A \\(B\\)](urn:li:person:x-1) @(urn:li:organization:2)"
    live = [(s.kind, s.text, s.target) for s in little.parse(wire) if s.kind != "plain"]
    assert live == [
        ("hashtag", "gartenbau", ""),
        ("hashtag", "EU", ""),
        ("hashtag", "a_b", ""),
        ("mention", "A (B)", "urn:li:person:x-1"),
        ("mention", "urn:li:organization:2", "urn:li:organization:2"),
    ]
    assert little.visible("Statement (joint) text") == "Statement "
