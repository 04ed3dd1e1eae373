"""What the commands do, as a typed Python API: `Publisher` opens the settings and the ledger and does it.

Every method that changes something names who says so (`by`), and raises the errors of `publisher.errors`. One
module for each subject, each standing on those before it:

office → previewing → planning → taking → approving → delivering → correcting → checking
"""

from __future__ import annotations

from dataclasses import dataclass

from publisher.api.checking import Checking
from publisher.api.source import Previewed, Source, quiet
from publisher.errors import Blocked, PublisherError


@dataclass
class Publisher(Checking):
    """One press office, and all that it can do."""


__all__ = ["Blocked", "Previewed", "Publisher", "PublisherError", "Source", "quiet"]
