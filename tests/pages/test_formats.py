"""Numbers and dates as German and English readers write them."""

from datetime import date

import pytest

from core.times import parse_iso_us
from pages.formats import formats_of

MOMENT = parse_iso_us("2026-03-04T23:05:06Z")


@pytest.mark.parametrize(
    ("tag", "number", "share", "moment"),
    [
        ("de-AT", "1.234.567,9", "12,5\N{NO-BREAK SPACE}%", "05.03.2026, 00:05:06 +01:00"),
        ("en-US", "1,234,567.9", "12.5%", "Mar 5, 2026, 00:05:06 +01:00"),
        ("en-AU", "1,234,567.9", "12.5%", "5 Mar 2026, 00:05:06 +01:00"),
    ],
)
def test_each_language_has_its_own_points_commas_and_days(
    tag: str, number: str, share: str, moment: str
) -> None:
    here = formats_of(tag)

    assert (here.number(1_234_567.891, 1), here.percent(0.125, 1)) == (number, share)
    assert here.stamp(MOMENT, "Europe/Berlin") == moment
    assert here.minute(MOMENT, "Europe/Berlin") == moment.replace(":06 ", " ")


@pytest.mark.parametrize("tag", ["", "fr-FR", "nds", "EN-gb", "x" * 500])
def test_who_reads_neither_language_gets_days_that_cannot_be_misread(tag: str) -> None:
    assert formats_of(tag).day(date(2026, 4, 3)) == "3 Apr 2026"


def test_a_day_is_that_of_the_zone() -> None:
    here = formats_of("de")

    assert here.date(MOMENT, "Europe/Berlin") == "05.03.2026"
    assert here.date(MOMENT, "America/New_York") == "04.03.2026"


@pytest.mark.parametrize(
    ("zone", "told"), [("Asia/Kolkata", "+05:30"), ("America/St_Johns", "-03:30"), ("UTC", "+00:00")]
)
def test_a_time_keeps_its_offset(zone: str, told: str) -> None:
    assert formats_of("en").stamp(MOMENT, zone).endswith(f" {told}")
