"""init makes a folder ready and never loses what is there; the unit is one systemd accepts; shells complete."""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from dotenv import dotenv_values
from hypothesis import given
from hypothesis import strategies as st

from publisher import starter
from publisher.settings import Settings

WRITTEN = {".env", "templates", "publisher.service", "Containerfile"}
PROGRAM = Path(sys.executable).with_name("publisher")


def mode(path: str) -> int:
    return stat.S_IMODE(Path(path).stat().st_mode)


def test_flags_make_a_folder_that_the_doctor_can_look_at(bare) -> None:
    """Only its owner may read the settings; what is missing stands there as comments."""
    ran = bare("init", "--channels", "x,email", "--timezone", "Europe/Zurich", "--set", "X__ACCOUNT=office",
               "--set", "PUBLISHER_EMAIL__SENDER=Press 'Office' <press@example.org>", "--systemd", "--container")  # fmt: skip
    assert ran.code == 0, ran.err
    assert {p.name for p in bare.folder.iterdir()} == WRITTEN
    assert mode(".env") == 0o600
    text = Path(".env").read_text()
    assert "#PUBLISHER_X__API_SECRET=\n" in text and "LINKEDIN" not in text
    assert Settings({}).channel("email").settings.sender == "Press 'Office' <press@example.org>"
    assert Settings({}).core.timezone == "Europe/Zurich"
    doctor = bare("doctor", "--json")
    assert doctor.code == 78
    missing = [f["what"] for f in doctor.json["findings"] if f["area"] == "x" and not f["ok"]]
    assert "PUBLISHER_X__API_SECRET is not set" in missing


def test_without_options_it_writes_what_can_be_filled_in(bare) -> None:
    """Every needed setting as a comment, every channel."""
    assert bare("init").code == 0
    assert {p.name for p in bare.folder.iterdir()} == {".env", "templates"}
    for name in ("X__API_KEY", "LINKEDIN__ACCESS_TOKEN", "EMAIL__SMTP_URL", "EMAIL__LIST_ADDRESS"):
        assert f"#PUBLISHER_{name}=\n" in Path(".env").read_text()
    assert bare("preview", bare.write()).code == 0


def test_nothing_is_overwritten_without_being_told(bare) -> None:
    """Settings given for a file that is there are an error, not silence; --force keeps every old file."""
    bare("init", "--channels", "x")
    before = Path(".env").read_text()
    assert bare("init", "--channels", "email").code == 2
    ran = bare("init", "--systemd")
    assert ran.code == 0 and "kept" in ran.out and Path("publisher.service").exists()
    assert Path(".env").read_text() == before
    for _ in range(2):
        assert bare("init", "--channels", "email", "--force", "--no-templates").code == 0
    assert Path(".env.old").read_text() == before and Path(".env.old1").exists()
    assert mode(".env.old") == 0o600 == mode(".env")


def test_credentials_in_a_git_repository_are_pointed_out(bare) -> None:
    """Unless it ignores them."""
    (bare.folder / ".git").mkdir()
    assert ".gitignore" in bare("init").err
    (bare.folder / ".gitignore").write_text("*.pyc\n.env\n")
    assert ".gitignore" not in bare("init", "--force").err


