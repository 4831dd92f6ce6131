"""Checkpoints on their way: no destination delays another, and silence is recorded once."""

import json
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import pytest

from commands import couriers
from commands.checkpoints import Checkpoints, destinations
from commands.sealing import Sealing, make_key
from connectors.checkpoints.destination import Sealed
from core.delivery import LOST_US
from core.errors import Undelivered
from core.leaf import Draft
from core.note_files import split_notes
from core.notes import Checkpoint, note_body
from core.records import Kind
from settings import Settings, load_settings
from store.database import Database
from store.deliveries import PART, Deliveries, of_info
from store.ledger import open_ledger, reading
from store.log import append
from store.touch import PartState, parts
from tests.auth.reading import told as of_kind
from tests.connectors.checkpoints.signing import seal
from tests.stores import new_store
from tests.waiting import until


class Place:
    """A destination that does as it is told."""

    def __init__(self, name: str, do: Callable[[Sealed], None] = lambda _seal: None) -> None:
        self.name = name
        self.where = f"{name}://place"
        self.got: list[int] = []
        self.tried: list[int] = []
        self.do = do
        self.closed = False

    def leaves(self) -> bool:
        return True

    def deliver(self, one: Sealed) -> None:
        self.tried.append(one.size)
        self.do(one)
        self.got.append(one.size)

    def close(self) -> None:
        self.closed = True


def refuse(_seal: Sealed) -> None:
    raise Undelivered("it answers 500")


