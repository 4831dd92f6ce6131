"""`gatehouse.py breakglass`: what is drawn is shown once, opens everything, and is tried in drills."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyotp
import pytest

import gatehouse
from auth.local import Attempt, LocalRules, sign_in
from auth.readable_secrets import ALPHABET, BITS, readable_secret
from auth.sessions import Sessions
from commands import breakglass
from commands.breakglass import NAMES
from core.errors import SignInRefused
from core.records import Kind
from core.times import DAY_US, iso_us
from store import clock
from store.breakglass import sealed_accounts
from store.database import Database
from store.directory import MAX_FAILURES, Account, all_accounts, find_account, save_account
from store.opening import open_database
from store.policies import apply_policy
from tests.auth.people import LIMITS
from tests.auth.reading import told
from tests.commands.at_terminal import hash_quickly, types

POLICY = '[[grants]]\ngroup = "gh-watch"\nrole = "supervisor"\nsites = ["*"]\n'
BOUND = '[[grants]]\ngroup = "gh-entra"\nrole = "admin"\nsites = ["*"]\nprovider = "entra"\n'
ADMIN = '[[grants]]\ngroup = "gh-admin"\nrole = "admin"\nsites = ["*"]\n'
OTHER = ADMIN.replace("gh-admin", "gh-other")
Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def db(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    for name in ("GATEHOUSE_CONFIG", "GATEHOUSE_PORT", "GATEHOUSE_MQTT_PORT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GATEHOUSE_DATA", str(tmp_path / "data"))
    hash_quickly(monkeypatch)
    opened = open_database(tmp_path / "data")
    apply_policy(opened, POLICY + BOUND + ADMIN + OTHER, clock.now_us(), "tests")
    yield opened
    opened.close()


def drawn(capsys: Capture) -> dict[str, tuple[str, str]]:
    """Give what was shown: password and secret of each account."""
    out = capsys.readouterr().out
    found = re.findall(r"^(breakglass-\d)\n  password  (\S+)\n  secret    (\S+)\n", out, re.MULTILINE)
    return {name: (password, secret) for name, password, secret in found}


def create(capsys: Capture, *more: str) -> dict[str, tuple[str, str]]:
    capsys.readouterr()
    assert gatehouse.main(["breakglass", "create", *more]) == 0
    return drawn(capsys)


def code_of(secret: str) -> str:
    return pyotp.TOTP(secret).at(clock.now_us() // 1_000_000)


def entering(shown: dict[str, tuple[str, str]], name: str = NAMES[0]) -> Attempt:
    password, secret = shown[name]
    return Attempt(username=name, password=password, address="192.0.2.1", code=code_of(secret))


# --- create -------------------------------------------------------------------------------------------


def test_what_is_shown_opens_both_accounts_and_makes_administrators_of_everything(
    db: Database, capsys: Capture
) -> None:
    shown = create(capsys)

    assert tuple(shown) == NAMES
    for name in NAMES:
        person = sign_in(db, entering(shown, name), clock.now_us(), LocalRules(only_breakglass=True))
        assert (person.username, person.groups, person.breakglass) == (name, ("gh-admin",), True)
    assert all(one.everywhere for one in sealed_accounts(db))


def test_a_password_has_at_least_20_characters_and_100_bits_and_is_never_the_same() -> None:
    passwords = [readable_secret() for _ in range(200)]

    assert BITS >= 100
    assert len(set(ALPHABET)) == 32
    assert len(set(passwords)) == 200
    for one in passwords:
        signs = one.replace("-", "")
        assert 20 <= len(signs) == BITS // 5
        assert set(signs) <= set(ALPHABET)
        assert [len(group) for group in one.split("-")] == [4] * 6
    assert {sign for one in passwords for sign in one} == {*ALPHABET, "-"}


def test_it_is_said_how_to_seal_and_the_secret_comes_as_an_address_too(db: Database, capsys: Capture) -> None:
    del db
    assert gatehouse.main(["breakglass", "create"]) == 0
    said = capsys.readouterr()

    assert "120 bits" in said.out
    assert "Two envelopes" in said.out
    assert "Two places" in said.out
    assert said.out.count("otpauth://totp/Gatehouse:breakglass-") == 2
    assert said.err == ""


def test_nothing_of_what_is_shown_is_kept_but_the_secret_that_codes_need(
    db: Database, capsys: Capture, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    shown = create(capsys)
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())

    for password, secret in shown.values():
        assert password.encode() not in written
        assert password not in caplog.text
        assert secret not in caplog.text
        assert all(secret not in str(one) for one in told(db, *Kind))
    assert not any(one in repr(all_accounts(db)) for pair in shown.values() for one in pair)


def test_accounts_that_exist_are_kept(db: Database, capsys: Capture) -> None:
    shown = create(capsys)
    before = all_accounts(db)

    assert gatehouse.main(["breakglass", "create"]) == 1
    said = capsys.readouterr()
    assert "breakglass-1 and breakglass-2 exist already" in said.err
    assert said.out == ""
    assert all_accounts(db) == before
    assert sign_in(db, entering(shown), clock.now_us()).breakglass


def test_to_replace_them_ends_their_sessions_and_what_was_sealed_opens_nothing(
    db: Database, capsys: Capture
) -> None:
    sessions = Sessions(db, LIMITS)
    old = create(capsys)
    who = sign_in(db, entering(old), clock.now_us())
    _, actor = sessions.start(who, address="", agent="", now=clock.now_us())
    new = create(capsys, "--replace")

    assert sessions.by_ref(actor.session, clock.now_us()) is None
    assert not {*old.values()} & {*new.values()}
    with pytest.raises(SignInRefused):
        sign_in(db, entering(old), clock.now_us())
    assert sign_in(db, entering(new), clock.now_us()).breakglass
    assert [one.drilled for one in sealed_accounts(db)] == [None, None]


def test_a_disabled_account_is_replaced_by_one_that_opens(db: Database, capsys: Capture) -> None:
    create(capsys)
    assert gatehouse.main(["account", "disable", NAMES[0]]) == 0
    assert "breakglass create --replace" in capsys.readouterr().out

    assert sign_in(db, entering(create(capsys, "--replace")), clock.now_us()).breakglass


def test_a_group_can_be_named(db: Database, capsys: Capture) -> None:
    create(capsys, "--group", "gh-other")

    assert {one.groups for one in all_accounts(db)} == {("gh-other",)}


@pytest.mark.parametrize(
    ("policy", "arguments", "told_why"),
    [
        (None, [], "there is no policy yet"),
        (BOUND, [], "gh-entra the role admin at all sites only where entra says"),
        (
            BOUND + ADMIN,
            ["--group", "gh-entra"],
            "gh-entra the role admin at all sites only where entra says",
        ),
        (ADMIN, ["--group", "gh-watch"], "does not give the group gh-watch the role admin"),
        (POLICY + ADMIN, ["--group", "gh-watch"], "does not give the group gh-watch the role admin"),
    ],
)
def test_without_a_group_that_administers_everything_it_is_said_what_to_write(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: Capture,
    policy: str | None,
    arguments: list[str],
    told_why: str,
) -> None:
    monkeypatch.setenv("GATEHOUSE_DATA", str(tmp_path / "other"))
    other = open_database(tmp_path / "other")
    if policy is not None:
        apply_policy(other, policy, clock.now_us(), "tests")

    assert gatehouse.main(["breakglass", "create", *arguments]) == 1
    said = capsys.readouterr()
    assert told_why in said.err
    assert 'group = "gh-breakglass"\nrole = "admin"\nsites = ["*"]' in said.err
    assert said.out == ""
    assert all_accounts(other) == ()
    other.close()


# --- drill --------------------------------------------------------------------------------------------


def drill(monkeypatch: pytest.MonkeyPatch, password: str, code: str, *name: str) -> int:
    types(monkeypatch, password, code)
    return gatehouse.main(["breakglass", "drill", *name])


def test_a_drill_is_recorded_says_when_the_next_is_due_and_begins_no_session(
    db: Database, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    password, secret = create(capsys)["breakglass-2"]

    assert drill(monkeypatch, password, code_of(secret), "breakglass-2") == 0
    (tried,) = [one for one in sealed_accounts(db) if one.drilled is not None]
    assert tried.username == "breakglass-2"
    assert tried.due == (tried.drilled or 0) + 90 * DAY_US
    assert f"due on {iso_us(tried.due)[:10]}" in capsys.readouterr().out
    (record,) = told(db, Kind.BREAKGLASS_DRILLED)
    assert record.private["subject"] == "local:breakglass-2"
    assert record.private["by"].startswith("cli:")
    assert told(db, Kind.OPERATOR_SIGNED_IN, Kind.OPERATOR_BREAK_GLASS_USED) == []


def test_a_code_that_was_drilled_with_is_used_up(
    db: Database, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    shown = create(capsys)
    one = entering(shown)

    assert drill(monkeypatch, one.password, one.code, NAMES[0]) == 0
    assert drill(monkeypatch, one.password, one.code, NAMES[0]) == 1
    with pytest.raises(SignInRefused):
        sign_in(db, one, clock.now_us())
    assert [record.reason for record in told(db, Kind.OPERATOR_SIGN_IN_REFUSED)] == ["code_used"] * 2


@pytest.mark.parametrize("wrong", ["password", "code"])
def test_a_drill_that_fails_says_no_more_than_a_sign_in_and_counts_as_one(
    db: Database, monkeypatch: pytest.MonkeyPatch, capsys: Capture, wrong: str
) -> None:
    password, secret = create(capsys)[NAMES[0]]
    typed = ("wrong", code_of(secret)) if wrong == "password" else (password, "no code")
    for _ in range(MAX_FAILURES):
        assert drill(monkeypatch, *typed, NAMES[0]) == 1
        assert capsys.readouterr().err.startswith("gatehouse: Name, password or code is wrong")

    assert drill(monkeypatch, password, code_of(secret), NAMES[0]) == 1
    refusals = told(db, Kind.OPERATOR_SIGN_IN_REFUSED)
    assert [one.reason for one in refusals] == [f"wrong_{wrong}"] * MAX_FAILURES + ["locked_out"]
    assert {one.private["address"] for one in refusals} == {"command line"}
    assert sealed_accounts(db)[0].drilled is None


def test_without_a_name_the_account_that_is_due_first_is_tried(
    db: Database, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    shown = create(capsys)
    first = find_account(db, NAMES[0])
    assert first is not None
    save_account(db, replace(first, drilled=clock.now_us()), clock.now_us(), "tests")
    password, secret = shown[NAMES[1]]

    assert drill(monkeypatch, password, code_of(secret)) == 0
    assert f"{NAMES[1]} opens" in capsys.readouterr().out


def test_a_terminal_shows_nothing_of_what_is_typed(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    password, secret = create(capsys)[NAMES[0]]
    answers = {"Password: ": password, "Code: ": code_of(secret)}
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("getpass.getpass", answers.__getitem__)

    assert gatehouse.main(["breakglass", "drill", NAMES[0]]) == 0
    assert password not in capsys.readouterr().out


def test_what_is_no_break_glass_account_is_not_drilled(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    assert drill(monkeypatch, "x", "1") == 1
    assert "there are no break-glass accounts" in capsys.readouterr().err
    create(capsys)
    assert drill(monkeypatch, "x", "1", "alice") == 1
    assert (
        "'alice' is no break-glass account; there are breakglass-1, breakglass-2" in capsys.readouterr().err
    )


# --- status -------------------------------------------------------------------------------------------


def test_the_status_tells_each_account_and_ends_with_1_when_one_can_not_be_relied_on(
    db: Database, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    assert gatehouse.main(["breakglass", "status"]) == 1
    assert "breakglass create" in capsys.readouterr().out
    shown = create(capsys)
    assert gatehouse.main(["breakglass", "status"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(NAMES)
    assert all("last used never" in line and "last drill never" in line for line in lines)

    who = sign_in(db, entering(shown), clock.now_us())
    Sessions(db, LIMITS).start(who, address="", agent="", now=clock.now_us())
    assert gatehouse.main(["breakglass", "status"]) == 0
    assert f"last used {iso_us(clock.now_us())[:10]}" in capsys.readouterr().out

    now = clock.now_us()
    monkeypatch.setattr(breakglass, "now_us", lambda: now + 90 * DAY_US)
    assert gatehouse.main(["breakglass", "status"]) == 1
    assert capsys.readouterr().out.count("(overdue)") == 2


def test_the_status_tells_what_an_account_has_lost(db: Database, capsys: Capture) -> None:
    create(capsys)
    gatehouse.main(["account", "disable", NAMES[1]])
    other = Account(username="olga", name="Olga", password_hash="", groups=("gh-other",))
    save_account(db, other, clock.now_us(), "tests")
    apply_policy(db, OTHER, clock.now_us(), "tests")
    capsys.readouterr()

    assert gatehouse.main(["breakglass", "status"]) == 1
    first, second = capsys.readouterr().out.splitlines()
    assert first.endswith("(no admin by the policy)")
    assert second.endswith("(disabled)  (no admin by the policy)")


@pytest.mark.parametrize("arguments", [[], ["explode"], ["create", "--group"], ["drill", "a", "b"]])
def test_wrong_use_ends_with_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        gatehouse.main(["breakglass", *arguments])
    assert caught.value.code == 2