def test_a_link_in_the_way_is_not_written_through(bare) -> None:
    """Even one that leads nowhere."""
    Path(".env").symlink_to(bare.folder.parent / "elsewhere")
    assert "kept" in bare("init").out
    assert bare("init", "--force").code == 0
    assert not (bare.folder.parent / "elsewhere").exists() and not Path(".env").is_symlink()


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["--set", "X__ACOUNT=office"], 2, "did you mean PUBLISHER_X__ACCOUNT"),
        (["--set", "nonsense"], 2, "no NAME=VALUE"),
        (["--set", "X__ACCOUNT=a\nPUBLISHER_REHEARSAL=true"], 2, "line break"),
        (["--timezone", "Mars/Phobos"], 78, "no time zone named"),
        (["--channels", "pigeon"], 78, "pigeon"),
        (["--set", "X__ACCOUNT=no handle"], 78, "X__ACCOUNT"),
        (["--template", "x.pots.j2"], 2, "did you mean x.post.j2"),
        (["/proc/nowhere"], 2, "cannot be written"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_written(
    bare, words: list[str], code: int, says: str
) -> None:
    """One sentence, and the folder stays empty."""
    ran = bare("init", *words)
    assert ran.code == code and says in ran.err, ran
    assert list(bare.folder.iterdir()) == []


def test_a_shipped_template_is_put_there_to_be_changed(bare) -> None:
    """And the settings read it from wherever the command is run."""
    assert bare("init", "--channels", "x", "--template", "x.post.j2").code == 0
    path = Path("templates/x.post.j2")
    path.write_text("MINE {{ title }} {{ url }}")
    statement = bare.write()
    assert "MINE" in bare("preview", statement).out
    os.environ["PUBLISHER_SETTINGS"] = str(Path(".env").resolve())
    os.chdir("/")
    try:
        assert "MINE" in bare("preview", statement).out
    finally:
        os.chdir(bare.folder)
        del os.environ["PUBLISHER_SETTINGS"]


@given(
    st.text(
        st.characters(blacklist_categories=("Cc", "Cs"), blacklist_characters="\u2028\u2029\x85"), max_size=60
    )
)
def test_any_value_is_read_back_as_it_was_given(value: str) -> None:
    """Blanks, quotes, dollars, hashes, backslashes."""
    import io

    read = dotenv_values(stream=io.StringIO(f"A={starter.quoted(value)}\nB=after\n"), interpolate=False)
    assert read == {"A": value, "B": "after"}


def typed(words: list[str], answers: list[str], cwd: Path) -> tuple[str, int]:
    """Run on a terminal, one answer for each question; what was on the screen, and the exit code."""
    pid, wire = pty.fork()
    if pid == 0:
        os.chdir(cwd)
        home = str(cwd.parent)
        os.execve(PROGRAM, ["publisher", *words], {"HOME": home, "PATH": os.environ["PATH"], "TERM": "dumb"})
    screen, left, until = "", list(answers), time.monotonic() + 60
    while time.monotonic() < until:
        ready, _, _ = select.select([wire], [], [], 0.2)
        if ready:
            try:
                data = os.read(wire, 4096)
            except OSError:
                break
            if not data:
                break
            screen += data.decode()
        if left and re.search(r": $", screen.rsplit("\n", 1)[-1]) and not ready:
            os.write(wire, (left.pop(0) + "\n").encode())
            screen += "\n"
    return screen, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_on_a_terminal_it_asks_for_what_it_needs(tmp_path: Path) -> None:
    """A wrong answer is asked again, an empty one leaves the setting out, a secret is not shown."""
    answers = [
        "x",
        "Mars/Phobos",
        "Europe/Zurich",
        "A. Officer",
        "",
        "key-1234",
        "secret-5678",
        "",
        "token-9012",
        "office",
    ]
    screen, code = typed(["init"], answers, tmp_path)
    assert code == 0, screen
    assert "no time zone named" in screen and "secret-5678" not in screen
    made = dotenv_values(tmp_path / ".env", interpolate=False)
    assert made == {
        "PUBLISHER_CHANNELS": "x", "PUBLISHER_TIMEZONE": "Europe/Zurich", "PUBLISHER_APPROVER": "A. Officer",
        "PUBLISHER_TEMPLATES": "templates", "PUBLISHER_X__API_KEY": "key-1234", "PUBLISHER_X__API_SECRET": "secret-5678",
        "PUBLISHER_X__ACCESS_TOKEN_SECRET": "token-9012", "PUBLISHER_X__ACCOUNT": "office",
    }  # fmt: skip


# ---------------------------------------------------------------- the unit

ANALYZE = shutil.which("systemd-analyze")


def unit(folder: Path) -> Path:
    values = {"HOME": str(folder), "PATH": os.environ["PATH"]}
    made = [PROGRAM, "init", "--channels", "x", "--systemd", "--timezone", "UTC"]
    subprocess.run(made, cwd=folder, env=values, check=True, capture_output=True, stdin=subprocess.DEVNULL)
    return folder / "publisher.service"


def test_the_unit_waits_for_a_person_after_78_and_is_watched(tmp_path: Path) -> None:
    """And every word that init fills in is filled in."""
    text = unit(tmp_path).read_text()
    for line in (
        "RestartPreventExitStatus=78",
        "WatchdogSec=3min",
        "Type=notify",
        "NoNewPrivileges=yes",
        f"ExecStart={PROGRAM} serve\n",
    ):
        assert f"\n{line}" in text
    assert not re.search(r"\{\w+\}", text)


def test_a_watched_folder_may_be_written_by_the_unit(bare) -> None:
    """It is the one place beside the ledger."""
    assert bare("init", "--systemd", "--set", "FOLDER__PATH=/srv/statements").code == 0
    assert "\nReadWritePaths=/srv/statements\n" in Path("publisher.service").read_text()
    bare("init", "--systemd", "--set", "FOLDER__PATH=new statements", "--force")
    assert '\nReadWritePaths="/etc/publisher/new statements"\n' in Path("publisher.service").read_text()


@pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is not installed")
def test_systemd_accepts_the_unit_and_finds_little_exposed(tmp_path: Path) -> None:
    """`verify` says nothing, `security` less than 2 of 10."""
    made = str(unit(tmp_path))
    verify = subprocess.run([ANALYZE, "verify", made], capture_output=True, text=True)
    assert (verify.returncode, verify.stderr) == (0, "")
    security = subprocess.run([ANALYZE, "security", "--offline=true", made], capture_output=True, text=True)
    exposed = re.search(r"exposure level for \S+: ([\d.]+)", security.stdout)
    assert exposed and float(exposed[1]) < 2, security.stdout


def test_what_the_unit_runs_says_when_it_is_ready_and_stops_when_it_is_asked(tmp_path: Path) -> None:
    """Type=notify: a command that never says so would be killed while it starts."""
    import signal
    import socket

    (start,) = re.findall(r"^ExecStart=(.*)$", unit(tmp_path).read_text(), re.M)
    with socket.create_server(("127.0.0.1", 0)) as free:
        start += f" --port {free.getsockname()[1]}"
    place = tmp_path / "notify"
    env = {
        "HOME": str(tmp_path),
        "PATH": os.environ["PATH"],
        "NOTIFY_SOCKET": str(place),
        "PUBLISHER_DATABASE_URL": f"sqlite:///{tmp_path}/l.db",
    }
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(str(place))
        heard.settimeout(60)
        with subprocess.Popen(start.split(), cwd=tmp_path, env=env, stderr=subprocess.PIPE) as running:
            assert heard.recv(64) == b"READY=1"
            running.send_signal(signal.SIGTERM)
            said = b""
            while said != b"STOPPING=1":
                said = heard.recv(64)
            assert running.wait(60) == 0


def test_systemd_is_told_that_the_service_is_ready_alive_and_stops(desk, tmp_path: Path, monkeypatch) -> None:
    """Over the socket that it names; a clock that hangs stops saying that it is alive."""
    import socket
    import threading

    from publisher import clock
    from publisher.api import Publisher

    place = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(str(place))
        heard.settimeout(20)
        monkeypatch.setenv("NOTIFY_SOCKET", str(place))
        monkeypatch.setattr(clock, "TICK", 0.05)
        office, stop = Publisher(Settings()), threading.Event()
        running = threading.Thread(target=clock.run, args=(office.delivering, stop))
        running.start()
        assert [heard.recv(64) for _ in range(3)] == [b"READY=1", b"WATCHDOG=1", b"WATCHDOG=1"]
        stop.set()
        running.join(20)
        while (said := heard.recv(64)) != b"STOPPING=1":
            assert said == b"WATCHDOG=1"
        beat = clock.Beat(office.delivering)
        beat._heard -= clock.QUIET + 1
        beat.listen()
        heard.settimeout(0.2)
        with pytest.raises(TimeoutError):
            heard.recv(64)
        office.close()


def test_nothing_is_told_where_systemd_did_not_start_it(monkeypatch) -> None:
    """No socket, a socket that nobody listens at, a name that is none."""
    from publisher import watchdog

    for place in ("", "/nowhere/at/all", "relative", "@nobody-listens-here"):
        monkeypatch.setenv("NOTIFY_SOCKET", place)
        assert not watchdog.tell(watchdog.READY)


# ---------------------------------------------------------------- completion

CHECKS = {
    "bash": ["bash", "--norc", "-c", 'source "$1"; COMP_WORDS=(publisher pre); COMP_CWORD=1; _publisher_completion publisher; echo "${COMPREPLY[@]}"', "-"],
    "fish": ["fish", "--no-config", "-c", 'source $argv[1]; complete -C "publisher pre" | string split -f1 \\t'],
    "zsh": ["zsh", "-f", "-c", """
        zmodload zsh/zpty; zpty shell zsh -f -i; zpty -w shell 'autoload -U compinit; compinit -D; PS1=; source '$1
        zpty -w shell 'echo loaded-$((1+1))'; zpty -r shell said '*loaded-2*'
        zpty -w -n shell $'publisher pre\\t'; zpty -r shell said '*preview*' && print -r -- preview""", "-"],
}  # fmt: skip


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
def test_each_shell_gets_its_completion(bare, shell: str) -> None:
    """A shell that is installed completes a command with it."""
    ran = bare("completion", shell)
    assert ran.code == 0 and "_PUBLISHER_COMPLETE" in ran.out
    script = bare.write(ran.out, f"completion.{shell}")
    if shell in CHECKS and shutil.which(shell):
        path = f"{PROGRAM.parent}:{os.environ['PATH']}"
        read = subprocess.run(
            [*CHECKS[shell], str(script)],
            capture_output=True,
            text=True,
            timeout=60,
            env={"PATH": path, "HOME": "/"},
        )
        assert (read.returncode, read.stderr, read.stdout.split()) == (0, "", ["preview"])
