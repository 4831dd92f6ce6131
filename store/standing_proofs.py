"""Proofs at identity providers that may serve further acts at a door, in the session that gave them."""

from dataclasses import dataclass

from sqlalchemy import select

from core.acts import REUSE_US
from store.database import Database
from store.schema_acts import standing_proof


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingProof:
    """A proof that serves further acts at a door in a session; `act` is what it was given for, `at` when."""

    session: str
    door: str
    act: str
    at: int
    proof: bytes


def keep_standing(db: Database, one: StandingProof) -> None:
    """Keep a proof that may serve again, in place of an older one; forgets those that are too old."""
    values = {name: getattr(one, name) for name in StandingProof.__dataclass_fields__}
    here = (standing_proof.c.session == one.session) & (standing_proof.c.door == one.door)
    with db.write() as connection:
        old = standing_proof.c.at < one.at - REUSE_US
        connection.execute(standing_proof.delete().where(old | here))
        connection.execute(standing_proof.insert(), values)


def find_standing(db: Database, session_ref: str, door: str, now: int) -> StandingProof | None:
    """Find a proof that still serves at this door in this session."""
    here = (standing_proof.c.session == session_ref) & (standing_proof.c.door == door)
    young = (standing_proof.c.at > now - REUSE_US) & (standing_proof.c.at <= now)
    with db.read() as connection:
        row = connection.execute(select(standing_proof).where(here, young)).one_or_none()
    return None if row is None else StandingProof(**row._asdict())
