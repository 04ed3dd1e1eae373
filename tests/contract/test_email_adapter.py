"""The email adapter over real sockets: against the sandbox, and against a relay that does as it is told."""

from __future__ import annotations

import datetime
import os
import re
import select
import smtplib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from channels.email import smtp, verp
from channels.email.adapter import Email
from channels.email.form import PLACEHOLDER
from channels.email.settings import EmailSettings
from publisher.channel import Copy, Part, Post, Receipt, Recipient, Rendering, Unclear
from publisher.errors import (
    Blocked,
    DeliveryError,
    NoSuchAddress,
    OutcomeUnknown,
    Permanent,
    RateLimited,
    Transient,
)
from publisher.sandbox.box import Sandbox

TEXT = f".starts with a dot\n..and two\n.\n\nGrüße aus dem Büro\n\nUnsubscribe: {PLACEHOLDER}"
HTML = f'<p>Grüße</p><a href="{PLACEHOLDER}">Unsubscribe</a>'


def rendering(text: str = TEXT, html: str = HTML) -> Rendering:
    fields = {"subject": "Statement — News", "text": text, "html": html}
    copies = tuple(Copy(name, value, value, len(value)) for name, value in fields.items())
    headers = {"From": "Press <press@example.org>", "List-Id": "News <news.example.org>"}
    return Rendering("email", "en", (Post(copies),), headers=headers)


def part(to: str = "ann@example.net", key: str = "", **of: Any) -> Part:
    recipient = Recipient(to, to, name="Ann", token=f"tok-{to.partition('@')[0]}")
    return Part(**{"key": key or f"a1/email/{to}", "rendering": rendering(), "recipient": recipient, **of})


def email(url: str, **settings: Any) -> Email:
    return Email(
        EmailSettings(
            **{
                "smtp_url": url,
                "sender": "Press <press@example.org>",
                "unsubscribe_url": "https://example.org/u/{token}",
                "connect_timeout": 5,
                "reply_timeout": 5,
                **settings,
            }
        )
    )


@pytest.fixture
def box() -> Iterator[Sandbox]:
    with Sandbox() as started:
        yield started


@pytest.fixture
def channel(box: Sandbox) -> Iterator[Email]:
    with closing(email(box.smtp_url)) as made:
        yield made


def sent(box: Sandbox, verb: str) -> int:
    """How often the sandbox was given a command."""
    return [r.method for r in box.requests if r.service == "smtp"].count(verb)


# ---------------------------------------------------------------- one mail


def test_each_recipient_gets_a_mail_with_only_their_own_address_link_and_identity(
    box: Sandbox, channel: Email
) -> None:
    receipts = [channel.send(part(f"{name}@example.net"), {}) for name in ("ann", "bob")]
    assert [p.recipient for p in box.public] == ["ann@example.net", "bob@example.net"]
    assert {p.sender for p in box.public} == {"press@example.org"}
    for public, receipt, name in zip(box.public, receipts, ("ann", "bob"), strict=True):
        mail = public.mail
        assert (mail["To"], mail["From"]) == (f"{name}@example.net", "Press <press@example.org>")
        assert mail["Message-ID"] == receipt.id
        assert mail["List-Unsubscribe"] == f"<https://example.org/u/tok-{name}>"
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert receipt.data["queue"].endswith(public.id)
        other = {"ann": "bob", "bob": "ann"}[name]
        assert other not in public.text
        for body in mail.iter_parts():
            assert f"https://example.org/u/tok-{name}" in body.get_content()
    assert receipts[0].id != receipts[1].id
    assert sent(box, "EHLO") == 1  # one connection carried both


def test_each_mail_comes_back_to_an_address_of_its_readers_own(box: Sandbox) -> None:
    with closing(email(box.smtp_url, bounce_address="bounces@example.org")) as channel:
        channel.send(
            part(key="a1b2c3/email.fr#s1", recipient=Recipient("s1", "ann@example.net", token="t")), {}
        )
        channel.proof(rendering(), "colleague@example.org", "")
    reader, colleague = (p.sender for p in box.public)
    assert verp.opened(reader, "bounces@example.org") == verp.Tag(
        "s1", "a1b2c3", reader.rpartition("-")[2][:16]
    )
    assert verp.opened(reader, "bounces@example.org").genuine("t")
    assert colleague == "bounces@example.org"


