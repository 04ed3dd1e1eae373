"""SIGKILL while something public is put right: it is answered once, amended in the end, and gone when that is said."""

from __future__ import annotations

import itertools
import random
from pathlib import Path
from typing import Any

import pytest

from publisher.api import Source

LONG = [pytest.mark.slow, pytest.mark.timeout(7200)]


def written(folder: Path, number: int, count: int) -> Source:
    path = folder / f"notice-{number}-{count}.md"
    path.write_text(
        f"---\ntitle: Harbour notice {number:05d}\nurl: https://www.example.org/notices/{number}\n---\n"
        f"The harbour office has closed {count} piers for repair.\n",
        "utf-8",
    )
    return Source(str(path))


def live(house: Any, key: str) -> list[Any]:
    """What the public sees of an announcement: its posts by their ids, and whatever answers them."""
    number = f"{int(house.office.ledger.known(key).title[-5:]):05d}"
    return [p for p in house.box.public if number in p.text and not p.deleted]


def agrees(house: Any, key: str, act: str) -> None:
    """Everything that a machine may settle is settled: what the ledger says is what there is to see."""
    ledger = house.office.ledger
    rows = {row.id.partition("/")[2]: row for row in ledger.deliveries(key)}
    states = {name: ledger.parts(row.id)[0].state for name, row in rows.items()}
    seen = live(house, key)
    if act == "retract":
        assert (seen, set(states.values())) == ([], {"retracted", "delivered"}), states
    elif act == "amend":
        assert states["linkedin.amend"] == "delivered"
        assert ["closed 3 piers" in p.text for p in seen] == [True]
    else:
        replies = [p for p in seen if p.reply_to]
        assert len(seen) - len(replies) == 1 and len(replies) <= 1, "answered twice"
        assert states["x.reply"] in (("delivered",) if replies else ("unknown",)), states
        if not replies:  # nobody knows, so a person is asked; it is not there
            house.office.resolve(f"{key}/x.reply", published=False, by="officer")
            house.settle()
            assert len(live(house, key)) == 2
    assert ledger.verify() == []


@pytest.mark.parametrize(
    ("channel", "act"), [("x", "reply"), ("linkedin", "amend"), ("x", "retract"), ("linkedin", "retract")]
)
@pytest.mark.parametrize("step", [31, pytest.param(1, marks=LONG)])
def test_killed_at_every_boundary_of_an_act(
    house: Any, worker: Any, tmp_path: Path, channel: str, act: str, step: int
) -> None:
    """At one line of deliver, act, claim and settle after the other, until a worker comes through unhurt."""
    office, kills = house.office, 0
    for number, line in enumerate(itertools.count(random.randint(1, step), step)):
        key, _ = office.publish(written(tmp_path, number, 2), by="officer", channels=[channel])
        house.settle()
        assert len(live(house, key)) == 1
        if act == "retract":
            office.retract(key, "it was wrong", by="officer")
        else:
            office.correct(key, written(tmp_path, number, 3), "three, not two", by="officer")
        worker.start(house.environ, once=True, threads=1, die_at=line)
        status = worker.wait()
        assert status in (0, -9)
        kills += status == -9
        house.settle()
        agrees(house, key, act)
        if status == 0:
            break
    assert kills > 60 // step
