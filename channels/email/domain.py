"""What DNS says of the sender: SPF (RFC 7208), DKIM (RFC 6376), DMARC (RFC 9989) and the relay's name (PTR).

A name server that does not answer is no fault of the sender's: it is said once, and nothing more is asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from publisher.channel import Finding

from .address import mailbox
from .settings import PREFIX, EmailSettings

if TYPE_CHECKING:
    from .dkim import Signer

PATIENCE = 3.0
"""Seconds for one question."""
LABELS = 8
"""Names that a search for a DMARC policy asks at most (RFC 9989)."""
LOOKUPS = 10
"""Further questions that an SPF record may cost (RFC 7208 4.6.4)."""
REMOVED = ("pct", "rf", "ri")
"""Tags that DMARC had before RFC 9989."""

_RESERVED = re.compile(r"(?:^|\.)(?:example(?:\.(?:com|net|org))?|test|invalid|localhost)$")
_COSTS = re.compile(
    r"^[+?~-]?(?:include:|a(?:[:/]|$)|mx(?:[:/]|$)|ptr(?::|$)|exists:)|^redirect=", re.IGNORECASE
)


class Silent(Exception):
    """No name server answers."""


class Names:
    """Asks DNS; by `server` (`host` or `host:port`) where that is given, else by those of this machine."""

    def __init__(self, server: str = "") -> None:
        from dns.resolver import Resolver

        self._resolver = Resolver(configure=not server)
        if server:
            host, _, port = server.rpartition(":") if re.search(r":\d+$", server) else (server, "", "53")
            self._resolver.nameservers, self._resolver.port = [host.strip("[]")], int(port)
        self._resolver.lifetime = PATIENCE

    def ask(self, name: str, kind: str) -> list[Any]:
        """The records there are; none where the name has none. Raises Silent."""
        from dns.exception import DNSException
        from dns.resolver import NXDOMAIN, NoAnswer

        try:
            return list(self._resolver.resolve(name, kind, search=False))
        except (NXDOMAIN, NoAnswer):
            return []
        except (DNSException, OSError) as error:
            raise Silent(type(error).__name__) from None

    def texts(self, name: str, begins: str) -> list[str]:
        """The TXT records that begin so."""
        found = [b"".join(record.strings).decode("utf-8", "replace") for record in self.ask(name, "TXT")]
        return [text for text in found if text.lower().startswith(begins)]


def findings(settings: EmailSettings) -> Iterator[Finding]:
    """What is found, a sentence each. A domain that is only an example's is not asked about."""
    from dns.exception import DNSException

    try:
        sender = mailbox(settings.sender).domain
        signers = settings.signers
    except ValueError:
        return  # said by the settings' own check
    if _RESERVED.search(sender):
        return
    try:
        yield from _Sender(settings, sender, signers, Names(settings.nameserver)).all()
    except (Silent, DNSException) as error:
        what = f"DNS could not be asked ({error or type(error).__name__}); SPF, DKIM, DMARC and PTR of {sender} are not checked"
        yield Finding(
            False, what, "ask again later, or name another server in PUBLISHER_EMAIL__NAMESERVER", "warning"
        )


