# ruff: noqa: SIM905 (lists of words read better as words)
"""Weighted counting beside X's own reference, the JavaScript package twitter-text: equal, and how fast.

    npm install --prefix tests/bench/twitter_text
    python tests/bench/bench_counting.py [STRINGS] [SEED]

Strings are generated from a seed: Latin, combining marks, East Asian, right-to-left, emoji, links of every
kind, accidental ones, glued together in ways no writer would. Every difference must belong to one of the
deliberate classes below: with their rules off, the two must agree on every string without exception.
"""

from __future__ import annotations

import importlib
import json
import random
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from channels.x import counting, emoji, tlds

HERE = Path(__file__).parent / "twitter_text"

DELIBERATE = {
    "address": "an http(s) address counts as a link whatever its top-level domain, and never less than 23",
    "domain": "top-level domains delegated after the reference was frozen (2020)",
    "emoji": "emoji younger than the reference (Unicode 12), or with a presentation selector they do not need",
    "pairs": "the reference takes one half of a surrogate pair for a character before or within a domain",
}
"""The classes of difference that are meant, and why."""

YOUNG_DOMAINS = frozenset("amazon hotel kids merck music spa".split())
YOUNG_EMOJI = (
    "🐦‍🔥",
    "🫱🏽‍🫲🏿",
    "❤️‍🔥",
    "🧑🏽‍🎄",
    "🏳️‍⚧️",
    "🙂‍↔️",
    "🐈‍⬛",
    "👩🏾‍❤️‍👨🏻",
    "🧑‍🧑‍🧒",
    "🇨🇶",
    "🐻‍❄️",
    "😶‍🌫️",
    "🫶🏽",
    "🧑🏿‍🤝‍🧑🏻",
    "👍️",
)

_WORDS = """the coalition welcomes human rights Zürich déclaration Ñandú œuvre İstanbul naïve straße
adoption measures. It states, (34 members) “quoted” ‘so’ — – … • € ™ © ® U.S. e.g. No. 7 1.5 3,000 10:30 a_b c-d""".split()
_SCRIPTS = """人権 声明を発表 共同声明。 表現の自由 한국 성명 обращение Женева Ελλάδα δικαιώματα بيان مشترك حقوق
الإنسان اعلامیہ הצהרה זכויות मानवाधिकार สิทธิ ｆｕｌｌ 中文网 𝔘𝔫𝔦 𠀋""".split()
_MARKS = [
    "e\u0301",
    "A\u030a",
    "o\u0308\u0304",
    "ท\u0e35\u0e48",
    "a\u0345",
    "\u0915\u094d\u0937",
    "q\u0323\u0307",
    "\u0915\u094d\u200d\u0937",
    "\u1100\u1161\u11a8",
]
_EMOJI = """🙂 🎉 🇨🇭 🇪🇺 🇺🇸 🇦🇦 👍 👍🏽 👩‍🚒 👩🏽‍🚒 👨‍👩‍👧‍👦 🏳️‍🌈 🏴󠁧󠁢󠁳󠁣󠁴󠁿 1️⃣ #️⃣ 7⃣ ☀️ ☀ ✔ ❤️ ☝🏻 ☝ 🕵🏼‍♀️ 🤷‍♂️ ⛹🏿 ©️ ™️ 🍕🏽 ‼️ 🏻""".split()
_LINKS = """https://example.org https://example.org/ http://example.com/a/b?c=d&e=f#g https://t.co/AbCd123 http://t.co/pbY's
https://www.example.co.uk/path_(x)/y. https://sub_domain.example.net:8080/p?q=1, HTTPS://EXAMPLE.COM/X
https://en.example.org/wiki/A_(b_(c))_d https://exämple.de/ü https://пример.рф/дело http://例え.jp/見 https://example.みんな
https://xn--mgbh0fb.xn--kgbechtv/ https://example.org/a–b https://example.com/@user/ https://example.org?x=y-
https://t.co/abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJ https://example.org/news/2026/11/statement/""".split()
_BARE = """example.org www.example.org gov.uk/guidance bit.ly/x ÉCOLE.fr exámple.com foo.bar.baz.com a.b.cd tar.gz file.py
name@example.org name.first@example.co.uk a_b.example.com -x.com x-.com twitter.中国 中国.com example.comです 例え.com""".split()
_ACCIDENTAL = "measures.It today.In decision.At budget.My Reg.No Gov.uk end.The 5.To one.Me state.So".split()
_OTHERS = [
    "@handle",
    "#Rights",
    "#人権",
    "$ABC",
    "#example.com",
    "@example.com",
    "$example.com",
    "<tag>",
    "&amp;",
    "a+b@c.de",
]
_ODD = ["\u200f", "\u202a", "\u2069", "\u200b", "\ufeff", "\r\n", "\t", "\u00a0", "\u3000", "\u2028", "\x1f"]
_ADDRESSES = """http://intranet https://foo.zzzz/abc http://1.2.3.4/x https://example.invalidtld http://-bad.com
https://localhost:8080/ http://twitter_.com https://exämple.zzzz/ü""".split()
_YOUNG = """example.music https://example.kids/abc visit.hotel https://a.spa/x""".split()
_GLUE = [
    "",
    "",
    " ",
    " ",
    " ",
    " ",
    "\n",
    ". ",
    ".",
    ",",
    "-",
    "_",
    "/",
    ":",
    "“",
    "'",
    "。",
    "…",
    "(",
    ")",
    '"',
]


