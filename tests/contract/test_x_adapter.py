"""The X adapter against the sandbox over real sockets."""

from __future__ import annotations

import json
import logging
import os
import random
import socket
import struct
import threading
import time
import zlib
from collections.abc import Iterator
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from channels.x import adapter, api, live
from channels.x.adapter import X
from publisher.channel import MAIN, Copy, Found, Part, Post, Receipt, Rendering, Unclear
from publisher.errors import (
    Blocked,
    DeliveryError,
    Duplicate,
    OutcomeUnknown,
    Permanent,
    RateLimited,
    Transient,
)
from publisher.sandbox import Sandbox
from publisher.sandbox.x import KEYS
from publisher.settings import Settings
from publisher.statement import Media
from publisher.text import Text

SHARED = Path(os.environ.get("PUBLISHER_SHARED", Path(__file__).parents[3] / "shared"))
WORDS = "Joint statement on R&D <online> rights\n\n#Rights https://example.org/statement?a=1&copy=2"


@pytest.fixture
def box() -> Iterator[Sandbox]:
    with Sandbox(hang=3) as running:
        yield running


@pytest.fixture
def x(box: Sandbox) -> Iterator[X]:
    made = connect(box)
    yield made
    made.close()


def connect(box: Sandbox, **changes: str) -> X:
    given = box.settings() | {f"PUBLISHER_X__{name.upper()}": value for name, value in changes.items()}
    made = Settings(given, files=False).channel("x")
    assert isinstance(made, X)
    return made


def part(
    x: X, words: str = WORDS, *media: Media, reply_to: Receipt | None = None, n: int = 0, **headers: str
) -> Part:
    text = Text.authored(words)
    copy = Copy(
        MAIN, x.form.shown(text), x.form.wire(MAIN, text), x.form.measure(MAIN, text), 280, spans=text
    )
    rendering = Rendering("x", "en", tuple(Post((copy,), media) for _ in range(n + 1)), headers=headers)
    contents = {m.digest: m.content or b"" for m in media}
    return Part("key", rendering, n=n, started=time.time(), reply_to=reply_to, blob=contents.__getitem__)


def deliver(x: X, given: Part) -> Receipt:
    return x.send(given, x.prepare(given.rendering, given.blob))


