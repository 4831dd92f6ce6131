"""What is said of devices, in words: their state, the quality of what comes of them, what they can tell."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final, Literal

from core.capabilities import Answer, Capabilities, Clock, Trust
from core.records import KINDS
from core.times import DAY_US, HOUR_US, MINUTE_US, SECOND_US
from pages import formats, parts
from store.device_views import ClockView, CountView, DeviceView, FloodView, GapCount
from store.folding.counts import DUPLICATE, LIMITED, WENT_BACK

Tone = Literal["alarm", "warning", "calm"]
SIGNS: Final = {"alarm": "◆", "warning": "▲", "calm": "·"}
FORGED: Final = frozenset({"device_mismatch", "site_mismatch"})
# A forgery that is older than this has been seen: it stays counted, and asks for nothing any more.
RECENT_US: Final = DAY_US


@dataclass(frozen=True, slots=True)
class Look:
    """How a condition is shown: the shape that says what the colour says, its word, and what to do."""

    sign: str
    word: str
    tone: Tone
    meaning: str


class Condition(Enum):
    """How a device is, worst first."""

    OFFLINE = Look(
        "◆", "Offline", "alarm", "It said good-bye, or the broker lost it. Check its power and network."
    )
    FAULTY = Look(
        "◆", "Faulty", "alarm", "Its numbering went back, so what it says counts as old. Restart it."
    )
    SILENT = Look("▲", "Silent", "warning", "It was not heard in time. Its doors are shown as unknown.")
    NEVER = Look("?", "Never heard", "warning", "Nothing has come from it yet. Check its topic and account.")
    QUIET = Look("○", "Quiet", "calm", "It has no heartbeat, so nobody can tell whether it is there.")
    HEARD = Look("▪", "Heard", "calm", "It is there.")

    @property
    def look(self) -> Look:
        """How it is shown."""
        return self.value


_RANK: Final = {one: rank for rank, one in enumerate(Condition)}


@dataclass(frozen=True, slots=True)
class Chip:
    """A few words on what comes of a device."""

    text: str
    tone: Tone


def condition(one: DeviceView, now: int) -> Condition:
    """Judge a device's presence at this moment."""
    if one.online is False:
        return Condition.OFFLINE
    if one.fault is not None:
        return Condition.FAULTY
    if not one.heard and one.online is None:
        return Condition.NEVER
    if one.silent or one.stale_at <= now:
        gone = one.silent or one.online or one.heartbeat_s
        return Condition.SILENT if gone else Condition.QUIET
    return Condition.HEARD


def chips(one: DeviceView, now: int, zone: str) -> tuple[Chip, ...]:
    """Say how good what comes of a device is, worst first; nothing where all is well."""
    said = [
        *_forged(one.counts, now),
        *_went_back(one.counts, now),
        *(Chip(limited_since(flood, zone), "warning") for flood in one.floods),
        *_gaps(one.open_gaps),
        *_clock(one.clock),
        *_not_taken(one.counts),
    ]
    return tuple(sorted(said, key=lambda chip: ("alarm", "warning", "calm").index(chip.tone)))


def needs_attention(one: DeviceView, now: int) -> bool:
    """Whether somebody should look at this device."""
    calm = condition(one, now).look.tone == "calm"
    return not calm or any(chip.tone != "calm" for chip in chips(one, now, "UTC"))


def worst_first(devices: Collection[DeviceView], now: int) -> list[DeviceView]:
    """Order devices by how much is wrong with them, then by name."""

    def badness(one: DeviceView) -> tuple[int, int, str, str]:
        state = condition(one, now)
        tones = [chip.tone for chip in chips(one, now, "UTC")]
        troubled = 0 if "alarm" in tones else 1 if "warning" in tones else 2
        there = _RANK[state] if state.look.tone != "calm" else len(_RANK)
        return (there, troubled, one.name.casefold(), one.id)

    return sorted(devices, key=badness)


def summary(devices: Sequence[DeviceView], now: int) -> str:
    """Say in one line how all of them are."""
    states = [condition(one, now) for one in devices]
    heard = f"{states.count(Condition.HEARD)} of {_many(len(states), 'device')} heard"
    others = [
        f"{n} {one.look.word.lower()}" for one in Condition if (n := states.count(one)) and one not in _THERE
    ]
    forged = sum(bool(_forged(one.counts, now)) for one in devices)
    feeds = (
        (sum(bool(one.open_gaps.gaps) for one in devices), "with gaps"),
        (sum(bool(one.floods) for one in devices), "limited"),
        (sum(bool(_clock(one.clock)) for one in devices), "with a wrong clock"),
        (forged, "with forged messages"),
    )
    return "; ".join([", ".join([heard, *others]), *(f"{n} {words}" for n, words in feeds if n)]) + "."


