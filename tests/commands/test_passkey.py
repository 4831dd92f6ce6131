"""`gatehouse.py passkey`: codes for others, and what becomes of passkeys at the command line."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import gatehouse
from auth.enrolment import Way, prove_entry
from auth.passkeys import Visit
from auth.sessions import Sessions
from core.records import Kind
from store.clock import now_us
from store.database import Database
from store.passkeys import passkeys_of
from tests.auth.passkeying import kept
from tests.auth.people import LIMITS, NOW, peopled_store, person
from tests.auth.reading import told

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def db(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    for name in ("GATEHOUSE_CONFIG", "GATEHOUSE_PORT", "GATEHOUSE_MQTT_PORT", "SSH_CONNECTION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GATEHOUSE_DATA", str(tmp_path / "data"))
    opened = peopled_store(tmp_path / "data")
    yield opened
    opened.close()


def test_a_code_is_shown_once_and_opens(db: Database, capsys: Capture) -> None:
    assert gatehouse.main(["passkey", "code", "ben"]) == 0
    code, said, _ = capsys.readouterr().out.split("\n", 2)
    _, actor = Sessions(db, LIMITS).start(person("ben"), address="", agent="", now=now_us())

    assert said.startswith("This is shown once.")
    assert prove_entry(db, Visit(actor=actor, address="", now=now_us()), code) is Way.CODE
    (record,) = told(db, Kind.OPERATOR_PASSKEY_CODE_ISSUED)
    assert record.private["by"].startswith("cli:")
    assert (record.private["subject"], record.private["name"]) == ("local:ben", "Ben")


@pytest.mark.parametrize("deed", [["code"], ["list"], ["remove"]])
def test_nobody_is_known_by_a_strange_name(db: Database, capsys: Capture, deed: list[str]) -> None:
    more = ["ref"] if deed == ["remove"] else []

    assert gatehouse.main(["passkey", *deed, "nobody", *more]) == 1
    assert "nobody is known as 'nobody'" in capsys.readouterr().err
    assert told(db, Kind.OPERATOR_PASSKEY_CODE_ISSUED) == []


def test_they_are_listed_and_removed(db: Database, capsys: Capture) -> None:
    one, _ = kept(db, "local:ben", created=NOW), kept(db, "local:ben", "Key", created=NOW, locked=NOW)
    assert gatehouse.main(["passkey", "list", "local:ben"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == [one.ref, "Phone", "added", "2027-01-15", "last", "used", "never"]
    assert lines[1].endswith("(locked: it may have been copied)")

    assert gatehouse.main(["passkey", "remove", "ben", one.ref]) == 0
    assert gatehouse.main(["passkey", "remove", "ben", one.ref]) == 1
    assert "there is no passkey" in capsys.readouterr().err
    assert [each.name for each in passkeys_of(db, "local:ben")] == ["Key"]
    assert len(told(db, Kind.OPERATOR_PASSKEY_REMOVED)) == 1


def test_from_another_network_nothing_is_made(
    db: Database, capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data" / "gatehouse.toml").write_text(
        '[networks]\npeople = ["10.0.0.0/8"]\n', encoding="utf-8"
    )
    monkeypatch.setenv("SSH_CONNECTION", "192.0.2.9 50000 192.0.2.1 22")

    assert gatehouse.main(["passkey", "code", "ben"]) == 1
    assert "networks.people does not let 192.0.2.9" in capsys.readouterr().err
    assert told(db, Kind.OPERATOR_PASSKEY_CODE_ISSUED) == []
