"""The demonstration: the example statement through the real adapters to the built-in sandbox.

Reads no environment, no `.env` and no secrets; writes to a temporary folder; talks to this machine alone.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from publisher import audience, page, views
from publisher.api import Publisher, Source
from publisher.sandbox import Sandbox
from publisher.settings import Settings

EXAMPLE = Path(__file__).parent / "example" / "statement.md"

PEOPLE = ("amina@press.example", "bruno@wire.example", "chen@radio.example")


def run(html: Path | None, tell: Callable[[str], Any]) -> int:
    """Publish the example and tell what became public. The exit code of what was settled."""
    folder = Path(tempfile.mkdtemp(prefix="publisher-demo-"))
    with Sandbox() as box:
        values = box.settings() | {
            "PUBLISHER_DATABASE_URL": f"sqlite:///{folder / 'ledger.db'}",
            "PUBLISHER_EMAIL__UNSUBSCRIBE_URL": "https://www.example.org/unsubscribe/{token}",
            "PUBLISHER_TIMEZONE": "UTC",
        }
        values.pop("PUBLISHER_EMAIL__LIST_ADDRESS", None)
        office = Publisher(Settings(values, files=False))
        try:
            for person in PEOPLE:
                audience.add(office.ledger, person, source="demo")
            tell(
                f"Publishing {EXAMPLE.name} to the sandbox at {box.x_url}, {box.linkedin_url} and {box.smtp_url}\n"
            )
            key, _ = office.publish(Source(str(EXAMPLE)), by="Demo Officer")
            office.deliver(key)
            view = views.announcement(office.ledger, key)
            _tell_public(tell, box, office.ledger.known(key).renderings)
            _tell_deliveries(tell, view)
            known = office.ledger.known(key)
            place = html or folder / "preview.html"
            made = page.page(
                known.statement,
                known.renderings,
                known.digest,
                office.renderer,
                deliveries=view["deliveries"],
                rehearsal=True,
                channels={r.channel: office.channel(r.channel) for r in known.renderings},
                blob=office.ledger.blob,
            )
            page.write(place, made)
            tell(f"\nThe preview page: {place}")
            return views.exit_code(view)
        finally:
            office.close()


def _tell_public(tell: Callable[[str], Any], box: Sandbox, renderings: Any) -> None:
    """What a member of the public sees now, by the sandbox's own record."""
    lengths = {r.channel: [c for p in r.posts for c in p.copies if c.limit] for r in renderings}
    for item in box.public:
        if item.service == "smtp":
            continue
        copy = lengths[item.service][0]
        tell(f"── {item.service}  {item.id}  {item.url or ''}  ({copy.length} of {copy.limit} {copy.unit})")
        tell("\n".join(f"│ {line}" for line in item.text.split("\n")) + "\n")
    mails = [m for m in box.public if m.service == "smtp"]
    if mails:
        from email import message_from_string, policy

        mail = message_from_string(mails[0].text, policy=policy.default)
        body = mail.get_body(("plain",))
        tell(f"── email  {len(mails)} mails, each to one reader: {', '.join(m.recipient for m in mails)}")
        tell(f"│ Subject: {mail['Subject']}  ({len(str(mail['Subject']))} of 70 characters)\n│")
        text = str(body.get_content()) if body else ""
        tell("\n".join(f"│ {line}" for line in text.replace("\r", "").strip().split("\n")) + "\n")


def _tell_deliveries(tell: Callable[[str], Any], view: dict[str, Any]) -> None:
    for d in view["deliveries"]:
        receipt = d["receipt"] or {}
        counts = (
            f"{receipt['accepted']} accepted, {receipt['refused']} refused" if "accepted" in receipt else ""
        )
        read = {"equal": "read back: exactly as approved"}.get(d["live"] or "", d["live"] or "")
        tell("  ".join(filter(None, (f"✓ {d['id']}" if d["state"] == "delivered" else f"✗ {d['id']}", d["state"],
                                     receipt.get("url") or counts, read))))  # fmt: skip