def png(size: int = 0) -> bytes:
    """A picture of one point, padded to `size` bytes by a chunk of noise that viewers skip."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    noise = random.Random(1).randbytes(max(0, size - 90))
    parts = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)), chunk(b"noIs", noise)
    return (
        b"\x89PNG\r\n\x1a\n" + b"".join(parts) + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")
    )


GIF = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"


def image(alt: str, content: bytes = png(), kind: str = "image/png") -> Media:
    return Media(
        "image", "a.png", kind, alt=alt, digest=f"digest of {alt}", size=len(content), content=content
    )


def asked(box: Sandbox, path: str = "", method: str = "") -> list[str]:
    seen = [r for r in box.requests if r.service == "x"]
    return [f"{r.method} {urlsplit(r.path).path}" for r in seen if path in r.path and method in r.method]


# ---------------------------------------------------------------- posting


def test_the_text_arrives_as_it_was_approved_and_the_receipt_points_at_it(box: Sandbox, x: X) -> None:
    receipt = deliver(x, part(x))
    (public,) = box.public
    assert public.text == WORDS
    assert public.hashtags == ["Rights"]
    assert (receipt.id, receipt.url) == (public.id, f"https://x.com/sandbox_press/status/{public.id}")


def test_a_post_is_one_request_and_who_posts_is_asked_once(box: Sandbox, x: X) -> None:
    for words in ("One", "Two"):
        deliver(x, part(x, words))
    assert asked(box) == ["GET /2/users/me", "POST /2/tweets", "POST /2/tweets"]


def test_without_an_account_to_check_nothing_is_asked_and_the_receipt_does_without(box: Sandbox) -> None:
    x = connect(box, account="")
    receipt = deliver(x, part(x))
    assert asked(box) == ["POST /2/tweets"]
    assert receipt.url == f"https://x.com/i/web/status/{receipt.id}"


def test_another_account_than_the_settings_name_blocks_before_anything_leaves(box: Sandbox) -> None:
    x = connect(box, account="other_press")
    given = part(x)
    for act in (lambda: x.prepare(given.rendering, given.blob), lambda: x.send(given, {})):
        with pytest.raises(Blocked, match=r"@sandbox_press.*@other_press"):
            act()
    assert asked(box, method="POST") == []


def test_the_account_is_compared_without_regard_to_case(box: Sandbox) -> None:
    x = connect(box, account="@Sandbox_Press")
    assert deliver(x, part(x)).id


def test_a_thread_hangs_together_and_only_its_first_post_limits_replies(box: Sandbox) -> None:
    x = connect(box, reply_settings="verified")  # what was approved counts, not what the settings say now
    first = deliver(x, part(x, "One", reply_settings="following"))
    second = deliver(x, part(x, "Two", reply_to=first, n=1, reply_settings="following"))
    assert [p.reply_to for p in box.public] == ["", first.id]
    assert second.id == box.public[1].id
    assert [p.raw.get("reply_settings") for p in box.public] == ["following", None]


def test_images_are_uploaded_with_their_alt_texts_before_the_post(box: Sandbox, x: X) -> None:
    given = part(x, WORDS, image("The seal"), image("The table", kind="image/webp"))
    prepared = x.prepare(given.rendering, given.blob)
    assert box.public == []
    assert json.loads(json.dumps(prepared)) == prepared
    receipt = x.send(given, prepared)
    (public,) = box.public
    assert [(m["alt"], m["bytes"]) for m in public.media] == [
        ("The seal", len(png())),
        ("The table", len(png())),
    ]
    seen = x.read(receipt)
    assert (seen.text, seen.alts) == (WORDS, ("The seal", "The table"))


def test_large_images_and_gifs_go_in_chunks(box: Sandbox, x: X) -> None:
    content = png(4_200_000)
    deliver(x, part(x, "Large", image("Large", content)))
    deliver(x, part(x, "Moving", image("Moving", GIF, "image/gif")))
    large, moving = box.public
    assert (large.media[0]["bytes"], moving.media[0]["type"]) == (len(content), "image/gif")
    assert len(asked(box, "/append")) == 6 and asked(box, "/2/media/upload?") == []


@pytest.mark.parametrize("fault", ["x-alt", "x-alt-lost"])
def test_a_failed_alt_text_stops_the_post(box: Sandbox, x: X, fault: str) -> None:
    box.fault(fault)
    given = part(x, WORDS, image("The seal"))
    with pytest.raises(Transient):
        x.prepare(given.rendering, given.blob)
    assert box.public == [] and asked(box, "/2/tweets") == []


def test_uploads_that_have_expired_are_made_anew_when_the_post_is_sent(box: Sandbox, x: X) -> None:
    given = part(x, WORDS, image("The seal"))
    prepared = x.prepare(given.rendering, given.blob)
    x.send(given, prepared | {"until": time.time() - 1, "media_ids": {"0": ["1"]}})
    assert box.public[0].media[0]["alt"] == "The seal"


def test_an_image_that_is_not_stored_any_more_is_refused(x: X) -> None:
    given = part(x, WORDS, Media("image", "a.png", "image/png", alt="The seal", digest="d"))
    with pytest.raises(Permanent, match=r"a\.png"):
        x.prepare(given.rendering, lambda digest: b"")


# ---------------------------------------------------------------- outcomes

OUTCOMES: list[tuple[str, type[DeliveryError], bool]] = [
    ("x-drop", OutcomeUnknown, True),
    ("x-hang", OutcomeUnknown, True),
    ("x-500", OutcomeUnknown, True),
    ("x-bad-json", OutcomeUnknown, True),
    ("x-cut-body", OutcomeUnknown, True),
    ("x-503-before", OutcomeUnknown, False),
    ("x-reset-before", OutcomeUnknown, False),
    ("x-duplicate", Duplicate, False),
    ("x-429", RateLimited, False),
    ("x-429-bare", RateLimited, False),
    ("x-429-day", RateLimited, False),
    ("x-redirect", Blocked, False),
    ("x-401", Blocked, False),
    ("x-402", Blocked, False),
    ("x-list-body", Blocked, False),
    ("x-403-suspended", Blocked, False),
    ("x-403-permission", Blocked, False),
    ("x-403-oauth1-permissions", Blocked, False),
    ("x-403-client-not-enrolled", Blocked, False),
    ("x-403-usage-capped", Blocked, False),
    ("x-403-cashtag", Permanent, False),
    ("x-403-not-visible", Transient, False),
]


@pytest.mark.parametrize(("fault", "error", "public"), OUTCOMES)
def test_the_outcome_table(box: Sandbox, fault: str, error: type[DeliveryError], public: bool) -> None:
    x = connect(box, read_timeout="0.4")
    box.fault(fault)
    with pytest.raises(DeliveryError) as caught:
        deliver(x, part(x))
    assert type(caught.value) is error
    assert len(box.public) == public
    assert asked(box, method="POST") == ["POST /2/tweets"]  # never a second time, never somewhere else
    assert_no_secret(str(caught.value))


def test_a_refused_connection_sent_nothing(box: Sandbox, x: X) -> None:
    box.fault("x-refuse", 60)
    with pytest.raises(Transient, match="nothing was sent"):
        x.send(part(x), {})
    assert box.public == []


def test_a_limit_of_24_hours_is_waited_for_and_one_without_headers_is_left_to_the_caller(
    box: Sandbox, x: X
) -> None:
    retry_at = {}
    for fault in ("x-429", "x-429-day", "x-429-bare"):
        box.fault(fault)
        with pytest.raises(RateLimited) as caught:
            deliver(x, part(x))
        retry_at[fault] = caught.value.retry_at
    assert retry_at["x-429-bare"] is None
    assert 0 < (retry_at["x-429"] or 0) - time.time() < 60
    assert 86_000 < (retry_at["x-429-day"] or 0) - time.time() < 87_000


def test_a_second_post_of_the_same_text_is_a_duplicate(box: Sandbox, x: X) -> None:
    deliver(x, part(x))
    with pytest.raises(Duplicate):
        deliver(x, part(x))
    assert len(box.public) == 1


def test_preparing_is_harmless_so_that_a_lost_answer_is_no_doubt(box: Sandbox) -> None:
    x = connect(box)
    box.fault("x-refuse", 60)
    given = part(x)
    with pytest.raises(Transient):
        x.prepare(given.rendering, given.blob)


# ---------------------------------------------------------------- looking


@pytest.mark.parametrize("fault", ["x-drop", "x-500", "x-bad-json"])
def test_a_post_whose_answer_was_lost_is_found(box: Sandbox, x: X, fault: str) -> None:
    given = part(x, WORDS, image("The seal"))
    box.fault(fault)
    with pytest.raises(OutcomeUnknown):
        deliver(x, given)
    found = x.find(given, given.started)
    assert isinstance(found, Found)
    assert found.receipt.id == box.public[0].id
    assert found.receipt.url == box.public[0].url
    assert x.read(found.receipt).text == WORDS


def test_a_post_with_many_after_it_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A look may come late; more than one page of posts may have been made since, and there is an end to asking."""
    with Sandbox(limits=False) as box:
        x = connect(box)
        given = part(x)
        box.fault("x-drop")
        with pytest.raises(OutcomeUnknown):
            deliver(x, given)
        for n in range(205):
            deliver(x, part(x, f"Other words {n}"))
        asked = len(box.requests)
        assert isinstance(x.find(given, given.started), Found)
        assert len(box.requests) - asked == 3
        monkeypatch.setattr(adapter, "PAGES", 2)
        assert isinstance(x.find(given, given.started), Unclear)
        x.close()


