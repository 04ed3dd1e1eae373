"""Directory: what organizations are called on each channel, from a file the office keeps.

    # YAML; in TOML each name is a table
    Freedom Online Coalition:
      also: [FOC]
      x: "@FO_Coalition"
      linkedin: urn:li:organization:1234567
      hashtags: [FreedomOnline]

A name is what readers see where a channel shows names. LinkedIn makes a mention of one only when it is the
page's full name, capitals included; where the page is called otherwise, say so:
`linkedin: {account: "urn:li:organization:7", name: "Ministry of Foreign Affairs of Ruritania"}`.

An author mentions one by `mentions:` in the front matter, or by `@[Freedom Online Coalition]` in a text of
their own. What a statement only names is suggested, never added.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from publisher import text as texts
from publisher.errors import SettingsError
from publisher.statement import Statement
from publisher.text import Text

SETTING = "PUBLISHER_DIRECTORY"
_DEPTH = 4
_MENTION = re.compile(r"@\[([^\[\]\n]{1,200})\]")
_WORDS_BETWEEN = r"[\s\-–’']{0,2}"


@dataclass(frozen=True, slots=True)
class Account:
    """An organization on one channel: `target` names it to the service, `name` to readers."""

    target: str
    name: str


@dataclass(frozen=True)
class Entry:
    """One organization: `also` are other names and acronyms of it, `accounts` by channel."""

    name: str
    also: tuple[str, ...] = ()
    accounts: Mapping[str, Account] = field(default_factory=dict)
    hashtags: tuple[str, ...] = ()

    @cached_property
    def _named(self) -> re.Pattern[str]:
        # An acronym in small letters is often a word: who, unite.
        also = "|".join(map(re.escape, self.also))
        return re.compile(rf"(?<!\w)(?:(?i:{re.escape(self.name)}){'|' if also else ''}{also})(?!\w)")

    def stands_in(self, text: str) -> bool:
        """Whether `text` names the organization."""
        return bool(self._named.search(text))


@dataclass(frozen=True)
class Directory:
    """The organizations an office knows, in the file's order."""

    entries: tuple[Entry, ...] = ()

    def find(self, name: str) -> Entry | None:
        """The organization of that name, or of which it is another name."""
        wanted = " ".join(name.split()).casefold()
        return self._by_name.get(wanted)

    @cached_property
    def _by_name(self) -> dict[str, Entry]:
        found: dict[str, Entry] = {}
        for entry in self.entries:
            for name in (entry.name, *entry.also):
                found.setdefault(name.casefold(), entry)
        return found

    def named_in(self, text: str) -> Iterator[Entry]:
        """The organizations that `text` names, in the file's order."""
        return (entry for entry in self.entries if entry.stands_in(text))

    @cached_property
    def words(self) -> tuple[str, ...]:
        """Every name, target and hashtag: the office's own words, which need no source in a statement."""
        accounts = [a for e in self.entries for a in e.accounts.values()]
        tags = [f"#{tag}" for e in self.entries for tag in e.hashtags]
        return tuple(dict.fromkeys([w for a in accounts for w in (a.name, a.target)] + tags))


EMPTY = Directory()


# ---------------------------------------------------------------- use


@dataclass(frozen=True, slots=True)
class Names:
    """The directory as one channel's texts use it. `warn` is told what the directory does not know."""

    directory: Directory
    channel: str
    warn: Callable[[str], None]

    def mention(self, name: str, target: str = "") -> str:
        """`name` as a marked mention of its account on the channel (or of `target`), else as plain words."""
        entry = self.directory.find(name)
        account = entry.accounts.get(self.channel) if entry else None
        if target or account is None:
            return texts.mark("mention" if target else "plain", name, target)
        return texts.mark("mention", account.name, account.target)

    def has(self, name: str) -> bool:
        """Whether `name` has an account on the channel; says so when it has none."""
        entry = self.directory.find(name)
        if entry and self.channel in entry.accounts:
            return True
        lack = f"has no account on {self.channel} for it" if entry else "does not know it"
        self.warn(f"{self.channel}: “{name}” is not mentioned: the directory ({SETTING}) {lack}")
        return False

    def authored(self, own: str) -> str:
        """A person's own text as a marked string: links, hashtags, and `@[Name]` as the directory has it."""
        parts = _MENTION.split(own)
        for name in parts[1::2]:
            self.has(name)
        return "".join(
            self.mention(part) if n % 2 else texts.mark_authored(part) for n, part in enumerate(parts)
        )


def unnamed(own: str) -> str:
    """A person's own text where nobody can be mentioned: `@[Name]` is just the name."""
    return _MENTION.sub(r"\1", own)


