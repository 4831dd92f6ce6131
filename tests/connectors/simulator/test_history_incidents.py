"""What is worth finding in the demo's past: each story alone, as its devices tell it."""

import json
from collections import Counter
from datetime import date, timedelta
from itertools import groupby

import pytest

from connectors.simulator.history import Heard, OperatorWord
from connectors.simulator.history_calendar import is_holiday, moment
from connectors.simulator.history_days import Days
from connectors.simulator.history_incidents import HOLIDAY, INCIDENTS, Incident
from connectors.simulator.history_stage import Stage
from connectors.simulator.speaking import Publication
from core.leaf import Draft
from core.records import Kind
from core.times import DAY_US, MINUTE_US, SECOND_US, parse_iso_us
from tests.connectors.simulator.demo import demo_estate
from tests.connectors.simulator.past import drafts, midnight

TODAY = date(2026, 11, 24)
ZONES = {site.id: site.time_zone for site in demo_estate().sites.values()}


def begun(title: str) -> tuple[Incident, date]:
    incident = next(one for one in INCIDENTS if one.title == title)
    return incident, incident.day(TODAY, ZONES[incident.site])


def played(title: str, days: int = 7) -> tuple[list[Heard], date]:
    """Let one incident happen where nothing else does."""
    incident, day = begun(title)
    start = midnight(day) - DAY_US
    stage = Stage(demo_estate(), 1, start, start + days * DAY_US)
    incident.play(stage, day)
    return list(stage.heard()), day


def published(heard: list[Heard], end: str) -> list[Publication]:
    """Give what was published under topics that end so."""
    said = (one.word for one in heard if isinstance(one.word, Publication))
    return [word for word in said if word.topic.endswith(end)]


def told(title: str, kind: Kind, days: int = 7) -> list[Draft]:
    heard, _ = played(title, days)
    return [one for one in drafts(heard) if one.kind is kind]


def spread(found: list[Draft]) -> int:
    """Give the time between the first and the last, in minutes."""
    return (found[-1].received - found[0].received) // MINUTE_US


@pytest.mark.parametrize("incident", INCIDENTS, ids=lambda one: one.title)
def test_each_begins_on_its_weekday_long_enough_ago(incident: Incident) -> None:
    day = incident.day(TODAY, ZONES[incident.site])

    assert day <= TODAY - timedelta(days=incident.days_ago)
    if incident.weekday == HOLIDAY:
        assert is_holiday(ZONES[incident.site], day)
    else:
        assert day.weekday() == incident.weekday


@pytest.mark.parametrize("incident", INCIDENTS, ids=lambda one: one.title)
def test_each_leaves_every_door_shut_and_every_device_there(incident: Incident) -> None:
    heard, _ = played(incident.title, 50)
    last: dict[str | None, Kind] = {}
    for one in drafts(heard):
        if one.kind in {Kind.DOOR_OPENED, Kind.DOOR_FORCED_OPEN, Kind.DOOR_CLOSED}:
            last[one.door] = one.kind
    here = {one.topic: one.payload for one in published(heard, "/status")}

    assert set(last.values()) <= {Kind.DOOR_CLOSED}
    assert all(b'"online":true' in said for said in here.values())


def test_somebody_tail_gates_for_an_evening() -> None:
    found = told("a tail-gating evening", Kind.DOOR_HELD_OPEN)

    assert [one.door for one in found] == ["berlin-lobby"] * 6
    assert 60 < spread(found) < 90
    assert {one.private["person"] for one in told("a tail-gating evening", Kind.ACCESS_GRANTED)} == {"u-8"}


def test_a_stolen_card_opens_the_street_door_and_no_other() -> None:
    granted = told("a stolen card tried at night", Kind.ACCESS_GRANTED)
    denied = told("a stolen card tried at night", Kind.ACCESS_DENIED)
    night = [one for one in denied if one.reason == "not_permitted_at_this_time"]

    assert [one.door for one in granted] == ["newyork-main"]
    assert [door for door, _ in groupby(one.door for one in night)] == [
        "newyork-reception",
        "newyork-trading",
        "newyork-freight",
    ]
    assert {one.private.get("person") for one in denied} == {"u-29"}
    assert [one.reason for one in denied if one not in night] == ["credential_not_enabled"] * 2


def test_a_door_stands_forced_for_a_quarter_of_an_hour_on_a_holiday() -> None:
    (forced,) = told("a door forced on a public holiday", Kind.DOOR_FORCED_OPEN)
    shut = told("a door forced on a public holiday", Kind.DOOR_CLOSED)[0]

    assert forced.door == shut.door == "berlin-garage"
    assert shut.received - forced.received > 15 * MINUTE_US


