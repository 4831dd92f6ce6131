"""A store with people in it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from auth.passkeys import Passkeys, Visit
from auth.sessions import Sessions
from store.database import Database
from tests.auth.authenticator import ORIGIN
from tests.auth.passkeying import visit
from tests.auth.people import LIMITS, peopled_store


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    database = peopled_store(tmp_path / "data")
    yield database
    database.close()


@pytest.fixture
def sessions(db: Database) -> Sessions:
    return Sessions(db, LIMITS)


@pytest.fixture
def passkeys(db: Database) -> Passkeys:
    return Passkeys(db, ORIGIN)


@pytest.fixture
def ben(sessions: Sessions) -> Visit:
    return visit(sessions, "ben")
