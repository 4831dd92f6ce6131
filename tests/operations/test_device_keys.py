"""Keys of devices: private, rotated without a gap, revoked at once; a counter never given twice."""

import os
import signal
import stat
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.commands import Keys
from core.errors import CommandImpossible, Invalid, StartRefused
from core.model import Device
from operations.device_keys import KEY_BYTES, DeviceKeys, Standing
from tests.waiting import until

LOBBY = Device(id="lobby", site="hq", family="gatehouse")
BOARD = Device(id="board", site="hq", family="uhppoted", topic="uhppoted/gateway")
SECOND = Device(id="second", site="hq", family="uhppoted", topic="uhppoted/gateway")


def test_a_key_is_issued_once_and_then_rotated(tmp_path: Path) -> None:
    keys = DeviceKeys(tmp_path)
    key = keys.issue("lobby")

    assert len(key) == KEY_BYTES
    assert keys.take(LOBBY).signing == key
    with pytest.raises(Invalid, match="rotate"):
        keys.issue("lobby")


def test_the_next_key_signs_nothing_before_it_is_put_into_use(tmp_path: Path) -> None:
    keys = DeviceKeys(tmp_path)
    first = keys.issue("lobby")
    coming = keys.prepare("lobby")
    assert keys.take(LOBBY).signing == first
    assert keys.standing("lobby") is Standing.NEXT_WAITS

    keys.use("lobby")

    assert keys.take(LOBBY).signing == coming != first
    with pytest.raises(Invalid, match="no next key"):
        keys.use("lobby")


def test_a_revoked_device_is_asked_for_nothing_until_it_has_a_new_key(tmp_path: Path) -> None:
    keys = DeviceKeys(tmp_path)
    first = keys.issue("lobby")
    counter = keys.take(LOBBY).counter
    keys.revoke("lobby")
    with pytest.raises(CommandImpossible) as caught:
        DeviceKeys(tmp_path).take(LOBBY)
    assert caught.value.reason == "key_revoked"

    assert keys.issue("lobby") != first
    assert keys.take(LOBBY).counter > counter


def test_what_another_maker_knows_us_by_is_kept_side_by_side(tmp_path: Path) -> None:
    keys = DeviceKeys(tmp_path)
    keys.put("board", hotp=b"secret")
    keys.put("board", card="8165538")
    keys.put("board", signing=b"mac")

    taken = keys.take(BOARD)

    assert (taken.hotp, taken.card, taken.signing) == (b"secret", "8165538", b"mac")


def test_a_gateway_of_the_demo_knows_the_same_and_the_last_number_that_was_used(tmp_path: Path) -> None:
    keys = DeviceKeys(tmp_path)
    keys.put("board", hotp=b"secret", signing=b"mac", card="8165538")
    before = keys.known(BOARD)
    taken = [keys.take(BOARD) for _ in range(3)][-1]

    assert (before.counter, keys.known(BOARD)) == (0, taken)


def test_a_gateway_of_the_demo_knows_nothing_of_us_once_that_is_revoked(tmp_path: Path) -> None:
    keys = DeviceKeys(tmp_path)
    keys.put("board", hotp=b"secret", signing=b"mac", card="8165538")
    keys.revoke("board")

    assert keys.known(BOARD) == Keys()


def test_a_device_without_keys_is_told_apart_by_its_family(tmp_path: Path) -> None:
    assert DeviceKeys(tmp_path).take(LOBBY).signing == b""
    assert DeviceKeys(tmp_path).standing("lobby") is Standing.NONE


def test_only_the_owner_can_read_them(tmp_path: Path) -> None:
    keys = DeviceKeys(tmp_path)
    keys.issue("lobby")
    keys.take(LOBBY)
    folder = tmp_path / "keys" / "devices"

    assert {stat.S_IMODE(one.stat().st_mode) for one in (folder, folder.parent)} == {0o700}
    assert {stat.S_IMODE(one.stat().st_mode) for one in folder.iterdir()} == {0o600}


@pytest.mark.parametrize("ending", [".json", ".counter"])
def test_a_file_that_others_can_read_is_refused(tmp_path: Path, ending: str) -> None:
    keys = DeviceKeys(tmp_path)
    keys.issue("lobby")
    keys.take(LOBBY)
    next((tmp_path / "keys" / "devices").glob(f"*{ending}")).chmod(0o640)

    with pytest.raises(StartRefused, match="chmod 600"):
        keys.take(LOBBY)


@pytest.mark.parametrize("ending", [".json", ".counter"])
def test_a_damaged_file_is_refused_and_not_quoted(tmp_path: Path, ending: str) -> None:
    keys = DeviceKeys(tmp_path)
    keys.issue("lobby")
    keys.take(LOBBY)
    next((tmp_path / "keys" / "devices").glob(f"*{ending}")).write_text("CANARY")

    with pytest.raises(StartRefused) as caught:
        keys.take(LOBBY)
    assert "CANARY" not in str(caught.value)


@pytest.mark.parametrize("name", ["../evil", "", "A", "a/b"])
def test_no_name_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(Invalid):
        DeviceKeys(tmp_path).issue(name)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(steps=st.lists(st.sampled_from(["board", "second", "restart", "revoke", "put"]), max_size=12))
def test_a_gateways_counter_only_grows_whatever_happens(
    tmp_path_factory: pytest.TempPathFactory, steps: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("keys")
    keys, given_out = DeviceKeys(folder), [0]
    for step in steps:
        match step:
            case "restart":
                keys = DeviceKeys(folder)
            case "revoke":
                keys.revoke("board")
                keys.put("board", hotp=b"again")
            case "put":
                keys.put("second", hotp=b"secret")
            case _:
                given_out.append(keys.take(BOARD if step == "board" else SECOND).counter)

    assert given_out == list(range(len(given_out)))


def test_threads_never_get_the_same_counter(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda _: DeviceKeys(tmp_path).take(BOARD).counter, range(40)))

    assert sorted(taken) == list(range(1, 41))


def test_processes_that_are_killed_leave_no_counter_to_be_given_again(tmp_path: Path) -> None:
    told = tmp_path / "told"
    told.touch()
    for kills in range(1, 4):
        children = [_taking(tmp_path, told) for _ in range(2)]
        until(partial(_told_of, told, kills * 5))
        for child in children:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)

    numbers = [int(one) for one in told.read_bytes().split(b"\n")[:-1]]
    assert len(numbers) == len(set(numbers))
    assert DeviceKeys(tmp_path).take(BOARD).counter > max(numbers)


def _told_of(told: Path, least: int) -> bool:
    return len(told.read_bytes().splitlines()) >= least


def _taking(folder: Path, told: Path) -> int:
    """Start a process that takes counters and tells of each until it is killed."""
    child = os.fork()
    if child == 0:
        try:
            out = os.open(told, os.O_WRONLY | os.O_APPEND)
            while True:
                os.write(out, b"%d\n" % DeviceKeys(folder).take(BOARD).counter)
        finally:
            os._exit(1)
    return child
