"""doctor: whether everything is set up, and what would stop a publication."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from publisher.cli import common

if TYPE_CHECKING:
    from publisher.channel import Finding
    from publisher.doctor import Report


@click.command()
@click.option(
    "--notify", is_flag=True, help="Tell everybody in PUBLISHER_NOTIFY__URLS, to see that it reaches them."
)
@common.as_json
def doctor(notify: bool, json_: bool) -> int:
    """Look at everything a publication needs, and say what would stop it. Publishes nothing.

    \b
    publisher doctor             settings and where they came from, database, clock, templates, every channel
    publisher doctor --notify    also sends a notice to everybody who is told
    """
    import platform

    from publisher import __version__, views
    from publisher.doctor import examine
    from publisher.doctor.words import told
    from publisher.settings import Settings

    given = Settings()
    with common.office(running=True) as office:
        report = examine(office, given, notify=notify)
        rows = told(given)
        if json_:
            about = {"version": __version__, "python": platform.python_version()}
            common.show_json(
                {
                    "schema": views.SCHEMA,
                    "ok": not report.stops,
                    **about,
                    "findings": report.view(),
                    "settings": rows,
                }
            )
        else:
            click.echo(
                f"publisher {__version__}, Python {platform.python_version()}, {platform.platform(terse=True)}\n"
            )
            click.echo("\n".join(_settings(rows)))
            click.echo("\n".join(_findings(report)))
    return 78 if report.stops else 0


def _settings(rows: list[dict[str, Any]]) -> list[str]:
    """Those that somebody gave; the rest, at their defaults, as a count."""
    return [
        *common.table(
            [(r["name"], r["value"] or "–", r["origin"]) for r in rows], ("setting", "value", "from")
        ),
        "",
    ]


def _findings(report: Report) -> list[str]:
    lines, last = [], ""
    for area, finding in report.findings:
        lines.append(f"{area if area != last else '':<10} {line(finding)}")
        last = area
    stops, warnings = len(report.stops), len(report.warnings)
    ending = (
        "nothing stands in the way of a publication" if not stops else f"{stops} would stop a publication"
    )
    return [*lines, "", f"{ending}; {warnings} to look at" if warnings else ending]


def line(finding: Finding) -> str:
    """One finding for people, with what to do about it."""
    mark = "✓" if finding.ok else "✗" if finding.level == "error" else "!"
    return f"{mark} {finding.what}{f' – {finding.fix}' if not finding.ok and finding.fix else ''}"
