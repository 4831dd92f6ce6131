"""What lets somebody enrol a passkey: never a password alone, and no code twice."""

from dataclasses import replace
from typing import Final

import pyotp
import pytest

from auth.enrolment import RECENT_US, Entry, Way, entry_of, issue_code, prove_entry
from auth.passkeys import Visit
from auth.readable_secrets import BITS, as_drawn, readable_secret
from auth.sessions import Person, Sessions
from core.errors import ProofRefused
from core.records import Kind
from core.times import MINUTE_US, SECOND_US
from store.database import Database
from store.directory import LOCKED_US, MAX_FAILURES, save_account
from store.passkeys import CODE_US
from store.schema_people import passkey_code
from tests.auth.attempts import SECRET, at_once
from tests.auth.people import NOW, account, person
from tests.auth.reading import told

ISSUED, REFUSED = Kind.OPERATOR_PASSKEY_CODE_ISSUED, Kind.OPERATOR_PASSKEY_REFUSED
EVA: Final = Person(subject="entra:t|eva", name="Eva", groups=("g-berlin",), provider="entra", proven=True)


def visit(sessions: Sessions, who: Person, after: int = 0) -> Visit:
    _, actor = sessions.start(who, address="192.0.2.7", agent="", now=NOW)
    return Visit(actor=actor, address="192.0.2.7", now=NOW + after)


def refused(db: Database, who: Visit, code: str = "") -> str:
    with pytest.raises(ProofRefused) as error:
        prove_entry(db, who, code)
    assert error.value.reason in {one.reason for one in told(db, REFUSED)[-2:]}
    return error.value.reason


def code_for(db: Database, subject: str = "local:ben", now: int = NOW) -> str:
    return issue_code(db, subject, name="Ben", by="local:ada", now=now)


def wrong() -> str:
    return readable_secret()


def with_authenticator(db: Database) -> None:
    save_account(db, replace(account("ben"), totp_secret=SECRET), NOW, "tests")


def shown(steps: int = 0) -> str:
    return pyotp.TOTP(SECRET).at(NOW // SECOND_US, counter_offset=steps)


# --- a provider's proof -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "after", "entry"),
    [
        (EVA, 0, Entry(proven=True, recent=True, authenticator=False)),
        (EVA, RECENT_US, Entry(proven=True, recent=True, authenticator=False)),
        (EVA, RECENT_US + 1, Entry(proven=True, recent=False, authenticator=False)),
        (replace(EVA, proven=False), 0, Entry(proven=False, recent=True, authenticator=False)),
        (person("ben"), 0, Entry(proven=False, recent=True, authenticator=False)),
        # Of an account of ours what was shown at the sign-in is asked for again.
        (replace(person("ben"), proven=True), 0, Entry(proven=False, recent=True, authenticator=False)),
    ],
)
def test_a_providers_proof_opens_for_ten_minutes_and_nothing_else_does(
    db: Database, sessions: Sessions, who: Person, after: int, entry: Entry
) -> None:
    one = visit(sessions, who, after)

    assert entry_of(db, one.actor, one.now) == entry
    if entry.open:
        assert prove_entry(db, one, "") is Way.PROVIDER
    else:
        assert refused(db, one) == "enrolment_not_proven"


# --- an administrator's code --------------------------------------------------------------------------


def test_an_administrators_code_opens_once_however_it_is_typed(db: Database, sessions: Sessions) -> None:
    ben, code = visit(sessions, person("ben")), code_for(db)
    typed = f" {code.upper().replace('-', ' ').replace('0', 'O').replace('1', 'l')} "

    assert prove_entry(db, ben, typed) is Way.CODE
    assert refused(db, ben, code) == "wrong_enrolment_code"
    (record,) = told(db, ISSUED)
    assert record.private == {"subject": "local:ben", "name": "Ben", "by": "local:ada"}


