"""Second factors and break-glass accounts: who needs a code, from where, and what locks whom."""

from contextlib import suppress
from dataclasses import replace
from functools import partial

import pytest

from auth import local
from auth.local import Attempt, LocalRules, prove, sign_in
from auth.networks import Networks
from auth.sessions import Person, Sessions
from core.errors import SignInRefused
from core.records import Kind
from core.times import MINUTE_US
from store.breakglass import in_use
from store.database import Database
from store.directory import (
    LOCKED_US,
    MAX_FAILURES,
    MAX_FAILURES_OF_ADDRESS,
    find_account,
    save_account,
)
from tests.auth.attempts import (
    SEALED,
    SECRET,
    STEP_US,
    Count,
    at_once,
    attempt,
    code,
    count_hashes,
    refused,
    sealed,
    with_codes,
    wrong_code,
)
from tests.auth.people import LIMITS, NOW
from tests.auth.reading import told

DEMO = LocalRules(demo=True)
ONLY_SEALED = LocalRules(only_breakglass=True)
OFFICE = Networks.of({"breakglass": ["198.51.100.0/24", "2001:db8:1::/48"]})
FROM_OFFICE = LocalRules(networks=OFFICE)


@pytest.fixture(autouse=True)
def hashes(monkeypatch: pytest.MonkeyPatch, db: Database) -> Count:
    """Give Ben a secret, seal one account, and count what is hashed."""
    save_account(db, with_codes("ben"), NOW, "tests")
    save_account(db, sealed(), NOW, "tests")
    return count_hashes(monkeypatch)


def in_emergency(
    address: str = "192.0.2.1", shown: str | None = None, password: str | None = None
) -> Attempt:
    one = attempt(SEALED, address=address, code=code() if shown is None else shown)
    return one if password is None else replace(one, password=password)


def reasons(db: Database) -> list[str | None]:
    return [one.reason for one in told(db, Kind.OPERATOR_SIGN_IN_REFUSED)]


# --- codes --------------------------------------------------------------------------------------------


def test_where_there_is_a_secret_a_password_alone_signs_nobody_in(db: Database) -> None:
    assert refused(db, attempt()) == local.REFUSED
    assert reasons(db) == ["wrong_code"]

    found = sign_in(db, attempt(code=code()), NOW)
    assert (found.subject, found.username, found.proven) == ("local:ben", "ben", True)
    assert (found.breakglass, found.longest) == (False, None)


def test_without_a_secret_a_password_is_enough_and_proves_no_more(db: Database) -> None:
    found = sign_in(db, attempt("ada", code="what is typed here is not looked at"), NOW)

    assert (found.username, found.proven) == ("ada", False)


def test_in_the_demo_a_password_is_enough_but_not_for_a_break_glass_account(db: Database) -> None:
    assert sign_in(db, attempt(), NOW, DEMO).proven is False
    refused(db, attempt(SEALED), rules=DEMO)
    assert sign_in(db, in_emergency(), NOW, DEMO).proven is True


def test_a_code_counts_once_and_an_earlier_one_never_after_it(db: Database) -> None:
    sign_in(db, attempt(code=code()), NOW)
    for used in (code(), code(-1)):
        refused(db, attempt(code=used))
    assert reasons(db) == ["code_used", "code_used"]

    assert sign_in(db, attempt(code=code(1)), NOW + STEP_US).name == "Ben"


def test_of_two_who_use_one_code_at_once_one_comes_in(db: Database) -> None:
    came: list[Person] = []

    def enter() -> None:
        with suppress(SignInRefused):
            came.append(sign_in(db, attempt(code=code()), NOW))

    at_once(enter, enter, enter)

    assert [one.name for one in came] == ["Ben"]
    assert reasons(db) == ["code_used"] * 2


def test_a_wrong_password_uses_up_no_code(db: Database) -> None:
    refused(db, attempt(password="wrong", code=code()))

    assert sign_in(db, attempt(code=code()), NOW).name == "Ben"


def test_a_code_that_was_used_stays_used_when_the_account_is_saved_as_it_was_read(db: Database) -> None:
    sign_in(db, attempt(code=code()), NOW)
    save_account(db, replace(with_codes("ben"), name="Benjamin"), NOW, "tests")

    refused(db, attempt(code=code()))
    assert reasons(db) == ["code_used"]


