"""What tests need to know of a real door before they open it."""

from core.doors import Lock, Position
from store.database import Database
from store.modes import facets_of
from tests.waiting import until


def wait_secure(db: Database, door: str) -> None:
    """Wait until a door is closed and locked: at one that stands open, nothing could confirm an unlock."""

    def secure() -> bool:
        found = facets_of(db, [door])[door]
        return (found.position, found.lock) == (Position.CLOSED, Lock.LOCKED)

    until(secure, seconds=90)
