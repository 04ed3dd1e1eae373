"""The port: what a channel is to the core, and what passes between them.

A channel declares its `form` (pure: which fields, how long, how counted, how escaped) and talks to one
service. The core composes the words, asks the form whether they fit, stores the result as a `Rendering`,
and hands it over one `Part` at a time. All ids, times and texts here are plain values; times are seconds
since the epoch (UTC).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict

from publisher.digest import sha256
from publisher.errors import Blocked, DeliveryError
from publisher.statement import Media, Statement
from publisher.text import Text, nfc

MAIN = "post"
"""The name of the field that is a post's own text; a form without it describes a message (mail)."""


# ---------------------------------------------------------------- form


@dataclass(frozen=True, slots=True)
class Field:
    """One text of a rendering, made by one template.

    `limit` is in the form's own unit (None: unlimited), `unit` its name for people. `sentences` is how many
    chosen sentences a template may use. `shorten` allows a cut at a word with an ellipsis (subjects only).
    `together`: those sentences are read as one paragraph, so they must stand side by side in the statement.
    `html` fields are rendered with autoescape and travel as they are. `overrides` are the front-matter keys
    that replace the field's text, in `channels: <name>:`. `optional` fields are left out when they are empty,
    `without_media` ones also when the post carries media (a link card gives way to a picture).
    """

    name: str = MAIN
    limit: int | None = None
    unit: str = "characters"
    sentences: int = 0
    together: bool = False
    shorten: bool = False
    html: bool = False
    override: str = ""
    optional: bool = False
    without_media: bool = False


@dataclass(frozen=True, slots=True)
class MediaRules:
    """Which media a form carries; whatever it does not carry is named in a warning, never dropped silently."""

    images: int = 0
    documents: int = 0
    image_types: frozenset[str] = frozenset()
    document_types: frozenset[str] = frozenset({"application/pdf"})
    image_bytes: int = 0
    document_bytes: int = 0
    alt_limit: int = 0
    exclusive: bool = False
    """Documents win over images: the service carries one kind at a time."""
    spare: bool = False
    """What would be refused is left out, and named in a warning: it is linked instead."""
    card: bool = False
    """The card of a link takes a picture of ours; it is used where no other media are."""


class Form:
    """What a channel can carry, and how it counts. Subclass to count or escape differently. Pure."""

    fields: tuple[Field, ...] = (Field(MAIN, 500, sentences=2, together=True),)
    media: MediaRules = MediaRules()
    hashtags: int = 3
    thread: bool = False
    """Whether posts are threads unless the author says otherwise (`channels: <name>: {thread: …}`)."""
    thread_sentences: int = 0
    """How many chosen sentences a thread may use; 0: the channel has no threads."""
    full_text: bool | None = None
    """Whether the whole statement stands below its summary unless the author says otherwise; None: there is no room. One that
    has is told by `full_text` among its `options`."""
    options: tuple[str, ...] = ()
    """Front-matter keys of `channels: <name>:` that are no texts; the form checks and reads them in `headers`."""

    def measure(self, field: str, text: Text) -> int:
        """The length of `text` as the service counts it, in the field's unit."""
        return len(self.wire(field, text))

    def wire(self, field: str, text: Text) -> str:
        """What travels."""
        return nfc(str(text))

    def visible(self, field: str, wire: str) -> str:
        """What a reader sees of `wire`: the inverse of `wire` for everything the service shows."""
        return wire

    def shown(self, text: Text) -> str:
        """What a reader sees of `text` (a mention may read differently on each service)."""
        return nfc(str(text))

    def lint(self, field: str, text: Text) -> list[str]:
        """Warnings about `text` that only this channel knows."""
        return []

    def objection(self, field: str, text: Text) -> str:
        """Why the service would refuse `text` although it is short enough; "" when it would not."""
        return ""

    def refuse(self, media: Sequence[Media]) -> list[str]:
        """Why these media cannot be sent, one sentence each; checked before anything leaves."""
        return []

    def price(self, posts: Sequence[Post]) -> float | None:
        """What publishing these posts costs in US dollars, or None where it costs nothing known."""
        return None

    def price_note(self, posts: Sequence[Post]) -> str:
        """What would change the price most, in a few words; "" where nothing does."""
        return ""

    def headers(self, statement: Statement) -> dict[str, str]:
        """What travels beside the texts: a mail's headers that are the same for every recipient, a post's options."""
        return {}

    def fold(self, text: str) -> int | None:
        """How many characters of `text` the service shows before "see more"; None: all."""
        return None

    def specimen(self, rendering: Rendering, at: float, blob: Callable[[str], bytes]) -> Specimen | None:
        """One message as an example reader would get it, were it sent at `at`; None where a channel sends none.

        Raises DeliveryError where no such message could be sent.
        """
        return None


