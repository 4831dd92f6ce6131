"""Who takes which call: decided and recorded in one transaction, so that only one ever has it."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

import msgspec
from sqlalchemy import Connection, Text, bindparam, or_, select

from core.calls import UNATTENDED, Call
from core.leaf import Draft
from core.permissions import Permission, Policy, may
from core.records import Kind
from store.database import Database
from store.log import append_within
from store.policies import policy_within
from store.schema import call
from store.schema_people import session

_decode: Final = msgspec.json.Decoder(Call).decode
_ONE: Final = select(call.c.state).where(
    call.c.device == bindparam("device"), call.c.call == bindparam("call")
)
_OPEN: Final = select(call.c.state).where(
    call.c.open, call.c.site == bindparam("site"), call.c.call == bindparam("call")
)
_HELD: Final = select(call.c.state).where(call.c.holder.is_not(None))
_HELD_BY: Final = _HELD.where(call.c.holder.in_(bindparam("refs", expanding=True, type_=Text)))
# A session that nobody asks for any more is over by its time, though nothing has ended it.
_HELD_BY_NOBODY: Final = (
    _HELD.add_columns(call.c.holder)
    .outerjoin(session, session.c.ref == call.c.holder)
    .where(or_(session.c.ref.is_(None), session.c.ended.is_not(None), session.c.ends <= bindparam("now")))
)
_HELD_WITH_GROUPS: Final = (
    select(call.c.state, session.c.groups)
    .join(session, session.c.ref == call.c.holder)
    .where(call.c.holder.is_not(None), session.c.ended.is_(None))
)
_DUE: Final = select(call.c.state, call.c.due).where(call.c.due <= bindparam("now"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Taker:
    """Somebody at a desk; `session` is the public name of theirs."""

    subject: str
    name: str
    session: str


class Answer(Enum):
    """What became of a wish about a call."""

    DONE = auto()
    OVER = auto()
    TAKEN = auto()


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer, and who has the call, where it is somebody else."""

    answer: Answer
    name: str = ""


def find_call(db: Database, device: str, name: str) -> Call | None:
    """Find a call, whatever has become of it."""
    with db.read() as connection:
        return _find(connection, device, name)


def open_calls(db: Database, site: str, name: str, now: int) -> tuple[Call, ...]:
    """Find the calls of this name at a site that still wait or are being talked on: one, or none."""
    with db.read() as connection:
        states = connection.execute(_OPEN, {"site": site, "call": name}).scalars().all()
    return tuple(one for one in map(_decode, states) if one.lives(now))


def claim_call(db: Database, one: Call, who: Taker, now: int, *, take_over: bool = False) -> Outcome:
    """Take a call that nobody has, or with `take_over` from whoever has it."""

    def decide(found: Call) -> tuple[Outcome, Iterable[Draft]]:
        holder = found.holder
        if holder is not None and holder.subject != who.subject and not take_over:
            return Outcome(Answer.TAKEN, holder.name), ()
        mine = holder is not None and holder.session == who.session
        return Outcome(Answer.DONE), () if mine else (_draft(found, Kind.CALL_CLAIMED, now, who),)

    return _change(db, one, now, decide)


def release_call(db: Database, one: Call, who: Taker, now: int) -> Outcome:
    """Give back a call of one's own; one that nobody has stays so."""

    def decide(found: Call) -> tuple[Outcome, Iterable[Draft]]:
        holder = found.holder
        if holder is None:
            return Outcome(Answer.DONE), ()
        if holder.subject != who.subject:
            return Outcome(Answer.TAKEN, holder.name), ()
        return Outcome(Answer.DONE), (_draft(found, Kind.CALL_RELEASED, now, who),)

    return _change(db, one, now, decide)


def decline_call(db: Database, one: Call, who: Taker, now: int) -> Outcome:
    """Leave a call to the others, giving it back first where it was one's own."""

    def decide(found: Call) -> tuple[Outcome, Iterable[Draft]]:
        holder = found.holder
        mine = holder is not None and holder.subject == who.subject
        given_back = [_draft(found, Kind.CALL_RELEASED, now, who)] if mine else []
        if who.subject in found.declined:
            return Outcome(Answer.DONE), given_back
        return Outcome(Answer.DONE), [*given_back, _draft(found, Kind.CALL_DECLINED, now, who)]

    return _change(db, one, now, decide)


def release_of_sessions(connection: Connection, refs: Collection[str], now: int) -> None:
    """Give back what these sessions hold, in the caller's transaction, in which they end."""
    if refs:
        states = connection.execute(_HELD_BY, {"refs": list(refs)}).scalars().all()
        _give_back(connection, states, now)


def pass_calls(db: Database, now: int) -> None:
    """Let time pass for calls: nobody came, or whoever took one is gone or may not; a leader's chore."""
    with db.read() as connection:
        due = connection.execute(_DUE.limit(1), {"now": now}).first()
        gone = connection.execute(_HELD_BY_NOBODY.limit(1), {"now": now}).first()
        if due is None and gone is None and not _not_theirs(connection):
            return
    with db.write() as connection:
        _give_back(connection, connection.execute(_HELD_BY_NOBODY, {"now": now}).scalars().all(), now)
        _give_back(connection, _not_theirs(connection), now, "no_role")
        drafts = [_missed(_decode(row.state), row.due, now) for row in connection.execute(_DUE, {"now": now})]
        if drafts:
            append_within(connection, drafts)


def _change(
    db: Database, one: Call, now: int, decide: Callable[[Call], tuple[Outcome, Iterable[Draft]]]
) -> Outcome:
    with db.write() as connection:
        found = _find(connection, one.device, one.call)
        if found is None or not found.lives(now):
            return Outcome(Answer.OVER)
        outcome, drafts = decide(found)
        append_within(connection, list(drafts))
    return outcome


def _find(connection: Connection, device: str, name: str) -> Call | None:
    state = connection.execute(_ONE, {"device": device, "call": name}).scalar_one_or_none()
    return None if state is None else _decode(state)


def _not_theirs(connection: Connection) -> list[bytes]:
    """Find what is held by somebody who may handle no calls there any more, by the policy of now."""
    held = connection.execute(_HELD_WITH_GROUPS).all()
    if not held:
        return []
    policy = policy_within(connection)
    return [one.state for one in held if not _may_have(policy, one.groups, _decode(one.state).site)]


def _may_have(policy: Policy, groups: bytes, site: str) -> bool:
    return may(policy, msgspec.json.decode(groups, type=list[str]), Permission.CALL_HANDLE, site)


def _give_back(
    connection: Connection, states: Sequence[bytes], now: int, reason: str = "session_over"
) -> None:
    drafts = [_taken_away(_decode(state), now, reason) for state in states]
    if drafts:
        append_within(connection, drafts)


def _taken_away(one: Call, now: int, reason: str) -> Draft:
    held = one.claim
    who = None if held is None else Taker(subject=held.subject, name=held.name, session=held.session)
    return _draft(one, Kind.CALL_RELEASED, now, who, reason=reason)


def _missed(one: Call, at: int, now: int) -> Draft:
    return msgspec.structs.replace(_draft(one, Kind.CALL_MISSED, now, reason=UNATTENDED), at=at)


def _draft(one: Call, kind: Kind, now: int, who: Taker | None = None, *, reason: str | None = None) -> Draft:
    told = {} if who is None else {"session": who.session}
    return Draft(
        kind=kind,
        received=now,
        site=one.site,
        door=one.door,
        device=one.device,
        reason=reason,
        refs={"call": one.call, **told},
        private={} if who is None else {"subject": who.subject, "name": who.name},
    )
