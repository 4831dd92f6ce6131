"""The store under test: three sites, two devices; a module may have a `db` of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from store import ranges
from store.database import Database
from tests.store.words import fresh


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    opened = fresh(tmp_path / "data")
    yield opened
    opened.close()


@pytest.fixture(params=[0, 1_000], ids=["by-place", "by-the-end"])
def each_way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read by each of the two ways, which must not differ."""
    monkeypatch.setattr(ranges, "_NEAR", request.param)
    monkeypatch.setattr(ranges, "_MANY_PLACES", 0 if request.param else 200)
