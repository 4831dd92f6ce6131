"""A record as a row of the log's table; the browser writes its times and numbers."""

from collections.abc import Iterable, Mapping
from typing import Final, TypeAlias

from pages.foreign import visible
from pages.formats import Formats
from pages.log_words import SEVERITIES, SIGNS, TONES, notes, reason
from store.log_names import LogNames, Named
from store.views import Rec

Row: TypeAlias = dict[str, object]
UTC: Final = "UTC"


def row_of(record: Rec, names: LogNames, write: Formats) -> Row:
    """Write a record with the names of what it is about; what is not named here keeps its id."""
    site = names.sites.get(record.site or "")
    return {
        "id": record.id,
        "at": record.at,
        "zone": site.time_zone if site else UTC,
        "sign": SIGNS[record.severity],
        "tone": TONES.get(record.severity, ""),
        "severity": SEVERITIES.get(record.severity, ""),
        "kind": record.kind,
        "label": record.label,
        "site": record.site,
        "siteName": site.name if site else record.site,
        "door": record.door,
        "doorName": _name(names.doors.get(record.door or ""), record.door),
        "device": record.device,
        "deviceName": _name(names.devices.get(record.device or ""), record.device),
        "person": record.person,
        "name": visible(record.name or ""),
        "credential": visible(record.credential or ""),
        "reason": record.reason,
        "reasonName": reason(record.reason)[0] if record.reason else "",
        "outcome": visible((record.outcome or "").replace("_", " ")),
        "received": record.received,
        "notes": notes(record, write),
    }


def _name(one: Named | None, known_as: str | None) -> str:
    return visible(one.name if one else known_as or "")


def people_in(records: Iterable[Rec]) -> Mapping[str, str]:
    """Give the names that records tell of the people in them, by number."""
    return {one.person: one.name for one in records if one.person and one.name}
