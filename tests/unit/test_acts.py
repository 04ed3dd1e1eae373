"""Acts on what is public keep in step with it, on each database: ready when it is out, gone when it is not."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from publisher.channel import LiveText, Receipt, Rendering
from publisher.errors import OutcomeUnknown, UsageError
from publisher.ledger import NewDelivery, Stale
from tests.conftest import HERE, Told, rendering, statement


@dataclass
class Changing(Told):
    """Posts that can be changed and taken down; `lost` answers of amend, `slow` readings after a deletion."""

    public: dict[str, str] = field(default_factory=dict)
    amends: list[Any] = field(default_factory=list)
    deleted: int = 0
    slow: int = 0
    repeatable: bool = False
    replies: bool = True

    def send(self, part, prepared):
        receipt = super().send(part, prepared)
        self.public[receipt.id] = part.post["post"].text
        return receipt

    def read(self, receipt):
        if receipt.id not in self.public and self.slow:
            self.slow -= 1
            return LiveText("still here")
        text = self.public.get(receipt.id)
        return LiveText(text, gone=text is None)

    def amend(self, receipt, part):
        answer = self.amends.pop(0) if self.amends else "done"
        if answer != "not done":
            self.public[receipt.id] = part.post["post"].text
        if answer != "done":
            raise OutcomeUnknown("silence")
        return receipt

    def retract(self, receipt):
        self.deleted += 1
        self.public.pop(receipt.id, None)


@pytest.fixture
def out(office):
    """An announcement on one channel, and that channel."""
    office.channels["one"] = Changing()
    key = office.planned()
    office.deliver(key)
    return key, office.channels["one"]


def act(
    office,
    key: str,
    *actions: str,
    text: str = "New words.",
    needed: int = 1,
    target: str = "one",
    **options: Any,
) -> bool:
    made = [
        NewDelivery(
            Rendering("one", "en", (), action, target=f"{key}/{target}", reason="why")
            if action == "retract"
            else replace(rendering(text=text), action=action, target=f"{key}/{target}", reason="why"),
            HERE,
            "@office",
            False,
        )
        for action in actions
    ]
    said = {"statement": statement(text=text), "stops": [f"{key}/one"]} if actions != ("retract",) else {}
    return bool(office.ledger.act(key, made, "officer", needed=needed, reason="why", **said | options))


def states(office, key: str) -> dict[str, str]:
    return {
        row.id.partition("/")[2]: ",".join(p.state for p in office.ledger.parts(row.id))
        for row in office.ledger.deliveries(key)
    }


def test_a_retraction_is_tried_until_the_post_is_seen_to_be_gone(office, out):
    """Thrice it is still to be seen; no number of tries is too many."""
    key, channel = out
    channel.slow = 12
    act(office, key, "retract")
    for _ in range(9):
        office.deliver(key)
        office.ledger.skew += 400
    assert states(office, key) == {"one": "delivered", "one.retract": "waiting"}
    for _ in range(9):
        office.deliver(key)
        office.ledger.skew += 400
    assert states(office, key) == {"one": "retracted", "one.retract": "delivered"}
    assert office.ledger.deliveries(key)[1].live == "equal"
    assert office.ledger.differing() == []


def test_a_process_that_dies_while_taking_down_takes_down_again(office, out):
    """Deleting twice does no harm, so nobody is asked."""
    key, channel = out
    act(office, key, "retract")
    of = office.ledger.due(1, key)[0]
    assert office.ledger.claim(of, 1, patience=60.0)
    office.ledger.skew = 100
    office.deliver(key)
    office.deliver(key)
    assert states(office, key) == {"one": "retracted", "one.retract": "delivered"}
    assert channel.deleted == 1


@pytest.mark.parametrize(
    ("answer", "repeatable", "state"),
    [("done lost", True, "delivered"), ("not done", True, "delivered"), ("not done", False, "unknown")],
)
def test_an_amendment_in_doubt_is_read(office, out, answer, repeatable, state):
    """There: done. Not there: made again where that does no harm, else a person is asked."""
    key, channel = out
    channel.amends, channel.repeatable = [answer], repeatable
    act(office, key, "amend")
    for _ in range(6):
        office.deliver(key)
        office.ledger.skew += 100
    assert states(office, key)["one.amend"] == state
    assert channel.public["id1"] == ("New words." if state == "delivered" else "The words.")


def test_a_newer_correction_overtakes_an_older_one_that_has_not_left(office, out):
    """The older one never leaves, in whatever order their answers come."""
    key, channel = out
    office.ledger.pause("officer")
    act(office, key, "amend")
    act(office, key, "amend", text="Newest words.")
    office.ledger.resume("officer")
    office.deliver(key)
    assert states(office, key) == {"one": "delivered", "one.amend": "cancelled", "one.amend2": "delivered"}
    assert channel.public["id1"] == "Newest words."
    assert office.ledger.in_force(office.ledger.deliveries(key)[0]).posts[0]["post"].text == "Newest words."


def test_two_changes_of_one_post_are_never_on_their_way_at_once(office, out):
    """The second waits until the first is settled."""
    key, _ = out
    act(office, key, "amend")
    of = office.ledger.due(1, key)[0]
    claimed = office.ledger.claim(of, 1, patience=60.0)
    act(office, key, "amend", text="Newest words.")
    assert office.ledger.due(1, key) == []
    from publisher.ledger import Verdict

    office.ledger.settle(claimed, Verdict("waiting", "Transient", "no", due=office.ledger.clock()))
    assert states(office, key)["one.amend"] == "cancelled"
    office.deliver(key)
    assert states(office, key)["one.amend2"] == "delivered"


def doubtful(office) -> tuple[str, Changing]:
    channel = office.channels["one"] = Changing(find_after=())
    channel.answers = [OutcomeUnknown("silence")]
    key = office.planned()
    office.deliver(key)
    return key, channel


def test_what_is_in_doubt_is_answered_once_it_is_found(office):
    """And what would have stood in for it has nothing to do."""
    key, channel = doubtful(office)
    act(office, key, "reply", "replace")
    office.deliver(key)
    assert states(office, key) == {"one": "unknown", "one.replace": "planned", "one.reply": "planned"}
    office.ledger.resolve(f"{key}/one", "officer", published=True, receipt=Receipt("id9"))
    office.deliver(key)
    assert states(office, key) == {"one": "delivered", "one.replace": "cancelled", "one.reply": "delivered"}
    assert channel.sent[-1].reply_to.id == "id9"


def test_what_is_in_doubt_is_stood_in_for_once_it_is_known_not_to_have_left(office):
    """The first words never leave."""
    key, channel = doubtful(office)
    act(office, key, "reply", "replace")
    office.ledger.resolve(f"{key}/one", "officer", published=False)
    office.deliver(key)
    assert states(office, key) == {"one": "cancelled", "one.replace": "delivered", "one.reply": "cancelled"}
    assert [p.post["post"].text for p in channel.sent] == ["The words.", "New words."]
    assert channel.sent[-1].reply_to is None


def test_a_retraction_of_what_did_not_leave_has_nothing_to_do(office):
    """In doubt, then known not to be public: all is cancelled, and nothing is overdue."""
    key, channel = doubtful(office)
    office.ledger.stop(key, "officer", "why")
    act(office, key, "retract")
    office.ledger.skew = 120
    assert office.ledger.overdue() == 0
    office.ledger.resolve(f"{key}/one", "officer", published=False)
    office.deliver(key)
    assert states(office, key) == {"one": "cancelled", "one.retract": "cancelled"}
    assert channel.deleted == 0


def test_a_late_receipt_brings_the_retraction_back(office):
    """A person erred: it was public after all, so it is taken down after all."""
    channel = office.channels["one"] = Changing(find_after=())
    key = office.planned()
    of = office.ledger.due(1, key)[0]
    claimed = office.ledger.claim(of, 1, patience=60.0)
    office.ledger.stop(key, "officer", "why")
    act(office, key, "retract")
    office.ledger.skew = 100
    office.deliver(key)
    office.ledger.resolve(f"{key}/one", "officer", published=False)
    assert states(office, key) == {"one": "cancelled", "one.retract": "cancelled"}
    channel.public["id7"] = "The words."
    from publisher.ledger import Verdict

    assert office.ledger.settle(claimed, Verdict("delivered", receipt=Receipt("id7")))
    office.deliver(key)
    assert states(office, key) == {"one": "retracted", "one.retract": "delivered"}
    assert channel.public == {}


def test_whoever_asks_for_a_retraction_is_no_second_person_in_another_spelling(office, out):
    """What is public comes down at two people's word."""
    key, channel = out
    office.approvals = 2
    assert not act(office, key, "retract", needed=2)
    assert not office.approve(key, " OFFICER ")
    office.deliver(key)
    assert channel.public
    assert office.approve(key, "Ben")
    office.ledger.approve(key, "ben", [], needed=2)
    assert [by for by, _ in office.ledger.known(key).approvals] == ["officer", "Ben"]


