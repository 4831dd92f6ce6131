"""How long what is kept, and legal holds: set, placed and released, each with its record."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, select, text

from core.errors import Invalid
from core.leaf import Draft, Scalar
from core.records import Kind
from core.retention import CASE, EVERY_SITE, LEAST_DAYS, MOST_DAYS, Hold, Keeping, Kept
from store.database import Database
from store.log import append_within
from store.schema import door, site
from store.schema_retention import legal_hold, retention

_SET: Final = text(
    "INSERT INTO retention (site, class, days) VALUES (:site, :class, :days) "
    "ON CONFLICT (site, class) DO UPDATE SET days = excluded.days"
)
_FORGET: Final = text("DELETE FROM retention WHERE site = :site AND class = :class")
_CURRENT: Final = select(legal_hold).where(legal_hold.c.released.is_(None))


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedHold:
    """A hold with who placed it why and when, and when it was released (µs UTC; None: it holds)."""

    hold: Hold
    by: str
    reason: str
    placed: int
    released: int | None


def keeping_within(connection: Connection) -> Keeping:
    """Give how long what is kept, as this transaction sees it."""
    rows = connection.execute(select(retention.c.site, retention.c["class"], retention.c.days))
    return Keeping({(place, Kept(kept)): days for place, kept, days in rows})


def keeping(db: Database) -> Keeping:
    """Give how long what is kept."""
    with db.read() as connection:
        return keeping_within(connection)


def set_keeping(db: Database, kept: Kept, days: int | None, *, place: str, now: int, by: str) -> None:
    """Keep a class so many days at a site (everywhere: an empty `place`), with its record.

    Without days a site follows the organisation again, and that the defaults. Raises Invalid.
    """
    if days is not None and not LEAST_DAYS <= days <= MOST_DAYS:
        raise Invalid(f"{days} days can't be: from {LEAST_DAYS} to {MOST_DAYS:,} are")
    with db.write() as connection:
        _need_places(connection, place, ())
        before = keeping_within(connection).days(place, kept)
        row: dict[str, Any] = {"site": place, "class": kept.value, "days": days}
        connection.execute(_FORGET if days is None else _SET, row)
        after = keeping_within(connection).days(place, kept)
        refs: dict[str, Scalar] = {"class": kept.value, "before": before, "after": after}
        append_within(
            connection, [_record(Kind.RETENTION_CHANGED, now, place, refs=refs, told={"subject": by})]
        )


def holds_within(connection: Connection) -> tuple[Hold, ...]:
    """Give what must stay, as this transaction sees it."""
    return tuple(_hold(row) for row in connection.execute(_CURRENT))


def all_holds(db: Database) -> tuple[PlacedHold, ...]:
    """Give every hold there ever was, those that hold first."""
    query = select(legal_hold).order_by(legal_hold.c.released.is_not(None), legal_hold.c.id)
    with db.read() as connection:
        rows = connection.execute(query).all()
    return tuple(
        PlacedHold(hold=_hold(row), by=row.by, reason=row.reason, placed=row.placed, released=row.released)
        for row in rows
    )


def place_hold(db: Database, hold: Hold, reason: str, *, now: int, by: str) -> None:
    """Let nothing be deleted that this covers, with its record; raises Invalid."""
    if not CASE.fullmatch(hold.case):
        raise Invalid(f"'{hold.case}' can't be a case; write letters, digits, '.', '_', '/' or '-'")
    if not reason.strip():
        raise Invalid("a hold needs a reason")
    if hold.until and hold.until <= hold.since:
        raise Invalid("a hold must not end before it begins")
    with db.write() as connection:
        _need_places(connection, hold.site, hold.doors)
        row = {
            "case_id": hold.case,
            "by": by,
            "reason": reason,
            "placed": now,
            "site": hold.site,
            "doors": tuple(sorted(hold.doors)),
            "person": hold.person,
            "since": hold.since,
            "until": hold.until,
        }
        connection.execute(legal_hold.insert(), row)
        refs: dict[str, Scalar] = {"doors": " ".join(sorted(hold.doors)), "since": hold.since}
        refs |= {"until": hold.until, "one_person": bool(hold.person)}
        told = {"subject": by, "case": hold.case, "why": reason}
        told |= {"about": hold.person} if hold.person else {}
        append_within(connection, [_record(Kind.LEGAL_HOLD_PLACED, now, hold.site, refs=refs, told=told)])


def release_hold(db: Database, case: str, *, now: int, by: str) -> int:
    """Let what only this case held be deleted again, with its record; answers how many holds it was.

    Raises Invalid where there is none.
    """
    mine = legal_hold.c.released.is_(None) & (legal_hold.c.case_id == case)
    with db.write() as connection:
        places = connection.execute(select(legal_hold.c.site).where(mine)).scalars().all()
        if not places:
            raise Invalid(f"nothing is held for case '{case}': see `gatehouse.py legal-hold list`")
        connection.execute(legal_hold.update().where(mine).values(released=now))
        told = {"subject": by, "case": case}
        records = [_record(Kind.LEGAL_HOLD_RELEASED, now, place, told=told) for place in sorted(set(places))]
        append_within(connection, records)
    return len(places)


def _record(kind: Kind, now: int, place: str, **more: Mapping[str, Scalar]) -> Draft:
    return Draft(
        kind=kind, received=now, site=place or None, refs=more.get("refs", {}), private=_words(more["told"])
    )


def _words(told: Mapping[str, Scalar]) -> dict[str, str]:
    return {name: str(value) for name, value in told.items()}


def _need_places(connection: Connection, place: str, doors: Iterable[str]) -> None:
    """Refuse what the estate never had: a name misspelt would hold nothing, and nobody would see it."""
    if place != EVERY_SITE and not connection.execute(select(site.c.id).where(site.c.id == place)).first():
        raise Invalid(f"there is no site '{place}': see `gatehouse.py estate export -`")
    for one in sorted(doors):
        found = connection.execute(select(door.c.site).where(door.c.id == one)).scalar()
        if found is None or place not in {EVERY_SITE, found}:
            raise Invalid(f"there is no door '{one}'{f' at {place}' if place else ''}")


def _hold(row: Row[Any]) -> Hold:
    return Hold(
        case=row.case_id,
        site=row.site,
        doors=frozenset(row.doors),
        person=row.person,
        since=row.since,
        until=row.until,
    )
