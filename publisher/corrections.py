"""Corrections: which act each channel gets for a corrected, or withdrawn, statement, and in which words.

Decides and renders; sends nothing and stores nothing. What a channel cannot do is said in a sentence.

| what the channel can do        | a correction                              | a retraction                  |
|--------------------------------|-------------------------------------------|-------------------------------|
| amend                          | `amend`: the text, in place               | `retract`                     |
| answer a post                  | `reply` that says what it is              | `retract`                     |
| asked for (`repost`)           | `retract`, and once that is gone `replace`| –                             |
| mail, when mail is asked for   | `reply` to exactly its readers            | `retract` in words, likewise  |
| nothing has left of it         | `replace`, at the planned time            | cancelled                     |
| in doubt                       | both: the one that fits goes              | `retract` once it is found    |
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from publisher import registry
from publisher.channel import MAIN, Channel, Rendering
from publisher.compare import same_words
from publisher.errors import PublisherError, StatementError, Unfit, UsageError
from publisher.ledger.acts import OUT, WAITS
from publisher.proposal import Act, Proposal, amended, carried, is_mail, stays_of, undated, words
from publisher.render import Occasion, Renderer

if TYPE_CHECKING:
    from sqlalchemy import Row

    from publisher.ledger import Known, Ledger
    from publisher.statement import Statement


@dataclass
class Corrections:
    """Proposes acts on what a ledger says is public."""

    ledger: Ledger
    channel: Callable[[str], Channel]
    renderer: Renderer
    _made: dict[str, Channel] = field(default_factory=dict, repr=False)

    # ------------------------------------------------------------ correct

    def correction(
        self, key: str, statement: Statement, reason: str, *, mail: bool = False, repost: Collection[str] = ()
    ) -> Proposal:
        """What correcting an announcement to `statement` would do, channel by channel.

        Readers of mail are mailed again only with `mail`; on the channels of `repost` posts are taken down and
        posted anew. Raises UsageError when there is nothing to correct, Unfit when a text does not fit.
        """
        known = self.ledger.known(key)
        self._correctable(known, statement, mail)
        made: list[Act] = []
        kept: list[str] = []
        unleft: set[str] = set()
        stops: set[str] = set()
        for family in self._families(key):
            first = family[0].row
            said = next((s for s in statement.languages if s.language == first.language), None)
            if said is None:
                kept.append(f"{first.id}: there is no corrected text in its language ({first.language})")
                continue
            one = _Family(self, family, said, reason, mail, first.channel in repost)
            try:
                one.correct()
            except StatementError as error:
                raise Unfit(f"{first.id}: {error}") from None
            made += one.acts
            kept += one.kept
            unleft |= one.unleft
            stops |= {first.id} if one.changes else set()
        if not made:
            raise UsageError("; ".join(["nothing would change on any channel", *kept]))
        return Proposal(
            known, statement, reason, tuple(made), tuple(kept), frozenset(unleft), frozenset(stops)
        )

    def _correctable(self, known: Known, statement: Statement, mail: bool) -> None:
        key = known.id
        if known.row.ended == "retracted":
            raise UsageError(f"{key} was retracted; submit the statement anew with --again {key}")
        if not self.ledger.has_left(key):
            raise UsageError(
                f"nothing of {key} has left: `publisher submit` of the corrected file makes it its next revision"
            )
        if self.ledger.waits(key):
            raise UsageError(
                f"a correction of {key} waits for an approval: `publisher approve {key}`, or `publisher reject {key}`"
            )
        if statement.digest == known.statement.digest and not mail:
            raise UsageError(f"that is {key} word for word; there is nothing to correct")

    # ------------------------------------------------------------ retract

    def retraction(self, key: str, reason: str, *, mail: bool = False) -> Proposal:
        """What taking an announcement back would do: of everything that is or may be public.

        Mail stays with its readers; with `mail` they are told. There may be no acts at all.
        """
        known = self.ledger.known(key)
        made: list[Act] = []
        kept: list[str] = []
        rows = {row.id: row for row in self.ledger.deliveries(key)}
        for of in self.ledger.out(key):
            try:  # whatever is wrong with one channel, the others' posts come down
                act = self._retraction(known, rows[of], reason, mail)
            except PublisherError as error:
                kept.append(f"{of} cannot be taken back now: {error.message}")
                continue
            if isinstance(act, str):
                kept += [f"{of} cannot be taken back: {act}"] if act else []
            else:
                made.append(act)
        return Proposal(known, known.statement, reason, tuple(made), tuple(kept))

    def _retraction(self, known: Known, row: Row[Any], reason: str, mail: bool) -> Act | str:
        """Taking one delivery down, or telling its readers; else why not, or "" where nothing is left to do."""
        kind = registry.find(row.channel)
        if hasattr(kind, "retract"):
            down = Rendering(row.channel, row.language, (), "retract", target=row.id, reason=reason)
            return Act(down, self.ledger.rendering(row), row)
        channel = self.make(row.channel)
        if not (is_mail(channel) and channel.replies):
            return f"{row.channel} has no way to"
        if row.action == "reply":
            return ""  # its readers are those of the first mail
        return self._notice(known, row, channel, reason) if mail else "say --mail to tell its readers"

    def _notice(self, known: Known, row: Row[Any], channel: Channel, reason: str) -> Act:
        """The mail that tells a reader that the statement is withdrawn."""
        before = next((s for s in known.statement.languages if s.language == row.language), known.statement)
        made = self.renderer.render(before, channel, Occasion("withdrawal", before.title))
        notice = replace(made, action="retract", target=row.id, reason=reason)
        return Act(notice, self.ledger.rendering(row), row, self.reached(row))

    # ------------------------------------------------------------ what there is

    def waiting(self, key: str) -> list[Act]:
        """The acts that lack an approval, each with what it would change."""
        rows = {row.id: row for row in self.ledger.deliveries(key)}
        return [
            Act(
                r,
                self.ledger.in_force(rows[r.target]),
                rows[r.target],
                self.reached(rows[r.target]) if r.posts else 0,
            )
            for r in self.ledger.waits(key)
        ]

    def history(self, known: Known) -> list[tuple[Rendering, Rendering | None]]:
        """Everything that was said of an announcement, or is to be, in its order; of an act also what it changed."""
        rows = self.ledger.deliveries(known.id)
        if not rows:
            return [(r, None) for r in known.renderings]
        said: dict[str, Rendering] = {}
        found: list[tuple[Rendering, Rendering | None]] = []
        for row in sorted(rows, key=lambda row: (row.channel, row.revision)):
            states = {t.state for t in self.ledger.tally(row.id)}
            if row.action == "repair" or (row.target and states <= {"cancelled"}):
                continue
            made = self.ledger.rendering(row)
            found.append((made, said.get(row.target or "")))
            said[row.target if row.action == "amend" else row.id] = made
        return found + [(a.rendering, a.old) for a in self.waiting(known.id)]

    def make(self, name: str) -> Channel:
        if name not in self._made:
            self._made[name] = self.channel(name)
        return self._made[name]

    def close(self) -> None:
        for channel in self._made.values():
            channel.close()

    def reached(self, row: Row[Any]) -> int:
        """How many readers a mail has reached, or may have."""
        return sum(t.n for t in self.ledger.tally(row.id) if t.state in OUT) if row.addressed else 0

    def said_already(self, row: Row[Any], reply: Rendering) -> str:
        """The earlier reply under the same post that has the same words; "" where there is none."""
        for other in self.ledger.deliveries(row.announcement):
            if other.target == row.id and other.action == "reply":
                states = {t.state for t in self.ledger.tally(other.id)}
                if states & set(OUT) and same_words(words(self.ledger.rendering(other)), words(reply)):
                    return str(other.id)
        return ""

    def told(self, row: Row[Any]) -> Statement:
        """The statement that a delivery's readers were told last, by itself or by what corrected it, in its language."""
        rows = self.ledger.deliveries(row.announcement)
        later = [r for r in rows if r.target == row.id and r.action in ("amend", "reply")]
        out = [r.revision for r in later if {t.state for t in self.ledger.tally(r.id)} & set(OUT)]
        said = self.ledger.statement(row.announcement, max([row.revision, *out]))
        return next((s for s in said.languages if s.language == row.language), said)

    def _families(self, key: str) -> list[list[_Version]]:
        """Each first delivery with its replacements, in the order they were made."""
        rows = self.ledger.deliveries(key)
        going = {row.target for row in rows if row.action == "retract"}
        return [
            [
                _Version(row, Counter({t.state: t.n for t in self.ledger.tally(row.id)}), row.id in going)
                for row in sorted(
                    (r for r in rows if r.id == first.id or (r.target == first.id and r.action == "replace")),
                    key=lambda r: r.revision,
                )
            ]
            for first in rows
            if first.action == "publish"
        ]


