"""The sandbox's X: spoken to over real sockets with requests signed by oauthlib, no adapter of ours."""

from __future__ import annotations

import base64
import json
import os
import random
import re
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import oauthlib.oauth1
import pytest
import requests

from publisher.sandbox import FAULTS, Sandbox
from publisher.sandbox.weight import links, weight

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAMAAAACCAIAAAASFvFNAAAAEElEQVR4nGP4z8AARAwQCgAf7gP9i18U1AAAAABJRU5ErkJggg=="
)

Method = Literal["GET", "POST", "DELETE"]


class Api:
    """X's API for one pair of keys, signed for the real address and sent to the sandbox."""

    def __init__(self, box: Sandbox, **keys: str) -> None:
        made = box.settings()
        self.url = made["PUBLISHER_X__API_URL"]
        self.client = oauthlib.oauth1.Client(
            keys.get("key", made["PUBLISHER_X__API_KEY"]),
            client_secret=keys.get("secret", made["PUBLISHER_X__API_SECRET"]),
            resource_owner_key=made["PUBLISHER_X__ACCESS_TOKEN"],
            resource_owner_secret=made["PUBLISHER_X__ACCESS_TOKEN_SECRET"],
            timestamp=keys.get("timestamp"),
        )
        self.origin = keys.get("origin", "https://api.twitter.com")
        self.session = requests.Session()

    def __call__(self, method: Method, path: str, body: Any = None, **options: Any) -> requests.Response:
        _, headers, _ = self.client.sign(self.origin + path, method)
        if body is not None:
            options["data"] = json.dumps(body)
            headers["Content-Type"] = "application/json"
        options.setdefault("timeout", 10)
        return self.session.request(
            method, self.url + path, headers=headers, allow_redirects=False, **options
        )

    def post(self, text: str, timeout: float = 10, **more: Any) -> requests.Response:
        return self("POST", "/2/tweets", {"text": text, **more}, timeout=timeout)


@pytest.fixture
def box() -> Iterator[Sandbox]:
    with Sandbox(again=2, slow=0.2, hang=5) as box:
        yield box


@pytest.fixture
def api(box: Sandbox) -> Api:
    return Api(box)


def texts(box: Sandbox) -> list[str]:
    return [p.text for p in box.public if not p.deleted]


# ---------------------------------------------------------------- posting


def test_a_post_becomes_public_and_its_id_is_a_snowflake_of_now(box: Sandbox, api: Api) -> None:
    answer = api.post("Joint statement: https://press.example/s/1")
    data = answer.json()["data"]
    assert answer.status_code == 201
    assert set(data) == {"id", "text", "edit_history_tweet_ids"}
    assert abs((int(data["id"]) >> 22) + 1288834974657 - time.time() * 1000) < 5000
    [public] = box.public
    assert (public.id, public.text) == (data["id"], "Joint statement: https://press.example/s/1")
    assert public.card == {"source": "https://press.example/s/1"}
    assert public.url.endswith(f"/status/{data['id']}")


def test_ids_are_unique_and_grow(box: Sandbox, api: Api) -> None:
    ids = [int(api.post(f"Post {n}").json()["data"]["id"]) for n in range(20)]
    assert sorted(set(ids)) == ids


@pytest.mark.parametrize(
    "wrong",
    [
        {"secret": "guessed"},
        {"key": "someoneElse"},
        {"timestamp": str(int(time.time()) - 301)},
        {"timestamp": str(int(time.time()) + 40_000)},
        {"origin": "https://api.x.com"},
        {"origin": "http://127.0.0.1"},
    ],
)
def test_a_signature_that_is_not_ours_for_the_real_address_is_401(
    box: Sandbox, wrong: dict[str, str]
) -> None:
    answer = Api(box, **wrong).post("Hello")
    assert (answer.status_code, answer.json()["title"]) == (401, "Unauthorized")
    assert box.public == []


