"""What the proofs of unlocks share: doors before a network that fails, and what became of each act."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from pathlib import Path
from typing import Final

from auth.current import Services
from auth.presence import Presence
from auth.sessions import Actor, Sessions
from auth.step_up import Proof
from bench.stand.doors import SECONDS, door, doors, enter, issue_keys, obeying
from bench.stand.stand import Stand, now_us
from bench.stand.wire import Wire
from connectors.devices import FAMILIES
from connectors.mqtt.broker import ADDRESS
from connectors.mqtt.client import Broker
from connectors.mqtt.principals import COMMAND
from connectors.simulator.device import NativeDevice
from connectors.simulator.driver import Fleet
from core.acts import Act, Action, Means
from core.commands import LIVES_US
from core.errors import ActRefused, NotPermitted
from core.records import Kind
from core.unlocks import Flight, Stage
from operations.deeds import Wish
from operations.line import BrokerLine
from operations.sensitive import ask, prove
from settings import load_settings
from store.acts import find_flight
from tests.auth.reading import told
from tests.faults import Packet, Proxy
from tests.proof.claims import Claim
from tests.waiting import until

_GOOD: Final = frozenset({Stage.ACCEPTED, Stage.CONFIRMED})
_NOT_SENT: Final = frozenset({Stage.REFUSED, Stage.EXPIRED})
UNLOCKS: Final = "unlock."


def good(_actor: Actor, _act: Act) -> Proof:
    """Prove an act as a passkey would."""
    return Proof(means=Means.PASSKEY)


@dataclass(kw_only=True)
class Desk:
    """A console of this process before a stand, and what became of each act."""

    stand: Stand
    services: Services
    session: str
    pressed: dict[str, str] = field(default_factory=dict)
    refused: Counter[str] = field(default_factory=Counter)

    def press(
        self,
        name: str,
        proof: Callable[[Actor, Act], Proof] = good,
        *,
        session: str = "",
        seconds: int = SECONDS,
    ) -> str:
        """Unlock a door as one person would; gives the act, "" where it could not even be asked for."""
        who, act = session or self.session, ""
        wish = Wish(action=Action.UNLOCK, target={"door": name}, reason="a visitor", seconds=seconds)
        try:
            act = ask(self.services, who, wish, now=now_us()).act.id
            self.pressed[act] = name
            prove(self.services, who, act, proof, now=now_us())
        except (ActRefused, NotPermitted) as error:
            self.refused[error.reason if isinstance(error, ActRefused) else "not_permitted"] += 1
        return act

    def flight(self, act: str) -> Flight | None:
        return find_flight(self.stand.db, act)

    def ends(self, acts: Iterable[str]) -> frozenset[Stage]:
        """Give the verdicts that these acts have come to."""
        found = (self.flight(one) for one in acts)
        return frozenset(one.stage for one in found if one is not None)

    def settle(self, acts: Iterable[str] | None = None, seconds: float = 15) -> None:
        """Wait until each act has its verdict."""
        until(partial(self._all_over, tuple(acts or self.pressed)), seconds=seconds)

    def _all_over(self, acts: Iterable[str]) -> bool:
        flights = (self.flight(one) for one in acts)
        return not any(one.under_way for one in flights if one is not None)

    def steps(self, act: str) -> list[tuple[str, str | None]]:
        """Give what the log tells of an act, in order."""
        kinds = [kind for kind in Kind if kind.value.startswith(UNLOCKS)]
        found = [one for one in told(self.stand.db, *kinds) if one.refs.get("act") == act]
        return [(one.kind.value.removeprefix(UNLOCKS), one.reason) for one in found]


@dataclass(kw_only=True)
class House(Desk):
    """A stand of strict devices, and a console of this process before a network that may fail."""

    fleet: Fleet
    proxy: Proxy
    # Doors at which nobody has pressed yet, for tests that share a house.
    fresh: Iterator[str] = field(default_factory=lambda: map(door, count()))

    def truth(self, acts: Iterable[str] | None = None) -> "Truth":
        """Hold what the console says of acts against what the relays did."""
        return Truth.of(self, tuple(self.pressed if acts is None else acts))

    def replay(self, packets: Iterable[Packet]) -> int:
        """Publish once more, as the sender, what it has sent; gives how many the broker took."""
        with Wire(self.stand.account(COMMAND), COMMAND) as wire:
            return wire.publish(published(one) for one in packets)


@dataclass(frozen=True, slots=True)
class Truth:
    """What is wrong: openings after expiry, doors with two pulses, verdicts that are not so."""

    acts: int
    pulses: int
    late: tuple[str, ...]
    twice: tuple[str, ...]
    untrue: tuple[str, ...]

    @staticmethod
    def of(house: House, acts: tuple[str, ...]) -> "Truth":
        mine = [one for one in house.fleet.pulses() if one.act in acts]
        flights = {one: house.flight(one) for one in acts}
        counted = Counter(one.act for one in mine)
        requested = {act: one.requested for act, one in flights.items() if one is not None}
        return Truth(
            acts=len(acts),
            pulses=len(mine),
            late=tuple(one.act for one in mine if one.at > requested.get(one.act, 0) + LIVES_US),
            twice=tuple(act for act, count in counted.items() if count > 1),
            untrue=tuple(act for act in acts if not _true(flights[act], pulsed=act in counted)),
        )

    def claim(self, name: str, seconds: float, presses: int = 0) -> Claim:
        """Give the line of the table: lost are verdicts that are not so, and openings after expiry."""
        wrong, count = {*self.late, *self.untrue}, presses or self.acts
        return Claim(claim=name, count=count, lost=len(wrong), twice=len(self.twice), seconds=seconds)


def _true(flight: Flight | None, *, pulsed: bool) -> bool:
    """Whether a verdict is no lie: never good without a pulse, never "not sent" with one."""
    if flight is None:
        return not pulsed
    if flight.under_way:
        return False
    if pulsed:
        return flight.stage not in _NOT_SENT or bool(flight.answered_late)
    return flight.stage not in _GOOD


def published(one: Packet) -> tuple[str, bytes]:
    """Read topic and payload of a publication at QoS 1 in MQTT 5."""
    size = int.from_bytes(one.body[:2])
    at = 2 + size + 2
    length, shift = 0, 0
    while True:
        byte = one.body[at]
        length |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if not byte & 0x80:
            break
    return one.body[2 : 2 + size].decode(), one.body[at + length :]


@contextmanager
def house(
    folder: Path, size: int, make: Callable[..., NativeDevice] = NativeDevice, late_s: float = 12.0
) -> Iterator[House]:
    """Start broker, ingest and devices, and stand before them with a proxy between."""
    folder.mkdir(exist_ok=True)
    with Stand(folder / "data", doors(size)) as stand:
        issue_keys(stand)
        stand.start_broker()
        stand.start_ingest()
        with obeying(stand, make) as fleet, Proxy(stand.port, late_s=late_s) as proxy:
            _, actor = enter(stand, "guard")
            online = "SELECT count(*) FROM device_state WHERE online = 1"
            until(lambda: stand.count(online) == size, seconds=60)
            services = console(stand, proxy.port)
            yield House(stand=stand, fleet=fleet, proxy=proxy, services=services, session=actor.session)


def console(stand: Stand, port: int) -> Services:
    """Give what a web process works with, reaching the broker by this port."""
    account = stand.account(COMMAND)
    broker = Broker(host=ADDRESS, port=port, username=account.username, password=account.password)
    return Services(
        db=stand.db,
        sessions=Sessions(stand.db, load_settings(stand.environment()).sessions),
        presence=Presence(),
        families={name: family.capabilities for name, family in FAMILIES.items()},
        line=BrokerLine(lambda: broker, stand.folder),
    )
