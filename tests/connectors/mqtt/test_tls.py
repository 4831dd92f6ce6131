"""TLS to the broker, tried with a mosquitto that demands it and one that demands client certificates."""

import datetime as dt
import os
import pwd
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from connectors.mqtt.broker import find_mosquitto
from connectors.mqtt.client import Broker, Session
from connectors.mqtt.tls import Tls
from core.errors import BrokerUnreachable
from tests.connectors.mqtt.certificates import Authority, Pair
from tests.ports import free_port
from tests.waiting import until

slow = pytest.mark.slow
PAST = dt.timedelta(days=-1)


@contextmanager
def mosquitto(folder: Path, ca: Authority, pair: Pair, *more: str) -> Iterator[int]:
    """Run a broker that speaks TLS only."""
    port, config = free_port(), folder / "mosquitto.conf"
    lines = (
        f"user {pwd.getpwuid(os.geteuid()).pw_name}",
        f"listener {port} 127.0.0.1",
        "allow_anonymous true",
        f"cafile {ca.file}",
        f"certfile {pair.certificate}",
        f"keyfile {pair.key}",
        "log_type none",
        *more,
    )
    config.write_text("\n".join(lines) + "\n", encoding="utf-8")
    process = subprocess.Popen([str(find_mosquitto()), "-c", str(config)], stderr=subprocess.DEVNULL)
    try:
        until(lambda: _answers(port), seconds=10)
        yield port
    finally:
        process.terminate()
        process.wait(10)


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def session(port: int, tls: Tls | None, host: str = "localhost") -> Session:
    return Session(Broker(host=host, port=port, tls=tls), "ingest", ("x/+",))


def hears_itself(one: Session) -> bool:
    one.open()
    one.publish("x/1", b"over TLS", expiry_s=5)
    until(lambda: [each.message.payload for each in one.poll(0.1, 10)] == [b"over TLS"])
    one.close()
    return True


@pytest.fixture
def ca(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@slow
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
@pytest.mark.parametrize("version", ["tlsv1.2", "tlsv1.3"])
def test_a_broker_that_demands_tls_is_spoken_to(
    tmp_path: Path, ca: Authority, host: str, version: str
) -> None:
    pair = ca.sign("broker", host)
    with mosquitto(tmp_path, ca, pair, f"tls_version {version}") as port:
        assert hears_itself(session(port, Tls(ca=ca.file), host))


@slow
def test_without_tls_such_a_broker_is_not_reached(tmp_path: Path, ca: Authority) -> None:
    with mosquitto(tmp_path, ca, ca.sign("broker", "localhost")) as port, pytest.raises(BrokerUnreachable):
        session(port, None).open()


@slow
def test_a_broker_of_another_authority_is_refused(tmp_path: Path, ca: Authority) -> None:
    other = Authority(tmp_path, "other")
    with (
        mosquitto(tmp_path, ca, ca.sign("broker", "localhost")) as port,
        pytest.raises(BrokerUnreachable, match=rf"localhost:{port} can't be trusted: .*certificate"),
    ):
        session(port, Tls(ca=other.file)).open()


@slow
def test_a_broker_whose_certificate_is_past_is_refused(tmp_path: Path, ca: Authority) -> None:
    with (
        mosquitto(tmp_path, ca, ca.sign("broker", "localhost", until=PAST)) as port,
        pytest.raises(BrokerUnreachable, match="can't be trusted: certificate has expired"),
    ):
        session(port, Tls(ca=ca.file)).open()


@slow
@pytest.mark.parametrize("hosts", [("broker.example.org",), ("127.0.0.1",), ("xlocalhost", "*")])
def test_a_broker_with_another_name_is_refused(tmp_path: Path, ca: Authority, hosts: tuple[str, ...]) -> None:
    with (
        mosquitto(tmp_path, ca, ca.sign("broker", *hosts)) as port,
        pytest.raises(BrokerUnreachable, match="can't be trusted: Hostname mismatch"),
    ):
        session(port, Tls(ca=ca.file)).open()


@slow
@pytest.mark.parametrize("version", ["tlsv1.2", "tlsv1.3"])
def test_a_broker_that_demands_a_certificate_of_us_gets_it(
    tmp_path: Path, ca: Authority, version: str
) -> None:
    pair, own = ca.sign("broker", "localhost"), ca.sign("ingest")
    with mosquitto(tmp_path, ca, pair, "require_certificate true", f"tls_version {version}") as port:
        assert hears_itself(session(port, Tls(ca=ca.file, certificate=own.certificate, key=own.key)))


@slow
@pytest.mark.parametrize("version", ["tlsv1.2", "tlsv1.3"])
@pytest.mark.parametrize("whose", ["none", "stranger", "past"])
def test_without_a_good_certificate_of_ours_the_refusal_says_so(
    tmp_path: Path, ca: Authority, version: str, whose: str
) -> None:
    own = {
        "none": None,
        "stranger": Authority(tmp_path, "other").sign("ingest"),
        "past": ca.sign("i", until=PAST),
    }[whose]
    tls = Tls(ca=ca.file, certificate=own.certificate, key=own.key) if own else Tls(ca=ca.file)
    pair = ca.sign("broker", "localhost")
    with (
        mosquitto(tmp_path, ca, pair, "require_certificate true", f"tls_version {version}") as port,
        pytest.raises(BrokerUnreachable) as caught,
    ):
        session(port, tls).open()
    assert str(port) in str(caught.value)
    assert "does not answer" not in str(caught.value)


def test_old_tls_is_not_spoken(ca: Authority) -> None:
    context = Tls(ca=ca.file).context()

    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)


