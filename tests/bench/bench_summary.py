"""Summaries beside the known ways to make them, in one run: python tests/bench/bench_summary.py [FOLDER]

FOLDER holds `*.jsonl` with title, document and reference (or references) of texts that people summarised; it
defaults to `data/summaries/dev` in the folder PUBLISHER_SHARED names. For each budget (257 characters, 600
characters, 3 sentences) the mean of ROUGE-1/2/L F1 with a 95 % bootstrap interval over documents, then the
share of leaning and of verbatim sentences and of texts over the budget, milliseconds a document, and sentences split a second.
sumy's LexRank and TextRank take part where sumy is installed (it needs no data of NLTK here).
"""

from __future__ import annotations

import importlib.util
import json
import os
import random
import re
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from publisher.statement import Block, Statement
from publisher.summary import candidates, choose, sentences
from publisher.summary.words import rules

BUDGETS = {"257 characters": (257, 99), "600 characters": (600, 99), "3 sentences": (10**6, 3)}
Budget = tuple[int, int]
Document = dict[str, Any]


# ---------------------------------------------------------------- ROUGE


def tokens(text: str) -> list[str]:
    return [re.sub(r"(?:ies|es|s|ing|ed)$", "", w) or w for w in re.findall(r"[^\W_]+", text.lower())]


def f1(overlap: int, ours: int, theirs: int) -> float:
    return 2 * overlap / (ours + theirs) if overlap else 0.0


def common_subsequence(a: Sequence[str], b: Sequence[str]) -> int:
    row = [0] * (len(b) + 1)
    for x in a:
        last = 0
        for j, y in enumerate(b, 1):
            last, row[j] = row[j], last + 1 if x == y else max(row[j], row[j - 1])
    return row[-1]


def rouge(ours: str, reference: str) -> tuple[float, float, float]:
    a, b = tokens(ours), tokens(reference)
    found = []
    for n in (1, 2):
        x, y = (Counter(zip(*(t[i:] for i in range(n)), strict=False)) for t in (a, b))
        found.append(f1((x & y).total(), x.total(), y.total()))
    return found[0], found[1], f1(common_subsequence(a, b), len(a), len(b))


def mean_rouge(ours: str, document: Document) -> float:
    return max(statistics.mean(rouge(ours, r)) for r in document["references"])


# ---------------------------------------------------------------- systems


def fit(parts: Sequence[str], budget: Budget, start: Sequence[str] = ()) -> list[str]:
    """As many of `parts` as fit, in their order, those that do not being skipped."""
    chosen = list(start)
    for part in parts:
        if len(chosen) < budget[1] + len(start) and len(" ".join([*chosen, part])) <= budget[0]:
            chosen.append(part)
    return chosen


def ours(document: Document, budget: Budget, title: str = "", day: str = "") -> list[str]:
    room = budget[0] - (len(title) + 1 if title else 0)

    def fits(chosen: Sequence[Any]) -> bool:
        return len(" ".join(c.text for c in chosen)) <= room

    return [title] * bool(title) + [c.text for c in choose(document["choice"], fits, budget[1], title, day)]


def oracle(document: Document, budget: Budget) -> list[str]:
    chosen: list[int] = []
    best = 0.0
    while len(chosen) < budget[1]:
        scored = []
        for i in range(min(len(document["split"]), 60)):
            text = " ".join(document["split"][j] for j in sorted([*chosen, i]))
            if i not in chosen and len(text) <= budget[0]:
                scored.append((mean_rouge(text, document), i))
        if not scored or max(scored)[0] <= best:
            break
        best, i = max(scored)
        chosen.append(i)
    return [document["split"][i] for i in sorted(chosen)]


def _sumy(name: str) -> Callable[[Document, Budget], list[str]]:
    module = importlib.import_module(f"sumy.summarizers.{name}")
    summarizer = getattr(module, {"lex_rank": "LexRankSummarizer", "text_rank": "TextRankSummarizer"}[name])()
    dom = importlib.import_module("sumy.models.dom")

    class Words:
        def to_words(self, text: str) -> tuple[str, ...]:
            return tuple(re.findall(r"[^\W_]+", text))

    def run(document: Document, budget: Budget) -> list[str]:
        if name not in document:  # the order in which it would take them; one a time, for it tells no ranks
            parsed = dom.ObjectDocumentModel(
                [dom.Paragraph([dom.Sentence(s, Words()) for s in document["split"][:60]])]
            )
            best = {str(s): k for k in (5, 3, 2, 1) for s in summarizer(parsed, k)}
            document[name] = sorted(best, key=lambda s: best[s])
        ranked = document[name]
        chosen = set(fit(ranked, budget))
        return [s for s in document["split"] if s in chosen]

    return run


