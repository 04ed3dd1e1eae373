"""From the trigger until all three channels have accepted, in a warm process on loopback.

The services run in a process of their own, as they do in life: in ours they would take turns with it.

Beside it the same three calls made by hand with the same libraries, in parallel threads, with nothing
remembered: over connections that were kept open, and over new ones, as an announcement that comes hours
after the last one finds them. Once more with X and LinkedIn as far away as they are in life: what is written
down before each call costs the same, and the calls no longer cost nothing. Prints medians and ratios; nothing here passes or fails.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from functools import partial
from multiprocessing import Pipe, get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from publisher.api import Publisher, Source
from publisher.sandbox import Sandbox
from publisher.settings import Settings

RUNS = 30
BODY = "Ministers of {0} countries adopted charter {0} for open data in Lund on 3 May 2026.\n"


@dataclass
class Services:
    """A sandbox in another process: its addresses, its credentials, and when its newest posts became public."""

    pipe: Connection
    x_url: str
    linkedin_url: str
    smtp_url: str
    values: dict[str, str]
    away: float = 0.0

    def newest(self) -> float:
        """When the last of the newest three became public, in seconds since the epoch."""
        self.pipe.send(3)
        return float(self.pipe.recv())


AWAY = 0.05
"""Seconds that a request is on its way to a service that is not on this machine."""


def _serve(pipe: Connection, away: float) -> None:
    with Sandbox(limits=False) as box:
        for name in ("x", "linkedin"):
            server = box._servers[name]
            server.respond = partial(_after, away, server.respond)
        pipe.send((box.x_url, box.linkedin_url, box.smtp_url, box.settings()))
        while count := pipe.recv():
            pipe.send(max(item.at for item in box.public[-count:]))


def _after(seconds: float, respond: Callable[[Any], Any], incoming: Any) -> Any:
    if incoming.method == "POST":
        time.sleep(seconds)
    return respond(incoming)


@contextmanager
def services(away: float = 0.0) -> Iterator[Services]:
    here, there = Pipe()
    process = get_context("spawn").Process(target=_serve, args=(there, away), daemon=True)
    process.start()
    try:
        yield Services(here, *here.recv(), away)
    finally:
        here.send(0)
        process.join(10)


def accepted(box: Services, since: float) -> float:
    """Seconds from `since` (epoch) until the last of the newest three became public."""
    return box.newest() - since


def ours(office: Publisher, box: Services, folder: Path, run: int) -> tuple[float, float]:
    """A statement that is approved already; the trigger is `deliver`. Also the whole of `publish`."""
    path = folder / f"s{run}.md"
    path.write_text(
        f"---\ntitle: Charter {run} is adopted\nurl: https://www.example.org/{run}\n---\n{BODY.format(run)}"
    )
    key, _ = office.submit(Source(str(path)), by="bench")
    office.approve(key, by="bench")
    start = time.time()
    office.deliver(key)
    return accepted(box, start), time.time() - start


def by_hand(clients: dict[str, Any], box: Services, run: int) -> float:
    text = f"By hand {run}\n\n{BODY.format(run)}\nhttps://www.example.org/h{run}"

    def x() -> None:
        clients["x"].create_tweet(text=text, user_auth=True)

    def linkedin() -> None:
        body = {
            "author": clients["author"], "commentary": text.replace("(", "\\("), "visibility": "PUBLIC",
            "distribution": {"feedDistribution": "MAIN_FEED", "targetEntities": [], "thirdPartyDistributionChannels": []},
            "lifecycleState": "PUBLISHED", "isReshareDisabledByAuthor": False,
        }  # fmt: skip
        clients["linkedin"].post(f"{box.linkedin_url}/rest/posts", json=body, timeout=10).raise_for_status()

    def mail() -> None:
        made = EmailMessage()
        made["Subject"], made["From"], made["To"] = (
            f"By hand {run}",
            "press@sandbox.example",
            "all@press.example",
        )
        made.set_content(text)
        relay = clients["smtp"]
        if relay is None:
            import smtplib

            relay = smtplib.SMTP(*clients["relay"])
        relay.send_message(made)

    start = time.time()
    for done in [clients["pool"].submit(call) for call in (x, linkedin, mail)]:
        done.result()
    return accepted(box, start)


def hands(box: Services, values: dict[str, str], connected: bool = True) -> dict[str, Any]:
    """Clients of the same libraries; `connected` when their connections are open already."""
    import smtplib

    import requests
    import tweepy

    from publisher.http import session

    x = tweepy.Client(
        consumer_key=values["PUBLISHER_X__API_KEY"], consumer_secret=values["PUBLISHER_X__API_SECRET"],
        access_token=values["PUBLISHER_X__ACCESS_TOKEN"], access_token_secret=values["PUBLISHER_X__ACCESS_TOKEN_SECRET"],
        return_type=requests.Response,
    )  # fmt: skip
    x.session = session(5, 30, box.x_url, "https://api.twitter.com")
    linkedin = requests.Session()
    linkedin.headers.update({
        "Authorization": f"Bearer {values['PUBLISHER_LINKEDIN__ACCESS_TOKEN']}", "LinkedIn-Version": "202609",
        "X-Restli-Protocol-Version": "2.0.0",
    })  # fmt: skip
    host, _, port = box.smtp_url.removeprefix("smtp://").partition(":")
    return {
        "x": x, "linkedin": linkedin, "smtp": smtplib.SMTP(host, int(port)) if connected else None, "relay": (host, int(port)), "pool": ThreadPoolExecutor(3),
        "author": values["PUBLISHER_LINKEDIN__ORGANIZATION"],
    }  # fmt: skip


def rows(
    office: Publisher, box: Services, folder: Path, values: dict[str, str], fresh: bool, first: int
) -> None:
    """One comparison: both in turn, so that a busy moment hits both."""
    clients = hands(box, values)
    mine, settled, theirs = [], [], []
    for run in range(first, first + RUNS + 3):
        if fresh:
            for channel in office.delivering._channels.values():
                channel.close()
            clients = hands(box, values, connected=False)
        one, whole = ours(office, box, folder, run)
        other = by_hand(clients, box, run)
        if run >= first + 3:  # the first few warm both up
            mine.append(one)
            settled.append(whole)
            theirs.append(other)
    where = f", X and LinkedIn {box.away * 1000:.0f} ms away" if box.away else ""
    print(f"{'new' if fresh else 'kept'} connections{where}")
    print(
        f"  trigger to all three accepted   {statistics.median(mine) * 1000:7.1f} ms  (claimed, committed, sent)"
    )
    print(f"  … settled and read back         {statistics.median(settled) * 1000:7.1f} ms")
    print(f"  the same three calls by hand    {statistics.median(theirs) * 1000:7.1f} ms")
    print(f"  ratio                           {statistics.median(mine) / statistics.median(theirs):7.2f}")


def main() -> None:
    for away in (0.0, AWAY):
        with tempfile.TemporaryDirectory() as name, services(away) as box:
            folder = Path(name)
            values = box.values | {
                "PUBLISHER_EMAIL__LIST_ADDRESS": "all@press.example",
                "PUBLISHER_DATABASE_URL": f"sqlite:///{folder / 'ledger.db'}",
            }
            office = Publisher(Settings(values, files=False))
            rows(office, box, folder, values, False, 0)
            rows(office, box, folder, values, True, 1000)
            office.close()


if __name__ == "__main__":
    main()
