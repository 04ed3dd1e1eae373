"""What the doctor asks DNS about a sender, of a name server on this machine."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Iterator
from typing import Any

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from channels.email import channel, dkim
from channels.email import domain as asked
from channels.email.settings import EmailSettings

RSA = dkim.made("press.agency", "s1", "rsa")
OTHER = dkim.made("press.agency", "s1", "ed25519")
GOOD = {
    ("press.agency", "TXT"): ['"v=spf1 ip4:192.0.2.1 -all"', '"something=else"'],
    ("_dmarc.press.agency", "TXT"): ['"v=DMARC1; p=reject"'],
    ("relay.agency", "A"): ["192.0.2.1"],
    ("1.2.0.192.in-addr.arpa", "PTR"): ["relay.agency."],
}


class Server:
    """Answers what it knows; everything else there is not."""

    def __init__(self) -> None:
        self.records: dict[tuple[str, str], list[str]] = {}
        self.asked: list[str] = []
        outer = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                raw, sock = self.request
                question = dns.message.from_wire(raw)
                (wanted,) = question.question
                name, kind = str(wanted.name).rstrip("."), dns.rdatatype.to_text(wanted.rdtype)
                outer.asked.append(name)
                answer = dns.message.make_response(question)
                found = outer.records.get((name, kind))
                if found:
                    answer.answer.append(dns.rrset.from_text(wanted.name, 60, "IN", kind, *found))
                elif not any(known == name for known, _ in outer.records):
                    answer.set_rcode(dns.rcode.NXDOMAIN)
                sock.sendto(answer.to_wire(), self.client_address)

        self.server = socketserver.ThreadingUDPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    made.records |= GOOD
    yield made
    made.server.shutdown()
    made.server.server_close()


def found(server: Server, **settings: Any) -> list[tuple[bool, str]]:
    given = {
        "smtp_url": "smtp://relay.agency",
        "sender": "Press <office@press.agency>",
        "unsubscribe_url": "https://press.agency/u",
        "nameserver": server.address,
    }
    return [(f.ok, f.what) for f in channel(EmailSettings(**given | settings)).domain()]


def bad(server: Server, **settings: Any) -> str:
    return "\n".join(what for ok, what in found(server, **settings) if not ok)


def signed(record: str = "", **more: Any) -> dict[str, Any]:
    return {"dkim_domain": "press.agency", "dkim_selector": "s1", "dkim_key": RSA.pem, **more}


def test_a_sender_with_everything_is_told_so(server: Server) -> None:
    server.records["s1._domainkey.press.agency", "TXT"] = [_strings(RSA.record)]
    said = found(server, **signed())
    assert all(ok for ok, _ in said)
    told = "\n".join(what for _, what in said)
    for words in (
        "SPF record",
        "is the one that signs (rsa-sha256)",
        "is reject",
        "point at each other",
        "Outlook.com",
    ):
        assert words in told


def _strings(record: str) -> str:
    return " ".join(f'"{record[i : i + 200]}"' for i in range(0, len(record), 200))


@pytest.mark.parametrize(
    ("records", "said"),
    [
        ([], "no SPF record"),
        (['"v=spf1 -all"', '"v=spf1 mx -all"'], "2 SPF records, so none counts"),
        (['"v=spf1 +all"'], "lets everybody send"),
        (
            ['"v=spf1 ' + " ".join(f"include:s{n}.agency" for n in range(11)) + ' -all"'],
            "11 further look-ups",
        ),
    ],
)
def test_a_faulty_spf_record_is_named_and_missed_by_the_providers(
    server: Server, records: Any, said: str
) -> None:
    server.records["press.agency", "TXT"] = records
    told = bad(server)
    assert said in told
    assert "Outlook.com want" in told
    assert "missing: SPF" in told


def test_spf_is_that_of_the_envelope(server: Server) -> None:
    assert "mail.agency has no SPF record" in bad(server, bounce_address="b@mail.agency")


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ("", "no DKIM key is published at s1._domainkey.press.agency"),
        (OTHER.record, "is not the one that signs"),
        (RSA.record.replace("p=", "p=AAAA"), "is not the one that signs"),
        ("v=DKIM1; p=", "is not the one that signs"),
        (RSA.record.replace("k=rsa;", "k=rsa; t=y;"), "marked as a test"),
    ],
    ids=["none", "another kind", "another key", "withdrawn", "on trial"],
)
def test_a_key_that_is_not_published_as_it_signs_is_named(server: Server, record: str, said: str) -> None:
    if record:
        server.records["s1._domainkey.press.agency", "TXT"] = [_strings(record)]
    told = bad(server, **signed())
    assert said in told
    assert "missing: DKIM" in told


@pytest.mark.parametrize(
    ("name", "record", "said"),
    [
        ("", "", "has no DMARC record"),
        ("_dmarc.press.agency", "v=DMARC1; rua=mailto:a@b.org", "says no policy"),
        (
            "_dmarc.press.agency",
            "v=DMARC1; p=none; pct=50; ri=1",
            "has pct, ri, which mean nothing any more (RFC 9989)",
        ),
    ],
)
def test_a_faulty_dmarc_record_is_named(server: Server, name: str, record: str, said: str) -> None:
    del server.records["_dmarc.press.agency", "TXT"]
    if name:
        server.records[name, "TXT"] = [f'"{record}"']
    told = bad(server)
    assert said in told
    assert "write pct" not in told


def test_the_policy_of_a_domain_above_holds_where_there_is_none_nearer(server: Server) -> None:
    server.records["a.b.press.agency", "TXT"] = ['"v=spf1 -all"']
    server.records["_dmarc.press.agency", "TXT"] = ['"v=DMARC1; p=reject; sp=quarantine"']
    said = found(server, sender="office@a.b.press.agency")
    assert (True, "the DMARC policy of press.agency is quarantine") in said
    assert server.asked.index("_dmarc.a.b.press.agency") < server.asked.index("_dmarc.press.agency")


def test_an_envelope_and_a_signature_of_another_domain_do_not_speak_for_the_sender(server: Server) -> None:
    server.records["mail.net", "TXT"] = ['"v=spf1 -all"']
    server.records["s1._domainkey.press.agency", "TXT"] = [_strings(RSA.record)]
    server.records["_dmarc.press.agency", "TXT"] = ['"v=DMARC1; p=reject; adkim=s"']
    server.records["_dmarc.office.press.agency", "TXT"] = ['"v=DMARC1; p=reject; adkim=s"']
    told = bad(server, bounce_address="b@mail.net", sender="a@office.press.agency", **signed())
    assert "neither the envelope's domain mail.net nor a signature is of office.press.agency" in told
    assert "neither" not in bad(server, bounce_address="b@mail.net", **signed())


@pytest.mark.parametrize("ptr", [[], ["other.agency."]])
def test_a_relay_whose_name_does_not_point_back_is_named(server: Server, ptr: list[str]) -> None:
    server.records["1.2.0.192.in-addr.arpa", "PTR"] = ptr
    told = bad(server)
    assert "192.0.2.1 has no name that points back" in told
    assert "Outlook" not in told


def test_a_list_that_cannot_be_left_with_one_click_is_named(server: Server) -> None:
    assert "missing: one-click unsubscribing" in bad(server, unsubscribe_url="")


def test_a_name_server_that_does_not_answer_is_no_fault_of_the_senders(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(asked, "PATIENCE", 0.2)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mute:
        mute.bind(("127.0.0.1", 0))
        made = channel(
            EmailSettings(
                smtp_url="smtp://relay.agency",
                sender="office@press.agency",
                nameserver=f"127.0.0.1:{mute.getsockname()[1]}",
            )
        )
        (only,) = made.domain()
    assert (only.ok, only.level) == (False, "warning")
    assert only.what.startswith("DNS could not be asked")


@pytest.mark.parametrize("sender", ["a@example.org", "a@sandbox.example", "a@x.test", "a@mail.example.com"])
def test_a_domain_that_is_only_an_examples_is_not_asked_about(server: Server, sender: str) -> None:
    assert found(server, sender=sender) == []
    assert server.asked == []