def test_a_list_addresses_mail_comes_back_to_the_bounce_address_itself(box: Sandbox) -> None:
    settings = {"list_address": "all@lists.example.org", "bounce_address": "bounces@example.org"}
    with closing(email(box.smtp_url, **settings)) as channel:
        channel.send(Part("a1/email#0", rendering("Words.", "<p>Words.</p>")), {})
    assert box.public[0].sender == "bounces@example.org"


def test_the_text_arrives_to_the_dot(box: Sandbox, channel: Email) -> None:
    channel.send(part(), {})
    body = next(box.public[0].mail.iter_parts()).get_payload(decode=True)
    assert body == TEXT.replace(PLACEHOLDER, "https://example.org/u/tok-ann").replace("\n", "\r\n").encode()


def test_a_second_attempt_has_the_same_identity(box: Sandbox, channel: Email) -> None:
    first, second = (channel.send(part(attempt=n, started=1000.0 * n), {}) for n in (1, 2))
    assert first.id == second.id


def test_a_list_address_gets_one_mail_without_anybodys_link(box: Sandbox) -> None:
    with closing(email(box.smtp_url, list_address="News list <all@lists.example.org>")) as channel:
        channel.send(Part("a1/email", rendering("Words.", "<p>Words.</p>")), {})
    assert [p.recipient for p in box.public] == ["all@lists.example.org"]
    assert box.public[0].mail["To"] == "all@lists.example.org"
    assert "List-Unsubscribe" not in box.public[0].mail


@pytest.mark.parametrize(
    ("settings", "of"),
    [
        ({"unsubscribe_url": ""}, {}),
        ({"list_address": "all@example.org"}, {"recipient": None}),
        ({}, {"recipient": Recipient("1", "ann@example.net")}),
    ],
)
def test_an_approved_link_without_an_address_to_put_there_is_never_sent(
    box: Sandbox, settings: dict[str, str], of: dict[str, Any]
) -> None:
    with closing(email(box.smtp_url, **settings)) as channel, pytest.raises(Blocked, match="UNSUBSCRIBE_URL"):
        channel.send(part(**of), {})
    assert not box.public
    assert not sent(box, "MAIL")


@pytest.mark.parametrize(
    "address", ["ann@example.net\r\nRCPT TO:<all@example.org>", "grüße@example..net", "ann"]
)
def test_an_address_that_cannot_be_mailed_touches_nothing(box: Sandbox, channel: Email, address: str) -> None:
    with pytest.raises(Permanent, match="nothing can be mailed to"):
        channel.send(part(recipient=Recipient("1", address, token="t")), {})
    assert not sent(box, "RCPT")


def test_an_international_domain_travels_in_ascii(box: Sandbox, channel: Email) -> None:
    channel.send(part("ann@bücher.example"), {})
    assert box.public[0].recipient == box.public[0].mail["To"] == "ann@xn--bcher-kva.example"


def test_a_proof_is_marked_and_its_unsubscribe_link_is_dead(box: Sandbox, channel: Email) -> None:
    receipt = channel.proof(rendering(), "colleague@example.org", "[TEST — not for publication] ")
    mail = box.public[0].mail
    assert mail["Subject"] == "[TEST — not for publication] Statement — News"
    assert (mail["To"], mail["Message-ID"]) == ("colleague@example.org", receipt.id)
    assert "List-Unsubscribe" not in mail
    assert PLACEHOLDER in next(mail.iter_parts()).get_content()
    again = channel.proof(rendering(), "colleague@example.org", "[TEST — not for publication] ")
    assert again.id != receipt.id


def test_a_refused_proof_says_so_like_any_mail(channel: Email) -> None:
    with pytest.raises(Permanent, match=r"5\.1\.1"):
        channel.proof(rendering(), "bounce@example.org", "[TEST] ")


def test_many_threads_share_a_channel_and_nobody_gets_another_persons_mail(
    box: Sandbox, channel: Email
) -> None:
    with ThreadPoolExecutor(8) as pool:
        receipts = list(pool.map(lambda n: channel.send(part(f"u{n}@example.net"), {}), range(60)))
    assert len({r.id for r in receipts}) == 60
    assert {(p.recipient, p.mail["To"], p.mail["List-Unsubscribe"]) for p in box.public} == {
        (f"u{n}@example.net", f"u{n}@example.net", f"<https://example.org/u/tok-u{n}>") for n in range(60)
    }
    assert sent(box, "EHLO") <= 8


