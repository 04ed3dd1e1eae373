"""The shipped email templates: both bodies complete on their own, readable everywhere, faithful to their input."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest

from channels.email import channel
from channels.email.form import PLACEHOLDER
from channels.email.settings import EmailSettings
from publisher.channel import Rendering
from publisher.render import SHIPPED, Renderer
from publisher.statement import Block, Media, Statement

PARAGRAPHS = (
    "The Meridian Coalition calls on all states to protect open networks with lawful & proportionate means. "
    "The call was adopted by 112 votes on Tuesday, 17 November 2026.",
    "Members of the coalition recognise the concerns about <intrusive> measures [see annex], and ask every "
    "government to publish how often such measures are used.",
)
URL = "https://meridian.example/statements/open-networks?a=1&b=2"


@pytest.fixture
def renderer() -> Renderer:
    return Renderer()


def render(renderer: Renderer, settings: dict[str, str] | None = None, **of: Any) -> Rendering:
    statement = Statement(
        **{
            "title": "Coalition calls for “open & lawful” networks",
            "blocks": tuple(Block("paragraph", p) for p in PARAGRAPHS),
            "url": URL,
            "organization": "Meridian Coalition",
            "issued": "2026-11-20T09:00:00+01:00",
            "media": (
                Media("document", "s.pdf", title="The statement <PDF>", url="https://meridian.example/s.pdf"),
                Media("document", "inside.pdf", title="A document without an address"),
            ),
            **of,
        }
    )
    given = {"unsubscribe_url": "https://meridian.example/u/{token}"} if settings is None else settings
    return renderer.render(statement, channel(EmailSettings(**given)))


class Page(HTMLParser):
    """What stands in a page: elements with their attributes, and the text a reader sees."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._silent = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._silent = tag in ("style", "title")

    def handle_endtag(self, tag: str) -> None:
        self._silent = False

    def handle_data(self, data: str) -> None:
        if not self._silent and data.strip():
            self.words.append(" ".join(data.split()))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def test_the_text_part_is_complete_on_its_own(renderer: Renderer) -> None:
    post, words = render(renderer).posts[0], renderer.words("en")
    text = post["text"].text
    assert text == post["text"].wire
    for wanted in (
        "Coalition calls for “open & lawful” networks",
        "Meridian Coalition · 2026-11-20",
        PARAGRAPHS[1],
        f"{words['read_full']}:\n{URL}",
        "The statement <PDF>\nhttps://meridian.example/s.pdf",
        words["you_receive"],
        f"{words['unsubscribe']}: {PLACEHOLDER}",
    ):
        assert wanted in text
    assert "without an address" not in text
    assert "\n\n\n" not in text


def test_the_html_part_is_complete_on_its_own_and_says_the_same(renderer: Renderer) -> None:
    post = render(renderer).posts[0]
    page = Page(post["html"].wire)
    words = " ".join(page.words)
    for line in post["text"].text.splitlines():
        if line and PLACEHOLDER not in line and not line.endswith(":") and "s.pdf" not in line:
            assert line in words
    links = [a["href"] for a in page.all("a")]
    assert links == [URL, URL, URL, "https://meridian.example/s.pdf", PLACEHOLDER]


def test_the_html_says_its_language_and_direction_where_webmail_cannot_drop_it(renderer: Renderer) -> None:
    page = Page(render(renderer).posts[0]["html"].wire)
    for element in (page.all("html")[0], page.all("table")[0]):
        assert (element["lang"], element["dir"]) == ("en", "ltr")
    assert all(table["role"] == "presentation" for table in page.all("table"))
    assert len(page.all("h1")) == len(page.all("title")) == 1
    assert page.all("meta")[0]["charset"] == "utf-8"


def test_right_to_left_text_stands_right_and_addresses_stay_left_to_right(renderer: Renderer) -> None:
    made = render(renderer, language="ar", title="بيان مشترك بشأن الشبكات المفتوحة").posts[0]
    page = Page(made["html"].wire)
    assert {page.all("html")[0]["dir"], page.all("table")[0]["dir"]} == {"rtl"}
    assert {cell.get("align") for cell in page.all("td")} == {"center", "right"}
    assert [a.get("dir") for a in page.all("a") if a["href"] == URL] == [None, None, "ltr"]
    assert renderer.words("ar")["read_full"] in made["text"].text


def test_nothing_in_the_html_is_fetched_hidden_or_counts_readers(renderer: Renderer) -> None:
    html = render(renderer).posts[0]["html"].wire
    page = Page(html)
    assert not {"img", "link", "script", "iframe", "object", "form", "input"} & {n for n, _ in page.elements}
    assert not re.search(
        r"url\(|@import|display:\s*none|visibility|opacity|font-size:\s*[0-9]px|max-height", html
    )
    hosts = set(re.findall(r"https?://([^/\"'<]+)", html))
    assert hosts == {"meridian.example", "unsubscribe.invalid"}


def test_css_is_on_the_elements_and_only_media_rules_are_left(renderer: Renderer) -> None:
    html = render(renderer).posts[0]["html"].wire
    style = html[html.index("<style>") : html.index("</style>")]
    assert "prefers-color-scheme: dark" in style
    assert "max-width: 480px" in style
    assert re.sub(r"@media[^{]*\{(?:[^{}]*\{[^}]*\})*\s*\}", "", style).strip() == "<style>"
    body = next(td for td in Page(html).all("td") if td.get("class") == "body")
    assert "font-size: 16px" in str(body["style"])
    assert len(html.encode()) < 100_000


def test_the_preheader_is_the_first_thing_a_reader_sees(renderer: Renderer) -> None:
    statement: dict[str, Any] = {"overrides": {"email": {"preheader": "Five points on <open> networks"}}}
    made = render(renderer, **statement).posts[0]
    assert Page(made["html"].wire).words[0] == "Five points on <open> networks"
    assert "Five points" not in made["text"].text


