"""Numbers, dates and times as the reader writes them: German, or English as in Britain or in America.

`components/shared/formats.js` writes the same in the browser; a test compares the two. Days are never read
two ways, hours count to 24, and a time of day always has its offset beside it.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import streamlit as st
from babel import Locale
from babel.dates import format_date, format_skeleton
from babel.numbers import format_decimal

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_BRITISH: Final = "en-GB"


@dataclass(frozen=True, slots=True)
class Formats:
    """How one language writes; `tag` is "de", "en-GB" or "en-US"."""

    tag: str

    @property
    def _locale(self) -> Locale:
        return _LOCALES[self.tag]

    def number(self, value: float, digits: int = 0) -> str:
        """Write a number with its thousands apart, rounded to so many digits after the point."""
        pattern = f"#,##0.{'0' * digits}" if digits else "#,##0"
        return format_decimal(value, format=pattern, locale=self._locale)

    def percent(self, share: float, digits: int = 0) -> str:
        """Write a share (1.0: all) in per cent."""
        space = "\N{NO-BREAK SPACE}" if self.tag == "de" else ""
        return f"{self.number(100 * share, digits)}{space}%"

    def day(self, value: date) -> str:
        """Write a day of the calendar."""
        return format_date(value, "medium", locale=self._locale)

    def short(self, value: date) -> str:
        """Write a day without its year, for where there is room for no more."""
        return format_skeleton("MMMd", value, locale=self._locale)

    def date(self, us: int, zone: str) -> str:
        """Write the day that a moment (µs UTC) falls on in a zone."""
        return self.day(local(us, zone).date())

    def stamp(self, us: int, zone: str) -> str:
        """Write a moment (µs UTC) as day and time of a zone, with its offset."""
        moment = local(us, zone)
        return f"{self.day(moment.date())}, {moment:%H:%M:%S} {offset(moment)}"

    def clock(self, us: int, zone: str) -> str:
        """Write the time of day of a moment (µs UTC) without its seconds, for one of this day."""
        moment = local(us, zone)
        return f"{moment:%H:%M} {offset(moment)}"

    def minute(self, us: int, zone: str) -> str:
        """Write a moment (µs UTC) without its seconds."""
        moment = local(us, zone)
        return f"{self.day(moment.date())}, {moment:%H:%M} {offset(moment)}"


_LOCALES: Final = {"de": Locale("de"), _BRITISH: Locale("en", "GB"), "en-US": Locale("en", "US")}
_WAYS: Final = {tag: Formats(tag) for tag in _LOCALES}


def here() -> Formats:
    """Give the formats of the browser that shows this page."""
    told = st.context.locale
    return formats_of(told if isinstance(told, str) else "")


def formats_of(tag: str) -> Formats:
    """Give the formats for a browser's language tag; who reads neither language gets the British ones."""
    language, _, region = tag.lower().partition("-")
    if language == "de":
        return _WAYS["de"]
    return _WAYS["en-US" if (language, region) == ("en", "us") else _BRITISH]


def local(us: int, zone: str) -> datetime:
    """Give a moment (µs UTC) on the clock of a zone."""
    return (_EPOCH + timedelta(microseconds=us)).astimezone(ZoneInfo(zone))


def offset(moment: datetime) -> str:
    """Write how far a zone's clock is from UTC at a moment, as "+01:00"."""
    return moment.strftime("%z")[:3] + ":" + moment.strftime("%z")[3:5]
