"""The last raw words of each device, masked, as they were when ingest last wrote them down."""

from collections.abc import Sequence
from typing import Final

import msgspec
from sqlalchemy import Connection, delete, text, update

from core.reports import LastWords
from core.retention import RAW_US
from store.database import Database
from store.schema import device_words, unclaimed

_SAVE: Final = text(
    "INSERT INTO device_words (device, at, words) VALUES (:device, :at, :words) "
    "ON CONFLICT (device) DO UPDATE SET at = excluded.at, words = excluded.words"
)


def keep_words(db: Database, rows: Sequence[LastWords]) -> None:
    """Replace what is kept of these devices."""
    if rows:
        found = [
            {"device": row.device, "at": row.at, "words": msgspec.json.encode(row.words)} for row in rows
        ]
        with db.write() as connection:
            connection.execute(_SAVE, found)


def forget_words(connection: Connection, now: int) -> None:
    """Delete what is older than it may be kept, of devices and of strangers, in the caller's transaction."""
    connection.execute(delete(device_words).where(device_words.c.at <= now - RAW_US))
    silent = (unclaimed.c.last <= now - RAW_US) & (unclaimed.c.text != "")
    connection.execute(update(unclaimed).where(silent).values(text=""))
