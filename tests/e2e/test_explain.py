"""`preview --explain`: every sentence of the statement is accounted for."""

from __future__ import annotations

from hashlib import sha256

from publisher.api import Publisher, Source

TEXT = """---
title: Ministers agree on a charter for open data
url: https://www.example.org/charter
---
The ministers of nine countries adopted a charter for open data in Lund on 3 May 2026.

It commits them to publish budgets within 30 days. Today the Council celebrates all of those who wrote it.

Civil society groups said that the deadline is too long for election spending in nine countries.

Follow us on Twitter.
"""


def test_every_sentence_is_chosen_passed_over_or_left_out_with_a_reason(bare) -> None:
    """Offsets lead to the very words; the source is named by its digest."""
    path = bare.write(TEXT)
    view = bare("preview", path, "--json", "--explain").json
    statement = Publisher().read(Source(str(path)))
    for rendering in view["renderings"]:
        told = rendering["explain"]
        assert told["source"] == sha256(statement.text.encode()).hexdigest()
        said = [*told["chosen"], *told["passed_over"], *told["left_out"]]
        for s in said:
            assert statement.text[s["start"] : s["end"]] == s["text"]
            assert s["why"]
        assert len({s["text"] for s in said}) == len(said) >= 4
        assert [[s["start"], s["end"]] for s in told["chosen"]] == rendering["sources"]
    x = view["renderings"][0]["explain"]
    assert any("Today" in s["text"] and "only on the day" in s["why"] for s in x["left_out"])


def test_people_read_why(bare) -> None:
    out = bare("preview", bare.write(TEXT), "--explain", "--channel", "x").out
    assert "── why: x (en)" in out
    assert "left out: it says “Today”" in out
    assert "rank 1" in out


def test_an_authors_own_words_are_nobodys_choice(bare) -> None:
    path = bare.write(
        TEXT.replace(
            "---\nThe",
            "channels: {x: {text: A charter was adopted. https://www.example.org/charter}}\n---\nThe",
        )
    )
    assert "no sentence was chosen" in bare("preview", path, "--explain", "--channel", "x").out
