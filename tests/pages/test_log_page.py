"""The log as a page: newest first, by site and door, and only what the reader may see."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from auth.sessions import Actor
from core.leaf import Draft
from core.records import Kind
from core.times import MINUTE_US
from pages.log import ROWS
from store.database import Database
from store.estate import import_estate, parse_estate
from store.log import append
from tests.auth.people import NOW
from tests.pages.conftest import words

Visit = Callable[..., AppTest]
Enter = Callable[[str], Actor]
ESTATE = """
sites = [
  { id = "berlin", name = "Berlin", time_zone = "Europe/Berlin" },
  { id = "newyork", name = "New York", time_zone = "America/New_York" },
]
devices = [
  { id = "b1", site = "berlin", family = "gatehouse" },
  { id = "n1", site = "newyork", family = "gatehouse" },
]
doors = [
  { id = "gate", site = "berlin", device = "b1", number = "1", name = "Yard gate" },
  { id = "dock", site = "newyork", device = "n1", number = "1", name = "Loading dock" },
]
"""


@pytest.fixture
def reader(db: Database, sign_in: Enter) -> Actor:
    import_estate(db, parse_estate(ESTATE), NOW, "tests")
    return sign_in("cleo")


def happen(db: Database, count: int, *, site: str = "berlin", door: str = "gate", late: int = 0) -> None:
    drafts = [
        Draft(
            kind=Kind.ACCESS_DENIED,
            received=NOW + number,
            at=NOW + number - late,
            site=site,
            door=door,
            device="b1",
            reason="invalid_pin",
            private={"person": "u-17", "credential": "****5538"},
        )
        for number in range(count)
    ]
    append(db, drafts)


def numbers(app: AppTest) -> list[int]:
    return [int(number) for number in app.dataframe[0].value["No."]]


def test_an_empty_log_says_what_would_be_there(reader: Actor, visit: Visit) -> None:
    app = visit("log")

    assert "The log is empty" in words(app)
    assert len(app.dataframe) == 0


def test_a_record_is_drawn_with_the_sites_time_its_sign_and_its_reason(
    reader: Actor, visit: Visit, db: Database
) -> None:
    happen(db, 1, late=5 * MINUTE_US)
    row = visit("log").dataframe[0].value.iloc[0]

    assert row["Time"] == "2027-01-15 08:55:00 +01:00"
    assert row["Event"] == "○ Access denied"
    assert (row["Door"], row["Site"], row["Reason"]) == ("Yard gate", "Berlin", "invalid pin")
    assert (row["Person"], row["Credential"], row["Note"]) == ("u-17", "****5538", "5 min late")


def test_older_and_newer_walk_the_whole_log_without_a_gap_or_a_repeat(
    reader: Actor, visit: Visit, db: Database
) -> None:
    happen(db, 2 * ROWS + 7)
    app = visit("log")
    seen = numbers(app)
    while not app.button("log-older").disabled:
        app.button("log-older").click().run()
        seen += numbers(app)

    assert len(seen) == 2 * ROWS + 7
    assert seen == sorted(set(seen), reverse=True)

    app.button("log-newer").click().run()
    assert numbers(app) == seen[ROWS : 2 * ROWS]


def test_the_address_chooses_site_and_door(reader: Actor, visit: Visit, db: Database) -> None:
    happen(db, 2)
    happen(db, 3, site="newyork", door="dock")

    assert len(numbers(visit("log", site="newyork"))) == 3
    assert len(numbers(visit("log", door="gate"))) == 2


def test_choosing_a_site_writes_it_into_the_address(reader: Actor, visit: Visit, db: Database) -> None:
    happen(db, 1)
    app = visit("log", door="gate", before="900")
    app.selectbox[0].select("newyork").run()

    assert dict(app.query_params) == {"site": "newyork"}
    assert "Nothing is recorded here" in words(app)


@pytest.mark.parametrize("query", [{"site": "newyork"}, {"site": "nowhere"}, {"door": "dock"}, {"door": "x"}])
def test_a_foreign_place_and_one_that_is_not_look_the_same(
    db: Database, sign_in: Enter, visit: Visit, query: dict[str, str]
) -> None:
    from store.policies import apply_policy  # noqa: PLC0415 - only here

    import_estate(db, parse_estate(ESTATE), NOW, "tests")
    policy = '[[grants]]\ngroup = "g-berlin"\nrole = "supervisor"\nsites = ["berlin"]\n'
    policy += '[[grants]]\ngroup = "g-admin"\nrole = "admin"\nsites = ["*"]\n'
    apply_policy(db, policy, NOW, "tests")
    happen(db, 2, site="newyork", door="dock")
    sign_in("ben")
    app = visit("log", **query)

    assert "There is no such site or door" in words(app)
    assert len(app.dataframe) == 0
    assert {tuple(box.options) for box in app.selectbox if box.label == "Site"} <= {("Berlin",)}


@pytest.mark.parametrize("key", ["-1", "x", "9" * 40, "१२"])
def test_a_key_that_is_no_number_is_as_if_it_were_not_there(
    reader: Actor, visit: Visit, db: Database, key: str
) -> None:
    happen(db, 2)

    assert len(numbers(visit("log", before=key))) == 2
