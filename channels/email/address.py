"""Addresses and header values, with everything refused that could smuggle in a header or a command."""

from __future__ import annotations

import re
from typing import NamedTuple

# The ends of lines in any reading (C0, DEL, C1, U+2028, U+2029) and halves of surrogate pairs.
_UNHEADERLY = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_UNWRITABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
# Code points that turn or hide what stands beside them: they can make one address look like another.
_DECEIVING = re.compile("[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
_ENCODED_WORD = re.compile(r"=\?[^?\s]+\?[bqBQ]\?[^?\s]*\?=")
_MAILBOX = re.compile(r"""\s*(?:"?(?P<name>[^"<>\\]*?)"?\s*<(?P<address>[^<>\s]+)>|(?P<bare>[^<>\s]+))\s*""")
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_USUAL = re.compile(rf"(?=.{{3,254}}$)(?=[^@]{{1,64}}@){_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})+")
_ATOMS = re.compile(r"[^()<>\[\]:;@\\,.\"]*")


class Mailbox(NamedTuple):
    """A name (may be empty) and an address in ASCII."""

    name: str
    address: str

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]

    def __str__(self) -> str:
        """As in a header before encoding: the name quoted where RFC 5322 wants it."""
        if not self.name:
            return self.address
        name = self.name if _ATOMS.fullmatch(self.name) else f'"{self.name}"'
        return f"{name} <{self.address}>"


def single_line(value: str, what: str) -> str:
    """`value` as one line of a header. Raises ValueError for what would end the line or be decoded."""
    if bad := _UNHEADERLY.search(value):
        raise ValueError(f"{what} has a control character or line break (U+{ord(bad[0]):04X}); remove it")
    if _ENCODED_WORD.search(value):
        raise ValueError(f"{what} has an encoded word (=?…?=), which readers would see decoded; write it out")
    return value


def writable(value: str, what: str) -> str:
    """`value` as a body. Raises ValueError for control characters other than tab and newline."""
    if bad := _UNWRITABLE.search(value):
        raise ValueError(f"{what} has a control character (U+{ord(bad[0]):04X}); remove it")
    return value


def ascii_address(value: str) -> str:
    """`value` as any server takes it: an international domain in its ASCII form. Raises ValueError with the reason."""
    address = recipient(value)
    if not address.isascii():
        raise ValueError("the part before @ is not ASCII, which few servers accept; ask for another address")
    return address


def recipient(value: str) -> str:
    """`value` as mail to it is addressed: in ASCII where it can be said so, else as it is, which only a server with
    SMTPUTF8 (RFC 6531) takes. Raises ValueError with the reason.
    """
    address = single_line(value.strip(), "the address")
    if _DECEIVING.search(address):
        raise ValueError("the address has an invisible character; type it anew")
    if _USUAL.fullmatch(address):  # nearly all are, and the library takes 50 ms to load
        return _lowered(address)
    from email_validator import EmailNotValidError, validate_email

    try:
        found = validate_email(address, check_deliverability=False, test_environment=True, strict=True)
    except EmailNotValidError as error:
        raise ValueError(str(error)) from None
    return found.ascii_email or f"{found.local_part}@{found.ascii_domain}"


def _lowered(address: str) -> str:
    local, _, domain = address.rpartition("@")
    return f"{local}@{domain.lower()}"


def mailbox(value: str) -> Mailbox:
    """`Name <address>` or `address`. Raises ValueError with the reason."""
    if _USUAL.fullmatch(value):
        return Mailbox("", _lowered(value))
    found = _MAILBOX.fullmatch(single_line(value, "it"))
    if not found:
        raise ValueError("is neither an address nor “Name <address>”")
    return Mailbox(" ".join((found["name"] or "").split()), ascii_address(found["address"] or found["bare"]))
