"""A rehearsal: everything goes to the built-in sandbox, with a ledger of its own.

Its addresses are fixed, so that what one command plans another can send; a sandbox that already runs
there is used.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from publisher.errors import SettingsError
from publisher.settings import Settings

PORT, SMTP_PORT = 8471, 8473
"""X is at PORT, LinkedIn at the next one."""


@contextmanager
def rehearsing(settings: Settings, *, running: bool, after: bool = False) -> Iterator[Settings]:
    """Settings that point every channel at the sandbox; `running` starts one unless one answers.

    `after`: for what acts on earlier posts, which only a sandbox that has been running knows. Raises SettingsError.
    """
    from publisher.sandbox import Sandbox

    box = Sandbox(port=PORT, smtp_port=SMTP_PORT)
    there = _answers() if running or after else False
    if after and not there:
        raise SettingsError(
            "a rehearsal's servers forget what was posted when their command ends: to rehearse what comes after, "
            "run `publisher sandbox` in another terminal, then publish, correct and retract"
        )
    with box if running and not there else nullcontext():
        yield overlaid(settings, box.settings())


def overlaid(settings: Settings, values: dict[str, str]) -> Settings:
    """The settings with the sandbox's addresses and credentials in place of the real ones."""
    mine = {name.upper(): value for name, value in settings.values.items()}
    mine.setdefault("PUBLISHER_EMAIL__LIST_ADDRESS", "everybody@rehearsal.example")
    own = ("PUBLISHER_EMAIL__SENDER", "PUBLISHER_EMAIL__LIST_ID")
    return Settings(mine | {k: v for k, v in values.items() if k not in own or k not in mine}, files=False)


def _answers() -> bool:
    """Whether a sandbox runs at the rehearsal's address. Raises SettingsError when something else does."""
    import http.client

    asked = http.client.HTTPConnection("127.0.0.1", PORT, timeout=2)
    try:
        asked.request("GET", "/sandbox/public")
        if asked.getresponse().status == 200:
            return True
    except ConnectionRefusedError:
        return False
    except (OSError, http.client.HTTPException):
        pass
    finally:
        asked.close()
    raise SettingsError(f"port {PORT} is taken by something that is no sandbox; a rehearsal needs it")


__all__: list[Any] = ["overlaid", "rehearsing"]
