"""Vendors' local times to µs UTC, the two nights of the year included."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.devices.local_time import epoch_us, local_us
from core.errors import BadMessage
from core.times import parse_iso_us

BERLIN = "Europe/Berlin"


@pytest.mark.parametrize(
    ("text", "time_zone", "expected"),
    [
        ("2019-08-09 16:18:55 PDT", "America/Los_Angeles", "2019-08-09T23:18:55Z"),
        ("2019-12-09 16:18:55 PST", "America/Los_Angeles", "2019-12-10T00:18:55Z"),
        ("2019-08-09 16:18:55 +0200", "America/Los_Angeles", "2019-08-09T14:18:55Z"),
        ("2019-08-09 16:18:55 +02:00", "UTC", "2019-08-09T14:18:55Z"),
        ("2019-08-09T16:18:55-0330", "UTC", "2019-08-09T19:48:55Z"),
        ("2019-08-09 16:18:55 +08", "Asia/Singapore", "2019-08-09T08:18:55Z"),
        ("2019-08-09 16:18:55Z", BERLIN, "2019-08-09T16:18:55Z"),
        ("2019-08-09 16:18:55 UTC", BERLIN, "2019-08-09T16:18:55Z"),
        ("2019-08-09 16:18:55", BERLIN, "2019-08-09T14:18:55Z"),
        ("2019-08-09 16:18:55.123456789", BERLIN, "2019-08-09T14:18:55.123456Z"),
        ("2026-10-25 02:30:00 CEST", BERLIN, "2026-10-25T00:30:00Z"),
        ("2026-10-25 02:30:00 CET", BERLIN, "2026-10-25T01:30:00Z"),
        ("2026-10-25 01:30:00 GMT", "Europe/London", "2026-10-25T01:30:00Z"),
        ("2026-10-25 01:30:00 BST", "Europe/London", "2026-10-25T00:30:00Z"),
        ("2026-10-25 02:30:00", BERLIN, "2026-10-25T00:30:00Z"),
        ("2026-10-25 02:30:00 PDT", BERLIN, "2026-10-25T00:30:00Z"),
        ("2026-03-29 02:30:00", BERLIN, "2026-03-29T01:30:00Z"),
        ("2019-08-09 16:18:55", "Nowhere/Land", "2019-08-09T16:18:55Z"),
        ("2019-08-09 16:18:55", "", "2019-08-09T16:18:55Z"),
    ],
)
def test_a_local_time_is_read_in_its_zone(text: str, time_zone: str, expected: str) -> None:
    assert local_us(text, time_zone) == parse_iso_us(expected)


def test_the_repeated_hour_does_not_go_back_behind_what_was_written_before() -> None:
    before = local_us("2026-10-25 02:50:00", BERLIN)

    again = local_us("2026-10-25 02:10:00", BERLIN, after=before)

    assert again == parse_iso_us("2026-10-25T01:10:00Z") > before


def test_the_first_turn_of_the_repeated_hour_is_kept_while_it_goes_forward() -> None:
    before = local_us("2026-10-25 02:10:00", BERLIN)

    assert local_us("2026-10-25 02:50:00", BERLIN, after=before) == parse_iso_us("2026-10-25T00:50:00Z")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2019-08-09",
        "16:18:55",
        "2019-13-09 16:18:55",
        "2019-08-09 25:18:55",
        "2019-08-09 16:18:55 +9900",
        "2019-08-09 16:18:55 CEST/Berlin",
        "2019-08-09 16:18:55\n",
        "٢٠١٩-08-09 16:18:55",
        "2019-08-09 16:18:55" + " " * 64,
    ],
)
def test_what_is_no_time_is_a_bad_time(text: str) -> None:
    with pytest.raises(BadMessage) as caught:
        local_us(text, BERLIN)
    assert caught.value.reason == "bad_time"


@given(text=st.text(max_size=70), zone=st.text(max_size=20))
def test_nothing_but_a_bad_message_is_raised(text: str, zone: str) -> None:
    with contextlib.suppress(BadMessage):
        assert isinstance(local_us(text, zone), int)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1605991375, 1_605_991_375_000_000),
        (1605991375.25, 1_605_991_375_250_000),
        (1590045190230, 1_590_045_190_230_000),
        (1736603810.49, 1_736_603_810_490_000),
        (1590045190230000, 1_590_045_190_230_000),
        ("1605991375", 1_605_991_375_000_000),
        ("1605991375.5", 1_605_991_375_500_000),
        (0, 0),
    ],
)
def test_an_epoch_is_read_by_its_size(value: object, expected: int) -> None:
    assert epoch_us(value) == expected


@pytest.mark.parametrize("value", [None, True, -1, "soon", "", [], 10**40, float("nan"), float("inf"), "1e9"])
def test_what_is_no_epoch_is_a_bad_time(value: object) -> None:
    with pytest.raises(BadMessage) as caught:
        epoch_us(value)
    assert caught.value.reason == "bad_time"
