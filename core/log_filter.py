"""What a reader wants of the log, as it stands in a URL: places, kinds, outcomes, reasons, who and when."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import Final, TypeVar

from core.errors import FilterInvalid
from core.model import ID_PATTERN
from core.outcomes import Outcome, kinds_of
from core.records import REASONS, Kind
from core.times import DAY_US, HOUR_US, parse_iso_us, since_epoch_us

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
# The first moment that no filter speaks of: every zone's calendar and every browser still knows it.
_END_US: Final = since_epoch_us(datetime(2200, 1, 1, tzinfo=UTC))
_MAX_PERSON: Final = 200
_MAX_SHOWN: Final = 40
# The word for records that have no reason.
NO_REASON: Final = "none"
# What is called by a word that may be wrong.
_THINGS: Final = {
    "site": "site",
    "door": "door",
    "kind": "event",
    "outcome": "outcome",
    "reason": "reason",
    "device": "device",
    "person": "person",
    "when": "stretch of time",
}
_ENDS: Final = {"from": "beginning", "to": "end"}
# All names in a query that filter.
NAMES: Final = (*_THINGS, *_ENDS)
_Word = TypeVar("_Word", bound=str)


class Preset(StrEnum):
    """A stretch of time that ends now, or a day of the site."""

    HOUR = "1h"
    DAY = "24h"
    TODAY = "today"
    YESTERDAY = "yesterday"
    WEEK = "7d"
    MONTH = "30d"
    YEAR = "365d"


PRESETS: Final[Mapping[Preset, str]] = {
    Preset.HOUR: "Last hour",
    Preset.DAY: "Last 24 hours",
    Preset.TODAY: "Today",
    Preset.YESTERDAY: "Yesterday",
    Preset.WEEK: "Last 7 days",
    Preset.MONTH: "Last 30 days",
    Preset.YEAR: "Last 365 days",
}
_LENGTHS: Final[Mapping[Preset, int]] = {
    Preset.HOUR: HOUR_US,
    Preset.DAY: DAY_US,
    Preset.WEEK: 7 * DAY_US,
    Preset.MONTH: 30 * DAY_US,
    Preset.YEAR: 365 * DAY_US,
}


@dataclass(frozen=True, slots=True)
class AsOf:
    """When and where somebody asks, by which "today" means something: µs UTC, and the zone of the clock."""

    now: int
    zone: tzinfo = UTC

    def midnight(self, days_ago: int) -> int:
        """Give when a day of that zone began (µs UTC)."""
        day = (_EPOCH + timedelta(microseconds=self.now)).astimezone(self.zone).date()
        began = datetime.combine(day - timedelta(days=days_ago), time(), self.zone)
        return since_epoch_us(began.astimezone(UTC))


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """When a record happened (`at`): a preset, or from `since` until just before `until` (µs UTC)."""

    preset: Preset | None = None
    since: int | None = None
    until: int | None = None

    def __post_init__(self) -> None:
        """Refuse what is no stretch of time; raises FilterInvalid."""
        bounded = self.since is not None or self.until is not None
        if bounded == (self.preset is not None):
            raise FilterInvalid(
                "when", "the time is said in two ways (when= in the address): choose one of them"
            )
        if self.since is not None and self.until is not None and self.since >= self.until:
            raise FilterInvalid(
                "to", "the time ends before it begins (to= in the address): choose a later end"
            )

    def bounds(self, as_of: AsOf) -> tuple[int, int | None]:
        """Give its first µs UTC and the first after it (None: it goes on)."""
        if self.preset is None:
            return self.since or 0, self.until
        if self.preset in _LENGTHS:
            return as_of.now - _LENGTHS[self.preset], None
        midnight = as_of.midnight(0)
        return (midnight, None) if self.preset is Preset.TODAY else (as_of.midnight(1), midnight)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFilter:
    """What a record must be to be wanted: one of each set (empty: any) and all else that is given.

    NO_REASON among the reasons wants those that have none.
    """

    sites: frozenset[str] = frozenset()
    doors: frozenset[str] = frozenset()
    kinds: frozenset[Kind] = frozenset()
    outcomes: frozenset[Outcome] = frozenset()
    reasons: frozenset[str] = frozenset()
    device: str | None = None
    person: str | None = None
    span: Span | None = None

    @property
    def wanted_kinds(self) -> frozenset[Kind] | None:
        """The kinds that both `kinds` and `outcomes` leave; None where neither says anything."""
        if not self.outcomes:
            return self.kinds or None
        ended = kinds_of(self.outcomes)
        return ended & self.kinds if self.kinds else ended


ANYTHING: Final = LogFilter()


def of_query(query: Mapping[str, str]) -> LogFilter:
    """Read the filter of a URL; other names are left alone. Raises FilterInvalid for a word that is none."""
    return LogFilter(
        sites=_words(query, "site", _identity),
        doors=_words(query, "door", _identity),
        kinds=_words(query, "kind", Kind),
        outcomes=_words(query, "outcome", Outcome),
        reasons=_words(query, "reason", _reason),
        device=_one(query, "device", _identity),
        person=_one(query, "person", _person),
        span=_span(query),
    )


def to_query(wanted: LogFilter) -> dict[str, str]:
    """Write a filter as the names and values of a URL's query, without what it leaves open."""
    found = {
        "site": _listed(wanted.sites),
        "door": _listed(wanted.doors),
        "kind": _listed(wanted.kinds),
        "outcome": _listed(wanted.outcomes),
        "reason": _listed(wanted.reasons),
        "device": wanted.device or "",
        "person": wanted.person or "",
    }
    span = wanted.span
    if span is not None:
        found["when"] = span.preset or ""
        found["from"] = _moment(span.since)
        found["to"] = _moment(span.until)
    return {name: value for name, value in found.items() if value}


