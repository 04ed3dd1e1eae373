"""Threads: the texts of several posts, an author's own or the statement's best sentences."""

from __future__ import annotations

from collections.abc import Sequence

from publisher import text as texts
from publisher import thread
from publisher.channel import MAIN, Field
from publisher.compose.fitting import fits, must_fit
from publisher.compose.judgement import vouch
from publisher.compose.sheet import Sheet, tidied
from publisher.errors import StatementError
from publisher.summary import Candidate, choose, one_sided
from publisher.text import Text


def thread_of(sheet: Sheet, spec: Field) -> list[Text]:
    """The texts of a thread's posts; none where no thread is asked for, or one post holds it all."""
    where = f"{sheet.where}: channels.{sheet.channel.name}.thread"
    asked = thread.asked(sheet.given.get("thread"), sheet.channel.form.thread, where)
    own = sheet.overrides.get(MAIN, "")
    if isinstance(asked, tuple):
        if own:
            raise StatementError(
                f"{where} has the posts' texts, and so has {spec.override}; write one of them"
            )
        return _own(sheet, spec, asked)
    if not asked:
        return []
    said = _parted(sheet, spec, own) if own or sheet.statement.summary else _of_sentences(sheet, spec)
    if not said:
        sheet.warnings.append(f"{sheet.channel.name}: a thread is asked for, and one post holds it all")
    return said


def _own(sheet: Sheet, spec: Field, given: Sequence[str]) -> list[Text]:
    """The author's own posts, markers and all: nothing is added."""
    words = [tidied(post) for post in given]
    if twice := next((n for n, post in enumerate(words) if post in words[:n]), None):
        raise StatementError(
            f"{sheet.where}: channels.{sheet.channel.name}.thread says in post {twice + 1} what another says"
        )
    said = [Text.parse(sheet.names.authored(post)) for post in words]
    for n, text in enumerate(said, 1):
        must_fit(sheet, spec, text, f"channels.{sheet.channel.name}.thread, post {n},")
    vouch(sheet, said, spec)
    return said


def _parted(sheet: Sheet, spec: Field, own: str) -> list[Text]:
    """The author's own text, or their summary under the headline, parted at sentences; nothing is dropped."""
    words = own or sheet.statement.summary
    key = f"channels.{sheet.channel.name}.{spec.override}" if own else "the author's summary"

    def made(n: int, of: int, spans: Sequence[tuple[int, int]]) -> Text:
        piece = thread.passage(words, spans)
        if not own:
            return sheet.filling.text(spec, (), [], piece, (n, of))
        marked = f"{sheet.names.authored(piece)}\n\n{sheet.filling.marker(n, of)}"
        return Text.parse(texts.tidy(marked))

    found = thread.sentences(words, sheet.statement.language)
    posts, left = thread.pack(found, lambda n, of, spans: fits(sheet.channel.form, spec, made(n, of, spans)))
    if left:
        opening = words[slice(*left[0])][:60]
        must_fit(sheet, spec, made(2, max(2, len(posts)), left[:1]), f"{key}: the sentence “{opening}…”")
    if len(posts) < 2:
        return []
    if own and not posts[0]:
        posts = posts[1:]
    said = [made(n, len(posts), spans) for n, spans in enumerate(posts, 1)]
    if own:
        vouch(sheet, said, spec)
    return said


def _of_sentences(sheet: Sheet, spec: Field) -> list[Text]:
    """The headline and the statement's best sentences, each post able to stand alone."""

    def made(n: int, of: int, groups: Sequence[Sequence[Candidate]]) -> Text:
        return sheet.filling.text(spec, (), [c for group in groups for c in group], "", (n, of))

    def able(n: int, of: int, groups: Sequence[Sequence[Candidate]]) -> bool:
        return fits(sheet.channel.form, spec, made(n, of, groups))

    most = sheet.channel.form.thread_sentences
    chosen = choose(
        sheet.choice,
        lambda trial: all(able(2, most + 1, [group]) for group in thread.grouped(trial)),
        most,
        sheet.statement.title,
        sheet.today,
        filler=0.0,
    )
    posts, _ = thread.pack(thread.grouped(chosen), able)
    if len(posts) < 2:
        return []
    said = [c for post in posts for group in post for c in group]
    sheet.uses(said)
    if warning := one_sided(said, sheet.choice):
        sheet.warnings.append(f"{sheet.channel.name}: {warning}")
    return [made(n, len(posts), groups) for n, groups in enumerate(posts, 1)]