def test_what_is_not_listed_is_unclear_and_never_absent(box: Sandbox, x: X) -> None:
    given = part(x)
    assert isinstance(x.find(given, time.time()), Unclear)
    box.fault("x-hidden")
    deliver(x, given)
    assert isinstance(x.find(given, time.time()), Unclear)


def test_another_text_or_an_older_post_is_not_taken_for_ours(box: Sandbox, x: X) -> None:
    deliver(x, part(x))
    assert isinstance(x.find(part(x, WORDS + "x"), time.time()), Unclear)
    assert isinstance(x.find(part(x), time.time() + 3600), Unclear)


def test_a_failed_look_is_unclear(box: Sandbox, x: X) -> None:
    box.fault("x-refuse", 60)
    assert isinstance(x.find(part(x), time.time()), Unclear)


def test_an_accidental_link_is_read_back_as_it_was_written(x: X) -> None:
    words = "The measures.It adopted on Gov.uk are final"
    receipt = deliver(x, part(x, words))
    assert x.read(receipt).text == words
    assert isinstance(x.find(part(x, words), time.time() - 5), Found)


def test_what_changed_or_went_is_seen(box: Sandbox, x: X) -> None:
    receipt = deliver(x, part(x))
    for words in ("Changed", "Changed again"):  # each edit gives the post one more id
        box.edit(receipt.id, words)
        assert x.read(receipt).text == words == box.public[0].text
    box.delete(receipt.id)
    assert x.read(receipt).gone


