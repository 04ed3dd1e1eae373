"""`Publisher.deliver` may be called from any at-least-once task engine: redelivery does not mean a second post."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import unquote

import pytest

from publisher.api import Publisher, Source
from publisher.sandbox import Sandbox
from publisher.settings import Settings

WORKER = Path(__file__).parent / "engine_worker.py"
STATEMENT = "---\ntitle: A charter is adopted\nurl: https://www.example.org/c\n---\nNine ministers adopted a charter.\n"


def conninfo(url: str) -> str:
    """SQLAlchemy's URL as libpq reads it, with the test's own schema in the search path."""
    base, _, query = url.replace("postgresql+psycopg://", "postgresql://").partition("?")
    options = unquote(query.removeprefix("options="))
    return f"{base}?options={options.replace(' ', '%20').replace('=', '%3D')}"


def run(what: str, config: dict[str, object]) -> subprocess.CompletedProcess[str]:
    ran = subprocess.run(
        [sys.executable, str(WORKER), what, json.dumps(config)], capture_output=True, text=True, timeout=60
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    return ran


def test_a_job_that_is_redelivered_after_a_kill_in_the_wire_call_posts_once(
    postgres_url: str, tmp_path: Path
) -> None:
    """The worker dies while the answer is awaited; the engine runs the job again; one post is public."""
    pytest.importorskip("procrastinate")
    with Sandbox() as box:
        settings = box.settings() | {
            "PUBLISHER_DATABASE_URL": postgres_url,
            "PUBLISHER_CHANNELS": "x",
            "PUBLISHER_X__FIND_AFTER": "0.2,0.5,1",
        }
        office = Publisher(Settings(settings, files=False))
        (tmp_path / "s.md").write_text(STATEMENT)
        key, _ = office.submit(Source(str(tmp_path / "s.md")), by="author")
        office.approve(key, by="officer")
        config: dict[str, object] = {"conninfo": conninfo(postgres_url), "settings": settings, "key": key}
        run("prepare", config)
        run("defer", config)
        box.fault("x-hang", 1)
        worker = subprocess.Popen([sys.executable, str(WORKER), "work", json.dumps(config)])
        until = time.monotonic() + 30
        while not box.public and time.monotonic() < until:
            time.sleep(0.05)
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait()
        assert len(box.public) == 1
        assert "redelivered" in run("redeliver", config).stdout
        run("work", config)
        assert len(box.public) == 1
        part = office.ledger.parts(f"{key}/x")[0]
        assert (part.state, part.attempt) == ("delivered", 1)
        assert office.ledger.verify() == []
        office.close()
