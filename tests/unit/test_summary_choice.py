"""Choice: each rule on cases written for it, and statements in which a wrong choice would do harm."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from publisher.render import Renderer
from publisher.settings import Settings
from publisher.statement import Block, BlockKind, Statement
from publisher.summary import Candidate, Choice, candidates, choose, one_sided, redundant, sober

LEAD = "The Harbour Coalition calls on all states to keep their ports open to aid ships."


def statement(*paragraphs: str, title: str = "", language: str = "en", issued: str = "") -> Statement:
    blocks = tuple(Block("paragraph", p) for p in paragraphs)
    return Statement(title or "Open ports", blocks, language=language, issued=issued)


def texts(choice: Choice) -> list[str]:
    return [c.text for c in choice.ranked]


def reasons(choice: Choice) -> dict[str, str]:
    return {left.text: left.why for left in choice.left_out}


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "It follows the adoption of the treaty by the General Assembly in March 2024."),
        ("en", "This decision puts the crews of aid ships at serious risk in winter."),
        ("en", "However, the members of the Coalition did not support the last amendment."),
        ("en", "In addition, the Coalition will send observers to the northern ports."),
        ("en", "In signing this Declaration, the members promise to share information."),
        ("en", "The statement also underscores the value of a common approach to ports."),
        ("en", "The Coalition supports the latter with all the means at its disposal."),
        ("en", "The aforementioned measures will enter into force in all member states."),
        ("en", "In the resolution adopted by members, they reiterate their full support."),
        ("en", "The United States joins countries around the world in calling for his release."),
        ("en", "The plan protects not only the crews of ships in the northern ports."),
        ("en", "As part of these efforts, the members will publish a report every year."),
        ("en", "More specifically, the circular sets the rules for all harbours in the North."),
        ("en", "In the second, the members send observers to the harbours in the North."),
        ("en", "Closing a harbour to an aid ship changes that, and the crews know it well."),
        ("en", "The ministers set out to answer that question at the meeting in Geneva."),
        ("en", "Three years later, the harbours of the North opened to all aid ships."),
        ("en", "By reading the rules, both will know what the harbours of the North ask."),
        ("fr", "Les ministres du Nord y étaient invités, et nous y étions pour le vote."),
        ("en", "When members close a harbour to an aid ship, they may be doing just that."),
        ("en", "Below are four of the rules that the harbours of the North have to apply."),
        ("en", "We then sent two observers to every harbour in the North of the country."),
        ("en", "76 per cent say that they trust the harbours of the North to stay open."),
        ("en", "In the resolution, passed by 40 votes to 12 with 3 abstentions, they call for open ports."),
        ("en", "All harbour towns will publish their winter plan by March and say how to carry it."),
        ("en", "As a next step, the Coalition will send observers to the northern ports."),
        ("fr", "Pour l’étape suivante, la Coalition enverra des observateurs dans les ports."),
        ("fr", "Dans un second temps, les ports du nord publieront leurs règles pour l’hiver."),
        ("en", "Democratic governments and other partners are rising to the challenge."),
        ("fr", "Elle appelle tous les États à garder leurs ports ouverts aux navires."),
        ("fr", "En outre, la Coalition enverra des observateurs dans les ports du nord."),
        ("fr", "La Coalition salue également les efforts des autorités portuaires."),
        ("es", "Además, la Coalición enviará observadores a los puertos del norte."),
        ("es", "Esta decisión pone en peligro a las tripulaciones de los barcos."),
        ("de", "Darüber hinaus entsendet die Koalition Beobachter in die Häfen im Norden."),
        ("de", "Diese Entscheidung gefährdet die Besatzungen der Schiffe im Winter."),
        ("sv", "Dessutom kommer koalitionen att sända observatörer till hamnarna i norr."),
        ("sv", "Denna överenskommelse gäller alla hamnar i de nordiska länderna."),
        ("ru", "Однако члены коалиции не поддержали последнюю поправку к документу."),
        ("ru", "Это решение подвергает опасности экипажи судов в зимнее время."),
        ("ar", "وهذا القرار يعرض أطقم السفن للخطر الشديد في فصل الشتاء."),
        ("ar", "بالإضافة إلى ذلك سيرسل الائتلاف مراقبين إلى الموانئ الشمالية."),
        ("ur", "تاہم اتحاد کے ارکان نے آخری ترمیم کی حمایت نہیں کی۔"),
        ("zh", "此外，联盟将向北部港口派遣观察员并公布年度报告。"),
        ("ja", "しかし、連合の加盟国は最後の修正案を支持しなかった。"),
    ],
)
def test_a_sentence_that_leans_on_another_is_left_out(language: str, sentence: str) -> None:
    """What points at a sentence that is not shown says something else, or nothing, without it."""
    choice = candidates(statement(LEAD, sentence, language=language))
    assert sentence not in texts(choice)
    assert any(word in reasons(choice)[sentence] for word in ("leans", "points", "names"))


@pytest.mark.parametrize(
    "sentence",
    [
        "Let’s Encrypt will no longer sign the certificates of the northern ports.",
        "In the resolution, passed by 40 votes to 12, the members call for open ports.",
        "As a next step for open ports, Nordhav will send observers to the northern harbours.",
        "76 per cent of all crews trust the harbours of the North to stay open.",
        "94 % of the population of Nordhav lives within an hour of a harbour.",
        "The members meet the challenge of open ports with patrols and inspections.",
        "Here in Nordhav, the harbours have been open to all ships since March.",
        "There are no plans to close any of the northern ports before the summer.",
        "Those endorsing the Declaration promise to keep their ports open to aid ships.",
        "The former president of Nordhav welcomed the opening of the northern ports.",
        "Both Norway and Iceland have opened their ports to all aid ships since March.",
        "President Anna Lind said on 3 May 2024 that she supports the open ports.",
        "If a port closes, the ships have to wait at sea, and this puts the crews at risk.",
        "The Coalition supports measures such as inspections, patrols and open reports.",
        "Nordhav and Westhaven met in March, and both ports reported progress on safety.",
    ],
)
def test_a_sentence_that_only_looks_like_leaning_may_stand(sentence: str) -> None:
    """The rules know the uses of their words that need no neighbour."""
    assert sentence in texts(candidates(statement(LEAD, sentence)))


@pytest.mark.parametrize(
    ("language", "word", "sentence"),
    [
        ("en", "Today", "Today, the Harbour Coalition has issued a statement on open ports."),
        ("en", "this week", "Ministers of the member states meet in Geneva this week to discuss ports."),
        ("en", "Tuesday", "The General Assembly adopted the convention on open ports on Tuesday."),
        ("fr", "Aujourd’hui", "Aujourd’hui, la Coalition a publié une déclaration sur les ports."),
        ("es", "Hoy", "Hoy la Coalición ha publicado una declaración sobre los puertos."),
        ("de", "Heute", "Heute hat die Koalition eine Erklärung zu den Häfen veröffentlicht."),
        ("sv", "Idag", "Idag har koalitionen gjort ett uttalande om de öppna hamnarna."),
        ("ru", "Сегодня", "Сегодня коалиция опубликовала заявление об открытых портах."),
        ("ar", "اليوم", "أصدر ائتلاف الموانئ اليوم بيانا بشأن الموانئ المفتوحة."),
        ("ur", "آج", "بندرگاہ اتحاد نے آج کھلی بندرگاہوں پر بیان جاری کیا۔"),
        ("zh", "今天", "港口联盟今天就开放港口问题发表了联合声明。"),
        ("ja", "本日", "港湾連合は本日、開かれた港に関する共同声明を発表した。"),
    ],
)
def test_a_relative_date_is_left_out_and_named(language: str, word: str, sentence: str) -> None:
    """A text that speaks of "today" is wrong on every other day; it is bound to the day it was issued."""
    choice = candidates(statement(sentence, language=language, issued="2024-12-24T10:00:00Z"))
    assert texts(choice) == []
    assert reasons(choice)[sentence] == f"says “{word}”, which is true only on the day it was issued"
    assert [(c.text, c.day) for c in choice.bound] == [(sentence, "2024-12-24")]
    assert candidates(statement(sentence, language=language)).bound == ()


def test_a_weekday_with_its_date_is_no_relative_date() -> None:
    """ "On Tuesday, 24 December 2024" is true for good."""
    sentence = "The General Assembly adopted the convention on Tuesday, 24 December 2024."
    assert texts(candidates(statement(sentence))) == [sentence]


@pytest.mark.parametrize(
    ("why", "sentence"),
    [
        ("too short", "Ports matter."),
        ("too short", "Northernmost harbourmasters agreed."),
        ("question", "Will the ports of the North be open to aid ships next winter?"),
        ("announces", "The members of the Coalition agreed on the following three steps:"),
        ("no full sentence", "Anna Lind, Minister for Ports and Fisheries of Nordhav"),
        ("mid-sentence", "and the ports of the North remained open to all aid ships."),
        ("breaks off", "The ports of the North remained open to all aid ships until…"),
        ("whom", "“We will not close a single port as long as people are in need.”"),
        ("whom", "“We will not close a single port as long as people need it,” she said."),
        ("hold whole", "The minister said “we will not close a single port in the North."),
        ("hold whole", "The members (and their partners in the North agreed on open ports."),
        ("who speaks", "I welcome the decision of the members to keep the ports open."),
        ("page", "You can read the whole statement in full, by clicking here."),
        ("page", "To view the full statement, view the document below or visit the page."),
        ("page", "Learn what you can do to keep the ports of the North open to aid ships."),
        ("page", "See the rules of the northern harbours for details on who may enter."),
        ("page", "We will tell how the ports prepare for the winter in our next post."),
        ("page", "For more information, please visit the website of the Coalition."),
        ("first figures", "Initial reports spoke of 12 people killed in the port of Nordhav."),
        ("first figures", "An earlier version of the text gave the number of ports as 40."),
        ("organisation", "The Harbour Coalition (HC) is a group of countries committed to open ports."),
        (
            "list of names",
            "Signed by Albania, Andorra, Austria, Belgium, Bulgaria, Canada, Chile, Cyprus, Denmark, and Estonia.",
        ),
        (
            "run together",
            "Ports were closed in many parts of the worldIn a number of countries crews waited.",
        ),
        ("label", "Anna Lind: The ports of the North will remain open to all aid ships."),
        ("first figures", "Update 16 March 2026: the ports of the North will open a month later."),
        ("points at", "Anna Lind parts the ports into four types, as shown in the table below."),
        ("points at", "Here are a few of the good reasons for open ports in the North."),
        ("one half", "On the one hand, open ports have saved many lives in the North."),
        ("leaves out", "The Harbour Police of Nordhav did."),
        ("no full sentence", "How open ports can help the crews of aid ships in the winter."),
        ("footnote", "The ports² of the North remain open to all aid ships in winter."),
    ],
)
def test_what_is_no_sentence_for_the_public_is_left_out(why: str, sentence: str) -> None:
    """Fragments, questions, quotations without a speaker, furniture, corrections and the like."""
    choice = candidates(statement(LEAD, sentence))
    assert sentence not in texts(choice)
    assert why in reasons(choice)[sentence]


def test_a_quotation_with_its_speaker_may_stand() -> None:
    """Somebody's words may be handed on whole, with the name of who said them."""
    sentence = "“We will not close a single port in the winter,” said Anna Lind, Minister for Ports."
    assert sentence in texts(candidates(statement(sentence)))


