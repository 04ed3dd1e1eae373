"""The ledger on SQLite and PostgreSQL: what may be claimed, by whom, and what is remembered."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import delete, event, insert, text, update

from publisher.channel import Receipt
from publisher.errors import SettingsError, StatementError, UsageError
from publisher.ledger import Ledger, Plan, schema
from publisher.ledger.parts import Verdict
from publisher.plan import When
from publisher.statement import Block, Media, Statement


def when(at: float) -> When:
    return When(at, "2027-01-01T00:00", "UTC")


def claim(office, key, channel="one", patience=60.0):
    of = next(row for row in office.ledger.deliveries(key) if row.channel == channel)
    return office.ledger.claim(of, office.approvals, patience)


def test_a_draft_has_no_deliveries_and_nothing_of_it_can_be_claimed(office):
    """Nothing leaves without an approval."""
    key = office.submit()
    assert office.ledger.deliveries(key) == []
    assert office.ledger.due(1) == []


def test_an_approved_part_is_claimed_once(office):
    """The claim moves it to sending; a second one finds nothing."""
    key = office.planned()
    claimed = claim(office, key)
    assert claimed.part.rendering.digest == claimed.of.digest
    assert claimed.row.state == "sending"
    assert claim(office, key) is None


def test_many_claimers_get_one_part_each(office):
    """Sixteen threads on one delivery of four parts: every part is taken by exactly one, in order."""
    key = office.planned(parts=1)
    taken, lock = [], threading.Lock()

    def work():
        claimed = claim(office, key)
        if claimed:
            with lock:
                taken.append(claimed.row.id)

    threads = [threading.Thread(target=work) for _ in range(16)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert len(taken) == 1


@pytest.mark.parametrize(
    "obstacle", ["hold", "pause", "pause channel", "block", "pace", "embargo", "due", "approval", "cancel"]
)
def test_each_obstacle_keeps_the_claim_from_succeeding(office, obstacle):
    """Every condition of leaving is in the claim itself."""
    ledger, now = office.ledger, office.ledger.clock()
    plans = {"embargo": Plan(embargo=when(now + 60)), "due": Plan(at=when(now + 60))}
    key = office.planned(plan=plans.get(obstacle))
    if obstacle == "embargo":
        with ledger.write() as c:  # as if a plan had got round it
            c.execute(update(schema.part).values(due=now - 1))
    {
        "hold": lambda: ledger.hold(key, "a"),
        "pause": lambda: ledger.pause("a"),
        "pause channel": lambda: ledger.pause("a", "one"),
        "block": lambda: ledger.block(ledger.deliveries(key)[0], "why"),
        "cancel": lambda: ledger.cancel(key, "a"),
    }.get(obstacle, lambda: None)()
    if obstacle == "pace":
        with ledger.write() as c:
            c.execute(update(schema.lane).where(schema.lane.c.name == "one").values(free=now + 60))
    if obstacle == "approval":
        with ledger.write() as c:
            c.execute(delete(schema.approval))
    assert claim(office, key) is None
    assert ledger.due(1) == []


def test_what_was_an_obstacle_lets_go_in_time(office):
    """The embargo ends, the plan falls due, by the database's clock."""
    now = office.ledger.clock()
    key = office.planned(plan=Plan(embargo=when(now + 600)))
    assert claim(office, key) is None
    office.ledger.skew = 601
    assert claim(office, key) is not None


def test_two_approvals_are_two_different_names(office):
    """The same person twice is one approval."""
    office.approvals = 2
    key = office.submit()
    assert not office.approve(key, "anna")
    assert not office.approve(key, "anna")
    assert office.ledger.deliveries(key) == []
    assert office.approve(key, "ben")
    assert claim(office, key) is not None


ANNA = ["anna", "ANNA", " Anna ", "Ａｎｎａ", "An\u200bna", "A\ufeffnna"]
JOSE = ["José  Müller", "Jose\u0301 Mu\u0308ller", "josé\u00a0müller"]


@pytest.mark.parametrize("names", [["Anna", *ANNA], JOSE, ["Strauß", "STRAUSS"]])
def test_a_name_in_another_spelling_is_the_same_person(office, names):
    """Case, white space, and what looks the same or is never seen make no second person."""
    office.approvals = 2
    key = office.submit()
    assert [office.approve(key, name) for name in names] == [False] * len(names)
    assert [by for by, _ in office.ledger.known(key).approvals] == [names[0]]  # kept as it was said
    assert [e.who for _, e in office.ledger.events(key) if e.kind == "approved"] == [names[0]]
    assert office.approve(key, "Ben")


