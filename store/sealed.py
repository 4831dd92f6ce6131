"""Whether what is written is being sealed: an act whose record nobody could prove later is not begun."""

from typing import Final

from core.times import SECOND_US
from store.database import Database
from store.touch import PartState, parts

PART: Final = "ledger"
FRESH_US: Final = 5 * SECOND_US


def is_sealing(db: Database, now: int) -> bool:
    """Whether the sealer said within 5 s that it keeps up.

    `now` may be older than its last word, where somebody waited for a lock.
    """
    said = next((one for one in parts(db) if one.name == PART), None)
    if said is None or said.state not in {PartState.OK, PartState.DEGRADED}:
        return False
    return abs(now - said.at) < FRESH_US
