"""Pending acts, each used up by one proof, and the flights of those that were proved.

Every step is written with its record in one transaction; nothing here waits or sends.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection, Row, func, select, update

from core.acts import LIVES_US, MOST_WAITING, SECOND_PERSON_US, Act, Action
from core.errors import ActRefused
from core.leaf import Draft, Scalar, canonical
from core.records import Kind
from core.times import DAY_US
from core.unlocks import Flight, Moved, Step, override, pass_time, refuse, send
from store.database import Database
from store.door_keepers import Taken, keeper
from store.folding.doors import facets_at
from store.folding.duress import cries_among
from store.folding.flights import decode, encode, flags, save_flight, step_records
from store.log import append, append_within
from store.schema_acts import act as acts
from store.schema_acts import flight
from store.schema_people import session

_KEPT_US: Final = DAY_US
_NOTHING_MORE: Final[Mapping[str, Scalar]] = {}
_TOO_MANY: Final = "Too many acts of yours wait for a proof: prove one of them, or wait a minute."


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """An act as it is noted: `used` by a proof, good or bad, or not yet; `refused` is why it was not done.

    `first` is the proof of who asked, as the caller wrote it, where a second person is needed, and `proved`
    when it was good (0: not yet); `second` is the session that has tried to approve it since.
    """

    act: Act
    used: bool
    refused: str
    first: bytes = b""
    proved: int = 0
    second: str = ""

    def awaits_second(self, now: int) -> bool:
        """Whether a second person may approve it now."""
        waits = bool(self.proved) and not self.second and not self.refused
        return waits and self.proved <= now < self.proved + SECOND_PERSON_US

    @property
    def expires(self) -> int:
        """When it is void if nobody proves it, or nobody approves it."""
        return self.proved + SECOND_PERSON_US if self.proved else self.act.expires


def add_act(db: Database, one: Act, wishes: Sequence[Draft] = ()) -> None:
    """Note an act that waits for its proof, warn of duress in `wishes`; ActRefused where too many wait."""
    row = {
        "id": one.id,
        "subject": one.subject,
        "session": one.session,
        "action": one.action.value,
        "target": canonical(dict(one.target)),
        "seconds": one.seconds,
        "why": one.why,
        "nonce": one.nonce,
        "created": one.created,
        "until": one.until,
        "persons": one.persons,
        "call": one.call,
    }
    with db.write() as connection:
        _need_few(connection, one)
        connection.execute(acts.delete().where(acts.c.created < one.created - _KEPT_US))
        connection.execute(acts.insert(), row)
        if cries := cries_among(connection, wishes, one.id):
            append_within(connection, [replace(cry, refs={**cry.refs, "act": one.id}) for cry in cries])


def warn_of_wishes(db: Database, wishes: Sequence[Draft], name: str) -> None:
    """Warn of duress by what was wished for and is no act; once for all that has this `name`."""
    with db.read() as connection:
        cries = cries_among(connection, wishes, name)
    if cries:
        append(db, cries)


def last_act(db: Database, session_ref: str) -> Act | None:
    """Find what a session has asked for last."""
    query = select(acts).where(acts.c.session == session_ref).order_by(acts.c.created.desc()).limit(1)
    with db.read() as connection:
        row = connection.execute(query).one_or_none()
    return None if row is None else _act(row)


def _need_few(connection: Connection, one: Act) -> None:
    """Refuse one more: what is withdrawn counts for its minute too, or asking and withdrawing had no end."""
    here = (acts.c.session == one.session) & (acts.c.created > one.created - LIVES_US)
    idle = acts.c.used.is_(None) | ((acts.c.refused == "withdrawn") & acts.c.proved.is_(None))
    if len(connection.execute(select(acts.c.id).where(here, idle)).all()) >= MOST_WAITING:
        raise ActRefused("too_many_acts", _TOO_MANY)


def find_act(db: Database, name: str, session_ref: str) -> Noted | None:
    """Find an act of this session; None for another's and for none alike."""
    with db.read() as connection:
        query = select(acts).where(acts.c.id == name, acts.c.session == session_ref)
        row = connection.execute(query).one_or_none()
    return None if row is None else _noted(row)


def note_unproved(db: Database, name: str, session_ref: str, reason: str) -> None:
    """Note what kept an act of this session that still waits from being proved in one of its ways."""
    mine = (acts.c.id == name) & (acts.c.session == session_ref) & acts.c.used.is_(None)
    with db.write() as connection:
        connection.execute(update(acts).where(mine).values(refused=reason))


