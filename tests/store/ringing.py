"""Calls at a site's device, and who takes them, for tests."""

from typing import Any

from core.calls import Call
from core.leaf import Draft
from core.records import Kind
from store.claims import Taker, find_call
from store.database import Database
from store.log import append
from tests.store.building import NOW, draft

DEVICE, CALL = "berlin-dev", "c-1"
BEN = Taker(subject="local:ben", name="Ben", session="s-ben")
ADA = Taker(subject="local:ada", name="Ada", session="s-ada")


def word(kind: Kind, at: int = NOW, call: str = CALL, **more: Any) -> Draft:
    """Make what a device says of a call."""
    return draft(kind, at=at, refs={"call": call}, **more)


def ring(db: Database, *, at: int = NOW, call: str = CALL) -> Call:
    """Let somebody ring at Berlin's first door."""
    append(db, [word(Kind.CALL_RINGING, at, call)])
    return seen(db, call)


def seen(db: Database, call: str = CALL) -> Call:
    """Give a call as it stands in the store."""
    found = find_call(db, DEVICE, call)
    assert found is not None
    return found


def holder(db: Database, call: str = CALL) -> str:
    """Name who has a call, empty for nobody."""
    held = seen(db, call).holder
    return held.name if held is not None else ""
