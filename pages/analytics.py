"""/analytics: what happened over days, in charts; each mark opens the log at the records it stands for."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final
from urllib.parse import parse_qsl

import streamlit as st

from auth.access import scope_for
from auth.current import the
from auth.sessions import Actor
from core.log_filter import LogFilter, of_query, to_query
from core.permissions import Permission
from pages import analytics_period, formats, parts, sites, state
from pages.analytics_figures import CONFIG
from pages.analytics_frame import Bar, Chart, Frame, Table
from pages.analytics_ranks import busiest, denials, devices, held_and_forced
from pages.analytics_times import calls, records
from pages.analytics_week import dates_of, of_the_week, slot_name, slot_of
from store import clock
from store.analytics import figures
from store.places import Places, places

SLOT: Final = "slot"
_HEIGHT: Final = 600


def render(actor: Actor) -> None:
    """Draw the figures of the days and sites that the address asks for."""
    scope = scope_for(the().db, actor, Permission.ANALYTICS_VIEW)
    there = places(the().db, scope)
    wanted = sites.chosen(there)
    now = clock.now_us()
    last = analytics_period.today(_zones(there, wanted), now)
    period = analytics_period.asked(last)
    st.html(parts.ASSETS / "figures.css")
    with st.container(key="gatehouse-figures"):
        st.title("Analytics", anchor=False)
        analytics_period.controls(period, last)
        found = parts.awaited(
            lambda: figures(the().db, scope, period.days, now, sites=wanted), height=_HEIGHT
        )
        frame = Frame(figures=found, there=there, formats=formats.here(), wanted=wanted)
        st.text(_about(frame))
        if found.total:
            _charts(frame)
        else:
            parts.empty("Nothing is recorded in these days", "Choose other days above, or other sites.")


def _zones(there: Places, wanted: frozenset[str]) -> list[str]:
    return [site.time_zone for name, site in there.sites.items() if not wanted or name in wanted]


def _about(frame: Frame) -> str:
    """Say which days and sites it is about; on paper nothing else does."""
    days = [frame.formats.day(day) for day in frame.days.each()]
    when = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
    names = ", ".join(site.name for site in frame.figures.sites)
    about = f"{when} · {names}"
    if len(frame.zones) > 1:
        about += (
            ". Each site is counted by its own clock, so what a mark opens in the log begins and ends some "
            "hours wider."
        )
    return about


def _charts(frame: Frame) -> None:
    with st.container(key="gatehouse-charts"):
        _draw(records(frame))
        _draw(of_the_week(frame), below=partial(_slot, frame))
        for chart in (busiest, denials, held_and_forced, calls, devices):
            _draw(chart(frame))


def _draw(chart: Chart, below: Callable[[], None] | None = None) -> None:
    with st.container(key=f"chart-{chart.key}", gap="xsmall"):
        # Words of ours alone, and cheaper to draw than what Streamlit reads Markdown for.
        st.html(f"<h3>{chart.title}</h3>")
        st.text(chart.finding)
        if chart.figure is not None:
            _picture(chart)
        if below is not None:
            below()
        if chart.table is not None:
            _table(chart.key, f"Table: {chart.title}", chart.table, chart=chart)


def _picture(chart: Chart) -> None:
    key = f"analytics.{chart.key}"
    st.plotly_chart(
        chart.figure,
        key=key,
        on_select=partial(_pick, key),
        selection_mode="points",
        config=CONFIG,
        alt=f"{chart.title}. {chart.drawn}. {chart.finding} The table below has every number.",
    )
    _open(_picked(chart, key))


def _pick(key: str) -> None:
    """Note which mark was chosen; who chooses the same one again, which takes it back, means it again."""
    place = state.picked(key)
    said = state.remembered(f"{key}.mark") if place is None else f"{place[0]} {place[1]}"
    state.remember(f"{key}.mark", said)
    state.remember(f"{key}.picked", said)


def _picked(chart: Chart, key: str) -> LogFilter | str | None:
    said = state.remembered(f"{key}.picked")
    if said is None:
        return None
    state.remember(f"{key}.picked", None)
    trace, mark = (int(word) for word in said.split())
    # Other days may have been chosen since.
    known = trace < len(chart.opens) and mark < len(chart.opens[trace])
    return chart.opens[trace][mark] if known else None


def _open(mark: LogFilter | str | None) -> None:
    """Go where a mark leads: to the log, or to the dates of an hour of the week."""
    if isinstance(mark, LogFilter):
        st.switch_page(parts.page_at("log"), query_params=to_query(mark))
    if isinstance(mark, str):
        state.change_query(**{SLOT: mark})


def _table(key: str, title: str, table: Table, *, chart: Chart | None = None) -> None:
    """Draw a table, under the bars and the note of a chart; without a chart it stands open."""
    data = {
        "title": title,
        "note": chart.note if chart else "",
        "bars": _bars(chart.bars if chart else ()),
        "first": table.first,
        "columns": [{"label": one.label, "query": _plain(one.query)} for one in table.columns],
        "lines": [
            {"label": one.label, "query": _plain(one.query), "cells": list(one.cells)} for one in table.lines
        ],
        "query": dict(table.query),
        "opened": chart is None,
    }
    name = f"figures-{key}"
    parts.mount("figures", key=name, data=data, on_open_change=partial(_follow, name))
    _open(_followed(name))


def _bars(bars: Sequence[Bar]) -> list[dict[str, object]]:
    longest = max((one.alert + one.calm for one in bars), default=0) or 1
    return [
        {
            "label": one.label,
            "note": one.note,
            "query": to_query(one.opens),
            "alert": one.alert / longest,
            "calm": one.calm / longest,
        }
        for one in bars
    ]


def _follow(name: str) -> None:
    """Note which link was pressed: to change the page here is quicker than to load it anew."""
    state.remember(f"{name}.open", state.triggered(name, "open"))


def _followed(name: str) -> LogFilter | None:
    said = state.remembered(f"{name}.open")
    state.remember(f"{name}.open", None)
    return None if said is None else of_query(dict(parse_qsl(said)))


def _plain(query: Mapping[str, str] | None) -> dict[str, str] | None:
    return None if query is None else dict(query)


def _slot(frame: Frame) -> None:
    """List the dates of the hour of the week that was chosen."""
    slot = slot_of(state.query(SLOT))
    if slot is None:
        return
    with st.container(key="chart-slot", border=True):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.subheader(f"{slot_name(slot)}, date by date", anchor=False, width="content")
            st.button("Close", key="close-slot", icon=":material/close:", on_click=_close)
        table = dates_of(frame, slot)
        if table.lines:
            _table("slot", "The fullest first; each opens the log", table)
        else:
            st.text("Nobody came or went at that hour.")


def _close() -> None:
    state.change_query(**{SLOT: None})
