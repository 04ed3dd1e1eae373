"""The web side against its own description: requests of every kind, as described and otherwise, over real HTTP."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from requests import PreparedRequest
from requests.auth import AuthBase
from schemathesis.specs.openapi.checks import positive_data_acceptance

from publisher import signing
from publisher.api import Publisher
from publisher.sandbox import Sandbox
from publisher.serve import Serving
from publisher.serve.app import description
from publisher.settings import Settings

SECRET = "a secret of the press office"
MANY = 20
LONG = int(os.environ.get("PUBLISHER_TEST_EXAMPLES", "500"))


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where a service runs."""
    with Sandbox(limits=False) as box:
        values = box.settings() | {
            "PUBLISHER_EMAIL__LIST_ADDRESS": "everybody@press.example",
            "PUBLISHER_DATABASE_URL": f"sqlite:///{tmp_path_factory.mktemp('ledger') / 'ledger.db'}",
            "PUBLISHER_WEBHOOK__SECRET": SECRET,
        }
        office = Publisher(Settings(values, files=False))
        with socket.create_server(("127.0.0.1", 0)) as wire:
            port = wire.getsockname()[1]
        serving = Serving(office, port=port)
        thread = threading.Thread(target=serving.run)
        thread.start()
        try:
            schemathesis.openapi.from_url(f"http://127.0.0.1:{port}/openapi.json", wait_for_schema=30)
            yield f"http://127.0.0.1:{port}"
        finally:
            serving.stop()
            thread.join(30)
            office.close()


class Signed(AuthBase):
    """Signs whatever leaves, as somebody does who knows the secret."""

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        body = request.body or b""
        body = body if isinstance(body, bytes) else body.encode()
        request.headers.update(signing.headers(SECRET, body, time.time()))
        return request


interface = schemathesis.openapi.from_dict(description())
signed = description()
del signed["paths"]["/hooks/statements"]["post"]["parameters"]  # whoever signs writes them
hook = schemathesis.openapi.from_dict(signed).include(path="/hooks/statements")
quick, long = (
    settings(max_examples=n, deadline=None, suppress_health_check=list(HealthCheck)) for n in (MANY, LONG)
)


@interface.parametrize()
@quick
def test_every_answer_is_as_described(case: Any, served: str) -> None:
    _holds(case, base_url=served)


@hook.parametrize()
@quick
def test_what_is_signed_is_answered_as_described(case: Any, served: str) -> None:
    _holds(case, base_url=served, auth=Signed())


@pytest.mark.slow
@pytest.mark.timeout(1800)
@interface.parametrize()
@long
def test_for_long_every_answer_is_as_described(case: Any, served: str) -> None:
    _holds(case, base_url=served)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@hook.parametrize()
@long
def test_for_long_what_is_signed_is_answered_as_described(case: Any, served: str) -> None:
    _holds(case, base_url=served, auth=Signed())


def _holds(case: Any, **how: Any) -> None:
    """What is described well may still be no statement that can be used; all else of an answer is checked."""
    case.validate_response(case.call(**how), excluded_checks=[positive_data_acceptance])


def test_the_service_gives_its_description(served: str) -> None:
    with urllib.request.urlopen(f"{served}/openapi.json") as answer:
        assert json.load(answer) == description()


def test_every_route_is_described_and_nothing_else_is(tmp_path: Path) -> None:
    values = {"PUBLISHER_DATABASE_URL": f"sqlite:///{tmp_path / 'l.db'}", "PUBLISHER_WEBHOOK__SECRET": SECRET}
    office = Publisher(Settings(values, files=False))
    routes = {
        (route.path, method)
        for route in Serving(office).app.routes
        for method in route.methods - {"HEAD"}  # answered where GET is
    }
    office.close()
    methods = {"get", "post", "put", "patch", "delete"}
    paths = description()["paths"].items()
    assert routes == {(path, m.upper()) for path, kinds in paths for m in kinds if m in methods}
