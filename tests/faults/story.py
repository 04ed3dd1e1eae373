"""One announcement from its first post to its last correction, while services, people and processes misbehave.

A `Story` drives the real product against the sandbox over sockets. Whoever tells it says which move comes next and
what happens to the requests that it makes; the story knows what a person in the office knows, and checks that the
ledger's account and what the public can see agree.
"""

from __future__ import annotations

import re
import shutil
import socket
import tempfile
from collections import Counter, deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import update

from publisher import audience, verify
from publisher.api import Publisher, Source
from publisher.channel import MAIN
from publisher.compare import same_words
from publisher.deliver import Delivering
from publisher.errors import Blocked, PublisherError, RateLimited, Transient
from publisher.ledger import schema
from publisher.ledger.acts import AMENDS
from publisher.sandbox import Sandbox
from publisher.settings import Retry, Settings
from tests.faults.inline import Died, work

OFFICE = {"PUBLISHER_TIMEZONE": "UTC", "PUBLISHER_APPROVER": "officer", "PUBLISHER_PLAN__CHECK_URL": "false"}
PEOPLE = ("ann@press.example", "ben@press.example")

FAULTS = (
    "x-drop", "x-500", "x-bad-json", "x-cut-body", "x-hidden", "x-truncated", "x-503-before", "x-reset-before",
    "x-duplicate", "x-429-bare", "x-401", "x-403-cashtag", "linkedin-drop", "linkedin-500", "linkedin-bad-json",
    "linkedin-cut-body", "linkedin-hidden", "linkedin-truncated", "linkedin-503-before", "linkedin-reset-before",
    "linkedin-duplicate", "linkedin-429-bare", "linkedin-426", "smtp-drop-after-dot", "smtp-drop-before-dot", "smtp-421",
    "smtp-4xx", "smtp-5xx-policy",
)  # fmt: skip
"""What services do to the request that publishes."""
MEANWHILE = ("retract", "correct", "hold", "overtaken")
MISHAPS = (
    "",
    "",
    "",
    "",
    "",
    "dies before",
    "dies after",
    "lost",
    "refused",
    "limited",
    "blocked",
    *MEANWHILE,
)
"""What happens to a call of an adapter: of those that publish, only what is surely before or after it.

Or while it is on its way: somebody retracts, corrects or holds; or it takes so long that another process gave it up
and looked it up before the answer came.
"""
MOVES = (
    "deliver", "deliver", "deliver", "deliver", "correct", "correct", "retract", "repair", "verify", "edit", "cut",
    "delete", "hide", "resolve", "resume", "retry", "approve", "reject", "hold", "release", "pause", "jump",
)  # fmt: skip


class Shaky:
    """An adapter whose calls meet the mishaps that the story has in store."""

    def __init__(self, real: Any, story: Story) -> None:
        self._real, self._story = real, story
        if hasattr(real, "amend"):
            self.amend = lambda receipt, part: story.meets("amend", lambda: real.amend(receipt, part))
        if hasattr(real, "retract"):
            self.retract = lambda receipt: story.meets("retract", lambda: real.retract(receipt))

    def __getattr__(self, name: str) -> Any:
        if name == "send_many":  # one mail at a time, so that each meets its own mishap
            raise AttributeError(name)
        return getattr(self._real, name)

    def send(self, part: Any, prepared: Any) -> Any:
        self._story.may_leave(part)
        return self._story.meets("send", lambda: self._real.send(part, prepared))

    def read(self, receipt: Any) -> Any:
        return self._story.meets("read", lambda: self._real.read(receipt))


