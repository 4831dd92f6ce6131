"""What /health says of identity providers: everything to those who look after them, to others little."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import urlsplit

import streamlit as st

from auth.access import scopes_for
from auth.current import the
from auth.expiry import Credential, credential_of
from auth.providers import Provider
from auth.remedies import remedy_of
from auth.sessions import Actor
from auth.trust_health import Fault, ending, faults, offset_of
from core.permissions import Permission
from pages import formats, parts
from pages.foreign import visible
from pages.operator_words import OPERATORS
from pages.troubles import Trouble
from store.trust import TrustState, trust_states

_WHO: Final = (Permission.ESTATE_MANAGE, Permission.PEOPLE_MANAGE, Permission.AUDIT_READ)
_SIGNS: Final = {"ok": "▪", "degraded": "▲", "down": "◆"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A provider as it was last seen, with what is wrong with it."""

    provider: Provider
    state: TrustState
    credential: Credential
    faults: tuple[Fault, ...]

    @property
    def name(self) -> str:
        """Its name for people, fit to be looked at."""
        return visible(self.provider.shown)

    @property
    def shut(self) -> Fault | None:
        """Why nobody comes in by it; None where people do."""
        return next((one for one in self.faults if one.shuts), None)

    @property
    def level(self) -> Literal["ok", "degraded", "down"]:
        """How it is, as parts are."""
        if any(one.alarm for one in self.faults):
            return "down"
        return "degraded" if self.faults or self.state.lost else "ok"


@dataclass(frozen=True, slots=True, kw_only=True)
class Providers:
    """Every provider, and whether its reader may know more than whether it works."""

    seen: Sequence[Seen]
    in_full: bool


def read(actor: Actor, now: int) -> Providers:
    """Judge each provider by what was last seen of it.

    They belong to no site, so neither does whoever may know more than whether they work.
    """
    configured = tuple(the().providers.values())
    if not configured:
        return Providers(seen=(), in_full=False)
    states = trust_states(the().db)
    seen = tuple(_seen(one, states.get(one.name, TrustState()), now) for one in configured)
    in_full = any(scope.organisation for scope in scopes_for(the().db, actor, _WHO).values())
    return Providers(seen=seen, in_full=in_full)


def _seen(provider: Provider, state: TrustState, now: int) -> Seen:
    credential = credential_of(provider)
    return Seen(
        provider=provider,
        state=state,
        credential=credential,
        faults=faults(provider, state, credential, now),
    )


# --- what is wrong ------------------------------------------------------------------------------------


def troubles(providers: Providers) -> Iterator[Trouble]:
    """Say what is wrong with each; to most people, that sign-in by it does not work."""
    for one in providers.seen:
        if providers.in_full:
            yield from (_in_full(one, fault) for fault in one.faults)
        elif one.shut is not None:
            yield _in_short(one, one.shut)


def _in_full(one: Seen, fault: Fault) -> Trouble:
    return Trouble(
        key=f"provider-{fault.key}-{one.provider.name}",
        tone="alarm" if fault.alarm else "warning",
        title=f"{one.name}: {visible(fault.title)}",
        meaning=visible(fault.meaning),
        steps=tuple(map(_markdown, fault.steps)),
        since=fault.since,
    )


def _markdown(step: str) -> str:
    """Leave what is to be typed as code, in which nothing else counts as Markdown; escape all else."""
    pieces = visible(step).split("`")
    return "".join(f"`{one}`" if place % 2 else parts.escaped(one) for place, one in enumerate(pieces))


def _in_short(one: Seen, fault: Fault) -> Trouble:
    return Trouble(
        key=f"provider-{one.provider.name}",
        tone="alarm",
        title=f"Sign-in by {one.name} does not work",
        meaning="Whoever is signed in stays so, and the doors go on working. Nobody else can sign in by it.",
        steps=("Do not sign out where you are needed.", "Call and read this out."),
        since=fault.since,
    )


# --- the cards ----------------------------------------------------------------------------------------


def draw(providers: Providers, now: int) -> None:
    """Draw a card for each provider."""
    if providers.seen:
        st.header("Sign-in", anchor=False)
    for one in providers.seen:
        level = one.level if providers.in_full else "down" if one.shut else "ok"
        with st.container(border=True, gap=None, key=f"part-{level}-provider-{one.provider.name}"):
            if providers.in_full:
                _card(one, now)
            else:
                _head(one, level, "Sign-in does not work" if one.shut else _works(one))


def _works(one: Seen) -> str:
    return "Not known yet" if any(fault.key == "unwatched" for fault in one.faults) else "Sign-in works"


def _head(one: Seen, level: str, words: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.subheader(f"{_SIGNS[level]} {parts.escaped(one.name)}", anchor=False, width="content")
        st.text(words, width="content")


def _card(one: Seen, now: int) -> None:
    _head(one, one.level, _since(one.state, now))
    st.caption(parts.escaped(f"{urlsplit(one.provider.issuer).netloc} · {one.provider.name}"))
    st.text(" · ".join(_facts(one, now)))
    if one.state.problem:
        st.text(f"Last look: {visible(one.state.problem)}")
    st.text(f"Last good sign-in {_ago(one.state.good, now)}" if one.state.good else "No good sign-in yet")
    if one.state.failed:
        _failure(one.state, now)


def _since(state: TrustState, now: int) -> str:
    if state.lost:
        return f"Lost since {_minute(state.lost)}, {parts.age(now - state.lost)}"
    if state.since:
        return f"Reachable since {_minute(state.since)}, {parts.age(now - state.since)}"
    return "Never looked at"


def _facts(one: Seen, now: int) -> Iterator[str]:
    offset, ends = offset_of(one.provider, one.state, now), one.credential.ends
    if one.state.checked:
        yield f"Looked at {_ago(one.state.checked, now)}"
    yield f"keys fetched {_ago(one.state.keys_at, now)}" if one.state.keys_at else "no keys yet"
    yield "its clock is not known" if offset is None else f"its clock is {offset.words} ({offset.by})"
    day = f" ({formats.here().date(ends - 1, 'UTC')})" if ends else ""
    yield f"{one.credential.kind} {ending(one.credential, now)}{day}"


def _failure(state: TrustState, now: int) -> None:
    title, _ = OPERATORS.get(state.failed_reason, (state.failed_reason, ""))
    st.text(f"Last refused sign-in {_ago(state.failed, now)}: {visible(title)}")
    st.text(f"The person read: {visible(state.failed_words)}")
    st.caption(parts.escaped(f"What to do: {remedy_of(state.failed_reason)}"))


def _ago(us: int, now: int) -> str:
    return f"{parts.age(now - us)} ago"


def _minute(us: int) -> str:
    return formats.here().minute(us, parts.browser_zone())
