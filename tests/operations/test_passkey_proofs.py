"""Passkeys prove one act each, for who asked, in their session: all else is refused and recorded."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from msgspec.structs import replace as changed

from auth.current import Services
from auth.passkeys import Passkeys, Visit
from auth.sessions import Actor
from auth.step_up import Proof, means_of, passkey_question, prove_by_passkey
from core.acts import LIVES_US, Act, Action, Means
from core.errors import ActRefused, ProofRefused
from core.records import Kind
from core.times import MINUTE_US
from operations.acting import ProofOf
from operations.deeds import Wish
from operations.sensitive import ask as ask_for
from operations.sensitive import prove
from store.acts import find_act
from tests.auth.authenticator import UP, Authenticator
from tests.auth.passkeying import enrol
from tests.auth.people import NOW
from tests.auth.reading import told
from tests.operations.unlocking import SomeLine, ask, enter, refused_proofs

URL = "http://localhost:8501"


@pytest.fixture
def keyed(services: Services) -> Services:
    return replace(services, public_url=URL)


@dataclass(kw_only=True)
class Holder:
    """Somebody with a passkey, in a session."""

    services: Services
    actor: Actor
    key: Authenticator

    def visit(self, now: int = NOW) -> Visit:
        return Visit(actor=self.actor, address="192.0.2.1", agent="", now=now)

    def pending(self, door: str = "front", at: int = NOW) -> str:
        return ask(self.services, self.actor, door, at)

    def question(self, name: str) -> str:
        noted = find_act(self.services.db, name, self.actor.session)
        assert noted is not None
        question = passkey_question(self.services, self.actor, noted.act)
        assert question is not None
        return question

    def answer(self, name: str) -> bytes:
        return json.dumps(self.key.get(self.question(name))).encode()

    def show(self, answer: bytes, now: int = NOW) -> ProofOf:
        def shown(_person: Actor, act: Act) -> Proof:
            return prove_by_passkey(self.services, self.visit(now), act, answer)

        return shown

    def prove(self, name: str, answer: bytes | None = None, now: int = NOW + 1) -> None:
        answer = self.answer(name) if answer is None else answer
        prove(self.services, self.actor.session, name, self.show(answer, now), now=now)


def holder(services: Services, username: str) -> Holder:
    actor, key = enter(services, username), Authenticator()
    one = Holder(services=services, actor=actor, key=key)
    enrol(Passkeys(services.db, URL), one.visit(), key)
    return one


@pytest.fixture
def ben(keyed: Services) -> Holder:
    return holder(keyed, "ben")


@pytest.fixture
def ada(keyed: Services) -> Holder:
    return holder(keyed, "ada")


def test_a_passkey_is_asked_first_and_its_name_stands_in_the_record(
    keyed: Services, line: SomeLine, ben: Holder
) -> None:
    wish = Wish(action=Action.UNLOCK, target={"door": "front"}, reason="a visitor")
    asked = ask_for(keyed, ben.actor.session, wish, now=NOW)
    assert asked.means == (Means.PASSKEY, Means.TOTP)
    assert dict(asked.shown) == {"door": "Front", "site": "berlin"}
    assert asked.question is not None

    answer = json.dumps(ben.key.get(asked.question)).encode()
    ben.prove(asked.act.id, answer)

    (requested,) = told(keyed.db, Kind.UNLOCK_REQUESTED)
    assert requested.refs["proof"] == "passkey"
    assert requested.refs["passkey"] == told(keyed.db, Kind.OPERATOR_PASSKEY_ADDED)[0].refs["passkey"]
    assert len(line.sent) == 1


def test_where_there_can_be_no_passkeys_none_is_asked_for(keyed: Services, ben: Holder) -> None:
    for url in ("", "http://192.0.2.1:8501", "http://[::1]:8501"):
        assert means_of(replace(keyed, public_url=url), ben.actor) == (Means.TOTP,)


Forge = Callable[[Holder, Holder], tuple[str, bytes, int]]


def _replayed(ben: Holder, _ada: Holder) -> tuple[str, bytes, int]:
    first = ben.pending("back")
    answer = ben.answer(first)
    ben.prove(first, answer)
    return ben.pending(), answer, NOW + 1


def _of_another_door(ben: Holder, _ada: Holder) -> tuple[str, bytes, int]:
    return ben.pending(), ben.answer(ben.pending("back")), NOW + 1


def _of_the_same_door_before(ben: Holder, _ada: Holder) -> tuple[str, bytes, int]:
    return ben.pending(), ben.answer(ben.pending()), NOW + 1


def _somebody_elses(ben: Holder, ada: Holder) -> tuple[str, bytes, int]:
    name = ben.pending()
    return name, json.dumps(ada.key.get(ben.question(name))).encode(), NOW + 1


def _somebody_elses_who_signs_for_the_handle(ben: Holder, ada: Holder) -> tuple[str, bytes, int]:
    ada.key.handle = ben.key.handle
    return _somebody_elses(ben, ada)


def _nobody_verified(ben: Holder, _ada: Holder) -> tuple[str, bytes, int]:
    name = ben.pending()
    ben.key.flags = UP
    return name, ben.answer(name), NOW + 1


def _cloned(ben: Holder, _ada: Holder) -> tuple[str, bytes, int]:
    ben.prove(first := ben.pending("back"), ben.answer(first))
    name = ben.pending()
    ben.key.count -= 1
    return name, ben.answer(name), NOW + 1


def _asked_by_another_page(ben: Holder, _ada: Holder) -> tuple[str, bytes, int]:
    name = ben.pending()
    ben.key.origin = "http://localhost:9999"
    return name, ben.answer(name), NOW + 1


def _asked_in_a_frame(ben: Holder, _ada: Holder) -> tuple[str, bytes, int]:
    name = ben.pending()
    ben.key.cross_origin = True
    return name, ben.answer(name), NOW + 1


def _made_for_another_host(ben: Holder, _ada: Holder) -> tuple[str, bytes, int]:
    name = ben.pending()
    ben.key.rp_id = "example.org"
    return name, ben.answer(name), NOW + 1


def _late(ben: Holder, _ada: Holder) -> tuple[str, bytes, int]:
    name = ben.pending()
    return name, ben.answer(name), NOW + LIVES_US


def _signed_by_a_key_unknown(ben: Holder, _ada: Holder) -> tuple[str, bytes, int]:
    name = ben.pending()
    stranger = Authenticator(credential=b"c" * 32, handle=ben.key.handle)
    return name, json.dumps(stranger.get(ben.question(name))).encode(), NOW + 1


def _signed_by_another_key(ben: Holder, _ada: Holder) -> tuple[str, bytes, int]:
    name = ben.pending()
    stranger = Authenticator(credential=ben.key.credential, handle=ben.key.handle, count=9)
    return name, json.dumps(stranger.get(ben.question(name))).encode(), NOW + 1


def _no_answer(ben: Holder, _ada: Holder) -> tuple[str, bytes, int]:
    return ben.pending(), b'{"id": []}', NOW + 1


FORGED: dict[str, Forge] = {
    "wrong_challenge replayed": _replayed,
    "wrong_challenge of another door": _of_another_door,
    "wrong_challenge of an act before": _of_the_same_door_before,
    "other_person somebody else's": _somebody_elses,
    "other_person with the right handle": _somebody_elses_who_signs_for_the_handle,
    "not_verified nobody verified": _nobody_verified,
    "counter_went_back cloned": _cloned,
    "wrong_origin another page": _asked_by_another_page,
    "wrong_origin in a frame": _asked_in_a_frame,
    "wrong_party another host": _made_for_another_host,
    "no_act late": _late,
    "unknown_passkey unknown": _signed_by_a_key_unknown,
    "not_signed by another key": _signed_by_another_key,
    "bad_answer none at all": _no_answer,
}


@pytest.mark.parametrize("kind", FORGED)
def test_no_forged_proof_opens_a_door_and_each_is_recorded(
    keyed: Services, line: SomeLine, ben: Holder, ada: Holder, kind: str
) -> None:
    name, answer, now = FORGED[kind](ben, ada)
    sent, before = len(line.sent), len(refused_proofs(keyed))

    with pytest.raises(ProofRefused) as refused:
        ben.prove(name, answer, now)

    assert refused.value.reason == kind.partition(" ")[0]
    assert [one.reason for one in refused_proofs(keyed)[before:]] == [refused.value.reason]
    assert len(line.sent) == sent
    with pytest.raises(ProofRefused) as again:
        ben.prove(name, b"{}", now)
    assert again.value.reason == "no_act"


def test_five_forged_proofs_lock_the_acts_of_that_session(
    keyed: Services, line: SomeLine, ben: Holder, ada: Holder
) -> None:
    for _ in range(5):
        name, answer, now = _somebody_elses(ben, ada)
        with pytest.raises(ProofRefused):
            ben.prove(name, answer, now)

    with pytest.raises(ActRefused, match="locked"):
        ben.pending()
    assert len(told(keyed.db, Kind.OPERATOR_ACTS_LOCKED)) == 1
    ada.prove(ada.pending())
    assert len(line.sent) == 1


def test_what_is_signed_says_in_which_session_and_by_whom(ben: Holder, ada: Holder) -> None:
    noted = find_act(ben.services.db, ben.pending(), ben.actor.session)
    assert noted is not None
    act = noted.act
    signed = {
        act.challenge_for(subject, session)
        for subject in (act.subject, ada.actor.subject)
        for session in (act.session, ada.actor.session)
    }

    assert len(signed) == 4
    assert act.challenge in signed
    assert changed(act, persons=2).challenge not in signed
    assert MINUTE_US == LIVES_US
