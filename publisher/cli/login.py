"""login: let this product post for an account."""

from __future__ import annotations

import click

from publisher.cli import common


@click.command()
@click.argument("channel", metavar="x|linkedin")
@click.option(
    "--redirect",
    default="",
    metavar="URL",
    help="Where the browser is sent back to, as registered with the app.  [default: http://127.0.0.1:8474/callback]",
)
def login(channel: str, redirect: str) -> int:
    """Let this product post for an account; writes credentials.env beside the settings.

    \b
    publisher login x           with a PIN that X shows
    publisher login linkedin    through the browser
    """
    from publisher import login as logins
    from publisher.registry import canonical
    from publisher.settings import Settings

    name = canonical(channel)
    granted, place = logins.login(Settings(), name, logins.Console(redirect or logins.REDIRECT))
    click.echo(f"written to {place}: {', '.join(sorted(granted.values))}")
    common.warn(*granted.notes)
    now = Settings()  # as the next command will read them
    if lost := logins.shadowed(now, name, granted):
        common.warn(
            f"{', '.join(lost)} is also set in the environment or in {now.file}, which wins: remove it there"
        )
        return 78
    made = now.channel(name)
    try:
        findings = made.check()
    finally:
        made.close()
    for finding in findings:
        click.echo(
            f"{'✓' if finding.ok else '!'} {finding.what}{f' – {finding.fix}' if not finding.ok else ''}"
        )
    common.warn(f"if {name} was blocked: publisher resume --channel {name}")
    return 78 if any(not f.ok and f.level == "error" for f in findings) else 0
