"""E-mail addresses: as they are written on an envelope, and when two are the same."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from publisher.errors import UsageError

_LOOKALIKE = {"CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE"}
"""Scripts with letters that pass for Latin ones."""
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
    for label in (found.local_part, *found.domain.split(".")):
        scripts = {unicodedata.name(c, "?").split()[0] for c in label if c.isalpha()}
        if "LATIN" in scripts and scripts & _LOOKALIKE:
            raise UsageError(f"{address[:80]!r} mixes letters that look alike; type it anew")
    return found.normalized, found.normalized.casefold()
