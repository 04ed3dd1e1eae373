"""What is heavy is imported where it is used; who may import whom."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
HEAVY = (
    "tweepy",
    "requests",
    "sqlalchemy",
    "apscheduler",
    "structlog",
    "rich",
    "trafilatura",
    "lxml",
    "alembic",
    "docx",
    "pypdf",
)


def loaded(code: str, cwd: Path) -> set[str]:
    """The top-level modules that are loaded when `code` has run."""
    probe = f"import json, sys\ntry:\n    {code}\nexcept SystemExit as e:\n    assert not e.code, e.code\nprint('\\n' + json.dumps(sorted({{m.split('.')[0] for m in sys.modules}})))"
    ran = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, cwd=cwd)
    assert ran.returncode == 0, ran.stderr
    return set(json.loads(ran.stdout.splitlines()[-1]))


def test_preview_of_a_local_file_imports_nothing_heavy(tmp_path: Path) -> None:
    """The dry run stays quick."""
    example = ROOT / "publisher" / "example" / "statement.md"
    assert not loaded(f"from publisher.cli import main; main(['preview', {str(example)!r}])", tmp_path) & set(
        HEAVY
    )


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["publish", "--help"]])
def test_help_imports_click_alone(words: list[str], tmp_path: Path) -> None:
    """Nothing that reads settings, renders or stores."""
    unwanted = {*HEAVY, "pydantic", "pydantic_settings", "jinja2", "yaml"}
    assert not loaded(f"from publisher.cli import main; main({words!r})", tmp_path) & unwanted


def test_preview_of_a_local_file_opens_no_socket(tmp_path: Path) -> None:
    """Sockets are forbidden, and it works all the same."""
    example = ROOT / "publisher" / "example" / "statement.md"
    code = (
        "import socket\n"
        "def no(*a, **k): raise AssertionError('a socket was opened')\n"
        "socket.socket.__init__ = no; socket.create_connection = no; socket.getaddrinfo = no\n"
        f"from publisher.cli import main; main(['preview', {str(example)!r}, '--html', 'p.html'])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert (tmp_path / "p.html").stat().st_size > 5000


def imported(path: Path) -> set[str]:
    """Absolute names a module imports; relative ones with their dots."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add("." * node.level + (node.module or ""))
    return names


def test_the_core_never_imports_an_adapter_by_name() -> None:
    """Ours have no privilege that others lack."""
    for path in (ROOT / "publisher").rglob("*.py"):
        guilty = {n for n in imported(path) if n.startswith(("channels", "publisher.channels"))}
        assert not guilty, f"{path}: {guilty}"


def test_adapters_import_the_core_and_their_own_siblings_only() -> None:
    """What works beside the package works inside it."""
    for path in (ROOT / "channels").rglob("*.py"):
        guilty = {n for n in imported(path) if n.startswith(("channels", "publisher.channels", ".."))}
        assert not guilty, f"{path}: {guilty}"


def test_the_core_names_no_channel() -> None:
    """No line of the core decides by a channel's name, but the alias, the demo and the command's help."""
    allowed = {
        "registry.py",
        "demo.py",
        "rehearsal.py",
        "audience.py",
        "roster.py",
    }  # the last two know a column of that name
    for path in (ROOT / "publisher").rglob("*.py"):
        if path.name in allowed or "sandbox" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Compare):
                named = [
                    c.value
                    for c in ast.walk(node)
                    if isinstance(c, ast.Constant) and c.value in ("linkedin", "email", "x", "twitter")
                ]
                assert not named, f"{path}:{node.lineno} compares with {named}"
