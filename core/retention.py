"""How long personal data is kept: by class and site, except what a legal hold covers. Times are µs UTC."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from core.records import KINDS, Class, Kind
from core.times import DAY_US

LEAST_DAYS: Final = 1
MOST_DAYS: Final = 3_650
# Between the two phases of a purge: whoever sees that something is due can still place a hold.
GRACE_US: Final = DAY_US
EVERY_SITE: Final = ""
CASE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,63}")
RAW_DAYS: Final = 30
RAW_US: Final = RAW_DAYS * DAY_US


class Kept(StrEnum):
    """What is kept for a time of its own."""

    MOVEMENT = "movement"
    DOOR = "door"
    CALL = "call"
    DEVICE = "device"
    FEED = "feed"
    CAMERA = "camera"
    OPERATOR = "operator"
    ORGANISATION = "organisation"
    PAYLOAD = "payload"
    SNAPSHOT = "snapshot"


DEFAULT_DAYS: Final[Mapping[Kept, int]] = {
    **dict.fromkeys(Kept, 90),
    Kept.OPERATOR: 365,
    Kept.ORGANISATION: 365,
    Kept.PAYLOAD: RAW_DAYS,
    Kept.SNAPSHOT: 30,
}
_OF_CLASS: Final[Mapping[Class, Kept]] = {
    **{one: Kept(one.value) for one in Class if one.value in set(Kept)},
    Class.DURESS: Kept.OPERATOR,
    Class.LEDGER: Kept.ORGANISATION,
}


def kept_as(kind: Kind, *, raw: bool = False) -> Kept:
    """Say as what the detail of a record is kept; `raw` is what a device sent, as it came."""
    return Kept.PAYLOAD if raw else _OF_CLASS[KINDS[kind].klass]


@dataclass(frozen=True, slots=True)
class Keeping:
    """For how many days each class is kept, by site and class; what nobody has set is kept by default."""

    set_days: Mapping[tuple[str, Kept], int] = field(default_factory=dict)

    def days(self, site: str, kept: Kept) -> int:
        """Give the days at a site, or of the organisation where `site` is empty."""
        everywhere = self.set_days.get((EVERY_SITE, kept), DEFAULT_DAYS[kept])
        return self.set_days.get((site, kept), everywhere)

    @property
    def fewest(self) -> int:
        """The fewest days for which anything at all is kept."""
        return min(*self.set_days.values(), *DEFAULT_DAYS.values())

    def is_due(self, one: "Held", now: int) -> bool:
        """Whether its time is up, holds left aside."""
        return one.received <= now - self.days(one.site, one.kept) * DAY_US


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A detail as retention looks at it; `people` are the numbers and subjects that it names."""

    id: int
    kept: Kept
    site: str
    door: str
    received: int
    at: int
    people: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """What must stay for a case: at a site, at these doors, of this person, of this time.

    What is empty narrows nothing; `since` is the first µs and `until` the first one after, 0 without an end.
    """

    case: str
    site: str = EVERY_SITE
    doors: frozenset[str] = frozenset()
    person: str = ""
    since: int = 0
    until: int = 0

    def covers(self, one: Held) -> bool:
        """Whether it must stay: happened or received in that time, since a device's clock may be wrong."""
        return (
            self.site in {EVERY_SITE, one.site}
            and (not self.doors or one.door in self.doors)
            and (not self.person or self.person in one.people)
            and (self._spans(one.received) or self._spans(one.at))
        )

    def _spans(self, moment: int) -> bool:
        return self.since <= moment and (not self.until or moment < self.until)


def covering(holds: Iterable[Hold], one: Held) -> str | None:
    """Name the case of a hold that covers it, None where none does."""
    return next((hold.case for hold in holds if hold.covers(one)), None)