def systems() -> dict[str, Callable[[Document, Budget], list[str]]]:
    found: dict[str, Callable[[Document, Budget], list[str]]] = {
        "ours": ours,
        "headline + ours": lambda d, b: ours(d, b, d["title"]),
        "ours on its day": lambda d, b: ours(d, b, day=d["statement"].issued),
        "headline": lambda d, b: [d["title"]],
        "lead": lambda d, b: fit(d["split"], b),
        "headline + lead": lambda d, b: fit(d["split"], b, [d["title"]]),
        "greedy oracle": oracle,
    }
    if importlib.util.find_spec("sumy"):
        found["sumy LexRank"] = _sumy("lex_rank")
        found["sumy TextRank"] = _sumy("text_rank")
    return found


# ---------------------------------------------------------------- one run


def load(folder: Path) -> list[Document]:
    documents = []
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text("utf-8").splitlines():
            document = json.loads(line)
            language = "fr" if "_fr" in path.stem else "en"
            blocks = tuple(Block("paragraph", p) for p in document["document"].split("\n\n") if p.strip())
            statement = Statement(document["title"], blocks, language=language, issued="2000-01-01")
            document["references"] = document.get("references") or [document["reference"]]
            document["copied"] = path.stem.endswith("_leadcopy")
            document["statement"] = statement
            began = time.process_time()
            document["choice"] = candidates(statement)
            document["ms"] = (time.process_time() - began) * 1000
            document["split"] = [s.text for s in sentences.split(statement.text, language)]
            documents.append(document)
    return documents


def interval(values: Sequence[float]) -> tuple[float, float]:
    draw = random.Random(1)
    means = sorted(statistics.fmean(draw.choices(values, k=len(values))) for _ in range(400))
    return means[10], means[389]


def leaning(texts: Sequence[str], document: Document) -> int:
    """How many of `texts` begin by leaning on a sentence that is not shown right before."""
    whole, r = document["split"], rules(document["statement"].language)
    count = 0
    for i, text in enumerate(texts):
        at = whole.index(text) if text in whole else -1
        if at > 0 and r.leans.pattern.match(text.lower()) and (i == 0 or texts[i - 1] != whole[at - 1]):
            count += 1
    return count


def report(documents: list[Document]) -> None:
    for name, budget in BUDGETS.items():
        print(
            f"\n{name:<18}  all {len(documents):<5} 95 % interval    rewritten  copied   leaning  verbatim  over"
        )
        for system, run in systems().items():
            picked = [(run(d, budget), d) for d in documents]
            scores = [100 * mean_rouge(" ".join(texts), d) for texts, d in picked]
            shown = [t for texts, d in picked for t in texts if t != d["title"]]
            whole = sum(t in d["statement"].text for texts, d in picked for t in texts if t != d["title"])
            low, high = interval(scores)
            parts = [
                [s for s, d in zip(scores, documents, strict=True) if d["copied"] is c] for c in (False, True)
            ]
            means = [statistics.fmean(p) if p else float("nan") for p in parts]
            over = statistics.fmean(len(" ".join(t)) > budget[0] or len(t) > budget[1] + 1 for t, _ in picked)
            lean = sum(leaning(texts, d) for texts, d in picked) / max(1, len(shown))
            print(
                f"{system:<18} {statistics.fmean(scores):6.1f}     [{low:4.1f}, {high:4.1f}] {means[0]:11.1f} {means[1]:8.1f}"
                f" {lean:9.3f} {whole / max(1, len(shown)):9.3f} {over:5.3f}"
            )
    times = sorted(d["ms"] for d in documents)
    print(f"\nms a document: p50 {times[len(times) // 2]:.2f}, p95 {times[int(len(times) * 0.95)]:.2f}")
    long = [d["statement"].text[:5000] for d in documents if len(d["statement"].text) >= 5000]
    began = time.process_time()
    for text in long:
        sentences.split(text)
    print(f"sentences: {len(long) / (time.process_time() - began):.0f} documents of 5 KB a second")


if __name__ == "__main__":
    shared = Path(os.environ.get("PUBLISHER_SHARED", Path(__file__).resolve().parents[3] / "shared"))
    report(load(Path(sys.argv[1]) if len(sys.argv) > 1 else shared / "data/summaries/dev"))
