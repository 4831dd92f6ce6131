"""The demo's first start: what the sign-in page waits for, and what it does not."""

import threading
from pathlib import Path

import pytest

from commands import demo, demo_accounts
from commands.programs import SIMULATOR, WEB, programs
from connectors.mqtt.client import Broker
from core.commands import LIVES_US, Command, Verb
from core.errors import BrokerUnreachable, CommandImpossible, Invalid
from core.records import Kind
from gatehouse import parser
from operations.device_keys import DeviceKeys
from operations.line import BrokerLine
from settings import Settings, load_settings
from store.directory import all_accounts
from store.estate import load_estate
from store.opening import open_database
from tests.auth.reading import told
from tests.ports import free_port

NOW = 1_800_000_000_000_000
UNLOCK = Command(act="0" * 26, verb=Verb.UNLOCK, issued=NOW, expires=NOW + LIVES_US, seconds=5)


def nobody() -> Broker:
    raise BrokerUnreachable("an order is only written here")


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


def test_every_door_of_the_demo_can_be_asked_but_where_its_family_says_why_not(settings: Settings) -> None:
    db = open_database(settings.data)
    demo._furnish(db, settings.data, NOW)
    estate, line = load_estate(db), BrokerLine(nobody, settings.data)
    refused = {}
    for door in estate.doors.values():
        try:
            line.order(estate.devices[door.device], door, UNLOCK, estate=estate)
        except CommandImpossible as error:
            refused[door.id] = error.reason
    noted = [one.refs for one in told(db, Kind.ESTATE_CHANGED) if one.refs.get("device") == "ber-floors"]
    db.close()

    assert refused == {
        "berlin-gate": "takes_no_commands",
        "newyork-roof": "takes_no_commands",
        "singapore-pantry": "opens_more",
        "singapore-store": "opens_more",
    }
    assert [one["action"] for one in noted] == ["key_kept"]


def test_what_the_demo_is_known_by_is_drawn_once(settings: Settings) -> None:
    db = open_database(settings.data)
    demo._furnish(db, settings.data, NOW)
    floors = load_estate(db).devices["ber-floors"]
    first = DeviceKeys(settings.data).look(floors)
    demo._furnish(db, settings.data, NOW)
    db.close()

    assert first.hotp
    assert first.signing
    assert first.card
    assert DeviceKeys(settings.data).look(floors) == first
