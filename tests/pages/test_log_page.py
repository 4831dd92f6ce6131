"""The log as a page: newest first, by any filter of the address, and only what the reader may see."""

from collections.abc import Callable, Mapping

import pytest
from streamlit.testing.v1 import AppTest

from auth.sessions import Actor
from core.leaf import Draft
from core.records import Kind
from core.times import MINUTE_US
from pages import book as pages_book
from pages import state
from pages.log import ROWS
from store.database import Database
from store.estate import import_estate, parse_estate
from store.log import append
from store.people import save_people
from store.policies import apply_policy
from tests.auth.people import NOW
from tests.pages.conftest import Mounted

Visit = Callable[..., AppTest]
Enter = Callable[[str], Actor]
Data = Mapping[str, object]
ESTATE = """
sites = [
  { id = "berlin", name = "Berlin", time_zone = "Europe/Berlin" },
  { id = "newyork", name = "New York", time_zone = "America/New_York" },
]
devices = [
  { id = "b1", site = "berlin", family = "gatehouse", name = "Gate reader" },
  { id = "n1", site = "newyork", family = "gatehouse" },
]
doors = [
  { id = "gate", site = "berlin", device = "b1", number = "1", name = "Yard gate" },
  { id = "dock", site = "newyork", device = "n1", number = "1", name = "Loading dock" },
]
"""
BERLIN_ONLY = """
[[grants]]
group = "g-berlin"
role = "supervisor"
sites = ["berlin"]
[[grants]]
group = "g-admin"
role = "admin"
sites = ["*"]
"""


@pytest.fixture
def reader(db: Database, sign_in: Enter) -> Actor:
    import_estate(db, parse_estate(ESTATE), NOW, "tests")
    return sign_in("cleo")


@pytest.fixture
def look(visit: Visit, mounted: Mounted) -> Callable[..., tuple[Data, Data]]:
    """Give the function that opens the log and tells what its filters and its book were given."""

    def go(**query: str) -> tuple[Data, Data]:
        mounted.clear()
        visit("log", **query)
        return drawn(mounted)

    return go


Look = Callable[..., tuple[Data, Data]]


def drawn(mounted: Mounted) -> tuple[Data, Data]:
    told = {str(data["kind"]): data for name, data in mounted if name == "log"}
    return told["filters"], told["book"]


def rows(book: Data) -> list[dict[str, object]]:
    found = book["rows"]
    assert isinstance(found, list)
    return found


def numbers(book: Data) -> list[object]:
    return [row["id"] for row in rows(book)]


def happen(db: Database, count: int, *, site: str = "berlin", door: str = "gate", late: int = 0) -> None:
    drafts = [
        Draft(
            kind=Kind.ACCESS_DENIED,
            received=NOW + number,
            at=NOW + number - late,
            site=site,
            door=door,
            device="b1" if site == "berlin" else "n1",
            reason="invalid_pin",
            private={"person": "u-17", "credential": "****5538"},
        )
        for number in range(count)
    ]
    append(db, drafts)


# --- what is shown ------------------------------------------------------------------------------------


def test_an_empty_log_says_what_would_be_there(reader: Actor, look: Look) -> None:
    _, book = look()

    assert book["rows"] == []
    assert "The log is empty" in str(book["empty"])


def test_a_record_is_given_with_the_sites_zone_its_sign_its_names_and_its_reason(
    reader: Actor, look: Look, db: Database
) -> None:
    happen(db, 1, late=5 * MINUTE_US)
    save_people(db, {"u-17": "Anna Kühn"})
    (row,) = rows(look(when="365d", site="berlin")[1]) or rows(look()[1])

    assert (row["at"], row["zone"]) == (NOW - 5 * MINUTE_US, "Europe/Berlin")
    assert (row["sign"], row["label"], row["reasonName"]) == ("○", "Access denied", "Wrong PIN")
    assert (row["doorName"], row["siteName"], row["deviceName"]) == ("Yard gate", "Berlin", "Gate reader")
    assert (row["person"], row["name"], row["credential"]) == ("u-17", "Anna Kühn", "****5538")
    assert row["notes"] == ["5 min late"]


def test_words_that_hide_or_turn_text_are_shown_as_what_they_are(
    reader: Actor, look: Look, db: Database
) -> None:
    happen(db, 1)
    save_people(db, {"u-17": "Anna\u202egnp"})

    assert rows(look()[1])[0]["name"] == "Anna⟨U+202E⟩gnp"


# --- parts of it --------------------------------------------------------------------------------------


def test_older_and_newer_walk_the_whole_log_without_a_gap_or_a_repeat(
    reader: Actor, look: Look, db: Database
) -> None:
    happen(db, 2 * ROWS + 7)
    _, book = look()
    seen = numbers(book)
    while book["older"]:
        _, book = look(before=str(book["older"]))
        seen += numbers(book)

    assert len(seen) == 2 * ROWS + 7
    assert seen == sorted(set(seen), key=lambda number: -int(str(number)))

    _, book = look(after=str(book["newer"]))
    assert numbers(book) == seen[ROWS : 2 * ROWS]


def test_a_part_that_would_reach_beyond_the_newest_record_is_the_newest_part(
    reader: Actor, look: Look, db: Database
) -> None:
    happen(db, ROWS + 7)
    newest = numbers(look()[1])
    _, book = look(after=str(newest[20]))

    assert numbers(book) == newest
    assert book["newest"] is True


