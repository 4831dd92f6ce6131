"""/health: what is wrong, since when, what to do and whom to call; then how each part of Gatehouse is."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Final, TypeAlias

import streamlit as st

from auth.access import permitted, scopes_for
from auth.current import the
from auth.sessions import Actor
from core.permissions import Permission
from pages import checkpoint_troubles, formats, health_breakglass, health_providers, parts, sites, troubles
from pages.device_phrases import SIGNS
from pages.devices import read as read_devices
from pages.disk import free_space, level_of
from pages.live import live
from pages.troubles import Trouble
from store import clock, deliveries
from store.touch import Part, PartState
from store.touch import parts as read_parts

EVERY_S: Final = 4.0
Found: TypeAlias = Mapping[str, Part]
# Each of these must be there; a broker only where ours is.
EXPECTED: Final = ("supervisor", "broker", "ingest", "web")
_TITLES: Final = {
    "supervisor": "Supervisor",
    "broker": "Message broker",
    "ingest": "Ingest",
    "web": "Console",
    "store": "Store",
    "ledger": "Seals of the log",
    deliveries.PART: "Checkpoints",
    "simulator": "Simulator",
}
_DOES: Final = {
    "supervisor": "Starts the other parts and restarts those that die.",
    "broker": "Takes what the devices send and holds it until it is stored.",
    "ingest": "Reads the broker and writes the log.",
    "web": "Serves these pages and the live wall.",
    "store": "Keeps the log.",
    "ledger": "Seals each record within a second, so that a later change of it can be shown.",
    deliveries.PART: "Sends what was sealed to where nobody who is on this machine can change it.",
    "simulator": "Plays the devices of the demo.",
}
_SIGNS: Final = {
    PartState.OK: ("▪", "Running"),
    PartState.STARTING: ("◐", "Starting"),
    PartState.DEGRADED: ("▲", "Degraded"),
    PartState.DOWN: ("◆", "Down"),
}
_VERDICTS: Final = {
    "alarm": (st.error, ":material/error:"),
    "warning": (st.warning, ":material/warning:"),
    "calm": (st.success, ":material/check:"),
}
# What a part may tell of itself here, in which words, and to whom it is of use.
_TELLS: Final = {
    "cause": "{}",
    "broker": "broker {}",
    "messages": "{} message{s}",
    "refused": "{} refused",
    "reconnects": "{} reconnect{s}",
    "sockets": "{} open connection{s}",
    "restarts": "{} restart{s}",
    "limited": "{} device{s} over a limit",
    "waiting": "{} message{s} waiting to be stored",
    "size": "{} record{s} sealed",
    "fingerprint": "key {}",
}
# They count what comes from every site, so only those who are of all sites are told them.
_OF_EVERYWHERE: Final = frozenset(
    {"messages", "refused", "limited", "waiting", "sockets", "last_message", "checked"}
)
# Where the parts run is for those who look after them.
_OF_MACHINES: Final = frozenset({"pid", "broker", "where"})


def render(_actor: Actor) -> None:
    """Draw what is wrong and how the parts are, and again every few seconds."""
    with parts.sheet():
        st.title("Health", anchor=False)
        live(_draw, every_s=EVERY_S)


def _draw(actor: Actor) -> None:
    now = clock.now_us()
    found = {part.name: part for part in read_parts(the().db)}
    missing = [name for name in EXPECTED if name not in found and (name != "broker" or not found)]
    sealed = health_breakglass.read(actor)
    of_sealed = health_breakglass.troubles(sealed, now, with_provider=bool(the().providers))
    providers = health_providers.read(actor, now)
    of_people = (*of_sealed, *health_providers.troubles(providers))
    wrong = troubles.worst_first(
        [*_of_parts(found, missing, now), *_of_devices(actor, found, now), *of_people]
    )
    _verdict(wrong, now)
    if wrong:
        st.header("What is wrong" if wrong[0].tone != "calm" else "What to know", anchor=False)
    for one in wrong:
        _trouble(one, now)
    if any(one.tone != "calm" for one in wrong):
        _whom_to_call(actor)
    _parts(found, missing, now, hidden=_hidden(actor))
    health_providers.draw(providers, now)
    health_breakglass.draw(sealed, now)


# --- what is wrong ------------------------------------------------------------------------------------


def _of_parts(found: Found, missing: Collection[str], now: int) -> list[Trouble]:
    every = {**found, **dict.fromkeys(missing)}
    sent = checkpoint_troubles.of_checkpoints(every.pop(deliveries.PART, None), now)
    said = (troubles.of_part(name, _TITLES.get(name, name), part, now) for name, part in every.items())
    return [*(one for one in said if one is not None), *sent]


def _of_devices(actor: Actor, found: Found, now: int) -> list[Trouble]:
    ingest = found.get("ingest")
    if ingest is None or ingest.judged(now) is PartState.DOWN:
        # Nobody listens to the devices: their silence tells nothing of them.
        return []
    devices, there = read_devices(actor, now)
    shown = sites.chosen(there) or there.sites.keys()
    return list(
        troubles.of_devices(devices, {name: site for name, site in there.sites.items() if name in shown}, now)
    )


def _verdict(wrong: Sequence[Trouble], now: int) -> None:
    say, icon = _VERDICTS[wrong[0].tone if wrong else "calm"]
    say(troubles.verdict(wrong), icon=icon)
    st.caption(f"As of {_stamp(now)}")


def _trouble(one: Trouble, now: int) -> None:
    with st.container(border=True, gap="small", key=f"trouble-{one.tone}-{one.key}"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.subheader(f"{SIGNS[one.tone]} {parts.escaped(one.title)}", anchor=False, width="content")
            if one.since:
                st.text(f"since {_minute(one.since)}, {parts.age(now - one.since)}", width="content")
        st.text(one.meaning)
        if one.lines:
            st.text("\n".join(f"· {line}" for line in one.lines))
        st.caption("What to do")
        st.markdown("\n".join(f"{number}. {step}" for number, step in enumerate(one.steps, start=1)))
        if one.site is not None:
            st.page_link(
                parts.page_at("devices"),
                label="Show these devices",
                icon=":material/sensors:",
                query_params={"site": one.site, "attention": "1"},
            )


def _whom_to_call(actor: Actor) -> None:
    with st.container(border=True, gap=None, key="trouble-call"):
        st.subheader("Whom to call", anchor=False)
        st.text(the().help_contact or "Whoever runs Gatehouse in your organisation.")
        if not the().help_contact and permitted(the().db, actor, Permission.ESTATE_MANAGE):
            st.caption("Name them here: help_contact in gatehouse.toml.")


# --- the parts ----------------------------------------------------------------------------------------


def _hidden(actor: Actor) -> frozenset[str]:
    """Name what the parts tell that is not for this person."""
    rights = (Permission.LIVE_VIEW, Permission.LOG_READ)
    of_all_sites = any(scope.organisation for scope in scopes_for(the().db, actor, rights).values())
    manages = permitted(the().db, actor, Permission.ESTATE_MANAGE)
    return (frozenset() if of_all_sites else _OF_EVERYWHERE) | (frozenset() if manages else _OF_MACHINES)


def _parts(found: Found, missing: Collection[str], now: int, *, hidden: frozenset[str]) -> None:
    st.header("Parts of Gatehouse", anchor=False)
    for name in sorted(found, key=_order):
        _card(_without(found[name], hidden), now)
    for name in missing:
        _absent(name)


def _without(part: Part, hidden: frozenset[str]) -> Part:
    told = {key: value for key, value in part.info.items() if key.rpartition(".")[2] not in hidden}
    return replace(part, info=told, pid=None if "pid" in hidden else part.pid)


def _order(name: str) -> tuple[int, str]:
    names = list(_TITLES)
    return (names.index(name) if name in names else len(names), name)


def _card(part: Part, now: int) -> None:
    state_now = part.judged(now)
    with st.container(border=True, gap=None, key=f"part-{state_now.value}-{part.name}"):
        level = level_of(part.info)
        word = level.title if level else _SIGNS[state_now][1]
        since = part.at if part.silent(now) else part.since
        _head(part.name, state_now, f"{word} for {parts.age(now - since)}")
        st.text(f"Last word {parts.age(now - part.at)} ago{_details(part, now)}")
        if part.name == deliveries.PART:
            st.text("\n".join(checkpoint_troubles.lines(part, now, formats.here().number)))


def _head(name: str, state_now: PartState, words: str) -> None:
    sign, _ = _SIGNS[state_now]
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.subheader(f"{sign} {parts.escaped(_TITLES.get(name, name))}", anchor=False, width="content")
        st.text(words, width="content")
    st.caption(_DOES.get(name, "A part of Gatehouse."))


def _details(part: Part, now: int) -> str:
    shown = [f"process {part.pid}"] if part.pid else []
    if (free := free_space(part.info)) is not None:
        shown.append(free)
    for name, words in _TELLS.items():
        # What has not happened is not worth a word.
        if told := part.info.get(name):
            count = formats.here().number(told) if isinstance(told, int) else told
            shown.append(words.format(count, s="" if told == 1 else "s"))
    if checked := part.info.get("checked"):
        number = formats.here().number
        shown.append(f"{number(int(checked))} of {number(int(part.info.get('of', 0)))} checked")
    last = part.info.get("last_message")
    if isinstance(last, int) and last > 0:
        shown.append(f"last message {parts.age(now - last)} ago")
    return "".join(f" · {one}" for one in shown)


def _absent(name: str) -> None:
    with st.container(border=True, gap=None, key=f"part-down-{name}"):
        _head(name, PartState.DOWN, "Down or not started")
        st.text("It has not reported yet.")


def _stamp(us: int) -> str:
    return formats.here().stamp(us, parts.browser_zone())


def _minute(us: int) -> str:
    return formats.here().minute(us, parts.browser_zone())
