"""`gatehouse.py demo --history`: a past in the log before all else, and a present that goes on from it."""

import json
import shutil
import socket
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Final

import pytest

import gatehouse
from auth.sessions import Person, Sessions
from commands import ports
from commands.history import hand_over, write
from commands.simulate import DEVICES_FILE
from connectors.devices import backfill_request
from connectors.simulator.device import NativeDevice
from connectors.simulator.estate import DEMO_ACCOUNTS, DEMO_ESTATE, DEMO_POLICY, PEOPLE
from connectors.simulator.history_incidents import INCIDENTS
from core.permissions import Permission, scope_of
from core.records import Kind
from core.times import DAY_US, MINUTE_US, since_epoch_us
from settings import load_settings
from store.clock import now_us
from store.database import Database
from store.estate import import_estate, load_estate, parse_estate
from store.ingest_log import IngestLog
from store.log import append
from store.opening import open_database
from store.people import save_people
from store.policies import apply_policy, policy_and_sites
from store.queries import Wall, wall_snapshot
from store.rows import Row, next_rows
from store.touch import Holder
from tests.commands.stack import started
from tests.connectors.simulator.demo import understood
from tests.ports import free_port
from tests.stores import new_store
from tests.waiting import until

DOCS: Final = Path(__file__).parent.parent.parent / "docs" / "demo.md"
END: Final = since_epoch_us(datetime(2026, 11, 20, 12, tzinfo=UTC))
START: Final = END - DAY_US


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a day once."""
    made = tmp_path_factory.mktemp("history") / "data"
    db = new_store(made)
    import_estate(db, parse_estate(DEMO_ESTATE), START, "demo")
    apply_policy(db, DEMO_POLICY, START, "demo")
    save_people(db, PEOPLE)
    hand_over(write(db, START, END, str), made)
    db.close()
    return made


@pytest.fixture
def db(folder: Path, tmp_path: Path) -> Iterator[Database]:
    shutil.copytree(folder, tmp_path / "data")
    opened = open_database(tmp_path / "data")
    yield opened
    opened.close()


def log(db: Database) -> tuple[Row, ...]:
    with db.read() as connection:
        return next_rows(connection, after=0, limit=1_000_000).rows


def wall(db: Database, now: int) -> Wall:
    policy, sites = policy_and_sites(db)
    return wall_snapshot(db, scope_of(policy, {"gh-admin"}, Permission.LIVE_VIEW, sites), now)


def test_the_past_is_in_the_log_in_order_and_ends_with_the_present(db: Database) -> None:
    rows = log(db)

    assert all(earlier.received <= later.received for earlier, later in pairwise(rows))
    assert rows[0].received == START
    assert END - 60 * MINUTE_US < rows[-1].received < END
    assert {row.site for row in rows} >= {"berlin", "newyork", "singapore"}


def test_nothing_in_it_is_left_open(db: Database) -> None:
    now = wall(db, END)

    assert (now.calls, now.gaps) == ((), ())
    assert Counter(tile.position for tile in now.doors)["open"] == 0
    assert {tile.alarm for tile in now.doors} <= {"none", "unknown"}
    assert Kind.FEED_UNMAPPED not in {row.kind for row in log(db)}


def test_a_device_that_goes_on_is_believed_at_once_and_has_lost_nothing(db: Database, tmp_path: Path) -> None:
    estate = load_estate(db)
    remembered = json.loads((tmp_path / "data" / DEVICES_FILE).read_text(encoding="utf-8"))
    device = NativeDevice(estate.devices["ber-cellar"], estate.doors_of("ber-cellar"), Random(7))
    device.spool.remember(*remembered["ber-cellar"])
    now = END + MINUTE_US
    device.boot(now)
    append(db, understood(device.hello(now), estate, now))
    (gap,) = IngestLog(db, Holder(id="test")).missing()
    request = backfill_request(estate.devices[gap.device], gap.boot, gap.first, gap.last)
    assert request is not None
    append(db, understood(device.command(*request, now), estate, now))

    tiles = {tile.door: tile for tile in wall(db, now).doors}
    garage = tiles["berlin-garage"]
    assert (garage.position, garage.lock, garage.alarm) == ("closed", "locked", "none")
    assert garage.stale_at > now > tiles["berlin-vault"].stale_at
    assert [row.kind for row in log(db)][-1] is Kind.FEED_GAP_FILLED


def test_an_operators_sign_in_of_the_past_is_told_like_one_of_today(db: Database) -> None:
    account = next(one for one in DEMO_ACCOUNTS if one.username == "agent")
    who = Person(subject="local:agent", name=account.name, groups=account.groups)
    limits = load_settings({}).sessions
    Sessions(db, limits).start(who, address="10.0.0.1", agent="test", now=END)
    *past, today = [row for row in log(db) if row.kind is Kind.OPERATOR_SIGNED_IN and row.detail]

    like = [row for row in past if private(row)["subject"] == "local:agent"]
    assert like
    assert leaf(like[0]).keys() == leaf(today).keys()
    assert leaf(like[0])["refs"]["roles"] == leaf(today)["refs"]["roles"] == "agent@berlin"
    assert private(like[0]).keys() == private(today).keys()
    assert private(like[0])["name"] == account.name


def leaf(row: Row) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = json.loads(row.leaf)
    return found


def private(row: Row) -> dict[str, str]:
    assert row.detail is not None
    found: dict[str, str] = json.loads(row.detail)["private"]
    return found


def test_a_log_that_holds_anything_is_left_as_it_is(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(folder, tmp_path / "data")
    monkeypatch.setenv("GATEHOUSE_DATA", str(tmp_path / "data"))

    assert gatehouse.main(["demo", "--history", "3"]) == 1
    assert "records already, and a history comes before all others" in capsys.readouterr().err
    assert not (tmp_path / "data" / "demo-accounts.json").exists()


def test_a_start_that_fails_leaves_the_folder_open_for_a_history(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(ports, "need_free", partial(ports.need_free, patience_s=0))
    monkeypatch.setenv("GATEHOUSE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("GATEHOUSE_MQTT_PORT", str(free_port()))
    with socket.create_server(("127.0.0.1", 0)) as other:
        monkeypatch.setenv("GATEHOUSE_PORT", str(other.getsockname()[1]))
        assert gatehouse.main(["demo"]) == 2
    assert "GATEHOUSE_PORT" in capsys.readouterr().err

    opened = open_database(tmp_path / "data")
    assert log(opened) == ()
    opened.close()


@pytest.mark.parametrize("days", ["0", "-1", "1001", "many"])
def test_a_history_has_a_length_that_can_be(days: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        gatehouse.main(["demo", "--history", days])
    assert caught.value.code == 2
    assert f"'{days}' is no number of days from 1 to 1000" in capsys.readouterr().err


def test_the_docs_tell_each_thing_worth_finding() -> None:
    words = DOCS.read_text(encoding="utf-8").lower()

    assert [one.title for one in INCIDENTS if f"| {one.title.lower()} |" not in words] == []


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_demo_goes_on_from_the_past_that_it_was_given(tmp_path: Path) -> None:
    # Of four days, two at least are no weekend, on which these sites are all but empty.
    with started("demo --history 4", tmp_path / "data") as stack:
        stack.wait_served()
        db = open_database(stack.folder)
        before, told = log(db), now_us()
        until(lambda: any(row.kind is Kind.DOOR_OPENED for row in log(db) if row.received > told), seconds=90)
        db.close()

    assert told - before[0].received > 4 * DAY_US
    assert Counter(row.kind for row in before)[Kind.ACCOUNT_CHANGED] == len(DEMO_ACCOUNTS)
    assert len(before) > 2_000
