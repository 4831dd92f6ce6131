"""What is wrong, in words that somebody at a reception can read out on the phone: pure, drawn by /health.

Each trouble says what it means for the person at the desk and what that person can do about it; how a part is
inside stands further down the page.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from core.times import MINUTE_US
from pages import device_phrases as phrases
from pages.device_phrases import Condition, Tone
from pages.disk import level_of
from pages.foreign import visible
from store.device_views import DeviceView
from store.touch import Part, PartState
from store.views import SiteView

_RANK: Final[Mapping[Tone, int]] = {"alarm": 0, "warning": 1, "calm": 2}
_MOST_LINES: Final = 6
# A part that has just been started is no trouble yet.
_STARTS_IN_US: Final = 2 * MINUTE_US
_AWAY: Final = (Condition.OFFLINE, Condition.FAULTY, Condition.SILENT)
_CALL: Final = "If it stays, call and read this out."
_WAIT: Final = "Wait a minute: it is started again by itself."


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """One thing that is wrong, since when (µs UTC; 0: nobody knows), and what to do, step by step.

    `lines` name devices, one each; `site` is where, None for Gatehouse as a whole.
    """

    key: str
    tone: Tone
    title: str
    meaning: str
    steps: tuple[str, ...]
    since: int = 0
    lines: tuple[str, ...] = ()
    site: str | None = None


@dataclass(frozen=True, slots=True)
class _Words:
    tone: Tone
    title: str
    meaning: str
    steps: tuple[str, ...]


_DOWN: Final = {
    "ingest": _Words(
        "alarm",
        "Nothing new is shown or recorded",
        "Doors, readers and intercoms go on working by themselves, but what happens there does not come "
        "here. Do not rely on the live wall: send somebody to look where it matters.",
        (_WAIT, _CALL),
    ),
    "broker": _Words(
        "alarm",
        "The devices can't reach Gatehouse",
        "Doors, readers and intercoms go on working by themselves. Devices keep what happens until the "
        "message broker is back; until then the live wall shows doors as unknown.",
        (_WAIT, _CALL),
    ),
    "supervisor": _Words(
        "warning",
        "Nothing that stops would be started again",
        "What runs goes on running. But the program that looks after the others is gone.",
        ("Call and read this out: gatehouse.py run must be started again.",),
    ),
    "store": _Words(
        "calm",
        "Nobody measures the disk",
        "Records are kept on a disk that is measured by the part Ingest, which is down as well.",
        ("See what is said about new records first.",),
    ),
    "ledger": _Words(
        "alarm",
        "Nothing is sealed, and no door can be opened from here",
        "What happens goes on being recorded. But nobody could show later that records which are not sealed "
        "were not changed, so unlocking and exports are refused.",
        (_WAIT, "If it stays, call at once and read this out. docs/ledger.md tells what may be behind it."),
    ),
    "web": _Words(
        "warning",
        "This console is slow to answer",
        "It has not reported for a while, though you can see this page. What it shows may be old.",
        ("Load this page again.", _CALL),
    ),
    "simulator": _Words(
        "warning",
        "The devices of the demo have stopped",
        "Nothing happens at the doors of the demo until they play again.",
        (_WAIT, "If it stays, start the demo again."),
    ),
}
_LATE: Final = _Words(
    "warning",
    "What happens is shown late",
    "More comes in than can be stored at once. Nothing is lost, but the live wall and the log are behind.",
    ("Wait: it catches up by itself.", "If it takes more than ten minutes, call and read this out."),
)
_DAMAGED: Final = _Words(
    "alarm",
    "The log is not what was sealed",
    "Somebody or something has changed what was recorded before. Do not rely on old records until it is "
    "known what happened; new ones are recorded and sealed, and doors can be opened as before.",
    (
        "Change nothing, and restart nothing.",
        "Call at once and read this out: gatehouse.py verify --log tells what it is (docs/ledger.md).",
    ),
)
_LIMITED: Final = _Words(
    "calm",
    "A device sends more than it may",
    "The rest of what it sends is counted instead of recorded. What others send is not delayed by it.",
    ("Nothing is to be done at once. The page Devices names it to those who look after it.",),
)


def of_part(name: str, title: str, part: Part | None, now: int) -> Trouble | None:
    """Say what is wrong with a part of Gatehouse, None if nothing is; `part` is None if it never reported."""
    state = part.judged(now) if part else PartState.DOWN
    info = part.info if part else {}
    level = level_of(info)
    since = part.since if part and not part.silent(now) else part.at if part else 0
    if name == "store" and level is not None:
        tone: Tone = "alarm" if level.urgent else "warning"
        words = _Words(tone, level.title, level.remedy, ("Call and read this out.",))
    elif state is PartState.DOWN:
        words = _down(name, title, info)
    elif state is PartState.DEGRADED:
        words = _degraded(title, info)
    elif state is PartState.STARTING and now - since > _STARTS_IN_US:
        words = _not_well(title, "does not get started", info)
    else:
        return None
    return Trouble(
        key=f"part-{name}",
        tone=words.tone,
        title=words.title,
        meaning=words.meaning,
        steps=words.steps,
        since=since,
    )


def _down(name: str, title: str, info: Mapping[str, str | int]) -> _Words:
    words = _DOWN.get(name) or _not_well(title, "does not run", info)
    said = str(info.get("trouble", ""))
    return replace(words, meaning=f"{words.meaning} It says: {visible(said)}.") if said else words


def _degraded(title: str, info: Mapping[str, str | int]) -> _Words:
    if info.get("waiting"):
        return _LATE
    if damage := str(info.get("damage", "")):
        return replace(_DAMAGED, meaning=f"{_DAMAGED.meaning} What was found: {visible(damage)}.")
    return _LIMITED if info.get("limited") else _not_well(title, "does not run well", info)


def _not_well(title: str, how: str, info: Mapping[str, str | int]) -> _Words:
    cause = str(info.get("cause") or info.get("trouble") or "")
    meaning = f"The part {title} {how}{f': {cause}' if cause else ''}. Most of Gatehouse may still work."
    return _Words("warning", f"{title} {how}", meaning, (_WAIT, _CALL))


# --- devices ------------------------------------------------------------------------------------------


def of_devices(devices: Iterable[DeviceView], sites: Mapping[str, SiteView], now: int) -> Iterator[Trouble]:
    """Say what is wrong with devices, at most three things a site."""
    by_site: dict[str, list[DeviceView]] = {}
    for one in devices:
        by_site.setdefault(one.site, []).append(one)
    for name, site in sites.items():
        here = by_site.get(name, [])
        found = (_away(site, here, now), _not_whole(site, here, now), _never(site, here, now))
        yield from (one for one in found if one is not None)


def _away(site: SiteView, here: Collection[DeviceView], now: int) -> Trouble | None:
    gone = [one for one in phrases.worst_first(here, now) if phrases.condition(one, now) in _AWAY]
    if not gone:
        return None
    every = len(gone) == len(here) > 1
    first = "Ask whether power and network are there: nothing is heard from the whole site." if every else ""
    which = "no device is heard" if every else f"{_many(len(gone), 'device is', 'devices are')} not heard"
    return Trouble(
        key=f"away-{site.id}",
        tone="alarm"
        if every or any(phrases.condition(one, now).look.tone == "alarm" for one in gone)
        else "warning",
        title=f"{visible(site.name)}: {which}",
        meaning="What happens at their doors does not come here, and the wall shows those doors as unknown. "
        "The doors themselves go on working as they are set.",
        steps=tuple(
            step for step in (first, "Check that each has power and its network cable.", _CALL) if step
        ),
        since=min(filter(None, (_gone_since(one) for one in gone)), default=0),
        lines=_lines(f"{visible(one.name)}: {phrases.condition(one, now).look.word.lower()}" for one in gone),
        site=site.id,
    )


def _gone_since(one: DeviceView) -> int:
    return one.since if one.online is False or one.silent or one.fault else one.stale_at


def _not_whole(site: SiteView, here: Collection[DeviceView], now: int) -> Trouble | None:
    found = [
        (one, chips)
        for one in phrases.worst_first(here, now)
        if (chips := [chip for chip in phrases.chips(one, now, site.time_zone) if chip.tone != "calm"])
    ]
    if not found:
        return None
    forged = any(chip.tone == "alarm" for _, chips in found for chip in chips)
    meaning = (
        "Records of these devices are missing, late or have a wrong time. What they tell counts with care."
    )
    if forged:
        meaning = (
            "Somebody or something speaks in the name of a device. "
            "Do not trust what the wall says of its doors."
        )
    return Trouble(
        key=f"feed-{site.id}",
        tone="alarm" if forged else "warning",
        title=f"{visible(site.name)}: what comes from {_many(len(found), 'device', 'devices')} is not whole",
        meaning=meaning,
        steps=("Call at once and read this out." if forged else "Tell whoever looks after the devices.",),
        lines=_lines(
            f"{visible(one.name)}: {', '.join(chip.text for chip in chips)}" for one, chips in found
        ),
        site=site.id,
    )


def _never(site: SiteView, here: Collection[DeviceView], now: int) -> Trouble | None:
    silent = [one for one in here if phrases.condition(one, now) is Condition.NEVER]
    if not silent:
        return None
    return Trouble(
        key=f"never-{site.id}",
        tone="calm",
        title=f"{visible(site.name)}: {_many(len(silent), 'device was', 'devices were')} never heard",
        meaning="They are planned here, but nothing has ever come from them. Perhaps they are not there yet.",
        steps=("Nothing is to be done at once. Tell whoever looks after the devices.",),
        lines=_lines(visible(one.name) for one in silent),
        site=site.id,
    )


def _lines(said: Iterable[str]) -> tuple[str, ...]:
    every = list(said)
    more = len(every) - _MOST_LINES
    return (*every[:_MOST_LINES], *([f"and {_many(more, 'other', 'others')}"] if more > 0 else []))


def _many(n: int, one: str, several: str) -> str:
    return f"{n} {one if n == 1 else several}"


# --- all of it ----------------------------------------------------------------------------------------


def worst_first(found: Iterable[Trouble]) -> list[Trouble]:
    """Order troubles by how bad they are, Gatehouse itself before its sites, then the oldest first."""
    return sorted(found, key=lambda one: (_RANK[one.tone], one.site is not None, one.since, one.title))


def verdict(found: Collection[Trouble]) -> str:
    """Say in one sentence how things are."""
    wrong = sum(one.tone != "calm" for one in found)
    if wrong:
        return f"{_many(wrong, 'thing is', 'things are')} wrong."
    return "Everything works." if not found else "Everything works; there is something to know."