# ---------------------------------------------------------------- rendering


@dataclass(frozen=True, slots=True)
class Copy:
    """One field as it will leave: `text` is what a reader sees, `wire` what travels."""

    field: str
    text: str
    wire: str
    length: int
    limit: int | None = None
    unit: str = "characters"
    spans: Text = dataclasses.field(default_factory=Text)


@dataclass(frozen=True, slots=True)
class Post:
    """The words and media of one part, common to all its recipients. `card` is the picture of its link's card."""

    copies: tuple[Copy, ...]
    media: tuple[Media, ...] = ()
    card: Media | None = None

    def __getitem__(self, field: str) -> Copy:
        """The copy of a field; KeyError when the form has none of that name."""
        for copy in self.copies:
            if copy.field == field:
                return copy
        raise KeyError(field)

    @property
    def pictured(self) -> dict[str, Any]:
        """The card's picture as JSON; empty where there is none."""
        return {"card": self.card.dump()} if self.card else {}

    def wire(self, field: str) -> str:
        """What travels in `field`; an optional field that is not there is empty."""
        return next((c.wire for c in self.copies if c.field == field), "")


@dataclass(frozen=True)
class Rendering:
    """Exactly what one channel will get in one language. The very object that is previewed, approved and sent.

    `link` is the statement's public page (a link card points at it). `sources` says, sentence by sentence,
    where the words came from: [start, end] offsets into `Statement.text`. `warnings` and `sources` are no
    part of the digest: they do not leave. `target` is the delivery that any other `action` than publish acts on:
    amend, reply, replace (stands in for it) or retract; `reason` is why, for the record. `day` (ISO 8601) is the
    only one on which the words are true, where they speak of "today".
    """

    channel: str
    language: str
    posts: tuple[Post, ...]
    action: str = "publish"
    link: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    sources: tuple[tuple[int, int], ...] = ()
    cost_usd: float | None = None
    cost_note: str = ""
    target: str = ""
    reason: str = ""
    day: str = ""

    @cached_property
    def digest(self) -> str:
        """Of the exact bytes that will leave: each text, subject, header, media file and alt text.

        Of what acts on an earlier delivery also that delivery's id, and the reason.
        """
        acts = {"target": self.target, "reason": self.reason} if self.target else {}
        return sha256(
            acts
            | ({"day": self.day} if self.day else {})
            | {
                "channel": self.channel,
                "language": self.language,
                "action": self.action,
                "link": self.link,
                "headers": dict(self.headers),
                "posts": [
                    {"wire": {c.field: c.wire for c in p.copies}, "media": [m.dump() for m in p.media]}
                    | p.pictured
                    for p in self.posts
                ],
            }
        )

    @property
    def media(self) -> tuple[Media, ...]:
        return tuple(m for p in self.posts for m in p.media)

    def dump(self) -> dict[str, Any]:
        """As JSON for the ledger."""
        return {
            "channel": self.channel,
            "language": self.language,
            "action": self.action,
            "link": self.link,
            "headers": dict(self.headers),
            "posts": [
                {
                    "copies": [
                        [c.field, c.text, c.wire, c.length, c.limit, c.unit, c.spans.dump()] for c in p.copies
                    ],
                    "media": [m.dump() for m in p.media],
                }
                | p.pictured
                for p in self.posts
            ],
            "warnings": list(self.warnings),
            "sources": [list(s) for s in self.sources],
            "cost_usd": self.cost_usd,
            "cost_note": self.cost_note,
            "target": self.target,
            "reason": self.reason,
            "day": self.day,
        }

    @classmethod
    def load(cls, data: Mapping[str, Any]) -> Self:
        posts = tuple(
            Post(
                tuple(_copy(*values) for values in p["copies"]),
                tuple(Media.load(m) for m in p["media"]),
                Media.load(p["card"]) if "card" in p else None,
            )
            for p in data["posts"]
        )
        return cls(
            **dict(data)
            | {
                "posts": posts,
                "warnings": tuple(data["warnings"]),
                "sources": tuple((a, b) for a, b in data["sources"]),
            }
        )


