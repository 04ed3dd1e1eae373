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

from publisher import consent
from publisher.consent import Standing
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
}
_KNOWN = {alias: name for name, aliases in _COLUMNS.items() for alias in aliases.split("|")}
TEXTS = ("email", "name", "language", "tags")
MAPPED = (*TEXTS, consent.STATUS, consent.LEFT)
"""What `--map` can name."""

_CELLS = re.compile(r'"?[^\s"@,;|<>]+@[^\s"@,;|<>]+"?\s*[,;\t|]')
"""A row of a table whose first cell is an address."""

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


def people(
    stream: BinaryIO, wanted: Mapping[str, str] | None = None, *, encoding: str = "", off: bool = False
) -> Iterator[Person]:
    """Everybody in a list that can be read twice. `wanted` names the columns (`email` → 'Email Address').

    `encoding` is found out where it is not said. `off`: it is a list of people who are not to be mailed, so that no
    column need say it. Raises UsageError for a column that is not there, or that may say who wants no mail and is not
    understood; StatementError for a file that is no text.
    """
    text = io.TextIOWrapper(stream, encoding or _encoding(stream), newline="")
    try:
        yield from _rows(text, dict(wanted or {}), strict=not off)
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


def _rows(text: io.TextIOWrapper, wanted: dict[str, str], strict: bool) -> Iterator[Person]:
    head: list[str] = []
    for raw in text:
        head.append(raw)
        delimiter = max(",;\t|", key=raw.count)
        titles = next(csv.reader([raw], delimiter=delimiter), [])
        if columns := _columns(titles, wanted):
            plain = [consent.plain(title) for title in titles]
            said = {field: title for field, title in wanted.items() if field not in TEXTS}
            standing = Standing.of(plain, said, strict)
            yield from _table(text, len(head), delimiter, columns, standing)
            return
        if len(head) == 3:  # Google Groups writes a line above its header
            break
    if wanted:
        raise UsageError(f"the list has no header with {', '.join(map(repr, wanted.values()))}")
    for number, raw in enumerate(chain(head, text), 1):
        if raw.strip():
            yield _mailbox(number, raw.strip())


def _mailbox(number: int, said: str) -> Person:
    """A line of a list without a header: an address, `Name <address>`, or an address and a name."""
    if found := re.fullmatch(r'"?([^"<>]*?)"?\s*<([^<>]*)>', said):
        return Person(number, found[2], found[1].strip())
    if found := re.fullmatch(r"(\S+@[^\s,;|]+)[ \t]+([^@,;|]+)", said):
        return Person(number, found[1], found[2])
    if _CELLS.match(said):
        why = "several columns and no header; write email,name,… in a line above the first"
        return Person(number, said, fault=why)
    return Person(number, said)


def _columns(titles: list[str], wanted: dict[str, str]) -> dict[str, int]:
    """Where each text stands; empty when this is no header."""
    plain = [consent.plain(t) for t in titles]
    found: dict[str, int] = {}
    for n, title in enumerate(plain):
        if title in _KNOWN:
            found.setdefault(_KNOWN[title], n)
    missing = [title for title in wanted.values() if title and consent.plain(title) not in plain]
    if missing and "email" in found:
        raise UsageError(f"the list has no column {missing[0]!r}; it has {', '.join(titles)}")
    if missing:
        return {}
    for name in wanted.keys() & set(TEXTS):
        if wanted[name]:
            found[name] = plain.index(consent.plain(wanted[name]))
        else:
            found.pop(name, None)
    return found if "email" in found else {}


def _table(
    text: io.TextIOWrapper, above: int, delimiter: str, columns: dict[str, int], standing: Standing
) -> Iterator[Person]:
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
            said = {name: unguarded(row[n]).strip() for name, n in columns.items() if n < len(row)}
            yield _person(line, said, *standing.told(row))


def _person(line: int, said: Mapping[str, str], stop: str, fault: str) -> Person:
    language = _language(said.get("language", ""))
    if said.get("language") and not language and not stop:
        fault = fault or f"the language {said['language'][:40]!r} is no tag such as fr"
    name = said.get("name") or f"{said.get('first', '')} {said.get('last', '')}".strip()
    tags = _tags(said.get("tags", ""))
    return Person(line, said.get("email", ""), name, language, tags, stop, fault)


@lru_cache(1024)
def _tags(said: str) -> tuple[str, ...]:
    return tuple(t.strip(' "') for t in re.split("[,;]", said) if t.strip(' "'))
