"""The line above every page while somebody is signed in by a break-glass account: everybody is to know."""

from typing import Final

import streamlit as st

from auth.access import scope_for
from auth.current import the
from auth.sessions import Actor
from core.permissions import Permission
from pages import formats, parts
from pages.foreign import visible
from pages.live import quietly
from store import clock
from store.breakglass import InUse, in_use

EVERY_S: Final = 30.0


def warn() -> None:
    """Put the line above a page, and keep looking; for everybody who is signed in."""
    quietly(_lines, every_s=EVERY_S)


def _lines(actor: Actor) -> None:
    using = in_use(the().db, clock.now_us())
    if not using:
        return
    # Where somebody comes from is for those who may read what operators did.
    told = scope_for(the().db, actor, Permission.AUDIT_READ).organisation
    with st.container(key="gatehouse-breakglass", gap="xsmall"):
        for one in using:
            st.error(parts.escaped(_words(one, told=told)), icon=":material/emergency_home:")


def _words(one: InUse, *, told: bool) -> str:
    since = formats.here().clock(one.since, parts.browser_zone())
    where = f", from {', '.join(map(visible, one.addresses))}" if told else ""
    return f"Break-glass account {visible(one.username)} is signed in since {since}{where}."