@pytest.mark.parametrize("key", ["-1", "x", "9" * 40, "१२"])
def test_a_key_that_is_no_number_is_as_if_it_were_not_there(
    reader: Actor, look: Look, db: Database, key: str
) -> None:
    happen(db, 2)

    assert len(numbers(look(before=key, record=key)[1])) == 2


def test_nothing_moves_under_a_reader_until_one_asks_for_what_is_new(
    reader: Actor, visit: Visit, mounted: Mounted, db: Database
) -> None:
    happen(db, 3)
    app = visit("log")
    before = numbers(drawn(mounted)[1])
    happen(db, 2, site="newyork", door="dock")
    mounted.clear()
    app.run()

    assert numbers(drawn(mounted)[1]) == before
    assert [data["words"] for _, data in mounted if data.get("kind") == "news"] == ["2 new records"]


def test_asking_for_what_is_new_shows_it_and_says_from_where_on_it_is(
    reader: Actor, visit: Visit, mounted: Mounted, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: dict[str, str | None] = {}
    monkeypatch.setattr(state, "remember", kept.__setitem__)
    monkeypatch.setattr(state, "remembered", kept.get)
    monkeypatch.setattr(state, "change_query", lambda **_: None)
    happen(db, 3)
    app = visit("log")
    newest = numbers(drawn(mounted)[1])[0]
    happen(db, 2, site="newyork", door="dock")
    pages_book._fresh("log-book")
    mounted.clear()
    app.run()
    _, book = drawn(mounted)

    assert (len(numbers(book)), book["fresh"]) == (5, newest)


# --- filters ------------------------------------------------------------------------------------------


def test_the_address_chooses_by_any_filter_and_by_several_at_once(
    reader: Actor, look: Look, db: Database
) -> None:
    happen(db, 2)
    happen(db, 3, site="newyork", door="dock")

    assert len(numbers(look(site="newyork")[1])) == 3
    assert len(numbers(look(door="gate")[1])) == 2
    assert len(numbers(look(site="berlin,newyork", outcome="denied", reason="invalid_pin")[1])) == 5
    assert numbers(look(site="newyork", kind="door.opened")[1]) == []
    assert len(numbers(look(person="u-17", device="n1")[1])) == 3


def test_what_is_chosen_is_named_and_can_be_taken_away(reader: Actor, look: Look, db: Database) -> None:
    happen(db, 1)
    filters, _ = look(site="berlin", door="gate", kind="access.denied", when="7d", person="u-17")

    assert filters["chips"] == [
        {"name": "when", "value": "", "label": "Time", "text": "Last 7 days"},
        {"name": "site", "value": "berlin", "label": "Site", "text": "Berlin"},
        {"name": "door", "value": "gate", "label": "Door", "text": "Yard gate"},
        {"name": "kind", "value": "access.denied", "label": "Event", "text": "Access denied"},
        {"name": "person", "value": "u-17", "label": "Person", "text": "u-17"},
    ]


def test_what_fits_nothing_offers_ways_out(reader: Actor, look: Look, db: Database) -> None:
    happen(db, 1)
    empty = look(site="berlin", when="1h", kind="door.opened")[1]["empty"]

    assert isinstance(empty, dict)
    assert [way["text"] for way in empty["ways"]] == ["The same at any time", "All records"]
    assert empty["ways"][0]["query"] == {"site": "berlin", "kind": "door.opened"}


def test_a_place_before_all_that_fits_is_no_empty_log(reader: Actor, look: Look, db: Database) -> None:
    happen(db, 1)
    for query in ({}, {"door": "gate"}):
        empty = look(**query, before="1")[1]["empty"]

        assert isinstance(empty, dict)
        assert (empty["title"], empty["ways"]) == ("The log ends here", [{"text": "Newest", "query": query}])


def test_a_word_that_filters_by_nothing_is_said_and_the_rest_is_offered(
    reader: Actor, look: Look, db: Database
) -> None:
    happen(db, 1)
    filters, book = look(kind="door.exploded", site="berlin")

    assert (numbers(book), filters["chips"]) == ([], [])
    assert "There is no such event called 'door.exploded' (kind= in the address)." in str(book["empty"])
    assert "'query': {'site': 'berlin'}" in str(book["empty"])


@pytest.mark.parametrize(
    ("foreign", "absent"),
    [
        ({"door": "dock"}, {"door": "nodoor"}),
        ({"device": "n1"}, {"device": "none"}),
    ],
)
def test_a_foreign_place_and_one_that_is_not_look_the_same(
    db: Database, sign_in: Enter, look: Look, foreign: dict[str, str], absent: dict[str, str]
) -> None:
    import_estate(db, parse_estate(ESTATE), NOW, "tests")
    apply_policy(db, BERLIN_ONLY, NOW, "tests")
    happen(db, 2, site="newyork", door="dock")
    sign_in("ben")
    told = [look(**query) for query in (foreign, absent)]
    same = [[{**part, "asOf": 0} for part in parts] for parts in told]

    assert same[0] == same[1]
    assert "There is no such site, door or device among yours" in str(told[0][1]["empty"])
    assert "New York" not in str(told)
    assert "Loading dock" not in str(told)
