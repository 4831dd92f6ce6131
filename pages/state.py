"""What a page knows of the browser that shows it; the one place that reads Streamlit's state."""

from collections.abc import Callable
from datetime import date
from typing import Final, Literal

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from auth.current import the
from auth.sessions import Actor
from core.errors import GatehouseError
from store import clock

_ADDRESS: Final = "X-Gatehouse-Address"
UNKNOWN: Final = "unknown"


def session_ref() -> str | None:
    """Give the session that the gate has put into this connection; the one source of identity."""
    value = st.user.get("session")
    return value if isinstance(value, str) and value else None


def actor() -> Actor | None:
    """Read who this is from the store, at each run anew: a session may have ended since the last."""
    ref = session_ref()
    return None if ref is None else the().sessions.by_ref(ref, clock.now_us())


def address() -> str:
    """Give where this browser comes from: the gate says it, and takes out what a client says."""
    said = st.context.headers.get_all(_ADDRESS)
    return said[0] if len(said) == 1 and said[0] else UNKNOWN


def shows(who: Actor, path: str) -> None:
    """Note which page this browser shows, so that it can be sent away when the session ends."""
    st.session_state["arrived"] = st.session_state.get("path") != path
    st.session_state["path"] = path
    context = get_script_run_ctx()
    if context is not None:
        the().presence.register_page(who.session, context.session_id, path)


def query(name: str) -> str | None:
    """Read one parameter of the page's address."""
    value = st.query_params.get(name)
    return value if isinstance(value, str) and value else None


def set_query(**values: str | int | None) -> None:
    """Make these the parameters of the page's address, and no others."""
    st.query_params.from_dict({name: str(value) for name, value in values.items() if value is not None})


def change_query(**values: str | None) -> None:
    """Change these parameters of the page's address (None: take away), and leave the others."""
    for name, value in values.items():
        if value is None:
            st.query_params.pop(name, None)
        elif st.query_params.get(name) != value:
            st.query_params[name] = value


def bare() -> bool:
    """Whether the page's address has no parameters at all."""
    return not st.query_params.to_dict()


def arrived() -> bool:
    """Whether this run is the first on this page: the run before showed another one, or there was none."""
    return st.session_state.get("arrived") is True


def remember(name: str, value: str | None) -> None:
    """Keep something of this browser's tab from page to page."""
    st.session_state[f"remembered.{name}"] = value


def remembered(name: str) -> str | None:
    """Give what was kept."""
    value = st.session_state.get(f"remembered.{name}")
    return value if isinstance(value, str) else None


def put(key: str, value: str | bool | date | None) -> None:  # noqa: FBT001 - what a switch is set to
    """Give a widget its value before it is drawn: the address decides, not what was chosen before."""
    if st.session_state.get(key) != value:
        st.session_state[key] = value


def chosen(key: str) -> str | None:
    """Read what a widget was set to, in its callback."""
    value = st.session_state.get(key)
    return value if isinstance(value, str) else None


def day(key: str) -> date | None:
    """Read which day a widget was set to, in its callback."""
    value = st.session_state.get(key)
    return value if isinstance(value, date) else None


def picked(key: str) -> tuple[int, int] | None:
    """Read which mark of a chart was chosen, in its callback: its trace and its place in that."""
    chart = st.session_state.get(key) or {}
    for point in chart.get("selection", {}).get("points", ()):
        trace, mark = point.get("curve_number"), point.get("point_index")
        if isinstance(trace, int) and isinstance(mark, int):
            return trace, mark
    return None


def checked(key: str) -> bool:
    """Read whether a switch is on, in its callback."""
    return st.session_state.get(key) is True


def triggered(key: str, name: str) -> str | None:
    """Read what a component has just told under a name, in its callback."""
    value = getattr(st.session_state.get(key), name, None)
    return value if isinstance(value, str) else None


def act(do: Callable[[str], str]) -> None:
    """Do something for this browser's session, and keep the sentence that says how it went."""
    ref = session_ref()
    if ref is None:
        return
    try:
        st.session_state["done"] = do(ref)
    except GatehouseError as error:
        st.session_state["failed"] = str(error)


def told(outcome: Literal["done", "failed"]) -> str | None:
    """Take the sentence that an act left."""
    value = st.session_state.pop(outcome, None)
    return value if isinstance(value, str) else None
