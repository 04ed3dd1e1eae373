"""Languages: which of an announcement's a channel is given."""

from __future__ import annotations

import re
from collections.abc import Sequence

from publisher.statement import Statement

_TAG = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")


def tags(value: str) -> tuple[str, ...]:
    """The BCP 47 tags of a list such as "en, pt-BR". Raises ValueError for what is none."""
    found = tuple(tag.strip() for tag in value.split(",") if tag.strip())
    for tag in found:
        if not _TAG.fullmatch(tag):
            raise ValueError(f"has {tag!r}, which is no language tag such as fr or pt-BR")
    return found


def spoken(statement: Statement, wanted: Sequence[str]) -> list[Statement]:
    """The statement and its translations in the languages `wanted`, every one where none is named.

    A tag without a region stands for all its regions. Where nothing is in any of them it is the main language:
    an approved announcement reaches each of its channels.
    """
    every = list(statement.languages)
    return [s for s in every if not wanted or any(_is(s.language, tag) for tag in wanted)] or every[:1]


def _is(language: str, tag: str) -> bool:
    return f"{language}-".casefold().startswith(f"{tag}-".casefold())
