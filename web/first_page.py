"""What a browser loads for every address of a page: Streamlit's own HTML, dressed as ours before it is drawn.

Styles that came with a run of the script would come after the first paint, and everything would jump.
"""

from collections.abc import Awaitable, Callable
from hashlib import sha256
from pathlib import Path
from typing import Final

from starlette.convertors import StringConvertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from core.errors import StartRefused
from web.plain_pages import ASSETS

_NEEDED: Final = "<noscript><p>Gatehouse needs JavaScript.</p></noscript>"
# From and to what Streamlit's HTML is changed; "…" stands for all that lies between.
_CHANGES: Final = (
    ("<title>Streamlit</title>", "<title>Gatehouse</title>"),
    ('href="./favicon.png"', 'href="/assets/gatehouse/logo.svg" type="image/svg+xml"'),
    # A font that no page uses, the way to an interface that is closed, and words about it.
    ('<link\n      rel="preload"…/>', ""),
    ('<link rel="service-desc"…/>', ""),
    ("<noscript>…</noscript>", _NEEDED),
    # Before the scripts, which read it as they begin.
    ('<script type="module"', '{root}<script type="module"'),
    ("</head>", "{styles}</head>"),
)
# What draws charts is so large that these pages ask for it before they know of any.
_WITH_CHARTS: Final = frozenset({"analytics"})
_DRAWS_CHARTS: Final = "static/js/PlotlyChart.*.js"


class _Word(StringConvertor):
    regex = "[a-z]+"


register_url_convertor("word", _Word())


def first_page_routes(index: Path) -> list[BaseRoute]:
    """Give the routes of every page, for after all others; raises StartRefused for a strange index."""
    html = dressed(index.read_text(encoding="utf-8"))
    answer = _answering(html, hurried(html, index.parent))
    return [Route("/", answer, methods=["GET"]), Route("/{page:word}", answer, methods=["GET"])]


def dressed(html: str) -> str:
    """Change Streamlit's HTML to ours; raises StartRefused where it is not as it was."""
    styles = f'<link rel="stylesheet" href="{_versioned("console.css")}">'
    root = f'<script src="{_versioned("root.js")}"></script>'
    for old, new in _CHANGES:
        html = _changed(html, old, new.replace("{styles}", styles).replace("{root}", root))
    return html


def _versioned(name: str) -> str:
    version = sha256((ASSETS / name).read_bytes()).hexdigest()[:12]
    return f"/assets/gatehouse/{name}?v={version}"


def hurried(html: str, folder: Path) -> str:
    """Let a page ask with its first byte for what draws charts, which lies in Streamlit's folder."""
    scripts = (file.relative_to(folder).as_posix() for file in folder.glob(_DRAWS_CHARTS))
    links = (f'<link rel="modulepreload" href="./{script}">' for script in scripts)
    return html.replace("</head>", f"{''.join(links)}</head>")


def _changed(html: str, old: str, new: str) -> str:
    first, between, last = old.partition("…")
    start = html.find(first)
    end = html.find(last, start + len(first)) + len(last) if between else start + len(first)
    if start < 0 or end < start + len(old) - len(between):
        raise StartRefused(f"Streamlit's page no longer has {old!r}: look at web/first_page.py")
    return html[:start] + new + html[end:]


def _answering(html: str, with_charts: str) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        return HTMLResponse(with_charts if request.path_params.get("page") in _WITH_CHARTS else html)

    return answer