def test_a_post_that_somebody_edited_is_answered_and_retracted_under_its_first_id(box: Sandbox, x: X) -> None:
    receipt = deliver(x, part(x))
    box.edit(receipt.id, "Changed")
    deliver(x, part(x, "Correction: Changed", reply_to=receipt))
    assert [p.reply_to for p in box.public] == ["", receipt.id]
    x.retract(receipt)
    assert [p.deleted for p in box.public] == [True, False]


@pytest.mark.parametrize("n", [0, 1])
def test_a_correction_answers_the_post_alone_or_the_first_of_a_thread(box: Sandbox, x: X, n: int) -> None:
    """Whichever part it is: `reply_to` alone decides under what it stands, and it is found like any other."""
    first = deliver(x, part(x, "One", reply_settings="following"))
    given = part(x, "Correction: Two", reply_to=first, n=n, reply_settings="following")
    receipt = deliver(x, given)
    assert box.public[1].reply_to == first.id and "reply_settings" not in box.public[1].raw
    assert x.find(given, given.started) == Found(receipt)
    assert x.read(receipt).text == "Correction: Two"


def test_a_thread_that_was_cut_off_by_a_lost_answer_goes_on_under_the_post_that_was_found(
    box: Sandbox, x: X
) -> None:
    box.fault("x-drop")
    first = part(x, "One")
    with pytest.raises(OutcomeUnknown):
        deliver(x, first)
    seen = x.find(first, first.started)
    assert isinstance(seen, Found)
    box.fault("x-403-not-visible")
    second = part(x, "Two", reply_to=seen.receipt, n=1)
    with pytest.raises(Transient) as caught:
        deliver(x, second)
    assert caught.value.retry_at is not None and caught.value.retry_at - time.time() <= 5
    deliver(x, second)
    assert [(p.text, p.reply_to) for p in box.public] == [("One", ""), ("Two", seen.receipt.id)]


def test_a_post_is_retracted_once_and_again_without_harm(box: Sandbox, x: X) -> None:
    receipt = deliver(x, part(x))
    x.retract(receipt)
    assert box.public[0].deleted and x.read(receipt).gone
    x.retract(receipt)
    x.retract(Receipt("1"))


def test_check_publishes_nothing_and_says_whose_credentials_these_are(box: Sandbox, x: X) -> None:
    findings = x.check()
    assert "@sandbox_press" in findings[0].what and findings[0].ok
    assert all(f.ok for f in findings) and any("may post" in f.what for f in findings)
    assert asked(box) == ["GET /2/users/me"]


@pytest.mark.parametrize("told", [True, False])
def test_check_finds_a_token_that_may_not_write(box: Sandbox, x: X, told: bool) -> None:
    """By what X says of it, or where X does not say, by an upload that is opened and left."""
    box.x.access = "read" if told else ""
    wrong = [f for f in x.check() if not f.ok]
    assert [f.level for f in wrong] == ["error"] and "make the access token anew" in wrong[0].fix
    assert box.public == [] and asked(box, "/2/tweets") == []


def test_check_finds_wrong_and_missing_credentials_and_a_wrong_account(box: Sandbox) -> None:
    (refused,) = connect(box, access_token_secret="wrong-secret").check()
    assert not refused.ok and "401" in refused.what and "wrong-secret" not in refused.what
    assert refused.fix.startswith("check PUBLISHER_X__API_KEY")
    missing = X(X.Settings()).check()
    assert [f.what for f in missing] == [f"PUBLISHER_X__{n} is not set" for n in ("API_KEY", "API_SECRET", "ACCESS_TOKEN", "ACCESS_TOKEN_SECRET")]  # fmt: skip
    other = connect(box, account="other_press").check()
    assert any(not f.ok and f.level == "error" and "@other_press" in f.what for f in other)


# ---------------------------------------------------------------- secrets


