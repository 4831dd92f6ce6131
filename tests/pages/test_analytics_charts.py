"""Charts of the figures: what a mark stands for is what it opens, and none looks like more than it is."""

import random
import re
import tomllib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from core.days import Days, local_day
from core.leaf import Draft
from core.log_filter import NO_REASON, AsOf, LogFilter, of_query
from core.permissions import Permission
from core.records import Kind
from core.reports import StatusReport
from core.times import DAY_US, HOUR_US, MINUTE_US
from pages.analytics_figures import ALERT, CALM, Series, panels, plain, stacked
from pages.analytics_frame import Chart, Frame, Table
from pages.analytics_ranks import busiest, denials, devices, held_and_forced
from pages.analytics_times import calls, records
from pages.analytics_week import dates_of, of_the_week, slot_of
from pages.formats import formats_of
from store.analytics import MOVEMENTS, figures
from store.database import Database
from store.log import append
from store.log_pages import log_page
from store.places import places
from store.schema import site
from tests.store.building import NOW, build_estate, scope
from tests.stores import new_store

ROOT = Path(__file__).parents[2]
BERLIN = "Europe/Berlin"
SITES = ("berlin", "rome")
USED = (
    Kind.ACCESS_GRANTED,
    Kind.ACCESS_DENIED,
    Kind.EXIT_REQUESTED,
    Kind.DOOR_OPENED,
    Kind.DOOR_HELD_OPEN,
    Kind.DOOR_FORCED_OPEN,
    Kind.CALL_ANSWERED,
    Kind.CALL_MISSED,
    Kind.CALL_RINGING,
    Kind.CAMERA_ALERTED,
    Kind.DEVICE_TAMPERED,
    Kind.FEED_GAP_LOST,
)
COUNTING = (records, calls, busiest, denials, held_and_forced)


def empty(folder: Path) -> Database:
    opened = new_store(folder)
    build_estate(opened, ("berlin", "paris", "rome"))
    return opened


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    opened = empty(tmp_path / "data")
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """Give a store in which all sorts of things have happened today, lately and long ago, some told late."""
    opened = empty(tmp_path_factory.mktemp("busy") / "data")
    happen(opened, (1, 120), (14, 120), (150, 120))
    yield opened
    opened.close()


def happen(db: Database, *amounts: tuple[int, int]) -> None:
    draw = random.Random(0)
    drafts = []
    for days, count in amounts:
        for _ in range(count):
            name, kind = draw.choice((*SITES, "paris")), draw.choice(USED)
            received = NOW - draw.randrange(days * DAY_US)
            reason = (
                draw.choice(["invalid_pin", "antipassback", None]) if kind is Kind.ACCESS_DENIED else None
            )
            drafts.append(
                Draft(
                    kind=kind,
                    received=received,
                    at=received - draw.choice([0, 0, 5 * MINUTE_US, 3 * HOUR_US]),
                    site=name,
                    door=draw.choice([f"{name}-door-1", f"{name}-door-2"]),
                    device=f"{name}-dev",
                    reason=reason,
                )
            )
    append(db, sorted(drafts, key=lambda one: one.received))


def look(db: Database, back: int = 13, *, wanted: Sequence[str] = (), sites: Sequence[str] = SITES) -> Frame:
    """Look at some sites over the days until today."""
    mine = scope(*sites, permission=Permission.ANALYTICS_VIEW)
    days = Days(first=local_day(BERLIN, NOW - back * DAY_US), last=local_day(BERLIN, NOW))
    return Frame(
        figures=figures(db, mine, days, NOW, sites=wanted),
        there=places(db, mine),
        formats=formats_of("en-GB"),
        wanted=frozenset(wanted),
    )


class Log:
    """The log as a reader of the same sites has it, read once; filters have tests of their own."""

    def __init__(self, db: Database) -> None:
        reader = scope(*SITES, permission=Permission.LOG_READ)
        page = log_page(db, reader, LogFilter(), as_of=AsOf(NOW, ZoneInfo(BERLIN)), limit=10_000)
        self.records = page.records

    def count(self, wanted: LogFilter) -> int:
        since, until = wanted.span.bounds(AsOf(NOW, ZoneInfo(BERLIN))) if wanted.span else (0, None)
        return sum(
            _in(one.site, wanted.sites)
            and _in(one.door, wanted.doors)
            and _in(one.kind, wanted.wanted_kinds)
            and _in(one.reason or NO_REASON, wanted.reasons)
            and wanted.device in {None, one.device}
            and since <= one.at < (until or 2 * NOW)
            for one in self.records
        )


def _in(word: str | None, wanted: Collection[str] | None) -> bool:
    return not wanted or word in wanted


def bars(figure: Any) -> list[dict[str, Any]]:
    assert figure is not None
    return [trace for trace in figure["data"] if trace["type"] == "bar"]


def written(figure: Any) -> list[str]:
    """Give the words beside the bars."""
    return [text for trace in figure["data"] if trace["type"] == "scatter" for text in trace.get("text", ())]


