"""The small parts of the supervisor: back-off, the folder's lock, log files, log lines."""

import logging
import os
import socket
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from commands import lock, logs
from commands.backoff import next_delay
from commands.logfile import KEPT, LogFile, drain
from commands.ports import answers, free_beside, need_free
from core.errors import AlreadyRunning, StoreUnavailable
from settings import SettingsRefused
from tests.ports import free_port


def test_the_delay_doubles_to_half_a_minute() -> None:
    delays: list[float] = []
    for _ in range(8):
        delays.append(next_delay(delays[-1] if delays else None, 0.1))

    assert delays == [0.5, 1, 2, 4, 8, 16, 30, 30]


def test_a_minute_of_good_life_is_forgiven() -> None:
    assert next_delay(30.0, 59.9) == 30.0
    assert next_delay(30.0, 60.0) == 0.5


def test_a_held_folder_is_refused_with_the_holders_pid(tmp_path: Path) -> None:
    with (
        lock.hold(tmp_path),
        pytest.raises(AlreadyRunning, match=f"process {os.getpid()}") as caught,
        lock.hold(tmp_path),
    ):
        pass
    assert caught.value.pid == os.getpid()


def test_a_lock_file_left_behind_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / lock.FILE_NAME).write_text("999999999\n", encoding="utf-8")

    with lock.hold(tmp_path):
        assert (tmp_path / lock.FILE_NAME).read_text(encoding="utf-8") == f"{os.getpid()}\n"
    with lock.hold(tmp_path):
        pass


def test_a_folder_that_is_none_is_said_to_be_none(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")

    with pytest.raises(StoreUnavailable, match="can't be used"), lock.hold(tmp_path / "file"):
        pass


def test_a_full_log_file_makes_room_and_only_the_last_few_are_kept(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "web.log", limit=100)
    for number in range(60):
        log.write(f"line {number:04d}\n".encode())
    log.close()
    files = sorted(path.name for path in tmp_path.iterdir())

    assert files == ["web.log", *(f"web.log.{number}" for number in range(1, KEPT + 1))]
    assert all(path.stat().st_size <= 110 for path in tmp_path.iterdir())
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in tmp_path.iterdir())
    newest = (tmp_path / "web.log.1").read_text(encoding="utf-8") + (tmp_path / "web.log").read_text("utf-8")
    assert newest.endswith("line 0059\n")


def test_a_log_goes_on_in_the_file_of_the_last_run(tmp_path: Path) -> None:
    for word in (b"first\n", b"second\n"):
        log = LogFile(tmp_path / "web.log")
        log.write(word)
        log.close()

    assert (tmp_path / "web.log").read_bytes() == b"first\nsecond\n"


def test_what_a_child_writes_reaches_its_file_and_its_last_line_is_known(tmp_path: Path) -> None:
    heard: list[str] = []
    script = "print('one'); print('two \\xe4'); print('three', end='')"
    child = subprocess.Popen((sys.executable, "-X", "utf8", "-c", script), stdout=subprocess.PIPE)
    assert child.stdout is not None
    drain(child.stdout, tmp_path / "child.log", heard.append).join(10)
    child.wait()

    assert (tmp_path / "child.log").read_bytes() == "one\ntwo ä\nthree".encode()
    assert heard[-1] == "three"


def test_no_message_can_pass_itself_off_as_another_line() -> None:
    record = logging.LogRecord(
        "web", logging.INFO, __file__, 1, "name=%s", ("x\nat=now level=error\r",), None
    )

    line = logs.KeyValue("web").format(record)
    assert line.endswith("level=info process=web logger=web name=x\\nat=now level=error\\r")
    assert line.startswith("at=20")


def test_a_traceback_stays_with_its_line() -> None:
    with pytest.raises(ValueError) as caught:
        int("broken")
    trouble = (caught.type, caught.value, caught.tb)
    record = logging.LogRecord("web", logging.ERROR, __file__, 1, "event=x", (), trouble)

    first, *rest = logs.KeyValue("web").format(record).splitlines()
    assert first.endswith("event=x")
    assert all(line.startswith("  | ") for line in rest)
    assert rest[-1].startswith("  | ValueError: invalid literal")


def test_the_port_beside_is_not_the_one_that_the_console_will_listen_at() -> None:
    port = free_port()

    assert free_beside("127.0.0.1", port, port + 1) != port + 1
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        taken = other.getsockname()[1]
        assert free_beside("127.0.0.1", taken - 1, port) not in {taken, port}


def test_a_taken_port_is_refused_by_the_settings_name() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert answers("127.0.0.1", port)
        with pytest.raises(SettingsRefused, match=f"port {port} at 127.0.0.1.*GATEHOUSE_PORT"):
            need_free("127.0.0.1", port, "GATEHOUSE_PORT (web.port)", patience_s=0)
    need_free("127.0.0.1", free_port(), "GATEHOUSE_PORT (web.port)")


def test_a_port_that_becomes_free_in_a_moment_is_waited_for() -> None:
    server = socket.create_server(("127.0.0.1", 0))
    leaving = threading.Timer(0.2, server.close)
    leaving.start()
    try:
        need_free("127.0.0.1", server.getsockname()[1], "GATEHOUSE_PORT (web.port)", patience_s=10)
    finally:
        leaving.join()
