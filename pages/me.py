"""/me: who I am, my roles, where I am signed in, my passkeys, what I chose and what is recorded of me."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import streamlit as st

from auth.access import grants_of, scope_for
from auth.current import the
from auth.sessions import Actor
from core.memberships import shown
from core.permissions import EVERYWHERE, GRANTS, Grant, Permission
from operations.end_session import end_every_session, end_other_sessions, end_session
from operations.forget_preferences import forget_own_preferences
from pages import formats, parts, passkeys, proof, state
from pages.browsers import browser_of
from pages.foreign import visible
from pages.log_words import SIGNS
from pages.people_words import way
from store import clock
from store.known_views import own_username
from store.own_records import OwnRecord, own_records
from store.places import site_names
from store.preferences import preferences
from store.session_places import SessionPlace, places_of
from store.sessions import SessionRow
from store.views import SiteView

# What the pages of today let one do; a role may hold more.
_MAY: Final = {
    Permission.LIVE_VIEW: "watch the doors live",
    Permission.LOG_READ: "read the log with names",
    Permission.ANALYTICS_VIEW: "see what the records add up to",
    Permission.AUDIT_READ: "read what operators did",
    Permission.ESTATE_MANAGE: "read what devices said, word for word",
    Permission.PEOPLE_MANAGE: "sign others out everywhere",
    Permission.POLICY_EXPLAIN: "see who may do what, and why",
    Permission.SELF: "see your own sessions and records",
}
_MOST_PLACES: Final = 5
_REASONS: Final = {
    "wrong_password": "wrong password",
    "locked_out": "too many wrong passwords",
    "disabled": "the account is disabled",
    "signed_out": "by yourself",
    "ended_by_self": "by yourself, from another browser",
    "ended_by_admin": "by an administrator",
    "ended_everywhere": "by yourself, everywhere at once",
    "provider_logout": "at your identity provider",
    "wrong_network": "not from that network",
    "absolute_end": "its longest time was over",
    "replaced": "you signed in anew in that browser",
    "enrolment_not_proven": "a password alone adds none",
    "wrong_enrolment_code": "wrong code",
    "counter_went_back": "it may have been copied",
    "other_person": "it belongs to somebody else",
}


def render(actor: Actor) -> None:
    """Draw all of it, each session with a button that ends it."""
    with parts.sheet():
        st.title("Me", anchor=False)
        parts.outcome()
        rows = the().sessions.of(actor.subject)
        _who(actor, rows)
        _sessions(actor, rows)
        passkeys.own(actor)
        _roles(actor)
        _choices(actor)
        _records(actor)


# --- who, and from where ------------------------------------------------------------------------------


def _who(actor: Actor, rows: list[SessionRow]) -> None:
    scope = scope_for(the().db, actor, Permission.SELF)
    username = own_username(the().db, scope, actor.subject) if actor.provider else ""
    known = visible(username or actor.subject)
    st.text(f"{visible(actor.name)}, signed in as {known} {way(actor.provider)}.")
    here = next((row for row in rows if row.ref == actor.session), None)
    if here is not None:
        st.text(f"Here since {_stamp(here.created)}, with {browser_of(here.agent)} at {here.address}.")
    if username:
        st.text(f"Records name you {visible(actor.subject)}.")
    st.text("A second factor was shown." if actor.proven else "No second factor was shown.")
    proof.draw(actor)


def _sessions(actor: Actor, rows: list[SessionRow]) -> None:
    st.header("My sessions", anchor=False)
    others = [row for row in rows if row.ref != actor.session]
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.text(_sum(len(others)))
        with st.container(horizontal=True, width="content"):
            st.button(
                "End all others",
                key="end-others",
                on_click=_end_others,
                disabled=not others,
                icon=":material/logout:",
            )
            _everywhere()
    now = clock.now_us()
    places = places_of(the().db, [row.ref for row in rows])
    for row in sorted(rows, key=lambda one: one.ref != actor.session):
        _card(row, now, places.get(row.ref, ()), mine=row.ref == actor.session)


def _everywhere() -> None:
    with st.popover("Sign out everywhere", icon=":material/power_settings_new:"):
        st.text("This ends every session of yours at once, this one too. You sign in again to go on.")
        st.button("Sign out everywhere now", key="end-all", on_click=_end_all, type="primary")


def _sum(others: int) -> str:
    if not others:
        return "You are signed in here and nowhere else."
    return f"You are signed in here and in {others} other {'browser' if others == 1 else 'browsers'}."


def _card(row: SessionRow, now: int, places: Sequence[SessionPlace], *, mine: bool) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"session-{row.ref}"):
        with st.container(gap=None):
            st.subheader(f"{browser_of(row.agent)}{' · this browser' if mine else ''}", anchor=False)
            st.text(f"From {row.address} since {_stamp(row.created)}")
            used = f"Last used {parts.age(now - row.active)} ago."
            st.caption(f"{used} Ends {_stamp(row.ends)} at the latest.")
            for place in places[:_MOST_PLACES]:
                st.text(_elsewhere(place, now))
        if not mine:
            st.button(
                "End",
                key=f"end:{row.ref}",
                on_click=_end,
                args=(row.ref,),
                help="Signs that browser out at once",
            )


def _elsewhere(place: SessionPlace, now: int) -> str:
    where = f"{place.address} with {browser_of(place.agent)}"
    when = f"first {_stamp(place.first)}, last {parts.age(now - place.last)} ago"
    return f"▲ Also used from {where}, {when}. If that is not you, end it."


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


def _end_all() -> None:
    def do(asking: str) -> str:
        count = end_every_session(the(), asking, clock.now_us())
        return f"{count} {'session' if count == 1 else 'sessions'} ended."

    state.act(do)


# --- roles --------------------------------------------------------------------------------------------


def _roles(actor: Actor) -> None:
    st.header("My roles", anchor=False)
    scope = scope_for(the().db, actor, Permission.SELF)
    names = site_names(the().db, scope.sites)
    for number, grant in enumerate(grants_of(the().db, actor)):
        # One at a site that is out of service is none.
        if sites := grant.sites & (names.keys() | {EVERYWHERE}):
            _role(number, replace(grant, sites=sites), _where(sites, names))
    st.caption(
        f"Roles follow from your groups by version {scope.policy_version} of the policy, and change as soon "
        "as either does. An administrator can give you others."
    )


def _where(sites: frozenset[str], names: Mapping[str, SiteView]) -> str:
    if EVERYWHERE in sites:
        return "all sites"
    return ", ".join(visible(site.name) for site in names.values() if site.id in sites)


def _role(number: int, grant: Grant, where: str) -> None:
    with st.container(border=True, gap=None, key=f"session-role-{number}"):
        st.subheader(f"{grant.role.value.capitalize()}: {parts.escaped(where)}", anchor=False)
        may = [words for permission, words in _MAY.items() if permission in GRANTS[grant.role]]
        st.text(f"You may {', '.join(may)}.")
        names = [visible(shown(group)) for group in grant.names(grant.sites)]
        groups = "groups" if len(names) > 1 else "group"
        st.caption(parts.escaped(f"Because you are in the {groups} {', '.join(names)}."))


# --- what I chose -------------------------------------------------------------------------------------


def _choices(actor: Actor) -> None:
    st.header("My choices", anchor=False)
    kept = preferences(the().db, actor.subject)
    said = [words for name in sorted(kept) if (words := _choice(name, kept[name]))]
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.text(" · ".join(said) or "Everything is as on the first day.")
        st.button(
            "Forget them",
            key="forget-choices",
            on_click=_forget,
            disabled=not kept,
            icon=":material/restart_alt:",
            help="Begin as on the first day, with the tour",
        )


def _choice(name: str, value: Any) -> str:
    match name, value:
        case "pinned", list():
            return f"{len(value)} pinned {'door' if len(value) == 1 else 'doors'}"
        case "favourites", list():
            return f"{len(value)} favourite {'door' if len(value) == 1 else 'doors'}"
        case "toured", _:
            return "tour seen" if value else ""
        case (("theme" | "density"), str()):
            return f"{name} {visible(value)}"
        case "sound", _:
            return "sounds chosen"
        case _:
            return ""


def _forget() -> None:
    def do(asking: str) -> str:
        forget_own_preferences(the(), asking, clock.now_us())
        return "Your choices are forgotten."

    state.act(do)


# --- what is recorded ---------------------------------------------------------------------------------


def _records(actor: Actor) -> None:
    st.header("Recorded about me", anchor=False)
    scope = scope_for(the().db, actor, Permission.SELF)
    found = own_records(the().db, scope, actor.subject, clock.now_us())
    if not found:
        st.text("Nothing of late.")
        return
    st.caption("The newest, at most a week old. If something here was not you, tell an administrator.")
    with st.container(gap="xsmall"):
        for one in found:
            st.text(_record(one))


def _record(one: OwnRecord) -> str:
    where = f"from {one.address}" if one.address else ""
    browser = browser_of(one.agent) if one.agent else ""
    page = f"/{visible(one.page)}" if one.page else ""
    by = f"by {visible(one.by)}" if one.by else ""
    why = _REASONS.get(one.reason, one.reason.replace("_", " ")) if one.reason else ""
    said = ", ".join(filter(None, (why, page, where, browser, by)))
    return f"{SIGNS[one.severity]} {_stamp(one.at)}  {one.label}{f': {said}' if said else ''}"


def _stamp(us: int) -> str:
    return formats.here().stamp(us, parts.browser_zone())
