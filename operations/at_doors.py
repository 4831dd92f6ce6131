"""What holds and lockdowns share: the doors they may touch, and the records that say what is to be done."""

from collections.abc import Mapping
from dataclasses import dataclass

from auth.access import permitted
from auth.step_up import Proof
from core.acts import NEEDS, Act, Action
from core.capabilities import Answer
from core.commands import LIVES_US, Command, Verb
from core.errors import NotPermitted
from core.leaf import Draft, Scalar
from core.model import Device, Door, Estate
from core.permissions import Permission
from core.records import Kind
from core.times import iso_us
from core.unlocks import Flight
from operations.acting import Acting
from operations.evidence import personal, proved_as, seen_there
from operations.leaving import Leaving
from store.estate import load_estate
from store.log import append


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A door that an act is about, with its device."""

    door: Door
    device: Device
    estate: Estate


@dataclass(frozen=True, slots=True, kw_only=True)
class Doing:
    """An act that was proved, and what its records and commands have in common."""

    acting: Acting
    act: Act
    proofs: tuple[Proof, ...]
    facts: Mapping[str, Scalar]

    @staticmethod
    def of(acting: Acting, act: Act, proofs: tuple[Proof, ...]) -> "Doing":
        """Take it up; what all its records say of its proofs is worked out once."""
        return Doing(acting=acting, act=act, proofs=proofs, facts=proved_as(acting, act, proofs))

    def intent(self, kind: Kind, place: Place | None, name: str, told: dict[str, Scalar]) -> Draft:
        """Say what is about to be done, by whom, why, and how it was proved."""
        until = {"until": iso_us(self.act.until)} if self.act.until else {}
        before = {} if place is None else seen_there(self.acting, place.door)
        return self.record(kind, place, {"act": name, **until, **before, **told})

    def record(
        self, kind: Kind, place: Place | None, told: dict[str, Scalar], reason: str | None = None
    ) -> Draft:
        """Make a record of this act, at a door or of the whole."""
        one = bool(self.act.door)
        named = load_estate(self.acting.services.db).doors.get(self.act.door)
        door = named if place is None else place.door
        whole = self.act.target.get("site")
        site = door.site if door is not None else None if whole is None else str(whole)
        return Draft(
            kind=kind,
            received=self.acting.now,
            site=site,
            door=None if door is None else door.id,
            device=None if door is None else door.device,
            reason=reason,
            refs={"act": self.act.id, "session": self.acting.actor.session, **self.facts, **told},
            private=personal(self.acting.whole, self.act, self.proofs, whole=place is None or one),
        )

    def refused(self, kind: Kind, reason: str, place: Place | None = None) -> None:
        """Record that what was proved was not begun, and why."""
        ends = self.act.action in {Action.END_HOLD, Action.RELEASE}
        wants: dict[str, Scalar] = {"wants": self.act.action.value} if ends else {}
        append(self.acting.services.db, [self.record(kind, place, wants, reason)])

    def leaving(self, place: Place, name: str) -> Leaving:
        """Say whose command goes to this door, for the moment in which it leaves."""
        return Leaving(
            services=self.acting.services, name=name, act=self.act, proofs=self.proofs, door=place.door
        )

    def flight(self, place: Place, name: str, now: int) -> Flight:
        """Begin the flight of this act's command to a door: what can be asked for a mode tells its lock."""
        family = self.acting.services.families.get(place.device.family)
        return Flight(
            act=name,
            site=place.door.site,
            door=place.door.id,
            device=place.device.id,
            answer=Answer.NONE if family is None else family.unlock,
            sensor=True,
            seconds=0,
            requested=now,
            action=self.act.action,
            until=self.act.until,
        )


def command_of(name: str, verb: Verb, now: int, until: int = 0) -> Command:
    """Make the command of an act, good for as long as any is."""
    return Command(act=name, verb=verb, issued=now, expires=now + LIVES_US, until=until)


def find_place(acting: Acting, name: str, permission: Permission, estate: Estate) -> Place:
    """Find a door at which this person has a permission now; raises NotPermitted."""
    door = estate.doors.get(name)
    if door is None or not permitted(acting.services.db, acting.actor, permission, door.site):
        raise NotPermitted("there is no such door")
    return Place(door=door, device=estate.devices[door.device], estate=estate)


def places_of(acting: Acting, act: Act, estate: Estate) -> tuple[Place, ...]:
    """Find every door of an act, each of which this person may act at, in order; raises NotPermitted.

    Of a site all that are there now: which of them were shown when it was asked for, the act itself tells.
    """
    permission = NEEDS[act.action]
    site = act.target.get("site")
    if site is None:
        return tuple(find_place(acting, name, permission, estate) for name in act.doors)
    if site not in estate.sites or not permitted(acting.services.db, acting.actor, permission, str(site)):
        raise NotPermitted("there is no such site")
    doors = sorted((one for one in estate.doors.values() if one.site == site), key=lambda one: one.id)
    return tuple(Place(door=one, device=estate.devices[one.device], estate=estate) for one in doors)
