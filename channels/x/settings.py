"""What the X channel needs to know: `PUBLISHER_X__…`."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from publisher.languages import tags

PREFIX = "PUBLISHER_X__"
API = "https://api.twitter.com"
"""Where tweepy sends, and the address OAuth signatures are made for."""
REPLIES = ("following", "mentionedUsers", "subscribers", "verified")
"""Who may reply (`reply_settings` of POST /2/tweets); X has no word for everybody."""
EVERYBODY = ("", "everyone", "everybody")
CREDENTIALS = ("api_key", "api_secret", "access_token", "access_token_secret")


class XSettings(BaseModel):
    model_config = ConfigDict(defer_build=True)  # made when something is set: a preview is quick

    api_key: SecretStr | None = Field(None, description="the app's API key (consumer key)")
    api_secret: SecretStr | None = Field(None, description="the app's API key secret")
    access_token: SecretStr | None = Field(
        None,
        description="access token of the account that posts, made after the app had read and write permission",
    )
    access_token_secret: SecretStr | None = Field(None, description="the access token's secret")
    api_url: str = Field(API, description="address of the API; a rehearsal points it at the sandbox")
    account: str = Field("", description="handle that must be the one the access token posts as")
    languages: str = Field(
        "", description="languages to post in, such as en,fr; by default every one that an announcement has"
    )
    connect_timeout: float = Field(5, gt=0, description="seconds to wait for a connection")
    read_timeout: float = Field(30, gt=0, description="seconds to wait for an answer")
    find_after: str = Field(
        "5,30,120,600", description="seconds after an unknown outcome at which X is asked for the post"
    )
    limit: int = Field(
        280,
        ge=1,
        le=25000,
        description="longest post of this account, in weighted characters; 25000 with Premium",
    )
    reply_settings: Literal["", "following", "mentionedUsers", "subscribers", "verified"] = Field(
        "",
        description="who may reply: following, mentionedUsers, subscribers or verified; by default everybody",
    )
    thread: bool = Field(
        False, description="post threads: the headline and link first, then the statement's best sentences"
    )
    monthly_cap: float | None = Field(
        None,
        ge=0,
        allow_inf_nan=False,
        description="US dollars that posts of one calendar month (UTC) may cost together; nothing leaves beyond",
    )

    @field_validator("account")
    @classmethod
    def _handle(cls, value: str) -> str:
        handle = value.strip().removeprefix("@")
        if handle and not re.fullmatch(r"[A-Za-z0-9_]{1,15}", handle):
            raise ValueError("is no handle such as @example")
        return handle

    @field_validator("api_url")
    @classmethod
    def _address(cls, value: str) -> str:
        parts = urlsplit(value)
        if not parts.hostname or parts.scheme not in ("http", "https") or parts.username:
            raise ValueError(f"is no address such as {API}")
        if parts.scheme == "http" and not _loopback(parts.hostname):
            raise ValueError("must be https: statements under embargo would travel in the clear")
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

    def secret(self, name: str) -> str:
        given: SecretStr | None = getattr(self, name)
        return given.get_secret_value() if given else ""

    def missing(self) -> list[str]:
        """The settings that posting needs and that are not there."""
        return [PREFIX + name.upper() for name in CREDENTIALS if not self.secret(name).strip()]


def _delays(value: str) -> tuple[float, ...]:
    try:
        delays = tuple(float(part) for part in value.split(",") if part.strip())
    except ValueError:
        raise ValueError("is no list of seconds such as 5,30,120") from None
    if any(not 0 <= delay < 1e6 for delay in delays):
        raise ValueError("is no list of seconds such as 5,30,120")
    return delays


def _loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