def test_query_parameters_are_part_of_the_signature(box: Sandbox, api: Api) -> None:
    path = "/2/users/7001/tweets?max_results=5&tweet.fields=created_at%2Centities&start_time=2026-01-01T00%3A00%3A00Z"
    assert api("GET", path).status_code == 200
    _, headers, _ = api.client.sign(f"https://api.twitter.com{path}", "GET")
    tampered = requests.get(api.url + path.replace("=5", "=50"), headers=headers, timeout=5)
    assert tampered.status_code == 401


def test_a_nonce_works_once(box: Sandbox, api: Api) -> None:
    _, headers, _ = api.client.sign("https://api.twitter.com/2/users/me", "GET")
    statuses = [
        requests.get(f"{api.url}/2/users/me", headers=headers, timeout=5).status_code for _ in range(2)
    ]
    assert statuses == [200, 401]


def test_no_authorization_at_all_is_401(box: Sandbox, api: Api) -> None:
    assert requests.get(f"{api.url}/2/users/me", timeout=5).status_code == 401
    bearer = {"Authorization": "Bearer abc"}
    assert requests.get(f"{api.url}/2/users/me", headers=bearer, timeout=5).status_code == 401


def test_the_duplicate_refusal_has_exactly_the_body_seen_live(box: Sandbox, api: Api) -> None:
    api.post("The same words")
    answer = api.post("The same words")
    assert answer.status_code == 403
    assert answer.json() == {
        "detail": "You are not allowed to create a Tweet with duplicate content.",
        "type": "about:blank",
        "title": "Forbidden",
        "status": 403,
    }
    assert len(box.public) == 1


def test_deleted_words_still_count_as_a_duplicate(box: Sandbox, api: Api) -> None:
    id = api.post("The same words").json()["data"]["id"]
    assert api("DELETE", f"/2/tweets/{id}").json() == {"data": {"deleted": True}}
    assert api.post("The same words").status_code == 403
    assert [p.deleted for p in box.public] == [True]


def test_281_is_too_long_and_280_is_not(box: Sandbox, api: Api) -> None:
    assert api.post("a" * 281).status_code == 403
    assert (
        api.post("a" * 256 + " https://press.example/a/very/long/path/that/counts/as/23").status_code == 201
    )
    assert len(box.public) == 1


def test_two_cashtags_are_403_and_one_is_fine(box: Sandbox, api: Api) -> None:
    assert api.post("$AAA and $BBB").status_code == 403
    assert api.post("$AAA and $5 and US$7").status_code == 201


@pytest.mark.parametrize(
    "body", [{}, {"text": ""}, {"text": " \n"}, [], "x", {"text": 1}, {"text": "a", "idempotency": 1}]
)
def test_a_body_outside_the_schema_is_an_invalid_request(box: Sandbox, api: Api, body: Any) -> None:
    answer = api("POST", "/2/tweets", body)
    assert answer.status_code == 400
    assert answer.json()["type"].endswith("/invalid-request")
    assert box.public == []


def test_a_thread_hangs_together_and_a_reply_to_nothing_is_refused(box: Sandbox, api: Api) -> None:
    first = api.post("One").json()["data"]["id"]
    assert api.post("Two", reply={"in_reply_to_tweet_id": first}).status_code == 201
    assert api.post("Three", reply={"in_reply_to_tweet_id": "12345"}).status_code == 403
    assert [p.reply_to for p in box.public] == ["", first]
    shown = api("GET", f"/2/tweets/{box.public[1].id}?tweet.fields=conversation_id,referenced_tweets").json()[
        "data"
    ]
    assert shown["conversation_id"] == first
    assert shown["referenced_tweets"] == [{"type": "replied_to", "id": first}]


def test_every_answer_counts_down_and_the_hundred_and_first_post_is_429(box: Sandbox, api: Api) -> None:
    answers = [api.post(f"Post {n}") for n in range(101)]
    left = [int(a.headers["x-rate-limit-remaining"]) for a in answers]
    assert left == [*range(99, -1, -1), 0]
    assert [a.status_code for a in answers] == [201] * 100 + [429]
    assert int(answers[-1].headers["x-rate-limit-reset"]) > time.time()
    assert len(box.public) == 100


