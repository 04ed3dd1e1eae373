"""Bounce addresses: each opens to what it was made of, fits on an envelope, and nobody can make another's."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from channels.email import verp

IDS = st.text("0123456789abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=16)
SHORT = st.text("0123456789abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=12)
KEYS = st.text(min_size=1, max_size=40)
BOUNCES = st.sampled_from(
    ["bounces@example.org", "B.o-unces@Mail.example.org", f"{'b' * verp.LONGEST}@e.org"]
)


@given(BOUNCES, IDS, SHORT, KEYS, st.sampled_from([str, str.lower, str.upper]))
def test_an_envelope_address_opens_to_what_it_was_made_of(bounces, who, what, key, travels) -> None:
    made = travels(verp.envelope(bounces, who, what, key))
    found = verp.opened(made, bounces)
    assert found is not None
    assert (found.subscriber, found.announcement) == (who, what)
    assert found.genuine(key)
    assert made.isascii()
    assert len(made.rpartition("@")[0]) <= 64


@given(BOUNCES, IDS, SHORT, KEYS, IDS, SHORT, KEYS)
def test_a_mac_is_good_for_one_reader_one_announcement_and_one_key(
    bounces, who, what, key, who2, what2, key2
) -> None:
    mac = verp.opened(verp.envelope(bounces, who, what, key), bounces).mac
    assert verp.Tag(who2, what2, mac).genuine(key2) == ((who, what, key) == (who2, what2, key2))


@given(BOUNCES, st.text())
def test_what_is_no_bounce_address_opens_to_nothing(bounces, address) -> None:
    assert verp.opened(address, bounces) is None
    assert verp.opened(bounces, bounces) is None
    assert verp.opened(verp.envelope("other@example.org", "s", "a", "k"), bounces) is None
