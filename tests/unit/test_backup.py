"""Backups on both databases: complete, of one moment, never half; and restoring them without posting twice."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import sys
import threading
import tracemalloc
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, insert, select, text, update

from publisher import audience, enrol, roster
from publisher.channel import Found, Receipt
from publisher.errors import OutcomeUnknown, Permanent, PublisherError, SettingsError, Transient, UsageError
from publisher.ledger import Ledger, Plan, backup, identity, migrate, migrations, restore, schema
from publisher.plan import When

TABLES = schema.meta.sorted_tables

EVERY = [17, pytest.param(1, marks=[pytest.mark.slow, pytest.mark.timeout(1800)])]
"""At how many lines a process is killed: at every so many-th."""


@pytest.fixture
def fresh(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """The URL of a new, empty place for a ledger, on the database that is named."""
    with ExitStack() as stack:

        def place(kind: str) -> str:
            name = f"t{uuid.uuid4().hex[:12]}"
            if kind == "sqlite":
                return f"sqlite:///{tmp_path / name}.db"
            server = request.getfixturevalue("postgres_server")
            engine = create_engine(server, isolation_level="AUTOCOMMIT")
            with engine.connect() as c:
                c.execute(text(f"CREATE SCHEMA {name}"))

            def drop() -> None:
                with engine.connect() as c:
                    c.execute(text(f"DROP SCHEMA {name} CASCADE"))
                engine.dispose()

            stack.callback(drop)
            return f"{server}?options=-csearch_path%3D{name}"

        yield place


@pytest.fixture
def opened() -> Iterator[Callable[[str], Ledger]]:
    """Opens ledgers, and closes them in the end."""
    with ExitStack() as stack:

        def at(url: str) -> Ledger:
            made = Ledger(url)
            stack.callback(made.close)
            return made

        yield at


def kind(url: str) -> str:
    return url.partition(":")[0].partition("+")[0]


def at(instant: float) -> Plan:
    return Plan(at=When(instant, "2026-01-01T00:00", "UTC"))


def rows(c: Any, table: Any) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in c.execute(select(table).order_by(*table.primary_key.columns))]


def everything(ledger: Ledger, *without: str) -> dict[str, list[tuple[Any, ...]]]:
    with ledger.read() as c:
        return {t.name: rows(c, t) for t in TABLES if t.name not in without}


def busy(office: Any) -> dict[str, str]:
    """Announcements in every state, an audience and media; the id of each by what became of it."""
    office.retry.attempts = 1
    ledger = office.ledger
    enrol.load(
        ledger,
        roster.written('email,language,tags\na@b.example,en,"x,y"\nö@b.example,de,\n'),
        source="list",
        by="me",
    )
    audience.remove(ledger, "ö@b.example", by="me")
    made = {"draft": office.submit(title="draft"), "delivered": office.planned(title="delivered – “ü”")}
    office.deliver()
    with ledger.write() as c:
        c.execute(insert(schema.blob).values(digest="d" * 64, content=bytes(range(256)) * 40))
        c.execute(insert(schema.look).values(delivery=f"{made['delivered']}/one", kind="read", due=1.5))
    channel = office.channel()
    for name, answer in {"failed": Transient("no"), "unknown": OutcomeUnknown("silence")}.items():
        channel.answers = [answer]
        made[name] = office.planned(title=name)
        office.deliver(made[name])
    made["held"] = office.planned(title="held")
    ledger.hold(made["held"], "officer")
    made["later"] = office.planned(title="later", plan=at(ledger.clock() + 3600))
    return made


def aged(file: Path, seconds: float) -> None:
    """As if the backup had been made that much earlier."""
    with closing(sqlite3.connect(file)) as c, c:
        ((facts,),) = c.execute("SELECT value FROM identity WHERE name = 'backup'").fetchall()
        made = json.loads(facts)
        made["at"] -= seconds
        c.execute("UPDATE identity SET value = ? WHERE name = 'backup'", [json.dumps(made)])


# ------------------------------------------------------------ backing up


def test_a_backup_holds_every_row_of_every_table(office, tmp_path):
    """From SQLite and from PostgreSQL alike; who was told what is in it, and that nobody else may read it."""
    busy(office)
    made = backup.backup(office.ledger, tmp_path / "b.db")
    with backup.reading(made.file) as c:
        found = {t.name: rows(c, t) for t in TABLES if t.name != "identity"}
    assert found == everything(office.ledger, "identity")
    assert made.counts == {name: len(of) for name, of in found.items()}
    assert made.bytes == made.file.stat().st_size
    assert made.file.stat().st_mode & 0o777 == 0o600
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith((".", "b.db"))] == ["b.db"]


def test_what_was_never_there_stays_away(office, tmp_path):
    """No value is no value in the copy too, and not the word null."""
    office.planned()
    made = backup.backup(office.ledger, tmp_path / "b.db")
    with backup.reading(made.file) as c:
        assert c.execute(text("SELECT count(*) FROM part WHERE receipt IS NULL")).scalar() == 1


def test_a_backup_is_of_one_moment_while_others_write(office, tmp_path):
    """Every copy made meanwhile has its chains whole and as many attempts as their events tell."""
    stop = threading.Event()

    def work() -> None:
        n = 0
        while not stop.is_set():
            n += 1
            office.deliver(office.planned(title=f"Number {n}"))

    writer = threading.Thread(target=work)
    writer.start()
    try:
        made = [backup.backup(office.ledger, tmp_path / f"{n}.db") for n in range(6)]
    finally:
        stop.set()
        writer.join()
    for one in made:
        with backup.reading(one.file) as c:
            attempts = sum(p.attempt for p in c.execute(select(schema.part)))
            told = c.execute(text("SELECT count(*) FROM event WHERE kind = 'attempt'")).scalar()
        assert attempts == told
    assert made[-1].counts["event"] > made[0].counts["event"]


def test_memory_stays_flat(office, tmp_path):
    """Thirty megabytes of media go through in a few."""
    with office.ledger.write() as c:
        for n in range(30):
            c.execute(insert(schema.blob).values(digest=f"{n:064}", content=os.urandom(1_000_000)))
    tracemalloc.start()
    try:
        made = backup.backup(office.ledger, tmp_path / "b.db")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert made.bytes > 30_000_000
    assert peak < 12_000_000


def test_nothing_is_overwritten_unasked(office, tmp_path):
    """What exists stays, unless it is a file and one says so."""
    target = tmp_path / "b.db"
    target.write_text("dear to me")
    with pytest.raises(UsageError, match="--yes"):
        backup.backup(office.ledger, target)
    assert target.read_text() == "dear to me"
    assert backup.backup(office.ledger, target, replace=True).counts["announcement"] == 0
    for wrong in (tmp_path, tmp_path / "none" / "b.db", Path("/dev/null")):
        with pytest.raises(UsageError):
            backup.backup(office.ledger, wrong, replace=True)


def test_a_backup_never_takes_the_ledgers_own_place(fresh, opened, tmp_path):
    """Nor that of the files SQLite keeps beside it, nor by way of a link."""
    ledger = opened(fresh("sqlite"))
    own = Path(ledger.place)
    link = tmp_path / "link"
    link.symlink_to(own)
    for wrong in (own, own.with_name(f"{own.name}-wal"), link):
        with pytest.raises(UsageError, match="ledger itself"):
            backup.backup(ledger, wrong, replace=True)
    assert ledger.verify() == []


def test_a_ledger_that_was_tampered_with_replaces_no_good_backup(office, tmp_path):
    """Its fault is named, and yesterday's backup is kept."""
    office.planned()
    good = backup.backup(office.ledger, tmp_path / "b.db").file.read_bytes()
    with office.ledger.write() as c:
        c.execute(update(schema.event).where(schema.event.c.seq == 1).values(who="eve"))
    with pytest.raises(PublisherError, match="not what was recorded"):
        backup.backup(office.ledger, tmp_path / "b.db", replace=True)
    assert (tmp_path / "b.db").read_bytes() == good
    assert list(tmp_path.glob(".*")) == []


