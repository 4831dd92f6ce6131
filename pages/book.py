"""A book of records, newest first: what /log and /audit have in common.

The address says what to look for, and which record is open. What differs is a `Book`: what it reads by which
permission, and how a row of it is written.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final, Protocol

from auth.access import scope_for
from auth.current import the
from auth.sessions import Actor
from core.log_filter import NAMES, AsOf, LogFilter
from core.permissions import Permission, Scope
from operations.searched import Search, searched
from pages import formats, log_record, parts, state
from pages.book_words import Words, empty_words, new_words, span_words
from pages.formats import Formats
from pages.live import live
from pages.log_address import Asked, Clock, clock_of, go
from pages.log_exports import exports_of_page
from pages.log_facets import chips, facets
from pages.log_rows import Row
from store import clock
from store.log_names import LogNames, log_names

ROWS: Final = 100
EVERY_S: Final = 4.0
MOST_NEW: Final = 100
KEYS: Final = (
    ("J", "Next record; in the table also the arrow down"),
    ("K", "Record before"),
    ("Enter", "Open the record beside the table"),
    ("Esc", "Close it"),
    ("R", "Show new records"),
)
_PIN: Final = "log.pin"


class Written(Protocol):
    """Something of a stretch that can be written as a row, once names and the reader's formats are known."""

    def __call__(self, names: LogNames, write: Formats) -> Row:
        """Write it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Rows, newest first, with the numbers of their records, and the names of people that they tell.

    `older` and `newer` are keys for `before` and `after`, None at the ends.
    """

    ids: Sequence[int] = ()
    rows: Sequence[Written] = ()
    people: Mapping[str, str] = field(default_factory=dict)
    older: int | None = None
    newer: int | None = None


class Read(Protocol):
    """Reads a stretch within a scope; `before` and `after` are keys."""

    def __call__(
        self,
        scope: Scope,
        wanted: LogFilter,
        *,
        as_of: AsOf,
        before: int | None,
        after: int | None,
        limit: int,
    ) -> Stretch:
        """Read it; raises StoreError."""


class Count(Protocol):
    """Counts what has come since a record, up to `most`."""

    def __call__(self, scope: Scope, wanted: LogFilter, after: int, *, as_of: AsOf, most: int) -> int:
        """Count it; raises StoreError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """One book: the page that shows it, who may read it, by which filters, and what its words are.

    `columns` is how the browser draws a row.
    """

    page: str
    permission: Permission
    columns: str
    words: Words
    read: Read
    count: Count
    filters: tuple[str, ...] = NAMES

    def key(self, name: str) -> str:
        """Name one of its components."""
        return f"{self.page}-{name}"

    def render(self, actor: Actor) -> None:
        """Draw the part that the address asks for, note who reads it, and say when there is more."""
        view = View.of(self, actor)
        if not view.asked.problem:
            search = Search(page=self.page, scope=view.scope, wanted=view.asked.wanted)
            searched(the(), actor, search, clock.now_us())
        pin = _pin(view)
        stretch = Stretch() if view.asked.problem else _read(view, pin)
        _filters(view, stretch)
        wanted = None if view.asked.problem else view.asked.wanted
        exports_of_page(actor, self.page, wanted, AsOf(pin.now, view.clock.tz))
        _book(view, pin, stretch)
        live(partial(_news, view, pin), every_s=EVERY_S)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """Where the book ended when it was opened: nothing moves under a reader who has not asked for more.

    `fresh` is where it ended before that, if somebody has just asked for what is new.
    """

    asked: str
    now: int
    top: int
    fresh: int = 0

    def keep(self) -> "Pin":
        """Keep it while this page stays open."""
        told = {"asked": self.asked, "now": self.now, "top": self.top, "fresh": self.fresh}
        state.remember(_PIN, json.dumps(told))
        return self

    @staticmethod
    def kept() -> "Pin | None":
        """Give the one that was kept last."""
        told = state.remembered(_PIN)
        return Pin(**json.loads(told)) if told else None


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What a run of a page reads by: which book, who, which names, what is asked, on which clock."""

    book: Book
    scope: Scope
    names: LogNames
    asked: Asked
    clock: Clock

    @staticmethod
    def of(book: Book, actor: Actor) -> "View":
        """Read it for this person as of now."""
        scope = scope_for(the().db, actor, book.permission)
        names = log_names(the().db, scope)
        asked = Asked.now(names, book.filters)
        clock_ = clock_of(asked.wanted, names)
        return View(book=book, scope=scope, names=names, asked=asked, clock=clock_)

    def stretch(
        self, now: int, *, before: int | None = None, after: int | None = None, limit: int = ROWS
    ) -> Stretch:
        """Read a part of what is asked for."""
        as_of = AsOf(now, self.clock.tz)
        wanted = self.asked.wanted
        return self.book.read(self.scope, wanted, as_of=as_of, before=before, after=after, limit=limit)


