"""Doors that can be unlocked in tests: an estate, a way to its devices, proofs good and bad."""

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

import pyotp

from auth.current import Services
from auth.sessions import Actor
from auth.step_up import Proof, prove_by_code
from core.acts import USUAL_SECONDS, Act, Action, Means
from core.capabilities import Answer, Capabilities, Clock, Trust
from core.commands import Command, Delivery, Order, Ready, Sent
from core.errors import (
    CommandImpossible,
    GatehouseError,
    ProofRefused,
    Withheld,
)
from core.model import Device, Door, Estate, Site
from core.records import Kind
from core.times import SECOND_US
from operations.acting import ProofOf
from operations.deeds import Wish
from operations.sensitive import ask as ask_for
from operations.sensitive import prove
from store.estate_document import EstateDocument
from store.ingest_log import LEASE
from store.sealed import PART as LEDGER
from store.touch import Holder, Part, PartState, report_part, take_lease
from tests.auth.people import NOW, person
from tests.auth.reading import Told, told

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
HOLDER = Holder(id="ingest of tests")
CAN = Capabilities(
    call=True,
    door_sensor=True,
    heartbeat=True,
    dedupe="",
    clock=Clock.UTC,
    unlock=Answer.ACK,
    trust=Trust.OWN_ACL,
)
ESTATE = EstateDocument(
    sites=tuple(Site(id=one, name=one, time_zone="UTC") for one in ("berlin", "newyork")),
    devices=tuple(Device(id=f"{one}-ic", site=one, family="gatehouse") for one in ("berlin", "newyork")),
    doors=(
        Door(id="front", site="berlin", device="berlin-ic", number="1", name="Front"),
        Door(id="back", site="berlin", device="berlin-ic", number="2", name="Back"),
        Door(id="lobby", site="newyork", device="newyork-ic", number="1", name="Lobby"),
    ),
)
UNLOCKS = [kind for kind in Kind if kind.value.startswith("unlock.")]


@dataclass
class SomeLine:
    """A way to devices that keeps what it was given, and looks at the log when it is used."""

    services: Services | None = None
    delivery: Delivery = Delivery.TAKEN
    impossible: str = ""
    at: int = 0
    error: GatehouseError | None = None
    sent: list[Order] = field(default_factory=list)
    told_before: list[list[str]] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def order(self, device: Device, door: Door, command: Command, *, estate: Estate) -> Order:
        assert door.id in estate.doors
        if self.impossible:
            raise CommandImpossible(self.impossible, "it can't be asked")
        return Order(topic=f"{device.id}/{door.number}", payload=command.act.encode(), expiry_s=5)

    def send(self, order: Order, ready: Ready) -> Sent:
        assert self.services is not None
        if not ready():
            raise Withheld("no")
        with self._lock:
            self.told_before.append([one.kind.value for one in told(self.services.db, *UNLOCKS)])
            self.sent.append(order)
        if self.error is not None:
            raise self.error
        return Sent(delivery=self.delivery, at=self.at)


def listen(services: Services, at: int = NOW, canary_age_us: int = SECOND_US) -> None:
    """Let ingest be heard to listen, and the log to be sealed."""
    assert take_lease(services.db, LEASE, HOLDER, now=at, seconds=5)
    info = {"canary_age_us": canary_age_us}
    report_part(services.db, Part(name="ingest", state=PartState.OK, at=at, info=info))
    report_part(services.db, Part(name=LEDGER, state=PartState.OK, at=at))


def enter(services: Services, username: str = "ben") -> Actor:
    _, actor = services.sessions.start(person(username), address="192.0.2.1", agent="", now=NOW)
    return actor


def ask_unlock(
    services: Services, asking: str, door: str, why: str, *, seconds: int = USUAL_SECONDS, now: int
) -> tuple[Act, tuple[Means, ...]]:
    wish = Wish(action=Action.UNLOCK, target={"door": door}, reason=why, seconds=seconds)
    asked = ask_for(services, asking, wish, now=now)
    return asked.act, asked.means


def prove_unlock(services: Services, asking: str, name: str, proof_of: ProofOf, *, now: int) -> None:
    prove(services, asking, name, proof_of, now=now)


def ask(services: Services, actor: Actor, door: str = "front", at: int = NOW) -> str:
    return ask_unlock(services, actor.session, door, "a visitor", now=at)[0].id


def code(at: int = NOW, step: int = 0) -> str:
    return pyotp.TOTP(SECRET).at(at // SECOND_US + 30 * step)


def by_code(services: Services, typed: str) -> Callable[[Actor, Act], Proof]:
    return lambda actor, _act: prove_by_code(services.db, actor, typed, NOW)


def good(_actor: Actor, _act: Act) -> Proof:
    return Proof(means=Means.PASSKEY)


def bad(_actor: Actor, _act: Act) -> Proof:
    raise ProofRefused("wrong_code", "no")


def unlocks(services: Services) -> list[tuple[str, str | None]]:
    return [(one.kind.partition(".")[2], one.reason) for one in told(services.db, *UNLOCKS)]


def refused_proofs(services: Services) -> list[Told]:
    return told(services.db, Kind.OPERATOR_PROOF_REFUSED)