def test_the_inside_of_a_long_quotation_is_left_out() -> None:
    """A sentence in the middle of somebody's quotation reads like the organisation's own word."""
    inside = "Ports have never been closed in the history of the North."
    choice = candidates(statement(f"Anna Lind said: “We are proud. {inside} We stay open.”"))
    assert texts(choice) == []
    assert "stands inside a quotation" in reasons(choice)[inside]


def test_a_quotation_of_several_paragraphs_is_known_as_one() -> None:
    """Each of its paragraphs opens with a mark, only the last closes."""
    inside = "The northern ports have served every ship in need for decades."
    choice = candidates(statement(LEAD, "Anna Lind said:", f"‘{inside}", "‘The ports will stay open.’"))
    assert texts(choice) == [LEAD]


def test_blocks_of_kind_quote_are_left_out() -> None:
    """Their speaker stands in another block."""
    blocks = (Block("paragraph", LEAD), Block("quote", "The ports of the North will stay open for good."))
    assert texts(candidates(Statement("Open ports", blocks))) == [LEAD]


@pytest.mark.parametrize(
    ("before", "goes_on"),
    [(LEAD, True), (f"{LEAD} EU authorities must inspect the ships of the North.", False)],
)
def test_what_begins_a_paragraph_leans_on_the_whole_of_the_one_before(before: str, goes_on: bool) -> None:
    """ "They" after "EU authorities …" would be these, where the paragraph spoke of the members."""
    they = "They support the talks led by Norway and welcome the agreement of both sides."
    choice = candidates(statement(before, they))
    assert any(c.after is not None for c in choice.bound if c.text == they) is goes_on


