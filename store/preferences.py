"""How each person likes the console: small values of theirs alone, which follow them to every browser."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from sqlalchemy import select, text

from core.errors import Invalid, NotPermitted
from core.model import ID_PATTERN
from store.database import Database
from store.schema_people import preference

NAMES: Final = frozenset({"density", "favourites", "pinned", "sound", "theme", "toured"})
LARGEST_BYTES: Final = 2_048
# One for each key from 1 to 9.
MOST_FAVOURITES: Final = 9
_SAVE: Final = text(
    "INSERT INTO preference (subject, name, value) VALUES (:subject, :name, :value) "
    "ON CONFLICT (subject, name) DO UPDATE SET value = excluded.value"
)


def preferences(db: Database, subject: str) -> Mapping[str, Any]:
    """Give all that somebody has chosen, by name, as JSON values."""
    query = select(preference.c.name, preference.c.value).where(preference.c.subject == subject)
    with db.read() as connection:
        rows = connection.execute(query).all()
    return {row.name: msgspec.json.decode(row.value) for row in rows if row.name in NAMES}


def save_preference(db: Database, subject: str, name: str, value: bytes) -> None:
    """Keep a JSON value of at most 2 KiB under a name of ours; null forgets it.

    Raises NotPermitted for another name and Invalid for what is no such value.
    """
    if name not in NAMES:
        raise NotPermitted("there is no such preference")
    kept = _checked(name, value)
    mine = (preference.c.subject == subject) & (preference.c.name == name)
    with db.write() as connection:
        if kept == "null":
            connection.execute(preference.delete().where(mine))
        else:
            connection.execute(_SAVE, {"subject": subject, "name": name, "value": kept})


def forget_preferences(db: Database, subject: str) -> None:
    """Let somebody begin as on the first day."""
    with db.write() as connection:
        connection.execute(preference.delete().where(preference.c.subject == subject))


def _checked(name: str, value: bytes) -> str:
    if len(value) > LARGEST_BYTES:
        raise Invalid(f"a preference has at most {LARGEST_BYTES} bytes")
    try:
        chosen = msgspec.json.decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Invalid("a preference is a JSON value") from error
    if name == "favourites" and not _are_favourites(chosen):
        raise Invalid(f"favourites are the ids of at most {MOST_FAVOURITES} different doors")
    # Written anew, so that spaces and doubled names are not kept.
    return msgspec.json.encode(chosen).decode()


def _are_favourites(chosen: object) -> bool:
    if chosen is None:
        return True
    if not isinstance(chosen, list) or len(chosen) > MOST_FAVOURITES:
        return False
    doors = {one for one in chosen if isinstance(one, str) and ID_PATTERN.fullmatch(one)}
    return len(doors) == len(chosen)
