"""What each answer of LinkedIn leads to, over real sockets: the decision table, tokens, `check`."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest
from pydantic import SecretStr

from channels.linkedin import api as api_module
from channels.linkedin import channel as LinkedIn
from channels.linkedin import media as media_module
from channels.linkedin import standing, wire
from channels.linkedin.settings import LinkedInSettings
from publisher.channel import Copy, Finding, Found, Part, Post, Prepared, Receipt, Rendering, Unclear
from publisher.errors import (
    Blocked,
    DeliveryError,
    Duplicate,
    OutcomeUnknown,
    Permanent,
    RateLimited,
    Transient,
)
from publisher.statement import Media
from publisher.text import Text

Answer = tuple[int, dict[str, str], Any]

PAGE = "urn:li:organization:123456"
URN = "urn:li:share:7295588489876647936"
OK: Answer = (201, {"x-restli-id": URN}, "")
EXPIRED: Answer = (
    401,
    {},
    {"status": 401, "serviceErrorCode": 65602, "code": "EXPIRED_ACCESS_TOKEN", "message": "expired"},
)
DUPLICATE = {
    "errorDetailType": "com.linkedin.common.error.BadRequest",
    "status": 422,
    "message": f"com.linkedin…BadRequestResponseException: Content is a duplicate of {URN}",
    "errorDetails": {"inputErrors": [{"description": "…", "input": {}, "code": "DUPLICATE_POST"}]},
}
TODAY = date(2026, 11, 23)


class Service:
    """Answers what a test scripts: by path, else in order; `asked` is what it saw. None: close without a word."""

    def __init__(self) -> None:
        self.script: list[Answer | None] = []
        self.paths: dict[str, Answer] = {}
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # one write for each answer

            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                service.asked.append((self.command, self.path, headers, body))
                known = service.paths.get(self.path.partition("?")[0])
                answer = known or (service.script.pop(0) if service.script else OK)
                if answer is None:
                    self.close_connection = True
                    return
                status, extra, content = answer
                data = (content if isinstance(content, str) else json.dumps(content)).encode()
                self.send_response(status)
                for name, value in {"Content-Length": str(len(data)), **extra}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = do_PUT = do_DELETE = answer

            def log_message(self, *_: Any) -> None:
                """Silence."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    monkeypatch.setattr(api_module, "SETTLE", 0.0)
    monkeypatch.setattr(media_module, "POLLS", (0.0, 0.0))
    made = Service()
    threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield made
    made.server.shutdown()
    made.server.server_close()


def linkedin(service: Service, **more: Any) -> Any:
    given = {
        "access_token": SecretStr("tok-old"),
        "organization": PAGE,
        "api_url": service.url,
        "read_timeout": 5,
    }
    return LinkedIn(LinkedInSettings(**given | more))


RENEWABLE = {
    "client_id": "app",
    "client_secret": SecretStr("sec-ret"),
    "refresh_token": SecretStr("ref-resh"),
}


def part(text: str = "Joint statement (EU)", link: str = "", media: tuple[Media, ...] = ()) -> Part:
    form = LinkedIn.form
    spans = Text.plain(text)
    copies = (
        Copy("post", form.shown(spans), form.wire("post", spans), form.measure("post", spans), spans=spans),
        Copy("card_title", "Title (1)", "Title (1)", 9),
        Copy("card_description", "One sentence.", "One sentence.", 13),
    )
    return Part("key", Rendering("linkedin", "en", (Post(copies, media),), link=link), started=1_000_000.0)


# ---------------------------------------------------------------- the decision table


def error(status: int, code: str = "", message: str = "") -> Answer:
    return (status, {}, {"status": status} | ({"code": code} if code else {}) | {"message": message})


