"""retry, resolve, run: what goes on by itself, and what a person answers."""

from __future__ import annotations

import click

from publisher.cli import common


@click.command()
@click.argument("reference", metavar="DELIVERY")
@common.by
@click.option(
    "--wait", type=click.FloatRange(0), default=60.0, show_default=True, help="Seconds to see it through."
)
@common.as_json
def retry(reference: str, by: str, wait: float, json_: bool) -> int:
    """Try a failed or waiting delivery again, now."""
    with common.office(delivering=True) as office:
        key = office.retry(reference, by=by)
        office.deliver(key, wait)
        return _report(office, key, json_)


@click.command()
@click.argument("reference", metavar="DELIVERY")
@click.option("--published", "where", is_flag=False, flag_value="", default=None, metavar="[URL_OR_ID]",
              help="It is public, there.")  # fmt: skip
@click.option("--not-published", "absent", is_flag=True, help="It is not public; it will be sent again.")
@common.by
@click.option(
    "--wait", type=click.FloatRange(0), default=60.0, show_default=True, help="Seconds to see it through."
)
@common.as_json
def resolve(reference: str, where: str | None, absent: bool, by: str, wait: float, json_: bool) -> int:
    """Answer an unknown outcome, after looking at the channel yourself.

    \b
    publisher resolve k3f9qa/x --published https://x.com/office/status/1860000000000000000
    publisher resolve k3f9qa/x --not-published
    """
    if (where is None) == (not absent):
        raise click.UsageError("say --published [URL_OR_ID] or --not-published")
    with common.office(delivering=True) as office:
        key = office.resolve(reference, published=not absent, where=where or "", by=by)
        if absent:
            office.deliver(key, wait)
        return _report(office, key, json_)


def _report(office, key: str, json_: bool) -> int:  # type: ignore[no-untyped-def]
    from publisher import views

    view = views.announcement(office.ledger, key)
    if json_:
        common.show_json(view)
    else:
        click.echo("\n".join(common.summary_lines(view, office.settings.core.timezone)))
    return views.exit_code(view)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), default=8470, show_default=True, help="The port.")
def serve(host: str, port: int) -> int:
    """The clock, and the triggers that hand statements in: webhook, feed, folder.

    \b
    publisher serve               beside the web site
    """
    common.long()
    with common.office(delivering=True) as office:
        from publisher.serve import Serving

        serving = Serving(office, host, port)
        core = office.settings.core
        given = {"webhook": core.webhook.secret, "feed": core.feed.url, "folder": core.folder.path}
        on = [name for name, value in given.items() if value] or ["no trigger"]
        common.warn(
            f"http://{host}:{port} with {', '.join(on)}, on {office.ledger.place}; stop it with Ctrl-C"
        )
        serving.run()
        return 0


@click.command()
@click.option("--until-idle", is_flag=True, help="Return when nothing is due now.")
def run(until_idle: bool) -> int:
    """The clock alone: delivers what falls due, until it is stopped.

    \b
    publisher run                 as a service
    publisher run --until-idle    from cron
    """
    from publisher import views

    common.long()
    with common.office(delivering=True) as office:
        if not until_idle:
            common.warn(f"the clock runs on {office.ledger.place}; stop it with Ctrl-C")
        touched = office.run(until_idle=until_idle)
        if not until_idle:
            return 0
        found = [views.announcement(office.ledger, key) for key in sorted(touched)]
        for view in found:
            click.echo("\n".join(common.summary_lines(view, office.settings.core.timezone)))
        return views.worst({views.exit_code(view) for view in found})
