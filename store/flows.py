"""Sign-ins under way at a provider: begun by one browser, answered once, gone after ten minutes."""

from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import Connection, Row, func, select, update

from core.times import MINUTE_US
from store.database import Database
from store.schema_people import flow

LASTS_US: Final = 10 * MINUTE_US
# What one place, and all together, may have under way: who begins more loses their oldest.
_MOST_OF_ONE: Final = 50
_MOST: Final = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowRow:
    """One sign-in under way; `state` and `browser` are hashes, `memo` and `answer` are sealed.

    `origin` is the place it was begun from, `strong` whether a second factor was asked for. One that is to
    prove an `act` in a `session` signs nobody in, and one that signs in proves nothing.
    """

    ref: str
    state: bytes
    browser: bytes
    provider: str
    origin: str
    onwards: str
    strong: bool
    memo: bytes
    created: int
    answer: bytes | None = None
    act: str = ""
    session: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A flow that has its answer: its public name, and the act that it is to prove, if any."""

    ref: str
    act: str


def add_flow(db: Database, row: FlowRow) -> None:
    """Note a sign-in that begins; forgets those that are over, and the oldest where there are too many."""
    with db.write() as connection:
        connection.execute(flow.delete().where(flow.c.created <= row.created - LASTS_US))
        _make_room(connection, flow.c.origin == row.origin, _MOST_OF_ONE)
        _make_room(connection, None, _MOST)
        values = {name: getattr(row, name) for name in FlowRow.__dataclass_fields__}
        connection.execute(flow.insert(), values)


def answer_flow(db: Database, state: bytes, provider: str, *, answer: bytes, now: int) -> Answered | None:
    """Put the answer to the flow of this state, once; None if there is none to answer."""
    mine = (flow.c.state == state) & (flow.c.provider == provider) & flow.c.answer.is_(None)
    change = update(flow).where(mine, flow.c.created > now - LASTS_US).values(answer=answer)
    with db.write() as connection:
        row = connection.execute(change.returning(flow.c.ref, flow.c.act)).one_or_none()
    return None if row is None else Answered(ref=row.ref, act=row.act)


def flow_of_state(db: Database, state: bytes) -> FlowRow | None:
    """Find a flow by its state, whatever became of it."""
    with db.read() as connection:
        row = connection.execute(select(flow).where(flow.c.state == state)).one_or_none()
    return None if row is None else _row(row)


def take_flow(db: Database, ref: str, browser: bytes, now: int) -> FlowRow | None:
    """Take an answered sign-in of this browser out of the store: whatever comes of it, it is used up."""
    mine = (flow.c.ref == ref) & (flow.c.browser == browser) & flow.c.answer.is_not(None)
    mine &= flow.c.act == ""
    with db.write() as connection:
        row = connection.execute(flow.delete().where(mine).returning(*flow.c)).one_or_none()
    found = None if row is None else _row(row)
    return found if found is not None and found.created > now - LASTS_US else None


def find_proof_flow(db: Database, ref: str) -> FlowRow | None:
    """Find an answered flow that is to prove an act."""
    with db.read() as connection:
        row = connection.execute(select(flow).where(*_proving(ref))).one_or_none()
    return None if row is None else _row(row)


def take_proof_flow(db: Database, ref: str) -> FlowRow | None:
    """Take it out of the store: whatever comes of it, it is used up."""
    with db.write() as connection:
        row = connection.execute(flow.delete().where(*_proving(ref)).returning(*flow.c)).one_or_none()
    return None if row is None else _row(row)


def _proving(ref: str) -> tuple[Any, ...]:
    return flow.c.ref == ref, flow.c.answer.is_not(None), flow.c.act != ""


def _make_room(connection: Connection, which: Any, most: int) -> None:
    counted = select(func.count()).select_from(flow)
    oldest = select(flow.c.ref).order_by(flow.c.created)
    if which is not None:
        counted, oldest = counted.where(which), oldest.where(which)
    over = connection.execute(counted).scalar_one() - most + 1
    if over > 0:
        connection.execute(flow.delete().where(flow.c.ref.in_(oldest.limit(over))))


def _row(row: Row[Any]) -> FlowRow:
    return replace(FlowRow(**row._asdict()), strong=bool(row.strong))
