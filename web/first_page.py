"""What a browser loads for every address of a page: Streamlit's own HTML, dressed as ours before it is drawn.

Styles that came with a run of the script would come after the first paint, and everything would jump.
"""

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Final

from starlette.convertors import StringConvertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from core.errors import StartRefused
from web.chunks import chunks
from web.plain_pages import ASSETS
from web.scripts import Scripts

_STYLES: Final = ASSETS / "console.css"
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
# What draws a page, which it would ask for only once the script has run, and then one after the other:
# components of ours, and Streamlit's elements besides those that its index names.
_EVERYWHERE: Final = ("header", "shared")
_OURS: Final[Mapping[str, tuple[str, ...]]] = {
    "analytics": ("figures",),
    "desk": ("live", "acts", "desk"),
    "devices": ("devices",),
    "live": ("live", "acts", "wall"),
    "log": ("log",),
}
_COMPONENT: Final = "BidiComponent"
_CHART: Final = "PlotlyChart"
_THEIRS: Final[Mapping[str, tuple[str, ...]]] = {
    "analytics": (_CHART, "ButtonGroup", "Html"),
    "devices": ("TextInput", "Selectbox", "Checkbox"),
    "me": ("TextInput", "Button"),
    "people": ("TextInput", "Button"),
    "policy": ("TextInput", "Button", "StreamlitSyntaxHighlighter"),
}


# Where Streamlit's server is: at the root, whatever page is open. Without this it looks below the page first,
# gets a 404 and waits before it tries the root.
ROOT: Final = "window.__streamlit = { BACKEND_BASE_URL: `${location.origin}/` }"


# Plotly takes a quarter of a second to begin. It does so while the server runs the page: earlier it would
# keep the browser from asking for that, later from drawing it.
CHARTS: Final = """new MutationObserver((_changes, watch) => {
  if (!document.querySelector("[data-test-connection-state=CONNECTED]")) return;
  watch.disconnect();
  import(document.querySelector("link[href*=PlotlyChart]").href);
}).observe(document, { subtree: true, attributeFilter: ["data-test-connection-state"] })"""


class _Word(StringConvertor):
    regex = "[a-z]+"


register_url_convertor("word", _Word())


def first_page_routes(index: Path, scripts: Scripts) -> list[BaseRoute]:
    """Give the routes of every page, for after all others; raises StartRefused for a strange index."""
    html = dressed(index.read_text(encoding="utf-8"), scripts)
    pages = {page: hurried(html, page, index.parent, scripts) for page in {"", *_OURS, *_THEIRS}}
    answer = _answering(pages)
    return [Route("/", answer, methods=["GET"]), Route("/{page:word}", answer, methods=["GET"])]


def dressed(html: str, scripts: Scripts) -> str:
    """Change Streamlit's HTML to ours; raises StartRefused where it is not as it was."""
    styles = f"<style>{_STYLES.read_text(encoding='utf-8')}</style>"
    # An import map counts only before the first module.
    root = f'<script type="importmap">{scripts.import_map}</script><script>{ROOT}</script>'
    for old, new in _CHANGES:
        html = _changed(html, old, new.replace("{styles}", styles).replace("{root}", root))
    return html


def hurried(html: str, page: str, folder: Path, scripts: Scripts) -> str:
    """Let a page ask with its first byte for the scripts that draw it: Streamlit's, then our components'.

    Raises StartRefused where Streamlit no longer has one.
    """
    theirs = chunks((_COMPONENT, *_THEIRS.get(page, ())), folder)
    names = (*_EVERYWHERE, *_OURS.get(page, ()))
    ours = (address for name in names for address in scripts.of_component(name))
    links = (f'<link rel="modulepreload" href="{script}">' for script in (*theirs, *ours))
    begin = f"<script>{CHARTS}</script>" if _CHART in _THEIRS.get(page, ()) else ""
    return html.replace("</head>", f"{''.join(links)}{begin}</head>")


def _changed(html: str, old: str, new: str) -> str:
    first, between, last = old.partition("…")
    start = html.find(first)
    end = html.find(last, start + len(first)) + len(last) if between else start + len(first)
    if start < 0 or end < start + len(old) - len(between):
        raise StartRefused(f"Streamlit's page no longer has {old!r}: look at web/first_page.py")
    return html[:start] + new + html[end:]


def _answering(pages: Mapping[str, str]) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        return HTMLResponse(pages.get(request.path_params.get("page", ""), pages[""]))

    return answer
