"""Pages of ours outside Streamlit: HTML and CSS in files, and a policy that allows no script but ours."""

import html
from functools import cache
from pathlib import Path
from string import Template
from typing import Final

from starlette.responses import HTMLResponse

from web.headers import script_hash

ASSETS: Final = Path(__file__).parent / "assets"
_POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
_SCRIPTED: Final = f"{_POLICY}; script-src 'self'; connect-src 'self'"
_TITLES: Final = {
    "error.html": "Not now",
    "leaving.html": "Signed out",
    "passkeys.html": "Add a passkey",
    "proof.html": "Proof",
    "providers.html": "Sign in",
    "refused.html": "Not signed in",
    "sign_in.html": "Sign in",
    "sign_out.html": "Sign out",
}
# Sends the form of the page it stands in; a browser without scripts shows its button.
_SUBMIT: Final = "document.forms[0].submit()"


@cache
def _template(name: str) -> Template:
    frame, main = ((ASSETS / file).read_text(encoding="utf-8") for file in ("frame.html", name))
    # What the page is to be filled with stands in `main`, which is not looked into here.
    return Template(Template(frame).substitute(title=_TITLES[name], main=main))


def plain_page(
    name: str, values: dict[str, str], *, status: int = 200, note: str = "", ways: str = ""
) -> HTMLResponse:
    """Fill a page into the frame of all; the values are escaped, `note` and `ways` are HTML of ours."""
    return _page(name, values, _POLICY, status=status, note=note, ways=ways)


def scripted_page(
    name: str, values: dict[str, str], *, status: int = 200, note: str = "", ways: str = ""
) -> HTMLResponse:
    """Fill a page as `plain_page` does, one that a script of ours works in."""
    return _page(name, values, _SCRIPTED, status=status, note=note, ways=ways)


def leaving_page(values: dict[str, str], fields: dict[str, str]) -> HTMLResponse:
    """Give the page that sends a form to another origin, by itself where scripts run."""
    # Browsers hold each hop to this rule, and a provider may send the browser on to others.
    policy = _POLICY.replace("form-action 'self'", "form-action 'self' https:")
    policy += f"; script-src {script_hash(_SUBMIT)}"
    hidden = "\n    ".join(
        f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">'
        for name, value in fields.items()
    )
    return _page("leaving.html", values, policy, fields=hidden, script=_SUBMIT)


def _page(name: str, values: dict[str, str], policy: str, *, status: int = 200, **ours: str) -> HTMLResponse:
    escaped = {key: html.escape(value) for key, value in values.items()}
    filled = _template(name).substitute(escaped, **ours)
    headers = {"content-security-policy": policy, "cache-control": "no-store"}
    return HTMLResponse(filled, status_code=status, headers=headers)


def way(title: str, url: str, *, first: bool = False, help_text: str = "") -> str:
    """Write a link to one way of signing in."""
    said = f"<small>{html.escape(help_text)}</small>" if help_text else ""
    kind = "way first" if first else "way"
    return f'<a class="{kind}" href="{html.escape(url)}">{html.escape(title)}{said}</a>'


def back(title: str, url: str) -> str:
    """Write a link that is not the way on."""
    return f'<p class="back"><a href="{html.escape(url)}">{html.escape(title)}</a></p>'


def alert(message: str) -> str:
    """Write a note that a screen reader says at once."""
    return f'<p class="error" role="alert">{html.escape(message)}</p>'


def status(message: str) -> str:
    """Write a note that a screen reader says when it is its turn."""
    return f'<p class="note" role="status">{html.escape(message)}</p>'