# ---------------------------------------------------------------- outcomes


@pytest.mark.parametrize(
    ("fault", "error", "public"),
    [
        ("smtp-drop-after-dot", OutcomeUnknown, 1),
        ("smtp-hang-after-dot", OutcomeUnknown, 1),
        ("smtp-421", RateLimited, 0),
        ("smtp-4xx", Transient, 0),
        ("smtp-5xx", NoSuchAddress, 0),
        ("smtp-5xx-policy", Blocked, 0),
    ],
)
def test_every_failure_says_whether_something_was_sent(
    box: Sandbox, fault: str, error: type[DeliveryError], public: int
) -> None:
    box.fault(fault)
    with closing(email(box.smtp_url, reply_timeout=0.5)) as channel:
        with pytest.raises(DeliveryError) as raised:
            channel.send(part(), {})
        assert type(raised.value) is error
        assert len(box.public) == public
        channel.send(part("bob@example.net"), {})  # whatever happened, the next mail is not touched by it
    assert box.public[-1].recipient == "bob@example.net"
    assert len(box.public) == public + 1


@pytest.mark.parametrize(
    ("address", "error"),
    [
        ("bounce@example.net", NoSuchAddress),
        ("defer@example.net", Transient),
        ("full@example.net", Permanent),
    ],
)
def test_a_refused_recipient_leaves_the_connection_to_the_next(
    box: Sandbox, channel: Email, address: str, error: type[DeliveryError]
) -> None:
    with pytest.raises(DeliveryError) as raised:
        channel.send(part(address), {})
    assert type(raised.value) is error
    channel.send(part(), {})
    assert (len(box.public), sent(box, "EHLO"), sent(box, "RSET")) == (1, 1, 1)


def test_a_kept_connection_that_died_is_replaced_and_the_mail_goes_out_once(
    box: Sandbox, channel: Email
) -> None:
    channel.send(part(), {})
    box.fault("smtp-421")
    channel.send(part("bob@example.net"), {})
    assert [p.recipient for p in box.public] == ["ann@example.net", "bob@example.net"]


def test_a_relay_that_is_not_there_is_tried_again_later(box: Sandbox, channel: Email) -> None:
    box.fault("smtp-refuse", 30)
    with pytest.raises(Transient, match="nothing was sent"):
        channel.send(part(), {})


def test_mail_cannot_be_looked_up(channel: Email) -> None:
    assert isinstance(channel.find(part(), 0), Unclear)
    assert channel.find_after == ()


# ---------------------------------------------------------------- a relay that does as it is told


DEFAULTS = {"EHLO": "250 told.example", "DATA": "354 go", "STARTTLS": "220 2.0.0 go"}


class Relay:
    """One SMTP server on loopback; `says` maps a verb (or `hello`, `.`) to the reply, or to what to do instead."""

    def __init__(self, context: ssl.SSLContext | None = None, implicit: bool = False, **says: Any) -> None:
        self.says, self.context, self.implicit = says, context, implicit
        self.heard: list[str] = []
        self.mails: list[bytes] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        try:
            if self.implicit and self.context:
                sock = self.context.wrap_socket(sock, server_side=True)
            self._talk(sock)
        except (OSError, StopIteration):
            pass
        finally:
            sock.close()

    def _talk(self, sock: socket.socket) -> None:
        sock.sendall(self.says.get("hello", "220 told.example ESMTP\r\n").encode())
        lines = sock.makefile("rb")
        while line := lines.readline():
            verb = line.split()[0].decode("latin-1").upper()
            self.heard.append(line.decode("latin-1").strip())
            reply = self.says.get(verb, DEFAULTS.get(verb, "250 2.0.0 ok"))
            if verb == "EHLO" and self.context and not isinstance(sock, ssl.SSLSocket):
                reply = "250-told.example\r\n250 STARTTLS"
            if callable(reply):
                reply = reply(sock)
            if reply is None:
                return
            sock.sendall(f"{reply}\r\n".encode())
            if verb == "STARTTLS" and self.context and reply.startswith("2"):
                sock = self.context.wrap_socket(sock, server_side=True)
                lines = sock.makefile("rb")
            if verb == "DATA" and reply.startswith("354"):
                mail = []
                while (line := lines.readline()) != b".\r\n":
                    if not line:
                        return
                    mail.append(line)
                self.mails.append(b"".join(mail))
                answer = self.says.get(".", "250 2.0.0 queued as 7")
                if answer is None:
                    return
                sock.sendall(f"{answer}\r\n".encode())