def test_without_limits_posts_are_counted_and_not_refused() -> None:
    with Sandbox(limits=False) as box:
        api = Api(box)
        assert {api.post(f"Post {n}").status_code for n in range(103)} == {201}


# ---------------------------------------------------------------- reading


def test_text_comes_back_escaped_with_links_wrapped(box: Sandbox, api: Api) -> None:
    said = "R&D <now>: https://press.example/s/1?a=1&b=2 and measures.It follows"
    id = api.post(said).json()["data"]["id"]
    data = api("GET", f"/2/tweets/{id}?post.fields=entities,created_at").json()["data"]
    urls = data["entities"]["urls"]
    assert data["text"].startswith("R&amp;D &lt;now&gt;: https://t.co/")
    assert [u["expanded_url"] for u in urls] == ["https://press.example/s/1?a=1&b=2", "http://measures.It"]
    assert all(len(u["url"]) == 23 for u in urls)
    back = data["text"].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    for url in urls:
        back = back.replace(url["url"], url["expanded_url"])
    assert back.replace("http://measures.It", "measures.It") == said
    assert "author_id" not in data


def test_the_timeline_filters_pages_and_leaves_out_what_is_deleted(box: Sandbox, api: Api) -> None:
    ids = [api.post(f"Post {n}").json()["data"]["id"] for n in range(8)]
    api("DELETE", f"/2/tweets/{ids[6]}")

    def page(query: str) -> Any:
        return api("GET", f"/2/users/7001/tweets?max_results=5{query}").json()

    first = page("")
    assert [p["id"] for p in first["data"]] == [ids[7], *reversed(ids[2:6])]
    rest = page(f"&pagination_token={first['meta']['next_token']}")
    assert [p["id"] for p in rest["data"]] == [ids[1], ids[0]]
    assert [p["id"] for p in page(f"&since_id={ids[5]}")["data"]] == [ids[7]]
    assert page(f"&since_id={ids[7]}") == {"meta": {"result_count": 0}}
    assert page("&start_time=2099-01-01T00%3A00%3A00Z")["meta"]["result_count"] == 0


@pytest.mark.parametrize(
    "query",
    ["max_results=4", "max_results=101", "max_results=x", "tweet.fields=nonsense", "start_time=today"],
)
def test_a_query_outside_the_contract_is_400(box: Sandbox, api: Api, query: str) -> None:
    assert api("GET", f"/2/users/7001/tweets?{query}").status_code == 400


def test_what_is_gone_answers_200_with_errors_and_no_data(box: Sandbox, api: Api) -> None:
    id = api.post("Soon gone").json()["data"]["id"]
    api("DELETE", f"/2/tweets/{id}")
    answer = api("GET", f"/2/tweets/{id}")
    assert (answer.status_code, set(answer.json())) == (200, {"errors"})
    assert answer.json()["errors"][0]["type"].endswith("/resource-not-found")
    assert api("DELETE", "/2/tweets/1").status_code == 404


def test_me_and_unknown_paths(box: Sandbox, api: Api) -> None:
    assert api("GET", "/2/users/me").json()["data"]["username"] == box.settings()["PUBLISHER_X__ACCOUNT"]
    assert api("GET", "/2/nothing").status_code == 404


# ---------------------------------------------------------------- media


