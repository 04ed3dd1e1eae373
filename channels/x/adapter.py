"""The X channel: a post, or a part of a thread, on one account."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

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
from publisher.errors import Blocked, DeliveryError, OutcomeUnknown, Permanent, SettingsError
from publisher.languages import tags

from . import counting, live, media, standing
from .api import Api
from .form import XForm
from .outcome import NotFound
from .settings import PREFIX, XSettings

if TYPE_CHECKING:
    from publisher.login import Granted, Person

SLACK = 60.0
"""Seconds by which X's clock may be behind ours."""
PAGES = 5
"""The pages of a hundred posts that one search reads."""


class X(Channel):
    name: ClassVar[str] = "x"
    Settings = XSettings
    form: Form = XForm()
    replies = True

    def __init__(self, settings: XSettings) -> None:
        super().__init__(settings)
        self.settings: XSettings = settings
        self.form = XForm(settings.limit, settings.thread, settings.reply_settings)
        self.monthly_cap = settings.monthly_cap
        self.find_after = settings.delays
        self.languages = tags(settings.languages)
        # At worst: who the account is, uploads that have expired made anew, and the post.
        self.patience = max(180.0, 6 * (settings.connect_timeout + settings.read_timeout) + media.PATIENCE)

    @property
    def service(self) -> str:
        return self.settings.api_url

    @property
    def account(self) -> str:
        return self.settings.account

    @cached_property
    def api(self) -> Api:
        return Api(self.settings)

    def ready(self) -> None:
        if missing := self.settings.missing():
            raise SettingsError(f"X needs {', '.join(missing)}; X's developer console makes them")

    def prepare(self, rendering: Rendering, blob: Callable[[str], bytes]) -> Prepared:
        """Upload the images: {"media_ids": {post's index: [id, …]}, "until": epoch seconds they can be used}."""
        self._right_account()
        ids: dict[str, list[str]] = {}
        until = float("inf")
        for n, post in enumerate(rendering.posts):
            if post.media:
                ids[str(n)], ends = media.upload(self.api, post.media, blob)
                until = min(until, ends)
        return {"media_ids": ids, "until": until} if ids else {}

    def _right_account(self) -> None:
        """A statement on the wrong account is worse than one that is late."""
        wanted = self.settings.account
        if wanted and (handle := str(self.api.me().get("username", ""))).lower() != wanted.lower():
            raise Blocked(
                f"the credentials post as @{handle}, {PREFIX}ACCOUNT says @{wanted}; change one of them, "
                "nothing was sent"
            )

    def send(self, part: Part, prepared: Prepared) -> Receipt:
        self._right_account()
        wire = part.post[MAIN].wire
        body: dict[str, Any] = {"text": wire}
        if part.post.media:
            body["media_ids"] = self._media_ids(part, prepared)
        if part.reply_to:
            body["in_reply_to_tweet_id"] = part.reply_to.id
        elif replies := part.rendering.headers.get("reply_settings"):
            body["reply_settings"] = replies
        answer, _ = self.api.call(lambda client: client.create_tweet(**body, user_auth=True), final=True)
        data = answer.get("data")
        id = str(data.get("id", "")) if isinstance(data, dict) else ""
        if not (id.isascii() and id.isdigit()):
            raise OutcomeUnknown("X accepted the post and did not say under which id")
        return self._receipt(id, wire)

    def _media_ids(self, part: Part, prepared: Prepared) -> list[str]:
        """Those that were prepared; made anew when they have expired since, which repeats nothing visible."""
        ids: list[str] = prepared.get("media_ids", {}).get(str(part.n), [])
        if ids and prepared.get("until", 0) > time.time():
            return ids
        return media.upload(self.api, part.post.media, part.blob)[0]

    def _receipt(self, id: str, wire: str, handle: str = "") -> Receipt:
        """`data` keeps the links as written, so that what X shows in their place can be read back."""
        where = handle or self.settings.account or "i/web"
        links = [link for _, _, link in counting.links(wire)]
        return Receipt(id, f"https://x.com/{where}/status/{id}", {"links": links} if links else {})

    def find(self, part: Part, since: float) -> Outcome:
        """Look through the account's own posts since then. That it is not there proves nothing: timelines lag."""
        floor = live.id_at(since - SLACK)
        try:
            me = self.api.me()
            posts = list(self._own(str(me["id"]), floor))
        except DeliveryError as error:
            return Unclear(f"X could not be searched: {error}")
        wire, pictures = part.post[MAIN].wire, bool(part.post.media)
        equal = sorted((p for p in posts if live.is_text(p, wire, pictures)), key=live.made)
        if len(equal) > 1:
            equal = [post for post in equal if live.made(post) >= since]
        if not equal:
            return Unclear("X lists no post with this text since then")
        return Found(self._receipt(str(equal[0]["id"]), wire, str(me.get("username", ""))))

    def _own(self, user: str, floor: int) -> Iterator[dict[str, Any]]:
        """The account's posts with a higher id, newest first: as many as it makes while an answer is awaited."""
        asked = {"max_results": "100", "since_id": str(floor)}
        for _ in range(PAGES):
            body = self.api.posts(f"/2/users/{user}/tweets", asked)
            listed, meta = body.get("data"), body.get("meta")
            yield from (
                p
                for p in (listed if isinstance(listed, list) else [])
                if _is_post(p) and int(p["id"]) > floor
            )
            following = meta.get("next_token") if isinstance(meta, dict) else None
            if not following:
                return
            asked["pagination_token"] = str(following)

    def read(self, receipt: Receipt) -> LiveText:
        """The post as it is now: one that somebody edited by hand is read under the id which that gave it."""
        body, post = self._looked_up(receipt.id)
        if post and (newest := live.newest(post)) != str(post["id"]):
            body, post = self._looked_up(newest)
        if not post:
            gone = "resource-not-found" in str(body.get("errors", ""))
            return LiveText(gone=gone, reason="" if gone else "X did not show the post")
        links = receipt.data.get("links", [])
        return LiveText(live.text(post, links), alts=live.alts(body))

    def _looked_up(self, id: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """What X answers about a post, and the post; empty where it shows none."""
        more = {"expansions": "attachments.media_keys", "media.fields": "alt_text"}
        try:
            body = self.api.posts(f"/2/tweets/{id}", more)
        except NotFound:
            return {"errors": "resource-not-found"}, {}
        post = body.get("data")
        return body, post if isinstance(post, dict) and _is_post(post) else {}

    def retract(self, receipt: Receipt) -> None:
        """Delete the post; deleting it again is no error. Raises DeliveryError."""
        try:
            body, _ = self.api.call(lambda client: client.delete_tweet(receipt.id, user_auth=True))
        except NotFound:
            return
        data = body.get("data")
        if not (isinstance(data, dict) and data.get("deleted") is True):
            raise Permanent(f"X did not delete {receipt.url or receipt.id}; delete it by hand")

    def login(self, person: Person) -> Granted:
        """Let a person grant access to the account. See `publisher.login`."""
        from .login import login

        return login(self.settings, person)

    def check(self) -> list[Finding]:
        return standing.check(self.api)

    def close(self) -> None:
        if "api" in self.__dict__:
            self.api.close()


def _is_post(post: Any) -> bool:
    return isinstance(post, dict) and str(post.get("id", "")).isdigit() and isinstance(post.get("text"), str)
