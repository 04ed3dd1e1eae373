"""Logging in: the command as a person meets it, against the sandbox, and what it leaves behind."""

from __future__ import annotations

import http.client
import os
import re
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pytest

from publisher import login
from publisher.errors import PublisherError, SettingsError, Transient, UsageError
from publisher.sandbox import Sandbox
from publisher.sandbox.linkedin_oauth import REFRESH_TOKEN, TOKEN
from publisher.sandbox.x import KEYS
from publisher.settings import Settings

GRANTS = ("ACCESS_TOKEN", "ACCESS_TOKEN_SECRET", "REFRESH_TOKEN")


def get(url: str) -> tuple[int, str, dict[str, str]]:
    """What a browser gets, without following it anywhere."""
    parts = urlsplit(url)
    asked = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=5)
    try:
        asked.request("GET", f"{parts.path}?{parts.query}")
        answer = asked.getresponse()
        return answer.status, answer.read().decode(), dict(answer.getheaders())
    finally:
        asked.close()


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.fixture
def environ(empty: Path, box: Sandbox) -> dict[str, str]:
    """An app that nobody has logged in to yet: its keys are in .env, the addresses in the environment."""
    given = box.settings()
    kept = {k: v for k, v in given.items() if k.rpartition("__")[2] not in GRANTS}
    (empty / ".env").write_text(
        "".join(f"{k}={v!r}\n" for k, v in kept.items() if k.startswith(("PUBLISHER_X", "PUBLISHER_L")))
    )
    return {k: v for k, v in os.environ.items() if not k.startswith("PUBLISHER_")}


