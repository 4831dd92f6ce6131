"""Sign-in by password: one hash for every attempt, and a count that survives the process."""

import subprocess
import sys
import textwrap
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from auth import local
from auth.local import Attempt, hash_password, origin_of, sign_in
from auth.sessions import Sessions
from core.errors import Invalid
from core.records import Kind
from core.times import MINUTE_US
from store.database import Database
from store.directory import (
    LOCKED_US,
    MAX_FAILURES,
    MAX_FAILURES_OF_ADDRESS,
    WINDOW_US,
    find_account,
    save_account,
)
from store.known import known_people
from store.opening import open_database
from tests.auth.attempts import Count, at_once, attempt, count_hashes, refused
from tests.auth.people import LIMITS, NOW, PASSWORD, account, person, settle_in
from tests.auth.reading import told

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def hashes(monkeypatch: pytest.MonkeyPatch) -> Count:
    return count_hashes(monkeypatch)


def test_the_right_password_proves_a_person(db: Database) -> None:
    found = sign_in(db, attempt(" Ben "), NOW)

    assert (found.subject, found.name, found.groups) == ("local:ben", "Ben", ("g-berlin",))


def test_a_wrong_password_is_refused_by_the_real_hasher(db: Database) -> None:
    assert refused(db, attempt(password="another-password")) == local.REFUSED


@pytest.mark.parametrize(
    "one",
    [
        attempt(password="wrong"),
        attempt("nobody"),
        attempt("nobody", "wrong"),
        attempt(password=""),
        attempt(password="x" * 73),
        attempt(password="ä" * 37),
        attempt(password="\ud800"),
        attempt("", ""),
    ],
    ids=["wrong", "unknown", "both", "empty", "too long", "too long in bytes", "no text", "nothing"],
)
def test_every_failure_costs_one_hash_and_says_the_same(db: Database, hashes: Count, one: Attempt) -> None:
    assert refused(db, one) == local.REFUSED
    assert hashes() == 1


def test_a_locked_or_disabled_account_costs_one_hash_and_says_the_same(db: Database, hashes: Count) -> None:
    save_account(db, replace(account("ben"), disabled=NOW), NOW, "tests")
    assert refused(db, attempt()) == local.REFUSED
    assert hashes() == 1

    for number in range(MAX_FAILURES):
        refused(db, attempt("ada", "wrong", f"192.0.2.{number + 10}"))
    before = hashes()
    assert refused(db, attempt("ada", address="192.0.2.99")) == local.REFUSED
    assert hashes() == before + 1


def test_the_hash_for_unknown_names_costs_what_every_hash_costs() -> None:
    cost = hash_password(PASSWORD).rsplit("$", 1)[0]

    assert local._NOBODY.startswith(cost + "$")


def test_five_failures_lock_the_account_from_any_address(db: Database, hashes: Count) -> None:
    for number in range(MAX_FAILURES):
        refused(db, attempt(password="wrong", address=f"192.0.2.{number}"))

    refused(db, attempt(address="198.51.100.1"), NOW + LOCKED_US - 1)
    assert sign_in(db, attempt(address="198.51.100.1"), NOW + LOCKED_US).name == "Ben"
    assert len(told(db, Kind.OPERATOR_LOCKED_OUT)) == 1


def test_the_typing_errors_of_one_do_not_lock_out_the_whole_reception(db: Database, hashes: Count) -> None:
    for _ in range(MAX_FAILURES):
        refused(db, attempt("ada", "wrong"))

    refused(db, attempt("ada"), NOW + 1)
    assert sign_in(db, attempt("ben"), NOW + 1).name == "Ben"


def test_twenty_failures_lock_the_address_for_every_account(db: Database, hashes: Count) -> None:
    for number in range(MAX_FAILURES_OF_ADDRESS - 1):
        refused(db, attempt(f"guess-{number}", "wrong"))
    assert sign_in(db, attempt(), NOW).name == "Ben"
    refused(db, attempt("guess", "wrong"))

    refused(db, attempt(), NOW + 1)
    assert sign_in(db, attempt(address="198.51.100.1"), NOW + 1).name == "Ben"


def test_a_locked_address_costs_no_hash_and_no_record_however_often_it_tries(
    db: Database, hashes: Count
) -> None:
    for number in range(MAX_FAILURES_OF_ADDRESS):
        refused(db, attempt(f"guess-{number}", "wrong"))
    for number in range(30):
        assert refused(db, attempt(f"more-{number}", "wrong"), NOW + 1) == local.REFUSED

    assert hashes() == MAX_FAILURES_OF_ADDRESS
    assert len(told(db, Kind.OPERATOR_SIGN_IN_REFUSED)) == MAX_FAILURES_OF_ADDRESS
    assert len(told(db, Kind.OPERATOR_LOCKED_OUT)) == 1
    assert sign_in(db, attempt(), NOW + LOCKED_US).name == "Ben"


def test_who_tries_a_locked_name_for_ever_locks_the_address(db: Database, hashes: Count) -> None:
    for number in range(MAX_FAILURES):
        refused(db, attempt("nobody", "wrong", f"192.0.2.{number + 10}"))
    for _ in range(30):
        refused(db, attempt("nobody", "wrong", "198.51.100.7"))

    assert hashes() == MAX_FAILURES + MAX_FAILURES_OF_ADDRESS
    assert sign_in(db, attempt(address="198.51.100.8"), NOW).name == "Ben"


