"""Render: a Statement, the templates and a channel's Form become a Rendering, or Unfit.

Pure: reads no clock, no plan and no network. What a person has written for a channel is used as it is;
everything else is the statement's own whole sentences, the lowest-ranked dropped until the form says
that it fits. Nothing is ever cut inside a sentence.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from publisher import text as texts
from publisher.channel import MAIN, Channel, Copy, Field, Post, Rendering
from publisher.digest import sha256
from publisher.errors import SettingsError, StatementError, Unfit
from publisher.statement import Media, Statement
from publisher.summary import Candidate, Choice, candidates, faithful, redundant
from publisher.text import Text

if TYPE_CHECKING:
    from jinja2.sandbox import SandboxedEnvironment

_HERE = Path(__file__).parent
SHIPPED = next(p for p in (_HERE / "templates", _HERE.parent / "templates") if p.is_dir())
"""Our templates: inside the package in a wheel, beside it in a checkout."""

RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur", "ps", "dv", "yi", "ug", "ckb", "sd"})


def announcement_digest(statement: Statement, renderings: Sequence[Rendering]) -> str:
    """What an approval is of: the statement's digest and the renderings', in channel order."""
    ordered = sorted(renderings, key=lambda r: (r.channel, r.language, r.action))
    return sha256([statement.digest, *(r.digest for r in ordered)])


@dataclass
class Renderer:
    """Renders statements with the shipped templates and, where given, a user's folder that wins over them."""

    folder: Path | None = None
    _environments: dict[Path, tuple[Any, Any]] = field(default_factory=dict, repr=False)

    def render(self, statement: Statement, channel: Channel) -> Rendering:
        """What `channel` will get of `statement`, in the statement's language.

        Raises Unfit when a text cannot be made to fit, StatementError when an override or a medium cannot be
        used, SettingsError when a template is broken.
        """
        return _Composition(self, statement, channel).rendering()

    def environments(self, channel: Channel) -> tuple[SandboxedEnvironment, SandboxedEnvironment]:
        """The Jinja environments of a channel: for text, and for HTML with autoescape."""
        theirs = Path(inspect.getfile(type(channel))).parent / "templates"
        if theirs not in self._environments:
            from jinja2 import FileSystemLoader, StrictUndefined
            from jinja2.sandbox import ImmutableSandboxedEnvironment

            folders = [f for f in (self.folder, theirs, SHIPPED) if f is not None]
            common: dict[str, Any] = {
                "loader": FileSystemLoader(folders),
                "undefined": StrictUndefined,
                "trim_blocks": True,
                "lstrip_blocks": True,
            }
            self._environments[theirs] = (
                ImmutableSandboxedEnvironment(autoescape=False, **common),
                ImmutableSandboxedEnvironment(autoescape=True, **common),
            )
        return self._environments[theirs]

    @cached_property
    def labels(self) -> dict[str, dict[str, str]]:
        """The fixed words of templates by language; a user's `labels.json` wins word by word."""
        merged: dict[str, dict[str, str]] = {}
        for folder in (SHIPPED, self.folder):
            path = folder / "labels.json" if folder else None
            if path and path.is_file():
                try:
                    for language, words in json.loads(path.read_text("utf-8")).items():
                        merged[language] = merged.get(language, {}) | words
                except (ValueError, AttributeError, TypeError) as error:
                    raise SettingsError(f"{path}: {error}; it maps languages to words") from None
        return merged

    def words(self, language: str) -> dict[str, str]:
        """The labels of a language; English where a language has none of its own."""
        primary = language.split("-")[0].lower()
        return self.labels.get("en", {}) | self.labels.get(primary, {}) | self.labels.get(language, {})


