"""`gatehouse.py account`: secrets for codes, and break-glass accounts, which stay what they are."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyotp
import pytest

import gatehouse
from auth.local import Attempt, sign_in
from core.errors import Invalid, SignInRefused
from store import clock
from store.database import Database
from store.directory import Account, find_account, save_account, take_code
from store.opening import open_database
from tests.auth.attempts import sealed
from tests.commands.at_terminal import hash_quickly, types

PASSWORD = "correct-horse-battery"
Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def db(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    for name in ("GATEHOUSE_CONFIG", "GATEHOUSE_PORT", "GATEHOUSE_MQTT_PORT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GATEHOUSE_DATA", str(tmp_path / "data"))
    hash_quickly(monkeypatch)
    opened = open_database(tmp_path / "data")
    yield opened
    opened.close()


def create(monkeypatch: pytest.MonkeyPatch, *more: str) -> int:
    types(monkeypatch, PASSWORD)
    return gatehouse.main(["account", "create", "alice", *more])


def alice(db: Database) -> Account:
    found = find_account(db, "alice")
    assert found is not None
    return found


def attempt(code: str = "") -> Attempt:
    return Attempt(username="alice", password=PASSWORD, address="192.0.2.1", code=code)


def test_a_secret_is_drawn_on_request_shown_once_and_wanted_from_then_on(
    db: Database, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    assert create(monkeypatch, "--totp") == 0
    said = capsys.readouterr().out
    secret = re.findall(r"shown once: ([A-Z2-7]{32})\n", said)[0]
    assert f"otpauth://totp/Gatehouse:alice?secret={secret}" in said
    assert "alice can sign in with password and code" in said
    with pytest.raises(SignInRefused):
        sign_in(db, attempt(), clock.now_us())
    assert sign_in(db, attempt(pyotp.TOTP(secret).now()), clock.now_us()).proven

    assert create(monkeypatch, "--name", "Alice Ash") == 0
    assert secret not in capsys.readouterr().out
    assert (alice(db).totp_secret, alice(db).name) == (secret, "Alice Ash")


def test_a_new_password_gives_back_no_code_that_was_used_and_a_new_secret_begins_anew(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    create(monkeypatch, "--totp")
    first = alice(db)
    take_code(db, first, 7)
    create(monkeypatch)
    assert (alice(db).totp_secret, alice(db).last_code) == (first.totp_secret, 7)

    create(monkeypatch, "--totp")
    assert alice(db).totp_secret != first.totp_secret
    assert alice(db).last_code == 0


def test_to_create_an_account_again_keeps_its_groups_and_ends_that_it_is_disabled(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    create(monkeypatch, "--group", "g1", "--group", "g2")
    gatehouse.main(["account", "disable", "alice"])
    create(monkeypatch)

    assert (alice(db).groups, alice(db).disabled) == (("g1", "g2"), None)


def test_a_break_glass_account_is_made_no_ordinary_one(
    db: Database, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    save_account(db, sealed(), clock.now_us(), "tests")
    types(monkeypatch, PASSWORD)

    assert gatehouse.main(["account", "create", "breakglass-1", "--group", "gh-user"]) == 1
    assert "`gatehouse.py breakglass create --replace`" in capsys.readouterr().err
    assert find_account(db, "breakglass-1") == sealed()
    with pytest.raises(Invalid, match="stays one"):
        save_account(db, replace(sealed(), breakglass=False), clock.now_us(), "tests")


def test_a_break_glass_account_that_is_disabled_stays_one(db: Database, capsys: Capture) -> None:
    save_account(db, sealed(), clock.now_us(), "tests")

    assert gatehouse.main(["account", "disable", "breakglass-1"]) == 0
    assert "breakglass create --replace" in capsys.readouterr().out
    found = find_account(db, "breakglass-1")
    assert found is not None
    assert (found.breakglass, found.disabled is not None) == (True, True)


def test_the_list_tells_what_kind_each_account_is(
    db: Database, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    save_account(db, sealed(), clock.now_us(), "tests")
    create(monkeypatch)
    gatehouse.main(["account", "disable", "alice"])
    capsys.readouterr()

    assert gatehouse.main(["account", "list"]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("alice")
    assert first.endswith("  (disabled)")
    assert second.startswith("breakglass-1")
    assert second.endswith("  (break-glass)  (codes)")
