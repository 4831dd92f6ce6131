"""What is known of a device's clock, folded from the times it tells and the times at which they came.

A sample is what the clock said minus the time of receipt. A word that comes late looks like a slow clock, and
tells apart only in company: a wrong clock is off by the same at each word, while things that waited are each
as old as they are.
"""

from dataclasses import dataclass, replace
from typing import Final

from core.times import SECOND_US

WRONG_ABOVE_US: Final = 2 * SECOND_US
RIGHT_BELOW_US: Final = SECOND_US
# Samples this near to each other tell of the same clock.
AGREE_US: Final = SECOND_US
# A device that hands over at once what happened within a second has only one sample to give.
APART_US: Final = 5 * SECOND_US
# So many that agree are believed.
SURE: Final = 3
# One more may stand, so that a single word which came late shakes nothing.
FIRM: Final = SURE + 1
# A vendor's event that is older than this is history: recorded, never a live alarm.
HISTORY_AFTER_US: Final = 30 * SECOND_US
# What is worth a row: so much of a change, or so old a row.
_NOTICEABLE_US: Final = SECOND_US // 4
_REFRESH_US: Final = 60 * SECOND_US


@dataclass(frozen=True, slots=True)
class Clock:
    """A device's clock: its offset from ours and when (µs UTC) the `streak`th sample agreed on it.

    `wrong` stays until samples that agree say otherwise.
    """

    offset: int
    at: int
    wrong: bool = False
    streak: int = 1

    @property
    def sure(self) -> bool:
        """Whether the offset is more than the word of the day."""
        return self.streak >= SURE

    def happened(self, told: int, received: int) -> int | None:
        """Say when it was (µs UTC) what this clock calls `told`; None where it is not known to be wrong.

        One that tells the right time was set meanwhile: hardly anything comes just as late as it was ahead.
        """
        if not (self.wrong and self.sure):
            return None
        return told if abs(told - received) <= WRONG_ABOVE_US else told - self.offset

    def is_history(self, told: int, received: int) -> bool | None:
        """Whether what happened at `told` by this clock was over when it came; None if that is not known."""
        at = self.happened(told, received)
        return None if at is None else received - at > HISTORY_AFTER_US


def is_steady(clock: Clock, offset: int, received: int) -> bool:
    """Whether a sample says nothing that is worth a change; nearly all do."""
    return (
        -_NOTICEABLE_US <= offset - clock.offset <= _NOTICEABLE_US
        and clock.streak == FIRM
        and 0 <= received - clock.at < _REFRESH_US
    )


def sampled(clock: Clock | None, offset: int, received: int) -> Clock:
    """Fold in a sample that came live."""
    if clock is None:
        return Clock(offset, received)
    if not clock.sure and abs(offset - clock.offset) > AGREE_US:
        return replace(clock, offset=offset, at=received, streak=1)
    # Where our own clock was set back, what was sampled before is no longer ahead of us.
    if 0 <= received - clock.at < APART_US:
        return clock
    return _judged(_counted(clock, offset, received))


def _counted(clock: Clock, offset: int, received: int) -> Clock:
    if abs(offset - clock.offset) <= AGREE_US:
        # A delay can only make it less, so what is nearest to the clock is the greatest.
        change = offset - clock.offset
        settled = offset if change > 0 else clock.offset + change // 4
        return replace(clock, offset=settled, at=received, streak=min(clock.streak + 1, FIRM))
    if clock.streak > SURE:
        return replace(clock, at=received, streak=SURE)
    return replace(clock, offset=offset, at=received, streak=1)


def _judged(clock: Clock) -> Clock:
    if clock.sure and not clock.wrong and abs(clock.offset) > WRONG_ABOVE_US:
        return replace(clock, wrong=True)
    if clock.sure and clock.wrong and abs(clock.offset) < RIGHT_BELOW_US:
        return replace(clock, wrong=False)
    return clock