def test_an_image_uploaded_as_json_goes_public_with_its_alt_text(box: Sandbox, api: Api) -> None:
    body = {"media": base64.b64encode(PNG).decode(), "media_category": "tweet_image"}
    media = api("POST", "/2/media/upload", body).json()["data"]
    assert media["image"] == {"w": 3, "h": 2, "image_type": "image/png"}
    alt = {"id": media["id"], "metadata": {"alt_text": {"text": "A chart"}}}
    assert api("POST", "/2/media/metadata", alt).json()["data"]["id"] == media["id"]
    read = api("GET", f"/2/media?media_keys={media['media_key']}&media.fields=alt_text").json()
    assert read["data"][0]["alt_text"] == "A chart"
    id = api.post("Look", media={"media_ids": [media["id"]]}).json()["data"]["id"]
    [carried] = box.public[0].media
    assert (carried["alt"], carried["bytes"], carried["type"]) == ("A chart", len(PNG), "image/png")
    shown = api(
        "GET", f"/2/tweets/{id}?expansions=attachments.media_keys&media.fields=alt_text&tweet.fields=entities"
    ).json()
    assert shown["includes"]["media"][0]["alt_text"] == "A chart"
    assert re.fullmatch(r"Look https://t\.co/\w{10}", shown["data"]["text"])


def test_an_image_can_be_uploaded_as_multipart_byte_for_byte(box: Sandbox, api: Api) -> None:
    data = PNG + bytes(range(256)) * 40 + b"\r\n--x\r\n\n\r"
    answer = api("POST", "/2/media/upload", files={"media": data}, data={"media_category": "tweet_image"})
    assert answer.json()["data"]["size"] == len(data)


def test_an_image_can_be_uploaded_in_chunks_and_only_then_used(box: Sandbox, api: Api) -> None:
    start = {"media_type": "image/png", "total_bytes": len(PNG), "media_category": "tweet_image"}
    id = api("POST", "/2/media/upload/initialize", start).json()["data"]["id"]
    for n, piece in enumerate((PNG[:40], PNG[40:])):
        assert api.post("Early", media={"media_ids": [id]}).status_code == 400
        chunk = {"media": base64.b64encode(piece).decode(), "segment_index": n}
        assert api("POST", f"/2/media/upload/{id}/append", chunk).status_code == 200
    assert api("POST", f"/2/media/upload/{id}/finalize").json()["data"]["size"] == len(PNG)
    state = api("GET", f"/2/media/upload?command=STATUS&media_id={id}").json()["data"]["processing_info"][
        "state"
    ]
    assert state == "succeeded"
    assert api.post("Now", media={"media_ids": [id]}).status_code == 201


def test_a_chunk_that_is_missing_is_noticed(box: Sandbox, api: Api) -> None:
    start = {"media_type": "image/png", "total_bytes": len(PNG), "media_category": "tweet_image"}
    id = api("POST", "/2/media/upload/initialize", start).json()["data"]["id"]
    api(
        "POST",
        f"/2/media/upload/{id}/append",
        {"media": base64.b64encode(PNG[:40]).decode(), "segment_index": 0},
    )
    assert api("POST", f"/2/media/upload/{id}/finalize").status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        {"media": "not base64!", "media_category": "tweet_image"},
        {"media": base64.b64encode(b"plain").decode(), "media_category": "tweet_image"},
        {"media": base64.b64encode(PNG).decode()},
        {"media": base64.b64encode(PNG).decode(), "media_category": "picture"},
        {"media": base64.b64encode(PNG + bytes(5_000_000)).decode(), "media_category": "tweet_image"},
    ],
)
def test_media_that_x_would_not_take_is_400(box: Sandbox, api: Api, body: dict[str, str]) -> None:
    assert api("POST", "/2/media/upload", body).status_code == 400


def test_unknown_media_and_long_alt_text_are_refused(box: Sandbox, api: Api) -> None:
    assert api.post("Look", media={"media_ids": ["1"]}).status_code == 400
    assert api.post("Look", media={"media_ids": []}).status_code == 400
    long = {"id": "1", "metadata": {"alt_text": {"text": "a" * 1001}}}
    assert api("POST", "/2/media/metadata", long).status_code == 400


