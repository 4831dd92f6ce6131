"""Passkeys are enrolled and prove something; whatever is not exactly that is refused, with its record."""

import json
import os
from dataclasses import replace
from typing import Any, Final

import pytest

from auth.passkeys import MOST_NAME, Passkeys, Proof, Visit
from auth.sessions import Sessions
from core.errors import Invalid
from core.records import Kind
from core.times import MINUTE_US, SECOND_US
from store.database import Database
from store.directory import save_account
from store.passkeys import MOST_OF_ONE, find_passkey, passkeys_of
from tests.auth.authenticator import BE, BS, ORIGIN, UP, UV, Authenticator, b64
from tests.auth.passkeying import CHALLENGE, REFUSED, enrol, later, prove, refused, visit
from tests.auth.people import NOW, account
from tests.auth.reading import told

ADDED: Final = Kind.OPERATOR_PASSKEY_ADDED


# --- enrolment ----------------------------------------------------------------------------------------


def test_a_passkey_is_asked_for_as_the_decision_says(passkeys: Passkeys, ben: Visit) -> None:
    first = enrol(passkeys, ben, Authenticator())
    asked = json.loads(passkeys.registration_options(ben, "provider"))

    assert asked["rp"] == {"name": "Gatehouse", "id": "localhost"}
    assert asked["attestation"] == "none"
    assert asked["authenticatorSelection"]["userVerification"] == "required"
    assert asked["authenticatorSelection"]["residentKey"] == "preferred"
    assert [one["id"] for one in asked["excludeCredentials"]] == [b64(first.credential)]
    assert asked["timeout"] == 300_000


def test_a_handle_is_a_persons_own_and_tells_nobody_who_they_are(
    passkeys: Passkeys, sessions: Sessions, ben: Visit
) -> None:
    ada = visit(sessions, "ada")
    asked = [json.loads(passkeys.registration_options(one, "provider")) for one in (ben, ada, ben)]
    handles = [one["user"]["id"] for one in asked]

    assert handles[0] == handles[2] != handles[1]
    assert len(handles[0]) == 43
    assert len({one["challenge"] for one in asked}) == 3


def test_who_enrols_has_a_passkey_and_a_record_of_it(db: Database, passkeys: Passkeys, ben: Visit) -> None:
    key = Authenticator(flags=UP | UV | BE | BS)
    one = enrol(passkeys, ben, key)
    (record,) = told(db, ADDED)

    assert passkeys_of(db, "local:ben") == (one,)
    assert (one.name, one.synced, one.backed_up, one.counter) == ("My key", True, True, 0)
    assert one.transports == ("internal", "hybrid")
    assert record.refs == {
        "session": ben.actor.session,
        "passkey": one.ref,
        "way": "provider",
        "synced": True,
    }
    assert record.private["subject"] == "local:ben"
    assert record.private["passkey"] == "My key"
    assert record.private["address"] == "192.0.2.7"


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        (Authenticator(origin="http://localhost:8502"), "wrong_origin"),
        (Authenticator(origin="https://localhost:8501"), "wrong_origin"),
        (Authenticator(cross_origin=True), "wrong_origin"),
        (Authenticator(rp_id="localhost.example"), "wrong_party"),
        (Authenticator(flags=UP), "not_verified"),
        (Authenticator(flags=UV), "not_verified"),
    ],
)
def test_a_passkey_that_is_not_made_as_asked_is_not_kept(
    db: Database, passkeys: Passkeys, ben: Visit, key: Authenticator, reason: str
) -> None:
    assert refused(db, lambda: enrol(passkeys, ben, key)) == reason
    assert passkeys_of(db, "local:ben") == ()


def test_what_a_session_was_asked_is_answered_once(db: Database, passkeys: Passkeys, ben: Visit) -> None:
    options = passkeys.registration_options(ben, "provider")
    passkeys.register(ben, "One", json.dumps(Authenticator().create(options)))
    again = json.dumps(Authenticator().create(options))

    assert refused(db, lambda: passkeys.register(ben, "Two", again)) == "no_challenge"


def test_a_wrong_answer_uses_the_question_up(db: Database, passkeys: Passkeys, ben: Visit) -> None:
    options = passkeys.registration_options(ben, "provider")
    right = json.dumps(Authenticator().create(options))

    assert refused(db, lambda: passkeys.register(ben, "One", "{}")) == "bad_answer"
    assert refused(db, lambda: passkeys.register(ben, "One", right)) == "no_challenge"


def test_another_sessions_question_is_not_answered_here(
    db: Database, passkeys: Passkeys, sessions: Sessions, ben: Visit
) -> None:
    other = visit(sessions, "ben")
    theirs = json.dumps(Authenticator().create(passkeys.registration_options(other, "provider")))

    assert refused(db, lambda: passkeys.register(ben, "One", theirs)) == "no_challenge"
    passkeys.registration_options(ben, "provider")
    assert refused(db, lambda: passkeys.register(ben, "One", theirs)) == "wrong_challenge"