def _killed_at(line: int, work: Callable[[], Any]) -> int:
    """The status of a process that does `work` and is killed at the `line`-th new line of it; 0: it came through."""
    pid = os.fork()
    if pid:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    seen = set()

    def step(frame: Any, event: str, arg: Any) -> Any:
        seen.add((frame.f_code.co_filename, frame.f_lineno))
        if len(seen) == line:
            os.kill(os.getpid(), 9)
        return step

    ours = [room.__file__ for room in (backup, restore, migrate, identity, migrations)]
    sys.settrace(lambda frame, event, arg: step if frame.f_code.co_filename in ours else None)
    try:
        work()
        os._exit(0)
    finally:
        os._exit(1)


@pytest.mark.parametrize("step", EVERY)
def test_killed_in_the_middle_there_is_no_half_file_under_the_targets_name(
    office, database_url, tmp_path, step
):
    """SIGKILL at one line after the other: there is the backup from before, or the whole new one."""
    office.planned()
    target = tmp_path / "b.db"
    backup.backup(office.ledger, target)
    office.planned(title="Another")
    office.ledger.close()
    before, line, status = target.read_bytes(), 1, -9
    while status:
        status = _killed_at(line, lambda: backup.backup(Ledger(database_url), target, replace=True))
        assert status in (0, -9)
        if status or target.read_bytes() != before:
            with backup.reading(target) as c:
                whole = backup.described(c, target)
            assert whole.counts["announcement"] == (1 if target.read_bytes() == before else 2)
        line += step
    assert line > 60
    assert target.read_bytes() != before


