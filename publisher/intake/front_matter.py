"""The fields a statement declares about itself: YAML (---) or TOML (+++) at the top, checked one by one.

Every plain scalar is text as written. YAML's own guesses are wrong for statements: `language: no` is Norwegian,
not false; `embargo: 2025-01-15 15:00` has no zone and must not gain one; `title: 12:30` is no number.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from publisher.errors import StatementError

_LIMIT = 200_000  # characters; front matter is a page at most, and YAML is slow
_DEPTH = 12
_FENCE = re.compile(r"\A\s*?(---|\+\+\+)[ \t]*\n")


def split(text: str, name: str) -> tuple[dict[str, Any], str, bool]:
    """The fields, the body, and whether there was front matter at all. Raises StatementError naming the line."""
    opened = _FENCE.match(text)
    if not opened:
        return {}, text, False
    fence = opened[1]
    closed = re.compile(r"^(---|\.\.\.)[ \t]*$" if fence == "---" else r"^\+\+\+[ \t]*$", re.M).search(
        text, opened.end()
    )
    if not closed:
        if fence == "---" and not re.match(r"\s*[\w-]+[ \t]*:", text[opened.end() :]):
            return {}, text, False  # a rule drawn above the text, not front matter
        raise StatementError(
            f"{name}: the front matter opened with {fence} is not closed; add a line {fence} after it"
        )
    inner = text[opened.end() : closed.start()]
    if len(inner) > _LIMIT:
        raise StatementError(
            f"{name}: the front matter has more than {_LIMIT:,} characters; move text to the body"
        )
    first = text[: opened.end()].count("\n") + 1
    found = _yaml(inner, name, first) if fence == "---" else _toml(inner, name, first)
    return found, text[closed.end() :], True


def _toml(text: str, name: str, first: int) -> dict[str, Any]:
    import tomllib

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: plain(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [plain(inner) for inner in value]
        return (
            value.isoformat() if isinstance(value, date) else value if isinstance(value, str) else str(value)
        )

    try:
        return {key: plain(value) for key, value in tomllib.loads(text).items()}
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        at = re.search(r"at line (\d+)", str(error))
        row = first + int(at[1]) - 1 if at else first
        raise StatementError(f"{name}: the TOML front matter cannot be read, line {row}: {error}") from None


def _yaml(text: str, name: str, first: int) -> dict[str, Any]:
    import yaml

    from publisher.intake.plain_yaml import load

    try:
        found = load(text, _DEPTH)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        row = first + (mark.line if mark else 0)
        raise StatementError(
            f"{name}: the front matter cannot be read, line {row}: {error.problem}{_hint(error.problem or '')}"
        ) from None
    except yaml.YAMLError as error:
        raise StatementError(
            f"{name}: the front matter cannot be read: {str(error).splitlines()[0]}"
        ) from None
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise StatementError(
            f"{name}: the front matter (line {first}) must be lines of `key: value`, such as `title: …`"
        )
    return found


def _hint(problem: str) -> str:
    if "mapping values" in problem:
        return "; put a value with a colon in quotes"
    return "; indent with spaces" if "'\\t'" in problem else ""
