"""publish, submit, approve, reject, test: from a statement to its deliveries."""

from __future__ import annotations

import time
from typing import Any

import click

from publisher.cli import common


@click.command()
@common.reading
@common.channels
@click.option("--at", metavar="WHEN", default="", help="When; without it, now.")
@click.option("--not-after", metavar="WHEN", default="", help="Later than that, a person must release it.")
@click.option("--approved-by", metavar="NAME", default="", help="Who approves exactly these words.")
@click.option("--again", metavar="ID", default="", help="A second announcement is meant.")
@click.option("--dry-run", is_flag=True, help="Show it and stop; the same as preview.")
@click.option(
    "--wait", type=click.FloatRange(0), default=60.0, show_default=True, help="Seconds to see it through."
)
@common.yes
@common.as_json
@click.pass_context
def publish(ctx: click.Context, /, **o: Any) -> int:
    """Approve a statement and post it, now or at a time.

    \b
    publisher publish statement.md --yes --approved-by "A. Officer"
    publisher publish statement.md --at "tomorrow 09:00 Europe/Zurich"
    """
    from publisher import views

    if o["dry_run"]:
        from publisher.cli.preview import preview

        keep = ("source", "url", "title", "language", "embargo", "no_embargo", "channels", "json_")
        return int(ctx.invoke(preview, html=None, **{k: o[k] for k in keep}) or 0)
    asked, waits, json_ = o["yes"], o["wait"], o["json_"]
    source = common.source_of(o)
    with common.office(delivering=True) as office:

        def confirm(previewed: Any, due: float | None) -> bool:
            if asked:
                return True
            from publisher.cli.preview import for_people

            click.echo("\n".join(for_people(previewed)), err=True)
            common.warn(*_about(office, previewed, due))
            common.agree("Publish exactly this?" if due is None else "Plan exactly this?", asked)
            return True

        at = office.when(o["at"]) if o["at"] else None
        _point_out(office, at)
        not_after = office.when(o["not_after"], "--not-after").at if o["not_after"] else None
        key, already = office.publish(
            source,
            by=o["approved_by"],
            at=at,
            channels=o["channels"],
            again=o["again"],
            not_after=not_after,
            confirm=confirm,
        )
        if not already:
            office.deliver(key, waits)
        return _report(office, key, json_, already, views, at)


@click.command()
@common.reading
@common.channels
@click.option("--at", metavar="WHEN", default="", help="When it is to go out once it is approved.")
@click.option("--again", metavar="ID", default="", help="A second announcement is meant.")
@common.by
@common.as_json
def submit(**o: Any) -> int:
    """Take a statement in, unapproved."""
    from publisher import views

    source = common.source_of(o)
    with common.office() as office:
        at = office.when(o["at"]) if o["at"] else None
        _point_out(office, at)
        key, already = office.submit(source, by=o["by"], at=at, channels=o["channels"], again=o["again"])
        view = views.announcement(office.ledger, key, already=already)
        if o["json_"]:
            known = office.ledger.known(key)
            common.show_json(view | {"renderings": [views.rendering_view(r) for r in known.renderings]})
        else:
            click.echo("\n".join(common.summary_lines(view, office.settings.core.timezone)))
            if already:
                common.warn(f"{key} is the same statement; nothing was taken in")
    return views.exit_code(view) if already else 0


@click.command()
@common.announcement
@common.by
@click.option("--at", metavar="WHEN", default="", help="When it is to go out.")
@click.option("--digest", default="", metavar="D", help="Refuse unless these are the renderings you read.")
@common.as_json
def approve(reference: str, by: str, at: str, digest: str, json_: bool) -> int:
    """Approve these exact renderings.

    \b
    publisher approve k3f9qa --by "A. Officer" --digest 3f1c…
    """
    from publisher import views

    with common.office() as office:
        key, _ = office.ledger.resolve_reference(reference)
        when = office.when(at) if at else None
        _point_out(office, when)
        before = office.ledger.known(key)
        office.approve(key, by=by, at=when, digest=digest)
        common.warn(*office.warnings(key))
        view = views.announcement(office.ledger, key)
        if len(before.approvals) == len(view["announcement"]["approvals"]):
            common.warn(f"{office.who(by)} has approved it already; one person counts once")
        if json_:
            common.show_json(view)
        else:
            click.echo("\n".join(common.summary_lines(view, office.settings.core.timezone)))
            if missing := office.missing(key):
                more = "1 more approval" if missing == 1 else f"{missing} more approvals"
                common.warn(f"{more} by somebody else {'is' if missing == 1 else 'are'} needed")
    return 0