# --- what is read ---------------------------------------------------------------------------------------


def _pin(view: View) -> Pin:
    asked = json.dumps(view.asked.query)
    kept = None if state.arrived() else Pin.kept()
    if kept is not None and kept.asked == asked and kept.top:
        return kept
    now = clock.now_us()
    newest = () if view.asked.problem else view.stretch(now, limit=1).ids
    fresh = kept.fresh if kept is not None and kept.asked == asked else 0
    return Pin(asked=asked, now=now, top=newest[0] if newest else 0, fresh=fresh).keep()


def _read(view: View, pin: Pin) -> Stretch:
    """Read what is asked for, up to where the book ended when it was opened."""
    if view.asked.after is not None:
        page = view.stretch(pin.now, after=view.asked.after)
        if page.newer is not None and page.newer < pin.top:
            return page
    end = pin.top + 1
    before = end if view.asked.after is not None else min(view.asked.before or end, end)
    page = view.stretch(pin.now, before=before)
    return replace(page, newer=None) if before == end else page


def _news(view: View, pin: Pin, actor: Actor) -> None:
    """Count what has come since, for the word in the book's bar; the right to read it is asked for anew."""
    count = 0
    if not view.asked.problem:
        scope = scope_for(the().db, actor, view.book.permission)
        as_of = AsOf(clock.now_us(), view.clock.tz)
        count = view.book.count(scope, view.asked.wanted, pin.top, as_of=as_of, most=MOST_NEW)
    words = new_words(count, MOST_NEW)
    parts.mount("log", key=view.book.key("news"), data={"kind": "news", "words": words})


# --- what is drawn --------------------------------------------------------------------------------------


def _filters(view: View, stretch: Stretch) -> None:
    wanted = view.asked.wanted
    shown = [
        one
        for one in facets(wanted, view.names, view.scope, view.clock)
        if one["name"] in {*view.book.filters, "when"}
    ]
    data = {
        "kind": "filters",
        "page": view.book.page,
        "title": view.book.words.title,
        "query": view.asked.query,
        "record": view.asked.record,
        "facets": shown,
        "chips": chips(wanted, view.names, view.clock, stretch.people),
    }
    key = view.book.key("filters")
    parts.mount("log", key=key, data=data, on_go_change=partial(_go, key, view))


def _book(view: View, pin: Pin, stretch: Stretch) -> None:
    asked, write, key = view.asked, formats.here(), view.book.key("book")
    newest = stretch.newer is None
    words = "" if asked.problem else span_words(stretch.ids, write, newest=newest)
    data = {
        "kind": "book",
        "page": view.book.page,
        "columns": view.book.columns,
        "query": asked.query,
        "part": f"{pin.asked} {asked.before} {asked.after}",
        "rows": [row(view.names, write) for row in stretch.rows],
        "sites": len(view.names.sites) > 1 and len(asked.wanted.sites) != 1,
        "people": bool(view.scope.names),
        "newest": newest,
        "newer": stretch.newer,
        "older": stretch.older,
        "words": words,
        "asOf": pin.now if newest and not asked.problem else None,
        "zone": view.clock.zone,
        "fresh": pin.fresh,
        "empty": None if stretch.ids else empty_words(view.book.words, asked),
        "record": None if asked.record is None else log_record.panel(view.scope, view.names, asked.record),
    }
    changes: dict[str, Callable[[], None]] = {
        "on_go_change": partial(_go, key, view),
        "on_open_change": partial(_open, key),
        "on_fresh_change": partial(_fresh, key),
    }
    parts.mount("log", key=key, data=data, **changes)


# --- what is asked of it --------------------------------------------------------------------------------


def _go(key: str, view: View) -> None:
    text = state.triggered(key, "go")
    if text is not None:
        go(text, view.names)


def _open(key: str) -> None:
    told = state.triggered(key, "open")
    if told is not None:
        state.change_query(record=told or None)


def _fresh(key: str) -> None:
    """Show what has come: the newest part of the book as it is now, and the record that is open there."""
    kept = Pin.kept()
    if kept is not None:
        replace(kept, top=0, fresh=kept.top).keep()
    state.change_query(before=None, after=None, record=state.triggered(key, "fresh") or None)
