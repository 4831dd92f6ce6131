"""(j) What a page of the log costs in the store, for any filter, in a small and in a ten times larger log.

`python -m bench.filters [SMALL LARGE]` prints every filter. The pages of one filter hold the same number of
records in both logs, so that what grows is the looking and not the reading.
"""

import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import tzinfo
from statistics import median
from typing import Final
from zoneinfo import ZoneInfo

from bench.kept import EMPTY_SITE, END, HEAVY, SITES, build
from core.log_filter import ANYTHING, AsOf, LogFilter, Preset, Span
from core.outcomes import Outcome
from core.permissions import READS, Permission, Scope
from core.records import Kind
from core.times import DAY_US, HOUR_US
from store.database import Database
from store.log_pages import PAGE, log_page
from store.opening import open_database
from store.ranges import Part, read_ids
from store.views import Rec

SIZES: Final = (1_000_000, 10_000_000)
ROUNDS: Final = 15
DEEP_PAGES: Final = 1_000
_ZONE: Final[tzinfo] = ZoneInfo("Europe/Berlin")
_DOOR: Final = frozenset({"site-01-door-00"})
_RARE: Final = frozenset({"interlock"})
_PAST: Final = Span(since=END - 300 * DAY_US, until=END - 30 * DAY_US)
_HOUR: Final = Span(since=END - 200 * DAY_US, until=END - 200 * DAY_US + HOUR_US)
FILTERS: Final[Mapping[str, LogFilter]] = {
    "everything": ANYTHING,
    "a site": LogFilter(sites=frozenset({"site-30"})),
    "a site without records": LogFilter(sites=frozenset({EMPTY_SITE})),
    "a rare kind at all sites": LogFilter(kinds=frozenset({Kind.ACCESS_DURESS})),
    "denials": LogFilter(outcomes=frozenset({Outcome.DENIED})),
    "alarms": LogFilter(outcomes=frozenset({Outcome.ALARM})),
    "all outcomes but the usual": LogFilter(outcomes=frozenset(Outcome) - {Outcome.GRANTED}),
    "a rare reason": LogFilter(reasons=_RARE),
    "a reason that kind never has": LogFilter(kinds=frozenset({Kind.DOOR_OPENED}), reasons=_RARE),
    "a door": LogFilter(doors=_DOOR),
    "40 doors": LogFilter(doors=frozenset(f"site-07-door-{n:02}" for n in range(40))),
    "a door and rare kinds": LogFilter(
        doors=_DOOR, kinds=frozenset({Kind.DOOR_EMERGENCY, Kind.DOOR_FORCED_OPEN})
    ),
    "a door and a rare reason": LogFilter(doors=_DOOR, reasons=_RARE),
    "a device": LogFilter(device="site-01-dev-00"),
    "a device when it was down": LogFilter(device="site-01-dev-00", outcomes=frozenset({Outcome.DOWN})),
    "a person": LogFilter(person="p-00777"),
    "a person never seen": LogFilter(person="p-99999"),
    "the person who is everywhere": LogFilter(person=HEAVY),
    "… at a quiet door": LogFilter(person=HEAVY, doors=frozenset({"site-40-door-39"})),
    "… at a quiet device": LogFilter(person=HEAVY, device="site-48-dev-09"),
    "… with a rare reason": LogFilter(person=HEAVY, reasons=_RARE),
    "… in a time past": LogFilter(person=HEAVY, span=_PAST),
    "the last hour": LogFilter(span=Span(preset=Preset.HOUR)),
    "yesterday's denials": LogFilter(
        span=Span(preset=Preset.YESTERDAY), outcomes=frozenset({Outcome.DENIED})
    ),
    "the last 365 days": LogFilter(span=Span(preset=Preset.YEAR)),
    "an hour long ago": LogFilter(span=_HOUR),
    "a time past": LogFilter(span=_PAST),
    "a rare kind in a time past": LogFilter(span=_PAST, kinds=frozenset({Kind.ACCESS_DURESS})),
    "a door in a time past": LogFilter(span=_PAST, doors=_DOOR),
    "a month of a site's denials for one reason": LogFilter(
        sites=frozenset({"site-20"}),
        outcomes=frozenset({Outcome.DENIED}),
        reasons=frozenset({"invalid_pin"}),
        span=Span(preset=Preset.MONTH),
    ),
}


