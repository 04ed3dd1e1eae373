"""The sandbox as a whole: starting, stopping, its control surface, its record file, its list of faults."""

from __future__ import annotations

import json
import random
import re
import smtplib
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from publisher.errors import UsageError
from publisher.sandbox import FAULTS, Sandbox, faults, linkedin, linkedin_answers, smtp, x, x_problems


@pytest.fixture
def box() -> Iterator[Sandbox]:
    with Sandbox() as box:
        yield box


def post(box: Sandbox, text: str) -> str:
    """A LinkedIn post: the shortest way to make something public."""
    made = box.settings()
    headers = {
        "Authorization": f"Bearer {made['PUBLISHER_LINKEDIN__ACCESS_TOKEN']}",
        "LinkedIn-Version": "202609",
        "X-Restli-Protocol-Version": "2.0.0",
    }
    body: dict[str, object] = {
        "author": made["PUBLISHER_LINKEDIN__ORGANIZATION"],
        "commentary": text,
        "visibility": "PUBLIC",
    }
    body |= {"distribution": {"feedDistribution": "MAIN_FEED"}, "lifecycleState": "PUBLISHED"}
    answer = requests.post(f"{box.linkedin_url}/rest/posts", json=body, headers=headers, timeout=5)
    return answer.headers["x-restli-id"]


def mail(box: Sandbox) -> None:
    place = urlsplit(box.smtp_url)
    with smtplib.SMTP(str(place.hostname), int(place.port or 0), timeout=5) as client:
        client.sendmail("a@b.example", ["c@d.example"], b"Subject: S\r\n\r\nT\r\n")


def two_free_ports() -> int:
    """The first of two neighbours that nobody has: below those that the system gives to whoever asks for any."""
    while True:
        port = random.randrange(20_000, 30_000)
        with suppress(OSError), socket.socket() as one, socket.socket() as other:
            one.bind(("127.0.0.1", port))
            other.bind(("127.0.0.1", port + 1))
            return port


def test_ports_are_ours_to_choose_and_linkedin_takes_the_next_one() -> None:
    port = two_free_ports()
    with Sandbox(port) as box:
        assert (box.x_url, box.linkedin_url) == (f"http://127.0.0.1:{port}", f"http://127.0.0.1:{port + 1}")
        with pytest.raises(UsageError, match=str(port)):
            Sandbox(port).start()


def test_a_stopped_sandbox_leaves_neither_listeners_nor_threads() -> None:
    before = threading.active_count()
    with Sandbox() as box:
        mail(box)
        idle = socket.create_connection(("127.0.0.1", int(box.x_url.rpartition(":")[2])))
        idle.sendall(b"GET /sandbox/public HTTP/1.1\r\n\r\n")
        assert idle.recv(65536).startswith(b"HTTP/1.1 200")
        url = box.x_url
    assert idle.recv(1) == b""
    idle.close()
    with pytest.raises(requests.ConnectionError):
        requests.get(url, timeout=2)
    for thread in threading.enumerate():
        if thread.name in ("x", "linkedin", "smtp"):
            thread.join(5)
    assert threading.active_count() <= before


def test_settings_name_every_credential_and_hold_no_real_address(box: Sandbox) -> None:
    made = box.settings()
    needed = {"API_URL", "API_KEY", "API_SECRET", "ACCESS_TOKEN", "ACCESS_TOKEN_SECRET"}
    assert {f"PUBLISHER_X__{name}" for name in needed} <= set(made)
    assert {"PUBLISHER_LINKEDIN__API_URL", "PUBLISHER_LINKEDIN__ORGANIZATION"} <= set(made)
    assert {"PUBLISHER_EMAIL__SMTP_URL", "PUBLISHER_EMAIL__SENDER"} <= set(made)
    assert all("127.0.0.1" in v for n, v in made.items() if n.endswith(("API_URL", "SMTP_URL")))


