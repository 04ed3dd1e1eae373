"""No secret of the settings reaches output, logs, pages or the ledger, whatever the level."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from publisher.log import redactor
from publisher.settings import Settings

STATEMENT = "---\ntitle: A charter is adopted\nurl: https://www.example.org/c\n---\nNine ministers adopted a charter.\n"


Run = Callable[..., str]


@pytest.fixture
def typed(bare: Any) -> Run:
    """A command's output, run in this process."""

    def run(*words: str) -> str:
        ran = bare(*words)
        return ran.out + ran.err

    return run


@pytest.fixture
def started(empty: Path) -> Run:
    """A command's output, run in a process of its own."""

    def run(*words: str) -> str:
        ran = subprocess.run(
            [sys.executable, "-m", "publisher", *words], cwd=empty, capture_output=True, text=True
        )
        return ran.stdout + ran.stderr

    return run


@pytest.mark.parametrize(
    ("fault", "way"),
    [("x-401", "started")]
    + [
        (f, "typed")
        for f in ("", "x-401", "linkedin-401", "x-drop", "linkedin-500", "smtp-5xx-policy", "x-redirect")
    ],
)
def test_every_secret_is_looked_for_everywhere(
    box: Any,
    empty: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
    fault: str,
    way: str,
) -> None:
    """A publish with everything at DEBUG, with and without trouble, then a grep of all it left behind."""
    run: Run = request.getfixturevalue(way)
    values = box.settings() | {
        "PUBLISHER_EMAIL__SMTP_URL": box.smtp_url.replace("//", "//officer:smtp%2Dsecret%2D77@"),
        "PUBLISHER_EMAIL__LIST_ADDRESS": "all@press.example",
        "PUBLISHER_DATABASE_URL": f"sqlite:///{empty / 'ledger.db'}",
        "PUBLISHER_LOG__LEVEL": "debug",
        "PUBLISHER_X__READ_TIMEOUT": "1", "PUBLISHER_LINKEDIN__READ_TIMEOUT": "1",
    }  # fmt: skip
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    if fault:
        box.fault(fault, 1)
    (empty / "s.md").write_text(STATEMENT)
    told = ""
    for words in (
        ["publish", "s.md", "--yes", "--wait", "0"],
        ["show", "@last"],
        ["log", "--json"],
        ["channels"],
        ["preview", "s.md", "--json"],
    ):
        told += run(*words)
    assert '"level": "debug"' in told
    secrets = {s.lower() for s in Settings(values, files=False).secrets()}
    assert len(secrets) >= 7
    left = told.lower() + "".join(p.read_bytes().decode("latin-1").lower() for p in empty.glob("ledger.db*"))
    assert "charter" in left
    assert [s for s in secrets if s in left] == []


def test_redaction_reaches_into_texts_lists_and_exceptions() -> None:
    """Wherever a secret stands in a record, it is gone."""
    step = redactor(["hunter-2", "hunter-2-and-more"])
    record = step(None, "", {
        "event": "Bearer hunter-2-and-more!", "a": ["hunter-2", {"hunter-2": b"x hunter-2"}], "e": ValueError("hunter-2"), "n": 3,
    })  # fmt: skip
    assert "hunter" not in str(record)
    assert record["n"] == 3


def test_other_people_s_loggers_pass_the_same_chain(capsys: pytest.CaptureFixture[str]) -> None:
    """A library that logs a token at DEBUG is redacted too."""
    import io

    from publisher.log import configure

    values = {"PUBLISHER_X__ACCESS_TOKEN_SECRET": "token-secret-1234", "PUBLISHER_LOG__LEVEL": "debug"}
    out = io.StringIO()
    before = logging.getLogger().handlers[:], logging.getLogger().level
    try:
        configure(Settings(values, files=False), out)
        logging.getLogger("some.library").debug("Authorization: %s", "token-secret-1234")
    finally:
        logging.getLogger().handlers[:], level = before
        logging.getLogger().setLevel(level)
    assert "Authorization" in out.getvalue()
    assert "token-secret-1234" not in out.getvalue()
