"""The writes of an act wait for the store together as long as one may, and no longer."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

import pytest

from core.errors import StoreUnavailable
from store import patience as module
from store.database import Database
from store.patience import ACT_S, LEAST_S, elsewhere, hurried, patience
from tests.stores import new_store
from tests.stores_held import Holder, holder


@dataclass
class Watch:
    """A clock that is set by hand."""

    now: float = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    one = Watch()
    monkeypatch.setattr(module, "time", one)
    return one


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    made = new_store(tmp_path / "data")
    yield made
    made.close()


@pytest.fixture
def held(db: Database) -> Iterator[Holder]:
    with holder(db.file) as other:
        other.take()
        yield other


def left() -> float:
    mine = patience()
    assert mine is not None
    return mine.left()


def test_time_passes_from_the_first_on_and_leaves_a_little_for_cleaning_up(watch: Watch) -> None:
    with hurried():
        assert left() == ACT_S
        watch.now += 1.0
        with hurried():
            assert left() == pytest.approx(ACT_S - 1.0), "what is called within begins nothing anew"
        watch.now += 5.0
        assert left() == LEAST_S

    assert patience() is None


def test_what_takes_its_time_elsewhere_costs_only_what_writes_have_waited(watch: Watch) -> None:
    with hurried():
        with elsewhere():
            watch.now += 30.0
            mine = patience()
            assert mine is not None
            mine.note_wait(0.5)
            assert left() == pytest.approx(ACT_S - 0.5)
        assert left() == pytest.approx(ACT_S - 0.5)
        watch.now += 0.25
        assert left() == pytest.approx(ACT_S - 0.75)


def test_who_is_at_no_such_task_waits_as_usual() -> None:
    with elsewhere():
        assert patience() is None

    found: list[object] = []
    with hurried():
        thread = Thread(target=lambda: found.append(patience()))
        thread.start()
        thread.join()
    assert found == [None], "each thread has its own"


def test_a_write_that_waited_in_vain_leaves_the_next_one_almost_nothing(
    db: Database, held: Holder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ACT_S", 0.03)
    monkeypatch.setattr(module, "LEAST_S", 0.01)
    with hurried():
        with pytest.raises(StoreUnavailable), db.write():
            pass
        assert left() == 0.01
        with pytest.raises(StoreUnavailable), db.write():
            pass
        held.give_back()
        with db.write() as connection:
            connection.exec_driver_sql("INSERT INTO note (name, value) VALUES ('lock', 'mine')")

    assert db.row("SELECT value FROM note WHERE name = 'lock'") == ("mine",)


def test_who_waits_for_another_thread_waits_no_longer_than_that_either(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ACT_S", 0.03)
    ends: list[str] = []

    def other() -> None:
        with hurried():
            try:
                with db.write():
                    ends.append("written")
            except StoreUnavailable:
                ends.append("given up")

    with db.write():
        thread = Thread(target=other)
        thread.start()
        thread.join(4)
        assert not thread.is_alive()

    assert ends == ["given up"]
