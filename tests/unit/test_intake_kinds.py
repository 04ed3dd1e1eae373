"""The ways in: Markdown, HTML and plain text, and the furniture that stands around a statement."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from publisher.errors import StatementError
from publisher.intake import read
from publisher.statement import Statement

ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "tests" / "fixtures" / "statements"
SHARED = Path(os.environ.get("PUBLISHER_SHARED", ROOT.parent / "shared")) / "data" / "statements"


def text(body: str, **options: object) -> Statement:
    return read("-", stdin=body.encode(), **options)  # type: ignore[arg-type]


def blocks(made: Statement) -> list[tuple[str, str]]:
    return [(block.kind, block.text) for block in made.blocks]


# ---------------------------------------------------------------- Markdown


def test_a_site_generators_file_becomes_the_words_a_reader_sees() -> None:
    made = read(str(FIXTURES / "hugo.md"))
    assert blocks(made) == [
        ("paragraph", "The Forum agreed rules for undersea cables. They apply from 1 July 2026. "
                      "The placeholder {{ site.title }} stays as it is."),
        ("paragraph", "See https://www.example.org/cables and the charter."),
        ("item", "Sea | Ships"),
        ("item", "North | 4"),
        ("paragraph", "Seventeen governments take part."),
    ]  # fmt: skip
    assert "left out shortcodes of a site generator (3)" in made.notes


def test_every_kind_of_block_is_told_apart() -> None:
    made = text(
        "# Title\n\n## What changes\n\nOne *fine*\nparagraph, `code` and all.\n\n- first\n\n  goes on\n- second\n  1. deep\n\n"
        "> said\n> twice\n\n**In bold**\n\n**Bold, but a sentence.**\n\n    let x\n\n* * *\n\nLast."
    )
    assert blocks(made) == [
        ("heading", "What changes"), ("paragraph", "One fine paragraph, code and all."), ("item", "first goes on"),
        ("item", "second"), ("item", "deep"), ("quote", "said twice"), ("heading", "In bold"),
        ("paragraph", "Bold, but a sentence."), ("paragraph", "let x"), ("paragraph", "Last."),
    ]  # fmt: skip


def test_the_first_heading_is_the_title_once() -> None:
    assert blocks(text("# Title\n\n# Second\n\nBody.")) == [("heading", "Second"), ("paragraph", "Body.")]
    assert blocks(text("---\ntitle: Title\n---\n# TITLE\n\nBody.")) == [("paragraph", "Body.")]
    assert blocks(text("---\ntitle: Title\n---\n# Other\n\nBody.")) == [
        ("heading", "Other"),
        ("paragraph", "Body."),
    ]


def test_raw_html_in_markdown_loses_its_tags_and_keeps_its_words() -> None:
    made = text(
        '# Title\n\nAs Rittel<sup><a href="#fn1">[1]</a></sup> said: m<sup>2</sup>.<br>Second <b>line</b>.\n\n'
        '<div class="note"><p>A <i>note</i> of the statement.</p></div>\n\n<!-- no -->\n\n<script>\nalert(1)\n</script>\n\n'
        '<div class="footnotes"><ol><li>Dilemmas. 1973.</li></ol></div>\n'
    )
    assert blocks(made) == [
        ("paragraph", "As Rittel said: m2."),
        ("paragraph", "Second line."),
        ("paragraph", "A note of the statement."),
    ]


def test_signatories_keep_their_lines_and_wrapped_lines_do_not() -> None:
    wrapped = "The ministers met in the capital on the first day of the month and they\nagreed on the text that follows here.\n"
    made = text(
        f"# Title\n\n{wrapped}\nJane Doe, Foreign Minister\nJohn Roe, Minister of Trade\n\n31 May 2026  \nPort Ellery\n"
    )
    assert [t for _, t in blocks(made)] == [
        wrapped.replace("\n", " ").strip(),
        "Jane Doe, Foreign Minister", "John Roe, Minister of Trade", "31 May 2026", "Port Ellery",
    ]  # fmt: skip


def test_stray_stars_and_escapes_leave_no_marks() -> None:
    made = text("# Title\n\n** C. Trade **\n\nText of some length.\n\n• One\n\n• Two\n\n\\###\n")
    assert blocks(made) == [
        ("heading", "C. Trade"),
        ("paragraph", "Text of some length."),
        ("item", "One"),
        ("item", "Two"),
    ]


# ---------------------------------------------------------------- HTML


def test_a_page_gives_its_content_and_what_it_says_of_itself() -> None:
    made = read(str(FIXTURES / "page.html"))
    assert made.title == "Coastal Forum Agrees Rules on Undersea Cables"
    assert (made.url, made.language) == ("https://www.example.org/news/undersea-cables", "en-GB")
    assert made.issued == "2026-05-04T09:00:00+02:00"
    assert [(d.title, d.url, d.content) for d in made.documents] == [
        ("Rules on Undersea Cables", "https://www.example.org/files/Cable%20Rules.pdf", None)
    ]
    assert blocks(made) == [
        ("paragraph", "The Coastal Forum (CF) has agreed common rules for the repair of undersea cables."),
        ("paragraph", "Seventeen governments will share repair ships from 1 July 2026."),
        ("heading", "What changes"),
        ("item", "Permits for repair ships are given within 48 hours."),
        ("item", "Damage is reported to all members."),
        ("quote", "Cables carry our common life."),
        ("item", "Sea | Ships"),
        ("item", "North | 4"),
        ("paragraph", "Read the Rules on Undersea Cables for the details."),
    ]


def test_a_page_that_marks_no_content_is_read_as_well() -> None:
    sentences = [
        f"This is sentence number {n} of the statement, and it is long enough to count." for n in range(9)
    ]
    menu = "".join(f'<li><a href="/{n}">Entry {n}</a></li>' for n in range(12))
    body = "".join(f"<p>{s}</p>" for s in sentences)
    made = text(f"<html><head><title>A long enough headline | Forum</title></head><body><div class='nav'><ul>{menu}</ul></div>"
                f"<div id='c'>{body}</div><div class='foot'>© Forum</div></body></html>")  # fmt: skip
    assert made.title == "A long enough headline"
    assert [t for _, t in blocks(made)] == sentences


def test_a_fragment_is_read_as_html_and_its_class_names_drop_no_text() -> None:
    long = "A sentence that says something about social affairs and goes on for a while. " * 4
    made = text(
        f'<h1>Title</h1>\n<p class="social-affairs">{long}</p><div class="share"><a href="#">Twitter</a></div>'
    )
    assert blocks(made) == [("paragraph", long.strip())]


def test_linked_signatories_are_no_menu() -> None:
    names = "".join(f'<li><a href="/{n}">Organisation {n}</a></li>' for n in range(5))
    made = text(f"<html><body><main><h1>Title</h1><p>We call on governments to act.</p><p>Signed by:</p><ul>{names}</ul>"
                f"<h2>See also</h2><ul>{names.replace('Organisation', 'Story')}</ul></main></body></html>")  # fmt: skip
    assert [t for k, t in blocks(made) if k == "item"] == [f"Organisation {n}" for n in range(5)]


@pytest.mark.parametrize(
    ("head", "body", "title"),
    [
        ("<title>Rules agreed - Forum</title>", "<h1>Rules agreed</h1>", "Rules agreed"),
        (
            '<title>x</title><meta property="og:title" content="Rules agreed at sea | Forum">',
            "",
            "Rules agreed at sea",
        ),
        (
            '<meta property="og:site_name" content="Forum"><title>Rules agreed at sea – Forum</title>',
            "",
            "Rules agreed at sea",
        ),
        ("<title>Rules agreed at sea - a first step</title>", "", "Rules agreed at sea - a first step"),
        (
            '<meta property="og:site_name" content="Forum"><meta property="og:title" content="Rules">',
            "<h1>Forum</h1>",
            "Rules",
        ),
    ],
)
def test_the_title_is_the_headline_without_the_sites_name(head: str, body: str, title: str) -> None:
    made = text(
        f"<html><head>{head}</head><body><main>{body}<p>The Forum has agreed on rules.</p></main></body></html>"
    )
    assert made.title == title


def test_a_page_may_not_be_nested_without_end() -> None:
    with pytest.raises(StatementError, match="nested too deeply"):
        text("<html><body><main><h1>T</h1>" + "<div>" * 50_000 + "text")


# ---------------------------------------------------------------- plain text


def test_text_copied_from_a_page_loses_what_stands_around_it() -> None:
    made = read(str(FIXTURES / "copied.txt"))
    assert made.title == "Coastal Forum Agrees Rules on Undersea Cables"
    assert [kind for kind, _ in blocks(made)] == ["paragraph"] * 3
    assert made.text.startswith("The Coastal Forum (CF)")
    assert made.text.endswith("said Tomas Lind, Secretary of the Forum.")
    assert "by telephone or by email." in made.text


def test_a_mail_is_unwrapped_and_ends_where_it_says() -> None:
    made = read(str(FIXTURES / "mail.txt"))
    assert made.title == "Coastal Forum Agrees Rules on Undersea Cables and on the Ships That Repair Them"
    assert blocks(made) == [
        ("paragraph", "The Coastal Forum (CF) has agreed common rules for the repair of undersea cables. "
                      "Seventeen governments will share repair ships from 1 July 2026."),
        ("heading", "What changes"),
        ("paragraph", "The rules ask governments to:"),
        ("item", "give permits for repair ships within 48 hours, also at night and on public holidays;"),
        ("item", "report damage to all members."),
        ("paragraph", "Signed by:"),
        ("paragraph", "Tomas Lind, Secretary of the Forum"),
        ("paragraph", "Ana Duarte, Chair of the Forum"),
    ]  # fmt: skip
    assert any("after the end" in note and "Notes to editors" in note for note in made.notes)


@pytest.mark.parametrize(
    "tail",
    [
        "To view the full statement, view the document below or visit the following page.",
        "You can read the whole statement in full, by clicking here.",
        "Read the full statement here.",
        "Twitter\nLinkedIn\nEmail\n\nNews & Events",
        "Share this page",
        "Pour lire l’intégralité de la déclaration, consultez le document ci-dessous.",
        "Partager\nFacebook\nActualités",
        "Para leer el comunicado completo, vea el documento a continuación.",
        "Compartir en\nNoticias",
        "Den vollständigen Text finden Sie hier.",
        "Teilen\nDrucken\nZurück",
        "Läs hela uttalandet här.",
        "Dela\nSkriv ut",
        "مشاركة\nطباعة",
        "###",
        "-30-",
        "# # #",
        "ENDS",
        "© 2026 Coastal Forum. All rights reserved.",
        "* * *",
    ],
)
def test_the_lines_of_a_page_below_a_statement_are_left_out(tail: str) -> None:
    assert (
        text(f"A title\n\nThe body says what is to be said.\n\n{tail}").text
        == "The body says what is to be said."
    )


def test_a_whole_page_copied_as_text_loses_its_menu_and_its_buttons() -> None:
    """The way to the page stands above the headline, share buttons below it; the date stays."""
    menu = "Skip to content\nCoastal Forum\nAbout\nMembers\nHome » News » Rules agreed at sea\n"
    head = "Rules agreed at sea\n3 May 2026\nShare:\nTwitter\nFacebook\n\n"
    body = "The Forum agreed on rules for undersea cables in Lund, after two years of negotiations."
    made = text(
        f"{menu}{head}{body}\n\nDownload the PDF\n© 2026 Forum. All rights reserved.\nPrivacy Policy | Cookies\n"
    )
    assert (made.title, made.text) == ("Rules agreed at sea", f"3 May 2026\n\n{body}")


@pytest.mark.parametrize("line", ["Home / Shelter programme", "Home » News", "Email", "Facebook and Twitter"])
def test_a_line_that_only_looks_like_a_menu_takes_no_headline_away(line: str) -> None:
    body = "The Forum agreed on rules for undersea cables in Lund, after two years of negotiations."
    made = text(f"Statement on housing\n{line}\n\n{body}")
    assert made.title == "Statement on housing" and body in made.text


@pytest.mark.parametrize(
    "last",
    [
        "Share what you know, and call on others to do the same.",
        "The full statement was read aloud in the chamber by the Chair.",
        "We ask all readers to contact us before the end of the month.",
        "News of the attack reached the Forum by email.",
        "The end of the war is the only answer we accept.",
        "Read the signs of the times: a free press is under attack everywhere.",
    ],
)
def test_a_sentence_of_the_statement_is_never_furniture(last: str) -> None:
    assert text(f"A title\n\nThe body says what is to be said.\n\n{last}").text.endswith(last)


def test_the_last_item_of_a_real_list_stays_though_it_reads_like_a_button() -> None:
    made = text("# Title\n\nWays to reach us:\n\n- Telephone\n- Email\n")
    assert [t for _, t in blocks(made)] == ["Ways to reach us:", "Telephone", "Email"]


def test_what_follows_an_ornament_in_the_middle_stays() -> None:
    made = text("A title\n\nA short opening.\n\n###\n\n" + "The larger part of the text follows here. " * 9)
    assert len(made.blocks) == 3


def test_a_body_that_stands_twice_is_kept_once() -> None:
    body = "The Forum has agreed common rules for the repair of cables.\n\nSeventeen governments will share their ships."
    for again in (body, f"A title\n\n{body}"):
        made = text(f"A title\n\n{body}\n\n{again}\n\nTwitter\nEmail")
        assert made.text == body
        assert "the body stood twice; it is kept once" in made.notes


def test_a_refrain_is_not_a_body_that_stands_twice() -> None:
    body = "We will not be silent.\n\nThe first reason is the law.\n\nThe second reason is our duty.\n\nWe will not be silent."
    assert text(f"A title\n\n{body}").text == body


def test_lines_that_are_paragraphs_and_lines_that_were_wrapped_are_told_apart() -> None:
    long = "Every line of this text is a paragraph of its own and much longer than any mail program makes its lines. "
    made = text(f"A title\n{long}First.\n{long}Second.\n{long}Third.")
    assert [t.rsplit(" ", 1)[1] for _, t in blocks(made)] == ["First.", "Second.", "Third."]


def test_numbered_and_quoted_lines_of_a_mail_lose_their_marks() -> None:
    made = text(
        "A title\n\nWe ask for:\n\n1. Peace.\n2. Bread.\n\n> Said before.\n\n2024. That was the year."
    )
    assert blocks(made)[1:] == [
        ("item", "Peace."), ("item", "Bread."), ("quote", "Said before."), ("paragraph", "2024. That was the year."),
    ]  # fmt: skip


# ---------------------------------------------------------------- what others wrote

FURNITURE = (
    "share this", "facebook", "whatsapp", "news & events", "view this email", "to view the full statement", "open government",
    "cookie", "published", "press releases", "begin text", "{{<", "###", "contacts:", "further information",
)  # fmt: skip


def shared() -> list[Path]:
    return (
        sorted(p for p in SHARED.glob("*") if p.suffix in (".md", ".html", ".txt")) if SHARED.is_dir() else []
    )


def test_the_shared_statements_are_there_or_this_says_they_are_not() -> None:
    if not shared():
        pytest.skip(f"no statements of others at {SHARED}; PUBLISHER_SHARED names the folder")


@pytest.mark.parametrize("path", shared(), ids=lambda path: path.name[:40])
def test_statements_others_wrote_are_read_without_error_or_furniture(path: Path) -> None:
    made = read(str(path))
    assert 10 <= len(made.title) <= 200
    assert made.blocks
    assert made.text not in (made.title, "")
    parts = path.name.split(".")
    declared = parts[-2] if len(parts) > 2 else "es" if "declaracion" in path.name else "en"
    assert made.language == declared
    assert not any("another language" in note for note in made.notes)
    for block in made.blocks:
        assert block.text.casefold() != made.title.casefold()
        assert not (len(block.text) < 60 and block.text.casefold().startswith(FURNITURE)), block
        assert block.text.casefold() not in ("twitter", "linkedin", "email"), block
        assert "**" not in block.text
        assert "\n" not in block.text
        assert "  " not in block.text


def test_the_seed_is_its_five_paragraphs() -> None:
    seed = SHARED / "00-foc-seed.txt"
    if not seed.is_file():
        pytest.skip(f"not there: {seed}")
    made = read(str(seed))
    assert made.title.startswith("FOC Issues Joint Statement")
    assert [b.kind for b in made.blocks] == ["paragraph"] * 5
    assert made.blocks[-1].text.endswith("international cooperation.")
    assert any("Twitter" in note and "News & Events" in note for note in made.notes)


BODY = (
    "<main><h1>Rules agreed at sea</h1><p>The Forum agreed on rules for undersea cables in Lund on 3 May 2026, after two years "
    "of negotiations.</p><p>Seventeen governments will share repair ships, and report damage to all members within 48 hours.</p></main>"
)


@pytest.mark.parametrize(
    ("description", "used"),
    [
        (
            "Seventeen governments agreed that repair ships are shared, and that damage to undersea cables is reported.",
            True,
        ),
        (
            "Seventeen governments will share repair ships, and report damage to all members within 48 hours.",
            False,
        ),
        ("The Forum agreed on rules for undersea cables in Lund on 3 May 2026, after two", False),
        (
            "The Forum agreed on rules for undersea cables, and seventeen governments will share repair …",
            False,
        ),
        (
            "Seventeen governments agreed that repair ships are shared, and damage is reported within 24 hours.",
            False,
        ),
        ("Official website of the Coastal Forum, an alliance of countries for clean and safe oceans.", False),
        ("Rules for undersea cables agreed.", False),
        ("Read the full statement of the Forum on undersea cables and repair ships on this page.", False),
        ("", False),
    ],
)
def test_the_page_s_own_description_is_the_summary_where_an_office_wrote_it(
    description: str, used: bool
) -> None:
    """Not an excerpt, not a cut, not the site's motto, no figure that the statement does not have."""
    made = text(
        f'<html><head><meta property="og:description" content="{description}"></head><body>{BODY}</body></html>'
    )
    assert made.summary == (description if used else "")
    assert any("own description" in note for note in made.notes) is used


@pytest.mark.parametrize(
    "shown",
    [
        '<a href="/files/rules.pdf">Download PDF</a>',
        '<iframe src="/files/rules.pdf#view=fit" title="Rules agreed at sea"></iframe>',
        '<object data="https://www.example.org/files/rules.pdf" type="application/pdf"></object>',
        '<embed src="/files/rules.pdf">',
        '<iframe src="https://docs.example.com/viewer?url=https%3A%2F%2Fwww.example.org%2Ffiles%2Frules.pdf&embedded=true"></iframe>',
        '<iframe src="/js/viewer.html?file=/files/rules.pdf"></iframe>',
    ],
)
def test_a_document_that_the_page_links_or_shows_is_offered(shown: str) -> None:
    head = '<head><link rel="canonical" href="https://www.example.org/news/rules"></head>'
    made = text(
        f"<html>{head}<body>{BODY}{shown}<footer><a href='/terms.pdf'>Terms</a></footer></body></html>"
    )
    assert [(m.kind, m.url, m.title) for m in made.media] == [
        ("document", "https://www.example.org/files/rules.pdf", "Rules agreed at sea")
    ]