def find_approvable(db: Database, name: str, session_ref: str, now: int) -> Noted | None:
    """Find an act that waits for a second person, or whose second person this session's was."""
    with db.read() as connection:
        query = select(acts).where(acts.c.id == name, acts.c.proved.is_not(None))
        row = connection.execute(query).one_or_none()
    noted = None if row is None else _noted(row)
    mine = noted is not None and (noted.second == session_ref or noted.awaits_second(now))
    return noted if mine else None


def acts_waiting(db: Database, now: int) -> list[Noted]:
    """Give every act that waits for a second person, oldest first."""
    waiting = (acts.c.proved > now - SECOND_PERSON_US) & acts.c.second.is_(None) & acts.c.refused.is_(None)
    with db.read() as connection:
        rows = connection.execute(select(acts).where(waiting).order_by(acts.c.proved)).all()
    return [one for one in map(_noted, rows) if one.awaits_second(now)]


def await_second(db: Database, name: str, proof: bytes, record: Draft) -> None:
    """Keep the proof of who asked while a second person is waited for, with its record."""
    with db.write() as connection:
        change = update(acts).where(acts.c.id == name)
        connection.execute(change.values(first=proof, proved=record.received))
        append_within(connection, [record])


def use_up_second(db: Database, name: str, subject: str, session_ref: str, *, now: int) -> Noted | None:
    """Take an act for the one proof of its second person, whatever that will be worth.

    None for one that waits for none (any more), that is of the same person or session, and where one of the
    two sessions has ended.
    """
    alive = select(session.c.ref).where(session.c.ended.is_(None))
    waits = (acts.c.id == name) & acts.c.second.is_(None) & acts.c.refused.is_(None)
    current = (acts.c.proved > now - SECOND_PERSON_US) & (acts.c.proved <= now)
    other = (acts.c.subject != subject) & (acts.c.session != session_ref)
    there = acts.c.session.in_(alive) & alive.where(session.c.ref == session_ref).exists()
    change = update(acts).where(waits, current, other, there).values(second=session_ref, seconded=now)
    with db.write() as connection:
        row = connection.execute(change.returning(*acts.c)).one_or_none()
    return None if row is None else _noted(row)


def refuse_act(db: Database, name: str, reason: str) -> None:
    """Note why an act that was used up was not done: what its screen is told."""
    with db.write() as connection:
        connection.execute(update(acts).where(acts.c.id == name).values(refused=reason))


def use_up(db: Database, name: str, session_ref: str, now: int) -> Act | None:
    """Take a pending act for its one proof, whatever that will be worth.

    None for one that was used, has expired, is another session's, or whose session has ended.
    """
    alive = select(session.c.ref).where(session.c.ref == session_ref, session.c.ended.is_(None))
    mine = (acts.c.id == name) & (acts.c.session == session_ref) & acts.c.used.is_(None)
    current = (acts.c.created > now - LIVES_US) & (acts.c.created <= now) & acts.c.session.in_(alive)
    change = update(acts).where(mine, current).values(used=now, refused=None).returning(*acts.c)
    with db.write() as connection:
        row = connection.execute(change).one_or_none()
    return None if row is None else _act(row)


def begin_flight(db: Database, one: Flight, by: Act, record: Draft) -> Taken | None:
    """Write the intent and take its door, as one; gives who has the door where it is taken already.

    Nothing is written then, and nothing may be sent.
    """
    with db.write() as connection:
        before = door_taken(connection, one, by)
        if before is None:
            insert_flight(connection, one, by, append_within(connection, [record]).head)
    return before


def door_taken(connection: Connection, one: Flight, by: Act) -> Taken | None:
    """Say what keeps this flight from its door, once what ran out is closed."""
    _close(connection, select(flight).where(flight.c.door == one.door, flight.c.busy), one.requested)
    return keeper(connection, one.door, one.action, by.persons)


def insert_flight(connection: Connection, one: Flight, by: Act, record: int) -> None:
    """Add a flight, which begins with this record."""
    row = {
        **flags(one, one.requested),
        "act": one.act,
        "door": one.door,
        "device": one.device,
        "subject": by.subject,
        "session": by.session,
        "requested": one.requested,
        "changed_id": record,
        "state": encode(one),
    }
    name = select(session.c.name).where(session.c.ref == by.session).scalar_subquery()
    connection.execute(flight.insert().values(**row, name=func.coalesce(name, "")))


