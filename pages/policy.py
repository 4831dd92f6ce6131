"""/policy: the mapping in force, why somebody may do what they may, and what earlier versions changed."""

from collections.abc import Iterator
from typing import Final

import streamlit as st

from auth.access import scopes_for
from auth.current import the
from auth.sessions import Actor
from core.memberships import names_of, shown
from core.permissions import Permission, Policy, Scope, roles_read
from core.policy_explained import Explained, asked_for, explained
from pages import parts, state
from pages.foreign import visible
from pages.people import skipped, turn
from pages.people_words import SiteWords, called, count, stamp, way
from store.known_views import PersonView, find_people, person_known
from store.policies import current_policy
from store.policy_history import RolesChange, Version, effect_of, policy_versions

READ_BY: Final = (Permission.POLICY_MANAGE, Permission.POLICY_EXPLAIN)
PAGE: Final = 10
_FIND: Final = "find"
_WHO: Final = "who"
_BOX: Final = "policy.find"
_FOUND: Final = 10
_NAMED: Final = 20
_HOW: Final = """gatehouse.py policy show > policy.toml
gatehouse.py policy check policy.toml
gatehouse.py policy apply policy.toml"""


def render(actor: Actor) -> None:
    """Draw all of it; nothing here changes anything."""
    scopes = scopes_for(the().db, actor, (*READ_BY, Permission.AUDIT_READ))
    scope = next((scopes[one] for one in READ_BY if scopes[one].organisation), scopes[READ_BY[0]])
    sites = SiteWords.of(scope.sites)
    policy = current_policy(the().db)
    newest = policy_versions(the().db, scope, skip=0, most=1)
    with parts.sheet():
        st.title("Policy", anchor=False)
        _in_force(policy, newest)
        _explain(policy, scope, sites)
        for one in newest:
            st.header("The document in force", anchor=False)
            _document(one)
        _history(policy, scope, scopes[Permission.AUDIT_READ], sites)


# --- in force -----------------------------------------------------------------------------------------


def _in_force(policy: Policy, newest: tuple[Version, ...]) -> None:
    if not newest:
        st.text("No policy yet: nobody may do anything. The first one is put in force at the command line.")
    for one in newest:
        grants = count(len(policy.grants), "grant", "grants")
        st.text(
            f"Version {one.version} is in force, with {grants}, since {stamp(one.at)}, by {visible(one.by)}."
        )
    with st.expander("How to change it"):
        st.text(
            "At the command line of the server. It says whom a change gives and takes what, and then asks."
        )
        st.code(_HOW, language=None, wrap_lines=True)


def _document(one: Version) -> None:
    # By the ends of lines that TOML knows: any other sign must not pass for one.
    lines = (line.removesuffix("\r") for line in one.document.split("\n"))
    st.code("\n".join(map(visible, lines)), language=None, wrap_lines=True)


# --- why somebody may do what they may ----------------------------------------------------------------


def _explain(policy: Policy, scope: Scope, sites: SiteWords) -> None:
    st.header("Why may somebody do something?", anchor=False)
    words = state.query(_FIND) or ""
    state.put(_BOX, words)
    st.text_input(
        "Whose roles",
        key=_BOX,
        placeholder="Name, username, provider",
        on_change=_search,
        icon=":material/search:",
    )
    subject = state.query(_WHO)
    if subject is not None:
        _answer(person_known(the().db, scope, subject), policy, sites)
    elif words:
        _choose(scope, words)


def _search() -> None:
    state.change_query(find=state.chosen(_BOX) or None, who=None)


def _choose(scope: Scope, words: str) -> None:
    found = find_people(the().db, scope, words, skip=0, most=_FOUND)
    if not found.shown:
        st.text("Nobody fits. People are known once they have signed in.")
        return
    for one in found.shown:
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.text(f"{called(one)}, {way(one.provider)}")
            st.button("Explain", key=f"explain:{one.subject}", on_click=_open, args=(one.subject,))
    if found.fitting > len(found.shown):
        st.caption(
            f"{len(found.shown)} of {count(found.fitting, 'who fits', 'who fit')}: search for more words."
        )


def _open(subject: str | None) -> None:
    state.change_query(who=subject)


def _answer(one: PersonView | None, policy: Policy, sites: SiteWords) -> None:
    if one is None:
        parts.empty("Nobody is known by that name", "People are known once they have signed in.")
        return
    why = explained(policy, one.groups)
    with st.container(border=True, gap="small", key=f"session-explained-{one.subject}"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.subheader(parts.escaped(visible(one.name)), anchor=False, width="content")
            st.button("Close", key="explain-close", on_click=_open, args=(None,))
        st.text(f"{visible(one.username) or 'Comes'}, {way(one.provider)}, as {visible(one.subject)}")
        st.text(f"Groups: {', '.join(map(visible, names_of(one.groups))) or 'none'}")
        st.text("\n".join(_grants(why, sites)))
        st.text("\n".join(_permissions(why, sites)))
        st.caption(
            f"By version {why.version} of the policy. A role that needs a second factor counts in a session "
            "once one was shown there."
        )


def _grants(why: Explained, sites: SiteWords) -> Iterator[str]:
    if not why.grants:
        yield "No grant of the policy names one of these groups: nothing is allowed."
    for one in why.grants:
        names = ", ".join(visible(shown(group)) for group in one.grant.names(one.sites))
        gives = sites.roles({one.grant.role: one.sites})
        yield f"Grant {one.number}, to {names}: {gives or f'{one.grant.role} at no site in service'}"


def _permissions(why: Explained, sites: SiteWords) -> Iterator[str]:
    for one, places in why.permissions.items():
        where = sites.where(places)
        yield f"▪ {one}: yes, {where}" if where else f"◇ {one}: no, it needs {asked_for(one)}"


# --- earlier versions ---------------------------------------------------------------------------------


def _history(policy: Policy, scope: Scope, audit: Scope, sites: SiteWords) -> None:
    st.header("All versions", anchor=False)
    skip = skipped()
    for one in policy_versions(the().db, scope, skip=skip, most=PAGE):
        with st.expander(parts.escaped(f"Version {one.version}, {stamp(one.at)}, by {visible(one.by)}")):
            st.text("\n".join(_changes(one, audit, sites)))
            if one.version != policy.version:
                _document(one)
    turn(skip, PAGE, policy.version)


def _changes(one: Version, audit: Scope, sites: SiteWords) -> Iterator[str]:
    if not audit.organisation:
        yield "What it changed for whom is told to those who may read what operators did."
        return
    effect = effect_of(the().db, audit, one, _NAMED)
    if not effect.people:
        yield "It changed nobody's roles."
        return
    yield f"It changed the roles of {count(effect.people, 'person', 'people')}."
    yield from (_change(who, sites) for who in effect.named)
    if effect.people > len(effect.named):
        yield f"· and {effect.people - len(effect.named)} more, as the log has them"


def _change(one: RolesChange, sites: SiteWords) -> str:
    before, after = (sites.roles(roles_read(text)) or "nothing" for text in (one.before, one.after))
    return (
        f"· {visible(one.name or one.subject) or 'Somebody whose name has been deleted'}: {before} → {after}"
    )
