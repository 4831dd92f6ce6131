"""Devices that the estate does not name: what they said last, for those who could claim them."""

from typing import Final

from sqlalchemy import Connection, func, select, text

from core.leaf import Draft
from core.records import Kind
from core.reports import Unclaimed
from store.emission import Emission
from store.schema import unclaimed

# Names are free to invent: more than that and the one unheard for longest is forgotten.
MAX_UNCLAIMED: Final = 500
_SAVE: Final = text(
    "INSERT INTO unclaimed (family, name, topic, title, text, n, first, last) "
    "VALUES (:family, :name, :topic, :title, :text, 1, :at, :at) "
    "ON CONFLICT (family, name) DO UPDATE SET topic = excluded.topic, text = excluded.text, "
    "title = CASE WHEN excluded.title = '' THEN unclaimed.title ELSE excluded.title END, "
    "n = unclaimed.n + 1, last = excluded.last"
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

    def met(self, item: Unclaimed, emission: Emission) -> None:
        """Keep what a stranger said, and record the first time it was met."""
        self._connection.execute(
            _SAVE,
            {
                "family": item.family,
                "name": item.name,
                "topic": item.topic,
                "title": item.title,
                "text": item.text,
                "at": item.received,
            },
        )
        times = self._connection.execute(
            select(unclaimed.c.n).where(unclaimed.c.family == item.family, unclaimed.c.name == item.name)
        ).scalar_one()
        if times > 1:
            return
        emission.emit(
            Draft(
                kind=Kind.DEVICE_DISCOVERED,
                received=item.received,
                private={"text": f"{item.family}: {item.topic}"},
            )
        )
        over = self._connection.execute(_COUNT).scalar_one() - MAX_UNCLAIMED
        if over > 0:
            self._connection.execute(_FORGET, {"many": over})
