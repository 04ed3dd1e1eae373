"""Report: what went out, when, by whose word, where it stands, and what was put right; as one can file it.

Everything is read off the ledger. Times are those of the office's zone, with their offset. The proof is each
announcement's last event with its hash: whoever keeps it can show later that nothing before it was changed.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from publisher.errors import UsageError
from publisher.ledger.filed import Filed, Head, filed, heads
from publisher.views import MAILING, ORDER, moment

if TYPE_CHECKING:
    from publisher.ledger import Ledger

COLUMNS = (
    "announcement", "title", "language", "channel", "delivery", "action", "acts_on", "reason", "state", "planned",
    "public", "finished", "approved_by", "link", "readers", "refused", "in_doubt", "account", "live", "live_at", "page",
    "cost_usd", "rendering_digest", "last_event", "last_event_hash",
)  # fmt: skip
"""The columns of the CSV, in their order; they are only ever added to, at the end."""

_FORMULA = re.compile(r"^[=+\-@\t\r]")


@dataclass(frozen=True, slots=True)
class Entry:
    """One delivery as it is filed. Times in seconds since the epoch; `public` None: nothing of it is, or was."""

    row: Filed
    head: Head

    @property
    def public(self) -> float | None:
        return min((t for t in (self.row.first_out, self.row.last_out) if t is not None), default=None)

    @property
    def state(self) -> str:
        counts, order = self.row.states, MAILING if self.row.addressed else ORDER
        return next((s for s in order if counts.get(s)), "cancelled" if self.row.target else "planned")

    @property
    def at(self) -> float:
        """The moment that says which month it belongs to."""
        return self.public if self.public is not None else self.row.due

    def cells(self, told: Callable[[float | None], str]) -> dict[str, str]:
        """By column, as text; `told` writes a time."""
        row, counts = self.row, self.row.states
        readers = {"readers": counts["delivered"], "refused": counts["failed"], "in_doubt": counts["unknown"]}
        return {
            "announcement": row.announcement,
            "title": row.title,
            "language": row.language,
            "channel": row.channel,
            "delivery": row.id,
            "action": row.action,
            "acts_on": row.target,
            "reason": row.reason,
            "state": self.state,
            "planned": told(row.due),
            "public": told(self.public),
            "finished": told(row.last_out) if row.addressed else "",
            "approved_by": "; ".join(f"{by} ({told(at)})" for by, at in row.approvals),
            "link": row.link,
            **{name: str(n) if row.addressed else "" for name, n in readers.items()},
            "account": row.account,
            "live": row.live,
            "live_at": told(row.live_at),
            "page": row.page,
            "cost_usd": "" if row.cost is None else f"{row.cost:.3f}",
            "rendering_digest": row.digest,
            "last_event": str(self.head.seq),
            "last_event_hash": self.head.hash,
        }


@dataclass(frozen=True)
class Report:
    """The entries of a month (or of one announcement), and whether the log behind them is whole."""

    entries: tuple[Entry, ...]
    faults: tuple[str, ...]
    place: str
    made: float
    zone: str
    month: str = ""
    rehearsal: bool = False

    def told(self, at: float | None) -> str:
        """A time as ISO 8601 with the offset of the office's zone, to the second."""
        return (
            ""
            if at is None
            else datetime.fromtimestamp(at, ZoneInfo(self.zone)).isoformat(timespec="seconds")
        )

    @property
    def rows(self) -> list[dict[str, str]]:
        return [e.cells(self.told) for e in self.entries]

    @property
    def announcements(self) -> list[tuple[Entry, list[Entry]]]:
        """Each announcement's first entry with all of its entries, in the order they became public."""
        groups: dict[str, list[Entry]] = {}
        for entry in self.entries:
            groups.setdefault(entry.row.announcement, []).append(entry)
        return [(group[0], group) for group in groups.values()]

    @property
    def summary(self) -> dict[str, int]:
        """What a reader wants to know first."""
        of = Counter(e.row.action for e in self.entries if e.public is not None)
        return {
            "announcements": len({e.row.announcement for e in self.entries if e.public is not None}),
            "published": of["publish"] + of["replace"],
            "corrected": of["amend"] + of["reply"],
            "repaired": of["repair"],
            "retracted": of["retract"],
            "not_out": sum(e.public is None for e in self.entries),
        }

    def csv(self) -> str:
        """With a header; no cell begins like a formula, which spreadsheets would run."""
        text = io.StringIO()
        out = csv.DictWriter(text, COLUMNS, lineterminator="\r\n")
        out.writeheader()
        out.writerows({k: f"'{v}" if _FORMULA.match(v) else v for k, v in row.items()} for row in self.rows)
        return text.getvalue()

    def view(self) -> dict[str, Any]:
        """`report --json`."""
        return {
            "schema": 1,
            "month": self.month or None,
            "zone": self.zone,
            "made": moment(self.made),
            "ledger": self.place,
            "summary": self.summary,
            "entries": self.rows,
            "log": {"whole": not self.faults, "faults": list(self.faults)},
        }

    def lines(self) -> list[str]:
        """For people."""
        counted = [f"{what.replace('_', ' ')}: {n}" for what, n in self.summary.items() if n]
        lines = [f"{self.month}  {', '.join(counted) or 'nothing went out and nothing was planned'}"]
        for first, group in self.announcements:
            lines += ["", f"{first.row.announcement}  {first.row.title}"]
            lines += [f"  {line}" for e in group for line in _entry_lines(e.cells(self.told))]
            lines.append(f"  log: event {first.head.seq} {first.head.hash}")
        whole = "the log is whole" if not self.faults else "THE LOG DOES NOT HOLD"
        return [*lines, "", f"{self.place}: {whole}", *self.faults]


