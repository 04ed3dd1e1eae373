"""What an answer of X means, answer by answer."""

from __future__ import annotations

import json
import re
import time
from email.utils import formatdate
from typing import Any

import pytest
import requests

from channels.x import outcome
from publisher.errors import (
    Blocked,
    DeliveryError,
    Duplicate,
    OutcomeUnknown,
    Permanent,
    RateLimited,
    Transient,
)

PROBLEMS = "https://api.twitter.com/2/problems/"


def answer(status: int, body: Any = None, **headers: str) -> requests.Response:
    made = requests.Response()
    made.status_code = status
    made._content = body if isinstance(body, bytes) else json.dumps(body).encode()
    made.headers.update(headers)
    return made


def problem(detail: str, kind: str = "", **more: Any) -> dict[str, Any]:
    return {"detail": detail, "type": PROBLEMS + kind if kind else "about:blank", "title": "Forbidden"} | more


@pytest.mark.parametrize(
    ("response", "error"),
    [
        (answer(400, {"errors": [{"message": "bad"}], "type": PROBLEMS + "invalid-request"}), Permanent),
        (answer(401, problem("Unauthorized")), Blocked),
        (answer(402, problem("no credits", "credits")), Blocked),
        (answer(404, problem("Not Found")), outcome.NotFound),
        (answer(413, b"<html>"), Permanent),
        (answer(426, None), Blocked),
        (answer(301, b""), Blocked),
        (answer(307, b""), Blocked),
        (answer(408, None), OutcomeUnknown),
        (answer(409, None), OutcomeUnknown),
        (answer(425, None), OutcomeUnknown),
        (answer(500, ["list"]), OutcomeUnknown),
        (answer(503, problem("Service Unavailable")), OutcomeUnknown),
        (answer(429, {"errors": [{"code": 88, "message": "Rate limit exceeded"}]}), RateLimited),
        (answer(429, problem("Too Many Requests")), RateLimited),
        (answer(429, problem("Usage cap exceeded: Monthly product cap", "usage-capped")), Blocked),
        (answer(403, problem("You are not allowed to create a Tweet with duplicate content.")), Duplicate),
        (answer(403, {"errors": [{"code": 187, "message": "Status is a duplicate."}]}), Duplicate),
        (answer(403, problem("You attempted to reply to a Tweet that is deleted or not visible to you.")), Transient),
        (answer(403, {"errors": [{"code": 385, "message": "x"}]}), Transient),
        (answer(403, problem("Your post exceeds the maximum of one cashtag.")), Permanent),
        (answer(403, problem("Tweet needs to be a bit shorter.")), Permanent),
        (answer(403, {"errors": [{"code": 186, "message": "x"}]}), Permanent),
        (answer(403, problem("The Tweet contains an invalid URL.")), Permanent),
        (answer(403, problem("You can only reply to or quote posts where you are mentioned or are the author.")), Permanent),
        (answer(403, problem("x", "disallowed-resource")), Permanent),
        (answer(403, problem("You are not permitted to perform this action.")), Blocked),
        (answer(403, problem("Your account is not permitted to access this feature.")), Blocked),
        (answer(403, problem("suspended", "user-suspended")), Blocked),
        (answer(403, problem("x", "oauth1-permissions")), Blocked),
        (answer(403, problem("x", "client-forbidden", reason="client-not-enrolled")), Blocked),
        (answer(403, problem("x", "usage-capped")), Blocked),
        (answer(403, ["Forbidden"]), Blocked),
        (answer(403, b"<html>blocked</html>"), Blocked),
        (answer(403, "text"), Blocked),
        (answer(403, {"errors": "odd", "detail": None}), Blocked),
        (answer(400, {"errors": ["odd", {"code": 187}]}), Duplicate),
    ],
    ids=lambda value: f"{value.status_code}-{value.text[:60]}" if isinstance(value, requests.Response) else None,
)  # fmt: skip
def test_every_answer_has_one_meaning(response: requests.Response, error: type[DeliveryError]) -> None:
    assert type(outcome.refused(response)) is error


@pytest.mark.parametrize("status", [200, 201, 204])
def test_success_is_no_error(status: int) -> None:
    assert outcome.refused(answer(status, {"data": {}})) is None


def test_the_kind_of_a_problem_does_not_depend_on_its_host() -> None:
    for host in ("https://api.x.com", "https://api.twitter.com", "https://other.example"):
        error = outcome.refused(answer(403, {"type": f"{host}/2/problems/oauth1-permissions"}))
        assert isinstance(error, Blocked) and "read and write permission" in str(error)


def test_a_message_says_what_x_said_on_one_short_line_and_what_to_do() -> None:
    error = outcome.refused(answer(402, problem("no\ncredits " + "x" * 1000)))
    assert str(error).startswith("X answered 402: no credits xx") and len(str(error)) < 450
    assert "buy credits" in str(error) and "\n" not in str(error)


def test_a_fresh_self_reply_is_tried_again_in_five_seconds() -> None:
    error = outcome.refused(answer(403, problem("deleted or not visible to you")))
    assert isinstance(error, Transient) and error.retry_at is not None
    assert 3 < error.retry_at - time.time() <= 5


NOW = 1_800_000_000
QUARTER, USER, APP = "x-rate-limit", "x-user-limit-24hour", "x-app-limit-24hour"


@pytest.mark.parametrize(
    ("families", "seconds"),
    [
        ({QUARTER: (0, 300)}, 301),
        ({USER: (0, 80_000)}, 80_001),
        ({QUARTER: (57, 300), USER: (0, 80_000)}, 80_001),
        ({QUARTER: (0, 300), APP: (12, 80_000)}, 301),
        ({QUARTER: (0, 300), APP: (0, 70_000), USER: (9, 80_000)}, 70_001),
        ({QUARTER: (5, 300), USER: (5, 80_000)}, 80_001),
        ({QUARTER: (0, -5)}, None),
        ({}, None),
    ],
)
def test_a_rate_limit_lasts_as_long_as_the_limit_that_is_used_up(
    families: dict[str, tuple[int, int]], seconds: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`families`: how many requests remain, and in how many seconds the limit ends."""
    monkeypatch.setattr(time, "time", lambda: float(NOW))
    headers = {f"{name}-remaining": str(left) for name, (left, _) in families.items()}
    headers |= {f"{name}-reset": str(NOW + ends) for name, (_, ends) in families.items()}
    error = outcome.refused(answer(429, problem("Too Many Requests"), **headers))
    assert isinstance(error, RateLimited)
    assert error.retry_at == (seconds and NOW + seconds)


@pytest.mark.parametrize(
    ("headers", "seconds"), [({"Retry-After": "120"}, 120), ({"x-rate-limit-reset": "soon"}, None)]
)
def test_without_a_limit_in_the_headers_retry_after_decides(
    headers: dict[str, str], seconds: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "time", lambda: float(NOW))
    error = outcome.refused(answer(429, None, **headers))
    assert isinstance(error, RateLimited) and error.retry_at == (seconds and NOW + seconds)


def test_a_wrong_clock_is_named_where_it_may_be_the_reason_for_a_401() -> None:
    late = formatdate(time.time() - 3600, usegmt=True)
    assert re.search(r"36\d\d s off", str(outcome.refused(answer(401, None, Date=late))))
    right = formatdate(time.time(), usegmt=True)
    assert "off" not in str(outcome.refused(answer(401, None, Date=right)))
    assert "API_KEY" in str(outcome.refused(answer(401, None, Date="nonsense")))
