"""`publisher serve` that kills itself: WHERE is `module:Class.function`, WHEN `before` or `after`, NTH which call of it.

serve_worker.py WHERE WHEN NTH PORT
"""

import functools
import os
import signal
import sys
from importlib import import_module

from publisher import triggers
from publisher.cli import main


def strike(where, when, nth):
    """Have the `nth` call of a function be this process's last."""
    module, _, name = where.partition(":")
    owner, _, function = name.rpartition(".")
    room = import_module(module)
    place = getattr(room, owner) if owner else room
    struck, calls = getattr(place, function), [0]

    @functools.wraps(struck)
    def wrapped(*args, **kwargs):
        calls[0] += 1
        last = calls[0] == nth
        if last and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        made = struck(*args, **kwargs)
        if last:
            os.kill(os.getpid(), signal.SIGKILL)
        return made

    setattr(place, function, wrapped)


triggers.LAPSE = 1.0  # what this process holds when it dies is free soon
if sys.argv[1] != "-":
    strike(sys.argv[1], sys.argv[2], int(sys.argv[3]))
main(["serve", "--port", sys.argv[4]])
