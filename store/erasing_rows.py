"""What of a person lies in other tables than the log's, and is deleted with them.

What is needed so that somebody can sign in, or for an act that is under way, is not: it must be over first.
"""

from collections.abc import Iterator
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Connection, Table, func, select, true, update

from core.calls import Call
from core.erasing import Somebody
from core.errors import Invalid
from store import schema, schema_acts, schema_exports, schema_modes, schema_people
from store.database import Database
from store.erasure_register import What
from store.schema_retention import legal_hold
from store.sessions import end_sessions_of
from store.trust import TrustState

# Tables of which every row with this subject goes.
_OF_SUBJECT: Final[tuple[Table, ...]] = (
    schema_people.session,
    schema_people.known,
    schema_people.passkey,
    schema_people.passkey_handle,
    schema_people.passkey_code,
    schema_people.preference,
    schema_people.logout,
    schema_acts.act,
    schema_acts.flight,
    schema_modes.mode_lease,
    schema_exports.export,
)
_OF_SESSION: Final[tuple[Table, ...]] = (
    schema_people.session_place,
    schema_people.held_token,
    schema_people.passkey_challenge,
    schema_people.flow,
    schema_acts.standing_proof,
    schema_acts.refusal,
    schema_acts.act,
    schema_exports.export,
)
_call: Final = msgspec.json.Decoder(Call).decode
_trust: Final = msgspec.json.Decoder(TrustState).decode
_encode: Final = msgspec.json.Encoder().encode
_OURS: Final = "local:"


def somebody(connection: Connection, what: What, number: str) -> Somebody:
    """Give the names by which they are known now."""
    if what is What.CARDHOLDER:
        names = connection.execute(select(schema.person.c.name).where(schema.person.c.id == number))
        return Somebody(number=number, names=frozenset(names.scalars()))
    tables = (schema_people.known, schema_people.session)
    named = {
        name
        for table in tables
        for name in connection.execute(select(table.c.name).where(table.c.subject == number)).scalars()
    }
    ours = schema_people.account.c.username == number.removeprefix(_OURS)
    if number.startswith(_OURS):
        named |= set(connection.execute(select(schema_people.account.c.name).where(ours)).scalars())
    return Somebody(number=number, names=frozenset(named) - {"", number})


def is_known(db: Database, who: Somebody) -> bool:
    """Whether somebody of this number or subject has a row anywhere but in the log."""
    places = ((schema.person.c.id, who.number), *((table.c.subject, who.number) for table in _OF_SUBJECT))
    with db.read() as connection:
        return any(
            connection.execute(select(column).where(column == value).limit(1)).first()
            for column, value in places
        )


def everybody(db: Database) -> Iterator[tuple[What, str]]:
    """Name everybody who is named anywhere but in an operator's details: who ever came, and who may come."""
    people = (schema.person.c.id, schema.person_site.c.person)
    operators = (schema_people.known.c.subject, schema_people.session.c.subject, schema_acts.flight.c.subject)
    with db.read() as connection:
        numbers = {one for column in people for one in connection.execute(select(column)).scalars()}
        subjects = {one for column in operators for one in connection.execute(select(column)).scalars()}
        names = connection.execute(select(schema_people.account.c.username)).scalars()
        subjects |= {f"{_OURS}{name}" for name in names}
    yield from ((What.CARDHOLDER, one) for one in sorted(numbers))
    yield from ((What.OPERATOR, one) for one in sorted(subjects))


def need_over(connection: Connection, what: What, number: str) -> None:
    """Raise Invalid while an operator can still sign in here, or has something under way."""
    if what is What.CARDHOLDER:
        return
    account = schema_people.account
    if number.startswith(_OURS):
        name = number.removeprefix(_OURS)
        row = connection.execute(select(account).where(account.c.username == name)).one_or_none()
        if row is not None and row.breakglass:
            raise Invalid(f"{name} is a break-glass account, of nobody: see `gatehouse.py breakglass`")
        if row is not None and row.disabled is None:
            raise Invalid(f"{name} can still sign in: first say `gatehouse.py account disable {name}`")
    lease, flight = schema_modes.mode_lease, schema_acts.flight
    ordered = select(lease.c.door).where(lease.c.subject == number, lease.c.open | lease.c.current)
    going = select(flight.c.door).where(flight.c.subject == number, flight.c.open)
    for query in (ordered, going):
        door = connection.execute(query.limit(1)).scalar()
        if door is not None:
            raise Invalid(f"an act of theirs is not over at {door}: wait for its end, or end it")


def sign_out(connection: Connection, what: What, number: str, now: int) -> None:
    """End the sessions of an operator, wherever they are open."""
    if what is What.OPERATOR:
        end_sessions_of(connection, number, "ended_by_admin", now)


def forget(connection: Connection, what: What, who: Somebody, until: int | None) -> int:
    """Delete what other tables hold of them, in the caller's transaction; gives how many rows.

    With `until` all of it stays where they have come back after that (µs UTC).
    """
    if until is not None and _is_back(connection, what, who.number, until):
        return 0
    count = _forget_questions(connection, who)
    if what is What.CARDHOLDER:
        return count + _forget_cardholder(connection, who.number, until)
    return count + _forget_operator(connection, who)


def forget_words(connection: Connection, what: What, who: Somebody, until: int | None) -> int:
    """Delete words in which they are told, as `forget` does: first, since later nobody knows their name."""
    if until is not None and _is_back(connection, what, who.number, until):
        return 0
    return _forget_words(connection, who)


