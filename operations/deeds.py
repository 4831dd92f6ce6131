"""What an act can be: wished for, planned, done and told; each kind of act is one deed.

A deed is registered in `operations.sensitive`; what has none can't be asked for.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import msgspec
from msgspec import UNSET, UnsetType

from auth.step_up import Proof
from core.acts import Act, Action
from core.leaf import Scalar
from core.unlocks import Flight, Stage
from store.database import Database

if TYPE_CHECKING:
    from operations.acting import Acting


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody wants; `target` in the one form of its action, `until` in µs UTC, None where not said.

    `call` names the call at that door on which it is asked for, empty for none.
    """

    action: Action
    target: Mapping[str, Scalar]
    reason: str
    seconds: int | None = None
    until: int | None = None
    call: str = ""

    @property
    def door(self) -> str:
        """The one door it is about, empty for other targets."""
        return str(self.target.get("door", ""))


class DoorPlan(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an act about several doors would do at one of them, and why its device would not do it.

    `already`: it is so by order; `ends_hold` is until when a hold would have lasted that it ends (µs UTC).
    """

    door: str
    name: str
    would: str
    already: bool = False
    ends_hold: int = 0
    held_by: str = ""
    reason: str | UnsetType = UNSET
    message: str | UnsetType = UNSET


class DoorTold(msgspec.Struct, frozen=True, kw_only=True):
    """How far an act about several doors has come at one of them, and when (µs UTC, 0: not yet)."""

    door: str
    name: str
    state: str
    final: bool
    good: bool
    sent: int = 0
    accepted: int = 0
    confirmed: int = 0
    reason: str | UnsetType = UNSET


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """How far an act has come, as its screen is told; times are µs UTC, 0 for what has not been."""

    id: str
    action: str
    state: str
    expires_at: int
    final: bool
    good: bool = False
    persons: int = 1
    sent: int = 0
    accepted: int = 0
    confirmed: int = 0
    secured: int = 0
    secured_by: str = ""
    opened: int = 0
    let_go: int = 0
    ended: int = 0
    overdue: int = 0
    late: int = 0
    until: int = 0
    reason: str | UnsetType = UNSET
    by: str | UnsetType = UNSET
    second: str | UnsetType = UNSET
    doors: tuple[DoorTold, ...] | UnsetType = UNSET
    proofs: tuple[str, ...] | UnsetType = UNSET
    passkey: msgspec.Raw | UnsetType = UNSET


class Deed(Protocol):
    """One kind of act."""

    def plan(self, acting: "Acting", wish: Wish) -> Act:
        """Make the act that is to be proved, if this person may do it and it may be now.

        Raises NotPermitted, Invalid for what can't be meant, ActRefused for what may not be now. An act that
        more than one person must prove says so in `persons`; what the estate demands is added by the caller.
        """

    def allow(self, acting: "Acting", act: Act) -> None:
        """Raise NotPermitted where this person may not do it, or not any more: asked of a second one too."""

    def do(self, acting: "Acting", act: Act, proofs: tuple[Proof, ...]) -> None:
        """Do what was proved, for the one who asked: rights and all else are asked for once more, now.

        The intent is written first. Raises NotPermitted, ActRefused and StoreError; then nothing was sent,
        and the log says so.
        """

    def told(self, db: Database, act: Act) -> Told | None:
        """Tell how far it has come; None where nothing of it was begun."""


def told_of_flight(act: Act, one: Flight) -> Told:
    """Tell of an act at one door by its flight."""
    return Told(
        id=act.id,
        action=act.action.value,
        state=one.stage.value,
        expires_at=act.expires,
        final=not one.under_way,
        good=one.let_in and one.stage is not Stage.REQUESTED,
        persons=act.persons,
        sent=one.sent,
        accepted=one.accepted,
        confirmed=one.confirmed,
        secured=one.secured,
        secured_by=one.secured_by.value,
        opened=one.opened,
        let_go=one.let_go,
        overdue=0 if one.secured else one.overdue,
        late=one.answered_late,
        reason=one.reason or UNSET,
    )
