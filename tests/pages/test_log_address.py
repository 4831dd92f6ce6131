"""What a control of the log asks for becomes the address, in one way of writing."""

from collections.abc import Callable

import pytest

from pages import log_address, parts, state
from pages.log_address import go
from store.log_names import LogNames, Named
from store.views import SiteView

NAMES = LogNames(
    sites={
        "berlin": SiteView(id="berlin", name="Berlin", time_zone="Europe/Berlin"),
        "newyork": SiteView(id="newyork", name="New York", time_zone="America/New_York"),
    },
    doors={
        "gate": Named(id="gate", site="berlin", name="Yard gate", retired=False),
        "dock": Named(id="dock", site="newyork", name="Loading dock", retired=True),
    },
    devices={},
)
Ask = Callable[[str], dict[str, str]]


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch) -> Ask:
    """Give the function that asks for a query and tells which address comes of it."""
    found: dict[str, str] = {}
    monkeypatch.setattr(state, "set_query", lambda **query: found.update(query))
    monkeypatch.setattr(parts, "browser_zone", lambda: "Asia/Singapore")

    def asked(text: str) -> dict[str, str]:
        found.clear()
        go(text, NAMES)
        return dict(found)

    return asked


def test_the_same_wish_has_one_address_however_it_was_put_together(ask: Ask) -> None:
    one = ask("kind=door.opened,door.closed&site=newyork,berlin&record=7")

    assert one == ask("record=7&site=berlin,newyork&kind=door.closed,door.opened")
    assert next(iter(one.items())) == ("site", "berlin,newyork")


def test_hours_are_those_of_the_one_site_that_is_shown(ask: Ask) -> None:
    assert ask("site=berlin&from=2026-07-01T08:00") == {"site": "berlin", "from": "2026-07-01T06:00:00Z"}
    assert ask("site=newyork&to=2026-12-01T08:00:30")["to"] == "2026-12-01T13:00:30Z"


def test_hours_are_the_readers_own_where_several_sites_are_shown(ask: Ask) -> None:
    assert ask("from=2026-07-01T08:00") == {"from": "2026-07-01T00:00:00Z"}


def test_a_time_that_has_its_offset_keeps_it(ask: Ask) -> None:
    assert ask("site=berlin&from=2026-07-01T08:00:00Z")["from"] == "2026-07-01T08:00:00Z"


def test_a_door_goes_with_its_site(ask: Ask) -> None:
    assert ask("site=berlin&door=gate,dock") == {"site": "berlin", "door": "gate"}
    assert ask("site=newyork&door=gate") == {"site": "newyork"}


def test_what_is_no_part_of_an_address_of_the_log_does_not_get_into_it(ask: Ask) -> None:
    assert ask("site=berlin&evil=1&before=12") == {"site": "berlin", "before": "12"}


def test_a_filter_that_is_none_is_left_for_the_page_to_name(ask: Ask) -> None:
    assert ask("kind=door.exploded&site=berlin") == {"kind": "door.exploded", "site": "berlin"}


@pytest.mark.parametrize("text", [None, "", "-1", "0x1", "१२", "9" * 17, "1.5"])
def test_what_is_no_number_of_a_record_is_none(text: str | None) -> None:
    assert log_address.key_of(text) is None