def test_an_intercom_says_nothing_from_friday_to_monday_and_then_that_it_has_started_anew() -> None:
    heard, day = played("an intercom dead for a weekend")
    statuses = published(heard, "/nyc-intercom/status")
    first, left, back = [one.at for one in heard if one.word in statuses]

    assert moment(ZONES["newyork"], day, 19) < left < moment(ZONES["newyork"], day, 20)
    assert moment(ZONES["newyork"], day, 24 * 3 + 7) < back < moment(ZONES["newyork"], day, 24 * 3 + 8)
    assert first < left
    assert len({json.loads(one.payload).get("boot") for one in statuses}) == 3


def test_what_happened_while_a_switch_was_down_comes_late_in_one_go() -> None:
    incident, day = begun("a switch that failed")
    start = midnight(day) - DAY_US
    stage = Stage(demo_estate(), 1, start, start + 4 * DAY_US)
    incident.play(stage, day)
    site = stage.estate.sites["singapore"]
    Days(stage, site, frozenset()).plan(day)
    back = moment(site.time_zone, day, 15.83)
    heard = [one for one in stage.heard() if back <= one.at < back + 20 * SECOND_US]
    pages = [json.loads(one.payload) for one in published(heard, "/backfill/data")]
    times = [parse_iso_us(one["ts"]) for page in pages for one in page["events"]]

    assert len(pages) == 3
    assert len(times) > 50
    assert all(moment(site.time_zone, day, 13.16) < at < back for at in times)


def test_a_clock_is_seven_minutes_slow_for_a_week() -> None:
    incident, day = begun("a clock seven minutes slow")
    start = midnight(day) - DAY_US
    stage = Stage(demo_estate(), 1, start, start + 8 * DAY_US)
    incident.play(stage, day)
    for number in range(7):
        stage.enter("singapore-level-3", "u-39", stage.local("singapore", day + timedelta(days=number), 12))
    found = [one for one in drafts(stage.heard()) if one.kind is Kind.ACCESS_GRANTED]

    assert [round((one.received - (one.told or 0)) / MINUTE_US) for one in found] == [7] * 5 + [0] * 2


def test_two_use_one_parking_card_every_friday() -> None:
    found = told("a parking card that two use", Kind.ACCESS_DENIED, 50)

    assert {(one.door, one.reason, one.private["person"]) for one in found} == {
        ("berlin-garage", "antipassback", "u-11")
    }
    assert len(found) == 12


def test_a_pin_is_guessed_at_on_a_sunday_evening() -> None:
    found = told("a PIN guessed at", Kind.ACCESS_DENIED)

    assert [(one.door, one.reason) for one in found] == [("berlin-vault", "invalid_pin")] * 7
    assert spread(found) < 5


def test_a_card_that_has_expired_is_tried_on_three_mornings() -> None:
    found = told("a card of somebody who has left", Kind.ACCESS_DENIED, 14)
    incident, day = begun("a card of somebody who has left")

    assert [one.reason for one in found] == ["credential_expired"] * 3
    assert ("u-34", day + timedelta(days=60)) in set(incident.away(day))


def test_a_door_that_does_not_close_is_held_open_many_times() -> None:
    found = told("a door that would not close", Kind.DOOR_HELD_OPEN)

    assert Counter(one.door for one in found) == {"singapore-cold": 35}


def test_a_password_is_guessed_at_until_the_account_is_locked() -> None:
    heard, _ = played("a password guessed at")
    words = [one.word for one in heard if isinstance(one.word, OperatorWord)]

    assert {(one.username, one.address) for one in words} == {("admin", "203.0.113.77")}
    assert [one.reason for one in words] == ["wrong_password"] * 5 + ["locked_out"] * 4
    assert [one.kind for one in words].index(Kind.OPERATOR_LOCKED_OUT) == 5


def test_nearly_no_call_is_answered_while_nobody_sits_at_the_desk() -> None:
    missed = told("two days without anybody at the desk", Kind.CALL_MISSED)

    assert len(missed) > 14
    assert len(told("two days without anybody at the desk", Kind.CALL_ANSWERED)) < 8


def test_a_guard_calls_for_help_unseen() -> None:
    (found,) = told("a call for help unseen", Kind.ACCESS_DURESS)

    assert (found.door, found.private["person"]) == ("newyork-main", "u-37")
    assert told("a call for help unseen", Kind.DOOR_OPENED)


def test_somebody_is_in_the_server_room_three_nights_running() -> None:
    heard, _ = played("three nights in the server room")
    found = [one for one in drafts(heard) if one.kind is Kind.ACCESS_GRANTED]
    servers = [one for one in found if one.door == "berlin-servers"]

    assert {one.private["person"] for one in found} == {"u-14"}
    assert len({one.received // DAY_US for one in servers}) == 3