@click.command()
@common.announcement
@common.by
@click.option("--reason", required=True, metavar="TEXT", help="Why; it is recorded.")
def reject(reference: str, by: str, reason: str) -> None:
    """Refuse a statement that waits for approval."""
    with common.office() as office:
        key, _ = office.ledger.resolve_reference(reference)
        office.reject(key, reason, by=by)
        click.echo(f"{key}  rejected: {reason}")


@click.command()
@click.argument("reference", metavar="SOURCE|ANNOUNCEMENT")
@click.option(
    "--to", "addresses", multiple=True, required=True, metavar="ADDRESS", help="Up to ten colleagues."
)
@common.by
def test(reference: str, addresses: tuple[str, ...], by: str) -> None:
    """Mail the email rendering to colleagues, marked as a test.

    \b
    publisher test statement.md --to me@example.org
    """
    from pathlib import Path

    from publisher.api import Source

    with common.office(delivering=True) as office:
        is_source = reference.startswith(("http://", "https://")) or Path(reference).exists()
        reached = office.proof(Source(reference) if is_source else reference, addresses, by=by)
        click.echo(f"test copies sent to {', '.join(reached)}")


def _about(office: Any, previewed: Any, due: float | None) -> list[str]:
    """What the prompt names: accounts, recipients, cost and time."""
    from publisher import audience, plan

    told = []
    for name in dict.fromkeys(r.channel for r in previewed.renderings):
        channel = office.channel(name)
        whom = ""
        if channel.addressed:
            languages = [r.language for r in previewed.renderings if r.channel == name]
            readers = audience.readers(office.ledger, languages, previewed.statement.language)
            total = sum(readers.values())
            whom = f", to {total:,} subscribers"
            if len(languages) > 1:
                whom += f" ({', '.join(f'{n:,} {tag}' for tag, n in readers.items())})"
            if channel.rate:
                whom += f", in about {plan.span(total / channel.rate)} at {channel.rate:g} a second"
        told.append(
            f"{name}: as {channel.account or 'the account of the credentials'} at {channel.service}{whom}"
        )
    costs = [r.cost_usd for r in previewed.renderings if r.cost_usd]
    if costs:
        told.append(f"cost: ${sum(costs):.3f}")
    if due is not None:
        told.append(f"when: {plan.shown(due, office.settings.core.timezone or 'UTC', time.time())}")
    return told


def _point_out(office: Any, when: Any) -> None:
    from publisher import plan

    odd = plan.odd_offset(when, office.settings.core.timezone) if when else ""
    if odd:
        common.warn(odd)


def _report(office: Any, key: str, json_: bool, already: bool, views: Any, at: Any = None) -> int:
    view = views.expect(views.announcement(office.ledger, key, already=already), office.channel)
    common.warn(*office.warnings(key))
    if json_:
        common.show_json(view)
    else:
        if already:
            common.warn(f"this statement is known as {key}; nothing was sent again")
            if at is not None and any(d["state"] in ("planned", "held") for d in view["deliveries"]):
                common.warn(f"its time was not changed; `publisher reschedule {key} --at …` does that")
        click.echo("\n".join(common.summary_lines(view, office.settings.core.timezone)))
        if any(d["state"] == "planned" for d in view["deliveries"]):
            clock = view["clock"]
            common.warn(
                f"planned in {view['ledger']}; "
                + (f"its clock runs on {clock['host']}" if clock else "no clock is running")
            )
    paused = [lane.name for lane in office.ledger.lanes() if lane.paused]
    if paused and any(d["state"] == "planned" for d in view["deliveries"]):
        common.warn(f"paused: {', '.join('everything' if p == '*' else p for p in paused)}")
        return int(views.worst({75, views.exit_code(view)}))
    return int(views.exit_code(view))
