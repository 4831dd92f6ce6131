"""The main script: who is it, which page, may they; runs anew for each run of each browser."""

from collections.abc import Callable
from functools import partial
from typing import Literal

import streamlit as st

from auth.current import the
from auth.networks import Area
from auth.sessions import STAYS_WHEN_IDLE, Actor
from core.permissions import Permission
from operations.page_refusal import refuse_page
from pages import breakglass, disk, header, no_role, parts, passkeys, sites, state
from pages.catalogue import PAGES, Page, home_of
from store import clock


def main() -> None:
    """Draw one run of the console."""
    with parts.guarding():
        st.logo(parts.ASSETS / "logo.svg", size="large", icon_image=parts.ASSETS / "icon.svg")
        run = Run(state.actor())
        position: Literal["hidden", "top"] = "hidden" if run.actor is None else "top"
        shown = st.navigation([run.home, *run.pages.values()], position=position)
        icon = str(parts.ASSETS / "icon.svg")
        st.set_page_config(page_title=f"Gatehouse · {shown.title}", page_icon=icon, layout="wide")
        # Drawn here and not by the page, so that it stands while one page follows another.
        run.frame(shown.url_path)
        shown.run()


class Run:
    """One run for one browser; every page is listed, so that each address leads somewhere for everybody."""

    def __init__(self, actor: Actor | None) -> None:
        """List the pages as they are open to this person now (None: to nobody)."""
        self.actor = actor
        self.known = True
        self.opened = [] if actor is None else [page for page in PAGES if page.opens_to(the().db, actor)]
        self.pages = {page.path: self._listed(page) for page in PAGES}
        self.home = st.Page(self._draw("/", self._forward), title="Home", default=True, visibility="hidden")

    def _listed(self, page: Page) -> "st.Page":
        opens = page in self.opened
        draw = partial(self._show, page) if opens else partial(self._refuse, page)
        return st.Page(
            self._draw(f"/{page.path}", draw),
            title=page.title,
            url_path=page.path,
            visibility="visible" if opens else "hidden",
        )

    def frame(self, path: str) -> None:
        """Draw what every page has around it, unless this browser is about to leave."""
        if self.actor is None or self._sleeps(f"/{path}"):
            return
        state.shows(self.actor, f"/{path}")
        page = next((one for one in PAGES if one.path == path), None)
        mine = sites.reachable(self.actor, page.permission if page else (Permission.SELF,))
        self.known = sites.settle(mine)
        header.draw(self.actor, page, mine, self.opened)

    def _sleeps(self, path: str) -> bool:
        return self.actor is not None and path not in STAYS_WHEN_IDLE and self.actor.idle(clock.now_us())

    def _draw(self, path: str, draw: Callable[[Actor], None]) -> Callable[[], None]:
        def page() -> None:
            if self.actor is None:
                parts.leave()
            elif self._sleeps(path):
                parts.leave(idle=True)
            else:
                disk.warn(self.actor)
                breakglass.warn()
                passkeys.warn(self.actor)
                draw(self.actor)

        return page

    def _show(self, page: Page, actor: Actor) -> None:
        if page.network is not None and not the().networks.allows(page.network, state.address()):
            self._elsewhere(page, page.network, actor)
        elif self.known:
            page.render(actor)
        else:
            parts.empty("There is no such site or door", "Choose another one above, or all of them.")

    def _elsewhere(self, page: Page, area: Area, actor: Actor) -> None:
        refuse_page(the().db, actor, page.path, clock.now_us(), elsewhere=state.address())
        named = ", ".join(str(one) for one in the().networks.named(area))
        parts.empty(
            f"{page.title} is not open from here",
            f"It may be opened from these networks only: {named}. You come from {state.address()}. "
            "This visit has been recorded.",
        )

    def _refuse(self, page: Page, actor: Actor) -> None:
        refuse_page(the().db, actor, page.path, clock.now_us())
        whole = " It shows the whole organisation, so a role at single sites is not enough."
        parts.empty(
            f"{page.title} is not open to you",
            f"Your roles do not include this page.{whole if page.organisation else ''} "
            "An administrator can give you one that does. This visit has been recorded.",
        )
        home = home_of(the().db, actor)
        if home is None:
            no_role.draw(actor)
        else:
            with st.container(horizontal_alignment="center"):
                st.page_link(self.pages[home.path], label=f"Go to {home.title}", width="content")

    def _forward(self, actor: Actor) -> None:
        home = home_of(the().db, actor)
        if home is not None:
            header.greet()
            st.switch_page(self.pages[home.path])
        no_role.draw(actor)


main()
