"""Who an item proves to be alive."""

from core.leaf import Draft
from core.records import Kind
from core.reports import (
    BackfillReport,
    CallReport,
    Calm,
    CommandReply,
    DoorReport,
    Item,
    Limited,
    SessionLost,
    Silence,
    StatusReport,
    Unclaimed,
)


def speaker(item: Item) -> str | None:
    """Name the device that this item proves to be alive."""
    match item:
        case DoorReport() | CallReport():
            return item.device if item.live else None
        case StatusReport():
            return item.device if item.live and item.online else None
        case Draft():
            return None if item.backfilled or item.kind is Kind.FEED_FORGED else item.device
        case BackfillReport() | CommandReply():
            return item.device
        case Silence() | SessionLost() | Limited() | Calm() | Unclaimed():
            return None
