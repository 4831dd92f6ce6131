"""A provider's server of few words, by TLS: answers what a test puts there, and keeps what it was sent."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.op.provider import Authority


@dataclass(frozen=True, kw_only=True)
class Given:
    """An answer: `body` as it is, or None to say nothing until the test is over."""

    body: bytes | None = b"{}"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


class Server(ThreadingHTTPServer):
    """Answers by path; `seen` are the requests: method, path and headers."""

    daemon_threads = True

    def __init__(self, trust: Authority) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: dict[str, Given] = {}
        self.seen: list[tuple[str, str, dict[str, str]]] = []
        self.over = threading.Event()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(trust.server.certificate, trust.server.key)
        self.socket = context.wrap_socket(self.socket, server_side=True)

    @property
    def url(self) -> str:
        """Where it is."""
        return f"https://localhost:{self.server_port}"

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: clients that do not trust us hang up."""


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self.server.seen.append((self.command, self.path, {k.lower(): v for k, v in self.headers.items()}))
        given = self.server.answers.get(self.path, Given(status=404))
        if given.body is None:
            self.server.over.wait(20)
            return
        self.send_response_only(given.status)
        for name, value in {"content-length": str(len(given.body)), **given.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(given.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@contextmanager
def serving(trust: Authority) -> Iterator[Server]:
    """Listen on a free port."""
    with Server(trust) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield server
        server.over.set()
        server.shutdown()
        thread.join()
