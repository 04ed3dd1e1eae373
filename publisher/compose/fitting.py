"""Fitting: whether a field has room for a text, and what is done where it has none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from publisher.channel import Channel, Copy, Field, Form
from publisher.errors import Unfit
from publisher.text import Text

if TYPE_CHECKING:
    from publisher.compose.sheet import Sheet


def fits(form: Form, spec: Field, text: Text) -> bool:
    """Whether the channel takes `text` there, as it counts."""
    if spec.html:
        return True
    within = spec.limit is None or form.measure(spec.name, text) <= spec.limit
    return within and not form.objection(spec.name, text)


def advice(channel: Channel, spec: Field) -> str:
    """The override to write for words of one's own."""
    if not spec.override:
        return ""
    return f"To say it in your own words, write channels: {{{channel.name}: {{{spec.override}: …}}}}"


def must_fit(sheet: Sheet, spec: Field, text: Text, what: str) -> None:
    """Raise Unfit, saying how much too long `what` is, unless it fits."""
    length = sheet.channel.form.measure(spec.name, text)
    if spec.limit is not None and length > spec.limit:
        raise Unfit(
            f"{what} is {length} {spec.unit} long as a post, {sheet.channel.name} allows {spec.limit}; "
            f"shorten it by {length - spec.limit}"
        )
    if objection := sheet.channel.form.objection(spec.name, text):
        raise Unfit(f"{what} cannot be posted: {objection}")


def finished(sheet: Sheet, spec: Field, text: Text) -> Copy:
    """The field as it will leave. Raises Unfit naming the override to write."""
    form = sheet.channel.form
    if not fits(sheet.channel.form, spec, text) and spec.shorten:
        sheet.uncut[spec.name] = text
        text = _shortened(sheet, spec, text)
    if not fits(sheet.channel.form, spec, text):
        if objection := form.objection(spec.name, text):
            raise Unfit(f"{sheet.channel.name}: {objection}. {advice(sheet.channel, spec)}")
        raise Unfit(
            f"{sheet.channel.name}: the {spec.name} is {form.measure(spec.name, text)} {spec.unit} long, "
            f"{spec.limit} are allowed, and nothing of it can be left out. {advice(sheet.channel, spec)}"
        )
    if not str(text).strip() and not spec.optional:
        raise Unfit(f"{sheet.channel.name}: the {spec.name} is empty. {advice(sheet.channel, spec)}")
    sheet.warnings += form.lint(spec.name, text)
    wire = form.wire(spec.name, text)
    shown = wire if spec.html else form.shown(text)
    length, spans = form.measure(spec.name, text), Text() if spec.html else text
    return Copy(spec.name, shown, wire, length, spec.limit, spec.unit, spans)


def _shortened(sheet: Sheet, spec: Field, text: Text) -> Text:
    """Cut at a word, with an ellipsis: tolerable only in a subject made from the title."""
    words = str(text).split()
    while len(words) > 1:
        words.pop()
        cut = Text.plain(" ".join(words).rstrip(" ,;:.–—-") + "…")
        if fits(sheet.channel.form, spec, cut):
            sheet.warnings.append(
                f"{sheet.channel.name}: the {spec.name} is shortened to “{cut}”. {advice(sheet.channel, spec)}"
            )
            return cut
    return text
