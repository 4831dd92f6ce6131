"""Checkpoints at a real web server: what is posted, what counts as taken, and what is never told to whom."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from ssl import PROTOCOL_TLS_SERVER, SSLContext
from typing import ClassVar

import pytest

from connectors.checkpoints.reaching import Address
from connectors.checkpoints.webhook import Hook, Webhook
from core.errors import StartRefused, Undelivered
from tests.connectors.checkpoints.servers import HOST, listening, never_answers
from tests.connectors.checkpoints.signing import seal
from tests.connectors.mqtt.certificates import Authority, Pair

TOKEN = "a-token-that-nobody-else-knows"


class Collector(BaseHTTPRequestHandler):
    """Keeps what is posted, and answers as the test says."""

    posted: ClassVar[list[tuple[str, dict[str, str], bytes]]]
    status: ClassVar[int]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.posted.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
        self.send_response(self.status)
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def collecting(status: int = 204, tls: Pair | None = None) -> Iterator[tuple[type[Collector], Address]]:
    handler = type("One", (Collector,), {"posted": [], "status": status})
    server = ThreadingHTTPServer((HOST, 0), handler)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # who is refused breaks off
    if tls is not None:
        context = SSLContext(PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tls.certificate, tls.key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield handler, Address(host=HOST, port=server.server_port, tls=tls is not None)
    finally:
        server.shutdown()
        server.server_close()


def hook(address: Address, token: str = TOKEN) -> Hook:
    return Hook(address=address, path="/in?key=hidden", token=lambda: token)


def test_the_note_is_posted_as_it_was_signed_with_the_token(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with collecting(tls=authority.sign("server", HOST)) as (server, address):
        Webhook(hook(replace(address, ca=authority.file))).deliver(seal(3))

    (path, headers, body) = server.posted[0]
    assert path == "/in?key=hidden"
    assert body == seal(3).note
    assert headers["authorization"] == f"Bearer {TOKEN}"
    assert headers["content-type"] == "text/plain; charset=utf-8"
    assert headers["host"] == address.text


def test_without_a_token_none_is_sent() -> None:
    with collecting() as (server, address):
        Webhook(Hook(address=address, path="/")).deliver(seal(3))

    assert "authorization" not in server.posted[0][1]


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (302, r"elsewhere \(302\)"),
        (308, r"elsewhere \(308\)"),
        (401, "answers 401"),
        (500, "answers 500"),
    ],
)
def test_any_other_answer_is_no_delivery_and_nobody_is_followed(status: int, words: str) -> None:
    with collecting(status) as (server, address), pytest.raises(Undelivered, match=words):
        Webhook(hook(address)).deliver(seal(3))

    assert [path for path, _, _ in server.posted] == ["/in?key=hidden"]


def test_a_server_that_takes_the_connection_and_never_answers_is_given_up_in_time() -> None:
    with listening(never_answers) as server:
        address = Address(host=HOST, port=server.port)
        with pytest.raises(Undelivered, match="does not answer in time"):
            Webhook(hook(address), seconds=0.3).deliver(seal(3))


def test_a_server_that_answers_byte_by_byte_is_given_up_in_time() -> None:
    def drip(connection: object) -> None:
        pause = threading.Event()
        while True:
            connection.sendall(b"H")  # type: ignore[attr-defined]
            pause.wait(0.05)

    with listening(drip) as server:
        address = Address(host=HOST, port=server.port)
        with pytest.raises(Undelivered, match="does not answer in time"):
            Webhook(hook(address), seconds=0.5).deliver(seal(3))


def test_what_is_no_http_is_no_delivery() -> None:
    with (
        listening(lambda connection: connection.sendall(b"hello\r\n\r\n")) as server,
        pytest.raises(Undelivered),
    ):
        Webhook(hook(Address(host=HOST, port=server.port))).deliver(seal(3))


def test_a_server_whose_certificate_is_not_vouched_for_is_told_nothing(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    good = authority.sign("server", HOST)
    untrusted = pytest.raises(Undelivered, match="certificate can't be trusted")
    with collecting(tls=good) as (server, address), untrusted:
        Webhook(hook(address)).deliver(seal(3))

    assert server.posted == []


def test_neither_path_nor_token_is_in_any_text() -> None:
    one = Webhook(hook(Address(host="siem.example", port=443, tls=True)))

    assert one.where == "https://siem.example:443"
    assert one.leaves()
    for token in ("two words", "two\r\nLines: of", "\u00fc"):
        with pytest.raises(Undelivered, match="one word") as refused:
            Webhook(hook(Address(host=HOST, port=1), token)).deliver(seal(3))
        assert token not in str(refused.value)


def test_a_token_file_that_others_can_read_sends_nothing() -> None:
    def refuse() -> str:
        raise StartRefused("others can read /secret/place")

    with collecting() as (server, address), pytest.raises(Undelivered, match="token can't be used"):
        Webhook(Hook(address=address, path="/", token=refuse)).deliver(seal(3))
    assert server.posted == []
