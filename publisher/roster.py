"""Reading a list of people: CSV from anywhere, or one address a line; a row at a time, however long the file is.

Encoding and delimiter are found out. The exports of the usual services are known by their column names, and whom
they no longer mail (unsubscribed, cleaned, complained) comes out with the reason.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import BinaryIO

from publisher.errors import StatementError, UsageError
from publisher.intake.fields import language_tag

CHUNK = 1 << 16
FORMULA = tuple("=+-@\t\r")
"""What a spreadsheet takes for the beginning of a formula."""
TALL = 50
"""Lines one row may have: a quote that is never closed would swallow everybody after it."""

_COLUMNS = {
    "email": "email|e mail|email address|e mail address|emailaddress|mail|subscriber|address|subscribed address|member address|e mail adresse|adresse e mail|correo electronico",
    "name": "name|full name|display name|nickname|realname",
    "first": "first name|firstname|given name|vorname|prenom|nombre",
    "last": "last name|lastname|surname|family name|nachname|nom|apellido|apellidos",
    "language": "language|lang|locale|preferred language|sprache|langue|idioma",
    "tags": "tags|labels|groups",
    "status": "status|email status|delivery status|subscription status|email marketing status|subscriber status",
    "left": "unsub time|unsubscribed at|unsubscribe date|date unsubscribed",
    "bounced": "clean time|cleaned at|bounced at",
    "blocked": "blacklisted|blocklisted|email blacklisted|email blocklisted",
}
_KNOWN = {alias: name for name, aliases in _COLUMNS.items() for alias in aliases.split("|")}
MAPPED = ("email", "name", "language", "tags", "status")
"""What `--map` can name."""

_ON_THE_LIST = frozenset(
    [
        "",
        "subscribed",
        "active",
        "enabled",
        "confirmed",
        "normal",
        "member",
        "owner",
        "manager",
        "optin",
        "opted in",
    ]
)
_OFF = {
    "left": "unsubscribed|unsubscribe|opted out|optedout|optout|removed|left|by user|disabled by user",
    "bounced": "bounced|bouncing|by bounces|disabled by bounces|cleaned|hard bounced|undeliverable|invalid",
    "complained": "complained|complaint|junk|spam|abuse|marked as spam",
    "blocked": "blocklisted|blacklisted|disabled|suppressed|banned|blocked|by moderator|disabled by moderator",
}
_REASON = {word: reason for reason, words in _OFF.items() for word in words.split("|")}
_NO = frozenset({"", "0", "no", "false", "n", "nein", "non"})

_language = lru_cache(1024)(language_tag)  # a list has many people and few languages


@dataclass(frozen=True, slots=True)
class Person:
    """One row. `stop`: why they must not be mailed, or ""; `fault`: why the row cannot be used, or ""."""

    line: int
    email: str = ""
    name: str = ""
    language: str = ""
    tags: tuple[str, ...] = ()
    stop: str = ""
    fault: str = ""


def people(stream: BinaryIO, wanted: Mapping[str, str] | None = None) -> Iterator[Person]:
    """Everybody in a list that can be read twice. `wanted` names the columns (`email` → 'Email Address').

    Raises UsageError for a column that is not there, StatementError for a file that is no text.
    """
    text = io.TextIOWrapper(stream, _encoding(stream), newline="")
    try:
        yield from _rows(text, dict(wanted or {}))
    except UnicodeError:
        raise StatementError("the list is no text; save it as CSV in UTF-8") from None
    finally:
        text.detach()


def guarded(cell: str) -> str:
    """`cell` for a list that a spreadsheet may open: an apostrophe before what it would run as a formula.

    Before an apostrophe too, so that `unguarded` gives back every cell as it was.
    """
    return f"'{cell}" if cell.startswith((*FORMULA, "'")) else cell


def unguarded(cell: str) -> str:
    """The inverse of `guarded`; what was never guarded stays as it is, if no apostrophe stands before a formula."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith((*FORMULA, "'")) else cell


