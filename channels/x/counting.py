"""How X counts a post, and where it sees links.

The rules are those X publishes as twitter-text configuration v3 (docs.x.com, "Counting characters"): after
NFC, most of Latin, Greek, Cyrillic, Hebrew and Arabic weighs 1, everything else 2, a link 23 however long,
an emoji 2 however many code points it has. A link needs no scheme: `measures.It` is one. Beyond the frozen
reference this counter knows today's emoji, takes every `http(s)` link for one whatever its top-level domain,
and never counts an `http(s)` address as less than a link.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache

from . import emoji, tlds

URL = 23
"""What a link weighs."""

_HEAVY = re.compile("[^\u0000-\u10ff\u2000-\u200d\u2010-\u201f\u2032-\u2037]")

_DIRECTIONS = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_SPACES = "\t-\r \x85\xa0\u1680\u180e\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_NEVER = "\ufeff\ufffe\uffff"
_ACCENTED = (
    "\xc0-\xd6\xd8-\xf6\xf8-\u024f\u0253\u0254\u0256\u0257\u0259\u025b\u0263\u0268\u026f\u0272\u0289\u028b"
    "\u02bb\u0300-\u036f\u1e00-\u1eff"
)
_HOST = rf"[^!'#%&()*+,\\\-./:;<=>?@\[\]^_{{|}}~${_SPACES}{_NEVER}{_DIRECTIONS}]"
_LABEL = rf"{_HOST}++(?:[-_]++{_HOST}++)*+"

# A candidate: the character before it, a scheme perhaps, and labels that each end in a full stop. Whether a
# top-level domain follows one of the full stops is for `_domain` to say.
_STEM = rf"(?P<scheme>[Hh][Tt][Tt][Pp][Ss]?://)?(?P<stem>(?:{_LABEL}\.(?={_HOST}))++)"
_CANDIDATE = re.compile(rf"(?:(?P<before>[^A-Za-z0-9@＠$#＃{_NEVER}])|\A){_STEM}")
_OPENING = re.compile(rf"(?P<before>){_STEM}")

_NO_MORE = r"(?![0-9A-Za-z@+-])"
_TLD = re.compile(rf"xn--[-0-9A-Za-z]+|[A-Za-z]{{2,63}}{_NO_MORE}")
_LATIN = re.compile(rf"[-0-9A-Za-z{_ACCENTED}]+\.(?:[-0-9A-Za-z{_ACCENTED}]+\.)*")

_PATH = rf"[A-Za-z0-9!*';:=+,.$/%#\[\]\-–_~@|&{_ACCENTED}\u0400-\u04ff]"
_BRACKETS = rf"\((?:{_PATH}+|{_PATH}*\({_PATH}+\){_PATH}*)\)"
_PATH_END = rf"[-+=_#/A-Za-z0-9{_ACCENTED}\u0400-\u04ff]"
_QUERY = r"(?:\?[A-Za-z0-9!?*'@();:&=+$/%#\[\]\-_.,~|]*[A-Za-z0-9\-_&=#/])?"
_REST = re.compile(
    rf"(?::[0-9]+)?(?P<path>(?:/(?:{_PATH}*(?:{_BRACKETS}{_PATH}*)*{_PATH_END}|{_BRACKETS})*)?){_QUERY}"
)
_SHORT = re.compile(rf"[Hh][Tt][Tt][Pp][Ss]?://[Tt]\.[Cc][Oo]/([A-Za-z0-9]+){_QUERY}")
_SHORT_LENGTH = 40
_LABEL_LENGTH = 63

_ADDRESS = re.compile(r"https?://\S+", re.IGNORECASE | re.ASCII)


def count(text: str) -> int:
    """The weighted length of `text`; a post of an ordinary account may weigh 280."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    total = at = 0
    for start, _, link in links(text):
        total += _weight(text[at:start]) + URL
        at = start + len(link)
    return total + _weight(text[at:])


def _weight(text: str) -> int:
    """The weight of a text without links."""
    least = sum(max(0, URL - _plain(address)) for address in _ADDRESS.findall(text)) if "://" in text else 0
    return _plain(text) + least


def _plain(text: str) -> int:
    if text.isascii():
        return len(text)
    text, pictures = emoji.cut(text)
    return len(text) + len(_HEAVY.findall(text)) + 2 * pictures


def accidental(text: str) -> list[str]:
    """What X turns into a link in `text` although nobody wrote one: no scheme, no `www.`, no path."""
    return [
        found
        for _, _, found in links(text)
        if "/" not in found and "?" not in found and not found.lower().startswith("www.")
    ]


