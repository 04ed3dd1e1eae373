"""What an HTML page says about itself: title, address, language, date, the documents it links."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import parse_qsl, unquote, urljoin, urlsplit

from publisher.intake import furniture, html
from publisher.intake.clean import clean, line
from publisher.intake.draft import Draft, ended, quoted
from publisher.intake.fields import is_date, language_tag, web_address

_SEPARATOR = re.compile(r"\s+(?:[|·•»:]{1,2}|-|–|—)\s+")
_GENERIC = re.compile(
    r"\W*|(?:(?:download|view|read|open|print|the|this|full|télécharger|descargar|herunterladen|ladda ner|statement|document|page"
    r"|version|pdf|english|en|here|ici|aquí|hier|här|file|\d+(?:[.,]\d+)? ?[km]b)\W*)+",
    re.I,
)
_HOLDERS = (
    "//a[@href][not(ancestor::nav or ancestor::footer)] | //iframe[@src] | //embed[@src] | //object[@data]"
    " | //link[@href][@rel='alternate'][@type='application/pdf']"
)
_SUMMARY = (60, 400)  # characters; less says nothing, more is no summary
_PUBLISHED = {
    "published",
    "date",
    "publié",
    "publié le",
    "publicado",
    "veröffentlicht",
    "publicerad",
    "pubblicato",
}


def read(text: str, name: str, url: str = "", *, private: bool = False) -> Draft:
    """The page as a draft; `url` is where it was fetched from, `private` that no reader can reach that."""
    tree = html.parse(text, name)
    draft = Draft()
    base = urljoin(url, tree.xpath("string(//base/@href)")) if url else ""
    address = _address(tree, url, base or url, draft)
    draft.title = _title(tree)
    draft.fields = {
        "url": address,
        "language": _language(tree),
        "issued": _issued(tree),
        # What a page on the intranet links lies, for its readers, beside its public address.
        "documents": _documents(tree, address if private else base or url or address, draft),
    }
    draft.card = _picture(tree, base or url)
    html.content(tree, draft, text)
    _describe(draft, _meta(tree, "og:description"))
    return draft


def _describe(draft: Draft, said: str) -> None:
    """What the office says of the page to those who share it is its own summary of the statement.

    Not where the site made it up: an excerpt of the text (our own choice of sentences is better), a sentence that is
    cut off, words or figures that are not the statement's (the same line on every page).
    """
    body = " ".join(block.text for block in draft.blocks).casefold()
    words = {word for word in re.findall(r"\w+", said.casefold()) if len(word) > 3}
    there = set(re.findall(r"\w+", body))
    figures = set(re.findall(r"\d+", said))
    own = (
        _SUMMARY[0] <= len(said) <= _SUMMARY[1]
        and ended(said)
        and not said.endswith(("…", "..."))
        and said.casefold() not in body
        and not furniture.label(said)
        and figures <= set(re.findall(r"\d+", body))
        and len(words & there) >= 0.7 * len(words)
    )
    if own:
        draft.fields["summary"] = said
        draft.note(f"the page's own description is used as the summary: {quoted([said])}")


def _meta(tree: Any, *names: str) -> str:
    """The content of the first `meta` that bears one of `names`."""
    for name in names:
        for key in ("property", "name", "http-equiv", "itemprop"):
            found = tree.xpath(
                f"//meta[translate(@{key}, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz')=$n]/@content",
                n=name,
            )
            if found and found[0].strip():
                return line(clean(found[0]))
    return ""


def _title(tree: Any) -> str:
    """The headline a reader sees; failing that the one the page gives to others, without the site's name."""
    site = _meta(tree, "og:site_name")
    seen = [
        line(clean(h.text_content()))
        for h in tree.xpath("//main//h1 | //article//h1 | //*[@role='main']//h1")
    ]
    seen = list(dict.fromkeys(filter(None, seen)))
    if len(seen) == 1 and seen[0].casefold() != site.casefold():
        return seen[0]
    shared = _meta(tree, "og:title", "twitter:title")
    every = list(dict.fromkeys(filter(None, (line(clean(h.text_content())) for h in tree.xpath("//h1")))))
    if shared:
        return _without_site(shared, site, every)
    if len(every) == 1:
        return every[0]
    return _without_site(line(clean(tree.xpath("string(//title)"))), site, every)


