"""Devices that speak without being in the estate, for those who can put them there."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

import streamlit as st

from auth.access import scope_for
from auth.current import the
from auth.sessions import Actor
from core.capabilities import Capabilities
from core.permissions import Permission
from pages import formats, parts
from pages.device_details import reason_term
from pages.foreign import toml_string, visible
from store.device_details import Stranger, nobodys, unclaimed_devices
from store.device_views import CountView
from store.places import Places

SHOWN: Final = 20
_NATIVE: Final = "gatehouse"
_ID_LENGTH: Final = 64
_NAME_LENGTH: Final = 100
_NOT_OF_ID: Final = re.compile(r"[^a-z0-9_-]+")


def draw(actor: Actor, there: Places, now: int) -> None:
    """Draw who is unclaimed and what belongs to nobody; nothing for those who don't manage everything."""
    scope = scope_for(the().db, actor, Permission.ESTATE_MANAGE)
    if not scope.organisation:
        return
    with parts.sheet():
        _list(unclaimed_devices(the().db, scope), there, now)
        _of_nobody(nobodys(the().db, scope), now)


def _list(found: Sequence[Stranger], there: Places, now: int) -> None:
    st.subheader("Unclaimed devices", anchor=False)
    if not found:
        st.text("Nobody else speaks. A device that the estate does not name appears here with what it said.")
        return
    speak = "speaks" if len(found) == 1 else "speak"
    st.text(f"{formats.here().number(len(found))} {speak} without being in the estate.")
    st.caption("They are on no wall and in no log of a site. Add to the estate file those that are yours.")
    site = next(iter(there.sites), "")
    for one in found[:SHOWN]:
        _stranger(one, site, now)
    if len(found) > SHOWN:
        st.caption(f"The {SHOWN} that were heard last are shown.")


def _stranger(one: Stranger, site: str, now: int) -> None:
    name = visible(one.title or one.name)
    label = f"{visible(one.family) or 'Family not known'} · {name}"
    with st.expander(parts.escaped(label), key=f"stranger-{one.family}-{one.name}"):
        st.text(_history(one, now))
        st.caption("Said last, masked")
        st.code(visible(one.text), language=None, wrap_lines=True)
        st.caption("To claim it, check these lines, add its doors, and import the estate file")
        st.code(snippet(one, site, the().families), language=None, wrap_lines=True)


def _history(one: Stranger, now: int) -> str:
    times = "once" if one.n == 1 else f"{formats.here().number(one.n)} times"
    first = "" if one.n == 1 else f", first {parts.age(now - one.first)} ago"
    return f"Heard {times}, last {parts.age(now - one.last)} ago{first}. It calls itself {visible(one.name)}."


def snippet(one: Stranger, site: str, families: Mapping[str, Capabilities]) -> str:
    """Write the lines of an estate file that would claim a device; `site` is used where it names none."""
    known = families.get(one.family)
    title = "".join(filter(str.isprintable, one.title)).strip()[:_NAME_LENGTH].strip()
    name, topic = one.name, [f"topic = {toml_string(one.topic)}"]
    if one.family == _NATIVE:
        # Its topics hold both, and nothing else is set.
        site, _, name = one.name.partition("/")
        topic = []
    lines = [
        "[[devices]]",
        f'id = "{_id(name)}"',
        f"site = {toml_string(site)}",
        f"family = {toml_string(one.family)}",
        *topic,
        *([f"name = {toml_string(title)}"] if title else []),
        *(["heartbeat_s = 0"] if known is not None and not known.heartbeat else []),
    ]
    if known is None:
        lines[3] = f'family = ""  # one of {", ".join(sorted(families))}'
    return "\n".join(lines)


def _id(name: str) -> str:
    return _NOT_OF_ID.sub("-", name.lower()).strip("-")[:_ID_LENGTH] or "device"


def _of_nobody(counts: Sequence[CountView], now: int) -> None:
    if not counts:
        return
    terms = [
        reason_term(count.reason, count.n, f"last {parts.age(now - count.last)} ago") for count in counts
    ]
    note = "These messages belong to no device of the estate. A few are usual at a shared broker."
    section = {"title": "Messages of nobody", "note": note, "wide": True, "terms": terms}
    parts.mount("devices", key="devices-nobody", data={"kind": "facts", "sections": [section]})
