"""The service killed in each phase of its work, and started again: nothing is lost, nothing is taken or posted twice."""

from __future__ import annotations

import os
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from publisher.api import Publisher
from publisher.ledger import Ledger
from publisher.sandbox import Sandbox
from publisher.settings import Settings
from tests.e2e.serving import SECRET, Site, ask, free_port, hook, post, settled, state, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

WORKER = Path(__file__).with_name("serve_worker.py")
LEDGER, SEEN, HOOK = (
    "publisher.ledger:Ledger.", "publisher.ledger.seen:Seen.", "publisher.serve.hooks:Hook.",
)  # fmt: skip

DELIVERING = [
    (LEDGER + "approve", "before", 1),
    (LEDGER + "approve", "after", 1),
    (LEDGER + "claim", "before", 1),
    (LEDGER + "claim", "after", 1),
    ("channels.x:X.send", "before", 1),
    ("channels.x:X.send", "after", 1),
    (LEDGER + "settle", "before", 1),
    (LEDGER + "settle", "after", 1),
]
TAKING = [
    ("publisher.triggers:take", "before", 1),
    ("publisher.triggers:take", "after", 1),
    (SEEN + "hold_item", "after", 1),
    (LEDGER + "submit", "before", 1),
    (LEDGER + "submit", "after", 1),
]


@pytest.fixture
def box() -> Iterator[Sandbox]:
    with Sandbox(limits=False) as made:
        # Without the service's own net against repetitions, so that a second post shows.
        made.x._said = lambda text: False  # type: ignore[method-assign]
        yield made


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def values(box: Sandbox, site: Site, tmp_path: Path) -> dict[str, str]:
    approved = {
        f"PUBLISHER_{trigger}__{name}": value
        for trigger in ("WEBHOOK", "FEED", "FOLDER")
        for name, value in (("POLICY", "approved"), ("CHANNELS", "x"))
    }
    return (
        box.settings()
        | approved
        | {
            "PUBLISHER_DATABASE_URL": f"sqlite:///{tmp_path / 'ledger.db'}",
            "PUBLISHER_FETCH__ALLOW_HOSTS": site.host,
            "PUBLISHER_PLAN__CHECK_URL": "false",
            "PUBLISHER_X__FIND_AFTER": "0.2,0.5,1,2",
        }
    )


Begin = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Begin]:
    """Starts the service; it dies where it is told to."""
    running: list[subprocess.Popen[bytes]] = []

    def started(values: dict[str, str], port: int, where: str = "-", when: str = "", nth: int = 0) -> Any:
        environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)} | values
        command = [sys.executable, str(WORKER), where, when, str(nth), str(port)]
        running.append(subprocess.Popen(command, env=environ, stderr=subprocess.DEVNULL))
        return running[-1]

    yield started
    for process in running:
        process.kill()
        process.wait()


def _up(port: int) -> str:
    url = f"http://127.0.0.1:{port}"
    until(lambda: ask(urllib.request.Request(f"{url}/health"))[0] == 200)
    return url


def _public_once(values: dict[str, str], box: Sandbox, titles: list[str]) -> None:
    """Once all is settled, by a person where a machine cannot: one announcement and one post for each title."""
    office = Publisher(Settings(values, files=False))
    try:
        until(
            lambda: sum(bool(office.ledger.deliveries(row.id)) for row in office.ledger.all()) == len(titles)
        )
        keys = [row.id for row in office.ledger.all()]
        until(lambda: settled(office, keys), every=0.2)
        for key in keys:
            if state(office, key) == "unknown":
                title = office.ledger.known(key).title
                office.resolve(key, published=any(p.text.startswith(title) for p in box.public), by="officer")
        until(lambda: settled(office, keys), every=0.2)
        assert sorted(office.ledger.known(key).title for key in keys) == sorted(titles)
        assert {state(office, key) for key in keys} == {"delivered"}
        assert office.ledger.verify() == []
    finally:
        office.close()
    assert sorted(p.text.partition("\n")[0] for p in box.public) == sorted(titles)


@pytest.mark.parametrize(
    ("where", "when", "nth"),
    [
        (HOOK + "_take", "before", 1),
        *TAKING,
        (SEEN + "let_go", "before", 1),
        (SEEN + "let_go", "after", 1),
        (HOOK + "_take", "after", 1),
        *DELIVERING,
    ],
)
def test_a_hook_is_taken_once(values, box, begin, where, when, nth) -> None:
    """The site sends its statement until it hears that it is stored, as its author would."""
    values = values | {"PUBLISHER_WEBHOOK__SECRET": SECRET}
    port = free_port()
    struck = begin(values, port, where, when, nth)
    status, said = post(_up(port), hook(1))
    told = said.get("announcement") if status == 202 else None
    assert struck.wait(30) == -9
    begin(values, port)
    url = _up(port)
    answers: list[tuple[int, dict[str, Any]]] = []

    def heard() -> bool:
        answers.append(post(url, hook(1)))
        return answers[-1][0] in (202, 409)

    until(heard)
    assert told in (None, answers[-1][1]["announcement"])
    assert post(url, hook(2))[0] == 202
    _public_once(values, box, ["Charter 1 is adopted", "Charter 2 is adopted"])


@pytest.mark.parametrize(
    ("where", "when", "nth"),
    [
        ("publisher.serve.feed:fetch", "before", 2),
        *TAKING,
        (SEEN + "remember", "before", 3),
        (SEEN + "remember", "after", 3),
        *DELIVERING,
    ],
)
def test_a_feed_is_read_once(values, site, box, begin, where, when, nth) -> None:
    """What was there at the first look is never taken, whatever happens after."""
    values = values | {"PUBLISHER_FEED__URL": f"{site.url}/feed", "PUBLISHER_FEED__EVERY": "5"}
    for n in (1, 2):
        site.page(f"/{n}", f"Harbour {n} opens")
    site.feed(("/1", "Harbour 1 opens", ""))
    port = free_port()
    struck = begin(values, port, where, when, nth)
    _up(port)
    ledger = Ledger(values["PUBLISHER_DATABASE_URL"])
    until(lambda: ledger.seen("feed", f"{site.url}/feed"))
    ledger.close()
    site.feed(("/2", "Harbour 2 opens", ""), ("/1", "Harbour 1 opens", ""))
    assert struck.wait(60) == -9
    begin(values, port)
    _public_once(values, box, ["Harbour 2 opens"])


@pytest.mark.parametrize(
    ("where", "when", "nth"),
    [
        *TAKING,
        ("publisher.serve.folder:Folder._aside", "before", 1),
        ("pathlib:Path.rename", "before", 1),
        ("pathlib:Path.rename", "after", 1),
        ("publisher.serve.folder:Folder._aside", "after", 1),
        *DELIVERING,
    ],
)
def test_a_file_is_taken_once(values, box, begin, tmp_path, where, when, nth) -> None:
    values = values | {"PUBLISHER_FOLDER__PATH": str(tmp_path / "in")}
    port = free_port()
    struck = begin(values, port, where, when, nth)
    _up(port)
    (tmp_path / "in" / "one.md").write_text(
        "---\ntitle: The pier is mended\nlanguage: en\n---\nIt is mended.\n"
    )
    assert struck.wait(60) == -9
    begin(values, port)
    until(lambda: list((tmp_path / "in" / "taken").iterdir()) and not (tmp_path / "in" / "one.md").exists())
    _public_once(values, box, ["The pier is mended"])
