"""`publisher bounces`: who is mailed no more because of what came back, and who still is."""

from __future__ import annotations

import io
import sqlite3
import sys

import pytest

REPORT = """From: MAILER-DAEMON@mx.example.net
To: {to}
Subject: Undelivered Mail
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; somebody@example.net
Action: {action}
Status: {status}

--b--
"""
COMPLAINT = """From: fbl@provider.example
To: {to}
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="b"

--b
Content-Type: message/feedback-report

Feedback-Type: abuse

--b--
"""


@pytest.fixture
def mailed(desk, box, monkeypatch):
    """Mails a statement to the list; returns the envelope sender of each reader's mail."""
    monkeypatch.setenv("PUBLISHER_EMAIL__LIST_ADDRESS", "")
    monkeypatch.setenv("PUBLISHER_EMAIL__BOUNCE_ADDRESS", "bounces@sandbox.example")

    def mail(n: int = 1) -> dict[str, str]:
        box.clear()
        about = ("water", "schools", "harbours")[n - 1]
        text = f"# Ministers agree on {about}\n\nThe ministers spoke of {about} and agreed on all that was asked.\n"
        ran = desk("publish", desk.write(text, f"{about}.md"), "--yes", "--channel", "email")
        assert ran.code == 0, ran.err
        return {p.recipient.partition("@")[0]: p.sender for p in box.public}

    for name in ("ann", "bob", "eve"):
        desk("subscribers", "add", f"{name}@press.example")
    return mail


def report(to: str, status: str = "5.1.1", action: str = "failed", form: str = REPORT) -> str:
    return form.format(to=to, status=status, action=action)


def listed(desk) -> set[str]:
    rows = desk("subscribers", "list", "--json").json["subscribers"]
    return {row["email"].partition("@")[0] for row in rows}


def test_a_bad_address_and_a_complaint_end_it_at_once_and_for_good(desk, box, mailed) -> None:
    back = mailed()
    bad = desk.write(report(back["ann"]), "bad.eml")
    spam = desk.write(report(back["bob"], form=COMPLAINT), "spam.eml")

    tried = desk("bounces", "--dry-run", "--json", bad, spam)
    assert [m["done"] for m in tried.json["mails"]] == ["suppressed", "suppressed"]
    assert listed(desk) == {"ann", "bob", "eve"}

    ran = desk("bounces", bad, spam, "--json")
    assert ran.code == 0
    assert [(m["email"], m["done"], m["status"]) for m in ran.json["mails"]] == [
        ("ann@press.example", "suppressed", "5.1.1"),
        ("bob@press.example", "suppressed", None),
    ]
    assert listed(desk) == {"eve"}
    assert [m["done"] for m in desk("bounces", bad, spam, "--json").json["mails"]] == ["known", "known"]
    assert "bounced" in desk("subscribers", "add", "ann@press.example").err
    exported = desk("subscribers", "export", "--suppressed").out
    assert "ann@press.example,bounced" in exported
    assert "bob@press.example,complained" in exported
    events = [e for e in desk("log", "--json").json["events"] if e["event"] == "unsubscribed"]
    assert [(e["reason"], e["who"]) for e in events] == [
        ("bounced", "(returned mail)"),
        ("complained", "(returned mail)"),
    ]
    assert desk("log", "--verify").code == 0


def test_another_failure_counts_once_a_statement_and_ends_it_at_the_third(desk, box, mailed) -> None:
    seen = []
    for n in (1, 2, 3):
        mail = desk.write(report(mailed(n)["ann"], "5.2.2"), f"{n}.eml")
        for _ in range(2):
            tried = desk("bounces", "--dry-run", "--json", mail).json["mails"][0]["done"]
            done = desk("bounces", "--json", mail).json["mails"][0]["done"]
            assert tried == done
            seen.append(done)
    assert seen == ["counted", "known", "counted", "known", "suppressed", "known"]
    assert listed(desk) == {"bob", "eve"}


