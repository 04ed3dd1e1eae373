"""HTTP the way an irreversible request needs it, and the one place that tells "not sent" from "unknown".

Nothing here retries: a retry of a POST whose answer was lost is a second post. Nothing follows a
redirect: it would turn a POST into a GET, or carry a token to another host.
"""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from publisher.errors import Blocked, DeliveryError, OutcomeUnknown, Permanent, RateLimited, Transient

if TYPE_CHECKING:
    import requests


def unsent(error: BaseException) -> bool:
    """Whether `error` (from requests) proves that no request reached the service.

    `requests.ConnectionError` alone does not: it stands for "refused" and for "accepted, then closed".
    """
    import ssl

    import requests
    from urllib3.exceptions import (
        ConnectTimeoutError,
        LocationParseError,
        NameResolutionError,
        NewConnectionError,
    )

    if isinstance(error, requests.ConnectTimeout | requests.exceptions.InvalidURL):
        return True
    cause = error.args[0] if error.args else None
    reason = getattr(cause, "reason", cause)
    if isinstance(error, requests.exceptions.SSLError):
        # A garbled record can come after the request was read; a refused certificate cannot.
        inner = (reason, *getattr(reason, "args", ()))
        return any(isinstance(e, ssl.SSLCertVerificationError) for e in inner)
    return isinstance(
        reason, NewConnectionError | NameResolutionError | ConnectTimeoutError | LocationParseError
    )


def failure(error: Exception, service: str) -> DeliveryError:
    """The DeliveryError for an exception that requests raised while talking to `service`."""
    if unsent(error):
        return Transient(f"{service} could not be reached ({_why(error)}); nothing was sent")
    return OutcomeUnknown(f"{service} gave no readable answer ({_why(error)}); it may have been published")


def _why(error: Exception) -> str:
    """The class of the innermost cause: its text may hold a URL with a token."""
    cause = error.args[0] if error.args else None
    reason = getattr(cause, "reason", None)
    return type(reason if isinstance(reason, Exception) else error).__name__


def retry_at(response: requests.Response) -> float | None:
    """When `Retry-After` says to come back (seconds since the epoch), or None."""
    value = response.headers.get("Retry-After", "").strip()
    if not value:
        return None
    if value.isdigit():
        return time.time() + int(value)
    try:
        return parsedate_to_datetime(value).timestamp()
    except ValueError:
        return None


def refusal(response: requests.Response, service: str, detail: str = "") -> DeliveryError | None:
    """The DeliveryError for an answer that is no success by its status alone; None for 2xx.

    A service that says more than the status is classified by its adapter first.
    """
    code = response.status_code
    text = f"{service} answered {code}{f': {detail}' if detail else ''}"
    if 200 <= code < 300:
        return None
    if code == 429:
        return RateLimited(text, retry_at(response))
    if code in (401, 402, 403, 426) or 300 <= code < 400:
        return Blocked(text)
    if code >= 500 or code in (408, 409, 425):
        return OutcomeUnknown(text)
    return Permanent(text)


def session(connect: float, read: float, base: str = "", instead: str = "") -> requests.Session:
    """A session with timeouts in seconds, no retries and no redirects.

    Where `base` is given, requests made for the origin `instead` go there: the address is changed after
    the request was signed, so a signature stays that of the real service.
    """
    import requests

    made = requests.Session()
    made.trust_env = False  # no .netrc credentials, no proxy that nobody configured here
    # `max_redirects = 0` would raise over a redirect it was told not to follow, and hide the answer.
    made.resolve_redirects = lambda *_, **__: iter(())  # type: ignore[method-assign]
    adapter = _adapter()(connect, read, base.rstrip("/"), instead)
    made.mount("https://", adapter)
    made.mount("http://", adapter)
    return made


def _adapter() -> Any:
    from requests.adapters import HTTPAdapter

    class Adapter(HTTPAdapter):
        def __init__(self, connect: float, read: float, base: str, instead: str) -> None:
            super().__init__(max_retries=0)
            self.timeouts, self.base, self.instead = (connect, read), base, instead

        def send(self, request: Any, *args: Any, **options: Any) -> Any:
            options["timeout"] = options.get("timeout") or self.timeouts
            if self.base and self.base != self.instead:
                here, there = urlsplit(request.url), urlsplit(self.base)
                if f"{here.scheme}://{here.netloc}" == self.instead:
                    path = there.path.rstrip("/") + here.path
                    request.url = urlunsplit((there.scheme, there.netloc, path, here.query, ""))
            return super().send(request, *args, **options)

    return Adapter


def post(
    url: str, *, service: str, timeout: tuple[float, float] = (5, 30), **request: Any
) -> requests.Response:
    """POST once and return the 2xx answer; everything else is raised as the DeliveryError it means.

    For channels that need no more than that. `request` is what `requests.post` takes (json, data, headers).
    """
    import requests

    with session(*timeout) as client:
        try:
            answer = client.post(url, allow_redirects=False, **request)
        except requests.RequestException as error:
            raise failure(error, service) from None
    refused = refusal(answer, service)
    if refused:
        raise refused
    return answer
