"""Why somebody who is signed in has no role anywhere, and what they or others can do about it."""

from typing import Final
from urllib.parse import quote

import streamlit as st

from auth.sessions import Actor
from core.memberships import names_of
from pages import proof
from pages.foreign import visible
from pages.people_words import provider_shown

# As many as one reads out to somebody on the telephone.
_MOST_NAMED: Final = 8
_NONE: Final = "You have no role yet"


def draw(actor: Actor) -> None:
    """Say it below whatever the page says, with the way back to the provider: groups are read at sign-in."""
    title, words = _why(actor)
    with st.container(key="gatehouse-why", horizontal_alignment="center"):
        st.subheader(title, anchor=False, width="content")
        st.text(words, width="content")
        if actor.provider:
            st.link_button("Sign in again", f"/auth/{quote(actor.provider, safe='')}/login?next=/")


def _why(actor: Actor) -> tuple[str, str]:
    if roles := proof.waiting(actor):
        return _unproven(actor, " and ".join(sorted(role.value.capitalize() for role in roles)))
    if actor.lacking:
        return _lacking(actor)
    if actor.provider and not actor.groups:
        return _without_group(actor)
    words = (
        "You are signed in, but no group of yours has been given a role at any site, so there is nothing to "
        f"see. Ask whoever administers this console.{_groups(actor)}"
    )
    return _NONE, words


def _unproven(actor: Actor, roles: str) -> tuple[str, str]:
    words = (
        f"{provider_shown(actor.provider)} does not say that you used a second factor, without which you may "
        f"not be {roles}. Sign in again, and show one there."
    )
    return "Your role needs a second factor", words


def _lacking(actor: Actor) -> tuple[str, str]:
    provider = provider_shown(actor.provider)
    *others, last = (f"'{name}'" for name in visible(actor.lacking).split(", "))
    claims = f"{', '.join(others)} or {last}" if others else last
    words = (
        f"You are signed in, but your provider {provider} sent no claim {claims}. Roles are given to groups, "
        "so without it you have none and there is nothing to see. Ask whoever looks after "
        f"{provider} to put you into a group and to let it send that claim, then sign in again."
    )
    return f"{provider} did not say which groups you are in", words


def _without_group(actor: Actor) -> tuple[str, str]:
    provider = provider_shown(actor.provider)
    words = (
        f"You are signed in, but {provider} says that you are in no group. Roles are given to groups, so "
        f"there is nothing to see. Ask whoever looks after {provider} for one, then sign in again."
    )
    return _NONE, words


def _groups(actor: Actor) -> str:
    names = names_of(actor.groups)
    if not names:
        return ""
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return f" Tell which groups you are in: {', '.join(map(visible, names[:_MOST_NAMED]))}{more}."