@dataclass(frozen=True)
class Sample:
    """`text`, and `settled`: the same with emoji in place of those that the reference cannot know."""

    text: str
    settled: str


def samples(number: int, seed: int) -> Iterator[Sample]:
    chance = random.Random(seed)
    common = [_WORDS, _WORDS, _WORDS, _SCRIPTS, _MARKS, _EMOJI, _LINKS, _BARE, _ACCIDENTAL, _OTHERS, _ODD]
    for _ in range(number):
        text = settled = ""
        for _ in range(chance.randint(1, 14)):
            if chance.random() < 0.03:
                # Between spaces, so that putting another emoji in its place changes nothing around it.
                text, settled = f"{text} {chance.choice(YOUNG_EMOJI)} ", f"{settled} 🙂 "
                continue
            pool = (
                _ADDRESSES
                if (roll := chance.random()) < 0.02
                else _YOUNG
                if roll < 0.03
                else chance.choice(common)
            )
            piece = chance.choice(pool) + chance.choice(_GLUE)
            text, settled = text + piece, settled + piece
        yield Sample(text, settled)


# ---------------------------------------------------------------- the two sides


def available() -> str:
    """Why the reference cannot be asked, or nothing."""
    if not shutil.which("node"):
        return "node is not installed"
    if not (HERE / "node_modules/twitter-text").is_dir():
        return f"twitter-text is not installed: npm install --prefix {HERE}"
    return ""


def reference(texts: list[str], *arguments: str) -> list[int]:
    """The reference's count of each text."""
    lines = "\n".join(json.dumps(text) for text in texts)
    command = [shutil.which("node") or "node", str(HERE / "count.js"), *arguments]
    done = subprocess.run(command, input=lines, capture_output=True, text=True, check=True, timeout=300)
    return [int(line) for line in done.stdout.split()]


@contextmanager
def without(*classes: str) -> Iterator[None]:
    """Count with the rules of these deliberate classes off."""
    domain = counting._domain

    def known_only(text: str, start: int, stem: int, any_tld: bool = False) -> int:
        return domain(text, start, stem)

    with (
        patch.multiple(
            counting,
            _domain=known_only if "address" in classes else domain,
            _ADDRESS=re.compile("(?!)") if "address" in classes else counting._ADDRESS,
        ),
        patch.object(tlds, "ASCII", tlds.ASCII - YOUNG_DOMAINS if "domain" in classes else tlds.ASCII),
    ):
        yield


@dataclass
class Comparison:
    """`deliberate`: differing strings by class; `stray`: (text, ours, theirs) that no class explains."""

    strings: int
    differing: int
    deliberate: Counter[str]
    stray: list[tuple[str, int, int]]


def compare(number: int, seed: int) -> Comparison:
    made = list(samples(number, seed))
    theirs = reference([s.text for s in made])
    differing = [(s, count) for s, count in zip(made, theirs, strict=True) if counting.count(s.text) != count]
    stray, paired = core_differences([s.settled for s in made])
    found = Counter("+".join(_classes(s, s.settled in paired)) or "none" for s, _ in differing)
    return Comparison(number, len(differing), found, stray)


