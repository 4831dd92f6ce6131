"""One device of /devices, opened: all that is known of it, down to its last messages as they came."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final, TypeAlias
from urllib.parse import urlencode

import streamlit as st

from auth.access import permitted, scope_for
from auth.current import the
from auth.sessions import Actor
from core.permissions import Permission
from core.reports import Word
from pages import device_phrases as phrases
from pages import formats, parts
from pages.foreign import visible
from store.device_details import GapHistory, GapLine, device_gaps, device_words
from store.device_views import DeviceView, ServedDoor
from store.places import Places

Line: TypeAlias = Mapping[str, object]
Term: TypeAlias = Mapping[str, object]
_CLOSED: Final = {None: ("▲", "open"), "filled": ("·", "filled"), "lost": ("◆", "lost")}
_NEVER: Final = "never"


def draw(actor: Actor, one: DeviceView, there: Places, now: int) -> None:
    """Draw what this person may know of this device."""
    site = there.sites.get(one.site)
    zone = site.time_zone if site else "UTC"
    place = site.name if site else one.site
    reads_log = permitted(the().db, actor, Permission.LOG_READ, one.site)
    trusted, _ = phrases.trust(the().families.get(one.family))
    st.title(parts.escaped(visible(one.name)), anchor=False)
    st.text(f"{place} · {one.family}, {trusted}")
    sections = [
        _presence(one, zone, now),
        _quality(one, zone, now),
        _doors(one, reads_log=reads_log),
        _trust(one),
        *_gaps(_history(actor, one), zone),
        *_abilities(one),
    ]
    if permitted(the().db, actor, Permission.ESTATE_MANAGE, one.site):
        scope = scope_for(the().db, actor, Permission.ESTATE_MANAGE)
        sections.append(_words(device_words(the().db, scope, one.id), zone))
    parts.mount("devices", key=f"device-{one.id}", data={"kind": "facts", "sections": sections})


def _history(actor: Actor, one: DeviceView) -> GapHistory:
    held = (scope_for(the().db, actor, right) for right in (Permission.LIVE_VIEW, Permission.LOG_READ))
    scope = next(
        (replace(scope, sites=frozenset({one.site})) for scope in held if one.site in scope.sites), None
    )
    return GapHistory() if scope is None else device_gaps(the().db, scope, one.id)


def _section(title: str, terms: Sequence[Term], *, note: str = "", wide: bool = False) -> dict[str, object]:
    return {"title": title, "note": note, "wide": wide, "terms": list(terms)}


def _term(name: str, *lines: Line | str) -> Term:
    return {"term": name, "lines": [{"text": one} if isinstance(one, str) else one for one in lines]}


# --- presence -----------------------------------------------------------------------------------------


def _presence(one: DeviceView, zone: str, now: int) -> dict[str, object]:
    look = phrases.condition(one, now).look
    state = {"text": look.word, "tone": look.tone, "sign": look.sign, "note": look.meaning}
    heard = f"{parts.age(now - one.heard)} ago, {_stamp(one.heard, zone)}" if one.heard else _NEVER
    terms = [
        _term("State", state),
        _term("Since", _stamp(one.since, zone) if one.since else _NEVER),
        _term("Last heard", heard),
        _term("Heartbeat", _heartbeat(one)),
        _term("Last record", _last(one, zone)),
        _term("Firmware", visible(one.firmware) if one.firmware else "not told"),
        _term("Id", one.id),
    ]
    if one.topic:
        terms.append(_term("Topic", {"text": visible(one.topic), "mono": True}))
    if one.serial:
        terms.append(_term("Serial", {"text": visible(one.serial), "mono": True}))
    return _section("Presence", terms)


def _heartbeat(one: DeviceView) -> str:
    if not one.heartbeat_s:
        return "none expected"
    return f"every {one.heartbeat_s} s; silent after {3 * one.heartbeat_s} s"


def _last(one: DeviceView, zone: str) -> Line | str:
    if one.last is None:
        return "none lately"
    return {"text": one.last.label, "note": f"{_stamp(one.last.received, zone)}, No. {_number(one.last.id)}"}


# --- what comes of it ---------------------------------------------------------------------------------


def _quality(one: DeviceView, zone: str, now: int) -> dict[str, object]:
    chips: list[Line | str] = [
        {"text": chip.text, "tone": chip.tone, "sign": phrases.SIGNS[chip.tone]}
        for chip in phrases.chips(one, now, zone)
    ]
    terms = [_term("Now", *(chips or ["All that came was understood, and nothing is missing."]))]
    terms.append(_term("Clock", _clock(one, now)))
    counts = sorted(one.counts, key=lambda count: -count.n)
    terms += [reason_term(count.reason, count.n, f"last {_stamp(count.last, zone)}") for count in counts]
    return _section("Feed", terms, note="Messages that were not taken as they came are counted by reason.")


def reason_term(code: str, n: int, when: str) -> Term:
    """Write a count with its reason and what that means."""
    name, meaning = phrases.reason(code)
    return _term(name, {"text": f"{_number(n)}, {when}", "note": meaning})


def _clock(one: DeviceView, now: int) -> Line | str:
    if one.clock is None:
        return "It has told no time yet."
    note = f"measured {parts.age(now - one.clock.at)} ago, device time minus ours"
    if one.clock.wrong:
        note += ". Set its clock: more than 2 s is too much. Records keep both times."
    tone = "warning" if one.clock.wrong else "calm"
    return {
        "text": phrases.offset(one.clock.offset_us),
        "tone": tone,
        "sign": phrases.SIGNS[tone],
        "note": note,
    }


def _gaps(history: GapHistory, zone: str) -> list[dict[str, object]]:
    if not history.lines:
        return []
    so_far = f"{_number(history.filled)} filled, {_number(history.lost)} lost so far."
    note = f"{so_far} A device that keeps its events is asked again."
    return [_section("Missing records", [_gap(line, zone) for line in history.lines], note=note)]


def _gap(line: GapLine, zone: str) -> Term:
    sign, word = _CLOSED[line.closed]
    last = "its end" if line.last is None else str(line.last)
    missing = "length not known" if line.missing is None else f"{_number(line.missing)} records"
    lost = f", {_number(line.lost)} of them lost" if line.lost else ""
    text = f"{word}: {missing}{lost}"
    note = f"number {line.first} to {last} of boot {visible(line.boot)}"
    tone = {"open": "warning", "lost": "alarm"}.get(word, "calm")
    return _term(_stamp(line.opened, zone), {"text": text, "tone": tone, "sign": sign, "note": note})


# --- what hangs on it ---------------------------------------------------------------------------------


def _doors(one: DeviceView, *, reads_log: bool) -> dict[str, object]:
    terms = [_term(visible(door.name), _door(one, door, reads_log=reads_log)) for door in one.doors]
    if reads_log:
        site = urlencode({"site": one.site})
        terms.append(_term("Log", {"text": "All records of its site", "href": f"/log?{site}"}))
    note = "" if one.doors else "It serves no door, so nothing of it is on a wall."
    return _section("Doors", terms, note=note)


def _door(one: DeviceView, door: ServedDoor, *, reads_log: bool) -> Line:
    note = f"number {visible(door.number)}{'' if door.sensor else ', no sensor'}"
    if not reads_log:
        return {"text": door.id, "note": note}
    where = urlencode({"site": one.site, "door": door.id})
    return {"text": "Its records", "href": f"/log?{where}", "note": note}


def _trust(one: DeviceView) -> dict[str, object]:
    name, meaning = phrases.trust(the().families.get(one.family))
    terms = [_term("Family", one.family), _term("Vouched for by", {"text": name, "note": meaning})]
    return _section("Trust", terms)


def _abilities(one: DeviceView) -> list[dict[str, object]]:
    can = the().families.get(one.family)
    if can is None:
        return []
    return [_section("What it can tell", [_term(name, words) for name, words in phrases.abilities(can)])]


# --- as it came ---------------------------------------------------------------------------------------


def _words(words: Sequence[Word], zone: str) -> dict[str, object]:
    note = "As they came, newest first; numbers of four digits or more and secrets are masked."
    if not words:
        note = "Nothing is kept. What it says next appears here, masked, for thirty days."
    return _section("Last messages", [_word(word, zone) for word in words], note=note, wide=True)


def _word(word: Word, zone: str) -> Term:
    topic = {"text": visible(word.topic), "mono": True}
    payload = word.text.removeprefix(f"{word.topic}: ")
    text = {"text": visible(payload), "mono": True}
    return _term(_stamp(word.at, zone), topic, text, {"note": phrases.verdict(word.verdict), "text": ""})


def _stamp(us: int, zone: str) -> str:
    return formats.here().stamp(us, zone)


def _number(n: int) -> str:
    return formats.here().number(n)
