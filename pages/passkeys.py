"""Passkeys as people see them: one's own at /me, others' at /people, and how each is told of a new one."""

from collections.abc import Sequence
from typing import Final

import streamlit as st

from auth.current import the
from auth.passkeys import MOST_NAME
from auth.sessions import Actor
from core.permissions import Scope
from operations.passkeys import remove_passkey, rename_passkey
from operations.passkeys_for import issue_passkey_code, remove_passkey_for
from pages import parts, state
from pages.browsers import browser_of
from pages.foreign import visible
from pages.people_words import called, count, stamp
from store import clock
from store.known_views import PersonView
from store.passkey_news import MOST, TOLD_FOR_US, AddedPasskey, added_lately
from store.passkeys import Passkey, passkeys_of

ADD: Final = "/passkeys/new"
_PUT_AWAY: Final = "passkey."
_READ_AT_ONCE: Final = 5
_WAYS: Final = {
    "provider": "after a proof at the identity provider",
    "authenticator": "after a code of their authenticator",
    "code": "with an administrator's one-time code",
}
_LOCKED: Final = "▲ Locked: it may have been copied. Remove it and add another."


# --- the line above every page ------------------------------------------------------------------------


def warn(actor: Actor) -> None:
    """Tell somebody above every page of passkeys that were added for them of late."""
    since = clock.now_us() - TOLD_FOR_US
    late = [one for one in passkeys_of(the().db, actor.subject) if one.created > since]
    # One line, the newest first: the wall below it needs its room.
    if news := [one for one in late if state.remembered(_PUT_AWAY + one.ref) is None]:
        _line(news[-1])


def _line(one: Passkey) -> None:
    place = f"{visible(one.address)} with {browser_of(one.agent)}"
    words = (
        f"A passkey was added for you on {stamp(one.created)} from {place}: “{visible(one.name)}”. "
        "Not you? Remove it at Me, sign out everywhere there, and tell an administrator."
    )
    with st.container(key="gatehouse-passkeys", horizontal=True, vertical_alignment="center"):
        st.warning(parts.escaped(words), icon=":material/passkey:")
        st.button("It was me", key=f"passkey-mine:{one.ref}", on_click=_put_away, args=(one.ref,))


def _put_away(ref: str) -> None:
    # In this tab alone: who put a passkey there must not be able to hide it.
    state.remember(_PUT_AWAY + ref, "mine")


# --- one's own ----------------------------------------------------------------------------------------


def own(actor: Actor) -> None:
    """Draw a person's own passkeys, each with what can be done to it, and the way to another."""
    st.header("My passkeys", anchor=False)
    mine = passkeys_of(the().db, actor.subject)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        kept = count(len(mine), "passkey", "passkeys")
        st.text(f"You have {kept} to confirm acts with." if mine else "You have none yet.")
        st.link_button("Add a passkey", ADD, icon=":material/passkey:")
    for one in mine:
        with st.container(
            border=True, horizontal=True, vertical_alignment="center", key=f"session-{one.ref}"
        ):
            with st.container(gap=None):
                st.subheader(parts.escaped(visible(one.name)), anchor=False)
                st.text(
                    f"Added {stamp(one.created)} from {visible(one.address)} with {browser_of(one.agent)}"
                )
                st.caption(_state(one))
                if one.locked is not None:
                    st.text(_LOCKED)
            _rename(one)
            _remove(one)


def _state(one: Passkey) -> str:
    used = "Never used" if one.used is None else f"Last used {stamp(one.used)}"
    where = "on several devices" if one.synced else "on one device"
    return f"{used}. It lies {where}{', backed up' if one.backed_up else ''}."


def _rename(one: Passkey) -> None:
    key = f"passkey-name:{one.ref}"
    with st.popover("Rename", width="content"):
        st.text_input("New name", value=one.name, key=key, max_chars=MOST_NAME)
        st.button("Rename it", key=f"passkey-rename:{one.ref}", on_click=_renamed, args=(one.ref, key))