def test_two_who_type_a_code_at_once_do_not_both_come_in(db: Database, sessions: Sessions) -> None:
    ben, code = visit(sessions, person("ben")), code_for(db)
    came: list[str] = []

    def come() -> None:
        try:
            came.append(prove_entry(db, ben, code))
        except ProofRefused as error:
            came.append(error.reason)

    at_once(come, come, come)

    assert sorted(came) == ["code", "wrong_enrolment_code", "wrong_enrolment_code"]


@pytest.mark.parametrize(("after", "fits"), [(CODE_US - 1, True), (CODE_US, False)])
def test_a_code_lasts_fifteen_minutes(db: Database, sessions: Sessions, after: int, *, fits: bool) -> None:
    code, late = code_for(db), visit(sessions, person("ben"), after)
    if fits:
        assert prove_entry(db, late, code) is Way.CODE
    else:
        assert refused(db, late, code) == "wrong_enrolment_code"


def test_a_code_is_one_persons_and_the_newest(db: Database, sessions: Sessions) -> None:
    ben, cleo = (visit(sessions, person(name)) for name in ("ben", "cleo"))
    old, new = code_for(db), code_for(db)

    assert refused(db, cleo, new) == "wrong_enrolment_code"
    assert refused(db, ben, old) == "wrong_enrolment_code"
    assert prove_entry(db, ben, new) is Way.CODE


def test_only_the_hash_of_a_code_is_kept(db: Database) -> None:
    code = code_for(db)
    with db.read() as connection:
        (row,) = connection.execute(passkey_code.select()).all()

    assert len(row.hash) == 32
    assert code.encode() not in repr(row._asdict()).encode()
    assert BITS == 120
    assert as_drawn(code) == code


# --- the code of an authenticator ---------------------------------------------------------------------


def test_a_fresh_code_of_ones_authenticator_opens_once(db: Database, sessions: Sessions) -> None:
    with_authenticator(db)
    ben = visit(sessions, person("ben"))

    assert entry_of(db, ben.actor, NOW).authenticator
    assert prove_entry(db, ben, shown()) is Way.AUTHENTICATOR
    assert refused(db, ben, shown()) == "wrong_enrolment_code"
    assert refused(db, ben, shown(-2)) == "wrong_enrolment_code"
    assert prove_entry(db, ben, shown(1)) is Way.AUTHENTICATOR


def test_who_has_lost_the_authenticator_comes_in_by_a_code(db: Database, sessions: Sessions) -> None:
    with_authenticator(db)

    assert prove_entry(db, visit(sessions, person("ben")), code_for(db)) is Way.CODE


def test_a_name_at_a_provider_is_no_account_of_ours(db: Database, sessions: Sessions) -> None:
    with_authenticator(db)
    stranger = visit(sessions, replace(EVA, subject="local:ben", proven=False))

    assert refused(db, stranger, shown()) == "wrong_enrolment_code"


# --- too many -----------------------------------------------------------------------------------------


def test_five_wrong_codes_are_all_that_is_looked_at_for_fifteen_minutes(
    db: Database, sessions: Sessions
) -> None:
    with_authenticator(db)
    ben, code = visit(sessions, person("ben")), code_for(db)
    for _ in range(MAX_FAILURES):
        assert refused(db, ben, wrong()) == "wrong_enrolment_code"
    assert refused(db, ben, code) == "too_many_tries"
    assert refused(db, ben, shown()) == "too_many_tries"
    reasons = [one.reason for one in told(db, REFUSED)]
    later = replace(ben, now=NOW + LOCKED_US + MINUTE_US)

    assert reasons == ["wrong_enrolment_code"] * MAX_FAILURES + ["too_many_tries"] * 3
    assert prove_entry(db, later, code_for(db, now=later.now)) is Way.CODE


def test_a_right_code_clears_what_was_mistyped(db: Database, sessions: Sessions) -> None:
    ben = visit(sessions, person("ben"))
    for _ in range(2):
        for _ in range(MAX_FAILURES - 1):
            refused(db, ben, wrong())
        assert prove_entry(db, ben, code_for(db)) is Way.CODE
