"""Compose: one statement becomes the words and media of one channel.

What a person has written for a channel is used as it is; everything else is the statement's own whole
sentences, the lowest-ranked dropped until the form says that it fits. Nothing is ever cut inside a sentence.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import unescape

from publisher.channel import MAIN, Channel, Copy, Field, Post, Rendering
from publisher.compose.carried import card, carried
from publisher.compose.fitting import advice, finished, fits
from publisher.compose.judgement import hold, judge, vouch
from publisher.compose.sheet import CORRECTION, Sheet
from publisher.compose.threads import thread_of
from publisher.errors import Unfit
from publisher.render import Occasion, Renderer
from publisher.statement import Media, Statement
from publisher.summary import FILLER, Candidate, Choice, choose, one_sided, sober
from publisher.text import Text

FLOOR = 0.6
"""The share of the best sentence's score that one must have to fill a field which may as well stay empty."""


def compose(
    renderer: Renderer, statement: Statement, channel: Channel, occasion: Occasion | None = None
) -> Rendering:
    """Raises Unfit, StatementError and SettingsError; see `Renderer.render`."""
    sheet = Sheet(renderer, statement, channel, occasion)
    form, media, main = channel.form, carried(sheet), sheet.main
    said = thread_of(sheet, main) if main and form.thread_sentences and not occasion else []
    if said and main:
        parts = [(finished(sheet, main, text),) for text in said]
        posts = tuple(Post(copies, () if n else media) for n, copies in enumerate(parts))
    else:
        posts = (Post(_single(sheet, media), media, card(sheet, media)),)
    judge(sheet, [copy for post in posts for copy in post.copies])
    hold(sheet, posts)
    return Rendering(
        channel=channel.name,
        language=statement.language,
        posts=posts,
        link=statement.url,
        headers=form.headers(statement),
        warnings=tuple(dict.fromkeys(sheet.warnings)),
        sources=tuple(sorted(sheet.used)),
        cost_usd=form.price(posts),
        cost_note=form.price_note(posts),
        day=sheet.day,
    )


def _single(sheet: Sheet, media: Sequence[Media]) -> tuple[Copy, ...]:
    copies: list[Copy] = []
    for spec in sheet.channel.form.fields:
        if spec.without_media and media:
            continue
        copy = _copy(sheet, spec, copies)
        if copy.text or not spec.optional:
            copies.append(copy)
    return tuple(copies)


def _copy(sheet: Sheet, spec: Field, before: Sequence[Copy]) -> Copy:
    """One field fitted: the author's own text, else the best choice of sentences that fits."""
    if sheet.occasion:
        if own := _again(sheet, spec):
            return finished(sheet, spec, own)
        if sheet.occasion.kind == "withdrawal":
            return finished(sheet, spec, sheet.filling.text(spec, before, [], ""))
    if spec.name in sheet.overrides and (spec.name == MAIN or spec.limit is not None):
        return finished(sheet, spec, _authored(sheet, spec, sheet.overrides[spec.name], str(spec.override)))
    if not spec.sentences:
        return finished(sheet, spec, sheet.filling.text(spec, before, [], sheet.statement.summary))
    if sheet.statement.summary or sheet.overridden_text:
        return _with_summary(sheet, spec, before, sheet.overridden_text or sheet.statement.summary)
    return _with_sentences(sheet, spec, before)


def _again(sheet: Sheet, spec: Field) -> Text | None:
    """The author's own words for what is said again, under the word that says why."""
    if sheet.occasion is None or sheet.occasion.kind == "withdrawal":
        return None
    own = sheet.overrides.get(spec.name, "")
    if spec.name == MAIN:
        own = sheet.overrides.get(CORRECTION) or own
    if not own or not (spec.name == MAIN or spec.limit is not None):
        return None
    vouch(sheet, [Text.parse(sheet.names.authored(own))], spec)
    label = sheet.filling.label
    started = own.casefold().startswith(label.rstrip(" :：").casefold())
    return Text.parse(sheet.names.authored(own if started else f"{label} {own}"))


def _authored(sheet: Sheet, spec: Field, own: str, key: str) -> Text:
    text = Text.parse(sheet.names.authored(own))
    length = sheet.channel.form.measure(spec.name, text)
    if spec.limit is not None and length > spec.limit:
        raise Unfit(
            f"channels.{sheet.channel.name}.{key} is {length} {spec.unit} long, "
            f"{sheet.channel.name} allows {spec.limit}; shorten it by {length - spec.limit}"
        )
    vouch(sheet, [text], spec)
    return text


def _with_summary(sheet: Sheet, spec: Field, before: Sequence[Copy], summary: str) -> Copy:
    text = sheet.filling.text(spec, before, [], summary)
    if fits(sheet.channel.form, spec, text):
        return finished(sheet, spec, text)
    sheet.warnings.append(
        f"the author's summary does not fit {sheet.channel.name} ({spec.name}: "
        f"{sheet.channel.form.measure(spec.name, text)} of {spec.limit} {spec.unit}); it goes out without. "
        f"{advice(sheet.channel, spec)}"
    )
    return finished(sheet, spec, sheet.filling.text(spec, before, [], ""))


def _with_sentences(sheet: Sheet, spec: Field, before: Sequence[Copy]) -> Copy:
    title, most, headed = sheet.statement.title, spec.sentences, not spec.optional

    def able(chosen: Sequence[Candidate]) -> bool:
        text = sheet.filling.text(spec, before, chosen, "")
        shown = unescape(str(text)) if spec.html else str(text)
        return fits(sheet.channel.form, spec, text) and (title in shown or not any(c.headed for c in chosen))

    def best(choice: Choice, floor: float) -> tuple[Candidate, ...]:
        return choose(
            choice,
            able,
            most,
            title,
            sheet.today,
            together=spec.together,
            floor=floor,
            filler=FILLER if spec.together else 0.0,  # a list of points is the better for each
            headed=headed,
        )

    chosen = best(sheet.choice, FLOOR if spec.optional else 0.0)
    if spec.together and one_sided(chosen, sheet.choice):
        least = FLOOR * max(c.score for c in chosen)
        chosen = best(sober(sheet.choice, least), 0.0) or chosen
    if not chosen and spec.name == MAIN:
        stand = sheet.choice.ranked or any(c.headed for c in sheet.choice.bound)
        why = "fits beside it" if stand else "can stand alone"
        sheet.warnings.append(
            f"{sheet.channel.name}: the headline stands alone, since no sentence of the statement {why}. "
            f"{advice(sheet.channel, spec)}"
        )
    sheet.uses(chosen)
    if not spec.optional and (warning := one_sided(chosen, sheet.choice)):
        sheet.warnings.append(f"{sheet.channel.name}: {warning}")
    return finished(sheet, spec, sheet.filling.text(spec, before, chosen, ""))
