"""subscribers: the email list."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import click

from publisher.cli import common


@click.group()
def subscribers() -> None:
    """The email list.

    \b
    publisher subscribers import people.csv
    publisher subscribers add reader@example.org --language fr
    """


@subscribers.command("import")
@click.argument("file", type=click.File("rb"))
@click.option(
    "--map",
    "maps",
    multiple=True,
    metavar="FIELD=COLUMN",
    help="Where email, name, language, tags, status, or left (who wants no mail) stand.",
)
@click.option(
    "--encoding", default="", metavar="NAME", help="Such as windows-1251, where it is not found out."
)
@click.option("--suppress", is_flag=True, help="These people are not to be mailed.")
@click.option("--source", default="", metavar="TEXT", help="Where these people come from; it is recorded.")
@click.option(
    "--refused",
    type=click.File("w", encoding="utf-8", lazy=True),
    help="Write every refused line there, as CSV.",
)
@click.option("--dry-run", "dry", is_flag=True, help="Say what would happen; change nothing.")
@common.by
@common.as_json
def import_(
    file: Any,
    maps: tuple[str, ...],
    encoding: str,
    suppress: bool,
    source: str,
    refused: Any,
    dry: bool,
    by: str,
    json_: bool,
) -> int:
    """CSV with a header (email, and optionally name, language, tags), or one address a line.

    Delimiter and encoding are detected. Exports of Mailchimp, Brevo, MailerLite, listmonk, Mailman and Google Groups are read as
    they are: whom these no longer mail will not be mailed from here either.
    """
    from publisher import enrol, roster

    columns = _mapped(maps)
    common.long()
    with common.office() as office, _twice(file) as stream, _progress(stream) as told:
        result = enrol.load(
            office.ledger,
            told(roster.people(stream, columns, encoding=_known(encoding), off=suppress)),
            source=source or file.name,
            by=office.who(by),
            suppress=suppress,
            dry=dry,
            refused=_report(refused),
        )
    if json_:
        lines = [{"line": n, "reason": why} for n, why in result.refused]
        counts = {n: getattr(result, n) for n in ("added", "known", "suppressed", "stopped", "unusable")}
        common.show_json({"schema": 1, "dry_run": dry, **counts, "refused": lines})
    else:
        click.echo(
            f"{'would be: ' if dry else ''}{result.added} added, {result.known} known already, "
            f"{result.suppressed} not to be mailed, {result.unusable} refused"
            + (f"; {result.stopped} newly not to be mailed" if result.stopped else "")
        )
        for number, why in result.refused:
            common.warn(f"line {number}: {why}")
        if result.unusable > len(result.refused):
            common.warn(f"… and {result.unusable - len(result.refused)} more")
    done = result.added or result.known or result.suppressed or result.stopped
    return 65 if result.unusable and not done else 0


def _report(file: Any) -> Callable[[int, str, str], object]:
    """Writes each refused line into `file`, if there is one."""
    import csv

    from publisher.roster import guarded

    if file is None:
        return lambda line, email, why: None
    made = csv.writer(file, lineterminator="\n")
    made.writerow(("line", "email", "reason"))
    return lambda line, email, why: made.writerow((line, guarded(email), why))


def _mapped(maps: tuple[str, ...]) -> dict[str, str]:
    from publisher.roster import MAPPED

    found = {}
    for said in maps:
        name, mark, column = said.partition("=")
        if not mark or name not in MAPPED:
            raise click.UsageError(f"--map {said!r} is no FIELD=COLUMN with FIELD one of {', '.join(MAPPED)}")
        found[name] = column.strip()
    return found


def _known(encoding: str) -> str:
    import codecs

    try:
        return codecs.lookup(encoding).name if encoding else ""
    except LookupError:
        raise click.UsageError(
            f"--encoding {encoding!r} is no name of an encoding such as windows-1251"
        ) from None


@contextmanager
def _twice(file: Any) -> Iterator[Any]:
    """A file that can be read twice: standard input cannot."""
    if file.seekable():
        yield file
        return
    with tempfile.TemporaryFile() as copy:
        shutil.copyfileobj(file, copy)
        copy.seek(0)
        yield copy


@contextmanager
def _progress(stream: Any) -> Iterator[Callable[[Iterable[Any]], Iterable[Any]]]:
    """Shows on a terminal how much of the file has been read."""
    if not sys.stderr.isatty():
        yield lambda people: people
        return
    size = stream.seek(0, 2)
    stream.seek(0)
    with click.progressbar(length=size, file=sys.stderr, label="reading") as bar:

        def told(people: Iterable[Any]) -> Iterator[Any]:
            for n, person in enumerate(people):
                if n % 1000 == 0:
                    bar.update(stream.tell() - bar.pos)
                yield person

        yield told


@subscribers.command()
@click.option("--suppressed", is_flag=True, help="Those who are not to be mailed, with the reason.")
def export(suppressed: bool) -> None:
    """The list as CSV, as `import` reads it. A spreadsheet runs nothing in it: `import` takes away the apostrophes."""
    import csv

    from publisher import audience
    from publisher.roster import guarded

    with common.office() as office:
        made = csv.writer(sys.stdout, lineterminator="\n")
        if suppressed:
            made.writerow(("email", "reason", "since"))
            for p in audience.suppressed(office.ledger):
                made.writerow(map(guarded, (p.normal, p.reason, f"{p.at:.0f}")))
            return
        made.writerow(("email", "name", "language", "tags", "source"))
        for p in audience.listed(office.ledger):
            made.writerow(map(guarded, (p.address, p.name, p.language, ",".join(p.tags), p.source)))


@subscribers.command()
@click.argument("address")
@click.option("--name", default="", help="What they are called.")
@click.option("--language", default="", metavar="TAG", help="The language they read, such as fr.")
@click.option(
    "--tag", "tags", multiple=True, metavar="TEXT", help="A word to find them by; repeat for several."
)
@common.by
def add(address: str, name: str, language: str, tags: tuple[str, ...], by: str) -> None:
    """Add one person."""
    from publisher import audience

    with common.office() as office:
        new = audience.add(
            office.ledger,
            address,
            name=name,
            language=language,
            tags=tags,
            source="added by hand",
            by=office.who(by),
        )
        click.echo(f"{address} {'added' if new else 'is on the list already'}")


@subscribers.command()
@click.argument("address")
@common.by
def remove(address: str, by: str) -> None:
    """Take somebody off the list for good."""
    from publisher import audience

    with common.office() as office:
        audience.remove(office.ledger, address, by=office.who(by))
        click.echo(f"{address} is off the list and will not be added again by an import")


@subscribers.command("list")
@common.as_json
def list_(json_: bool) -> None:
    """Everybody who is on the list."""
    from publisher import audience

    with common.office() as office:
        people = audience.listed(office.ledger)
        if json_:
            common.show_rows(
                {"schema": 1},
                "subscribers",
                (
                    {"email": p.address, "name": p.name, "language": p.language, "tags": p.tags}
                    for p in people
                ),
            )
            return
        for p in people:
            click.echo("  ".join(filter(None, (p.address, p.name, p.language))))