@pytest.mark.parametrize("name", ["Orlov", "Raman"])
def test_one_name_alone_ranks_below(name: str) -> None:
    """Who is introduced with two names is known by one only to who has read that; countries are no persons."""
    first = "Raman Orlov, a journalist of South Sudan, spoke of the ports and the aid ships."
    second = f"{name} joined the crews of aid ships in the ports, and Sudan opened the ports."
    choice = candidates(statement(first, second))
    assert f"it names “{name}”, whom" in next(c.why for c in choice.ranked if c.text == second)
    whole = candidates(statement(first, f"Sudan has opened all the ports, {first}"))
    assert all("it names" not in c.why for c in whole.ranked)


def test_a_surname_alone_is_left_out() -> None:
    """A person is introduced before being called by the surname."""
    first = "Raman Orlov, a journalist of Nordhav, was arrested on board on 3 May 2024."
    second = "The Coalition condemns the arrest of Mr. Orlov in the strongest terms."
    choice = candidates(statement(first, second))
    assert texts(choice) == [first]
    assert reasons(choice)[second] == "names “Mr. Orlov”, whom another sentence introduces"


def test_an_acronym_that_another_sentence_explains_costs_rank() -> None:
    """The sentence that explains it is better than the one that needs it."""
    explains = "The members founded a Northern Ports Panel (NPP) for the safety of crews."
    needs = "The members gave the NPP for the safety of crews a budget of its own in May."
    choice = candidates(statement("Nothing is decided about the budget of ports.", needs, explains))
    assert "“NPP” is explained elsewhere" in next(c.why for c in choice.ranked if c.text == needs)


