"""What every page is made of: its frame, the person's line, times and empty states.

Words of devices and people go through `st.text`, data frames and components, which write them as text.
"""

import logging
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from pathlib import Path
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

import streamlit as st

from auth.access import roles_of, scope_for
from auth.current import the
from auth.sessions import Actor
from core.errors import GatehouseError, StoreError
from core.permissions import EVERYWHERE, Permission
from core.times import DAY_US, HOUR_US, MINUTE_US, SECOND_US
from pages import state
from store.clock import new_reference
from store.places import site_names

Found = TypeVar("Found")
_log = logging.getLogger("gatehouse.pages")
ASSETS: Final = Path(__file__).parent / "assets"
COMPONENTS: Final = Path(__file__).parent / "components"
# What a component draws with besides its own styles, in the order of the cascade.
_DRAWN_WITH: Final[Mapping[str, tuple[str, ...]]] = {
    "desk": ("live", "acts"),
    "log": ("acts", "proof"),
    "wall": ("live", "acts"),
}
SIGN_IN: Final = "/sign-in"


@cache
def _mount(name: str) -> Callable[..., object]:
    # The styles go along with the page: a stylesheet of its own that fails to load once, while the server
    # restarts, would leave Streamlit's error in the component's place until somebody reloads.
    folders = (COMPONENTS / one for one in (*_DRAWN_WITH.get(name, ()), name))
    files = (file for folder in folders for file in sorted(folder.glob("*.css")))
    styles = (file.read_text(encoding="utf-8") for file in files)
    return st.components.v2.component(f"gatehouse.{name}", js=f"{name}.js", css="\n".join(styles))


def mount(name: str, *, key: str, data: Mapping[str, object], **changes: Callable[[], None]) -> None:
    """Draw a component of ours, by its folder's name; what it draws is its own."""
    _mount(name)(key=key, data=dict(data), **changes)


def leave(*, idle: bool = False) -> None:
    """Say that the session has ended, or slept for too long, and go to the sign-in page, which says why."""
    st.text("Nobody touched this browser for long: sign in again." if idle else "Your session has ended.")
    ref = state.session_ref()
    reason = "idle" if idle else the().sessions.why_ended(ref) if ref else ""
    target = f"{SIGN_IN}?reason={reason}" if reason else SIGN_IN
    mount("header", key="leave", data={"leave": target})
    st.link_button("Sign in", target)


@contextmanager
def guarding() -> Iterator[None]:
    """Say in words why something can't be drawn; details go to the log, never to the browser."""
    try:
        yield
    except StoreError:
        # Its words may name files.
        _complain_of("Gatehouse can't read its records right now. Try again in a moment.")
    except GatehouseError as error:
        complain(str(error))
    except Exception:  # noqa: BLE001 - the last resort of every run of a page
        _complain_of("Something went wrong. Tell your administrator.")


def _complain_of(words: str) -> None:
    reference = new_reference()
    _log.exception("a page failed reference=%s", reference)
    complain(f"{words} Reference {reference}")


def complain(words: str) -> None:
    """Say that something did not work."""
    st.error(escaped(sentence(words)), icon=":material/error:")


def sentence(words: str) -> str:
    """Make a sentence of the words of an error."""
    return f"{words[:1].upper()}{words[1:].removesuffix('.')}."


def outcome() -> None:
    """Say how the act before this run went."""
    if words := state.told("done"):
        st.success(escaped(words), icon=":material/check:")
    if words := state.told("failed"):
        complain(words)


def roles_line(actor: Actor) -> str:
    """Say which roles a person has, and where."""
    mine = site_names(the().db, scope_for(the().db, actor, Permission.SELF).sites)
    names = {one.id: one.name for one in mine.values()}
    roles = roles_of(the().db, actor)
    return " · ".join(
        f"{role.value.capitalize()}: {_where(sites, names)}" for role, sites in sorted(roles.items())
    )


def _where(sites: frozenset[str], names: Mapping[str, str]) -> str:
    if EVERYWHERE in sites:
        return "all sites"
    return ", ".join(sorted(names[site] for site in sites if site in names))


def page_at(path: str) -> "st.Page":
    """Name a page to lead to, which the shell lists: Streamlit knows it by its address."""
    return st.Page(_nowhere, title=path, url_path=path)


def _nowhere() -> None:
    """Stand in for a page that is only led to."""


def sheet() -> AbstractContextManager[object]:
    """Give a container as wide as one reads; the wall and the log take all there is."""
    return st.container(key="gatehouse-sheet")


def awaited(read: Callable[[], Found], *, height: int) -> Found:
    """Hold a place open, `height` pixels high, while something is read that a person would wait for.

    Only when the page opens: a page that stands keeps what it shows until the new is there.
    """
    place = st.empty()
    if not state.arrived():
        return read()
    with place:
        st.skeleton(height=height)
    found = read()
    place.empty()
    return found


def empty(title: str, words: str) -> None:
    """Say what would be here, where there is nothing yet."""
    with st.container(key="gatehouse-empty", horizontal_alignment="center"):
        st.subheader(title, anchor=False, width="content")
        st.text(words, width="content")


def escaped(text: str) -> str:
    """Make text safe where Streamlit reads Markdown: no link, picture or formatting comes of it.

    An address in it holds something invisible, so what is to be copied is better written by `st.text`.
    """
    unlinked = _LINKING.sub(_JOINER, text)
    return "".join(f"\\{one}" if one in _MARKDOWN else one for one in unlinked)


# GitHub's Markdown makes links of bare addresses when all else has been read: no backslash hinders it.
_LINKING: Final = re.compile(r"(?<=www)(?=\.)|(?<=:)(?=//)|(?<=@)(?=\S)", re.IGNORECASE)
_JOINER: Final = "\N{WORD JOINER}"
_MARKDOWN: Final = frozenset("\\`*_{}[]()<>#+-!|~$:^&")


def age(us: int) -> str:
    """Write a length of time as short as a glance needs."""
    us = max(0, us)
    if us < MINUTE_US:
        return f"{us // SECOND_US} s"
    if us < HOUR_US:
        return f"{us // MINUTE_US} min"
    if us < 2 * DAY_US:
        return f"{us // HOUR_US} h {us % HOUR_US // MINUTE_US:02d} min"
    return f"{us // DAY_US} days"


def browser_zone() -> str:
    """Give the zone of the browser, UTC where it names none that is known here."""
    name = st.context.timezone
    try:
        return ZoneInfo(name).key if isinstance(name, str) else "UTC"
    except (KeyError, ValueError, OSError):
        return "UTC"
