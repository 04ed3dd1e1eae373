"""queue, show, log, status; hold, release, cancel, reschedule; pause, resume: what is planned, and stopping it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import click

from publisher.cli import common


@click.command()
@common.as_json
def queue(json_: bool) -> None:
    """What is planned, waits for approval, or needs a person."""
    from publisher import views

    with common.office() as office:
        found = []
        for row in office.ledger.all():
            view = views.announcement(office.ledger, row.id)
            head = view["announcement"]
            if head["state"] not in ("delivered", "cancelled", "retracted") or head.get("waits"):
                found.append(view)
        if json_:
            parts = [{"announcement": v["announcement"], "deliveries": v["deliveries"]} for v in found]
            common.show_json({"schema": views.SCHEMA, "queue": parts, "ledger": office.ledger.place})
            return
        for view in found:
            click.echo("\n".join(common.summary_lines(view, office.settings.core.timezone)))
        if not found:
            common.warn(f"nothing is planned in {office.ledger.place}")


@click.command()
@common.announcement
@click.option(
    "--html",
    type=click.Path(path_type=Path),
    help="Write what was stored as a page that looks like the posts.",
)
@click.option("--follow", is_flag=True, help="Stay until everything is settled.")
@common.as_json
def show(reference: str, html: Path | None, follow: bool, json_: bool) -> int:
    """One announcement: its stored renderings, deliveries and attempts."""
    from publisher import views

    with common.office() as office:
        key, _ = office.ledger.resolve_reference(reference)
        whole = _page(office, key, html) if html else True
        if follow:
            return _follow(office, key)
        view = views.expect(views.announcement(office.ledger, key, full=True), office.channel)
        if json_:
            common.show_json(view)
            return 0 if whole else 1
        from publisher.cli.preview import rendering_lines

        zone = office.settings.core.timezone
        lines = common.summary_lines(view, zone) + _whom(view)
        acts = office.corrections.waiting(key)
        if acts:
            from publisher.cli.live import act_lines

            lines += [line for act in acts for line in ("", *act_lines(act))]
        waits = {act.rendering.digest for act in acts}
        for rendering in office.ledger.known(key).renderings:
            if rendering.digest not in waits:
                lines += ["", *rendering_lines(rendering)]
        lines += ["", *(_event_line(e, zone) for e in view["events"])]
        click.echo("\n".join(lines))
    return 0 if whole else 1


def _whom(view: Any) -> list[str]:
    """As whom, where and to how many what has not left yet will go."""
    return [
        f"    {d['id']}: as {d['account'] or 'the account of the credentials'} at {d['service']}"
        + (f", to {d['recipients']:,} readers of {d['language']}" if "recipients" in d else "")
        for d in view["deliveries"]
        if d["state"] in ("planned", "waiting", "held")
    ]


def _page(office: Any, key: str, html: Path) -> bool:
    """Write what is filed of an announcement; whether its log holds."""
    from publisher import page, views
    from publisher import report as reporting

    known, core = office.ledger.known(key), office.settings.core
    view = views.announcement(office.ledger, key, full=True)
    told = office.corrections.history(known)
    record = reporting.announcement(office.ledger, key, core.timezone or "UTC", rehearsal=core.rehearsal)
    made = page.page(
        known.statement,
        [r for r, _ in told],
        known.digest,
        office.renderer,
        deliveries=view["deliveries"],
        rehearsal=core.rehearsal,
        channels={r.channel: office.channel(r.channel) for r, _ in told},
        blob=office.ledger.blob,
        before={r.digest: old for r, old in told if old is not None},
        record=record,
        events=view["events"],
    )
    page.write(html, made)
    common.warn(f"written to {html}", *record.faults)
    return not record.faults


def _mailed(view: Any, told: dict[str, int]) -> None:
    """How far each mailing has come, at every twentieth of it. `told`: what was said last, by delivery."""
    for d in view["deliveries"]:
        readers, receipt = d.get("recipients", 0), d["receipt"] or {}
        done = readers - receipt.get("waiting", readers)
        if 0 < done < readers and done - told.get(d["id"], 0) >= readers / 20:
            told[d["id"]] = done
            click.echo(f"  {d['id']}  {done:,} of {readers:,} readers")


def _follow(office: Any, key: str) -> int:
    """Print each change of state until nothing moves any more by itself."""
    from publisher import views

    zone, last, told, ripe = office.settings.core.timezone, 0, dict[str, int](), 0.0
    while True:
        for number, event in office.ledger.events(key, last):
            click.echo(_event_line(views.event_view(event), zone))
            last = number
        if (began := time.monotonic()) >= ripe:
            view = views.announcement(office.ledger, key)
            _mailed(view, told)
            if not any(d["state"] in ("planned", "sending", "waiting") for d in view["deliveries"]):
                click.echo("\n".join(common.summary_lines(view, zone)))
                return int(views.exit_code(view))
            # A million readers take a while to count: never more than a tenth of the time.
            ripe = time.monotonic() + 9 * (time.monotonic() - began)
        time.sleep(0.5)


@click.command()
@click.argument("reference", metavar="[ANNOUNCEMENT]", required=False)
@click.option("--verify", is_flag=True, help="Prove that no event was edited, removed, added or reordered.")
@common.as_json
def log(reference: str | None, verify: bool, json_: bool) -> int:
    """The event log: who did what, when, and what came of it."""
    from publisher import views

    with common.office() as office:
        ledger = office.ledger
        if verify:
            faults = ledger.verify()
            if json_:
                common.show_json({"schema": views.SCHEMA, "verified": not faults, "faults": faults})
            else:
                click.echo("\n".join(faults) if faults else f"the log of {ledger.place} is whole")
            return 1 if faults else 0
        chain = ledger.resolve_reference(reference)[0] if reference else None
        found = [views.event_view(event) for _, event in ledger.events(chain)]
        if json_:
            common.show_json({"schema": views.SCHEMA, "events": found})
        else:
            for event in found:
                click.echo(_event_line(event, office.settings.core.timezone))
    return 0


def _event_line(event: dict[str, Any], zone: str) -> str:
    at = common.moment(event["at"], zone, 0.0).rpartition(", in ")[0]
    keep = (
        "delivery",
        "n",
        "attempt",
        "url",
        "reason",
        "live",
        "deliveries",
        "digest",
        "channel",
        "changed",
        "voids",
    )
    facts = "  ".join(f"{k}={_short(event[k])}" for k in keep if event.get(k) not in (None, "", []))
    who = f" by {event['who']}" if event["who"] else ""
    return f"{at}  {event['announcement'] or '–'}  {event['event']}{who}  {facts}".rstrip()


def _short(value: Any) -> str:
    text = ",".join(map(str, value)) if isinstance(value, list | dict) else str(value)
    return f"{text[:12]}…" if len(text) == 64 else text


@click.command()
@common.announcement
@common.by
@click.option("--reason", default="", metavar="TEXT", help="Why; it is recorded.")
def hold(reference: str, by: str, reason: str) -> None:
    """Stop an announcement for now; `release` lets it go."""
    with common.office() as office:
        key, _ = office.ledger.resolve_reference(reference)
        office.ledger.hold(key, office.who(by), reason)
        _after(office, key)


@click.command()
@common.announcement
@common.by
def release(reference: str, by: str) -> None:
    """Let a held announcement go; what is late is due now. The embargo stays."""
    with common.office() as office:
        key, _ = office.ledger.resolve_reference(reference)
        office.ledger.release(key, office.who(by))
        _after(office, key)


@click.command()
@common.announcement
@common.by
@click.option("--reason", default="", metavar="TEXT", help="Why; it is recorded.")
def cancel(reference: str, by: str, reason: str) -> None:
    """Nothing more of it leaves. What is public already stays public."""
    with common.office() as office:
        key, _ = office.ledger.resolve_reference(reference)
        office.ledger.cancel(key, office.who(by), reason)
        _after(office, key)


@click.command()
@common.announcement
@click.option("--at", metavar="WHEN", required=True, help="The new time.")
@common.by
def reschedule(reference: str, at: str, by: str) -> None:
    """Give what has not left yet another time; approvals stay."""
    with common.office() as office:
        key, _ = office.ledger.resolve_reference(reference)
        office.reschedule(key, office.when(at), by=by)
        common.warn(*office.warnings(key))
        _after(office, key)


def _after(office: Any, key: str) -> None:
    from publisher import views

    view = views.expect(views.announcement(office.ledger, key), office.channel)
    click.echo("\n".join(common.summary_lines(view, office.settings.core.timezone)))


@click.command()
@common.as_json
def status(json_: bool) -> int:
    """What is due, overdue, waiting, unknown, blocked or paused; non-zero when a person is needed."""
    with common.office() as office:
        from publisher import health

        view = health.status(office.ledger, office.settings.core.timezone or "UTC")
        if json_:
            common.show_json(view)
        else:
            click.echo("\n".join(health.lines(view, office.settings.core.timezone)))
        return health.exit_code(view)


@click.command()
@click.option("--channel", default="", metavar="NAME", help="Only this channel.")
@click.option("--reason", default="", metavar="TEXT", help="Why; it is recorded.")
@common.by
def pause(channel: str, reason: str, by: str) -> None:
    """The kill switch: nothing leaves until somebody resumes."""
    with common.office() as office:
        name = office.names([channel])[0] if channel else ""
        office.ledger.pause(office.who(by), name, reason)
        click.echo(f"{name or 'everything'} is paused")


@click.command()
@click.option("--channel", default="", metavar="NAME", help="Only this channel; also ends its block.")
@common.by
def resume(channel: str, by: str) -> None:
    """End a pause; with --channel also a block, and what waited is due now."""
    with common.office() as office:
        name = office.names([channel])[0] if channel else ""
        office.ledger.resume(office.who(by), name)
        click.echo(f"{name or 'everything'} goes on")
