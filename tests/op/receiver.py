"""Stands in for a client: takes what a provider posts to it."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from typing import Final
from urllib.parse import parse_qsl

from tests.op.provider import Authority

_PAGE: Final = b"<!DOCTYPE html><html lang=en><title>Received</title><h1>Received</h1>"


class Receiver(ThreadingHTTPServer):
    """Keeps forms in `forms`, in order, and answers with `status`."""

    daemon_threads = True

    def __init__(self, trust: Authority | None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.forms: Queue[dict[str, str]] = Queue()
        self.status = 200
        self._scheme = "http" if trust is None else "https"
        if trust is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(trust.server.certificate, trust.server.key)
            self.socket = context.wrap_socket(self.socket, server_side=True)

    def url(self, path: str) -> str:
        """Give an address of it."""
        return f"{self._scheme}://localhost:{self.server_port}{path}"

    def form(self) -> dict[str, str]:
        """Give the next form that came, or wait for it."""
        return self.forms.get(timeout=10)


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        length = int(self.headers.get("content-length", 0))
        self.server.forms.put(dict(parse_qsl(self.rfile.read(length).decode())))
        self._answer(self.server.status)

    def do_GET(self) -> None:
        self._answer(200)

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("content-type", "text/html")
        self.send_header("content-length", str(len(_PAGE)))
        self.end_headers()
        self.wfile.write(_PAGE)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@contextmanager
def receiving(trust: Authority | None = None) -> Iterator[Receiver]:
    """Listen on a free port, with TLS when there is a certificate for it."""
    with Receiver(trust) as receiver:
        thread = threading.Thread(target=receiver.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield receiver
        receiver.shutdown()
        thread.join()
