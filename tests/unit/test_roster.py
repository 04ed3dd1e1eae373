"""Lists of people, as services and offices write them."""

from __future__ import annotations

import gc
import io
import tracemalloc
from pathlib import Path

import pytest
from sqlalchemy import select

from publisher import audience, enrol, roster
from publisher.address import normal
from publisher.errors import StatementError, UsageError
from publisher.ledger import Ledger
from publisher.ledger.schema import subscriber
from publisher.roster import Person


def read(text: str, encoding: str = "utf-8", **wanted: str) -> list[Person]:
    return list(roster.people(io.BytesIO(text.encode(encoding)), wanted))


@pytest.mark.parametrize(
    ("text", "stop"),
    [
        ("Email Address,First Name,Last Name,UNSUB_TIME\na@x.org,Zoë,Ann,2026-01-02 10:00:00\n", "left"),
        ("Email Address,First Name,Last Name,CLEAN_TIME\na@x.org,Zoë,Ann,2026-01-02\n", "bounced"),
        ("Email Address,First Name,Last Name,TAGS\na@x.org,Zoë,Ann,\n", ""),
        ("CONTACT ID;EMAIL;FIRSTNAME;LASTNAME;BLOCKLISTED\n1;a@x.org;Zoë;Ann;true\n", "blocked"),
        ("CONTACT ID;EMAIL;FIRSTNAME;LASTNAME;BLOCKLISTED\n1;a@x.org;Zoë;Ann;false\n", ""),
        ("Email\tName\tStatus\na@x.org\tZoë Ann\tunsubscribed\n", "left"),
        ("Email\tName\tStatus\na@x.org\tZoë Ann\tJunk\n", "complained"),
        (
            "Members for group press\nEmail address,Nickname,Email status\na@x.org,Zoë Ann,bouncing\n",
            "bounced",
        ),
        ("uuid,email,name,status\n1,a@x.org,Zoë Ann,enabled\n", ""),
        ("Zoë Ann <a@x.org>\n", ""),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_exports_are_read_as_they_are(text: str, stop: str, encoding: str) -> None:
    (person,) = read(text, encoding)
    assert (person.email, person.name, person.stop, person.fault) == ("a@x.org", "Zoë Ann", stop, "")


@pytest.mark.parametrize(
    ("text", "stop"),
    [
        ("email,State\na@x.org,Unsubscribed\n", "left"),  # Campaign Monitor
        ("email,State\na@x.org,Bounced\n", "bounced"),
        ("email,State\na@x.org,California\n", ""),
        ("Email address,Email permission status\na@x.org,Unsubscribed\n", "left"),  # Constant Contact
        ("Email address,Email permission status\na@x.org,Implied\n", ""),
        ("Email,Unsubscribed from all email,Email hard bounce reason\na@x.org,true,\n", "left"),  # HubSpot
        ("Email,Unsubscribed from all email,Email hard bounce reason\na@x.org,,UNKNOWN_USER\n", "bounced"),
        ("Email,Unsubscribed from all email,Email hard bounce reason\na@x.org,false,\n", ""),
        ("Email,Email disabled,Digest enabled\na@x.org,TRUE,TRUE\n", "blocked"),  # Substack
        ("email,subscribed_to_emails,deleted_at\na@x.org,false,\n", "left"),  # Ghost
        ("email,subscribed_to_emails,deleted_at\na@x.org,true,\n", ""),
        ("Email address,Email status,Email preference\na@x.org,,No email\n", "left"),  # Google Groups
        ("EMAIL;BLOCKLISTED;EMAIL_BLACKLISTED\na@x.org;false;Yes\n", "blocked"),  # any of two
        ("email,Unsubscribed\na@x.org,2025-01-02\n", "left"),
        ("email,Unsubscribed\na@x.org,0000-00-00 00:00:00\n", ""),
    ],
)
def test_whoever_has_left_anywhere_is_not_mailed_from_here(text: str, stop: str) -> None:
    (person,) = read(text)
    assert (person.email, person.stop, person.fault) == ("a@x.org", stop, "")


def test_who_has_not_confirmed_is_not_added_nor_stopped() -> None:
    yes, no = read("email\tconfirmed\tblacklisted\na@x.org\t1\t0\nb@x.org\t0\t0\n")  # phpList
    assert (yes.stop, yes.fault) == ("", "")
    assert (no.stop, no.fault) == ("", "they have not confirmed that they want mail")


def test_a_column_that_may_say_who_wants_no_mail_is_never_passed_over() -> None:
    text = "email,Newsletter opt-out\na@x.org,1\nb@x.org,\n"
    with pytest.raises(UsageError, match="--map left='newsletter opt out'"):
        read(text)
    assert [p.stop for p in read(text, left="Newsletter opt-out")] == ["left", ""]
    assert [p.stop for p in read(text, left="")] == ["", ""]
    assert [p.stop for p in roster.people(io.BytesIO(text.encode()), off=True)] == ["", ""]
    beside = "email,UNSUB_REASON,SMS_BLACKLISTED,OPTIN_IP,Bounce count\na@x.org,,Yes,1.2.3.4,0\n"
    assert [p.stop for p in read(beside)] == [""]


def test_a_table_without_a_header_asks_for_one() -> None:
    (row,) = read("a@x.org,Anne,fr\n")
    assert "write email,name" in row.fault
    assert [(p.email, p.name) for p in read("a@x.org Anne Person\n")] == [("a@x.org", "Anne Person")]


def test_an_encoding_can_be_said() -> None:
    raw = "email;name\na@x.org;Павел\n".encode("cp1251")
    (person,) = roster.people(io.BytesIO(raw), encoding="cp1251")
    assert person.name == "Павел"
    with pytest.raises(StatementError, match="no text"):
        list(roster.people(io.BytesIO(raw), encoding="ascii"))


def test_columns_can_be_named() -> None:
    text = "Work,Private,State\na@x.org,b@x.org,x\n"
    assert read(text, email="private")[0].email == "b@x.org"
    with pytest.raises(UsageError, match="no column 'Nom'"):
        read("email\na@x.org\n", name="Nom")
    with pytest.raises(UsageError, match="no header"):
        read(text, email="Office")


def test_what_cannot_be_used_says_why() -> None:
    assert "status" in read("email,status\na@x.org,pending\n")[0].fault
    assert not read("email,status\na@x.org,pending\n", status="")[0].fault
    assert "no tag" in read("email,language\na@x.org,Français\n")[0].fault
    assert read("email,language\na@x.org,fr_ch\n")[0].language == "fr-CH"
    (first, *_) = read('email,name\na@x.org,"Bob\n' + "b@x.org,B\n" * 200)
    assert "not closed" in first.fault
    with pytest.raises(StatementError, match="NUL"):
        read("email\na\0@x.org\n")


def test_an_import_is_the_same_dry_and_revives_nobody(ledger: Ledger) -> None:
    people = [Person(1, "a@x.org"), Person(2, "A@x.org"), Person(3, "b@x.org", stop="left"), Person(4, "no")]
    for dry in (True, False):
        made = enrol.load(ledger, people, dry=dry)
        assert (made.added, made.known, made.stopped, made.unusable) == (1, 1, 1, 1)
    assert [p.address for p in audience.listed(ledger)] == ["a@x.org"]
    again = enrol.load(ledger, [Person(1, "b@x.org")])
    assert (again.added, again.suppressed) == (0, 1)
    enrol.load(ledger, [Person(1, "a@x.org")], suppress=True)
    assert audience.size(ledger) == 0
    assert {p.normal: p.reason for p in audience.suppressed(ledger)} == {
        "a@x.org": "suppressed",
        "b@x.org": "left",
    }


def test_duplicates_far_apart_count_the_same_dry(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(enrol, "BATCH", 2)
    people = [Person(n, f"p{n % 5}@x.org", stop="left" if n == 7 else "") for n in range(12)]
    dry, real = (enrol.load(ledger, people, dry=d) for d in (True, False))
    assert (dry.added, dry.stopped, dry.known + dry.suppressed) == (5, 1, 6)
    assert dry == real


@pytest.mark.parametrize(
    "address",
    [
        "a@x.org\r\nBcc: b@x.org",
        "a\0@x.org",
        "a\u202e@x.org",
        f"{'a' * 65}@x.org",
        "a@p\u0430ypal.com",
        "a@b@x.org",
    ],
)
def test_addresses_that_deceive_are_refused(address: str) -> None:
    with pytest.raises(UsageError):
        normal(address)


def test_memory_does_not_grow_with_the_file() -> None:
    peaks = []
    for rows in (5_000, 15_000):
        stream = io.BytesIO(b"email\n" + b"reader@example.org\n" * rows)
        tracemalloc.start()
        assert sum(1 for _ in roster.people(stream)) == rows
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] * 1.5


@pytest.mark.parametrize(
    ("text", "stop"),
    [
        ("anne@x.org\n", ""),
        ('"Person, Anne" <anne@x.org>\n', ""),
        ("Subscribed Address,Display Name,Delivery Status\nanne@x.org,Anne,enabled\n", ""),
        ("Member Address,Display Name,Delivery Status\nanne@x.org,Anne,by_bounces\n", "bounced"),
        ("address,display_name,delivery_status\nanne@x.org,Anne,by_user\n", "left"),
        ("address,display_name,delivery_status\nanne@x.org,Anne,by_moderator\n", "blocked"),
    ],
)
def test_what_mailman_writes_is_read(text: str, stop: str) -> None:
    (person,) = read(text)
    assert (person.email, person.stop, person.fault) == ("anne@x.org", stop, "")


def test_every_refused_line_is_told_with_its_reason(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(enrol, "SHOWN", 1)
    told: list[tuple[int, str]] = []
    made = enrol.load(
        ledger,
        roster.written("nobody\na@x.org\n@x.org\n"),
        refused=lambda line, email, why: told.append((line, email)),
    )
    assert (made.added, made.unusable, len(made.refused)) == (1, 2, 1)
    assert told == [(1, "nobody"), (3, "@x.org")]


@pytest.mark.parametrize(
    ("reader", "languages", "main", "gets"),
    [
        ("fr-CH", ["en", "fr"], "en", "fr"),
        ("fr", ["en", "fr-CH"], "en", "en"),
        ("fr-CH", ["en", "fr", "fr-CH"], "en", "fr-CH"),
        ("fr-BE", ["en", "fr", "fr-CH"], "en", "fr"),
        ("fr-CH", ["fr-CH", "fr"], "fr-CH", "fr-CH"),
        ("fr-BE", ["fr-CH", "fr"], "fr-CH", "fr"),
        ("zh-Hant-TW", ["en", "zh", "zh-Hant"], "en", "zh-Hant"),
        ("frr", ["en", "fr"], "en", "en"),
        ("en-GB", ["en", "fr"], "en", "en"),
        ("", ["en", "fr"], "en", "en"),
        ("de", ["en"], "en", "en"),
    ],
)
def test_each_reader_gets_one_language_the_nearest(
    ledger: Ledger, reader: str, languages: list[str], main: str, gets: str
) -> None:
    audience.add(ledger, "a@x.org", language=reader)
    with ledger.read() as c:
        found = [
            language
            for language in languages
            if c.scalar(select(subscriber.c.id).where(audience.reads(language, languages, main)))
        ]
    assert found == [gets]


def test_a_language_that_is_none_is_refused(ledger: Ledger) -> None:
    with pytest.raises(UsageError, match="no tag"):
        audience.add(ledger, "a@x.org", language="Français")
    audience.add(ledger, "a@x.org", language="FR_ch", tags=["press"])
    assert [(p.language, p.tags) for p in audience.listed(ledger)] == [("fr-CH", ["press"])]


def test_a_command_that_runs_long_collects_its_garbage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A start collects none, to be quick; an import that did the same would grow with its file."""
    from publisher.cli import main

    (tmp_path / "p.csv").write_text("email\na@x.org\n")
    monkeypatch.setenv("PUBLISHER_DATABASE_URL", f"sqlite:///{tmp_path / 'l.db'}")
    before = gc.get_threshold()
    gc.set_threshold(50_000)
    try:
        with pytest.raises(SystemExit):
            main(["subscribers", "import", str(tmp_path / "p.csv")])
        assert gc.get_threshold()[0] < 1000
    finally:
        gc.set_threshold(*before)
