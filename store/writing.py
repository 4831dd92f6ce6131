"""Writes the records of a transaction: leaves, details, event keys, people, hours and roll-ups."""

import hashlib
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Connection, TextClause, bindparam, insert, select, text

from core.days import day_of
from core.leaf import SALT_BYTES, Draft, EventKey, detail_bytes, leaf_bytes
from core.records import KINDS
from core.times import HOUR_US, local_hour
from store import schema
from store.emission import Emission

_ADD_TO_DAY: Final = text(
    "INSERT INTO rollup_day (site, day, door, kind, reason, n) "
    "VALUES (:site, :day, :door, :kind, :reason, :n) "
    "ON CONFLICT (site, day, door, kind, reason) DO UPDATE SET n = rollup_day.n + excluded.n"
)
_ADD_TO_HOUR: Final = text(
    "INSERT INTO rollup_hour (site, hour, kind, n) VALUES (:site, :hour, :kind, :n) "
    "ON CONFLICT (site, hour, kind) DO UPDATE SET n = rollup_hour.n + excluded.n"
)
_PERSON_SITE: Final = text(
    "INSERT INTO person_site (site, person) VALUES (:site, :person) ON CONFLICT (site, person) DO NOTHING"
)
_LEAF: Final = insert(schema.leaf)
_DETAIL: Final = insert(schema.detail)
_PERSON_RECORD: Final = insert(schema.person_record)
_KEY: Final = insert(schema.event_key)
_HOUR: Final = insert(schema.hour)
_ZONES: Final = select(schema.site.c.id, schema.site.c.time_zone).where(
    schema.site.c.id.in_(bindparam("names", expanding=True))
)
_NUMBER_BYTES: Final = 8  # times in µs serve as numbers too
_NO_ZONE: Final = "UTC"


def key_bytes(device: str, key: EventKey) -> bytes:
    """Make the 18 bytes of an event key: a device's numbers lie side by side in the index."""
    return _stream(device, key.stream) + key.number.to_bytes(_NUMBER_BYTES, "big")


@lru_cache(maxsize=4_096)
def _stream(device: str, stream: str) -> bytes:
    return hashlib.blake2b(f"{device}\0{stream}".encode(), digest_size=10).digest()


def write_records(connection: Connection, emission: Emission) -> None:
    """Insert everything that was emitted."""
    drafts = emission.drafts
    if not drafts:
        return
    _write_leaves(connection, emission)
    _write_people(connection, emission)
    _write_keys(connection, emission)
    _write_hours(connection, emission)
    _write_rollups(connection, drafts)


def _write_leaves(connection: Connection, emission: Emission) -> None:
    leaves: list[dict[str, object]] = []
    details: list[dict[str, object]] = []
    for number, draft in enumerate(emission.drafts, start=emission.first_id):
        salts = {name: os.urandom(SALT_BYTES) for name in draft.private}
        leaves.append(
            {
                "id": number,
                "received": draft.received,
                "at": draft.at,
                "kind": KINDS[draft.kind].code,
                "site": draft.site,
                "door": draft.door,
                "device": draft.device,
                "leaf": leaf_bytes(draft, salts),
                "reason": draft.reason,
            }
        )
        if salts:
            body = detail_bytes(draft, salts)
            details.append(
                {"id": number, "person": draft.person, "keep_until": draft.keep_until, "body": body}
            )
    connection.execute(_LEAF, leaves)
    if details:
        connection.execute(_DETAIL, details)


def _write_people(connection: Connection, emission: Emission) -> None:
    rows = [
        {
            "person": draft.person,
            "site": draft.site or "",
            "kind": KINDS[draft.kind].code,
            "reason": draft.reason or "",
            "id": number,
            "device": draft.device or "",
            "door": draft.door or "",
        }
        for number, draft in enumerate(emission.drafts, start=emission.first_id)
        if draft.person is not None
    ]
    if rows:
        connection.execute(_PERSON_RECORD, rows)
        seen = {(row["site"], row["person"]) for row in rows}
        connection.execute(_PERSON_SITE, [{"site": site, "person": person} for site, person in seen])


def _write_keys(connection: Connection, emission: Emission) -> None:
    keys = [
        {"key": key_bytes(draft.device or "", draft.event_key), "id": number}
        for number, draft in enumerate(emission.drafts, start=emission.first_id)
        if draft.event_key is not None
    ]
    if keys:
        connection.execute(_KEY, keys)


def _write_hours(connection: Connection, emission: Emission) -> None:
    latest = emission.previous // HOUR_US
    for number, draft in enumerate(emission.drafts, start=emission.first_id):
        if draft.received // HOUR_US > latest:
            latest = draft.received // HOUR_US
            connection.execute(_HOUR, {"hour": latest, "first_id": number})


def _write_rollups(connection: Connection, drafts: Sequence[Draft]) -> None:
    zones = _zones(connection, {draft.site for draft in drafts if draft.site})
    days: Counter[tuple[str, int, str, int, str]] = Counter()
    hours: Counter[tuple[str, int, int]] = Counter()
    for draft in drafts:
        site, kind = draft.site or "", KINDS[draft.kind].code
        at = draft.received if draft.at is None else draft.at
        hour = local_hour(zones.get(site, _NO_ZONE), at)
        days[site, day_of(hour), draft.door or "", kind, draft.reason or ""] += 1
        hours[site, hour, kind] += 1
    _add(connection, _ADD_TO_DAY, ("site", "day", "door", "kind", "reason"), days)
    _add(connection, _ADD_TO_HOUR, ("site", "hour", "kind"), hours)


def _add(
    connection: Connection, statement: TextClause, names: Sequence[str], counts: Mapping[tuple[Any, ...], int]
) -> None:
    rows = [{**dict(zip(names, key, strict=True)), "n": n} for key, n in counts.items()]
    connection.execute(statement, rows)


def _zones(connection: Connection, sites: set[str]) -> dict[str, str]:
    if not sites:
        return {}
    found = connection.execute(_ZONES, {"names": list(sites)})
    return {row.id: row.time_zone for row in found}