@contextmanager
def relay(**options: Any) -> Iterator[Relay]:
    made = Relay(**options)
    try:
        yield made
    finally:
        made.listener.shutdown(socket.SHUT_RDWR)  # closing alone would leave it waiting for ever
        made.listener.close()


def outcome(says: dict[str, Any], **settings: Any) -> DeliveryError:
    """What sending to a relay that says this raises."""
    with (
        relay(**says) as told,
        closing(email(f"smtp://127.0.0.1:{told.port}", **settings)) as channel,
        pytest.raises(DeliveryError) as raised,
    ):
        channel.send(part(), {})
    return raised.value


@pytest.mark.parametrize(
    ("step", "reply", "error"),
    [
        ("hello", "421 4.3.2 busy\r\n", RateLimited),
        ("hello", "554 5.7.1 not you\r\n", Blocked),
        ("hello", "nonsense\r\n", Transient),
        ("MAIL", "450 4.7.1 slow down", RateLimited),
        ("MAIL", "550 5.1.0 unknown sender", Blocked),
        ("MAIL", "530 5.7.0 authenticate first", Blocked),
        ("RCPT", "251 will forward", None),
        ("RCPT", "450 4.2.0 greylisted", Transient),
        ("RCPT", "421 4.3.2 closing", RateLimited),
        ("RCPT", "550 5.1.1 nobody here", NoSuchAddress),
        ("RCPT", "550 5.7.1 relaying denied", Blocked),
        ("RCPT", "530 authenticate first", Blocked),
        ("RCPT", "nonsense", Transient),
        ("DATA", "451 later", Transient),
        ("DATA", "554 no", Permanent),
        ("DATA", None, Transient),
        (".", "452 4.3.1 disk full", Transient),
        (".", "550 5.6.0 not this content", Permanent),
        (".", "550 5.7.26 unauthenticated", Blocked),
        (".", "421 4.3.2 closing", OutcomeUnknown),
        (".", "354 what", OutcomeUnknown),
        (".", "nonsense", OutcomeUnknown),
        (".", "x" * 9000, OutcomeUnknown),
        (".", None, OutcomeUnknown),
    ],
)
def test_every_reply_means_what_it_says(
    step: str, reply: str | None, error: type[DeliveryError] | None
) -> None:
    if error is None:
        with relay(**{step: reply}) as told, closing(email(f"smtp://127.0.0.1:{told.port}")) as channel:
            assert channel.send(part(), {}).data["queue"] == "2.0.0 queued as 7"
        return
    assert type(outcome({step: reply})) is error


def test_a_relay_that_hangs_up_while_the_mail_is_written_has_not_got_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It closes before the final dot could be written: certain, so the mail may be tried again."""

    def close_after_354(sock: socket.socket) -> None:
        sock.sendall(b"354 go\r\n")
        while b"</a>" not in sock.recv(65536):
            pass
        sock.shutdown(socket.SHUT_RDWR)

    _wait_before_the_dot(monkeypatch)
    assert type(outcome({"DATA": close_after_354})) is Transient


@pytest.mark.parametrize(
    ("early", "error"), [(b"552 5.3.4 too big\r\n", Permanent), (b"421 4.3.2 closing\r\n", RateLimited)]
)
def test_a_refusal_in_the_middle_of_the_mail_is_heard_before_the_dot(
    monkeypatch: pytest.MonkeyPatch, early: bytes, error: type[DeliveryError]
) -> None:
    def refuse(sock: socket.socket) -> None:
        sock.sendall(b"354 go\r\n")
        while b"</a>" not in sock.recv(65536):
            pass
        sock.sendall(early)
        sock.recv(65536)

    _wait_before_the_dot(monkeypatch)
    assert type(outcome({"DATA": refuse})) is error


def _wait_before_the_dot(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the other side the time it needs to be heard; the adapter itself does not wait for it."""
    look = smtp.Connection._spoke_early

    def slowly(self: smtp.Connection) -> bool:
        select.select([self._sock], [], [], 10)
        return look(self)

    monkeypatch.setattr(smtp.Connection, "_spoke_early", slowly)