def test_the_control_surface_shows_and_changes_what_is_public(box: Sandbox) -> None:
    def control(path: str, **body: object) -> requests.Response:
        return requests.post(f"{box.x_url}/sandbox/{path}", json=body, timeout=5)

    urn = post(box, "As approved \\(1\\)")
    assert control("edit", id=urn, text="Changed (2)").status_code == 200
    assert control("edit", id="urn:li:share:1", text="x").status_code == 404
    shown = requests.get(f"{box.x_url}/sandbox/public", timeout=5).json()
    assert [(p["id"], p["text"], p["deleted"]) for p in shown] == [(urn, "Changed (2)", False)]
    assert control("delete", id=urn).status_code == 200
    assert box.public[0].deleted
    asked = requests.get(f"{box.x_url}/sandbox/requests", timeout=5).json()
    assert [(r["service"], r["path"], r["status"]) for r in asked] == [("linkedin", "/rest/posts", 201)]
    assert asked[0]["body"]["commentary"] == "As approved \\(1\\)"
    assert control("clear").status_code == 200
    assert (box.public, box.requests) == ([], [])
    assert post(box, "As approved \\(1\\)")


def test_faults_are_armed_from_outside_and_nonsense_is_refused(box: Sandbox) -> None:
    def fault(**body: object) -> requests.Response:
        return requests.post(f"{box.x_url}/sandbox/fault", json=body, timeout=5)

    assert fault(name="linkedin-401", count=2).json() == {"armed": {"linkedin-401": 2}}
    assert fault(name="linkedin-401", count=0).json() == {"armed": {}}
    wrong = fault(name="linkedin-410")
    assert (wrong.status_code, "linkedin-401" in wrong.json()["error"]) == (400, True)
    assert fault(count=1).status_code == 400
    assert fault(name="x-drop", count="many").status_code == 400
    assert requests.post(f"{box.x_url}/sandbox/fault", data="{", timeout=5).status_code == 400
    assert requests.get(f"{box.x_url}/sandbox/nothing", timeout=5).status_code == 404


@pytest.mark.parametrize("fault", ["x-dorp", "drop", "", "x-drop:", "x-drop:two", "x-drop:-1"])
def test_a_fault_that_is_none_is_a_usage_error(fault: str) -> None:
    with pytest.raises(UsageError):
        Sandbox(faults=[fault])


def test_faults_given_at_the_start_are_armed_with_their_counts() -> None:
    with Sandbox(faults=["x-drop", "smtp-4xx:3"]) as box:
        assert box.armed == {"x-drop": 1, "smtp-4xx": 3}


def test_every_fault_is_documented_and_struck_somewhere() -> None:
    """The names in the table, in the text and in the code are the same ones."""
    strikes = {f"x-{n}" for n in (*x_problems.REFUSALS, *x._ACCEPTED, "alt", "alt-lost", "refuse")}
    strikes |= {
        f"linkedin-{n}"
        for n in (*linkedin_answers.REFUSALS, *linkedin._ACCEPTED, "processing-failed", "refuse")
    }
    strikes |= {
        f"smtp-{n}" for n in (*smtp._BY_FAULT, "drop-after-dot", "hang-after-dot", "drop-before-dot", "421")
    }
    assert strikes | {"smtp-refuse"} == set(FAULTS)
    words = set(re.findall(r"\S+", faults.__doc__ or ""))
    assert {name.partition("-")[2] for name in FAULTS} <= words


def test_the_record_file_has_a_line_for_each_public_event(tmp_path: Path) -> None:
    path = tmp_path / "public.jsonl"
    with Sandbox(record=path) as box:
        urn = post(box, "One")
        lines = path.read_text().splitlines()  # flushed before the answer came
        assert [(e["event"], e["service"], e["text"]) for e in map(json.loads, lines)] == [
            ("published", "linkedin", "One")
        ]
        mail(box)
        box.edit(urn, "Two")
        box.delete(urn)
        box.delete(urn)
    events = [(e["event"], e["text"]) for e in map(json.loads, path.read_text().splitlines())]
    assert events == [
        ("published", "One"),
        ("published", "Subject: S\r\n\r\nT\r\n"),
        ("changed", "Two"),
        ("deleted", "Two"),
    ]


def test_importing_it_brings_in_no_heavy_library() -> None:
    import subprocess
    import sys

    code = "import sys, publisher.sandbox; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {"requests", "tweepy", "oauthlib", "sqlalchemy", "channels", "pydantic"} & set(loaded)


@pytest.mark.parametrize("smtp", [8600, 8601])
def test_one_port_for_two_servers_is_refused_by_name(smtp: int) -> None:
    """LinkedIn's is the one after X's, which nobody has to know."""
    with pytest.raises(UsageError, match=f"port {smtp} was asked for twice: X is at 8600, LinkedIn at 8601"):
        Sandbox(8600, smtp)