def links(text: str) -> list[tuple[int, int, str]]:
    """Every link X makes of `text` (in NFC): where it starts, where it ends, and its text.

    The text is what stands there but for one case: without a scheme only the Latin part of a domain is linked,
    and a path belongs to it even when other letters stand between; X's reference counts the link without them.
    """
    return list(_links(text)) if "." in text else []


def _links(text: str) -> Iterator[tuple[int, int, str]]:
    at = 0
    while found := _CANDIDATE.search(text, at):
        end = _candidate_domain(text, found)
        # Only the very first character may belong to a link as well as stand before one.
        if not end and not found.start() and (opening := _OPENING.match(text)):
            found, end = opening, _candidate_domain(text, opening)
        if not end:
            at = _next_start(text, found)
            continue
        rest = _REST.match(text, end)
        at = rest.end() if rest else end
        yield from _accepted(text, found, end, at, bool(rest and rest["path"]))


def _next_start(text: str, found: re.Match[str]) -> int:
    """Where to go on after a candidate without a domain: a later start among its labels helps only where it
    leaves an underscore behind. To try every start would take quadratic time."""
    under = text.find("_", found.start("stem"), found.end())
    if under < 0:
        return found.end() - 1
    return text.rfind("_", under, text.find(".", under))


def _candidate_domain(text: str, found: re.Match[str]) -> int:
    return _domain(text, found.start("stem"), found.end(), any_tld=bool(found["scheme"]))


def _accepted(
    text: str, found: re.Match[str], domain_end: int, end: int, path: bool
) -> Iterator[tuple[int, int, str]]:
    """The links of one candidate: none, one, or without a scheme several in a row of letters."""
    start = found.start("stem")
    if not _resolvable(text[start:domain_end]):
        return
    if found["scheme"]:
        start = found.start("scheme")
        if short := _SHORT.match(text, start):
            if len(short[1]) > _SHORT_LENGTH:
                return
            end = short.end()
        yield start, end, text[start:end]
    elif (found["before"] or " ") not in "-_./":
        spans = list(_latin(text, start, domain_end))
        for n, (first, last) in enumerate(spans, 1):
            if path and n == len(spans):
                yield first, end, text[first:last] + text[domain_end:end]
            else:
                yield first, last, text[first:last]


def _domain(text: str, start: int, stem: int, any_tld: bool = False) -> int:
    """Where the domain ends whose labels fill `text[start:stem]`, or 0: at the last known top-level domain,
    else, with `any_tld`, at the last that could be one."""
    possible = 0
    dot = stem - 1
    while dot >= start:
        label = text.rfind(".", start, dot) + 1 or start
        if "_" not in text[label:dot]:
            end, known = _tld(text, dot + 1)
            if known:
                return end
            possible = possible or (0 if text[end : end + 1] == "_" else end)
        dot = label - 1
    return possible if any_tld else 0


def _tld(text: str, at: int) -> tuple[int, bool]:
    """Where a top-level domain that starts at `at` ends (0: none does), and whether it is known."""
    ascii_only = _TLD.match(text, at)
    if ascii_only and (ascii_only[0].lower() in tlds.ASCII or ascii_only[0][:4].lower() == "xn--"):
        return ascii_only.end(), True
    if not text[at : at + 5].isascii() and (other := _international().match(text, at)):
        return other.end(), True
    return (ascii_only.end() if ascii_only else 0), False


@cache
def _international() -> re.Pattern[str]:
    names = sorted((unicodedata.normalize("NFC", name) for name in tlds.INTERNATIONAL), key=len, reverse=True)
    return re.compile(f"(?i:{'|'.join(names)}){_NO_MORE}")


def _latin(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The parts of a domain without scheme that X links: those in Latin letters."""
    while found := _LATIN.search(text, start, end):
        start = _domain(text[:end], found.start(), found.end())
        if start:
            yield found.start(), start
        else:
            start = found.end()


def _resolvable(domain: str) -> bool:
    """Whether every label is short enough for DNS once it is encoded (RFC 1035, 2.3.4; RFC 3492)."""
    if domain.isascii():
        return all(len(label) <= _LABEL_LENGTH for label in domain.split("."))
    if domain.startswith("xn--") and not any(_latin(domain, 0, len(domain))):
        return False
    return all(_encoded(label) <= _LABEL_LENGTH for label in domain.split("."))


def _encoded(label: str) -> int:
    """The length of a label in Punycode; the full stops of East Asian scripts part labels, too."""
    parts = re.split("[\u3002\uff0e\uff61]", label)
    return sum(len(p) if p.isascii() else 4 + len(p.encode("punycode")) for p in parts) + len(parts) - 1
