"""Every error this product raises; each class answers "what should the caller do?".

PublisherError
├── UsageError                    the command was not understood → exit 2
├── SettingsError                 fix the settings → exit 78
├── StatementError                the statement cannot be used as it stands → exit 65
│   └── Unfit                     a text that cannot be made to fit its channel
└── DeliveryError                 one channel, one attempt
    ├── Transient                 nothing was sent → waiting, with backoff
    │   └── RateLimited           from any call; moves the channel's pace, spends no attempt
    ├── Blocked                   nothing was sent and nothing will be until a person acts
    ├── Permanent                 this content is refused → failed
    │   └── NoSuchAddress         nobody is there → failed, and that subscriber is mailed no more
    └── OutcomeUnknown            it may be public → unknown; looked up, never sent again blindly
        └── Duplicate             the service says it is there already: find first, trust it second
"""

from __future__ import annotations

from typing import ClassVar


class PublisherError(Exception):
    """Base of all; `str()` is one sentence a user can act on, free of secrets."""

    exit_code: ClassVar[int] = 1

    @property
    def kind(self) -> str:
        return type(self).__name__

    @property
    def message(self) -> str:
        return str(self)


class UsageError(PublisherError):
    """The command line asks for something that makes no sense."""

    exit_code = 2


class SettingsError(PublisherError):
    """A setting is wrong or missing; the sentence names it."""

    exit_code = 78


class StatementError(PublisherError):
    """The statement cannot be used; the sentence names the file, the field and the fix."""

    exit_code = 65


class Unfit(StatementError):
    """A field's text cannot be made to fit without cutting; names the override to write."""


class DeliveryError(PublisherError):
    """One attempt on one channel did not end in a receipt."""


class Transient(DeliveryError):
    """Surely nothing was sent; worth trying again. `retry_at`: seconds since the epoch, or None."""

    def __init__(self, message: str, retry_at: float | None = None) -> None:
        super().__init__(message)
        self.retry_at = retry_at


class RateLimited(Transient):
    """The service asked us to wait; nothing was sent."""


class Blocked(DeliveryError):
    """Surely nothing was sent, and nothing will be until a person acts (401, 402, 426, suspended)."""

    exit_code = 78


class Permanent(DeliveryError):
    """The service refuses this content for good; nothing was sent."""


class NoSuchAddress(Permanent):
    """Nobody can be reached at this recipient's address (RFC 3463 X.1.x); the next mailing need not try."""


class OutcomeUnknown(DeliveryError):
    """The request may have been carried out."""

    exit_code = 3


class Duplicate(OutcomeUnknown):
    """The service says the same content is public already; `hint` is the id it named, if any."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint
