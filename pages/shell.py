"""The main script: who is it, which page, may they; runs anew for each run of each browser."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from auth.current import the
from auth.sessions import Actor
from core.errors import GatehouseError
from operations.page_refusal import refuse_page
from pages import parts, state
from pages.catalogue import PAGES, Page, home_of


def main() -> None:
    """Draw one run of the console."""
    parts.style()
    st.logo(parts.ASSETS / "logo.svg", size="large")
    actor = _actor()
    listed = {page.path: _listed(page, actor) for page in PAGES}
    home = st.Page(_forward(actor, listed), title="Home", default=True, visibility="hidden")
    shown = st.navigation([home, *listed.values()], position="hidden" if actor is None else "top")
    st.set_page_config(
        page_title=f"Gatehouse · {shown.title}", page_icon=str(parts.ASSETS / "logo.svg"), layout="wide"
    )
    shown.run()


def _actor() -> Actor | None:
    try:
        return state.actor()
    except GatehouseError as error:
        parts.complain(str(error))
        st.stop()


def _listed(page: Page, actor: Actor | None) -> "st.Page":
    open_ = actor is not None and page.opens_to(the().db, actor)

    def run() -> None:
        if actor is None:
            parts.leave()
            return
        state.shows(actor, f"/{page.path}")
        parts.header(actor, clock=not page.has_clock)
        parts.guarded(page.render if open_ else partial(_refuse, page), actor)

    return st.Page(run, title=page.title, url_path=page.path, visibility="visible" if open_ else "hidden")


def _refuse(page: Page, actor: Actor) -> None:
    refuse_page(the().db, actor, page.path, state.now_us())
    parts.empty(
        f"{page.title} is not open to you",
        "Your roles do not include this page. An administrator can give you one that does. "
        "This visit has been recorded.",
    )


def _forward(actor: Actor | None, listed: dict[str, "st.Page"]) -> Callable[[], None]:
    def forward() -> None:
        if actor is None:
            parts.leave()
            return
        home = home_of(the().db, actor)
        if home is not None:
            st.switch_page(listed[home.path])
        state.shows(actor, "/")
        parts.header(actor, clock=True)
        parts.empty(
            "You have no role yet",
            "You are signed in, but no role at any site has been given to you, so there is nothing to see. "
            "Ask an administrator of Gatehouse.",
        )

    return forward


main()
