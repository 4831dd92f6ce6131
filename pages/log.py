"""/log: what happened, newest first. The address says what to look for, and which record is open."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from auth.access import scope_for
from auth.current import the
from auth.sessions import Actor
from core.log_filter import AsOf, to_query
from core.permissions import Permission, Scope
from pages import formats, log_record, parts, state
from pages.live import live
from pages.log_address import Asked, Clock, clock_of, go
from pages.log_exports import exports_of_page
from pages.log_facets import chips, facets
from pages.log_rows import people_in, row_of
from store import clock
from store.log_names import LogNames, log_names
from store.log_pages import Page, count_newer, log_page

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
_BOOK: Final = "log-book"
_FILTERS: Final = "log-filters"
_PIN: Final = "log.pin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """Where the log ended when it was opened: nothing moves under a reader who has not asked for more.

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
    """What a run of this page reads by: who, which names, what is asked, on which clock."""

    scope: Scope
    names: LogNames
    asked: Asked
    clock: Clock

    @staticmethod
    def of(actor: Actor) -> "View":
        """Read it for this person as of now."""
        scope = scope_for(the().db, actor, Permission.LOG_READ)
        names = log_names(the().db, scope)
        asked = Asked.now(names)
        return View(scope=scope, names=names, asked=asked, clock=clock_of(asked.wanted, names))

    def page(
        self, now: int, *, before: int | None = None, after: int | None = None, limit: int = ROWS
    ) -> Page:
        """Read a part of what is asked for."""
        return log_page(
            the().db,
            self.scope,
            self.asked.wanted,
            as_of=AsOf(now, self.clock.tz),
            before=before,
            after=after,
            limit=limit,
        )


def render(actor: Actor) -> None:
    """Draw the part of the log that the address asks for, and say when there is more."""
    view = View.of(actor)
    pin = _pin(view)
    page = Page(records=(), older=None, newer=None) if view.asked.problem else _read(view, pin)
    _filters(view, people_in(page.records))
    wanted = None if view.asked.problem else view.asked.wanted
    exports_of_page(actor, "log", wanted, AsOf(pin.now, view.clock.tz))
    _book(view, pin, page)
    live(partial(_news, view, pin), every_s=EVERY_S)


# --- what is read ---------------------------------------------------------------------------------------


def _pin(view: View) -> Pin:
    asked = json.dumps(view.asked.query)
    kept = None if state.arrived() else Pin.kept()
    if kept is not None and kept.asked == asked and kept.top:
        return kept
    now = clock.now_us()
    newest = () if view.asked.problem else view.page(now, limit=1).records
    fresh = kept.fresh if kept is not None and kept.asked == asked else 0
    return Pin(asked=asked, now=now, top=newest[0].id if newest else 0, fresh=fresh).keep()


def _read(view: View, pin: Pin) -> Page:
    """Read what is asked for, up to where the log ended when it was opened."""
    if view.asked.after is not None:
        page = view.page(pin.now, after=view.asked.after)
        if page.newer is not None and page.newer < pin.top:
            return page
    end = pin.top + 1
    before = end if view.asked.after is not None else min(view.asked.before or end, end)
    page = view.page(pin.now, before=before)
    return replace(page, newer=None) if before == end else page


def _news(view: View, pin: Pin, actor: Actor) -> None:
    """Count what has come since, for the word in the book's bar; the right to read it is asked for anew."""
    count = 0
    if not view.asked.problem:
        scope = scope_for(the().db, actor, Permission.LOG_READ)
        as_of = AsOf(clock.now_us(), view.clock.tz)
        count = count_newer(the().db, scope, view.asked.wanted, pin.top, as_of=as_of, most=MOST_NEW)
    parts.mount("log", key="log-news", data={"kind": "news", "words": _new_words(count)})


def _new_words(count: int) -> str:
    if not count:
        return ""
    if count >= MOST_NEW:
        return f"{MOST_NEW} or more new records"
    return f"{count} new record{'' if count == 1 else 's'}"


# --- what is drawn --------------------------------------------------------------------------------------


def _filters(view: View, people: Mapping[str, str]) -> None:
    wanted = view.asked.wanted
    data = {
        "kind": "filters",
        "query": view.asked.query,
        "record": view.asked.record,
        "facets": facets(wanted, view.names, view.scope, view.clock),
        "chips": chips(wanted, view.names, view.clock, people),
    }
    parts.mount("log", key=_FILTERS, data=data, on_go_change=partial(_go, _FILTERS, view.names))


def _book(view: View, pin: Pin, page: Page) -> None:
    asked, write = view.asked, formats.here()
    newest = page.newer is None
    data = {
        "kind": "book",
        "query": asked.query,
        "part": f"{pin.asked} {asked.before} {asked.after}",
        "rows": [row_of(record, view.names, write) for record in page.records],
        "sites": len(view.names.sites) > 1 and len(asked.wanted.sites) != 1,
        "people": bool(view.scope.names),
        "newest": newest,
        "newer": page.newer,
        "older": page.older,
        "words": "" if asked.problem else _span(page, write),
        "asOf": pin.now if newest and not asked.problem else None,
        "zone": view.clock.zone,
        "fresh": pin.fresh,
        "empty": None if page.records else _empty(view),
        "record": None if asked.record is None else log_record.panel(view.scope, view.names, asked.record),
    }
    parts.mount(
        "log",
        key=_BOOK,
        data=data,
        on_go_change=partial(_go, _BOOK, view.names),
        on_open_change=_open,
        on_fresh_change=_fresh,
    )


def _span(page: Page, write: formats.Formats) -> str:
    if page.newer is None:
        return "Newest first, as of "
    first, last = page.records[0].id, page.records[-1].id
    return f"Newest first, No. {write.number(first)} to {write.number(last)}"


def _empty(view: View) -> dict[str, object]:
    asked = view.asked
    if asked.problem:
        ways: list[dict[str, object]] = [{"text": "Show what is left of it", "query": dict(asked.instead)}]
        title = "This address asks for something that is not there"
        return {"title": title, "words": asked.problem, "ways": ways}
    if asked.before is not None or asked.after is not None:
        words = "Nothing that fits is on this side of it. What is newest may have come since."
        return {
            "title": "The log ends here",
            "words": words,
            "ways": [{"text": "Newest", "query": asked.query}],
        }
    if not asked.query:
        words = "Every swipe, door, call and device event of your sites will appear here, newest first."
        return {"title": "The log is empty", "words": words, "ways": []}
    query = asked.query
    ways = [{"text": "All records", "query": {}}]
    if asked.wanted.span and len(query) > 1:
        always = to_query(replace(asked.wanted, span=None))
        ways.insert(0, {"text": "The same at any time", "query": always})
    words = "No record of your sites fits all that is chosen above. Take a filter away, or look at more time."
    return {"title": "Nothing is recorded that fits", "words": words, "ways": ways}


# --- what is asked of it --------------------------------------------------------------------------------


def _go(key: str, names: LogNames) -> None:
    text = state.triggered(key, "go")
    if text is not None:
        go(text, names)


def _open() -> None:
    told = state.triggered(_BOOK, "open")
    if told is not None:
        state.change_query(record=told or None)


def _fresh() -> None:
    """Show what has come: the newest part of the log as it is now, and the record that is open there."""
    kept = Pin.kept()
    if kept is not None:
        replace(kept, top=0, fresh=kept.top).keep()
    state.change_query(before=None, after=None, record=state.triggered(_BOOK, "fresh") or None)