def test_an_item_that_goes_on_from_its_introduction_is_left_out() -> None:
    """The line before the list holds half of what its items say."""
    kinds: tuple[tuple[BlockKind, str], ...] = (
        ("paragraph", "The members of the Coalition refuse to:"),
        ("item", "Close the ports of the North to ships that carry aid."),
        ("item", "Charge the crews of aid ships for the use of a port."),
    )
    choice = candidates(Statement("Open ports", tuple(Block(kind, text) for kind, text in kinds)))
    assert texts(choice) == []


HEADED = "This Declaration commits its partners to keep their ports open to all aid ships."


@pytest.mark.parametrize(
    ("title", "before", "sentence", "stands"),
    [
        ("Members Sign Declaration on Open Ports", "", HEADED, True),
        (
            "Members Sign Declaration on Open Ports",
            "Nordhav signed the Declaration on Open Ports.",
            HEADED,
            True,
        ),
        (
            "Déclaration sur les ports",
            "",
            "Cette Déclaration engage ses partenaires à ouvrir leurs ports.",
            True,
        ),
        ("Members Sign Declaration on Open Ports", "", HEADED.replace("all", "these"), False),
        ("Members Sign Declaration on Open Ports", "", HEADED.replace("This D", "This Nordhav D"), False),
        ("Members Sign Declaration on Open Ports", "", HEADED.replace("This D", "This d"), False),
        ("Members Sign Declaration on Open Ports", "Lund has an Oslo Declaration of its own.", HEADED, False),
        ("Members Sign Declaration on Open Ports", "Lund signed the Declaration of Oslo.", HEADED, False),
        ("Declaration on Ports Follows Declaration on Ships", "", HEADED, False),
        ("Members open their ports", "", HEADED, False),
    ],
)
def test_what_the_headline_names_may_be_this_right_under_it(
    title: str, before: str, sentence: str, stands: bool
) -> None:
    """Only a name that the headline has once, where the statement speaks of no other of that name."""
    language = "fr" if sentence.startswith("Cette") else "en"
    choice = candidates(statement(*filter(None, (before, sentence)), title=title, language=language))
    assert sentence not in texts(choice)
    assert [c.text for c in choice.bound if c.headed] == [sentence] * stands

    def alone(chosen: Sequence[Candidate]) -> bool:
        return [c.text for c in chosen] == [sentence]

    assert bool(choose(choice, alone, 9, title, headed=True)) is stands
    assert choose(choice, alone, 9, title) == ()


