"""What voids an approval is named: which part of which channel is another one now."""

from __future__ import annotations

from dataclasses import replace

from publisher import views
from publisher.channel import Copy, Post, Rendering
from publisher.cli.common import summary_lines
from publisher.compare import changed
from publisher.statement import Media

IMAGE = Media("image", "a.png", "image/png", "The sea", digest="a" * 64)


def rendering(channel: str = "x", *, media: tuple[Media, ...] = (IMAGE,), **fields: str) -> Rendering:
    copies = tuple(
        Copy(name, words, words, len(words)) for name, words in ({"post": "Words"} | fields).items()
    )
    return Rendering(channel, "en", (Post(copies, media),), link="https://e.org", headers={"From": "a@e.org"})


def test_each_part_has_its_name() -> None:
    old = rendering()
    for new, name in [
        (rendering(post="Other"), "x post"),
        (rendering(subject="S"), "x subject (new)"),
        (rendering(media=()), "x image a.png (gone)"),
        (rendering(media=(replace(IMAGE, digest="b" * 64),)), "x image a.png"),
        (rendering(media=(replace(IMAGE, alt="A lake"),)), "x alt text of a.png"),
        (replace(old, link="https://e.org/2"), "x link"),
        (replace(old, headers={"From": "b@e.org"}), "x header From"),
        (replace(old, posts=(*old.posts, *rendering(post="Two", media=()).posts)), "x 2 post (new)"),
    ]:
        assert name in changed([old], [new]), name
    assert changed([old], [rendering()]) == []


def test_a_revision_says_what_it_changed_and_whose_approval_it_voids(
    office, make_rendering, make_statement
) -> None:
    key = office.submit("one")
    office.approvals = 2
    office.approve(key, by="Anna")
    office.ledger.revise(key, make_statement(text="Other."), [make_rendering("one", "Other.")], "Ben")
    (event,) = [e for _, e in office.ledger.events(key) if e.kind == "revised"]
    assert (event.data["changed"], event.data["voids"]) == (["the statement's text", "one post"], ["Anna"])


def test_a_change_that_no_channel_says_is_named_too(office, make_rendering, make_statement) -> None:
    """The approval is of the statement as well: its embargo, say, is in no rendering."""
    key = office.submit("one")
    office.approve(key, by="Anna")
    words = office.ledger.known(key).renderings
    later = replace(make_statement(), embargo="2030-01-01T09:00Z", issued="2030-01-01")
    office.ledger.revise(key, later, words, "Ben")
    (event,) = [e for _, e in office.ledger.events(key) if e.kind == "revised"]
    assert event.data["changed"] == ["the statement's date", "the statement's embargo"]


def test_what_changed_since_an_approval_is_told_until_the_next(
    office, make_rendering, make_statement
) -> None:
    """Over several revisions; and a channel that is added is a change too."""
    key = office.submit("one")
    assert "voids" not in views.announcement(office.ledger, key)["announcement"]
    office.approve(key, by="Anna")
    office.ledger.revise(key, make_statement(text="Other."), office.ledger.known(key).renderings, "Ben")
    office.ledger.extend(key, [make_rendering("two")], "Ben")
    told = views.announcement(office.ledger, key)
    head = told["announcement"]
    assert (head["changed"], head["voids"]) == (
        ["the statement's text", "two link (new)", "two post (new)"],
        ["Anna"],
    )
    assert (
        "  Anna had approved it before these changed: the statement's text, two link (new), two post (new)"
        in summary_lines(told)
    )
    office.approve(key, by="Anna")
    assert "voids" not in views.announcement(office.ledger, key)["announcement"]


def test_a_change_and_its_return_are_two_changes(office, make_rendering, make_statement) -> None:
    """What was approved before is not approved again by being what it was."""
    key = office.submit("one")
    office.approve(key, by="Anna")
    first = office.ledger.known(key)
    office.ledger.revise(key, make_statement(text="Other."), [make_rendering("one", "Other.")], "Ben")
    office.ledger.revise(key, first.statement, first.renderings, "Ben")
    known = office.ledger.known(key)
    assert (known.digest, known.approvals) == (first.digest, ())