def override_flights(connection: Connection, doors: Collection[str], now: int) -> None:
    """Let a lockdown go before what is under way at these doors: what was not sent is not sent any more."""
    there = select(flight).where(flight.c.door.in_(doors), flight.c.busy)
    _close(connection, there, now)
    for row in connection.execute(there).all():
        save_flight(connection, override(decode(row.state), now), row.changed_id, now)


def flights_of(db: Database, act: str) -> tuple[Flight, ...]:
    """Find what became of an act at each of its doors, in their order."""
    children = flight.c.act.between(f"{act}-", f"{act}.")
    with db.read() as connection:
        found = [decode(one) for one in connection.execute(select(flight.c.state).where(children)).scalars()]
    return tuple(sorted(found, key=lambda one: int(one.act.rpartition("-")[2])))


def find_flight(db: Database, name: str) -> Flight | None:
    """Find what became of an act that was proved."""
    with db.read() as connection:
        state = connection.execute(select(flight.c.state).where(flight.c.act == name)).scalar_one_or_none()
    return None if state is None else decode(state)


def awaited(db: Database) -> list[tuple[str, str]]:
    """Name the device and the act of each flight to which an answer would still tell something."""
    with db.read() as connection:
        rows = connection.execute(select(flight.c.device, flight.c.act).where(flight.c.open)).all()
    return [(row.device, row.act) for row in rows]


def take_step(db: Database, name: str, step: Callable[[Flight], Moved | None], now: int) -> Flight | None:
    """Move a flight by one of the steps of `core.unlocks`; None where that step is not allowed now."""
    with db.write() as connection:
        row = connection.execute(select(flight).where(flight.c.act == name)).one_or_none()
        moved = None if row is None else step(decode(row.state))
        if row is None or moved is None:
            return None
        _write(connection, row, moved, now)
    return moved.flight


def set_off(
    db: Database,
    name: str,
    now: int,
    allowed: Callable[[int], bool],
    *,
    told: Callable[[], Mapping[str, Scalar]] = dict,
) -> bool:
    """Take that a flight is sent now, with how its door is; False where it may not be.

    `allowed` says whether those who want it still may, or it is refused. It is asked while nobody else can
    write, so it must not either. `told` says what goes out, for the record, once it is sure that it does.
    """
    with db.write() as connection:
        row = connection.execute(select(flight).where(flight.c.act == name)).one_or_none()
        moved = None if row is None else send(decode(row.state), now, facets_at(connection, row.door))
        if row is None or moved is None:
            return False
        may = allowed(now)
        if may:
            _write(connection, row, moved, now, told())
        elif (refused := refuse(decode(row.state), "no_role")) is not None:
            _write(connection, row, refused, now)
    return may


def note_taken(db: Database, name: str, at: int) -> None:
    """Record when the broker said that it has a flight's command; that moves nothing."""
    with db.write() as connection:
        state = connection.execute(select(flight.c.state).where(flight.c.act == name)).scalar_one()
        append_within(connection, step_records(decode(state), [Step(Kind.COMMAND_TAKEN)], at))


def close_due(db: Database, now: int) -> int:
    """Let time pass for every flight that waits for it: the leader's chore; gives how many it looked at."""
    late = select(flight).where(flight.c.due <= now)
    with db.read() as connection:
        if connection.execute(late.limit(1)).first() is None:
            return 0
    with db.write() as connection:
        return _close(connection, late, now)


def _close(connection: Connection, which: Any, now: int) -> int:
    rows: Sequence[Row[Any]] = connection.execute(which).all()
    for row in rows:
        _write(connection, row, pass_time(decode(row.state), now), now)
    return len(rows)


def _write(  # noqa: PLR0917 - what has moved, and all that is told of it
    connection: Connection, row: Row[Any], moved: Moved, now: int, told: Mapping[str, Scalar] = _NOTHING_MORE
) -> None:
    record: int = row.changed_id
    if moved.steps:
        record = append_within(connection, step_records(moved.flight, moved.steps, now, told)).head
    save_flight(connection, moved.flight, record, now)


def _noted(row: Row[Any]) -> Noted:
    return Noted(
        act=_act(row),
        used=row.used is not None,
        refused=row.refused or "",
        first=row.first or b"",
        proved=row.proved or 0,
        second=row.second or "",
    )


def _act(row: Row[Any]) -> Act:
    return Act(
        id=row.id,
        subject=row.subject,
        session=row.session,
        action=Action(row.action),
        target=msgspec.json.decode(row.target),
        seconds=row.seconds,
        why=row.why,
        nonce=row.nonce,
        created=row.created,
        until=row.until,
        persons=row.persons,
        call=row.call,
    )
