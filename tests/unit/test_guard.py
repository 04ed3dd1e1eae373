"""Guard: what a template makes of a statement's words is held against the statement before anybody approves it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from publisher.channel import Rendering
from publisher.errors import Unfit
from publisher.render import Occasion, Renderer
from publisher.settings import Settings
from publisher.statement import Block, Statement

LEAD = "The Harbour Council does not support the charter of Lund, which 12 ports signed on 3 May 2026."
URL = "https://www.example.org/news/ports"


def made(tmp_path: Path, template: str, channel: str = "x", name: str = "x.post.j2", **of: Any) -> Rendering:
    (tmp_path / name).write_text(template)
    said = Statement(
        **{"title": "On the charter of Lund", "blocks": (Block("paragraph", LEAD),), "url": URL} | of
    )
    return Renderer(tmp_path).render(said, Settings({}, files=False).channel(channel))


@pytest.mark.parametrize(
    ("template", "what"),
    [
        ("{{ title }}\n\n{{ summary | replace('12', '21') }}", "the number “21”"),
        ("{{ title }}\n\n{{ summary | replace('3 May', '4 May') }}", "the number “4”"),
        ("{{ title }}\n\n{{ summary | replace('Lund', 'Riga') }}", "the name “Riga”"),
        ("{{ title }}\n\n{{ summary | replace('does not support', 'does support') }}", "leaves out “not”"),
        ("{{ title }}\n\n{{ summary }}\n\n{{ url | replace('.org', '.com') }}", "the link"),
    ],
)
def test_a_template_that_alters_what_was_said_makes_nothing(tmp_path: Path, template: str, what: str) -> None:
    """Refused with what is wrong and the template to look at; nothing of it can be approved."""
    said = (
        template.replace("'21'", "'2' ~ '1'")
        .replace("'4 May'", "'4' ~ ' May'")
        .replace("'Riga'", "'Ri' ~ 'ga'")
    )
    said = said.replace("'does support'", "'does' ~ ' support'").replace("'.com'", "'.c' ~ 'om'")
    with pytest.raises(Unfit, match="says what the statement does not") as caught:
        made(tmp_path, said)
    assert what in str(caught.value) and "x.post.j2" in str(caught.value)


@pytest.mark.parametrize(
    "template",
    [
        "{{ title }}\n\n{{ summary }}\n\n{{ link(url) }}",
        "Press Office of Nordhav, 24 hours: +47 22 555 010\n{{ title }}\n\n{{ summary }}",
        "{{ 'Ministry of Ports' }}: {{ title | upper }}",
        "{% for point in points %}{{ loop.index }}. {{ point }}\n{% endfor %}{{ title }}",
    ],
)
def test_fixed_words_are_the_offices_own(tmp_path: Path, template: str) -> None:
    """Names and numbers that stand in the template need no source in the statement."""
    assert made(tmp_path, template).posts[0]["post"].text


def test_white_space_that_a_post_makes_even_alters_nothing(tmp_path: Path) -> None:
    """A sentence over several lines, with blanks at their ends and without, is the same sentence."""
    wrapped = LEAD.replace("support", "support  \n").replace("which", " \n which") + " It cannot be signed."
    rendering = made(tmp_path, "{{ title }}\n\n{{ summary }}", blocks=(Block("paragraph", wrapped),))
    assert "which 12 ports" in " ".join(rendering.posts[0]["post"].text.split())


def test_an_authors_words_are_warned_about_and_never_blocked(tmp_path: Path) -> None:
    """A summary or a text of a person's own may say what the statement does not."""
    for of in (
        {"summary": "In Riga, 99 ports agreed."},
        {"overrides": {"x": {"text": "In Riga, 99 ports agreed."}}},
    ):
        rendering = made(tmp_path, "{{ title }}\n\n{{ summary }}", **of)
        assert "99 ports" in rendering.posts[0]["post"].text
        assert any("Riga" in warning for warning in rendering.warnings)


HTML = "<html><head><style>p {{ width: 77px }}</style></head><body>{}</body></html>"


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ("<p>{{ paragraphs[0] | replace('12', '2' ~ '1') }}</p>", "the number “21”"),
        ("<p>{{ paragraphs[0] | replace('Lund', 'Ri' ~ 'ga') }}</p>", "the name “Riga”"),
        ("<p>{{ paragraphs[0] | replace('does not', 'do' ~ 'es') }}</p>", "leaves out “not”"),
        (
            "<a href='{{ url | replace('.org', '.c' ~ 'om') }}'>{{ title }}</a>",
            "the link https://www.example.com",
        ),
        (
            "<img src='https://cdn.example.net/a.png' alt='{{ title | replace('Lund', 'Ri' ~ 'ga') }}'>",
            "“Riga”",
        ),
    ],
)
def test_html_is_held_against_the_statement_too(tmp_path: Path, body: str, what: str) -> None:
    """What eyes, screen readers and links say; sizes in style sheets are no figures."""
    with pytest.raises(Unfit, match="the html says what the statement does not") as caught:
        made(tmp_path, HTML.format(body), "email", "email.html.j2")
    assert what in str(caught.value)


