"""/log: what happened, newest first, by site and door; the address says which part is shown."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pandas as pd
import streamlit as st

from auth.access import scope_for
from auth.current import the
from auth.sessions import Actor
from core.permissions import Permission, Scope
from core.times import LATE_AFTER_US
from pages import parts, state
from store.places import Places, places
from store.queries import Page, log_page
from store.views import Rec, SiteView

ROWS: Final = 50
_WIDTHS: Final = {
    "Time": 222,
    "Event": 205,
    "Door": 180,
    "Site": 100,
    "Reason": 170,
    "Person": 150,
    "Credential": 130,
    "Note": 150,
    "Device": 130,
    "No.": 90,
}
_DIGITS: Final = 16
_SIGNS: Final = {"info": "·", "notice": "○", "warning": "▲", "alarm": "◆"}
_WORDS: Final = {"info": "", "notice": "", "warning": " (warning)", "alarm": " (alarm)"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the page's address asks for; `known` is False for a place that is not mine or not at all."""

    site: str | None
    door: str | None
    before: int | None
    after: int | None
    known: bool

    @property
    def newest(self) -> bool:
        """Whether this is the newest part."""
        return self.before is None and self.after is None


def render(actor: Actor) -> None:
    """Draw the part of the log that the address asks for."""
    scope = scope_for(the().db, actor, Permission.LOG_READ)
    there = places(the().db, scope)
    asked = _asked(there)
    st.title("Log", anchor=False)
    _filters(there, asked)
    if not asked.known:
        parts.empty("There is no such site or door", "Choose another one above, or all of them.")
        return
    page = _read(scope, asked)
    _controls(page, asked)
    if page.records:
        _table(page, there, named=bool(scope.names))
    else:
        _nothing(asked)


def _read(scope: Scope, asked: Asked) -> Page:
    return log_page(
        the().db,
        scope,
        before=asked.before,
        after=asked.after,
        site=asked.site,
        door=asked.door,
        limit=ROWS,
    )


# --- the address --------------------------------------------------------------------------------------


def _asked(there: Places) -> Asked:
    site, door = state.query("site"), state.query("door")
    known_site = site is None or site in there.sites
    known_door = door is None or (door in there.doors and site in {None, there.doors[door].site})
    return Asked(
        site=site if known_site else None,
        door=door if known_door else None,
        before=_key("before"),
        after=_key("after"),
        known=known_site and known_door,
    )


def _key(name: str) -> int | None:
    text = state.query(name) or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else None


# --- what to show -------------------------------------------------------------------------------------


def _filters(there: Places, asked: Asked) -> None:
    doors = {one.id: one for one in there.doors.values() if asked.site in {None, one.site}}
    state.put("log.site", asked.site)
    state.put("log.door", asked.door)
    with st.container(horizontal=True, key="log-filters"):
        st.selectbox(
            "Site",
            list(there.sites),
            index=None,
            key="log.site",
            placeholder="All sites",
            format_func=lambda site: there.sites[site].name,
            on_change=_site_chosen,
        )
        st.selectbox(
            "Door",
            list(doors),
            index=None,
            key="log.door",
            placeholder="All doors",
            format_func=lambda door: _door_label(there, door, asked.site),
            on_change=_door_chosen,
        )


def _door_label(there: Places, door: str, site: str | None) -> str:
    one = there.doors[door]
    return one.name if site else f"{one.name}, {there.sites[one.site].name}"


def _site_chosen() -> None:
    state.set_query(site=state.chosen("log.site"))


def _door_chosen() -> None:
    state.set_query(site=state.chosen("log.site"), door=state.chosen("log.door"))


def _controls(page: Page, asked: Asked) -> None:
    place = {"site": asked.site, "door": asked.door}
    with st.container(horizontal=True, vertical_alignment="center", key="log-controls"):
        st.button(
            "Newer",
            key="log-newer",
            icon=":material/chevron_left:",
            shortcut="Left",
            disabled=page.newer is None,
            on_click=_go,
            kwargs={**place, "after": page.newer},
        )
        st.button(
            "Older",
            key="log-older",
            icon=":material/chevron_right:",
            shortcut="Right",
            disabled=page.older is None,
            on_click=_go,
            kwargs={**place, "before": page.older},
        )
        st.button(
            "Refresh" if asked.newest else "Newest",
            key="log-newest",
            icon=":material/refresh:" if asked.newest else ":material/first_page:",
            shortcut="Home",
            on_click=_go,
            kwargs=place,
        )
        st.text(_span(page))


def _go(**where: str | int | None) -> None:
    state.set_query(**where)


def _span(page: Page) -> str:
    if not page.records:
        return ""
    first, last = page.records[0].id, page.records[-1].id
    return f"No. {first:,} to {last:,}, newest first"


def _nothing(asked: Asked) -> None:
    if asked.site or asked.door or not asked.newest:
        parts.empty("Nothing is recorded here", "Swipes, doors, calls and devices of this place will appear.")
    else:
        parts.empty(
            "The log is empty",
            "Every swipe, door, call and device event of your sites will appear here, newest first.",
        )


# --- the table ----------------------------------------------------------------------------------------


def _table(page: Page, there: Places, *, named: bool) -> None:
    rows = [row_of(record, there, named=named) for record in page.records]
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        height="content",
        key="log-table",
        column_config={name: st.column_config.TextColumn(width=pixels) for name, pixels in _WIDTHS.items()},
        alt="Records of the log, newest first",
    )


def row_of(record: Rec, there: Places, *, named: bool) -> Mapping[str, str]:
    """Write a record as a row of the table, with the site's clock."""
    site = there.sites.get(record.site or "")
    door = there.doors.get(record.door or "")
    row = {
        "Time": parts.stamp(record.at, _zone(site)),
        "Event": f"{_SIGNS[record.severity]} {record.label}{_WORDS[record.severity]}",
        "Door": door.name if door else record.door or "",
        "Site": site.name if site else record.site or "",
        "Reason": (record.reason or record.outcome or "").replace("_", " "),
    }
    if named:
        row["Person"] = record.name or record.person or ""
        row["Credential"] = record.credential or ""
    return {**row, "Note": _note(record), "Device": record.device or "", "No.": str(record.id)}


def _zone(site: SiteView | None) -> str:
    return site.time_zone if site else "UTC"


def _note(record: Rec) -> str:
    late = record.received - record.at
    notes = (
        "back-filled" if record.backfilled else "",
        f"{parts.age(late)} late" if late > LATE_AFTER_US else "",
        f"{record.missing} missing" if record.missing else "",
    )
    return ", ".join(filter(None, notes))
