"""A press office in an empty folder: the command line, a sandbox, a ledger of its own."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from publisher.sandbox import Sandbox
from tests.e2e.serving import Service

STATEMENT = """---
title: Ministers agree on a charter for open data
url: https://www.example.org/charter
language: en
hashtags: [open data]
---
The ministers of nine countries adopted a charter for open data in Lund on 3 May 2026. The charter (a first of its kind) commits governments to publish budgets within 30 days.

Civil society groups said that the deadline is too long for election spending.
"""


@dataclass
class Ran:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class Desk:
    """Runs commands in this process as a user would type them."""

    folder: Path
    capsys: pytest.CaptureFixture[str]

    def __call__(self, *words: object) -> Ran:
        from publisher.cli import main

        self.capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(w) for w in words])
        out, err = self.capsys.readouterr()
        code = ended.value.code
        assert "Traceback" not in out + err
        return Ran(code if isinstance(code, int) else 1, out, err)

    def write(self, text: str = STATEMENT, name: str = "statement.md") -> Path:
        path = self.folder / name
        path.write_text(text, "utf-8")
        return path


@pytest.fixture(autouse=True)
def logs_as_they_were() -> Iterator[None]:
    """A command sets up its process's logs, which here outlive it: the next test's stderr is another one."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder and an empty environment."""
    for name in list(os.environ):
        if name.startswith("PUBLISHER_") and not name.startswith("PUBLISHER_TEST"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def bare(empty: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    """The command line with no settings at all."""
    return Desk(empty, capsys)


@pytest.fixture(scope="module")
def servers() -> Iterator[Sandbox]:
    with Sandbox() as box:
        yield box


@pytest.fixture
def box(servers: Sandbox) -> Sandbox:
    """The sandbox, as if new."""
    servers.clear()
    return servers


@pytest.fixture
def desk(bare: Desk, box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """The command line set up against the sandbox, with one list address and quick read timeouts."""
    values = box.settings() | {
        "PUBLISHER_EMAIL__LIST_ADDRESS": "everybody@press.example",
        "PUBLISHER_X__READ_TIMEOUT": "1",
        "PUBLISHER_LINKEDIN__READ_TIMEOUT": "1",
        "PUBLISHER_X__FIND_AFTER": "0.3,0.6",
        "PUBLISHER_LINKEDIN__FIND_AFTER": "0.3,0.6",
        "PUBLISHER_TIMEZONE": "Europe/Zurich",
        "PUBLISHER_APPROVER": "A. Officer",
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return bare


@pytest.fixture
def serve(values: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Service]]:
    """Starts services by the module's `values` and more settings; their clocks tick often, for tests wait for them."""
    monkeypatch.setattr("publisher.clock.TICK", 0.5)
    started: list[Service] = []

    def start(**more: str) -> Service:
        started.append(Service(values | {f"PUBLISHER_{k}": v for k, v in more.items()}))
        return started[-1]

    yield start
    for service in started:
        service.stop()
