"""What the usual filters think of our mail: SpamAssassin and rspamd, where they are installed, find nothing in it."""

from __future__ import annotations

import http.client
import json
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from channels.email import channel, dkim
from channels.email.mime import Letter, message_id, mold
from channels.email.settings import EmailSettings
from publisher.intake import read
from publisher.render import Renderer

pytestmark = pytest.mark.slow

SAMPLES = sorted((Path(__file__).parents[1] / "fixtures" / "language").glob("*.txt"))
SENDER, RELAY = "press@example.org", "192.0.2.10"
KITS = [dkim.kit("example.org", "s", kind, "") for kind in ("rsa", "ed25519")]
ZONE = [
    ("example.org", "txt", f"v=spf1 ip4:{RELAY} -all"),
    ("example.org", "mx", "10 mail.example.org"),
    ("mail.example.org", "a", RELAY),
    ("_dmarc.example.org", "txt", "v=DMARC1; p=reject"),
    *((kit["name"], "txt", kit["record"]) for kit in KITS),
]
"""What DNS says of the sender."""


@pytest.fixture(scope="module")
def mails() -> dict[str, bytes]:
    """A signed mail in each language."""
    pems = [kit["pem"] for kit in KITS]
    made = channel(
        EmailSettings(
            sender=f"Coastal Forum <{SENDER}>",
            list_id="Statements <statements.example.org>",
            unsubscribe_url="https://example.org/unsubscribe/{token}",
            bounce_address="bounces@example.org",
            dkim_domain="example.org",
            dkim_selector="s",
            dkim_key=pems[0],
            dkim_second_selector="se",
            dkim_second_key=pems[1],
        )
    )
    found = {}
    for sample in SAMPLES:
        said = read(str(sample), language=sample.stem, title="Port 2025", url="https://example.org/news/port")
        rendering = Renderer().render(said, made)
        letter = Letter(
            "ann@example.net",
            message_id("k7/email#1", "ann@example.net", "example.org"),
            time.time(),
            made.settings.unsubscribe("vT5mJ0kq8sYb2nXw7LrD4cPz"),
            one_click=True,
        )
        found[sample.stem] = mold(rendering, signers=made.settings.signers).filled(letter)
    return found


# ---------------------------------------------------------------- SpamAssassin


@pytest.mark.skipif(not shutil.which("spamassassin"), reason="no SpamAssassin is installed")
def test_spamassassin_finds_nothing(mails: dict[str, bytes]) -> None:
    """Its own rules alone, no network. What costs nothing or speaks for the mail is no finding."""
    box = b"".join(b"From x Sat Nov 28 13:00:00 2026\n" + mail + b"\n" for mail in mails.values())
    ran = subprocess.run(["spamassassin", "-L", "-t", "--mbox"], input=box, capture_output=True, timeout=300)
    reports = ran.stdout.decode("latin-1").split("Content analysis details:")[1:]
    assert len(reports) == len(mails)
    for language, report in zip(mails, reports, strict=True):
        found = re.findall(r"^ *(-?\d+\.\d) ([A-Z0-9_]+)", report, re.MULTILINE)
        assert "MAILING_LIST_MULTI" in dict(reversed(pair) for pair in found), language
        assert [name for points, name in found if float(points) > 0] == [], language


# ---------------------------------------------------------------- rspamd

PARTS = ("fuzzy_check", "rbl", "surbl", "asn", "phishing", "neural", "reputation", "bayes_expiry")
"""What asks others over the network."""
FRAME = """
.include "$CONFDIR/common.conf"
options {{
  pidfile = "{folder}/pid";
  .include "$CONFDIR/options.inc"
  .include(priority=10) "{folder}/options.inc"
}}
logging {{ type = "file"; filename = "{folder}/log"; level = "warning"; }}
worker "normal" {{ bind_socket = "127.0.0.1:{port}"; count = 1; .include "$CONFDIR/worker-normal.inc" }}
"""
OPTIONS = """
filters = "chartable,dkim,regexp"; disable_hyperscan = true; url_tld = "{folder}/endings";
dns {{ timeout = 0.05s; retransmits = 1; nameserver = ["127.0.0.1:9"]; fake_records = {records}; }}
"""


@pytest.fixture(scope="module")
def rspamd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of an rspamd of our own, with a DNS that knows the sender and nobody else."""
    if not (program := shutil.which("rspamd")) or not Path("/etc/rspamd/common.conf").exists():
        pytest.skip("no rspamd is installed")
    folder, port = tmp_path_factory.mktemp("rspamd"), free()
    records = json.dumps([{"name": n, "type": kind, "replies": [said]} for n, kind, said in ZONE])
    (folder / "conf").write_text(FRAME.format(folder=folder, port=port))
    (folder / "options.inc").write_text(OPTIONS.format(folder=folder, records=records))
    (folder / "endings").write_text("com\nnet\norg\n")  # the whole list takes it half a minute to compile
    (folder / "override.d").mkdir()
    for part in PARTS:
        (folder / "override.d" / f"{part}.conf").write_text("enabled = false;")
    places = (f"{name}={folder}" for name in ("DBDIR", "RUNDIR", "LOGDIR", "LOCAL_CONFDIR"))
    words = [program, "-f", "-i", "-c", str(folder / "conf")]
    for place in places:
        words += ["--var", place]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as ran:
        try:
            answering(port, ran)
            yield port
        finally:
            ran.terminate()
            ran.wait(30)


def test_rspamd_believes_both_signatures_and_finds_nothing(mails: dict[str, bytes], rspamd: int) -> None:
    for language, mail in mails.items():
        made = asked(rspamd, mail)
        costs = [name for name, symbol in made["symbols"].items() if symbol["score"] > 0]
        assert (made["action"], costs) == ("no action", []), language
        assert {"R_DKIM_ALLOW", "R_SPF_ALLOW", "DMARC_POLICY_ALLOW", "HAS_LIST_UNSUB"} <= set(made["symbols"])
        signed = made["symbols"]["R_DKIM_ALLOW"]["options"]
        assert sorted(signed) == ["example.org:s=s", "example.org:s=se"], language


def asked(port: int, mail: bytes) -> Any:
    envelope = {"From": SENDER, "Rcpt": "ann@example.net", "IP": RELAY}
    names = {"Helo": "mail.example.org", "Hostname": "mail.example.org"}
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as wire:
        wire.request("POST", "/checkv2", mail, envelope | names)
        return json.loads(wire.getresponse().read())


def free() -> int:
    with closing(socket.socket()) as made:
        made.bind(("127.0.0.1", 0))
        return int(made.getsockname()[1])


def answering(port: int, ran: subprocess.Popen[bytes]) -> None:
    """Wait until it takes connections: the rules are compiled first."""
    for _ in range(1200):
        assert ran.poll() is None, "rspamd has ended"
        with closing(socket.socket()) as made:
            if made.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError("rspamd does not answer")
