"""Page: the renderings as one HTML page that looks like the posts, for a person who approves them.

It says no word of its own in a post: every text is a finished Rendering's, every picture the bytes that will
leave. The page needs no script and no network, and its own policy forbids both, whatever a text may hold.
Each channel is drawn by `<channel>.preview.html.j2`, else `default.preview.html.j2`, found as templates are.
"""

from __future__ import annotations

import base64
import os
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from publisher import beside, plan, registry
from publisher.channel import MAIN, Channel, Copy, Rendering, Specimen
from publisher.errors import DeliveryError, PublisherError, SettingsError, Unfit, UsageError
from publisher.render import RIGHT_TO_LEFT, Renderer
from publisher.statement import Media, Statement
from publisher.text import Span, nfc

if TYPE_CHECKING:
    from markupsafe import Markup

    from publisher.report import Report

CLIPPED = 102_000
"""Bytes of HTML after which Gmail hides the rest of a mail behind "View entire message"."""

Delivery = Mapping[str, Any]
"""One entry of `views.announcement(...)["deliveries"]`."""


def page(
    statement: Statement,
    renderings: Sequence[Rendering],
    digest: str,
    renderer: Renderer,
    *,
    failed: Sequence[tuple[str, PublisherError]] = (),
    deliveries: Sequence[Delivery] = (),
    rehearsal: bool = False,
    channels: Mapping[str, Channel] | None = None,
    blob: Callable[[str], bytes] | None = None,
    before: Mapping[str, Rendering] | None = None,
    record: Report | None = None,
    events: Sequence[Mapping[str, Any]] = (),
) -> str:
    """The whole page. `digest` is the announcement's; `failed` are channels for which nothing fits, with the reason.

    `channels` are the settings' own by name, for the accounts they name; one that is not given is made without
    settings. `blob` gives the bytes of pictures that a stored rendering names by digest alone. `before` has, by the
    digest of what acts on an earlier post, what that post says. `record` is what is filed of it, with its `events`.
    Raises SettingsError for a broken template.
    """
    given = dict(channels or {})
    old = before or {}
    cards = [
        _Card(statement, r, renderer, given, tuple(deliveries), blob, old.get(r.digest)) for r in renderings
    ]
    frame = {
        "statement": statement,
        "dir": direction(statement.language),
        "digest": digest,
        "cards": cards,
        "cost": sum(r.cost_usd or 0 for r in renderings),
        "failed": [(name, str(error), _own_words(name, error, given)) for name, error in failed],
        "deliveries": deliveries,
        "left": [d for d in deliveries if _left(d)],
        "rehearsal": rehearsal or any(_local(str(d.get("service", ""))) for d in deliveries),
        "meter": meter,
        "href": href,
        "domain": domain,
        "moment": moment,
        "record": record,
        "events": events,
    }
    return _fill(renderer, Channel(None), ["page.html.j2"], frame)


def report(made: Report, renderer: Renderer) -> str:
    """A month's report as a page. Raises SettingsError for a broken template."""
    return _fill(renderer, Channel(None), ["report.html.j2"], {"report": made})


def write(path: Path, html: str) -> None:
    """Put the page at `path`, whole or not at all. Raises UsageError naming the path."""
    content = html.encode("utf-8", "xmlcharrefreplace")
    try:
        # A link's target is replaced, not the link; a device or pipe is written to, never replaced.
        place = path.resolve()
        if place.exists() and not (place.is_file() or place.is_dir()):
            place.write_bytes(content)
            return
        part = place.with_name(f".{place.name}.{os.getpid()}.part")
        try:
            part.write_bytes(content)
            part.replace(place)
        finally:
            part.unlink(missing_ok=True)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"the page cannot be written to {path}: {reason}") from None


# ---------------------------------------------------------------- one rendering


