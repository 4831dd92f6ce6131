"""/devices: whether each device is there, how good what comes of it is, and who is not in the estate."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, TypeAlias

import streamlit as st

from auth.access import scope_for
from auth.current import the
from auth.sessions import Actor
from core.permissions import Permission, Scope
from pages import device_details, parts, sites, state, strangers
from pages import device_phrases as phrases
from pages.foreign import visible
from pages.live import live
from store import clock
from store.device_views import DeviceView, devices
from store.places import Places, places
from store.touch import PartState
from store.touch import parts as read_parts

EVERY_S: Final = 4.0
_LIST: Final = "devices-list"
_DOORS_NAMED: Final = 2
_Read: TypeAlias = tuple[tuple[DeviceView, ...], Places]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the page's address asks for; `site` holds the sites that were chosen for all pages."""

    site: str | None = None
    family: str | None = None
    attention: bool = False
    find: str | None = None
    device: str | None = None

    @staticmethod
    def now() -> "Asked":
        """Read the address."""
        return Asked(
            site=state.query("site"),
            family=state.query("family"),
            attention=state.query("attention") == "1",
            find=state.query("find"),
            device=state.query("device"),
        )

    def go(self) -> None:
        """Make this the address."""
        on = "1" if self.attention else None
        state.set_query(site=self.site, family=self.family, attention=on, find=self.find, device=self.device)

    def wants(self, one: DeviceView, there: Places, now: int) -> bool:
        """Whether a device is among those asked for."""
        return (
            one.site in (sites.chosen(there) or there.sites)
            and self.family in {None, one.family}
            and (not self.attention or phrases.needs_attention(one, now))
            and all(word in _searched(one, there) for word in (self.find or "").casefold().split())
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What the page was last drawn with as a whole: it is kept in place while parts draw themselves again."""

    asked: Asked
    order: tuple[str, ...]


def render(actor: Actor) -> None:
    """Draw the devices, or the one that the address opens, and again every few seconds."""
    asked, now = Asked.now(), clock.now_us()
    first = read(actor, now)
    found, _ = first
    if asked.device is None:
        st.title("Devices", anchor=False)
        _filters(asked, found)
    else:
        st.button("All devices", key="devices-back", icon=":material/arrow_back:", on_click=_close)
    shown = Shown(asked=asked, order=tuple(one.id for one in phrases.worst_first(found, now)))
    # What was read for the whole page serves its part the first time.
    live(partial(_draw, shown, [first]), every_s=EVERY_S)


def read(actor: Actor, now: int) -> _Read:
    """Read the devices of the sites where somebody watches or reads the log, and those sites' names."""
    live_scope, log_scope = (
        scope_for(the().db, actor, one) for one in (Permission.LIVE_VIEW, Permission.LOG_READ)
    )
    found = {one.id: one for one in devices(the().db, live_scope, now)}
    beyond = log_scope.sites - live_scope.sites
    if beyond:
        # One permission does not stretch the other: each is asked for its own sites.
        found |= {one.id: one for one in devices(the().db, replace(log_scope, sites=beyond), now)}
    return tuple(found.values()), _both(live_scope, log_scope)


def _both(live_scope: Scope, log_scope: Scope) -> Places:
    one, other = places(the().db, live_scope), places(the().db, log_scope)
    return Places(sites={**one.sites, **other.sites}, doors={**one.doors, **other.doors})


def _draw(shown: Shown, at_hand: list[_Read], actor: Actor) -> None:
    if Asked.now() != shown.asked:
        # The address has changed under this part: the frame around it must change too.
        st.rerun()
    now = clock.now_us()
    found, there = at_hand.pop() if at_hand else read(actor, now)
    _current(now)
    if shown.asked.device is None:
        _overview(shown, found, there, now)
        strangers.draw(actor, there, now)
        return
    opened = next((one for one in found if one.id == shown.asked.device), None)
    if opened is None:
        parts.empty(
            "There is no such device", "Or it is at a site that is not yours. Go back to all devices."
        )
    else:
        device_details.draw(actor, opened, there, now)


def _current(now: int) -> None:
    ingest = next((part for part in read_parts(the().db) if part.name == "ingest"), None)
    if ingest is not None and ingest.judged(now) is PartState.DOWN:
        st.warning(
            f"Ingest has said nothing for {parts.age(now - ingest.at)}: what is shown here is not current.",
            icon=":material/warning:",
        )


# --- what to show -------------------------------------------------------------------------------------


def _filters(asked: Asked, found: Sequence[DeviceView]) -> None:
    state.put("devices.family", asked.family)
    state.put("devices.attention", asked.attention)
    state.put("devices.find", asked.find or "")
    families = sorted({one.family for one in found} | ({asked.family} if asked.family else set()))
    with st.container(horizontal=True, vertical_alignment="bottom", key="devices-filters"):
        st.text_input("Search", key="devices.find", placeholder="Name, door, topic", on_change=_filtered)
        st.selectbox(
            "Family",
            families,
            index=None,
            key="devices.family",
            placeholder="All families",
            on_change=_filtered,
        )
        st.toggle("Only what needs attention", key="devices.attention", on_change=_filtered)


def _filtered() -> None:
    Asked(
        site=state.query("site"),
        family=state.chosen("devices.family"),
        attention=state.checked("devices.attention"),
        find=state.chosen("devices.find"),
    ).go()


def _searched(one: DeviceView, there: Places) -> str:
    site = there.sites.get(one.site)
    words = (one.name, one.id, one.family, one.topic, one.serial, site.name if site else one.site)
    return " ".join((*words, *(f"{door.name} {door.id}" for door in one.doors))).casefold()


# --- the list -----------------------------------------------------------------------------------------


def _overview(shown: Shown, found: Sequence[DeviceView], there: Places, now: int) -> None:
    if not found:
        parts.empty(
            "No devices yet",
            "Each device that the estate names at your sites appears here, with how good what it sends is.",
        )
        return
    _summary(shown.order, found, now)
    wanted = [one for one in _ordered(found, shown.order) if shown.asked.wants(one, there, now)]
    if wanted:
        rows = [row_of(one, there, now) for one in wanted]
        data = {"kind": "list", "label": "Devices, worst first", "rows": rows}
        parts.mount("devices", key=_LIST, data=data, on_open_change=_open)
    else:
        _none_wanted(shown.asked)


def _ordered(found: Iterable[DeviceView], order: Sequence[str]) -> list[DeviceView]:
    places_kept = {name: place for place, name in enumerate(order)}
    return sorted(found, key=lambda one: (places_kept.get(one.id, len(order)), one.id))


def _summary(order: Sequence[str], found: Collection[DeviceView], now: int) -> None:
    """Say how all are, and whether the order is still the worst first: lines do not move under a reader."""
    ranked = phrases.worst_first(found, now)
    sorted_still = [one.id for one in ranked] == list(order)
    with st.container(horizontal=True, vertical_alignment="center", key="devices-summary"):
        st.text(phrases.summary(ranked, now), width="content")
        st.caption("Worst first." if sorted_still else "Something has changed since.", width="content")
        if not sorted_still and st.button("Sort again", key="devices-sort", type="tertiary"):
            st.rerun()


def _none_wanted(asked: Asked) -> None:
    if asked == Asked(attention=True, site=asked.site):
        parts.empty("Nothing needs attention", "Every device is heard, and what comes of them is whole.")
    else:
        parts.empty("No device fits", "Choose other sites or another family above, or search for less.")


def row_of(one: DeviceView, there: Places, now: int) -> dict[str, object]:
    """Write a device as a line of the list."""
    state_now = phrases.condition(one, now)
    site = there.sites.get(one.site)
    zone = site.time_zone if site else "UTC"
    trusted, _ = phrases.trust(the().families.get(one.family))
    return {
        "id": one.id,
        "href": f"/devices?device={one.id}",
        "sign": state_now.look.sign,
        "word": state_now.look.word,
        "tone": state_now.look.tone,
        "name": visible(one.name),
        "place": f"{site.name if site else one.site} · {one.family}, {trusted}",
        "heard": phrases.heard(one, now),
        "doors": _doors(one),
        "chips": [
            {"text": chip.text, "tone": chip.tone, "sign": phrases.SIGNS[chip.tone]}
            for chip in phrases.chips(one, now, zone)
        ],
    }


def _doors(one: DeviceView) -> str:
    if len(one.doors) > _DOORS_NAMED:
        return f"{len(one.doors)} doors"
    return ", ".join(visible(door.name) for door in one.doors) or "No door"


def _open() -> None:
    chosen = state.triggered(_LIST, "open")
    if chosen is not None:
        replace(Asked.now(), device=chosen).go()


def _close() -> None:
    replace(Asked.now(), device=None).go()