TABLE: list[tuple[str, Answer | None, type[DeliveryError], str]] = [
    ("401", EXPIRED, Blocked, "EXPIRED_ACCESS_TOKEN"),
    ("402", error(402), Blocked, "402"),
    ("403", error(403, "ACCESS_DENIED", "partnerApiImagesExternal"), Blocked, "role"),
    ("404", error(404, "RESOURCE_NOT_FOUND"), Blocked, "API_URL"),
    ("redirect", (301, {"Location": "/elsewhere"}, ""), Blocked, "API_URL"),
    (
        "426",
        error(426, "NONEXISTENT_VERSION", "Requested version 20260901 is not active"),
        Blocked,
        "LINKEDIN__VERSION",
    ),
    ("no version", error(400, "VERSION_MISSING"), Blocked, "LINKEDIN__VERSION"),
    (
        "scope",
        error(400, "", "Organization permissions must be used when using organization as author"),
        Blocked,
        "w_organization_social",
    ),
    ("length", error(400, "FIELD_ARRAY_SIZE_TOO_HIGH", "exceeded the maximum"), Permanent, "TOO_HIGH"),
    (
        "nested code",
        (422, {}, {"errorDetails": {"inputErrors": [{"code": "MISSING_FIELD"}]}}),
        Permanent,
        "MISSING_FIELD",
    ),
    ("number code", (400, {}, {"serviceErrorCode": 100, "message": "no"}), Permanent, "100"),
    ("too early", error(400, "MEDIA_ASSET_WAITING_UPLOAD"), Transient, "upload"),
    ("bad media", error(400, "MEDIA_ASSET_PROCESSING_FAILED"), Permanent, "MEDIA_ASSET"),
    ("429", error(429, "TOO_MANY_REQUESTS"), RateLimited, "429"),
    ("409", error(409, "CONFLICT"), OutcomeUnknown, "409"),
    ("408", error(408), OutcomeUnknown, "408"),
    ("500", error(500, "INTERNAL"), OutcomeUnknown, "500"),
    ("502 in HTML", (502, {"Content-Type": "text/html"}, "<html>bad gateway"), OutcomeUnknown, "502"),
    ("503", error(503), OutcomeUnknown, "503"),
    ("504", error(504), OutcomeUnknown, "504"),
    ("no answer", None, OutcomeUnknown, "may have been published"),
    ("201 without id", (201, {}, ""), OutcomeUnknown, "id"),
    ("201 with nonsense for an id", (201, {"x-restli-id": "7"}, "{"), OutcomeUnknown, "id"),
    ("400 that is a list", (400, {}, ["no"]), Permanent, "400"),
    ("422 duplicate", (422, {}, DUPLICATE), Duplicate, URN),
    ("422 duplicate of nothing named", error(422, "DUPLICATE_POST"), Duplicate, "DUPLICATE_POST"),
    ("409 duplicate, as before 2020", (409, {}, DUPLICATE | {"errorDetails": None}), Duplicate, URN),
]


@pytest.mark.parametrize(
    ("answer", "kind", "says"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE]
)
def test_decision_table(
    service: Service, answer: Answer | None, kind: type[DeliveryError], says: str
) -> None:
    """Each answer to the one irreversible request means exactly this, and it is asked exactly once."""
    service.script = [answer]
    with pytest.raises(DeliveryError) as caught:
        linkedin(service).send(part(), {})
    assert type(caught.value) is kind
    assert says in str(caught.value)
    assert len(service.asked) == 1


def test_connection_refused_is_surely_not_sent(service: Service) -> None:
    service.server.shutdown()
    service.server.server_close()
    with pytest.raises(Transient, match="nothing was sent"):
        linkedin(service).send(part(), {})


