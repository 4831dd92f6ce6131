"""/log: what happened, newest first. The address says what to look for, and which record is open."""

from functools import partial
from typing import Final

from auth.current import the
from core.log_filter import AsOf, LogFilter
from core.permissions import Permission, Scope
from pages.book import KEYS, ROWS, Book, Stretch
from pages.book_words import Words
from pages.log_rows import people_in, row_of
from store.log_pages import count_newer, log_page

__all__ = ["KEYS", "ROWS", "render"]


def _read(
    scope: Scope, wanted: LogFilter, *, as_of: AsOf, before: int | None, after: int | None, limit: int
) -> Stretch:
    page = log_page(the().db, scope, wanted, as_of=as_of, before=before, after=after, limit=limit)
    return Stretch(
        ids=[record.id for record in page.records],
        rows=[partial(row_of, record) for record in page.records],
        people=people_in(page.records),
        older=page.older,
        newer=page.newer,
    )


def _count(scope: Scope, wanted: LogFilter, after: int, *, as_of: AsOf, most: int) -> int:
    return count_newer(the().db, scope, wanted, after, as_of=as_of, most=most)


BOOK: Final = Book(
    page="log",
    permission=Permission.LOG_READ,
    columns="records",
    words=Words(
        title="Log",
        empty_title="The log is empty",
        empty="Every swipe, door, call and device event of your sites will appear here, newest first.",
        everything="All records",
    ),
    read=_read,
    count=_count,
)
render: Final = BOOK.render