@dataclass(frozen=True)
class _Card:
    """One rendering as the templates see it."""

    statement: Statement
    rendering: Rendering
    renderer: Renderer
    given: dict[str, Channel]
    deliveries: tuple[Delivery, ...]
    blob: Callable[[str], bytes] | None
    before: Rendering | None = None

    @property
    def anchor(self) -> str:
        of = self.rendering.target.replace("/", "-")
        number = self.delivery["id"].rpartition(self.rendering.action)[2] if of and self.delivery else ""
        return f"{of or self.rendering.channel}-{self.rendering.language}-{self.rendering.action}{number}"

    @property
    def beside(self) -> list[tuple[str, Markup, Markup]]:
        """Each text that changes: its field, the old and the new one with the changed words marked."""
        if self.before is None:
            return []
        old, new = _texts(self.before), _texts(self.rendering)
        names = [n for n in {**old, **new} if n == MAIN or not new or old.get(n) != new.get(n)]
        return [(name, *beside.marked(old.get(name, ""), new.get(name, ""))) for name in names]

    @property
    def dir(self) -> str:
        return direction(self.rendering.language)

    @cached_property
    def delivery(self) -> Delivery | None:
        r = self.rendering
        if same := next((d for d in self.deliveries if d.get("digest") == r.digest), None):
            return same
        mine = (r.channel, r.language, r.action, r.target)
        theirs = ((d["channel"], d["language"], d["action"], d.get("target", "")) for d in self.deliveries)
        return next((d for d, one in zip(self.deliveries, theirs, strict=True) if one == mine), None)

    @property
    def copies(self) -> list[Copy]:
        """Every text that has a limit, else every text."""
        every = [c for p in self.rendering.posts for c in p.copies]
        return [c for c in every if c.limit] or every

    @cached_property
    def said(self) -> Statement:
        """The statement in the rendering's language."""
        every = self.statement.languages
        return next((s for s in every if s.language == self.rendering.language), self.statement)

    @property
    def passages(self) -> list[tuple[str, bool]]:
        """The statement's body, cut into what the texts use (True) and what they do not."""
        body, at = self.said.text, 0
        found: list[tuple[str, bool]] = []
        for start, end in sorted(self.rendering.sources):
            found += [(body[at:start], False), (body[max(at, start) : end], True)]
            at = max(at, end)
        return [(text, used) for text, used in [*found, (body[at:], False)] if text]

    @cached_property
    def channel(self) -> Channel:
        return _channel(self.rendering.channel, self.given)

    def body(self) -> Markup:
        """The post as the channel shows it."""
        from markupsafe import Markup

        delivery, name = self.delivery or {}, self.rendering.channel
        wanted = [f"{name}.preview.html.j2", "default.preview.html.j2"]
        context = {
            "rendering": self.rendering,
            "posts": [
                {"copies": {c.field: c for c in p.copies}, "media": p.media, "picture": p.card}
                for p in self.rendering.posts
            ],
            "main": MAIN,
            "statement": self.said,
            "language": self.rendering.language,
            "dir": self.dir,
            "account": delivery.get("account") or self.channel.account,
            "name": self.said.organization or delivery.get("account") or self.channel.account or name,
            "shown": self.shown,
            "picture": self.picture,
            "meter": meter,
            "weight": lambda text: len(text.encode("utf-8", "surrogatepass")),
            "size": size,
            "height": height,
            "clipped": CLIPPED,
            "specimen": self.specimen,
            "href": href,
            "domain": domain,
        }
        return Markup(_fill(self.renderer, self.channel, wanted, context))  # noqa: S704 (made with autoescape)

    def shown(self, copy: Copy) -> Markup:
        """A text with its links and tags coloured, and a line where the channel folds it."""
        return _html(copy, self.channel.form.fold(copy.text) if copy.field == MAIN else None)

    def picture(self, medium: Media) -> str:
        """An image's bytes as a `data:` URI, or "" where there are none to show."""
        if not re.fullmatch(r"image/[\w.+-]+", medium.type):
            return ""
        content = medium.content or (self.content(medium.digest) if medium.digest else b"")
        return f"data:{medium.type};base64,{base64.b64encode(content).decode()}" if content else ""

    def content(self, digest: str) -> bytes:
        """A medium's bytes, from the statement or the ledger; none where neither has them."""
        same = (m.content for s in self.statement.languages for m in s.media if m.digest == digest)
        return next(filter(None, same), None) or (self.blob(digest) if self.blob else b"")

    @cached_property
    def specimen(self) -> Specimen | None:
        """The message as an example reader would get it now; None where none could be sent."""
        try:
            return self.channel.form.specimen(self.rendering, time.time(), self.content)
        except DeliveryError:
            return None


def _texts(r: Rendering) -> dict[str, str]:
    """Each field's text; of a thread with the post's number."""
    several = len(r.posts) > 1
    return {
        f"{c.field} {n}" if several else c.field: c.text
        for n, p in enumerate(r.posts, 1)
        for c in p.copies
        if c.field != "html"
    }


def _channel(name: str, given: dict[str, Channel]) -> Channel:
    """The channel that draws and folds; a plain one where a stored rendering's is installed no more."""
    if name not in given:
        try:
            cls = registry.find(name)
            given[name] = cls(cls.Settings())
        except (SettingsError, ValueError):
            given[name] = Channel(None)
    return given[name]


def _fill(renderer: Renderer, channel: Channel, wanted: list[str], context: Mapping[str, Any]) -> str:
    from jinja2 import TemplateError, TemplateSyntaxError

    try:
        return renderer.environments(channel)[1].select_template(wanted).render(context)
    except TemplateSyntaxError as error:
        raise SettingsError(f"template {error.name}, line {error.lineno}: {error.message}") from None
    except (TemplateError, TypeError, ValueError, AttributeError, LookupError, ArithmeticError) as error:
        raise SettingsError(f"template {wanted[0]}: {error}") from None


# ---------------------------------------------------------------- text as HTML


def _html(copy: Copy, fold: int | None) -> Markup:
    from markupsafe import Markup

    pieces = _pieces(copy)
    if fold is None:
        return Markup("").join(map(_piece, pieces))
    # The blank at the fold would indent the first line below it.
    above, below = _cut(pieces, fold + copy.text.startswith(" ", fold))
    return Markup('{}<span class="fold" dir="ltr">… more</span><span class="folded">{}</span>').format(
        Markup("").join(map(_piece, above)), Markup("").join(map(_piece, below))
    )


