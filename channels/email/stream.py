"""Many mails over one connection: each mail's end and the next one's envelope travel together (RFC 2920).

    MAIL RCPT DATA            →  its three answers
    content · MAIL RCPT DATA  →  what became of the content, and the next one's three answers   … and so on

One round trip a mail, one write for each group. Right before a mail's content, whose last line is the irreversible
step, it is asked whether it may still go. Where the server offers no pipelining each command waits for its answer.
Several lanes of this kind, each a thread with a connection, share the parts of one mailing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from publisher.channel import Part, Receipt
from publisher.errors import Blocked, DeliveryError, RateLimited, Transient

from .pool import Pool
from .smtp import Connection, Envelope
from .writing import Writer

Settle = Callable[[Part, Receipt | DeliveryError], None]


@dataclass(frozen=True, slots=True)
class Ready:
    """One recipient's mail as it travels: `content` is dot-stuffed and ends with the final dot."""

    part: Part
    envelope: Envelope
    content: bytes
    message_id: str


class Lanes:
    """The connections of one mailing. `ahead`: a mail may be taken while the one before it is on its way."""

    def __init__(
        self, pool: Pool, writer: Writer, parts: Iterator[Part], settle: Settle, *, ahead: bool
    ) -> None:
        self._pool, self._writer, self._parts, self._settle = pool, writer, parts, settle
        self._ahead = ahead

    def run(self, count: int) -> None:
        """Send over so many connections until the parts end."""
        with ThreadPoolExecutor(count, thread_name_prefix="smtp") as threads:
            for lane in [threads.submit(self._lane) for _ in range(count)]:
                lane.result()

    def _lane(self) -> None:
        part = next(self._parts, None)
        while part is not None:
            try:
                over = self._pool.take()
            except DeliveryError as error:
                # Nothing was said of any recipient: the relay is away, for all of them.
                away = isinstance(error, Transient) and not isinstance(error, RateLimited)
                self._settle(part, RateLimited(error.message) if away else error)
                return
            stream = Stream(over, self._parts, self._ready, self._settle, ahead=self._ahead)
            try:
                stream.run(part)
            finally:
                self._pool.keep(over)
            if stream.halted:
                return
            part = stream.leftover or next(self._parts, None)

    def _ready(self, part: Part) -> Ready | None:
        try:
            made, letter = self._writer.written(part)
            content = made.filled(letter, stuffed=True)
        except DeliveryError as error:
            self._settle(part, error)
            return None
        envelope = (letter.returns or made.sender).encode(), letter.to.encode()
        return Ready(part, envelope, content, letter.message_id)


class Stream:
    """Sends what `ready` makes of the parts, until they end or the connection does.

    `ready` returns None for a part that it has settled itself. `leftover` is a part that was taken and surely not
    sent when the connection ended; `halted` says that the server wants no more for now.
    """

    def __init__(
        self,
        over: Connection,
        parts: Iterator[Part],
        ready: Callable[[Part], Ready | None],
        settle: Settle,
        *,
        ahead: bool,
    ) -> None:
        self.over, self._parts, self._ready, self._settle = over, parts, ready, settle
        self._ahead = ahead and over.pipelining
        self.leftover: Part | None = None
        self.halted = False

    def run(self, first: Part) -> None:
        at = self._made(first) or self._pull()
        asked = False
        while at is not None:
            following: Ready | None = None
            broken = False
            try:
                if not asked:
                    self.over.ask(*at.envelope)
                asked = False
                result: Receipt | DeliveryError | None = self.over.answered()
                if result is None:
                    following = self._pull() if self._ahead else None
                    if not at.part.leaving():
                        self.over.drop()  # nothing but hanging up undoes DATA; neither of the two was sent
                        self.leftover = following.part if following else None
                        return
                    asked = following is not None
                    accepted = self.over.complete(at.content, following.envelope if following else None)
                    result = Receipt(at.message_id, data={"queue": accepted})
            except DeliveryError as error:
                result, broken = error, not self.over.usable
            self._tell(at.part, result, broken)
            if self.halted or broken:
                self.leftover = following.part if following else None
                return
            at = following or self._pull()

    def _tell(self, part: Part, result: Receipt | DeliveryError, broken: bool) -> None:
        """Settle one; a connection that broke is the relay's trouble and costs its recipient no attempt."""
        if broken and isinstance(result, Transient) and not isinstance(result, RateLimited):
            result = RateLimited(result.message)
        self.halted = isinstance(result, RateLimited | Blocked)
        self._settle(part, result)

    def _pull(self) -> Ready | None:
        for part in self._parts:
            if made := self._made(part):
                return made
        return None

    def _made(self, part: Part) -> Ready | None:
        made = self._ready(part)
        if made and (unspeakable := self.over.unspeakable(made.envelope[1])):
            self._settle(part, unspeakable)
            return None
        return made
