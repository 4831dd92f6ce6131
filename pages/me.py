"""/me: where I am signed in, and how to end it."""

from typing import Final

import streamlit as st

from auth.current import the
from auth.sessions import Actor
from operations.end_session import end_other_sessions, end_session
from pages import parts, state
from store import clock
from store.sessions import SessionRow

_BROWSERS: Final = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS: Final = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def render(actor: Actor) -> None:
    """Draw my sessions, each with a button that ends it."""
    with parts.sheet():
        _sessions(actor)


def _sessions(actor: Actor) -> None:
    st.title("My sessions", anchor=False)
    parts.outcome()
    rows = the().sessions.of(actor.subject)
    others = [row for row in rows if row.ref != actor.session]
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.text(_sum(len(others)))
        st.button(
            "End all others",
            key="end-others",
            on_click=_end_others,
            disabled=not others,
            icon=":material/logout:",
        )
    now = clock.now_us()
    for row in sorted(rows, key=lambda one: one.ref != actor.session):
        _card(row, now, mine=row.ref == actor.session)


def _sum(others: int) -> str:
    if not others:
        return "You are signed in here and nowhere else."
    return f"You are signed in here and in {others} other {'browser' if others == 1 else 'browsers'}."


def _card(row: SessionRow, now: int, *, mine: bool) -> None:
    zone = parts.browser_zone()
    with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"session-{row.ref}"):
        with st.container(gap=None):
            st.subheader(f"{browser_of(row.agent)}{' · this browser' if mine else ''}", anchor=False)
            st.text(f"From {row.address} since {parts.stamp(row.created, zone)}")
            used = f"Last used {parts.age(now - row.active)} ago."
            st.caption(f"{used} Ends {parts.stamp(row.ends, zone)} at the latest.")
        if not mine:
            st.button(
                "End",
                key=f"end:{row.ref}",
                on_click=_end,
                args=(row.ref,),
                help="Signs that browser out at once",
            )


def browser_of(agent: str) -> str:
    """Name a browser and its system from its user agent, in words of ours only."""
    browser = next((name for sign, name in _BROWSERS if sign in agent), "A browser")
    system = next((name for sign, name in _SYSTEMS if sign in agent), None)
    return f"{browser} on {system}" if system else browser


def _end(target: str) -> None:
    def do(asking: str) -> str:
        ended = end_session(the(), asking, target, clock.now_us())
        return "That browser is signed out." if ended else "That session had ended already."

    state.act(do)


def _end_others() -> None:
    def do(asking: str) -> str:
        count = end_other_sessions(the(), asking, clock.now_us())
        return f"{count} other {'session' if count == 1 else 'sessions'} ended."

    state.act(do)