# ---------------------------------------------------------------- counting


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("plain", 5),
        ("é", 1),
        ("e\u0301", 1),
        ("…", 2),
        ("“quoted” – yes’", 15),
        ("€•→™", 8),
        ("日本", 4),
        ("مرحبا", 5),
        ("👍🏽", 2),
        ("👩‍👩‍👧‍👦", 2),
        ("🇨🇭", 2),
        ("1️⃣", 2),
        ("https://a.org", 23),
        ("(see https://press.example/a_(b)).", 23 + 7),
        ("today.In parallel", 23 + 9),
        ("Gov.uk.", 24),
        ("3.5 per cent, e.g. this", 23),
        ("mail office@press.example.org now", 33),
        ("http://foo.music x", 25),
    ],
)
def test_weights_follow_the_published_rules(text: str, length: int) -> None:
    assert weight(text) == length


def test_links_are_found_where_x_finds_them() -> None:
    text = "See https://a.org/x, b.com/y and (c.int)."
    assert [text[a:b] for a, b in links(text)] == ["https://a.org/x", "b.com/y", "c.int"]


# ---------------------------------------------------------------- faults


@pytest.mark.parametrize("fault", ["drop", "hang", "500", "bad-json", "cut-body"])
def test_after_these_faults_the_post_is_public_once_and_no_answer_says_so(
    box: Sandbox, api: Api, fault: str
) -> None:
    box.fault(f"x-{fault}")
    try:
        answer = api.post("Was it said?", timeout=1 if fault == "hang" else 10)
        assert answer.status_code in (500, 201)
        if answer.status_code == 201:
            with pytest.raises(ValueError):
                answer.json()
    except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError):
        assert fault in ("drop", "hang", "cut-body")
    assert texts(box) == ["Was it said?"]
    assert box.armed == {}
    assert api.post("Was it said?").status_code == 403
    found = api("GET", "/2/users/7001/tweets?max_results=5").json()["data"]
    assert [p["text"] for p in found] == ["Was it said?"]


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ("503-before", 503),
        ("redirect", 301),
        ("duplicate", 403),
        ("429", 429),
        ("429-bare", 429),
        ("429-day", 429),
        ("401", 401),
        ("402", 402),
        ("list-body", 403),
        *((name[2:], 403) for name in FAULTS if name.startswith("x-403-")),
    ],
)
def test_after_these_faults_nothing_is_public_and_the_next_try_works(
    box: Sandbox, api: Api, fault: str, status: int
) -> None:
    box.fault(f"x-{fault}", 2)
    assert [api.post("Try").status_code for _ in range(3)] == [status, status, 201]
    assert texts(box) == ["Try"]
    assert [r.status for r in box.requests] == [status, status, 201]


def test_a_reset_before_leaves_nothing(box: Sandbox, api: Api) -> None:
    box.fault("x-reset-before")
    with pytest.raises(requests.ConnectionError, match="reset"):
        api.post("Try")
    assert box.public == []
    assert box.requests[0].status == 0


def test_what_the_three_kinds_of_429_say_about_when(box: Sandbox, api: Api) -> None:
    for kind in ("429", "429-bare", "429-day"):
        box.fault(f"x-{kind}")
    window, bare, day = (api.post("Try") for _ in range(3))
    assert 0 < int(window.headers["x-rate-limit-reset"]) - time.time() < 4
    assert window.headers["x-rate-limit-remaining"] == "0"
    assert bare.json() == {"errors": [{"code": 88, "message": "Rate limit exceeded"}]}
    assert not [name for name in bare.headers if "limit" in name.lower() or name.lower() == "retry-after"]
    assert day.headers["x-user-limit-24hour-remaining"] == "0"
    assert int(day.headers["x-rate-limit-remaining"]) > 0


def test_the_faults_that_say_more_in_their_bodies(box: Sandbox, api: Api) -> None:
    box.fault("x-403-oauth1-permissions")
    box.fault("x-list-body")
    box.fault("x-403-suspended")
    types = [api.post("Try").json() for _ in range(3)]
    assert types[0]["type"].endswith("/oauth1-permissions")
    assert types[1] == ["Forbidden"]
    assert types[2]["type"].endswith("/user-suspended")


