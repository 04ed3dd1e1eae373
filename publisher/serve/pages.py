"""Pages for readers: a heading, a sentence, a button; no script, no cookie, nothing from elsewhere."""

from __future__ import annotations

from html import escape

from starlette.responses import HTMLResponse, Response

from publisher.render import RIGHT_TO_LEFT

HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'",
}

_PAGE = """<!doctype html>
<html lang="{language}" dir="{dir}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title><style>body{{font:1.1rem/1.5 system-ui,sans-serif;max-width:32rem;margin:4rem auto;padding:0 1rem;
color-scheme:light dark}}button,input,select{{font:inherit;padding:.6rem 1.2rem;max-width:100%}}label{{display:block;
margin:0 0 1rem}}input,select{{display:block;box-sizing:border-box;width:100%}}</style></head>
<body><main><h1>{title}</h1><p>{words}</p>{form}</main></body></html>
"""


def page(language: str, title: str, words: str, form: str = "", status: int = 200) -> Response:
    """A page in `language`; `form` is HTML, everything else text."""
    language = language or "en"
    direction = "rtl" if language.split("-")[0].lower() in RIGHT_TO_LEFT else "ltr"
    made = _PAGE.format(
        language=escape(language), dir=direction, title=escape(title), words=escape(words), form=form
    )
    return HTMLResponse(made, status, HEADERS)


def button(label: str) -> str:
    """A form that posts to the page it stands on."""
    return f'<form method="post"><button>{escape(label)}</button></form>'
