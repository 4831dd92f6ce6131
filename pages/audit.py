"""/audit: what operators did and who looked at what, newest first, one line an act."""

from functools import partial
from typing import Final

from auth.current import the
from auth.sessions import Actor
from core.log_filter import NAMES, AsOf, LogFilter
from core.permissions import Permission, Scope
from pages import retention_view
from pages.audit_rows import row_of
from pages.book import KEYS, Book, Stretch
from pages.book_words import Words
from store.audit_pages import audit_page, count_newer_acts

__all__ = ["KEYS", "render"]
# People at doors are none of what operators did.
_FILTERS: Final = tuple(name for name in NAMES if name != "person")


def _read(
    scope: Scope, wanted: LogFilter, *, as_of: AsOf, before: int | None, after: int | None, limit: int
) -> Stretch:
    page = audit_page(the().db, scope, wanted, as_of=as_of, before=before, after=after, limit=limit)
    return Stretch(
        ids=[line.record.id for line in page.lines],
        rows=[partial(row_of, line) for line in page.lines],
        older=page.older,
        newer=page.newer,
    )


def _count(scope: Scope, wanted: LogFilter, after: int, *, as_of: AsOf, most: int) -> int:
    return count_newer_acts(the().db, scope, wanted, after, as_of=as_of, most=most)


BOOK: Final = Book(
    page="audit",
    permission=Permission.AUDIT_READ,
    columns="acts",
    words=Words(
        title="Audit",
        empty_title="Nobody has done anything yet",
        empty="Every act of operators at your sites will appear here, with who read the log, newest first.",
        everything="All acts",
    ),
    read=_read,
    count=_count,
    filters=_FILTERS,
)


def render(actor: Actor) -> None:
    """Draw the acts, and below them how long what they tell is kept and what was deleted."""
    BOOK.render(actor)
    retention_view.draw(actor)
