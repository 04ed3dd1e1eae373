"""Faithful: what may not differ between any text and the statement it speaks for."""

from __future__ import annotations

import pytest

from publisher.statement import Block, Media, Statement
from publisher.summary import faithful
from publisher.summary.numbers import dates, links, values

SOURCE = Statement(
    "Coalition Issues Joint Statement on the Harbour Convention",
    (
        Block(
            "paragraph", "The Harbour Coalition (HC) issued a joint statement on Tuesday, 24 December 2024."
        ),
        Block(
            "paragraph", "At least 34 people were killed and 1.2 million lost their homes, the ministry said."
        ),
        Block(
            "paragraph",
            "The Coalition does not support the amendment, which may harm the crews of aid ships.",
        ),
        Block("paragraph", "“We will not be silent,” said Chair Anna Lindqvist of the Open Seas Network."),
        Block("paragraph", "The full text is at https://example.org/text.pdf for all readers."),
    ),
    url="https://example.org/a",
    issued="2024-12-24",
    hashtags=("OpenPorts",),
    media=(
        Media("document", "text.pdf", title="The Harbour Convention", url="https://example.org/text.pdf"),
    ),
)


def hard(text: str) -> list[str]:
    return [f.what for f in faithful.check(text, SOURCE) if f.hard]


def soft(text: str) -> list[str]:
    return [f.what for f in faithful.check(text, SOURCE) if not f.hard]


def test_the_statements_own_sentences_pass() -> None:
    """Title, whole sentences, link and tag of the statement have nothing against them."""
    own = "\n\n".join([SOURCE.title, *(b.text for b in SOURCE.blocks[:1]), SOURCE.url, "#OpenPorts"])
    assert faithful.check(own, SOURCE) == []


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        ("number “43”", "At least 43 people were killed, the ministry said."),
        ("number “1.3 million”", "The ministry said that 1.3 million people lost their homes."),
        ("number “fifty-four”", "Fifty-four people were killed, the ministry said."),
        ("date 25/12", "The Harbour Coalition issued a joint statement on 25 December 2024."),
        ("month 11", "The Harbour Coalition issued a joint statement in November."),
        ("day “monday”", "The Harbour Coalition issued a joint statement on Monday."),
        ("name “Bob”", "Chair Bob Lindqvist of the Open Seas Network will not be silent."),
        ("name “Germany”", "The Coalition and Germany do not support the amendment."),
        ("name “NATO”", "The joint statement of NATO does not support the amendment."),
        ("quotation “We will be silent", "Chair Anna Lindqvist said “We will be silent.”"),
        ("leaves out “not”", "The Coalition does support the amendment, which may harm crews of ships."),
        ("adds “not”", "The Harbour Coalition has not issued a joint statement on 24 December 2024."),
        ("link https://evil.example", "Read the statement at https://evil.example/a today."),
        ("link other@example.org", "Write to other@example.org about the statement."),
        ("link https://example.org/A", "Read the statement at https://example.org/A today."),
        ("link evil.example", "Read the statement at evil.example/a today."),
    ],
)
def test_a_fact_that_the_statement_does_not_bear_out_is_hard(expected: str, text: str) -> None:
    """Numbers, dates, names, quotations, negations and links."""
    assert any(expected in what for what in hard(text)), faithful.check(text, SOURCE)


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        ("doubt “at least”", "34 people were killed and 1.2 million lost their homes, the ministry said."),
        ("cut out of a longer sentence", "The Coalition does not support the amendment"),
        ("true only on one day", "The Coalition does not support the amendment today."),
        ("mention @someone", "The Coalition does not support the amendment, @someone."),
        ("hashtag #Victory", "The Coalition does not support the amendment. #Victory"),
        ("opened and not closed", "The Coalition does not support the amendment (which may harm crews."),
        ("most words", "Shipping lanes deserve robust protection everywhere."),
        ("no quotation in the statement", "The “amendment” is not supported by the Coalition."),
    ],
)
def test_a_doubt_is_soft(expected: str, text: str) -> None:
    """What a person should look at does not stop a text."""
    assert any(expected in what for what in soft(text)), faithful.check(text, SOURCE)
    assert hard(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "The ministry said that at least 34 people were killed and 1 200 000 lost their homes.",
        "The HC issued a joint statement on December 24, 2024.",
        "The OSN and its Chair Anna Lindqvist will not be silent, said the Open Seas Network.",
        "At least thirty-four people were killed, the ministry said.",
        "Anna Lindqvist said: “We will not be silent”",
        "“We will not be silent,” said Lindqvist, as example.org/text.pdf shows.",
    ],
)
def test_the_same_fact_written_otherwise_passes(text: str) -> None:
    """Values are compared, not spellings; initials stand for their words."""
    assert hard(text) == []


def test_a_small_word_that_begins_a_quotation_is_no_name() -> None:
    """The quotation is told, and its speaker; "Your" is not one more of them."""
    found = hard("“Your crews are safe”, says Bergman.")
    assert any("Bergman" in what for what in found) and not any("name “Your”" in what for what in found)


@pytest.mark.parametrize(
    ("text", "is_hard"),
    [
        ("“The ports of the North stay open,” said Anna Lind.", False),
        ("Minister Anna Lind said: “The ports of the North stay open.”", False),
        ("“The ports of the North stay open,” the minister said.", False),
        ("“The ports of the North stay open,” said Ole Berg.", True),
        ("Anna Lind said: “The crews of the South must wait.”", True),
    ],
)
def test_a_quotation_keeps_its_speaker(text: str, is_hard: bool) -> None:
    """Nothing is worse than words in the wrong mouth."""
    between = (
        "Ships wait at sea.",
        "Winter is near.",
        "The members met.",
        "A report came out.",
        "It is long.",
    )
    said = "“The ports of the North stay open,” said Minister Anna Lind."
    other = "“The crews of the South must wait,” said Ole Berg of Westhaven."
    source = Statement("Ports", (Block("paragraph", " ".join((said, *between, other))),))
    assert any("is not by" in f.what and f.hard for f in faithful.check(text, source)) is is_hard