def _entry_lines(cell: Mapping[str, str]) -> Iterable[str]:
    when = f"public {cell['public']}" if cell["public"] else f"planned {cell['planned']}"
    counts = ", ".join(
        f"{cell[k]} {k.replace('_', ' ')}" for k in ("readers", "refused", "in_doubt") if cell[k]
    )
    live = cell["live"] if cell["live"] not in ("", "equal") else ""
    yield "  ".join(filter(None, (cell["delivery"], cell["state"], when, cell["link"], counts, live)))
    if cell["reason"]:
        yield f"    because: {cell['reason']}"
    if cell["approved_by"]:
        yield f"    approved by {cell['approved_by']}"


def month(ledger: Ledger, wanted: str, zone: str, *, rehearsal: bool = False) -> Report:
    """What belongs to a month, `YYYY-MM`, in a zone: what became public in it, and what was due and did not.

    Raises UsageError when it is no month.
    """
    start, end = bounds(wanted, zone)
    entries = [e for e in _entries(ledger, filed(ledger)) if start <= e.at < end and _worth(e)]
    return _report(ledger, entries, zone, wanted, rehearsal)


def announcement(ledger: Ledger, key: str, zone: str, *, rehearsal: bool = False) -> Report:
    """Everything of one announcement."""
    return _report(ledger, _entries(ledger, filed(ledger, key)), zone, "", rehearsal)


def _report(ledger: Ledger, entries: Sequence[Entry], zone: str, wanted: str, rehearsal: bool) -> Report:
    ordered = sorted(entries, key=lambda e: (e.at, e.row.id))
    made = ledger.clock()
    return Report(
        tuple(ordered), tuple(ledger.verify()), ledger.place, made, zone or "UTC", wanted, rehearsal
    )


def _entries(ledger: Ledger, rows: Iterable[Filed]) -> list[Entry]:
    known = heads(ledger)
    return [Entry(row, known.get(row.announcement, Head(0, ""))) for row in rows]


def _worth(e: Entry) -> bool:
    """An act that found nothing to act on is no news."""
    return e.public is not None or not (e.row.target and e.state == "cancelled")


def bounds(wanted: str, zone: str) -> tuple[float, float]:
    """The first moment of a month, and of the next. Raises UsageError."""
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", wanted) or wanted.startswith("0000"):
        raise UsageError(f"{wanted!r} is no month; write it as 2026-05")
    year, number = int(wanted[:4]), int(wanted[5:])
    here = ZoneInfo(zone or "UTC")
    following = (year + number // 12, number % 12 + 1)
    if following[0] > 9999:
        raise UsageError(f"{wanted!r} is no month; write it as 2026-05")
    return datetime(year, number, 1, tzinfo=here).timestamp(), datetime(
        *following, 1, tzinfo=here
    ).timestamp()
