"""report: what went out in a month, as one can file it."""

from __future__ import annotations

import click

from publisher.cli import common


@click.command()
@click.option("--month", required=True, metavar="YYYY-MM", help="The month, in PUBLISHER_TIMEZONE.")
@click.option("--csv", "as_csv", is_flag=True, help="One line a delivery, for a spreadsheet.")
@click.option("--html", "as_html", is_flag=True, help="A page to print and file.")
@common.as_json
def report(month: str, as_csv: bool, as_html: bool, json_: bool) -> int:
    """What went out in a month: when, by whose approval, links, corrections, retractions, proof of the log.

    \b
    publisher report --month 2026-05
    publisher report --month 2026-05 --csv > 2026-05.csv
    publisher report --month 2026-05 --html > 2026-05.html
    """
    from publisher import report as reporting

    if as_csv + as_html + json_ > 1:
        raise click.UsageError("say one of --csv, --html and --json")
    with common.office() as office:
        core = office.settings.core
        made = reporting.month(office.ledger, month, core.timezone or "UTC", rehearsal=core.rehearsal)
        if json_:
            common.show_json(made.view())
        elif as_csv:
            click.echo(made.csv(), nl=False)
        elif as_html:
            from publisher import page

            click.echo(page.report(made, office.renderer), nl=False)
        else:
            click.echo("\n".join(made.lines()))
    return 1 if made.faults else 0