def test_what_was_corrected_back_and_forth_says_what_was_asked_for_last(office, out):
    """The same words for the same reason by the same person have the same digest as before."""
    key, channel = out
    for text in ("New.", "Newer.", "New.", "Newer."):
        assert act(office, key, "amend", text=text)
        office.deliver(key)
        assert list(channel.public.values()) == [text]
    assert office.ledger.verify() == []


def test_words_that_come_back_wait_for_their_second_approval_again(office, out):
    """That two people approved them once does not approve their return."""
    key, channel = out
    office.approvals = 2
    office.approve(key, "Ben")
    for text in ("New.", "Newer.", "New."):
        before = list(channel.public.values())
        assert not act(office, key, "amend", text=text, needed=2)
        assert [r.action for r in office.ledger.waits(key)] == ["amend"]
        assert not office.approve(key, "officer")
        office.deliver(key)
        assert list(channel.public.values()) == before
        assert office.approve(key, "Ben")
        office.deliver(key)
        assert list(channel.public.values()) == [text]


def test_what_left_between_rendering_and_approval_is_rendered_anew(office, out):
    """The correction that took it for unsent is refused."""
    key, _ = out
    with pytest.raises(Stale):
        act(office, key, "replace", unleft=[f"{key}/one"])
    assert states(office, key) == {"one": "delivered"}