def _renamed(ref: str, key: str) -> None:
    wanted = state.chosen(key) or ""

    def do(asking: str) -> str:
        name = rename_passkey(the(), asking, ref, wanted, now=clock.now_us())
        return f"The passkey is called “{visible(name)}” now."

    state.act(do)


def _remove(one: Passkey) -> None:
    with st.popover("Remove", icon=":material/delete:", width="content"):
        st.text(f"“{visible(one.name)}” will confirm nothing any more, at once and for ever.")
        st.caption("Remove it in your device or key as well: Gatehouse can't.")
        st.button(
            "Remove it now",
            key=f"passkey-remove:{one.ref}",
            on_click=_removed,
            args=(one.ref, one.name),
            type="primary",
        )


def _removed(ref: str, name: str) -> None:
    def do(asking: str) -> str:
        remove_passkey(the(), asking, ref, address=state.address(), now=clock.now_us())
        return f"The passkey “{visible(name)}” is removed."

    state.act(do)


# --- those of others ----------------------------------------------------------------------------------


def of_another(who: PersonView, theirs: Sequence[Passkey]) -> None:
    """Draw, for an administrator, somebody's passkeys and the way to let them add one."""
    with st.popover(count(len(theirs), "passkey", "passkeys"), icon=":material/passkey:", width="content"):
        for one in theirs:
            st.text(f"“{visible(one.name)}”, added {stamp(one.created)}")
            st.caption(_state(one))
            if one.locked is not None:
                st.text(_LOCKED)
            st.button(
                f"Remove “{parts.escaped(visible(one.name))}” now",
                key=f"passkey-remove-for:{one.ref}",
                on_click=_removed_for,
                args=(who.subject, one.ref, called(who)),
            )
        st.text("A one-time code lets them add a passkey: once, within 15 minutes, where they are signed in.")
        st.caption("Be sure who you give it to. It is recorded, with your name.")
        st.button(
            f"Make a code for {parts.escaped(called(who))}",
            key=f"passkey-code:{who.subject}",
            on_click=_code,
            args=(who.subject, called(who)),
            type="primary",
        )


def added(scope: Scope) -> None:
    """Tell an administrator of each passkey that somebody has added of late; nothing where there is none."""
    news = added_lately(the().db, scope, clock.now_us())
    if not news:
        return
    most = count(len(news), "passkey was added", "passkeys were added")
    told = f"The newest {most}" if len(news) == MOST else most
    # Few are read at once; many would hide the people below.
    opened = len(news) <= _READ_AT_ONCE
    with st.expander(f"{told} in the last seven days", expanded=opened, key="passkeys-added"):
        st.caption(
            "A passkey opens doors in its owner's name. One that its owner did not add: remove it below."
        )
        for one in news:
            with st.container(gap=None):
                st.text(f"{_whose(one)}: “{visible(one.name)}”{', removed since' if one.gone else ''}")
                place = f"from {visible(one.address)} with {browser_of(one.agent)}"
                shown = f", {_WAYS[one.way]}" if one.way in _WAYS else ""
                st.caption(parts.escaped(f"Added {stamp(one.at)}{shown}, {place}."))


def _whose(one: AddedPasskey) -> str:
    named = f"{one.person} ({one.subject})" if one.person and one.subject else one.person or one.subject
    return visible(named) or "Somebody"


def _removed_for(subject: str, ref: str, name: str) -> None:
    def do(asking: str) -> str:
        remove_passkey_for(the(), asking, subject, ref, address=state.address(), now=clock.now_us())
        return f"{name}: the passkey is removed."

    state.act(do)


def _code(subject: str, name: str) -> None:
    def do(asking: str) -> str:
        code = issue_passkey_code(the(), asking, subject, address=state.address(), now=clock.now_us())
        return f"The code for {name}, shown this once: {code} (for 15 minutes, at {ADD})."

    state.act(do)
