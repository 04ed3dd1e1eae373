"""Judgement: what a press officer should see before approving, and what may not be offered at all."""

from __future__ import annotations

import re
from collections.abc import Sequence

from publisher import directory as directories
from publisher import guard
from publisher.channel import MAIN, Copy, Field, Post
from publisher.compose.fitting import advice
from publisher.compose.sheet import TODAY, Sheet
from publisher.errors import Unfit
from publisher.summary import faithful, phrases, quoting
from publisher.text import Text

_MARKER = re.compile(r"\s*\(?\b\d{1,2}/\d{1,2}\)?\s*\Z")
"""Which post of a thread it is, at its end: no figure of the statement's."""
OPENING = 24
"""Characters by which an author's words are known again in a text that has them."""
_RELATIVE = re.compile(r"(?i)\b(today|yesterday|tomorrow)\b")


def vouch(sheet: Sheet, said: Sequence[Text], spec: Field) -> None:
    """What a press officer should know of a person's own posts; a person may say what the statement does not."""
    what = f"your own text for {sheet.channel.name}"
    sheet.direct.add(spec.name)
    for text in said:
        words = _MARKER.sub("", str(text))
        for finding in faithful.check(words, sheet.statement, verbatim=sheet.renderer.directory.words):
            sheet.warnings.append(f"{what}: {finding.what}")
    links = {link for text in said for link in text.links()}
    if spec.name == MAIN and sheet.statement.url and sheet.statement.url not in links:
        sheet.warnings.append(f"{what} does not have the statement's link")


def judge(sheet: Sheet, copies: Sequence[Copy]) -> None:
    """What a press officer should see before approving."""
    if not sheet.statement.summary and sheet.used:
        sheet.warnings += sheet.choice.warnings
    own = {
        "the author's summary": sheet.statement.summary,
        f"your own text for {sheet.channel.name}": sheet.overridden_text,
    }
    ours = sheet.renderer.directory.words
    made = _flat(" ".join(c.text for c in copies if c.field not in sheet.direct))
    for what, words in own.items():
        there = (
            words and _flat(words)[:OPENING] in made
        )  # not where other words of the author's took its place
        for finding in faithful.check(words, sheet.statement, verbatim=ours) if there else ():
            sheet.warnings.append(f"{what}: {finding.what}")
    if quoting.whole(sheet.statement.title):
        sheet.warnings.append(f"{sheet.channel.name}: the headline is a quotation, and does not say whose")
    said = [c for c in copies if c.field == MAIN]
    if sheet.day:
        sheet.warnings.append(
            f"{sheet.channel.name}: the text speaks of the day it was issued, and leaves on {sheet.day} only; "
            f"channels: {{{sheet.channel.name}: {{{TODAY}: false}}}} or --undated leaves such sentences out"
        )
    elif _RELATIVE.search(" ".join(c.text for c in said)):
        sheet.warnings.append(f"{sheet.channel.name}: the text speaks of a day relative to its publication")
    if said and not sheet.occasion:
        _tagged(sheet, [c.spans for c in said])


def _flat(text: str) -> str:
    return " ".join(text.split())


def hold(sheet: Sheet, posts: Sequence[Post]) -> None:
    """Raise Unfit when a template has made a text that says what the statement, or its author, does not."""
    fields = {f.name: f for f in sheet.channel.form.fields if f.name not in sheet.direct}
    copies = [copy for post in posts for copy in post.copies if copy.field in fields]
    cut = [(c.field, guard.words_of(c, False)) for c in copies if c.field in sheet.uncut]
    made = [(c.field, guard.words_of(c, fields[c.field].html)) for c in copies if c.field not in sheet.uncut]
    made += [(name, guard.words(text)) for name, text in sheet.uncut.items() if name in fields]
    for name, what in _objections(sheet, made, len(posts)):
        found = f"{sheet.channel.name}: the {name} says what the statement does not: {what}"
        raise Unfit(f"{found}. Look at the template {sheet.channel.name}.{name}.j2 in use")
    for name, what in _objections(sheet, cut, len(posts)):
        found = f"{sheet.channel.name}: the {name}, shortened, says what the statement does not: {what}"
        sheet.warnings.append(f"{found}. {advice(sheet.channel, fields[name])}")


def _objections(sheet: Sheet, made: Sequence[tuple[str, str]], of: int) -> list[tuple[str, str]]:
    own = [sheet.filling.marker(n, of) for n in range(1, of + 1)]
    own += [sheet.occasion.title] if sheet.occasion else []
    author = directories.unnamed("\n\n".join(filter(None, (sheet.overridden_text, sheet.statement.summary))))
    return guard.objections(sheet.renderer, sheet.statement, sheet.channel, made, own, author) if made else []


def _tagged(sheet: Sheet, said: Sequence[Text]) -> None:
    """What became of the hashtags and mentions that were asked for, and which others there could be."""
    name, statement, form = sheet.channel.name, sheet.statement, sheet.channel.form
    if not (MAIN in sheet.overrides or isinstance(sheet.given.get("thread"), list | tuple)):
        there = {s.text for text in said for s in text if s.kind in ("hashtag", "mention")}
        wanted = {tag: f"#{tag}" for tag in statement.hashtags if form.hashtags}
        wanted |= {str(Text.parse(sheet.names.mention(n))): f"@[{n}]" for n in sheet.filling.mentioned}
        if lost := [shown for word, shown in wanted.items() if word not in there]:
            why = f"{form.hashtags} hashtags at most, and only where they fit"
            sheet.warnings.append(f"{name}: left out {', '.join(lost)} ({why})")
    for tag in dict.fromkeys(s.text for text in said for s in text if s.kind == "hashtag"):
        if better := directories.camel(tag, f"{statement.title}\n{statement.text}"):
            sheet.warnings.append(f"{name}: write #{better} for #{tag}: screen readers read its words")
    found = directories.suggestions(
        sheet.renderer.directory, statement, name, sheet.channel.account, said, form.hashtags > 0
    )
    tagged = sum(s.kind == "hashtag" for text in said for s in text)
    if tagged + sum(word.startswith("#") for word in found) < form.hashtags:
        used = {s.text.casefold() for text in said for s in text if s.kind == "hashtag"}
        found += [f"#{tag}" for tag in phrases.hashtags(statement) if tag.casefold() not in used]
    if found := list(dict.fromkeys(found)):
        sheet.warnings.append(f"{name}: suggested, not added: {', '.join(found)}")
