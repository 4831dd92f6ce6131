"""Cardholders' names, apart from the log so that they can be searched and erased."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import text

from core.searching import sought
from store.database import Database

_SAVE: Final = text(
    "INSERT INTO person (id, name, sought) VALUES (:id, :name, :sought) "
    "ON CONFLICT (id) DO UPDATE SET name = excluded.name, sought = excluded.sought"
)


def save_people(db: Database, names: Mapping[str, str]) -> None:
    """Note the name of each person number, new or changed."""
    if names:
        with db.write() as connection:
            connection.execute(_SAVE, [_row(number, name) for number, name in names.items()])


def _row(number: str, name: str) -> dict[str, str]:
    return {"id": number, "name": name, "sought": sought(name, number)}
