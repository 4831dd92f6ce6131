"""The hours of the week: when people come and go, and on which dates one such hour was how full."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from core.days import HOURS_A_DAY, date_of, day_of, hour_of
from core.log_filter import LogFilter, to_query
from pages.analytics_figures import Series, week
from pages.analytics_frame import Chart, Column, Frame, Line, Table, clock
from store.analytics import MOVEMENTS

_TITLE: Final = "People coming and going, by weekday and hour"
_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_HOURS: Final = range(HOURS_A_DAY)
# A weekday (0: Monday) and an hour of the day.
Slot: TypeAlias = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """Movements by slot: those of each actual hour, and the average over the weekdays looked at."""

    hours: Mapping[Slot, Mapping[int, int]]
    averages: Mapping[Slot, float]
    counted: Mapping[int, int]

    @staticmethod
    def of(frame: Frame) -> "Week":
        """Sort the hours of a look."""
        hours: dict[Slot, dict[int, int]] = {}
        for hour, n in sorted(frame.figures.movements.items()):
            hours.setdefault((date_of(day_of(hour)).weekday(), hour_of(hour)), {})[hour] = n
        counted = Counter(day.weekday() for day in frame.days.each())
        averages = {slot: sum(found.values()) / counted[slot[0]] for slot, found in hours.items()}
        return Week(hours=hours, averages=averages, counted=counted)


def of_the_week(frame: Frame) -> Chart:
    """Show at which hours of which weekdays people come and go, as the average of those days."""
    if not frame.figures.movements:
        return Chart(key="week", title=_TITLE, finding="Nobody came or went in these days.")
    found = Week.of(frame)
    busiest = max(found.averages, key=found.averages.__getitem__)
    weekdays = sorted(found.counted)
    strength = [[found.averages.get((weekday, hour), 0.0) for hour in _HOURS] for weekday in weekdays]
    return Chart(
        key="week",
        title=_TITLE,
        finding=f"Busiest: {slot_name(busiest)}, {_amount(frame, found, busiest)}.",
        drawn="A row for each weekday, a cell for each hour, darker where more people came and went",
        note="An empty cell is none, the fullest one is the busiest hour. Counted are access granted, "
        "denied, taken and not taken, duress, and requests to enter and to exit.",
        figure=week(
            [_row(frame, found, weekday) for weekday in weekdays],
            {hour: f"{hour:02d}:00" for hour in range(0, HOURS_A_DAY, 6)},
            found.averages[busiest],
            strength,
        ),
        opens=[[_opening(frame, found, (weekday, hour)) for weekday in weekdays for hour in _HOURS]],
        table=_table(frame, found, weekdays),
    )


def slot_name(slot: Slot) -> str:
    """Name an hour of the week."""
    return f"{_DAYS[slot[0]]} {clock(slot[1])}"


def slot_word(slot: Slot) -> str:
    """Write an hour of the week for an address."""
    return f"{slot[0]}-{slot[1]:02d}"


def slot_of(word: str | None) -> Slot | None:
    """Read an hour of the week from an address; None for a word that is none."""
    every = {slot_word((weekday, hour)): (weekday, hour) for weekday in range(7) for hour in _HOURS}
    return every.get(word or "")


def _amount(frame: Frame, found: Week, slot: Slot) -> str:
    value = frame.average(found.averages.get(slot, 0))
    return value if found.counted[slot[0]] == 1 else f"{value} on average"


def _row(frame: Frame, found: Week, weekday: int) -> Series:
    slots = [(weekday, hour) for hour in _HOURS]
    return Series(
        label=_DAYS[weekday][:3],
        note="",
        values=[sum(found.hours.get(slot, {}).values()) for slot in slots],
        hover=[f"{slot_name(slot)}: {_amount(frame, found, slot)}" for slot in slots],
    )


def _opening(frame: Frame, found: Week, slot: Slot) -> LogFilter | str | None:
    """Give the one hour of it that had anybody, or the word under which its dates are shown."""
    hours = found.hours.get(slot, {})
    if len(hours) == 1:
        return frame.opening(LogFilter(kinds=MOVEMENTS, span=frame.hour_span(next(iter(hours)))))
    return slot_word(slot) if hours else None


def _table(frame: Frame, found: Week, weekdays: Sequence[int]) -> Table:
    lines = [
        Line(
            label=clock(hour),
            query=None,
            cells=[frame.average(found.averages.get((weekday, hour), 0)) for weekday in weekdays],
        )
        for hour in _HOURS
    ]
    return Table(first="Hour", columns=[Column(label=_DAYS[one]) for one in weekdays], lines=lines)


def dates_of(frame: Frame, slot: Slot) -> Table:
    """List the dates of an hour of the week, the fullest first, each with its way into the log."""
    hours = Week.of(frame).hours.get(slot, {})
    lines = [
        Line(
            label=f"{frame.formats.day(date_of(day_of(hour)))}, {clock(hour_of(hour))}",
            query=to_query(LogFilter(kinds=MOVEMENTS, span=frame.hour_span(hour))),
            cells=[frame.number(n)],
        )
        for hour, n in sorted(hours.items(), key=lambda one: (-one[1], one[0]))
    ]
    return Table(first="Date", columns=[Column(label="Movements")], lines=lines, query=frame.base)
