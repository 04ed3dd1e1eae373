"""verify, retract: what is public beside what was approved, and taking it down."""

from __future__ import annotations

import click

from publisher.cli import common


@click.command()
@click.argument("reference", metavar="[ANNOUNCEMENT]", required=False)
@click.option("--all", "all_", is_flag=True, help="Everything that is public.")
@common.as_json
def verify(reference: str | None, all_: bool, json_: bool) -> int:
    """Compare what is live with what was approved.

    \b
    publisher verify @last
    publisher verify --all --json
    """
    from publisher import verify as verifying
    from publisher import views

    if bool(reference) == all_:
        raise click.UsageError("name an ANNOUNCEMENT, or say --all")
    with common.office() as office:
        answers = office.verify(reference)
        if json_:
            common.show_json({"schema": views.SCHEMA, "deliveries": [a.view() for a in answers]})
        else:
            for answer in answers:
                click.echo("  ".join(filter(None, (answer.delivery, answer.live, answer.url, answer.reason))))
                for line in answer.difference.splitlines():
                    click.echo(f"  │ {line}")
            if not answers:
                common.warn("nothing of it is public")
        return views.worst({verifying.CODES[a.live] for a in answers})


@click.command()
@common.announcement
@click.option("--reason", required=True, metavar="TEXT", help="Why; it is recorded.")
@common.by
@common.yes
@click.option(
    "--wait", type=click.FloatRange(0), default=60.0, show_default=True, help="Seconds to see it through."
)
@common.as_json
def retract(reference: str, reason: str, by: str, yes: bool, wait: float, json_: bool) -> int:
    """Take down what is public and stop everything still planned, on all channels at once.

    \b
    publisher retract k3f9qa --reason "the figures were wrong" --yes
    """
    from publisher import views

    with common.office(delivering=True) as office:
        key, _ = office.ledger.resolve_reference(reference)
        if not yes:
            view = views.announcement(office.ledger, key)
            click.echo("\n".join(common.summary_lines(view, office.settings.core.timezone)), err=True)
        common.agree("Take this down everywhere?", yes)
        key, kept = office.retract(key, reason, by=by)
        office.deliver(key, wait)
        view = views.announcement(office.ledger, key)
        for of in kept:
            common.warn(f"{of} cannot be taken back: what was mailed stays in its readers' hands")
        if json_:
            common.show_json(view)
        else:
            click.echo("\n".join(common.summary_lines(view, office.settings.core.timezone)))
        return views.exit_code(view)