def marks(chart: Chart) -> Iterator[tuple[int, LogFilter | str | None]]:
    """Give each mark's value, as a pointer is told of it, with what it opens."""
    yield from ((int(one.calm + one.alert), one.opens) for one in chart.bars)
    if chart.figure is None:
        return
    for trace, opens in zip(bars(chart.figure), chart.opens, strict=False):
        yield from zip(map(told, trace["customdata"]), opens, strict=True)


def told(words: str) -> int:
    """Read the number in what a pointer is told."""
    number = re.match(r"[\d,]+", words.rpartition(": ")[2])
    return int(number.group().replace(",", "")) if number else 0


def cells(table: Table) -> Iterator[tuple[str, LogFilter]]:
    """Give each number of a table with the filter of its link."""
    for line in table.lines:
        for cell, column in zip(line.cells, table.columns, strict=True):
            if line.query is not None and column.query is not None:
                yield cell, of_query({**table.query, **line.query, **column.query})


# --- what a mark opens --------------------------------------------------------------------------------


@pytest.mark.parametrize("back", [0, 13, 150])
@pytest.mark.parametrize("wanted", [(), ("rome",)])
def test_a_mark_opens_the_log_at_as_many_records_as_it_counts(
    busy: Database, back: int, wanted: tuple[str, ...]
) -> None:
    frame = look(busy, back, wanted=wanted)
    log = Log(busy)

    for draw in COUNTING:
        chart = draw(frame)
        for value, opens in marks(chart):
            assert isinstance(opens, LogFilter) is (value > 0), chart.key
            if isinstance(opens, LogFilter):
                assert log.count(opens) == value, (chart.key, opens)


@pytest.mark.parametrize("back", [0, 13, 150])
def test_a_number_in_a_table_leads_to_as_many_records(busy: Database, back: int) -> None:
    frame = look(busy, back)
    log = Log(busy)

    for draw in COUNTING:
        table = draw(frame).table
        assert table is not None
        found = [(int(cell.replace(",", "")), wanted) for cell, wanted in cells(table)]
        assert found
        assert [log.count(wanted) for n, wanted in found if n] == [n for n, _ in found if n]


def test_every_record_is_in_some_bar(busy: Database) -> None:
    frame = look(busy)
    log = Log(busy)

    assert len({kind for _, kind in frame.figures.times}) == len(USED)
    assert sum(value for value, _ in marks(records(frame))) == frame.figures.total
    assert frame.figures.total == log.count(frame.opening())


def test_an_hour_of_the_week_opens_its_dates_and_each_of_them_the_log(busy: Database) -> None:
    frame = look(busy)
    log = Log(busy)
    chart = of_the_week(frame)
    opened = 0
    for row in chart.opens:
        for opens in row:
            if isinstance(opens, LogFilter):
                opened += log.count(opens)
            slot = slot_of(opens) if isinstance(opens, str) else None
            if slot is None:
                continue
            table = dates_of(frame, slot)
            assert len(table.lines) > 1
            for line in table.lines:
                n = log.count(of_query({**table.query, **(line.query or {})}))
                assert line.cells == [str(n)]
                opened += n

    assert opened == log.count(frame.opening(LogFilter(kinds=MOVEMENTS)))


def test_a_device_opens_when_it_left_and_when_it_came_back(db: Database) -> None:
    for hours, online in ((30, True), (10, False), (7, True)):
        at = NOW - hours * HOUR_US
        append(db, [StatusReport(device="rome-dev", received=at, online=online, live=True)])
    chart = devices(look(db))
    log = Log(db)
    ((value, opens),) = marks(chart)

    assert value == 3 * HOUR_US
    assert chart.bars[0].note == "3 h 00 min · 90.07%"
    assert isinstance(opens, LogFilter)
    assert log.count(opens) == 3
    assert chart.finding == ("No device of 1 was always there; together they were there 90.07% of the time.")


def test_at_sites_of_several_zones_a_mark_holds_every_record_that_it_counts(db: Database) -> None:
    with db.write() as connection:
        connection.execute(update(site).where(site.c.id == "rome").values(time_zone="Asia/Tokyo"))
    happen(db, (10, 150))
    frame = look(db)
    log = Log(db)

    assert len(frame.zones) == 2
    for value, opens in marks(records(frame)):
        assert not isinstance(opens, LogFilter) or log.count(opens) >= value
    for value, opens in marks(busiest(frame)):
        assert isinstance(opens, LogFilter)
        assert log.count(opens) == value


# --- what it looks like -------------------------------------------------------------------------------


def theme(name: str) -> dict[str, str]:
    config = tomllib.loads((ROOT / ".streamlit/config.toml").read_text(encoding="utf-8"))
    return {key: value for key, value in config["theme"][name].items() if isinstance(value, str)}


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("colour", [CALM, ALERT])
@pytest.mark.parametrize(
    "ground", ["#ffffff", theme("light")["backgroundColor"], theme("dark")["backgroundColor"]]
)
def test_marks_stand_out_on_paper_and_in_each_theme(colour: str, ground: str) -> None:
    light, dark = sorted((luminance(colour), luminance(ground)), reverse=True)

    assert (light + 0.05) / (dark + 0.05) >= 3


