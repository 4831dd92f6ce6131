"""The records of one transaction, numbered in the order in which they come."""

from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace
from sqlalchemy import Connection, desc, select

from core.leaf import Draft
from core.times import iso_us, plausible_at
from store.schema import leaf

_HEAD: Final = select(leaf.c.id, leaf.c.received).order_by(desc(leaf.c.id)).limit(1)


class Emission:
    """Numbers records from the log's head on; only ever made while holding the write lock.

    Times of receipt never go back, whatever the clock does: a time filter is a range of ids.
    """

    def __init__(self, connection: Connection) -> None:
        """Read the head in the caller's transaction."""
        row = connection.execute(_HEAD).one_or_none()
        self.first_id: int = row.id + 1 if row else 1
        self.previous: int = row.received if row else 0
        self._received = self.previous
        self._drafts: list[Draft] = []

    @property
    def drafts(self) -> Sequence[Draft]:
        """What was emitted so far, with settled times."""
        return self._drafts

    @property
    def head(self) -> int:
        """The id of the last record, emitted or already in the log."""
        return self.first_id + len(self._drafts) - 1

    def emit(self, draft: Draft) -> int:
        """Settle a draft's times, give it the next id and return that."""
        received = max(draft.received, self._received)
        # Against the clock as it is: one that once ran ahead must not drag every device with it.
        at = plausible_at(draft.at, draft.received)
        if draft.told is not None and draft.told != at:
            draft = _with_told(draft)
        if received != draft.received or at != draft.at:
            draft = replace(draft, received=received, at=at)
        self._received = received
        self._drafts.append(draft)
        return self.head


def _with_told(draft: Draft) -> Draft:
    """Keep in the record what a clock said that can't be right; what can be is the record's own time."""
    if draft.told is None or plausible_at(draft.told, draft.received) == draft.told:
        return draft
    try:
        return replace(draft, refs={**draft.refs, "told": iso_us(draft.told)})
    except OverflowError:
        return draft
