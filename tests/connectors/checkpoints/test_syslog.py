"""Checkpoints at real syslog sockets: what is written, when it counts as delivered, and whom we believe."""

import base64
import re
import socket
from pathlib import Path

import pytest

from connectors.checkpoints.reaching import Address
from connectors.checkpoints.syslog import Syslog, Transport, message
from core.errors import Undelivered
from core.notes import read_note
from store.ledger import Seal
from tests.connectors.checkpoints.servers import HOST, listening, never_answers
from tests.connectors.checkpoints.signing import seal, signer
from tests.connectors.mqtt.certificates import Authority
from tests.waiting import until

# RFC 5424, section 6: PRI VERSION TIMESTAMP HOSTNAME APP-NAME PROCID MSGID STRUCTURED-DATA MSG.
LINE = re.compile(
    rb"<109>1 (?P<at>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z) (?P<host>[!-~]{1,255}) gatehouse (?P<pid>\d+) "
    rb"checkpoint - checkpoint size=(?P<size>\d+) root=(?P<root>[A-Za-z0-9+/=]+) "
    rb"note=(?P<note>[A-Za-z0-9+/=]+)"
)


def told(text: bytes) -> Seal:
    """Read a message back as whoever keeps it would."""
    found = LINE.fullmatch(text)
    assert found is not None, text
    note = base64.b64decode(found["note"])
    body, _ = read_note(note, [signer().key])
    assert body.split("\n")[1].encode() == found["size"]
    return Seal(int(found["size"]), 0, base64.b64decode(found["root"]), note)


def unframed(text: bytes) -> bytes:
    """Take the octet count off (RFC 6587, section 3.4.1)."""
    count, _, rest = text.partition(b" ")
    assert int(count) == len(rest)
    return rest


def tls_address(port: int, ca: Path, host: str = HOST) -> Address:
    return Address(host=host, port=port, tls=True, ca=ca)


def test_a_message_carries_the_note_as_it_was_signed_and_is_short_enough_for_udp() -> None:
    text = message(seal(2_000_000_000), "gate house.example\n\u00fc", 7)

    assert told(text).note == seal(2_000_000_000).note
    assert b" gatehouse.example gatehouse 7 " in text
    assert text.startswith(b"<109>1 2090-")
    # RFC 5426, section 3.2: what every receiver should take.
    assert len(text) < 2_048
    assert b" - gatehouse 7 " in message(seal(1), "\u00fc", 7)


def test_udp_sends_one_datagram() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((HOST, 0))
        server.settimeout(10)
        Syslog(Transport.UDP, Address(host=HOST, port=server.getsockname()[1])).deliver(seal(3))

        assert told(server.recv(65_536)).size == 3


def test_udp_to_a_port_where_nobody_listens_is_not_delivered() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((HOST, 0))
        port = server.getsockname()[1]

    with pytest.raises(Undelivered, match="refuses the connection"):
        Syslog(Transport.UDP, Address(host=HOST, port=port)).deliver(seal(3))


def test_tcp_counts_octets_and_is_delivered_when_the_server_has_read_to_the_end() -> None:
    with listening() as server:
        syslog = Syslog(Transport.TCP, Address(host=HOST, port=server.port))
        syslog.deliver(seal(3))
        syslog.deliver(seal(4))
        until(lambda: len(server.heard) == 2)

        assert [told(unframed(one)).size for one in server.heard] == [3, 4]


@pytest.mark.parametrize("transport", [Transport.TCP, Transport.TLS])
def test_a_server_that_takes_the_connection_and_never_answers_is_given_up_in_time(
    tmp_path: Path, transport: Transport
) -> None:
    authority = Authority(tmp_path)
    tls = authority.sign("server", HOST) if transport is Transport.TLS else None
    with listening(never_answers, tls) as server:
        address = Address(host=HOST, port=server.port, tls=tls is not None, ca=authority.file)
        with pytest.raises(Undelivered, match="does not answer in time"):
            Syslog(transport, address, seconds=0.3).deliver(seal(3))


def test_a_server_that_is_not_there_is_said_in_words_without_its_address() -> None:
    with socket.create_server((HOST, 0)) as server:
        port = server.getsockname()[1]

    with pytest.raises(Undelivered) as refused:
        Syslog(Transport.TCP, Address(host=HOST, port=port)).deliver(seal(3))
    assert str(refused.value) == "it refuses the connection"
    with pytest.raises(Undelivered, match="its name is not known"):
        Syslog(Transport.TCP, Address(host="nowhere.invalid", port=port)).deliver(seal(3))


def test_tls_speaks_to_a_server_whose_certificate_the_named_authority_has_signed(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with listening(None, authority.sign("server", HOST)) as server:
        Syslog(Transport.TLS, tls_address(server.port, authority.file)).deliver(seal(3))
        until(lambda: server.heard)

        assert told(unframed(server.heard[0])).size == 3


@pytest.mark.parametrize("which", ["another authority", "another name", "the system's authorities"])
def test_tls_tells_nothing_to_a_server_that_is_not_the_one(tmp_path: Path, which: str) -> None:
    authority = Authority(tmp_path)
    names = ("elsewhere.example",) if which == "another name" else (HOST,)
    with listening(None, authority.sign("server", *names)) as server:
        ca = {
            "another authority": Authority(tmp_path, "other").file,
            "another name": authority.file,
            "the system's authorities": None,
        }[which]
        address = Address(host=HOST, port=server.port, tls=True, ca=ca)
        with pytest.raises(Undelivered, match="certificate can't be trusted"):
            Syslog(Transport.TLS, address).deliver(seal(3))

        assert server.heard == []


def test_only_another_machine_counts_as_one() -> None:
    def leaves(host: str) -> bool:
        return Syslog(Transport.TCP, Address(host=host, port=601)).leaves()

    assert [leaves(one) for one in ("127.0.0.1", "::1", "localhost", "127.3.2.1")] == [False] * 4
    assert leaves("10.0.0.7")
    assert leaves("logs.example.org")
    assert Syslog(Transport.TLS, Address(host="fd00::7", port=6514)).where == "tls://[fd00::7]:6514"