class Story:
    def __init__(
        self, box: Sandbox, *, mail: str = "list", approvals: int = 1, thread: bool = False, url: str = ""
    ) -> None:
        self.box = box
        box.clear()
        fast = Path("/dev/shm")
        self.folder = Path(tempfile.mkdtemp(prefix="story-", dir=fast if fast.is_dir() else None))
        environ = box.settings() | OFFICE | {
            "PUBLISHER_DATABASE_URL": url or f"sqlite:///{self.folder / 'ledger.db'}",
            "PUBLISHER_APPROVALS": str(approvals),
            "PUBLISHER_X__FIND_AFTER": "1,30",
            "PUBLISHER_LINKEDIN__FIND_AFTER": "1,30",
        }  # fmt: skip
        if mail == "list":
            environ["PUBLISHER_EMAIL__LIST_ADDRESS"] = "everybody@press.example"
        self.office = Publisher(Settings(environ, files=False))
        self.ledger = self.office.ledger
        for person in PEOPLE if mail != "list" else ():
            audience.add(self.ledger, person)
        self.approvals, self.thread = approvals, thread
        self.mishaps: deque[str] = deque()
        self.told: list[str] = []
        self.wrong: list[str] = []
        self.version, self.proposed, self.corrected, self.retracted = 1, 1, 1, False
        self.key, _ = self.office.publish(Source(str(self.written())), by="ann")
        if approvals > 1:
            self.office.approve(self.key, by="ben")

    def close(self) -> None:
        self.office.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def written(self) -> Path:
        """The statement as it reads in this version."""
        path = self.folder / f"version{self.version}.md"
        posts = [f"Charter, version {self.version}, post {n}" for n in (1, 2)]
        own = f"channels: {{x: {{thread: {posts}}}}}\n" if self.thread else ""
        path.write_text(
            "---\ntitle: Council adopts a charter\nurl: https://www.example.org/charter\nlanguage: en\n"
            f"summary: The charter has {self.version} articles (all of them new).\n{own}---\n"
            f"The council adopted a charter of {self.version} articles in Lund on 3 May 2026.\n",
            "utf-8",
        )
        return path

    # ------------------------------------------------------------ requests

    def meets(self, call: str, go: Callable[[], Any]) -> Any:
        what = self.mishaps.popleft() if self.mishaps else ""
        if what == "dies before":
            raise Died
        if call == "send":  # the sandbox's own faults are what can happen in between
            result = go()
            if what == "dies after":
                raise Died
            self.meanwhile(what)
            return result
        if what == "refused":
            raise Transient("503")
        if what == "limited":
            raise RateLimited("slow down")
        if what == "blocked" and call != "read":
            raise Blocked("401")
        result = go()
        if what == "dies after":
            raise Died
        if what == "lost":
            raise Transient("the answer was lost")
        return result

    def meanwhile(self, what: str) -> None:
        if what == "overtaken":
            self.ledger.skew += 2000
            self.work()
        elif what in MEANWHILE:
            try:
                getattr(self, what)(len(self.told))
            except PublisherError as error:
                self.told.append(f"  {what} meanwhile → {error.message[:60]}")
            else:
                self.told.append(f"  {what} meanwhile")

    def may_leave(self, part: Any) -> None:
        """The words that may leave now: those of the last correction, and after a retraction only the news of it."""
        r = part.rendering
        if self.retracted and r.action != "retract":
            self.wrong.append(f"{r.action} of {part.key} after the retraction")
        text = "\n".join(c.text for c in r.posts[0].copies)
        said = re.search(r"charter has (\d+) articles|Charter, version (\d+)", text)
        if said and not self.retracted and int(said[1] or said[2]) < self.corrected:
            self.wrong.append(
                f"{r.action} of {part.key} says version {said[0]} after correction {self.corrected}"
            )

    # ------------------------------------------------------------ moves

    def move(self, name: str, mishaps: Sequence[str] = (), fault: str = "", n: int = 0) -> None:
        """One move; what a person may not do now is refused, and changes nothing."""
        self.told.append(f"{name} {fault} {n} {[m for m in mishaps if m]}")
        if fault:
            self.box.fault(fault, 1)
        self.mishaps = deque(mishaps)
        try:
            getattr(self, name)(n)
        except PublisherError as error:
            self.told[-1] += f" → {type(error).__name__}: {error.message[:90]}"
        except Died:
            self.told[-1] += " → died"
            self._bury()
        self.mishaps.clear()
        self.check()

    def deliver(self, n: int) -> None:
        self.work()
        self._bury()

    def work(self) -> None:
        """One process delivers all it may, or dies of it."""
        made = Delivering(
            self.ledger,
            lambda name: Shaky(self.office.channel(name), self),
            Retry(attempts=4),
            self.approvals,
        )  # type: ignore[arg-type]
        if not work(made):
            self.told[-1] += " → died"

    def _bury(self) -> None:
        """Whoever was sending is dead, and can be seen to be."""
        with self.ledger.write() as c:
            dead = f"{socket.gethostname()}:{2**30}:1"
            c.execute(update(schema.part).where(schema.part.c.state == "sending").values(worker=dead))

    def jump(self, n: int) -> None:
        self.ledger.skew += (1, 31, 400, 4000)[n % 4]

    def correct(self, n: int) -> None:
        self.version += 1
        repost = [(), ("x",), ("linkedin",), ("x", "linkedin")][n % 4]
        self.office.correct(
            self.key, Source(str(self.written())), "it was wrong", by="ann", mail=bool(n % 2), repost=repost
        )
        self.proposed = self.version
        if self.approvals == 1:
            self.corrected = self.proposed

    def retract(self, n: int) -> None:
        self.office.retract(self.key, "all of it was wrong", by="ann", mail=bool(n % 2))
        self.retracted = True  # from now on nothing new leaves; what is out goes once it is approved

    def approve(self, n: int) -> None:
        if self.ledger.waits(self.key):
            self.office.approve(self.key, by="ben")
            self.corrected = self.proposed

    def reject(self, n: int) -> None:
        if self.ledger.waits(self.key) and not self.retracted:
            self.office.reject(self.key, "let us wait", by="ben")

    def repair(self, n: int) -> None:
        rows = [r for r in self.ledger.deliveries(self.key) if r.channel == "linkedin"]
        self.office.repair(rows[n % len(rows)].id, by="ann")

    def verify(self, n: int) -> None:
        self.office.verify(self.key)

    def pause(self, n: int) -> None:
        self.ledger.pause("ann", ("", "x")[n % 2])

    def resume(self, n: int) -> None:
        for lane in self.ledger.lanes():
            if lane.paused or lane.blocked:
                self.ledger.resume("ann", "" if lane.name == "*" else lane.name)

    def hold(self, n: int) -> None:
        self.ledger.hold(self.key, "ann")

    def release(self, n: int) -> None:
        self.ledger.release(self.key, "ann")

    def retry(self, n: int) -> None:
        for row in self.ledger.deliveries(self.key):
            if any(p.state == "failed" for p in self.ledger.parts(row.id)):
                self.ledger.retry(row.id, "ann")

    def resolve(self, n: int) -> None:
        """A person looks, and answers with the truth."""
        for row in self.ledger.deliveries(self.key):
            doubt = next((p for p in self.ledger.parts(row.id) if p.state == "unknown"), None)
            if (
                doubt is None
                or row.action in (*AMENDS,)
                or (row.action == "retract" and row.channel != "email")
            ):
                continue  # what can be read is read by a machine
            if row.channel == "email":
                # One answer for all readers: where it is not the same for all, nobody is mailed twice.
                theirs = [p for p in self.ledger.parts(row.id) if p.state == "unknown"]
                published = any(self._mailed(row, p) for p in theirs)
                self.office.resolve(row.id, published=published, by="ann")
                continue
            text = self.ledger.rendering(row).posts[doubt.n][MAIN].text
            known = self._receipts()
            seen = [i for i in self._items(row.channel) if i.id not in known and self._was(i, text)]
            self.office.resolve(row.id, published=bool(seen), where=seen[0].id if seen else "", by="ann")

    # ------------------------------------------------------------ behind the product's back

    def edit(self, n: int) -> None:
        if items := self._live():
            item = items[n % len(items)]
            self.box.edit(item.id, f"{item.text}\n\nSomebody was here ({len(self.told)}).")

    def cut(self, n: int) -> None:
        if items := self._live():
            item = items[n % len(items)]
            self.box.edit(item.id, item.text[: max(1, len(item.text) // 2)])

    def delete(self, n: int) -> None:
        if items := self._live():
            self.box.delete(items[n % len(items)].id)

    def hide(self, n: int) -> None:
        if items := self._live():
            self.box.hide(items[n % len(items)].id, hidden=bool(n % 3))

    # ------------------------------------------------------------ what is true

    def _items(self, service: str) -> list[Any]:
        return [item for item in self.box.public if item.service == service]

    def _live(self) -> list[Any]:
        return [i for i in self.box.public if i.service != "smtp" and not i.deleted]

    def _was(self, item: Any, text: str) -> bool:
        """Whether an item was posted with this text, whatever it says now."""
        raw = item.raw.get("text") or item.raw.get("commentary", "")
        return same_words(re.sub(r"\\(.)", r"\1", _untagged(raw)), _untagged(text))

    def _mailed(self, row: Any, part: Any) -> bool:
        from channels.email.mime import message_id

        to = "everybody@press.example"
        if part.recipient:
            with self.ledger.read() as c:
                to = (
                    c.execute(schema.subscriber.select().where(schema.subscriber.c.id == part.recipient))
                    .one()
                    .address
                )
        wanted = message_id(f"{row.id}#{part.recipient or part.n}", to, "sandbox.example")
        return any(item.mail["Message-ID"] == wanted for item in self._items("smtp"))

    def _receipts(self) -> dict[str, tuple[Any, Any]]:
        """Each post's id in the ledger, with the delivery and the part that made it."""
        found = {}
        for row in self.ledger.deliveries(self.key):
            if row.action in ("publish", "replace", "reply") and row.channel != "email":
                for p in self.ledger.parts(row.id):
                    if p.receipt and p.receipt["id"]:
                        found[p.receipt["id"]] = (row, p)
        return found

    def check(self) -> None:
        """What holds after every move."""
        assert not self.wrong, self._tale(self.wrong)
        known, told = self._receipts(), []
        live = {i.id: i for i in self._live()}
        for id, (row, p) in known.items():
            if p.state == "retracted" and id in live:
                told.append(f"{row.id} is retracted, and is to be seen")
            if p.state in ("planned", "waiting", "failed", "held", "cancelled"):
                told.append(f"{row.id} is {p.state}, and was public as {id}")
        doubts = sum(p.state in ("sending", "unknown") for p in self._parts())
        strays = [i for i in self.box.public if i.service != "smtp" and i.id not in known]
        if len(strays) > doubts:
            told.append(f"{len(strays)} posts that the ledger does not know, and {doubts} in doubt")
        twice = [id for id, n in Counter(i.mail["Message-ID"] for i in self._items("smtp")).items() if n > 1]
        told += [f"mailed twice: {id}" for id in twice]
        for channel in ("x", "linkedin"):
            first = [i for i in live.values() if i.service == channel and not i.reply_to]
            if len(first) > 1:
                told.append(f"{len(first)} posts on {channel} at once")
        assert not told, self._tale(told)

    def _parts(self) -> list[Any]:
        return [p for row in self.ledger.deliveries(self.key) for p in self.ledger.parts(row.id)]

    def end(self) -> Counter[str]:
        """Everybody does what is asked of them; then the ledger says of everything what the public sees. The answers."""
        self.told.append("end")
        for name in [*self.box.armed]:
            self.box.fault(name, 0)
        for _ in range(14):
            del self.told[self.told.index("end") + 1 :]
            for name in ("approve", "resume", "release", "resolve", "retry", "deliver"):
                self.move(name)
            self.ledger.skew += 4000
            if not self._open():
                break
        assert not self._open(), self._tale(["not settled"])
        answers = self.office.verify(self.key)
        told = [f"{a.delivery}: {trouble}" for a in answers if (trouble := self._disagrees(a))]
        if self.retracted and self._live():
            told.append(f"retracted, and to be seen: {[i.id for i in self._live()]}")
        strays = {i.id for i in self._live()} - set(self._receipts())
        told += [f"the ledger does not know {id}" for id in strays]
        told += self.ledger.verify()
        assert not told, self._tale(told)
        return Counter(a.live for a in answers)

    def _open(self) -> list[str]:
        """What still waits for a machine or a person. A change of a post that is gone can only fail."""
        gone = {i.id for i in self.box.public if i.deleted}
        found = []
        for row in self.ledger.deliveries(self.key):
            for p in self.ledger.parts(row.id):
                if row.action in (*AMENDS, "reply") and p.state in (
                    "failed",
                    "unknown",
                    "waiting",
                    "planned",
                ):
                    targets = [t.receipt["id"] for t in self.ledger.parts(row.target) if t.receipt]
                    if set(targets) & gone:
                        continue
                if p.state in ("planned", "waiting", "sending", "unknown", "failed", "held"):
                    found.append(f"{row.id} {p.state} {p.error}")
        return found

    def _disagrees(self, answer: verify.Verified) -> str:
        """How an answer differs from what the public sees; "" when it does not."""
        row = next(r for r in self.ledger.deliveries(self.key) if r.id == answer.delivery)
        if row.channel == "email":
            return "" if answer.live == "unreadable" else answer.live
        items = {i.id: i for i in self.box.public}
        words = self.ledger.rendering(row)
        truth = []
        for p in self.ledger.parts(row.id):
            if p.state != "delivered":
                continue
            item = items[p.receipt["id"]]
            if row.action == "retract":
                truth.append("equal" if item.deleted else "changed")
            elif item.deleted:
                truth.append("deleted")
            else:
                approved = words.posts[p.n][MAIN].text
                cut = same_words(approved[: len(item.text.strip())], item.text) and not same_words(
                    approved, item.text
                )
                truth.append("equal" if same_words(item.text, approved) else "cut" if cut else "changed")
        wanted = min(truth, key=verify.WORST.index)
        return "" if wanted == answer.live else f"verify says {answer.live}, it is {wanted}"

    def _tale(self, faults: Sequence[str]) -> str:
        """The whole story, for whoever has to find out."""
        lines = ["", *faults, "", *self.told, ""]
        for row in self.ledger.deliveries(self.key):
            for p in self.ledger.parts(row.id):
                lines.append(
                    f"{row.id} #{p.n}{p.recipient} {p.state} {p.kind} {p.error} {(p.receipt or {}).get('id')}"
                )
        lines += [f"{i.service} {i.id} deleted={i.deleted} {i.text[:60]!r}" for i in self.box.public]
        return "\n".join([*lines, *self._open()])


def _untagged(text: str) -> str:
    """Text without what LinkedIn writes around a hashtag."""
    return re.sub(r"\{hashtag\|\\?#\|(\w+)\}", r"#\1", text)
