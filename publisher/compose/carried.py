"""Carried: which of a statement's documents and pictures a channel takes along."""

from __future__ import annotations

from collections.abc import Sequence

from publisher.compose.sheet import Sheet
from publisher.errors import StatementError
from publisher.statement import Media


def carried(sheet: Sheet) -> tuple[Media, ...]:
    """Those media the channel carries; every other is named in a warning, or refused with the reason."""
    rules, name = sheet.channel.form.media, sheet.channel.name
    documents = [m for m in sheet.statement.documents if m.digest][: rules.documents]
    if rules.spare:
        documents = _welcome(sheet, documents)
    images = [] if documents and rules.exclusive else list(sheet.statement.images[: rules.images])
    carried = (*documents, *images)
    if refused := sheet.channel.form.refuse(carried):
        raise StatementError(f"{sheet.where}: {'; '.join(refused)}")
    for medium in (*sheet.statement.documents, *sheet.statement.images):
        if medium not in carried and medium.digest:
            what = medium.title or medium.alt or medium.name
            sheet.warnings.append(f"{name} will not carry the {medium.kind} “{what}”")
    return carried


def card(sheet: Sheet, media: Sequence[Media]) -> Media | None:
    """The picture of the link's card, where the channel makes one. One that it refuses is a warning: the card is."""
    picture = sheet.statement.card
    if picture is None or media or not sheet.statement.url or not sheet.channel.form.media.card:
        return None
    if refused := sheet.channel.form.refuse((picture,)):
        sheet.warnings.append(f"the link's card goes out without the page's picture: {'; '.join(refused)}")
        return None
    return picture


def _welcome(sheet: Sheet, documents: Sequence[Media]) -> list[Media]:
    """Those, in their order, that the form takes together."""
    taken: list[Media] = []
    for medium in documents:
        if not sheet.channel.form.refuse((*taken, medium)):
            taken.append(medium)
    return taken