@dataclass(frozen=True, slots=True)
class _Version:
    """A delivery, how many of its parts are in which state, and whether it was said that it is to be taken down."""

    row: Row[Any]
    states: Counter[str]
    goes: bool = False

    def any(self, states: Sequence[str]) -> bool:
        return any(self.states[s] for s in states)


@dataclass
class _Family:
    """The versions of one delivery, and what becomes of them."""

    of: Corrections
    versions: list[_Version]
    said: Statement
    reason: str
    mail: bool
    repost: bool
    acts: list[Act] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    unleft: set[str] = field(default_factory=set)
    changes: bool = False

    def correct(self) -> None:
        first = self.versions[0].row
        waiting = WAITS if first.addressed else (*WAITS, "failed")
        stays = [v for v in self.versions if not v.goes and v.any((*OUT, *waiting))]
        if not stays:
            return
        channel = self.of.make(first.channel)
        plain = self.of.renderer.render(self.said, channel)
        other = [v for v in stays if self._says(v, channel).digest != plain.digest]
        if not other:
            self.kept.append(f"{first.id}: its words stay the same")
            return
        self.changes = True
        out = [v for v in other if v.any(OUT)]
        unsent = [v for v in other if v.any((*waiting, "sending", "unknown"))]
        for version in out:
            self._correct(version, channel, plain)
        # Of a thread that is half out the rest is not posted: the reply says what is right.
        whole = first.addressed or not any(v.states["delivered"] for v in stays)
        if (unsent and whole) or (self.repost and self.acts):
            if out:  # whenever it goes, it is not the day that was planned
                plain = self.of.renderer.render(undated(self.said, first.channel), channel)
            stands_in = replace(plain, action="replace", target=first.id, reason=self.reason)
            old = self.of.ledger.rendering((unsent or out)[-1].row)
            self.acts.append(Act(stands_in, old, first))
        if not out:
            self.unleft |= {v.row.id for v in unsent}

    def _says(self, version: _Version, channel: Channel) -> Rendering:
        """What a version's readers were told last, as it would be said now."""
        return self.of.renderer.render(self.of.told(version.row), channel)

    def _correct(self, version: _Version, channel: Channel, plain: Rendering) -> None:
        """The best this channel allows for one version that is, or may be, public."""
        row = version.row
        old = self.of.ledger.in_force(row)
        if is_mail(channel):
            if self.mail and channel.replies:
                self._reply(row, channel, self.said, old)
            else:
                self.kept.append(
                    f"{row.id}: its readers are not mailed again; say --mail to send them the correction"
                )
        elif self.repost:
            self._take_down(row, channel, plain, old)
        elif hasattr(channel, "amend"):
            self._amend(row, plain, old)
        elif channel.replies:
            same = carried(plain) == carried(old)
            self._reply(row, channel, replace(self.said, media=()) if same else self.said, old)
        else:
            more = f"; say --repost {row.channel} to post it anew" if hasattr(channel, "retract") else ""
            self.kept.append(f"{row.id}: {row.channel} can neither change a post nor answer it{more}")

    def _reply(self, row: Row[Any], channel: Channel, said: Statement, old: Rendering) -> None:
        made = self.of.renderer.render(said, channel, Occasion("correction", self.of.told(row).title))
        reply = replace(made, action="reply", target=row.id, reason=self.reason)
        if not is_mail(channel) and (said_by := self.of.said_already(row, reply)):
            self.kept.append(
                f"{row.id}: {said_by} says the same already, and {row.channel} takes the same words for a repetition; "
                f"say it in other words with channels: {{{row.channel}: {{correction: …}}}}"
            )
            return
        self.acts.append(Act(reply, old, row, self.of.reached(row)))

    def _take_down(self, row: Row[Any], channel: Channel, plain: Rendering, old: Rendering) -> None:
        if not hasattr(channel, "retract"):
            raise UsageError(f"{row.channel} cannot take a post down; leave out --repost {row.channel}")
        if same_words(words(plain), words(old)):
            raise UsageError(
                f"{row.channel} takes the same words for a repetition, for a day or two even after the post was taken "
                "down: change the words, or leave out --repost"
            )
        down = Rendering(row.channel, row.language, (), "retract", target=row.id, reason=self.reason)
        self.acts.append(Act(down, old, row))

    def _amend(self, row: Row[Any], plain: Rendering, old: Rendering) -> None:
        """The main text changes; what else the post carries stays, and is said where it should have changed."""
        name = row.channel
        stays = stays_of(plain, old)
        anew = f"; say --repost {name} to post it anew"
        if len(plain.posts) != len(old.posts):
            self.kept.append(f"{row.id}: {name} cannot change the number of posts{anew}")
        elif all(n[MAIN].wire == o[MAIN].wire for n, o in zip(plain.posts, old.posts, strict=True)):
            self.kept.append(f"{row.id}: {name} cannot change {' and '.join(stays) or 'it'} of a post{anew}")
        else:
            posts = tuple(amended(n, o) for n, o in zip(plain.posts, old.posts, strict=True))
            warnings = [f"{name} cannot change {what} of a post: it stays as it is{anew}" for what in stays]
            made = replace(
                plain,
                action="amend",
                target=row.id,
                reason=self.reason,
                posts=posts,
                link=old.link,
                headers=old.headers,
                cost_usd=None,
                cost_note="",
                warnings=(*warnings, *plain.warnings),
            )
            self.acts.append(Act(made, old, row))