def suggestions(
    directory: Directory, statement: Statement, channel: str, account: str, used: Iterable[Text], tags: bool
) -> list[str]:
    """What could be added to a post and was not: accounts and hashtags of organizations that the statement names.

    `account` is who posts, `used` the texts as they are; `tags`: the channel takes hashtags.
    """
    spans = [span for text in used for span in text]
    there = {s.target.lstrip("@").casefold() for s in spans if s.kind == "mention"}
    there |= {account.lstrip("@").casefold(), ""}
    tagged = {s.text.casefold() for s in spans if s.kind == "hashtag"}
    found: list[str] = []
    for entry in directory.named_in(f"{statement.title}\n{statement.text}"):
        named = entry.accounts.get(channel)
        if named and named.target.lstrip("@").casefold() not in there:
            found.append(named.target if named.target.startswith("@") else f"@[{entry.name}]")
        found += [f"#{tag}" for tag in entry.hashtags if tags and tag.casefold() not in tagged]
    return list(dict.fromkeys(found))


def camel(tag: str, text: str) -> str:
    """`tag` with a capital for each word, where `text` shows its words; "" when it does not, or has them.

    A screen reader reads #HumanRights and stumbles over #humanrights.
    """
    if tag != tag.lower() or len(tag) < 2:
        return ""
    spelt = _WORDS_BETWEEN.join(map(re.escape, tag))
    found = re.search(rf"(?<!\w){spelt}(?!\w)", text, re.IGNORECASE)
    words = re.split(r"[\s\-–’']+", found[0]) if found else []
    return "".join(w[:1].upper() + w[1:] for w in words) if len(words) > 1 else ""


# ---------------------------------------------------------------- reading


def load(path: Path | None) -> Directory:
    """The directory at `path` (`.toml`, else YAML); an empty one for None. Raises SettingsError naming the line or entry."""
    if path is None:
        return EMPTY
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{SETTING} names {path}, which cannot be read: {error}") from None
    found = _toml(text, path) if path.suffix.lower() == ".toml" else _yaml(text, path)
    if not isinstance(found, dict):
        raise SettingsError(f"{path} must map each organization's name to its accounts")
    entries = tuple(_entry(path, name, facts) for name, facts in found.items())
    _one_owner_each(path, entries)
    return Directory(entries)


def _yaml(text: str, path: Path) -> Any:
    import yaml

    from publisher.intake.plain_yaml import load as read

    try:
        return read(text, _DEPTH) or {}
    except yaml.YAMLError as error:
        mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None)
        where = f", line {mark.line + 1}" if mark else ""
        raise SettingsError(f"{path}{where}: {problem or str(error).splitlines()[0]}") from None


def _toml(text: str, path: Path) -> Any:
    import tomllib

    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise SettingsError(f"{path}: {error}") from None


def _entry(path: Path, key: str, facts: Any) -> Entry:
    from publisher.intake.clean import clean, line

    name = line(clean(key))
    if not name or not isinstance(facts, dict):
        raise SettingsError(f'{path}: {key!r} must map channels to accounts, such as {{x: "@example"}}')
    accounts = {
        _channel(channel): _account(path, name, channel, given)
        for channel, given in facts.items()
        if channel not in ("also", "hashtags") and given is not None
    }
    return Entry(name, _texts(path, name, facts, "also"), accounts, _tags(path, name, facts))


def _channel(name: str) -> str:
    from publisher.registry import canonical

    return canonical(name)


def _account(path: Path, name: str, channel: str, given: Any) -> Account:
    if isinstance(given, str):
        given = {"account": given}
    if isinstance(given, dict) and given.keys() <= {"account", "name"} and given.get("account"):
        target, shown = given["account"], given.get("name") or name
        if isinstance(target, str) and isinstance(shown, str):
            return Account(target.strip(), " ".join(shown.split()))
    raise SettingsError(f"{path}: {name}: {channel} must be an account, or have `account` and `name`")


def _texts(path: Path, name: str, facts: dict[str, Any], key: str) -> tuple[str, ...]:
    given = facts.get(key) or []
    if not isinstance(given, list) or not all(isinstance(v, str) and v.strip() for v in given):
        raise SettingsError(f"{path}: {name}: {key} must be a list of words, such as [ABC]")
    return tuple(dict.fromkeys(" ".join(v.split()) for v in given))


def _tags(path: Path, name: str, facts: dict[str, Any]) -> tuple[str, ...]:
    from publisher.intake.fields import hashtag

    tags = {given: hashtag(given) for given in _texts(path, name, facts, "hashtags")}
    for given, tag in tags.items():
        if not tag:
            raise SettingsError(f"{path}: {name}: {given!r} can be no hashtag; use letters, digits and _")
    return tuple(dict.fromkeys(tags.values()))


def _one_owner_each(path: Path, entries: tuple[Entry, ...]) -> None:
    owners: dict[str, str] = {}
    for entry in entries:
        for name in dict.fromkeys(n.casefold() for n in (entry.name, *entry.also)):
            if (other := owners.setdefault(name, entry.name)) != entry.name:
                raise SettingsError(f"{path}: {name!r} stands for {other} and for {entry.name}; keep one")