# ------------------------------------------------------------ restoring


@pytest.mark.parametrize("to", ["sqlite", "postgresql"])
def test_restored_on_either_database_it_is_the_same_ledger(office, fresh, opened, tmp_path, to):
    """Every row comes over; new ones get numbers after the old; it is the ledger of the same id, paused, at home."""
    made = busy(office)
    file = backup.backup(office.ledger, tmp_path / "b.db").file
    url = fresh(to)
    done = restore.restore(url, file, by="officer")
    ledger = opened(url)
    changed = ("identity", "event", "chain", "lane", "tick")
    assert everything(ledger, *changed) == everything(office.ledger, *changed)
    assert ledger.verify() == []
    assert (done.unknown, done.held) == ([f"{made['unknown']}/one"], [f"{made['held']}/one"])
    assert done.failed == [f"{made['failed']}/one"]
    assert [e.hash for _, e in ledger.events(made["failed"])] == [
        e.hash for _, e in office.ledger.events(made["failed"])
    ]
    with office.ledger.read() as old, ledger.read() as new:
        ids = [
            c.scalar(select(schema.identity.c.value).where(schema.identity.c.name == "ledger"))
            for c in (old, new)
        ]
    assert ids[0] == ids[1]
    (lane,) = [lane for lane in ledger.lanes() if lane.name == "*"]
    assert (bool(lane.paused), lane.by) == (True, "officer")
    assert "restored from the backup of" in lane.reason
    office.ledger = ledger
    office.planned(title="Afterwards")
    assert ledger.verify() == []
    assert [e.kind for _, e in ledger.events("")][-1] == "restored"


@pytest.fixture
def since(office: Any, fresh: Any, opened: Any, tmp_path: Path) -> Any:
    """A ledger restored from an hour-old backup, and what was planned, waiting and sending in it."""
    ledger, channel = office.ledger, office.channel()
    now = ledger.clock()
    keys = {"due": office.planned(title="due", plan=at(now - 1800))}
    keys["overdue"] = office.planned(title="overdue", plan=at(now - 3590), parts=2)
    keys["later"] = office.planned(title="later", plan=at(now + 60))
    for name, answer in {
        "waiting": Transient("no", now),
        "delivered": Receipt("1"),
        "failed": Permanent("no"),
    }.items():
        channel.answers = [answer]
        keys[name] = office.planned(title=name)
        office.deliver(keys[name])
    with ledger.write() as c:
        theirs = schema.part.c.delivery == f"{keys['waiting']}/one"
        c.execute(update(schema.part).where(theirs).values(due=now - 10, first=now - 5000))
    keys["sending"] = office.planned(title="sending")
    ledger.claim(ledger.deliveries(keys["sending"])[0], 1, 3600)
    keys["asked"] = office.planned(title="asked")
    with ledger.write() as c:
        theirs = schema.part.c.delivery == f"{keys['asked']}/one"
        c.execute(update(schema.part).where(theirs).values(state="unknown", find_due=None, error="asked"))
    file = backup.backup(ledger, tmp_path / "b.db").file
    aged(file, 3500)
    url = fresh(kind(ledger.url))
    done = restore.restore(url, file, by="officer")
    office.ledger = opened(url)
    channel.sent.clear()
    channel.answers.clear()
    return keys, done


