"""Cardholders' names, apart from the log so that they can be searched and erased."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import text

from store.database import Database

_SAVE: Final = text(
    "INSERT INTO person (id, name) VALUES (:id, :name) ON CONFLICT (id) DO UPDATE SET name = excluded.name"
)


def save_people(db: Database, names: Mapping[str, str]) -> None:
    """Note the name of each person number, new or changed."""
    if names:
        with db.write() as connection:
            connection.execute(_SAVE, [{"id": number, "name": name} for number, name in names.items()])