def _pieces(copy: Copy) -> list[Span]:
    """`copy.text`, exactly, as spans: each of the copy's own spans is looked for where it should stand.

    What a channel shows of a span may differ from the span (a mention's handle); what is not found stays plain.
    """
    text, at = copy.text, 0
    pieces: list[Span] = []
    for span in copy.spans:
        if span.kind == "plain":
            words = nfc(span.text)
            at_next = at + len(words) if text.startswith(words, at) else at
            pieces.append(Span("plain", text[at:at_next]))
            at = at_next
            continue
        for written in _written(span):
            found = text.find(written, at)
            if found >= 0:
                pieces += [Span("plain", text[at:found]), Span(span.kind, written)]
                at = found + len(written)
                break
    return [p for p in [*pieces, Span("plain", text[at:])] if p.text]


def _written(span: Span) -> list[str]:
    """How a channel may write a span, the likeliest first."""
    if span.kind == "hashtag":
        return [nfc(f"#{span.text}")]
    if span.kind == "mention":
        return [nfc(f"@{span.target.removeprefix('@')}"), nfc(span.text)] if span.target else [nfc(span.text)]
    return [nfc(span.text)]


def _cut(pieces: Sequence[Span], at: int) -> tuple[list[Span], list[Span]]:
    """The pieces before and after the character `at`; one that straddles it is cut, its address kept."""
    above: list[Span] = []
    below: list[Span] = []
    for piece in pieces:
        target = piece.target or piece.text
        head, tail = piece.text[: max(at, 0)], piece.text[max(at, 0) :]
        above += [Span(piece.kind, head, target)] if head else []
        below += [Span(piece.kind, tail, target)] if tail else []
        at -= len(piece.text)
    return above, below


def _piece(piece: Span) -> Markup:
    from markupsafe import Markup, escape

    if piece.kind == "plain":
        return escape(piece.text)
    if piece.kind == "link" and (url := href(piece.target or piece.text)):
        return Markup('<a dir="ltr" rel="noopener noreferrer" href="{}">{}</a>').format(url, piece.text)
    return Markup('<span class="{}">{}</span>').format(piece.kind, piece.text)


def direction(language: str) -> str:
    return "rtl" if language.split("-")[0].lower() in RIGHT_TO_LEFT else "ltr"


def href(url: str) -> str:
    """`url` where following it is harmless, else ""."""
    return url if re.match(r"https?://", url, re.IGNORECASE) else ""


def domain(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def meter(length: int, limit: int | None, unit: str, shown: Callable[[int], str] = "{:,}".format) -> Markup:
    """`231 / 280 characters` and a bar as long as that."""
    from markupsafe import Markup

    if not limit:
        return Markup('<span class="meter">{} <small>{}</small></span>').format(shown(length), unit)
    full = round(min(100.0, 100 * length / limit), 1)
    return Markup(
        '<span class="meter">{} <small>/ {} {}</small>'
        '<span class="bar" aria-hidden="true"><span style="inline-size:{}%"></span></span></span>'
    ).format(shown(length), shown(limit), unit, full)


def size(count: int) -> str:
    """Bytes for people: `8.5 KB`."""
    if count < 1000:
        return f"{count} B"
    return f"{count / 1000:.1f} KB" if count < 1_000_000 else f"{count / 1_000_000:.1f} MB"


def moment(iso: str) -> str:
    """An ISO instant of a view, for people."""
    return plan.shown(datetime.fromisoformat(iso).timestamp())


def height(html: str, width: int) -> int:
    """Pixels that a mail of this HTML needs at `width` pixels, roughly: without script no frame can tell."""
    body = html[html.find("<body") + 1 :]
    blocks = len(re.findall(r"<(?:p|h\d|li|br|tr|blockquote)\b", body))
    words = " ".join(re.sub(r"<[^<>]*>", " ", body).split())
    return round(70 + 32 * blocks + 26 * len(words) / ((width - 40) / 9))


# ---------------------------------------------------------------- what became of it


def _left(d: Delivery) -> bool:
    """Whether any of a delivery left, or may have."""
    if d["state"] in ("sending", "delivered", "unknown", "retracted"):
        return True
    receipt = d.get("receipt") or {}
    parts = d.get("parts") or ()
    return bool(receipt.get("accepted") or receipt.get("unknown") or any(p.get("receipt") for p in parts))


def _local(service: str) -> bool:
    """Whether posts went to this machine: a rehearsal, which must never pass for the real thing."""
    return service.startswith("http") and domain(service) in ("127.0.0.1", "localhost", "::1")


def _own_words(name: str, error: PublisherError, given: dict[str, Channel]) -> str:
    """The front matter to write when a text does not fit; "" when words cannot mend it."""
    keys = [f.override for f in _channel(name, given).form.fields if f.override]
    if not isinstance(error, Unfit) or not keys:
        return ""
    return "\n".join(["channels:", f"  {name}:", *(f'    {key}: "…"' for key in keys)])
