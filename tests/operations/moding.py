"""Doors that can be held and locked down in tests, and a way to them that fails where it is told to."""

from dataclasses import dataclass, field, replace

from auth.current import Services
from auth.sessions import Actor
from core.acts import Action
from core.commands import Command, Order, Ready, Result, Sent
from core.doors import DoorFacets, Lock, Mode, Position
from core.errors import BrokerUnreachable, CommandImpossible
from core.leaf import Scalar
from core.model import Device, Door, Estate
from core.records import Kind
from core.reports import CommandReply, DoorReport
from core.times import MINUTE_US
from operations.deeds import Wish
from operations.sensitive import Asked, ask, prove
from store.log import append
from store.policies import apply_policy
from tests.auth.people import NOW, POLICY
from tests.auth.reading import told
from tests.operations.unlocking import SomeLine, good

MODES = [kind for kind in Kind if kind.value.startswith(("hold.", "lockdown."))]
UNTIL = NOW + 10 * MINUTE_US
HELD = DoorFacets(position=Position.CLOSED, lock=Lock.UNLOCKED, mode=Mode.HELD)
NORMAL = DoorFacets(position=Position.CLOSED, lock=Lock.LOCKED, mode=Mode.NORMAL)
DOWN = DoorFacets(position=Position.CLOSED, lock=Lock.LOCKED, mode=Mode.LOCKED_DOWN)
DEVICES = {"front": "berlin-ic", "back": "berlin-ic", "lobby": "newyork-ic"}


@dataclass
class ModeLine(SomeLine):
    """A way to devices of which some doors can't be asked and some can't be reached."""

    cannot: dict[str, str] = field(default_factory=dict)
    unreached: set[str] = field(default_factory=set)
    commands: dict[str, Command] = field(default_factory=dict)

    def order(self, device: Device, door: Door, command: Command, *, estate: Estate) -> Order:
        """Write it, or say why not."""
        if door.id in self.cannot:
            raise CommandImpossible(self.cannot[door.id], "This door can't.")
        self.commands[door.id] = command
        written = super().order(device, door, command, estate=estate)
        return replace(written, topic=door.id)

    def send(self, order: Order, ready: Ready) -> Sent:
        """Send it, unless the door can't be reached."""
        if order.topic in self.unreached:
            raise BrokerUnreachable("no")
        return super().send(order, ready)


def supervise(services: Services) -> None:
    """Let Ben be a supervisor at Berlin."""
    apply_policy(services.db, POLICY.replace('"agent"', '"supervisor"'), NOW, "tests")


def wish(action: Action, target: dict[str, Scalar], until: int | None = None) -> Wish:
    return Wish(action=action, target=target, reason="a delivery", until=until)


def plan(services: Services, actor: Actor, asked: Wish, at: int = NOW) -> Asked:
    return ask(services, actor.session, asked, now=at)


def act(services: Services, actor: Actor, asked: Wish, at: int = NOW) -> str:
    """Ask for an act and prove it."""
    name = plan(services, actor, asked, at).act.id
    prove(services, actor.session, name, good, now=at + 1)
    return name


def hold(services: Services, actor: Actor, door: str = "front", until: int = UNTIL, at: int = NOW) -> str:
    return act(services, actor, wish(Action.HOLD, {"door": door}, until), at)


def answers(services: Services, name: str, door: str = "front", at: int = NOW + 10) -> None:
    """Let the device accept."""
    reply = CommandReply(device=DEVICES.get(door, "berlin-ic"), received=at, result=Result.ACCEPTED, act=name)
    append(services.db, [reply])


def shows(services: Services, facets: DoorFacets, door: str = "front", at: int = NOW + 20) -> None:
    """Let a door say how it is."""
    report = DoorReport(
        device=DEVICES.get(door, "berlin-ic"),
        door=door,
        received=at,
        live=True,
        boot="",
        seq=0,
        at=at,
        facets=facets,
    )
    append(services.db, [report])


def said(services: Services, name: str | None = None) -> list[tuple[str, str | None]]:
    """Give what the log tells of holds and lockdowns, the oldest first; of one act, if named."""
    found = told(services.db, *MODES)
    return [(one.kind.value, one.reason) for one in found if name is None or one.refs["act"] == name]
