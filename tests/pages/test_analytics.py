"""/analytics: who sees which figures, of which days, and where a chosen mark leads."""

from collections.abc import Callable
from datetime import date
from typing import Any, Final

import pytest
from streamlit.testing.v1 import AppTest

from auth.current import Services
from auth.sessions import Actor
from core.leaf import Draft
from core.log_filter import LogFilter, Preset
from core.records import Kind
from core.times import DAY_US, HOUR_US
from pages import analytics, analytics_period, state
from pages.analytics_frame import Chart
from store import clock
from store.database import Database
from store.estate import import_estate, parse_estate
from store.log import append
from store.policies import apply_policy
from tests.auth.people import NOW
from tests.pages.conftest import Mounted, words

Visit = Callable[..., AppTest]
Enter = Callable[[str], Actor]
ESTATE: Final = """
sites = [
  { id = "berlin", name = "Berlin", time_zone = "Europe/Berlin" },
  { id = "newyork", name = "New York", time_zone = "America/New_York" },
]
devices = [
  { id = "b1", site = "berlin", family = "gatehouse", name = "Gate controller" },
  { id = "n1", site = "newyork", family = "gatehouse" },
]
doors = [
  { id = "gate", site = "berlin", device = "b1", number = "1", name = "Yard gate" },
  { id = "dock", site = "newyork", device = "n1", number = "1", name = "Loading dock" },
]
"""
POLICY: Final = """
[[grants]]
group = "g-berlin"
role = "auditor"
sites = ["berlin"]

[[grants]]
group = "g-admin"
role = "admin"
sites = ["*"]
"""
# Friday 15 January 2027, 09:00 in Berlin.
TODAY: Final = date(2027, 1, 15)


@pytest.fixture
def db(services: Services, monkeypatch: pytest.MonkeyPatch) -> Database:
    import_estate(services.db, parse_estate(ESTATE), NOW - 40 * DAY_US, "tests")
    monkeypatch.setattr(clock, "now_us", lambda: NOW + HOUR_US)
    return services.db


def swipes(db: Database, count: int, *, site: str = "berlin", door: str = "gate", back: int = 0) -> None:
    at = NOW - back * DAY_US
    kind = Kind.ACCESS_GRANTED
    append(
        db,
        [Draft(kind=kind, received=at + n, site=site, door=door, device=f"{site[0]}1") for n in range(count)],
    )


def tables(mounted: Mounted) -> dict[str, Any]:
    return {str(data["title"]): data for name, data in mounted if name == "figures"}


# --- what is shown ------------------------------------------------------------------------------------


def test_the_figures_of_the_last_thirty_days_say_what_was_found(
    db: Database, sign_in: Enter, visit: Visit, mounted: Mounted
) -> None:
    swipes(db, 1, back=31)
    swipes(db, 3, back=29)
    swipes(db, 2)
    sign_in("cleo")
    said = words(visit("analytics", site="berlin"))

    assert "17 Dec 2026 to 15 Jan 2027 · Berlin" in said
    assert "5 records, 0.2 a day on average." in said
    assert "Yard gate has 100% of 5 movements." in said
    assert "Nobody rang in these days." in said
    assert "No door was forced or held open in these days." in said
    lines = tables(mounted)["Table: Records by day and kind"]["lines"]
    assert [line["label"] for line in lines if line["cells"] != ["0"]] == ["17 Dec 2026", "15 Jan 2027"]


def test_days_without_a_record_say_so(db: Database, sign_in: Enter, visit: Visit, mounted: Mounted) -> None:
    swipes(db, 1, back=31)
    sign_in("cleo")

    assert "Nothing is recorded in these days" in words(visit("analytics"))
    assert tables(mounted) == {}


def test_who_may_not_see_figures_is_told_so(db: Database, sign_in: Enter, visit: Visit) -> None:
    swipes(db, 2)
    sign_in("ben")

    assert "Analytics is not open to you" in words(visit("analytics"))


@pytest.mark.parametrize("query", [{}, {"site": "berlin"}])
def test_a_foreign_site_is_in_no_number_and_no_name(
    db: Database, sign_in: Enter, visit: Visit, mounted: Mounted, query: dict[str, str]
) -> None:
    apply_policy(db, POLICY, NOW, "tests")
    swipes(db, 2)
    sign_in("ben")
    before, drawn = words(visit("analytics", **query)), tables(mounted)
    swipes(db, 7, site="newyork", door="dock")
    mounted.clear()

    assert words(visit("analytics", **query)) == before
    assert tables(mounted) == drawn
    assert "New York" not in before
    assert "2 records" in before


def test_figures_of_several_sites_name_the_site_of_a_door_and_whose_clock_counts(
    db: Database, sign_in: Enter, visit: Visit
) -> None:
    swipes(db, 2)
    swipes(db, 1, site="newyork", door="dock")
    sign_in("cleo")
    said = words(visit("analytics"))

    assert "Yard gate · Berlin has 67% of 3 movements." in said
    assert "Each site is counted by its own clock" in said


def test_an_hour_of_the_week_shows_its_dates_until_it_is_closed(
    db: Database, sign_in: Enter, visit: Visit, mounted: Mounted
) -> None:
    swipes(db, 2)
    swipes(db, 3, back=7)
    sign_in("cleo")
    app = visit("analytics", site="berlin", slot="4-09")
    shown = tables(mounted)["The fullest first; each opens the log"]

    assert "Friday 09:00 to 10:00, date by date" in words(app)
    assert [(line["label"], line["cells"]) for line in shown["lines"]] == [
        ("8 Jan 2027, 09:00 to 10:00", ["3"]),
        ("15 Jan 2027, 09:00 to 10:00", ["2"]),
    ]
    assert shown["lines"][0]["query"]["from"] == "2027-01-08T08:00:00Z"

    app.button("close-slot").click().run()
    assert "date by date" not in words(app)
    assert dict(app.query_params) == {"site": "berlin"}


