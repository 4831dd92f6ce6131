"""A door controller and an intercom of Axis, and events as their bridge publishes them."""

from typing import Final

from core.reports import Item
from tests.connectors.devices.wall import (
    NOW,
    Wall,
)

SERIAL: Final = "ACCC8E012345"
FRONT: Final = "886283000.954262000.port:1.port:2-bell.port:3-exit.relay:4"
BACK: Final = "887000000.port:5-closed.relay:6-holds.virtual:7.input:8"
DOOR: Final = {"DoorToken": "Axis-accc8e012345:1396251690.886283000"}
POINT: Final = {"AccessPointToken": "Axis-accc8e012345:1396251690.954262000"}
CONTROLLER: Final = Wall("axis", f"axis/{SERIAL}", (FRONT, BACK), serial="AC:CC:8E:01:23:45")
INTERCOM: Final = Wall("axis", "axis/intercom/B8A44F0B1CF0", ("1",))


# Two seconds before NOW.
STAMP: Final = (NOW - 2_000_000) // 1000
AT: Final = STAMP * 1000
GRANTED: Final = "tns1:AccessControl/AccessGranted/Credential"


def told(
    topic: str, source: dict[str, str] | None = None, stamp: object = STAMP, **data: object
) -> dict[str, object]:
    """Write an event as the bridge does."""
    message = {"source": source or {}, "key": {}, "data": data}
    return {"timestamp": stamp, "topic": topic, "message": message}


def hear(
    wall: Wall, words: dict[str, object], *, retain: bool = False, path: str = "event/x"
) -> tuple[Item, ...]:
    """Let a device of this wall publish an event."""
    return wall.hear(path, words, retain=retain)
