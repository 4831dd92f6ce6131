"""Acts that are taken back before anything of them was begun."""

from typing import Final

from sqlalchemy import func, select, update

from core.acts import LIVES_US, SECOND_PERSON_US
from core.leaf import Draft
from store.database import Database
from store.log import append_within
from store.schema_acts import act as acts
from store.schema_acts import flight

WITHDRAWN: Final = "withdrawn"


def withdraw_act(db: Database, name: str, session_ref: str, record: Draft) -> bool:
    """Use an act of this session up as withdrawn; whether there was one that waits, or is being looked at.

    The record is written where it was proved before: of one that nobody has proved nothing is known yet.
    """
    now = record.received
    mine = (acts.c.id == name) & (acts.c.session == session_ref)
    pending = acts.c.used.is_(None) & (acts.c.created > now - LIVES_US)
    looked_at = acts.c.proved.is_(None) & (acts.c.used > now - LIVES_US)
    awaiting = acts.c.proved > now - SECOND_PERSON_US
    children = flight.c.act.between(f"{name}-", f"{name}.")
    begun = select(flight.c.act).where((flight.c.act == name) | children).exists()
    waits = pending | (acts.c.refused.is_(None) & (looked_at | awaiting))
    change = update(acts).where(mine, waits, ~begun)
    values = {"used": func.coalesce(acts.c.used, now), "refused": WITHDRAWN}
    with db.write() as connection:
        row = connection.execute(change.values(values).returning(acts.c.proved)).one_or_none()
        if row is not None and row.proved is not None:
            append_within(connection, [record])
    return row is not None
