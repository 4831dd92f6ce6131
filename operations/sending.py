"""The one way a command goes out: written down, said to be sent, sent once, and what is known of that told.

Nothing is sent while nobody could hear the answer, to whom is known to be away, or twice.
"""

import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Final

from auth.current import Services
from auth.sessions import Actor
from core.commands import Command, Delivery, Line, Order
from core.errors import (
    ActRefused,
    BrokerError,
    CommandImpossible,
    DiskNearlyFull,
    LineBusy,
    OutcomeUnknown,
    StoreError,
    Withheld,
)
from core.handles import handle_of
from core.leaf import Scalar
from core.model import Device, Door, Estate
from core.times import iso_us
from core.unlocks import Flight, Moved, doubt, refuse
from operations.leaving import Leaving
from store.acts import note_taken, set_off, take_step
from store.clock import now_us
from store.database import Database
from store.disk import need_room
from store.door_keepers import Taken
from store.listening import is_listening
from store.sealed import is_sealing

NOT_HEARD: Final = "Nothing was sent: Gatehouse does not hear the devices just now."
NOT_SEALED: Final = "Nothing was sent: the log is not being sealed just now, so nobody could prove it later."
AWAY: Final = "Nothing was sent: the door's device is not connected."
NO_LINE: Final = "Nothing was sent: no account for commands is set up at the broker."
FULL: Final = "Nothing was sent: the disk is nearly full."
_KEPT_BACK: Final = {
    "in_progress": "{whose} sending a command to this door already: one at a time.",
    "held": "This door is held unlocked already, by {who}: end the hold first.",
    "locked_down": (
        "This door is locked down, by {who}: two supervisors can unlock it, and nothing else is sent."
    ),
}
_UNDELIVERED: Final = {Delivery.NOBODY: "not_connected", Delivery.REFUSED: "not_taken"}


def need_ears(db: Database, now: int) -> None:
    """Refuse to send what could not be recorded to its end, or not be proved later."""
    try:
        need_room(db)
    except DiskNearlyFull as error:
        raise ActRefused("no_room", FULL) from error
    if not is_listening(db, now):
        raise ActRefused("not_listening", NOT_HEARD)
    if not is_sealing(db, now):
        raise ActRefused("not_sealed", NOT_SEALED)


def need_free(taken: Taken | None, actor: Actor) -> None:
    """Refuse what is kept back from its door."""
    if taken is not None:
        mine, name = taken.subject == actor.subject, taken.name or "somebody else"
        whose = "You are" if mine else f"{name[0].upper()}{name[1:]} is"
        words = _KEPT_BACK[taken.why].format(who="you" if mine else name, whose=whose)
        # As everybody who watches a door is told who has it: by name, and by the stream's handle.
        told = {"by": handle_of(taken.subject), "name": taken.name, "action": taken.action.value}
        raise ActRefused(taken.why, words, {"taken": {**told, "since": taken.since}})


def line_of(services: Services) -> Line:
    """Give the way to the devices; raises ActRefused where none is set up."""
    if services.line is None:
        raise ActRefused("no_line", NO_LINE)
    return services.line


def write_order(line: Line, device: Device, door: Door, command: Command, *, estate: Estate) -> Order:
    """Write the one publication that carries a command; raises ActRefused where the device can't be asked."""
    try:
        return line.order(device, door, command, estate=estate)
    except CommandImpossible as error:
        raise ActRefused(error.reason, str(error)) from error


def need_askable(services: Services, device: Device, door: Door, command: Command, *, estate: Estate) -> None:
    """Refuse what a device can't be asked, before anybody proves it; uses nothing up.

    A console without a way to its devices says so once the act is proved, which leaves a record.
    """
    if services.line is not None:
        write_order(services.line, device, door, command, estate=estate)


def send_once(line: Line, order: Order, leaving: Leaving) -> None:
    """Say that a flight is sent when its turn has come, send it, and say what is known of that.

    Whether it may be sent is looked at in that turn: whatever goes before it, a lockdown, its time or the end
    of somebody's right to it, has then gone before it at the device as well. The rest the log tells.
    """
    db, name = leaving.services.db, leaving.name

    def step(move: Callable[[Flight], Moved | None]) -> bool:
        return take_step(db, name, move, now_us()) is not None

    written = _Written(order)
    try:
        sent = line.send(
            written.order, lambda: set_off(db, name, now_us(), leaving.allowed, told=written.told)
        )
    except Withheld:
        # Its time was over, and the leader closes it, a lockdown came first, or somebody may not any more.
        return
    except OutcomeUnknown:
        step(doubt)
    except (BrokerError, CommandImpossible) as error:
        reason = _trouble(error)
        step(lambda one: refuse(one, reason))
    else:
        if sent.delivery in _UNDELIVERED:
            step(lambda one: refuse(one, _UNDELIVERED[sent.delivery]))
        elif sent.at:
            # The command is out: that this can't be written down any more takes nothing of it back.
            with suppress(StoreError):
                note_taken(db, name, sent.at)


class _Written:
    """A command as it goes out, written once: what the record holds of it is what the device gets."""

    def __init__(self, order: Order) -> None:
        self._order, self._final = order, order if order.anew is None else None

    @property
    def order(self) -> Order:
        return self._order if self._order.anew is None else replace(self._order, anew=self._anew)

    def _anew(self) -> Order:
        if self._final is None and self._order.anew is not None:
            self._final = self._order.anew()
        return self._final or self._order

    def told(self) -> dict[str, Scalar]:
        """Say until when it is good and, where our key has signed it, what it is, by its hash.

        What nothing was signed in may hold a number that a hash would let somebody guess.
        """
        final = self._anew()
        until = {"not_after": iso_us(final.expires)} if final.expires else {}
        if not final.kid:
            return {**until}
        return {**until, "kid": final.kid, "payload_sha256": hashlib.sha256(final.payload).hexdigest()}


def _trouble(error: BrokerError | CommandImpossible) -> str:
    """Say why nothing was sent: of a device that is not connected, only the broker can tell that."""
    if isinstance(error, CommandImpossible):
        return error.reason
    return "line_busy" if isinstance(error, LineBusy) else "broker_away"