def test_a_fault_waits_for_a_request_that_would_be_accepted(box: Sandbox, api: Api) -> None:
    box.fault("x-drop")
    assert api.post("a" * 300).status_code == 403
    assert box.armed == {"x-drop": 1}
    box.fault("x-drop", 0)
    assert api.post("Fine").status_code == 201


def test_hidden_truncated_and_slow_posts(box: Sandbox, api: Api) -> None:
    for fault in ("slow", "hidden", "truncated"):
        box.fault(f"x-{fault}")
    ids = [
        api.post(t).json()["data"]["id"] for t in ("Slow first", "Nobody lists this", "Half of this is gone")
    ]
    assert texts(box) == ["Slow first", "Nobody lists this", "Half of th"]
    listed = api("GET", "/2/users/7001/tweets?max_results=5").json()["data"]
    assert [p["id"] for p in listed] == [ids[2], ids[0]]
    assert api("GET", f"/2/tweets/{ids[1]}").json()["data"]["text"] == "Nobody lists this"


def test_a_slow_post_becomes_public_although_the_client_left() -> None:
    with Sandbox(slow=1, faults=["x-slow"]) as box:
        with pytest.raises(requests.ReadTimeout):
            Api(box).post("Late", timeout=0.1)
        assert box.public == []
        for _ in range(200):
            if box.public:
                break
            time.sleep(0.05)
        assert texts(box) == ["Late"]


def test_the_alt_fault_loses_the_alt_text_and_says_so(box: Sandbox, api: Api) -> None:
    body = {"media": base64.b64encode(PNG).decode(), "media_category": "tweet_image"}
    id = api("POST", "/2/media/upload", body).json()["data"]["id"]
    box.fault("x-alt")
    alt = {"id": id, "metadata": {"alt_text": {"text": "A chart"}}}
    assert [api("POST", "/2/media/metadata", alt).status_code for _ in range(2)] == [500, 200]


def test_refused_connections_come_back_at_the_same_port(box: Sandbox, api: Api) -> None:
    assert api.post("Before").status_code == 201
    box.fault("x-refuse", 30)
    with pytest.raises(requests.ConnectionError, match="refused"):
        api.post("During")
    box.fault("x-refuse", 0)
    assert api.post("After").status_code == 201
    assert texts(box) == ["Before", "After"]


# ---------------------------------------------------------------- robustness


