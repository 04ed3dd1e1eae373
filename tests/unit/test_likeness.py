"""Recent statements are one when four sentences in five are the same."""

from __future__ import annotations

import pytest

from publisher.likeness import is_version_of, traits
from publisher.statement import Block, Statement

WORDS = [
    "Ports agreed.",
    "Cables stay whole!",
    "Is that enough?",
    "Ships wait.",
    "Nets are moved.",
    "All sign.",
]


def said(title: str, *sentences: str) -> Statement:
    return Statement(title, tuple(Block("paragraph", s) for s in sentences))


@pytest.mark.parametrize("kept", range(7))
@pytest.mark.parametrize("many", [5, 6])
def test_share_of_equal_sentences(kept: int, many: int) -> None:
    """Whichever of them were changed, and however they are laid out."""
    for first in range(many):
        turned = [WORDS[(first + n) % many] for n in range(many)]
        new = [s if n < kept else f"Other words {n}." for n, s in enumerate(turned)]
        one, other = said("One", *turned), said("Other", *(s.upper().replace(" ", "\n") for s in new))
        assert is_version_of(other, one, recent=True) == (kept / many >= 0.8)
        assert not is_version_of(other, one, recent=False)
        assert traits(one) & traits(other) or not is_version_of(other, one, recent=True)