@pytest.mark.parametrize(
    ("text", "is_hard"),
    [
        ("The ministry does not deny that the crews were warned of the storm.", True),
        ("The ministry does not deny that the crews were not warned of the storm.", False),
        ("The ministry does deny that the crews were not warned of the storm.", True),
        ("Neither the ministry nor the crews were warned of the storm in the North.", True),
    ],
)
def test_each_of_two_negations_counts(text: str, is_hard: bool) -> None:
    """Of "not … not" one may be lost as little as both."""
    own = "The ministry does not deny that the crews were not warned of the storm."
    source = Statement("Storm", (Block("paragraph", own),))
    assert any(f.hard for f in faithful.check(text, source)) is is_hard


@pytest.mark.parametrize(
    ("language", "own", "other", "word"),
    [
        ("ar", "قتل ٣٤ شخصا في ميناء بيروت.", "قتل ٣٤ شخصا في ميناء دمشق.", "دمشق"),
        ("zh", "港口联盟在日内瓦举行会议。", "港口联盟在维也纳举行会议。", "维也"),
    ],
)
def test_where_no_capital_shows_a_name_words_are_looked_up(
    language: str, own: str, other: str, word: str
) -> None:
    """A person is shown what the statement does not say."""
    source = Statement("—", (Block("paragraph", own),), language=language)
    assert any(word in f.what for f in faithful.check(other, source))


def test_the_offices_own_words_need_no_source() -> None:
    """A template's labels and the directory's handles are given as `verbatim`."""
    text = "Key points from Geneva:\nThe Coalition does not support the amendment, which may harm the crews of aid ships.\n@OpenSeas"
    assert hard(text) == ["the name “Geneva” is not in the statement"]
    assert faithful.check(text, SOURCE, verbatim=["Key points from Geneva:", "@OpenSeas"]) == []


def test_the_authors_summary_is_no_source() -> None:
    """Else a summary would always bear itself out."""
    source = Statement(
        "Open ports", (Block("paragraph", "The ports stay open."),), summary="All 90 ports stay open."
    )
    assert [f.what for f in faithful.check(source.summary, source) if f.hard] == [
        "the number “90” is not in the statement"
    ]


@pytest.mark.parametrize(
    ("language", "own", "changed"),
    [
        (
            "fr",
            "Au moins 34 personnes ont été tuées le 3 mai 2024.",
            "Au moins 43 personnes ont été tuées le 3 mai 2024.",
        ),
        (
            "es",
            "La Coalición no apoya la enmienda sobre los puertos.",
            "La Coalición apoya la enmienda sobre los puertos.",
        ),
        (
            "de",
            "Die Koalition unterstützt die Änderung der Häfen nicht.",
            "Die Koalition unterstützt die Änderung der Häfen.",
        ),
        (
            "sv",
            "Koalitionen stöder inte ändringen av hamnlagen.",
            "Koalitionen stöder ändringen av hamnlagen.",
        ),
        ("ru", "Коалиция не поддерживает поправку о портах.", "Коалиция поддерживает поправку о портах."),
        ("ar", "قتل ٣٤ شخصا في الميناء يوم 3 مايو 2024.", "قتل ٤٣ شخصا في الميناء يوم 3 مايو 2024."),
        ("ur", "بندرگاہ میں 34 افراد ہلاک ہوئے۔", "بندرگاہ میں 43 افراد ہلاک ہوئے۔"),
        ("zh", "港口事故造成34人死亡。", "港口事故造成43人死亡。"),
        ("ja", "港の事故で34人が死亡した。", "港の事故で43人が死亡した。"),
    ],
)
def test_facts_are_held_in_every_language(language: str, own: str, changed: str) -> None:
    """A changed figure or a lost negation is hard; the sentence itself passes."""
    source = Statement("—", (Block("paragraph", own),), language=language)
    assert faithful.check(own, source) == []
    assert any(f.hard for f in faithful.check(changed, source))


def test_numbers_are_read_as_values() -> None:
    """Separators, scales and scripts of digits do not matter; an ambiguous one has two readings."""
    assert values("1.2 million", "en") == {"1.2 million": {1_200_000.0}}
    assert values("1.200", "de") == {"1.200": {1200.0, 1.2}}
    assert values("35,711,958", "en") == {"35,711,958": {35711958.0}}
    assert values("١٫٢ مليون", "ar")["1٫2 مليون"] == {1_200_000.0}
    assert values("twenty-one", "en") == {"twenty-one": {21.0}}


def test_dates_are_pairs_of_day_and_month() -> None:
    """In the order of every language."""
    assert dates("24 December, December 25th, 12月26日, am 3. Oktober, le 1er mai, 2024-06-07") == {
        (24, 12),
        (25, 12),
        (26, 12),
        (3, 10),
        (1, 5),
        (7, 6),
    }


def test_links_do_not_swallow_punctuation() -> None:
    """The stop after an address is the sentence's."""
    assert links("See https://a.example/b?c=1. (Or www.b.example.)") == [
        "https://a.example/b?c=1",
        "www.b.example",
    ]
