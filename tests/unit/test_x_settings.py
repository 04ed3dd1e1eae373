"""The X channel's settings, and that knowing them costs nothing."""

from __future__ import annotations

import subprocess
import sys

import pytest

from channels.x import channel
from channels.x.settings import XSettings
from publisher.errors import SettingsError
from publisher.settings import Settings

GIVEN = {
    f"PUBLISHER_X__{name}": f"secret-{name}"
    for name in ("API_KEY", "API_SECRET", "ACCESS_TOKEN", "ACCESS_TOKEN_SECRET")
}


def test_defaults() -> None:
    x = channel(XSettings())
    assert (x.service, x.account, x.form.fields[0].limit) == ("https://api.twitter.com", "", 280)
    assert list(x.find_after) == [5, 30, 120, 600]
    assert x.patience > x.settings.connect_timeout + x.settings.read_timeout


def test_settings_are_read_from_the_environment() -> None:
    more = {
        "PUBLISHER_X__FIND_AFTER": "1, 2.5",
        "PUBLISHER_X__LIMIT": "25000",
        "PUBLISHER_X__ACCOUNT": "@Press_Office",
    }
    x = Settings(GIVEN | more, files=False).channel("twitter")
    assert (list(x.find_after), x.form.fields[0].limit, x.account) == ([1, 2.5], 25000, "Press_Office")
    x.ready()


def test_every_missing_setting_is_named() -> None:
    with pytest.raises(SettingsError) as caught:
        channel(XSettings(api_key="k", access_token=" ")).ready()
    named = [f"PUBLISHER_X__{name}" for name in ("API_SECRET", "ACCESS_TOKEN", "ACCESS_TOKEN_SECRET")]
    assert all(name in str(caught.value) for name in named)
    assert "X__API_KEY" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ACCOUNT", "not a handle"),
        ("API_URL", "api.x.com"),
        ("API_URL", "http://api.x.com"),
        ("API_URL", "https://user:secret@api.x.com"),
        ("FIND_AFTER", "5,soon"),
        ("FIND_AFTER", "-1"),
        ("LIMIT", "0"),
        ("LIMIT", "25001"),
        ("READ_TIMEOUT", "0"),
        ("REPLY_SETTINGS", "everyone"),
    ],
)
def test_a_wrong_setting_is_named_without_its_value(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"PUBLISHER_X__{name}") as caught:
        Settings({f"PUBLISHER_X__{name}": value}, files=False).channel("x")
    assert "secret" not in str(caught.value)


def test_every_setting_is_described() -> None:
    assert all(field.description for field in XSettings.model_fields.values())


def test_a_preview_loads_no_network_library() -> None:
    code = (
        "import sys; from channels.x import channel; from publisher.text import Text\n"
        "x = channel(channel.Settings()); t = Text.authored('Hi https://example.org 🙂'); f = x.form\n"
        "f.measure('post', t); f.lint('post', t); f.wire('post', t)\n"
        "print([m for m in ('tweepy', 'requests', 'urllib3', 'oauthlib', 'ssl', 'http.client') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
