"""The demo's past: the same from the same seed and dates, and as a building lives."""

from collections import Counter
from datetime import date, timedelta
from itertools import pairwise

import pytest

from connectors.simulator.estate import PEOPLE
from connectors.simulator.history import History
from connectors.simulator.history_people import BUILDINGS, guards_of, is_away, workers_of
from connectors.simulator.speaking import Publication
from core.records import Kind
from core.times import DAY_US, SECOND_US
from tests.connectors.simulator.demo import demo_estate
from tests.connectors.simulator.past import THURSDAY, read_story, story


def test_the_same_seed_and_dates_tell_the_same_story() -> None:
    again = History(demo_estate(), seed=1, start=THURSDAY, end=THURSDAY + DAY_US).heard()

    assert tuple(again) == story(1, 1)


def test_another_seed_tells_another_story() -> None:
    assert story(1, 1) != story(2, 1)


def test_a_longer_story_begins_like_a_shorter_one() -> None:
    short = [one for one in story(1, 1) if one.at < THURSDAY + DAY_US // 2]

    assert short == [one for one in story() if one.at < THURSDAY + DAY_US // 2]


def test_it_is_told_in_order_and_within_its_time() -> None:
    times = [one.at for one in story()]

    # What two devices say at once is under way for different times, all under a second.
    assert all(later > earlier - SECOND_US for earlier, later in pairwise(times))
    assert times[0] >= THURSDAY
    assert times[-1] < THURSDAY + 4 * DAY_US


def test_every_message_is_understood() -> None:
    kinds = Counter(one.kind for one in read_story())

    assert kinds[Kind.FEED_UNMAPPED] == kinds[Kind.FEED_FORGED] == 0
    assert {
        Kind.ACCESS_GRANTED, Kind.ACCESS_DENIED, Kind.EXIT_REQUESTED, Kind.DOOR_OPENED, Kind.DOOR_CLOSED,
        Kind.DOOR_HELD_OPEN, Kind.DOOR_MODE_CHANGED, Kind.CALL_RINGING, Kind.CALL_ANSWERED,
        Kind.CALL_MISSED,
    } <= kinds.keys()  # fmt: skip


def test_holidays_and_weekends_are_quiet() -> None:
    """Friday is a holiday in Berlin alone; then comes a weekend."""
    days: Counter[tuple[str | None, int]] = Counter()
    for one in read_story():
        if one.kind is Kind.ACCESS_GRANTED:
            days[one.site, (one.received - THURSDAY) // DAY_US] += 1

    assert days["berlin", 1] < days["berlin", 0] / 3
    assert days["newyork", 1] > days["newyork", 0] / 2
    assert days["newyork", 3] < days["newyork", 0] / 3


def test_most_calls_are_answered_while_somebody_sits_at_the_desk() -> None:
    kinds = Counter(one.kind for one in read_story())

    assert 0 < kinds[Kind.CALL_MISSED] < kinds[Kind.CALL_ANSWERED] / 2


def test_every_door_of_the_demo_has_its_use_and_no_other_door_has_one() -> None:
    estate = demo_estate()

    for site, building in BUILDINGS.items():
        assert building.doors == {door.id for door in estate.doors.values() if door.site == site}
        assert {one for who in building.rooms.values() for one in who} <= PEOPLE.keys()


def test_a_person_has_habits_and_holidays() -> None:
    first, again = (workers_of("berlin", 3)[4] for _ in range(2))
    year = [date(2025, 11, 1) + timedelta(days=number) for number in range(365)]
    away = sum(is_away(first.person, day, 3) for day in year)

    assert first == again
    assert first != workers_of("berlin", 4)[4]
    assert 20 < away < 100


def test_guards_have_no_desk_and_go_their_rounds_at_night() -> None:
    desks = {one.person for one in workers_of("newyork", 1)}
    nights = [one for one in read_story() if one.private.get("person") in guards_of("newyork")]

    assert desks.isdisjoint(guards_of("newyork"))
    assert nights


@pytest.mark.parametrize("site", ["atlantis", ""])
def test_nobody_works_where_there_is_no_building(site: str) -> None:
    assert workers_of(site, 1) == ()


def test_nothing_is_published_by_who_has_no_connection() -> None:
    """Between a will and the next hello a topic's device is silent, but for what it kept and hands over."""
    gone: set[str] = set()
    left = 0
    for one in story():
        if not isinstance(one.word, Publication) or not one.word.topic.startswith("gatehouse/"):
            continue
        device = one.word.topic.split("/")[3]
        if one.word.topic.endswith("/status"):
            here = b'"online":true' in one.word.payload
            (gone.discard if here else gone.add)(device)
            left += not here
        assert device not in gone or one.word.topic.endswith("/status")
    assert left