def _copy(name: str, text: str, wire: str, length: int, limit: int | None, unit: str, spans: Any) -> Copy:
    return Copy(name, text, wire, length, limit, unit, Text.load(spans))


@dataclass(frozen=True, slots=True)
class Specimen:
    """One message as it would travel to an example reader, with all that is an own one of each.

    `sender` and `to` are the envelope's. `headers` are raw, folds included: name, value, and whether it is made for
    each reader (or at the moment of sending) and so no part of what is approved. `size`: bytes of the whole.
    """

    sender: str
    to: str
    headers: tuple[tuple[str, str, bool], ...]
    size: int


# ---------------------------------------------------------------- delivery


@dataclass(frozen=True, slots=True)
class Receipt:
    """Proof that one part was accepted: the service's `id`, the public `url` where there is one."""

    id: str
    url: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom a part is addressed to: `id` is the subscriber's, `token` opaque and unguessable."""

    id: str
    address: str
    name: str = ""
    token: str = ""


@dataclass(frozen=True)
class Part:
    """What one irreversible request carries.

    `key` is the same on every attempt and unique for each part of each delivery; a channel that can make
    repeats harmless derives its idempotency key (or Message-ID) from it. `started` is when this attempt was
    committed, by the ledger's clock. `blob` gives a medium's bytes by its digest.
    """

    key: str
    rendering: Rendering
    n: int = 0
    attempt: int = 1
    started: float = 0.0
    reply_to: Receipt | None = None
    recipient: Recipient | None = None
    blob: Callable[[str], bytes] = field(default=lambda digest: b"", repr=False)
    leaving: Callable[[], bool] = field(default=lambda: True, repr=False)
    """Asked by `send_many` right before the irreversible step: whether it may still be taken. Records that it is."""

    @property
    def post(self) -> Post:
        """The words of this part; an addressed channel has one post for all its recipients."""
        return self.rendering.posts[0 if self.recipient else self.n]


Prepared = dict[str, Any]
"""What `prepare` made, as JSON: ids of uploads. Stored in the ledger and handed to `send` unchanged."""


@dataclass(frozen=True, slots=True)
class Found:
    """`find` saw the part in public."""

    receipt: Receipt


@dataclass(frozen=True, slots=True)
class Absent:
    """The part is surely not there and a repeat is harmless. Only a channel that can know may say so."""


@dataclass(frozen=True, slots=True)
class Unclear:
    """It was not seen, which proves nothing."""

    reason: str = ""


Outcome = Found | Absent | Unclear