_THERE: Final = {Condition.HEARD}


def _clock(clock: ClockView | None) -> list[Chip]:
    return [Chip(f"clock {offset(clock.offset_us)}", "warning")] if clock and clock.wrong else []


def heard(one: DeviceView, now: int) -> str:
    """Say when a device was last heard."""
    return f"heard {parts.age(now - one.heard)} ago" if one.heard else "never heard"


def offset(us: int) -> str:
    """Write how far a clock is before (+) or behind ours."""
    sign, far = "+" if us >= 0 else "\N{MINUS SIGN}", abs(us)
    if far < MINUTE_US:
        return f"{sign}{formats.here().number(far / SECOND_US, 1)} s"
    if far < HOUR_US:
        return f"{sign}{far // MINUTE_US} min {far % MINUTE_US // SECOND_US:02d} s"
    return f"{sign}{parts.age(far)}"


def limited_since(flood: FloodView, zone: str) -> str:
    """Say since when a device is over a limit, on the clock of its site."""
    return f"limited since {formats.here().clock(flood.since, zone)} ({_number(flood.n)} over)"


def gap_words(gaps: GapCount) -> str:
    """Say how much is missing."""
    count = _many(gaps.gaps, "gap")
    if gaps.endless:
        least = f"{_number(gaps.missing)} or more missing" if gaps.missing else "length not known"
        return f"{count}, {least}"
    return f"{count}, {_number(gaps.missing)} missing"


def _forged(counts: Collection[CountView], now: int) -> list[Chip]:
    false = [count for count in counts if count.reason in FORGED]
    if not false:
        return []
    recent = max(count.last for count in false) > now - RECENT_US
    return [Chip(f"forged {_number(sum(count.n for count in false))}", "alarm" if recent else "calm")]


def _went_back(counts: Collection[CountView], now: int) -> list[Chip]:
    back = next((count for count in counts if count.reason == WENT_BACK), None)
    if back is None:
        return []
    tone: Tone = "warning" if back.last > now - RECENT_US else "calm"
    return [Chip(f"numbering went back {_many(back.n, 'time')}", tone)]


def _gaps(gaps: GapCount) -> list[Chip]:
    return [Chip(gap_words(gaps), "warning")] if gaps.gaps else []


def _not_taken(counts: Collection[CountView]) -> list[Chip]:
    unread = sum(count.n for count in counts if count.reason not in _NOT_UNREAD)
    over = sum(count.n for count in counts if count.reason == LIMITED)
    said = ((unread, "not understood"), (over, "over a limit so far"))
    return [Chip(f"{_number(n)} {words}", "calm") for n, words in said if n]


# Counted beside the messages that were not understood. What came twice is usual for some families.
_NOT_UNREAD: Final = FORGED | {LIMITED, DUPLICATE, WENT_BACK}


def _many(n: int, noun: str) -> str:
    return f"{_number(n)} {noun}" if n == 1 else f"{_number(n)} {noun}s"


def _number(n: int) -> str:
    return formats.here().number(n)


# --- families -----------------------------------------------------------------------------------------

_TRUST: Final = {
    Trust.OWN_ACL: (
        "own account",
        "The broker lets only this device write under its topic, so what comes there is its own word.",
    ),
    Trust.SHARED_GATEWAY: (
        "shared gateway",
        "A gateway speaks for several devices with one account: believe each as far as the gateway.",
    ),
    Trust.ANONYMOUS_BRIDGE: (
        "anonymous bridge",
        "Whoever may write to the bridge's topics can speak as this device: trust it as far as its network.",
    ),
}
_UNKNOWN_TRUST: Final = ("not known", "This console does not know the family, so nobody can say.")
_CLOCKS: Final = {
    Clock.UTC: "It tells UTC.",
    Clock.LOCAL: "It tells local time, read in its zone or its site's.",
    Clock.NONE: "It tells no time: what it says counts from when it came.",
}
_ANSWERS: Final = {
    Answer.ACK: "It answers an unlock by its number: done or refused.",
    Answer.RESULT_NO_ID: "It answers without a number, so an answer could be that of another unlock.",
    Answer.STATE_ONLY: "It gives no answer; the lock's state afterwards is all there is.",
    Answer.NONE: "It gives no answer: an unlock is only sent.",
}


