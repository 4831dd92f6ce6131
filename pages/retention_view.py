"""How long personal data is kept, what cases hold, and what was deleted: for those who audit, to read only.

Of a site, who audits that site reads; of holds on everything and of erasures, who audits the organisation.
Whom a hold or an erasure is about is not shown.
"""

from collections.abc import Iterator, Mapping
from typing import Final

import streamlit as st

from auth.access import scope_for
from auth.current import the
from auth.sessions import Actor
from core.permissions import Permission, Scope
from core.retention import EVERY_SITE, Hold, Keeping, Kept
from core.times import DAY_US
from pages import formats, parts
from pages.foreign import visible
from store.places import site_names
from store.purge_views import Deletion, Erasure, deletions, erasures
from store.retention import PlacedHold, all_holds, keeping

LABELS: Final[Mapping[Kept, str]] = {
    Kept.MOVEMENT: "Movements of people",
    Kept.DOOR: "Doors",
    Kept.CALL: "Calls",
    Kept.DEVICE: "Devices",
    Kept.FEED: "Missing and limited records",
    Kept.CAMERA: "Cameras",
    Kept.OPERATOR: "Acts of operators",
    Kept.ORGANISATION: "Changes to the organisation",
    Kept.PAYLOAD: "Messages as they came",
    Kept.SNAPSHOT: "Snapshots",
}
_HOW: Final = (
    "This is for how long names, numbers and words are kept. The record itself stays, sealed without them. "
    "What is due is marked first, and deleted a day later. On the server `gatehouse.py retention set` "
    "changes how long, `gatehouse.py legal-hold` keeps what a case needs."
)


def draw(actor: Actor) -> None:
    """Draw it as far as this person may read it; nothing for who audits nothing."""
    db = the().db
    scope = scope_for(db, actor, Permission.AUDIT_READ)
    if scope.empty:
        return
    sites = site_names(db, scope.sites)
    names = {site: one.name for site, one in sites.items()}
    st.header("Kept how long", anchor=False)
    st.markdown(_HOW)
    _draw_times(keeping(db), scope, names)
    _draw_holds([one for one in all_holds(db) if _reads(scope, one.hold.site)], names)
    _draw_deletions([one for one in deletions(db) if _reads(scope, one.site)], names)
    if scope.organisation:
        _draw_erasures(erasures(db))


def _reads(scope: Scope, site: str) -> bool:
    return scope.organisation or site in scope.sites


def _draw_times(kept: Keeping, scope: Scope, names: Mapping[str, str]) -> None:
    for one in Kept:
        st.text(f"{LABELS[one]}: {'; '.join(_times(kept, one, scope, names))}")


def _times(kept: Keeping, one: Kept, scope: Scope, names: Mapping[str, str]) -> Iterator[str]:
    yield _days(kept.days(EVERY_SITE, one))
    for (site, set_for), days in sorted(kept.set_days.items()):
        if site and set_for is one and _reads(scope, site):
            yield f"{_place(site, names)} {_days(days)}"


def _days(days: int) -> str:
    return "1 day" if days == 1 else f"{formats.here().number(days)} days"


def _place(site: str, names: Mapping[str, str]) -> str:
    return visible(names.get(site) or site) if site else "everywhere"


def _day(us: int) -> str:
    return formats.here().date(us, parts.browser_zone())


# --- holds --------------------------------------------------------------------------------------------


def _draw_holds(holds: list[PlacedHold], names: Mapping[str, str]) -> None:
    st.subheader("Legal holds", anchor=False)
    if not holds:
        st.caption("Nothing is held.")
    for one in holds:
        over = f" · released {_day(one.released)}" if one.released is not None else ""
        st.text(f"Case {visible(one.hold.case)}: {_what(one.hold, names)}{over}")
        by = f" by {visible(one.by)}" if one.by else ""
        st.caption(parts.escaped(f"Placed {_day(one.placed)}{by} · {visible(one.reason)}"))


def _what(hold: Hold, names: Mapping[str, str]) -> str:
    told = (
        _place(hold.site, names),
        f"doors {', '.join(map(visible, sorted(hold.doors)))}" if hold.doors else "",
        "one person" if hold.person else "",
        f"from {_day(hold.since)}" if hold.since else "",
        f"to {_day(hold.until - DAY_US)}" if hold.until else "",
    )
    return ", ".join(one for one in told if one)


# --- what was deleted ---------------------------------------------------------------------------------


def _draw_deletions(found: list[Deletion], names: Mapping[str, str]) -> None:
    st.subheader("Deleted because its time was up", anchor=False)
    if not found:
        st.caption("Nothing so far.")
    for one in found:
        where = "the organisation" if not one.site else _place(one.site, names)
        st.text(f"{LABELS[Kept(one.what)]}, {where}: {_fate(one)}")


def _count(n: int) -> str:
    return "1 detail" if n == 1 else f"{formats.here().number(n)} details"


def _fate(one: Deletion) -> str:
    if one.done is None:
        return f"{_count(one.n)} due, deleted from {_day(one.due)} on"
    kept = f", {formats.here().number(one.n - one.removed)} kept after all" if one.removed < one.n else ""
    return f"{_count(one.removed)} deleted {_day(one.done)}{kept}"


def _draw_erasures(found: tuple[Erasure, ...]) -> None:
    st.subheader("Erased people", anchor=False)
    if not found:
        st.caption("Nobody so far.")
    for one in found:
        number = formats.here().number
        when = f"{_day(one.done)}" if one.done is not None else f"begun {_day(one.begun)}, not finished"
        rows = f"{_count(one.details)}, other rows: {number(one.rows)}"
        st.text(f"One {one.what}: {rows} · {when}")
