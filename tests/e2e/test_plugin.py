"""A third party's channel: thirty lines, installed as a package, found and driven like ours."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

PLUGIN = Path(__file__).parent.parent / "fixtures" / "plugin"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The plug-in, built and installed by pip into a folder of its own."""
    target = tmp_path_factory.mktemp("site")
    pip = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "-q",
        "--no-deps",
        "--no-build-isolation",
        "--target",
        str(target),
    ]
    subprocess.run([*pip, str(PLUGIN)], check=True, capture_output=True, cwd=target)
    return target


@pytest.fixture
def board() -> Iterator[tuple[str, list[dict[str, str]]]]:
    """A notice board on loopback, and what was posted on it."""
    posted: list[dict[str, str]] = []

    class Board(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            posted.append(
                body | {"key": self.headers["Idempotency-Key"], "auth": self.headers["Authorization"]}
            )
            answer = json.dumps({"id": f"n{len(posted)}"}).encode()
            self.send_response(201)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Board)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/", posted
    server.shutdown()


def run(installed: Path, folder: Path, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("PUBLISHER_")}
    environment = kept | {"PYTHONPATH": str(installed), "XDG_STATE_HOME": str(folder)} | settings
    return subprocess.run(
        [sys.executable, "-m", "publisher", *words],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
    )


def test_it_is_about_thirty_lines() -> None:
    """What the documentation promises a developer."""
    code = (PLUGIN / "publisher_courier" / "__init__.py").read_text().splitlines()
    assert len([line for line in code if line.strip()]) <= 30


def test_it_is_found_previewed_and_driven(
    installed: Path, tmp_path: Path, board: tuple[str, list[dict[str, str]]]
) -> None:
    """By its entry point, with its own settings, through the same ledger."""
    url, posted = board
    (tmp_path / "s.md").write_text(
        "---\ntitle: A charter is adopted\nurl: https://www.example.org/c\n---\nNine ministers adopted a charter for open data in Lund.\n"
    )
    settings = {
        "PUBLISHER_CHANNELS": "courier", "PUBLISHER_COURIER__URL": url, "PUBLISHER_COURIER__TOKEN": "courier-secret-1",
    }  # fmt: skip
    shown = run(installed, tmp_path, "preview", "s.md", "--json", **settings)
    assert shown.returncode == 0, shown.stderr
    text = json.loads(shown.stdout)["renderings"][0]["posts"][0]["text"]
    ran = run(installed, tmp_path, "publish", "s.md", "--yes", "--json", **settings)
    assert ran.returncode == 0, ran.stderr
    view = json.loads(ran.stdout)
    assert view["deliveries"][0]["receipt"]["id"] == "n1"
    assert [p["text"] for p in posted] == [text]
    assert posted[0]["key"].startswith(view["announcement"]["id"])
    assert "courier-secret-1" not in ran.stdout + ran.stderr


def test_what_it_lacks_is_named(installed: Path, tmp_path: Path) -> None:
    """Its own settings error, exit 78."""
    (tmp_path / "s.md").write_text("---\ntitle: T\n---\nWords that are said here.\n")
    ran = run(installed, tmp_path, "publish", "s.md", "--yes", PUBLISHER_CHANNELS="courier")
    assert ran.returncode == 78
    assert "PUBLISHER_COURIER__URL" in ran.stderr


def test_it_is_set_up_and_looked_at_like_ours(installed: Path, tmp_path: Path) -> None:
    """init writes what it lacks, the doctor names it, its package and version, and hides its secret."""
    assert run(installed, tmp_path, "init", "--channels", "courier").returncode == 0
    assert "#PUBLISHER_COURIER__URL=\n" in (tmp_path / ".env").read_text()
    lacking = json.loads(run(installed, tmp_path, "doctor", "--json").stdout)
    assert any(
        "COURIER__URL" in f["what"] for f in lacking["findings"] if f["area"] == "courier" and not f["ok"]
    )
    settings = {
        "PUBLISHER_COURIER__URL": "http://127.0.0.1:9/",
        "PUBLISHER_COURIER__TOKEN": "courier-secret-123456",
    }
    ran = run(installed, tmp_path, "doctor", "--json", **settings)
    assert "courier-secret" not in ran.stdout
    report = json.loads(ran.stdout)
    assert "courier: publisher-courier 1.0" in [f["what"] for f in report["findings"]]
    shown = {s["name"]: s["value"] for s in report["settings"]}
    assert shown["PUBLISHER_COURIER__TOKEN"] == "set (…3456)"
    assert ran.returncode == 0, [f for f in report["findings"] if not f["ok"]]


def test_an_installed_channel_that_is_not_named_is_not_used(installed: Path, tmp_path: Path) -> None:
    """No package can make itself a publisher."""
    ran = run(installed, tmp_path, "channels", "--json")
    used = {c["name"]: c["in_use"] for c in json.loads(ran.stdout)["channels"]}
    assert used == {"courier": False, "email": True, "linkedin": True, "x": True}


def test_two_owners_of_one_name_are_both_named(installed: Path, tmp_path: Path) -> None:
    """A plug-in that calls itself `x` is an error, not a surprise."""
    fake = tmp_path / "site" / "publisher_other-1.0.dist-info"
    fake.mkdir(parents=True)
    (fake / "METADATA").write_text("Metadata-Version: 2.1\nName: publisher-other\nVersion: 1.0\n")
    (fake / "entry_points.txt").write_text("[publisher.channels]\nx = other:X\n")
    ran = run(fake.parent, tmp_path, "channels")
    assert ran.returncode == 78
    assert "publisher-other" in ran.stderr
    assert "announcement-publisher" in ran.stderr
