"""LinkedIn as far as an organization's posts go, its silent truncation included."""

from __future__ import annotations

import itertools
import json
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from publisher.sandbox import linkedin_answers as say
from publisher.sandbox import linkedin_schema as schema
from publisher.sandbox import little
from publisher.sandbox.faults import Faults
from publisher.sandbox.http import Answer, Incoming, reply, spoiled
from publisher.sandbox.linkedin_media import Assets
from publisher.sandbox.linkedin_oauth import ORGANIZATION, OAuth
from publisher.sandbox.record import Public, Record

VERSIONS = frozenset(f"2026{month:02}" for month in range(1, 10))
"""The API versions that are active: all others were sunset, never existed, or are not out yet."""

LIMIT = 3000
_DUPLICATE_FOR, _GHOSTS_FOR = 600, 86_400
_ACCEPTED = frozenset(
    {"drop", "hang", "500", "bad-json", "cut-body", "hidden", "truncated", "slow", "publish-failed"}
)
_LIVE = re.compile(r"urn:li:(share|ugcPost):\d+")


@dataclass(slots=True)
class _Post:
    """`wire` is the commentary as LinkedIn gives it back, `sent` what the next post must not equal."""

    public: Public
    wire: str
    sent: str
    modified: float
    listed: bool = True
    deleted_at: float = 0.0
    state: str = "PUBLISHED"


