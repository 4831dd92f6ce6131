"""Erasures that are done again by themselves: those that broke off, and in a restored store all of them.

Whom an erasure was of stands nowhere: everybody who is named anywhere is tried by the register's key.
"""

import logging
from collections.abc import Iterator, Mapping
from typing import Final

from sqlalchemy import bindparam, select, update

from core.errors import Invalid
from store import erasing_rows
from store.database import Database
from store.details import read_detail
from store.erased_exports import forget_exports
from store.erasing import Order, erase
from store.erasure_register import Register, What
from store.schema import detail
from store.schema_retention import erasure

_AT_ONCE: Final = 2_000
_BODIES: Final = (
    select(detail.c.id, detail.c.body)
    .where(detail.c.id > bindparam("above"))
    .order_by(detail.c.id)
    .limit(_AT_ONCE)
)
# As what a field of a detail names somebody.
_FIELDS: Final = (
    ("person", What.CARDHOLDER),
    ("sought", What.CARDHOLDER),
    ("about", What.CARDHOLDER),
    ("about", What.OPERATOR),
    ("subject", What.OPERATOR),
    ("by", What.OPERATOR),
    ("second_subject", What.OPERATOR),
)
logger = logging.getLogger(__name__)


def erase_again(db: Database, register: Mapping[str, int], *, now: int, by: str) -> int:
    """Erase anew whom a register names, in a store that a backup brought back; gives how many people.

    What came after somebody's erasure stays. The key of the register must be in the data folder.
    """
    ours = Register(db.file.parent)
    found = [
        (what, number, at)
        for what, number in sorted(_everybody(db))
        if (at := register.get(ours.name(what, number))) is not None
    ]
    for what, number, at in found:
        one = Order(what=what, number=number, basis="erased before", by=by, now=now, until=at)
        erase(db, one)
    return len(found)


def go_on(db: Database, now: int) -> int:
    """Bring erasures that broke off to their end; gives how many.

    One that a case holds by now, or of somebody who can sign in again, waits. Raises StoreError.
    """
    with db.read() as connection:
        rows = connection.execute(select(erasure).where(erasure.c.emptied.is_(None))).all()
    if not rows:
        return 0
    register = Register(db.file.parent)
    known = {register.name(what, number): number for what, number in _everybody(db)}
    done = 0
    for row in rows:
        number = known.get(row.name)
        if number is None:
            _end(db, row.id, now)
        else:
            what = What(row.what)
            try:
                erase(db, Order(what=what, number=number, basis=row.basis, by=row.by, now=now))
            except Invalid as error:
                logger.warning("an erasure that broke off can't go on number=%d why=%s", row.id, error)
                continue
        done += 1
    return done


def _end(db: Database, number: int, now: int) -> None:
    """Let one be over that has left nobody to be named."""
    forget_exports(db)
    with db.write() as connection:
        connection.execute(update(erasure).where(erasure.c.id == number).values(emptied=now))


def _everybody(db: Database) -> set[tuple[What, str]]:
    return {*erasing_rows.everybody(db), *_in_details(db)}


def _in_details(db: Database) -> Iterator[tuple[What, str]]:
    """Name everybody whom a detail names by number or subject, by short reads."""
    above = 0
    while True:
        with db.read() as connection:
            rows = connection.execute(_BODIES, {"above": above}).all()
        if not rows:
            return
        for row in rows:
            private = read_detail(row.body).private
            yield from ((what, private[name]) for name, what in _FIELDS if name in private)
        above = rows[-1].id
