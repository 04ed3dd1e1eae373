"""The email channel: one SMTP transaction for each recipient."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from publisher.channel import (
    Absent,
    Channel,
    Finding,
    Outcome,
    Part,
    Prepared,
    Receipt,
    Rendering,
    Returned,
    Unclear,
)
from publisher.errors import DeliveryError, SettingsError, Transient

from .address import mailbox
from .form import EmailForm
from .mime import Letter, Mold
from .pool import STEPS, Pool
from .settings import PREFIX, EmailSettings
from .writing import Writer

RESENT_AFTER = 600.0
"""Seconds after which a doubtful mail is sent again, where that is wanted: a relay gives its answer by then."""


class Email(Channel):
    """Sends to each subscriber, or to one list address. Safe to use from several threads at once."""

    name = "email"
    Settings = EmailSettings
    find_after: Sequence[float] = ()
    replies = True
    settings: EmailSettings

    def __init__(self, settings: EmailSettings) -> None:
        super().__init__(settings)
        self.form = EmailForm(settings)
        self.addressed = not settings.list_address  # a list's own address makes it one part for all
        self.rate, self.rates, self.horizon = settings.rate, settings.rates, settings.horizon
        if settings.resend_doubtful:
            self.find_after = (RESENT_AFTER,)
        self.patience = settings.reply_timeout + (STEPS + 2) * settings.connect_timeout
        self._pool, self._writer = Pool(settings), Writer(settings)

    @property
    def service(self) -> str:
        relay = self.settings.relay
        return relay.address if relay else ""

    @property
    def account(self) -> str:
        try:
            return mailbox(self.settings.sender).address if self.settings.sender else ""
        except ValueError:
            return ""

    def ready(self) -> None:
        if problems := self.settings.problems():
            raise SettingsError("email cannot be sent: " + "; ".join(problems))

    def send(self, part: Part, prepared: Prepared) -> Receipt:
        return self._posted(*self._writer.written(part))

    def send_many(
        self,
        parts: Iterator[Part],
        prepared: Prepared,
        settle: Callable[[Part, Receipt | DeliveryError], None],
    ) -> None:
        """Send each part to its recipient, over several connections at once, until they end."""
        from .stream import Lanes

        Lanes(self._pool, self._writer, parts, settle, ahead=self.rate is None).run(self.settings.connections)

    def proof(
        self, rendering: Rendering, address: str, mark: str, blob: Callable[[str], bytes] = lambda digest: b""
    ) -> Receipt:
        """Mail `rendering` to one colleague: `mark` before the subject, the unsubscribe link dead. Raises DeliveryError."""
        return self._posted(*self._writer.proof(rendering, address, mark, blob))

    def _posted(self, made: Mold, letter: Letter) -> Receipt:
        said = self._pool.post(letter.returns or made.sender, letter.to, made.filled(letter))
        return Receipt(letter.message_id, data={"queue": said})

    def notify(self, address: str, subject: str, text: str) -> None:
        """Mail a notice of the core to one of the office's own people. Raises DeliveryError."""
        from . import note

        note.send(self.settings, address, subject, text)

    @staticmethod
    def keys(domain: str, selector: str = "", *, ed25519: bool = False) -> list[dict[str, Any]]:
        """New keys to sign mail with: each its `file`, `pem`, DNS `name` and `record`, and the `settings`.

        The setting without a value is the file's path. Raises UsageError for what is no domain or selector.
        """
        from . import dkim

        kinds = ("rsa", "ed25519") if ed25519 else ("rsa",)
        return [dkim.kit(domain, selector, kind, PREFIX) for kind in kinds]

    def leaving(self, token: str) -> str:
        """Where a reader's mail program posts to leave the list; "" where the mails have no such link."""
        return self.settings.unsubscribe(token) if self.settings.personal_links else ""

    def joining(self, token: str) -> str:
        """Where somebody who wants to be on the list confirms it; "" where nobody can subscribe himself."""
        url = self.settings.subscribe_url
        return f"{url.rstrip('/')}/{token}" if url and not self.settings.list_address else ""

    def returned(
        self, mail: bytes, to: str, token: Callable[[str], str], whose: Callable[[str], str]
    ) -> Returned:
        """What a mail that came back says, and about whom. Raises StatementError when it is no mail."""
        from . import returned

        return returned.read(mail, self.settings, to=to, token=token, whose=whose)

    def find(self, part: Part, since: float) -> Outcome:
        if self.settings.resend_doubtful:
            # Perhaps it is not; whoever set this would rather mail twice, under one Message-ID.
            return Absent()
        return Unclear("mail cannot be looked up; the relay's log knows the Message-ID")

    def check(self) -> list[Finding]:
        if problems := self.settings.problems():
            return [Finding(False, problem, "write it into the settings") for problem in problems]
        try:
            connection = self._pool.fresh()
        except DeliveryError as error:
            fix = "try again later" if isinstance(error, Transient) else f"correct {PREFIX}SMTP_URL"
            return [Finding(False, str(error), fix)]
        how = "encrypted" if connection.encrypted else "in the clear, on this machine"
        connection.quit()
        return [Finding(True, f"{self.service} is reached {how} and lets us in; sender {self.account}")]

    def domain(self) -> list[Finding]:
        """What DNS says of the sender: SPF, DKIM, DMARC, PTR. Empty while the settings are not complete."""
        from . import domain

        return [] if self.settings.problems() else list(domain.findings(self.settings))

    def close(self) -> None:
        self._pool.close()