def _forget_questions(connection: Connection, who: Somebody) -> int:
    """Delete what others asked of them: exports, and acts that are no record yet."""
    export, act, count = schema_exports.export, schema_acts.act, 0
    for table, text in ((export, export.c.filter), (act, act.c.target)):
        for row in connection.execute(select(table.c.id, text.label("said"))).all():
            said = row.said.decode() if isinstance(row.said, bytes) else row.said
            if who.asked_in(said):
                count += connection.execute(table.delete().where(table.c.id == row.id)).rowcount
    return count


def _is_back(connection: Connection, what: What, number: str, until: int) -> bool:
    known, named = schema_people.known, schema.person_record
    came = known.c.subject.label("found")
    query = (
        select(named.c.id.label("found")).where(named.c.person == number)
        if what is What.CARDHOLDER
        else select(came).where(known.c.subject == number, known.c.first > until)
    )
    return connection.execute(query.limit(1)).first() is not None


def _forget_cardholder(connection: Connection, number: str, until: int | None) -> int:
    tables: dict[Table, ColumnElement[bool]] = {
        schema.person_record: schema.person_record.c.person == number,
        schema.person_site: schema.person_site.c.person == number,
        schema.person: schema.person.c.id == number,
    }
    count = sum(connection.execute(table.delete().where(mine)).rowcount for table, mine in tables.items())
    # One that a backup brings back was released before they were erased first.
    over = legal_hold.c.released.is_not(None) if until is None else true()
    released = func.coalesce(legal_hold.c.released, until)
    mine = over & (legal_hold.c.person == number)
    return (
        count
        + connection.execute(update(legal_hold).where(mine).values(person="", released=released)).rowcount
    )


def _forget_operator(connection: Connection, who: Somebody) -> int:
    number, session = who.number, schema_people.session
    refs = list(connection.execute(select(session.c.ref).where(session.c.subject == number)).scalars())
    count = sum(
        connection.execute(table.delete().where(table.c.session.in_(refs))).rowcount for table in _OF_SESSION
    )
    act = schema_acts.act
    seconded = act.c.second.in_(refs) | (func.instr(act.c.first, _encode(number)) > 0)
    count += connection.execute(act.delete().where(seconded)).rowcount
    count += sum(
        connection.execute(table.delete().where(table.c.subject == number)).rowcount for table in _OF_SUBJECT
    )
    if number.startswith(_OURS):
        mine = schema_people.account.c.username == number.removeprefix(_OURS)
        count += connection.execute(schema_people.account.delete().where(mine)).rowcount
    return count + _unsign(connection, number) + _forget_in_calls(connection, number)


def _unsign(connection: Connection, number: str) -> int:
    """Take them off what they have decided and what stays."""
    over = legal_hold.c.released.is_not(None)
    changes: tuple[tuple[Table, ColumnElement[bool], dict[str, str]], ...] = (
        (schema_people.policy, schema_people.policy.c.by == number, {"by": ""}),
        (legal_hold, legal_hold.c.by == number, {"by": ""}),
        (legal_hold, over & (legal_hold.c.person == number), {"person": ""}),
    )
    return sum(
        connection.execute(update(table).where(where).values(values)).rowcount
        for table, where, values in changes
    )


def _forget_in_calls(connection: Connection, number: str) -> int:
    call, count = schema.call, 0
    here = func.instr(call.c.state, _encode(number)) > 0
    for row in connection.execute(select(call.c.device, call.c.call, call.c.state).where(here)).all():
        one = _call(row.state)
        claim = None if one.claim is not None and one.claim.subject == number else one.claim
        declined = tuple(subject for subject in one.declined if subject != number)
        state = _encode(msgspec.structs.replace(one, claim=claim, declined=declined))
        mine = (call.c.device == row.device) & (call.c.call == row.call)
        gone = {"holder": None} if claim is None else {}
        count += connection.execute(update(call).where(mine).values(state=state, **gone)).rowcount
    return count


def _forget_words(connection: Connection, who: Somebody) -> int:
    """Delete raw words in which they are told, and what a provider said of them."""
    count = 0
    for table, column, keys in _raw_words():
        for row in connection.execute(select(*keys, column.label("said"))).all():
            said = row.said.decode(errors="replace") if isinstance(row.said, bytes) else row.said
            if _said(who, said):
                mine = [key == getattr(row, key.name) for key in keys]
                count += connection.execute(table.delete().where(*mine)).rowcount
    trust = schema_people.trust
    for row in connection.execute(select(trust)).all():
        state = _trust(row.state)
        if state.failed_words and who.told_in(state.failed_words):
            plain = _encode(msgspec.structs.replace(state, failed_words=""))
            count += connection.execute(
                update(trust).where(trust.c.provider == row.provider).values(state=plain)
            ).rowcount
    return count


def _raw_words() -> Iterator[tuple[Table, Any, tuple[Any, ...]]]:
    words, strange = schema.device_words, schema.unclaimed
    yield words, words.c.words, (words.c.device,)
    yield strange, strange.c.text, (strange.c.family, strange.c.name)


def _said(who: Somebody, said: str) -> bool:
    """Whether raw words tell of them, the number as a value of its own included, however it was quoted."""
    values = (f'"{who.number}"', f'\\"{who.number}\\"')
    return who.told_in(said) or any(value in said for value in values)
