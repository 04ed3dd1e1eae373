"""preview: the dry run, exactly what each channel would get."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from publisher.cli import common

if TYPE_CHECKING:
    from publisher.api import Previewed, Publisher
    from publisher.channel import Copy, Rendering


@click.command()
@common.reading
@common.channels
@click.option(
    "--html", type=click.Path(path_type=Path), help="Write a page that looks like the post on each channel."
)
@click.option("--explain", is_flag=True, help="Say which sentences were chosen, why, and what was left out.")
@common.as_json
def preview(html: Path | None, explain: bool, json_: bool, channels: tuple[str, ...], **o: Any) -> int:
    """The dry run: exactly what each channel would get. Needs no settings, sends nothing.

    \b
    publisher preview statement.md
    publisher preview statement.md --html preview.html
    publisher preview https://www.example.org/statements/42 --channel x
    publisher preview statement.md --channel x --explain
    """
    from publisher import views

    source = common.source_of(o)
    with common.office() as office:
        previewed = office.preview(source, channels)
        rehearsal = office.settings.core.rehearsal
        if html:
            from publisher import page

            made = page.page(
                previewed.statement,
                previewed.renderings,
                previewed.digest,
                office.renderer,
                failed=previewed.failed,
                rehearsal=rehearsal,
                channels={name: office.channel(name) for name in office.names(channels)},
            )
            page.write(html, made)
        if json_:
            view = views.preview(previewed.statement, previewed.renderings, previewed.digest)
            if explain:
                told = _explained(office, previewed)
                view["renderings"] = [
                    r | {"explain": e} for r, e in zip(view["renderings"], told, strict=True)
                ]
            if previewed.failed:
                kind, text = "Unfit", "; ".join(str(error) for _, error in previewed.failed)
                view["error"] = {"kind": kind, "message": text}
            common.show_json(view)
        else:
            click.echo("\n".join(for_people(previewed)))
            if explain:
                from publisher.explain import lines

                for rendering, why in zip(previewed.renderings, _explained(office, previewed), strict=True):
                    click.echo(f"\n── why: {rendering.channel} ({rendering.language})")
                    click.echo("\n".join(lines(why)))
            if html:
                common.warn(f"written to {html}")
        if previewed.failed and not json_:
            common.warn(*(f"does not fit: {error}" for _, error in previewed.failed))
    return 65 if previewed.failed else 0


def _explained(office: Publisher, previewed: Previewed) -> list[dict[str, Any]]:
    from publisher.explain import explanation

    said = {s.language: s for s in previewed.statement.languages}
    return [explanation(said[r.language], r, office.renderer) for r in previewed.renderings]


def for_people(previewed: Previewed) -> list[str]:
    """The whole preview as lines."""
    statement = previewed.statement
    lines = [statement.title, f"  statement {statement.digest[:12]}… · announcement {previewed.digest}"]
    if statement.embargo:
        lines.append(f"  embargo until {statement.embargo}")
    for rendering in previewed.renderings:
        lines += ["", *rendering_lines(rendering)]
    notes = [f"! {note}" for note in statement.notes]
    return [*lines, "", *notes] if notes else lines


def rendering_lines(rendering: Rendering) -> list[str]:
    """One channel's texts with their counts, media, cost, and what to look at."""
    name = f"{rendering.channel} ({rendering.language})"
    lines = [f"── {name} {'─' * max(2, 76 - len(name))}"]
    if rendering.target:
        lines.append(f"  {rendering.action} of {rendering.target}: {rendering.reason}")
    several = len(rendering.posts) > 1
    for n, post in enumerate(rendering.posts, 1):
        if several:
            lines.append(f"post {n} of {len(rendering.posts)}")
        for copy in post.copies:
            lines += _copy_lines(copy)
        lines += [
            f"  [{m.kind}] {m.title or m.alt} ({m.name}, {m.type}, {m.size:,} bytes)" for m in post.media
        ]
        if card := post.card:
            lines.append(f"  picture of the link card: {card.name} ({card.type}, {card.size:,} bytes)")
    if rendering.link and not any(m.kind for m in rendering.media):
        lines.append(f"  link: {rendering.link}")
    lines += [f"  {name}: {value}" for name, value in rendering.headers.items()]
    if rendering.cost_usd:
        note = f" ({rendering.cost_note})" if rendering.cost_note else ""
        lines.append(f"  cost: ${rendering.cost_usd:.3f}{note}")
    lines.append(f"  digest: {rendering.digest}")
    return lines + [f"  ! {warning}" for warning in rendering.warnings]


def _copy_lines(copy: Copy) -> list[str]:
    count = f"{copy.length:,} of {copy.limit:,} {copy.unit}" if copy.limit else f"{copy.length:,} {copy.unit}"
    if copy.field == "html":
        return [f"  html: {count}, see it with --html FILE"]
    head = "" if copy.field == "post" else f"{copy.field}: "
    if "\n" not in copy.text and head:
        return [f"  {head}{copy.text}  [{count}]"]
    return [f"  {head}[{count}]", *(f"  │ {line}" for line in copy.text.split("\n"))]
