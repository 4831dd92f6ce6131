"""/people: who has ever signed in, with which roles, where they are signed in now, and how to end that."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import streamlit as st

from auth.access import permitted, scopes_for
from auth.current import the
from auth.sessions import Actor
from core.permissions import EVERYWHERE, Permission, RolesByGroup, Scope
from operations.end_sessions_for import end_sessions_for
from pages import parts, passkeys, state
from pages.browsers import browser_of
from pages.foreign import visible
from pages.people_words import SiteWords, called, count, provider_shown, stamp, way
from store import clock
from store.known_views import People, PersonView, find_people
from store.passkeys import Passkey, passkeys_by_person
from store.policies import current_policy
from store.sessions import SessionRow, open_sessions_of

READ_BY: Final = (Permission.PEOPLE_MANAGE, Permission.AUDIT_READ)
_EXPLAINED_TO: Final = (Permission.POLICY_EXPLAIN, Permission.POLICY_MANAGE)
PAGE: Final = 25
_FIND: Final = "find"
_SKIP: Final = "skip"
_BOX: Final = "people.find"
_MOST_DIGITS: Final = 7
_SESSIONS_NAMED: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    """What the page draws each person by, and what its reader may do for them."""

    sites: SiteWords
    roles: RolesByGroup
    sessions: Mapping[str, Sequence[SessionRow]]
    passkeys: Mapping[str, Sequence[Passkey]]
    manages: bool
    explains: bool
    now: int


def render(actor: Actor) -> None:
    """Draw a page of people, each with where they are signed in."""
    with parts.sheet():
        st.title("People", anchor=False)
        parts.outcome()
        words, skip = state.query(_FIND) or "", skipped()
        state.put(_BOX, words)
        st.text_input(
            "Search",
            key=_BOX,
            placeholder="Name, username, provider",
            on_change=_search,
            icon=":material/search:",
        )
        scope = _scope(actor)
        if not words and not skip:
            passkeys.added(scope)
        found = find_people(the().db, scope, words, skip=skip, most=PAGE)
        _sum(found, words, skip)
        reader = _reader(actor, scope, found)
        for one in found.shown:
            _person(one, reader)
        turn(skip, PAGE, found.fitting)


def _scope(actor: Actor) -> Scope:
    """Choose the permission that reads the whole organisation; any of them reads the same."""
    scopes = scopes_for(the().db, actor, READ_BY)
    return next((one for one in scopes.values() if one.organisation), scopes[READ_BY[0]])


def _reader(actor: Actor, scope: Scope, found: People) -> _Reader:
    now, shown = clock.now_us(), [one.subject for one in found.shown]
    manages = permitted(the().db, actor, Permission.PEOPLE_MANAGE, EVERYWHERE)
    return _Reader(
        sites=SiteWords.of(scope.sites),
        roles=RolesByGroup(current_policy(the().db)),
        sessions=open_sessions_of(the().db, shown, now),
        passkeys=passkeys_by_person(the().db, shown) if manages else {},
        manages=manages,
        explains=any(permitted(the().db, actor, one, EVERYWHERE) for one in _EXPLAINED_TO),
        now=now,
    )


def _search() -> None:
    state.change_query(find=state.chosen(_BOX) or None, skip=None)


# --- from page to page --------------------------------------------------------------------------------


def skipped() -> int:
    """Read from the address how many come before what is shown; anything strange is none."""
    said = state.query(_SKIP) or ""
    return int(said) if said.isascii() and said.isdigit() and len(said) <= _MOST_DIGITS else 0


def turn(skip: int, page: int, total: int) -> None:
    """Draw the way to the page before and the page after, where there are any."""
    if skip <= 0 and total <= page:
        return
    with st.container(horizontal=True, horizontal_alignment="distribute", key="gatehouse-turn"):
        st.button(
            "Previous page",
            key="page-before",
            on_click=_go,
            args=(max(0, min(skip, total) - page),),
            disabled=skip <= 0,
            icon=":material/arrow_back:",
        )
        st.button(
            "Next page",
            key="page-after",
            on_click=_go,
            args=(skip + page,),
            disabled=skip + page >= total,
            icon=":material/arrow_forward:",
            icon_position="right",
        )


def _go(skip: int) -> None:
    state.change_query(skip=str(skip) if skip else None)


def _sum(found: People, words: str, skip: int) -> None:
    if not found.known:
        parts.empty(
            "Nobody has signed in yet", "Each person appears here when they sign in for the first time."
        )
        return
    if not found.shown:
        parts.empty("Nobody fits", "Search for less, or go back to the first page.")
        return
    all_of_them = count(found.known, "person has signed in here.", "people have signed in here.")
    fit = count(found.fitting, "fits", "fit")
    st.text(f"{all_of_them} {fit} “{visible(words)}”." if words else all_of_them)
    if found.fitting > len(found.shown):
        st.caption(f"From {skip + 1} to {skip + len(found.shown)}, who signed in last first.")


# --- one person ---------------------------------------------------------------------------------------


def _person(one: PersonView, reader: _Reader) -> None:
    sessions = reader.sessions.get(one.subject, ())
    with st.container(border=True, gap="xsmall", key=f"session-person-{one.subject}"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.subheader(parts.escaped(visible(one.name)), anchor=False, width="content")
            if reader.manages and sessions:
                _everywhere(one, len(sessions))
        st.text(f"{visible(one.username) or visible(one.subject)}, {way(one.provider)}")
        st.text(reader.sites.roles(reader.roles.roles(one.groups)) or "No role")
        for line in _notes(one, sessions):
            st.text(line)
        st.text("\n".join(_where(sessions, reader.now)))
        st.caption(parts.escaped(f"Last signed in {stamp(one.last)}, first {stamp(one.first)}."))
        if reader.manages:
            passkeys.of_another(one, reader.passkeys.get(one.subject, ()))
        if reader.explains:
            st.page_link(
                parts.page_at("policy"),
                label="Why these roles",
                icon=":material/help:",
                query_params={"who": one.subject},
            )


def _notes(one: PersonView, sessions: Sequence[SessionRow]) -> list[str]:
    lacking = sorted({row.lacking for row in sessions if row.lacking})
    told = (
        "▲ The account is disabled." if one.disabled else "",
        "○ A break-glass account: each use of it is an alarm." if one.breakglass else "",
        f"▲ {provider_shown(one.provider)} did not tell their groups: “{visible(lacking[0])}” was missing."
        if lacking
        else "",
    )
    return [note for note in told if note]


def _where(sessions: Sequence[SessionRow], now: int) -> list[str]:
    if not sessions:
        return ["Signed in nowhere."]
    shown = [
        f"· {browser_of(row.agent)} at {visible(row.address)}, last used {parts.age(now - row.active)} ago"
        for row in sessions[:_SESSIONS_NAMED]
    ]
    more = len(sessions) - len(shown)
    rest = [f"· and {more} more"] if more else []
    return [f"Signed in with {count(len(sessions), 'browser', 'browsers')}", *shown, *rest]


def _everywhere(one: PersonView, sessions: int) -> None:
    who = parts.escaped(called(one))
    with st.popover("Sign out everywhere", icon=":material/power_settings_new:", width="content"):
        ends = count(sessions, "session", "sessions")
        st.text(f"This ends {ends} of {called(one)}, who comes {way(one.provider)}, at once.")
        st.caption("They can sign in again. It is recorded, with your name.")
        st.button(
            f"Sign out {who} everywhere now",
            key=f"end-for:{one.subject}",
            on_click=_end,
            args=(one.subject, called(one)),
            type="primary",
        )


def _end(subject: str, name: str) -> None:
    def do(asking: str) -> str:
        ended = end_sessions_for(the(), asking, subject, address=state.address(), now=clock.now_us())
        return f"{name}: {count(ended, 'session', 'sessions')} ended."

    state.act(do)
