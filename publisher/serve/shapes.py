"""What a webhook's JSON may look like, as a source that intake reads: ours, WordPress's, or one the settings map.

{"url": "https://…"}                                         the page is fetched and read
{"title": …, "text": "Markdown" | "html": "<p>…", …}         a statement; the other keys are front matter's
{"title": {"rendered": …}, "content": {"rendered": …}, "link": …, "status": "publish", …}     WordPress
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Collection, Mapping
from typing import Any

from publisher.api import Source
from publisher.errors import StatementError
from publisher.intake.fields import KEYS

ADDRESS = ("url", "title", "language", "embargo")
"""What may be said of a page that is fetched."""
TEXTS = ("title", "url", "issued", "embargo", "language", "organization", "summary")
LISTED = ("hashtags", "mentions")
"""Lists of texts."""
WHERE = "the webhook's JSON"


def source(body: bytes, mapping: Mapping[str, str]) -> Source:
    """What a request's body says. `mapping`: our keys to dotted paths in it. Raises StatementError."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        raise StatementError("the webhook's body is no JSON; send one object") from None
    if not isinstance(said, dict):
        raise StatementError(f'{WHERE} is no object; send {{"url": …}} or {{"title": …, "text": …}}')
    fields = _mapped(said, mapping) if mapping else _wordpress(said) if _is_wordpress(said) else said
    text, markup = fields.pop("text", None), fields.pop("html", None)
    if text is None and markup is None:
        return _address(fields, () if mapping else set(fields) - set(ADDRESS))
    _are_texts({"text": text, "html": markup} | {key: fields.get(key) for key in TEXTS})
    for key in LISTED:
        listed = fields.get(key)
        if isinstance(listed, list) and not all(isinstance(one, str) for one in listed):
            raise StatementError(f"{WHERE}: `{key}` must be a list of texts")
    unknown = [key for key in fields if key not in KEYS]
    front = {key: value for key, value in fields.items() if key in KEYS and value is not None}
    if not mapping and unknown and not _is_wordpress(said):
        raise StatementError(
            f"{WHERE}: unknown key {unknown[0]!r}; known are text, html, {', '.join(KEYS)}. "
            "PUBLISHER_WEBHOOK__MAP names the keys of another shape"
        )
    return Source("-", stdin=_markdown(front, text if text is not None else _one_block(str(markup))))


def _address(fields: Mapping[str, Any], beside: Collection[str]) -> Source:
    """The page that is named. `beside`: what was said with it and would not be heeded."""
    url = fields.get("url")
    if not isinstance(url, str) or not url.startswith(("http://", "https://")):
        raise StatementError(f"{WHERE} has neither a text nor the http(s) `url` of a page")
    if beside:
        raise StatementError(
            f"{WHERE}: {sorted(beside)[0]!r} says nothing of a page that is fetched; beside `url` stand "
            f"{', '.join(ADDRESS[1:])}, all else with a `text` or `html`"
        )
    _are_texts({key: fields.get(key) for key in ADDRESS})
    said = {key: fields.get(key) or "" for key in ADDRESS}
    return Source(url, title=said["title"], language=said["language"], embargo=said["embargo"])


def _are_texts(said: Mapping[str, Any]) -> None:
    """JSON knows what is a text; front matter would make one of a number. Raises StatementError."""
    for key, value in said.items():
        if not isinstance(value, str | None):
            raise StatementError(f"{WHERE}: `{key}` must be text, not {json.dumps(value)[:80]}")


def _markdown(front: Mapping[str, Any], body: str) -> bytes:
    """Front matter and text; JSON is YAML, so that no value can be anything but a value."""
    lines = [f"{key}: {json.dumps(value, ensure_ascii=True)}" for key, value in front.items()]
    return "\n".join(["---", *lines, "---", body, ""]).encode("utf-8", "replace")


def _one_block(markup: str) -> str:
    """HTML that Markdown passes on whole: it ends a piece of HTML at an empty line."""
    inner = re.search(r"<body\b[^>]*>(.*)</body>", markup, re.S | re.I)
    return "<div>\n" + re.sub(r"\n\s*\n", "\n", inner[1] if inner else markup) + "\n</div>"


# ---------------------------------------------------------------- shapes


def _is_wordpress(said: Mapping[str, Any]) -> bool:
    return all(isinstance(said.get(key), dict) and "rendered" in said[key] for key in ("title", "content"))


def _wordpress(said: Mapping[str, Any]) -> dict[str, Any]:
    """A post as WordPress's REST API gives it (`/wp/v2/posts/<id>`)."""
    if said.get("status", "publish") != "publish":
        raise StatementError(f"the post is {said['status']!r} in WordPress, not published; nothing was taken")
    title, content, issued = said["title"]["rendered"], said["content"]["rendered"], said.get("date_gmt")
    for key, value in (
        ("title.rendered", title),
        ("content.rendered", content),
        ("date_gmt", "" if issued is None else issued),
    ):
        if not isinstance(value, str):
            raise StatementError(f"{WHERE}: `{key}` must be text")
    return {
        "title": html.unescape(re.sub(r"<[^>]*>", "", title)).strip(),
        "html": content,
        "url": said.get("link"),
        "issued": f"{issued}Z" if issued else None,
        "language": said.get("lang"),  # where a plug-in for several languages says it
    }


def _mapped(said: Mapping[str, Any], mapping: Mapping[str, str]) -> dict[str, Any]:
    found = {ours: _at(said, path) for ours, path in mapping.items()}
    return {key: value for key, value in found.items() if value is not None}


def _at(said: Any, path: str) -> Any:
    for step in path.split("."):
        if isinstance(said, list) and step.isdigit() and int(step) < len(said):
            said = said[int(step)]
        elif isinstance(said, dict):
            said = said.get(step)
        else:
            return None
    return said


def mapping_of(text: str) -> dict[str, str]:
    """`title=post.headline, html=post.body` as pairs. Raises ValueError."""
    pairs = [one.partition("=") for one in text.split(",") if one.strip()]
    made = {ours.strip(): path.strip() for ours, _, path in pairs}
    if not all(made.values()) or not set(made) <= {*KEYS, "text", "html"}:
        raise ValueError(text)
    return made