def assert_no_secret(text: str) -> None:
    for secret in (KEYS.consumer_key, KEYS.consumer_secret, KEYS.token, KEYS.token_secret):
        assert secret not in text


def test_no_secret_reaches_a_log_even_at_debug(
    x: X, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    for name in ("tweepy.client", "requests_oauthlib.oauth1_auth", "oauthlib.oauth1.rfc5849"):
        logging.getLogger(name).setLevel(logging.DEBUG)
    with caplog.at_level(logging.DEBUG):
        x.read(deliver(x, part(x, WORDS, image("The seal"))))
    assert_no_secret(caplog.text + "".join(capfd.readouterr()))
    assert not [r for r in caplog.records if r.name.startswith(("tweepy", "requests_oauthlib", "oauthlib"))]


# ---------------------------------------------------------------- the published contract


@pytest.mark.filterwarnings("ignore:Unsupported scheme type")
def test_every_request_fits_the_published_api(box: Sandbox, x: X) -> None:
    contract = SHARED / "contracts/x-openapi-posting.json"
    if not contract.is_file():
        pytest.skip(f"X's API description is not at {contract}")
    from openapi_core import OpenAPI
    from openapi_core.testing import MockRequest

    spec = OpenAPI.from_file_path(str(contract))
    first = deliver(x, part(x, WORDS, image("The seal"), image("Large", png(4_100_000))))
    deliver(x, part(x, "Alone", reply_settings="verified"))
    x.read(deliver(x, part(x, "Two", reply_to=first, n=1)))
    x.find(part(x), time.time() - 5)
    x.check()
    x.retract(first)
    seen = {f"{r.method} {urlsplit(r.path).path}" for r in box.requests if r.service == "x"}
    assert len(seen) >= 10
    for request in box.requests:
        parts = urlsplit(request.path)
        arguments = dict(pair.split("=", 1) for pair in parts.query.split("&") if pair)
        body = json.dumps(request.body).encode() if request.body is not None else None
        spec.validate_request(
            MockRequest(
                "https://api.x.com",
                request.method,
                parts.path,
                args=arguments,
                data=body,
                content_type="application/json",
            )
        )
    with pytest.raises(Exception, match=r"(?i)body"):
        spec.validate_request(
            MockRequest(
                "https://api.x.com",
                "POST",
                "/2/tweets",
                data=b'{"words": 1}',
                content_type="application/json",
            )
        )


# ---------------------------------------------------------------- what the sandbox does not do


class Scripted:
    """A server that answers each request with the next of `answers`: (status, headers, body)."""

    def __init__(self, *answers: tuple[int, dict[str, str], Any]) -> None:
        self.answers = list(answers)
        self.paths: list[str] = []
        self.connections = 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                outer.connections += 1
                super().setup()

            def do_GET(self) -> None:
                outer.paths.append(self.path)
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                status, headers, body = outer.answers.pop(0)
                data = json.dumps(body).encode()
                self.send_response_only(status)
                for name, value in {"Content-Length": str(len(data)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)

            do_POST = do_DELETE = do_GET

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True

    def __enter__(self) -> Scripted:
        threading.Thread(
            target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        ).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def channel(self, **changes: Any) -> X:
        port = self.server.server_port
        given = dict.fromkeys(("api_key", "api_secret", "access_token", "access_token_secret"), "secret")
        return X(X.Settings(api_url=f"http://127.0.0.1:{port}", **given | changes))


ME = {"data": {"id": "7", "username": "press"}}


@pytest.mark.parametrize(
    ("headers", "ok", "what"),
    [
        ({"x-access-level": "read-write"}, True, "may post"),
        ({"x-access-level": "read-write-directmessages"}, True, "may post"),
        ({"x-access-level": "read"}, False, "may only read"),
        ({}, True, "X opened an upload"),
        ({"Date": formatdate(0, usegmt=True)}, False, "ahead of X's"),
        ({"Date": formatdate(4e9, usegmt=True)}, False, "behind X's"),
    ],
)
def test_check_proves_write_permission_and_the_clock_without_posting(
    headers: dict[str, str], ok: bool, what: str
) -> None:
    with Scripted((200, headers, ME), (200, {}, {"data": {"id": "5"}})) as server:
        findings = server.channel().check()
    assert len(server.paths) == (1 if "x-access-level" in headers else 2)
    assert [f.ok for f in findings if what in f.what] == [ok], findings
    assert any("how much credit" in f.what for f in findings)


@pytest.mark.parametrize("refusals", [0, 1, 2])
def test_a_timeline_is_read_whichever_field_names_x_knows(refusals: int) -> None:
    since = time.time()
    found = {"id": str(live.id_at(since + 1)), "text": "Words https://t.co/x"}
    refusal: tuple[int, dict[str, str], Any] = (
        400,
        {},
        {"title": "Invalid Request", "type": "https://api.x.com/2/problems/invalid-request"},
    )
    with Scripted((200, {}, ME), *[refusal] * refusals, (200, {}, {"data": [found]})) as server:
        x = server.channel()
        outcome = x.find(part(x, "Words https://example.org"), since)
    assert isinstance(outcome, Found)
    asked_for = [
        next((n for n in ("tweet.fields", "post.fields") if n in path), "") for path in server.paths[1:]
    ]
    assert asked_for == ["tweet.fields", "post.fields", ""][: refusals + 1]


@pytest.mark.parametrize(
    ("seconds", "found"),
    [([3], 3), ([-30], -30), ([-30, 2, 5], 2), ([-30, -20], None), ([-90], None), ([], None)],
)
def test_of_several_equal_posts_the_first_not_before_the_attempt_is_ours(
    seconds: list[int], found: int | None
) -> None:
    since = float(int(time.time()))
    posts = [{"id": str(live.id_at(since + s) + 1), "text": "Words"} for s in reversed(seconds)]
    with Scripted((200, {}, ME), (200, {}, {"data": posts} if posts else {"meta": {}})) as server:
        x = server.channel()
        outcome = x.find(part(x, "Words"), since)
    if found is None:
        assert isinstance(outcome, Unclear)
    else:
        assert isinstance(outcome, Found)
        assert outcome.receipt.id == str(live.id_at(since + found) + 1)


def test_an_upload_in_processing_is_waited_for_and_a_failed_one_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waits: list[float] = []
    monkeypatch.setattr(time, "sleep", waits.append)

    def state(name: str, **more: int) -> tuple[int, dict[str, str], Any]:
        return 200, {}, {"data": {"id": "5", "processing_info": {"state": name, **more}}}

    given = part(X(X.Settings()), "Moving", image("Moving", GIF, "image/gif"))
    opening: list[tuple[int, dict[str, str], Any]] = [
        (200, {}, {"data": {"id": "5"}}),
        (200, {}, {"data": {}}),
    ]
    pending = state("pending", check_after_secs=2)
    with Scripted(
        *opening, pending, state("in_progress"), state("succeeded"), (200, {}, {"data": {}})
    ) as server:
        prepared = server.channel().prepare(given.rendering, given.blob)
    assert prepared["media_ids"] == {"0": ["5"]}
    assert waits == [2, 1]
    assert "command=STATUS" in server.paths[3] and "media_id=5" in server.paths[3]
    with (
        Scripted(*opening, state("failed")) as server,
        pytest.raises(Permanent, match="cannot process"),
    ):
        server.channel().prepare(given.rendering, given.blob)


def test_a_kept_connection_is_used_again_soon_and_not_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    with Scripted(*[(201, {}, {"data": {"id": str(n)}}) for n in range(1, 5)]) as server:
        x = server.channel()
        deliver(x, part(x))
        deliver(x, part(x))
        assert server.connections == 1
        monkeypatch.setattr(api, "IDLE", 0.0)
        deliver(x, part(x))
        assert server.connections == 2
        x.close()
        deliver(x, part(x))
        assert server.connections == 3


def test_an_unknown_host_and_a_closed_port_sent_nothing() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
    for url in (address, "https://x.invalid"):
        x = X(X.Settings(api_url=url, **dict.fromkeys(("api_key", "api_secret", "access_token", "access_token_secret"), "secret")))  # fmt: skip
        with pytest.raises(Transient, match="nothing was sent"):
            x.send(part(x), {})


def test_an_answer_that_echoes_a_secret_does_not_carry_it_into_the_error() -> None:
    with (
        Scripted((403, {}, {"detail": "the token very-secret is odd"})) as server,
        pytest.raises(Blocked) as caught,
    ):
        x = server.channel(access_token="very-secret")
        x.send(part(x), {})
    assert "very-secret" not in str(caught.value) and "the token … is odd" in str(caught.value)