class _Sender:
    def __init__(
        self, settings: EmailSettings, sender: str, signers: tuple[Signer, ...], names: Names
    ) -> None:
        self.settings, self.sender, self.signers, self.names = settings, sender, signers, names
        self.envelope = settings.bounce_address.rpartition("@")[2] or sender
        self.missing: list[str] = []

    def all(self) -> Iterator[Finding]:
        yield self._spf()
        yield from self._dkim()
        yield from self._dmarc()
        yield from self._ptr()
        yield from self._wanted()

    def _lacks(self, what: str, sentence: str, fix: str) -> Finding:
        self.missing.append(what)
        return Finding(False, sentence, fix, "warning")

    # ------------------------------------------------------------ SPF

    def _spf(self) -> Finding:
        """Of the envelope's domain: that is whom receivers ask whether the relay may send."""
        found = self.names.texts(self.envelope, "v=spf1")
        if not found:
            fix = f'publish a TXT record at {self.envelope} that names the relay, such as "v=spf1 include:relay.example -all"'
            return self._lacks("SPF", f"{self.envelope} has no SPF record", fix)
        if len(found) > 1:
            return self._lacks(
                "SPF", f"{self.envelope} has {len(found)} SPF records, so none counts", "keep one"
            )
        terms = found[0].split()[1:]
        if any(term.lower() in ("all", "+all") for term in terms):
            return self._lacks(
                "SPF", f"the SPF record of {self.envelope} lets everybody send (+all)", "end it with -all"
            )
        costs = sum(bool(_COSTS.match(term)) for term in terms)
        if costs > LOOKUPS:
            what = f"the SPF record of {self.envelope} needs {costs} further look-ups; receivers stop at {LOOKUPS}"
            return self._lacks("SPF", what, "name networks (ip4:, ip6:) in place of names")
        return Finding(
            True, f"{self.envelope} has an SPF record; whether it names the relay, a test mail's headers say"
        )

    # ------------------------------------------------------------ DKIM

    def _dkim(self) -> Iterator[Finding]:
        if not self.signers:
            yield Finding(
                True,
                "mail is not signed here: the relay must (DKIM); a test mail's headers say whether it does",
            )
        for signer in self.signers:
            yield self._key(signer)

    def _key(self, signer: Signer) -> Finding:
        name = f"{signer.selector}._domainkey.{signer.domain}"
        records = [_tags(text) for text in self.names.texts(name, "")]
        records = [tags for tags in records if "p" in tags]
        wanted = _tags(signer.record)
        if not records:
            self.missing.append("DKIM")
            return Finding(
                False,
                f"no DKIM key is published at {name}",
                f"publish this TXT record there: {signer.record}",
            )
        if "".join(records[0]["p"].split()) != wanted["p"] or records[0].get("k", "rsa") != wanted["k"]:
            self.missing.append("DKIM")
            what = f"the DKIM key published at {name} is not the one that signs; every signature fails"
            return Finding(False, what, f"publish this TXT record there: {signer.record}")
        if "y" in records[0].get("t", "").split(":"):
            return self._lacks(
                "DKIM", f"the DKIM key at {name} is marked as a test (t=y)", "take t=y out of the record"
            )
        return Finding(True, f"the DKIM key at {name} is the one that signs ({signer.algorithm})")

    # ------------------------------------------------------------ DMARC

    def _dmarc(self) -> Iterator[Finding]:
        at, tags = self._policy()
        if not at:
            fix = f'publish a TXT record at _dmarc.{self.sender}, to begin with "v=DMARC1; p=none; rua=mailto:…"'
            yield self._lacks("DMARC", f"{self.sender} has no DMARC record", fix)
            return
        policy = (tags.get("sp") if at != self.sender else "") or tags.get("p", "")
        if policy not in ("none", "quarantine", "reject"):
            yield self._lacks(
                "DMARC", f"the DMARC record of {at} says no policy", "write p=none, p=quarantine or p=reject"
            )
            return
        yield Finding(True, f"the DMARC policy of {at} is {policy}")
        if old := [tag for tag in REMOVED if tag in tags]:
            what = f"the DMARC record of {at} has {', '.join(old)}, which mean nothing any more (RFC 9989)"
            yield Finding(False, what, "take them out", "warning")
        if not (self._aligned(self.envelope, tags.get("aspf")) or self._signed(tags.get("adkim"))):
            what = f"neither the envelope's domain {self.envelope} nor a signature is of {self.sender}, as DMARC wants"
            yield self._lacks(
                "DMARC", what, f"set {PREFIX}BOUNCE_ADDRESS under {self.sender}, or let the relay sign for it"
            )

    def _policy(self) -> tuple[str, dict[str, str]]:
        """Where the sender's policy stands: at its own name, else at the nearest above it."""
        labels = self.sender.split(".")
        names = [
            self.sender,
            *(".".join(labels[n:]) for n in range(max(1, len(labels) - LABELS + 1), len(labels))),
        ]
        for name in names:
            records = self.names.texts(f"_dmarc.{name}", "v=dmarc1")
            if len(records) == 1:
                return name, _tags(records[0])
        return "", {}

    def _signed(self, how: str | None) -> bool:
        """Who does not sign here is taken to have a relay that signs for the sender."""
        return not self.signers or any(self._aligned(s.domain, how) for s in self.signers)

    def _aligned(self, domain: str, how: str | None) -> bool:
        one, other = domain.lower(), self.sender.lower()
        related = one.endswith(f".{other}") or other.endswith(f".{one}")
        return one == other or (how != "s" and (related or _parent(one) == _parent(other)))

    # ------------------------------------------------------------ the relay's name

    def _ptr(self) -> Iterator[Finding]:
        """A relay on this machine, and one that hands over to others, sends from an address that is not seen here."""
        from dns.reversename import from_address

        relay = self.settings.relay
        if relay is None or relay.local:
            return
        host = relay.host.strip("[]")
        addresses = [host] if re.fullmatch(r"[0-9.]+|.*:.*", host) else []
        addresses = addresses or [
            str(record) for kind in ("A", "AAAA") for record in self.names.ask(host, kind)
        ]
        for address in addresses:
            names = [str(record).rstrip(".") for record in self.names.ask(str(from_address(address)), "PTR")]
            kind = "AAAA" if ":" in address else "A"
            if any(address in map(str, self.names.ask(name, kind)) for name in names):
                yield Finding(
                    True, f"the relay's address {address} and its name {names[0]} point at each other"
                )
            else:
                what = f"the relay's address {address} has no name that points back to it (PTR)"
                yield self._lacks(
                    "PTR", what, "if it sends to the world from this address, ask its keeper for one"
                )

    # ------------------------------------------------------------ what the providers want

    def _wanted(self) -> Iterator[Finding]:
        """Of senders of many mails; Outlook refuses for good what lacks it (550 5.7.515)."""
        one_click = bool(self.settings.personal_links or self.settings.list_address)
        lacks = [*dict.fromkeys(self.missing), *(() if one_click else ("one-click unsubscribing",))]
        outlook = [what for what in lacks if what not in ("one-click unsubscribing", "PTR")]
        for who, wants, missing in (
            ("Gmail and Yahoo", "SPF, DKIM, DMARC, PTR, one-click unsubscribing", lacks),
            ("Outlook.com", "SPF, DKIM and DMARC, all passing", outlook),
        ):
            if missing:
                what = f"{who} want of senders of 5,000 mails a day {wants}; here is missing: {', '.join(missing)}"
                yield Finding(False, what, "see “What the big providers ask” in docs/email.md", "warning")
            else:
                yield Finding(
                    True, f"{who} want of senders of 5,000 mails a day {wants}: nothing is seen to be missing"
                )


def _tags(record: str) -> dict[str, str]:
    """`a=1; b=2` as a mapping, names in lower case."""
    pairs = (piece.partition("=") for piece in record.split(";"))
    return {name.strip().lower(): value.strip() for name, mark, value in pairs if mark}


def _parent(domain: str) -> str:
    """The domain above: two under one parent are an organisation's, unless that is a top-level one."""
    above = domain.partition(".")[2]
    return above if "." in above else domain
