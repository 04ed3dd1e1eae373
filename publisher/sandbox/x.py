"""X as far as posting goes: strict about what it takes, exact about what became public."""

from __future__ import annotations

import re
import threading
import time
import unicodedata
from collections.abc import Callable
from typing import Any

from publisher.sandbox import x_problems as say
from publisher.sandbox import x_schema
from publisher.sandbox.faults import Faults
from publisher.sandbox.http import Answer, Incoming, reply, spoiled
from publisher.sandbox.oauth import Keys, Verifier
from publisher.sandbox.record import Public, Record
from publisher.sandbox.weight import LIMIT, links, weight
from publisher.sandbox.x_media import Media
from publisher.sandbox.x_oauth import Login
from publisher.sandbox.x_view import HANDLE, NAME, USER_ID, Post, fields_asked, moment, shown

ORIGIN = "https://api.twitter.com"
KEYS = Keys("sandboxApiKey4f1c", "sandboxApiSecret9d27", "7001-sandboxAccessToken", "sandboxAccessSecret3b85")

_EPOCH_MS = 1_288_834_974_657
_WINDOW = 900
_DUPLICATE_FOR = 86_400
_CASHTAG = re.compile(r"(?<![\w$&/])\$[A-Za-z]{1,6}(?:[._][A-Za-z]{1,2})?(?!\w)")
_ACCEPTED = frozenset({"drop", "hang", "500", "bad-json", "cut-body", "hidden", "truncated", "slow"})


