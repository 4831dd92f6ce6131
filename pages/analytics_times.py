"""Charts over time: records by day and kind, calls answered and missed."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

from core.log_filter import LogFilter, to_query
from core.records import KINDS, Kind
from pages.analytics_figures import Series, panels, spread, stacked
from pages.analytics_frame import Chart, Column, Frame, Line, Table
from pages.log_words import SIGNS, TONES

_SHOWN: Final = 9
_Row: TypeAlias = tuple[str, frozenset[Kind]]


# --- records ------------------------------------------------------------------------------------------


def records(frame: Frame) -> Chart:
    """Count every record by its kind over time: the most frequent ones each, all others together."""
    rows = _rows(frame)
    total = frame.figures.total
    finding = frame.count(total, "record", "records")
    if frame.days.count > 1:
        finding += f", {frame.average(total / frame.days.count)} a day on average"
    return Chart(
        key="records",
        title=f"Records by {frame.unit} and kind",
        finding=f"{finding}.",
        drawn=f"Bars by {frame.unit}, a row for each kind of record",
        note="Each row has a scale of its own, from zero to the number at its right." + _parts(frame),
        figure=panels([_series(frame, *row) for row in rows], _ticks(frame)),
        opens=[[one for _, kinds in rows for one in _openings(frame, kinds, _values(frame, kinds))]],
        table=_over_time(frame, rows),
    )


def _parts(frame: Frame) -> str:
    return " The first and the last week may be parts of one." if frame.unit == "week" else ""


def _rows(frame: Frame) -> list[_Row]:
    sums: Counter[Kind] = Counter()
    for (_, kind), n in frame.figures.times.items():
        sums[kind] += n
    often = [kind for kind, _ in sums.most_common(_SHOWN)]
    others = frozenset(sums) - frozenset(often)
    rows = [(_label(kind), frozenset({kind})) for kind in sorted(often, key=lambda one: KINDS[one].code)]
    if len(others) == 1:
        rows += [(_label(kind), others) for kind in others]
    elif others:
        rows.append((f"{len(others)} other kinds", others))
    return rows


def _label(kind: Kind) -> str:
    info = KINDS[kind]
    return f"{SIGNS[info.severity]} {info.label}" if info.severity in TONES else info.label


def _values(frame: Frame, kinds: frozenset[Kind]) -> list[int]:
    times = frame.figures.times
    return [sum(times.get((key, kind), 0) for key in one.keys for kind in kinds) for one in frame.bins]


def _series(frame: Frame, label: str, kinds: frozenset[Kind]) -> Series:
    values = _values(frame, kinds)
    return Series(
        label=f"{label}  {frame.number(sum(values))}",
        note=f"{frame.number(max(values))}",
        values=values,
        hover=[f"{one.name} · {label}: {frame.number(n)}" for one, n in zip(frame.bins, values, strict=True)],
        alert=any(KINDS[kind].severity in TONES for kind in kinds) and len(kinds) == 1,
    )


def _openings(frame: Frame, kinds: frozenset[Kind], values: Sequence[int]) -> list[LogFilter | None]:
    """Give what each bar opens: nothing where nothing was."""
    return [
        frame.opening(LogFilter(kinds=kinds, span=one.span)) if n else None
        for one, n in zip(frame.bins, values, strict=True)
    ]


def _ticks(frame: Frame) -> Mapping[int, str]:
    return spread([one.label for one in frame.bins])


def _over_time(frame: Frame, rows: Sequence[_Row]) -> Table:
    columns = [Column(label=label, query=to_query(LogFilter(kinds=kinds))) for label, kinds in rows]
    found = [_values(frame, kinds) for _, kinds in rows]
    lines = [
        Line(
            label=one.name,
            query=to_query(LogFilter(span=one.span)),
            cells=[frame.number(values[number]) for values in found],
        )
        for number, one in enumerate(frame.bins)
    ]
    return Table(first=frame.unit.capitalize(), columns=columns, lines=lines, query=frame.base)


# --- calls --------------------------------------------------------------------------------------------


def calls(frame: Frame) -> Chart:
    """Count the calls that were answered and those that nobody took."""
    answered, missed = frame.figures.of(Kind.CALL_ANSWERED), frame.figures.of(Kind.CALL_MISSED)
    title = "Calls answered and missed"
    if not answered + missed:
        return Chart(key="calls", title=title, finding="Nobody rang in these days.")
    share = frame.part(missed, answered + missed)
    rows = [(_label(kind), frozenset({kind})) for kind in (Kind.CALL_MISSED, Kind.CALL_ANSWERED)]
    series = [_call_series(frame, kinds, alert=not number) for number, (_, kinds) in enumerate(rows)]
    return Chart(
        key="calls",
        title=title,
        finding=f"{frame.number(missed)} of {frame.count(answered + missed, 'call was', 'calls were')} "
        f"missed ({share}).",
        drawn=f"Stacked bars by {frame.unit}: missed calls at the bottom, answered ones above",
        note=f"At most {frame.number(_highest(series))} in one {frame.unit}." + _parts(frame),
        figure=stacked(series, _ticks(frame)),
        opens=[_openings(frame, kinds, one.values) for (_, kinds), one in zip(rows, series, strict=True)],
        table=_over_time(frame, rows),
    )


def _call_series(frame: Frame, kinds: frozenset[Kind], *, alert: bool) -> Series:
    (kind,) = kinds
    values = _values(frame, kinds)
    word = "missed" if alert else "answered"
    return Series(
        label=f"{word}  {frame.number(sum(values))}",
        note="",
        values=values,
        hover=[
            f"{one.name} · {KINDS[kind].label}: {frame.number(n)}"
            for one, n in zip(frame.bins, values, strict=True)
        ],
        alert=alert,
    )


def _highest(series: Sequence[Series]) -> int:
    return max(map(sum, zip(*(one.values for one in series), strict=True)))
