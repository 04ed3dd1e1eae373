"""Summary: the statement's own sentences that may speak for it, and the proof that a text is faithful to it."""

from publisher.summary import faithful, phrases, sentences
from publisher.summary.choice import Candidate, Choice, LeftOut, candidates, one_sided, sober
from publisher.summary.selection import FILLER, choose, redundant

__all__ = [
    "FILLER",
    "Candidate",
    "Choice",
    "LeftOut",
    "candidates",
    "choose",
    "faithful",
    "one_sided",
    "phrases",
    "redundant",
    "sentences",
    "sober",
]