@pytest.mark.parametrize("slot", ["7-09", "4-24", "x", "-1", "4-9"])
def test_an_hour_that_no_week_has_is_not_there(db: Database, sign_in: Enter, visit: Visit, slot: str) -> None:
    swipes(db, 2)
    sign_in("cleo")

    assert "date by date" not in words(visit("analytics", slot=slot))


# --- which days ---------------------------------------------------------------------------------------


def test_choosing_days_writes_them_into_the_address(db: Database, sign_in: Enter, visit: Visit) -> None:
    swipes(db, 2)
    sign_in("cleo")
    app = visit("analytics", site="berlin", slot="4-09")
    app.segmented_control("analytics.when").set_value("7d").run()
    assert dict(app.query_params) == {"site": "berlin", "when": "7d"}
    assert "9 Jan 2027 to 15 Jan 2027" in words(app)

    app.segmented_control("analytics.when").set_value("custom").run()
    assert dict(app.query_params) == {"site": "berlin", "from": "2027-01-09", "to": "2027-01-15"}

    app.date_input("analytics.to").set_value(date(2027, 1, 3)).run()
    assert dict(app.query_params) == {"site": "berlin", "from": "2027-01-03", "to": "2027-01-03"}
    assert "3 Jan 2027 · Berlin" in words(app)


@pytest.mark.parametrize(
    ("query", "days", "preset"),
    [
        ({}, (20261217, 20270115), Preset.MONTH),
        ({"when": "today"}, (20270115, 20270115), Preset.TODAY),
        ({"when": "yesterday"}, (20270114, 20270114), Preset.YESTERDAY),
        ({"when": "365d"}, (20260116, 20270115), Preset.YEAR),
        ({"when": "1h"}, (20261217, 20270115), Preset.MONTH),
        ({"when": "…"}, (20261217, 20270115), Preset.MONTH),
        ({"from": "2026-02-27", "to": "2026-03-01"}, (20260227, 20260301), None),
        ({"from": "2026-02-30", "to": "2026-03-01"}, (20261217, 20270115), Preset.MONTH),
        ({"from": "2026-03-02", "to": "2026-03-01"}, (20261217, 20270115), Preset.MONTH),
        ({"from": "1066-10-14", "to": "2026-03-01"}, (20261217, 20270115), Preset.MONTH),
        ({"from": "2020-01-01", "to": "2026-03-01"}, (20261217, 20270115), Preset.MONTH),
        ({"from": "2026-03-01"}, (20261217, 20270115), Preset.MONTH),
        ({"from": "9999-12-31", "to": "9999-12-31"}, (20261217, 20270115), Preset.MONTH),
    ],
)
def test_the_address_says_which_days_and_what_makes_no_sense_is_not_said(
    monkeypatch: pytest.MonkeyPatch, query: dict[str, str], days: tuple[int, int], preset: Preset | None
) -> None:
    monkeypatch.setattr(state, "query", query.get)
    found = analytics_period.asked(TODAY)

    assert ((found.days.first, found.days.last), found.preset) == (days, preset)


def test_today_is_the_day_where_it_is_latest() -> None:
    evening = NOW + 16 * HOUR_US

    assert analytics_period.today(["America/New_York"], evening) == TODAY
    assert analytics_period.today(["America/New_York", "Asia/Singapore"], evening) == date(2027, 1, 16)
    assert analytics_period.today([], evening) == date(2027, 1, 16)


# --- where a mark leads -------------------------------------------------------------------------------


@pytest.fixture
def remembered(monkeypatch: pytest.MonkeyPatch) -> dict[str, str | None]:
    """Let what a page remembers of its browser lie where the test sees it."""
    kept: dict[str, str | None] = {}
    monkeypatch.setattr(state, "remember", kept.__setitem__)
    monkeypatch.setattr(state, "remembered", kept.get)
    return kept


def chosen(monkeypatch: pytest.MonkeyPatch, place: tuple[int, int] | None) -> None:
    monkeypatch.setattr(state, "picked", lambda _: place)
    analytics._pick("analytics.doors")


def test_a_mark_is_followed_once_and_again_when_it_is_chosen_again(
    monkeypatch: pytest.MonkeyPatch, remembered: dict[str, str | None]
) -> None:
    opens = [[None, LogFilter(doors=frozenset({"gate"}))]]
    chart = Chart(key="doors", title="", finding="", opens=opens)
    chosen(monkeypatch, (0, 1))
    assert analytics._picked(chart, "analytics.doors") == opens[0][1]
    assert analytics._picked(chart, "analytics.doors") is None

    # Choosing the chosen one takes the choice back, as Plotly sees it.
    chosen(monkeypatch, None)
    assert analytics._picked(chart, "analytics.doors") == opens[0][1]


@pytest.mark.parametrize("place", [(0, 5), (3, 0)])
def test_a_mark_of_other_days_leads_nowhere(
    monkeypatch: pytest.MonkeyPatch, remembered: dict[str, str | None], place: tuple[int, int]
) -> None:
    chart = Chart(key="doors", title="", finding="", opens=[[LogFilter()]])
    chosen(monkeypatch, place)

    assert analytics._picked(chart, "analytics.doors") is None
