"""Compose: one statement becomes the words and media of one channel.

What a person has written for a channel is used as it is; everything else is the statement's own whole
sentences, the lowest-ranked dropped until the form says that it fits. Nothing is ever cut inside a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from html import unescape
from typing import Any

from publisher import directory as directories
from publisher import guard, thread
from publisher import text as texts
from publisher.channel import MAIN, Channel, Copy, Field, Post, Rendering
from publisher.errors import StatementError, Unfit
from publisher.filling import Filling
from publisher.render import Occasion, Renderer
from publisher.statement import Block, Media, Statement
from publisher.summary import FILLER, Candidate, Choice, choose, faithful, one_sided, phrases, reading, sober
from publisher.summary.alone import relative_day
from publisher.summary.said import Said
from publisher.summary.words import rules
from publisher.text import Text

TODAY = "today"
"""The override that leaves out, where it is false, what is true only on the day of issue."""
FULL_TEXT = "full_text"
"""The override that puts the whole statement below its summary, where the channel has room."""
CORRECTION = "correction"
"""What the author's own words for a reply that corrects are kept under."""

_MARKER = re.compile(r"\s*\(?\b\d{1,2}/\d{1,2}\)?\s*\Z")
"""Which post of a thread it is, at its end: no figure of the statement's."""
FLOOR = 0.6
"""The share of the best sentence's score that one must have to fill a field which may as well stay empty."""
_RELATIVE = re.compile(r"(?i)\b(today|yesterday|tomorrow)\b")


