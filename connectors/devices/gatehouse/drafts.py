"""Drafts of the native family: a device's event, and a message not understood at its number."""

from collections.abc import Mapping
from typing import Final

from connectors.devices import common
from connectors.devices.common import told_us
from connectors.devices.family import Message
from connectors.devices.gatehouse import words
from connectors.masking import last_four, masked_word, plain_words
from core.doors import Mode
from core.errors import BadMessage
from core.leaf import Draft, EventKey, Scalar
from core.model import Device, Door
from core.records import DEVICE_REASONS, Kind
from core.times import plausible_at

_KINDS: Final = {kind.value: kind for kind in words.KINDS}
_MODES: Final = frozenset({Mode.NORMAL, Mode.HELD, Mode.LOCKED_DOWN})


def event_draft(
    message: Message, device: Device, event: words.Event, door: Door | None, *, backfilled: bool = False
) -> Draft:
    """Make the record of an event; raises BadMessage for words that make no sense together."""
    kind = _kind(event)
    reason, unknown = _reason(event)
    told = told_us(event.ts)
    return Draft(
        kind=kind,
        received=message.received,
        at=plausible_at(told, message.received),
        site=device.site,
        door=door.id if door else None,
        device=device.id,
        reason=reason,
        outcome=_outcome(kind, event),
        refs=_refs(event),
        private=plain_words(_private(event, unknown)),
        event_key=EventKey(event.boot, event.seq),
        backfilled=backfilled,
        told=told,
    )


def unmapped(message: Message, device: Device | None, reason: str, key: EventKey | None = None) -> Draft:
    """Record a message that could not be understood; with `key` it takes its place in the sequence.

    Only keys that name a boot leave references: a key of our own makes it count once, no more.
    """
    numbered = key is not None and words.ID.match(key.stream) is not None
    refs: dict[str, Scalar] = {"boot": key.stream, "seq": key.number} if key and numbered else {}
    return common.unmapped(message, device, reason, key, refs=refs)


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
    if event.reason is None or event.reason in DEVICE_REASONS:
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
