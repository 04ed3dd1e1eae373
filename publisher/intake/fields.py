"""The fields of a statement, checked one by one; every error names the file, the field and the fix."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Never
from urllib.parse import urlsplit

from publisher.errors import StatementError
from publisher.intake.clean import clean, headline, line
from publisher.intake.draft import Draft

KEYS = (
    "title", "url", "issued", "embargo", "language", "translations", "organization",
    "hashtags", "mentions", "summary", "documents", "images", "channels",
)  # fmt: skip

# What other systems call the same thing; a suggestion only, their meaning may differ.
_ELSEWHERE = {
    "headline": "title", "date": "issued", "published": "issued", "published_time": "issued", "lang": "language", "locale": "language",
    "tags": "hashtags", "link": "url", "permalink": "url", "canonical": "url", "canonical_url": "url",
    "source_url": "url", "description": "summary", "excerpt": "summary", "attachments": "documents",
    "image": "images",
}  # fmt: skip

_LANGUAGE = re.compile(
    r"[a-z]{2,3}(-[a-z]{3}){0,3}(-[a-z]{4})?(-([a-z]{2}|\d{3}))?(-([a-z0-9]{5,8}|\d[a-z0-9]{3}))*"
    r"(-[a-wyz0-9](-[a-z0-9]{2,8})+)*(-x(-[a-z0-9]{1,8})+)?",
    re.I,
)
_STAMP = re.compile(
    r"(\d{4}-\d\d?-\d\d?)(?:[Tt]|\s+)(\d\d?:\d\d(?::\d\d(?:\.\d+)?)?)\s*(Z|[+-]\d\d?(?::?\d\d)?)?"
)


class Fields:
    """Front matter with its types checked; every error names the file, the field and the fix."""

    def __init__(self, name: str, found: Mapping[str, Any]) -> None:
        self.name, self.found = name, found

    def refuse(self, field: str, fix: str) -> Never:
        raise StatementError(f"{self.name}: `{field}` {fix}")

    def text(self, field: str) -> str:
        value = self.found.get(field)
        if value is None:
            return ""
        if not isinstance(value, str):
            self.refuse(field, "must be text; put it in quotes")
        return value.strip()

    def one_line(self, field: str) -> str:
        value = self.text(field)
        return headline(value, f"{self.name}: `{field}`") if value else ""

    def paragraph(self, field: str) -> str:
        """Text that may have several lines."""
        return "\n".join(line(part) for part in clean(self.text(field)).split("\n")).strip()

    def listed(self, field: str, example: str) -> list[Any]:
        value = self.found.get(field)
        if value is None:
            return []
        if not isinstance(value, list):
            self.refuse(field, f"must be a list, such as {example}")
        return value

    def url(self, field: str = "url") -> str:
        value = self.text(field)
        if value and not web_address(value):
            self.refuse(field, f"must be a full http or https address, not {value[:80]!r}")
        return value

    def issued(self) -> str:
        value = self.text("issued")
        if not value or is_date(value):
            return value
        # YAML's own way to write a time: a blank for the T, and before the offset.
        if (stamp := _STAMP.fullmatch(value)) and is_date(made := _iso(*stamp.groups())):
            return made
        return self.refuse(
            "issued", f"must be an ISO 8601 date or time, such as 2025-01-15, not {value[:40]!r}"
        )

    def language(self) -> str:
        value = self.text("language")
        if not value:
            return ""
        return language_tag(value) or self.refuse(
            "language", f"must be a language tag such as en, fr or pt-BR, not {value[:40]!r}"
        )

    def hashtags(self) -> tuple[str, ...]:
        tags: dict[str, str] = {}
        for value in self.listed("hashtags", "[CyberCrime, HumanRights]"):
            if not isinstance(value, str):
                self.refuse("hashtags", "must be a list of words; put each in quotes")
            tag = hashtag(value)
            if not tag:
                self.refuse(
                    "hashtags", f"cannot be {value[:40]!r}: only letters, digits and _, with a letter in it"
                )
            tags.setdefault(tag.casefold(), tag)
        return tuple(tags.values())

    def mentions(self) -> tuple[str, ...]:
        """Whom to mention, as the directory calls them."""
        names = self.listed("mentions", "[Harbour Council]")
        if not all(isinstance(name, str) and name.strip() for name in names):
            self.refuse("mentions", "must be a list of names, such as [Harbour Council]")
        return tuple(dict.fromkeys(line(clean(name)) for name in names))

    def translations(self) -> list[str]:
        paths = self.listed("translations", "[statement.fr.md]")
        if not all(isinstance(path, str) and path.strip() for path in paths):
            self.refuse("translations", "must be a list of file names, such as [statement.fr.md]")
        return paths

    def media(self, field: str, example: str) -> Iterator[dict[str, str]]:
        for entry in self.listed(field, example):
            if not isinstance(entry, dict) or not all(
                isinstance(v, str) for v in entry.values() if v is not None
            ):
                self.refuse(field, f"must be a list of entries, such as {example}")
            yield {key: value for key, value in entry.items() if value is not None}

    def overrides(self, draft: Draft) -> dict[str, dict[str, Any]]:
        value = self.found.get("channels")
        if value is None:
            return {}
        if not isinstance(value, dict):
            self.refuse("channels", 'must map a channel to its texts, such as x: {text: "…"}')
        from publisher.registry import canonical, installed

        made: dict[str, dict[str, Any]] = {}
        for channel, fields in value.items():
            name = canonical(channel)
            if not isinstance(fields, dict):
                self.refuse(f"channels.{channel}", 'must be a mapping, such as {text: "…"}')
            if name in made:
                self.refuse("channels", f"names {name} twice")
            if (
                name not in installed()
            ):  # a name that is misspelt must not lose the author's words without a word
                near = next(iter(difflib.get_close_matches(name, installed(), 1, 0.6)), "")
                known = f"did you mean `{near}`?" if near else f"there are {', '.join(sorted(installed()))}"
                draft.note(
                    f"`channels.{channel}` is used by nothing, since no such channel is installed; {known}"
                )
            made[name] = {key: _cleaned(inner) for key, inner in fields.items() if inner is not None}
        return made

    def meant(self, field: str) -> str:
        """The unknown key that was probably meant to be `field`, or ""."""
        return next((key for key in self.found if key not in KEYS and _nearest(key) == field), "")

    def unknown(self, draft: Draft) -> None:
        """Note the keys nobody reads; suggest the nearest one where there is one."""
        if str(self.found.get("draft")).lower() in ("true", "yes"):
            draft.note("the front matter says `draft: true`; check that this is the approved text")
        unknown = [key for key in self.found if key not in KEYS]
        meant: dict[str, str] = {}
        for key in unknown:
            if (near := _nearest(key)) and not self.found.get(near):
                meant.setdefault(near, key)
        for near, key in meant.items():
            draft.note(f"unknown front-matter key `{key}`; did you mean `{near}`?")
        if others := [key for key in unknown if key not in meant.values()]:
            draft.note(f"front-matter keys that are not used: {', '.join(others)}")


def _nearest(key: str) -> str:
    """The known key that `key` is probably meant to be, or ""."""
    close = [
        known
        for known in difflib.get_close_matches(key.lower(), KEYS, 1, 0.75)
        if abs(len(known) - len(key)) < 3
    ]
    return _ELSEWHERE.get(key.lower()) or next(iter(close), "")


def _cleaned(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _cleaned(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_cleaned(inner) for inner in value]
    return clean(value).strip() if isinstance(value, str) else value


def web_address(value: str) -> bool:
    """Whether `value` is an http(s) address with a host, free of blanks and credentials."""
    if re.search(r"[\s\x00-\x20\x7f<>\"\\^`{|}]", value):
        return False
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        return False
    host = parts.hostname or ""
    return parts.scheme in ("http", "https") and bool(host.strip(".")) and parts.username is None


def language_tag(value: str) -> str:
    """A BCP 47 tag in its usual case, or "" when `value` is none (RFC 5646, without grandfathered tags)."""
    value = value.strip().replace("_", "-")
    if not _LANGUAGE.fullmatch(value):
        return ""
    first, *rest = value.split("-")
    return "-".join(
        [
            first.lower(),
            *(p.title() if len(p) == 4 and p.isalpha() else p.upper() if len(p) == 2 else p for p in rest),
        ]
    )


def is_date(value: str) -> bool:
    """Whether `value` is a date or time in ISO 8601."""
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return not re.search(r"\s", value)  # Python takes a blank for the T, ISO 8601 does not


def _iso(day: str, clock: str, offset: str | None) -> str:
    """The parts of a YAML time, which may lack leading zeros, as ISO 8601."""
    date_ = "-".join(part.zfill(2) for part in day.split("-"))
    hour, rest = clock.split(":", 1)
    zone = offset or ""
    if found := re.fullmatch(r"([+-])(\d\d?):?(\d\d)?", zone):
        zone = f"{found[1]}{found[2]:0>2}:{found[3] or '00'}"
    return f"{date_}T{hour:0>2}:{rest}{zone}"


def hashtag(value: str) -> str:
    """A tag without its #, words joined in CamelCase; "" when it cannot be one."""
    words = clean(value).strip().lstrip("#＃").split()
    tag = words[0] if len(words) == 1 else "".join(word[:1].upper() + word[1:] for word in words)
    kinds = {unicodedata.category(c)[0] for c in tag if c not in "_\u200c\u200d"}
    return tag if "L" in kinds and kinds <= set("LMN") else ""
