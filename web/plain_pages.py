"""Pages of ours outside Streamlit: HTML and CSS in files, no script, a policy that allows none."""

import html
from functools import cache
from pathlib import Path
from string import Template
from typing import Final

from starlette.responses import HTMLResponse

ASSETS: Final = Path(__file__).parent / "assets"
_POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
_TITLES: Final = {"error.html": "Not now", "sign_in.html": "Sign in", "sign_out.html": "Sign out"}


@cache
def _template(name: str) -> Template:
    frame, main = ((ASSETS / file).read_text(encoding="utf-8") for file in ("frame.html", name))
    # What the page is to be filled with stands in `main`, which is not looked into here.
    return Template(Template(frame).substitute(title=_TITLES[name], main=main))


def plain_page(name: str, values: dict[str, str], *, status: int = 200, note: str = "") -> HTMLResponse:
    """Fill a page into the frame of all; the values are escaped, `note` is HTML of ours."""
    escaped = {key: html.escape(value) for key, value in values.items()}
    filled = _template(name).substitute(escaped, note=note)
    headers = {"content-security-policy": _POLICY, "cache-control": "no-store"}
    return HTMLResponse(filled, status_code=status, headers=headers)


def alert(message: str) -> str:
    """Write a note that a screen reader says at once."""
    return f'<p class="error" role="alert">{html.escape(message)}</p>'


def status(message: str) -> str:
    """Write a note that a screen reader says when it is its turn."""
    return f'<p class="note" role="status">{html.escape(message)}</p>'