def _listed(words: Iterable[str]) -> str:
    return ",".join(sorted(words))


def _moment(at: int | None) -> str:
    if at is None:
        return ""
    return (_EPOCH + timedelta(microseconds=at)).isoformat().replace("+00:00", "Z")


def _words(query: Mapping[str, str], name: str, read: Callable[[str], _Word]) -> frozenset[_Word]:
    words = query.get(name, "").split(",")
    return frozenset(_read(name, word, read) for word in words if word)


def _one(query: Mapping[str, str], name: str, read: Callable[[str], str]) -> str | None:
    word = query.get(name, "")
    return _read(name, word, read) if word else None


def _read(name: str, word: str, read: Callable[[str], _Word]) -> _Word:
    try:
        return read(word)
    except ValueError as error:
        shown = f" called '{word}'" if len(word) <= _MAX_SHOWN and word.isprintable() else ""
        message = f"there is no such {_THINGS[name]}{shown} ({name}= in the address)"
        raise FilterInvalid(name, message) from error


def _identity(word: str) -> str:
    if not ID_PATTERN.fullmatch(word):
        raise ValueError(word)
    return word


def _reason(word: str) -> str:
    if word != NO_REASON and word not in REASONS:
        raise ValueError(word)
    return word


def _person(word: str) -> str:
    # A lone surrogate, which no record holds, is refused by the encoding as a ValueError.
    if len(word.encode()) > _MAX_PERSON:
        raise ValueError(word)
    return word


def _span(query: Mapping[str, str]) -> Span | None:
    preset, since, until = (query.get(name, "") for name in ("when", "from", "to"))
    if not preset and not since and not until:
        return None
    return Span(
        preset=_read("when", preset, Preset) if preset else None,
        since=_time("from", since),
        until=_time("to", until),
    )


def _time(name: str, word: str) -> int | None:
    if not word:
        return None
    try:
        found = parse_iso_us(word)
    except (ValueError, OverflowError) as error:
        raise _wrong_time(name, "can't be read", "choose it anew") from error
    if found < 0:
        raise _wrong_time(name, "is before 1970", "choose a later one")
    if found >= _END_US:
        raise _wrong_time(name, "is after 2199", "choose an earlier one")
    return found


def _wrong_time(name: str, wrong: str, instead: str) -> FilterInvalid:
    return FilterInvalid(name, f"the {_ENDS[name]} of the time {wrong} ({name}= in the address): {instead}")
