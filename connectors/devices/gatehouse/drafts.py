"""Drafts of the native family: a device's event, a message not understood, a false identity."""

from collections.abc import Mapping
from typing import Final

from connectors.devices.family import Message
from connectors.devices.gatehouse import words
from connectors.masking import last_four, masked_text, masked_word
from core.doors import Mode
from core.errors import BadMessage
from core.leaf import Draft, EventKey, Scalar
from core.model import Device, Door
from core.records import Kind
from core.times import DAY_US, parse_iso_us, plausible_at

KEPT_US: Final = 7 * DAY_US
_KINDS: Final = {kind.value: kind for kind in words.KINDS}
_MODES: Final = frozenset({Mode.NORMAL, Mode.HELD, Mode.LOCKED_DOWN})


def device_time(text: str, received: int) -> int:
    """Read a device's time as µs UTC, or `received` where its clock can't be right; raises BadMessage."""
    try:
        return plausible_at(parse_iso_us(text), received)
    except (ValueError, OverflowError) as error:
        raise BadMessage("bad_time", str(error)) from error


def event_draft(
    message: Message, device: Device, event: words.Event, door: Door | None, *, backfilled: bool = False
) -> Draft:
    """Make the record of an event; raises BadMessage for words that make no sense together."""
    kind = _kind(event)
    reason, unknown = _reason(event)
    return Draft(
        kind=kind,
        received=message.received,
        at=device_time(event.ts, message.received),
        site=device.site,
        door=door.id if door else None,
        device=device.id,
        reason=reason,
        outcome=_outcome(kind, event),
        refs=_refs(event),
        private=_private(event, unknown),
        event_key=EventKey(event.boot, event.seq),
        backfilled=backfilled,
    )


def unmapped(message: Message, device: Device | None, reason: str, key: EventKey | None = None) -> Draft:
    """Record a message that could not be understood; with `key` it takes its place in the sequence.

    Only keys that name a boot leave references: a key of our own makes it count once, no more.
    """
    numbered = key is not None and words.ID.match(key.stream) is not None
    return Draft(
        kind=Kind.FEED_UNMAPPED,
        received=message.received,
        site=device.site if device else None,
        device=device.id if device else None,
        reason=reason,
        refs={"boot": key.stream, "seq": key.number} if key and numbered else {},
        private={"text": masked_text(message.topic, message.payload)},
        event_key=key,
        keep_until=message.received + KEPT_US,
    )


def forged(message: Message, device: Device, reason: str) -> Draft:
    """Record a message that contradicts its topic or the estate.

    It takes no place in the sequence: a false word must not stand where the true one is expected.
    """
    return Draft(
        kind=Kind.FEED_FORGED,
        received=message.received,
        site=device.site,
        device=device.id,
        reason=reason,
        private={"text": masked_text(message.topic, message.payload)},
        keep_until=message.received + KEPT_US,
    )


def salvaged_key(value: Mapping[str, object]) -> EventKey | None:
    """Find boot and seq in an event that is otherwise no good, so that it leaves no false hole."""
    boot, seq = value.get("boot"), value.get("seq")
    if not isinstance(boot, str) or words.ID.match(boot) is None:
        return None
    if not isinstance(seq, int) or isinstance(seq, bool) or not 1 <= seq <= words.LAST_SEQ:
        return None
    return EventKey(boot, seq)


def _kind(event: words.Event) -> Kind:
    kind = _KINDS.get(event.kind)
    if kind is None:
        raise BadMessage("unknown_kind")
    if event.door is None and kind in words.AT_A_DOOR:
        raise BadMessage("wrong_shape", "no door")
    if event.call is None and kind in words.OF_A_CALL:
        raise BadMessage("wrong_shape", "no call")
    if event.mode is None and kind is Kind.DOOR_MODE_CHANGED:
        raise BadMessage("wrong_shape", "no mode")
    return kind


def _reason(event: words.Event) -> tuple[str | None, str | None]:
    """Give a reason of the closed list, and the device's own word where the list has none."""
    if event.reason is None or event.reason in words.REASONS:
        return event.reason, None
    return "other", event.reason


def _outcome(kind: Kind, event: words.Event) -> str | None:
    if kind is not Kind.DOOR_MODE_CHANGED:
        return None
    return event.mode if event.mode in _MODES else str(Mode.UNKNOWN)


def _refs(event: words.Event) -> dict[str, Scalar]:
    refs: dict[str, Scalar] = {"boot": event.boot, "seq": event.seq, "event": event.id}
    return refs if event.call is None else {**refs, "call": event.call}


def _private(event: words.Event, unknown: str | None) -> dict[str, str]:
    private: dict[str, str] = {}
    if event.person is not None:
        private["person"] = event.person
    if event.credential is not None:
        private["credential"] = _credential(event.credential)
    if unknown is not None:
        private["text"] = masked_word(unknown)
    return private


def _credential(shown: words.Credential) -> str:
    kind = shown.type if shown.type in words.CREDENTIALS else "other"
    # A PIN has nothing that may be shown, not even its end.
    masked = "" if kind == "pin" else last_four(shown.masked[:64])
    return f"{kind} {masked}".rstrip()
