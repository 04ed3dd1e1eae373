"""A flood of signed requests: whatever was answered 202 is there, once; nobody else is told that it is."""

from __future__ import annotations

import signal
import sys
import urllib.request
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from publisher.ledger import Ledger
from publisher.sandbox import Sandbox
from tests.e2e.serving import ask, free_port, started, until
from tests.flooding import SECRET, flooded

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

A_SECOND, SECONDS = 1000, 10


def test_a_thousand_requests_a_second_lose_and_double_nothing(tmp_path: Path, capsys: Any) -> None:
    """Ten thousand requests over ten seconds; each statement is sent twice, under two signatures."""
    with Sandbox(limits=False) as box:
        values = box.settings() | {
            "PUBLISHER_EMAIL__LIST_ADDRESS": "everybody@press.example",
            "PUBLISHER_DATABASE_URL": f"sqlite:///{tmp_path / 'ledger.db'}",
            "PUBLISHER_WEBHOOK__SECRET": SECRET,
            "PUBLISHER_LOG__LEVEL": "error",
        }
        port = free_port()
        process = started(values, port, tmp_path)
        health = urllib.request.Request(f"http://127.0.0.1:{port}/health")
        until(lambda: ask(health)[0] == 200)
        told = flooded(port, A_SECOND * SECONDS, a_second=A_SECOND, times=2)
        assert ask(health)[0] == 200
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    ledger = Ledger(values["PUBLISHER_DATABASE_URL"])
    stored = {row.id: row.title for row in ledger.all()}
    ledger.close()
    answers, seconds = told["answers"], told["seconds"]
    statuses = Counter(status for status, *_ in answers)
    taken = [announcement for status, announcement, _ in answers if status == 202]
    with capsys.disabled():
        counts = ", ".join(f"{count:,} × {status}" for status, count in sorted(statuses.items()))
        print(
            f"\n{len(answers):,} requests in {seconds:.1f} s ({len(answers) / seconds:,.0f} a second): {counts}; "
            f"{len(taken) / seconds:.0f} statements a second stored",
            file=sys.stderr,
        )
    assert len(answers) == A_SECOND * SECONDS
    assert set(statuses) <= {202, 409, 429, 503}
    assert len(taken) == len(set(taken)) > 0
    assert sorted(taken) == sorted(stored)
    assert len(set(stored.values())) == len(stored)
