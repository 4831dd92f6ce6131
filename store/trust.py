"""What is known of each provider: reached or not, its keys and clock, the last sign-ins."""

from collections.abc import Callable, Mapping
from typing import Final

import msgspec
from sqlalchemy import Connection, select, text

from core.leaf import Draft
from store.database import Database
from store.log import append_within
from store.schema_people import trust

_PUT: Final = text(
    "INSERT INTO trust (provider, state) VALUES (:provider, :state) "
    "ON CONFLICT (provider) DO UPDATE SET state = excluded.state"
)


class TrustState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is known of a provider; times are µs UTC, 0 for never.

    `since` says since when each look has reached it, `lost` since when none has; `reason` (a code of
    `records.REASONS`) and `problem` say why not. `drift_ms` is its clock minus ours by the Date of its
    answers, `issued_ms` by the time in its last token, which is some way old when it comes; `failed_*` tell
    of the last sign-in that was refused, `lacking` of claims that the last one did not bring.
    """

    checked: int = 0
    reached: int = 0
    since: int = 0
    lost: int = 0
    reason: str = ""
    problem: str = ""
    keys_at: int = 0
    drift_ms: int | None = None
    issued_ms: int | None = None
    good: int = 0
    failed: int = 0
    failed_reason: str = ""
    failed_words: str = ""
    lacking: str = ""


def trust_states(db: Database) -> Mapping[str, TrustState]:
    """Give what is known of each provider, by its name."""
    with db.read() as connection:
        rows = connection.execute(select(trust)).all()
    return {row.provider: msgspec.json.decode(row.state, type=TrustState) for row in rows}


def note_trust(
    db: Database,
    provider: str,
    change: Callable[[TrustState], TrustState],
    record: Callable[[TrustState, TrustState], Draft | None] = lambda _old, _new: None,
) -> TrustState:
    """Change what is known of a provider; `record` makes the record of a change worth one."""
    with db.write() as connection:
        old = _state(connection, provider)
        new = change(old)
        connection.execute(_PUT, {"provider": provider, "state": msgspec.json.encode(new)})
        if (draft := record(old, new)) is not None:
            append_within(connection, [draft])
    return new


def _state(connection: Connection, provider: str) -> TrustState:
    wanted = select(trust.c.state).where(trust.c.provider == provider)
    found = connection.execute(wanted).scalar_one_or_none()
    return TrustState() if found is None else msgspec.json.decode(found, type=TrustState)
