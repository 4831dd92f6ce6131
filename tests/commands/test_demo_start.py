"""The demo's first start: what the sign-in page waits for, and what it does not."""

import threading
from pathlib import Path

import pytest

from commands import demo, demo_accounts
from commands.programs import SIMULATOR, WEB, programs
from core.errors import Invalid
from gatehouse import parser
from settings import Settings, load_settings
from store.directory import all_accounts
from store.opening import open_database
from tests.commands.stack import free_port


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    ports = {"GATEHOUSE_PORT": str(free_port()), "GATEHOUSE_MQTT_PORT": str(free_port())}
    made = load_settings({"GATEHOUSE_DATA": str(tmp_path / "data"), "GATEHOUSE_DEMO": "true", **ports})
    open_database(made.data).close()
    return made


def test_passwords_are_hashed_beside_the_start_and_all_stored_when_it_is_done(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = threading.Event()

    def hash_password(_password: str) -> str:
        assert started.wait(10)
        return "$2b$12$no-hash"

    monkeypatch.setattr(demo_accounts, "hash_password", hash_password)
    demo_accounts.write_logins(settings.data)
    db = open_database(settings.data)
    with demo_accounts.being_stored(settings):
        assert all_accounts(db) == ()
        started.set()

    assert {one.username for one in all_accounts(db)} == {
        one.username for one in demo_accounts.read_logins(settings.data)
    }
    db.close()


def test_the_simulator_does_not_hold_up_the_first_page(settings: Settings) -> None:
    db = open_database(settings.data)
    simulator = next(one for one in programs(settings, db, simulate=True) if one.name == SIMULATOR)
    db.close()

    assert WEB in simulator.after


def test_the_simulator_is_told_which_devices_to_leave_alone(settings: Settings) -> None:
    db = open_database(settings.data)
    still = ("nyc-dock", "ber-cellar")
    simulator = next(
        one for one in programs(settings, db, simulate=True, still=still) if one.name == SIMULATOR
    )
    db.close()

    assert parser().parse_args(simulator.command[2:]).still == list(still)


def test_the_demo_refuses_to_leave_a_device_alone_that_it_does_not_have(settings: Settings) -> None:
    with pytest.raises(Invalid, match="no device is called 'nyc-dok'"):
        demo.main(parser().parse_args(["demo", "--still=nyc-dok"]), settings)
