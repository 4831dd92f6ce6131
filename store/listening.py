"""Whether devices are heard: what is sent to a door while nobody listens could never be told the end of."""

from typing import Final

from core.times import SECOND_US
from store.database import Database
from store.ingest_log import LEASE
from store.touch import PartState, lease_pid, parts

FRESH_US: Final = 5 * SECOND_US


def is_listening(db: Database, now: int) -> bool:
    """Whether ingest holds its lease, and a message of its own came back to it within 5 s.

    `now` may be older than what ingest has said meanwhile, where somebody waited for a lock; what is said to
    be of a later time than that is from before a clock was set back.
    """
    said = next((one for one in parts(db) if one.name == "ingest"), None)
    if said is None or said.state not in {PartState.OK, PartState.DEGRADED}:
        return False
    age = said.info.get("canary_age_us")
    fresh = isinstance(age, int) and now + FRESH_US > said.at > now + age - FRESH_US
    return fresh and lease_pid(db, LEASE, now) is not None
