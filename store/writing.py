"""Writes the records of a transaction: leaves, details, event keys, hours and roll-ups."""

import hashlib
import os
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from sqlalchemy import Connection, bindparam, insert, select, text

from core.leaf import SALT_BYTES, Draft, EventKey, detail_bytes, leaf_bytes
from core.records import KINDS
from core.times import HOUR_US, local_hour
from store import schema
from store.emission import Emission

_ADD_TO_ROLLUP: Final = text(
    "INSERT INTO rollup (site, hour, door, kind, reason, n) VALUES (:site, :hour, :door, :kind, :reason, :n) "
    "ON CONFLICT (site, hour, door, kind, reason) DO UPDATE SET n = rollup.n + excluded.n"
)
_LEAF: Final = insert(schema.leaf)
_DETAIL: Final = insert(schema.detail)
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
    counts: Counter[tuple[str, int, str, int, str]] = Counter()
    for draft in drafts:
        site = draft.site or ""
        at = draft.received if draft.at is None else draft.at
        hour = local_hour(zones.get(site, _NO_ZONE), at)
        counts[site, hour, draft.door or "", KINDS[draft.kind].code, draft.reason or ""] += 1
    names = ("site", "hour", "door", "kind", "reason")
    connection.execute(
        _ADD_TO_ROLLUP, [{**dict(zip(names, key, strict=True)), "n": n} for key, n in counts.items()]
    )


def _zones(connection: Connection, sites: set[str]) -> dict[str, str]:
    if not sites:
        return {}
    found = connection.execute(_ZONES, {"names": list(sites)})
    return {row.id: row.time_zone for row in found}
