"""What the email channel needs to know: `PUBLISHER_EMAIL__…`."""

from __future__ import annotations

import re
from functools import cached_property
from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import quote, unquote, urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from . import dkim, verp
from .address import ascii_address, mailbox, single_line
from .dkim import Signer

PREFIX = "PUBLISHER_EMAIL__"
_LIST_ID = re.compile(r"(?:[^<>]*\s)?<[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)+>")


class Relay(NamedTuple):
    """The server that takes our mail. `tls` is implicit TLS; else STARTTLS is used where offered."""

    host: str
    port: int
    tls: bool
    user: str
    password: str

    @property
    def address(self) -> str:
        """Without credentials."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'smtps' if self.tls else 'smtp'}://{host}:{self.port}"

    @property
    def local(self) -> bool:
        return loopback(self.host)


class EmailSettings(BaseModel):
    model_config = ConfigDict(defer_build=True)  # made when something is set: a preview is quick

    smtp_url: SecretStr | None = Field(
        None,
        description="smtp://user:password@host:port; smtps:// for implicit TLS; STARTTLS is used when offered, and required off loopback",
    )
    sender: str = Field("", description="who the mail is from: Name <address>, or an address")
    reply_to: str = Field("", description="where answers go, when not to the sender")
    bounce_address: str = Field(
        "",
        description="where undeliverable mail goes back to; each reader's own, bounces+…@example.org, is made of it; the sender when unset",
    )
    list_id: str = Field("", description="what the list is called (RFC 2919): Human name <list.example.org>")
    unsubscribe_url: str = Field(
        "",
        description="https address of the unsubscribe page; each recipient's token replaces {token} in it, or is added as the last path segment",
    )
    subscribe_url: str = Field(
        "",
        description="https address of the page on which people subscribe themselves, such as https://example.org/subscribe; off when unset",
    )
    list_address: str = Field(
        "", description="a list's own address: one mail to it in place of one to each subscriber"
    )
    full_text: bool = Field(
        False,
        description="whether the whole statement stands below the digest; a statement's own channels: {email: {full_text: …}} wins",
    )
    attach_max: int = Field(
        0,
        ge=0,
        description="bytes of PDF documents that are attached, all together; what is larger, and everything at 0, is linked only",
    )
    dkim_domain: str = Field(
        "", description="the domain mail is signed for (DKIM): the sender's, or one above it"
    )
    dkim_selector: str = Field("", description="under which name the domain publishes the key")
    dkim_key: SecretStr | None = Field(
        None, description="the private key: a path to a PEM file, or the PEM itself; unsigned when unset"
    )
    dkim_second_selector: str = Field("", description="the same for a second signature, with an Ed25519 key")
    dkim_second_key: SecretStr | None = Field(None, description="the second key, Ed25519")
    nameserver: str = Field(
        "",
        pattern=r"^$|^\[?[0-9A-Fa-f:.]+\]?(:\d+)?$",
        description="the name server that the doctor asks about the sender, such as 9.9.9.9; those of this machine when unset",
    )
    connect_timeout: float = Field(
        30,
        gt=0,
        description="seconds to wait for the connection, and for each answer before the mail's last line",
    )
    reply_timeout: float = Field(
        600,
        gt=0,
        description="seconds to wait for the answer to the mail's last line; less than 600 (RFC 5321) makes doubts",
    )

    connections: int = Field(
        4, ge=1, le=32, description="connections to the relay over which a mailing goes out"
    )
    per_second: float | None = Field(
        None, gt=0, allow_inf_nan=False, description="mails a second at most, of all hosts together"
    )
    per_hour: float | None = Field(
        None, gt=0, allow_inf_nan=False, description="mails an hour at most, the same"
    )
    per_destination: str = Field(
        "",
        description="mails a second to one recipient domain at most: gmail.com=20,outlook.com=10,*=50 (*: each other one)",
    )
    horizon: float = Field(
        259200, gt=0, allow_inf_nan=False, description="seconds for which a deferred mail is tried again"
    )
    resend_doubtful: bool = Field(
        False,
        description="mail again, once its fate was unknown for a while, whoever may have it already (same Message-ID)",
    )

    @field_validator("per_destination")
    @classmethod
    def _paces(cls, value: str) -> str:
        _rates(value)
        return value

    @property
    def rate(self) -> float | None:
        """Mails a second, by whichever setting is the slower."""
        given = [self.per_second, self.per_hour / 3600 if self.per_hour else None]
        return min((r for r in given if r), default=None)

    @property
    def rates(self) -> dict[str, float]:
        """Mails a second by recipient domain."""
        return _rates(self.per_destination)

    @field_validator("smtp_url")
    @classmethod
    def _server(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            _relay(value.get_secret_value())
        return value

    @field_validator("sender", "reply_to", "list_address", "list_id", "unsubscribe_url", "subscribe_url")
    @classmethod
    def _one_line(cls, value: str) -> str:
        return single_line(value.strip(), "it")

    @field_validator("bounce_address")
    @classmethod
    def _bounces(cls, value: str) -> str:
        if not value.strip():
            return ""
        address = ascii_address(value)
        if address.index("@") > verp.LONGEST:
            raise ValueError(
                f"has more than {verp.LONGEST} characters before its @; each reader's own is longer"
            )
        return address

    @field_validator("list_id")
    @classmethod
    def _named(cls, value: str) -> str:
        if value and not _LIST_ID.fullmatch(value):
            raise ValueError("is no list name such as Press statements <press.example.org>")
        return value

    @field_validator("unsubscribe_url", "subscribe_url")
    @classmethod
    def _page(cls, value: str) -> str:
        if not value:
            return value
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or not value.isascii() or " " in value:
            raise ValueError("is no address such as https://example.org/unsubscribe/{token}, in ASCII")
        if parts.scheme == "http" and not loopback(parts.hostname):
            raise ValueError("must be https: mail providers offer one-click unsubscribing with nothing else")
        return value

    @cached_property
    def signers(self) -> tuple[Signer, ...]:
        """Who signs each mail, RSA first; nobody where no key is set. Raises ValueError naming the setting."""
        pairs = [("DKIM_KEY", self.dkim_selector, self.dkim_key)]
        pairs += [("DKIM_SECOND_KEY", self.dkim_second_selector, self.dkim_second_key)]
        found = []
        for name, selector, key in pairs:
            if key is None:
                continue
            try:
                if not (self.dkim_domain and selector):
                    raise ValueError(
                        f"needs {PREFIX}DKIM_DOMAIN and {PREFIX}{name.replace('KEY', 'SELECTOR')}"
                    )
                signer = Signer(self.dkim_domain.lower(), selector, dkim.read(key.get_secret_value()))
                _ = signer.key
            except ValueError as error:
                raise ValueError(f"{PREFIX}{name} {error}") from None
            found.append(signer)
        if found and self.sender and not _under(mailbox(self.sender).domain, self.dkim_domain):
            raise ValueError(
                f"{PREFIX}DKIM_DOMAIN {self.dkim_domain} is not that of {PREFIX}SENDER; "
                "readers would not take the signature for the sender's"
            )
        return tuple(found)

    @property
    def relay(self) -> Relay | None:
        return _relay(self.smtp_url.get_secret_value()) if self.smtp_url else None

    @property
    def personal_links(self) -> bool:
        """Whether each mail carries its recipient's own unsubscribe link."""
        return bool(self.unsubscribe_url and not self.list_address)

    def unsubscribe(self, token: str) -> str:
        """The unsubscribe address of the recipient with this token."""
        token = quote(token, safe="")
        if "{token}" in self.unsubscribe_url:
            return self.unsubscribe_url.replace("{token}", token)
        base, mark, query = self.unsubscribe_url.partition("?")
        return f"{base.rstrip('/')}/{token}{mark}{query}"

    def token(self, link: str) -> str:
        """Whose unsubscribe address `link` is: the inverse; "" when it is none."""
        before, mark, after = self.unsubscribe("|").partition("%7C") if self.unsubscribe_url else ("", "", "")
        inside = link.startswith(before) and link.endswith(after) and len(link) > len(before) + len(after)
        return unquote(link[len(before) : len(link) - len(after)]) if mark and inside else ""

    def problems(self) -> list[str]:
        """What keeps a mail from being sent, one sentence for each setting; empty when nothing does."""
        found = [
            f"{PREFIX}{name.upper()} is missing" for name in ("smtp_url", "sender") if not getattr(self, name)
        ]
        for name in ("sender", "reply_to", "list_address"):
            try:
                if value := getattr(self, name):
                    mailbox(value)
            except ValueError as error:
                found.append(f"{PREFIX}{name.upper()} {value!r}: {error}")
        try:
            _ = self.signers
        except ValueError as error:
            found.append(str(error))
        return found


def _relay(url: str) -> Relay:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname or parts.path.strip("/") or parts.query:
        raise ValueError("is no smtp://user:password@host:port; percent-encode / @ : # in user and password")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if user and not (user + password).isascii():
        raise ValueError("has a user or password that is not ASCII, which SMTP cannot carry")
    tls = parts.scheme == "smtps"
    return Relay(parts.hostname, port or (465 if tls else 587 if user else 25), tls, user, password)


def _rates(text: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for entry in filter(None, (e.strip() for e in text.split(","))):
        domain, sign, number = (t.strip() for t in entry.partition("="))
        try:
            rate = float(number)
        except ValueError:
            rate = 0.0
        if not sign or not domain or not 0 < rate < 1e6:
            raise ValueError(f"{entry!r} is no pace such as gmail.com=20, in mails a second")
        found[domain.lower()] = rate
    return found


def _under(domain: str, parent: str) -> bool:
    return domain.lower() == parent.lower() or domain.lower().endswith(f".{parent.lower()}")


def loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