def test_nothing_comes_between_the_headline_and_what_leans_on_it() -> None:
    """An earlier sentence is left out then, as is the leaning one where the earlier one is taken."""
    choice = candidates(statement(LEAD, HEADED, title="Members Sign Declaration on Ports"))
    for limit in (1, 2, 9):
        chosen = choose(choice, lambda trial: True, limit, headed=True)
        assert chosen and all(c.after is not None or n == 0 for n, c in enumerate(chosen) if c.headed)


# ---------------------------------------------------------------- danger


def test_a_concession_is_not_published_without_its_but() -> None:
    """A sentence that the next one takes back says the opposite of the statement."""
    taken = "Legitimate trade in technology is essential for the well-being of all nations."
    choice = candidates(
        statement(taken, "At the same time, governments misuse it to trace and jail critics.")
    )
    assert taken not in texts(choice)
    assert reasons(choice)[taken].startswith("is qualified by what follows: “At the same time")


def test_a_concession_is_known_across_a_leaning_sentence() -> None:
    """ "It provides …" between a sentence and its "Yet" does not part them."""
    first = "The open sea has been a blessing for all the nations of the North."
    choice = candidates(statement(f"{first} It feeds millions of people. Yet it has claimed many lives."))
    assert texts(choice) == []


PRAISE = "The Coalition welcomes the progress of the Harbour Convention on open ports."
WORRY = "Members voiced concern that the Harbour Convention violates the rights of crews."


@pytest.mark.parametrize(
    ("paragraphs", "shown", "warned"),
    [
        ((PRAISE, WORRY), 1, True),
        ((PRAISE, WORRY), 2, False),
        ((PRAISE,), 1, False),
        ((WORRY,), 1, False),
    ],
)
def test_praise_alone_is_warned_about(paragraphs: tuple[str, ...], shown: int, warned: bool) -> None:
    """When the sentences shown only praise and the statement worries, a person is told of what."""
    choice = candidates(statement(*paragraphs))
    said = one_sided(sorted(choice.ranked, key=lambda c: c.order)[:shown], choice)
    assert (("praise" in said) and ("Members voiced concern" in said)) is warned
    assert warned or said == ""


def test_praise_gives_way_to_what_does_not_praise() -> None:
    """What only praises is left aside, and so is what would be too little in its place."""
    choice = candidates(statement(PRAISE, WORRY))
    assert texts(sober(choice, 0.0)) == [WORRY]
    assert texts(sober(choice, 99.0)) == []


def test_a_headline_with_praise_alone_is_not_posted_where_the_concern_fits() -> None:
    """The post says what the statement worries about rather than what it is polite about."""
    made = Renderer().render(
        statement(PRAISE, WORRY, title="Open ports"), Settings({}, files=False).channel("x")
    )
    assert WORRY in made.posts[0]["post"].text


def test_a_correction_is_warned_about() -> None:
    """Which of two figures holds is for a person to see."""
    choice = candidates(
        statement(
            "The ministry of Nordhav says that 34 people were killed in the northern port.",
            "An earlier version of the statement gave the number of people killed as 12.",
        )
    )
    assert [c.text for c in choice.ranked] == [
        "The ministry of Nordhav says that 34 people were killed in the northern port."
    ]
    assert any("corrects" in w for w in choice.warnings)


