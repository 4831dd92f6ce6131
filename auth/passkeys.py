"""Passkeys as proof: enrolled once, then asked to sign what a person does (docs/decisions/0030)."""

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from auth.passkey_answers import (
    Enrolled,
    Owner,
    Party,
    Shown,
    ask_for_new,
    ask_for_proof,
    read_new,
    read_proof,
    read_shown,
    refusal,
)
from auth.sessions import Actor
from core.errors import Invalid, ProofRefused
from core.leaf import Draft, Scalar
from core.records import Kind
from store.database import Database
from store.directory import find_account
from store.log import append
from store.passkeys import (
    CHALLENGE_US,
    Challenge,
    Passkey,
    Used,
    add_passkey,
    find_passkey,
    handle_of,
    keep_challenge,
    known_handle,
    passkeys_of,
    take_challenge,
    use_passkey,
)

CHALLENGE_BYTES: Final = 32
HANDLE_BYTES: Final = 32
MOST_NAME: Final = 60
_REF_BYTES: Final = 8
_AGENT_CHARACTERS: Final = 200
_OURS: Final = "local:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """Somebody who asks, from where and with what, at a moment (µs UTC)."""

    actor: Actor
    address: str
    agent: str = ""
    now: int

    def record(self, kind: Kind, reason: str | None = None, **refs: Scalar) -> Draft:
        """Make a record of what became of it."""
        private = {"subject": self.actor.subject, "name": self.actor.name, "address": self.address}
        if self.agent:
            private["agent"] = self.agent[:_AGENT_CHARACTERS]
        session = {"session": self.actor.session}
        return Draft(kind=kind, received=self.now, reason=reason, refs=session | refs, private=private)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """A passkey has signed a challenge for the person it belongs to, whom it verified (`at`: µs UTC)."""

    subject: str
    passkey: str
    synced: bool
    at: int

    @property
    def told(self) -> Mapping[str, Scalar]:
        """What a record of the act that it proves says of it."""
        return {"proof": "passkey", "passkey": self.passkey, "synced": self.synced}


class Passkeys:
    """The passkeys of one store; safe to share between threads, never called on an event loop's thread."""

    def __init__(self, db: Database, public_url: str) -> None:
        """Serve the people who come in by this address, by whose host name passkeys are bound."""
        self._db = db
        self._public_url = public_url

    @property
    def _party(self) -> Party:
        return Party.of(self._public_url)

    def check_possible(self) -> None:
        """Raise Invalid where the public address can have no passkeys."""
        Party.of(self._public_url)

    # --- enrolment ------------------------------------------------------------------------------------

    def registration_options(self, visit: Visit, way: str) -> str:
        """Ask a session, which has shown by `way` that it may, for a new passkey (JSON); raises Invalid."""
        party, actor = self._party, visit.actor
        handle = handle_of(self._db, actor.subject, secrets.token_bytes(HANDLE_BYTES))
        challenge = secrets.token_bytes(CHALLENGE_BYTES)
        owner = Owner(handle=handle, name=actor.name or actor.subject)
        options = ask_for_new(party, owner, challenge, passkeys_of(self._db, actor.subject))
        asked = Challenge(session=actor.session, challenge=challenge, way=way, created=visit.now)
        keep_challenge(self._db, asked)
        return options

    def register(self, visit: Visit, name: str, answer: bytes | str) -> Passkey:
        """Keep the passkey that answers what this session was asked; raises ProofRefused and Invalid."""
        party, called = self._party, named(name)
        with self._recording(visit):
            asked = take_challenge(self._db, visit.actor.session)
            if asked is None:
                raise refusal("no_challenge")
            if visit.now - asked.created > CHALLENGE_US:
                raise refusal("expired")
            found = read_new(answer, party, asked.challenge)
            if find_passkey(self._db, found.credential) is not None:
                raise refusal("passkey_known")
        one = _kept(visit, called, found)
        record = visit.record(Kind.OPERATOR_PASSKEY_ADDED, passkey=one.ref, way=asked.way, synced=one.synced)
        add_passkey(self._db, one, _naming(record, one))
        return one

    # --- proof ----------------------------------------------------------------------------------------

    def assertion_options(self, subject: str, challenge: bytes) -> str:
        """Ask a person's passkeys to sign a challenge of the caller's (JSON); raises Invalid.

        The challenge stands for one act of one session, and the caller takes it away before it has an
        answer verified.
        """
        usable = [one for one in passkeys_of(self._db, subject) if one.locked is None]
        if not usable:
            raise Invalid("there is no passkey of yours that could be used: add one first")
        return ask_for_proof(self._party, challenge, usable)

    def verify_assertion(self, visit: Visit, challenge: bytes, answer: bytes | str) -> Proof:
        """Verify that a passkey of the one who asks signed this challenge; raises ProofRefused, recorded."""
        party = self._party
        with self._recording(visit):
            shown = read_shown(answer)
            one = self._theirs(visit, shown)
            signed = read_proof(shown, party, challenge, one.public_key)
            if one.locked is not None:
                raise refusal("passkey_locked")
        used = Used(counter=signed.counter, backed_up=signed.backed_up, at=visit.now)
        copied = visit.record(Kind.OPERATOR_PASSKEY_REFUSED, "counter_went_back", passkey=one.ref)
        if not use_passkey(self._db, one, used, _naming(copied, one)):
            raise refusal("counter_went_back")
        return Proof(subject=one.subject, passkey=one.ref, synced=one.synced, at=visit.now)

    def _theirs(self, visit: Visit, shown: Shown) -> Passkey:
        """Find the passkey that is shown, if it is of the one who asks and they may still come in."""
        subject, one = visit.actor.subject, find_passkey(self._db, shown.credential)
        if one is None:
            raise refusal("unknown_passkey")
        handles = {known_handle(self._db, subject), None, b""}
        if one.subject != subject or shown.handle not in handles:
            raise refusal("other_person")
        if _gone(self._db, subject):
            raise refusal("disabled")
        return one

    @contextmanager
    def _recording(self, visit: Visit) -> Iterator[None]:
        try:
            yield
        except ProofRefused as refused:
            append(self._db, [visit.record(Kind.OPERATOR_PASSKEY_REFUSED, refused.reason)])
            raise


def named(name: str) -> str:
    """Give the name of a passkey as it is kept; raises Invalid for none and for one too long."""
    called = " ".join(name.split())
    if not 0 < len(called) <= MOST_NAME:
        raise Invalid(f"give the passkey a name of 1 to {MOST_NAME} characters, by which you know it again")
    return called


def _kept(visit: Visit, name: str, found: Enrolled) -> Passkey:
    return Passkey(
        credential=found.credential,
        ref=secrets.token_hex(_REF_BYTES),
        subject=visit.actor.subject,
        name=name,
        public_key=found.public_key,
        counter=found.counter,
        synced=found.synced,
        backed_up=found.backed_up,
        transports=found.transports,
        created=visit.now,
        address=visit.address,
        agent=visit.agent[:_AGENT_CHARACTERS],
    )


def _naming(record: Draft, one: Passkey) -> Draft:
    told = {**record.private, "passkey": one.name}
    return Draft(
        kind=record.kind, received=record.received, reason=record.reason, refs=record.refs, private=told
    )


def _gone(db: Database, subject: str) -> bool:
    """Whether this was an account of ours that is disabled, or not there any more."""
    if not subject.startswith(_OURS):
        return False
    account = find_account(db, subject.removeprefix(_OURS))
    return account is None or account.disabled is not None
