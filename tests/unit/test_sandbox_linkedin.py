"""The sandbox's LinkedIn: spoken to over real sockets with plain requests, no adapter of ours."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
import requests

from publisher.sandbox import Sandbox, little

PDF = b"%PDF-1.7\n" + bytes(range(256))
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x03\0\0\0\x02"


class Api:
    def __init__(self, box: Sandbox) -> None:
        made = box.settings()
        self.url, self.owner = made["PUBLISHER_LINKEDIN__API_URL"], made["PUBLISHER_LINKEDIN__ORGANIZATION"]
        self.client = {n.lower(): made[f"PUBLISHER_LINKEDIN__{n}"] for n in ("CLIENT_ID", "CLIENT_SECRET")}
        self.token = made["PUBLISHER_LINKEDIN__ACCESS_TOKEN"]
        self.headers = {
            "Authorization": f"Bearer {self.token}",
            "LinkedIn-Version": "202609",
            "X-Restli-Protocol-Version": "2.0.0",
        }
        self.session = requests.Session()

    def __call__(self, method: str, path: str, body: Any = None, **headers: str | None) -> requests.Response:
        named = {n.replace("_", "-"): v for n, v in headers.items()}
        sent = {n: v for n, v in (self.headers | named).items() if v is not None}
        if body is not None:
            sent.setdefault("Content-Type", "application/json")
        data = body if isinstance(body, bytes | None) else json.dumps(body)
        url = path if path.startswith("http") else self.url + path
        return self.session.request(method, url, data=data, headers=sent, allow_redirects=False, timeout=2)

    def body(self, commentary: str, **more: Any) -> dict[str, Any]:
        return {
            "author": self.owner,
            "commentary": commentary,
            "visibility": "PUBLIC",
            "distribution": {
                "feedDistribution": "MAIN_FEED",
                "targetEntities": [],
                "thirdPartyDistributionChannels": [],
            },
            "lifecycleState": "PUBLISHED",
            "isReshareDisabledByAuthor": False,
        } | more

    def post(self, commentary: str, **more: Any) -> requests.Response:
        return self("POST", "/rest/posts", self.body(commentary, **more))

    def find(self, extra: str = "") -> requests.Response:
        path = f"/rest/posts?author={quote(self.owner, safe='')}&q=author&count=10{extra}"
        return self("GET", path, X_RestLi_Method="FINDER")

    def uploaded(self, kind: str, data: bytes, polls: int = 2) -> str:
        lease = self(
            "POST",
            f"/rest/{kind}s?action=initializeUpload",
            {"initializeUploadRequest": {"owner": self.owner}},
        )
        value = lease.json()["value"]
        assert self("PUT", value["uploadUrl"], data).status_code == 201
        for _ in range(polls):
            self("GET", f"/rest/{kind}s/{quote(value[kind], safe='')}")
        return str(value[kind])


@pytest.fixture
def box() -> Iterator[Sandbox]:
    with Sandbox(again=2, slow=0.2, hang=5) as box:
        yield box


@pytest.fixture
def api(box: Sandbox) -> Api:
    return Api(box)


def path(urn: str) -> str:
    return f"/rest/posts/{quote(urn, safe='')}"


# ---------------------------------------------------------------- posting


def test_a_post_answers_201_with_no_body_and_its_urn_in_a_header(box: Sandbox, api: Api) -> None:
    answer = api.post("Joint statement \\(full text in the link\\)\n\n{hashtag|\\#|ForeignPolicy}")
    assert (answer.status_code, answer.content) == (201, b"")
    [public] = box.public
    assert answer.headers["X-RestLi-Id"] == public.id
    assert re.fullmatch(r"urn:li:share:\d{19}", public.id)
    assert public.url == f"https://www.linkedin.com/feed/update/{public.id}/"
    assert public.text == "Joint statement (full text in the link)\n\n#ForeignPolicy"
    assert public.hashtags == ["ForeignPolicy"]


@pytest.mark.parametrize(
    ("wire", "text", "hashtags"),
    [
        ("Statement (joint) text", "Statement ", []),
        ("Budget [2026", "Budget ", []),
        ("a_b", "a", []),
        ("ends in a backslash\\", "ends in a backslash", []),
        ("wrong escape \\a rest", "wrong escape ", []),
        ("#Live and \\#Dead", "#Live and #Dead", ["Live"]),
        ("{hashtag|\\#|EU\\_Council} {hashtag|＃|日本}", "#EU_Council #日本", ["EU_Council", "日本"]),
        ("{hashtag|\\#|two words}", "#two words", ["two words"]),
        ("{hashtag|\\#|", "", []),
        ("# alone", "", []),
        ("\\|\\{\\}\\@\\[\\]\\(\\)\\<\\>\\#\\\\\\*\\_\\~", "|{}@[]()<>#\\*_~", []),
    ],
)
def test_text_ends_silently_at_the_first_bare_reserved_character(
    box: Sandbox, api: Api, wire: str, text: str, hashtags: list[str]
) -> None:
    assert api.post(wire + "", content={"article": {"source": "https://press.example/"}}).status_code == 201
    assert (box.public[0].text, box.public[0].hashtags) == (text, hashtags)


def test_a_mention_is_understood_and_its_name_unescaped(box: Sandbox, api: Api) -> None:
    api.post("With @[Ministry \\[X\\]](urn:li:organization:42) today")
    assert box.public[0].text == "With Ministry [X] today"
    assert box.public[0].mentions == [{"name": "Ministry [X]", "urn": "urn:li:organization:42"}]


@pytest.mark.parametrize("text", ["plain", "(a) [b] {c} <d> @e #f \\ * _ ~ |", "日本 (語)", ""])
def test_escaped_text_is_read_back_whole(text: str) -> None:
    assert little.read(little.escape(text)).text == text


def test_what_is_lost_is_gone_from_the_api_too(box: Sandbox, api: Api) -> None:
    urn = api.post("Statement \\[1\\] (joint) text").headers["x-restli-id"]
    assert api("GET", path(urn)).json()["commentary"] == "Statement \\[1\\] "


@pytest.mark.parametrize("missing", ["author", "commentary", "visibility", "distribution", "lifecycleState"])
def test_each_required_field_is_missed(box: Sandbox, api: Api, missing: str) -> None:
    body = api.body("Hello")
    del body[missing]
    answer = api("POST", "/rest/posts", body)
    assert answer.status_code == 400
    assert answer.json()["errorDetails"]["inputErrors"][0]["code"] == "MISSING_FIELD"


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"author": "urn:li:organization:1"}, 403),
        ({"author": "5550117"}, 400),
        ({"visibility": "public"}, 400),
        ({"lifecycleState": "DRAFT"}, 400),
        ({"distribution": {}}, 400),
        ({"distribution": {"feedDistribution": "EVERYWHERE"}}, 400),
        ({"scheduledAt": 1}, 400),
        ({"commentary": ""}, 400),
        ({"commentary": 7}, 400),
        ({"content": {}}, 400),
        ({"content": {"article": {"source": "press.example"}}}, 400),
        ({"content": {"article": {"title": "No source"}}}, 400),
        ({"content": {"article": {"source": "https://a.example"}, "media": {"id": "urn:li:image:a"}}}, 400),
        ({"content": {"media": {"id": "urn:li:image:unknown"}}}, 400),
        ({"content": {"multiImage": {"images": [{"id": "urn:li:image:a"}]}}}, 400),
        ({"content": {"media": {"id": "urn:li:document:a"}}}, 400),
    ],
)
def test_bodies_linkedin_would_refuse(box: Sandbox, api: Api, change: dict[str, Any], status: int) -> None:
    assert api("POST", "/rest/posts", api.body("Hello") | change).status_code == status
    assert box.public == []


def test_the_limit_is_3000_utf16_units_of_the_wire_text(box: Sandbox, api: Api) -> None:
    assert api.post("a" * 3000).status_code == 201
    for long in ("a" * 2999 + "\\(", "👍" * 1501):
        answer = api.post(long)
        assert answer.status_code == 400
        [entry] = answer.json()["errorDetails"]["inputErrors"]
        assert (entry["code"], entry["maxLength"]) == ("FIELD_ARRAY_SIZE_TOO_HIGH", 3000)
    assert len(box.public) == 1


def test_a_link_card_is_what_the_article_says(box: Sandbox, api: Api) -> None:
    card = {"source": "https://press.example/1", "title": "Statement (1)", "description": "One sentence."}
    api.post("News", content={"article": card})
    assert box.public[0].card == card
    assert box.public[0].link == "https://press.example/1"


def test_a_dark_post_is_accepted_and_on_no_page(box: Sandbox, api: Api) -> None:
    assert api.post("Dark", distribution={"feedDistribution": "NONE"}).status_code == 201
    assert box.public == []
    assert api.find().json()["elements"] == []


def test_the_same_post_within_ten_minutes_is_a_duplicate_that_names_the_first(box: Sandbox, api: Api) -> None:
    urn = api.post("Twice").headers["x-restli-id"]
    answer = api.post("Twice")
    assert answer.status_code == 422
    assert answer.json()["message"].endswith(f"Content is a duplicate of {urn}")
    assert answer.json()["errorDetails"]["inputErrors"][0]["code"] == "DUPLICATE_POST"
    assert api.post("Twice", content={"article": {"source": "https://a.example"}}).status_code == 201


def test_after_a_deletion_the_duplicate_names_a_ghost(box: Sandbox, api: Api) -> None:
    urn = api.post("Twice").headers["x-restli-id"]
    assert [api("DELETE", path(urn), X_RestLi_Method="DELETE").status_code for _ in range(2)] == [204, 204]
    named = {api.post("Twice").json()["message"].rpartition(" ")[2] for _ in range(2)}
    assert len(named) == 2
    assert all(api("GET", path(ghost)).status_code == 404 for ghost in named)
    assert [p.deleted for p in box.public] == [True]


# ---------------------------------------------------------------- headers and addresses


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"Authorization": None}, 401, "INVALID_ACCESS_TOKEN"),
        ({"Authorization": "Bearer guessed"}, 401, "INVALID_ACCESS_TOKEN"),
        ({"LinkedIn_Version": None}, 400, "VERSION_MISSING"),
        ({"LinkedIn_Version": "202511"}, 426, "NONEXISTENT_VERSION"),
        ({"LinkedIn_Version": "202512"}, 426, "NONEXISTENT_VERSION"),
        ({"LinkedIn_Version": "203001"}, 426, "NONEXISTENT_VERSION"),
        ({"LinkedIn_Version": "2026-09"}, 426, "NONEXISTENT_VERSION"),
        ({"X_Restli_Protocol_Version": None}, 400, "ILLEGAL_ARGUMENT"),
        ({"X_Restli_Protocol_Version": "1.0.0"}, 400, "ILLEGAL_ARGUMENT"),
        ({"Content_Type": "text/plain"}, 415, "UNSUPPORTED_MEDIA_TYPE"),
    ],
)
def test_every_header_is_needed(
    box: Sandbox, api: Api, headers: dict[str, str | None], status: int, code: str
) -> None:
    answer = api("POST", "/rest/posts", api.body("Hello"), **headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["x-li-uuid"]
    assert box.public == []


def test_the_426_repeats_the_version_with_01(box: Sandbox, api: Api) -> None:
    message = api("GET", path("urn:li:share:1"), LinkedIn_Version="202504").json()["message"]
    assert message == "Requested version 20250401 is not active"


def test_a_raw_colon_in_path_or_query_is_a_syntax_error(box: Sandbox, api: Api) -> None:
    urn = api.post("Hello").headers["x-restli-id"]
    assert api("GET", path(urn)).status_code == 200
    assert api("GET", f"/rest/posts/{urn}").status_code == 400
    assert api("GET", f"/rest/posts?author={api.owner}&q=author", X_RestLi_Method="FINDER").status_code == 400


# ---------------------------------------------------------------- reading, changing


def test_a_post_is_read_back_with_what_was_sent(box: Sandbox, api: Api) -> None:
    card = {"source": "https://press.example/1", "title": "T"}
    urn = api.post("{hashtag|\\#|Tag} \\(x\\)", content={"article": card}).headers["x-restli-id"]
    post = api("GET", f"{path(urn)}?viewContext=AUTHOR").json()
    assert (post["id"], post["author"], post["lifecycleState"]) == (urn, api.owner, "PUBLISHED")
    assert (post["commentary"], post["content"]) == ("{hashtag|\\#|Tag} \\(x\\)", {"article": card})
    assert post["createdAt"] == post["lastModifiedAt"] == int(box.public[0].at * 1000)


def test_the_finder_lists_the_page_newest_first(box: Sandbox, api: Api) -> None:
    urns = [api.post(f"Post {n}").headers["x-restli-id"] for n in range(3)]
    api("DELETE", path(urns[1]))
    api(
        "POST",
        path(urns[0]),
        {"patch": {"$set": {"commentary": "Post 0, corrected"}}},
        X_RestLi_Method="PARTIAL_UPDATE",
    )
    by_change = [e["id"] for e in api.find("&sortBy=LAST_MODIFIED").json()["elements"]]
    by_birth = [e["id"] for e in api.find("&sortBy=CREATED").json()["elements"]]
    assert (by_change, by_birth) == ([urns[0], urns[2]], [urns[2], urns[0]])


def test_the_finder_insists_on_its_order_method_and_count(box: Sandbox, api: Api) -> None:
    author = quote(api.owner, safe="")
    finder = {"X_RestLi_Method": "FINDER"}
    assert api("GET", f"/rest/posts?q=author&author={author}", **finder).status_code == 400
    assert api("GET", f"/rest/posts?author={author}&q=author").status_code == 400
    assert api("GET", f"/rest/posts?author={author}&q=author&count=101", **finder).status_code == 400
    assert api("GET", "/rest/posts?author=urn%3Ali%3Aperson%3A1&q=author", **finder).status_code == 400
    assert api("GET", f"/rest/posts?author={author}&q=author", **finder).status_code == 200


def test_only_some_fields_can_be_updated(box: Sandbox, api: Api) -> None:
    urn = api.post("Frist").headers["x-restli-id"]
    update = {"X_RestLi_Method": "PARTIAL_UPDATE"}

    def patch(changes: Any, **headers: str) -> int:
        return api("POST", path(urn), {"patch": {"$set": changes}}, **headers).status_code

    assert patch({"commentary": "First \\(v2\\)"}, **update) == 204
    assert box.public[0].text == "First (v2)"
    assert patch({"visibility": "LOGGED_IN"}, **update) == 400
    assert patch({"commentary": "a" * 3001}, **update) == 400
    assert patch({"commentary": "Other"}) == 400
    api("DELETE", path(urn))
    assert patch({"commentary": "Too late"}, **update) == 404


# ---------------------------------------------------------------- media


@pytest.mark.parametrize(("kind", "data"), [("image", PNG), ("document", PDF)])
def test_media_are_processed_before_they_are_available(
    box: Sandbox, api: Api, kind: str, data: bytes
) -> None:
    urn = api.uploaded(kind, data, polls=0)
    status = f"/rest/{kind}s/{quote(urn, safe='')}"
    content = {"media": {"id": urn, "title": "Statement (PDF)", "altText": "Alt"}}
    assert api.post("Early", content=content).json()["errorDetails"]["inputErrors"][0]["code"] == (
        "MEDIA_ASSET_WAITING_UPLOAD"
    )
    assert [api("GET", status).json()["status"] for _ in range(3)] == ["PROCESSING", "AVAILABLE", "AVAILABLE"]
    assert api.post("Now", content=content).status_code == 201
    [media] = box.public[0].media
    assert (media["alt"], media["title"], media["bytes"]) == ("Alt", "Statement (PDF)", len(data))


def test_an_upload_needs_the_token_and_the_owner(box: Sandbox, api: Api) -> None:
    foreign = {"initializeUploadRequest": {"owner": "urn:li:organization:1"}}
    assert api("POST", "/rest/images?action=initializeUpload", foreign).status_code == 403
    own = {"initializeUploadRequest": {"owner": api.owner}}
    value = api("POST", "/rest/images?action=initializeUpload", own).json()["value"]
    assert value["uploadUrl"].startswith(f"{box.linkedin_url}/dms-uploads/")
    assert api("PUT", value["uploadUrl"], PNG, Authorization=None).status_code == 401
    assert api("GET", f"/rest/images/{quote(value['image'], safe='')}").json()["status"] == "WAITING_UPLOAD"


def test_two_images_make_a_multi_image_post_and_a_third_kind_of_file_fails(box: Sandbox, api: Api) -> None:
    images = [{"id": api.uploaded("image", PNG), "altText": f"Alt {n}"} for n in range(2)]
    assert api.post("Two", content={"multiImage": {"images": images}}).status_code == 201
    assert [m["alt"] for m in box.public[0].media] == ["Alt 0", "Alt 1"]
    bad = api.uploaded("image", b"no image at all")
    assert api("GET", f"/rest/images/{quote(bad, safe='')}").json()["status"] == "PROCESSING_FAILED"
    answer = api.post("Bad", content={"media": {"id": bad}})
    assert answer.json()["errorDetails"]["inputErrors"][0]["code"] == "MEDIA_ASSET_PROCESSING_FAILED"


def test_the_processing_fault_strikes_the_next_upload(box: Sandbox, api: Api) -> None:
    box.fault("linkedin-processing-failed")
    urns = [api.uploaded("document", PDF) for _ in range(2)]
    states = [api("GET", f"/rest/documents/{quote(urn, safe='')}").json()["status"] for urn in urns]
    assert states == ["PROCESSING_FAILED", "AVAILABLE"]


# ---------------------------------------------------------------- tokens and roles


def test_introspection_says_what_the_token_may_do(box: Sandbox, api: Api) -> None:
    url = f"{box.linkedin_url}/oauth/v2/introspectToken"
    told = requests.post(url, data=api.client | {"token": api.token}, timeout=5).json()
    assert told["active"] is True
    assert {"r_organization_social", "w_organization_social"} <= set(told["scope"].split(","))
    assert told["expires_at"] > told["authorized_at"]
    assert requests.post(url, data=api.client | {"token": "x"}, timeout=5).json() == {"active": False}
    wrong = api.client | {"client_secret": "x", "token": api.token}
    assert requests.post(url, data=wrong, timeout=5).status_code == 401


def test_a_refresh_token_gives_an_access_token_and_a_wrong_one_none(box: Sandbox, api: Api) -> None:
    from publisher.sandbox.linkedin_oauth import REFRESH_TOKEN

    url = f"{box.linkedin_url}/oauth/v2/accessToken"
    form = api.client | {"grant_type": "refresh_token", "refresh_token": REFRESH_TOKEN}
    assert requests.post(url, data=form, timeout=5).json()["access_token"] == api.token
    assert (
        requests.post(url, data=form | {"refresh_token": "x"}, timeout=5).json()["error"] == "invalid_grant"
    )


def test_the_member_administers_the_page(box: Sandbox, api: Api) -> None:
    query = "/rest/organizationAcls?q=roleAssignee&role=ADMINISTRATOR&state=APPROVED"
    [role] = api("GET", query).json()["elements"]
    assert role["organization"] == api.owner
    assert api("GET", query.replace("ADMINISTRATOR", "ANALYST")).json()["elements"] == []


# ---------------------------------------------------------------- faults


@pytest.mark.parametrize("fault", ["drop", "hang", "500", "bad-json", "cut-body"])
def test_after_these_faults_the_post_is_public_once_and_no_answer_names_it(
    box: Sandbox, api: Api, fault: str
) -> None:
    box.fault(f"linkedin-{fault}")
    try:
        answer = api.session.post(
            f"{api.url}/rest/posts", json=api.body("Was it said?"), headers=api.headers, timeout=1
        )
        assert (answer.status_code, "x-restli-id" in answer.headers) in ((500, False), (201, False))
    except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError):
        assert fault in ("drop", "hang", "cut-body")
    assert [p.text for p in box.public] == ["Was it said?"]
    assert [e["commentary"] for e in api.find().json()["elements"]] == ["Was it said?"]
    assert api.post("Was it said?").status_code == 422


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ("503-before", 503),
        ("redirect", 301),
        ("duplicate", 422),
        ("429", 429),
        ("429-bare", 429),
        ("401", 401),
        ("426", 426),
        ("400-organization", 400),
        ("403-access", 403),
    ],
)
def test_after_these_faults_nothing_is_public_and_the_next_try_works(
    box: Sandbox, api: Api, fault: str, status: int
) -> None:
    box.fault(f"linkedin-{fault}")
    answers = [api.post("Try") for _ in range(2)]
    assert [a.status_code for a in answers] == [status, 201]
    assert answers[0].headers.get("Retry-After") == ("2" if fault == "429" else None)
    assert len(box.public) == 1


def test_the_duplicate_fault_names_a_post_that_is_not_there(box: Sandbox, api: Api) -> None:
    box.fault("linkedin-duplicate")
    urn = api.post("Try").json()["message"].rpartition(" ")[2]
    assert re.fullmatch(r"urn:li:share:\d+", urn)
    assert api("GET", path(urn)).status_code == 404


def test_a_reset_before_leaves_nothing(box: Sandbox, api: Api) -> None:
    box.fault("linkedin-reset-before")
    with pytest.raises(requests.ConnectionError):
        api.post("Try")
    assert box.public == []


def test_hidden_truncated_and_slow_posts(box: Sandbox, api: Api) -> None:
    for fault in ("slow", "hidden", "truncated"):
        box.fault(f"linkedin-{fault}")
    urns = [api.post(t).headers["x-restli-id"] for t in ("Slow", "Nobody lists this", "Half of this is gone")]
    assert [p.text for p in box.public] == ["Slow", "Nobody lists this", "Half of th"]
    assert {e["id"] for e in api.find().json()["elements"]} == {urns[0], urns[2]}
    assert api("GET", path(urns[1])).status_code == 200


def test_refused_connections_come_back_at_the_same_port(box: Sandbox, api: Api) -> None:
    box.fault("linkedin-refuse", 30)
    with pytest.raises(requests.ConnectionError, match="refused"):
        api.post("During")
    assert box.x_url
    box.fault("linkedin-refuse", 0)
    assert api.post("After").status_code == 201