def test_silence_is_unknown(service: Service) -> None:
    """A read timeout: the post may be public."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(OutcomeUnknown):
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        linkedin(service, api_url=url, read_timeout=0.2).send(part(), {})


def test_a_duplicate_names_the_post_that_is_there(service: Service) -> None:
    service.script = [(422, {}, DUPLICATE)]
    with pytest.raises(Duplicate) as caught:
        linkedin(service).send(part(), {})
    assert caught.value.hint == URN


def test_rate_limits_wait_a_little_then_until_the_quota_is_reset(service: Service) -> None:
    """Two bursts are left to the backoff; a third, or one that speaks of the day, waits for 00:05 UTC."""
    channel = linkedin(service)
    service.script = [*[error(429)] * 3, OK, error(429), error(429, "", "APPLICATION DAY limit is reached")]
    untils = []
    for _ in range(6):
        try:
            channel.send(part(), {})
        except RateLimited as limited:
            untils.append(limited.retry_at)
    assert untils[:2] == [None, None] and untils[3] is None
    for until in (untils[2], untils[4]):
        assert until is not None and time.time() < until <= time.time() + 86400 + 300
        assert f"{datetime.fromtimestamp(until, UTC):%H:%M:%S}" == "00:05:00"


def test_retry_after_wins(service: Service) -> None:
    service.script = [(429, {"Retry-After": "30"}, "")]
    with pytest.raises(RateLimited) as caught:
        linkedin(service).send(part(), {})
    assert caught.value.retry_at == pytest.approx(time.time() + 30, abs=5)


def test_an_echoed_token_is_no_part_of_the_error(service: Service) -> None:
    service.script = [error(400, "BAD", "Authorization was Bearer tok-old")]
    with pytest.raises(Permanent) as caught:
        linkedin(service).send(part(), {})
    assert "tok-old" not in str(caught.value) and "Bearer …" in str(caught.value)


def test_a_kept_connection_that_may_be_dead_carries_no_post(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A connection that was idle too long would make the outcome unknown without need."""
    monkeypatch.setattr(api_module, "IDLE", -1.0)
    channel = linkedin(service)
    channel.send(part(), {})
    before = channel.api.session.adapters["http://"].poolmanager.pools
    assert len(before) == 1
    closed: list[int] = []
    monkeypatch.setattr(channel.api.session, "close", lambda: closed.append(1))
    channel.read(Receipt(URN))
    assert closed == []
    channel.send(part(), {})
    assert closed == [1]


# ---------------------------------------------------------------- what is sent


def test_the_request_is_what_the_posts_api_asks_for(service: Service) -> None:
    receipt = linkedin(service).send(part(), {})
    ((method, path, headers, body),) = service.asked
    assert (method, path) == ("POST", "/rest/posts")
    assert headers["authorization"] == "Bearer tok-old"
    assert headers["linkedin-version"] == "202609"
    assert headers["x-restli-protocol-version"] == "2.0.0"
    assert headers["content-type"] == "application/json"
    assert json.loads(body) == {
        "author": PAGE,
        "commentary": r"Joint statement \(EU\)",
        "visibility": "PUBLIC",
        "distribution": {
            "feedDistribution": "MAIN_FEED",
            "targetEntities": [],
            "thirdPartyDistributionChannels": [],
        },
        "lifecycleState": "PUBLISHED",
        "isReshareDisabledByAuthor": False,
    }
    assert (receipt.id, receipt.url) == (URN, f"https://www.linkedin.com/feed/update/{URN}/")


PDF = Media("document", "s.pdf", "application/pdf", title="Statement (PDF)", digest="p")
IMAGES = tuple(Media("image", f"{n}.png", "image/png", alt=f"Alt {n}", digest=str(n)) for n in (1, 2))
LINKED = Media("document", "more.pdf", title="More", url="https://e.int/more.pdf")
UPLOADS: Prepared = {"uploads": {"p": "urn:li:document:P", "1": "urn:li:image:A", "2": "urn:li:image:B"}}
CARD = {"article": {"source": "https://e.int/s", "title": "Title (1)", "description": "One sentence."}}


@pytest.mark.parametrize(
    ("media", "link", "content"),
    [
        (
            (PDF, *IMAGES),
            "https://e.int/s",
            {"media": {"id": "urn:li:document:P", "title": "Statement (PDF)"}},
        ),
        (IMAGES[:1], "https://e.int/s", {"media": {"id": "urn:li:image:A", "altText": "Alt 1"}}),
        (
            IMAGES,
            "",
            {
                "multiImage": {
                    "images": [
                        {"id": "urn:li:image:A", "altText": "Alt 1"},
                        {"id": "urn:li:image:B", "altText": "Alt 2"},
                    ]
                }
            },
        ),
        ((LINKED,), "https://e.int/s", CARD),
        ((), "https://e.int/s", CARD),
        ((), "", None),
    ],
    ids=["pdf", "one image", "two images", "document that is only linked", "article", "text"],
)
def test_one_kind_of_content_in_the_order_of_worth(
    service: Service, media: tuple[Media, ...], link: str, content: Any
) -> None:
    linkedin(service).send(part(link=link, media=media), UPLOADS)
    assert json.loads(service.asked[0][3]).get("content") == content