@pytest.mark.parametrize(
    "sentence",
    [
        "The Coalition does not believe that the crews were not warned of the storm.",
        "At least 34 people were killed and more than 120 injured, the ministry of Nordhav says.",
        "The members neither support nor oppose the amendment to the Harbour Convention.",
        "The ports are not only closed to aid ships but also to the fishing boats of the North.",
    ],
)
def test_hedges_and_negations_travel_with_their_sentence(sentence: str) -> None:
    """A candidate is the whole sentence, so nothing that limits it can be lost."""
    source = statement(f"{LEAD} {sentence} The ports remain closed to trade.")
    found = next(c for c in candidates(source).ranked if c.text == sentence)
    assert source.text[found.start : found.end] == sentence


def test_an_opponents_claim_ranks_below_the_statements_own_word() -> None:
    """What the regime says is reported last, and never without "claims"."""
    claim = "The government of Westhaven claims that the aid ships in its ports carry weapons."
    own = "The aid ships in the ports of Westhaven carry food and medicine for the North."
    choice = candidates(statement("Ports save lives in the North, members of the Coalition say.", claim, own))
    ranked = texts(choice)
    assert ranked.index(own) < ranked.index(claim)


def test_an_embargo_line_is_furniture() -> None:
    """It is said to journalists, not to the public."""
    line = "EMBARGOED UNTIL 24 December 2024, 15:00 CET: the text of the statement on ports."
    choice = candidates(statement(line, LEAD))
    assert texts(choice) == [LEAD]


# ---------------------------------------------------------------- ranking and selection


def test_the_lead_ranks_first_and_offsets_are_the_statements() -> None:
    """Early, central and close to the title wins; a candidate is a slice of the statement's text."""
    source = statement(
        LEAD,
        "Ships wait at sea for weeks.",
        "The weather in the North is often bad in winter.",
        title="Coalition calls for open ports",
    )
    choice = candidates(source)
    assert choice.ranked[0].text == LEAD
    assert all(source.text[c.start : c.end] == c.text for c in choice.ranked)


def test_a_dateline_and_a_footnote_mark_are_no_part_of_the_sentence() -> None:
    """GENEVA, 12 March — … ¹: both are cut off around the sentence, never inside it."""
    source = statement(f"GENEVA, 12 March 2025 — {LEAD}¹")
    assert texts(candidates(source)) == [LEAD]


def test_what_repeats_the_title_or_a_chosen_sentence_is_redundant() -> None:
    """A post does not say the same twice."""
    twin = "The Harbour Coalition again calls on all states to keep their ports open to all aid ships."
    first, second = (Candidate(t, 0, len(t), n, 0, 1.0, "") for n, t in enumerate((LEAD, twin)))
    assert redundant(first, [], "Harbour Coalition calls on all states to keep ports open to aid ships")
    assert redundant(second, [first], "Open ports")
    assert not redundant(first, [], "Winter in the North")


def test_choose_keeps_a_leaning_sentence_only_right_after_its_own() -> None:
    """ "It …" is used when the sentence before it is, and never otherwise."""
    lead = "The Harbour Coalition has issued a statement on the opening of northern ports."
    leaning = "It asks every state to publish the rules that its harbours apply in winter."
    choice = candidates(statement(f"{lead} {leaning}"))

    def within(limit: int) -> list[str]:
        return [
            c.text for c in choose(choice, lambda chosen: sum(len(c.text) + 1 for c in chosen) <= limit, 9)
        ]

    assert within(400) == [lead, leaning]
    assert within(100) == [lead]
    assert within(len(leaning) + 1) == []


def candidate(order: int, block: int, score: float) -> Candidate:
    text = " ".join("abcdefgh"[order] * n for n in (3, 4, 5, 6)) + "."
    return Candidate(text, order * 100, order * 100 + len(text), order, block, score, "")


@pytest.mark.parametrize(
    ("together", "expected"),
    [(False, [0, 5]), (True, [0, 1])],
)
def test_what_is_read_as_one_paragraph_stands_side_by_side(together: bool, expected: list[int]) -> None:
    """A good sentence of another part of the statement does not go on from the first."""
    ranked = (candidate(0, 0, 3.0), candidate(5, 4, 2.9), candidate(1, 1, 1.9))
    found = choose(Choice(ranked), lambda chosen: True, 2, together=together)
    assert [c.order for c in found] == expected


