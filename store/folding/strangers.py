"""Devices that the estate does not name: what they said last, for those who could claim them."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, delete, func, select, text

from core.claims import Stranger, claimed
from core.leaf import Draft
from core.model import Device, Door
from core.records import Kind
from core.reports import Unclaimed
from store.emission import Emission
from store.schema import unclaimed

# Names are free to invent: more than that and the one unheard for longest is forgotten, and of those who
# come while the list is full only the list tells.
MAX_UNCLAIMED: Final = 500
_MEET: Final = text(
    "INSERT INTO unclaimed (family, name, topic, title, text, n, first, last) "
    "VALUES (:family, :name, :topic, :title, :text, 1, :at, :at) ON CONFLICT DO NOTHING"
)
_MEET_AGAIN: Final = text(
    "UPDATE unclaimed SET topic = :topic, text = :text, n = n + 1, last = :at, "
    "title = CASE WHEN :title = '' THEN title ELSE :title END WHERE family = :family AND name = :name"
)
# Of what is delivered at each connect only what differs is news, and nobody knows when it was said.
_DELIVERED_AGAIN: Final = text(
    "UPDATE unclaimed SET text = :text, title = CASE WHEN :title = '' THEN title ELSE :title END "
    "WHERE family = :family AND name = :name AND topic = :topic AND text <> :text"
)
_FORGET: Final = text(
    "DELETE FROM unclaimed WHERE (family, name) IN "
    "(SELECT family, name FROM unclaimed ORDER BY last, family, name LIMIT :many)"
)
_COUNT: Final = select(func.count()).select_from(unclaimed)


class Strangers:
    """The unclaimed devices of a batch, in the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        """Read nothing until one is met."""
        self._connection = connection

    def met(self, item: Unclaimed, emission: Emission) -> bool:
        """Keep what a stranger said, record the first time it was met, and tell whether it is news."""
        row = _row(item)
        if self._connection.execute(_MEET, row).rowcount == 0:
            again = _DELIVERED_AGAIN if item.retained else _MEET_AGAIN
            return self._connection.execute(again, row).rowcount > 0
        over = self._connection.execute(_COUNT).scalar_one() - MAX_UNCLAIMED
        if over > 0:
            # Names that are invented one after the other must not fill the log for ever.
            self._connection.execute(_FORGET, {"many": over})
            return True
        text = f"{item.family}: {item.topic}" if item.family else item.topic
        emission.emit(Draft(kind=Kind.DEVICE_DISCOVERED, received=item.received, private={"text": text}))
        return True


def forget_claimed(connection: Connection, devices: Sequence[Device], doors: Sequence[Door]) -> None:
    """Take off the list whoever is one of these devices."""
    for row in connection.execute(select(unclaimed)).all():
        if claimed(Stranger(row.family, row.name, row.topic), devices, doors):
            where = (unclaimed.c.family == row.family) & (unclaimed.c.name == row.name)
            connection.execute(delete(unclaimed).where(where))


def _row(item: Unclaimed) -> dict[str, str | int]:
    return {
        "family": item.family,
        "name": item.name,
        "topic": item.topic,
        "title": item.title,
        "text": item.text,
        "at": item.received,
    }
