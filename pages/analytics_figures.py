"""The shapes of the page of figures, as Plotly's own specifications: few colours, labels at what they name.

Both colours stand at least 3:1 against white paper and against the dark theme's ground, so that one
specification serves every theme and the printer; Streamlit gives the text its theme's colour.
"""

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from pages.foreign import visible

CALM: Final = "#4685b9"
ALERT: Final = "#c8641b"
_CALM_RGB: Final = "70,133,185"
_FAINT: Final = "rgba(128,138,148,0.55)"
_LABEL_PX: Final = 14
_NOTE_PX: Final = 13
_LINE_CHARS: Final = 47
_TICKS: Final = 5
Spec: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One row of numbers over a shared axis, with what a pointer is told of each; `alert` asks for a look.

    `sign` stands before the label in the colour of the marks.
    """

    label: str
    note: str
    values: Sequence[int]
    hover: Sequence[str]
    alert: bool = False
    sign: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One line of a ranking: its parts lie one after the other, calm first."""

    label: str
    note: str
    parts: Sequence[float]
    hover: Sequence[str]


def plain(text: str) -> str:
    """Make words safe where Plotly would read tags, and show what can't be seen."""
    return html.escape(visible(text), quote=False)


def shortened(text: str, beside: str = "") -> str:
    """Cut a name to what fits a phone `beside` its number; all of it stands in the table."""
    room = _LINE_CHARS - len(beside)
    return text if len(text) <= room else f"{text[: room - 1].rstrip(' ·')}…"


# --- over time ----------------------------------------------------------------------------------------

_PANEL_PX: Final = 62
_BARS_SHARE: Final = 0.58
_AXIS_PX: Final = 26


def panels(series: Sequence[Series], ticks: Mapping[int, str]) -> Spec:
    """Draw one small chart a series, each from zero to its own highest value, over one axis."""
    height = _PANEL_PX * len(series) + _AXIS_PX
    share = _PANEL_PX / (height - _AXIS_PX)
    layout = _layout(height, bottom=_AXIS_PX)
    layout["xaxis"] = _time_axis(ticks, len(series[0].values), f"y{_nth(len(series) - 1)}")
    layout["annotations"] = []
    traces = []
    for number, one in enumerate(series):
        floor = max(0.0, 1 - share * (number + 1))
        ceiling = min(1.0, floor + share * _BARS_SHARE)
        layout[f"yaxis{_nth(number)}"] = _value_axis(max(one.values), (floor, ceiling))
        layout["annotations"] += _heading(one, ceiling)
        traces.append(_columns(one, yaxis=f"y{_nth(number)}"))
    return {"data": traces, "layout": layout}


def stacked(series: Sequence[Series], ticks: Mapping[int, str]) -> Spec:
    """Draw series on top of each other on one scale; the first one stands on zero."""
    height = 210
    layout = _layout(height, bottom=_AXIS_PX)
    sums = [sum(values) for values in zip(*(one.values for one in series), strict=True)]
    layout["barmode"] = "stack"
    layout["hovermode"] = "closest"
    layout["xaxis"] = _time_axis(ticks, len(sums), "y")
    layout["yaxis"] = _value_axis(max(sums), (0, 0.76))
    layout["annotations"] = []
    for number, one in enumerate(series):
        layout["annotations"] += _heading(one, 0.82 + 0.1 * (len(series) - 1 - number))
    return {"data": [_columns(one) for one in series], "layout": layout}


def _nth(number: int) -> str:
    return str(number + 1) if number else ""


def _columns(one: Series, *, yaxis: str = "y") -> Spec:
    return {
        "type": "bar",
        "x": list(range(len(one.values))),
        # None is no mark: a bar of no height would still draw its outline.
        "y": [value or None for value in one.values],
        "yaxis": yaxis,
        "marker": _marker(alert=one.alert),
        **_hover(one.hover),
    }


def _heading(one: Series, y: float) -> list[Spec]:
    """Write the name at the left above its bars, and how high they go at the right."""
    name = _words(one.label, x=0, y=y, xanchor="left", size=_LABEL_PX)
    if one.sign:
        colour = ALERT if one.alert else CALM
        name["text"] = f'<span style="color:{colour}">{plain(one.sign)}</span> {name["text"]}'
    return [name, _words(one.note, x=1, y=y, xanchor="right", size=_NOTE_PX)]


def _words(text: str, *, size: int, **where: Any) -> Spec:
    place = {"xref": "paper", "yref": "paper", "yanchor": "bottom", **where}
    return {"text": plain(text), "showarrow": False, "font": {"size": size}, **place}


def _time_axis(ticks: Mapping[int, str], count: int, anchor: str) -> Spec:
    return {
        **_PLAIN_AXIS,
        "anchor": anchor,
        "range": [-0.5, count - 0.5],
        "showticklabels": True,
        "tickvals": list(ticks),
        "ticktext": [plain(one) for one in ticks.values()],
        "tickfont": {"size": _NOTE_PX},
        "tickangle": 0,
    }


def _value_axis(highest: float, domain: tuple[float, float]) -> Spec:
    return {
        **_PLAIN_AXIS,
        "domain": list(domain),
        "range": [0, max(highest, 1)],
        "zeroline": True,
        "zerolinecolor": _FAINT,
        "zerolinewidth": 1,
    }


