"""A real web process on a free port, and a browser's half of Streamlit's protocol."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from store.database import FILE_NAME
from store.opening import open_database
from tests.auth.people import PASSWORD, settle_in
from tests.ports import free_port
from tests.waiting import until

TOKEN: Final = "a-token-that-only-these-tests-know-about"
ROOT: Final = Path(__file__).parent.parent.parent


@dataclass(frozen=True, kw_only=True)
class Running:
    """A web process that answers."""

    port: int
    data: Path
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    def client(self) -> httpx.Client:
        """Give a client that follows nothing and sends no Origin by itself."""
        return httpx.Client(base_url=self.url, follow_redirects=False, timeout=20)

    def sign_in(self, username: str = "ben", **headers: str) -> str:
        """Sign in by the form; gives the cookie."""
        form = {"username": username, "password": PASSWORD, "next": "/live"}
        with self.client() as client:
            answer = client.post("/auth/local", data=form, headers={"origin": self.url} | headers)
        assert answer.status_code == 303, answer.text
        found = re.match(r"gatehouse=([^;]+)", answer.headers["set-cookie"])
        assert found is not None
        return found[1]

    def socket(
        self,
        cookie: str | None,
        path: str = "/_stcore/stream",
        *,
        resume: str = "",
        origin: str | None = "ours",
    ) -> ClientConnection:
        """Open a websocket as a browser would; raises InvalidStatus when it is refused."""
        protocols = ["streamlit", "token", resume] if resume else ["streamlit", "token"]
        return connect(
            f"ws://localhost:{self.port}{path}",
            origin=Origin(self.url) if origin == "ours" else None if origin is None else Origin(origin),
            additional_headers={} if cookie is None else {"cookie": f"gatehouse={cookie}"},
            subprotocols=[Subprotocol(one) for one in protocols] if "_stcore" in path else None,
            open_timeout=20,
        )

    def refused(self, cookie: str | None, path: str = "/_stcore/stream", origin: str | None = "ours") -> bool:
        """Whether a websocket is refused in the handshake."""
        try:
            with self.socket(cookie, path, origin=origin):
                return False
        except InvalidStatus as error:
            return error.response.status_code == 403


def environment(data: Path, port: int, **more: str) -> dict[str, str]:
    """Give a process the settings of a test, and nothing of the tester's."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("GATEHOUSE", "STREAMLIT"))
    }
    return kept | {"GATEHOUSE_DATA": str(data), "GATEHOUSE_PORT": str(port)} | more


def command(port: int) -> list[str]:
    """Give the command that starts the web process."""
    return [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]


@contextmanager
def web_process(folder: Path, wanted: int | None = None) -> Iterator[Running]:
    """Start a web process with people in its store, on any or a wanted port; ends it.

    In a folder in which one has run before, it goes on with what is there.
    """
    port = wanted or free_port()
    data, log, token = folder / "data", folder / "web.log", folder / "metrics-token"
    token.touch(0o600)
    token.write_text(TOKEN, encoding="utf-8")
    begun = (data / FILE_NAME).exists()
    db = open_database(data)
    if not begun:
        settle_in(db)
    db.close()
    with log.open("wb") as output:
        process = subprocess.Popen(
            command(port),
            cwd=ROOT,
            env=environment(data, port, GATEHOUSE_METRICS_TOKEN_FILE=str(token)),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    running = Running(port=port, data=data, process=process, log=log)
    try:
        until(lambda: _answers(running), seconds=60)
        yield running
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _answers(running: Running) -> bool:
    assert running.process.poll() is None, running.log.read_text()
    try:
        with running.client() as client:
            return client.get("/healthz").status_code == 200
    except httpx.TransportError:
        return False


def _ask_for(connection: ClientConnection, page: str) -> None:
    message = BackMsg()
    message.rerun_script.page_name = page
    connection.send(message.SerializeToString())


def drawn(connection: ClientConnection, page: str) -> bytes:
    """Ask for a page; gives all that the browser is sent until it is drawn."""
    _ask_for(connection, page)
    sent = b""
    while True:
        data, answer = _bytes(connection), ForwardMsg()
        answer.ParseFromString(data)
        sent += data
        if answer.WhichOneof("type") == "script_finished":
            return sent


def run_page(connection: ClientConnection, page: str = "live") -> str:
    """Ask for a page as a browser does first; gives Streamlit's id of the session that draws it."""
    _ask_for(connection, page)
    while True:
        answer = ForwardMsg()
        answer.ParseFromString(_bytes(connection))
        if answer.WhichOneof("type") == "new_session":
            return str(answer.new_session.initialize.session_id)


def redirect_of(connection: ClientConnection) -> str:
    """Read on until the page is sent elsewhere; gives where to."""
    while True:
        answer = ForwardMsg()
        answer.ParseFromString(_bytes(connection))
        if answer.WhichOneof("type") == "auth_redirect":
            return str(answer.auth_redirect.url)


def _bytes(connection: ClientConnection) -> bytes:
    data = connection.recv(timeout=20)
    assert isinstance(data, bytes)
    return data
