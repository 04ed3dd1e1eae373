"""verify, retract, correct, repair: what is public beside what was approved, and putting it right."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from publisher.cli import common

if TYPE_CHECKING:
    from publisher.proposal import Act, Proposal

wait = click.option(
    "--wait", type=click.FloatRange(0), default=60.0, show_default=True, help="Seconds to see it through."
)
reason = click.option("--reason", required=True, metavar="TEXT", help="Why; it is recorded.")
mail = click.option("--mail", is_flag=True, help="Mail those who got the first mail, and nobody else.")


@click.command()
@click.argument("reference", metavar="[ANNOUNCEMENT]", required=False)
@click.option("--all", "all_", is_flag=True, help="Everything that is public.")
@click.option("--seen", is_flag=True, help="You looked: what cannot be read back is as approved.")
@common.by
@common.as_json
def verify(reference: str | None, all_: bool, seen: bool, by: str, json_: bool) -> int:
    """Compare what is live with what was approved.

    \b
    publisher verify @last
    publisher verify --all --json
    publisher verify k3f9qa/email --seen     a person has looked at what cannot be read back
    """
    from publisher import verify as verifying
    from publisher import views

    if bool(reference) == all_ or (seen and all_):
        raise click.UsageError("name an ANNOUNCEMENT, or say --all")
    with common.office(after=not seen) as office:
        if seen:
            looked = office.seen(reference or "", by=by)
            common.warn(*(f"{of}: seen" for of in looked))
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
@reason
@mail
@common.by
@common.yes
@wait
@common.as_json
def retract(reference: str, reason: str, mail: bool, by: str, yes: bool, wait: float, json_: bool) -> int:
    """Take down what is public and stop everything still planned, on all channels at once.

    \b
    publisher retract k3f9qa --reason "the figures were wrong" --yes
    publisher retract k3f9qa --reason "the figures were wrong" --mail    and tell its readers by mail
    """
    from publisher import views

    with common.office(delivering=True) as office:
        key, _ = office.ledger.resolve_reference(reference)
        if not yes:
            view = views.announcement(office.ledger, key)
            click.echo("\n".join(common.summary_lines(view, office.settings.core.timezone)), err=True)
            proposal = office.corrections.retraction(key, reason, mail=mail)
            notices = [a for a in proposal.acts if a.rendering.posts]
            click.echo("\n".join(_lines(notices, proposal.kept)), err=True)
        common.agree("Take this down everywhere?", yes)
        key, kept = office.retract(key, reason, by=by, mail=mail)
        office.deliver(key, wait)
        common.warn(*kept)
        return _report(office, key, json_)


@click.command()
@common.announcement
@common.reading
@reason
@mail
@click.option(
    "--repost", multiple=True, metavar="NAME", help="Take this channel's post down and post it anew."
)
@click.option(
    "--approved-by", "--by", "by", metavar="NAME", default="", help="Who approves exactly these words."
)
@click.option("--dry-run", is_flag=True, help="Show old and new side by side and stop.")
@click.option("--html", type=click.Path(path_type=Path), help="Write old and new side by side as a page.")
@common.yes
@wait
@common.as_json
def correct(**o: Any) -> int:
    """Correct what is public: amended in place, answered, or mailed again, as each channel allows.

    \b
    publisher correct k3f9qa corrected.md --reason "nine countries, not ten" --dry-run
    publisher correct k3f9qa corrected.md --reason "nine countries, not ten" --mail
    publisher correct k3f9qa corrected.md --reason "the wrong picture" --repost x
    """
    source, reference = common.source_of(o), o["reference"]
    asked: dict[str, Any] = {"mail": o["mail"], "repost": o["repost"]}
    with common.office(delivering=not o["dry_run"], after=not o["dry_run"]) as office:
        if o["dry_run"]:
            _shown(office, office.propose(reference, source, o["reason"], **asked), o["html"], o["json_"])
            return 0

        def confirm(proposal: Proposal) -> bool:
            if o["html"]:
                _page(office, proposal, o["html"])
            if not o["yes"]:
                click.echo("\n".join(_lines(proposal.acts, proposal.kept)), err=True)
                common.agree("Correct it with exactly these words?", sure=False)
            return True

        key, proposal = office.correct(reference, source, o["reason"], by=o["by"], confirm=confirm, **asked)
        office.deliver(key, o["wait"])
        common.warn(*proposal.kept)
        return _report(office, key, o["json_"])


@click.command()
@click.argument("reference", metavar="DELIVERY")
@common.by
@wait
@common.as_json
def repair(reference: str, by: str, wait: float, json_: bool) -> int:
    """Bring a live text that was cut or changed back to the approved one, without a new approval.

    \b
    publisher repair k3f9qa/linkedin
    """
    with common.office(delivering=True, after=True) as office:
        key, found = office.repair(reference, by=by)
        if not json_:
            for line in found.difference.splitlines():
                click.echo(f"  │ {line}", err=True)
        office.deliver(key, wait)
        return _report(office, key, json_)


def _report(office: Any, key: str, json_: bool) -> int:
    from publisher import views

    view = views.announcement(office.ledger, key)
    if json_:
        common.show_json(view)
    else:
        click.echo("\n".join(common.summary_lines(view, office.settings.core.timezone)))
    paused = [lane.name for lane in office.ledger.lanes() if lane.paused]
    if paused and any(d["state"] in ("planned", "waiting") for d in view["deliveries"]):
        common.warn(f"paused: {', '.join('everything' if p == '*' else p for p in paused)}")
        return int(views.worst({75, views.exit_code(view)}))
    return int(views.exit_code(view))


# ---------------------------------------------------------------- old and new


def _shown(office: Any, proposal: Proposal, html: Path | None, json_: bool) -> None:
    from publisher import views

    if html:
        _page(office, proposal, html)
    if json_:
        common.show_json(views.proposal(proposal))
    else:
        click.echo("\n".join(_lines(proposal.acts, proposal.kept)))


def _page(office: Any, proposal: Proposal, html: Path) -> None:
    from publisher import page

    made = page.page(
        proposal.statement,
        proposal.renderings,
        proposal.digest,
        office.renderer,
        rehearsal=office.settings.core.rehearsal,
        channels={a.row.channel: office.channel(a.row.channel) for a in proposal.acts},
        blob=office.ledger.blob,
        before={a.rendering.digest: a.old for a in proposal.acts},
    )
    page.write(html, made)
    common.warn(f"written to {html}")


def _lines(acts: Any, kept: Any) -> list[str]:
    """What would be done, channel by channel, old and new side by side."""
    lines = [line for act in acts for line in [*act_lines(act), ""]]
    return lines + [f"! {sentence}" for sentence in kept]


def act_lines(act: Act) -> list[str]:
    """One act for people: what is done to what, the texts beside each other, what to look at."""
    import shutil

    from publisher import beside
    from publisher.proposal import words

    r = act.rendering
    whom = f", to {act.readers} reader{'s' * (act.readers > 1)}" if act.readers else ""
    name = f"{r.action} {r.target}{whom}"
    lines = [f"── {name} {'─' * max(2, 76 - len(name))}"]
    if not r.posts:
        return [*lines, *(f"  │ {line}" for line in words(act.old).split("\n")), "  it is taken down"]
    width = min(160, shutil.get_terminal_size((100, 24)).columns - 2)
    lines += [f"  {line}" for line in beside.columns(words(act.old), words(r), width, _HEADS[r.action])]
    if r.cost_usd:
        lines.append(f"  cost: ${r.cost_usd:.3f}")
    lines.append(f"  digest: {r.digest}")
    return lines + [f"  ! {warning}" for warning in r.warnings]


_HEADS = {
    "amend": ("as it is", "as it will be"),
    "reply": ("what is public", "what answers it"),
    "replace": ("what was to go out", "what goes out in its place"),
    "retract": ("what was mailed", "what its readers are told"),
}
