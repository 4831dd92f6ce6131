"""The processes together: start, refusal of a second, restart, and the end, without SIGKILL."""

import json
import os
import signal
import socket
import stat
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from commands.health import Line
from tests.commands.stack import Stack, alive, clean_environment, run, started
from tests.ports import free_port
from tests.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
WITHIN_S = 5.0


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    began = time.monotonic()
    with started("demo", tmp_path_factory.mktemp("demo") / "data") as stack:
        stack.wait_answers()
        assert httpx.get(f"{stack.origin}/sign-in", timeout=20).status_code == 200
        print(f"demo: first page after {time.monotonic() - began:.1f} s")
        stack.wait_served()
        stack.wait_well()
        yield stack


def cookie(stack: Stack, username: str = "admin") -> str:
    logins = json.loads((stack.folder / "demo-accounts.json").read_text(encoding="utf-8"))
    password = next(login["password"] for login in logins if login["username"] == username)
    form = {"username": username, "password": password, "next": "/"}
    answer = httpx.post(f"{stack.origin}/auth/local", data=form, headers={"Origin": stack.origin}, timeout=20)
    assert answer.status_code == 303, answer.text
    return "; ".join(f"{name}={value}" for name, value in answer.cookies.items())


def opened(stack: Stack, *head: str) -> socket.socket:
    """Send the head of a request and never read or write again, as a laptop whose lid was closed."""
    connection = socket.create_connection(("127.0.0.1", stack.port), timeout=10)
    connection.sendall("\r\n".join((*head, f"Host: localhost:{stack.port}", "", "")).encode())
    return connection


def answered(connection: socket.socket, status: int) -> bool:
    return connection.recv(4096).startswith(f"HTTP/1.1 {status}".encode())


def deaf_websocket(stack: Stack, path: str, cookies: str) -> socket.socket:
    connection = opened(
        stack,
        f"GET {path} HTTP/1.1",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {b64encode(os.urandom(16)).decode()}",
        "Sec-WebSocket-Version: 13",
        f"Origin: {stack.origin}",
        f"Cookie: {cookies}",
    )
    assert answered(connection, 101), path
    return connection


def keep_alive(stack: Stack) -> socket.socket:
    connection = opened(stack, "GET /healthz HTTP/1.1")
    assert answered(connection, 200)
    return connection


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_everything_in_5_s_with_sockets_open(tmp_path: Path, number: signal.Signals) -> None:
    with started("demo", tmp_path / "data") as stack:
        stack.wait_served()
        stack.wait_well()
        pids = stack.pids()
        cookies = cookie(stack)
        with ExitStack() as sockets:
            sockets.enter_context(keep_alive(stack))
            sockets.enter_context(opened(stack, "POST /auth/local HTTP/1.1", "Content-Length: 100"))
            for path in ("/_stcore/stream", "/live/stream"):
                sockets.enter_context(deaf_websocket(stack, path, cookies))
            began = time.monotonic()
            stack.send(number)
            code = stack.wait_ended(WITHIN_S)
            print(f"{number.name}: all ended after {time.monotonic() - began:.1f} s")

    assert code == 0
    assert not stack.said("killed"), stack.lines
    assert len(pids) == 5
    assert not any(map(alive, pids))


@pytest.mark.parametrize("name", ["broker", "ingest", "web", "simulator"])
def test_a_killed_process_is_started_again_and_shown(demo: Stack, name: str) -> None:
    demo.wait_well()
    before = demo.part(name)
    assert before is not None
    assert before.pid is not None
    os.kill(before.pid, signal.SIGKILL)

    until(lambda: _is_new(demo, before), seconds=60)
    demo.wait_well()
    shown = {part["name"]: part for part in demo.health()["parts"]}
    assert shown[name]["state"] == "ok"
    assert shown[name]["pid"] != before.pid
    assert shown[name]["restarts"] == before.restarts + 1
    assert demo.said(f"{name:<10} down: signal SIGKILL, again in")


def _is_new(stack: Stack, before: Line) -> bool:
    part = stack.part(before.name)
    return part is not None and part.state == "ok" and part.pid != before.pid


@pytest.mark.parametrize("verb", ["run", "demo"])
def test_a_second_one_on_the_same_folder_is_refused_with_the_pid(demo: Stack, verb: str) -> None:
    ports = {"GATEHOUSE_PORT": str(free_port()), "GATEHOUSE_MQTT_PORT": str(free_port())}
    second = run(verb, environment=clean_environment(demo.folder, **ports))

    assert second.returncode == 1
    assert f"process {demo.pid}" in second.stderr
    assert len(second.stderr.splitlines()) == 1


def test_a_port_in_use_is_named_by_its_setting(demo: Stack, tmp_path: Path) -> None:
    taken = clean_environment(tmp_path, GATEHOUSE_PORT=str(demo.port), GATEHOUSE_MQTT_PORT=str(free_port()))
    answer = run("run", environment=taken)

    assert answer.returncode == 2
    assert "GATEHOUSE_PORT (web.port)" in answer.stderr


def test_the_demo_writes_its_accounts_for_the_owner_alone(demo: Stack) -> None:
    logins = json.loads((demo.folder / "demo-accounts.json").read_text(encoding="utf-8"))
    broker = json.loads((demo.folder / "demo-broker.json").read_text(encoding="utf-8"))
    files = [path for path in demo.folder.rglob("*") if path.is_file()]
    open_to_others = [path for path in files if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)]

    assert {login["role"] for login in logins} == {"admin", "supervisor", "agent", "user", "auditor"}
    assert all(set(login) == {"username", "password", "role", "sites", "totp_secret"} for login in logins)
    assert all(demo.said(login["password"]) for login in logins)
    assert set(broker) == {"host", "port", "username", "password"}
    # A listener of its own, as many clients share this account.
    assert broker["port"] != demo.mqtt_port
    assert open_to_others == []
    assert stat.S_IMODE(demo.folder.stat().st_mode) == 0o700


def test_after_kill_9_of_the_supervisor_nothing_is_left_and_the_next_start_works(tmp_path: Path) -> None:
    with started("demo", tmp_path / "data") as stack:
        stack.wait_served()
        stack.wait_well()
        pids = stack.pids()
        accounts = (stack.folder / "demo-accounts.json").read_text(encoding="utf-8")
        stack.send(signal.SIGKILL)
        until(lambda: not any(map(alive, pids)), seconds=WITHIN_S)

    with started("demo", tmp_path / "data") as stack:
        stack.wait_served()
        assert (stack.folder / "demo-accounts.json").read_text(encoding="utf-8") == accounts
        assert cookie(stack)
