"""Answers of passkeys that are damaged, or are none: refused like any other, and nothing else happens."""

import json
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auth.passkeys import Passkeys, Visit
from core.errors import ProofRefused
from store.database import Database
from store.passkeys import passkeys_of, remove_passkey
from tests.auth.authenticator import Authenticator
from tests.auth.passkeying import CHALLENGE, enrol, refused
from tests.auth.people import NOW

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


_MOST_PLACE: Final = 10_000


@dataclass(frozen=True)
class Damage:
    """What is done to an answer; it is drawn without looking at one, whose bytes are random."""

    deep: bool
    name: int
    how: str
    value: Any
    place: int
    text: str
    raw: bytes

    def of(self, whole: dict[str, Any]) -> bytes:
        """Change a value, a sign within one, or the text itself."""
        answer = json.loads(json.dumps(whole))
        part = answer["response"] if self.deep else answer
        name = sorted(part)[self.name % len(part)]
        if self.how == "value":
            part[name] = self.value
        elif self.how == "gone":
            del part[name]
        elif self.how == "sign" and isinstance(part[name], str):
            place = self.place % (len(part[name]) or 1)
            part[name] = part[name][:place] + self.text + part[name][place + 1 :]
        written = json.dumps(answer).encode()
        if self.how != "raw":
            return written
        place = self.place % len(written)
        return written[:place] + self.raw + written[place + self.name :]


DAMAGE: Final = st.builds(
    Damage,
    deep=st.booleans(),
    name=st.integers(0, 5),
    how=st.sampled_from(["value", "gone", "sign", "raw"]),
    value=_JSON,
    place=st.integers(0, _MOST_PLACE),
    text=st.text(max_size=3),
    raw=st.binary(max_size=6),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=DAMAGE, second=DAMAGE)
def test_damaged_answers_raise_nothing_but_our_errors(
    db: Database, passkeys: Passkeys, ben: Visit, first: Damage, second: Damage
) -> None:
    made = Authenticator().create(passkeys.registration_options(ben, "provider"))
    with suppress(ProofRefused):
        passkeys.register(ben, "Damaged", first.of(made))
    key = Authenticator(step=0)
    enrol(passkeys, ben, key)
    answer = key.get(passkeys.assertion_options("local:ben", CHALLENGE))
    with suppress(ProofRefused):
        passkeys.verify_assertion(ben, CHALLENGE, second.of(answer))
    for one in passkeys_of(db, "local:ben"):
        remove_passkey(db, "local:ben", one.ref, now=NOW, private={})


@pytest.mark.parametrize("answer", [b"", b"\xff", b"[" * 60_000, b'{"id":' * 10_000, "nonsense", b"null"])
def test_what_is_no_json_is_refused(db: Database, passkeys: Passkeys, ben: Visit, answer: bytes) -> None:
    enrol(passkeys, ben, Authenticator())

    assert refused(db, lambda: passkeys.verify_assertion(ben, CHALLENGE, answer)) == "bad_answer"
