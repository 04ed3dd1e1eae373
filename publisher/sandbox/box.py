"""The three servers as one thing to start, look into and stop."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from publisher.errors import UsageError
from publisher.sandbox import faults as fault_names
from publisher.sandbox import linkedin_oauth, smtp, x
from publisher.sandbox.faults import Faults
from publisher.sandbox.http import Answer, HttpServer, Incoming, reply
from publisher.sandbox.linkedin import LinkedIn
from publisher.sandbox.record import Public, Record, Request, as_json
from publisher.sandbox.smtp import SmtpServer
from publisher.sandbox.wire import HOST
from publisher.sandbox.x import X
from publisher.sandbox.x_view import HANDLE


class Sandbox:
    """X on `port`, LinkedIn on the next one, SMTP on `smtp_port`; 0 takes any port that is free.

    `faults` are `NAME[:COUNT]` (see `FAULTS`). `record` is a file that gets one JSON line for each event that
    became public, flushed before the answer leaves. `slow`, `hang` and `again` are the seconds of the faults of
    that kind (`again`: what a 429 names). `limits` False: X counts requests but refuses none. `smtp_login`:
    mail needs a login, and `smtp_url` carries it. Raises UsageError for an unknown fault or a taken port.
    """

    def __init__(
        self,
        port: int = 0,
        smtp_port: int = 0,
        faults: Iterable[str] = (),
        *,
        record: Path | None = None,
        slow: float = 2.0,
        hang: float = 120.0,
        again: float = 5.0,
        limits: bool = True,
        smtp_login: bool = False,
    ) -> None:
        if port and smtp_port in (port, port + 1):
            raise UsageError(
                f"port {smtp_port} was asked for twice: X is at {port}, LinkedIn at {port + 1}, so SMTP needs another"
            )
        self._faults = Faults()
        self._first_faults = [fault_names.parse(fault) for fault in faults]
        self._record = Record(record)
        self._smtp_login = smtp_login
        self.x = X(self._record, self._faults, slow=slow, again=again, limits=limits)
        self.linkedin = LinkedIn(self._record, self._faults, slow=slow, again=again)
        self._servers: dict[str, HttpServer | SmtpServer] = {
            "x": HttpServer("x", port, self._respond, self._record, hang),
            "linkedin": HttpServer("linkedin", port and port + 1, self.linkedin.respond, self._record, hang),
            "smtp": SmtpServer(smtp_port, self._record, self._faults, hang=hang, login=smtp_login),
        }

    def start(self) -> Self:
        try:
            for server in self._servers.values():
                server.listener.start()
        except UsageError:
            self.stop()
            raise
        self.linkedin.assets.origin = self.linkedin_url
        for name, count in self._first_faults:
            self.fault(name, count)
        return self

    def stop(self) -> None:
        for server in self._servers.values():
            server.listener.stop()
        self._record.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # ------------------------------------------------------------ where it is

    def _address(self, service: str) -> str:
        return f"{HOST}:{self._servers[service].listener.port}"

    @property
    def x_url(self) -> str:
        return f"http://{self._address('x')}"

    @property
    def linkedin_url(self) -> str:
        return f"http://{self._address('linkedin')}"

    @property
    def smtp_url(self) -> str:
        login = f"{smtp.USER}:{smtp.PASSWORD}@" if self._smtp_login else ""
        return f"smtp://{login}{self._address('smtp')}"

    def settings(self) -> dict[str, str]:
        """The environment that points the adapters here, with credentials that are good here alone."""
        return {
            "PUBLISHER_X__API_URL": self.x_url,
            "PUBLISHER_X__API_KEY": x.KEYS.consumer_key,
            "PUBLISHER_X__API_SECRET": x.KEYS.consumer_secret,
            "PUBLISHER_X__ACCESS_TOKEN": x.KEYS.token,
            "PUBLISHER_X__ACCESS_TOKEN_SECRET": x.KEYS.token_secret,
            "PUBLISHER_X__ACCOUNT": HANDLE,
            "PUBLISHER_LINKEDIN__API_URL": self.linkedin_url,
            "PUBLISHER_LINKEDIN__ACCESS_TOKEN": linkedin_oauth.TOKEN,
            "PUBLISHER_LINKEDIN__ORGANIZATION": linkedin_oauth.ORGANIZATION,
            "PUBLISHER_LINKEDIN__CLIENT_ID": linkedin_oauth.CLIENT_ID,
            "PUBLISHER_LINKEDIN__CLIENT_SECRET": linkedin_oauth.CLIENT_SECRET,
            "PUBLISHER_EMAIL__SMTP_URL": self.smtp_url,
            "PUBLISHER_EMAIL__SENDER": "Sandbox Press Office <press@sandbox.example>",
            "PUBLISHER_EMAIL__REPLY_TO": "reply@sandbox.example",
            "PUBLISHER_EMAIL__LIST_ID": "Sandbox statements <statements.sandbox.example>",
            "PUBLISHER_EMAIL__UNSUBSCRIBE_URL": "https://sandbox.example/u/{token}",
        }

    # ------------------------------------------------------------ what happens

    def fault(self, name: str, count: int = 1) -> None:
        """Let `name` strike the next `count` requests it applies to (`…-refuse`: seconds); 0 clears it."""
        fault_names.known(name)
        service, _, short = name.partition("-")
        if short == "refuse":
            self._servers[service].listener.refuse(count)
        else:
            self._faults.arm(name, count)

    @property
    def armed(self) -> dict[str, int]:
        """The faults still to strike, with their counts."""
        return self._faults.armed

    @property
    def public(self) -> list[Public]:
        """Everything that became public, oldest first, as it is now; what was deleted says so."""
        return self._record.public

    @property
    def requests(self) -> list[Request]:
        """What was asked of the three services, oldest first; the last 20,000."""
        return self._record.requests

    def edit(self, id: str, text: str) -> bool:
        """Change a post behind the product's back; False when there is none of that id."""
        return self.x.edit(id, text) or self.linkedin.edit(id, text)

    def delete(self, id: str) -> bool:
        """Delete a post behind the product's back; False when there is none of that id."""
        return self.x.delete(id) or self.linkedin.delete(id)

    def hide(self, id: str, hidden: bool = True) -> bool:
        """Let no list show a post, which stays public, or show it again; False when there is none of that id."""
        return self.x.hide(id, hidden) or self.linkedin.hide(id, hidden)

    def clear(self) -> None:
        """Forget posts, media, mail, requests, faults and counts; a record file stays as it is."""
        self._faults.clear()
        self.x.clear()
        self.linkedin.clear()
        self._record.clear()

    # ------------------------------------------------------------ the control surface

    def _respond(self, incoming: Incoming) -> Answer:
        if not incoming.path.startswith("/sandbox/"):
            return self.x.respond(incoming)
        try:
            asked = incoming.json() if incoming.body else {}
            return self._control(f"{incoming.method} {incoming.path}", asked)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            return reply(400, {"error": f"{incoming.path}: {error!r}"})
        except UsageError as error:
            return reply(400, {"error": str(error)})

    def _control(self, asked_for: str, asked: dict[str, Any]) -> Answer:
        if asked_for == "GET /sandbox/public":
            return reply(200, list(as_json(self.public)))
        if asked_for == "GET /sandbox/requests":
            return reply(200, list(as_json(self.requests)))
        if asked_for == "POST /sandbox/fault":
            self.fault(str(asked["name"]), int(asked.get("count", 1)))
            return reply(200, {"armed": self.armed})
        if asked_for == "POST /sandbox/edit":
            return self._done(self.edit(str(asked["id"]), str(asked["text"])), asked["id"])
        if asked_for == "POST /sandbox/delete":
            return self._done(self.delete(str(asked["id"])), asked["id"])
        if asked_for == "POST /sandbox/hide":
            return self._done(self.hide(str(asked["id"]), bool(asked.get("hidden", True))), asked["id"])
        if asked_for == "POST /sandbox/clear":
            self.clear()
            return reply(200, {})
        return reply(404, {"error": f"there is no {asked_for}"})

    def _done(self, found: bool, id: str) -> Answer:
        return reply(200, {}) if found else reply(404, {"error": f"there is no post {id}"})