def test_a_mail_that_took_too_long_is_not_completed(monkeypatch: pytest.MonkeyPatch) -> None:
    """By then the ledger may have called it unknown: a machine that slept must not send."""
    with relay() as told, closing(email(f"smtp://127.0.0.1:{told.port}")) as channel:
        clock = iter([1000.0, 1000.0 + 51])
        part_started = part(started=1000.0)
        monkeypatch.setattr("time.time", lambda: next(clock))
        with pytest.raises(Transient, match="too slow"):
            channel.send(part_started, {})


def test_an_interrupted_connection_is_never_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its next reply would belong to the mail that was interrupted."""
    with relay() as told, closing(email(f"smtp://127.0.0.1:{told.port}")) as channel:
        with monkeypatch.context() as patched:
            patched.setattr(smtp.Connection, "complete", _interrupt)
            with pytest.raises(KeyboardInterrupt):
                channel.send(part(), {})
        channel.send(part("bob@example.net"), {})
    assert sum(line.startswith(("EHLO", "ehlo")) for line in told.heard) == 2


def _interrupt(self: smtp.Connection, content: bytes) -> str:
    raise KeyboardInterrupt


# ---------------------------------------------------------------- addresses that are not ASCII


RUSSIAN = "иван@почта.рф"


def test_an_address_in_other_letters_is_mailed_where_the_relay_takes_it(box: Sandbox, channel: Email) -> None:
    channel.send(part(RUSSIAN), {})
    settled: list[object] = []
    channel.send_many(
        iter([part(), part("мария@почта.рф"), part("bob@example.net")]), {}, lambda _, r: settled.append(r)
    )
    assert len(settled) == 3
    assert all(isinstance(r, Receipt) for r in settled)
    to = "иван@xn--80a1acny.xn--p1ai"
    assert box.public[0].recipient == to
    assert box.public[0].mail["To"] == to
    assert {p.recipient for p in box.public[1:]} == {
        "ann@example.net",
        "мария@xn--80a1acny.xn--p1ai",
        "bob@example.net",
    }


def test_an_address_in_other_letters_is_refused_where_the_relay_does_not(
    box: Sandbox, channel: Email, monkeypatch: pytest.MonkeyPatch
) -> None:
    offered = smtplib.SMTP.has_extn
    monkeypatch.setattr(
        smtplib.SMTP, "has_extn", lambda self, name: name != "smtputf8" and offered(self, name)
    )
    with pytest.raises(Permanent, match="no SMTPUTF8"):
        channel.send(part(RUSSIAN), {})
    settled = {}
    parts = [part(), part(RUSSIAN), part("bob@example.net")]
    channel.send_many(iter(parts), {}, lambda p, r: settled.update({p.recipient.address: type(r)}))
    assert settled == {"ann@example.net": Receipt, RUSSIAN: Permanent, "bob@example.net": Receipt}
    assert {p.recipient for p in box.public} == {"ann@example.net", "bob@example.net"}


# ---------------------------------------------------------------- login and TLS


@pytest.fixture
def locked() -> Iterator[Sandbox]:
    with Sandbox(smtp_login=True) as started:
        yield started


def test_a_login_opens_the_relay(locked: Sandbox) -> None:
    with closing(email(locked.smtp_url)) as channel:
        channel.send(part(), {})
        (finding,) = channel.check()
    assert finding.ok
    assert "press@example.org" in finding.what
    assert len(locked.public) == 1


def test_a_refused_login_stops_the_channel_and_keeps_the_password_to_itself(locked: Sandbox) -> None:
    url = re.sub(r"//(.*):.*@", r"//\1:wrong%2Dsecret@", locked.smtp_url)
    with closing(email(url)) as channel:
        with pytest.raises(Blocked) as raised:
            channel.send(part(), {})
        (finding,) = channel.check()
    assert not finding.ok
    assert "535" in str(raised.value)
    assert "PUBLISHER_EMAIL__SMTP_URL" in finding.fix
    assert "wrong" not in f"{raised.value}{finding}{channel.service}{channel.settings!r}"


def test_a_relay_without_any_login_blocks_who_was_told_to_log_in() -> None:
    with (
        relay() as told,
        closing(email(f"smtp://u:p@127.0.0.1:{told.port}")) as channel,
        pytest.raises(Blocked, match="login"),
    ):
        channel.send(part(), {})


def test_check_mails_nobody(box: Sandbox, channel: Email) -> None:
    assert [finding.ok for finding in channel.check()] == [True]
    assert not sent(box, "MAIL")
    assert [f.ok for f in email(box.smtp_url, sender="").check()] == [False]


Certificate = Callable[[str], ssl.SSLContext]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Certificate, Path]:
    """Server contexts for a name, and the file of the authority that signed them."""
    pytest.importorskip("cryptography", reason="certificates are made with cryptography")
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    folder = tmp_path_factory.mktemp("tls")
    now = datetime.datetime.now(datetime.UTC)
    root_key = ec.generate_private_key(ec.SECP256R1())

    def name(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])

    def sign(subject: str, key: Any, *extensions: x509.ExtensionType) -> x509.Certificate:
        made = x509.CertificateBuilder(name("Root"), name(subject), key.public_key(), 1 + len(subject))
        made = made.not_valid_before(now - datetime.timedelta(days=1))
        made = made.not_valid_after(now + datetime.timedelta(days=1))
        for extension in extensions:
            made = made.add_extension(extension, critical=False)
        return made.sign(root_key, hashes.SHA256())

    pem = serialization.Encoding.PEM
    root = folder / "root.pem"
    root.write_bytes(
        sign("Root", root_key, x509.BasicConstraints(ca=True, path_length=None)).public_bytes(pem)
    )

    def context(host: str) -> ssl.SSLContext:
        key = ec.generate_private_key(ec.SECP256R1())
        chain = folder / f"{host}.pem"
        chain.write_bytes(
            sign(host, key, x509.SubjectAlternativeName([x509.DNSName(host)])).public_bytes(pem)
            + key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        )
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.load_cert_chain(chain)
        return made

    return context, root


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> str:
    """A name that is not loopback, and leads here all the same."""
    ask = socket.getaddrinfo

    def answer(host: Any, *args: Any, **options: Any) -> Any:
        return ask("127.0.0.1" if host == "mail.example.org" else host, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    return "mail.example.org"


@pytest.mark.parametrize("implicit", [False, True])
def test_off_loopback_a_mail_travels_encrypted_to_whom_it_should(
    certificate: tuple[Certificate, Path], elsewhere: str, monkeypatch: pytest.MonkeyPatch, implicit: bool
) -> None:
    context, root = certificate
    monkeypatch.setitem(os.environ, "SSL_CERT_FILE", str(root))
    with relay(context=context(elsewhere), implicit=implicit) as told:
        scheme = "smtps" if implicit else "smtp"
        with closing(email(f"{scheme}://{elsewhere}:{told.port}")) as channel:
            channel.send(part(), {})
            assert "encrypted" in channel.check()[0].what
    assert len(told.mails) == 1
    assert ("STARTTLS" in told.heard) is not implicit


@pytest.mark.parametrize("host", ["mail.example.org", "other.example.org"])
def test_a_certificate_that_proves_nothing_blocks_the_channel(
    certificate: tuple[Certificate, Path], elsewhere: str, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    """Either nobody we trust signed it, or it is somebody else's."""
    context, root = certificate
    if host != elsewhere:
        monkeypatch.setitem(os.environ, "SSL_CERT_FILE", str(root))
    with (
        relay(context=context(host)) as told,
        closing(email(f"smtp://{elsewhere}:{told.port}")) as channel,
        pytest.raises(Blocked, match="certificate"),
    ):
        channel.send(part(), {})
    assert not any(line.upper().startswith("MAIL") for line in told.heard)


def test_off_loopback_nothing_is_sent_in_the_clear(elsewhere: str) -> None:
    with (
        relay() as told,
        closing(email(f"smtp://u:p@{elsewhere}:{told.port}")) as channel,
        pytest.raises(Blocked, match="STARTTLS"),
    ):
        channel.send(part(), {})
    assert {line.split()[0].upper() for line in told.heard} <= {"EHLO"}


def test_on_loopback_starttls_is_used_when_it_is_offered(certificate: tuple[Certificate, Path]) -> None:
    """With whatever certificate: the connection does not leave the machine."""
    with (
        relay(context=certificate[0]("snakeoil.example")) as told,
        closing(email(f"smtp://127.0.0.1:{told.port}")) as channel,
    ):
        channel.send(part(), {})
    assert "STARTTLS" in told.heard
    assert len(told.mails) == 1


def test_tls_spoken_to_a_plain_port_names_scheme_and_port(elsewhere: str) -> None:
    with (
        relay() as told,
        closing(email(f"smtps://{elsewhere}:{told.port}")) as channel,
        pytest.raises(Blocked, match="scheme and port"),
    ):
        channel.send(part(), {})
