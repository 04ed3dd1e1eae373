"""How long a person waits: `preview` and `--help` in a cold process, beside others on the same machine.

Prints medians and ratios; nothing here passes or fails.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import publisher.demo

RUNS = 15
OTHER = Path(tempfile.gettempdir()) / "publisher-bench-apprise"


def apprise() -> list[str]:
    """The other tool's dry run, from a virtual environment of its own that is kept between runs."""
    command = OTHER / "bin" / "apprise"
    if not command.exists():
        subprocess.run([sys.executable, "-m", "venv", str(OTHER)], check=True)
        subprocess.run([str(OTHER / "bin" / "pip"), "install", "-q", "apprise"], check=True)
    text = publisher.demo.EXAMPLE.read_text("utf-8")
    targets = ["twitter://key/secret/token/tokensecret", "mailto://user:pass@example.org"]
    return [str(command), "--dry-run", "-t", "Statement", "-b", text[:1000], *targets]


def main() -> None:
    here = str(Path(sys.executable).parent / "publisher")
    commands = {
        "bare python": [sys.executable, "-c", "pass"],
        "python + click": [sys.executable, "-c", "import click"],
        "publisher --help": [here, "--help"],
        "publisher preview": [here, "preview", str(publisher.demo.EXAMPLE)],
        "apprise --dry-run": apprise(),
    }
    with tempfile.TemporaryDirectory() as folder:
        taken: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(RUNS):  # in turn, so that a busy moment hits them all
            for name, command in commands.items():
                start = time.perf_counter()
                ran = subprocess.run(command, cwd=folder, capture_output=True)
                taken[name].append(time.perf_counter() - start)
                if ran.returncode:
                    raise SystemExit(f"{name} failed: {ran.stderr.decode()[-500:]}")
    medians = {name: statistics.median(times) for name, times in taken.items()}
    for name, median in medians.items():
        print(f"{name:20} {median * 1000:7.0f} ms  (min {min(taken[name]) * 1000:.0f})")
    print(f"preview : apprise        {medians['publisher preview'] / medians['apprise --dry-run']:.2f}")
    print(f"--help  : python + click {medians['publisher --help'] / medians['python + click']:.2f}")


if __name__ == "__main__":
    main()
