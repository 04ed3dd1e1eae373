"""A worker that is there to be killed: forks one for each order, so that starting anew costs milliseconds.

Orders are JSON lines on standard input, each answered by one on standard output.
{"environ": {…}, …} starts a worker and answers its pid; {"reap": pid} waits for its end and answers the status.
"""

import json
import os
import signal
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import requests  # noqa: F401  loaded once, before the forks
import tweepy  # noqa: F401

from publisher import deliver, registry
from publisher.api import Publisher
from publisher.ledger import Ledger
from publisher.settings import Settings
from tests import quick

TRACED = {
    "deliver.py": None,
    "acting.py": None,
    "mailing.py": None,
    "journal.py": None,
    "stream.py": None,
    "parts.py": {"claim", "settle"},
    "batches.py": {"claim_many", "settle_many"},
}
"""Whose lines are boundaries: of a file every function's, or those of the functions that are named."""


def main():
    for name in ("x", "linkedin", "email"):
        registry.find(name)
    warm = False
    for line in sys.stdin:
        order = json.loads(line)
        if "reap" in order:
            answer = os.waitstatus_to_exitcode(os.waitpid(order["reap"], 0)[1])
        else:
            if not warm:
                warm_up(order["environ"])
                warm = True
            if not (answer := os.fork()):
                begin(order)
        print(answer, flush=True)


def warm_up(environ):
    """Run once with nothing to do: what that loads and compiles is there for all who are forked."""
    quick.ledgers()
    with tempfile.TemporaryDirectory() as folder:
        place = {"PUBLISHER_DATABASE_URL": f"sqlite:///{folder}/ledger.db"}
        office = Publisher(Settings(environ | place, files=False))
        office.run(until_idle=True)
        office.close()


def begin(order):
    """In the child: deliver until nothing is left that a machine may do, or only what is due now (`once`)."""
    code = 1
    try:
        deliver.ASLEEP = order.get("asleep", deliver.ASLEEP)
        if "stop" in order:
            stop_after_claims(order["stop"])
        office = Publisher(Settings(order["environ"], files=False))
        # Few at a time, as a press office has them: a kill then leaves few in doubt.
        office.delivering._pool = ThreadPoolExecutor(max_workers=order.get("threads", 2))
        if "die_at" in order:
            die_at(order["die_at"])
        work(office, once=order.get("once", False))
        code = 0
    finally:
        os._exit(code)


def work(office, *, once):
    while True:
        office.run(until_idle=True)
        due = None if once else office.ledger.next_due()
        if due is None:
            return
        time.sleep(max(0.01, min(0.05, due - office.ledger.clock())))


def die_at(line):
    """Kill this process as it comes to the `line`-th traced line, counted over all its threads."""
    lock, seen = threading.Lock(), [0]

    def step(frame, event, arg):
        if event == "line":
            with lock:
                seen[0] += 1
                if seen[0] == line:
                    os.kill(os.getpid(), signal.SIGKILL)
        return step

    def called(frame, event, arg):
        code = frame.f_code
        folder, _, name = code.co_filename.rpartition("/")
        if name not in TRACED or "/publisher" not in folder:
            return None
        wanted = TRACED[name]
        return step if wanted is None or code.co_name in wanted else None

    threading.settrace(called)
    sys.settrace(called)


def stop_after_claims(count):
    """Suspend this process between commit and wire, for its first `count` claims."""
    claim, left = Ledger.claim, [count]

    def claimed(self, *args):
        found = claim(self, *args)
        if found and left[0]:
            left[0] -= 1
            # To this very thread: one sent to the process may let it go a few steps further.
            signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)
        return found

    Ledger.claim = claimed


main()
