"""`gatehouse.py estate key`: secrets are shown once or typed, and each deed is a record without them."""

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest

import gatehouse
from core.errors import CommandImpossible
from core.model import Device
from core.records import Kind
from operations.device_keys import DeviceKeys
from store import clock
from store.database import Database
from store.estate import import_estate, load_estate, parse_estate
from store.opening import open_database
from tests.auth.reading import told
from tests.commands.at_terminal import types

ESTATE = """
sites = [{ id = "hq", name = "HQ", time_zone = "UTC" }]
devices = [
  { id = "lobby", site = "hq", family = "gatehouse" },
  { id = "board", site = "hq", family = "uhppoted", topic = "uhppoted/gateway", serial = "405419896" },
  { id = "plug", site = "hq", family = "tasmota", topic = "plug" },
]
doors = []
"""
SECRET = "DFIOJ3BJPHPCRJBT"
Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def db(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    for name in ("GATEHOUSE_CONFIG", "GATEHOUSE_PORT", "GATEHOUSE_MQTT_PORT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GATEHOUSE_DATA", str(tmp_path / "data"))
    opened = open_database(tmp_path / "data")
    import_estate(opened, parse_estate(ESTATE, ("gatehouse", "uhppoted", "tasmota")), clock.now_us(), "tests")
    yield opened
    opened.close()


def say(*arguments: str) -> int:
    return gatehouse.main(["estate", "key", *arguments])


def shown(capsys: Capture, *arguments: str) -> bytes:
    """Give the key that a deed shows."""
    capsys.readouterr()
    assert say(*arguments) == 0
    return base64.urlsafe_b64decode(capsys.readouterr().out.splitlines()[0] + "=")


def device(db: Database, name: str = "lobby") -> Device:
    return load_estate(db).devices[name]


def actions(db: Database) -> list[object]:
    return [refs["action"] for refs in _refs(db) if "action" in refs]


def _refs(db: Database) -> list[dict[str, object]]:
    return [dict(one.refs) for one in told(db, Kind.ESTATE_CHANGED)]


def test_what_is_shown_is_what_commands_are_signed_with(
    tmp_path: Path, db: Database, capsys: Capture
) -> None:
    key = shown(capsys, "issue", "lobby")

    assert DeviceKeys(tmp_path / "data").take(device(db)).signing == key
    assert (len(key), actions(db)) == (32, ["key_issued"])


def test_a_rotation_has_two_steps(tmp_path: Path, db: Database, capsys: Capture) -> None:
    first, coming = shown(capsys, "issue", "lobby"), shown(capsys, "rotate", "lobby")
    keys = DeviceKeys(tmp_path / "data")
    assert keys.take(device(db)).signing == first

    assert say("rotate", "--use", "lobby") == 0

    assert keys.take(device(db)).signing == coming
    assert actions(db) == ["key_issued", "key_prepared", "key_rotated"]


def test_a_revoked_key_is_used_no_more(tmp_path: Path, db: Database, capsys: Capture) -> None:
    shown(capsys, "issue", "lobby")
    assert say("revoke", "lobby") == 0
    assert say("list") == 0

    assert "lobby                    revoked" in capsys.readouterr().out
    assert actions(db) == ["key_issued", "key_revoked"]
    with pytest.raises(CommandImpossible):
        DeviceKeys(tmp_path / "data").take(device(db))


def test_what_a_controller_knows_us_by_is_typed(
    tmp_path: Path, db: Database, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    types(monkeypatch, SECRET, "the mac", "8165538")
    assert say("issue", "--hotp", "--hmac", "--card", "board") == 0

    taken = DeviceKeys(tmp_path / "data").take(device(db, "board"))

    assert (taken.hotp, taken.signing, taken.card) == (base64.b32decode(SECRET), b"the mac", "8165538")
    said = capsys.readouterr()
    assert SECRET not in said.out + said.err + str(_refs(db))


@pytest.mark.parametrize(
    ("arguments", "typed", "words"),
    [
        (["issue", "nobody"], (), "no device 'nobody'"),
        (["issue", "plug"], (), "knows no keys"),
        (["issue", "board"], (), "say which of"),
        (["issue", "--card", "board"], (), "ended too early"),
        (["issue", "--card", "board"], ("12x",), "digits only"),
        (["issue", "--hotp", "board"], ("1!",), "no base32"),
        (["issue", "--hotp", "lobby"], (), "leave --hotp out"),
        (["rotate", "lobby"], (), "estate key issue lobby"),
        (["rotate", "board"], (), "knows no keys"),
    ],
)
def test_what_makes_no_sense_is_said_and_not_recorded(
    arguments: list[str],
    typed: tuple[str, ...],
    words: str,
    db: Database,
    capsys: Capture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    types(monkeypatch, *typed)

    assert say(*arguments) == 1
    assert words in capsys.readouterr().err
    assert actions(db) == []