def test_an_authors_summary_keeps_its_lines_and_its_links(renderer: Renderer) -> None:
    made = render(renderer, summary="Own words\non two lines: https://meridian.example/q?a=1&b=2.").posts[0]
    assert "Own words\non two lines: https://meridian.example/q?a=1&b=2." in made["text"].text
    assert "Own words<br>" in made["html"].wire
    assert "preheader" not in {copy.field for copy in made.copies}  # it would say the whole mail twice
    assert {"href": "https://meridian.example/q?a=1&b=2"}.items() <= next(
        a for a in Page(made["html"].wire).all("a") if "q?" in str(a["href"])
    ).items()


def test_template_signs_and_markup_in_a_statement_stay_text(renderer: Renderer) -> None:
    made = render(renderer, title="{{ 7 * 7 }} <script>alert(1)</script>").posts[0]
    assert made["subject"].wire == "{{ 7 * 7 }} <script>alert(1)</script>"
    page = Page(made["html"].wire)
    assert "{{ 7 * 7 }} <script>alert(1)</script>" in page.words
    assert not page.all("script")


@pytest.mark.parametrize("settings", [{}, {"list_address": "all@lists.meridian.example"}])
def test_without_links_of_their_own_nobody_is_offered_one(
    renderer: Renderer, settings: dict[str, str]
) -> None:
    made = render(renderer, settings).posts[0]
    assert "nsubscribe" not in made["text"].wire + made["html"].wire


def test_a_statement_with_nothing_but_a_title_and_words_makes_a_mail(renderer: Renderer) -> None:
    made = render(renderer, {}, url="", organization="", issued="", media=()).posts[0]
    assert not Page(made["html"].wire).all("a")
    assert made["text"].text.startswith("Coalition calls for “open & lawful” networks\n\nThe Meridian")


# ---------------------------------------------------------------- contrast


def luminance(colour: str) -> float:
    """Relative luminance of `#rrggbb` (WCAG 2.2)."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_enough_contrast_in_light_and_dark(scheme: str) -> None:
    """4.5:1 is what WCAG 2.2 asks of text (1.4.3)."""
    css = (SHIPPED / "email.html.j2").read_text("utf-8")
    light, dark = css.split("@media (prefers-color-scheme: dark)")
    rules = re.findall(r"([^{}]+)\{([^{}]*)\}", light if scheme == "light" else dark)

    def colour(kind: str, selector: str) -> set[str]:
        return {
            found[1]
            for names, body in rules
            if selector in [n.strip() for n in names.split(",")]
            and (found := re.search(rf"(?:^|[;\s]){kind}: (#[0-9a-f]{{6}})", body))
        }

    card, button = colour("background-color", ".card"), colour("background-color", ".button td")
    pairs = [(text, card) for name in (".lead", ".body", ".body a", ".foot", ".foot a", ".body .byline", ".body h1")
             for text in colour("color", name)]  # fmt: skip
    pairs += [(text, button) for text in colour("color", ".body .button a")]
    assert len(pairs) == 8
    for text, behind in pairs:
        assert contrast(text, behind.copy().pop()) >= 4.5


WHOLE = (
    Block("paragraph", PARAGRAPHS[0]),
    Block("heading", "What the coalition asks & of whom"),
    Block("item", "publish <all> measures;"),
    Block("paragraph", "It was a long night, which nobody needs to hear of."),
    Block("paragraph", "###"),
)


@pytest.mark.parametrize("by", ["the statement", "the settings"])
def test_the_whole_statement_stands_below_the_digest_where_it_is_wanted(renderer: Renderer, by: str) -> None:
    """In the order of its blocks, escaped, in both bodies; an end mark is none of it. The author's word wins."""
    given: dict[str, str] = {"full_text": "true"} if by == "the settings" else {}
    own = {"email": {"full_text": True}} if by == "the statement" else {}
    copies = render(renderer, given, blocks=WHOLE, overrides=own).posts[0]
    text, html = copies["text"].text, copies["html"].text
    assert text.index("Full statement:") > text.index(URL)
    after = text[text.index("Full statement:") :]
    assert [after.count(b.text) for b in WHOLE] == [1, 1, 1, 1, 0]
    assert "• publish <all> measures;" in after and "• publish &lt;all&gt; measures;" in html
    assert re.search(r"<h3[^>]*>What the coalition asks &amp; of whom</h3>", html)
    none = render(renderer, given, blocks=WHOLE, overrides={"email": {"full_text": False}}).posts[0]
    assert "Full statement" not in none["text"].text + none["html"].text


def test_a_statement_that_the_digest_says_whole_is_not_said_twice(renderer: Renderer) -> None:
    """What is wanted in full is there already, word for word."""
    copies = render(renderer, {"full_text": "true"}, blocks=(Block("paragraph", PARAGRAPHS[0]),)).posts[0]
    for body in (copies["text"].text, copies["html"].text):
        assert "Full statement" not in body
    assert copies["text"].text.count(PARAGRAPHS[0][:40]) == 1


def test_a_whole_statement_of_today_is_held_to_its_day(renderer: Renderer) -> None:
    """Else the mail would say "today" on another one; without a day a person is told. Front matter is read as text."""
    blocks = (*WHOLE, Block("paragraph", "The ministers meet again today."))
    asked: dict[str, Any] = {"full_text": "true"}
    held = render(renderer, {}, blocks=blocks, overrides={"email": asked})
    assert held.day == "2026-11-20"
    free = render(renderer, {}, blocks=blocks, overrides={"email": {**asked, "today": "false"}})
    assert free.day == "" and any("full text says “today”" in w for w in free.warnings)