@dataclass(frozen=True, slots=True)
class LiveText:
    """What is public now. `text` None: the channel cannot be read; `gone`: it was there and is not.

    A `reason` says why it cannot be read; beside `gone`, that it is surely not there, however new the receipt.
    """

    text: str | None = None
    gone: bool = False
    alts: tuple[str, ...] | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing `check` looked at. `fix` says what to do when it is not ok.

    `ends`: when what is good now will be good no more (a token, an API version), in seconds since the epoch;
    None where it does not end or renews itself. What is planned beyond it is named ahead of time.
    """

    ok: bool
    what: str
    fix: str = ""
    level: Literal["error", "warning"] = "error"
    ends: float | None = None

    @classmethod
    def of(cls, error: DeliveryError) -> Self:
        """A look that failed. What to do is what a Blocked error says behind its last semicolon."""
        what, _, fix = error.message.rpartition("; ")
        if isinstance(error, Blocked) and what:
            return cls(False, what, fix)
        said = error.message.removesuffix("; nothing was sent")
        return cls(False, said.removesuffix("; nothing was published by this call"), "check again later")


@dataclass(frozen=True, slots=True)
class Returned:
    """What came back from the address of one recipient: a failure, a delay, a complaint, or something else.

    `status` is the enhanced code (RFC 3463) such as 5.1.1, "" where none is named. `reader` (a subscriber's id) and
    `announcement` are proven, or "".
    """

    kind: Literal["failed", "delayed", "complaint", "other"]
    status: str = ""
    reason: str = ""
    reader: str = ""
    announcement: str = ""


class NoSettings(BaseModel):
    """For a channel that needs none."""

    model_config = ConfigDict(defer_build=True)


class Channel:
    """One service. Making one opens no connection and needs no credentials; `check` says what is missing.

    Required: `name`, `form`, `send`. The other methods have honest defaults. Further ones that a channel may
    have, all raising DeliveryError: `amend(receipt, part) -> Receipt` puts the part's main text in place of what
    is public under the receipt, and leaves the rest as it is; `retract(receipt)` takes it down, and is no error
    where it is gone; `notify(address, subject, text)` mails one of the office's own people.
    `returned(mail, to, token, whose) -> Returned` reads what came back to the address `to`, and believes whom it is
    about where that is proven with the reader's token: `token(id)` gives it, `whose(token)` the reader's id (no network).
    `domain() -> list[Finding]` is what DNS says of the sender, for the doctor.
    `leaving(token) -> str` is where a reader's mail program posts to leave, `joining(token) -> str` where somebody
    confirms that he wants to be on the list, or "" (no network).

    An addressed channel may send many parts at once: `send_many(parts, prepared, settle)` takes parts from the
    iterator, from as many threads as it likes, until it ends or the service wants no more; asks `part.leaving()`
    right before the one irreversible step of each, and leaves that step out when the answer is no; and calls
    `settle(part, Receipt | DeliveryError)` as soon as it knows what became of one. It returns when all it took is
    settled or was not sent, and raises nothing.
    """

    name: ClassVar[str]
    Settings: ClassVar[type[BaseModel]] = NoSettings
    addressed: bool = False
    """True: one part for each subscriber, `Part.recipient` set."""
    find_after: Sequence[float] = (5, 30, 120, 600)
    """Seconds after an unknown outcome at which `find` is asked."""
    patience: float = 120.0
    """Seconds after which an attempt without an answer is `unknown`: longer than every timeout of `send`."""
    form: Form = Form()
    replies: bool = False
    """Whether `send` answers `Part.reply_to`: a correction can then be a reply to what it corrects."""
    repeatable: bool = False
    """Whether an `amend` may be made again without harm: one whose outcome is unknown then is."""
    languages: Sequence[str] = ()
    """BCP 47 tags of the languages it is given; none: every language that an announcement has."""
    rate: float | None = None
    """Recipients a second that `send_many` may reach, by setting; None: as many as the service takes."""
    rates: Mapping[str, float] = {}
    """The same for single destinations (the domain of an address; `*`: each other one)."""
    horizon: float | None = None
    """Seconds for which a part is tried again; None: as the settings say, and no more often than they say."""
    monthly_cap: float | None = None
    """US dollars a calendar month (UTC) that posts may cost together, by `Form.price`; None: no cap."""

    def __init__(self, settings: Any) -> None:
        self.settings = settings

    @property
    def service(self) -> str:
        """The address posts go to; a receipt remembers it, so that a rehearsal never counts as public."""
        return ""

    @property
    def account(self) -> str:
        """Who posts (handle, page, sender), as far as the settings say."""
        return ""

    def ready(self) -> None:
        """Raise SettingsError naming every setting that `send` needs and does not have. No network."""

    def prepare(self, rendering: Rendering, blob: Callable[[str], bytes]) -> Prepared:
        """Everything that is invisible and may be repeated (uploads). Raises DeliveryError."""
        return {}

    def send(self, part: Part, prepared: Prepared) -> Receipt:
        """ONE irreversible request. Raises DeliveryError, nothing else (anything else counts as unknown)."""
        raise NotImplementedError

    def find(self, part: Part, since: float) -> Outcome:
        """Look for a part whose outcome is unknown, sent at or after `since`."""
        return Unclear("this channel cannot be searched")

    def read(self, receipt: Receipt) -> LiveText:
        """What is public now under this receipt."""
        return LiveText(reason="this channel cannot be read back")

    def check(self) -> list[Finding]:
        """Credentials, scopes, expiry. Publishes nothing."""
        return []

    def close(self) -> None:
        """Let go of kept connections."""