def test_a_post_whose_file_was_not_uploaded_is_not_sent(service: Service) -> None:
    with pytest.raises(Permanent, match="not uploaded"):
        linkedin(service).send(part(media=(PDF,)), {})
    assert service.asked == []


# ---------------------------------------------------------------- uploads


def lease(url: str) -> Answer:
    return (200, {}, {"value": {"uploadUrl": url, "document": "urn:li:document:P"}})


def prepare(channel: Any) -> Prepared:
    made: Prepared = channel.prepare(
        part(media=(PDF, LINKED)).rendering, lambda digest: b"%PDF-1.7 " + digest.encode()
    )
    return made


def test_a_file_is_registered_put_whole_and_awaited(service: Service) -> None:
    service.script = [
        lease(f"{service.url}/dms-uploads/1?sig=x"),
        (201, {}, ""),
        (200, {}, {"status": "PROCESSING"}),
        (200, {}, {"status": "AVAILABLE"}),
    ]
    assert prepare(linkedin(service)) == {"uploads": {"p": "urn:li:document:P"}}
    register, put, poll, _ = service.asked
    assert register[:2] == ("POST", "/rest/documents?action=initializeUpload")
    assert json.loads(register[3]) == {"initializeUploadRequest": {"owner": PAGE}}
    assert (put[0], put[3]) == ("PUT", b"%PDF-1.7 p")
    assert put[2]["authorization"] == "Bearer tok-old" and put[2]["content-type"] == "application/pdf"
    assert poll[:2] == ("GET", "/rest/documents/urn%3Ali%3Adocument%3AP")


@pytest.mark.parametrize(
    "url",
    [
        "https://www.linkedin.com/dms-uploads/1",  # a rehearsal must not reach the real service
        "https://www.linkedin.com.evil.example/dms-uploads/1",
        "http://localhost:1/dms-uploads/1",
    ],
)
def test_the_token_goes_to_no_foreign_upload_address(service: Service, url: str) -> None:
    service.script = [lease(url)]
    with pytest.raises(Blocked, match="upload address"):
        prepare(linkedin(service))
    assert len(service.asked) == 1


@pytest.mark.parametrize(
    ("url", "trusted"),
    [
        ("https://www.linkedin.com/dms-uploads/sp/1?x", True),
        ("https://api.linkedin.com/mediaUpload/1", True),
        ("https://www.linkedin.com/evil", False),
        ("https://www.linkedin.com@evil.example/dms-uploads/1", False),
        ("http://www.linkedin.com/dms-uploads/1", False),
    ],
)
def test_the_real_service_uploads_to_its_own_addresses_only(url: str, trusted: bool) -> None:
    assert LinkedIn(LinkedInSettings()).api._trusted(url) is trusted


@pytest.mark.parametrize(
    ("answers", "kind"),
    [
        ([(200, {}, {"value": {}})], Transient),
        ([(200, {}, "<html>")], Transient),
        ([error(500)], Transient),
        ([None], Transient),
        ([error(403)], Blocked),
        ([error(429)], RateLimited),
        (["lease", error(503)], Transient),
        (["lease", error(413)], Permanent),
        (["lease", (302, {"Location": "http://127.0.0.1:1/"}, "")], Blocked),
        (["lease", (201, {}, ""), (200, {}, {"status": "PROCESSING_FAILED"})], Permanent),
        (["lease", (201, {}, "")] + [(200, {}, {"status": "PROCESSING"})] * 3, Transient),
    ],
)
def test_no_failure_of_an_upload_is_in_doubt(
    service: Service, answers: list[Any], kind: type[DeliveryError]
) -> None:
    """Nothing of an upload is public: it is repeated or given up, never looked for; the last row ends by its bound."""
    service.script = [lease(f"{service.url}/dms-uploads/1") if a == "lease" else a for a in answers]
    with pytest.raises(DeliveryError) as caught:
        prepare(linkedin(service))
    assert type(caught.value) is kind
    assert service.script == []


# ---------------------------------------------------------------- tokens

