"""People subscribe themselves over real HTTP and real mail: nothing is stored before their own button is pressed."""

from __future__ import annotations

import re
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from publisher import audience
from publisher.ledger.schema import subscriber
from publisher.sandbox import Sandbox
from publisher.serve import joining as module
from tests.e2e.serving import Service, ask, until


@pytest.fixture(scope="module")
def servers() -> Iterator[Sandbox]:
    with Sandbox(limits=False) as box:
        yield box


@pytest.fixture
def values(box: Sandbox, tmp_path: Path) -> dict[str, str]:
    return box.settings() | {"PUBLISHER_DATABASE_URL": f"sqlite:///{tmp_path / 'ledger.db'}"}


@pytest.fixture
def joining(serve) -> Service:
    """A service whose readers subscribe themselves."""
    return serve(EMAIL__SUBSCRIBE_URL="https://www.example.org/subscribe")


def _join(service: Any, address: str, language: str = "fr") -> tuple[int, str]:
    form = urllib.parse.urlencode({"email": address, "language": language}).encode()
    status, answer = ask(urllib.request.Request(f"{service.url}/subscribe", form))
    return status, answer["text"]


def _link(box: Any, n: int = 1) -> str:
    """The path of the link in the n-th mail."""
    until(lambda: len(box.public) >= n)
    mail = box.public[n - 1].mail
    return re.search(r"https://www\.example\.org(/subscribe/\S+)", mail.get_content())[1]  # type: ignore[index]


def _post(service: Any, path: str) -> tuple[int, str]:
    status, answer = ask(urllib.request.Request(service.url + path, b""))
    return status, answer["text"]


def test_only_the_readers_own_button_puts_them_on_the_list(joining, box) -> None:
    assert 'name="email"' in joining.get("/subscribe?language=fr")[1]["text"]
    assert _join(joining, "Ann@press.example")[0] == 200
    link = _link(box)
    (mail,) = box.public
    assert (mail.recipient, mail.mail["Subject"]) == (
        "Ann@press.example",
        "Veuillez confirmer\u202f: nos déclarations par courriel",
    )
    assert audience.size(joining.office.ledger) == 0
    status, page = joining.get(link)
    assert (status, "<button>" in page["text"], "Ann@press.example" in page["text"]) == (200, True, True)
    assert audience.size(joining.office.ledger) == 0
    assert [_post(joining, link)[0] for _ in range(2)] == [200, 200]
    (ann,) = audience.listed(joining.office.ledger)
    assert (ann.address, ann.language, ann.source) == ("Ann@press.example", "fr", "confirmed by the reader")


def test_the_page_answers_the_same_whoever_is_on_the_list(joining, box) -> None:
    ledger = joining.office.ledger
    audience.add(ledger, "on@press.example")
    audience.add(ledger, "off@press.example")
    audience.remove(ledger, "off@press.example")
    answers = {_join(joining, f"{name}@press.example") for name in ("on", "off", "new")}
    assert len(answers) == 1
    until(lambda: len(box.public) == 3)
    assert len({p.mail.get_content().partition("https")[0] for p in box.public}) == 1


@pytest.mark.parametrize("reason", ["left", "bounced", "complained"])
def test_who_was_off_the_list_comes_back_by_confirming_it(joining, box, reason) -> None:
    ledger = joining.office.ledger
    audience.add(ledger, "ann@press.example")
    audience.remove(ledger, "ann@press.example", reason=reason)
    token = ledger_token(ledger, "ann@press.example")
    _join(joining, "ann@press.example")
    assert _post(joining, _link(box))[0] == 200
    assert audience.size(ledger) == 1
    assert list(audience.suppressed(ledger)) == []
    # Who leaves again is not brought back by the old link.
    assert audience.leave(ledger, token)
    assert _post(joining, _link(box))[0] == 404
    assert audience.size(ledger) == 0


def ledger_token(ledger: Any, address: str) -> str:
    with ledger.read() as c:
        return str(c.scalar(select(subscriber.c.token).where(subscriber.c.normal == address)))


@pytest.mark.parametrize("harm", ["cut", "changed", "old", "nothing", "other"])
def test_a_link_that_is_not_whole_or_too_old_adds_nobody(joining, box, harm, monkeypatch) -> None:
    _join(joining, "ann@press.example")
    link = _link(box)
    token = link.rpartition("/")[2]
    swapped = "A" if token[-8] != "A" else "B"
    made = {
        "cut": token[:-4],
        "changed": f"{token[:-8]}{swapped}{token[-7:]}",
        "old": token,
        "nothing": "x",
        "other": "%00é",
    }[harm]
    if harm == "old":
        monkeypatch.setattr(module, "GOOD_FOR", -1)
    assert joining.get(f"/subscribe/{urllib.parse.quote(made)}")[0] == 404
    assert _post(joining, f"/subscribe/{urllib.parse.quote(made)}")[0] == 404
    assert audience.size(joining.office.ledger) == 0


def test_nobody_is_flooded_and_a_stranger_learns_nothing_of_it(joining, box) -> None:
    answers = {_join(joining, f"{'ANN' if n % 2 else 'ann'}@press.example") for n in range(6)}
    assert len(answers) == 1
    _join(joining, "bob@press.example")
    until(lambda: any(p.recipient == "bob@press.example" for p in box.public))
    assert sum(p.recipient.lower() == "ann@press.example" for p in box.public) == module.EACH


def test_too_many_at_once_are_asked_to_come_again(joining, box, monkeypatch) -> None:
    monkeypatch.setattr(module, "ALL", 2)
    assert [_join(joining, f"r{n}@press.example")[0] for n in range(3)] == [200, 200, 429]


@pytest.mark.parametrize("address", ["", "nobody", "a@b.org\r\nBcc: c@d.org", "a\u202e@b.org", "x" * 5000])
def test_what_is_no_address_is_not_written_to(joining, box, address) -> None:
    assert _join(joining, address)[0] == 400
    assert box.public == []


def test_where_it_is_not_set_nobody_can_subscribe(serve, box) -> None:
    service = serve(EMAIL__SUBSCRIBE_URL="")
    assert service.get("/subscribe")[0] == 404
    assert _join(service, "ann@press.example")[0] == 404
    assert box.public == []
