"""What a mail can carry: subject, preheader, plain text and HTML, and headers that are the same for everybody."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, TypeVar
from urllib.parse import quote

from publisher.channel import Field, Form, MediaRules, Rendering, Specimen
from publisher.errors import SettingsError, StatementError
from publisher.statement import Media, Statement
from publisher.text import Text, nfc

from .address import mailbox, single_line, writable
from .lint import broad, faults
from .settings import PREFIX, EmailSettings

PLACEHOLDER = "https://unsubscribe.invalid/everybody-gets-a-link-of-their-own-here"
"""Stands in a rendering where each recipient's own unsubscribe link will be; `.invalid` leads nowhere (RFC 2606)."""
ATTACHED = 10
"""Documents at most; it is their size that counts."""

_UNNAMEABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""What would end a header, or turn a file's name around."""
_FIRST_STYLE = re.compile(r"(<head>)(<style>.*?</style>)(.*?)(</head>)", re.DOTALL)

T = TypeVar("T")


class EmailForm(Form):
    """A message: its HTML is CSS-inlined, because some readers drop what stands in `<style>`."""

    fields = (
        Field("subject", 70, shorten=True, override="subject"),
        Field("preheader", 110, sentences=1, override="preheader", optional=True),
        Field("text", sentences=8, override="text"),
        Field("html", sentences=8, html=True),
    )

    options = ("full_text",)

    def __init__(self, settings: EmailSettings) -> None:
        self._settings = settings
        self.full_text = settings.full_text
        if settings.attach_max:
            self.media = MediaRules(documents=ATTACHED, document_bytes=settings.attach_max, spare=True)

    def refuse(self, media: Sequence[Media]) -> list[str]:
        found = [
            f"{m.name}: only PDF files are attached" for m in media if m.type not in self.media.document_types
        ]
        found += [
            f"{m.name!r}: its name has a control character" for m in media if _UNNAMEABLE.search(m.name)
        ]
        if (size := sum(m.size for m in media)) > self.media.document_bytes:
            found.append(
                f"{size:,} bytes would be attached; {PREFIX}ATTACH_MAX allows {self.media.document_bytes:,}"
            )
        return found

    @property
    def context(self) -> dict[str, Any]:
        """What the templates get beside the statement: `unsubscribe` (a link, or empty) and `linked`."""
        return {"unsubscribe": PLACEHOLDER if self._settings.personal_links else "", "linked": linked}

    def wire(self, field: str, text: Text) -> str:
        said = nfc(str(text))
        if field == "html":
            return inlined(_refused(writable, said, "the HTML of the email"))
        check = single_line if field == "subject" else writable
        return _refused(check, said, f"the {field} of the email")

    def lint(self, field: str, text: Text) -> list[str]:
        judge = {"html": faults, "subject": broad}.get(field)
        return list(judge(self.wire(field, text))) if judge else []

    def headers(self, statement: Statement) -> dict[str, str]:
        """As people read them; `mime` encodes them. What the settings do not give is left out."""
        settings = self._settings
        headers = {
            "From": _mailbox("sender", settings.sender),
            "Reply-To": _mailbox("reply_to", settings.reply_to),
            "List-Id": settings.list_id,
            **self._of_the_list(statement),
            "List-Archive": f"<{_uri(statement.url)}>" if statement.url else "",
            "Content-Language": _refused(single_line, statement.language, "the statement's language"),
            "Auto-Submitted": "auto-generated",  # RFC 3834: keeps "out of office" away
            "Precedence": "bulk",  # no standard, but still what vacation(1) asks for
            "X-Auto-Response-Suppress": "OOF, AutoReply",  # Exchange; "All" would suppress reports of failure too
        }
        return {name: value for name, value in headers.items() if value}

    def specimen(self, rendering: Rendering, at: float, blob: Callable[[str], bytes]) -> Specimen | None:
        from . import specimen

        return specimen.made(self._settings, rendering, at, blob) if rendering.posts else None

    def _of_the_list(self, statement: Statement) -> dict[str, str]:
        """Who answers for the list (RFC 2369), and by what Gmail counts complaints. A list's own server says it itself."""
        settings = self._settings
        if settings.list_address or not settings.sender:
            return {}
        people = f"<mailto:{_mail_uri(settings.reply_to or settings.sender)}>"
        return {"List-Help": people, "List-Owner": people, "Feedback-ID": self._feedback(statement)}

    def _feedback(self, statement: Statement) -> str:
        """`statement:list:office:sender`, the last of 5 to 15 characters and always the same; nothing of a reader."""
        office, _, domain = mailbox(self._settings.sender).address.rpartition("@")
        name = self._settings.list_id.rpartition("<")[2].rstrip(">") or "list"
        return f"{statement.digest[:12]}:{name}:{office}:{domain[-15:].strip('.-'):_<5}"


@lru_cache(maxsize=8)
def inlined(html: str) -> str:
    """`html` with its rules on its elements; only `@media` rules stay in `<style>`. Fetches nothing."""
    from css_inline import CSSInliner, InlineError

    inliner = CSSInliner(keep_style_tags=False, keep_at_rules=True, load_remote_stylesheets=False)
    try:
        made = str(inliner.inline(html))
    except InlineError as error:
        raise SettingsError(f"template email.html.j2: its CSS cannot be inlined: {error}") from None
    # The inliner puts what stays before everything else; the charset has to stand in the first 1024 bytes.
    return _FIRST_STYLE.sub(r"\1\3\2\4", made, count=1)


def linked(text: str) -> str:
    """A person's own text as HTML: addresses become links, line breaks stay."""
    from markupsafe import Markup, escape

    return Markup("").join(
        Markup('<a href="{0}">{0}</a>').format(span.text)
        if span.kind == "link"
        else escape(f"#{span.text}" if span.kind == "hashtag" else span.text).replace("\n", Markup("<br>\n"))
        for span in Text.authored(text)
    )


def _refused(check: Callable[[str, str], T], value: str, what: str) -> T:
    try:
        return check(value, what)
    except ValueError as error:
        raise StatementError(str(error)) from None


def _mailbox(name: str, value: str) -> str:
    try:
        return str(mailbox(value)) if value else ""
    except ValueError as error:
        raise SettingsError(f"{PREFIX}{name.upper()} {value!r}: {error}") from None


def _mail_uri(value: str) -> str:
    """The address of a mailbox, as after `mailto:` (RFC 6068)."""
    return quote(mailbox(value).address, safe="@!$'*+-._~")


def _uri(url: str) -> str:
    return quote(_refused(single_line, url, "the statement's url"), safe=":/?#[]@!$&'()*+,;=%~")
