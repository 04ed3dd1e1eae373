"""Logs: one event a step, for people on a terminal, as JSON in a pipe. No secret gets through.

Redaction is a step of the chain that every record passes, whatever its level and whoever wrote it: tweepy
and requests-oauthlib print tokens at DEBUG.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterable, MutableMapping
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from publisher.settings import Settings

REDACTED = "[redacted]"

LEVELS = {
    "failed": "error",
    "unknown": "error",
    "blocked": "error",
    "held": "warning",
    "late answer": "warning",
    "waiting": "warning",
    "clock trouble": "error",
    "ledger trouble": "error",
    "page missing": "warning",
    "page not reached": "warning",
    "preflight trouble": "error",
    "notice failed": "warning",
    "looked": "info",
}
"""The level of each event that is not plain information."""

_BAD_LIVE = ("changed", "cut", "deleted")


def configure(settings: Settings, stream: TextIO | None = None) -> Callable[[str, dict[str, Any]], None]:
    """Set up logging for this process; returns the observer that logs what happens to deliveries."""
    import structlog

    out = stream or sys.stderr
    core = settings.core.log
    plain = core.format == "json" or (not core.format and not out.isatty())
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redactor(settings.secrets()),
    ]
    final: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if plain
        else structlog.dev.ConsoleRenderer(colors=out.isatty(), pad_event_to=12)
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared[:-1], structlog.stdlib.ExtraAdder(), shared[-1]],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, final],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(core.level.upper())
    logging.getLogger("markdown_it").setLevel(logging.INFO)  # it tells of every line it looks at
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    logger = structlog.stdlib.get_logger("publisher")
    if settings.core.rehearsal:
        logger = logger.bind(rehearsal=True)

    def observe(event: str, facts: dict[str, Any]) -> None:
        level = "error" if facts.get("live") in _BAD_LIVE else LEVELS.get(event, "info")
        getattr(logger, level)(event, **{k: v for k, v in facts.items() if v not in (None, "")})

    return observe


def redactor(
    secrets: Iterable[str],
) -> Callable[[Any, str, MutableMapping[str, Any]], MutableMapping[str, Any]]:
    """A structlog step that replaces every secret, also where it stands within a longer text."""
    known = sorted({s for s in secrets if s}, key=len, reverse=True)

    def clean(value: Any) -> Any:
        if isinstance(value, str):
            for secret in known:
                value = value.replace(secret, REDACTED)
            return value
        if isinstance(value, bytes):
            return clean(value.decode("utf-8", "replace"))
        if isinstance(value, dict):
            return {clean(k): clean(v) for k, v in value.items()}
        if isinstance(value, list | tuple | set):
            return [clean(v) for v in value]
        return value if isinstance(value, int | float | bool | None) else clean(str(value))

    def step(_: Any, __: str, record: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        for key in list(record):
            if not key.startswith("_"):  # structlog's own, removed before anything is written
                record[key] = clean(record[key])
        return record

    return step