class LinkedIn:
    """The service. `again`: what a 429 names, in seconds."""

    def __init__(self, record: Record, faults: Faults, *, slow: float, again: float) -> None:
        self.record, self.faults, self.slow, self.again = record, faults, slow, again
        self.posts: dict[str, _Post] = {}
        self._by_content: dict[str, _Post] = {}
        self._numbers = itertools.count(7_300_000_000_000_000_000 + secrets.randbelow(10**17))
        self.assets = Assets(ORGANIZATION, lambda: bool(faults.take("linkedin", {"processing-failed"})))
        self.oauth = OAuth()
        self._routes: list[tuple[str, re.Pattern[str], Callable[..., Answer]]] = [
            ("POST", re.compile(r"/rest/posts"), self._create),
            ("GET", re.compile(r"/rest/posts"), self._finder),
            ("GET", re.compile(r"/rest/posts/([^/]+)"), self._get),
            ("POST", re.compile(r"/rest/posts/([^/]+)"), self._update),
            ("DELETE", re.compile(r"/rest/posts/([^/]+)"), self._delete),
            ("POST", re.compile(r"/rest/(image|document)s"), self.assets.initialize),
            ("GET", re.compile(r"/rest/(?:image|document)s/([^/]+)"), lambda _, urn: self.assets.get(urn)),
            ("GET", re.compile(r"/rest/organizationAcls"), self.oauth.roles),
        ]

    def respond(self, incoming: Incoming) -> Answer:
        answer = self._routed(incoming)
        answer.headers["x-li-uuid"] = secrets.token_hex(8)
        return answer

    def _routed(self, incoming: Incoming) -> Answer:
        if incoming.path.startswith("/oauth/v2/"):
            return self.oauth.respond(incoming)
        if not self.oauth.knows(incoming):
            return say.error(401, "INVALID_ACCESS_TOKEN", "Invalid access token", serviceErrorCode=65600)
        upload = re.fullmatch(r"/dms-uploads/([\w-]+)/(image|document)", incoming.path)
        if upload and incoming.method == "PUT":
            return self.assets.put(incoming, *upload.groups())
        if refused := _headers_problem(incoming):
            return refused
        for method, pattern, act in self._routes:
            if method == incoming.method and (found := pattern.fullmatch(incoming.path)):
                return act(incoming, *(unquote(part) for part in found.groups()))
        return say.error(404, "RESOURCE_NOT_FOUND", f"No virtual resource found for: {incoming.path}")

    # ------------------------------------------------------------ posting

    def _create(self, incoming: Incoming) -> Answer:
        fault = self.faults.take("linkedin", say.REFUSALS)
        if fault:
            return say.strike(fault, incoming.headers["linkedin-version"], self.again)
        try:
            body = incoming.json()
        except ValueError:
            return say.error(400, "BAD_REQUEST", "Cannot parse the request entity")
        return self._attempt(body, _ACCEPTED)

    def _attempt(self, body: Any, faults: frozenset[str]) -> Answer:
        with self.record.lock:
            if refused := self._problem(body):
                return refused
            fault = self.faults.take("linkedin", faults)
            if fault != "slow":
                return self._accept(body, fault)
        time.sleep(self.slow)
        return self._attempt(body, frozenset())

    def _problem(self, body: Any) -> Answer | None:
        """Why this post may not be."""
        if wrong := schema.POST(body, ""):
            missing = wrong.endswith("is required")
            return say.invalid(400, "MISSING_FIELD" if missing else "INVALID_VALUE", wrong)
        if body["author"] != ORGANIZATION:
            return say.error(403, "ACCESS_DENIED", f"Not enough permissions to post as {body['author']}")
        if refused := _length_problem(body["commentary"]):
            return refused
        if refused := self._content_problem(body):
            return refused
        urn = self._duplicate(_sent(body))
        return say.duplicate(urn) if urn else None

    def _content_problem(self, body: dict[str, Any]) -> Answer | None:
        content = body.get("content")
        if content is None:
            return None if body["commentary"].strip() else say.invalid(400, "EMPTY", "the post is empty")
        if wrong := schema.content_problem(content):
            return say.invalid(400, "INVALID_CONTENT", wrong)
        problems = (self.assets.problem(urn, body["author"]) for urn, _, _ in schema.assets(content))
        return next((p for p in problems if p), None)

    def _accept(self, body: dict[str, Any], fault: str) -> Answer:
        sent = _sent(body)
        commentary = body["commentary"]
        post = self._made(body, commentary[: len(commentary) // 2] if fault == "truncated" else commentary)
        post.sent = sent
        self.posts[post.public.id] = self._by_content[sent] = post
        post.listed = fault != "hidden" and body["distribution"]["feedDistribution"] != "NONE"
        if fault == "publish-failed":
            post.state = "PUBLISH_FAILED"
        elif body["distribution"]["feedDistribution"] != "NONE":  # a dark post is on no page
            self.record.publish(post.public)
        if fault == "500":
            return say.page(500)
        return spoiled(
            Answer(201, headers={} if fault == "bad-json" else {"x-restli-id": post.public.id}), fault
        )

    def _made(self, body: dict[str, Any], commentary: str) -> _Post:
        urn = f"urn:li:share:{next(self._numbers)}"
        public = Public("linkedin", urn, "", f"https://www.linkedin.com/feed/update/{urn}/", raw=body)
        content = body.get("content", {})
        public.media = [self.assets.shown(*asset) for asset in schema.assets(content)]
        public.card = content.get("article")
        return _Post(public, _write(public, commentary), "", public.at)

    def _duplicate(self, sent: str) -> str:
        """The URN a repetition is refused with; of a deleted post, one that does not exist."""
        post = self._by_content.get(sent)
        if post is None:
            return ""
        if post.deleted_at:
            return say.ghost() if time.time() - post.deleted_at < _GHOSTS_FOR else ""
        return post.public.id if time.time() - post.public.at < _DUPLICATE_FOR else ""

    def _update(self, incoming: Incoming, urn: str) -> Answer:
        if incoming.headers.get("x-restli-method", "").upper() != "PARTIAL_UPDATE":
            return say.error(400, "ILLEGAL_ARGUMENT", "X-RestLi-Method must be PARTIAL_UPDATE")
        try:
            changes = incoming.json()["patch"]["$set"]
            commentary = changes.get("commentary")
        except (ValueError, KeyError, TypeError, AttributeError):
            return say.error(400, "BAD_REQUEST", "patch.$set is required")
        if fixed := set(changes) - schema.EDITABLE:
            return say.invalid(400, "FIELD_NOT_EDITABLE", f"{min(fixed)} cannot be updated")
        post = self._there(urn)
        if post is None:
            return _absent(urn)
        if commentary is not None:
            if not isinstance(commentary, str):
                return say.invalid(400, "INVALID_VALUE", "commentary must be a string")
            if refused := _length_problem(commentary):
                return refused
            self._rewrite(post, commentary)
        return Answer(204)

    def _delete(self, _incoming: Incoming, urn: str) -> Answer:
        if not _LIVE.fullmatch(urn):
            return _absent(urn)
        self.delete(urn)
        return Answer(204)

    # ------------------------------------------------------------ reading

    def _there(self, urn: str) -> _Post | None:
        post = self.posts.get(urn)
        return post if post and not post.public.deleted else None

    def _get(self, _incoming: Incoming, urn: str) -> Answer:
        post = self._there(urn)
        return reply(200, _shown(post)) if post else _absent(urn)

    def _finder(self, incoming: Incoming) -> Answer:
        asked = incoming.parameters()
        names = list(asked)
        if incoming.headers.get("x-restli-method", "").upper() != "FINDER" or asked.get("q") != "author":
            return say.error(400, "ILLEGAL_ARGUMENT", "this needs q=author and X-RestLi-Method: FINDER")
        if "author" not in names or names.index("author") > names.index("q"):
            return say.error(400, "ILLEGAL_ARGUMENT", "author must come before q")
        if asked["author"] != ORGANIZATION:
            return say.error(
                400, "ILLEGAL_ARGUMENT", "Member permissions must be used when using member as author"
            )
        count, start = asked.get("count", "10"), asked.get("start", "0")
        if not (count.isdigit() and 0 < int(count) <= 100 and start.isdigit()):
            return say.error(400, "ILLEGAL_ARGUMENT", "count must be 1 to 100, start a number")
        by_creation = asked.get("sortBy", "LAST_MODIFIED") == "CREATED"
        with self.record.lock:
            posts = [p for p in self.posts.values() if p.listed and not p.public.deleted]
        posts.sort(key=lambda p: p.public.at if by_creation else p.modified, reverse=True)
        chosen = posts[int(start) : int(start) + int(count)]
        paging = {"start": int(start), "count": int(count), "links": []}
        return reply(200, {"paging": paging, "elements": [_shown(p) for p in chosen]})

    # ------------------------------------------------------------ behind the client's back

    def _rewrite(self, post: _Post, commentary: str) -> None:
        with self.record.lock:
            post.wire, post.modified = _write(post.public, commentary), time.time()
            self.record.note("changed", post.public)

    def edit(self, urn: str, text: str) -> bool:
        """Change what a reader sees of a post; False when there is none."""
        post = self.posts.get(urn)
        if post:
            self._rewrite(post, little.escape(text))
        return post is not None

    def delete(self, urn: str) -> bool:
        with self.record.lock:
            post = self.posts.get(urn)
            if post and not post.public.deleted:
                post.public.deleted, post.deleted_at = True, time.time()
                self.record.note("deleted", post.public)
        return post is not None

    def hide(self, urn: str, hidden: bool = True) -> bool:
        """Let no finder list a post, or list it again; False when there is none."""
        with self.record.lock:
            post = self.posts.get(urn)
            if post is not None:
                post.listed = not hidden
        return post is not None

    def clear(self) -> None:
        with self.record.lock:
            self.posts.clear()
            self._by_content.clear()
            self.assets.clear()


def _write(public: Public, commentary: str) -> str:
    """Make `commentary` what the public reads, and return what is left of it."""
    reading = little.read(commentary)
    public.text, public.hashtags, public.mentions = reading.text, reading.hashtags, reading.mentions
    return reading.kept


def _sent(body: dict[str, Any]) -> str:
    """What makes two posts the same."""
    return json.dumps([body["commentary"], body.get("content")], sort_keys=True)


def _headers_problem(incoming: Incoming) -> Answer | None:
    version = incoming.headers.get("linkedin-version", "")
    if not version:
        return say.error(
            400,
            "VERSION_MISSING",
            "A version must be present. Please specify a version by adding the LinkedIn-Version header.",
        )
    if version not in VERSIONS:
        return say.inactive(version)
    if incoming.headers.get("x-restli-protocol-version") != "2.0.0":
        return say.error(400, "ILLEGAL_ARGUMENT", "X-Restli-Protocol-Version must be 2.0.0")
    if incoming.method == "POST" and incoming.kind != "application/json":
        return say.error(415, "UNSUPPORTED_MEDIA_TYPE", "Content-Type must be application/json")
    if ":" in incoming.path or ":" in incoming.query:
        return say.error(400, "ILLEGAL_ARGUMENT", "Syntax exception in path variables")
    return None


def _length_problem(commentary: str) -> Answer | None:
    length = len(commentary.encode("utf-16-le", "surrogatepass")) // 2
    if length <= LIMIT:
        return None
    message = (
        f"ShareCommentary text length ({length} characters) exceeded the maximum allowed ({LIMIT} characters)"
    )
    return say.invalid(400, "FIELD_ARRAY_SIZE_TOO_HIGH", message, maxLength=LIMIT)


def _absent(urn: str) -> Answer:
    return say.error(404, "NOT_FOUND", f"Could not find entity {urn}")


def _shown(post: _Post) -> dict[str, Any]:
    """A post as the API gives it back."""
    raw = post.public.raw
    created, modified = int(post.public.at * 1000), int(post.modified * 1000)
    shown = {name: raw[name] for name in ("author", "visibility", "distribution", "content") if name in raw}
    shown |= {"id": post.public.id, "commentary": post.wire, "createdAt": created, "publishedAt": created}
    shown["lifecycleState"] = post.state
    shown |= {"lastModifiedAt": modified, "lifecycleStateInfo": {"isEditedByAuthor": modified != created}}
    return shown | {"isReshareDisabledByAuthor": raw.get("isReshareDisabledByAuthor", False)}
