"""What /health says of break-glass accounts, to those who look after people or read what operators did."""

from collections.abc import Iterator, Sequence
from typing import Final, TypeAlias

import streamlit as st

from auth.access import scopes_for
from auth.current import the
from auth.sessions import Actor
from core.permissions import Permission
from pages import formats, parts
from pages.foreign import visible
from pages.troubles import Trouble
from store.breakglass import Sealed, sealed_accounts

Accounts: TypeAlias = Sequence[Sealed] | None
_WHO: Final = (Permission.PEOPLE_MANAGE, Permission.AUDIT_READ)
_WAY_IN: Final = "It is the way in when no identity provider works."
_NONE: Final = Trouble(
    key="breakglass-none",
    tone="warning",
    title="There are no break-glass accounts",
    meaning="When the identity provider can't be reached, nobody can sign in, nor repair what is wrong.",
    steps=(
        "On the server, run `gatehouse.py breakglass create`; it says how to seal what it shows.",
        "Try one of the two with `gatehouse.py breakglass drill`.",
    ),
)


def read(actor: Actor) -> Accounts:
    """Give the break-glass accounts; None for those who may not know which there are.

    They belong to no site, so neither does whoever may know.
    """
    scopes = scopes_for(the().db, actor, _WHO).values()
    return sealed_accounts(the().db) if any(scope.organisation for scope in scopes) else None


def troubles(accounts: Accounts, now: int, *, with_provider: bool) -> Iterator[Trouble]:
    """Say which of them can't be relied on; with a provider, there must be some."""
    if accounts is None:
        return
    if not accounts and with_provider:
        yield _NONE
    for one in accounts:
        if not one.sound(now):
            yield _unsound(one)


def _unsound(one: Sealed) -> Trouble:
    """Tell the worst of what is wrong; the rest shows once that is mended."""
    name = visible(one.username)
    if one.disabled:
        return _trouble(
            one,
            "is disabled",
            f"{_WAY_IN} Now it is not.",
            "On the server, run `gatehouse.py breakglass create --replace` and seal both accounts anew.",
        )
    if not one.everywhere:
        return _trouble(
            one,
            "may not administer everything",
            f"{_WAY_IN} But the policy gives its groups no role 'admin' at all sites any more.",
            "Give a group that no provider vouches for the role admin at all sites, in the policy.",
            "On the server, run `gatehouse.py breakglass create --replace` and seal both accounts anew.",
        )
    tried = "was not tried for 90 days" if one.drilled else "was never tried"
    return _trouble(
        one,
        tried,
        f"{_WAY_IN} Nobody knows whether what is in the envelopes still opens it.",
        "Take its envelopes from where they are kept.",
        f"On the server, run `gatehouse.py breakglass drill {name}`.",
        "Seal them again and put them back.",
        since=one.due,
    )


def _trouble(one: Sealed, what: str, meaning: str, *steps: str, since: int = 0) -> Trouble:
    return Trouble(
        key=f"breakglass-{one.username}",
        tone="warning",
        title=f"Break-glass account {visible(one.username)} {what}",
        meaning=meaning,
        steps=steps,
        since=since,
    )


def draw(accounts: Accounts, now: int) -> None:
    """Draw when each of them was used and tried last, and is to be tried again."""
    if not accounts:
        return
    st.header("Break-glass accounts", anchor=False)
    for one in accounts:
        _card(one, now)


def _card(one: Sealed, now: int) -> None:
    sound = one.sound(now)
    with st.container(border=True, gap=None, key=f"part-{'ok' if sound else 'degraded'}-{one.username}"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            name = parts.escaped(visible(one.username))
            st.subheader(f"{'▪' if sound else '▲'} {name}", anchor=False, width="content")
            st.text("In order" if sound else "Not to be relied on", width="content")
        st.text(f"Last drill {_day(one.drilled)} · next due {_day(one.due)}")
        st.caption(f"Last used {_day(one.used)} · sealed {_day(one.sealed)}")


def _day(us: int | None) -> str:
    return formats.here().date(us, parts.browser_zone()) if us else "never"