@pytest.mark.parametrize(
    ("status", "action", "done"),
    [
        ("4.4.1", "delayed", "ignored"),
        ("4.4.7", "failed", "ignored"),
        ("5.7.26", "failed", "ignored"),
        ("5.1.8", "failed", "ignored"),
        ("2.0.0", "delivered", "ignored"),
    ],
)
def test_what_passes_or_is_about_us_costs_nobody_their_place(desk, mailed, status, action, done) -> None:
    mail = desk.write(report(mailed()["ann"], status, action), "back.eml")
    assert desk("bounces", mail, "--json").json["mails"][0]["done"] == done
    assert listed(desk) == {"ann", "bob", "eve"}


def test_forged_mail_takes_nobody_off_the_list(desk, mailed) -> None:
    back = mailed()
    forged = back["ann"].replace(back["ann"].split("-")[2][:16], back["bob"].split("-")[2][:16])
    ran = desk("bounces", desk.write(report(forged), "forged.eml"), "--json")
    assert (ran.code, ran.json["mails"][0]["done"], ran.json["mails"][0]["email"]) == (0, "unproven", None)
    assert listed(desk) == {"ann", "bob", "eve"}


def test_a_failure_of_a_mail_that_was_never_sent_is_not_counted(desk, mailed) -> None:
    """The MAC is genuine where the reader made it; the ledger knows better."""
    from channels.email import verp
    from publisher import audience
    from publisher.ledger import Ledger
    from publisher.settings import Settings

    mailed()
    db = Ledger(Settings().database_url)
    (ann,) = [p for p in audience.listed(db) if p.address.startswith("ann")]
    db.close()
    to = verp.envelope("bounces@sandbox.example", ann.id, "zzzzzz", ann.token)
    ran = desk("bounces", desk.write(report(to, "5.2.2"), "other.eml"), "--json")
    assert ran.json["mails"][0]["done"] == "unproven"


def test_a_pipe_from_the_mail_server_is_read(desk, mailed, monkeypatch) -> None:
    mail = report("undisclosed-recipients:;")
    back = mailed()["ann"]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(mail.encode())))
    ran = desk("bounces", "--recipient", back)
    assert (ran.code, ran.out.split()[:2]) == (0, ["suppressed", "ann@press.example"])


def test_a_maildir_is_emptied_into_what_has_been_seen(desk, mailed) -> None:
    back = mailed()
    box = desk.folder / "Maildir"
    for name in ("new", "cur", "tmp"):
        (box / name).mkdir(parents=True)
    (box / "new" / "1.a").write_text(report(back["ann"]))
    (box / "new" / "2.b").write_bytes(b"")
    (box / "new" / "3.c").write_text(report(back["eve"]))
    ran = desk("bounces", "--maildir", box, "--dry-run")
    assert (ran.code, len(list((box / "new").iterdir()))) == (65, 3)
    ran = desk("bounces", "--maildir", box)
    assert (ran.code, [line.split()[0] for line in ran.out.splitlines()]) == (65, ["suppressed", "unreadable", "suppressed"])  # fmt: skip
    assert {p.name for p in (box / "cur").iterdir()} == {"1.a:2,S", "2.b:2,FS", "3.c:2,S"}
    assert list((box / "new").iterdir()) == []
    assert desk("bounces", "--maildir", box).code == 0
    assert listed(desk) == {"bob"}


def test_a_ledger_that_is_held_makes_the_mail_server_try_again(desk, mailed, monkeypatch) -> None:
    from publisher.ledger import engine
    from publisher.settings import Settings

    mail = desk.write(report(mailed()["ann"]), "back.eml")
    monkeypatch.setattr(engine, "BUSY", 0.05)
    holder = sqlite3.connect(Settings().database_url.removeprefix("sqlite:///"), isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    ran = desk("bounces", mail)
    holder.execute("ROLLBACK")
    holder.close()
    assert (ran.code, "try again" in ran.err) == (75, True)
    assert desk("bounces", mail).code == 0


@pytest.mark.parametrize(
    ("words", "code"),
    [(["missing.eml"], 2), (["--maildir", "."], 2), (["--maildir", ".", "--recipient", "a@b.org"], 2)],
)
def test_what_makes_no_sense_is_said(desk, words, code) -> None:
    assert desk("bounces", *words).code == code
