"""Rankings: the busiest doors, why people were turned away, doors held and forced, devices that were away."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, TypeAlias

from core.log_filter import NO_REASON, LogFilter, to_query
from core.records import Kind
from pages import parts
from pages.analytics_frame import Bar, Chart, Column, Frame, Line, Table
from pages.log_words import reason as reason_words
from store.analytics import MOVEMENTS, Place
from store.analytics_devices import DeviceTime

_SHOWN: Final = 10
_Counts: TypeAlias = Mapping[Kind, int]
_ABSENCE: Final = frozenset({Kind.DEVICE_OFFLINE, Kind.DEVICE_SILENT, Kind.DEVICE_ONLINE})
_HOW_LONG: Final = "How long each was away, and in how much of the time it was there."
_TRIES: Final = (Kind.ACCESS_GRANTED, Kind.ACCESS_DENIED, Kind.ACCESS_DURESS)
_ALARMS: Final = (Kind.DOOR_FORCED_OPEN, Kind.DOOR_HELD_OPEN)


# --- doors --------------------------------------------------------------------------------------------


def busiest(frame: Frame) -> Chart:
    """Rank doors by how many came and went there."""
    title = "Busiest doors"
    ranked = _ranked(frame.figures.doors, MOVEMENTS)
    if not ranked:
        return Chart(key="doors", title=title, finding="Nobody came or went in these days.")
    total = sum(n for _, n in ranked)
    first, most = ranked[0]
    shown = ranked[:_SHOWN]
    bars = [
        Bar(label=frame.door(place), note=frame.number(n), opens=_at_door(frame, place, MOVEMENTS), calm=n)
        for place, n in shown
    ]
    return Chart(
        key="doors",
        title=title,
        finding=f"{frame.door(first)} has {frame.part(most, total)} of "
        f"{frame.count(total, 'movement', 'movements')}.",
        note=_more(frame, len(ranked), "doors"),
        bars=bars,
        table=_door_table(frame, [place for place, _ in ranked], (*_TRIES, Kind.EXIT_REQUESTED)),
    )


def _at_door(frame: Frame, place: Place, kinds: frozenset[Kind] = frozenset()) -> LogFilter:
    site, door = place
    return frame.opening(LogFilter(doors=frozenset({door}), kinds=kinds), site=site)


def _ranked(doors: Mapping[Place, _Counts], kinds: Iterable[Kind]) -> list[tuple[Place, int]]:
    sums = {place: sum(counts.get(kind, 0) for kind in kinds) for place, counts in doors.items()}
    return sorted(((place, n) for place, n in sums.items() if n), key=lambda one: (-one[1], one[0]))


def _more(frame: Frame, found: int, things: str) -> str:
    return (
        f"The first {_SHOWN} of {frame.number(found)} {things}; the table has all." if found > _SHOWN else ""
    )


_NAMES: Final = {
    Kind.ACCESS_GRANTED: "Granted",
    Kind.ACCESS_DENIED: "Denied",
    Kind.ACCESS_DURESS: "Duress",
    Kind.EXIT_REQUESTED: "Exit",
    Kind.DOOR_FORCED_OPEN: "◆ Forced",
    Kind.DOOR_HELD_OPEN: "▲ Held",
}


def _door_table(frame: Frame, places: Sequence[Place], kinds: Sequence[Kind]) -> Table:
    columns = [Column(label=_NAMES[kind], query=_kind(kind)) for kind in kinds]
    lines = [
        Line(
            label=frame.door(place),
            query=to_query(_at_door(frame, place)),
            cells=[frame.number(frame.figures.doors[place].get(kind, 0)) for kind in kinds],
        )
        for place in places
    ]
    return Table(first="Door", columns=columns, lines=lines)


def _kind(kind: Kind) -> Mapping[str, str]:
    return to_query(LogFilter(kinds=frozenset({kind})))


# --- denials ------------------------------------------------------------------------------------------


def denials(frame: Frame) -> Chart:
    """Rank the reasons why people were turned away."""
    title = "Access denied, by reason"
    ranked = sorted(frame.figures.reasons.items(), key=lambda one: (-one[1], one[0]))
    denied, tries = frame.figures.of(Kind.ACCESS_DENIED), sum(frame.figures.of(kind) for kind in _TRIES)
    if not denied:
        return Chart(key="denials", title=title, finding="Nobody was turned away in these days.")
    bars = [
        Bar(
            label=_reason(code),
            note=f"{frame.number(n)} · {frame.part(n, denied)}",
            opens=_denied(frame, code),
            calm=n,
        )
        for code, n in ranked[:_SHOWN]
    ]
    return Chart(
        key="denials",
        title=title,
        finding=f"{frame.number(denied)} of {frame.count(tries, 'try was', 'tries were')} turned away "
        f"({frame.part(denied, tries)}).",
        note=_more(frame, len(ranked), "reasons"),
        bars=bars,
        table=Table(
            first="Reason",
            columns=[Column(label="Denied", query=_kind(Kind.ACCESS_DENIED))],
            lines=[_reason_line(frame, code, n) for code, n in ranked],
            query=frame.whole,
        ),
    )


def _reason(code: str) -> str:
    return reason_words(code or NO_REASON)[0]


def _denied(frame: Frame, code: str) -> LogFilter:
    return frame.opening(_denials(code))


def _reason_line(frame: Frame, code: str, n: int) -> Line:
    return Line(label=_reason(code), query=to_query(_denials(code)), cells=[frame.number(n)])


def _denials(code: str) -> LogFilter:
    return LogFilter(kinds=frozenset({Kind.ACCESS_DENIED}), reasons=frozenset({code or NO_REASON}))


# --- held and forced ----------------------------------------------------------------------------------


def held_and_forced(frame: Frame) -> Chart:
    """Rank doors by how often they were forced or held open."""
    title = "Doors forced and held open"
    ranked = _ranked(frame.figures.doors, _ALARMS)
    if not ranked:
        return Chart(key="alarms", title=title, finding="No door was forced or held open in these days.")
    forced, held = (frame.figures.of(kind) for kind in _ALARMS)
    shown = ranked[:_SHOWN]
    return Chart(
        key="alarms",
        title=title,
        finding=f"{_times(frame, forced)} forced, {_times(frame, held)} held open.",
        note=" ".join(("▨ forced, ■ held open.", _more(frame, len(ranked), "doors"))).strip(),
        bars=[_alarm_bar(frame, place) for place, _ in shown],
        table=_door_table(frame, [place for place, _ in ranked], _ALARMS),
    )


def _times(frame: Frame, n: int) -> str:
    return frame.count(n, "time", "times")


def _alarm_bar(frame: Frame, place: Place) -> Bar:
    forced, held = (frame.figures.doors[place].get(kind, 0) for kind in _ALARMS)
    said = [f"{frame.number(n)} {word}" for n, word in ((forced, "forced"), (held, "held")) if n]
    return Bar(
        label=frame.door(place),
        note=", ".join(said),
        opens=_at_door(frame, place, frozenset(_ALARMS)),
        calm=held,
        alert=forced,
    )


# --- devices ------------------------------------------------------------------------------------------


def devices(frame: Frame) -> Chart:
    """Rank devices by how long they were away."""
    title = "Device availability"
    known = [one for one in frame.figures.devices if one.known_us]
    if not known:
        return Chart(key="devices", title=title, finding="No device has been heard in these days.")
    away = sorted((one for one in known if one.away_us), key=lambda one: (-one.away_us, one.id))
    share = sum(one.away_us for one in known) / sum(one.known_us for one in known)
    always = len(known) - len(away)
    finding = f"{frame.count(always, 'device', 'devices') if always else 'No device'} of "
    finding += (
        f"{frame.number(len(known))} {'were' if always > 1 else 'was'} always there; together they were "
    )
    finding += f"there {frame.formats.percent(1 - share, 2)} of the time."
    table = _device_table(frame, [*away, *(one for one in known if not one.away_us)])
    if not away:
        finding = f"{_all(frame, len(known))} always there."
        return Chart(key="devices", title=title, finding=finding, table=table)
    return Chart(
        key="devices",
        title=title,
        finding=finding,
        note=" ".join(filter(None, (_HOW_LONG, _since(frame), _more(frame, len(away), "devices")))),
        bars=[_device_bar(frame, one) for one in away[:_SHOWN]],
        table=table,
    )


def _all(frame: Frame, n: int) -> str:
    return "The one device was" if n == 1 else f"All {frame.number(n)} devices were"


def _since(frame: Frame) -> str:
    never = sum(not one.known_us for one in frame.figures.devices)
    if not never:
        return ""
    return f"{frame.count(never, 'device has', 'devices have')} never been heard and are not counted."


def _of_device(frame: Frame, one: DeviceTime) -> LogFilter:
    return frame.opening(LogFilter(device=one.id, kinds=_ABSENCE), site=one.site)


def _device_bar(frame: Frame, one: DeviceTime) -> Bar:
    return Bar(
        label=frame.at(one.name, one.site),
        note=f"{_away(one)} · {_share(frame, one)}",
        opens=_of_device(frame, one),
        alert=one.away_us,
    )


def _away(one: DeviceTime) -> str:
    return f"{parts.age(one.away_us)}{', still is' if one.away_now else ''}"


def _share(frame: Frame, one: DeviceTime) -> str:
    # Rounded down: who was away at all was not there all the time.
    return frame.formats.percent(int(one.share * 10_000) / 10_000, 2)


def _device_table(frame: Frame, every: Sequence[DeviceTime]) -> Table:
    lines = [
        Line(
            label=frame.at(one.name, one.site),
            query=to_query(_of_device(frame, one)),
            cells=[
                _away(one) if one.away_us else "never",
                _share(frame, one),
                parts.age(one.known_us),
            ],
        )
        for one in every
    ]
    columns = [Column(label="Away"), Column(label="There"), Column(label="Of")]
    return Table(first="Device", columns=columns, lines=lines)
