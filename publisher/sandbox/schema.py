"""Checks of a JSON body: each says in one sentence what is wrong with a value, or nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import Any

Check = Callable[[Any, str], str]
"""(value, its path in the body) → what is wrong, or an empty string."""


def text(pattern: str = "", least: int = 0, most: int | None = None, among: Collection[str] = ()) -> Check:
    compiled = re.compile(pattern) if pattern else None

    def check(value: Any, at: str) -> str:
        if not isinstance(value, str):
            return f"{at} must be a string"
        if among and value not in among:
            return f"{at} must be one of {', '.join(among)}"
        if compiled and not compiled.fullmatch(value):
            return f"{at} does not match {pattern}"
        if len(value) < least or (most is not None and len(value) > most):
            return f"{at} must have {least} to {most} characters"
        return ""

    return check


def flag(value: Any, at: str) -> str:
    return "" if isinstance(value, bool) else f"{at} must be true or false"


def number(value: Any, at: str) -> str:
    good = isinstance(value, int | float) and not isinstance(value, bool)
    return "" if good else f"{at} must be a number"


def whole(least: int, most: int) -> Check:
    def check(value: Any, at: str) -> str:
        good = isinstance(value, int) and not isinstance(value, bool) and least <= value <= most
        return "" if good else f"{at} must be a whole number from {least} to {most}"

    return check


def many(of: Check, least: int = 0, most: int | None = None) -> Check:
    def check(value: Any, at: str) -> str:
        if not isinstance(value, list):
            return f"{at} must be a list"
        if len(value) < least or (most is not None and len(value) > most):
            return f"{at} must have {least} to {most} entries"
        return next((wrong for i, v in enumerate(value) if (wrong := of(v, f"{at}[{i}]"))), "")

    return check


def record(fields: dict[str, Check], required: Collection[str] = (), closed: bool = True) -> Check:
    """An object; `closed`: no other fields are allowed."""

    def check(value: Any, at: str) -> str:
        if not isinstance(value, dict):
            return f"{at or 'the body'} must be an object"
        dot = f"{at}." if at else ""
        missing = [name for name in required if name not in value]
        if missing:
            return f"{dot}{missing[0]} is required"
        for name, entry in value.items():
            known = fields.get(name)
            if known is None and closed:
                return f"{dot}{name} is not defined in the schema and the schema does not allow additional properties"
            if known and (wrong := known(entry, dot + name)):
                return wrong
        return ""

    return check
