"""How surely somebody has shown who they are, and what they lack for want of more."""

from urllib.parse import quote

import streamlit as st

from auth.current import the
from auth.sessions import Actor
from core.permissions import Role, roles_at
from pages import parts
from pages.foreign import visible
from pages.people_words import provider_shown
from store.policies import current_policy


def waiting(actor: Actor) -> frozenset[Role]:
    """Name the roles that the person's groups give, and this session may not have for want of a factor."""
    return actor.withheld & roles_at(current_policy(the().db), actor.groups).keys()


def draw(actor: Actor) -> None:
    """Say which roles wait and why groups are missing, with what to do; nothing where all is well."""
    by = parts.escaped(provider_shown(actor.provider))
    if roles := waiting(actor):
        names = " and ".join(sorted(role.value.capitalize() for role in roles))
        wait = f"roles {names} wait" if len(roles) > 1 else f"role {names} waits"
        st.warning(
            f"Your {wait} for a second factor: {by} did not say that you used one. Sign in again, and show "
            "one there.",
            icon=":material/warning:",
        )
        st.link_button("Sign in again", f"/auth/{quote(actor.provider, safe='')}/login?next=/me")
    if actor.lacking:
        st.warning(
            f"{by} did not tell your groups (“{parts.escaped(visible(actor.lacking))}” was missing), and "
            "roles follow from groups. Tell an administrator.",
            icon=":material/warning:",
        )
