"""What the LinkedIn channel needs to know: `PUBLISHER_LINKEDIN__…`."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from publisher.languages import tags

PREFIX = "PUBLISHER_LINKEDIN__"
API = "https://api.linkedin.com"
WEB = "https://www.linkedin.com"


class LinkedInSettings(BaseModel):
    model_config = ConfigDict(defer_build=True)  # made when something is set: a preview is quick

    access_token: SecretStr | None = Field(
        None, description="OAuth 2.0 access token of a member with a role on the page; lives 60 days"
    )
    organization: str = Field(
        "", description="the page that posts: its number, or urn:li:organization:NUMBER"
    )
    version: str = Field(
        "202609", description="LinkedIn API version, YYYYMM; each one ends about a year after its month"
    )
    client_id: str = Field(
        "", description="the app's client ID; with the secret, tokens are checked and renewed"
    )
    client_secret: SecretStr | None = Field(None, description="the app's client secret")
    refresh_token: SecretStr | None = Field(
        None, description="renews the access token where LinkedIn granted one; ends 365 days after the login"
    )
    api_url: str = Field(API, description="address of the API; a rehearsal points it at the sandbox")
    auth_url: str = Field(
        "", description=f"address that issues tokens; {WEB} by default, or API_URL where only that one is set"
    )
    languages: str = Field(
        "", description="languages to post in, such as en,fr; by default every one that an announcement has"
    )
    connect_timeout: float = Field(5, gt=0, description="seconds to wait for a connection")
    read_timeout: float = Field(30, gt=0, description="seconds to wait for an answer")
    find_after: str = Field(
        "5,15,45,120,300",
        description="seconds after an unknown outcome at which LinkedIn is asked for the post",
    )

    @field_validator("access_token")
    @classmethod
    def _header(cls, value: SecretStr | None) -> SecretStr | None:
        if value and not sendable(value.get_secret_value()):
            raise ValueError("has spaces or characters that no token has; copy it again")
        return value

    @field_validator("organization", mode="before")
    @classmethod
    def _page(cls, value: object) -> str:
        given = str(value).strip()
        if given.isascii() and given.isdigit():
            return f"urn:li:organization:{given}"
        if given and not re.fullmatch(r"urn:li:organization(Brand)?:\d+", given):
            raise ValueError("is no page; give its number or urn:li:organization:NUMBER")
        return given

    @field_validator("version")
    @classmethod
    def _month(cls, value: str) -> str:
        if not re.fullmatch(r"20\d\d(0[1-9]|1[0-2])", value):
            raise ValueError("is no API version; give a year and month such as 202609")
        return value

    @field_validator("api_url", "auth_url")
    @classmethod
    def _address(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (not parts.hostname or parts.scheme not in ("http", "https") or parts.username):
            raise ValueError(f"is no address such as {API}")
        if parts.scheme == "http" and not _loopback(parts.hostname or ""):
            raise ValueError("must be https: a token would travel in the clear")
        return value.rstrip("/")

    @field_validator("languages")
    @classmethod
    def _languages(cls, value: str) -> str:
        tags(value)
        return value

    @field_validator("find_after")
    @classmethod
    def _seconds(cls, value: str) -> str:
        _delays(value)
        return value

    @property
    def delays(self) -> tuple[float, ...]:
        return _delays(self.find_after)

    @property
    def auth(self) -> str:
        """Where tokens come from; a rehearsal's tokens never from the real service."""
        return self.auth_url or (WEB if self.api_url == API else self.api_url)

    @property
    def renewable(self) -> bool:
        return bool(self.client_id and self.client_secret and self.refresh_token)

    def missing(self) -> list[str]:
        """The settings that posting needs and that are not there."""
        needed = {
            "ORGANIZATION": bool(self.organization),
            "ACCESS_TOKEN": bool(self.access_token or self.renewable),
        }
        return [PREFIX + name for name, there in needed.items() if not there]


def _delays(value: str) -> tuple[float, ...]:
    try:
        delays = tuple(float(part) for part in value.split(",") if part.strip())
    except ValueError:
        raise ValueError("is no list of seconds such as 5,15,45") from None
    if any(not 0 <= delay < 1e6 for delay in delays):
        raise ValueError("is no list of seconds such as 5,15,45")
    return delays


def sendable(token: str) -> bool:
    """Whether a token can travel in a header; one that cannot would fail while the post is being sent."""
    return bool(re.fullmatch(r"[!-~]+", token))


def _loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