def _without_site(title: str, site: str, headings: list[str]) -> str:
    if len(title) > 1000:
        return title  # refused later, as a title
    for heading in headings:
        if title.casefold().startswith(heading.casefold()):
            return heading
    while (cut := list(_SEPARATOR.finditer(title))) and cut[-1].start() >= 15:
        head, mark, tail = title[: cut[-1].start()], cut[-1][0].strip(), title[cut[-1].end() :]
        # A dash may be the headline's own; a bar or the site's declared name is not.
        bar = mark in ("|", "»", "::")
        if tail.casefold() != site.casefold() and not bar and (site or len(tail) > 30 or tail[:1].islower()):
            break
        title = head
    return title


def _address(tree: Any, url: str, base: str, draft: Draft) -> str:
    """The page's public address: what it says itself, unless that is its site's front page."""
    for said in (tree.xpath("string(//link[@rel='canonical']/@href)").strip(), _meta(tree, "og:url")):
        found = urljoin(base, said) if base else said
        if not said or not web_address(found):
            continue
        if url and urlsplit(found).path in ("", "/") and urlsplit(url).path not in ("", "/"):
            draft.note(f"the page names its site's front page ({found}) as its address; {url} is used")
            continue
        return found.partition("#")[0]
    return url


def _language(tree: Any) -> str:
    for said in (
        *tree.xpath("//main/@lang | //article/@lang"),
        tree.xpath("string(/html/@lang)") or tree.xpath("string(//*[@xml:lang]/@xml:lang)"),
        _meta(tree, "content-language", "language", "og:locale"),
    ):
        if tag := language_tag(said.split(",")[0]):
            return tag
    return ""


def _issued(tree: Any) -> str:
    said = [
        _meta(
            tree,
            "article:published_time",
            "datepublished",
            "dc.date",
            "dcterms.issued",
            "dcterms.date",
            "date",
        )
    ]
    said += [_published(part) for part in tree.xpath("//script[@type='application/ld+json']/text()")]
    said += tree.xpath("//time[@datetime][not(ancestor::aside or ancestor::footer)]/@datetime")
    for term in tree.iter("dt"):
        if (
            line(clean(term.text_content())).casefold().strip(": ") in _PUBLISHED
            and term.getnext() is not None
        ):
            said.append(term.getnext().text_content())
    return next((one.strip() for one in said if is_date(one.strip())), "")


def _published(markup: str) -> str:
    """`datePublished` of a page's JSON-LD, wherever it stands in it."""
    try:
        found: list[Any] = [json.loads(markup)]
    except (ValueError, RecursionError):
        return ""
    while found:
        one = found.pop(0)
        if isinstance(one, dict):
            if isinstance(one.get("datePublished"), str):
                return str(one["datePublished"])
            found += one.values()
        elif isinstance(one, list):
            found += one
    return ""


def _picture(tree: Any, base: str) -> dict[str, str]:
    """The picture the page wants shown where it is linked (Open Graph), and what it shows; empty where there is none."""
    said = _meta(tree, "og:image:secure_url", "og:image", "twitter:image")
    try:
        target = urljoin(base, said).replace(" ", "%20") if said else ""
    except ValueError:
        return {}
    if not web_address(target):
        return {}
    return {"url": target, "alt": _meta(tree, "og:image:alt", "twitter:image:alt")}


def _documents(tree: Any, base: str, draft: Draft) -> list[dict[str, str]]:
    """The PDFs the content links or shows, as `documents` of a front matter would name them."""
    found: dict[str, str] = {}
    for address, said in _linked(tree):
        try:
            target = urljoin(base, address.strip()).partition("#")[0]
            path = urlsplit(target).path
        except ValueError:
            continue
        if not path.lower().endswith(".pdf"):
            continue
        target = target.replace(" ", "%20")
        name = unquote(PurePosixPath(path).name)
        if not web_address(target):
            draft.note(
                f"the page links {name} by a path of its own, which cannot be resolved; add `documents`"
            )
            continue
        # "PDF version" says nothing where the page around it is gone.
        found.setdefault(target, draft.title if _GENERIC.fullmatch(said) else said)
    return [{"url": target, "title": title} for target, title in found.items()]


def _linked(tree: Any) -> Iterator[tuple[str, str]]:
    """Addresses that may be documents, with what the page calls them; in a viewer's address stands that of the file."""
    for link in tree.xpath(_HOLDERS):
        address = link.get("href") or link.get("src") or link.get("data") or ""
        said = line(clean(link.text_content() if link.tag == "a" else link.get("title") or ""))
        yield address, said
        if link.tag != "a" and "?" in address:
            try:
                inner = parse_qsl(urlsplit(address).query)
            except ValueError:
                continue
            yield from ((value, said) for _, value in inner)