class X:
    """The service. `again`: what a 429 names, in seconds; `limits` False: requests are counted, not refused."""

    def __init__(self, record: Record, faults: Faults, *, slow: float, again: float, limits: bool) -> None:
        self.record, self.faults = record, faults
        self.slow, self.again, self.limits = slow, again, limits
        self.access = "read-write"
        """What the access token may do; with "read" everything that writes is refused."""
        self.posts: dict[str, Post] = {}
        self._edits: dict[str, Post] = {}  # by the ids that editing gave
        self._by_text: dict[str, Post] = {}  # as sent: the last post of each text
        self.media = Media(self._new_id, lambda: faults.take("x", {"alt", "alt-lost"}))
        self._verifier = Verifier(KEYS, ORIGIN)
        self._login = Login(KEYS, ORIGIN, USER_ID, HANDLE)
        self._used: dict[str, tuple[int, int]] = {}
        self._last_id = 0
        self._ids = threading.Lock()
        self._routes: list[tuple[str, re.Pattern[str], int, Callable[..., Answer]]] = [
            ("POST", re.compile(r"/2/tweets"), 100, self._create),
            ("GET", re.compile(r"/2/users/(\w+)/tweets"), 900, self._timeline),
            ("GET", re.compile(r"/2/tweets/(\w+)"), 900, self._get),
            ("DELETE", re.compile(r"/2/tweets/(\w+)"), 50, self._delete),
            ("GET", re.compile(r"/2/users/me"), 75, self._me),
            ("POST", re.compile(r"/2/media/upload"), 500, self.media.upload),
            ("POST", re.compile(r"/2/media/upload/initialize"), 1875, self.media.initialize),
            ("POST", re.compile(r"/2/media/upload/(\d+)/append"), 1875, self.media.append),
            ("POST", re.compile(r"/2/media/upload/(\d+)/finalize"), 1875, self.media.finalize),
            ("GET", re.compile(r"/2/media/upload"), 1000, self.media.status),
            ("POST", re.compile(r"/2/media/metadata"), 500, self.media.metadata),
            ("GET", re.compile(r"/2/media"), 900, self.media.lookup),
            ("GET", re.compile(r"/2/media/(\d+_\d+)"), 900, self.media.lookup),
        ]

    def respond(self, incoming: Incoming) -> Answer:
        if incoming.path.startswith("/oauth/"):
            return self._login.respond(incoming)
        for method, pattern, limit, act in self._routes:
            if method == incoming.method and (found := pattern.fullmatch(incoming.path)):
                if self._verifier.problem(incoming):
                    return say.problem(401, "Unauthorized")
                used, reset = self._count(f"{method} {pattern.pattern}")
                counted = {"x-rate-limit-limit": str(limit), "x-rate-limit-reset": str(reset)}
                counted["x-rate-limit-remaining"] = str(max(0, limit - used))
                counted["x-access-level"] = self.access
                spent = self.limits and used > limit
                answer = say.problem(429, "Too Many Requests") if spent else self._done(act, incoming, found)
                if answer.status != 429 or spent or len(answer.headers) > 1:  # a bare 429 stays bare
                    answer.headers = counted | answer.headers
                return answer
        return say.problem(404, "Not Found")

    def _done(self, act: Callable[..., Answer], incoming: Incoming, found: re.Match[str]) -> Answer:
        if incoming.method != "GET" and "write" not in self.access:
            return say.strike("403-oauth1-permissions", self.again)
        return act(incoming, *found.groups())

    def _count(self, route: str) -> tuple[int, int]:
        """How many requests this quarter of an hour, this one included, and when it ends."""
        now = int(time.time())
        with self.record.lock:
            used, reset = self._used.get(route, (0, 0))
            used, reset = (used + 1, reset) if now < reset else (1, now + _WINDOW)
            self._used[route] = (used, reset)
        return used, reset

    def _new_id(self) -> int:
        with self._ids:
            self._last_id = max((int(time.time() * 1000) - _EPOCH_MS) << 22, self._last_id + 1)
            return self._last_id

    # ------------------------------------------------------------ posting

    def _create(self, incoming: Incoming) -> Answer:
        fault = self.faults.take("x", say.REFUSALS)
        if fault:
            return say.strike(fault, self.again)
        if incoming.kind != "application/json":
            return say.refused("Content-Type must be application/json")
        try:
            body = incoming.json()
        except ValueError:
            return say.refused("the body is not JSON")
        if wrong := x_schema.POST(body, ""):
            return say.refused(wrong)
        return self._attempt(body, _ACCEPTED)

    def _attempt(self, body: dict[str, Any], faults: frozenset[str]) -> Answer:
        with self.record.lock:
            post = self._checked(body)
            if isinstance(post, Answer):
                return post
            fault = self.faults.take("x", faults)
            if fault != "slow":
                return self._accept(post, fault)
        time.sleep(self.slow)
        return self._attempt(body, frozenset())

    def _checked(self, body: dict[str, Any]) -> Post | Answer:
        """The post this request asks for, or why it may not be."""
        text = unicodedata.normalize("NFC", body.get("text", "")).strip()
        uploads = self.media.attach(body["media"]["media_ids"]) if "media" in body else []
        if isinstance(uploads, str):
            return say.refused(uploads)
        if not text and not uploads:
            return say.refused("text or media is required")
        reply_to = body.get("reply", {}).get("in_reply_to_tweet_id", "")
        answered = self._known(reply_to)
        if reply_to and (answered is None or answered.public.deleted):
            return say.problem(403, say.NOT_VISIBLE)
        if any(body.get(name) for name in ("edit_options", "quote_tweet_id", "nullcast", "community_id")):
            return say.problem(403, say.NO_ACCESS)
        if weight(text) > LIMIT:
            return say.problem(403, say.TOO_LONG)
        if len(_CASHTAG.findall(text)) > 1:
            return say.problem(403, say.CASHTAG)
        if text and self._said(text):
            return say.problem(403, say.DUPLICATE)
        id = str(self._new_id())
        public = Public("x", id, text, f"https://x.com/{HANDLE}/status/{id}", raw=body, reply_to=reply_to)
        public.media = [u.public for u in uploads]
        self._dress(public)
        return Post(public, uploads, conversation=answered.conversation if answered else id)

    def _known(self, id: str) -> Post | None:
        """The post of an id, whichever of its versions that names."""
        return self.posts.get(id) or self._edits.get(id)

    def _said(self, text: str) -> bool:
        """Whether the same words are public, or were until a short while ago."""
        post = self._by_text.get(text)
        return bool(post and (not post.deleted_at or time.time() - post.deleted_at < _DUPLICATE_FOR))

    def _dress(self, public: Public) -> None:
        """The link card and hashtags of a text."""
        public.hashtags = re.findall(r"(?<![\w&/])[#＃](\w*[^\W\d_]\w*)", public.text)
        urls = [public.text[a:b] for a, b in links(public.text)]
        public.card = {"source": urls[-1]} if urls and not public.media else None

    def _accept(self, post: Post, fault: str) -> Answer:
        self._by_text[post.public.text] = post
        if fault == "truncated":
            post.public.text = post.public.text[: len(post.public.text) // 2]
            self._dress(post.public)
        post.listed = fault != "hidden"
        post.public.at = time.time()
        self.posts[post.public.id] = post
        self.record.publish(post.public)
        if fault == "500":
            return say.problem(500, "Internal Server Error")
        answer = reply(201, {"data": shown(post)})
        if fault == "bad-json":
            answer.body = b"<html><body>OK</body></html>"
        return spoiled(answer, fault)

    def _delete(self, _incoming: Incoming, id: str) -> Answer:
        if not self.delete(id):
            return say.not_found("tweet", id)
        return reply(200, {"data": {"deleted": True}})

    # ------------------------------------------------------------ reading

    def _me(self, incoming: Incoming) -> Answer:
        asked = incoming.parameters().get("user.fields", "")
        data = {"id": USER_ID, "name": NAME, "username": HANDLE}
        return reply(200, {"data": data | ({"verified_type": "none"} if "verified_type" in asked else {})})

    def _get(self, incoming: Incoming, id: str) -> Answer:
        fields = fields_asked(incoming)
        if isinstance(fields, str):
            return say.refused(fields)
        post = self._known(id)
        if post is None or post.public.deleted:
            return say.not_found("tweet", id, 200)
        return reply(200, {"data": shown(post, fields, id)} | self._includes([post], incoming))

    def _timeline(self, incoming: Incoming, user: str) -> Answer:
        asked, fields = incoming.parameters(), fields_asked(incoming)
        if isinstance(fields, str):
            return say.refused(fields)
        try:
            most = int(asked.get("max_results", "10"))
            since, until = int(asked.get("since_id", "0")), int(asked.get("until_id", "0")) or 1 << 63
            until = min(until, int(asked.get("pagination_token", "0")) or until)
            start = moment(asked["start_time"]) if "start_time" in asked else 0
            end = moment(asked["end_time"]) if "end_time" in asked else float("inf")
        except ValueError as error:
            return say.refused(f"a query parameter value is not valid: {error}")
        if not 5 <= most <= 100:
            return say.refused(f"The `max_results` query parameter value [{most}] is not between 5 and 100")
        if user != USER_ID:
            return say.not_found("user", user, 200)
        with self.record.lock:
            posts = [p for p in self.posts.values() if p.listed and not p.public.deleted]
        posts.sort(key=lambda p: int(p.newest), reverse=True)
        posts = [p for p in posts if since < int(p.newest) < until and start <= p.public.at <= end]
        return self._page(posts[:most], len(posts) > most, fields, incoming)

    def _page(self, posts: list[Post], more: bool, fields: set[str], incoming: Incoming) -> Answer:
        meta: dict[str, Any] = {"result_count": len(posts)}
        if not posts:
            return reply(200, {"meta": meta})
        meta |= {"newest_id": posts[0].newest, "oldest_id": posts[-1].newest}
        if more:
            meta["next_token"] = posts[-1].newest
        data = [shown(p, fields) for p in posts]
        return reply(200, {"data": data, "meta": meta} | self._includes(posts, incoming))

    def _includes(self, posts: list[Post], incoming: Incoming) -> dict[str, Any]:
        media = [u.seen() for p in posts for u in p.uploads]
        wanted = "attachments.media_keys" in incoming.parameters().get("expansions", "")
        return {"includes": {"media": media}} if wanted and media else {}

    # ------------------------------------------------------------ behind the client's back

    def edit(self, id: str, text: str) -> bool:
        """Change a post's text, which gives it one more id; False when there is none."""
        with self.record.lock:
            post = self._known(id)
            if post is None:
                return False
            post.before[post.newest] = post.public.text
            post.edits.append(str(self._new_id()))
            self._edits[post.newest] = post
            post.public.text = text
            self._dress(post.public)
            self.record.note("changed", post.public)
        return True

    def delete(self, id: str) -> bool:
        with self.record.lock:
            post = self._known(id)
            if post is None:
                return False
            if not post.public.deleted:
                post.public.deleted, post.deleted_at = True, time.time()
                self.record.note("deleted", post.public)
        return True

    def hide(self, id: str, hidden: bool = True) -> bool:
        """Let no timeline list a post, or list it again; False when there is none."""
        with self.record.lock:
            post = self._known(id)
            if post is not None:
                post.listed = not hidden
        return post is not None

    def clear(self) -> None:
        with self.record.lock:
            self.posts.clear()
            self._edits.clear()
            self._by_text.clear()
            self._used.clear()
            self.media.uploads.clear()
