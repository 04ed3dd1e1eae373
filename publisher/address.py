"""E-mail addresses: as they are written on an envelope, and when two are the same."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from publisher.errors import UsageError

_LOOKALIKE = {"CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE"}
"""Scripts with letters that pass for Latin ones."""
_TWINS = {
    "CYRILLIC": (
        frozenset("асԁеһіјӏорԛѕԝхуѵ"),
        {"ru", "su", "by", "ua", "bg", "rs", "mk", "kz", "kg", "mn", "uz"},
    ),
    "GREEK": (frozenset("ανορυικ"), {"gr", "cy"}),
}
"""By script: letters that nobody tells from a plain Latin one, and the countries where words are written in it. A word
of nothing but such letters, elsewhere, is made to be taken for another."""
_PHONETIC = frozenset("ɑɡ")
"""Latin letters of phonetic script that nobody tells from a and g."""
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_USUAL = re.compile(
    rf"(?=.{{6,254}}\Z)(?=[^@]{{1,64}}@)(?![^@]*@.*--){_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+(?=[^.]*[A-Za-z]\Z){_LABEL}"
)
"""What `email-validator` takes as it is, but for the names in `_unusual`: a hundred times as quick, and a test holds
the two side by side. A double hyphen in a domain may be an international one."""


def normal(address: str) -> tuple[str, str]:
    """An address as it is written on an envelope, and the form in which two are the same.

    Raises UsageError when it is none, or deceives.
    """
    address = address.strip()
    if _USUAL.fullmatch(address):
        local, _, domain = address.rpartition("@")
        names, endings = _unusual()
        domain = domain.lower()
        if local.lower() not in names and domain.rpartition(".")[2] not in endings:
            written = f"{local}@{domain}"
            return written, written.lower()
    return _validated(address)


@cache
def _unusual() -> tuple[frozenset[str], frozenset[str]]:
    """Names whose case the library changes, and the last parts of domains that it refuses."""
    from email_validator import SPECIAL_USE_DOMAIN_NAMES
    from email_validator.rfc_constants import CASE_INSENSITIVE_MAILBOX_NAMES

    endings = (domain.rpartition(".")[2] for domain in SPECIAL_USE_DOMAIN_NAMES)
    return frozenset(CASE_INSENSITIVE_MAILBOX_NAMES), frozenset(endings)


def _validated(address: str) -> tuple[str, str]:
    from email_validator import EmailNotValidError, validate_email

    try:
        found = validate_email(address, check_deliverability=False, strict=True)
    except EmailNotValidError as error:
        raise UsageError(f"{address[:80]!r} is no e-mail address: {error}") from None
    ending = found.domain.rpartition(".")[2]
    if any(_deceives(word, ending) for word in (found.local_part, *found.domain.split("."))):
        raise UsageError(f"{address[:80]!r} has letters that look like others; type it anew")
    return found.normalized, found.normalized.casefold()


def _deceives(word: str, ending: str) -> bool:
    """Whether a word of an address is, for all anybody sees, another one."""
    if word.isascii():
        return False
    scripts = {unicodedata.name(c, "?").split()[0] for c in word if c.isalpha()}
    mixed = "LATIN" in scripts and scripts & _LOOKALIKE
    # Broad and ornate letters stand for the usual ones; the library puts those there in a domain, but not before the @.
    ornate = any(unicodedata.normalize("NFKC", c).isascii() for c in word if not c.isascii())
    return bool(mixed or ornate or _twin(word, scripts, ending))


def _twin(word: str, scripts: set[str], ending: str) -> bool:
    """Whether each of its foreign letters is the very image of a Latin one, where no such words are written."""
    foreign = {c for c in word.lower() if not c.isascii()}
    return bool(foreign & _PHONETIC) or any(
        foreign <= letters and ending.isascii() and ending not in home
        for script, (letters, home) in _TWINS.items()
        if script in scripts
    )