TOKEN_PATH = "/oauth/v2/accessToken"
FRESH: Answer = (
    200,
    {},
    {"access_token": "tok-new", "expires_in": 5184000, "refresh_token_expires_in": 864000},
)


def test_an_expired_token_is_renewed_once_and_the_call_made_again(service: Service) -> None:
    service.script, service.paths = [EXPIRED, OK, OK], {TOKEN_PATH: FRESH}
    channel = linkedin(service, **RENEWABLE)
    assert channel.send(part(), {}).id == URN
    first, renewal, second = service.asked
    assert (first[2]["authorization"], second[2]["authorization"]) == ("Bearer tok-old", "Bearer tok-new")
    assert first[3] == second[3]
    assert {k: v[0] for k, v in parse_qs(renewal[3].decode()).items()} == {
        "grant_type": "refresh_token",
        "refresh_token": "ref-resh",
        "client_id": "app",
        "client_secret": "sec-ret",
    }
    assert "authorization" not in renewal[2]
    channel.send(part(), {})
    assert service.asked[3][2]["authorization"] == "Bearer tok-new"


def test_a_new_token_that_is_refused_too_blocks_the_channel(service: Service) -> None:
    service.script, service.paths = [EXPIRED, EXPIRED], {TOKEN_PATH: FRESH}
    with pytest.raises(Blocked, match="EXPIRED"):
        linkedin(service, **RENEWABLE).send(part(), {})
    assert [path for _, path, *_ in service.asked] == ["/rest/posts", TOKEN_PATH, "/rest/posts"]


@pytest.mark.parametrize(
    ("renewal", "kind"),
    [
        ((400, {}, {"error": "invalid_grant", "error_description": "ref-resh is revoked"}), Blocked),
        ((401, {}, {"error": "invalid_client"}), Blocked),
        ((200, {}, {"token": "none"}), Blocked),
        ((200, {}, {"access_token": "to ken"}), Blocked),
        ((200, {}, "<html>"), Blocked),
        ((500, {}, "<html>"), Transient),
        ((429, {}, ""), RateLimited),
    ],
)
def test_a_failed_renewal_proves_that_nothing_was_sent(
    service: Service, renewal: Answer, kind: type[DeliveryError]
) -> None:
    service.script, service.paths = [EXPIRED], {TOKEN_PATH: renewal}
    with pytest.raises(DeliveryError) as caught:
        linkedin(service, **RENEWABLE).send(part(), {})
    assert type(caught.value) is kind
    assert not any(secret in str(caught.value) for secret in ("ref-resh", "sec-ret", "tok-old"))


def test_a_refresh_token_alone_is_enough(service: Service) -> None:
    service.paths = {TOKEN_PATH: FRESH}
    linkedin(service, **RENEWABLE, access_token=None).send(part(), {})
    assert service.asked[1][2]["authorization"] == "Bearer tok-new"