def trust(can: Capabilities | None) -> tuple[str, str]:
    """Say in words how far a family is believed, and what that means."""
    return _TRUST[can.trust] if can else _UNKNOWN_TRUST


def abilities(can: Capabilities) -> tuple[tuple[str, str], ...]:
    """Say in words what a family can tell."""
    return (
        ("Calls", "It tells of calls at the door." if can.call else "It knows no calls."),
        ("Door sensor", _DOOR_SENSOR[can.door_sensor]),
        ("Heartbeat", _HEARTBEAT[can.heartbeat]),
        ("Same event twice", f"Known by {can.dedupe}." if can.dedupe else "Nothing tells them apart."),
        ("Clock", _CLOCKS[can.clock]),
        ("Answer to an unlock", _ANSWERS[can.unlock]),
    )


_DOOR_SENSOR: Final = {
    True: "It can tell whether a door stands open.",
    False: "It can't tell whether a door stands open.",
}
_HEARTBEAT: Final = {
    True: "It speaks regularly, so its silence is noticed.",
    False: "It has none of its own: what asks it regularly, or its will at the broker, tells when it goes.",
}

# --- why a message was not taken ----------------------------------------------------------------------

_REASONS: Final = {
    LIMITED: ("Over a limit", "Understood, but more than a device may send; not recorded one by one."),
    DUPLICATE: (
        "Came twice",
        "Known by its number already, so it was recorded once. Usual for some families.",
    ),
    WENT_BACK: (
        "Numbering went back",
        "Recorded, though its number had been passed. Two devices may share one identity.",
    ),
    "device_mismatch": ("Forged: another device", "It names another device than its topic does."),
    "site_mismatch": ("Forged: another site", "It names another site than its topic does."),
    "not_utf8": ("Not UTF-8", "The bytes are no text."),
    "not_json": ("Not JSON", "The text is not what its family writes."),
    "too_large": ("Too large", "Longer than any honest message."),
    "too_deep": ("Too deep", "Nested deeper than any honest message."),
    "too_many_names": ("Too many names", "More names than any honest message has."),
    "duplicate_name": ("A name twice", "One name twice: nobody can say which value is meant."),
    "not_a_number": ("Not a number", "NaN or infinity where a number is expected."),
    "lone_surrogate": ("Broken character", "Half of a character that has two parts."),
    "nul": ("NUL in text", "A character that no honest text has."),
    "wrong_shape": ("Unexpected shape", "Fields are missing or of another type than its family writes."),
    "unknown_kind": ("Unknown event", "The maker's word is not in our table. It is in the log's detail."),
    "unknown_door": ("Unknown door", "It names a door that the estate does not have for this device."),
    "unknown_topic": ("Unknown topic", "Nobody in the estate speaks there."),
    "unclaimed": ("Not in the estate", "A device that the estate does not name."),
    "unread": (
        "Not read",
        "Large, and from a device over its limit of messages that nobody can read: it was only counted.",
    ),
    "bad_time": ("Impossible time", "Its time can't be read or can't be true."),
    "other": ("Other", "For a reason that is not listed."),
}


def reason(code: str) -> tuple[str, str]:
    """Name a reason for which messages were not taken, and explain it."""
    return _REASONS.get(code, (code.replace("_", " ").capitalize(), ""))


_VERDICTS: Final = {
    LIMITED: "over a limit, not recorded by itself",
    "nothing": "read; there was nothing to record",
    "status": "read as its status",
    "state": "read as the state of a door",
    "call": "read as the state of a call",
    "backfill": "read as records that were missing",
    "answer": "read as an answer to a command",
}


def verdict(said: str) -> str:
    """Say in words what became of a message."""
    return ", ".join(_one_verdict(one) for one in said.split(", "))


def _one_verdict(said: str) -> str:
    name, _, code = said.partition(": ")
    label = next((info.label for kind, info in KINDS.items() if kind.value == name), None)
    if label is None:
        return _VERDICTS.get(said, said)
    return f"{label}: {reason(code)[0]}" if code else f"recorded: {label}"
