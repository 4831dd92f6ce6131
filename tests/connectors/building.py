"""A small estate and good payloads of the native family for the tests of connectors."""

import json
from typing import Final, TypeVar

from connectors.devices import Message, read
from core.model import Device, Door, Estate, Site
from core.reports import Item
from core.times import parse_iso_us

NOW: Final = parse_iso_us("2026-11-23T15:11:46Z")
AT: Final = parse_iso_us("2026-11-23T15:11:45.123Z")
BOOT: Final = "01KAPQYXE0ABCDEFGHJKMNPQRS"
NEXT_BOOT: Final = "01KAPQYXE1ABCDEFGHJKMNPQRS"
CALL: Final = "01KAPQYXE2ABCDEFGHJKMNPQRS"
EVENT: Final = "01KAPQYXE3ABCDEFGHJKMNPQRS"
_Item = TypeVar("_Item")

ESTATE: Final = Estate.of(
    [
        Site(id="berlin", name="Berlin", time_zone="Europe/Berlin"),
        Site(id="paris", name="P", time_zone="UTC"),
    ],
    [
        Device(id="lobby", site="berlin", family="gatehouse"),
        Device(id="gate", site="paris", family="gatehouse"),
        Device(id="camera", site="berlin", family="axis"),
    ],
    [
        Door(id="berlin-main", site="berlin", device="lobby", number="1", name="Main"),
        Door(id="berlin-side", site="berlin", device="lobby", number="2", name="Side"),
        Door(id="paris-gate", site="paris", device="gate", number="9", name="Gate"),
    ],
)
DEVICE: Final = ESTATE.devices["lobby"]


def event(**changes: object) -> dict[str, object]:
    """Give a good event; a change to None takes the field away."""
    words: dict[str, object] = {
        "v": 1,
        "id": EVENT,
        "boot": BOOT,
        "seq": 12,
        "ts": "2026-11-23T15:11:45.123Z",
        "kind": "access.denied",
        "door": "1",
        "reason": "credential_expired",
        "credential": {"type": "card", "masked": "****5538"},
        "person": "u-17",
    }
    words.update(changes)
    return {name: value for name, value in words.items() if value is not None}


def received(
    path: str, payload: object, *, retain: bool = False, where: str = "berlin/lobby"
) -> tuple[Item, ...]:
    """Read a payload (bytes as they are, anything else as JSON) as if it had come on this topic."""
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return read(Message(f"gatehouse/v1/{where}/{path}", body, retain, NOW), ESTATE)


def only(items: tuple[Item, ...], kind: type[_Item]) -> _Item:
    """Give the one item there is, which must be of this kind."""
    assert len(items) == 1
    item = items[0]
    assert isinstance(item, kind)
    return item