def test_a_correction_that_is_dropped_gives_back_what_it_held(office):
    """Planned, held by the proposal, planned again under the words that were approved."""
    office.channels["one"], office.channels["two"] = Changing(), Changing()
    key = office.submit("one", "two")
    office.approve(key)
    of = next(of for of in office.ledger.due(1, key) if of.channel == "one")
    office.ledger.claim(of, 1, patience=60.0)
    two = replace(rendering("two", "New words."), action="replace", target=f"{key}/two", reason="why")
    office.ledger.act(
        key, [NewDelivery(two, HERE, "@office", False)], "ann", needed=2, reason="why",
        statement=statement(text="New words."), stops=[f"{key}/two"],
    )  # fmt: skip
    assert states(office, key)["two"] == "held"
    assert [r.action for r in office.ledger.waits(key)] == ["replace"]
    office.ledger.withdraw(key, "ben", "no")
    assert states(office, key)["two"] == "planned"
    assert office.ledger.waits(key) == []
    with pytest.raises(UsageError):
        office.ledger.withdraw(key, "ben", "no")
    office.deliver(key)
    assert [p.post["post"].text for p in office.channels["two"].sent] == ["The words."]
    assert office.ledger.verify() == []


def test_a_repair_says_the_approved_words_under_the_approval_there_is(office, out):
    """As often as it is needed, with one delivery."""
    key, channel = out
    for _ in range(3):
        channel.public["id1"] = "Vandalised."
        office.ledger.repair(f"{key}/one", "officer", "Vandalised.")
        office.deliver(key)
        assert channel.public["id1"] == "The words."
    assert states(office, key) == {"one": "delivered", "one.repair": "delivered"}
    assert office.ledger.deliveries(key)[1].digest == office.ledger.deliveries(key)[0].digest
    assert len(office.ledger.known(key).approvals) == 1


def test_what_is_found_is_not_taken_for_another_deliverys_post(office, out):
    """A reply in doubt with the words of an earlier one: a person is asked, nothing is adopted."""
    from publisher.channel import Found

    key, channel = out
    act(office, key, "reply")
    office.deliver(key)
    channel.answers, channel.finds = [OutcomeUnknown("silence")], [Found(Receipt("id2"))]
    made = replace(rendering(text="New words."), action="reply", target=f"{key}/one", reason="once more")
    office.ledger.act(
        key, [NewDelivery(made, HERE, "@office", False)], "officer", needed=1, reason="once more",
        statement=statement(text="New words, once more."),
    )  # fmt: skip
    for _ in range(4):
        office.deliver(key)
        office.ledger.skew += 100
    assert states(office, key)["one.reply2"] == "unknown"