@dataclass
class _Composition:
    """One statement on its way to one channel."""

    renderer: Renderer
    statement: Statement
    channel: Channel
    warnings: list[str] = field(default_factory=list)
    used: set[tuple[int, int]] = field(default_factory=set)

    @cached_property
    def choice(self) -> Choice:
        return candidates(self.statement)

    @cached_property
    def overrides(self) -> dict[str, str]:
        """What the author wrote for this channel, by field name. Raises StatementError for what is no override."""
        given = self.statement.overrides.get(self.channel.name, {})
        known = {f.override: f.name for f in self.channel.form.fields if f.override}
        for key, value in given.items():
            if key not in known:
                raise StatementError(
                    f"{self._where}: channels.{self.channel.name}.{key} is no override; there are: "
                    f"{', '.join(sorted(known)) or 'none'}"
                )
            if not isinstance(value, str) or not value.strip():
                raise StatementError(f"{self._where}: channels.{self.channel.name}.{key} must be a text")
        return {known[key]: texts.tidy(texts.nfc(texts.unmarked(value))) for key, value in given.items()}

    @property
    def _where(self) -> str:
        return self.statement.source or self.statement.title

    def rendering(self) -> Rendering:
        form, statement = self.channel.form, self.statement
        media = self._media()
        copies: list[Copy] = []
        for spec in form.fields:
            if spec.without_media and media:
                continue
            copy = self._copy(spec, copies)
            if copy.text or not spec.optional:
                copies.append(copy)
        post = Post(tuple(copies), media)
        self._judge(copies)
        return Rendering(
            channel=self.channel.name,
            language=statement.language,
            posts=(post,),
            link=statement.url,
            headers=form.headers(statement),
            warnings=tuple(dict.fromkeys(self.warnings)),
            sources=tuple(sorted(self.used)),
            cost_usd=form.price((post,)),
        )

    # ------------------------------------------------------------ media

    def _media(self) -> tuple[Media, ...]:
        """Those media the channel carries; every other is named in a warning, or refused with the reason."""
        rules, name = self.channel.form.media, self.channel.name
        documents = [m for m in self.statement.documents if m.digest][: rules.documents]
        images = [] if documents and rules.exclusive else list(self.statement.images[: rules.images])
        carried = (*documents, *images)
        if refused := self.channel.form.refuse(carried):
            raise StatementError(f"{self._where}: {'; '.join(refused)}")
        for medium in self.statement.media:
            if medium not in carried and medium.digest:
                what = medium.title or medium.alt or medium.name
                self.warnings.append(f"{name} will not carry the {medium.kind} “{what}”")
        return carried

    # ------------------------------------------------------------ fields

    def _copy(self, spec: Field, before: Sequence[Copy]) -> Copy:
        """One field fitted: the author's own text, else the best choice of sentences that fits."""
        if spec.name in self.overrides and (spec.name == MAIN or spec.limit is not None):
            return self._authored(spec, self.overrides[spec.name])
        if not spec.sentences:
            return self._finished(spec, self._fill(spec, before, [], self.statement.summary))
        if self.statement.summary or self._overridden_text:
            return self._with_summary(spec, before, self._overridden_text or self.statement.summary)
        return self._with_sentences(spec, before)

    @property
    def _overridden_text(self) -> str:
        """A person's own words for a mail: its bodies put the link and the way to unsubscribe around them."""
        has_main = any(f.name == MAIN for f in self.channel.form.fields)
        return "" if has_main else self.overrides.get("text", "")

    def _authored(self, spec: Field, own: str) -> Copy:
        text = Text.authored(own)
        length = self.channel.form.measure(spec.name, text)
        if spec.limit is not None and length > spec.limit:
            raise Unfit(
                f"channels.{self.channel.name}.{spec.override} is {length} {spec.unit} long, "
                f"{self.channel.name} allows {spec.limit}; shorten it by {length - spec.limit}"
            )
        for finding in faithful.check(str(text), self.statement):
            self.warnings.append(f"your own text for {self.channel.name}: {finding.what}")
        if spec.name == MAIN and self.statement.url and self.statement.url not in text.links():
            self.warnings.append(f"your own text for {self.channel.name} does not have the statement's link")
        return self._finished(spec, text)

    def _with_summary(self, spec: Field, before: Sequence[Copy], summary: str) -> Copy:
        text = self._fill(spec, before, [], summary)
        if self._fits(spec, text):
            return self._finished(spec, text)
        self.warnings.append(
            f"the author's summary does not fit {self.channel.name} ({spec.name}: "
            f"{self.channel.form.measure(spec.name, text)} of {spec.limit} {spec.unit}); it goes out without. "
            f"{self._advice(spec)}"
        )
        return self._finished(spec, self._fill(spec, before, [], ""))

    def _with_sentences(self, spec: Field, before: Sequence[Copy]) -> Copy:
        chosen: list[Candidate] = []
        best = self._fill(spec, before, [], "")
        for candidate in self.choice.ranked:
            if len(chosen) == spec.sentences:
                break
            if redundant(candidate, chosen, self.statement.title):
                continue
            trial = sorted([*chosen, candidate], key=lambda c: c.order)
            text = self._fill(spec, before, trial, "")
            if self._fits(spec, text):
                chosen, best = trial, text
        if not chosen and spec.name == MAIN:
            why = "fits beside it" if self.choice.ranked else "can stand alone"
            self.warnings.append(
                f"{self.channel.name}: the headline stands alone, since no sentence of the statement {why}. "
                f"{self._advice(spec)}"
            )
        self.used |= {(c.start, c.end) for c in chosen}
        return self._finished(spec, best)

    def _advice(self, spec: Field) -> str:
        if not spec.override:
            return ""
        return f"To say it in your own words, write channels: {{{self.channel.name}: {{{spec.override}: …}}}}"

    def _fits(self, spec: Field, text: Text) -> bool:
        return spec.html or spec.limit is None or self.channel.form.measure(spec.name, text) <= spec.limit

    def _finished(self, spec: Field, text: Text) -> Copy:
        """The field as it will leave. Raises Unfit naming the override to write."""
        form = self.channel.form
        if not self._fits(spec, text) and spec.shorten:
            text = self._shortened(spec, text)
        if not self._fits(spec, text):
            raise Unfit(
                f"{self.channel.name}: the {spec.name} is {form.measure(spec.name, text)} {spec.unit} long, "
                f"{spec.limit} are allowed, and nothing of it can be left out. {self._advice(spec)}"
            )
        if not str(text).strip() and not spec.optional:
            raise Unfit(f"{self.channel.name}: the {spec.name} is empty. {self._advice(spec)}")
        if not spec.html:
            self.warnings += form.lint(spec.name, text)
        wire = form.wire(spec.name, text)
        shown = wire if spec.html else form.shown(text)
        return Copy(
            spec.name,
            shown,
            wire,
            form.measure(spec.name, text),
            spec.limit,
            spec.unit,
            Text() if spec.html else text,
        )

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

    # ------------------------------------------------------------ templates

    def _fill(self, spec: Field, before: Sequence[Copy], chosen: Sequence[Candidate], summary: str) -> Text:
        """The field's template with these sentences (or this author's summary); fewer hashtags if it must."""
        allowed = list(self.statement.hashtags[: self.channel.form.hashtags])
        while True:
            made = self._run(spec, self._context(spec, before, chosen, summary, allowed))
            text = Text.plain(made) if spec.html else Text.parse(texts.tidy(texts.nfc(made)))
            if not allowed or chosen or summary or self._fits(spec, text):
                return text
            allowed.pop()

    def _context(
        self, spec: Field, before: Sequence[Copy], chosen: Sequence[Candidate], summary: str, tags: list[str]
    ) -> dict[str, Any]:
        statement = self.statement
        own = summary if spec.html else texts.mark_authored(summary)
        return {
            "title": statement.title,
            "summary": own or " ".join(c.text for c in chosen),
            "authored": bool(summary),
            "points": [c.text for c in chosen],
            "paragraphs": own.split("\n\n") if own else _paragraphs(chosen),
            "url": statement.url,
            "hashtags": tags,
            "language": statement.language,
            "dir": "rtl" if statement.language.split("-")[0] in RIGHT_TO_LEFT else "ltr",
            "organization": statement.organization,
            "issued": statement.issued,
            "documents": statement.documents,
            "images": statement.images,
            "labels": self.renderer.words(statement.language),
            **{f.name: "" for f in self.channel.form.fields},
            **{c.field: c.text for c in before},
            **getattr(self.channel.form, "context", {}),
            "link": str if spec.html else lambda url: texts.mark("link", url),
            "hashtag": (lambda tag: f"#{tag}") if spec.html else lambda tag: texts.mark("hashtag", tag),
            "mention": (lambda name, target="": name)
            if spec.html
            else lambda name, target="": texts.mark("mention", name, target),
        }

    def _run(self, spec: Field, context: dict[str, Any]) -> str:
        from jinja2 import TemplateError, TemplatesNotFound, TemplateSyntaxError

        environment = self.renderer.environments(self.channel)[1 if spec.html else 0]
        wanted = [f"{self.channel.name}.{spec.name}.j2", f"default.{spec.name}.j2"]
        try:
            template = environment.select_template(wanted)
            return template.render(context)
        except TemplatesNotFound:
            raise SettingsError(f"no template {wanted[0]} was found") from None
        except TemplateSyntaxError as error:
            raise SettingsError(f"template {error.name}, line {error.lineno}: {error.message}") from None
        except (TemplateError, TypeError, ValueError, AttributeError, LookupError, ArithmeticError) as error:
            raise SettingsError(f"template {wanted[0]}: {error}") from None

    # ------------------------------------------------------------ judgement

    def _judge(self, copies: Sequence[Copy]) -> None:
        """What a press officer should see before approving."""
        if not self.statement.summary and self.used:
            self.warnings += self.choice.warnings
        own = {
            "the author's summary": self.statement.summary,
            f"your own text for {self.channel.name}": self._overridden_text,
        }
        for what, words in own.items():
            for finding in faithful.check(words, self.statement) if words else ():
                self.warnings.append(f"{what}: {finding.what}")
        if re.search(
            r"(?i)\b(today|yesterday|tomorrow)\b", " ".join(c.text for c in copies if c.field == MAIN)
        ):
            self.warnings.append(f"{self.channel.name}: the text speaks of a day relative to its publication")


def _paragraphs(chosen: Sequence[Candidate]) -> list[str]:
    """The chosen sentences, those of one block joined."""
    blocks: dict[int, list[str]] = {}
    for candidate in chosen:
        blocks.setdefault(candidate.block, []).append(candidate.text)
    return [" ".join(sentences) for sentences in blocks.values()]
