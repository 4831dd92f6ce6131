"""Whether a device is known to be away: by its own last word, its will, or its silence."""

from typing import Final

from sqlalchemy import bindparam, select

from store.database import Database
from store.schema import device_state

_STATE: Final = select(device_state.c.online, device_state.c.silent).where(
    device_state.c.device == bindparam("name")
)


def known_away(db: Database, device: str) -> bool:
    """Whether it said, or was found, to be away; one that never said anything may be there."""
    with db.read() as connection:
        row = connection.execute(_STATE, {"name": device}).one_or_none()
    return row is not None and (row.online is False or bool(row.silent))
