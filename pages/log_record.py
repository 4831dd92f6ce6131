"""One record of the log, opened beside the others: all that is known of it, and what belongs to it."""

from core.permissions import Scope
from store.log_names import LogNames


def panel(scope: Scope, names: LogNames, number: int) -> dict[str, object]:
    """Give what the panel draws."""
    del scope, names
    return {"id": number, "title": "There is no such record", "words": "Or it is not yours to read."}
