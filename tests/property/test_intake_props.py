"""Whatever comes in: a clean Statement or a StatementError, the same each time, and nothing forged in it."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from publisher.errors import StatementError
from publisher.intake import read
from publisher.intake.embargo import wording
from publisher.intake.fetch import public
from publisher.intake.furniture import label
from publisher.statement import Statement
from tests.quick import examples

QUICK = settings(max_examples=examples(40), deadline=None, suppress_health_check=[HealthCheck.too_slow])

PIECES = st.sampled_from(
    [
        "---\n", "+++\n", "title: A title\n", "title: [\n", "url: https://example.org/\n", "images:\n  - path: ../x\n", "- x\n",
        "translations: [a.md]\n", "&a [*a]\n", "!!python/name:os.system x\n", "# Heading\n", "\n\n", "Twitter\n", "ENDS\n",
        "EMBARGOED UNTIL 9\n", "> quoted\n", "- item\n", "1. one\n", "| a | b |\n| - | - |\n| c | d |\n", "**bold**\n", "{{< x >}}",
        "{{ x }}", "[^1]: note\n", "[^1]", "<html><body>", "<main>", "</main>", "<h1>Head</h1>", "<p>Para.</p>", "<ul><li>x</ul>",
        "<script>alert(1)</script>", "<!-- c -->", "<br>", "<table><tr><td>c", "<sup><a>1</a></sup>", "<a href='x.pdf'>p</a>",
        "<link rel=canonical href='http://['>", "<meta property=og:url content=//x>", "&#0;&#xd800;&amp;", "\ufdd0https://x\ufdd4",
        "\u202e", "\u2067", "\ufeff", "\0", "\x1b", "\r", "\u2028", "e\u0301", "\U0001f468\u200d\U0001f469", "A sentence of some length. ",
        "Le texte est là. ", "هذا نص. ", "这是。", '{"a": 1}', "\ud7ff", "\t", "\u00a0", "²", "** x **",
    ]
)  # fmt: skip


def taken(data: bytes) -> Statement | None:
    try:
        return read("-", stdin=data)
    except StatementError as error:
        assert "\n" not in str(error).strip()
        return None


def words(made: Statement) -> Iterator[str]:
    yield made.title
    for block in made.blocks:
        yield block.text


def sound(made: Statement | None) -> None:
    if made is None:
        return
    assert made.title
    assert made.dump() == Statement.load(json.loads(json.dumps(made.dump()))).dump()
    for text in words(made):
        assert text == text.strip(" ")
        assert unicodedata.is_normalized("NFC", text)
        assert not re.search(
            "[\0-\x1f\x7f-\x9f\ufdd0-\ufdef\u202d\u202e\u2028\u2029\ufffd\ud800-\udfff]", text
        )
        assert "  " not in text


@QUICK
@given(st.binary(max_size=400))
def test_any_bytes_are_a_statement_or_a_statement_error(data: bytes) -> None:
    sound(taken(data))


@QUICK
@given(st.text(max_size=400))
def test_any_text_is_a_clean_statement_or_a_statement_error(text: str) -> None:
    sound(taken(text.encode("utf-8", "ignore")))


@settings(QUICK, max_examples=examples(100))
@given(st.lists(PIECES, max_size=14).map("".join))
def test_any_mixture_of_what_readers_look_for_is_survived(text: str) -> None:
    made = taken(text.encode())
    sound(made)
    again = taken(text.encode())
    assert (made and made.digest) == (again and again.digest)


@QUICK
@given(st.lists(PIECES, max_size=8).map("".join), st.lists(PIECES, max_size=8).map("".join))
def test_no_front_matter_escapes_as_another_error(fields: str, body: str) -> None:
    sound(taken(f"---\ntitle: T\n{fields}\n---\n{body}".encode()))


@QUICK
@given(st.lists(PIECES, max_size=12).map("".join))
def test_no_page_escapes_as_another_error(inner: str) -> None:
    sound(taken(f"<html><body><main><h1>T</h1>{inner}</main></body></html>".encode()))


WORDS = st.lists(st.text("abcdefghijklmnopqrstuvwxyz", min_size=3, max_size=9), min_size=9, max_size=25)
SENTENCE = WORDS.map(lambda some: " ".join(some).capitalize() + ".")


@QUICK
@given(st.lists(SENTENCE, min_size=1, max_size=6, unique=True))
def test_the_sentences_of_a_statement_arrive_verbatim_by_every_way_in(sentences: list[str]) -> None:
    """The same words as Markdown, as a page and as text are the same blocks; none of them is taken for furniture."""
    assert not any(label(s) or wording(s) for s in sentences)
    ways = {
        "markdown": "# The title\n\n" + "\n\n".join(sentences),
        "text": "The title\n\n" + "\n\n".join(sentences) + "\n\nTwitter\nLinkedIn\n",
        "html": "<html><body><nav>Home</nav><main><h1>The title</h1>"
        + "".join(f"<p>{s}</p>" for s in sentences)
        + "</main></body></html>",
    }
    for way, source in ways.items():
        made = taken(source.encode())
        assert made is not None, way
        assert (made.title, [block.text for block in made.blocks]) == ("The title", sentences), way


@QUICK
@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_no_more_public_inside_an_ipv6_one(address: object) -> None:
    for spelling in (f"::ffff:{address}", f"64:ff9b::{address}"):
        assert public(spelling) == public(str(address))
