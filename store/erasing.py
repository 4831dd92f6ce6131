"""Erases a person: all that names them in details and tables, at once, unless a legal hold covers it.

The register of erasures is written first, so that what breaks off is known and can be said again. The record
`person.erased`, which does not name them, follows once the bytes are nowhere in the files
(`store.finishing`). Leaves stay as they are: what is left in them is no personal data.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import msgspec
from sqlalchemy import Connection, bindparam, func, or_, select, text, update

from core.erasing import Somebody
from core.errors import Invalid
from core.leaf import Detail
from core.retention import Hold, covering
from store import erasing_rows
from store.database import Database
from store.details import Found, delete_details, in_slices, of_ids, read_detail
from store.erased_exports import forget_exports
from store.erasure_register import Register, What
from store.retention import holds_within
from store.rows import read_head
from store.schema import detail
from store.schema_retention import erasure

# How many records one read looks through.
_STRETCH: Final = 20_000
_CHANGE: Final = text("UPDATE detail SET body = :body WHERE id = :id")
_encode: Final = msgspec.json.Encoder(order="sorted").encode


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Whose erasure, on which basis in law, by whom and when (µs UTC).

    `until`: only what was received until then, where an earlier erasure is done again.
    """

    what: What
    number: str
    basis: str
    by: str
    now: int
    until: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """How many details and other rows were deleted or rid of a person."""

    details: int
    rows: int


def erase(db: Database, order: Order) -> Erased:
    """Delete all that names somebody; raises Invalid where nobody is known so, or a case holds it."""
    if not order.basis.strip():
        raise Invalid("an erasure needs a basis: --basis TEXT")
    with db.read() as connection:
        who = erasing_rows.somebody(connection, order.what, order.number)
        if order.until is None:
            erasing_rows.need_over(connection, order.what, order.number)
        head = read_head(connection)
    ids = _naming(db, who, order)
    if not (ids or who.names or erasing_rows.is_known(db, who)):
        if order.until is not None:
            return Erased(details=0, rows=0)
        raise Invalid(f"nobody is known as '{order.number}': write a number or subject as records name it")
    number = _begin(db, order)
    with db.write() as connection:
        erasing_rows.sign_out(connection, order.what, order.number, order.now)
        words = erasing_rows.forget_words(connection, order.what, who, order.until)
        _count(connection, number, rows=words)
    ids += _naming(db, who, order, above=head)
    begin = partial(_begun, who=who, order=order, number=number)
    # Those about them last: with these goes their name, by which the others are found if this breaks off.
    for _ in in_slices(db, [one for _, one in sorted(ids)], begin):
        pass
    forget_exports(db)
    return _end(db, order, who, number)


def _naming(db: Database, who: Somebody, order: Order, *, above: int = 0) -> list[tuple[bool, int]]:
    """Find the records that name them, and whether each is about them; raises Invalid if one is held."""
    found: list[tuple[bool, int]] = []
    with db.read() as connection:
        holds = _holds(connection, order)
    for one in _candidates(db, who, above):
        if _is_meant(one, who, order):
            _need_free(covering(holds, one.held))
            found.append((who.is_about(read_detail(one.body or b"").private), one.id))
    return found


def _holds(connection: Connection, order: Order) -> tuple[Hold, ...]:
    """Read what may not be deleted; nothing where an erasure is done again that no case held up then.

    A hold that a backup brings back was released before it.
    """
    return () if order.until is not None else holds_within(connection)


def _need_free(case: str | None) -> None:
    if case is not None:
        raise Invalid(f"case '{case}' holds records of this person: release it first, or wait for its end")


def _is_meant(one: Found, who: Somebody, order: Order) -> bool:
    if one.body is None or (order.until is not None and one.held.received > order.until):
        return False
    private = read_detail(one.body).private
    return who.left_of(private) != private


def _candidates(db: Database, who: Somebody, first: int) -> Iterator[Found]:
    """Read what has their number or name somewhere in it, by many short reads of the whole log."""
    quoted = [_encode(one) for one in (who.number, *sorted(who.names))]
    bare = [_encode(one)[1:-1] for one in (*who.needles, who.asked)]
    needles = dict(enumerate((*quoted, *bare)))
    names = {f"needle{n}": needle for n, needle in needles.items()}
    here = or_(*(func.instr(detail.c.body, bindparam(name)) > 0 for name in names))
    query = select(detail.c.id).where(
        detail.c.id > bindparam("above"), detail.c.id <= bindparam("upto"), here
    )
    with db.read() as connection:
        head = read_head(connection)
    for above in range(first, head, _STRETCH):
        with db.read() as connection:
            values = {"above": above, "upto": above + _STRETCH, **names}
            ids = connection.execute(query, values).scalars().all()
            rows = [
                row
                for start in range(0, len(ids), 500)
                for row in of_ids(connection, ids[start : start + 500], bodies=True)
            ]
        yield from rows


def _begin(db: Database, order: Order) -> int:
    """Note that it has begun, or that one which broke off goes on; gives its number."""
    register = Register(db.file.parent)
    name = register.name(order.what, order.number)
    if order.until is None:
        register.add(order.what, order.number, order.now)
    broken = (erasure.c.name == name) & erasure.c.emptied.is_(None)
    row = {
        "what": order.what.value,
        "name": name,
        "begun": order.now,
        "details": 0,
        "rows": 0,
        "by": order.by,
        "basis": order.basis,
    }
    with db.write() as connection:
        old = connection.execute(select(erasure.c.id).where(broken).limit(1)).scalar()
        if old is not None:
            return int(old)
        return int(connection.execute(erasure.insert().returning(erasure.c.id), row).scalar_one())


def _begun(
    connection: Connection, *, who: Somebody, order: Order, number: int
) -> Callable[[Sequence[int]], None]:
    # A hold that was placed since they were looked for counts.
    holds = _holds(connection, order)
    return partial(_erase_group, connection, holds=holds, who=who, order=order, number=number)


def _erase_group(
    connection: Connection,
    ids: Sequence[int],
    *,
    holds: tuple[Hold, ...],
    who: Somebody,
    order: Order,
    number: int,
) -> None:
    doomed: list[Found] = []
    changed: list[dict[str, object]] = []
    for one in of_ids(connection, ids, bodies=True):
        if one.body is None or not _is_meant(one, who, order):
            continue
        _need_free(covering(holds, one.held))
        whole = read_detail(one.body)
        left = who.left_of(whole.private)
        if left:
            salts = {name: whole.salts[name] for name in left}
            changed.append({"id": one.id, "body": _encode(Detail(left, salts))})
        else:
            doomed.append(one)
    delete_details(connection, doomed)
    if changed:
        connection.execute(_CHANGE, changed)
    _count(connection, number, details=len(doomed) + len(changed))


def _count(connection: Connection, number: int, **more: int) -> None:
    values = {name: erasure.c[name] + count for name, count in more.items()}
    connection.execute(update(erasure).where(erasure.c.id == number).values(values))


def _end(db: Database, order: Order, who: Somebody, number: int) -> Erased:
    with db.write() as connection:
        _count(connection, number, rows=erasing_rows.forget(connection, order.what, who, order.until))
        mine = erasure.c.id == number
        connection.execute(update(erasure).where(mine).values(emptied=order.now))
        done = connection.execute(select(erasure.c.details, erasure.c.rows).where(mine)).one()
    return Erased(details=done.details, rows=done.rows)