def test_a_text_that_goes_on_is_preferred_to_one_that_leaps() -> None:
    """Where two sentences are about as good, the one after the chosen one is taken."""
    ranked = (candidate(0, 0, 3.0), candidate(5, 4, 2.1), candidate(1, 1, 2.0))
    assert [c.order for c in choose(Choice(ranked), lambda chosen: True, 2)] == [0, 1]


def test_what_may_stay_empty_is_not_filled_with_the_least() -> None:
    """A sentence far below the best is worse than none where nothing has to stand."""
    ranked = (candidate(0, 0, 3.0), candidate(5, 4, 1.0))

    def short(chosen: Sequence[Candidate]) -> bool:
        return all(c.order == 5 for c in chosen)

    assert [c.order for c in choose(Choice(ranked), short, 1)] == [5]
    assert choose(Choice(ranked), short, 1, floor=0.6) == ()


def test_room_that_is_left_is_not_filled_with_the_least() -> None:
    """In a short text a weak sentence takes from the strong one; a list of points has it."""
    ranked = Choice((candidate(0, 0, 3.0), candidate(1, 0, 1.7)))
    assert [c.order for c in choose(ranked, lambda chosen: True, 2)] == [0]
    assert [c.order for c in choose(ranked, lambda chosen: True, 2, filler=0.0)] == [0, 1]


def test_choose_takes_a_dated_sentence_only_for_its_day() -> None:
    """Whoever asks for it promises to hold the text to that day."""
    source = statement("Today, the Coalition has issued a statement on open ports.", issued="2024-12-24")
    choice = candidates(source)
    assert choose(choice, lambda chosen: True, 3) == ()
    assert [c.day for c in choose(choice, lambda chosen: True, 3, day="2024-12-24")] == ["2024-12-24"]
    assert choose(choice, lambda chosen: True, 3, day="2024-12-25") == ()


def test_a_language_without_word_lists_is_warned_about() -> None:
    """Nobody should trust rules that do not exist."""
    choice = candidates(
        statement("Statele membre au convenit să deschidă porturile din nord.", language="ro")
    )
    assert any("“ro”" in w for w in choice.warnings)


def test_nothing_depends_on_the_hash_seed() -> None:
    """Two processes with different seeds print the same choice."""
    code = (
        "from publisher.statement import Block, Statement; from publisher.summary import candidates;"
        f"t = {LEAD!r} + ' Crews of ships met in Nordhav. The NPP (NPP) and XYZ (XYZ) met. NPP, XYZ agree on ports.';"
        "print(candidates(Statement('Open ports', (Block('paragraph', t),) * 3)))"
    )
    printed = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "4711")
    }
    assert len(printed) == 1


def test_importing_the_room_compiles_no_word_lists() -> None:
    """Lists are read for the one language that is asked for."""
    code = "import sys, publisher.summary; print([m for m in sys.modules if 'words_' in m])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# ---------------------------------------------------------------- other people's statements

SHARED = Path(os.environ.get("PUBLISHER_SHARED", Path(__file__).resolve().parents[3] / "shared"))
STATEMENTS = SHARED / "data" / "statements"


@pytest.mark.skipif(not STATEMENTS.is_dir(), reason=f"{STATEMENTS} is not there")
def test_real_statements_give_only_verbatim_sentences_of_their_own() -> None:
    """For each: slices of the statement, no furniture, nothing that leans; none fails."""
    from publisher.intake import read

    empty = []
    for path in sorted(p for p in STATEMENTS.iterdir() if p.suffix in (".md", ".html", ".txt")):
        source = read(str(path))
        choice = candidates(source)
        for c in choice.ranked:
            assert source.text[c.start : c.end] == c.text, path.name
            assert not c.text.lower().startswith(
                ("it ", "this ", "these ", "they ", "however", "in addition")
            ), c.text
            assert not any(
                w in c.text.lower() for w in ("click", "licence v", "follow us", "press office")
            ), c.text
        headed = [c for c in choice.bound if c.headed]
        for c in headed:
            found = re.search(r"\b(?:[Tt]his|[Cc]ette) ([A-Z]\w+)", c.text)
            assert found and found[1] in source.title, c.text
        if not choice.ranked and not headed:
            empty.append(path.name)
    assert empty == ["20-govuk-speech-translated.ar.html"]  # a speech: all of it is quoted
