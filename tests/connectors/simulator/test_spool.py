"""A device's memory and the pages it answers with."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.devices import Message, read
from connectors.simulator.spool import PAGE_BYTES, Spool, read_request
from core.reports import BackfillReport
from tests.connectors.building import ESTATE, NOW, event

END = 2**53 - 1


def filled(limit: int, *boots: tuple[str, int]) -> Spool:
    """Make so many events in each boot."""
    spool = Spool(limit)
    for boot, count in boots:
        spool.start(boot)
        for seq in range(1, count + 1):
            spool.add(json.dumps(event(boot=boot, seq=seq)).encode())
    return spool


def page(spool: Spool, boot: str, first: int, last: int) -> dict[str, Any]:
    written = spool.page(boot, first, last)
    assert len(written) <= PAGE_BYTES
    words: dict[str, Any] = json.loads(written)
    return {**words, "events": [one["seq"] for one in words["events"]]}


def test_numbers_begin_at_one_in_each_boot() -> None:
    spool = filled(10, ("b1", 2), ("b2", 0))

    assert (spool.boot, spool.seq, spool.oldest) == ("b2", 0, ("b1", 1))
    assert spool.add(b"{}") == ("b2", 1)


def test_a_range_is_answered_whole() -> None:
    spool = filled(10, ("b1", 5))

    assert page(spool, "b1", 2, 4) == {
        "boot": "b1", "from": 2, "to": 4, "events": [2, 3, 4], "lost": [], "more": False,
    }  # fmt: skip


def test_to_the_end_means_the_last_of_that_boot_and_names_the_next() -> None:
    spool = filled(10, ("b1", 3), ("b2", 2))

    answer = page(spool, "b1", 2, END)

    assert (answer["to"], answer["events"], answer["next_boot"]) == (3, [2, 3], "b2")


def test_the_newest_boot_has_no_next() -> None:
    assert "next_boot" not in page(filled(10, ("b1", 3)), "b1", 1, END)


def test_what_the_ring_forgot_is_lost() -> None:
    spool = filled(4, ("b1", 3), ("b2", 3))

    assert page(spool, "b1", 1, END) | {"next_boot": ""} == {
        "boot": "b1", "from": 1, "to": 3, "events": [3], "lost": [[1, 2]], "more": False, "next_boot": "",
    }  # fmt: skip
    assert page(spool, "b2", 1, END)["lost"] == []


def test_a_boot_that_is_wholly_forgotten_is_wholly_lost() -> None:
    spool = filled(2, ("b1", 3), ("b2", 3))

    answer = page(spool, "b1", 2, END)

    assert (answer["events"], answer["lost"], answer["to"], answer["next_boot"]) == ([], [[2, 3]], 3, "b2")


def test_a_boot_never_heard_of_is_lost_and_the_following_one_named() -> None:
    answer = page(filled(9, ("b2", 1)), "b1", 4, END)

    assert (answer["events"], answer["lost"], answer["next_boot"]) == ([], [[4, END]], "b2")


def test_asking_past_the_end_gives_nothing_and_loses_nothing() -> None:
    answer = page(filled(9, ("b1", 3)), "b1", 4, END)

    assert (answer["events"], answer["lost"], answer["to"], answer["more"]) == ([], [], 3, False)


def test_a_boot_without_events_ends_at_zero() -> None:
    assert page(filled(9, ("b1", 0)), "b1", 1, END)["to"] == 0


@given(
    limit=st.integers(1, 400),
    counts=st.lists(st.integers(0, 300), min_size=1, max_size=3),
    first=st.integers(1, 320),
    last=st.integers(1, 320) | st.just(END),
)
def test_pages_together_give_or_lose_each_event_once(
    limit: int, counts: list[int], first: int, last: int
) -> None:
    boots = [(f"b{number}", count) for number, count in enumerate(counts)]
    spool = filled(limit, *boots)
    boot, made = boots[0]
    given_, lost, more, begin = list[int](), list[int](), True, first
    while more:
        answer = page(spool, boot, begin, last)
        given_ += answer["events"]
        lost += [seq for low, high in answer["lost"] for seq in range(low, high + 1)]
        more, begin = answer["more"], answer["to"] + 1

    assert sorted(given_ + lost) == list(range(first, min(last, made) + 1))
    assert len(given_) <= limit


def test_pages_are_read_by_the_family() -> None:
    written = filled(500, ("b1", 300)).page("b1", 1, END)

    (report,) = read(
        Message("gatehouse/v1/berlin/lobby/backfill/data", written, retain=False, received=NOW), ESTATE
    )

    assert isinstance(report, BackfillReport)
    assert report.more
    assert report.last == len(report.events)
    assert all(one.backfilled for one in report.events)


@pytest.mark.parametrize(
    "payload",
    [b"", b"{}", b"[]", b'{"boot":1,"from":1,"to":2}', b'{"boot":"b","from":0,"to":2}', b"\xff", b"[" * 9999],
)
def test_what_is_no_request_is_not_answered(payload: bytes) -> None:
    assert read_request(payload) is None


def test_an_earlier_boot_that_is_only_remembered_has_an_end_and_no_events() -> None:
    spool = Spool(10)
    spool.remember("b1", 5)
    spool.start("b2")

    nothing = {"boot": "b1", "from": 6, "to": 5, "events": [], "lost": [], "more": False, "next_boot": "b2"}
    assert page(spool, "b1", 6, END) == nothing
    assert page(spool, "b1", 3, END) == {**nothing, "from": 3, "lost": [[3, 5]]}
