"""The email channel: one SMTP transaction for each recipient."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

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
from publisher.errors import Blocked, DeliveryError, Permanent, RateLimited, SettingsError, Transient

from . import verp
from .address import mailbox
from .form import PLACEHOLDER, EmailForm
from .mime import Letter, Mold, message_id, mold
from .settings import PREFIX, EmailSettings

if TYPE_CHECKING:
    from .dkim import Signer
    from .smtp import Connection
    from .stream import Ready, Settle

STEPS = 10
"""Answers waited for before the final dot, a reconnect included."""
MOLDS = 8
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
        self._lock = threading.Lock()
        self._idle: list[Connection] = []
        self._molds: dict[tuple[str, str], Mold] = {}

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
        return self._posted(*self._written(part))

    def send_many(
        self,
        parts: Iterator[Part],
        prepared: Prepared,
        settle: Callable[[Part, Receipt | DeliveryError], None],
    ) -> None:
        """Send each part to its recipient, over several connections at once, until they end."""
        with ThreadPoolExecutor(self.settings.connections, thread_name_prefix="smtp") as pool:
            for lane in [pool.submit(self._lane, parts, settle) for _ in range(self.settings.connections)]:
                lane.result()

    def _lane(self, parts: Iterator[Part], settle: Settle) -> None:
        part = next(parts, None)
        while part is not None:
            try:
                over = self._kept() or self._connection()
            except DeliveryError as error:
                # Nothing was said of any recipient: the relay is away, for all of them.
                away = isinstance(error, Transient) and not isinstance(error, RateLimited)
                settle(part, RateLimited(error.message) if away else error)
                return
            from .stream import Stream

            stream = Stream(over, parts, partial(self._ready, settle), settle, ahead=self.rate is None)
            try:
                stream.run(part)
            finally:
                self._keep(over)
            if stream.halted:
                return
            part = stream.leftover or next(parts, None)

    def _ready(self, settle: Settle, part: Part) -> Ready | None:
        try:
            made, letter = self._written(part)
            content = made.filled(letter, stuffed=True)
        except DeliveryError as error:
            settle(part, error)
            return None
        from .stream import Ready

        envelope = (letter.returns or made.sender).encode(), letter.to.encode()
        return Ready(part, envelope, content, lambda said: Receipt(letter.message_id, data={"queue": said}))

    def _written(self, part: Part) -> tuple[Mold, Letter]:
        """What one recipient gets. Raises DeliveryError."""
        made = self._mold(part.rendering, blob=part.blob)
        to = self._address(part)
        token = part.recipient.token if part.recipient and self.settings.personal_links else ""
        if made.personal and not token:
            raise Blocked(
                "the approved mail has an unsubscribe link for each recipient, and there is none to put there; "
                f"set {PREFIX}UNSUBSCRIBE_URL and no {PREFIX}LIST_ADDRESS as when it was submitted, or submit it again"
            )
        return made, Letter(
            to,
            message_id(part.key, to, made.domain),
            part.started or time.time(),
            self.settings.unsubscribe(token) if token else "",
            one_click=bool(token),
            answers=self._answered(part, to, made.domain),
            returns=self._returns(part),
        )

    def _answered(self, part: Part, to: str, domain: str) -> str:
        """The Message-ID of the first mail to this reader, where this one corrects or withdraws it."""
        if not part.rendering.target:
            return ""
        if part.reply_to and part.reply_to.id.startswith("<"):
            return part.reply_to.id
        return message_id(
            f"{part.rendering.target}#{part.recipient.id if part.recipient else part.n}", to, domain
        )

    def _returns(self, part: Part) -> str:
        """The reader's own bounce address for this announcement; the common one where there is no reader."""
        bounces, reader = self.settings.bounce_address, part.recipient
        if not (bounces and reader and reader.token):
            return bounces
        return verp.envelope(bounces, reader.id, part.key.partition("/")[0], reader.token)

    def proof(
        self, rendering: Rendering, address: str, mark: str, blob: Callable[[str], bytes] = lambda digest: b""
    ) -> Receipt:
        """Mail `rendering` to one colleague: `mark` before the subject, the unsubscribe link dead. Raises DeliveryError."""
        made = self._mold(rendering, mark, blob)
        to = _reachable(address)
        return self._posted(
            made,
            Letter(
                to,
                message_id(os.urandom(16).hex(), to, made.domain),
                time.time(),
                PLACEHOLDER,
                returns=self.settings.bounce_address,
            ),
        )

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
            connection = self._connection()
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
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.quit()

    # ------------------------------------------------------------ one mail

    def _address(self, part: Part) -> str:
        if part.recipient is not None:
            return _reachable(part.recipient.address)
        if not self.settings.list_address:
            raise Permanent(f"this mail is addressed to nobody; set {PREFIX}LIST_ADDRESS or add subscribers")
        return _reachable(self.settings.list_address)

    def _mold(
        self, rendering: Rendering, mark: str = "", blob: Callable[[str], bytes] = lambda digest: b""
    ) -> Mold:
        """Built once for all recipients of a rendering."""
        key = (rendering.digest, mark)
        with self._lock:
            if key not in self._molds:
                if len(self._molds) >= MOLDS:
                    self._molds.clear()
                self._molds[key] = mold(rendering, mark, self._signers(), blob)
            return self._molds[key]

    def _signers(self) -> tuple[Signer, ...]:
        try:
            return self.settings.signers
        except ValueError as error:
            raise Blocked(f"{error}; nothing was sent") from None

    def _posted(self, made: Mold, letter: Letter) -> Receipt:
        mail = made.filled(letter)
        deadline = time.time() + STEPS * self.settings.connect_timeout
        kept = self._kept()
        if kept:
            try:
                return self._sent(kept, made, letter, mail, deadline)
            except Transient:
                if kept.usable:
                    raise
                # The relay had closed the kept connection: nothing was sent over it, so a new one may try.
        return self._sent(self._connection(), made, letter, mail, deadline)

    def _sent(self, over: Connection, made: Mold, letter: Letter, mail: bytes, deadline: float) -> Receipt:
        try:
            accepted = over.transmit(letter.returns or made.sender, letter.to, mail, deadline)
        finally:
            self._keep(over)
        return Receipt(letter.message_id, data={"queue": accepted})

    def _kept(self) -> Connection | None:
        """A connection that is open still, if any."""
        while True:
            with self._lock:
                found = self._idle.pop() if self._idle else None
            if found is None or not found.stale:
                return found
            found.drop()

    def _keep(self, over: Connection) -> None:
        """For the next mail, if it can carry one."""
        if not over.usable:
            over.drop()
            return
        with self._lock:
            self._idle.append(over)

    def _connection(self) -> Connection:
        from .smtp import Connection

        relay = self.settings.relay
        if relay is None:
            raise Blocked(f"{PREFIX}SMTP_URL is missing; nothing was sent")
        return Connection(relay, self.settings.connect_timeout, self.settings.reply_timeout)


def _reachable(address: str) -> str:
    try:
        return mailbox(address).address
    except ValueError as error:
        raise Permanent(f"nothing can be mailed to {address!r}: {error}") from None