def test_many_clients_at_once_make_exactly_their_posts_and_one_of_each_text(box: Sandbox) -> None:
    statuses: list[int] = []

    def client(n: int) -> None:
        api = Api(box)
        statuses.extend(api.post(text).status_code for text in (f"Own {n}", "Shared by all"))

    threads = [threading.Thread(target=client, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [201] * 9 + [403] * 7
    assert texts(box).count("Shared by all") == 1


def test_clients_that_vanish_or_talk_nonsense_do_no_harm(box: Sandbox, api: Api) -> None:
    port = int(box.x_url.rpartition(":")[2])
    for data in (
        b"",
        b"POST /2/tw",
        b"POST /2/tweets HTTP/1.1\r\nContent-Length: 99\r\n\r\n{",
        b"GARBAGE\r\n\r\n",
    ):
        with socket.create_connection(("127.0.0.1", port)) as sock:
            sock.sendall(data)
    with socket.create_connection(("127.0.0.1", port)) as sock:
        sock.sendall(b"HELLO\r\n\r\n")
        assert sock.recv(1000).startswith(b"HTTP/1.1 400")
    assert api.post("Still here").status_code == 201


def test_a_body_in_chunks_and_two_requests_in_one_packet_are_read(box: Sandbox, api: Api) -> None:
    def lines(path: str, method: Method) -> str:
        _, headers, _ = api.client.sign(f"https://api.twitter.com{path}", method)
        return f"{method} {path} HTTP/1.1\r\nHost: x\r\nAuthorization: {headers['Authorization']}\r\n"

    post = lines("/2/tweets", "POST") + "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    body = '4\r\n{"te\r\nc\r\nxt": "Hey!"}\r\n0\r\n\r\n'
    with socket.create_connection(("127.0.0.1", int(box.x_url.rpartition(":")[2]))) as sock:
        sock.sendall((post + body + lines("/2/users/me", "GET") + "Connection: close\r\n\r\n").encode())
        answers = b"".join(iter(lambda: sock.recv(65536), b""))
    assert answers.count(b"HTTP/1.1 20") == 2
    assert texts(box) == ["Hey!"]


def test_emoji_half_a_surrogate_and_nul_do_not_break_it(box: Sandbox, api: Api) -> None:
    for text in ("A 👍🏽 \u0000 b", "half \ud83d"):
        assert api.post(text).status_code in (201, 400)
    assert api("GET", "/2/users/7001/tweets?max_results=5").status_code == 200


# ---------------------------------------------------------------- against the published contract


def contract() -> dict[str, Any]:
    shared = Path(os.environ.get("PUBLISHER_SHARED", Path(__file__).parents[3] / "shared"))
    path = shared / "contracts" / "x-openapi-posting.json"
    if not path.exists():
        pytest.skip(f"{path} is not here: the contract cannot be compared")
    loaded: dict[str, Any] = json.loads(path.read_text())
    return loaded


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("CreatePostsRequest", "POST"),
        ("InitializeMediaUploadRequest", "INITIALIZE"),
        ("MediaUploadRequest", "UPLOAD"),
        ("AppendMediaUploadRequest", "APPEND"),
        ("CreateMediaMetadataRequest", "METADATA"),
    ],
)
def test_bodies_are_taken_and_refused_as_the_contract_does(name: str, ours: str) -> None:
    """Two thousand bodies, half of them broken in one place, judged by both."""
    from openapi_schema_validator import OAS30Validator

    from publisher.sandbox import x_schema

    document = contract()
    schemas = document["components"]["schemas"]

    def inlined(value: Any) -> Any:
        if isinstance(value, dict):
            if "$ref" in value:
                return inlined(schemas[value["$ref"].rpartition("/")[2]])
            return {k: inlined(v) for k, v in value.items() if k != "description" or isinstance(v, dict)}
        return [inlined(v) for v in value] if isinstance(value, list) else value

    schema = inlined(schemas[name])
    judge, check = OAS30Validator(schema), getattr(x_schema, ours)
    dice = random.Random(name)
    seen = {True: 0, False: 0}
    for _ in range(2000):
        body = invented(schema, dice)
        expected = judge.is_valid(body)
        assert (check(body, "") == "") is expected, (body, check(body, ""))
        seen[expected] += 1
    assert min(seen.values()) > 200


def invented(schema: dict[str, Any], dice: random.Random, odds: float = 0.04) -> Any:
    """A value of the schema, now and then broken."""
    if dice.random() < odds:
        return dice.choice(
            [None, 7, -1, "", "a" * 1001, True, [], {}, {"x": 1}, ["1"] * 12, "12345678901234567890"]
        )
    if "anyOf" in schema:
        return "aGk="
    if "enum" in schema:
        return dice.choice([*schema["enum"], "everyone"] if dice.random() < 0.2 else schema["enum"])
    kind = schema.get("type", "object")
    if kind == "object":
        fields = schema.get("properties", {})
        body = {
            name: invented(sub, dice)
            for name, sub in fields.items()
            if dice.random() < (0.95 if name in schema.get("required", ()) else 0.4)
        }
        return body | ({"surprise": 1} if dice.random() < 0.03 else {})
    if kind == "array":
        return [invented(schema["items"], dice) for _ in range(dice.randint(0, 5))]
    if kind == "boolean":
        return dice.random() < 0.5
    if kind in ("integer", "number"):
        low, high = schema.get("minimum", 0), schema.get("maximum", 99)
        return dice.choice([low, high, low - 1, high + 1, (low + high) // 2])
    if "pattern" in schema:
        return str(dice.getrandbits(40))
    most = schema.get("maxLength", 9)
    return "a" * dice.choice([schema.get("minLength", 0), 1, most, most + 1])
