"""What can be chosen above the log, and what is: one facet for each filter, one chip for each choice."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final, TypeAlias

from core.log_filter import PRESETS, LogFilter, Span, to_query
from core.outcomes import KINDS_OF, LABELS, Outcome
from core.permissions import Scope
from core.records import KINDS, Class, Kind, classes
from pages import formats
from pages.foreign import visible
from pages.log_address import Clock
from pages.log_words import CLASSES, SIGNS, TONES, reason, reason_groups
from store.log_names import LogNames, Named

Option: TypeAlias = dict[str, object]
Group: TypeAlias = dict[str, object]
SEARCH: Final = "/search"
_SECONDS: Final = 19


def facets(wanted: LogFilter, names: LogNames, scope: Scope, clock: Clock) -> list[dict[str, object]]:
    """Give the controls, each with all that this reader can choose in it."""
    shown = wanted.sites or frozenset(names.sites)
    sites: list[Option] = [{"id": one.id, "name": one.name} for one in names.sites.values()]
    found = [
        {"name": "when", "control": "when", "label": "Time", **_time(wanted.span, clock)},
        _several("site", "Site", "All sites", [_group("", sites)]) if len(sites) > 1 else None,
        _several("door", "Door", "All doors", _placed(names.doors.values(), names, shown)),
        _several("outcome", "Outcome", "Any outcome", [_group("", _outcomes(scope))]),
        _several("kind", "Event", "All events", _kinds(scope)),
        _several("reason", "Reason", "Any reason", _reasons(scope)),
        _several("device", "Device", "All devices", _placed(names.devices.values(), names, shown))
        | {"single": True},
        {"name": "person", "control": "person", "open": bool(scope.names & shown), "search": SEARCH},
    ]
    return [one for one in found if one is not None]


def _several(name: str, label: str, everything: str, groups: list[Group]) -> dict[str, object]:
    return {"name": name, "control": "several", "label": label, "any": everything, "groups": groups}


def _group(title: str, options: list[Option]) -> Group:
    return {"title": title, "options": options}


def _placed(all_: Iterable[Named], names: LogNames, shown: frozenset[str]) -> list[Group]:
    """Group doors or devices by site; what is no more in service comes last."""
    by_site: dict[str, list[Named]] = {site: [] for site in names.sites if site in shown}
    for one in all_:
        if one.site in by_site:
            by_site[one.site].append(one)
    return [
        _group(
            names.sites[site].name if len(by_site) > 1 else "",
            [
                {"id": one.id, "name": visible(one.name), "note": "no more in service" if one.retired else ""}
                for one in sorted(some, key=lambda one: one.retired)
            ],
        )
        for site, some in by_site.items()
        if some
    ]


def _outcomes(scope: Scope) -> list[Option]:
    readable = classes(*scope.classes)
    return [{"id": one.value, "name": LABELS[one]} for one in LABELS if KINDS_OF[one] & readable]


def _kinds(scope: Scope) -> list[Group]:
    by_class: dict[Class, list[Option]] = {one: [] for one in CLASSES if one in scope.classes}
    for info in KINDS.values():
        if info.klass in by_class:
            by_class[info.klass].append(_kind(info.kind))
    return [_group(CLASSES[klass], options) for klass, options in by_class.items()]


def _kind(kind: Kind) -> Option:
    info = KINDS[kind]
    sign, tone = SIGNS[info.severity], TONES.get(info.severity, "")
    return {"id": kind.value, "name": info.label, "sign": sign, "tone": tone}


def _reasons(scope: Scope) -> list[Group]:
    groups = reason_groups(sites=Class.MOVEMENT in scope.classes, operators=Class.OPERATOR in scope.classes)
    return [
        _group(title, [{"id": code, "name": reason(code)[0]} for code in codes]) for title, codes in groups
    ]


def _time(span: Span | None, clock: Clock) -> dict[str, object]:
    presets = [{"id": one.value, "name": words} for one, words in PRESETS.items()]
    given = {"from": span.since, "to": span.until} if span else {}
    ends = {
        name: formats.local(at, clock.zone).isoformat()[:_SECONDS]
        for name, at in given.items()
        if at is not None
    }
    return {"presets": presets, "clock": clock.words, "text": time_words(span, clock), **ends}


def time_words(span: Span | None, clock: Clock) -> str:
    """Say which time a filter wants, on a clock; nothing where it wants any."""
    if span is None:
        return ""
    if span.preset is not None:
        return PRESETS[span.preset]
    write = formats.here().minute
    since = "" if span.since is None else f"from {write(span.since, clock.zone)}"
    until = "" if span.until is None else f"up to {write(span.until, clock.zone)}"
    return " ".join(filter(None, (since, until)))


# --- what is chosen -----------------------------------------------------------------------------------


def chips(
    wanted: LogFilter, names: LogNames, clock: Clock, people: Mapping[str, str]
) -> list[dict[str, str]]:
    """Name each choice; `people` gives the names of the numbers that are known here."""
    query = to_query(wanted)
    said: dict[str, tuple[str, Callable[[str], str]]] = {
        "site": ("Site", lambda one: names.sites[one].name),
        "door": ("Door", lambda one: visible(names.doors[one].name)),
        "outcome": ("Outcome", lambda one: LABELS[Outcome(one)]),
        "kind": ("Event", lambda one: KINDS[Kind(one)].label),
        "reason": ("Reason", lambda one: reason(one)[0]),
        "device": ("Device", lambda one: visible(names.devices[one].name)),
        "person": ("Person", lambda one: visible(people.get(one, one))),
    }
    found = []
    if wanted.span is not None:
        found.append({"name": "when", "value": "", "label": "Time", "text": time_words(wanted.span, clock)})
    for name, (label, words) in said.items():
        values = query.get(name, "").split(",") if name != "person" else [query.get(name, "")]
        found += [{"name": name, "value": one, "label": label, "text": words(one)} for one in values if one]
    return found