def test_what_was_due_since_the_backup_is_unknown(office, since):
    """Planned, waiting or sending: it may be public. What is due later is as it was, and so is a settled thing."""
    keys, done = since
    states = {name: office.states(key)["one"] for name, key in keys.items()}
    assert states == {
        "due": ["unknown"],
        "overdue": ["unknown", "unknown"],
        "waiting": ["unknown"],
        "sending": ["unknown"],
        "asked": ["unknown"],
        "later": ["planned"],
        "delivered": ["delivered"],
        "failed": ["failed"],
    }
    doubtful = ("due", "overdue", "waiting", "sending", "asked")
    assert done.unknown == sorted(f"{keys[name]}/one" for name in doubtful)
    for name in doubtful[:-1]:
        part, last = office.part(keys[name]), [e for _, e in office.ledger.events(keys[name])][-1]
        assert (part.kind, last.kind, last.data["count"]) == ("Restored", "unknown", len(states[name]))
        assert part.find_due is not None
    asked = office.part(keys["asked"])
    assert (asked.find_due, asked.error) == (None, "asked")
    assert office.ledger.verify() == []


def test_what_is_in_doubt_is_looked_up_and_never_sent_by_itself(office, since):
    """Paused or resumed: what is found is adopted, since when it can have gone out; the rest is left to a person."""
    keys, done = since
    channel, since_when = office.channel(), []

    def find(part: Any, since: float) -> Any:
        since_when.append(since)
        return (
            Found(Receipt("9", "https://x/9"))
            if part.key.startswith(keys["due"])
            else office.channel().__class__.find(channel, part, since)
        )

    channel.find = find
    office.deliver()
    assert office.states(keys["due"]) == {"one": ["delivered"]}
    assert channel.sent == []
    now, made = office.ledger.clock(), done.backup.at
    assert any(abs(s - (now - 1800)) < 30 for s in since_when)  # it was due then
    assert any(abs(s - (now - 5000)) < 30 for s in since_when)  # it was first tried then
    assert min(since_when) < made
    office.ledger.resume("officer")
    for skew in (6, 31, 1000):
        office.ledger.skew = skew
        office.deliver()
    assert {office.part(keys[n]).state for n in ("overdue", "waiting", "sending")} == {"unknown"}
    assert [part.key for part in channel.sent] == [f"{keys['later']}/one#0"]


def test_a_persons_answer_settles_what_was_restored(office, since):
    """Not public: it goes out, however late it has become; the posts of a thread one after the other."""
    keys, _ = since
    office.ledger.skew = 50  # the latest that `overdue` was to start is past
    office.ledger.resume("officer")
    for _ in range(2):
        office.ledger.resolve(f"{keys['overdue']}/one", "officer", published=False)
    office.ledger.resolve(f"{keys['due']}/one", "officer", published=True, receipt=Receipt("7"))
    office.deliver()
    assert office.states(keys["overdue"]) == {"one": ["delivered", "delivered"]}
    assert office.states(keys["due"]) == {"one": ["delivered"]}
    assert len(office.channel().sent) == 2


def test_a_mailing_is_in_doubt_too_and_is_not_looked_up_one_by_one(office, fresh, opened, tmp_path):
    """Who had not got it when the backup was made may have it by now: nobody is mailed again unasked."""
    from publisher.ledger import NewDelivery

    ledger = office.ledger
    enrol.load(ledger, roster.written("".join(f"reader{n}@b.example\n" for n in range(30))))
    key = office.submit()
    mailing = [NewDelivery(r, "http://127.0.0.1:1", "@office", True) for r in ledger.known(key).renderings]
    ledger.approve(key, "officer", mailing, needed=1)
    file = backup.backup(ledger, tmp_path / "b.db").file
    url = fresh(kind(ledger.url))
    done = restore.restore(url, file, by="officer")
    office.ledger = opened(url)
    assert done.unknown == [f"{key}/one"]
    assert {(p.state, p.find_due) for p in office.ledger.parts(f"{key}/one")} == {("unknown", None)}
    assert [e.data["count"] for _, e in office.ledger.events(key) if e.kind == "unknown"] == [30]
    office.ledger.resume("officer")
    office.deliver()
    assert office.channel().sent == []


