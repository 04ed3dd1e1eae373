"""The HTML preview: says what will leave and nothing else, harms nobody, and stands on its own."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher import page
from publisher.channel import Copy, Post, Rendering
from publisher.errors import SettingsError, StatementError, Unfit, UsageError
from publisher.render import Renderer
from publisher.statement import Block, Media, Statement
from publisher.text import Span, Text

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
VOID = {"meta", "br", "img", "link", "hr", "input", "path"}

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
    "0000000d49444154789c6360f8cf50070003030180eb3c1d340000000049454e44ae426082"
)
EMBLEM = Media(
    "image", "emblem.png", "image/png", alt="A white star", digest="e" * 64, size=70, content=PIXEL
)
PAPER = Media(
    "document", "statement.pdf", "application/pdf", title="The statement", digest="d" * 64, size=2251
)
URL = "https://www.example.org/news/hospitals"
SAID = Statement(
    "Coalition acts on ransomware",
    (Block("paragraph", "Hospitals were hit. Members agreed to act."), Block("paragraph", "It starts now.")),
    url=URL,
    organization="Northlight Coalition",
)


class Reader(HTMLParser):
    """The page as elements: (tag, attributes, the text inside)."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str], list[str]]] = []
        self.open: list[tuple[str, dict[str, str], list[str]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = (tag, {k: v or "" for k, v in attrs}, [""])
        self.elements.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open[-1][0] == tag, f"</{tag}> closes <{self.open[-1][0]}>"
            self.open.pop()

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element[2][0] += data

    def all(self, tag: str = "", cls: str = "") -> list[tuple[str, dict[str, str], str]]:
        return [
            (name, attrs, text[0])
            for name, attrs, text in self.elements
            if (not tag or name == tag) and (not cls or cls in attrs.get("class", "").split())
        ]

    def texts(self, tag: str = "", cls: str = "") -> list[str]:
        return [text for _, _, text in self.all(tag, cls)]


def copy(text: Text | str, field: str = "post", limit: int | None = 280, **values: Any) -> Copy:
    spans = text if isinstance(text, Text) else Text.plain(text)
    shown = values.pop("shown", str(spans))
    return Copy(field, shown, values.pop("wire", shown), len(shown), limit, spans=spans, **values)


def post_on(
    channel: str, text: Text | str = "Hospitals were hit.", *media: Media, **values: Any
) -> Rendering:
    return Rendering(channel, values.pop("language", "en"), (Post((copy(text),), media),), link=URL, **values)


LINKED = Text(
    (Span("plain", "Hospitals were hit. "), Span("hashtag", "Health"), Span("plain", " "), Span("link", URL))
)
MAIL_HTML = '<!DOCTYPE html>\n<html><head></head><body><p class="a">Tom &amp; “Ann” &lt;3</p>\n</body></html>'
MAIL = Rendering(
    "email",
    "en",
    (
        Post(
            (
                copy("Coalition acts on ransomware", "subject", 70),
                copy("Members agreed to act.", "preheader", 110),
                copy("Hospitals were hit.\n\nIt starts now.", "text", None),
                Copy("html", MAIL_HTML, MAIL_HTML, len(MAIL_HTML)),
            )
        ),
    ),
    link=URL,
    headers={"From": "Northlight Press <press@example.org>", "List-Id": "Press <press.example.org>"},
)
LINKEDIN = Rendering(
    "linkedin",
    "en",
    (
        Post(
            (
                copy(
                    "First line of news.\n\n" + "Words and more words. " * 12 + "(End)",
                    limit=3000,
                    wire="as it travels \\(End\\)",
                ),
                copy("Card title", "card_title", 200),
                copy("Card description", "card_description", 256),
            )
        ),
    ),
    link=URL,
)
ALL = (post_on("x", LINKED, cost_usd=0.2, warnings=("a link costs more",)), LINKEDIN, MAIL)


def made(
    renderings: Any = ALL, statement: Statement = SAID, renderer: Renderer | None = None, **options: Any
) -> tuple[str, Reader]:
    html = page.page(statement, renderings, "a" * 64, renderer or Renderer(), **options)
    return html, Reader(html)


def delivery(channel: str, state: str, **values: Any) -> dict[str, Any]:
    whole = {
        "id": f"k7/{channel}",
        "channel": channel,
        "language": "en",
        "action": "publish",
        "state": state,
        "due": "2026-10-14T09:00:00.000Z",
        "attempts": 0,
        "live": None,
        "receipt": None,
        "error": None,
        "account": "",
        "service": "https://api.example.org",
    }
    return whole | values


# ---------------------------------------------------------------- what it shows


def test_a_post_reads_exactly_as_its_rendering() -> None:
    _, read = made([ALL[0]])
    assert read.texts("div", "text") == [ALL[0].posts[0]["post"].text]


def test_a_thread_shows_every_post() -> None:
    _, read = made([Rendering("x", "en", (Post((copy("One."),)), Post((copy("Two."),))))])
    assert read.texts("div", "text") == ["One.", "Two."]


def test_links_lead_where_they_say_and_tags_are_marked() -> None:
    _, read = made([ALL[0]])
    inside = [a for _, a, text in read.all("a") if text == URL and a.get("dir") == "ltr"]
    assert [a["href"] for a in inside] == [URL]
    assert read.texts("span", "hashtag") == ["#Health"]


def test_a_mention_reads_as_the_channel_writes_it() -> None:
    said = Text((Span("plain", "Thanks to "), Span("mention", "the Chair", "@chair"), Span("plain", ".")))
    _, read = made([Rendering("x", "en", (Post((copy(said, shown="Thanks to @chair."),)),))])
    assert read.texts("div", "text") == ["Thanks to @chair."]
    assert read.texts("span", "mention") == ["@chair"]


SPANS = st.lists(
    st.builds(
        Span,
        st.sampled_from(["plain", "link", "hashtag", "mention"]),
        st.text(min_size=1, max_size=8),
        st.sampled_from(["", "@chair"]),
    ),
    max_size=6,
)


@given(SPANS, st.none() | st.text(max_size=40), st.integers(-2, 60))
def test_pieces_are_the_text_whatever_the_spans_and_wherever_the_fold(
    spans: list[Span], shown: str | None, fold: int
) -> None:
    """Nothing is lost, added or moved, even where a channel shows something else than the spans say."""
    text = Text(tuple(spans))
    one = copy(text, shown=str(text) if shown is None else shown)
    pieces = page._pieces(one)
    above, below = page._cut(pieces, fold)
    assert "".join(p.text for p in pieces) == one.text
    assert "".join(p.text for p in above) == one.text[: max(fold, 0)]
    assert "".join(p.text for p in [*above, *below]) == one.text


def test_linkedin_marks_the_fold_the_channel_names() -> None:
    from publisher import registry

    cls = registry.find("linkedin")
    fold = cls(cls.Settings()).form.fold(LINKEDIN.posts[0]["post"].text)
    _, read = made([LINKEDIN])
    shown, text = read.texts("div", "text")[0], LINKEDIN.posts[0]["post"].text
    assert fold
    assert shown.startswith(text[:fold] + " … more")
    assert shown.replace("… more", "") == text


def test_a_link_across_the_fold_stays_whole_where_it_leads() -> None:
    html = str(page._html(copy(Text((Span("link", URL),))), 12))
    assert html.count(f'href="{URL}"') == 2
    assert f">{URL[:12]}</a>" in html
    assert f">{URL[12:]}</a>" in html


def test_linkedin_shows_the_link_card_only_when_no_media_replace_it() -> None:
    _, read = made([LINKEDIN])
    (card,) = read.texts("div", "linkcard")
    assert "Card title" in card
    assert "Card description" in card
    assert "example.org" in card
    both = Rendering("linkedin", "en", (Post(LINKEDIN.posts[0].copies, (PAPER,)),), link=URL)
    _, read = made([both])
    assert not read.all("div", "linkcard")
    assert "The statement" in read.texts("div", "document")[0]


def test_what_travels_is_shown_beside_what_is_read() -> None:
    _, read = made([LINKEDIN])
    assert "as it travels \\(End\\)" in read.texts("pre", "wire")


def test_the_table_tells_length_limit_link_cost_and_warnings() -> None:
    _, read = made()
    x = read.texts("tr")[1]
    for part in (f"{len(str(LINKED))} / 280 characters", "example.org", "none", "US$0.200", "1 warning"):
        assert part in x
    assert "28 / 70 characters" in read.texts("tr")[3]
    assert "US$0.200" in read.texts("tfoot")[0]
    assert "a link costs more" in read.texts("li")


def test_digests_are_short_with_the_whole_in_the_title() -> None:
    _, read = made()
    for digest in ("a" * 64, SAID.digest, *(r.digest for r in ALL)):
        assert any(a.get("title") == digest and text == f"{digest[:12]}…" for _, a, text in read.all("code"))
        assert digest in read.texts("code")


def test_the_statement_marks_the_sentences_that_are_used() -> None:
    rendering = post_on("x", sources=((0, 19), (44, 58)))
    _, read = made([rendering])
    assert read.texts("mark") == ["Hospitals were hit.", "It starts now."]
    assert read.texts("div", "source") == [SAID.text]


def test_embargo_notes_and_language_are_told() -> None:
    from dataclasses import replace

    html, _ = made(statement=replace(SAID, embargo="2026-10-14T15:00+02:00", notes=("no date was found",)))
    assert "Embargo until 2026-10-14T15:00+02:00." in html
    assert "no date was found" in html


# ---------------------------------------------------------------- mail


def test_the_mail_is_shown_as_it_travels_in_two_widths_and_both_schemes() -> None:
    _, read = made([MAIL])
    frames = [a for _, a, _ in read.all("iframe")]
    assert [(f["width"], f["style"]) for f in frames] == [
        (width, f"color-scheme: {scheme}") for scheme in ("light", "dark") for width in ("600", "320")
    ]
    assert {f["srcdoc"] for f in frames} == {MAIL_HTML}
    assert {f["sandbox"] for f in frames} == {""}
    assert all(int(f["height"]) > 90 and f["title"] for f in frames)


def test_the_mail_has_sender_counts_text_and_headers() -> None:
    html, read = made([MAIL])
    assert "Northlight Press &lt;press@example.org&gt;" in html
    assert "28 / 70 characters" in read.texts("dl", "headers")[0]
    assert f"{len(MAIL_HTML.encode())} B / 102.0 KB" in read.texts("dl", "headers")[0]
    assert read.texts("div", "plain") == [MAIL.posts[0]["text"].text]
    assert "Subject: Coalition acts on ransomware\nFrom: Northlight Press" in html.replace("&lt;", "<")


def test_a_missing_sender_names_the_setting() -> None:
    html, _ = made([Rendering("email", "en", MAIL.posts)])
    assert "PUBLISHER_EMAIL__SENDER" in html


def test_a_longer_or_narrower_mail_gets_a_taller_frame() -> None:
    long = MAIL_HTML.replace("Tom", "word " * 400)
    assert page.height(long, 600) > page.height(MAIL_HTML, 600)
    assert page.height(long, 360) > page.height(long, 600)


# ---------------------------------------------------------------- media


def test_a_picture_is_inlined_with_its_alt_text() -> None:
    _, read = made([post_on("x", "Words.", EMBLEM)])
    ((_, image, _),) = read.all("img")
    assert image["src"].startswith("data:image/png;base64,iVBOR")
    assert image["alt"] == "A white star"
    assert any("A white star" in text for text in read.texts("p", "alttext"))


def test_a_stored_picture_comes_from_the_statement_or_the_ledger_else_its_alt_text_stands_for_it() -> None:
    from dataclasses import replace

    stored = Media.load(EMBLEM.dump())
    _, read = made([post_on("x", "Words.", stored)])
    assert not read.all("img")
    assert [a["aria-label"] for _, a, _ in read.all("div", "missing")] == ["A white star"]
    _, read = made([post_on("x", "Words.", stored)], blob={"e" * 64: PIXEL}.__getitem__)
    assert len(read.all("img")) == 1
    _, read = made([post_on("x", "Words.", stored)], statement=replace(SAID, media=(EMBLEM,)))
    assert len(read.all("img")) == 1


def test_four_pictures_are_a_grid_with_numbered_alt_texts() -> None:
    _, read = made([post_on("x", "Words.", *[EMBLEM] * 4)])
    assert len(read.all("div", "n4")) == 1
    assert read.texts("span", "alt") == ["ALT 1", "ALT 2", "ALT 3", "ALT 4"]


# ---------------------------------------------------------------- what became of it


def test_a_preview_says_that_nothing_was_sent() -> None:
    html, _ = made()
    assert "Nothing has been sent." in html


def test_planned_deliveries_say_so_and_when() -> None:
    html, _ = made(deliveries=[delivery(c, "planned") for c in ("x", "linkedin", "email")])
    assert "Nothing has been sent.</strong> 3 planned (x, linkedin, email)." in html
    assert "2026-10-14 09:00 UTC" in html


def test_what_was_sent_has_its_state_link_and_read_back() -> None:
    receipts = {"x": {"id": "1", "url": "https://x.com/n/status/1"}, "linkedin": {"id": "2", "url": None}}
    sent = [delivery(c, "delivered", receipt=r, live="equal") for c, r in receipts.items()]
    counts = {"id": "e", "url": None, "accepted": 1203, "refused": 2, "unknown": 0, "waiting": 0, "left": 0}
    html, read = made(deliveries=[*sent, delivery("email", "delivered", receipt=counts)])
    assert "Nothing has been sent" not in html
    assert "<strong>Sent.</strong> 3 delivered" in html
    assert "https://x.com/n/status/1" in [a.get("href") for _, a, _ in read.all("a")]
    assert "Read back: exactly as approved." in html
    assert "Recipients: 1,203 accepted, 2 refused." in html


@pytest.mark.parametrize(
    ("states", "words"),
    [
        ({"x": "delivered", "linkedin": "failed"}, "Partly sent."),
        ({"x": "unknown", "linkedin": "planned"}, "Some of it has left, or may have."),
        ({"x": "failed", "linkedin": "held"}, "Nothing has been sent."),
    ],
)
def test_the_banner_never_says_more_than_is_known(states: dict[str, str], words: str) -> None:
    error = {"kind": "Permanent", "message": "the service said no"}
    html, read = made(ALL[:2], deliveries=[delivery(c, s, error=error) for c, s in states.items()])
    assert f"<strong>{words}</strong>" in html
    assert "the service said no" in html
    assert set(read.texts("span", "state")) == set(states.values())


def test_a_mailing_that_waits_with_some_accepted_is_not_unsent() -> None:
    receipt = {"id": "e", "url": None, "accepted": 5, "refused": 0, "unknown": 0, "waiting": 7, "left": 0}
    html, _ = made([MAIL], deliveries=[delivery("email", "waiting", receipt=receipt)])
    assert "Nothing has been sent" not in html
    assert "5 accepted, 7 waiting" in html


def test_a_rehearsal_cannot_be_mistaken_for_the_real_thing() -> None:
    _, read = made(rehearsal=True)
    assert "REHEARSAL" in read.texts("div", "rehearsal")[0]
    assert read.texts("title")[0].startswith("REHEARSAL: ")
    assert not made()[1].all("div", "rehearsal")
    sandboxed = [delivery("x", "delivered", service="http://127.0.0.1:8471")]
    assert made(deliveries=sandboxed)[1].all("div", "rehearsal")


def test_what_does_not_fit_is_red_and_names_the_override() -> None:
    html, read = made(
        [MAIL], failed=[("x", Unfit("x: the post is 301 long")), ("email", StatementError("no PDF"))]
    )
    x, email = read.texts("div", "bad")
    assert "x: the post is 301 long" in x
    assert 'channels:\n  x:\n    text: "…"' in x
    assert "no PDF" in email
    assert "channels:" not in email
    assert "Nothing can leave until every channel fits." in html


# ---------------------------------------------------------------- harm


EVIL = "\"'></title></textarea></style><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"


def hostile() -> str:
    evil = "javascript:document.title='owned'"
    pictured = Media("image", EVIL, "image/png", alt=EVIL, digest="f", content=PIXEL)
    typed = Media("image", "b", 'image/png"onload="x', alt="b", digest="0", content=PIXEL)
    paper = Media("document", EVIL, "application/" + EVIL, title=EVIL)
    said = Statement(
        EVIL,
        (Block("paragraph", EVIL),),
        url=evil,
        organization=EVIL,
        embargo=EVIL,
        issued=EVIL,
        notes=(EVIL,),
    )
    text = Text((Span("plain", EVIL), Span("link", evil), Span("hashtag", EVIL), Span("mention", EVIL, EVIL)))
    html = MAIL_HTML.replace("Tom", f"<script>parent.document.title='owned'</script><a href=\"{evil}\">a</a>")
    mail = Post(
        (copy(EVIL, "subject", 70), copy(EVIL, "preheader"), copy(text, "text"), Copy("html", html, html, 1))
    )
    renderings = [
        Rendering("x", "en", (Post((copy(text, unit=EVIL),), (pictured, typed)),), link=evil, warnings=(EVIL,), sources=((0, 9),)),
        Rendering("linkedin", "en", (Post((copy(text), copy(EVIL, "card_title"), copy(EVIL, "card_description"))),), link=evil),
        Rendering("linkedin", "fr", (Post((copy(text),), (paper,)),), link=evil),
        Rendering("email", "en", (mail,), headers={"From": EVIL, EVIL: EVIL}),
        Rendering("elsewhere", 'en" onload="x', (Post((copy(text), copy(EVIL, EVIL))),), link=evil),
    ]  # fmt: skip
    gone = delivery("x", "failed", receipt={"url": evil}, account=EVIL, error={"kind": EVIL, "message": EVIL})
    return page.page(said, renderings, EVIL, Renderer(), failed=[("x", Unfit(EVIL))], deliveries=[gone])


def test_hostile_words_stay_words() -> None:
    """No script, no handler, no javascript: address and no element that a text brought along."""
    html = hostile()
    read = Reader(html)
    assert html.count("owned") > 20
    assert not read.all("script")
    for tag, attrs, _ in read.elements:
        assert not [name for name in attrs if name.startswith("on")], (tag, attrs)
        assert not attrs.get("href", "").lower().startswith("javascript"), attrs
        assert attrs.get("src", "data:image/png").startswith("data:image/"), attrs
    assert {a["sandbox"] for _, a, _ in read.all("iframe")} == {""}


def test_the_page_allows_itself_neither_script_nor_network() -> None:
    html, read = made([post_on("x", LINKED, EMBLEM), LINKEDIN, MAIL])
    policy = next(a["content"] for _, a, _ in read.all("meta") if a.get("http-equiv"))
    assert policy.startswith("default-src 'none';")
    assert "script" not in policy
    assert not read.all("script") + read.all("link")
    assert "url(" not in html
    assert "@import" not in html


def test_making_it_opens_no_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: Any, **__: Any) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", forbidden)
    assert "Northlight" in made()[0]


def test_making_it_loads_nothing_heavy() -> None:
    program = (
        "import sys; from publisher import page; from publisher.render import Renderer;"
        "from publisher.channel import *; from publisher.statement import Statement;"
        "rs = [Rendering(n, 'en', (Post((Copy('post', 'a', 'a', 1),)),)) for n in ('x', 'linkedin')];"
        "page.page(Statement('a'), rs, 'd', Renderer());"
        "heavy = {'tweepy', 'requests', 'sqlalchemy', 'apscheduler', 'structlog', 'rich', 'trafilatura', 'lxml'};"
        "print(*sorted(heavy & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "\n", "")


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed: the page is not opened in a browser")
def test_a_browser_opens_it_and_runs_nothing(tmp_path: Path) -> None:
    """The browser's own view of the hostile page: the title is the statement's, every frame is there."""
    place = tmp_path / "page.html"
    page.write(place, hostile())
    flags = (
        "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    )
    more = f"--disable-component-update --disable-sync --user-data-dir={tmp_path / 'profile'} --dump-dom"
    command = [str(CHROMIUM), *flags.split(), *more.split(), place.as_uri()]
    ran = subprocess.run(command, capture_output=True, timeout=60)
    read = Reader(ran.stdout.decode())
    assert read.texts("title") == [f"Preview: {EVIL}"]
    assert len(read.all("iframe")) == 4
    assert not read.all("script")


# ---------------------------------------------------------------- everybody can read it


def test_right_to_left_reads_right_to_left() -> None:
    arabic = Statement("بيان مشترك", (Block("paragraph", "نص"),), language="ar-EG", url=URL)
    _, read = made(
        [post_on("x", "بيان", language="ar-EG"), post_on("linkedin", "بيان", language="ar-EG")], arabic
    )
    assert all((a["lang"], a["dir"]) == ("ar-EG", "rtl") for _, a, _ in read.all("div", "part"))
    assert [(a["lang"], a["dir"]) for _, a, _ in read.all("h1")] == [("ar-EG", "rtl")]


def test_several_languages_have_a_place_of_their_own() -> None:
    from dataclasses import replace

    both = replace(SAID, translations=(replace(SAID, title="La Coalition agit", language="fr"),))
    _, read = made([post_on("x"), post_on("x", language="fr")], both)
    ids = [a["id"] for _, a, _ in read.elements if "id" in a]
    assert len(ids) == len(set(ids))
    assert [text for _, a, text in read.all("h2")][1:] == ["x en", "x fr"]
    assert {a["href"][1:] for _, a, _ in read.all("a") if a["href"].startswith("#")} <= set(ids)


def test_headings_language_and_labels_are_in_order() -> None:
    _, read = made()
    assert [tag for tag, _, _ in read.elements if re.fullmatch(r"h\d", tag)] == ["h1", "h2", "h2", "h2", "h2"]
    assert read.all("html")[0][1]["lang"] == "en"
    assert not read.open


def _luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_every_ink_has_contrast_on_every_ground_in_light_and_dark() -> None:
    """At least 4.5 to 1 (WCAG 2.2, 1.4.3)."""
    html, _ = made()
    colours = {n: (a, b) for n, a, b in re.findall(r"--(\w+): light-dark\((#\w{6}), (#\w{6})\)", html)}
    grounds = ("ground", "sheet", "soft", "goodground", "careground", "badground")
    pairs = [(ink, ground) for ink in ("ink", "link") for ground in grounds]
    pairs += [("quiet", g) for g in ("ground", "sheet", "soft")]
    pairs += [(f"{name}", g) for name in ("good", "care", "bad") for g in ("sheet", f"{name}ground")]
    for ink, ground in pairs:
        for scheme in (0, 1):
            one, two = sorted(_luminance(colours[name][scheme]) for name in (ink, ground))
            assert (two + 0.05) / (one + 0.05) >= 4.5, (ink, ground, ("light", "dark")[scheme])


# ---------------------------------------------------------------- templates


def test_a_channel_without_a_preview_of_its_own_gets_the_default() -> None:
    """Also one whose package was removed after the announcement was stored."""
    rendering = Rendering("elsewhere", "en", (Post((copy("Words."), copy("More.", "spoiler"))),), link=URL)
    _, read = made([rendering])
    assert read.texts("div", "text") == ["Words.", "More."]
    assert "spoiler" in read.texts("span", "tag")


def test_a_users_own_template_wins(tmp_path: Path) -> None:
    (tmp_path / "x.preview.html.j2").write_text("<p>own {{ rendering.posts[0].wire(main) }} {{ '<' }}</p>")
    html, _ = made([post_on("x", "Words & more.")], renderer=Renderer(tmp_path))
    assert "<p>own Words &amp; more. &lt;</p>" in html


@pytest.mark.parametrize("template", ["{% if %}", "{{ nothing.here }}", "{{ 1 / 0 }}"])
def test_a_broken_template_is_named(tmp_path: Path, template: str) -> None:
    (tmp_path / "x.preview.html.j2").write_text(template)
    with pytest.raises(SettingsError, match=r"x\.preview\.html\.j2"):
        made([post_on("x")], renderer=Renderer(tmp_path))


# ---------------------------------------------------------------- writing


def test_it_is_written_whole_and_replaces_what_was_there(tmp_path: Path) -> None:
    place = tmp_path / "p.html"
    place.write_text("old")
    page.write(place, "“new” \ud800")
    assert place.read_bytes() == "“new” &#55296;".encode()
    assert list(tmp_path.iterdir()) == [place]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    target, link = tmp_path / "target.html", tmp_path / "link.html"
    target.write_text("old")
    link.symlink_to(target)
    page.write(link, "new")
    assert link.is_symlink()
    assert target.read_text() == "new"


def test_a_device_is_written_to_and_never_replaced() -> None:
    page.write(Path("/dev/null"), "new")
    assert Path("/dev/null").is_char_device()


@pytest.mark.parametrize("name", ["missing/p.html", "", "a\0b.html"])
def test_what_cannot_be_written_is_named_and_leaves_nothing(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError) as failed:
        page.write(tmp_path / name, "new")
    assert str(tmp_path / name) in str(failed.value)
    assert list(tmp_path.iterdir()) == []
