"""The ledger: the truth about what was said, approved, planned and sent. Everything else only wakes it.

`Ledger` is what the rest of the product holds: a database with queries by intent. Rooms beside this one:
`schema` (tables), `engine` (opening, clock), `statements` (announcements and approvals), `parts` (claim and
settle), `control` (hold, pause, cancel), `outward` (retract, correct), `seen` (what triggers handed in), `events` (the log).
"""

from publisher.ledger.batches import LEFT, PUT_BACK, Pace
from publisher.ledger.outward import Stale
from publisher.ledger.parts import Claimed, Verdict, stored, worker
from publisher.ledger.seen import Seen
from publisher.ledger.statements import Known, NewDelivery, Plan

__all__ = [
    "LEFT",
    "PUT_BACK",
    "Claimed",
    "Known",
    "Ledger",
    "NewDelivery",
    "Pace",
    "Plan",
    "Stale",
    "Verdict",
    "stored",
    "worker",
]


class Ledger(Seen):
    """Opens (and where it is missing creates) the ledger at a SQLAlchemy URL. Raises SettingsError."""