class Clock:
    """A clock that is put forward by the test."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.us = 1_000_000_000
        monkeypatch.setattr(couriers, "_clock", lambda: self.us)


@pytest.fixture
def db(tmp_path: Path) -> Database:
    return new_store(tmp_path / "data")


@pytest.fixture
def settings(tmp_path: Path, db: Database) -> Settings:
    return load_settings({"GATEHOUSE_DATA": str(tmp_path / "data")})


@contextmanager
def sending(db: Database, settings: Settings, *places: Place) -> Iterator[Checkpoints]:
    checkpoints = Checkpoints(db, settings, places)
    checkpoints.start()
    try:
        yield checkpoints
    finally:
        checkpoints.stop()


def told(db: Database) -> Deliveries:
    return next((of_info(one.info) for one in parts(db) if one.name == PART), Deliveries())


def state(db: Database) -> PartState | None:
    return next((one.state for one in parts(db) if one.name == PART), None)


def recorded(db: Database) -> list[tuple[str, object]]:
    kinds = (Kind.CHECKPOINT_UNDELIVERED.value, Kind.CHECKPOINT_DELIVERED.value)
    with db.read() as connection:
        rows = connection.exec_driver_sql("SELECT leaf FROM leaf ORDER BY id").scalars()
        leaves = [json.loads(one) for one in rows]
    return [(one["kind"], one["refs"]["destination"]) for one in leaves if one["kind"] in kinds]


def test_a_destination_that_hangs_delays_neither_who_tells_nor_another(
    db: Database, settings: Settings
) -> None:
    free = threading.Event()
    hangs, well = Place("webhook", lambda _seal: (free.wait(30), None)[1]), Place("syslog")
    with sending(db, settings, hangs, well) as checkpoints:
        checkpoints.tell(seal(1))
        until(lambda: hangs.tried and well.got == [1])
        for size in (2, 3, 4):
            checkpoints.tell(seal(size))
        until(lambda: well.got[-1] == 4)
        assert hangs.tried == [1]
        free.set()
        # Those in between are not made up for.
        until(lambda: hangs.got == [1, 4])


def test_silence_is_recorded_once_after_a_minute_and_its_end_once(
    db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(monkeypatch)
    away = Place("syslog", refuse)
    with sending(db, settings, away, Place("mqtt")) as checkpoints:
        checkpoints.tell(seal(7))
        until(lambda: away.tried)
        clock.us += LOST_US - 1
        checkpoints.tell(seal(8))
        until(lambda: len(away.tried) > 1)
        assert recorded(db) == []
        clock.us += 1
        until(lambda: recorded(db) == [("checkpoint.undelivered", "syslog")])
        until(lambda: state(db) is PartState.DEGRADED)
        one = told(db).each[0]
        assert (one.lost, one.trouble, one.size, told(db).behind(one)) == (True, "it answers 500", 0, 8)
        clock.us += 5 * LOST_US
        until(lambda: len(away.tried) > 2)
        away.do = lambda _seal: None
        clock.us += LOST_US
        checkpoints.tell(seal(9))
        until(lambda: ("checkpoint.delivered", "syslog") in recorded(db))
        until(lambda: state(db) is PartState.OK)

    assert recorded(db) == [("checkpoint.undelivered", "syslog"), ("checkpoint.delivered", "syslog")]
    assert [(one.size, one.trouble, one.lost) for one in told(db).each] == [(9, "", False)] * 2


def test_after_a_restart_a_silence_is_not_told_again_and_what_arrived_before_is_known(
    db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(monkeypatch)
    with sending(db, settings, Place("webhook")) as checkpoints:
        checkpoints.tell(seal(5))
        until(lambda: told(db).each and told(db).each[0].size == 5)
    for _ in range(2):
        away = Place("webhook", refuse)
        with sending(db, settings, away) as checkpoints:
            checkpoints.tell(seal(6))
            until(partial(bool, away.tried))
            clock.us += LOST_US
            until(lambda: told(db).each[0].lost)
            assert (told(db).each[0].size, told(db).each[0].at) == (5, seal(5).at)
    with sending(db, settings, Place("webhook")) as checkpoints:
        checkpoints.tell(seal(7))
        until(lambda: len(recorded(db)) > 1)

    assert recorded(db) == [("checkpoint.undelivered", "webhook"), ("checkpoint.delivered", "webhook")]


def test_what_waits_at_the_end_is_tried_once_more(db: Database, settings: Settings) -> None:
    away = Place("webhook", refuse)
    with sending(db, settings, away) as checkpoints:
        checkpoints.tell(seal(5))
        until(lambda: away.tried)
        away.do = lambda _seal: None
    until(lambda: away.closed)

    assert away.got == [5]
    assert told(db).each[0].size == 5


def test_an_error_that_nobody_foresaw_is_shown_by_its_reference_alone(
    db: Database, settings: Settings
) -> None:
    def break_off(_seal: Sealed) -> None:
        raise RuntimeError("the-secret-token")

    with sending(db, settings, Place("webhook", break_off)) as checkpoints:
        checkpoints.tell(seal(5))
        until(lambda: told(db).each and told(db).each[0].trouble)

    assert "see reference" in told(db).each[0].trouble
    assert "the-secret-token" not in told(db).each[0].trouble


# --- with the sealer ----------------------------------------------------------------------------------


@contextmanager
def sealing(db: Database, data: Path, elsewhere: Path) -> Iterator[None]:
    (data / "gatehouse.toml").write_text(f'[checkpoints]\nfolder = "{elsewhere}"\nmqtt = false\n')
    one = Sealing(db, load_settings({"GATEHOUSE_DATA": str(data)}))
    with ExitStack() as stack:
        stack.callback(one.stop)
        one.start()
        yield


class _Quiet:
    def say(self, _words: str) -> None:
        """Say nothing."""


def sizes(elsewhere: Path) -> list[int]:
    found = sorted(elsewhere.glob("checkpoints-*.txt"))
    notes = [one for file in found for one in split_notes(file.read_bytes())]
    return [Checkpoint.read(note_body(one)).size for one in notes]


def has_kept(data: Path, number: int) -> bool:
    return len(kept(data)) >= number


def kept(data: Path) -> list[int]:
    with reading(open_ledger(data)) as tree:
        return [one.size for one in tree.seals()]


def test_a_folder_that_was_away_gets_every_checkpoint_that_was_kept_across_restarts(
    db: Database, settings: Settings, tmp_path: Path
) -> None:
    data, elsewhere = settings.data, tmp_path / "elsewhere"
    make_key(settings, _Quiet())  # type: ignore[arg-type]  # a console that says nothing
    for number in range(3):
        with sealing(db, data, elsewhere):
            append(db, [Draft(kind=Kind.LEDGER_HEARTBEAT, received=10_000_000 + number)])
            until(partial(has_kept, data, number + 1))
    assert not elsewhere.exists()
    elsewhere.mkdir()
    with sealing(db, data, elsewhere):
        until(lambda: sizes(elsewhere) and sizes(elsewhere) == kept(data))
        until(lambda: told(db).each and told(db).each[0].size == kept(data)[-1])

    assert len(sizes(elsewhere)) >= 3
    assert not told(db).each[0].leaves


def test_a_data_folder_of_yesterday_is_told_as_an_alarm_even_when_it_has_outgrown_what_was_signed(
    db: Database, settings: Settings, tmp_path: Path
) -> None:
    data, elsewhere, yesterday = settings.data, tmp_path / "elsewhere", tmp_path / "yesterday"
    elsewhere.mkdir()
    make_key(settings, _Quiet())  # type: ignore[arg-type]  # a console that says nothing
    with sealing(db, data, elsewhere):
        until(lambda: told(db).each and told(db).each[0].size)
    db.close()
    shutil.copytree(data, yesterday)
    append(db, [Draft(kind=Kind.LEDGER_HEARTBEAT, received=10_000_000 + number) for number in range(3)])
    with sealing(db, data, elsewhere):
        until(lambda: told(db).each[0].size == kept(data)[-1] > 4)
    newest = sizes(elsewhere)[-1]
    db.close()
    shutil.rmtree(data)
    yesterday.rename(data)
    append(db, [Draft(kind=Kind.LEDGER_HEARTBEAT, received=20_000_000 + number) for number in range(9)])
    for _ in range(2):
        with sealing(db, data, elsewhere):
            until(lambda: of_kind(db, Kind.LEDGER_DAMAGED))

    (record,) = of_kind(db, Kind.LEDGER_DAMAGED)
    assert record.refs == {"what": "contradicted", "destination": "folder", "known": newest}
    assert sizes(elsewhere)[-1] == newest


def test_what_is_set_up_is_what_is_sent_to(settings: Settings, tmp_path: Path) -> None:
    (settings.data / "gatehouse.toml").write_text(
        f'[checkpoints]\nfolder = "{tmp_path}/x"\nsyslog = "udp://10.0.0.7"\nwebhook = "https://a.example/s"\n'
    )
    found = destinations(load_settings({"GATEHOUSE_DATA": str(settings.data)}))

    assert [(one.name, one.where, one.leaves()) for one in found] == [
        ("folder", f"{tmp_path}/x", False),
        ("syslog", "udp://10.0.0.7:514", True),
        ("webhook", "https://a.example:443", True),
        ("mqtt", "mqtt://127.0.0.1:18830", False),
    ]
