"""Which days the figures are of: a choice of words or two dates, in the page's address."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import streamlit as st

from core.days import Days, date_of, local_day, number_of
from core.log_filter import Preset
from pages import state

DEFAULT: Final = Preset.MONTH
_CUSTOM: Final = "custom"
# How many days each is, and how many days ago its last one was.
LENGTHS: Final = {
    Preset.TODAY: (1, 0),
    Preset.YESTERDAY: (1, 1),
    Preset.WEEK: (7, 0),
    Preset.MONTH: (30, 0),
    Preset.YEAR: (365, 0),
}
_LABELS: Final = {
    Preset.TODAY: "Today",
    Preset.YESTERDAY: "Yesterday",
    Preset.WEEK: "7 days",
    Preset.MONTH: "30 days",
    Preset.YEAR: "365 days",
    _CUSTOM: "Other days",
}
# No log lies outside of it, and no chart could show more at once.
_EARLIEST: Final = date(2000, 1, 1)
_LATEST: Final = date(2200, 1, 1)
_MOST_DAYS: Final = 3 * 366


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Days to look at, and the preset that gave them (None: two dates did)."""

    days: Days
    preset: Preset | None


def today(zones: Iterable[str], now: int) -> date:
    """Give the day that it is where it is latest; UTC's where there is no zone."""
    return date_of(max((local_day(zone, now) for zone in zones), default=local_day("UTC", now)))


def asked(last: date) -> Period:
    """Read what the address asks for; what makes no sense there counts as not said."""
    first, until = _date("from"), _date("to")
    if first is not None and until is not None and 0 <= (until - first).days < _MOST_DAYS:
        return Period(days=Days(first=number_of(first), last=number_of(until)), preset=None)
    word = state.query("when")
    preset = next((one for one in LENGTHS if one == word), DEFAULT)
    count, ago = LENGTHS[preset]
    end = last - timedelta(days=ago)
    begin = end - timedelta(days=count - 1)
    return Period(days=Days(first=number_of(begin), last=number_of(end)), preset=preset)


def _date(name: str) -> date | None:
    try:
        found = date.fromisoformat(state.query(name) or "")
    except ValueError:
        return None
    return found if _EARLIEST <= found < _LATEST else None


def controls(period: Period, last: date) -> None:
    """Draw the choice of days; each change goes into the address."""
    state.put("analytics.when", period.preset or _CUSTOM)
    with st.container(horizontal=True, vertical_alignment="bottom", key="analytics-period"):
        st.segmented_control(
            "Days",
            list(_LABELS),
            format_func=_LABELS.__getitem__,
            key="analytics.when",
            required=True,
            wrap=True,
            on_change=_chosen,
            args=(period.days,),
        )
        if period.preset is None:
            _dates(period.days, last)


def _dates(days: Days, last: date) -> None:
    for name, label, day in (("from", "From", days.first), ("to", "To", days.last)):
        state.put(f"analytics.{name}", date_of(day))
        st.date_input(
            label,
            key=f"analytics.{name}",
            min_value=_EARLIEST,
            max_value=max(last, date_of(days.last)),
            format="YYYY-MM-DD",
            required=True,
            width=150,
            on_change=_moved,
            args=(name,),
        )


def _chosen(shown: Days) -> None:
    word = state.chosen("analytics.when")
    if word == _CUSTOM:
        _go(date_of(shown.first), date_of(shown.last))
    elif word is not None:
        state.change_query(**{"when": word, "from": None, "to": None, "slot": None})


def _moved(name: str) -> None:
    """Take a new date; the other one follows where the two would not be in order."""
    first, until = state.day("analytics.from"), state.day("analytics.to")
    if first is None or until is None:
        return
    moved = first if name == "from" else until
    _go(min(first, moved), max(until, moved))


def _go(first: date, until: date) -> None:
    state.change_query(**{"when": None, "from": first.isoformat(), "to": until.isoformat(), "slot": None})