def spread(labels: Sequence[str]) -> dict[int, str]:
    """Choose so few labels, evenly apart, that on a phone none touches another one or the edge."""
    step = max(1, -(-len(labels) // _TICKS))
    return {number: labels[number] for number in range(step // 2, len(labels), step)}


# --- by the hour of the week --------------------------------------------------------------------------

_CELL_PX: Final = 34


def week(rows: Sequence[Series], hours: Mapping[int, str], highest: float, strength: Sequence[Any]) -> Spec:
    """Draw a row a weekday and a cell an hour; the fuller its colour, the nearer it is to the highest."""
    layout = _layout(_CELL_PX * len(rows) + _AXIS_PX, bottom=_AXIS_PX, left=44)
    layout["barmode"] = "overlay"
    layout["hovermode"] = "closest"
    layout["bargap"] = 0.06
    layout["xaxis"] = {**_time_axis(hours, len(rows[0].values), "y"), "showgrid": False}
    layout["yaxis"] = {
        **_PLAIN_AXIS,
        "range": [len(rows), 0],
        "showticklabels": True,
        "tickvals": [number + 0.5 for number in range(len(rows))],
        "ticktext": [plain(one.label) for one in rows],
        "ticklabelstandoff": 6,
        "tickfont": {"size": _NOTE_PX},
    }
    traces = [
        {
            "type": "bar",
            "x": list(range(len(one.values))),
            "y": [0.92] * len(one.values),
            "base": [number + 0.04] * len(one.values),
            "marker": {
                "color": [_tint(value / highest if highest else 0) for value in strength[number]],
                "line": {"width": 1, "color": "rgba(128,138,148,0.28)"},
            },
            **_hover(one.hover),
        }
        for number, one in enumerate(rows)
    ]
    return {"data": traces, "layout": layout}


def _tint(share: float) -> str:
    return f"rgba({_CALM_RGB},{share:.3f})"


# --- rankings -----------------------------------------------------------------------------------------

_LINE_PX: Final = 44


def ranking(bars: Sequence[Bar], *, alert: Sequence[bool] = (False,)) -> Spec:
    """Draw a bar a line from zero, its name above it and its number at the right; part by part."""
    layout = _layout(_LINE_PX * len(bars) + 8)
    layout["barmode"] = "stack"
    layout["hovermode"] = "closest"
    highest = max(sum(one.parts) for one in bars)
    layout["xaxis"] = {**_PLAIN_AXIS, "range": [0, max(highest, 1)]}
    layout["yaxis"] = {**_PLAIN_AXIS, "range": [len(bars), 0]}
    layout["annotations"] = [
        line
        for number, one in enumerate(bars)
        for line in (
            _words(
                shortened(one.label, one.note), x=0, y=number + 0.56, xanchor="left", size=_LABEL_PX, yref="y"
            ),
            _words(one.note, x=1, y=number + 0.56, xanchor="right", size=_LABEL_PX, yref="y"),
        )
    ]
    traces = [
        {
            "type": "bar",
            "orientation": "h",
            "x": [one.parts[part] or None for one in bars],
            "y": [number + 0.72 for number in range(len(bars))],
            "width": 0.24,
            "marker": _marker(alert=alerting),
            **_hover([one.hover[part] for one in bars]),
        }
        for part, alerting in enumerate(alert)
    ]
    return {"data": traces, "layout": layout}


# --- common -------------------------------------------------------------------------------------------

_PLAIN_AXIS: Final[Spec] = {
    "visible": True,
    "fixedrange": True,
    "showgrid": False,
    "zeroline": False,
    "showline": False,
    "showticklabels": False,
    "ticks": "",
    "title": {"text": ""},
}
# The page scrolls under a finger, nothing zooms by accident, and no tool bar covers what is drawn.
CONFIG: Final[Spec] = {"displayModeBar": False, "scrollZoom": False, "doubleClick": False, "showTips": False}


def _layout(height: int, *, bottom: int = 0, left: int = 0) -> Spec:
    return {
        "height": height,
        "margin": {"l": left, "r": 0, "t": 2, "b": bottom, "pad": 0, "autoexpand": False},
        "showlegend": False,
        "bargap": 0.18,
        "dragmode": False,
        "hovermode": "x",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "paper_bgcolor": "rgba(0,0,0,0)",
    }


def _marker(*, alert: bool) -> Spec:
    if not alert:
        return {"color": CALM, "line": {"width": 0}}
    # Hatched: told apart on paper without colour, and by who does not see it.
    stripes = {"shape": "/", "fillmode": "replace", "size": 5, "solidity": 0.55}
    return {"color": ALERT, "pattern": stripes, "line": {"width": 1, "color": ALERT}}


def _hover(told: Sequence[str]) -> Spec:
    """Tell the pointer the prepared words; a chosen mark stays as it is, and so do the others."""
    return {
        "customdata": [plain(one) for one in told],
        "hovertemplate": "%{customdata}<extra></extra>",
        "selected": {"marker": {"opacity": 1}},
        "unselected": {"marker": {"opacity": 1}},
    }
