"""What the records of an act tell once its row is gone: to what its proof was bound, and by which rule."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

import msgspec
import pytest

from auth.current import Services
from auth.networks import Networks
from auth.sessions import Actor
from auth.step_up import Proof
from core.acts import Act, Action, Means
from core.commands import Command, Delivery, Order, Ready, Sent
from core.errors import ActRefused
from core.leaf import Scalar
from core.model import Device, Door, Estate
from core.records import Kind
from core.times import SECOND_US, iso_us
from operations.sensitive import prove
from store.door_keepers import busy_door
from store.estate import import_estate
from store.touch import hear
from tests.auth.people import NOW, person
from tests.auth.reading import Told, told
from tests.operations.moding import NORMAL, UNTIL, act, plan, shows, supervise, wish
from tests.operations.unlocking import ESTATE, SomeLine, ask_unlock, enter, good, prove_unlock


@dataclass
class SignedLine(SomeLine):
    """A way to devices whose commands are signed, and counted where `counts`."""

    kid: str = "berlin-ic"
    counts: bool = False
    gone_out: list[bytes] = field(default_factory=list)

    def order(self, device: Device, door: Door, command: Command, *, estate: Estate) -> Order:
        """Write it, as signed as this device is."""
        written = super().order(device, door, command, estate=estate)
        signed = replace(written, kid=self.kid, expires=command.expires)
        numbers = iter(range(7, 100))
        return replace(signed, anew=lambda: self._counted(signed, next(numbers))) if self.counts else signed

    def send(self, order: Order, ready: Ready) -> Sent:
        """Send it as the broker's client does: written with its number once it is ready."""
        sent = super().send(order, ready)
        self.gone_out.append((order.anew() if order.anew else order).payload)
        return sent

    def _counted(self, signed: Order, number: int) -> Order:
        return replace(signed, payload=signed.payload + b" %d" % number)


@pytest.fixture
def line() -> SignedLine:
    return SignedLine()


def at_provider(_actor: Actor, _act: Act) -> Proof:
    return Proof(means=Means.IDP, told={"acr": "c1", "id_token_sha256": "ab" * 32}, at=NOW - 3 * SECOND_US)


def unlock(services: Services, ben: Actor, why: str = "Visitor") -> Act:
    asked, _ = ask_unlock(services, ben.session, "front", why, now=NOW)
    prove_unlock(services, ben.session, asked.id, at_provider, now=NOW + 1)
    return asked


def only(services: Services, kind: Kind) -> Told:
    (found,) = told(services.db, kind)
    return found


def holds(record: Told, expected: Mapping[str, Scalar]) -> bool:
    return all(record.refs.get(name) == value for name, value in expected.items())


def test_an_unlock_tells_what_its_proof_was_bound_to_and_how_old_that_was(services: Services) -> None:
    asked = unlock(services, enter(services))

    requested = only(services, Kind.UNLOCK_REQUESTED)
    assert requested.refs["challenge"] == asked.challenge.hex()
    assert holds(requested, {"proof": "idp", "acr": "c1", "id_token_sha256": "ab" * 32, "proof_age_ms": 3000})
    assert holds(requested, {"rule": "usual", "persons": 1, "policy": 1, "roles": "agent@berlin"})


@pytest.mark.parametrize(
    ("people", "held"), [("192.0.2.0/24", "people"), ("198.51.100.0/24", "none"), (None, None)]
)
def test_an_unlock_tells_in_which_of_the_named_networks_its_person_was(
    services: Services, people: str | None, held: str | None
) -> None:
    networks = Networks.of({"people": [people]} if people else None)
    unlock(replace(services, networks=networks), enter(services))

    assert only(services, Kind.UNLOCK_REQUESTED).refs.get("network") == held


def test_from_the_record_alone_anybody_can_make_the_hash_that_was_signed(services: Services) -> None:
    unlock(services, enter(services))

    requested = only(services, Kind.UNLOCK_REQUESTED)
    bound = requested.private["bound"]
    assert sha256(b"gatehouse.act.v1\0" + bound.encode()).hexdigest() == requested.refs["challenge"]
    said = msgspec.json.decode(bound, type=dict[str, Any])
    assert (said["target"], said["why"], said["subject"]) == ({"door": "front"}, "Visitor", "local:ben")
    assert said["nonce"] not in str(requested.refs)


def test_the_second_person_is_told_of_as_fully_as_the_first(services: Services) -> None:
    doors = tuple(replace(one, persons=2) if one.id == "front" else one for one in ESTATE.doors)
    import_estate(services.db, replace(ESTATE, doors=doors), NOW, "tests")
    ben, ada = enter(services), enter(services, "ada")
    asked, _ = ask_unlock(services, ben.session, "front", "Visitor", now=NOW)
    prove_unlock(services, ben.session, asked.id, good, now=NOW + 1)
    prove_unlock(services, ada.session, asked.id, at_provider, now=NOW + 2)

    requested = only(services, Kind.UNLOCK_REQUESTED)
    second = asked.challenge_for(ada.subject, ada.session).hex()
    assert holds(requested, {"challenge": asked.challenge_for(ben.subject, ben.session).hex()})
    assert holds(requested, {"second_challenge": second, "second_proof": "idp", "rule": "door", "persons": 2})
    assert (requested.refs["roles"], requested.refs["second_roles"]) == ("agent@berlin", "admin@*")