def test_a_restored_ledger_still_knows_the_links_it_has_mailed(office, fresh, opened, tmp_path):
    """Who was asked to confirm an address before can do so after."""
    key = audience.secret(office.ledger)
    file = backup.backup(office.ledger, tmp_path / "b.db").file
    url = fresh("sqlite")
    restore.restore(url, file, by="me")
    assert audience.secret(opened(url)) == key


def test_what_is_no_backup_is_refused(office, fresh, tmp_path):
    """A missing file, another file, a copied ledger, a ledger that was started from a backup: each in one sentence."""
    other = tmp_path / "other"
    other.write_text("Dear Sir or Madam" * 300)
    office.planned()
    raw = fresh("sqlite")
    Ledger(raw).close()
    for wrong in (tmp_path / "none.db", other, Path(raw.removeprefix("sqlite:///"))):
        with pytest.raises(UsageError, match=r"no backup|no file"):
            restore.restore(fresh("sqlite"), wrong, by="me")
    file = backup.backup(office.ledger, tmp_path / "b.db").file
    started = Ledger(f"sqlite:///{file}")
    started.ticked("host")
    started.close()
    with pytest.raises(UsageError, match="no backup"):
        restore.restore(fresh("sqlite"), file, by="me")


@pytest.mark.parametrize(
    ("damage", "error", "says"),
    [
        ("UPDATE event SET who = 'eve' WHERE seq = 1", PublisherError, "not what was recorded"),
        ("DELETE FROM event WHERE id = (SELECT max(id) FROM event)", PublisherError, "removed"),
        ("UPDATE alembic_version SET version_num = '0000'", SettingsError, "publisher ledger migrate"),
    ],
)
def test_a_backup_that_does_not_hold_is_refused(office, fresh, opened, tmp_path, damage, error, says):
    """And the place it was to be restored into is as it was."""
    office.planned()
    file = backup.backup(office.ledger, tmp_path / "b.db").file
    with closing(sqlite3.connect(file)) as c, c:
        c.execute(damage)
    url = fresh(kind(office.ledger.url))
    with pytest.raises(error, match=says):
        restore.restore(url, file, by="me")
    assert opened(url).all() == []


def test_a_torn_file_is_refused(office, fresh, tmp_path):
    """Cut in half, as a full disk leaves it."""
    office.planned()
    file = backup.backup(office.ledger, tmp_path / "b.db").file
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    with pytest.raises(PublisherError):
        restore.restore(fresh("sqlite"), file, by="me")


def test_a_ledger_that_holds_something_is_never_filled(office, tmp_path):
    """On PostgreSQL not even with --yes."""
    office.planned()
    file = backup.backup(office.ledger, tmp_path / "b.db").file
    before = everything(office.ledger)
    with pytest.raises(UsageError, match="not empty"):
        restore.restore(office.ledger.url, file, by="me")
    if kind(office.ledger.url) == "postgresql":
        with pytest.raises(UsageError, match="not empty"):
            restore.restore(office.ledger.url, file, by="me", aside=True)
    assert everything(office.ledger) == before


@pytest.fixture
def settled(office: Any, database_url: str, fresh: Any, opened: Any, tmp_path: Path) -> Any:
    """An office on SQLite with one announcement that is due, and a backup of it."""
    if kind(database_url) != "sqlite":
        pytest.skip("about SQLite's files")
    key = office.planned()
    return key, backup.backup(office.ledger, tmp_path / "b.db").file, Path(office.ledger.place)


def test_the_old_file_is_kept_and_sends_nothing_any_more(office, settled, opened):
    """Moved aside whole and paused, so that nobody starts it by mistake."""
    key, file, place = settled
    office.ledger.note(key, "a late remark")
    office.ledger.close()
    done = restore.restore(f"sqlite:///{place}", file, by="me", aside=True)
    assert done.aside and done.aside.parent == place.parent
    old, new = opened(f"sqlite:///{done.aside}"), opened(f"sqlite:///{place}")
    assert [e.kind for _, e in old.events(key)][-1] == "a late remark"
    assert [e.kind for _, e in new.events(key)][-1] == "unknown"
    assert old.verify() == new.verify() == []
    assert old.due(1) == new.due(1) == []
    assert not list(place.parent.glob(".*"))


