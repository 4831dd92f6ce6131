"""What is asked for once more in the moment in which a command leaves: whether it is still to be sent.

It may have waited for its turn for some seconds since its proof was good.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from auth.access import permitted
from auth.current import Services
from auth.step_up import Proof
from core.acts import NEEDS, Act, Action
from core.doors import Mode
from core.model import Door
from core.permissions import Permission
from store.estate import load_estate
from store.modes import standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving:
    """A command about to leave: its flight's name, its act and proofs, and the door as it was written for."""

    services: Services
    name: str
    act: Act
    proofs: tuple[Proof, ...]
    door: Door

    def allowed(self, now: int) -> bool:
        """Whether everybody who proved the act may do it at this door now, which is where it was.

        Only reads, so it can be asked while the store is held: nothing changes until that it is sent is on
        disk.
        """
        door = load_estate(self.services.db).doors.get(self.door.id)
        if door is None or _place(door) != _place(self.door):
            return False
        needed = self._needed()
        sessions = {self.act.session, *(one.session for one in self.proofs[1:])}
        return all(self._may(session, needed, now) for session in sessions)

    def _needed(self) -> Sequence[Permission]:
        """Name what the act takes: two who unlock a door that is locked down must both be supervisors."""
        needed, db = NEEDS[self.act.action], self.services.db
        if self.act.action is not Action.UNLOCK or self.act.persons == 1:
            return (needed,)
        order = standing(db, [self.door.id]).get(self.door.id)
        down = order is not None and order.lease.in_force and order.lease.mode is Mode.LOCKED_DOWN
        return (needed, Permission.DOOR_LOCKDOWN) if down else (needed,)

    def _may(self, session: str, needed: Sequence[Permission], now: int) -> bool:
        actor = self.services.sessions.glance(session, now)
        if actor is None or actor.idle(now):
            return False
        return all(permitted(self.services.db, actor, one, self.door.site) for one in needed)


def _place(door: Door) -> tuple[str, str, str]:
    return door.site, door.device, door.number