@pytest.mark.parametrize(("after", "kept"), [(5 * MINUTE_US, True), (5 * MINUTE_US + 1, False)])
def test_an_answer_has_five_minutes(
    db: Database, passkeys: Passkeys, ben: Visit, after: int, *, kept: bool
) -> None:
    made = json.dumps(Authenticator().create(passkeys.registration_options(ben, "provider")))
    late = later(ben, after)
    if kept:
        assert passkeys.register(late, "One", made).name == "One"
    else:
        assert refused(db, lambda: passkeys.register(late, "One", made)) == "expired"


def test_one_passkey_is_not_two_persons(
    db: Database, passkeys: Passkeys, sessions: Sessions, ben: Visit
) -> None:
    key = Authenticator()
    enrol(passkeys, ben, key)

    assert refused(db, lambda: enrol(passkeys, visit(sessions, "ada"), key)) == "passkey_known"


@pytest.mark.parametrize("name", ["", "  \n ", "x" * (MOST_NAME + 1)])
def test_a_passkey_has_a_name_and_a_question_is_kept_for_a_better_one(
    passkeys: Passkeys, ben: Visit, name: str
) -> None:
    made = json.dumps(Authenticator().create(passkeys.registration_options(ben, "provider")))
    with pytest.raises(Invalid, match="name of 1 to 60"):
        passkeys.register(ben, name, made)

    assert passkeys.register(ben, " My \n key ", made).name == "My key"


def test_nobody_has_more_than_they_can_look_after(passkeys: Passkeys, ben: Visit) -> None:
    for _ in range(MOST_OF_ONE):
        enrol(passkeys, ben, Authenticator())
    with pytest.raises(Invalid, match="more than 20"):
        enrol(passkeys, ben, Authenticator())


@pytest.mark.parametrize("url", ["http://127.0.0.1:8501", "https://[2001:db8::1]"])
def test_an_ip_address_can_have_none_and_says_so(db: Database, ben: Visit, url: str) -> None:
    at_address = Passkeys(db, url)
    with pytest.raises(Invalid, match="IP address"):
        at_address.registration_options(ben, "provider")
    with pytest.raises(Invalid, match="IP address"):
        at_address.verify_assertion(ben, CHALLENGE, "{}")


def test_a_usual_port_is_not_part_of_an_origin(db: Database, ben: Visit) -> None:
    usual = Passkeys(db, "https://Doors.Example:443")
    key = Authenticator(origin="https://doors.example", rp_id="doors.example")

    assert enrol(usual, ben, key).name == "My key"


# --- proof --------------------------------------------------------------------------------------------


def test_a_passkey_proves_an_act_by_its_challenge(db: Database, passkeys: Passkeys, ben: Visit) -> None:
    key = Authenticator()
    one = enrol(passkeys, ben, key)
    asked = json.loads(passkeys.assertion_options("local:ben", CHALLENGE))
    proof = prove(passkeys, later(ben, SECOND_US), key)

    assert asked["challenge"] == b64(CHALLENGE)
    assert asked["rpId"] == "localhost"
    assert asked["userVerification"] == "required"
    assert [each["id"] for each in asked["allowCredentials"]] == [b64(one.credential)]
    assert proof == Proof(subject="local:ben", passkey=one.ref, synced=False, at=NOW + SECOND_US)
    assert proof.told == {"proof": "passkey", "passkey": one.ref, "synced": False}
    assert passkeys_of(db, "local:ben") == (replace(one, counter=1, used=NOW + SECOND_US),)
    assert told(db, REFUSED) == []


@pytest.mark.parametrize(
    ("lie", "reason"),
    [
        ({"origin": "http://localhost:8502"}, "wrong_origin"),
        ({"cross_origin": True}, "wrong_origin"),
        ({"rp_id": "localhost.example"}, "wrong_party"),
        ({"flags": UP}, "not_verified"),
        ({"flags": UV}, "not_verified"),
        ({"key": Authenticator().key}, "not_signed"),
        ({"credential": os.urandom(32)}, "unknown_passkey"),
        ({"handle": os.urandom(32)}, "other_person"),
    ],
)
def test_a_proof_that_is_not_exactly_that_is_refused(
    db: Database, passkeys: Passkeys, ben: Visit, lie: dict[str, Any], reason: str
) -> None:
    key = Authenticator()
    one = enrol(passkeys, ben, key)
    for name, value in lie.items():
        setattr(key, name, value)

    assert refused(db, lambda: prove(passkeys, ben, key)) == reason
    # Nor does a lie say anything of the passkey that is known.
    assert find_passkey(db, one.credential) == one