def test_two_spellings_in_an_older_ledger_do_not_let_a_part_go(office):
    """An earlier version counted them as two: the claim drops the second, and a real second person mends it."""
    key = office.planned()
    office.approvals = 2
    digest = office.ledger.known(key).digest
    with office.ledger.write() as c:
        c.execute(insert(schema.approval).values(announcement=key, digest=digest, by="OFFICER", at=1e12))
    (of,) = office.ledger.due(2)
    assert office.ledger.claim(of, 2, 60.0) is None
    assert office.ledger.due(2) == []
    assert [e.data["names"] for _, e in office.ledger.events(key) if e.kind == "not another person"] == [
        ["OFFICER"]
    ]
    assert office.approve(key, "Ben")
    assert claim(office, key) is not None


def test_approval_of_another_digest_is_refused(office):
    """What was read is what is approved."""
    key = office.submit()
    with pytest.raises(UsageError, match="changed since you read it"):
        office.approve(key, digest="0" * 64)
    assert office.approve(key, digest=office.ledger.known(key).digest)


def test_a_revision_voids_approvals_and_keeps_the_plan(office, make_rendering, make_statement):
    """A changed text is nobody's approved text."""
    at = office.ledger.clock() + 600
    key = office.planned(plan=Plan(at=when(at)))
    office.ledger.revise(
        key, make_statement("A statement", "Other words."), [make_rendering(text="Other words.")], "author"
    )
    known = office.ledger.known(key)
    assert (known.revision, known.approvals, known.row.due) == (2, (), at)
    assert office.ledger.deliveries(key) == []
    office.ledger.skew = 601
    assert office.ledger.due(1) == []


def test_nothing_public_or_in_doubt_can_be_revised(office, make_rendering, make_statement):
    """Once a part is sending, change goes through `correct`."""
    key = office.planned()
    claim(office, key)
    with pytest.raises(StatementError, match="correct"):
        office.ledger.revise(key, make_statement(), [make_rendering(text="Other")], "author")


def test_a_tampered_rendering_cannot_be_approved(office):
    """The stored renderings are digested anew when somebody approves."""
    key = office.submit()
    with office.ledger.write() as c:
        row = c.execute(schema.rendering.select()).one()
        row.content["posts"][0]["copies"][0][2] = "Other words."
        c.execute(update(schema.rendering).values(content=row.content))
    with pytest.raises(UsageError, match="damaged"):
        office.approve(key)


def test_a_late_answer_settles_a_doubt_but_not_another_attempt(office):
    """An answer counts for its own attempt only."""
    key = office.planned()
    first = claim(office, key, patience=1)
    office.ledger.skew = 5
    assert office.ledger.sweep() == 1
    assert office.part(key).state == "unknown"
    assert office.ledger.settle(first, Verdict("delivered", receipt=Receipt("1")))
    assert office.part(key).state == "delivered"
    assert not office.ledger.settle(first, Verdict("failed"))

    other = office.planned(title="Another")
    old = claim(office, other, patience=1)
    office.ledger.skew = 10
    office.ledger.sweep()
    office.ledger.resolve(f"{other}/one", "officer", published=False)
    new = claim(office, other)
    assert not office.ledger.settle(old, Verdict("delivered", receipt=Receipt("old")))
    assert office.ledger.settle(new, Verdict("delivered", receipt=Receipt("new")))


def test_a_dead_worker_on_this_host_is_noticed_at_once(office, monkeypatch):
    """A part sending in a process that is gone is unknown without waiting for its deadline."""
    import socket

    key = office.planned()
    claim(office, key, patience=3600)
    assert office.ledger.sweep() == 0
    with office.ledger.write() as c:
        c.execute(update(schema.part).values(worker=f"{socket.gethostname()}:4194999:1"))
    assert office.ledger.sweep() == 1
    assert office.part(key).state == "unknown"


def test_what_is_too_late_is_held_and_a_person_lets_it_go(office):
    """An hour past its time a first attempt needs a name."""
    key = office.planned()
    office.ledger.skew = 3700
    assert office.ledger.due(1) == []
    office.ledger.sweep()
    assert office.part(key).state == "held"
    office.ledger.release(key, "officer")
    assert claim(office, key) is not None


