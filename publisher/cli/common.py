"""What the commands share: options, opening the office, asking and printing."""

from __future__ import annotations

import gc
import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from publisher.api import Publisher, Source

F = TypeVar("F", bound=Callable[..., Any])

REHEARSAL = "publisher.rehearsal"

MARKS = {
    "delivered": "✓", "planned": "·", "sending": "→", "waiting": "…", "failed": "✗", "unknown": "?", "held": "‖",
    "cancelled": "–", "retracted": "–", "draft": "·",
}  # fmt: skip


def as_json(command: F) -> F:
    return click.option("--json", "json_", is_flag=True, help="One JSON object on stdout.")(command)


def by(command: F) -> F:
    return click.option("--by", metavar="NAME", default="", help="Who says so.")(command)


def yes(command: F) -> F:
    return click.option("--yes", is_flag=True, help="Do not ask; needed where nobody can answer.")(command)


def announcement(command: F) -> F:
    return click.argument("reference", metavar="ANNOUNCEMENT")(command)


def reading(command: F) -> F:
    """SOURCE, and what overrides what is read there."""
    options = (
        click.argument("source", metavar="SOURCE"),
        click.option("--url", default="", help="The statement's public page."),
        click.option("--title", default="", help="The headline, where SOURCE has none or another."),
        click.option("--language", default="", metavar="TAG", help="BCP 47 tag, such as fr."),
        click.option("--embargo", default="", metavar="WHEN", help="Nothing leaves before it."),
        click.option("--no-embargo", is_flag=True, help="The embargo wording in the text no longer holds."),
        click.option(
            "--undated", is_flag=True, help="Leave out what is true only on the day of issue (“today”)."
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def channels(command: F) -> F:
    return click.option(
        "--channel", "channels", multiple=True, metavar="NAME", help="Only this channel; repeat for several."
    )(command)


def source_of(values: dict[str, Any]) -> Source:
    """The Source that `reading`'s options describe; takes them out of `values`."""
    from publisher.api import Source

    taken = {
        k: values.pop(k) for k in ("source", "url", "title", "language", "embargo", "no_embargo", "undated")
    }
    return Source(**taken, stdin=sys.stdin.buffer.read() if taken["source"] == "-" else None)


@contextmanager
def office(*, delivering: bool = False, running: bool = False, after: bool = False) -> Iterator[Publisher]:
    """The Publisher of this environment; `running` starts the sandbox of a rehearsal, `delivering` also sets up logs.

    `after`: the command acts on what is public, which in a rehearsal only a sandbox that runs by itself knows.
    """
    from publisher.api import Publisher, quiet
    from publisher.settings import Settings

    settings = Settings()
    warn(*settings.unknown())
    with _rehearsal(settings, delivering or running, after) as ready:
        if delivering:
            from publisher.log import configure

            observe = configure(ready)
        else:
            observe = quiet
        opened = Publisher(ready, observe)
        try:
            yield opened
        finally:
            opened.close()


@contextmanager
def _rehearsal(settings: Any, delivering: bool, after: bool) -> Iterator[Any]:
    if not settings.core.rehearsal:
        yield settings
        return
    from publisher.rehearsal import rehearsing

    click.get_current_context().find_root().meta[REHEARSAL] = True
    warn("REHEARSAL: nothing goes to the public; everything goes to the built-in sandbox")
    with rehearsing(settings, running=delivering, after=after) as ready:
        yield ready


def long() -> None:
    """Collect garbage as Python does by itself: what runs long would gather it, as a quick command may (see `cli.run`)."""
    gc.set_threshold(700, 10, 10)


def warn(*sentences: str) -> None:
    for sentence in sentences:
        click.echo(f"publisher: {sentence}", err=True)


def show_json(view: Mapping[str, Any]) -> None:
    """One object on stdout; in a rehearsal it says so."""
    if click.get_current_context().find_root().meta.get(REHEARSAL):
        view = {**view, "rehearsal": True}
    click.echo(json.dumps(view, ensure_ascii=False, indent=2 if sys.stdout.isatty() else None))


def show_rows(head: Mapping[str, Any], name: str, rows: Iterable[Any]) -> None:
    """`show_json` of `head` and, under `name`, a list as long as it likes: one row is held at a time."""
    if click.get_current_context().find_root().meta.get(REHEARSAL):
        head = {**head, "rehearsal": True}
    # The object's brace is closed behind the list.
    click.echo(f"{json.dumps(head, ensure_ascii=False)[:-1]}, {json.dumps(name)}: [", nl=False)
    for n, row in enumerate(rows):
        click.echo((",\n" if n else "\n") + json.dumps(row, ensure_ascii=False), nl=False)
    click.echo("]}")


def interactive() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


def agree(sentence: str, sure: bool) -> None:
    """Ask on a terminal; elsewhere `--yes` is needed. Raises UsageError when the answer is no."""
    from publisher.errors import UsageError

    if sure:
        return
    if not interactive():
        raise UsageError("nobody can be asked here: say --yes")
    if not click.confirm(sentence, err=True):
        raise UsageError("not done: you said no")


def moment(text: str | None, zone: str | None, now: float | None = None) -> str:
    """An ISO instant of a view, for people."""
    from datetime import datetime

    from publisher import plan

    if not text:
        return ""
    at = datetime.fromisoformat(text).timestamp()
    return plan.shown(at, zone or "UTC", time.time() if now is None else now)


def summary_lines(view: Mapping[str, Any], zone: str = "") -> list[str]:
    """An announcement's state for people: one line of it, one a delivery, what to do next."""
    head = view["announcement"]
    lines = [f"{head['id']}  {head['state']}  {head['title']}"]
    if head["approvals"]:
        lines.append(
            f"  approved by {', '.join(a['by'] for a in head['approvals'])} · digest {head['digest'][:12]}…"
        )
    else:
        lines.append(f"  not approved · digest {head['digest'][:12]}…")
        if head.get("voids"):
            lines.append(
                f"  {', '.join(head['voids'])} had approved it before these changed: {_few(head['changed'])}"
            )
    if head["embargo"]:
        lines.append(f"  embargo until {moment(head['embargo'], head['zone'] or zone)}")
    for d in view["deliveries"]:
        lines.append(
            f"  {MARKS.get(d['state'], ' ')} {d['id']}  {d['state']}{delivery_detail(d, head['zone'] or zone)}"
        )
    return lines + [f"  → {s}" for s in next_steps(view)]


def _few(names: Sequence[str], most: int = 8) -> str:
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


def delivery_detail(d: Mapping[str, Any], zone: str) -> str:
    """What follows a delivery's state: its link, its counts, its time, its trouble."""
    told: list[str] = []
    receipt = d["receipt"] or {}
    if receipt.get("url"):
        told.append(receipt["url"])
    if "accepted" in receipt:
        counts = [
            f"{receipt[k]} {k}" for k in ("accepted", "refused", "unknown", "waiting") if receipt.get(k)
        ]
        told.append(", ".join(counts) or "nobody yet")
    if d["state"] in ("planned", "waiting"):
        told.append(moment(d["due"], zone))
    if d.get("finish"):
        told.append(f"{d['recipients']:,} readers, done about {moment(d['finish'], zone)}")
    if d["live"] in ("changed", "cut", "deleted"):
        told.append(f"what is public is {d['live']}")
    if error := d["error"]:
        by_a_person = error["kind"] == "Error"
        told.append(error["message"] if by_a_person else f"{error['kind']}: {error['message']}")
    return "".join(f"  {t}" for t in told)


def next_steps(view: Mapping[str, Any]) -> list[str]:
    """What a person should do now, for each thing that waits for one."""
    steps: list[str] = []
    head = view["announcement"]
    if waits := head.get("waits"):
        what = ", ".join(f"{w['action']} {w['target']}" for w in waits)
        steps.append(
            f"a second name is needed to {what}: publisher approve {head['id']} --by NAME --digest {head['digest'][:12]}, "
            f"or publisher reject {head['id']}"
        )
    if head["state"] == "draft":
        steps.append(f"approve it: publisher approve {head['id']} --by NAME --digest {head['digest'][:12]}")
    for d in view["deliveries"]:
        if (d["error"] or {}).get("kind") == "Blocked":
            steps.append(
                f"{d['channel']} is blocked; when that is mended: publisher resume --channel {d['channel']}"
            )
        elif d.get("in_doubt"):
            steps.append(
                f"did they get it? {_few(d['in_doubt'])}: look into the relay's log, then "
                f"publisher resolve {d['id']} --published, or --not-published"
            )
        elif d["state"] == "unknown":
            steps.append(
                f"is it public on {d['channel']}? publisher resolve {d['id']} --published URL, or --not-published"
            )
        elif d["state"] == "failed":
            steps.append(f"mend it, then: publisher retry {d['id']}")
        elif d["state"] == "held" and not head.get("waits"):
            steps.append(f"let it go: publisher release {head['id']}, or publisher cancel {head['id']}")
    waits = any(d["state"] in ("planned", "waiting") for d in view["deliveries"])
    if waits and view["clock"] is None:
        steps.append("no clock is running on this ledger: start `publisher run`")
    return list(dict.fromkeys(steps))


def table(rows: Sequence[Sequence[str]], head: Sequence[str]) -> list[str]:
    """Columns as wide as they need to be, parted by two blanks."""
    widths = [max(len(str(r[i])) for r in (head, *rows)) for i in range(len(head))]
    return [
        "  ".join(str(cell).ljust(w) for cell, w in zip(r, widths, strict=True)).rstrip()
        for r in (head, *rows)
    ]
