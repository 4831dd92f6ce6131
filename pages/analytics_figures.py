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
_TICKS: Final = 5
Spec: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One row of numbers over a shared axis, with what a pointer is told of each; `alert` asks for a look."""

    label: str
    note: str
    values: Sequence[int]
    hover: Sequence[str]
    alert: bool = False


def plain(text: str) -> str:
    """Make words safe where Plotly would read tags, and show what can't be seen."""
    return html.escape(visible(text), quote=False)


# --- over time ----------------------------------------------------------------------------------------

_PANEL_PX: Final = 66
# The part of a panel's height in which its bars stand; above it stands its name.
_BARS_SHARE: Final = 0.55
_NAME_AT: Final = 0.75
_STACK_PX: Final = 210
_STACK_SHARE: Final = 0.76
_AXIS_PX: Final = 26


def panels(series: Sequence[Series], ticks: Mapping[int, str]) -> Spec:
    """Draw one small chart a series, each from zero to its own highest value, over one axis.

    All are bars of one plot, each row on a line of its own: Plotly takes as long for each plot and trace as
    for hundreds of bars. The first trace is where a pointer finds them, however low they are.
    """
    layout = _layout(_PANEL_PX * len(series) + _AXIS_PX, bottom=_AXIS_PX)
    layout |= {
        "barmode": "overlay",
        "hovermode": "closest",
        "xaxis": _time_axis(ticks, len(series[0].values), "y"),
        "yaxis": {**_PLAIN_AXIS, "range": [len(series), 0]},
    }
    ends = (-0.5, len(series[0].values) - 0.5)
    lines = [(row + 1 - _NAME_AT, plain(one.label), plain(one.note)) for row, one in enumerate(series)]
    return {
        "data": [_cells(series), _rows(series), _floors(ends, len(series)), _words(ends, lines)],
        "layout": layout,
    }


def _cells(series: Sequence[Series]) -> Spec:
    """Give every bar the whole height of its row for a pointer to find."""
    return {
        "type": "bar",
        "x": [place for one in series for place in range(len(one.values))],
        "base": [row for row, one in enumerate(series) for _ in one.values],
        "y": [1 for one in series for _ in one.values],
        "marker": {"color": _NO_COLOUR},
        **_hover([told for one in series for told in one.hover]),
    }


def _rows(series: Sequence[Series]) -> Spec:
    highest = [max(*one.values, 1) for one in series]
    marks = [
        (row, one, place, n) for row, one in enumerate(series) for place, n in enumerate(one.values) if n
    ]
    return {
        "type": "bar",
        "x": [place for _, _, place, _ in marks],
        "base": [row + 1 for row, _, _, _ in marks],
        # Upwards is where the axis goes down.
        "y": [-_BARS_SHARE * n / highest[row] for row, _, _, n in marks],
        "marker": {
            "color": [ALERT if one.alert else CALM for _, one, _, _ in marks],
            "pattern": {**_STRIPES, "shape": ["/" if one.alert else "" for _, one, _, _ in marks]},
            "line": {"width": [int(one.alert) for _, one, _, _ in marks], "color": ALERT},
        },
        "hoverinfo": "skip",
    }


def _floors(ends: tuple[float, float], rows: int) -> Spec:
    """Draw the line of zero under each row."""
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [*ends, None] * rows,
        "y": [place for row in range(1, rows + 1) for place in (row, row, None)],
        "line": {"color": _FAINT, "width": 1},
        "cliponaxis": False,
        "hoverinfo": "skip",
    }


def stacked(series: Sequence[Series], ticks: Mapping[int, str]) -> Spec:
    """Draw series on top of each other on one scale; the first one stands on zero."""
    layout = _layout(_STACK_PX, bottom=_AXIS_PX)
    sums = [sum(values) for values in zip(*(one.values for one in series), strict=True)]
    axis = _value_axis(max(sums) / _STACK_SHARE, (0, 1))
    layout |= {
        "barmode": "stack",
        "hovermode": "closest",
        "xaxis": _time_axis(ticks, len(sums), "y"),
        "yaxis": axis,
    }
    places = [0.86 + 0.1 * (len(series) - 1 - number) for number in range(len(series))]
    lines = [
        (place * axis["range"][1], f"{_sign(one)} {plain(one.label)}", plain(one.note))
        for one, place in zip(series, places, strict=True)
    ]
    return {"data": [*map(_columns, series), _words((-0.5, len(sums) - 0.5), lines)], "layout": layout}


def _sign(one: Series) -> str:
    """Show how its marks look, in their colour."""
    return f'<span style="color:{ALERT if one.alert else CALM}">{"▨" if one.alert else "■"}</span>'


def _columns(one: Series) -> Spec:
    return {
        "type": "bar",
        "x": list(range(len(one.values))),
        # None is no mark: a bar of no height would still draw its outline.
        "y": [value or None for value in one.values],
        "marker": _marker(alert=one.alert),
        **_hover(one.hover),
    }


def _words(edges: tuple[float, float], lines: Sequence[tuple[float, str, str]]) -> Spec:
    """Write lines of two texts each, at the left and at the right edge, at their heights.

    As a trace: Plotly measures each annotation several times over, which took longer than all the rest.
    """
    return {
        "type": "scatter",
        "mode": "text",
        "x": [edge for _ in lines for edge in edges],
        "y": [y for y, _, _ in lines for _ in edges],
        "text": [text for _, *texts in lines for text in texts],
        "textposition": ["middle right", "middle left"] * len(lines),
        "textfont": {"size": _LABEL_PX},
        "cliponaxis": False,
        "hoverinfo": "skip",
    }


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
    shares = [value / highest if highest else 0 for row in strength for value in row]
    cells = {
        "type": "bar",
        "x": [place for one in rows for place in range(len(one.values))],
        "base": [number + 0.04 for number, one in enumerate(rows) for _ in one.values],
        "y": [0.92 for _ in shares],
        "marker": {
            "color": list(map(_tint, shares)),
            "line": {"width": 1, "color": "rgba(128,138,148,0.28)"},
        },
        **_hover([told for one in rows for told in one.hover]),
    }
    return {"data": [cells], "layout": layout}


def _tint(share: float) -> str:
    return f"rgba({_CALM_RGB},{share:.3f})"


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


# Hatched: told apart on paper without colour, and by who does not see it.
_STRIPES: Final[Spec] = {"fillmode": "replace", "size": 5, "solidity": 0.55}
_NO_COLOUR: Final = "rgba(0,0,0,0)"


def _layout(height: int, *, bottom: int = 0, left: int = 0) -> Spec:
    return {
        "height": height,
        "margin": {"l": left, "r": 0, "t": 2, "b": bottom, "pad": 0, "autoexpand": False},
        "showlegend": False,
        "bargap": 0.18,
        "dragmode": False,
        "hovermode": "x",
        "plot_bgcolor": _NO_COLOUR,
        "paper_bgcolor": _NO_COLOUR,
    }


def _marker(*, alert: bool) -> Spec:
    if not alert:
        return {"color": CALM, "line": {"width": 0}}
    return {"color": ALERT, "pattern": {**_STRIPES, "shape": "/"}, "line": {"width": 1, "color": ALERT}}


def _hover(told: Sequence[str]) -> Spec:
    """Tell the pointer the prepared words; a chosen mark stays as it is, and so do the others."""
    return {
        "customdata": [plain(one) for one in told],
        "hovertemplate": "%{customdata}<extra></extra>",
        "selected": {"marker": {"opacity": 1}},
        "unselected": {"marker": {"opacity": 1}},
    }
