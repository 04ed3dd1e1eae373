"""What voids an approval is named: which part of which channel is another one now."""

from __future__ import annotations

from dataclasses import replace

from publisher.channel import Copy, Post, Rendering
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
    assert (event.data["changed"], event.data["voids"]) == (["one post"], ["Anna"])