def test_a_code_of_a_secret_that_was_changed_meanwhile_counts_no_more(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def change(_typed: str, _hashed: str) -> bool:
        save_account(db, replace(with_codes("ben"), totp_secret="A" * 32), NOW, "tests")
        return True

    monkeypatch.setattr(local, "check_hash", change)
    refused(db, attempt(code=code()))


def test_wrong_codes_count_as_failures(db: Database) -> None:
    for number in range(MAX_FAILURES):
        refused(db, attempt(code=wrong_code(), address=f"192.0.2.{number}"))
    refused(db, attempt(code=code(), address="192.0.2.99"))

    assert reasons(db) == ["wrong_code"] * MAX_FAILURES + ["locked_out"]
    assert sign_in(db, attempt(code=later_code(LOCKED_US)), NOW + LOCKED_US).name == "Ben"


def later_code(after: int) -> str:
    return code(after // STEP_US)


# --- the words ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "rules", "reason"),
    [
        (attempt(SEALED, "wrong", code=code()), LocalRules(), "wrong_password"),
        (attempt("breakglass-9", code=code()), LocalRules(), "wrong_password"),
        (in_emergency(shown=""), LocalRules(), "wrong_code"),
        (in_emergency(shown=wrong_code()), LocalRules(), "wrong_code"),
        (in_emergency(shown=code(-2)), LocalRules(), "wrong_code"),
        (in_emergency(), FROM_OFFICE, "wrong_network"),
        (in_emergency("unknown"), FROM_OFFICE, "wrong_network"),
        (in_emergency("2001:db8:2::1"), FROM_OFFICE, "wrong_network"),
        (attempt(code=code()), ONLY_SEALED, "accounts_off"),
        (attempt("ada"), ONLY_SEALED, "accounts_off"),
        (attempt("ada"), LocalRules(only_breakglass=True, demo=True), "accounts_off"),
    ],
)
def test_every_refusal_says_the_same_and_costs_one_hash_and_only_the_record_tells_why(
    db: Database, hashes: Count, one: Attempt, rules: LocalRules, reason: str
) -> None:
    assert refused(db, one, rules=rules) == local.REFUSED
    assert hashes() == 1
    assert reasons(db) == [reason]


def test_a_disabled_break_glass_account_is_refused_and_its_code_not_used_up(
    db: Database, hashes: Count
) -> None:
    save_account(db, replace(sealed(), disabled=NOW), NOW, "tests")
    assert refused(db, in_emergency()) == local.REFUSED
    assert (hashes(), reasons(db)) == (1, ["disabled"])

    save_account(db, sealed(), NOW, "tests")
    assert sign_in(db, in_emergency(), NOW).breakglass


def test_a_break_glass_account_without_a_secret_never_signs_in(db: Database) -> None:
    save_account(db, replace(sealed(), totp_secret=None), NOW, "tests")

    refused(db, in_emergency())
    assert reasons(db) == ["wrong_code"]


# --- break-glass --------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["198.51.100.7", "::ffff:198.51.100.7", "2001:db8:1:ff::1"])
def test_a_break_glass_account_signs_in_from_its_networks_with_every_provider_down(
    db: Database, address: str
) -> None:
    rules = replace(FROM_OFFICE, only_breakglass=True)

    assert sign_in(db, in_emergency(address), NOW, rules).breakglass


def test_the_networks_hold_nobody_else_back(db: Database) -> None:
    assert sign_in(db, attempt(code=code()), NOW, FROM_OFFICE).name == "Ben"


def test_a_break_glass_session_lasts_half_an_hour_and_each_use_is_an_alarm(db: Database) -> None:
    sessions = Sessions(db, LIMITS)
    who = sign_in(db, in_emergency(), NOW)
    _, actor = sessions.start(who, address="192.0.2.1", agent="", now=NOW)

    assert actor.ends == NOW + 30 * MINUTE_US
    assert actor.proven
    (used,) = told(db, Kind.OPERATOR_BREAK_GLASS_USED)
    assert used.private["subject"] == "local:breakglass-1"
    assert [one.username for one in in_use(db, NOW)] == [SEALED]


def test_a_burglar_elsewhere_can_not_lock_a_break_glass_account_in_the_emergency(db: Database) -> None:
    for number in range(40):
        refused(db, in_emergency(f"203.0.113.{number % 8}", password="wrong"))
    refused(db, in_emergency("203.0.113.1"))

    assert sign_in(db, in_emergency("198.51.100.1"), NOW).breakglass


def test_no_name_that_somebody_types_elsewhere_counts_against_a_break_glass_account_here(
    db: Database,
) -> None:
    for typed in (f"{SEALED} 192.0.2.1", f"{SEALED}\N{NO-BREAK SPACE}192.0.2.1"):
        for number in range(MAX_FAILURES):
            refused(db, attempt(typed, "wrong", f"203.0.113.{number}"))

    assert sign_in(db, in_emergency(), NOW).breakglass


def test_five_failures_from_one_place_lock_a_break_glass_account_there(db: Database) -> None:
    for _ in range(MAX_FAILURES):
        refused(db, in_emergency(password="wrong"))
    refused(db, in_emergency())

    assert reasons(db)[-1] == "locked_out"
    assert len(told(db, Kind.OPERATOR_LOCKED_OUT)) == 1
    assert sign_in(db, in_emergency(shown=later_code(LOCKED_US)), NOW + LOCKED_US).breakglass


def test_twenty_failures_at_break_glass_accounts_lock_the_place_for_everything(
    db: Database, hashes: Count
) -> None:
    for _ in range(MAX_FAILURES_OF_ADDRESS + 10):
        refused(db, in_emergency(password="wrong"))

    assert hashes() == MAX_FAILURES_OF_ADDRESS
    refused(db, attempt("ada"))
    assert sign_in(db, attempt("ada", address="198.51.100.1"), NOW).name == "Ada"


def test_who_knows_the_password_guesses_five_codes_from_all_places_together(db: Database) -> None:
    for number in range(MAX_FAILURES):
        refused(db, in_emergency(f"203.0.113.{number}", shown=wrong_code()))
    refused(db, in_emergency("198.51.100.1"))

    assert reasons(db) == ["wrong_code"] * MAX_FAILURES + ["locked_out"]
    assert sign_in(db, in_emergency(shown=later_code(LOCKED_US)), NOW + LOCKED_US).breakglass


def test_codes_that_were_used_count_like_wrong_ones_from_all_places(db: Database) -> None:
    sign_in(db, in_emergency(), NOW)
    for number in range(MAX_FAILURES):
        refused(db, in_emergency(f"203.0.113.{number}"))

    refused(db, in_emergency("198.51.100.1", shown=code(1)))
    assert reasons(db)[-1] == "locked_out"


def test_guesses_of_one_code_in_parallel_do_not_outrun_the_count_of_a_break_glass_account(
    db: Database,
) -> None:
    guess = partial(refused, db)
    at_once(*(partial(guess, in_emergency(f"203.0.113.{n}", shown=wrong_code())) for n in range(12)))

    assert sorted(filter(None, reasons(db))) == ["locked_out"] * 7 + ["wrong_code"] * MAX_FAILURES


def test_a_success_forgets_the_failures_of_a_break_glass_account(db: Database) -> None:
    for step in (0, 1):
        for _ in range(MAX_FAILURES - 1):
            refused(db, in_emergency(shown=wrong_code()))
        sign_in(db, in_emergency(shown=code(step)), NOW)

    assert told(db, Kind.OPERATOR_LOCKED_OUT) == []


def test_to_prove_who_one_is_begins_no_session_and_uses_up_the_code(db: Database) -> None:
    found = prove(db, in_emergency(), NOW, ONLY_SEALED)

    assert (found.username, found.subject) == (SEALED, "local:breakglass-1")
    assert told(db, Kind.OPERATOR_SIGNED_IN, Kind.OPERATOR_BREAK_GLASS_USED) == []
    refused(db, in_emergency())
    kept = find_account(db, SEALED)
    assert kept is not None
    assert kept.last_code == NOW // STEP_US


def test_codes_do_not_show_where_an_object_is_printed() -> None:
    shown = repr(in_emergency(shown="123456")) + repr(sealed())

    assert SEALED in shown
    assert "123456" not in shown
    assert SECRET not in shown
