"""Testing: what every channel promises, as tests to run over one's own. Needs pytest.

    from publisher.testing import ChannelContract, Stage

    class TestPigeonPost(ChannelContract):
        faults = {"no answer": OutcomeUnknown, "401": Blocked}   # what goes wrong → the error `send` must raise
        findable = readable = True                               # what the service lets us look up

        @pytest.fixture
        def stage(self, server):                                 # a service of your own on loopback
            channel = PigeonPost(PigeonPost.Settings(url=server.url, token="secret-77"))
            yield Stage(channel, public=server.texts, strike=server.break_next, secrets=["secret-77"])
            channel.close()

The promises: making a channel opens no connection; `check`, `prepare`, `find` and `read` publish nothing; `send`
publishes once, and exactly what was approved; whatever goes wrong is a DeliveryError that says truly whether
something may be public; no secret is told; no rendering is longer than the form allows.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import pytest

from publisher.channel import MAIN, Absent, Channel, Found, Part, Receipt, Recipient, Rendering
from publisher.errors import (
    Blocked,
    DeliveryError,
    Duplicate,
    OutcomeUnknown,
    Permanent,
    RateLimited,
    SettingsError,
    StatementError,
    Transient,
    Unfit,
)
from publisher.render import Occasion, Renderer
from publisher.statement import Block, Media, Statement
from publisher.text import Span, Text, nfc

STATEMENT = Statement(
    "Ports (and Docks) Are to Be Safe",
    (
        Block(
            "paragraph", "The Harbour Council [HC] adopted a charter for safe ports in Lund on 3 May 2026."
        ),
        Block(
            "paragraph", "All 12 member governments signed the charter, which sets up a fund of €40 million."
        ),
    ),
    url="https://www.example.org/p?a=1&b=2",
    hashtags=("SafePorts",),
    source="the contract's statement",
)
"""With brackets, a figure, a link and a hashtag: what services have been seen to stumble over."""

_WORDS = (
    *("charter", "(draft)", "[HC]", "measures.It", "50%", "a_b", "<b>", "{{ x }}", "R&D", "@office", "#42", "*", "~"),
    *("Überprüfung", "naïve", "e\u0301te\u0301", "人権", "декларация", "بيان", "\u200fשלום", "👩‍🚀", "🇨🇭", "…", "“so”", "\\"),
)  # fmt: skip
_KINDS = (RateLimited, Transient, Blocked, Permanent, Duplicate, OutcomeUnknown)


@dataclass(frozen=True, slots=True)
class Stage:
    """A channel before a service of its own, on this machine.

    `public` gives the texts that a reader can see now, oldest first (of a mail, its plain text); `strike` makes
    the next sending go wrong in a named way; `secrets` are the credentials in use. `recipient` is whom parts of
    an addressed channel go to. `change` gives the post of a receipt other words, and `remove` takes it away, as
    somebody might on the service itself; without them those promises are not tested.
    """

    channel: Channel
    public: Callable[[], Sequence[str]]
    strike: Callable[[str], None] = lambda fault: pytest.fail(f"there is no fault {fault}")
    secrets: Sequence[str] = ()
    recipient: Recipient | None = None
    change: Callable[[Receipt, str], object] | None = None
    remove: Callable[[Receipt], object] | None = None

    def rendering(self, title: str = STATEMENT.title) -> Rendering:
        return Renderer().render(replace(STATEMENT, title=title), self.channel)

    def part(self, rendering: Rendering | None = None, **changes: Any) -> Part:
        given = {"recipient": self.recipient, "started": time.time()} | changes
        return Part("contract/one#0", rendering or self.rendering(), **given)

    def send(self, part: Part) -> Receipt:
        return self.channel.send(part, self.channel.prepare(part.rendering, part.blob))


class ChannelContract:
    """Subclass it, give it a `stage`; its tests are the contract. See the module's text for an example."""

    faults: ClassVar[dict[str, type[DeliveryError]]] = {}
    """Each thing that can go wrong while sending, by the name `Stage.strike` takes, and the error it must be."""
    findable: ClassVar[bool] = False
    """`find` sees what `send` did."""
    readable: ClassVar[bool] = False
    """`read` gives what is public."""

    @pytest.fixture
    def stage(self) -> Iterator[Stage]:
        raise NotImplementedError("give your class a fixture `stage` that yields a publisher.testing.Stage")

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        if "fault" in metafunc.fixturenames:
            metafunc.parametrize("fault", sorted(metafunc.cls.faults))

    # ------------------------------------------------------------ before anything is sent

    def test_making_one_opens_no_connection_and_needs_no_credentials(
        self, stage: Stage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("socket.socket.connect", lambda *_: pytest.fail("a connection was opened"))
        cls = type(stage.channel)
        bare = cls(cls.Settings())
        assert bare.name == cls.name and bare.form.fields
        Renderer().render(STATEMENT, bare)
        bare.close()

    def test_ready_names_the_settings_that_are_missing(self, stage: Stage) -> None:
        stage.channel.ready()
        cls = type(stage.channel)
        try:
            cls(cls.Settings()).ready()
        except SettingsError as error:
            assert f"PUBLISHER_{cls.name.upper()}__" in str(error), "it must name what to set"

    def test_check_says_what_is_missing_and_raises_nothing(self, stage: Stage) -> None:
        cls = type(stage.channel)
        bare = cls(cls.Settings())
        try:
            bare.ready()
        except SettingsError:
            found = bare.check()
            assert not found or any(not f.ok and f.level == "error" and f.fix for f in found), (
                "it is not ready"
            )
        bare.close()

    def test_checking_and_preparing_publish_nothing(self, stage: Stage) -> None:
        for finding in stage.channel.check():
            assert finding.what and (finding.ok or finding.fix), "what is not right comes with what to do"
            _keeps_secrets(stage, finding.what + finding.fix)
        part = stage.part()
        for _ in range(2):  # a crash between the two is no harm
            stage.channel.prepare(part.rendering, part.blob)
        assert not isinstance(stage.channel.find(part, time.time() - 60), Found)
        assert list(stage.public()) == [], "something was published"

    # ------------------------------------------------------------ sending

    def test_sending_publishes_once_and_exactly_what_was_approved(
        self, stage: Stage, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level("DEBUG"):
            part = stage.part()
            receipt = stage.send(part)
        assert receipt.id
        public, approved = [_folded(text) for text in stage.public()], _folded(_said(part.rendering))
        assert public == [approved], f"public is {public}, approved was {approved!r}"
        _keeps_secrets(stage, caplog.text + repr(receipt) + repr(stage.channel))

    def test_what_is_read_back_equals_what_was_approved(self, stage: Stage) -> None:
        part = stage.part()
        live = stage.channel.read(stage.send(part))
        if self.readable:
            assert live.text is not None and _folded(live.text) == _folded(_said(part.rendering))
            assert not live.gone
        else:
            assert live.text is None and live.reason, "why it cannot be read must be said"

    def test_what_happens_behind_ones_back_is_read(self, stage: Stage) -> None:
        """Changed words are read as they are now, and what was taken away is gone."""
        if not self.readable or not (stage.change and stage.remove):
            pytest.skip("this channel cannot be read, or its stage cannot change what is public")
        receipt = stage.send(stage.part())
        for words in ("Ports are not safe", "Nothing is safe"):
            stage.change(receipt, words)
            assert _folded(stage.channel.read(receipt).text or "") == words
        stage.remove(receipt)
        assert stage.channel.read(receipt).gone

    def test_find_sees_what_send_did_and_never_denies_it(self, stage: Stage) -> None:
        part = stage.part()
        receipt = stage.send(part)
        seen = stage.channel.find(part, part.started)
        if self.findable:
            assert isinstance(seen, Found) and seen.receipt.id == receipt.id
        else:
            assert not isinstance(seen, Absent), "it is public: saying otherwise makes a second post"
        other = stage.part(stage.rendering("Another Headline of Another Day"))
        assert not isinstance(stage.channel.find(other, part.started), Found), "that was not posted"
        assert len(stage.public()) == 1

    def test_a_thread_hangs_together(self, stage: Stage) -> None:
        if not stage.channel.form.thread_sentences:
            pytest.skip("this channel has no threads")
        one, two = stage.rendering(), stage.rendering("A Second Headline")
        both = replace(one, posts=(one.posts[0], two.posts[0]))
        first = stage.send(stage.part(both))
        second = stage.send(stage.part(both, n=1, reply_to=first))
        assert second.id != first.id and len(stage.public()) == 2

    def test_what_is_retracted_is_gone_and_may_be_retracted_again(self, stage: Stage) -> None:
        retract = getattr(stage.channel, "retract", None)
        if retract is None:
            pytest.skip("this channel cannot take anything back")
        receipt = stage.send(stage.part())
        retract(receipt)
        retract(receipt)
        assert list(stage.public()) == []
        assert not self.readable or stage.channel.read(receipt).gone

    def test_what_is_amended_says_the_new_words_and_may_be_amended_again(self, stage: Stage) -> None:
        if not hasattr(stage.channel, "amend"):
            pytest.skip("a post cannot be changed on this channel")
        receipt = stage.send(stage.part())
        part = stage.part(stage.rendering("Harbours (and Docks) Are Now Safe"))
        for _ in range(2):
            receipt = stage.channel.amend(receipt, part)
            assert len(stage.public()) == 1
            assert _folded(part.post[MAIN].text) == _folded(stage.public()[0])
        if self.readable:
            live = stage.channel.read(receipt)
            assert live.text is not None and _folded(live.text) == _folded(part.post[MAIN].text)

    def test_a_correction_answers_what_it_corrects(self, stage: Stage) -> None:
        if not stage.channel.replies:
            pytest.skip("nothing can be answered on this channel")
        first = stage.send(stage.part())
        occasion = Occasion("correction", STATEMENT.title)
        made = Renderer().render(replace(STATEMENT, title="Ports Are Safe"), stage.channel, occasion)
        reply = replace(made, action="reply", target="contract/one", reason="a mistake")
        assert reply.digest != made.digest
        stage.send(stage.part(reply, reply_to=first))
        assert len(stage.public()) == 2
        assert "Correction" in "".join(c.text for c in reply.posts[0].copies)
        assert _folded(STATEMENT.title) in _folded(stage.public()[0])

    def test_what_goes_wrong_is_the_error_that_is_true(
        self, stage: Stage, fault: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        part, expected = stage.part(), self.faults[fault]
        prepared = stage.channel.prepare(part.rendering, part.blob)
        stage.strike(fault)
        with caplog.at_level("DEBUG"), pytest.raises(Exception) as caught:
            stage.channel.send(part, prepared)
        error = caught.value
        assert isinstance(error, DeliveryError), f"{error!r} is no DeliveryError"
        assert _kind(error) is expected, f"{fault}: {_kind(error).__name__}, not {expected.__name__}: {error}"
        _keeps_secrets(stage, f"{error} {error!r} {caplog.text}")
        public = stage.public()
        if not isinstance(error, OutcomeUnknown):
            assert list(public) == [], f"{error.kind} says that nothing was sent, and it is public"
        assert len(public) <= 1

    # ------------------------------------------------------------ the form

    def test_what_travels_shows_what_was_meant(self, stage: Stage) -> None:
        form = stage.channel.form
        for field in (f for f in form.fields if not f.html):
            for text in _texts():
                wire = form.wire(field.name, text)
                assert wire == form.wire(field.name, text) == nfc(wire), f"{wire!r} is not in NFC"
                seen, meant = form.visible(field.name, wire), form.shown(text)
                assert seen == meant, f"a reader of {field.name} sees {seen!r}, not {meant!r}"
                assert form.measure(field.name, text) >= 0

    def test_no_rendering_is_longer_than_the_form_allows(self, stage: Stage) -> None:
        form = stage.channel.form
        fields = {f.name: f for f in form.fields}
        for statement in _statements():
            try:
                made = Renderer().render(statement, stage.channel)
            except (Unfit, StatementError) as error:
                assert stage.channel.name in str(error) or statement.source in str(error)
                continue
            assert made.digest == Renderer().render(statement, stage.channel).digest
            assert Rendering.load(made.dump()).digest == made.digest
            for copy in (c for post in made.posts for c in post.copies):
                assert copy.limit is None or copy.length <= copy.limit
                if not fields[copy.field].html:
                    assert copy.length == form.measure(copy.field, copy.spans)
                    assert copy.wire == form.wire(copy.field, copy.spans)

    def test_media_that_the_service_would_refuse_are_refused_before(self, stage: Stage) -> None:
        form, rules = stage.channel.form, stage.channel.form.media
        if not (rules.images or rules.documents):
            pytest.skip("this channel carries no media")
        image = Media("image", "a.png", "image/png", alt="A seal", size=1, digest="d")
        document = Media("document", "a.pdf", "application/pdf", title="The text", size=1, digest="d")
        bad = [replace(image, type="image/x-unheard-of")] if rules.images else []
        bad += [replace(document, type="text/x-unheard-of")] if rules.documents else []
        bad += [replace(image, size=rules.image_bytes + 1)] if rules.images and rules.image_bytes else []
        bad += [replace(document, size=rules.document_bytes + 1)] if rules.document_bytes else []
        bad += [replace(image, alt="x" * (rules.alt_limit + 1))] if rules.images and rules.alt_limit else []
        for medium in bad:
            assert form.refuse([medium]), f"{medium} must be refused"


def _said(rendering: Rendering) -> str:
    """What a reader sees: a post's own text, a mail's plain one."""
    copies = {copy.field: copy.text for copy in rendering.posts[0].copies}
    return copies.get(MAIN) or copies["text"]


def _folded(text: str) -> str:
    return " ".join(nfc(text).split())


def _kind(error: DeliveryError) -> type[DeliveryError]:
    """The class of the tree that the core acts on; an adapter may have finer ones."""
    return next((kind for kind in _KINDS if isinstance(error, kind)), type(error))


def _keeps_secrets(stage: Stage, told: str) -> None:
    lost = [secret[:3] + "…" for secret in stage.secrets if secret and secret in told]
    assert not lost, f"secrets were told that begin with {', '.join(lost)}"


def _texts() -> Iterator[Text]:
    chance = random.Random(7)
    for _ in range(60):
        words = " ".join(chance.choices(_WORDS, k=chance.randint(1, 25)))
        yield Text(
            (
                Span("plain", words + " "),
                Span("hashtag", "Ports"),
                Span("plain", " "),
                Span("link", STATEMENT.url),
            )
        )


def _statements() -> Iterator[Statement]:
    """Short and long, in several scripts, with and without a link."""
    chance = random.Random(11)
    for n in range(24):
        blocks = []
        for _ in range(chance.randint(0, 6)):
            words = chance.choices(_WORDS, k=chance.randint(3, 120))
            blocks.append(Block("paragraph", f"The council said {' '.join(words)}."))
        title = " ".join(chance.choices(_WORDS, k=chance.randint(1, 60)))
        yield replace(
            STATEMENT,
            title=title,
            blocks=tuple(blocks),
            url=STATEMENT.url if n % 3 else "",
            source=f"sample {n}",
        )
