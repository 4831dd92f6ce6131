"""What every page's address answers: Streamlit's HTML with our name, our icon and our styles, or no start."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from core.errors import StartRefused
from web.chunks import chunks
from web.first_page import CHARTS, ROOT, dressed, hurried
from web.headers import inline_script_hashes, script_hash
from web.plain_pages import ASSETS
from web.scripts import Scripts
from web.streamlit_runtime import static_index


class Links(HTMLParser):
    """Collects what a page links to, by its relation."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: dict[str, list[str]] = {}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "link":
            values = dict(attrs)
            self.found.setdefault(values["rel"] or "", []).append(values["href"] or "")


COMPONENTS = Path(__file__).parents[2] / "pages" / "components"
SCRIPTS = Scripts.of(COMPONENTS)


@pytest.fixture
def html() -> str:
    return dressed(static_index().read_text(encoding="utf-8"), SCRIPTS)


def test_it_carries_our_name_icon_and_styles_from_the_first_byte(html: str) -> None:
    links = Links(html).found
    (icon,) = links["shortcut icon"]

    assert "<title>Gatehouse</title>" in html
    assert (ASSETS / icon.rpartition("/")[2]).is_file()
    assert (ASSETS / "console.css").read_text(encoding="utf-8") in html


def test_it_names_neither_an_interface_that_is_closed_nor_a_font_that_nobody_uses(html: str) -> None:
    assert "_stcore/agent" not in html
    assert "preload" not in Links(html).found


def asked_for(html: str, page: str) -> set[str]:
    """Give what this page asks for beyond what Streamlit's does."""
    every = Links(hurried(html, page, static_index().parent, SCRIPTS)).found["modulepreload"]
    return set(every) - set(Links(html).found.get("modulepreload", []))


def test_a_page_of_charts_asks_with_its_first_byte_for_what_draws_them(html: str) -> None:
    (script,) = {one for one in asked_for(html, "analytics") if "Plotly" in one}

    assert (static_index().parent / script.lstrip("/")).stat().st_size > 1_000_000


def test_a_page_asks_with_its_first_byte_for_each_script_of_its_components(html: str) -> None:
    asked = {one.rpartition("gatehouse.")[2] for one in asked_for(html, "live") if "gatehouse." in one}

    scripts = {f"{file.parent.name}/{file.name}" for file in COMPONENTS.glob("*/*.js")}
    by_streamlit = {"header/header.js", "wall/wall.js"}
    versioned = {
        one for one in scripts if one.startswith(("wall/", "header/", "shared/", "live/", "acts/"))
    } - by_streamlit
    assert asked == by_streamlit | {f"{one}?v={SCRIPTS.version}" for one in versioned}


@pytest.mark.parametrize("page", ["", "analytics", "devices", "health", "live", "log", "me"])
def test_a_page_asks_with_its_first_byte_for_all_that_its_scripts_import(html: str, page: str) -> None:
    every = set(Links(hurried(html, page, static_index().parent, SCRIPTS)).found["modulepreload"])
    known = {one.rpartition("/")[2] for one in every if "/static/" in one} | {"index.*.js"}
    theirs = [one for one in asked_for(html, page) if "/static/" in one]

    for script in theirs:
        text = (static_index().parent / script.lstrip("/")).read_text(encoding="utf-8")
        imported = set(re.findall(r'(?:from|import)"\./([\w.-]+)"', text))
        assert {re.sub(r"^index\.\w+\.js$", "index.*.js", one) for one in imported} <= known, script
    assert any("BidiComponent" in one for one in theirs)


def test_an_element_that_streamlit_no_longer_has_is_refused_at_the_start() -> None:
    with pytest.raises(StartRefused, match="Teleporter"):
        chunks(["Teleporter"], static_index().parent)


def inline_scripts(html: str) -> list[str]:
    return re.findall(r"<script(?: type=\"importmap\")?>(.*?)</script>", html, re.DOTALL)


def test_its_scripts_are_those_that_the_policy_allows(html: str) -> None:
    allowed = {*inline_script_hashes(static_index()), script_hash(SCRIPTS.import_map), script_hash(ROOT)}

    assert {script_hash(one) for one in inline_scripts(html)} == allowed
    assert html.count("<script") == len(inline_scripts(html)) + 1


def test_only_a_page_of_charts_begins_to_draw_them_while_the_server_runs_it(html: str) -> None:
    every = {
        page: set(inline_scripts(hurried(html, page, static_index().parent, SCRIPTS)))
        for page in ("analytics", "live")
    }

    assert every["live"] == set(inline_scripts(html))
    assert every["analytics"] - every["live"] == {CHARTS}


def test_it_says_where_the_server_is_before_any_script_looks_for_it(html: str) -> None:
    assert html.index("BACKEND_BASE_URL") < html.index('<script type="module"')


@pytest.mark.parametrize(
    "lost",
    [
        "<title>Streamlit</title>",
        '<link rel="service-desc"',
        "</noscript>",
        '<script type="module"',
        "</head>",
    ],
)
def test_another_page_of_streamlits_is_refused_at_the_start(lost: str) -> None:
    index = static_index().read_text(encoding="utf-8").replace(lost, "")

    with pytest.raises(StartRefused, match="first_page"):
        dressed(index, SCRIPTS)
