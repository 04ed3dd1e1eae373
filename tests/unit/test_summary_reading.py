"""Reading: which blocks of a statement feed its summary, on the traps that copied statements set."""

from __future__ import annotations

import pytest

from publisher.statement import Block, BlockKind, Statement
from publisher.summary.reading import read

BODY = "The Harbour Coalition calls on all states to keep their ports open to aid ships in winter, whatever the cargo."


def why(*blocks: tuple[BlockKind, str], language: str = "en", title: str = "Open ports") -> list[str]:
    """Why each block after the three of a usual body feeds no summary."""
    before: tuple[tuple[BlockKind, str], ...] = (
        ("paragraph", BODY),
        ("paragraph", BODY.replace("Harbour", "Northern")),
        ("paragraph", BODY.replace("Harbour", "Western")),
    )
    source = Statement(title, tuple(Block(k, t) for k, t in (*before, *blocks)), language=language)
    return [p.why for p in read(source)][3:]


@pytest.mark.parametrize(
    ("expected", "language", "text"),
    [
        ("end mark", "en", "###"),
        ("end mark", "en", "\\###"),
        ("end mark", "en", "— ENDS —"),
        ("end mark", "en", "-30-"),
        ("furniture", "en", "Twitter"),
        ("furniture", "en", "News & Events"),
        ("furniture", "en", "View this email in your browser"),
        ("furniture", "en", "Share this on your own page"),
        ("contact", "en", "Press office: +41 22 555 01 02, press@example.org"),
        ("contact", "fr", "Contact : presse@exemple.org"),
        ("contact", "es", "Tel.: +34 91 555 67 67  Email: prensa@ejemplo.org"),
        (
            "signatories",
            "sv",
            "Anna Ek, Norges utrikesminister\nLars Ö, Danmarks utrikesminister\nEva Å, Islands minister",
        ),
        ("before", "en", BODY),
        ("", "en", "Ports in the North have been open to all ships since the spring of 2011."),
    ],
)
def test_a_block_is_known_for_what_it_is(expected: str, language: str, text: str) -> None:
    """End marks, furniture, contacts, signatories and a body that stands twice feed no summary."""
    found = why(("paragraph", text), language=language)[0]
    assert expected in found if expected else found == ""


@pytest.mark.parametrize(
    ("language", "heading"),
    [
        ("en", "Notes to editors"),
        ("en", "About the Harbour Coalition"),
        ("en", "Media contact"),
        ("en", "Background"),
        ("fr", "À propos de la Coalition"),
        ("es", "Más información"),
        ("de", "Hinweise an die Redaktionen"),
        ("sv", "Presskontakt"),
        ("ru", "Контакты для СМИ"),
        ("ar", "للتواصل"),
        ("ur", "رابطہ"),
        ("zh", "联系方式"),
        ("ja", "お問い合わせ先"),
    ],
)
def test_what_stands_under_the_heading_of_a_tail_feeds_nothing(language: str, heading: str) -> None:
    """In every language, whether the heading is marked up or a line of its own."""
    text = "The Coalition has 42 members and was founded in The Hague in 2011 by fifteen of them."
    for kind in ("heading", "paragraph"):
        found = why((kind, heading), ("paragraph", text), language=language)
        assert found[1] == f"stands under “{heading}”"


def test_the_next_heading_ends_a_tail() -> None:
    """A section after "Notes to editors" is the statement's again."""
    found = why(
        ("heading", "Notes to editors"),
        ("paragraph", "One."),
        ("heading", "Next steps"),
        ("paragraph", "Two."),
    )
    assert found[1].startswith("stands under") and found[3] == ""


def test_nothing_after_the_end_mark_feeds_a_summary() -> None:
    """What follows "###" is not the statement."""
    assert why(("paragraph", "###"), ("paragraph", "Ports are listed below with their names and flags."))[
        1
    ] == ("stands after the end mark")


def test_offsets_point_into_the_statements_text() -> None:
    """A passage starts where its block stands in `Statement.text`."""
    source = Statement("Title", (Block("paragraph", "One."), Block("item", "Two."), Block("quote", "Three.")))
    assert [source.text[p.start :].startswith(p.text) for p in read(source)] == [True, True, True]


def test_an_item_after_a_colon_is_led_and_so_are_the_next() -> None:
    """All items of a list go on from the line before it, until the list ends."""
    source = Statement(
        "Title",
        (
            Block("paragraph", "They agreed to:"),
            Block("item", "Open the ports;"),
            Block("item", "Keep them open."),
            Block("paragraph", "The ports are open."),
        ),
    )
    assert [p.led for p in read(source)] == [False, True, True, True]
