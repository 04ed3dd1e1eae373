"""What is public beside what was approved, after somebody changed it behind the product's back."""

from __future__ import annotations

import pytest

from publisher.verify import difference


def public(box, service: str):
    return next(item for item in box.public if item.service == service)


def test_untouched_posts_are_equal_and_mail_cannot_be_read(desk, box) -> None:
    """Exit 0, one answer a delivery."""
    desk("publish", desk.write(), "--yes")
    ran = desk("verify", "@last", "--json")
    assert ran.code == 0
    assert {d["channel"]: d["live"] for d in ran.json["deliveries"]} == {
        "x": "equal",
        "linkedin": "equal",
        "email": "unreadable",
    }


@pytest.mark.parametrize("service", ["x", "linkedin"])
def test_a_changed_post_is_shown_word_by_word(desk, box, service: str) -> None:
    """Exit 1, the difference readable, and `status` needs a person."""
    desk("publish", desk.write(), "--yes")
    item = public(box, service)
    assert box.edit(item.id, item.text.replace("nine countries", "ten countries"))
    ran = desk("verify", f"@last/{service}")
    assert ran.code == 1
    assert "[-nine-]{+ten+}" in ran.out
    status = desk("status", "--json")
    assert status.code == 1
    assert len(status.json["live_differs"]) == 1
    assert desk("show", "@last", "--json").json["deliveries"]


def test_a_cut_post_is_called_cut(desk, box) -> None:
    """What is left is the beginning of what was approved."""
    desk("publish", desk.write(), "--yes")
    item = public(box, "linkedin")
    box.edit(item.id, item.text.split("(")[0])
    ran = desk("verify", "@last", "--json")
    assert ran.code == 1
    assert [d["live"] for d in ran.json["deliveries"] if d["channel"] == "linkedin"] == ["cut"]


@pytest.mark.parametrize("service", ["x", "linkedin"])
def test_a_deleted_post_is_called_deleted(desk, box, service: str) -> None:
    """Exit 1."""
    desk("publish", desk.write(), "--yes")
    box.delete(public(box, service).id)
    ran = desk("verify", "--all", "--json")
    assert ran.code == 1
    assert [d["live"] for d in ran.json["deliveries"] if d["channel"] == service] == ["deleted"]


def test_a_service_that_does_not_answer_is_no_verdict(desk, box, monkeypatch) -> None:
    """Exit 75: nothing is known now, nothing is claimed."""
    desk("publish", desk.write(), "--yes", "--channel", "linkedin")
    monkeypatch.setenv("PUBLISHER_LINKEDIN__API_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("PUBLISHER_X__API_URL", "http://127.0.0.1:9")
    ran = desk("verify", "@last", "--json")
    assert ran.code == 75
    assert ran.json["deliveries"][0]["live"] == "unreachable"


def test_verify_wants_to_know_what(desk) -> None:
    """An announcement or --all, not both, not neither."""
    assert desk("verify").code == 2
    assert desk("verify", "@last", "--all").code == 2


def test_a_difference_reads_as_one_text() -> None:
    """Gone words, new words, the rest as it is."""
    assert difference("the ministers of nine countries", "the ministers of ten countries") == (
        "the ministers of [-nine-]{+ten+} countries"
    )
    assert difference("one two", "one two") == "one two"
    assert difference("one two", "") == "[-one two-]"


def test_what_cannot_be_read_back_is_listed_until_somebody_has_looked(desk, box) -> None:
    """Mail is; a person's word ends it, and stands in the log."""
    desk("publish", desk.write(), "--yes")
    assert [of.partition("/")[2] for of in desk("status", "--json").json["unseen"]] == ["email"]
    assert "--seen" in desk("status").out
    assert desk("verify", "@last", "--seen", "--by", "A. Reader").code == 0
    assert desk("status", "--json").json["unseen"] == []
    assert any(e["event"] == "seen" and e["who"] == "A. Reader" for e in desk("log", "--json").json["events"])
    assert desk("verify", "@last", "--seen").code == 2


def test_pictures_are_compared_by_number_and_alt_text() -> None:
    """A picture that is missing, one that says something else; what cannot be told is no difference."""
    from publisher.channel import Copy, LiveText, Post
    from publisher.compare import judge, pictures
    from publisher.statement import Media

    post = Post((Copy("post", "Words", "Words", 5),), (Media("image", "a.png", alt="A map of Lund"),))
    assert judge(LiveText("Words", alts=("A map  of Lund",)), post) == "equal"
    assert judge(LiveText("Words", alts=None), post) == "equal"
    assert judge(LiveText("Words", alts=()), post) == "changed"
    assert judge(LiveText("Words", alts=("A map of Lundby",)), post) == "changed"
    assert "Lundby" in pictures(LiveText("Words", alts=("A map of Lundby",)), post)


@pytest.mark.parametrize(
    ("approved", "live"),
    [("R&D  in Lund\n\nnow", "R&amp;D in Lund now"), ("Cafe\u0301", "Caf\u00e9"), ("a &lt; b", "a < b")],
)
def test_escapes_white_space_and_composition_are_no_difference(approved: str, live: str) -> None:
    """What a service does to every text."""
    from publisher.compare import same_words

    assert same_words(approved, live)
    assert not same_words(approved, live + "!")