def test_a_proof_of_another_act_is_refused(db: Database, passkeys: Passkeys, ben: Visit) -> None:
    key = Authenticator()
    enrol(passkeys, ben, key)
    answer = json.dumps(key.get(passkeys.assertion_options("local:ben", CHALLENGE)))
    other = bytes(32)

    assert refused(db, lambda: passkeys.verify_assertion(ben, other, answer)) == "wrong_challenge"


def test_an_enrolment_is_no_proof(db: Database, passkeys: Passkeys, ben: Visit) -> None:
    key = Authenticator()
    enrol(passkeys, ben, key)
    options = passkeys.assertion_options("local:ben", CHALLENGE)
    answer = key.get(options)
    made = json.loads(json.dumps(answer))
    client = json.dumps({"type": "webauthn.create", "challenge": b64(CHALLENGE), "origin": ORIGIN})
    made["response"]["clientDataJSON"] = b64(client.encode())

    assert refused(db, lambda: passkeys.verify_assertion(ben, CHALLENGE, json.dumps(made))) == "bad_answer"


def test_somebody_elses_passkey_is_refused(
    db: Database, passkeys: Passkeys, sessions: Sessions, ben: Visit
) -> None:
    ada, hers, his = visit(sessions, "ada"), Authenticator(), Authenticator()
    enrol(passkeys, ada, hers)
    enrol(passkeys, ben, his)
    answer = json.dumps(hers.get(passkeys.assertion_options("local:ada", CHALLENGE)))

    assert refused(db, lambda: passkeys.verify_assertion(ben, CHALLENGE, answer)) == "other_person"


def test_a_count_that_does_not_grow_is_a_copy_and_locks_the_passkey(
    db: Database, passkeys: Passkeys, ben: Visit
) -> None:
    key = Authenticator(count=5)
    one = enrol(passkeys, ben, key)
    copy = replace(key, count=3)
    prove(passkeys, ben, key)

    assert refused(db, lambda: prove(passkeys, ben, copy)) == "counter_went_back"
    (record,) = told(db, REFUSED)
    assert (record.refs["passkey"], record.private["passkey"]) == (one.ref, "My key")
    (kept,) = passkeys_of(db, "local:ben")
    assert (kept.locked, kept.counter) == (NOW, 6)
    options = json.dumps({"challenge": b64(CHALLENGE)})
    real = json.dumps(key.get(options))
    assert refused(db, lambda: passkeys.verify_assertion(ben, CHALLENGE, real)) == "passkey_locked"
    with pytest.raises(Invalid, match="no passkey of yours"):
        passkeys.assertion_options("local:ben", CHALLENGE)


def test_a_passkey_that_has_counted_may_not_say_that_it_does_not(
    db: Database, passkeys: Passkeys, ben: Visit
) -> None:
    key = Authenticator(count=5)
    enrol(passkeys, ben, key)
    key.count, key.step = 0, 0

    assert refused(db, lambda: prove(passkeys, ben, key)) == "counter_went_back"


def test_a_passkey_that_never_counts_is_fine(passkeys: Passkeys, ben: Visit) -> None:
    key = Authenticator(step=0, flags=UP | UV | BE | BS)
    enrol(passkeys, ben, key)

    assert [prove(passkeys, ben, key).synced for _ in range(3)] == [True] * 3


def test_who_can_not_sign_can_not_lock_a_passkey(db: Database, passkeys: Passkeys, ben: Visit) -> None:
    key = Authenticator(count=5)
    one = enrol(passkeys, ben, key)
    forged = replace(key, count=1, key=Authenticator().key)

    assert refused(db, lambda: prove(passkeys, ben, forged)) == "not_signed"
    assert passkeys_of(db, "local:ben") == (one,)


def test_whether_it_is_backed_up_is_kept_as_it_was_said_last(
    db: Database, passkeys: Passkeys, ben: Visit
) -> None:
    key = Authenticator(flags=UP | UV | BE)
    enrol(passkeys, ben, key)
    key.flags |= BS
    prove(passkeys, ben, key)

    assert [one.backed_up for one in passkeys_of(db, "local:ben")] == [True]


def test_a_passkey_of_a_disabled_account_proves_nothing(db: Database, passkeys: Passkeys, ben: Visit) -> None:
    key = Authenticator()
    enrol(passkeys, ben, key)
    save_account(db, replace(account("ben"), disabled=NOW), NOW, "tests")

    assert refused(db, lambda: prove(passkeys, ben, key)) == "disabled"


@pytest.mark.parametrize("challenge", [b"", bytes(15)])
def test_a_challenge_that_is_none_is_never_asked(passkeys: Passkeys, ben: Visit, challenge: bytes) -> None:
    enrol(passkeys, ben, Authenticator())
    with pytest.raises(Invalid, match="at least 16 bytes"):
        passkeys.assertion_options("local:ben", challenge)
