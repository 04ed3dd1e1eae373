"""What is public and what the ledger says of it agree, whatever happened in between.

Stories are told by lot (a seed tells the same story again) and by Hypothesis, which looks for the shortest one
that goes wrong. `PUBLISHER_TEST_STORIES` says how many the long run tells.
"""

from __future__ import annotations

import os
import random
from collections import Counter

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from publisher.sandbox import Sandbox
from tests.faults.story import FAULTS, MISHAPS, MOVES, Story

FIRST = ("deliver", "deliver", "jump", "correct", "retract")


@pytest.fixture(scope="module")
def box():
    with Sandbox(limits=False) as made:
        yield made


def tell(box: Sandbox, seed: int, url: str = "") -> Counter[str]:
    """One story by lot, to its end; how often each move was made, and what was found at the end."""
    lot = random.Random(seed)
    story = Story(
        box,
        mail=lot.choice(["list", "people"]),
        approvals=lot.choice([1, 1, 1, 2]),
        thread=lot.random() < 0.2,
        url=url,
    )
    try:
        moves = [lot.choice(FIRST), *(lot.choice(MOVES) for _ in range(lot.randint(4, 14)))]
        for move in moves:
            fault = lot.choice(FAULTS) if lot.random() < 0.4 else ""
            mishaps = [lot.choice(MISHAPS) for _ in range(12)] if lot.random() < 0.6 else []
            story.move(move, mishaps, fault, lot.randrange(12))
        ended = story.end()
        deaths = sum("died" in line for line in story.told)
        return Counter(moves) + Counter({f"live {k}": n for k, n in ended.items()}) + Counter(deaths=deaths)
    finally:
        story.close()


@pytest.mark.parametrize("seed", range(12))
def test_a_story(box: Sandbox, seed: int) -> None:
    """A few of the many."""
    tell(box, seed)


@pytest.mark.parametrize("seed", range(100, 104))
def test_a_story_on_postgresql(box: Sandbox, postgres_url: str, seed: int) -> None:
    """The same, where several hosts would share the ledger."""
    tell(box, seed, postgres_url)


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_many_stories(box: Sandbox) -> None:
    """500 by lot; what they were made of is printed (-s)."""
    many = int(os.environ.get("PUBLISHER_TEST_STORIES", "500"))
    first = int(os.environ.get("PUBLISHER_TEST_SEED", "1000"))
    total: Counter[str] = Counter()
    for seed in range(first, first + many):
        try:
            total += tell(box, seed)
        except AssertionError as error:
            raise AssertionError(f"seed {seed}: {error}") from None
    print(f"\n{many} stories: {dict(sorted(total.items()))}")


class Telling(RuleBasedStateMachine):
    """The same moves, chosen by Hypothesis."""

    box: Sandbox

    @initialize(
        mail=st.sampled_from(["list", "people"]), approvals=st.sampled_from([1, 1, 2]), thread=st.booleans()
    )
    def begin(self, mail: str, approvals: int, thread: bool) -> None:
        self.story = Story(self.box, mail=mail, approvals=approvals, thread=thread)

    @rule(
        move=st.sampled_from(MOVES),
        fault=st.sampled_from(("", "", *FAULTS)),
        mishaps=st.lists(st.sampled_from(MISHAPS), max_size=8),
        n=st.integers(0, 11),
    )
    def goes_on(self, move: str, fault: str, mishaps: list[str], n: int) -> None:
        self.story.move(move, mishaps, fault, n)

    def teardown(self) -> None:
        if story := getattr(self, "story", None):
            try:
                story.end()
            finally:
                story.close()


BOUNDS = {"deadline": None, "suppress_health_check": list(HealthCheck), "print_blob": True}


def machine(box: Sandbox) -> type[Telling]:
    return type("Told", (Telling,), {"box": box})


def test_stories_as_hypothesis_tells_them(box: Sandbox) -> None:
    """A short run, the same each time."""
    from hypothesis.stateful import run_state_machine_as_test

    bounds = settings(
        max_examples=10,
        stateful_step_count=12,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        **BOUNDS,
    )
    run_state_machine_as_test(machine(box), settings=bounds)


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_stories_as_hypothesis_tells_them_for_long(box: Sandbox) -> None:
    """Many more, and longer ones."""
    from hypothesis.stateful import run_state_machine_as_test

    many = int(os.environ.get("PUBLISHER_TEST_STORIES", "300"))
    run_state_machine_as_test(
        machine(box), settings=settings(max_examples=many, stateful_step_count=30, **BOUNDS)
    )
