"""verify: what is public, beside what was approved."""

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
