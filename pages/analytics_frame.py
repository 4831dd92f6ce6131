"""What every chart of the page is made with: the figures, names, words for numbers, and ways into the log."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Final

from core.days import HOURS_A_DAY, Days, date_of, day_of, hour_of, number_of, starts
from core.log_filter import ANYTHING, LogFilter, Span, to_query
from core.times import HOUR_US
from pages.analytics_figures import Spec
from pages.formats import Formats
from store.analytics import Figures, Place
from store.places import Places

# A bar narrower than a few pixels can be neither seen nor touched.
WEEKLY_ABOVE_DAYS: Final = 120
_ROUND_ABOVE: Final = 0.1
_SMALLEST: Final = 0.001
_WHOLE_ABOVE: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a table; `query` is added to that of the row (None: its cells lead nowhere)."""

    label: str
    query: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A row of a table: what it is about, where that leads (None: nowhere), and its cells."""

    label: str
    query: Mapping[str, str] | None
    cells: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The same numbers as words; every link opens the log, with `query` and what its row and column add."""

    first: str
    columns: Sequence[Column]
    lines: Sequence[Line]
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One line of a ranking, with what it opens; those of its parts that ask for a look come first."""

    label: str
    note: str
    opens: LogFilter
    calm: float = 0
    alert: float = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A chart with its finding in words: a figure, or the bars of a ranking, or neither where nothing was.

    `opens[trace][mark]` is what a mark of the figure opens; `drawn` says for a screen reader what it shows.
    """

    key: str
    title: str
    finding: str
    drawn: str = ""
    note: str = ""
    figure: Spec | None = None
    bars: Sequence[Bar] = ()
    opens: Sequence[Sequence[LogFilter | str | None]] = ()
    table: Table | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """A stretch of time that one mark stands for, with the numbers of its days or hours."""

    label: str
    name: str
    keys: tuple[int, ...]
    span: Span


@dataclass(slots=True, kw_only=True)
class Frame:
    """One look at the figures; `wanted` are the sites that the address names, empty for all of mine.

    `zones` are those of the sites, each once; `bins` are the whole time cut into hours, days or weeks, as
    its length asks.
    """

    figures: Figures
    there: Places
    formats: Formats
    wanted: frozenset[str]
    zones: tuple[str, ...] = field(default=(), init=False)
    bins: tuple[Bin, ...] = field(default=(), init=False)

    @property
    def days(self) -> Days:
        """The days that are looked at."""
        return self.figures.days

    def __post_init__(self) -> None:
        """Cut the time once for all charts."""
        self.zones += tuple(sorted({site.time_zone for site in self.figures.sites})) or ("UTC",)
        self.bins += self._cut()

    def _cut(self) -> tuple[Bin, ...]:
        if self.figures.by_the_hour:
            return tuple(self._hour(day, hour) for day in self.days.each() for hour in range(HOURS_A_DAY))
        if self.days.count <= WEEKLY_ABOVE_DAYS:
            return tuple(self._days((day,)) for day in self.days.each())
        return tuple(self._days(week) for week in _weeks(self.days.each()))

    @property
    def unit(self) -> str:
        """What one bin is called."""
        if self.figures.by_the_hour:
            return "hour"
        return "day" if self.days.count <= WEEKLY_ABOVE_DAYS else "week"

    def _days(self, days: Sequence[date]) -> Bin:
        first, last = self.formats.day(days[0]), self.formats.day(days[-1])
        return Bin(
            label=self.formats.short(days[0]),
            name=first if len(days) == 1 else f"{first} to {last}",
            keys=tuple(number_of(day) for day in days),
            span=self.span(Days(first=number_of(days[0]), last=number_of(days[-1]))),
        )

    def _hour(self, day: date, hour: int) -> Bin:
        return Bin(
            label=self.formats.short(day) if hour == 0 and self.days.count > 1 else f"{hour:02d}:00",
            name=f"{self.formats.day(day)}, {clock(hour)}",
            keys=(number_of(day) * 100 + hour,),
            span=self.hour_span(number_of(day) * 100 + hour),
        )

    def span(self, days: Days, site: str | None = None) -> Span:
        """Give days as a stretch of time: at one site, or holding them at every site."""
        zones = [one.time_zone for one in self.figures.sites if one.id == site] or self.zones
        ends = [days.span(zone) for zone in zones]
        return Span(since=min(begin for begin, _ in ends), until=max(end for _, end in ends))

    def hour_span(self, hour: int) -> Span:
        """Give an hour YYYYMMDDHH as a stretch of time that holds it at every site."""
        day, number = date_of(day_of(hour)), hour_of(hour)
        begins = [starts(day, zone, number) for zone in self.zones]
        days, following = divmod(number + 1, HOURS_A_DAY)
        ends = [starts(day + timedelta(days=days), zone, following) for zone in self.zones]
        # An hour that the clocks skip holds nothing, but a stretch of time must hold something.
        return Span(since=min(begins), until=max(*ends, min(begins) + HOUR_US))

    @property
    def base(self) -> Mapping[str, str]:
        """What every way into the log has in its address: the sites that were chosen."""
        return to_query(LogFilter(sites=self.wanted))

    @property
    def whole(self) -> Mapping[str, str]:
        """The same with all of the days."""
        return to_query(self.opening())

    def opening(self, wanted: LogFilter = ANYTHING, *, site: str | None = None) -> LogFilter:
        """Keep a filter to the sites of the look, and to its days (of one site) where it names no time."""
        return replace(wanted, sites=self.wanted, span=wanted.span or self.span(self.days, site))

    def door(self, place: Place) -> str:
        """Name a door, and its site where several are looked at."""
        site, door = place
        known = self.there.doors.get(door)
        return self.at(known.name if known else door, site)

    def at(self, name: str, site: str) -> str:
        """Name a thing with its site where several are looked at."""
        if len(self.figures.sites) == 1 or site not in self.there.sites:
            return name
        return f"{name} · {self.there.sites[site].name}"

    def number(self, n: float) -> str:
        """Write a number as its reader does."""
        return self.formats.number(n)

    def average(self, value: float) -> str:
        """Write an average, with a digit after the point where that says something."""
        return self.formats.number(value, 0 if value >= _WHOLE_ABOVE or value == int(value) else 1)

    def count(self, n: int, one: str, more: str) -> str:
        """Write a number of things."""
        return f"{self.number(n)} {one if n == 1 else more}"

    def part(self, n: float, of: float) -> str:
        """Write a share, with a digit more where it is small."""
        share = n / of if of else 0
        if 0 < share < _SMALLEST:
            return f"under {self.formats.percent(_SMALLEST, 1)}"
        return self.formats.percent(share, 0 if share >= _ROUND_ABOVE or not share else 1)


def clock(hour: int) -> str:
    """Write an hour of the day from when to when it is."""
    return f"{hour:02d}:00 to {(hour + 1) % HOURS_A_DAY:02d}:00"


def _weeks(days: Iterable[date]) -> Iterable[tuple[date, ...]]:
    week: list[date] = []
    for day in days:
        if week and day.weekday() == 0:
            yield tuple(week)
            week = []
        week.append(day)
    yield tuple(week)
