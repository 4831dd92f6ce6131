"""The exports of a page of the log: what the button beside its filters offers."""

from dataclasses import replace

from auth.current import the
from auth.sessions import Actor
from core.log_filter import AsOf, LogFilter, Span, to_query
from operations.export_target import scope_of_export
from pages import parts
from store import clock


def exports_of_page(actor: Actor, page: str, wanted: LogFilter | None, as_of: AsOf) -> None:
    """Draw the button and this session's exports, for who may export something; None: nothing to export.

    Words for times, as "today", are made moments: what is asked for must not move while it is proved.
    """
    if scope_of_export(the().db, actor, page).empty:
        return
    query = None if wanted is None else to_query(_absolute(wanted, as_of))
    data = {
        "kind": "exports",
        "page": page,
        "query": query,
        "now": clock.now_us(),
        "sign_in": parts.SIGN_IN,
    }
    parts.mount("log", key=f"{page}-exports", data=data)


def _absolute(wanted: LogFilter, as_of: AsOf) -> LogFilter:
    if wanted.span is None or wanted.span.preset is None:
        return wanted
    since, until = wanted.span.bounds(as_of)
    return replace(wanted, span=Span(since=since, until=until))
