"""What one screen's queue hands on: everything in order, and what waits in as few frames as it can."""

import asyncio
from collections.abc import Coroutine
from typing import TypeVar

from auth.sessions import Actor
from core.records import Kind
from store.tail import Batch
from tests.web.test_frames import row, tile
from web.frames import RECORDS_A_FRAME, Beat, Prepared, Reading, prepare
from web.subscribers import Item, Subscriber

SITES = frozenset({"berlin"})
READING = Reading(SITES, SITES)
BEAT = Beat(head=3, now=9, stale={})
T = TypeVar("T")


def batch(number: int, records: int = 1) -> Prepared:
    rows = tuple(row(number + place, Kind.DOOR_OPENED, "berlin") for place in range(records))
    doors = (tile("berlin", number),)
    return prepare(Batch(after=number - 1, head=rows[-1].id, rows=rows, doors=doors), SITES)


def screen(*items: Item, served: int = 0) -> Subscriber:
    actor = Actor(subject="s", name="S", session="1", groups=(), created=0, active=0, idle_after=1, ends=1)
    one = Subscriber(actor, None)
    one.sent = served
    one.begin_again()
    for item in items:
        one.offer(item)
    return one


def run(work: Coroutine[object, object, T]) -> T:
    return asyncio.run(work)


async def taken(one: Subscriber, times: int) -> list[Item | None]:
    return [await one.next() for _ in range(times)]


def frame(item: Item | None, sent: int = 0) -> str:
    assert item is not None
    return item.frame(READING, sent) or ""


def test_a_batch_that_waits_alone_goes_out_as_it_is() -> None:
    one = batch(1)

    assert run(taken(screen(one), 1)) == [one]


def test_what_waits_goes_out_in_one_frame_that_ends_where_the_last_ends() -> None:
    (item,) = run(taken(screen(batch(1), batch(2), batch(3)), 1))

    assert item is not None
    assert item.head == 3
    assert [frame(item).count(f'"id":{number},') for number in (1, 2)] == [1, 1]
    # One door, however often it changed meanwhile.
    assert frame(item).count('"position"') == 1


def test_screens_as_far_behind_as_each_other_share_the_frame() -> None:
    items = (batch(1), batch(2))

    (first,), (second,) = (run(taken(screen(*items), 1)) for _ in range(2))
    assert first is second


def test_a_beat_keeps_its_place() -> None:
    items = run(taken(screen(batch(1), batch(2), BEAT, batch(4)), 3))

    assert [item.head if item else None for item in items] == [2, 3, 4]
    assert items[1] is BEAT


def test_what_a_fresh_start_has_brought_is_not_shown_again() -> None:
    """A tile of before the snapshot would turn the door back to how it was."""
    (item,) = run(taken(screen(batch(1), batch(2), batch(3), served=2), 1))

    assert item is not None
    assert item.head == 3
    assert isinstance(item, Prepared)
    assert item.after == 2


def test_no_frame_grows_without_end() -> None:
    half = RECORDS_A_FRAME // 2
    items = run(taken(screen(*(batch(1 + turn * half, half) for turn in range(5))), 3))

    assert [item.records for item in items if isinstance(item, Prepared)] == [2 * half, 2 * half, half]