def test_how_the_door_was_before_is_told_and_how_old_that_was(services: Services) -> None:
    shows(services, NORMAL, at=NOW - 2 * SECOND_US)
    hear(services.db, {"berlin-ic": NOW - SECOND_US})
    unlock(services, enter(services))

    requested = only(services, Kind.UNLOCK_REQUESTED)
    assert holds(requested, {"before": "closed/locked/normal", "before_age_ms": 1000})


@pytest.mark.parametrize(("why", "kept"), [("Visitor", "preset"), ("my aunt", "text")])
def test_a_reason_off_the_list_is_told_from_somebodys_own_words(
    services: Services, why: str, kept: str
) -> None:
    unlock(services, enter(services), why)

    assert only(services, Kind.UNLOCK_REQUESTED).refs["why_from"] == kept


def test_the_browser_is_kept_with_the_person_and_not_in_what_stays_for_ever(services: Services) -> None:
    _, ben = services.sessions.start(person("ben"), address="192.0.2.1", agent="Firefox/140", now=NOW)
    unlock(services, ben)

    requested = only(services, Kind.UNLOCK_REQUESTED)
    assert requested.private["agent"] == "Firefox/140"
    assert "Firefox/140" not in requested.refs.values()


@pytest.mark.parametrize("counts", [False, True])
def test_what_is_sent_is_on_record_by_its_hash_before_it_is(
    services: Services, line: SignedLine, *, counts: bool
) -> None:
    line.counts = counts
    unlock(services, enter(services))

    (payload,) = line.gone_out
    sent = only(services, Kind.UNLOCK_SENT)
    assert payload.endswith(b" 7") is counts
    assert holds(sent, {"payload_sha256": sha256(payload).hexdigest(), "kid": "berlin-ic"})
    assert sent.refs["not_after"] == iso_us(NOW + 1 + 5 * SECOND_US)


def test_what_nobody_signed_has_no_hash_that_would_let_its_numbers_be_guessed(
    services: Services, line: SignedLine
) -> None:
    line.kid = ""
    unlock(services, enter(services))

    assert only(services, Kind.UNLOCK_SENT).refs.keys() == {"act", "after_ms", "not_after"}


def test_when_the_broker_had_it_is_a_record_and_no_step(services: Services, line: SignedLine) -> None:
    line.at = NOW + 7000
    asked = unlock(services, enter(services))

    taken = only(services, Kind.COMMAND_TAKEN)
    assert taken.refs == {"act": asked.id, "after_ms": 6}
    found = busy_door(services.db, "front")
    assert found is not None
    assert found.act == asked.id


@pytest.mark.parametrize("delivery", [Delivery.NOBODY, Delivery.REFUSED])
def test_what_the_broker_gives_to_nobody_is_told_as_that_alone(
    services: Services, line: SignedLine, delivery: Delivery
) -> None:
    line.at, line.delivery = NOW + 7000, delivery
    unlock(services, enter(services))

    assert told(services.db, Kind.COMMAND_TAKEN) == []
    assert len(told(services.db, Kind.UNLOCK_REFUSED)) == 1


def test_what_is_refused_after_a_good_proof_keeps_the_proof(services: Services, line: SignedLine) -> None:
    ben = enter(services)
    asked, _ = ask_unlock(services, ben.session, "front", "Visitor", now=NOW)
    line.impossible = "key_revoked"

    with pytest.raises(ActRefused):
        prove_unlock(services, ben.session, asked.id, at_provider, now=NOW + 1)

    refused = only(services, Kind.UNLOCK_REFUSED)
    assert refused.reason == "key_revoked"
    assert holds(refused, {"challenge": asked.challenge.hex(), "proof": "idp", "acr": "c1", "rule": "usual"})


def test_a_hold_that_is_refused_after_a_good_proof_keeps_it_too(services: Services, line: SignedLine) -> None:
    supervise(services)
    ben = enter(services)
    asked = plan(services, ben, wish(Action.HOLD, {"door": "front"}, UNTIL)).act
    line.impossible = "key_revoked"

    with pytest.raises(ActRefused):
        prove(services, ben.session, asked.id, at_provider, now=NOW + 1)

    refused = only(services, Kind.HOLD_REFUSED)
    assert holds(refused, {"challenge": asked.challenge.hex(), "proof": "idp", "roles": "supervisor@berlin"})


def test_a_hold_tells_until_when_its_command_was_good(services: Services) -> None:
    supervise(services)
    act(services, enter(services), wish(Action.HOLD, {"door": "front"}, UNTIL))

    assert only(services, Kind.HOLD_REQUESTED).refs["not_after"] == iso_us(NOW + 1 + 5 * SECOND_US)


def test_each_door_of_a_lockdown_is_told_of_with_its_proof_and_how_it_was(services: Services) -> None:
    supervise(services)
    shows(services, NORMAL, "back", NOW)
    act(services, enter(services), wish(Action.LOCKDOWN, {"doors": "back,front"}))

    whole, back, front = told(services.db, Kind.LOCKDOWN_REQUESTED)
    assert whole.refs["challenge"] == back.refs["challenge"] == front.refs["challenge"]
    assert "before" not in whole.refs
    assert ["bound" in one.private for one in (whole, back, front)] == [True, False, False]
    assert (back.refs["before"], front.refs["before"]) == ("closed/locked/normal", "unknown/unknown/unknown")
