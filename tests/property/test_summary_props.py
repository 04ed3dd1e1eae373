"""Properties of the summary room: for any text, in any language."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.channel import MAIN
from publisher.errors import Unfit
from publisher.intake.clean import clean
from publisher.render import Renderer
from publisher.settings import Settings
from publisher.statement import Block, Statement
from publisher.summary import Candidate, LeftOut, candidates, choose, faithful, redundant, sentences
from tests.quick import examples

LANGUAGES = st.sampled_from(["en", "fr", "es", "de", "sv", "ru", "ar", "ur", "zh", "ja", "pt-BR", "", "x"])
PIECES = st.sampled_from(
    [
        "The ports stay open. ",
        "It follows the vote. ",
        "Dr. ",
        "U.S. ",
        "“We agree,” ",
        "said Anna Lind. ",
        "« Non » ",
        "(see ",
        ") ",
        "[1] ",
        "¹ ",
        "3.5 % ",
        "24 December 2024 ",
        "…",
        "。",
        "۔",
        "؟",
        "！",
        "「",
        "」",
        "“",
        "”",
        "‘",
        "’",
        '"',
        "No. 5 ",
        "• ",
        "\n",
        "\n\n",
        "https://a.example/b. ",
        "港口联盟在日内瓦举行会议",
        "الموانئ مفتوحة ",
        "یہ ہے",
        "Однако ",
        "Idag ",
        "###",
        ":",
        "GENEVA, 12 March — ",
    ]
)
TEXTS = st.one_of(st.text(max_size=300), st.lists(PIECES, max_size=40).map("".join))
KINDS = st.sampled_from(["paragraph", "heading", "item", "quote"])
STATEMENTS = st.builds(
    lambda title, blocks, language, issued: Statement(
        title, tuple(Block(k, t) for k, t in blocks), language=language, issued=issued
    ),
    TEXTS,
    st.lists(st.tuples(KINDS, TEXTS), max_size=6),
    LANGUAGES,
    st.sampled_from(["", "2024-12-24", "soon"]),
)


@given(TEXTS, LANGUAGES)
@settings(max_examples=examples(100), deadline=None)
def test_sentences_are_slices_and_cover_all_but_white_space(text: str, language: str) -> None:
    """In order, without overlap, each the slice its offsets name, nothing but white space between."""
    end = 0
    for sentence in sentences.split(text, language):
        assert sentence.text == text[sentence.start : sentence.end] == sentence.text.strip() != ""
        assert not text[end : sentence.start].strip()
        assert sentence.start >= end
        end = sentence.end
    assert not text[end:].strip()


@given(STATEMENTS)
@settings(max_examples=examples(70), deadline=None)
def test_every_candidate_is_a_slice_of_the_statement(statement: Statement) -> None:
    """Never raises, is the same twice, and nothing is both a candidate and left out for the same place."""
    choice = candidates(statement)
    assert choice == candidates(statement)
    groups: tuple[tuple[Candidate | LeftOut, ...], ...] = (choice.ranked, choice.bound, choice.left_out)
    for group in groups:
        for found in group:
            assert statement.text[found.start : found.end] == found.text != ""
            assert found.why
    places = {(c.start, c.end) for c in choice.ranked}
    assert places.isdisjoint((left.start, left.end) for left in choice.left_out)
    assert [c.score for c in choice.ranked] == sorted((c.score for c in choice.ranked), reverse=True)


@given(STATEMENTS, st.integers(0, 400), st.integers(0, 5))
@settings(max_examples=examples(50), deadline=None)
def test_what_is_chosen_fits_and_stands_in_order(statement: Statement, room: int, limit: int) -> None:
    """Within the limit, in the statement's order, a leaning sentence right after its own, no day unasked."""
    choice = candidates(statement)
    chosen = choose(choice, lambda trial: sum(len(c.text) for c in trial) <= room, limit, statement.title)
    assert len(chosen) <= limit and sum(len(c.text) for c in chosen) <= room
    assert [c.order for c in chosen] == sorted(c.order for c in chosen)
    orders = [c.order for c in chosen]
    for place, candidate in enumerate(chosen):
        assert candidate.day == ""
        if candidate.after is not None:
            assert orders[place - 1] == candidate.after == candidate.order - 1
    assert all(not redundant(c, (), statement.title) for c in chosen)


@given(TEXTS, STATEMENTS, st.lists(TEXTS, max_size=2))
@settings(max_examples=examples(50), deadline=None)
def test_the_guard_never_raises_and_is_the_same_twice(
    text: str, statement: Statement, own: list[str]
) -> None:
    """Whatever it is given, with whatever words of the office."""
    assert faithful.check(text, statement, verbatim=own) == faithful.check(text, statement, verbatim=own)


@given(STATEMENTS)
@settings(max_examples=examples(30), deadline=None)
def test_a_candidate_passes_the_guard(statement: Statement) -> None:
    """What this room chooses has no hard finding against it."""
    for candidate in candidates(statement).ranked[:3]:
        assert [f for f in faithful.check(candidate.text, statement) if f.hard] == []


TITLES = TEXTS.map(lambda text: " ".join(clean(text).split())).filter(
    lambda text: any(map(str.isalnum, text))
)
BLOCKS = st.lists(TEXTS.map(clean).map(str.strip).filter(bool), max_size=5)


@given(TITLES, BLOCKS, LANGUAGES, st.integers(40, 600), st.booleans())
@settings(max_examples=examples(50), deadline=None)
def test_a_post_fits_or_says_what_to_write(
    title: str, blocks: list[str], language: str, limit: int, today: bool
) -> None:
    """Within the limit, of whole sentences of the statement, the same twice; else Unfit naming the override."""
    said = Statement(
        title,
        tuple(Block("paragraph", text) for text in blocks),
        language=language,
        url="https://a.example/b",
        issued="2024-12-24" if today else "",
    )
    channel = Settings({"PUBLISHER_X__LIMIT": str(limit)}, files=False).channel("x")
    try:
        rendering = Renderer().render(said, channel)
    except Unfit as refused:
        assert "channels: {x: {text: …}}" in str(refused)
        return
    copy = rendering.posts[0][MAIN]
    assert copy.length <= limit
    shown = " ".join(copy.text.split())  # white space is the page's, not the statement's
    assert all(" ".join(said.text[a:b].split()) in shown for a, b in rendering.sources)
    assert Renderer().render(said, channel).digest == rendering.digest
