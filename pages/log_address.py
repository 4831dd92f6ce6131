"""What the log's address asks for, and addresses that ask for something else.

Filters are read and written by `core.log_filter`; `before`, `after` and `record` are places in what is found.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from core.errors import FilterInvalid
from core.log_filter import NAMES, LogFilter, of_query, to_query
from pages import parts, state
from store.log_names import LogNames, Named

KEYS: Final[tuple[str, ...]] = ("before", "after", "record")
_PLACES: Final = ("site", "door", "device")
_TIMES: Final = frozenset({"from", "to"})
_DIGITS: Final = 16
_NOWHERE: Final = "There is no such site, door or device among yours."


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """The clock by which days and hours are meant: a site's, or the reader's where there are several."""

    zone: str
    words: str

    @property
    def tz(self) -> ZoneInfo:
        """Its time zone."""
        return ZoneInfo(self.zone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the address asks for; `problem` says why that can't be shown, `instead` what to ask then."""

    wanted: LogFilter
    before: int | None = None
    after: int | None = None
    record: int | None = None
    problem: str | None = None
    instead: Mapping[str, str] = field(default_factory=dict)

    @property
    def query(self) -> dict[str, str]:
        """The filter, as it stands in an address."""
        return to_query(self.wanted)

    @staticmethod
    def now(names: LogNames, filters: Iterable[str] = NAMES) -> "Asked":
        """Read the address; a place that is not mine and one that is not at all are the same problem."""
        given = {name: value for name in filters if (value := state.query(name)) is not None}
        before, after, record = (key_of(state.query(name)) for name in KEYS)
        try:
            wanted = of_query(given)
        except FilterInvalid as error:
            rest = {name: value for name, value in given.items() if name != error.what}
            return Asked(wanted=LogFilter(), record=record, problem=parts.sentence(str(error)), instead=rest)
        known = _known(wanted, names)
        if known != wanted:
            return Asked(wanted=LogFilter(), record=record, problem=_NOWHERE, instead=to_query(known))
        return Asked(wanted=wanted, before=before, after=after, record=record)


def key_of(text: str | None) -> int | None:
    """Read the number of a record; None for anything else."""
    text = text or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else None


def _known(wanted: LogFilter, names: LogNames) -> LogFilter:
    """Leave out of a filter what is not mine, or not at the sites that it names."""
    within = wanted.sites & names.sites.keys()

    def here(one: Named | None) -> bool:
        return one is not None and (not within or one.site in within)

    device = wanted.device
    return replace(
        wanted,
        sites=within,
        doors=frozenset(door for door in wanted.doors if here(names.doors.get(door))),
        device=device if device is not None and here(names.devices.get(device)) else None,
    )


def clock_of(wanted: LogFilter, names: LogNames) -> Clock:
    """Choose the clock by which days are meant: that of the one site shown, else the reader's own."""
    shown = wanted.sites or frozenset(names.sites)
    site = names.sites.get(next(iter(shown))) if len(shown) == 1 else None
    if site is None:
        zone = parts.browser_zone()
        return Clock(zone=zone, words=f"On your own clock ({zone}).")
    return Clock(zone=site.time_zone, words=f"On the clock of {site.name} ({site.time_zone}).")


def go(text: str, names: LogNames) -> None:
    """Make a query that a component asks for the address; its times may be without an offset."""
    given = dict(parse_qsl(text))
    query = {name: given[name] for name in NAMES if name in given}
    keys = {name: given[name] for name in KEYS if name in given}
    try:
        # A door of a site that is no more shown goes with it.
        places = _known(of_query({name: query.pop(name) for name in _PLACES if name in query}), names)
        zone = clock_of(places, names).tz
        query |= {name: _with_offset(query[name], zone) for name in _TIMES & query.keys()}
        query |= to_query(places)
        query = to_query(of_query(query))
    except FilterInvalid:
        # The page says which part of it is none.
        query = {name: given[name] for name in NAMES if name in given}
    state.set_query(**query | keys)


def _with_offset(text: str, zone: ZoneInfo) -> str:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return text if moment.tzinfo else moment.replace(tzinfo=zone).isoformat()