def written(text: str) -> Iterator[Person]:
    """Everybody in a list that is at hand as text."""
    return people(io.BytesIO(text.encode()))


def _encoding(stream: BinaryIO) -> str:
    """By its first bytes, else UTF-8 where all of it is, else what Windows writes."""
    start = stream.read(4)
    stream.seek(0)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    try:
        while piece := stream.read(CHUNK):
            if b"\0" in piece:
                raise StatementError("the list has NUL bytes, so it is no text; save it as CSV in UTF-8")
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1252"
    finally:
        stream.seek(0)
    return "utf-8-sig"


def _rows(text: io.TextIOWrapper, wanted: dict[str, str]) -> Iterator[Person]:
    head: list[str] = []
    for raw in text:
        head.append(raw)
        delimiter = max(",;\t|", key=raw.count)
        titles = next(csv.reader([raw], delimiter=delimiter), [])
        if columns := _columns(titles, wanted):
            yield from _table(text, len(head), delimiter, columns)
            return
        if len(head) == 3:  # Google Groups writes a line above its header
            break
    if wanted:
        raise UsageError(f"the list has no header with {', '.join(map(repr, wanted.values()))}")
    for number, raw in enumerate(chain(head, text), 1):
        if raw.strip():
            yield _mailbox(number, raw.strip())


def _mailbox(number: int, said: str) -> Person:
    """A line of a list without a header: an address, or `Name <address>`."""
    found = re.fullmatch(r'"?([^"<>]*?)"?\s*<([^<>]*)>', said)
    return Person(number, found[2], found[1].strip()) if found else Person(number, said)


def _columns(titles: list[str], wanted: dict[str, str]) -> dict[str, int]:
    """Where each field stands; empty when this is no header."""
    plain = [_plain(t) for t in titles]
    found: dict[str, int] = {}
    for n, title in enumerate(plain):
        if title in _KNOWN:
            found.setdefault(_KNOWN[title], n)
    for name, title in wanted.items():
        if not title:
            found.pop(name, None)
        elif _plain(title) in plain:
            found[name] = plain.index(_plain(title))
        elif "email" in found:
            raise UsageError(f"the list has no column {title!r}; it has {', '.join(titles)}")
        else:
            return {}
    return found if "email" in found else {}


@lru_cache(4096)
def _plain(title: str) -> str:
    return " ".join(re.sub(r"[\W_]+", " ", title.lstrip("\ufeff").casefold()).split())


def _table(text: io.TextIOWrapper, above: int, delimiter: str, columns: dict[str, int]) -> Iterator[Person]:
    reader, last = csv.reader(text, delimiter=delimiter), 0
    while True:
        line = above + last + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error:
            row = []
        height, last = reader.line_num - last, reader.line_num
        if height > TALL or (not row and height > 1):
            yield Person(
                line,
                fault=f"a quote opened here is not closed; nothing up to line {above + last} was read",
            )
        elif any(row):
            yield _person(
                line, {name: unguarded(row[n]).strip() for name, n in columns.items() if n < len(row)}
            )


def _person(line: int, said: Mapping[str, str]) -> Person:
    status = _plain(said.get("status", ""))
    stop = _REASON.get(status, "")
    for reason in ("left", "bounced", "blocked"):
        if not stop and said.get(reason, "").casefold() not in _NO:
            stop = reason
    fault = ""
    if not stop and status not in _ON_THE_LIST:
        fault = (
            f"the status {said['status'][:40]!r} does not say that they want mail; `--map status=` reads none"
        )
    language = _language(said.get("language", ""))
    if said.get("language") and not language and not stop:
        fault = fault or f"the language {said['language'][:40]!r} is no tag such as fr"
    name = said.get("name") or f"{said.get('first', '')} {said.get('last', '')}".strip()
    tags = _tags(said.get("tags", ""))
    return Person(line, said.get("email", ""), name, language, tags, stop, fault)


@lru_cache(1024)
def _tags(said: str) -> tuple[str, ...]:
    return tuple(t.strip(' "') for t in re.split("[,;]", said) if t.strip(' "'))
