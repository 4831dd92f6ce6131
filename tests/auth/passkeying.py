"""Enrolling and proving with an authenticator in software, for tests."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Final

import pytest

from auth.passkeys import Passkeys, Proof, Visit
from auth.sessions import Sessions
from core.errors import ProofRefused
from core.records import Kind
from store.database import Database
from store.passkeys import Passkey
from tests.auth.authenticator import Authenticator
from tests.auth.people import NOW, person
from tests.auth.reading import told

CHALLENGE: Final = bytes(range(32))
REFUSED: Final = Kind.OPERATOR_PASSKEY_REFUSED


def visit(sessions: Sessions, username: str) -> Visit:
    _, actor = sessions.start(person(username), address="192.0.2.7", agent="Firefox/130", now=NOW)
    return Visit(actor=actor, address="192.0.2.7", agent="Firefox/130", now=NOW)


def later(one: Visit, us: int) -> Visit:
    return replace(one, now=one.now + us)


def enrol(passkeys: Passkeys, who: Visit, key: Authenticator) -> Passkey:
    options = passkeys.registration_options(who, "provider")
    return passkeys.register(who, "My key", json.dumps(key.create(options)))


def prove(passkeys: Passkeys, who: Visit, key: Authenticator) -> Proof:
    options = passkeys.assertion_options(who.actor.subject, CHALLENGE)
    return passkeys.verify_assertion(who, CHALLENGE, json.dumps(key.get(options)))


def refused(db: Database, do: Callable[[], object]) -> str:
    """Give the reason for which something is refused, which its one record has too."""
    before = len(told(db, REFUSED))
    with pytest.raises(ProofRefused) as error:
        do()
    records = told(db, REFUSED)[before:]
    assert [one.reason for one in records] == [error.value.reason]
    return error.value.reason