def test_fixed_words_of_html_are_the_offices_own(tmp_path: Path) -> None:
    """Its address, telephone and links included; what is parted by tags is read as one."""
    body = (
        "<h1>{{ title }}</h1><p>{{ summary | replace('Lund', '<b>Lund</b>' | safe) }}</p>"
        "<p>Press Office of <b>Nordhav</b>, Pier 7, <a href='https://nordhav.example/press'>24 hours</a></p>"
    )
    assert made(tmp_path, HTML.format(body), "email", "email.html.j2").posts[0]["html"].text


@pytest.mark.parametrize("field", ["x.post.j2", "email.text.j2", "email.html.j2", "linkedin.post.j2"])
def test_a_template_may_not_alter_an_authors_summary_either(tmp_path: Path, field: str) -> None:
    """What an author adds is theirs; what a template makes of it is nobody's."""
    own = {"summary": "In Riga, 99 ports agreed on safety. They meet in Riga on 4 May 2027."}
    name = field.split(".")[0]
    assert "99 ports" in str(made(tmp_path, "{{ title }}\n\n{{ summary }}", name, field, **own).posts)
    with pytest.raises(Unfit, match="the number “66”"):
        made(tmp_path, "{{ title }}\n\n{{ summary | replace('99', '6' ~ '6') }}", name, field, **own)


def test_a_template_may_not_alter_what_surrounds_an_authors_text(tmp_path: Path) -> None:
    """A person's own text of a mail stands in a template as well."""
    own = {"overrides": {"email": {"text": "In Riga, 99 ports agreed."}}}
    template = "{{ title | replace('Lund', 'Ri' ~ 'o') }}\n\n{{ paragraphs | join }}"
    with pytest.raises(Unfit, match="the name “Rio”"):
        made(tmp_path, template, "email", "email.text.j2", **own)


def test_an_authors_words_for_a_correction_are_warned_about_and_never_blocked(tmp_path: Path) -> None:
    """They tell what was wrong, which the corrected statement no longer says."""
    said = Statement(
        "On the charter of Lund",
        (Block("paragraph", LEAD),),
        url=URL,
        overrides={"x": {"correction": f"It was 12 ports, not 99 as we said in Riga. {URL}"}},
    )
    channel = Settings({}, files=False).channel("x")
    rendering = Renderer().render(said, channel, Occasion("correction", "On the charter"))
    assert "not 99" in rendering.posts[0]["post"].text
    assert any("Riga" in warning for warning in rendering.warnings)


def test_a_subject_that_a_template_alters_is_refused_though_it_is_shortened(tmp_path: Path) -> None:
    """Only what the cut itself leaves out is for a person to weigh."""
    title = "The Harbour Council of the North Says That the Charter of Lund Has Been Adopted by 12 Ports of Nordhav"
    with pytest.raises(Unfit, match="the number “21”"):
        made(tmp_path, "{{ title | replace('12', '2' ~ '1') }}", "email", "email.subject.j2", title=title)


def test_a_subject_cut_before_its_not_is_warned_about(tmp_path: Path) -> None:
    """The only text that may be cut; a person is told what the cut has left out, and where to write another."""
    title = (
        "The Harbour Council of the North Says That the Charter of Lund Has Been Adopted Without Its Consent"
    )
    rendering = made(tmp_path, "{{ title }}", "email", "email.subject.j2", title=title)
    assert any("leaves out “without”" in w.lower() and "subject:" in w for w in rendering.warnings)


@pytest.mark.parametrize(
    ("title", "told"),
    [
        ("“No port of the North may be closed”", True),
        ("«Aucun port du Nord ne doit fermer»", True),
        ("“No port may be closed”, says the Council", False),
        ("“Open Ports”", False),
    ],
)
def test_a_headline_that_only_quotes_is_told(tmp_path: Path, title: str, told: bool) -> None:
    """The office chose it, and a post that begins with it does not say whose words they are."""
    found = made(tmp_path, "{{ title }}\n\n{{ url }}", title=title)
    assert told is any("the headline is a quotation" in warning for warning in found.warnings)


def test_an_authors_summary_is_judged_only_where_it_stands(tmp_path: Path) -> None:
    """Where the author's own post took its place, what the summary says is nobody's matter."""
    of = {"summary": "The Council closed 15 ports.", "overrides": {"x": {"text": f"12 ports signed. {URL}"}}}
    for channel, told in (("x", False), ("linkedin", True)):
        said = Statement("On the charter of Lund", (Block("paragraph", LEAD),), url=URL, **of)
        found = Renderer(tmp_path).render(said, Settings({}, files=False).channel(channel)).warnings
        assert told is any("the number “15” is not in the statement" in warning for warning in found)