def test_a_thread_goes_on_only_after_its_predecessor(office):
    """The second post waits for the first one's receipt, and carries it."""
    key = office.planned(parts=3)
    first = claim(office, key)
    assert claim(office, key) is None
    office.ledger.settle(first, Verdict("failed", "Permanent", "no"))
    assert claim(office, key) is None
    office.ledger.retry(f"{key}/one", "officer")
    first = claim(office, key)
    office.ledger.settle(first, Verdict("delivered", receipt=Receipt("77")))
    second = claim(office, key)
    assert second.row.n == 1
    assert second.part.reply_to.id == "77"


def test_the_log_notices_an_edit_a_removal_an_addition_and_a_swap(office):
    """Each kind of tampering is named with its row."""
    key = office.planned()
    office.deliver(key)
    assert office.ledger.verify() == []
    event = schema.event

    def tampered(statement):
        with office.ledger.engine.connect() as c:
            c.execute(statement) if not isinstance(statement, list) else [c.execute(s) for s in statement]
            from publisher.ledger import events

            found = events.verify(c)
            c.rollback()
        return found

    last = len(office.ledger.events(key))
    assert (
        "not what was recorded"
        in tampered(update(event).where(event.c.seq == 2, event.c.chain == key).values(who="eve"))[0]
    )
    assert "missing" in tampered(delete(event).where(event.c.seq == 2, event.c.chain == key))[0]
    assert "recorded" in tampered(delete(event).where(event.c.seq == last, event.c.chain == key))[0]
    assert tampered([
        update(event).where(event.c.seq == 2, event.c.chain == key).values(seq=99),
        update(event).where(event.c.seq == 3, event.c.chain == key).values(seq=2),
        update(event).where(event.c.seq == 99, event.c.chain == key).values(seq=3),
    ])  # fmt: skip
    assert tampered(
        event.insert().values(
            chain=key, seq=last + 1, at=1.0, kind="x", who="", data={}, previous="0" * 64, hash="0" * 64
        )
    )


def test_references_are_prefixes_and_names(office):
    """People type as little as they can."""
    first, second = office.submit(title="One"), office.submit(title="Two")
    assert office.ledger.resolve_reference("@last") == (second, "")
    assert office.ledger.resolve_reference(first[:6]) == (first, "")
    office.approve(first)
    assert office.ledger.resolve_reference(f"{first}/o") == (first, f"{first}/one")
    assert office.ledger.resolve_reference("@next") == (first, "")
    for bad in ("zzzzzzzzz", "", f"{first}/nothing", "%", "_"):
        with pytest.raises(UsageError):
            office.ledger.resolve_reference(bad)


def test_a_ledger_of_another_schema_is_refused_and_left_alone(database_url):
    """Only a migration changes an existing ledger."""
    made = Ledger(database_url)
    with made.write() as c:
        c.execute(text("UPDATE alembic_version SET version_num='9999'"))
    made.close()
    with pytest.raises(SettingsError, match="9999"):
        Ledger(database_url)


@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        "mysql://x",
        "sqlite:////proc/none/ledger.db",
        "postgresql+psycopg://u:secret@127.0.0.1:1/x",
    ],
)
def test_a_database_that_cannot_be_opened_is_one_sentence_without_its_password(url):
    """Trouble with the ledger is a settings error a person can act on."""
    with pytest.raises(SettingsError) as refused:
        Ledger(url)
    assert "secret" not in str(refused.value)


def test_pause_and_resume_are_events_with_names(office):
    """The kill switch says who pulled it and who let go."""
    office.ledger.pause("anna", reason="fire drill")
    office.ledger.resume("ben")
    kinds = [(e.kind, e.who) for _, e in office.ledger.events("")]
    assert kinds == [("paused", "anna"), ("resumed", "ben")]
    with pytest.raises(UsageError):
        office.ledger.resume("ben")
    assert office.ledger.verify() == []


def test_what_was_too_late_is_planned_again_by_rescheduling(office):
    """A new time is a person's word; each channel keeps its offset."""
    from publisher.hours import Hours

    key = office.planned("one", "two")
    office.ledger.skew = 3700
    office.ledger.sweep()
    assert office.states(key) == {"one": ["held"], "two": ["held"]}
    at = office.ledger.clock() + 600
    office.ledger.reschedule(key, Plan(at=when(at)), "officer", 3600, Hours(offsets=(("two", 60.0),)))
    assert office.states(key) == {"one": ["planned"], "two": ["planned"]}
    assert (office.part(key, "one").due, office.part(key, "two").due) == (at, at + 60)
    office.ledger.skew += 601
    assert [row.channel for row in office.ledger.due(1)] == ["one"]