def test_what_asks_for_a_look_is_hatched_and_not_only_of_another_colour(busy: Database) -> None:
    drawn = bars(calls(look(busy)).figure)

    assert ["pattern" in trace["marker"] for trace in drawn] == [True, False]


def test_doors_that_were_forced_are_told_from_those_held_open(busy: Database) -> None:
    chart = held_and_forced(look(busy))

    assert sum(one.alert for one in chart.bars) == look(busy).figures.of(Kind.DOOR_FORCED_OPEN)
    assert sum(one.calm for one in chart.bars) == look(busy).figures.of(Kind.DOOR_HELD_OPEN)
    assert [one.alert + one.calm for one in chart.bars] == sorted(
        (one.alert + one.calm for one in chart.bars), reverse=True
    )


@pytest.mark.parametrize("colour", [CALM, ALERT])
def test_the_bars_of_a_ranking_have_the_colours_of_the_figures(colour: str) -> None:
    assert colour in (ROOT / "pages/components/figures/figures.css").read_text(encoding="utf-8")


def test_the_scale_of_calls_begins_at_zero_and_holds_the_highest(busy: Database) -> None:
    figure = calls(look(busy)).figure
    assert figure is not None
    low, high = figure["layout"]["yaxis"]["range"]
    sums = [sum(n or 0 for n in column) for column in zip(*(one["y"] for one in bars(figure)), strict=True)]

    assert low == 0
    assert 0 < max(sums) <= high


def test_a_name_is_written_and_never_read_as_a_link() -> None:
    hostile = '<a href="http://evil">x</a> & \u202e'
    one = Series(label=hostile, note=hostile, values=[1], hover=[hostile])
    for figure in (panels([one], {0: hostile}), stacked([one], {0: hostile})):
        said = [*written(figure), *bars(figure)[0]["customdata"], *figure["layout"]["xaxis"]["ticktext"]]
        assert len(said) == 4
        assert all("&lt;a href" in text for text in said)
        assert not [text for text in said if "<a" in text or "\u202e" in text]

    assert plain("a\nb") == "a↵b"


def test_a_label_on_the_axis_touches_neither_its_neighbour_nor_the_edge(busy: Database) -> None:
    for back in (0, 6, 13, 29, 119, 150):
        figure = records(look(busy, back)).figure
        assert figure is not None
        axis = figure["layout"]["xaxis"]
        assert 1 <= len(axis["tickvals"]) <= 5 or back == 6
        assert re.fullmatch(r"\d\d:00|\d{1,2} \w{3,4}", axis["ticktext"][0])


def test_nothing_is_drawn_where_nothing_was(db: Database) -> None:
    append(db, [Draft(kind=Kind.DOOR_OPENED, received=NOW, site="rome", door="rome-door-1")])
    frame = look(db)
    charts = [draw(frame) for draw in (*COUNTING[1:], of_the_week, devices)]

    assert not any(chart.figure or chart.bars for chart in charts)
    assert all(chart.finding.endswith("in these days.") for chart in charts)


def test_what_is_there_once_is_said_in_the_singular(db: Database) -> None:
    append(db, [Draft(kind=Kind.CALL_MISSED, received=NOW, site="rome", door="rome-door-1")])
    frame = look(db, 0)

    assert records(frame).finding == "1 record."
    assert calls(frame).finding == "1 of 1 call was missed (100%)."


def test_a_row_of_small_bars_stands_on_its_own_zero_and_reaches_its_own_highest() -> None:
    rows = [
        Series(label="Often", note="200", values=[50, 0, 200], hover=["a", "b", "c"]),
        Series(label="Rare", note="2", values=[0, 2, 1], hover=["d", "e", "f"], alert=True),
    ]
    cells, marks_ = bars(panels(rows, {}))
    share = -marks_["y"][1]

    assert list(zip(marks_["x"], marks_["base"], strict=True)) == [(0, 1), (2, 1), (1, 2), (2, 2)]
    assert [-height / share for height in marks_["y"]] == [0.25, 1, 1, 0.5]
    assert marks_["marker"]["pattern"]["shape"] == ["", "", "/", "/"]
    # Wherever the pointer is within a row, it finds the bar of that time.
    assert list(zip(cells["x"], cells["base"], cells["y"], strict=True)) == [
        (place, row, 1) for row in range(2) for place in range(3)
    ]
    assert cells["customdata"] == list("abcdef")


def test_a_bar_of_nothing_has_no_outline() -> None:
    one = Series(label="x", note="", values=[0, 3, 0], hover=["", "", ""], alert=True)

    assert stacked([one, replace(one, alert=False)], {})["data"][1]["y"] == [None, 3, None]