@dataclass
class Composition:
    """One statement on its way to one channel.

    `direct` are the fields that hold an author's words and nothing else, `uncut` what was shortened, in full.
    """

    renderer: Renderer
    statement: Statement
    channel: Channel
    occasion: Occasion | None = None
    warnings: list[str] = field(default_factory=list)
    used: set[tuple[int, int]] = field(default_factory=set)
    direct: set[str] = field(default_factory=set)
    uncut: dict[str, Text] = field(default_factory=dict)
    day: str = ""

    def rendering(self) -> Rendering:
        """Raises Unfit, StatementError and SettingsError; see `Renderer.render`."""
        form, statement = self.channel.form, self.statement
        media, main = self._media(), self._main
        said = self._thread(main) if main and form.thread_sentences and not self.occasion else []
        if said and main:
            parts = [(self._finished(main, text),) for text in said]
            posts = tuple(Post(copies, () if n else media) for n, copies in enumerate(parts))
        else:
            posts = (Post(self._single(media), media, self._card(media)),)
        self._judge([copy for post in posts for copy in post.copies])
        self._guard(posts)
        return Rendering(
            channel=self.channel.name,
            language=statement.language,
            posts=posts,
            link=statement.url,
            headers=form.headers(statement),
            warnings=tuple(dict.fromkeys(self.warnings)),
            sources=tuple(sorted(self.used)),
            cost_usd=form.price(posts),
            cost_note=form.price_note(posts),
            day=self.day,
        )

    def _single(self, media: Sequence[Media]) -> tuple[Copy, ...]:
        copies: list[Copy] = []
        for spec in self.channel.form.fields:
            if spec.without_media and media:
                continue
            copy = self._copy(spec, copies)
            if copy.text or not spec.optional:
                copies.append(copy)
        return tuple(copies)

    # ------------------------------------------------------------ what is given

    @property
    def choice(self) -> Choice:
        return self.renderer.choice(self.statement)

    @cached_property
    def names(self) -> directories.Names:
        """A mail mentions nobody, so that nothing is missed there."""
        warn = self.warnings.append if self._main else lambda _: None
        return directories.Names(self.renderer.directory, self.channel.name, warn)

    @cached_property
    def filling(self) -> Filling:
        full = self._full_text()
        return Filling(
            self.renderer, self.statement, self.channel, self.names, self._fits, self.occasion, full
        )

    @property
    def given(self) -> dict[str, Any]:
        """What the author wrote for this channel, as it stands in the front matter."""
        return self.statement.overrides.get(self.channel.name, {})

    @cached_property
    def overrides(self) -> dict[str, str]:
        """The author's own texts for this channel, by field name. Raises StatementError for what is no override."""
        form, name = self.channel.form, self.channel.name
        known = {f.override: f.name for f in form.fields if f.override}
        others = {TODAY, *form.options, *(["thread"] if form.thread_sentences else [])}
        if self.channel.replies and self._main:
            known["correction"] = CORRECTION
        found: dict[str, str] = {}
        for key, value in self.given.items():
            if key not in known and key not in others:
                there = ", ".join(sorted({*known, *others})) or "none"
                raise StatementError(
                    f"{self._where}: channels.{name}.{key} is no override; there are: {there}"
                )
            if key in known:
                if not isinstance(value, str) or not value.strip():
                    raise StatementError(f"{self._where}: channels.{name}.{key} must be a text")
                found[known[key]] = _tidied(value)
        return found

    @property
    def _today(self) -> str:
        """The day the statement was issued on, which words that speak of "today" are held to; "" where none may."""
        return self.statement.issued[:10] if self._asked(TODAY, True) and not self.occasion else ""

    def _asked(self, key: str, default: bool) -> bool:
        """What the author says of `key`. Raises StatementError for what is neither true nor false."""
        given = self.given.get(key, default)
        asked = thread.said(given)
        if asked is None:
            where = f"{self._where}: channels.{self.channel.name}.{key}"
            raise StatementError(f"{where} is true or false, not {given!r}")
        return asked

    def _full_text(self) -> tuple[Block, ...]:
        """The whole statement, where it is wanted below its summary: what the page said beside it is none of it."""
        default = self.channel.form.full_text
        if default is None or not self._asked(FULL_TEXT, default):
            return ()
        r = rules(self.statement.language)
        said = [p for p in reading.read(self.statement) if p.why not in reading.NOT_SAID]
        if word := next(filter(None, (relative_day(Said(p.text), r) for p in said)), ""):
            self.day = self.day or self._today
            if not self.day:
                self.warnings.append(f"{self.channel.name}: the full text says “{word}”")
        return tuple(self.statement.blocks[p.block] for p in said)

    @property
    def _where(self) -> str:
        return self.statement.source or self.statement.title

    @property
    def _main(self) -> Field | None:
        return next((f for f in self.channel.form.fields if f.name == MAIN), None)

    @property
    def _overridden_text(self) -> str:
        """A person's own words for a mail: its bodies put the link and the way to unsubscribe around them."""
        return "" if self._main else self.overrides.get("text", "")

    # ------------------------------------------------------------ media

    def _media(self) -> tuple[Media, ...]:
        """Those media the channel carries; every other is named in a warning, or refused with the reason."""
        rules, name = self.channel.form.media, self.channel.name
        documents = [m for m in self.statement.documents if m.digest][: rules.documents]
        if rules.spare:
            documents = self._welcome(documents)
        images = [] if documents and rules.exclusive else list(self.statement.images[: rules.images])
        carried = (*documents, *images)
        if refused := self.channel.form.refuse(carried):
            raise StatementError(f"{self._where}: {'; '.join(refused)}")
        for medium in (*self.statement.documents, *self.statement.images):
            if medium not in carried and medium.digest:
                what = medium.title or medium.alt or medium.name
                self.warnings.append(f"{name} will not carry the {medium.kind} “{what}”")
        return carried

    def _welcome(self, documents: Sequence[Media]) -> list[Media]:
        """Those, in their order, that the form takes together."""
        taken: list[Media] = []
        for medium in documents:
            if not self.channel.form.refuse((*taken, medium)):
                taken.append(medium)
        return taken

    def _card(self, media: Sequence[Media]) -> Media | None:
        """The picture of the link's card, where the channel makes one. One that it refuses is a warning: the card is."""
        picture = self.statement.card
        if picture is None or media or not self.statement.url or not self.channel.form.media.card:
            return None
        if refused := self.channel.form.refuse((picture,)):
            self.warnings.append(f"the link's card goes out without the page's picture: {'; '.join(refused)}")
            return None
        return picture

    # ------------------------------------------------------------ one post

    def _copy(self, spec: Field, before: Sequence[Copy]) -> Copy:
        """One field fitted: the author's own text, else the best choice of sentences that fits."""
        if self.occasion:
            if own := self._again(spec):
                return self._finished(spec, own)
            if self.occasion.kind == "withdrawal":
                return self._finished(spec, self.filling.text(spec, before, [], ""))
        if spec.name in self.overrides and (spec.name == MAIN or spec.limit is not None):
            return self._finished(spec, self._authored(spec, self.overrides[spec.name], str(spec.override)))
        if not spec.sentences:
            return self._finished(spec, self.filling.text(spec, before, [], self.statement.summary))
        if self.statement.summary or self._overridden_text:
            return self._with_summary(spec, before, self._overridden_text or self.statement.summary)
        return self._with_sentences(spec, before)

    def _again(self, spec: Field) -> Text | None:
        """The author's own words for what is said again, under the word that says why."""
        if self.occasion is None or self.occasion.kind == "withdrawal":
            return None
        own = self.overrides.get(spec.name, "")
        if spec.name == MAIN:
            own = self.overrides.get(CORRECTION) or own
        if not own or not (spec.name == MAIN or spec.limit is not None):
            return None
        self._vouch([Text.parse(self.names.authored(own))], spec)
        label = self.filling.label
        started = own.casefold().startswith(label.rstrip(" :：").casefold())
        return Text.parse(self.names.authored(own if started else f"{label} {own}"))

    def _authored(self, spec: Field, own: str, key: str) -> Text:
        text = Text.parse(self.names.authored(own))
        length = self.channel.form.measure(spec.name, text)
        if spec.limit is not None and length > spec.limit:
            raise Unfit(
                f"channels.{self.channel.name}.{key} is {length} {spec.unit} long, "
                f"{self.channel.name} allows {spec.limit}; shorten it by {length - spec.limit}"
            )
        self._vouch([text], spec)
        return text

    def _vouch(self, said: Sequence[Text], spec: Field) -> None:
        """What a press officer should know of a person's own posts; a person may say what the statement does not."""
        what = f"your own text for {self.channel.name}"
        self.direct.add(spec.name)
        for text in said:
            words = _MARKER.sub("", str(text))
            for finding in faithful.check(words, self.statement, verbatim=self.renderer.directory.words):
                self.warnings.append(f"{what}: {finding.what}")
        links = {link for text in said for link in text.links()}
        if spec.name == MAIN and self.statement.url and self.statement.url not in links:
            self.warnings.append(f"{what} does not have the statement's link")

    def _with_summary(self, spec: Field, before: Sequence[Copy], summary: str) -> Copy:
        text = self.filling.text(spec, before, [], summary)
        if self._fits(spec, text):
            return self._finished(spec, text)
        self.warnings.append(
            f"the author's summary does not fit {self.channel.name} ({spec.name}: "
            f"{self.channel.form.measure(spec.name, text)} of {spec.limit} {spec.unit}); it goes out without. "
            f"{self._advice(spec)}"
        )
        return self._finished(spec, self.filling.text(spec, before, [], ""))

    def _with_sentences(self, spec: Field, before: Sequence[Copy]) -> Copy:
        title, most, headed = self.statement.title, spec.sentences, not spec.optional

        def fits(chosen: Sequence[Candidate]) -> bool:
            text = self.filling.text(spec, before, chosen, "")
            shown = unescape(str(text)) if spec.html else str(text)
            return self._fits(spec, text) and (title in shown or not any(c.headed for c in chosen))

        def best(choice: Choice, floor: float) -> tuple[Candidate, ...]:
            return choose(
                choice,
                fits,
                most,
                title,
                self._today,
                together=spec.together,
                floor=floor,
                filler=FILLER if spec.together else 0.0,  # a list of points is the better for each
                headed=headed,
            )

        chosen = best(self.choice, FLOOR if spec.optional else 0.0)
        if spec.together and one_sided(chosen, self.choice):
            least = FLOOR * max(c.score for c in chosen)
            chosen = best(sober(self.choice, least), 0.0) or chosen
        if not chosen and spec.name == MAIN:
            able = self.choice.ranked or any(c.headed for c in self.choice.bound)
            why = "fits beside it" if able else "can stand alone"
            self.warnings.append(
                f"{self.channel.name}: the headline stands alone, since no sentence of the statement {why}. "
                f"{self._advice(spec)}"
            )
        self._uses(chosen)
        if not spec.optional and (warning := one_sided(chosen, self.choice)):
            self.warnings.append(f"{self.channel.name}: {warning}")
        return self._finished(spec, self.filling.text(spec, before, chosen, ""))

    def _uses(self, chosen: Sequence[Candidate]) -> None:
        """Remember where the words come from, and the day that they are held to."""
        self.used |= {(c.start, c.end) for c in chosen}
        self.day = self.day or next((c.day for c in chosen if c.day), "")

    # ------------------------------------------------------------ a thread

    def _thread(self, spec: Field) -> list[Text]:
        """The texts of a thread's posts; none where no thread is asked for, or one post holds it all."""
        where = f"{self._where}: channels.{self.channel.name}.thread"
        asked = thread.asked(self.given.get("thread"), self.channel.form.thread, where)
        own = self.overrides.get(MAIN, "")
        if isinstance(asked, tuple):
            if own:
                raise StatementError(
                    f"{where} has the posts' texts, and so has {spec.override}; write one of them"
                )
            return self._own_thread(spec, asked)
        if not asked:
            return []
        said = self._parted(spec, own) if own or self.statement.summary else self._thread_of_sentences(spec)
        if not said:
            self.warnings.append(f"{self.channel.name}: a thread is asked for, and one post holds it all")
        return said

    def _own_thread(self, spec: Field, given: Sequence[str]) -> list[Text]:
        """The author's own posts, markers and all: nothing is added."""
        words = [_tidied(post) for post in given]
        if twice := next((n for n, post in enumerate(words) if post in words[:n]), None):
            raise StatementError(
                f"{self._where}: channels.{self.channel.name}.thread says in post {twice + 1} what another says"
            )
        said = [Text.parse(self.names.authored(post)) for post in words]
        for n, text in enumerate(said, 1):
            self._must_fit(spec, text, f"channels.{self.channel.name}.thread, post {n},")
        self._vouch(said, spec)
        return said

    def _parted(self, spec: Field, own: str) -> list[Text]:
        """The author's own text, or their summary under the headline, parted at sentences; nothing is dropped."""
        words = own or self.statement.summary
        key = f"channels.{self.channel.name}.{spec.override}" if own else "the author's summary"

        def made(n: int, of: int, spans: Sequence[tuple[int, int]]) -> Text:
            piece = thread.passage(words, spans)
            if not own:
                return self.filling.text(spec, (), [], piece, (n, of))
            marked = f"{self.names.authored(piece)}\n\n{self.filling.marker(n, of)}"
            return Text.parse(texts.tidy(marked))

        found = thread.sentences(words, self.statement.language)
        posts, left = thread.pack(found, lambda n, of, spans: self._fits(spec, made(n, of, spans)))
        if left:
            opening = words[slice(*left[0])][:60]
            self._must_fit(spec, made(2, max(2, len(posts)), left[:1]), f"{key}: the sentence “{opening}…”")
        if len(posts) < 2:
            return []
        if own and not posts[0]:
            posts = posts[1:]
        said = [made(n, len(posts), spans) for n, spans in enumerate(posts, 1)]
        if own:
            self._vouch(said, spec)
        return said

    def _thread_of_sentences(self, spec: Field) -> list[Text]:
        """The headline and the statement's best sentences, each post able to stand alone."""

        def made(n: int, of: int, groups: Sequence[Sequence[Candidate]]) -> Text:
            return self.filling.text(spec, (), [c for group in groups for c in group], "", (n, of))

        def fits(n: int, of: int, groups: Sequence[Sequence[Candidate]]) -> bool:
            return self._fits(spec, made(n, of, groups))

        most = self.channel.form.thread_sentences
        chosen = choose(
            self.choice,
            lambda trial: all(fits(2, most + 1, [group]) for group in thread.grouped(trial)),
            most,
            self.statement.title,
            self._today,
            filler=0.0,
        )
        posts, _ = thread.pack(thread.grouped(chosen), fits)
        if len(posts) < 2:
            return []
        said = [c for post in posts for group in post for c in group]
        self._uses(said)
        if warning := one_sided(said, self.choice):
            self.warnings.append(f"{self.channel.name}: {warning}")
        return [made(n, len(posts), groups) for n, groups in enumerate(posts, 1)]

    # ------------------------------------------------------------ fitting

    def _advice(self, spec: Field) -> str:
        if not spec.override:
            return ""
        return f"To say it in your own words, write channels: {{{self.channel.name}: {{{spec.override}: …}}}}"

    def _fits(self, spec: Field, text: Text) -> bool:
        form = self.channel.form
        if spec.html:
            return True
        within = spec.limit is None or form.measure(spec.name, text) <= spec.limit
        return within and not form.objection(spec.name, text)

    def _must_fit(self, spec: Field, text: Text, what: str) -> None:
        """Raise Unfit, saying how much too long `what` is, unless it fits."""
        length = self.channel.form.measure(spec.name, text)
        if spec.limit is not None and length > spec.limit:
            raise Unfit(
                f"{what} is {length} {spec.unit} long as a post, {self.channel.name} allows {spec.limit}; "
                f"shorten it by {length - spec.limit}"
            )
        if objection := self.channel.form.objection(spec.name, text):
            raise Unfit(f"{what} cannot be posted: {objection}")

    def _finished(self, spec: Field, text: Text) -> Copy:
        """The field as it will leave. Raises Unfit naming the override to write."""
        form = self.channel.form
        if not self._fits(spec, text) and spec.shorten:
            self.uncut[spec.name] = text
            text = self._shortened(spec, text)
        if not self._fits(spec, text):
            if objection := form.objection(spec.name, text):
                raise Unfit(f"{self.channel.name}: {objection}. {self._advice(spec)}")
            raise Unfit(
                f"{self.channel.name}: the {spec.name} is {form.measure(spec.name, text)} {spec.unit} long, "
                f"{spec.limit} are allowed, and nothing of it can be left out. {self._advice(spec)}"
            )
        if not str(text).strip() and not spec.optional:
            raise Unfit(f"{self.channel.name}: the {spec.name} is empty. {self._advice(spec)}")
        self.warnings += form.lint(spec.name, text)
        wire = form.wire(spec.name, text)
        shown = wire if spec.html else form.shown(text)
        length, spans = form.measure(spec.name, text), Text() if spec.html else text
        return Copy(spec.name, shown, wire, length, spec.limit, spec.unit, spans)

    def _shortened(self, spec: Field, text: Text) -> Text:
        """Cut at a word, with an ellipsis: tolerable only in a subject made from the title."""
        words = str(text).split()
        while len(words) > 1:
            words.pop()
            cut = Text.plain(" ".join(words).rstrip(" ,;:.–—-") + "…")
            if self._fits(spec, cut):
                self.warnings.append(
                    f"{self.channel.name}: the {spec.name} is shortened to “{cut}”. {self._advice(spec)}"
                )
                return cut
        return text

    # ------------------------------------------------------------ judgement

    def _judge(self, copies: Sequence[Copy]) -> None:
        """What a press officer should see before approving."""
        if not self.statement.summary and self.used:
            self.warnings += self.choice.warnings
        own = {
            "the author's summary": self.statement.summary,
            f"your own text for {self.channel.name}": self._overridden_text,
        }
        ours = self.renderer.directory.words
        for what, words in own.items():
            for finding in faithful.check(words, self.statement, verbatim=ours) if words else ():
                self.warnings.append(f"{what}: {finding.what}")
        said = [c for c in copies if c.field == MAIN]
        if self.day:
            self.warnings.append(
                f"{self.channel.name}: the text speaks of the day it was issued, and leaves on {self.day} only; "
                f"channels: {{{self.channel.name}: {{{TODAY}: false}}}} or --undated leaves such sentences out"
            )
        elif _RELATIVE.search(" ".join(c.text for c in said)):
            self.warnings.append(f"{self.channel.name}: the text speaks of a day relative to its publication")
        if said and not self.occasion:
            self._tagged([c.spans for c in said])

    def _guard(self, posts: Sequence[Post]) -> None:
        """Raise Unfit when a template has made a text that says what the statement, or its author, does not."""
        fields = {f.name: f for f in self.channel.form.fields if f.name not in self.direct}
        copies = [copy for post in posts for copy in post.copies if copy.field in fields]
        cut = [(c.field, guard.words_of(c, False)) for c in copies if c.field in self.uncut]
        made = [
            (c.field, guard.words_of(c, fields[c.field].html)) for c in copies if c.field not in self.uncut
        ]
        made += [(name, guard.words(text)) for name, text in self.uncut.items() if name in fields]
        for name, what in self._objections(made, len(posts)):
            found = f"{self.channel.name}: the {name} says what the statement does not: {what}"
            raise Unfit(f"{found}. Look at the template {self.channel.name}.{name}.j2 in use")
        for name, what in self._objections(cut, len(posts)):
            found = f"{self.channel.name}: the {name}, shortened, says what the statement does not: {what}"
            self.warnings.append(f"{found}. {self._advice(fields[name])}")

    def _objections(self, made: Sequence[tuple[str, str]], of: int) -> list[tuple[str, str]]:
        own = [self.filling.marker(n, of) for n in range(1, of + 1)]
        own += [self.occasion.title] if self.occasion else []
        author = directories.unnamed(
            "\n\n".join(filter(None, (self._overridden_text, self.statement.summary)))
        )
        return (
            guard.objections(self.renderer, self.statement, self.channel, made, own, author) if made else []
        )

    def _tagged(self, said: Sequence[Text]) -> None:
        """What became of the hashtags and mentions that were asked for, and which others there could be."""
        name, statement, form = self.channel.name, self.statement, self.channel.form
        if not (MAIN in self.overrides or isinstance(self.given.get("thread"), list | tuple)):
            there = {s.text for text in said for s in text if s.kind in ("hashtag", "mention")}
            wanted = {tag: f"#{tag}" for tag in statement.hashtags if form.hashtags}
            wanted |= {str(Text.parse(self.names.mention(n))): f"@[{n}]" for n in self.filling.mentioned}
            if lost := [shown for word, shown in wanted.items() if word not in there]:
                why = f"{form.hashtags} hashtags at most, and only where they fit"
                self.warnings.append(f"{name}: left out {', '.join(lost)} ({why})")
        for tag in dict.fromkeys(s.text for text in said for s in text if s.kind == "hashtag"):
            if better := directories.camel(tag, f"{statement.title}\n{statement.text}"):
                self.warnings.append(f"{name}: write #{better} for #{tag}: screen readers read its words")
        found = directories.suggestions(
            self.renderer.directory, statement, name, self.channel.account, said, form.hashtags > 0
        )
        tagged = sum(s.kind == "hashtag" for text in said for s in text)
        if tagged + sum(word.startswith("#") for word in found) < form.hashtags:
            used = {s.text.casefold() for text in said for s in text if s.kind == "hashtag"}
            found += [f"#{tag}" for tag in phrases.hashtags(statement) if tag.casefold() not in used]
        if found := list(dict.fromkeys(found)):
            self.warnings.append(f"{name}: suggested, not added: {', '.join(found)}")


def _tidied(value: str) -> str:
    return texts.tidy(texts.nfc(texts.unmarked(value)))
