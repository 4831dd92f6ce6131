"""Deletes what is kept no longer, in two phases: it is marked as due, and a day later it goes.

Both are records. That something is gone is recorded once its bytes are nowhere in the files either
(`store.scrubbing`), which may take until somebody's long read is over.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, RowMapping, func, select, update

from core.leaf import Draft, Scalar
from core.records import Kind
from core.retention import GRACE_US, Hold, Keeping, Kept, covering
from core.times import DAY_US
from store.database import Database
from store.details import Found, delete_details, in_slices, of_ids, walk
from store.log import append_within
from store.ranges import since
from store.retention import holds_within, keeping_within
from store.schema_retention import purge

Place = tuple[str, Kept]
# That ids of a part of the log are collected before they are deleted.
_COLLECTED: Final = 10_000


@dataclass(frozen=True, slots=True)
class _Rules:
    """What decides over a detail, on one snapshot."""

    keeping: Keeping
    holds: tuple[Hold, ...]

    @staticmethod
    def of(connection: Connection) -> "_Rules":
        return _Rules(keeping_within(connection), holds_within(connection))

    @property
    def bodies(self) -> bool:
        """Whether details must be opened: a hold on an operator is found nowhere else."""
        return any(hold.person for hold in self.holds)

    def may_go(self, one: Found, now: int) -> bool:
        return self.keeping.is_due(one.held, now) and covering(self.holds, one.held) is None


def mark_due(db: Database, now: int) -> int:
    """Mark what is due and was not marked before, with a record a class and site; gives how many details."""
    with db.read() as connection:
        rules = _Rules.of(connection)
        waiting = set(_open_places(connection))
        upto = since(connection, now - rules.keeping.fewest * DAY_US + 1).above
    tally: dict[Place, list[int]] = defaultdict(lambda: [0, 0])
    for rows in walk(db, upto, bodies=rules.bodies):
        for one in rows:
            place = (one.held.site, one.held.kept)
            if place not in waiting and rules.may_go(one, now):
                tally[place][0] += 1
                tally[place][1] = one.id
    if tally:
        with db.write() as connection:
            _mark(connection, tally, now)
    return sum(count for count, _ in tally.values())


def _open_places(connection: Connection) -> list[Place]:
    query = select(purge.c.site, purge.c["class"]).where(purge.c.done.is_(None))
    return [(site, Kept(kept)) for site, kept in connection.execute(query)]


def _mark(connection: Connection, tally: Mapping[Place, Sequence[int]], now: int) -> None:
    # Another that marked meanwhile comes first.
    places = sorted(tally.keys() - set(_open_places(connection)))
    for site, kept in places:
        count, newest = tally[site, kept]
        row = {"site": site, "class": kept.value, "upto": newest, "n": count}
        connection.execute(purge.insert(), row | {"marked": now, "due": now + GRACE_US})
        refs: dict[str, Scalar] = {"class": kept.value, "n": count, "upto": newest}
        record = Draft(kind=Kind.RETENTION_MARKED, received=now, site=site or None, refs=refs)
        append_within(connection, [record])


def purge_due(db: Database, now: int) -> int:
    """Delete what was marked a day ago or longer and is still due and not held; gives how many details."""
    with db.read() as connection:
        waiting = purge.c.emptied.is_(None) & (purge.c.due <= now)
        marked = connection.execute(select(purge).where(waiting)).mappings().all()
        rules = _Rules.of(connection)
    if not marked:
        return 0
    upto = {(one["site"], Kept(one["class"])): one["upto"] for one in marked}
    count, found = 0, []
    for rows in walk(db, max(upto.values()), bodies=rules.bodies):
        found += [one.id for one in rows if _is_marked(one, upto) and rules.may_go(one, now)]
        if len(found) >= _COLLECTED:
            count, found = count + _delete(db, found, marked, now), []
    count += _delete(db, found, marked, now)
    with db.write() as connection:
        mine = purge.c.id.in_([one["id"] for one in marked])
        connection.execute(update(purge).where(mine).values(emptied=now))
    return count


def _is_marked(one: Found, upto: Mapping[Place, int]) -> bool:
    return one.id <= upto.get((one.held.site, one.held.kept), 0)


def _delete(db: Database, ids: Sequence[int], marked: Sequence[RowMapping], now: int) -> int:
    numbers = {(one["site"], Kept(one["class"])): int(one["id"]) for one in marked}
    gone: list[int] = []

    def begin(connection: Connection) -> Callable[[Sequence[int]], None]:
        # Looked at again in each write: a hold that was placed a moment ago counts.
        rules = _Rules.of(connection)
        return lambda group: gone.append(_delete_group(connection, group, rules, _Now(now, numbers)))

    for _ in in_slices(db, ids, begin):
        pass
    return sum(gone)


@dataclass(frozen=True, slots=True)
class _Now:
    at: int
    numbers: Mapping[Place, int]


def _delete_group(connection: Connection, ids: Sequence[int], rules: _Rules, now: _Now) -> int:
    doomed = [one for one in of_ids(connection, ids, bodies=rules.bodies) if rules.may_go(one, now.at)]
    delete_details(connection, doomed)
    counts = Counter(now.numbers[one.held.site, one.held.kept] for one in doomed)
    for number, count in counts.items():
        more = update(purge).where(purge.c.id == number).values(removed=purge.c.removed + count)
        connection.execute(more)
    return len(doomed)


def unfinished(db: Database) -> bool:
    """Whether rows were deleted whose bytes may still be in the files."""
    waiting = purge.c.emptied.is_not(None) & purge.c.done.is_(None)
    with db.read() as connection:
        return bool(connection.execute(select(func.count()).select_from(purge).where(waiting)).scalar())


def record_purged(db: Database, emptied_until: int, now: int) -> None:
    """Record what was deleted up to a moment since which the files have been cleaned."""
    mine = purge.c.emptied.is_not(None) & purge.c.done.is_(None) & (purge.c.emptied <= emptied_until)
    with db.write() as connection:
        for one in connection.execute(select(purge).where(mine).order_by(purge.c.id)).mappings().all():
            refs: dict[str, Scalar] = {"class": one["class"], "n": one["removed"], "upto": one["upto"]}
            refs |= {"marked": one["n"], "kept": max(0, one["n"] - one["removed"])}
            site = one["site"] or None
            append_within(connection, [Draft(kind=Kind.RETENTION_PURGED, received=now, site=site, refs=refs)])
            connection.execute(update(purge).where(purge.c.id == one["id"]).values(done=now))
