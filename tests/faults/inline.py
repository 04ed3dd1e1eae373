"""A process that delivers in the thread that tells it to, one thing after the other, and may die of it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from publisher.deliver import Delivering


class Died(BaseException):
    """This process is gone: nobody settles its attempt."""


class Inline:
    """Does each task as it is given, in this thread; the dead do nothing more."""

    dead = False

    def submit(self, task: Callable[[], None]) -> Future[None]:
        done: Future[None] = Future()
        if self.dead:
            done.cancel()
            return done
        try:
            done.set_result(task())
        except BaseException as error:
            self.dead = isinstance(error, Died)
            done.set_exception(error)
        return done

    def shutdown(self, **_: Any) -> None:
        """There is nothing to wait for."""


def work(made: Delivering) -> bool:
    """Deliver all that may leave now; whether the process outlives it."""
    made._pool = made._lookers = Inline()  # type: ignore[assignment]
    try:
        made.until_idle()
    except Died:
        return False
    finally:
        made.close()
    return True