def test_nobody_is_believed_but_the_authority_that_was_named(ca: Authority) -> None:
    assert len(Tls(ca=ca.file).context().get_ca_certs()) == 1


@pytest.mark.parametrize("fault", ["no ca", "no pem", "other key", "passphrase", "no key"])
def test_files_that_are_not_usable_are_said_so(tmp_path: Path, ca: Authority, fault: str) -> None:
    own, other = ca.sign("ingest"), ca.sign("other", passphrase=b"secret")
    (tmp_path / "text").write_text("no PEM", encoding="utf-8")
    tls = {
        "no ca": Tls(ca=tmp_path / "nowhere"),
        "no pem": Tls(ca=tmp_path / "text"),
        "other key": Tls(ca=ca.file, certificate=own.certificate, key=ca.sign("third").key),
        "passphrase": Tls(ca=ca.file, certificate=other.certificate, key=other.key),
        "no key": Tls(ca=ca.file, certificate=own.certificate, key=tmp_path / "nowhere"),
    }[fault]

    with pytest.raises(BrokerUnreachable, match=r"not usable.*mqtt\.ca_file"):
        session(1, tls).open()


def test_what_is_already_decrypted_is_not_waited_for(ca: Authority) -> None:
    """Brokers that put several packets into one TLS record: `select` sees nothing of the later ones."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    pair = ca.sign("broker", "localhost")
    context.load_cert_chain(pair.certificate, pair.key)
    done = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_at_once, args=(listener, context, done))
        thread.start()
        one = session(listener.getsockname()[1], Tls(ca=ca.file), "localhost")
        one.open()
        began = time.monotonic()
        heard: list[bytes] = []
        while len(heard) < 3:
            heard += [each.message.payload for each in one.poll(10, 100)]
        seconds = time.monotonic() - began
        one.drop()
        done.set()
        thread.join()

    assert (heard, seconds < 5) == ([b"0", b"1", b"2"], True)


def _at_once(listener: socket.socket, context: ssl.SSLContext, done: threading.Event) -> None:
    """Be a broker that says yes and delivers three messages in one record."""
    plain, _ = listener.accept()
    with context.wrap_socket(plain, server_side=True) as connection:
        connection.recv(4096)
        yes = b"\x20\x03\x00\x00\x00"
        pong = b"\xd0\x00"
        messages = [b"\x30\x07\x00\x03x/1\x00%d" % number for number in range(3)]
        connection.sendall(yes + messages[0] + pong + messages[1] + pong + messages[2])
        assert done.wait(30)