def test_two_threads_renew_a_token_once(service: Service) -> None:
    service.paths = {TOKEN_PATH: FRESH}
    channel = linkedin(service, **RENEWABLE)
    threads = [threading.Thread(target=channel.api._renew, args=("tok-old",)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [path for _, path, *_ in service.asked] == [TOKEN_PATH]


# ---------------------------------------------------------------- looking at what is there


def live(**more: Any) -> dict[str, Any]:
    return {
        "id": URN,
        "author": PAGE,
        "createdAt": 1_000_000_000,
        "lifecycleState": "PUBLISHED",
        "commentary": r"Joint statement \(EU\)",
    } | more


@pytest.mark.parametrize(
    ("listed", "found"),
    [
        (live(), True),
        (live(createdAt=999_881_000), True),
        (live(createdAt=999_879_000), False),
        (live(createdAt=None), False),
        (live(author="urn:li:organization:9"), False),
        (live(id="7"), False),
        (live(lifecycleState="PUBLISH_REQUESTED"), True),
        (live(lifecycleState="PUBLISH_FAILED"), False),
        (live(commentary="Joint \n statement  \\(EU\\)"), True),
        (live(commentary="Joint statement"), False),
        ({"nonsense": 1}, False),
    ],
)
def test_find_knows_our_own_post_and_no_other(service: Service, listed: Any, found: bool) -> None:
    service.script = [(200, {}, {"elements": ["junk", live(commentary="Another"), listed]})]
    outcome = linkedin(service).find(part(), 1_000_000.0)
    assert isinstance(outcome, Found) is found
    assert not found or (isinstance(outcome, Found) and outcome.receipt.id == URN)
    method, path, headers, _ = service.asked[0]
    assert method == "GET" and headers["x-restli-method"] == "FINDER"
    assert path == (
        "/rest/posts?author=urn%3Ali%3Aorganization%3A123456&q=author&count=50&sortBy=LAST_MODIFIED&viewContext=AUTHOR"
    )


LONG = "News (first)\n\nThe rest. https://e.int/s"


@pytest.mark.parametrize(
    ("commentary", "source", "found"),
    [
        (r"News \(first\) The rest. https://lnkd.in/abc", None, True),
        (r"News \(first\)", "https://e.int/s", True),
        (r"News \(first\)", "https://e.int/other", False),
        (r"A colleague says: read this", "https://e.int/s", False),
    ],
    ids=["rewritten link", "cut, same card", "cut, other card", "same card, other text"],
)
def test_find_sees_through_rewritten_links_and_cuts(
    service: Service, commentary: str, source: str | None, found: bool
) -> None:
    content = {"article": {"source": source}} if source else None
    service.script = [(200, {}, {"elements": [live(commentary=commentary, content=content)]})]
    outcome = linkedin(service).find(part(LONG, link="https://e.int/s"), 1_000_000.0)
    assert isinstance(outcome, Found) is found


@pytest.mark.parametrize(
    "answer", [error(403), error(500), EXPIRED, (200, {}, "<html>"), (200, {}, {}), None]
)
def test_a_search_that_cannot_see_is_unclear_and_never_absent(
    service: Service, answer: Answer | None
) -> None:
    service.script = [answer]
    assert isinstance(linkedin(service).find(part(), 1_000_000.0), Unclear)


@pytest.mark.parametrize(
    ("answer", "text", "gone", "says"),
    [
        ((200, {}, live()), "Joint statement (EU)", False, ""),
        ((200, {}, live(commentary="Joint statement (EU)")), "Joint statement ", False, ""),
        ((200, {}, live(lifecycleState="PUBLISH_REQUESTED")), None, False, "PUBLISH_REQUESTED"),
        ((200, {}, live(lifecycleState="PUBLISH_FAILED")), None, True, "failed"),
        ((200, {}, "<html>"), None, False, "no state"),
        (error(404), None, True, ""),
        (error(403), None, False, "r_organization_social"),
    ],
)
def test_read_tells_what_the_public_sees(
    service: Service, answer: Answer, text: str | None, gone: bool, says: str
) -> None:
    service.script = [answer]
    read = linkedin(service).read(Receipt(URN))
    assert (read.text, read.gone) == (text, gone) and says in read.reason
    assert service.asked[0][1] == "/rest/posts/urn%3Ali%3Ashare%3A7295588489876647936?viewContext=AUTHOR"


@pytest.mark.parametrize(
    ("content", "alts"),
    [
        (None, None),
        ({"article": {"source": "https://e.int"}}, None),
        ({"media": {"id": "urn:li:document:P", "title": "T"}}, None),
        ({"media": {"id": "urn:li:image:A", "altText": "One"}}, ("One",)),
        (
            {
                "multiImage": {
                    "images": [{"id": "urn:li:image:A", "altText": "One"}, {"id": "urn:li:image:B"}]
                }
            },
            ("One", ""),
        ),
    ],
)
def test_read_tells_the_alt_texts(service: Service, content: Any, alts: tuple[str, ...] | None) -> None:
    service.script = [(200, {}, live(content=content))]
    assert linkedin(service).read(Receipt(URN)).alts == alts


@pytest.mark.parametrize(
    ("live", "read"),
    [
        ("See https://lnkd.in/aB3-x. And https://lnkd.in/zz_9!", "See https://a.example/x. And https://b.example/y_1!"),
        ("See https://lnkd.in/aB3-x.", "See https://lnkd.in/aB3-x."),
        ("See https://a.example/x and https://lnkd.in/zz9", "See https://a.example/x and https://b.example/y_1"),
        ("See https://evil.example/x and https://lnkd.in/zz9", "See https://evil.example/x and https://b.example/y_1"),
    ],
)  # fmt: skip
def test_shortened_links_are_read_as_they_were_written(live: str, read: str) -> None:
    """By their order; where one is missing nothing is guessed."""
    written = wire.links("Read https://a.example/x, then https://b.example/y_1.")
    assert wire.unshortened(live, written) == read


def test_read_that_cannot_be_made_now_is_transient(service: Service) -> None:
    service.script = [error(503)]
    with pytest.raises(Transient):
        linkedin(service).read(Receipt(URN))


def test_amend_replaces_the_text_alone(service: Service) -> None:
    service.script = [(204, {}, ""), error(404)]
    channel = linkedin(service)
    assert channel.amend(Receipt(URN), part("Corrected (v2)")).id == URN
    method, path, headers, body = service.asked[0]
    assert (method, path) == ("POST", "/rest/posts/urn%3Ali%3Ashare%3A7295588489876647936")
    assert headers["x-restli-method"] == "PARTIAL_UPDATE"
    assert json.loads(body) == {"patch": {"$set": {"commentary": r"Corrected \(v2\)"}}}
    with pytest.raises(Permanent, match="gone"):
        channel.amend(Receipt(URN), part())


def test_retract_may_be_repeated(service: Service) -> None:
    service.script = [(204, {}, ""), (204, {}, ""), error(404), error(500)]
    channel = linkedin(service)
    for _ in range(3):
        channel.retract(Receipt(URN))
    assert service.asked[0][:2] == ("DELETE", "/rest/posts/urn%3Ali%3Ashare%3A7295588489876647936")
    assert service.asked[0][2]["x-restli-method"] == "DELETE"
    with pytest.raises(Transient):
        channel.retract(Receipt(URN))


# ---------------------------------------------------------------- check


def at(days: int) -> int:
    """Noon UTC that many days after TODAY, in seconds since the epoch."""
    return int(datetime(2026, 11, 23, 12, tzinfo=UTC).timestamp()) + days * 86400


def told(days: int = 60, scope: str = "r_organization_social,w_organization_social", **more: Any) -> Answer:
    return (200, {}, {"active": True, "status": "active", "expires_at": at(days), "scope": scope} | more)


ACLS = "/rest/organizationAcls"
ROLE: Answer = (200, {}, {"elements": [{"role": "CONTENT_ADMIN", "organization": PAGE, "state": "APPROVED"}]})
WELL = {"/oauth/v2/introspectToken": told(), ACLS: ROLE, "/rest/images": (200, {}, {"value": {}})}
APP = {"client_id": "app", "client_secret": SecretStr("sec-ret")}


def findings(service: Service, paths: dict[str, Answer], **settings: Any) -> list[Finding]:
    service.paths = WELL | paths
    found: list[Finding] = linkedin(service, **APP | settings).check(TODAY)
    return found


def wrong(found: list[Finding]) -> list[Finding]:
    return [finding for finding in found if not finding.ok]


def test_all_is_well(service: Service) -> None:
    found = findings(service, {})
    assert found and not wrong(found)
    assert not any(path == "/rest/posts" for _, path, *_ in service.asked)


@pytest.mark.parametrize(
    ("paths", "level", "says"),
    [
        ({"/oauth/v2/introspectToken": told(30)}, "warning", "within 30 days"),
        ({"/oauth/v2/introspectToken": told(14)}, "warning", "within 14 days"),
        ({"/oauth/v2/introspectToken": told(8)}, "warning", "within 14 days"),
        ({"/oauth/v2/introspectToken": told(7)}, "warning", "within 7 days"),
        ({"/oauth/v2/introspectToken": told(3)}, "warning", "within 3 days"),
        ({"/oauth/v2/introspectToken": told(1)}, "warning", "within 1 day"),
        ({"/oauth/v2/introspectToken": told(-1)}, "error", "ended on 2026-11-22"),
        ({"/oauth/v2/introspectToken": told(expires_at=None)}, "warning", "does not say when"),
        (
            {"/oauth/v2/introspectToken": (200, {}, {"active": False, "status": "revoked"})},
            "error",
            "revoked",
        ),
        (
            {"/oauth/v2/introspectToken": told(scope="r_organization_social")},
            "error",
            "w_organization_social",
        ),
        (
            {"/oauth/v2/introspectToken": told(scope="w_organization_social")},
            "warning",
            "r_organization_social",
        ),
        ({"/oauth/v2/introspectToken": (400, {}, {"error": "invalid_client"})}, "error", "credentials"),
        ({"/oauth/v2/introspectToken": (503, {}, "")}, "error", "503"),
        ({ACLS: (200, {}, {"elements": [{"role": "ANALYST", "organization": PAGE}]})}, "error", "no role"),
        (
            {ACLS: (200, {}, {"elements": [{"role": "ADMINISTRATOR", "organization": "x"}]})},
            "error",
            "no role",
        ),
        ({ACLS: error(403)}, "warning", "rw_organization_admin"),
        ({"/rest/images": error(403, "ACCESS_DENIED")}, "error", "ACCESS_DENIED"),
        ({"/rest/images": error(426, "NONEXISTENT_VERSION")}, "error", "LINKEDIN__VERSION"),
    ],
)
def test_each_thing_that_is_wrong_is_found(
    service: Service, paths: dict[str, Answer], level: str, says: str
) -> None:
    (finding,) = wrong(findings(service, paths))
    assert finding.level == level and says in f"{finding.what} – {finding.fix}" and finding.fix


@pytest.mark.parametrize(
    "scope", ["r_organization_social w_organization_social", "r_organization_social%2Cw_organization_social"]
)
def test_scopes_are_read_however_they_are_separated(service: Service, scope: str) -> None:
    assert not wrong(findings(service, {"/oauth/v2/introspectToken": told(scope=scope)}))


def test_without_the_app_the_token_is_said_to_be_unknown(service: Service) -> None:
    (finding,) = wrong(findings(service, {}, client_secret=None))
    assert finding.level == "warning" and "not known" in finding.what


def test_missing_settings_are_all_found_and_nothing_is_asked(service: Service) -> None:
    found = wrong(findings(service, {}, organization="", access_token=None))
    assert [f.what for f in found] == [
        "PUBLISHER_LINKEDIN__ORGANIZATION is not set",
        "PUBLISHER_LINKEDIN__ACCESS_TOKEN is not set",
    ]
    assert service.asked == []


def test_a_token_near_its_end_is_renewed_ahead_of_time(service: Service) -> None:
    """At 14 days it is replaced in memory; the refresh token's own end is then known and warned of."""
    service.paths = {k: v for k, v in WELL.items() if "introspect" not in k} | {TOKEN_PATH: FRESH}
    service.script = [told(14), told(60)]
    channel = linkedin(service, **RENEWABLE)
    found = channel.check(datetime.now(UTC).date())
    tokens = [parse_qs(b.decode())["token"][0] for _, path, _, b in service.asked if "introspect" in path]
    assert tokens == ["tok-old", "tok-new"]
    assert any("renewed" in f.what for f in found)
    assert ["refresh token" in f.what and "within 14 days" in f.what for f in wrong(found)] == [True]


@pytest.mark.parametrize(
    ("version", "today", "ok", "level"),
    [
        ("202609", date(2026, 11, 23), True, "error"),
        ("202609", date(2027, 7, 16), True, "error"),
        ("202609", date(2027, 7, 17), False, "warning"),
        ("202609", date(2027, 9, 14), False, "warning"),
        ("202609", date(2027, 9, 15), False, "error"),
        ("202511", date(2026, 11, 15), False, "warning"),
        ("202511", date(2026, 11, 16), False, "error"),
        ("202512", date(2026, 1, 1), False, "error"),
        ("202612", date(2026, 11, 23), False, "error"),
    ],
)
def test_the_end_of_an_api_version_is_told_60_days_ahead(
    version: str, today: date, ok: bool, level: str
) -> None:
    (finding,) = standing._version(version, today)
    assert (finding.ok, finding.level) == (ok, level)
    assert ok or "PUBLISHER_LINKEDIN__VERSION" in finding.fix