def test_a_ledger_that_is_in_use_is_not_moved_away(office, settled):
    """Whoever has it open would go on writing into the file that was moved."""
    _, file, place = settled
    assert office.ledger.clock()  # a connection that has it open
    with pytest.raises(SettingsError, match="stop every publisher"):
        restore.restore(f"sqlite:///{place}", file, by="me", aside=True)
    assert office.ledger.due(1)
    assert [p.name for p in place.parent.iterdir() if "restored" in p.name or "before" in p.name] == []


def test_a_damaged_ledger_can_be_replaced(office, settled, opened):
    """That is what backups are for."""
    key, file, place = settled
    office.ledger.close()
    for damage in ("another program's", b"\0" * 100 + place.read_bytes()[100:]):
        if isinstance(damage, bytes):
            place.write_bytes(damage)
        else:
            with closing(sqlite3.connect(place)) as c, c:
                c.execute("ALTER TABLE alembic_version RENAME TO theirs")
        with pytest.raises(UsageError, match="not empty"):
            restore.restore(f"sqlite:///{place}", file, by="me")
    done = restore.restore(f"sqlite:///{place}", file, by="me", aside=True)
    assert done.aside and done.aside.exists()
    assert opened(f"sqlite:///{place}").known(key)


def _standing(place: Path) -> list[tuple[str, int]]:
    with closing(sqlite3.connect(place)) as c:
        return c.execute("SELECT state, paused FROM part, lane WHERE lane.name = '*'").fetchall()


@pytest.mark.parametrize("step", EVERY)
def test_killed_while_restoring_nothing_is_lost_and_nothing_can_go_out_twice(office, settled, opened, step):
    """At one line after the other: the old ledger, untouched or paused, or the new one, paused; doing it again helps."""
    key, file, place = settled
    office.ledger.close()
    old, line, status = place.read_bytes(), 1, -9
    while status:
        for path in place.parent.glob(f"*{place.name}*"):
            path.unlink()
        place.write_bytes(old)
        status = _killed_at(line, lambda: restore.restore(f"sqlite:///{place}", file, by="me", aside=True))
        assert status in (0, -9)
        states = _standing(place) if place.exists() else []
        assert states in ([], [("planned", 0)], [("planned", 1)], [("unknown", 1)])
        done = restore.restore(f"sqlite:///{place}", file, by="me", aside=place.exists())
        assert done.unknown == [f"{key}/one"]
        line += step
    assert line > 60
    assert not list(place.parent.glob(".*"))


# ------------------------------------------------------------ migrating

THIS, NEXT = schema.VERSION, f"{int(schema.VERSION) + 1:04}"
STEP = '''"""A step that makes a table anew to which others refer"""
import sqlalchemy as sa
from alembic import op
revision, down_revision = "{new}", "{old}"
def upgrade():
    with op.batch_alter_table("delivery", recreate="always" if op.get_bind().dialect.name == "sqlite" else "auto") as b:
        b.add_column(sa.Column("note", sa.Text(), nullable=False, server_default="new"))
    {more}
def downgrade():
    pass
'''


@pytest.fixture
def newer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., None]:
    """From now on this is the version after the next one, whose schema has one more step."""

    def install(more: str = "") -> None:
        folder = tmp_path / "migrations"
        shutil.copytree(migrations.FOLDER, folder, ignore=shutil.ignore_patterns("__pycache__"))
        step = STEP.format(more=more, old=schema.VERSION, new=NEXT)
        (folder / "versions" / f"v{NEXT}.py").write_text(step)
        monkeypatch.setattr(migrations, "FOLDER", folder)
        monkeypatch.setattr(schema, "VERSION", NEXT)

    return install


def test_only_migrate_changes_an_older_ledger(office, newer, opened, tmp_path):
    """It is refused as it is; migrated it is whole, with its rows, and the backup beside is what it was."""
    made = busy(office)
    url, before = office.ledger.url, everything(office.ledger, "identity")
    office.ledger.close()
    newer()
    with pytest.raises(SettingsError, match="publisher ledger migrate"):
        Ledger(url)
    done = migrate.migrate(url, tmp_path / "before.db", by="officer")
    assert (done.old, done.new) == (THIS, NEXT)
    ledger = opened(url)
    with ledger.read() as c:
        assert {r.note for r in c.execute(text("SELECT note FROM delivery"))} == {"new"}
    changed = ("identity", "event", "chain")
    assert everything(ledger, *changed) == {k: v for k, v in before.items() if k not in changed}
    assert [(e.kind, e.who) for _, e in ledger.events("")][-1] == ("migrated", "officer")
    assert ledger.verify() == []
    assert ledger.known(made["later"])
    with backup.reading(done.backup.file) as c:
        assert {t.name: rows(c, t) for t in TABLES if t.name != "identity"} == before
    assert migrate.migrate(url, tmp_path / "again.db", by="officer") is None
    assert not (tmp_path / "again.db").exists()


