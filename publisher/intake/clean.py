"""Characters: what may stay in a statement's words, and what would mislead a reader or a service."""

from __future__ import annotations

import re

from publisher.errors import StatementError
from publisher.text import nfc, unmarked

_BREAKS = re.compile("\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f\ufeff\ufffe\uffff\u00ad\u200b]")
_OVERRIDES = re.compile("[\u202d\u202e]")
_OPENERS, _PDF, _PDI = "\u202a\u202b", "\u202c", "\u2069"
_ISOLATES = "\u2066\u2067\u2068"
_FORMATS = re.compile(f"[{_OPENERS}{_PDF}{_ISOLATES}{_PDI}]")

# French puts a no-break space inside « » and before : ; ! ?, many languages inside numbers and before a unit;
# there it keeps a line from breaking wrongly. Everywhere else it is a leftover of a word processor.
_NO_BREAK = re.compile("(?<!«)(?<!\\d)\u00a0(?![:;!?»%‰€$£°])|(?<=\\d)\u00a0(?![\\d:;!?»%‰€$£°])")

_SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹"
_RAISED = str.maketrans("0123456789", _SUPERSCRIPTS)
# A footnote mark hangs on a long word or on punctuation; m² and km³ hang on a short unit.
_FOOTNOTE = re.compile(
    rf"(?:(?<=[^\W\d_]{{4}})|(?<=[.,;:!?”\"’'»)\]]))[{_SUPERSCRIPTS}]+(?:[ ,][{_SUPERSCRIPTS}]+)*"
)


def raised(text: str) -> str:
    """Figures that are set higher, as the characters that are: m² stays, and a footnote mark can be told from a number."""
    return text.translate(_RAISED)


def printable(text: str) -> str:
    """`text` without controls, span marks and characters that show nothing; line breaks are `\\n`."""
    if any("\ud800" <= c <= "\udfff" for c in text):
        # YAML and JSON escapes write an emoji as two surrogates; a lone one is no character at all.
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return _CONTROLS.sub("", unmarked(_BREAKS.sub("\n", text)))


def clean(text: str) -> str:
    """`text` as a statement keeps it: printable, in NFC, with plain spaces where no-break ones do nothing."""
    return nfc(_NO_BREAK.sub(" ", printable(text).replace("\t", " ")))


def line(text: str) -> str:
    """`text` on one line, single-spaced; overrides of the writing direction and unclosed ones are gone."""
    text = _OVERRIDES.sub("", text)
    text = text if _closed(text) else _FORMATS.sub("", text)
    return re.sub("[ \n]+", " ", text).strip()


def _closed(text: str) -> bool:
    """Whether every embedding and isolate that opens in `text` closes in it: else it would turn what follows."""
    open_marks: list[str] = []
    for mark in _FORMATS.findall(text):
        if mark in _OPENERS or mark in _ISOLATES:
            open_marks.append(_PDF if mark in _OPENERS else _PDI)
        elif not open_marks or open_marks.pop() != mark:
            return False
    return not open_marks


def overridden(text: str) -> bool:
    """Whether characters in `text` force a reading order that its letters do not have."""
    return bool(_OVERRIDES.search(text))


def headline(text: str, where: str) -> str:
    """A title as one clean line. Raises StatementError, naming `where`, for line breaks, NUL, overrides and endless ones."""
    text = text.strip()
    if "\0" in text:
        raise StatementError(f"{where} holds a NUL character; remove it")
    if _BREAKS.search(text) or "\n" in text:
        raise StatementError(f"{where} holds a line break; write it on one line")
    if len(text) > 1000:
        raise StatementError(f"{where} has {len(text):,} characters; a title has a line or two at most")
    if overridden(text):
        raise StatementError(
            f"{where} holds a character that reverses the reading order (U+202D or U+202E); remove it"
        )
    return line(clean(text))


def without_footnote_marks(text: str) -> str:
    """`text` without superscript figures that point to a footnote (`state² ³.`); units such as m² stay."""
    return _FOOTNOTE.sub("", text)