@contextmanager
def running(environ: dict[str, str], *words: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The command, and the address it says to open."""
    command = [sys.executable, "-m", "publisher", "login", *words]
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, env=environ, stdin=pipe, stdout=pipe, stderr=pipe, text=True)
    assert process.stderr
    timer = threading.Timer(30, process.kill)
    timer.start()
    try:
        address = next(
            (found[0] for line in process.stderr if (found := re.search(r"  (http\S+)", line))), ""
        )
        yield process, address.strip()
    finally:
        timer.cancel()
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            assert stream
            stream.close()


def test_x_with_a_pin(environ: dict[str, str], empty: Path) -> None:
    """The grant is in a file of its own that only we can read, is used at once, and is never shown."""
    with running(environ, "x") as (process, address):
        page = get(address)[1]
        out, err = process.communicate(re.findall(r"<code>(\d+)", page)[0] + "\n")
    assert process.returncode == 0, err
    place = empty / "credentials.env"
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert place.read_text() == (
        f"PUBLISHER_X__ACCESS_TOKEN='{KEYS.token}'\nPUBLISHER_X__ACCESS_TOKEN_SECRET='{KEYS.token_secret}'\n"
    )
    assert "posts as @sandbox_press; it has no end" in err
    assert "✓ X accepts the credentials; they post as @sandbox_press" in out
    assert KEYS.token not in out + err and KEYS.token_secret not in out + err


def test_a_wrong_pin_leaves_nothing_behind(environ: dict[str, str], empty: Path) -> None:
    with running(environ, "x") as (process, address):
        get(address)
        _, err = process.communicate("0000000000\n")
    assert process.returncode == 2
    assert "X does not take that PIN" in err
    assert not (empty / "credentials.env").exists()


def test_linkedin_through_the_browser(environ: dict[str, str], empty: Path) -> None:
    """The browser comes back to this machine; a stranger's request with another state is not listened to."""
    redirect = f"http://127.0.0.1:{free_port()}/callback"
    with running(environ, "linkedin", "--redirect", redirect) as (process, address):
        asked = parse_qs(urlsplit(address).query)
        assert asked["scope"] == ["w_organization_social r_organization_social rw_organization_admin"]
        assert "prompt" not in asked and "openid" not in address
        assert get(f"{redirect}?code=stolen&state=guessed")[0] == 404
        status, _, headers = get(address)
        assert status == 302
        assert get(headers["Location"])[0] == 200
        out, err = process.communicate()
    assert process.returncode == 0, err
    values = Settings({}).values
    assert values["publisher_linkedin__access_token"] == TOKEN
    assert values["publisher_linkedin__refresh_token"] == REFRESH_TOKEN
    assert "the access token ends on" in err and "renewed by itself until" in err
    assert "may post (w_organization_social)" in out
    assert TOKEN not in out + err and REFRESH_TOKEN not in out + err


def test_linkedin_by_pasting_the_address(environ: dict[str, str]) -> None:
    """A browser on another machine: its error page has the address; one of another login is refused."""
    with running(environ, "linkedin", "--redirect", "https://press.example/back") as (process, address):
        location = get(address)[2]["Location"]
        foreign = location.replace("state=", "state=x")
        _, err = process.communicate(f"{foreign}\n{location}\n")
    assert process.returncode == 0, err
    assert "does not belong to this login" in err
    assert Settings({}).values["publisher_linkedin__access_token"] == TOKEN


def test_what_is_set_nearer_is_pointed_at(environ: dict[str, str], empty: Path) -> None:
    """The environment and .env win over credentials.env: a login that changes nothing says so."""
    with (empty / ".env").open("a") as file:
        file.write("PUBLISHER_X__ACCESS_TOKEN=old\n")
    with running(environ, "x") as (process, address):
        page = get(address)[1]
        _, err = process.communicate(re.findall(r"<code>(\d+)", page)[0] + "\n")
    assert process.returncode == 78
    assert "PUBLISHER_X__ACCESS_TOKEN is also set" in err


def test_nobody_at_the_terminal(environ: dict[str, str]) -> None:
    with running(environ, "x") as (process, _):
        _, err = process.communicate("")
    assert process.returncode == 2
    assert "run this command on a terminal" in err


@pytest.mark.parametrize(
    ("words", "environment", "code", "told"),
    [
        (["email"], {}, 2, "nobody logs in to email"),
        (["fax"], {}, 78, "no channel named 'fax'"),
        (["x"], {"PUBLISHER_REHEARSAL": "true"}, 2, "a rehearsal has credentials of its own"),
        (["x"], {"PUBLISHER_X__API_KEY": " "}, 78, "X needs PUBLISHER_X__API_KEY"),
        (["linkedin", "--redirect", "nowhere"], {}, 2, "is no address"),
    ],
)
def test_what_cannot_be_logged_in_to(
    environ: dict[str, str], bare, monkeypatch, words, environment, code, told
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    ran = bare("login", *words)
    assert ran.code == code
    assert told in ran.err


def test_without_a_settings_file_there_is_no_place_to_keep_it(bare, monkeypatch, box: Sandbox) -> None:
    for name, value in box.settings().items():
        monkeypatch.setenv(name, value)
    ran = bare("login", "x")
    assert ran.code == 78
    assert "make .env here" in ran.err


# ---------------------------------------------------------------- what services answer


class Someone:
    """A person who does as the test says."""

    redirect = "http://127.0.0.1:8474/callback"

    def __init__(self, browse: Callable[[str], str]) -> None:
        self.browse, self.said = browse, ""

    def say(self, words: str) -> None:
        self.said += words

    @property
    def address(self) -> str:
        return re.findall(r"  (http\S+)", self.said)[-1]

    def ask(self, words: str) -> str:
        return self.browse(self.address)

    def sent_back(self, words: str, state: str) -> dict[str, str]:
        self.say(words)
        said = dict(parse_qsl(urlsplit(self.browse(self.address)).query))
        assert said["state"] == state
        return said


def allow(address: str) -> str:
    _, page, headers = get(address)
    return headers.get("Location") or re.findall(r"<code>(\d+)", page)[0]


def granted(box: Sandbox, name: str, browse: Callable[[str], str] = allow, **changes: str) -> login.Granted:
    given = box.settings() | {f"PUBLISHER_{name.upper()}__{k}": v for k, v in changes.items()}
    return Settings(given, files=False).channel(name).login(Someone(browse))  # type: ignore[attr-defined,no-any-return]


def refusal(*args, **changes) -> PublisherError:
    with pytest.raises(PublisherError) as caught:
        granted(*args, **changes)
    return caught.value


def test_the_app_s_keys_are_named_when_x_refuses_them(box: Sandbox) -> None:
    error = refusal(box, "x", API_SECRET="wrong-secret-77")
    assert isinstance(error, SettingsError)
    assert "PUBLISHER_X__API_KEY" in str(error) and "wrong-secret-77" not in str(error)


def test_a_login_as_another_account_than_the_settings_name_is_refused(box: Sandbox) -> None:
    error = refusal(box, "x", ACCOUNT="other_press")
    assert isinstance(error, UsageError)
    assert "@sandbox_press" in str(error) and "@other_press" in str(error)


@pytest.mark.parametrize("name", ["x", "linkedin"])
def test_a_service_that_is_not_there_grants_nothing(box: Sandbox, name: str) -> None:
    where = f"http://127.0.0.1:{free_port()}"
    back = "http://127.0.0.1/?code=c&"
    browse = lambda a: f"{back}state={parse_qs(urlsplit(a).query)['state'][0]}"  # noqa: E731
    error = refusal(box, name, browse, API_URL=where)
    assert isinstance(error, Transient)
    assert "published" not in str(error)


def test_a_scope_that_was_not_granted_is_missed(box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """LinkedIn leaves scopes out without a word: without the first nothing is kept, without another it is said."""
    monkeypatch.setattr(box.linkedin.oauth, "grants", "r_organization_social")
    error = refusal(box, "linkedin")
    assert "granted r_organization_social, and not w_organization_social" in str(error)
    monkeypatch.setattr(box.linkedin.oauth, "grants", "w_organization_social")
    notes = " ".join(granted(box, "linkedin").notes)
    assert "did not grant r_organization_social: posts cannot be read back" in notes
    assert "did not grant rw_organization_admin" in notes


def test_an_app_without_refresh_tokens(box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """An old refresh token goes: it would bring back what this login has replaced."""
    monkeypatch.setattr(box.linkedin.oauth, "refreshes", False)
    found = granted(box, "linkedin")
    assert found.values == {"access_token": TOKEN, "refresh_token": ""}
    assert "log in again before that day" in " ".join(found.notes)


def test_a_member_who_says_no(box: Sandbox) -> None:
    def cancel(address: str) -> str:
        asked = parse_qs(urlsplit(address).query)
        said = {"error": "user_cancelled_login", "state": asked["state"][0]}
        return f"{asked['redirect_uri'][0]}?{urlencode(said)}"

    error = refusal(box, "linkedin", cancel)
    assert isinstance(error, UsageError)
    assert "user_cancelled_login" in str(error)


def test_an_app_that_may_not_have_a_scope_is_told_why(box: Sandbox) -> None:
    error = refusal(box, "linkedin", lambda a: allow(a.replace("scope=", "scope=openid+")))
    assert "unauthorized_scope_error" in str(error) and "Community Management API" in str(error)


def test_a_code_is_good_once(box: Sandbox) -> None:
    error = refusal(box, "linkedin", lambda a: allow(a).replace("code=", "code=x"))
    assert isinstance(error, UsageError)
    assert "nothing was granted" in str(error)


# ---------------------------------------------------------------- the file


def test_other_lines_of_the_file_stay(tmp_path: Path) -> None:
    place = tmp_path / "credentials.env"
    place.write_text(
        "# ours\nPUBLISHER_X__ACCESS_TOKEN=old\nexport publisher_x__access_token = older\nOTHER='1'\n"
    )
    place.chmod(0o644)
    login.write(place, {"PUBLISHER_X__ACCESS_TOKEN": "new"})
    assert place.read_text() == "# ours\nOTHER='1'\nPUBLISHER_X__ACCESS_TOKEN='new'\n"
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert [p.name for p in tmp_path.iterdir()] == ["credentials.env"]


@pytest.mark.parametrize("value", ["plain", "it's \\ $HOME ${X} #no", "a=b c", "ünï", ""])
def test_whatever_is_written_is_read_back(empty: Path, value: str) -> None:
    (empty / ".env").write_text("")
    login.write(empty / "credentials.env", {"PUBLISHER_X__API_KEY": value})
    assert Settings({}).values.get("publisher_x__api_key", "") == value


def test_a_file_that_cannot_be_written_is_named_and_a_broken_grant_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="nowhere"):
        login.write(tmp_path / "nowhere" / "credentials.env", {"A": "b"})
    with pytest.raises(SettingsError, match="line break"):
        login.write(tmp_path / "credentials.env", {"A": "b\nPUBLISHER_APPROVER=me"})
    assert list(tmp_path.iterdir()) == []


def test_a_running_service_can_see_that_somebody_logged_in(empty: Path) -> None:
    (empty / ".env").write_text("")
    settings = Settings({})
    seen = [login.stamp(settings)]
    login.write(empty / "credentials.env", {"A": "b"})
    seen.append(login.stamp(settings))
    for name in ("credentials.env", ".env"):
        later = (empty / name).stat().st_mtime_ns + 1
        os.utime(empty / name, ns=(later, later))
        seen.append(login.stamp(settings))
    assert len(set(seen)) == 4
    assert login.stamp(settings) == seen[-1]
