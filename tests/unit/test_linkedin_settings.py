"""The LinkedIn channel's settings."""

from __future__ import annotations

import subprocess
import sys

import pytest
from pydantic import SecretStr, ValidationError

from channels.linkedin import channel
from channels.linkedin.settings import LinkedInSettings
from publisher.errors import SettingsError


@pytest.mark.parametrize("given", ["123456", " 123456 ", "urn:li:organization:123456", 123456])
def test_a_page_is_its_number_or_its_urn(given: object) -> None:
    made = LinkedInSettings.model_validate({"organization": given})
    assert made.organization == channel(made).account == "urn:li:organization:123456"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("organization", "urn:li:person:1"),
        ("organization", "urn:li:organization:urn:li:organization:1"),
        ("organization", "acme"),
        ("access_token", "AQV…"),
        ("access_token", "AQV x"),
        ("version", "2026-09"),
        ("version", "202613"),
        ("api_url", "http://api.linkedin.com"),
        ("api_url", "api.linkedin.com"),
        ("auth_url", "https://user@www.linkedin.com"),
        ("find_after", "5,soon"),
        ("find_after", "-1"),
        ("read_timeout", "0"),
    ],
)
def test_a_wrong_value_is_refused(name: str, value: str) -> None:
    with pytest.raises(ValidationError) as caught:
        LinkedInSettings.model_validate({name: value})
    assert caught.value.errors()[0]["loc"] == (name,)


@pytest.mark.parametrize(
    ("given", "auth"),
    [
        ({}, "https://www.linkedin.com"),
        ({"api_url": "http://127.0.0.1:8081/"}, "http://127.0.0.1:8081"),
        ({"api_url": "http://127.0.0.1:8081", "auth_url": "http://localhost:9"}, "http://localhost:9"),
    ],
)
def test_a_rehearsal_gets_its_tokens_where_it_posts(given: dict[str, str], auth: str) -> None:
    assert LinkedInSettings.model_validate(given).auth == auth


def test_every_missing_setting_is_named() -> None:
    with pytest.raises(SettingsError) as caught:
        channel(LinkedInSettings()).ready()
    assert "PUBLISHER_LINKEDIN__ORGANIZATION and PUBLISHER_LINKEDIN__ACCESS_TOKEN" in str(caught.value)


def test_a_refresh_token_stands_in_for_an_access_token() -> None:
    secret = SecretStr("s")
    channel(
        LinkedInSettings(organization="1", client_id="c", client_secret=secret, refresh_token=secret)
    ).ready()


def test_patience_outlasts_every_timeout_of_a_post_and_a_renewal() -> None:
    slow = channel(LinkedInSettings(connect_timeout=10, read_timeout=90))
    assert slow.patience > 3 * (10 + 90) + 5
    assert tuple(slow.find_after) == (5, 15, 45, 120, 300)


def test_every_setting_says_what_it_is() -> None:
    assert all(field.description for field in LinkedInSettings.model_fields.values())


def test_loading_the_channel_imports_no_requests() -> None:
    """A preview must stay quick."""
    code = "import sys, channels.linkedin as c; c.channel(c.channel.Settings()); print('requests' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        == "False\n"
    )
