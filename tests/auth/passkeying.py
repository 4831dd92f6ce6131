"""Enrolling and proving with an authenticator in software, for tests."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Final

import pytest

from auth.passkeys import Passkeys, Proof, Visit
from auth.sessions import Sessions
from core.errors import ProofRefused
from core.leaf import Draft
from core.records import Kind
from store.database import Database
from store.passkeys import Passkey, add_passkey, passkeys_of
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


def kept(
    db: Database, subject: str, name: str = "Phone", *, created: int, locked: int | None = None
) -> Passkey:
    """Keep a passkey that nobody can use, as if this person had enrolled it from elsewhere."""
    one = Passkey(
        credential=f"{subject} {name}".encode(),
        ref=f"ref-{len(passkeys_of(db, subject))}-{subject.removeprefix('local:')}",
        subject=subject,
        name=name,
        public_key=b"",
        counter=0,
        synced=True,
        backed_up=True,
        transports=(),
        created=created,
        address="198.51.100.9",
        agent="Chrome/140 Windows",
        locked=locked,
    )
    add_passkey(db, one, Draft(kind=Kind.OPERATOR_PASSKEY_ADDED, received=created))
    return one