def test_the_many_addresses_of_one_ipv6_network_count_as_one(db: Database, hashes: Count) -> None:
    for number in range(MAX_FAILURES_OF_ADDRESS):
        refused(db, attempt(f"guess-{number}", "wrong", f"2001:db8:1:2::{number}"))

    refused(db, attempt(address="2001:db8:1:2:ffff::1"), NOW + 1)
    assert hashes() == MAX_FAILURES_OF_ADDRESS
    assert sign_in(db, attempt(address="2001:db8:1:3::1"), NOW + 1).name == "Ben"


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unknown", "unknown"),
    ],
)
def test_where_somebody_comes_from_is_an_address_or_an_ipv6_network(address: str, origin: str) -> None:
    assert origin_of(address) == origin


def test_secrets_do_not_show_where_an_object_is_printed() -> None:
    shown = repr(attempt()) + repr(replace(account("ben"), totp_secret="JBSWY3DPEHPK3PXP"))

    assert "ben" in shown
    assert not any(one in shown for one in (PASSWORD, "$2b$", "JBSWY3DPEHPK3PXP"))


def test_a_success_clears_the_account_and_old_failures_do_not_count(db: Database, hashes: Count) -> None:
    for number in range(MAX_FAILURES - 1):
        refused(db, attempt(password="wrong", address=f"192.0.2.{number}"))
    sign_in(db, attempt(address="192.0.2.50"), NOW)
    refused(db, attempt(password="wrong", address="192.0.2.51"))
    assert sign_in(db, attempt(address="192.0.2.52"), NOW).name == "Ben"

    for number in range(MAX_FAILURES):
        late = NOW + number * (WINDOW_US // 2 + MINUTE_US)
        refused(db, attempt("ada", "wrong", address=f"203.0.113.{number}"), late)
    assert told(db, Kind.OPERATOR_LOCKED_OUT) == []


def test_guesses_in_parallel_do_not_outrun_the_count(db: Database, hashes: Count) -> None:
    at_once(*(partial(refused, db, attempt(password="wrong")) for _ in range(12)))

    reasons = [one.reason for one in told(db, Kind.OPERATOR_SIGN_IN_REFUSED)]
    assert reasons == ["wrong_password"] * MAX_FAILURES + ["locked_out"] * (12 - MAX_FAILURES)


def test_guesses_in_parallel_do_not_outrun_the_count_of_their_address(db: Database, hashes: Count) -> None:
    at_once(*(partial(refused, db, attempt(f"guess-{number}", "wrong")) for number in range(30)))

    assert hashes() == len(told(db, Kind.OPERATOR_SIGN_IN_REFUSED)) == MAX_FAILURES_OF_ADDRESS


@pytest.mark.slow
def test_the_lock_survives_the_process_that_set_it(tmp_path: Path) -> None:
    db = open_database(tmp_path / "data")
    settle_in(db)
    db.close()
    script = f"""
        from pathlib import Path
        from auth.local import Attempt, sign_in
        from core.errors import SignInRefused
        from store.opening import open_database
        db = open_database(Path({str(tmp_path / "data")!r}))
        for _ in range({MAX_FAILURES}):
            try:
                sign_in(db, Attempt(username="ben", password="wrong", address="192.0.2.1"), {NOW})
            except SignInRefused:
                continue
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(script)], cwd=ROOT, check=True, timeout=60)

    db = open_database(tmp_path / "data")
    refused(db, attempt(address="198.51.100.1"))
    db.close()


def test_records_never_hold_what_was_typed(db: Database, hashes: Count) -> None:
    refused(db, attempt("my-secret-typed-as-name", "another-secret"))

    (record,) = told(db, Kind.OPERATOR_SIGN_IN_REFUSED)
    assert record.private == {"address": "192.0.2.1"}
    assert b"my-secret-typed" not in db.file.read_bytes()


def test_passwords_are_measured_before_they_are_hashed() -> None:
    with pytest.raises(Invalid, match="at least 12"):
        hash_password("short")
    with pytest.raises(Invalid, match="at most 72 bytes"):
        hash_password("ä" * 37)


def test_disabling_an_account_ends_its_sessions_and_new_groups_reach_them(db: Database) -> None:
    sessions = Sessions(db, LIMITS)
    _, ben = sessions.start(person("ben"), address="", agent="", now=NOW)
    save_account(db, replace(account("ben"), groups=("g-admin",)), NOW + 1, "tests")
    changed = sessions.by_ref(ben.session, NOW + 2)
    assert changed is not None
    assert changed.groups == ("g-admin",)

    save_account(db, replace(account("ben"), disabled=NOW + 3), NOW + 3, "tests")
    assert sessions.by_ref(ben.session, NOW + 4) is None
    assert find_account(db, "ben") == replace(account("ben"), disabled=NOW + 3)


def test_an_account_with_other_groups_has_its_new_roles_recorded_and_with_the_same_roles_nothing(
    db: Database,
) -> None:
    Sessions(db, LIMITS).start(person("ben"), address="", agent="", now=NOW)
    save_account(db, replace(account("ben"), groups=("g-berlin", "g-nobody")), NOW + 1, "tests")
    assert told(db, Kind.OPERATOR_ROLES_CHANGED) == []
    assert [one.groups for one in known_people(db)] == [("g-berlin", "g-nobody")]

    save_account(db, replace(account("ben"), groups=("g-audit",)), NOW + 2, "tests")
    record = told(db, Kind.OPERATOR_ROLES_CHANGED)[-1]
    assert (record.refs["before"], record.refs["after"]) == ("agent@berlin", "auditor@*")
    assert record.private["subject"] == "local:ben"
