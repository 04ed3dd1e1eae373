"""Renderings: what every channel gets of each of our own statements, kept, so that a change of words is seen.

After a change that is meant: pytest tests/unit/test_renderings.py --snapshot-update, and read the difference.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

import publisher
from publisher import guard
from publisher.channel import Rendering
from publisher.intake import read
from publisher.render import Renderer
from publisher.settings import Settings

FIXTURES = Path(__file__).parents[1] / "fixtures"
KEPT = [
    *(FIXTURES / "statements" / name for name in ("copied.txt", "hugo.md", "mail.txt", "page.html")),
    FIXTURES / "statements" / "languages" / "statement.md",
    next(p for p in (Path(publisher.__file__).parent / "example").iterdir() if p.suffix == ".md"),
    *sorted((FIXTURES / "language").glob("*.txt")),
]


def renderings(source: Path) -> Iterator[Rendering]:
    renderer, settings = Renderer(), Settings({}, files=False)
    sample = {"language": source.stem, "title": "Port 2025"} if source.parent.name == "language" else {}
    for statement in read(str(source), **sample).languages:
        for name in ("x", "linkedin", "email"):
            yield renderer.render(statement, settings.channel(name))


def told(rendering: Rendering) -> str:
    """A rendering as people see it; of HTML its words, which a new look leaves as they are."""
    lines = [f"━━ {rendering.channel} ({rendering.language})"]
    for post in rendering.posts:
        for copy in post.copies:
            text = guard.shown(copy.text) if copy.field == "html" else copy.text
            lines += [
                f"── {copy.field}, {copy.length} {copy.unit}" if copy.field != "html" else "── html",
                text,
            ]
    return "\n".join([*lines, *(f"! {warning}" for warning in rendering.warnings)])


@pytest.mark.parametrize("source", KEPT, ids=lambda p: p.name)
def test_what_is_made_of_our_own_statements_is_kept(source: Path, snapshot: SnapshotAssertion) -> None:
    """For every channel and language, with the warnings."""
    assert "\n\n".join(map(told, renderings(source))) == snapshot


def test_whole_renderings_do_not_depend_on_the_hash_seed() -> None:
    """Three processes with different seeds make the same bytes, warnings and offsets."""
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import test_renderings as t\n"
        "for source in t.KEPT:\n"
        "    for r in t.renderings(source): print(source.name, r.digest, r.sources, r.warnings)"
    )
    printed = {
        subprocess.run(
            [sys.executable, "-c", code, str(Path(__file__).parent)],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            timeout=120,
        ).stdout
        for seed in ("0", "1", "4711")
    }
    assert len(printed) == 1 and len(next(iter(printed)).splitlines()) >= 3 * len(KEPT)
