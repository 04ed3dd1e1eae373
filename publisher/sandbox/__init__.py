"""The rehearsal servers: X, LinkedIn and SMTP on loopback, as strict as the real ones, with faults on demand.

    with Sandbox(faults=["x-drop"]) as box:
        publish(box.settings())
        assert [p.text for p in box.public] == [...]

Nothing leaves this machine. The X port also has a control surface for other processes: GET
/sandbox/public and /sandbox/requests; POST /sandbox/fault {"name","count"}, /sandbox/edit {"id","text"},
/sandbox/delete {"id"} (posts changed behind the product's back) and /sandbox/clear.
"""

from publisher.sandbox.box import Sandbox
from publisher.sandbox.faults import FAULTS
from publisher.sandbox.record import Public, Request

__all__ = ["FAULTS", "Public", "Request", "Sandbox"]