# ---------------------------------------------------------------- what may be the same statement

PDF = Media("document", "é.pdf", "application/pdf", title="T", url="https://www.example.org/é%20(1).pdf")


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, False),
        ({"url": "https://www.example.org/old"}, True),
        ({"title": "THE OLD TITLE"}, True),
        ({"source": "/in/old.md"}, True),
        ({"media": (PDF,)}, True),
        ({"media": (replace(PDF, url="https://www.example.org/other.pdf"),)}, False),
        ({"blocks": (Block("paragraph", "The words."),)}, True),
        ({"blocks": (Block("paragraph", "Other words."),)}, False),
        ({"language": "fr", "url": "https://www.example.org/old"}, False),
    ],
)
def test_an_announcement_is_akin_by_its_place_or_its_sentences(ledger, make_rendering, changes, found):
    """In its language; how alike the sentences are is the caller's to see."""
    old = Statement(
        "The old title",
        (Block("paragraph", "The words."),),
        url="https://www.example.org/old",
        source="/in/old.md",
        media=(PDF,),
    )
    key = ledger.submit(old, [make_rendering()], "author", plan=Plan(), channels=["one"])
    new = replace(Statement("A new title", url="https://www.example.org/new", source="/in/new.md"), **changes)
    assert [(k, said) for k, _, said in ledger.akin(new)] == ([(key, old)] if found else [])


def test_an_announcement_is_akin_to_what_it_says_now(ledger, make_rendering):
    old, new = Statement("The old title"), Statement("A new title")
    key = ledger.submit(old, [make_rendering()], "author", plan=Plan(), channels=["one"])
    ledger.revise(key, new, [make_rendering()], "author")
    assert [k for said in (old, new) for k, _, _ in ledger.akin(said)] == [key]


# ---------------------------------------------------------------- a fail-over must forget nothing


@pytest.mark.parametrize("standbys", [0, 1])
def test_a_server_whose_standbys_may_forget_is_refused(postgres_url, standbys):
    """The catalogue's view is shadowed by a table that claims a standby; synchronous_standby_names is empty here."""
    first = Ledger(postgres_url)
    with first.write() as c:
        c.execute(text(f"CREATE TABLE pg_stat_replication AS SELECT generate_series(1, {standbys}) AS pid"))
    first.close()
    shadowed = f"{postgres_url}%2Cpg_catalog"
    if not standbys:
        Ledger(shadowed).close()
        return
    with pytest.raises(SettingsError, match="replicates asynchronously"):
        Ledger(shadowed)


def test_what_is_committed_to_a_file_is_on_the_disk(as_shipped, tmp_path):
    """A power cut forgets no attempt: with NORMAL, SQLite's log may lose its last commits."""
    with closing(sqlite3.connect(tmp_path / "ledger.db")) as connection:
        as_shipped(connection, None)
        told = [
            connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")
        ]
    assert told == ["wal", 2]


def test_what_is_due_is_found_without_reading_what_is_not(office):
    """On PostgreSQL too, which would rather read all parts of later deliveries than take a jump to the next."""
    if office.ledger.engine.dialect.name != "postgresql":
        pytest.skip("its own planner is asked")
    many = office.planned(title="Many")
    for n in range(10):
        office.planned(title=f"Few {n}")
    with office.ledger.write() as c:
        c.execute(
            text(
                "INSERT INTO part (delivery, n, recipient, state, due, attempt, tries, finds) SELECT :of, n, '', "
                "'planned', extract(epoch from now()) + 86400, 0, 0, 0 FROM generate_series(1, 60000) n"
            ),
            {"of": f"{many}/one"},
        )
        c.execute(text("ANALYZE"))
    asked: list[tuple[str, Any]] = []

    def grab(connection, cursor, statement, parameters, context, executemany):
        if "RECURSIVE" in statement:
            asked.append((statement, parameters))

    event.listen(office.ledger.engine, "before_cursor_execute", grab)
    assert len(office.ledger.due(1)) == 11
    office.ledger.sweep()
    event.remove(office.ledger.engine, "before_cursor_execute", grab)
    assert len(asked) == 4  # due, late (for the page, and at all), past
    for statement, parameters in asked:
        with office.ledger.read() as c:
            explained = c.exec_driver_sql(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}", parameters)
            plan = explained.scalar_one()[0]["Plan"]
        assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] < 500, statement