def test_the_way_back_is_the_backup_and_the_version_before(
    office, newer, fresh, opened, tmp_path, monkeypatch
):
    """This version refuses it; the one before restores it."""
    key = office.planned()
    url = office.ledger.url
    office.ledger.close()
    with monkeypatch.context() as now:
        now.setattr(schema, "VERSION", schema.VERSION)
        newer()
        file = migrate.migrate(url, tmp_path / "before.db", by="officer").backup.file
        with pytest.raises(SettingsError, match=rf"schema {THIS}.*publisher ledger migrate"):
            restore.restore(fresh(kind(url)), file, by="officer")
    monkeypatch.undo()
    place = fresh(kind(url))
    restore.restore(place, file, by="officer")
    office.ledger = opened(place)
    assert office.states(key) == {"one": ["unknown"]}


@pytest.mark.parametrize(
    "more", ["raise RuntimeError('half way')", "op.execute(\"UPDATE event SET who = 'eve'\")"]
)
def test_a_migration_that_fails_changes_nothing(office, newer, tmp_path, more):
    """Half of it, or one that breaks the log: the ledger is as it was, and so is its version."""
    office.planned()
    url, before = office.ledger.url, everything(office.ledger)
    newer(more)
    with pytest.raises((RuntimeError, PublisherError), match=r"half way|nothing was changed"):
        migrate.migrate(url, tmp_path / "before.db", by="officer")
    assert everything(office.ledger) == before
    assert office.ledger.version() == THIS
    with office.ledger.read() as c, pytest.raises(Exception, match="note"):
        c.execute(text("SELECT note FROM delivery"))


def test_a_step_that_breaks_a_reference_is_undone(fresh, opened, office, newer, tmp_path):
    """SQLite does not see to it itself while a table is made anew."""
    office.ledger = opened(fresh("sqlite"))
    office.planned()
    url = office.ledger.url
    office.ledger.close()
    newer('op.execute("DELETE FROM delivery")')
    with pytest.raises(PublisherError, match="broke a reference in part"):
        migrate.migrate(url, tmp_path / "before.db", by="officer")
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as c:
        assert c.execute("SELECT count(*) FROM delivery").fetchone() == (1,)


def test_a_running_clock_must_be_stopped_first(office, newer, tmp_path):
    """It would go on with tables it does not know."""
    office.ledger.ticked("press1")
    url = office.ledger.url
    newer()
    with pytest.raises(SettingsError, match="press1"):
        migrate.migrate(url, tmp_path / "before.db", by="officer")
    with office.ledger.write() as c:
        c.execute(update(schema.tick).values(at=office.ledger.now() - 20))
    assert migrate.migrate(url, tmp_path / "before.db", by="officer")


def test_there_may_be_nothing_to_migrate(fresh, tmp_path):
    """A ledger that is not there is not made; one of a newer version, or of something else, is left alone."""
    url = fresh("sqlite")
    assert migrate.migrate(url, tmp_path / "b.db", by="me") is None
    assert not Path(url.removeprefix("sqlite:///")).exists()
    made = Ledger(url)
    with made.write() as c:
        c.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SettingsError, match="newer"):
        migrate.migrate(url, tmp_path / "b.db", by="me")
    with made.write() as c:
        c.execute(text("DROP TABLE alembic_version"))
    made.close()
    with pytest.raises(SettingsError, match="no ledger's"):
        migrate.migrate(url, tmp_path / "b.db", by="me")


# ------------------------------------------------------------ a copy beside the original


def copied(ledger: Ledger, url: str) -> None:
    """A copy of everything, as a file is copied or a dump loaded."""
    if kind(url) == "sqlite":
        ledger.close()  # so that all is in the one file
        shutil.copy2(ledger.place, url.removeprefix("sqlite:///"))
        return
    Ledger(url).close()
    with ledger.read() as source, create_engine(url).begin() as target:
        for table in reversed(TABLES):
            target.execute(table.delete())
        backup.pour(source, target, [t for t in backup.plain(source) if t.name != "alembic_version"])
        restore._continue_numbers(target)


