"""The one wrapper of Streamlit's fragments: what redraws itself stops when the session does."""

from collections.abc import Callable

import streamlit as st

from auth.sessions import Actor
from pages import parts, state


def live(draw: Callable[[Actor], None], *, every_s: float) -> None:
    """Draw this part now and again by itself; each time the session is read first."""

    @st.fragment(run_every=every_s)
    def again() -> None:
        actor = state.actor()
        if actor is None:
            parts.leave()
        else:
            parts.guarded(draw, actor)

    again()
