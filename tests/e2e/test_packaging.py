"""The wheel holds exactly what it should, and works where nothing else is."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
META = "announcement_publisher-0.1.0.dist-info"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def tracked(folder: str) -> set[str]:
    """The files of a folder that belong to the project."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", folder],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    return {name for name in listed if (ROOT / name).exists()}


def test_the_wheel_has_exactly_these_files(wheel: Path) -> None:
    """One importable package; adapters, templates, the example and the settings inside it."""
    expected = tracked("publisher")
    expected |= {f"publisher/{name}" for name in tracked("channels") | tracked("templates")}
    expected |= {"publisher/settings.example.env"}
    expected |= {
        f"{META}/{n}" for n in ("METADATA", "WHEEL", "RECORD", "entry_points.txt", "licenses/LICENSE")
    }
    assert set(zipfile.ZipFile(wheel).namelist()) == expected


def test_the_wheel_works_without_the_checkout(wheel: Path, tmp_path: Path) -> None:
    """Installed alone, it finds its channels, templates and example."""
    site = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    probe = (
        f"import sys; sys.path.insert(0, {str(site)!r}); sys.path = [p for p in sys.path if p != {str(ROOT)!r}];"
        "from publisher import registry; assert registry.HOME == 'publisher.channels', registry.HOME;"
        "from publisher.cli import main; main(['preview', str(__import__('publisher.demo').demo.EXAMPLE)])"
    )
    ran = subprocess.run([sys.executable, "-I", "-c", probe], capture_output=True, text=True, cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert "weighted characters" in ran.stdout


def test_the_example_settings_are_those_of_the_models() -> None:
    """`make settings` writes the file anew."""
    from publisher.settings import example

    assert (ROOT / "settings.example.env").read_text("utf-8") == example()
