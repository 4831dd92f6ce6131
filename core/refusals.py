"""How many proofs of a session were refused of late, what that locks, and what is recorded then. Pure.

Times are µs UTC.
"""

from enum import StrEnum
from typing import Final

import msgspec
from msgspec.structs import replace

from core.times import MINUTE_US

# Refused proofs of one session that lock its acts, within how long, and for how long.
MOST_REFUSED: Final = 5
REFUSED_WITHIN_US: Final = 10 * MINUTE_US
LOCKED_US: Final = 15 * MINUTE_US
# Proofs shown during one lock that have a record each: those of all acts that may wait, and as many strays.
MOST_TOLD: Final = 20


class Refusals(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is known of one session: when proofs were refused that still count, oldest first.

    Its acts are locked `until` then; `told` of the proofs shown since have a record each, and `untold` ones
    wait for the one record that counts them.
    """

    times: tuple[int, ...] = ()
    until: int = 0
    told: int = 0
    untold: int = 0

    def locked(self, now: int) -> bool:
        """Whether no proof of this session counts now."""
        return now < self.until

    @property
    def due(self) -> int | None:
        """When a record has to count those that have none; None where there are none."""
        return self.until if self.untold else None


class Effect(StrEnum):
    """What a refusal leads to: a record, a record and a lock, or only a count."""

    TOLD = "told"
    LOCKS = "locks"
    COUNTED = "counted"


def refuse(one: Refusals, now: int) -> tuple[Refusals, Effect]:
    """Count one more refusal, which locks where as many lie within the last minutes as may.

    What is shown during a lock prolongs it by nothing: whoever holds the session must not be kept out for
    ever by who has stolen it.
    """
    if one.locked(now):
        if one.told < MOST_TOLD:
            return replace(one, told=one.told + 1), Effect.TOLD
        return replace(one, untold=one.untold + 1), Effect.COUNTED
    times = (*(at for at in one.times if at >= now - REFUSED_WITHIN_US), now)
    if len(times) < MOST_REFUSED:
        return replace(one, times=times), Effect.TOLD
    return Refusals(until=now + LOCKED_US, untold=one.untold), Effect.LOCKS


def forgive(one: Refusals) -> Refusals:
    """Forget what was refused before a good proof; a lock stays."""
    return replace(one, times=())