def core_differences(texts: list[str]) -> tuple[list[tuple[str, int, int]], set[str]]:
    """With every deliberate rule off: (the differences, the texts that differ by surrogate pairs alone).

    The latter are told by putting a character of one code unit, of the same weight, in the place of each pair.
    """

    def differences(of: list[str]) -> list[tuple[str, int, int]]:
        with without("address", "domain"):
            ours = [counting.count(text) for text in of]
        return [(t, a, b) for t, a, b in zip(of, ours, reference(of), strict=True) if a != b]

    strays = differences(texts)
    single = {
        text: _PAIR.sub("丁", emoji.sequence().sub("☕", text)) for text, _, _ in strays if _PAIR.search(text)
    }
    still = {text for text, _, _ in differences(list(single.values()))} if single else set()
    paired = {text for text, replaced in single.items() if replaced not in still}
    return [stray for stray in strays if stray[0] not in paired], paired


_PAIR = re.compile("[\U00010000-\U0010ffff]")


def _classes(sample: Sample, paired: bool) -> Iterator[str]:
    count = counting.count(sample.text)
    rules = [("address",), ("domain",), ("address", "domain")]  # the third where each hides the other
    for classes in rules:
        with without(*classes):
            if counting.count(sample.text) != count:
                yield from classes
                break
    if sample.text != sample.settled:
        yield "emoji"
    if paired:
        yield "pairs"


# ---------------------------------------------------------------- speed

SPEED_TEXT = (
    "The members of the coalition welcome the adoption of the joint statement on human rights online and call "
    "on all states to sign it before the end of the year. "
    "https://example.org/statements/2026/joint-statement-on-human-rights "
    "https://example.com/en/news/press-release?id=123456 "
)


def speed_text() -> str:
    """280 weighted characters with two links."""
    return SPEED_TEXT + "x" * (280 - counting.count(SPEED_TEXT))


def per_second(act: Callable[[str], Any], text: str, seconds: float = 1.0) -> float:
    """How often `act` runs in a second: the best of five rounds, since a busy machine only ever slows it."""
    best = 0.0
    for _ in range(5):
        ends = time.perf_counter() + seconds / 5
        begun, number = time.perf_counter(), 0
        while time.perf_counter() < ends:
            for _ in range(50):
                act(text)
            number += 50
        best = max(best, number / (time.perf_counter() - begun))
    return best


def _python_port() -> Callable[[str], Any] | None:
    try:
        found: Callable[[str], Any] | None = getattr(
            importlib.import_module("twitter_text"), "parse_tweet", None
        )
    except ImportError:
        return None
    return found  # None, too, where the name is only the folder beside this file


def main(number: int = 10_000, seed: int = 280) -> int:
    text = speed_text()
    print(f"speed, {counting.count(text)} weighted characters with {len(counting.links(text))} links")
    print(f"  ours                  {per_second(counting.count, text):>10,.0f} counts/s")
    print(
        f"  ours, with emoji      {per_second(counting.count, text.replace('human', '🇨🇭 “👩🏽‍🚒”')):>10,.0f} counts/s"
    )
    port = _python_port()
    print(
        f"  twitter-text-parser   {per_second(port, text):>10,.0f} counts/s"
        if port
        else "  (no Python port installed)"
    )
    if missing := available():
        print(f"no comparison: {missing}")
        return 0
    print(f"  twitter-text (node)   {reference([text], '1000')[0]:>10,} counts/s")
    result = compare(number, seed)
    print(f"{result.strings:,} strings (seed {seed}): {result.differing} differ")
    for name, why in DELIBERATE.items():
        times = sum(n for classes, n in result.deliberate.items() if name in classes.split("+"))
        print(f"  {times:>6}  {name}: {why}")
    if result.deliberate["none"]:
        print(f"  {result.deliberate['none']:>6}  OF NO CLASS")
    for text, ours, theirs in result.stray[:20]:
        print(f"  STRAY ours {ours}, reference {theirs}: {text!r}")
    return 1 if result.stray or result.deliberate["none"] else 0


if __name__ == "__main__":
    raise SystemExit(main(*(int(argument) for argument in sys.argv[1:3])))
