"""What tables beside the log hold of operators, deleted when the records that tell the same are due.

While anything is held for a case, all of it stays: here nothing tells which case it belongs to.
"""

from typing import Final

from sqlalchemy import text

from core.retention import EVERY_SITE, Kept
from core.times import DAY_US
from store.database import Database
from store.details import make_way
from store.ranges import since
from store.retention import holds_within, keeping_within

_MOST: Final = 100
_FLIGHTS: Final = text(
    "DELETE FROM flight WHERE act IN "
    "(SELECT act FROM flight WHERE requested <= :before AND open = 0 LIMIT :most)"
)
_LEASES: Final = text(
    "DELETE FROM mode_lease WHERE act IN (SELECT act FROM mode_lease "
    "WHERE changed_id <= :record AND open = 0 AND current = 0 LIMIT :most)"
)
# Their JSON is kept as a BLOB, which SQLite's functions of JSON do not take.
_CLAIMS: Final = text(
    "UPDATE call SET state = CAST(json_remove(CAST(state AS TEXT), '$.claim', '$.declined') AS BLOB) "
    "WHERE (device, call) IN (SELECT device, call FROM call WHERE heard <= :before AND open = 0 "
    "AND (instr(state, CAST('\"claim\"' AS BLOB)) > 0 OR instr(state, CAST('\"declined\"' AS BLOB)) > 0) "
    "LIMIT :most)"
)


def forget_traces(db: Database, now: int) -> int:
    """Forget who did what at doors and took which call, once that class is kept no longer; gives how many."""
    with db.read() as connection:
        if holds_within(connection):
            return 0
        kept = keeping_within(connection)
        acts = now - kept.days(EVERY_SITE, Kept.OPERATOR) * DAY_US
        calls = now - kept.days(EVERY_SITE, Kept.CALL) * DAY_US
        record = since(connection, acts + 1).above
    count = 0
    for statement, before in ((_FLIGHTS, acts), (_LEASES, acts), (_CLAIMS, calls)):
        done = _MOST
        while done == _MOST:
            make_way(db)
            values = {"before": before, "record": record, "most": _MOST}
            with db.write() as connection:
                done = connection.execute(statement, values).rowcount
            count += done
    return count
