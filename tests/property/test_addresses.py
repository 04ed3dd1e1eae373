"""Addresses and lists of people: the quick way is the library's way, and what is written is read back."""

from __future__ import annotations

import csv
import io

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import example, given, settings
from hypothesis import strategies as st

from publisher import roster
from publisher.address import _USUAL, normal
from publisher.errors import UsageError
from tests.quick import examples

ATOMS = "abcXYZ019!#$%&'*+/=?^_`{|}~-"
LOCALS = st.one_of(
    st.text(ATOMS + ".", min_size=1, max_size=66),
    st.sampled_from(["Info", "postmaster", "WWW", "webmaster.", "a" * 64, "a" * 65, '"q"', "é", "a b"]),
)
LABELS = st.one_of(
    st.text("abcXYZ019-", min_size=1, max_size=12),
    st.sampled_from(
        ["xn--r8jz45g", "xn--", "ab--c", "a" * 63, "a" * 64, "test", "local", "Example", "é", "例え"]
    ),
)
DOMAINS = st.lists(LABELS, min_size=1, max_size=5).map(".".join)
ADDRESSES = st.one_of(
    st.builds("{}@{}".format, LOCALS, DOMAINS), st.text(ATOMS + "@.", max_size=30), st.emails()
)


def judged(address: str) -> str | None:
    """What the library says."""
    try:
        return validate_email(address, check_deliverability=False, strict=True).normalized
    except EmailNotValidError:
        return None


@settings(max_examples=examples(500), deadline=None)
@given(ADDRESSES)
@example("a@b.c")
@example("Info@Example.org")
@example("a@b.test")
@example("a@1.2.3.4")
@example("a@ab--cd.org")
@example(f"{'a' * 64}@{'b' * 63}.{'c' * 63}.{'d' * 57}.org")
@example(f"{'a' * 64}@{'b' * 63}.{'c' * 63}.{'d' * 58}.org")
@example("a@b.org\n")
def test_the_quick_way_takes_nothing_that_the_library_would_not_and_changes_nothing(address: str) -> None:
    if not _USUAL.fullmatch(address):
        return
    wanted = judged(address)
    if wanted is None:
        with pytest.raises(UsageError):
            normal(address)
    else:
        assert normal(address) == (wanted, wanted.casefold())


@settings(max_examples=examples(170), deadline=None)
@given(ADDRESSES)
def test_what_is_normal_stays_so_and_is_the_same_in_any_case(address: str) -> None:
    try:
        written, key = normal(address)
    except UsageError:
        return
    assert normal(written) == (written, key)
    assert normal(f"  {written} ")[1] == key
    local, _, domain = written.rpartition("@")
    if address.isascii():
        assert normal(f"{local.upper()}@{domain.upper()}")[1] == key


CELLS = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=20)


@given(CELLS)
@example("=1+1")
@example("'=1+1")
@example("''")
@example("\t=1")
def test_a_guarded_cell_begins_no_formula_and_is_given_back(cell: str) -> None:
    made = roster.guarded(cell)
    assert not made.startswith(roster.FORMULA)
    assert roster.unguarded(made) == cell


NAMES = st.text(st.characters(blacklist_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=20).map(str.strip)
PEOPLE = st.lists(
    st.tuples(
        st.sampled_from(["a@x.org", "=b@x.org", "+c@x.org", "'d@x.org", "-e@x.org", "'+f@x.org"]),
        NAMES,
        st.sampled_from(["", "fr", "fr-CH", "zh-Hant"]),
        st.lists(st.text("abc'=+", min_size=1, max_size=5), max_size=3).map(tuple),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=examples(70), deadline=None)
@given(PEOPLE, st.sampled_from([",", ";", "\t"]), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
def test_a_written_list_is_read_back(people, delimiter: str, encoding: str) -> None:
    text = io.StringIO()
    made = csv.writer(text, delimiter=delimiter, lineterminator="\r\n")
    made.writerow(("email", "name", "language", "tags"))
    made.writerows(
        [*map(roster.guarded, (email, name, language, ",".join(tags)))]
        for email, name, language, tags in people
    )
    read = list(roster.people(io.BytesIO(text.getvalue().encode(encoding))))
    assert [(p.email, p.name, p.language, p.tags, p.fault) for p in read] == [
        (email, name, language, tags, "") for email, name, language, tags in people
    ]


@settings(max_examples=examples(100), deadline=None)
@given(st.binary(max_size=200))
def test_no_file_breaks_the_reader(raw: bytes) -> None:
    from publisher.errors import PublisherError

    try:
        for person in roster.people(io.BytesIO(raw)):
            assert person.line >= 1
    except PublisherError:
        return
