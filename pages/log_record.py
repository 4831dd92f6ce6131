"""One record of the log, opened beside the others: all that is known of it, and what belongs to it."""

import json
from collections.abc import Iterable, Mapping
from typing import Final, TypeAlias
from urllib.parse import urlencode

from auth.current import the
from core.permissions import Scope
from core.records import KINDS, Kind
from core.times import iso_us
from pages import formats
from pages.act_words import FACTS
from pages.foreign import visible
from pages.log_rows import UTC
from pages.log_words import CLASSES, SEVERITIES, SIGNS, TONES, reason
from store.log_names import LogNames
from store.record_details import RecordDetails, linked_records, record_details
from store.views import Rec, about_operators

Line: TypeAlias = dict[str, object]
Term: TypeAlias = dict[str, object]
_PEOPLE: Final = {
    "person": "Person",
    "name": "Name",
    "subject": "Operator",
    "credential": "Credential",
    "text": "In its own words",
    "raw_kind": "The maker's word",
    "address": "Address",
    "agent": "Browser",
    "note": "Note",
    "bound": "What the proof was bound to",
    "why": "Reason that was given",
    "sought": "Person looked for",
}
_SECOND: Final = "second_"
_OWN_WORDS: Final = frozenset({"text", "raw_kind", "credential", "bound"})


def panel(scope: Scope, names: LogNames, number: int) -> dict[str, object]:
    """Give what the panel draws; a record of others and one that is not there are the same to it."""
    found = record_details(the().db, scope, number)
    if found is None:
        words = "Or it is of a site that is not yours to read."
        return {"id": number, "title": "There is no such record", "words": words}
    record = found.record
    zone, place = _place(record, names)
    chain = linked_records(the().db, scope, number)
    return {
        "id": number,
        "title": record.label,
        "words": f"No. {formats.here().number(number)}, {record.kind}",
        "sign": SIGNS[record.severity],
        "tone": TONES.get(record.severity, ""),
        "severity": SEVERITIES.get(record.severity, ""),
        "at": record.at,
        "received": record.received,
        "told": found.told,
        # What an operator does is told by no device, whatever door it is about.
        "ours": about_operators(Kind(record.kind)),
        "zone": zone,
        "siteName": place,
        "chain": [_step(one, number, names) for one in chain] if len(chain) > 1 else [],
        "sections": [one for one in _sections(found, names) if one["terms"]],
        "leaf": json.dumps(found.leaf, indent=2, ensure_ascii=False, sort_keys=True),
        "json": as_json(found, names),
    }


def _place(record: Rec, names: LogNames) -> tuple[str, str]:
    site = names.sites.get(record.site or "")
    return (site.time_zone, site.name) if site else (UTC, "")


def _step(record: Rec, number: int, names: LogNames) -> dict[str, object]:
    zone, _ = _place(record, names)
    return {
        "id": record.id,
        "label": record.label,
        "sign": SIGNS[record.severity],
        "tone": TONES.get(record.severity, ""),
        "at": record.at,
        "zone": zone,
        "note": visible(record.name or record.person or ""),
        "current": record.id == number,
    }


# --- what is known of it ------------------------------------------------------------------------------


def _sections(found: RecordDetails, names: LogNames) -> Iterable[dict[str, object]]:
    yield {"title": "Where", "terms": [*_where(found.record, names)]}
    yield {"title": "Who", "terms": [*_who(found)]}
    yield {"title": "What", "terms": [*_what(found)]}


def _term(name: str, *lines: Line) -> Term:
    return {"term": name, "lines": list(lines)}


def _line(text: str, note: str = "", **more: object) -> Line:
    return {"text": visible(text), "note": visible(note), **more}


def _where(record: Rec, names: LogNames) -> Iterable[Term]:
    door = names.doors.get(record.door or "")
    device = names.devices.get(record.device or "")
    site = names.sites.get(record.site or "")
    if record.door:
        known = _line(door.name, door.id, only=("door", [door.id])) if door else _line(record.door)
        yield _term("Door", known)
    if site:
        yield _term("Site", _line(site.name, site.id, only=("site", [site.id])))
    if device:
        page = f"/devices?{urlencode({'device': device.id})}"
        now = () if device.retired else (_line("How it is now", page=page),)
        yield _term("Device", _line(device.name, device.id, only=("device", [device.id])), *now)
    elif record.device:
        yield _term("Device", _line(record.device))


def _who(found: RecordDetails) -> Iterable[Term]:
    record, said = found.record, found.private
    if record.person:
        line = _line(record.name or record.person, record.person if record.name else "")
        # Operators are named by their sign-in, which is no number that people at doors have.
        only = {"only": ("person", [record.person])} if "person" in said else {}
        yield _term("Person", line | only)
    for name, value in said.items():
        if name not in {"person", "subject", "name"}:
            yield _term(_titled(name), _line(value, mono=name in _OWN_WORDS))
    if found.erased:
        yield _term("Deleted", _line("What was personal in it has been deleted; the rest is as it was."))
    elif not found.named and "commit" in found.leaf:
        yield _term("Person", _line("Not named to you: your role does not include it here."))


def _what(found: RecordDetails) -> Iterable[Term]:
    record, info = found.record, KINDS[Kind(found.record.kind)]
    yield _term("Event", _line(record.label, CLASSES[info.klass], only=("kind", [record.kind])))
    if record.reason:
        name, meaning = reason(record.reason)
        yield _term("Reason", _line(name, meaning, only=("reason", [record.reason])))
    if record.outcome:
        yield _term("Outcome", _line(record.outcome.replace("_", " ")))
    if record.backfilled:
        yield _term("Back-filled", _line("It came later, when the device was asked for what was missing."))
    refs = found.leaf.get("refs", {})
    for name, value in refs.items() if isinstance(refs, Mapping) else ():
        if name != "told":
            yield _term(_titled(name), _line(_written(value), mono=True))
    yield _term("After the rule", _line(found.source))


def _titled(name: str) -> str:
    second = name.removeprefix(_SECOND)
    if second in FACTS:
        return FACTS[name] if name in FACTS else f"Second person: {FACTS[second]}"
    return _PEOPLE.get(name) or visible(name.replace("_", " ").capitalize())


def _written(value: object) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


# --- to take along ------------------------------------------------------------------------------------


def as_json(found: RecordDetails, names: LogNames) -> str:
    """Write all that this reader may know of a record as JSON; times are ISO 8601 in UTC."""
    record = found.record
    door, device = names.doors.get(record.door or ""), names.devices.get(record.device or "")
    zone, place = _place(record, names)
    known = {
        "id": record.id,
        "kind": record.kind,
        "label": record.label,
        "severity": record.severity,
        "at": iso_us(record.at),
        "received": iso_us(record.received),
        "device_clock": None if found.told is None else iso_us(found.told),
        "site": {"id": record.site, "name": place, "time_zone": zone} if record.site else None,
        "door": {"id": record.door, "name": door.name if door else None} if record.door else None,
        "device": {"id": record.device, "name": device.name if device else None} if record.device else None,
        "person": {"number": record.person, "name": record.name} if record.person else None,
        "private": dict(found.private),
        "policy": found.policy,
        "source": found.source,
        "sealed": found.leaf,
    }
    return json.dumps(known, indent=2, ensure_ascii=False)
