"""A store with people in it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from auth.sessions import Sessions
from store.database import Database
from tests.auth.people import LIMITS, peopled_store


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    database = peopled_store(tmp_path / "data")
    yield database
    database.close()


@pytest.fixture
def sessions(db: Database) -> Sessions:
    return Sessions(db, LIMITS)
