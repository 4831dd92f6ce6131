"""A console before devices, with ingest listening, for the tests of acts."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from auth.current import Services
from auth.presence import Presence
from auth.sessions import Sessions
from operations import lockdown
from operations import sending as module
from store import patience
from store.directory import save_account
from store.estate import import_estate
from tests.auth.people import LIMITS, NOW, account, peopled_store
from tests.operations.unlocking import (
    CAN,
    ESTATE,
    SECRET,
    SomeLine,
    listen,
)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no act of many at once give up before its turn, however much else the machine does."""
    monkeypatch.setattr(patience, "ACT_S", 60.0)


@pytest.fixture
def line() -> SomeLine:
    return SomeLine()


@pytest.fixture
def services(tmp_path: Path, line: SomeLine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    db = peopled_store(tmp_path / "data")
    for username in ("ada", "ben", "cleo"):
        save_account(db, replace(account(username), totp_secret=SECRET), NOW, "tests")
    import_estate(db, ESTATE, NOW, "tests")
    for one_module in (module, lockdown):
        monkeypatch.setattr(one_module, "now_us", lambda: NOW + 2)
    one = Services(
        db=db,
        sessions=Sessions(db, LIMITS),
        presence=Presence(),
        families={"gatehouse": CAN},
        line=line,
    )
    line.services = one
    listen(one)
    yield one
    db.close()
