"""Whom ingest connects to, and as whom."""

from pathlib import Path

from commands.brokers import ingest_broker
from commands.ingest import client_id
from connectors.mqtt.broker import EmbeddedBroker
from core.model import Estate
from settings import load_settings
from store.ingest_log import IngestLog
from store.opening import open_database
from store.touch import Holder

EXTERNAL = """
[mqtt]
host = "broker.example.org"
username = "gatehouse"
password_file = "password"
ca_file = "ca.pem"
client_certificate_file = "i.crt"
client_key_file = "i.key"
"""


def test_the_embedded_broker_is_entered_by_ingests_own_account_and_id(tmp_path: Path) -> None:
    EmbeddedBroker(tmp_path / "broker", 1).write(Estate())
    settings = load_settings({"GATEHOUSE_DATA": str(tmp_path)})
    found = ingest_broker(settings)

    assert (found.host, found.username, found.tls) == ("127.0.0.1", "ingest", None)
    assert client_id(settings, log(tmp_path)) == "ingest"


def test_an_external_broker_is_entered_by_tls_and_an_id_that_nobody_can_guess(tmp_path: Path) -> None:
    for name in ("password", "ca.pem", "i.crt", "i.key"):
        (tmp_path / name).write_text("k" * 40, encoding="utf-8")
        (tmp_path / name).chmod(0o600)
    (tmp_path / "gatehouse.toml").write_text(EXTERNAL, encoding="utf-8")
    settings = load_settings({"GATEHOUSE_DATA": str(tmp_path)})
    found = ingest_broker(settings)

    assert (found.host, found.port, found.username) == ("broker.example.org", 8883, "gatehouse")
    assert found.tls is not None
    assert (found.tls.ca, found.tls.certificate, found.tls.key) == (
        tmp_path / "ca.pem",
        tmp_path / "i.crt",
        tmp_path / "i.key",
    )
    assert len(client_id(settings, log(tmp_path)).removeprefix("gatehouse-")) == 16
    assert "k" * 40 not in repr(found)


def log(folder: Path) -> IngestLog:
    return IngestLog(open_database(folder), Holder(id="h"))