@pytest.fixture
def twins(office: Any, fresh: Any, opened: Any) -> Any:
    """An office with one announcement due now and one due later; and a copy of its ledger, not yet opened to write."""
    now = office.ledger.clock()
    keys = office.planned(title="now"), office.planned(title="later", plan=at(now + 600))
    url = fresh(kind(office.ledger.url))
    copied(office.ledger, url)
    return keys, office.ledger, url


def test_a_copy_sends_nothing_and_the_original_goes_on(office, twins, opened):
    """The first thing that would be written pauses the copy, with a reason; what was due in it is unknown."""
    (now, later), original, url = twins
    office.ledger = copy = opened(url)
    office.deliver()
    office.ledger.skew = 601
    office.deliver()
    assert office.channel().sent == []
    assert (office.states(now), office.states(later)) == ({"one": ["unknown"]}, {"one": ["planned"]})
    (lane,) = [lane for lane in copy.lanes() if lane.name == "*"]
    assert lane.paused
    assert "copied or moved" in lane.reason and "publisher resume" in lane.reason
    assert original.place in lane.reason
    assert copy.verify() == []

    office.ledger = original
    original.skew = 601
    office.deliver()
    assert len(office.channel().sent) == 2
    assert not any(lane.paused for lane in original.lanes())


def test_a_person_accepts_the_new_place_once(office, twins, opened):
    """After `resume` it is at home there, for every process; what the other one may have sent is not sent again."""
    (now, later), _, url = twins
    copy = opened(url)
    copy.resume("officer")
    copy.skew = 601
    office.ledger = opened(url)
    office.ledger.skew = 601
    office.deliver()
    assert (office.states(now), office.states(later)) == ({"one": ["unknown"]}, {"one": ["delivered"]})
    assert [(e.kind, e.who) for _, e in copy.events("")] == [("paused", ""), ("resumed", "officer")]
    assert copy.verify() == []


def test_reading_a_copy_changes_nothing_in_it(twins, opened):
    """One may look into a copy as one likes."""
    (now, _), original, url = twins
    copy = opened(url)
    assert copy.known(now).title == "now"
    assert copy.counts() == {"planned": 2}
    assert everything(copy) == everything(original)


def test_a_pause_from_before_is_not_forgotten(office, twins, opened):
    """Its reason is told with the new one."""
    _, _, url = twins
    copy = create_engine(url)
    with copy.begin() as c:
        c.execute(
            update(schema.lane).where(schema.lane.c.name == "*").values(paused=True, reason="fire drill")
        )
    ledger = opened(url)
    ledger.ticked("host")
    assert "fire drill" in next(lane.reason for lane in ledger.lanes() if lane.name == "*")


def test_a_ledger_from_before_there_were_homes_takes_its_place_as_home(office):
    """Nobody can say more about it."""
    office.planned()
    with office.ledger.write() as c:
        c.execute(schema.identity.delete())
    office.ledger = Ledger(office.ledger.url)
    office.deliver()
    assert len(office.channel().sent) == 1
    with office.ledger.read() as c:
        assert {r.name for r in c.execute(select(schema.identity))} == {"ledger", "home"}
    office.ledger.close()


def test_a_renamed_file_is_at_home(settled, office, opened):
    """It is the same file."""
    key, _, place = settled
    office.ledger.close()
    place.rename(place.with_name("elsewhere.db"))
    office.ledger = opened(f"sqlite:///{place.with_name('elsewhere.db')}")
    office.deliver()
    assert office.states(key) == {"one": ["delivered"]}


def test_what_cannot_be_found_out_about_a_place_is_no_ground_for_alarm(opened, fresh, tmp_path, monkeypatch):
    """A container without a machine id is on the same machine; another id is another machine."""
    ids, url = tmp_path / "machine-id", fresh("sqlite")
    monkeypatch.setattr(identity, "MACHINE", ids)
    ids.write_text("0123456789abcdef\n")
    opened(url)
    paused = []
    for told in ("", "fedcba9876543210\n"):
        ids.write_text(told)
        ledger = opened(url)
        ledger.ticked("host")
        paused.append(bool(ledger.lanes()[0].paused))
    assert paused == [False, True]
    assert "0123456789abcdef" not in str(everything(ledger))
