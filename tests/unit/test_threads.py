"""Threads: whole sentences in posts that each fit, approved together, posted one after the other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher import thread
from publisher.api import Publisher, Source
from publisher.channel import Rendering
from publisher.errors import SettingsError, StatementError, Unfit
from publisher.render import Renderer
from publisher.sandbox import Sandbox
from publisher.settings import Settings
from publisher.statement import Block, Media, Statement
from publisher.summary import Candidate

URL = "https://www.example.org/news/safe-ports"
TITLE = "Harbour Council Adopts a Charter for Safe Ports"
SENTENCES = (
    "The Harbour Council adopted a charter for safe ports at its spring meeting in Lund on 3 May 2026.",
    "All 12 member governments signed the charter, which commits each of them to publish accidents once a year.",
    "Dock workers asked for stronger rules on loading at night, after 31 people were hurt in the winter of 2025.",
    "The charter sets up a fund of 40 million euros for lighting, barriers and the training of new crews.",
    "Shipping companies will pay two thirds of the fund, while member governments add the remaining third.",
    "An independent panel of seven engineers reports to parliament on what has been done by June 2027.",
    "Ports with fewer than 100 calls a year may ask for two more years before the lighting rule applies.",
)
RENDERER = Renderer()


def statement(**of: Any) -> Statement:
    blocks = tuple(Block("paragraph", " ".join(SENTENCES[n : n + 2])) for n in range(0, len(SENTENCES), 2))
    return Statement(**{"title": TITLE, "blocks": blocks, "url": URL} | of)


def render(asked: Any = True, values: dict[str, str] | None = None, **of: Any) -> Rendering:
    of.setdefault("overrides", {"x": {"thread": asked}} if asked is not None else {})
    return RENDERER.render(statement(**of), Settings(values or {}, files=False).channel("x"))


def texts(rendering: Rendering) -> list[str]:
    return [post["post"].text for post in rendering.posts]


# ---------------------------------------------------------------- what is rendered


def test_the_first_post_has_the_headline_and_the_link_and_every_post_its_marker() -> None:
    found = render(hashtags=("Ports", "Safety"))
    said = texts(found)
    assert len(said) > 2
    assert said[0].startswith(f"{TITLE}\n\n") and said[0].endswith(f"1/{len(said)}\n\n{URL}")
    assert "#Ports #Safety" in said[0]
    for n, text in enumerate(said[1:], 2):
        assert text.endswith(f"\n\n{n}/{len(said)}")
        assert URL not in text and TITLE not in text and "#" not in text


def test_posts_are_whole_sentences_of_the_statement_in_its_order() -> None:
    found = render()
    body = " ".join(
        re.sub(r"\n\n\d/\d.*", "", text, flags=re.S).removeprefix(TITLE).strip() for text in texts(found)
    )
    used = [statement().text[a:b] for a, b in found.sources]
    assert set(used) <= set(SENTENCES) and 4 <= len(used) <= 6
    assert body.strip() == " ".join(used)


def test_every_post_is_counted_by_itself_and_the_price_is_the_sum() -> None:
    found = render()
    assert all(p["post"].length <= 280 and p["post"].limit == 280 for p in found.posts)
    assert found.cost_usd == round(0.2 + 0.015 * (len(found.posts) - 1), 3)
    assert found.cost_note == f"${0.015 * len(found.posts):.3f} without the link"


def test_the_first_post_carries_the_images() -> None:
    image = Media("image", "a.png", "image/png", alt="The seal", digest="d", size=10, content=b"x")
    found = render(media=(image,))
    assert [len(post.media) for post in found.posts] == [1] + [0] * (len(found.posts) - 1)


@pytest.mark.parametrize(
    ("asked", "setting", "several"),
    [
        (None, "false", False),
        (None, "true", True),
        ("true", "false", True),
        ("Yes", "false", True),
        ("false", "true", False),
        (False, "true", False),
    ],
)
def test_a_statement_s_word_wins_over_the_setting(asked: Any, setting: str, several: bool) -> None:
    assert (len(render(asked, {"PUBLISHER_X__THREAD": setting}).posts) > 1) is several


def test_what_one_post_holds_is_no_thread() -> None:
    found = render(blocks=(Block("paragraph", SENTENCES[0]),))
    assert len(found.posts) == 1 and "1/" not in texts(found)[0]
    assert "x: a thread is asked for, and one post holds it all" in found.warnings


def test_a_longer_account_needs_no_thread() -> None:
    assert len(render(True, {"PUBLISHER_X__LIMIT": "25000"}).posts) == 1


def test_who_may_reply_is_part_of_what_is_approved() -> None:
    open_, closed = render(), render(overrides={"x": {"thread": "true", "reply_settings": "following"}})
    assert open_.headers == {} and closed.headers == {"reply_settings": "following"}
    assert open_.digest != closed.digest
    assert Rendering.load(closed.dump()).digest == closed.digest
    by_setting = render(values={"PUBLISHER_X__REPLY_SETTINGS": "following"})
    assert by_setting.digest == closed.digest


def test_the_markers_are_a_template_s(tmp_path: Path) -> None:
    (tmp_path / "x.marker.j2").write_text("({{ n }} of {{ of }})")
    made = Renderer(tmp_path).render(
        statement(overrides={"x": {"thread": "true"}}), Settings({}, files=False).channel("x")
    )
    assert texts(made)[1].endswith(f"\n\n(2 of {len(made.posts)})")
    (tmp_path / "x.marker.j2").write_text("")
    bare = Renderer(tmp_path).render(
        statement(overrides={"x": {"thread": "true"}}), Settings({}, files=False).channel("x")
    )
    assert texts(bare)[1].endswith(".") and texts(bare)[0].endswith(f".\n\n{URL}")


# ---------------------------------------------------------------- a person's own words


def test_an_author_s_own_thread_is_posted_as_it_is() -> None:
    found = render(["Ports become safer. 1/2", f"All 12 member governments signed. {URL} 2/2"])
    assert texts(found) == ["Ports become safer. 1/2", f"All 12 member governments signed. {URL} 2/2"]
    assert not [w for w in found.warnings if "number" in w]


def test_an_author_s_own_thread_without_the_link_is_warned_about_once() -> None:
    found = render(["The charter is signed.", "All 12 governments signed it."])
    assert [w for w in found.warnings if "link" in w] == [
        "your own text for x does not have the statement's link"
    ]


def test_an_author_s_long_text_is_parted_at_its_sentences_and_nothing_is_lost() -> None:
    own = f"{SENTENCES[0]} {SENTENCES[1]}\n\n{SENTENCES[2]} {URL}\n{SENTENCES[3]}"
    found = render(overrides={"x": {"thread": "true", "text": own}})
    said = [re.sub(r"\n\n\d/\d$", "", text) for text in texts(found)]
    assert len(said) > 1 and TITLE not in said[0]
    assert " ".join(" ".join(said).split()) == " ".join(own.split())
    assert all(text.endswith(f"{n}/{len(said)}") for n, text in enumerate(texts(found), 1))


def test_an_author_s_summary_is_parted_under_the_headline() -> None:
    found = render(summary=" ".join(SENTENCES[:5]))
    said = texts(found)
    assert len(said) > 2 and said[0].startswith(TITLE) and URL in said[0]
    inner = [re.sub(r"\n\n\d/\d.*", "", t, flags=re.S).removeprefix(TITLE).strip() for t in said]
    assert " ".join(filter(None, inner)) == " ".join(SENTENCES[:5])


@pytest.mark.parametrize(
    ("overrides", "kind", "why"),
    [
        ({"thread": "perhaps"}, StatementError, "channels.x.thread must be true, false, or the list"),
        ({"thread": []}, StatementError, "channels.x.thread must be"),
        ({"thread": ["a", " "]}, StatementError, "channels.x.thread must be"),
        ({"thread": ["One.", "Two."], "text": "Three."}, StatementError, "and so has text"),
        ({"thread": ["One.", "Two.", "One."]}, StatementError, "says in post 3 what another says"),
        ({"thread": ["One.", "x" * 300]}, Unfit, "thread, post 2, is 300 weighted characters long as a post, x allows 280; shorten it by 20"),
        ({"thread": ["One.", "$ABC and $DEF"]}, Unfit, "post 2, cannot be posted: X refuses more than one cashtag"),
        ({"thread": "true", "text": "Short one. Y" + "y" * 300 + "."}, Unfit, "channels.x.text: the sentence “Yyyy"),
        ({"threads": "true"}, StatementError, "there are: correction, reply_settings, text, thread, today"),
        ({"reply_settings": "friends"}, StatementError, "one of everybody, following"),
    ],
)  # fmt: skip
def test_what_cannot_be_posted_is_named(overrides: dict[str, Any], kind: type[Exception], why: str) -> None:
    with pytest.raises(kind) as caught:
        render(overrides={"x": overrides})
    assert why in str(caught.value)


def test_a_channel_without_threads_knows_no_such_key() -> None:
    with pytest.raises(StatementError, match=r"channels.linkedin.thread is no override"):
        RENDERER.render(
            statement(overrides={"linkedin": {"thread": "true"}}),
            Settings({}, files=False).channel("linkedin"),
        )


# ---------------------------------------------------------------- for any text

WORD = st.text(st.characters(codec="latin-1", categories=("Ll",)), min_size=1, max_size=12)
SENTENCE = st.lists(WORD, min_size=4, max_size=60).map(lambda w: "The " + " ".join(w) + ".")


@settings(max_examples=20, deadline=None)
@given(st.lists(SENTENCE, min_size=1, max_size=12), st.integers(60, 400))
def test_any_statement_comes_out_in_whole_sentences_that_fit(sentences: list[str], limit: int) -> None:
    made = Settings({"PUBLISHER_X__LIMIT": str(limit), "PUBLISHER_X__THREAD": "true"}, files=False).channel(
        "x"
    )
    of = Statement("A title", tuple(Block("paragraph", s) for s in sentences), url="https://example.org/a")
    found = RENDERER.render(of, made)
    assert found.digest == RENDERER.render(of, made).digest
    wires = [post["post"].wire for post in found.posts]
    assert all(post["post"].length <= limit for post in found.posts)
    used = [of.text[a:b] for a, b in found.sources]
    assert all(any(text in wire for wire in wires) for text in used)
    left = "".join(wires)
    for text in (*used, "A title", "https://example.org/a"):
        left = left.replace(text, "", 1)
    assert re.fullmatch(r"(\s|\d+/\d+)*", left)


@given(st.lists(st.integers(1, 30), max_size=40), st.integers(1, 40))
def test_packing_keeps_the_order_loses_nothing_and_tells_the_number_of_posts(
    sizes: list[int], room: int
) -> None:
    asked: set[int] = set()

    def fits(n: int, of: int, units: Any) -> bool:
        asked.add(of)
        return sum(units) + len(f"{n}/{of}") <= room

    posts, left = thread.pack(sizes, fits)
    whole = [size for post in posts for size in post]
    assert sorted(whole + left) == sorted(sizes)
    it: Iterator[int] = iter(sizes)
    assert all(size in it for size in whole)
    if len(posts) > 1:
        assert len(posts) in asked and all(fits(n, len(posts), post) for n, post in enumerate(posts, 1))


def test_a_marker_that_never_comes_true_is_a_setting_to_mend() -> None:
    with pytest.raises(SettingsError, match="markers never"):
        thread.pack([1] * 6, lambda n, of, units: len(units) <= (1 if of % 2 else 2))


def test_a_sentence_that_leans_stays_with_the_one_before() -> None:
    """A reader may see one post of a thread alone."""

    def sentence(order: int, after: int | None = None) -> Candidate:
        return Candidate(str(order), 0, 1, order, 0, 1.0, "", after)

    a, b, c, d = sentence(0), sentence(1, 0), sentence(2, 1), sentence(4, 3)
    assert thread.grouped([a, b, c, d]) == [[a, b, c], [d]]


# ---------------------------------------------------------------- what is posted

SOURCE = (
    f"---\ntitle: {TITLE}\nurl: {URL}\nchannels: {{x: {{thread: true, reply_settings: following}}}}\n---\n\n"
    + "\n\n".join(SENTENCES)
)


class Desk:
    """An office with a sandbox, a ledger whose clock can be moved, and one thread."""

    def __init__(self, box: Sandbox, folder: Path) -> None:
        values = box.settings() | {
            "PUBLISHER_CHANNELS": "x",
            "PUBLISHER_DATABASE_URL": f"sqlite:///{folder / 'ledger.db'}",
            "PUBLISHER_X__FIND_AFTER": "1",
            "PUBLISHER_X__READ_TIMEOUT": "5",
            "PUBLISHER_PLAN__CHECK_URL": "false",
        }
        self.box, self.office = box, Publisher(Settings(values, files=False))
        (folder / "s.md").write_text(SOURCE)
        self.key, _ = self.office.publish(Source(str(folder / "s.md")), by="officer")
        (rendering,) = self.office.ledger.known(self.key).renderings
        self.approved = texts(rendering)

    def deliver(self, later: float = 0.0) -> list[str]:
        self.office.ledger.skew += later
        self.office.deliver(self.key, wait=0)
        return [part.state for part in self.parts]

    @property
    def parts(self) -> list[Any]:
        return self.office.ledger.parts(f"{self.key}/x")

    @property
    def public(self) -> list[Any]:
        return [p for p in self.box.public if not p.deleted]

    def hangs_together(self) -> bool:
        """What is public are the first posts, each a reply to the one before, as approved."""
        ids = ["", *(p.id for p in self.public)]
        return [p.text for p in self.public] == self.approved[: len(self.public)] and [
            p.reply_to for p in self.public
        ] == ids[:-1]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with Sandbox() as box:
        made = Desk(box, tmp_path)
        yield made
        made.office.close()


def test_a_thread_is_posted_in_order_each_part_with_its_receipt(desk: Desk) -> None:
    states = desk.deliver()
    assert states == ["delivered"] * len(desk.approved) and len(states) > 2
    assert desk.hangs_together() and len(desk.public) == len(states)
    assert [part.receipt["id"] for part in desk.parts] == [p.id for p in desk.public]
    assert [p.raw.get("reply_settings") for p in desk.public] == ["following"] + [None] * (len(states) - 1)


def test_a_post_that_is_not_visible_yet_is_waited_for_and_the_thread_goes_on(desk: Desk) -> None:
    """The known 403 on a reply to a post just made: after the last confirmed part it goes on, nothing twice."""
    first = desk.office.ledger.claim
    armed = []

    def claim(*args: Any) -> Any:
        claimed = first(*args)
        if claimed and claimed.row.n == 1 and not armed:
            armed.append(desk.box.fault("x-403-not-visible", 2))
        return claimed

    desk.office.ledger.claim = claim  # type: ignore[method-assign]
    rest = len(desk.approved) - 2
    assert desk.deliver() == ["delivered", "waiting"] + ["planned"] * rest
    assert "not visible to you" in desk.parts[1].error
    assert desk.deliver(later=100)[:2] == ["delivered", "waiting"]
    assert desk.deliver(later=200) == ["delivered"] * len(desk.approved)
    assert desk.hangs_together() and len(desk.public) == len(desk.approved)


@pytest.mark.parametrize(
    ("fault", "state"), [("x-403-cashtag", "failed"), ("x-402", "waiting"), ("x-duplicate", "unknown")]
)
def test_after_a_refused_first_post_nothing_follows(desk: Desk, fault: str, state: str) -> None:
    """Else the second would stand alone, without its beginning."""
    desk.box.fault(fault)
    assert desk.deliver() == [state] + ["planned"] * (len(desk.approved) - 1)
    assert desk.public == []
    assert desk.deliver(later=400)[1:] == ["planned"] * (len(desk.approved) - 1)
    assert desk.public == []


def test_a_lost_answer_in_the_middle_is_looked_up_and_the_thread_goes_on(desk: Desk) -> None:
    desk.box.fault("x-drop", 2)  # of the first post, then of the second
    assert desk.deliver()[0] == "unknown"
    for _ in range(4):
        states = desk.deliver(later=2)
    assert states == ["delivered"] * len(desk.approved)
    assert desk.hangs_together() and len(desk.public) == len(desk.approved)