def reader(*sites: str, permission: Permission = Permission.LOG_READ) -> Scope:
    """Give the scope of somebody who reads the log of these sites, names included."""
    every = frozenset(sites)
    return Scope(
        permission=permission,
        sites=every,
        organisation=len(sites) == SITES,
        classes=READS[permission],
        names=every,
        policy_version=1,
    )


EVERYWHERE: Final = reader(*(f"site-{n:02}" for n in range(1, SITES + 1)))
NOWHERE: Final = reader(EMPTY_SITE)


@dataclass(frozen=True, slots=True)
class Cost:
    """What a filter's pages cost (ms, medians) at all sites; `nowhere` is for who reads an empty site alone.

    `growth` is of processor time, which a busy machine stretches less. It is None where only the larger log
    holds such records, `deep` where there are not so many pages.
    """

    small: float
    large: float
    growth: float | None
    deep: float | None
    nowhere: float


@dataclass(frozen=True, slots=True)
class _Read:
    """One page that is read again and again."""

    db: Database
    scope: Scope
    wanted: LogFilter
    limit: int = PAGE
    before: int | None = None

    def page(self) -> tuple[Rec, ...]:
        found = log_page(
            self.db, self.scope, self.wanted, as_of=AsOf(END, _ZONE), before=self.before, limit=self.limit
        )
        return found.records

    def timed(self) -> tuple[float, float]:
        """Read it, and give the time that took and the processor's (ms)."""
        begin, cpu = time.perf_counter(), time.thread_time()
        self.page()
        return (time.perf_counter() - begin) * 1_000, (time.thread_time() - cpu) * 1_000


def run(sizes: tuple[int, int] = SIZES, rounds: int = ROUNDS) -> dict[str, Cost]:
    """Build the logs unless they are there, and read each filter in both by turns."""
    small, large = (open_database(build(size)) for size in sizes)
    try:
        return {name: _cost(small, large, wanted, rounds) for name, wanted in FILTERS.items()}
    finally:
        small.close()
        large.close()


def _cost(small: Database, large: Database, wanted: LogFilter, rounds: int) -> Cost:
    found = [len(_Read(db, EVERYWHERE, wanted).page()) for db in (small, large)]
    same = max(min(found), 1)
    deep = _deep(large, wanted)
    reads = [
        _Read(small, EVERYWHERE, wanted),
        _Read(large, EVERYWHERE, wanted),
        _Read(large, NOWHERE, wanted),
        _Read(small, EVERYWHERE, wanted, same),
        _Read(large, EVERYWHERE, wanted, same),
        _Read(large, EVERYWHERE, wanted, before=deep),
    ]
    times = [[read.timed() for read in reads] for _ in range(rounds)]
    wall = [median(row[n][0] for row in times) for n in range(len(reads))]
    return Cost(
        small=wall[0],
        large=wall[1],
        nowhere=wall[2],
        growth=median(row[4][1] / row[3][1] for row in times) if min(found) or not max(found) else None,
        deep=None if deep is None else wall[5],
    )


def _deep(db: Database, wanted: LogFilter) -> int | None:
    """Find the key of the page so many pages down, if there is one."""
    since, until = wanted.span.bounds(AsOf(END, _ZONE)) if wanted.span else (0, None)
    part = Part(wanted=wanted)
    if wanted.span is not None:
        part = replace(part, at=(since, END if until is None else until))
    with db.read() as connection:
        ids = read_ids(connection, EVERYWHERE, part, DEEP_PAGES * PAGE)
    return ids[-1] if len(ids) == DEEP_PAGES * PAGE else None


def main(sizes: list[str]) -> None:
    """Print every filter."""
    small, large = (int(size) for size in sizes) if sizes else SIZES
    print(f"{'ms':44}{small:>12,}{large:>12,}{'growth':>9}{'deep':>9}{'nowhere':>9}")
    for name, cost in run((small, large)).items():
        growth, deep = ("" if one is None else f"{one:.2f}" for one in (cost.growth, cost.deep))
        print(f"{name:44}{cost.small:>12.2f}{cost.large:>12.2f}{growth:>9}{deep:>9}{cost.nowhere:>9.2f}")


if __name__ == "__main__":
    main(sys.argv[1:])
