"""The embedded broker's files: who may read them, and what is written again when."""

import base64
import hashlib
import stat
from pathlib import Path

import pytest

from connectors.mqtt import broker as broker_module
from connectors.mqtt.broker import EmbeddedBroker, find_mosquitto, password_line
from connectors.mqtt.principals import (
    Principal,
    access_list,
    device_username,
    load_device_principals,
    load_principal,
)
from core.errors import BrokerMissing, StartRefused
from core.model import Device, Estate

A = Device(id="a", site="s", family="gatehouse")
B = Device(id="b", site="s", family="gatehouse")


def of(*devices: Device) -> Estate:
    return Estate.of([], devices, [])


def test_nobody_else_can_read_anything(tmp_path: Path) -> None:
    folder = tmp_path / "broker"
    EmbeddedBroker(folder, 1883).write(of(A))

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == dict.fromkeys(
        ("acl", "mosquitto.conf", "mosquitto.log", "passwords", "principals.json"), 0o600
    )


def test_passwords_are_long_all_different_and_kept(tmp_path: Path) -> None:
    files = EmbeddedBroker(tmp_path, 1883)
    files.write(of(A))
    before = {
        name: load_principal(tmp_path, name).password for name in ("ingest", "command", "health", "s.a")
    }
    files.write(of(A, B))

    assert {name: load_principal(tmp_path, name).password for name in before} == before
    assert len(set(before.values())) == len(before)
    assert all(len(base64.urlsafe_b64decode(one + "=")) >= 32 for one in before.values())


def test_a_reload_is_asked_for_only_when_something_has_changed(tmp_path: Path) -> None:
    files = EmbeddedBroker(tmp_path, 1883)

    assert [files.write(of(A)), files.write(of(A)), files.write(of(A, B)), files.write(of(B))] == [
        True,
        False,
        True,
        True,
    ]


def test_a_device_that_has_left_has_no_account(tmp_path: Path) -> None:
    files = EmbeddedBroker(tmp_path, 1883)
    files.write(of(A, B))
    files.write(of(B))

    assert load_device_principals(tmp_path, [A, B]).keys() == {"b"}
    assert "s/a/" not in (tmp_path / "acl").read_text()
    with pytest.raises(StartRefused, match=r"no account 's\.a'"):
        load_principal(tmp_path, "s.a")


def test_the_demos_account_is_only_the_demos(tmp_path: Path) -> None:
    assert "demo" not in access_list(of(A), demo=False)
    assert "demo" in access_list(of(A), demo=True)


def test_accounts_that_are_missing_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(StartRefused, match=r"gatehouse\.py run"):
        load_principal(tmp_path, "ingest")


def test_a_password_shows_in_no_file_but_its_own_and_in_no_repr(tmp_path: Path) -> None:
    EmbeddedBroker(tmp_path, 1883).write(of(A))
    principal = load_principal(tmp_path, "ingest")

    assert principal.password not in repr(principal)
    holding = {path.name for path in tmp_path.iterdir() if principal.password in path.read_text()}
    assert holding == {"principals.json"}


def test_a_password_line_is_mosquittos_pbkdf2() -> None:
    name, _, rest = password_line(Principal("x", "secret")).partition(":")
    _, kind, rounds, salt, digest = rest.split("$")

    expected = hashlib.pbkdf2_hmac("sha512", b"secret", base64.b64decode(salt), int(rounds))
    assert (name, kind, base64.b64decode(digest)) == ("x", "7", expected)


def test_no_device_name_can_be_taken_for_a_service() -> None:
    assert device_username(Device(id="ingest", site="s", family="gatehouse")) == "s.ingest"


def test_only_command_may_write_an_unlock_and_ingest_may_not_hear_one() -> None:
    access = access_list(of(A), demo=True)
    writers = {name for name, lines in access.items() for line in lines if "write" in line and "cmd" in line}

    assert writers == {"ingest", "command"}
    assert [line for line in access["ingest"] if "cmd" in line] == ["write gatehouse/v1/+/+/cmd/backfill"]
    assert not any("#" in line for line in access["ingest"])


def test_a_missing_mosquitto_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(broker_module, "_PLACES", ())

    with pytest.raises(BrokerMissing, match=r"apt-get install mosquitto.*mqtt.host"):
        find_mosquitto()


def test_mosquitto_is_found_off_the_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "sbin" / "mosquitto"
    program.parent.mkdir()
    program.touch(mode=0o700)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(broker_module, "_PLACES", (str(program.parent),))

    assert find_mosquitto() == program


def test_a_large_log_is_put_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker_module, "LOG_BYTES", 10)
    files = EmbeddedBroker(tmp_path, 1883)
    files.write(of())
    (tmp_path / "mosquitto.log").write_text("long enough to go\n")

    assert files.write(of())
    assert (tmp_path / "mosquitto.log").read_text() == ""
    assert (tmp_path / "mosquitto.log.1").exists()
