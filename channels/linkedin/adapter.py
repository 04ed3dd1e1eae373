"""The LinkedIn channel: one post on an organization's page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import unquote

from publisher.channel import (
    MAIN,
    Channel,
    Finding,
    Form,
    Found,
    LiveText,
    Outcome,
    Part,
    Prepared,
    Receipt,
    Rendering,
    Unclear,
)
from publisher.errors import DeliveryError, OutcomeUnknown, Permanent, SettingsError
from publisher.languages import tags

from . import little, media, outcome, standing, wire
from .api import SETTLE, Api, encoded
from .form import LinkedInForm
from .settings import LinkedInSettings

if TYPE_CHECKING:
    from publisher.login import Granted, Person

COUNT, PAGES = 50, 4
"""Posts that are listed at once (LinkedIn gives at most 100), and the pages of them that one search reads."""


class LinkedIn(Channel):
    name: ClassVar[str] = "linkedin"
    Settings = LinkedInSettings
    form: Form = LinkedInForm()
    repeatable = True

    def __init__(self, settings: LinkedInSettings) -> None:
        super().__init__(settings)
        self.settings: LinkedInSettings = settings
        self.find_after = settings.delays
        self.languages = tags(settings.languages)
        # At worst: the post, the renewal of a token, and the post once more.
        self.patience = max(120.0, 3 * (settings.connect_timeout + settings.read_timeout) + SETTLE + 10)

    @property
    def service(self) -> str:
        return self.settings.api_url

    @property
    def account(self) -> str:
        return self.settings.organization

    @cached_property
    def api(self) -> Api:
        return Api(self.settings)

    def ready(self) -> None:
        missing = self.settings.missing()
        if missing:
            raise SettingsError(
                f"LinkedIn needs {' and '.join(missing)}; set it, or run publisher login linkedin"
            )

    def prepare(self, rendering: Rendering, blob: Callable[[str], bytes]) -> Prepared:
        """Upload what the post carries and wait until LinkedIn has taken it: {"uploads": {digest: URN}}."""
        cards = (post.card for post in rendering.posts)
        carried = [medium for medium in (*rendering.media, *cards) if medium and medium.digest]
        return {"uploads": media.upload(self.api, carried, blob)} if carried else {}

    def send(self, part: Part, prepared: Prepared) -> Receipt:
        body = wire.body(part, self.account, prepared.get("uploads", {}))
        answer = self.api.call("POST", "/rest/posts", body, final=True)
        urn = unquote(answer.headers.get("x-restli-id", "").strip())
        if not wire.URN.fullmatch(urn):
            raise OutcomeUnknown("LinkedIn accepted the post and did not say under which id")
        return _receipt(urn, part)

    def find(self, part: Part, since: float) -> Outcome:
        """Look through the page's latest posts. That a post is not among them proves nothing: they lag."""
        try:
            for live in self._latest(since):
                if wire.is_part(live, part, self.account, since):
                    return Found(_receipt(str(live["id"]), part))
        except DeliveryError as error:
            return Unclear(f"LinkedIn could not be searched: {error}")
        return Unclear("LinkedIn does not list the post among the page's latest")

    def _latest(self, since: float) -> Iterator[dict[str, Any]]:
        """The page's posts by their last change, back to `since`: what was posted then has not changed before."""
        # `author` stands before `q`: the other order was seen to be refused.
        path = f"/rest/posts?author={encoded(self.settings.organization)}&q=author&count={COUNT}"
        for page in range(PAGES):
            start = f"&start={page * COUNT}" if page else ""
            answer = self.api.call(
                "GET", f"{path}{start}&sortBy=LAST_MODIFIED&viewContext=AUTHOR", restli="FINDER"
            )
            listed = list(wire.elements(outcome.read(answer)))
            yield from listed
            # Not by `paging.total`, which was seen to be wrong.
            if not listed or wire.before(listed[-1], since):
                return

    def read(self, receipt: Receipt) -> LiveText:
        path = f"/rest/posts/{encoded(receipt.id)}?viewContext=AUTHOR"
        answer = self.api.call("GET", path, allow=(403, 404))
        if answer.status_code == 404:
            return LiveText(gone=True)
        if answer.status_code == 403:
            return LiveText(reason="the token may not read the page's posts (r_organization_social)")
        live = outcome.read(answer)
        state = str(live.get("lifecycleState", ""))
        if state == "PUBLISH_FAILED":
            return LiveText(gone=True, reason="LinkedIn accepted the post and then failed to publish it")
        if not state.startswith("PUBLISHED"):
            return LiveText(reason=f"LinkedIn has not published the post yet ({state or 'no state'})")
        words = wire.unshortened(
            little.visible(str(live.get("commentary", ""))), receipt.data.get("links", [])
        )
        return LiveText(words, alts=wire.alts(live))

    def amend(self, receipt: Receipt, part: Part) -> Receipt:
        """Put the part's text in place of the live one; media and link card stay. Harmless to repeat."""
        patch = {"patch": {"$set": {"commentary": part.post[MAIN].wire}}}
        path = f"/rest/posts/{encoded(receipt.id)}"
        answer = self.api.call("POST", path, patch, restli="PARTIAL_UPDATE", allow=(404,))
        if answer.status_code == 404:
            raise Permanent("the post is gone from LinkedIn; there is nothing to correct")
        return _receipt(receipt.id, part)

    def retract(self, receipt: Receipt) -> None:
        """Delete the post; deleting it again is no error. Raises DeliveryError."""
        self.api.call("DELETE", f"/rest/posts/{encoded(receipt.id)}", restli="DELETE", allow=(404,))

    def login(self, person: Person) -> Granted:
        """Let a person grant access to the page. See `publisher.login`."""
        from .login import login

        return login(self.settings, person)

    def check(self, today: date | None = None) -> list[Finding]:
        return standing.check(self.api, today or datetime.now(UTC).date())

    def close(self) -> None:
        if "api" in self.__dict__:
            self.api.close()


def _receipt(urn: str, part: Part) -> Receipt:
    """`data` keeps the links as written, so that what LinkedIn may show in their place can be read back."""
    links = wire.links(part.post[MAIN].text)
    return Receipt(urn, f"https://www.linkedin.com/feed/update/{urn}/", {"links": links} if links else {})
