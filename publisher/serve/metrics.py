"""/metrics for Prometheus: what the ledger says at the moment it is asked, and what this process has seen."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import func, select

from publisher import health
from publisher.ledger import Ledger
from publisher.ledger.schema import delivery, part

OUTCOMES = ("delivered", "waiting", "failed", "unknown", "held", "cancelled", "retracted", "blocked")
MAIL = {"delivered": "accepted", "failed": "refused", "waiting": "deferred", "unknown": "in doubt"}
"""What a part's state says of one reader's mail; `rate(…[5m])` of it is how fast a mailing goes."""
LATE = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 3600)
"""Seconds; the edges of the lateness histogram."""


class Metrics:
    """A registry of its own, so that whatever else lives in the process stays out of it."""

    def __init__(self, ledger: Ledger, zone: str) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        self.registry.register(_State(ledger, zone))
        self._attempts = Counter(
            "publisher_attempts", "Attempts made by this process", ["channel"], registry=self.registry
        )
        self._outcomes = Counter(
            "publisher_outcomes", "What became of them", ["channel", "outcome"], registry=self.registry
        )
        self._taken = Counter(
            "publisher_taken", "What triggers handed in", ["trigger", "outcome"], registry=self.registry
        )
        self._late = Histogram(
            "publisher_lateness_seconds", "First attempts after the planned time", ["channel"],
            buckets=LATE, registry=self.registry,
        )  # fmt: skip

    def observe(self, event: str, facts: dict[str, Any]) -> None:
        """Count an event of the engine or of a trigger."""
        channel = str(facts.get("delivery", "")).partition("/")[2].partition(".")[0]
        if event == "attempt":
            self._attempts.labels(channel).inc()
            if facts.get("attempt") == 1 and facts.get("late") is not None:
                self._late.labels(channel).observe(max(0.0, float(facts["late"])))
        elif event in OUTCOMES and channel:
            self._outcomes.labels(channel, event).inc()
        elif event in ("taken", "refused"):
            self._taken.labels(str(facts.get("trigger")), str(facts.get("outcome") or event)).inc()


class _State(Collector):
    """The ledger's state, read when it is asked for: the same on every host."""

    def __init__(self, ledger: Ledger, zone: str) -> None:
        self._ledger, self._zone = ledger, zone

    def describe(self) -> list[Metric]:
        return []

    def collect(self) -> Iterator[Metric]:
        view = health.status(self._ledger, self._zone)
        parts = GaugeMetricFamily(
            "publisher_parts", "Parts by channel and state", labels=["channel", "state"]
        )
        readers = GaugeMetricFamily(
            "publisher_readers",
            "Readers of mailings by what became of their mail",
            labels=["channel", "outcome"],
        )
        for channel, state, addressed, count in self._parts():
            if addressed and state in MAIL:
                readers.add_metric([channel, MAIL[state]], count)
            parts.add_metric([channel, state], count)
        yield parts
        yield readers
        yield _gauge("publisher_due", "Parts whose time has come and that have not left", self._due())
        yield _gauge("publisher_overdue", "Parts that are past their limit", view["overdue"])
        yield _gauge(
            "publisher_needs_a_person", "Reasons why a person is needed", len(view["needs_a_person"])
        )
        stopped = GaugeMetricFamily("publisher_stopped", "1 where nothing leaves", labels=["channel", "why"])
        for name in view["paused"]:
            stopped.add_metric([name, "paused"], 1)
        for name in view["blocked"]:
            stopped.add_metric([name, "blocked"], 1)
        yield stopped
        if view["next_due"]:
            yield _gauge(
                "publisher_next_due_timestamp_seconds",
                "When something falls due next",
                datetime.fromisoformat(view["next_due"]).timestamp(),
            )
        ticks = GaugeMetricFamily(
            "publisher_tick_age_seconds", "Since each host's clock last ticked", labels=["host"]
        )
        for tick in view["clocks"]:
            ticks.add_metric([tick["host"]], tick["seconds_ago"])
        yield ticks
        yield self._credentials()

    def _parts(self) -> list[tuple[str, str, bool, int]]:
        """Channel, state, whether each is one reader's, and how many."""
        of = (delivery.c.channel, part.c.state, delivery.c.addressed)
        with self._ledger.read() as c:
            rows = select(*of, func.count()).join(part, part.c.delivery == delivery.c.id).group_by(*of)
            return [tuple(row) for row in c.execute(rows)]

    def _due(self) -> int:
        with self._ledger.read() as c:
            waits = part.c.state.in_(("planned", "waiting"))
            return int(c.scalar(select(func.count()).where(waits, part.c.due <= self._ledger.now())) or 0)

    def _credentials(self) -> Metric:
        """As the last look at each channel found them."""
        days = GaugeMetricFamily(
            "publisher_credentials_days_left", "Until credentials end", labels=["channel"]
        )
        now = self._ledger.clock()
        for name, standing in self._ledger.standing().items():
            if standing["ends"]:
                days.add_metric([name], (standing["ends"] - now) / 86_400)
        return days


def _gauge(name: str, what: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, what, value=value)
