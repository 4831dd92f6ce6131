"""/health: how each part of Gatehouse is, since when, and what to do about it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import streamlit as st

from auth.access import scope_for
from auth.current import the
from auth.sessions import Actor
from core.permissions import Permission
from pages import parts
from pages.disk import free_space, level_of
from pages.live import live
from store import clock
from store.touch import Part, PartState
from store.touch import parts as read_parts

EVERY_S: Final = 3.0
NOTHING_SAID: Final[Mapping[str, str | int]] = {}
# A part that has said nothing for so long is down, whatever its last word was.
EXPECTED: Final = ("supervisor", "broker", "ingest", "web")
_TITLES: Final = {
    "supervisor": "Supervisor",
    "broker": "Message broker",
    "ingest": "Ingest",
    "web": "Console",
    "store": "Store",
    "simulator": "Simulator",
}
_DOES: Final = {
    "supervisor": "Starts the other parts and restarts those that die.",
    "broker": "Takes what the devices send and holds it until it is stored.",
    "ingest": "Reads the broker and writes the log. Without it the wall shows nothing new.",
    "web": "Serves these pages and the live wall.",
    "store": "Keeps the log. Its disk must have space, or nothing can be recorded.",
    "simulator": "Plays the devices of the demo.",
}
_SIGNS: Final = {
    PartState.OK: ("▪", "Running"),
    PartState.STARTING: ("◐", "Starting"),
    PartState.DEGRADED: ("▲", "Degraded"),
    PartState.DOWN: ("◆", "Down"),
}
# What a part may tell of itself here, and in which words.
_TELLS: Final = {
    "cause": "{}",
    "broker": "broker {}",
    "messages": "{} messages",
    "refused": "{} refused",
    "reconnects": "{} reconnects",
    "sockets": "{} open connections",
    "restarts": "{} restarts",
    "limited": "{} devices over a limit",
    "waiting": "{} messages waiting to be stored",
}
# They count what comes from every site, so only those who are of all sites are told them.
_OF_EVERYWHERE: Final = frozenset({"messages", "refused", "limited", "waiting", "sockets", "last_message"})
_DO: Final = {
    PartState.STARTING: "Wait a minute. If it stays so, look at its file in the logs folder.",
    PartState.DEGRADED: "It works, but not fully. Look at its file in the logs folder of the data folder.",
    PartState.DOWN: "It is restarted by itself. If it stays down, look at its file in the logs folder, "
    "then stop and start gatehouse.py run.",
}
_DO_BROKER: Final = (
    "Devices keep what happens until the broker is back. Check that it runs and that its port can be reached."
)
_DO_STORE: Final = "Nobody measures the disk while ingest is down: look there first."
_DO_LIMITED: Final = "The page Devices names who sends too much. What others send is not delayed by it."
_DO_ALONE: Final = "Nothing restarts the other parts now: start gatehouse.py run again."


def render(_actor: Actor) -> None:
    """Draw the parts, and again every few seconds."""
    with parts.sheet():
        st.title("Health", anchor=False)
        live(_draw, every_s=EVERY_S)


_DO_DOWN: Final = {"supervisor": _DO_ALONE, "broker": _DO_BROKER, "store": _DO_STORE}


def advice(name: str, state_now: PartState, info: Mapping[str, str | int] = NOTHING_SAID) -> str:
    """Say what to do about a part in this state, by what it tells of itself; nothing for one that runs."""
    level = level_of(info)
    if name == "store" and level is not None:
        return level.remedy
    if state_now is PartState.DOWN:
        return _DO_DOWN.get(name, _DO[state_now])
    if info.get("limited"):
        return _DO_LIMITED
    return "" if state_now is PartState.OK else _DO[state_now]


def _draw(actor: Actor) -> None:
    now = clock.now_us()
    found = {part.name: _told(part, actor) for part in read_parts(the().db)}
    missing = [name for name in EXPECTED if name not in found and (name != "broker" or not found)]
    states = {name: part.judged(now) for name, part in found.items()}
    wrong = [name for name, one in states.items() if one is not PartState.OK]
    _verdict(len(wrong) + len(missing))
    for name in sorted(found, key=_order):
        _card(found[name], states[name], now)
    for name in missing:
        _absent(name)


def _told(part: Part, actor: Actor) -> Part:
    """Leave out what a part tells of sites that may not be this person's."""
    rights = (Permission.LIVE_VIEW, Permission.LOG_READ)
    if any(scope_for(the().db, actor, one).organisation for one in rights):
        return part
    return replace(part, info={key: told for key, told in part.info.items() if key not in _OF_EVERYWHERE})


def _order(name: str) -> tuple[int, str]:
    names = list(_TITLES)
    return (names.index(name) if name in names else len(names), name)


def _verdict(wrong: int) -> None:
    if wrong:
        st.warning(
            f"{wrong} {'part needs' if wrong == 1 else 'parts need'} a look.", icon=":material/warning:"
        )
    else:
        st.text("Every part runs.")


def _card(part: Part, state_now: PartState, now: int) -> None:
    with st.container(border=True, gap=None, key=f"part-{state_now.value}-{part.name}"):
        level = level_of(part.info)
        word = level.title if level else _SIGNS[state_now][1]
        _head(part.name, state_now, f"{word} for {parts.age(now - part.since)}")
        st.text(f"Last word {parts.age(now - part.at)} ago{_details(part, now)}")
        if words := advice(part.name, state_now, part.info):
            st.text(words)


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
        if name in part.info:
            shown.append(words.format(part.info[name]))
    last = part.info.get("last_message")
    if isinstance(last, int) and last > 0:
        shown.append(f"last message {parts.age(now - last)} ago")
    return "".join(f" · {one}" for one in shown)


def _absent(name: str) -> None:
    with st.container(border=True, gap=None, key=f"part-down-{name}"):
        _head(name, PartState.DOWN, "Down or not started")
        st.text(f"It has not reported yet. {advice(name, PartState.DOWN)}")
