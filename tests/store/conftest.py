"""The store under test: three sites, two devices; a module may have a `db` of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from store.database import Database
from tests.store.words import fresh


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    opened = fresh(tmp_path / "data")
    yield opened
    opened.close()
