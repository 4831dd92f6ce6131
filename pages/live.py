"""The one wrapper of Streamlit's fragments: what redraws itself stops when the session does."""

from collections.abc import Callable

import streamlit as st

from auth.sessions import Actor
from pages import parts, state
from store import clock


def live(draw: Callable[[Actor], None], *, every_s: float) -> None:
    """Draw this part now and again by itself; each time the session is read first.

    Not for what stays when nobody touches it (`auth.sessions.STAYS_WHEN_IDLE`).
    """

    @st.fragment(run_every=every_s)
    def again() -> None:
        with parts.guarding():
            actor = state.actor()
            if actor is None:
                parts.leave()
            elif actor.idle(clock.now_us()):
                parts.leave(idle=True)
            else:
                draw(actor)

    again()


def quietly(draw: Callable[[Actor], None], *, every_s: float) -> None:
    """Draw this part now and again by itself, also on what stays when nobody touches it.

    Without a session it draws nothing, and leaves the way to the sign-in to the rest of the page: the wall
    must not be sent there twice.
    """

    @st.fragment(run_every=every_s)
    def again() -> None:
        with parts.guarding():
            actor = state.actor()
            if actor is not None:
                draw(actor)

    again()
