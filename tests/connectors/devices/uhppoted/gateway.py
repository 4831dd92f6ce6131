"""A gateway with two controllers, and events as it writes them."""

import json
from typing import Final

from core.model import Device
from tests.connectors.devices.wall import Wall

SERIAL: Final = 405419896
GATE: Final = Wall(
    family="uhppoted",
    topic="uhppoted/gateway",
    doors=("1", "2", "3", "4"),
    serial=str(SERIAL),
    more=(
        Device(id="second", site="berlin", family="uhppoted", topic="uhppoted/gateway", serial="303986753"),
        Device(id="far", site="berlin", family="uhppoted", topic="elsewhere/gateway", serial="201020304"),
    ),
)
LIVE: Final = "events/live"
# 16:11:44 at Berlin in November is two seconds before the tests' NOW.
TIME: Final = "2026-11-23 16:11:44 CET"


def event(**changes: object) -> dict[str, object]:
    """Give a card swipe that was granted; a change to None takes the field away."""
    words: dict[str, object] = {
        "device-id": SERIAL,
        "event-id": 69,
        "event-type": 1,
        "event-type-text": "card swipe",
        "access-granted": True,
        "door-id": 1,
        "direction": 1,
        "direction-text": "in",
        "card-number": 8165537,
        "timestamp": TIME,
        "event-reason": 1,
        "event-reason-text": "swipe",
    }
    words.update({name.replace("_", "-"): value for name, value in changes.items()})
    return {name: value for name, value in words.items() if value is not None}


def published(*events: object, outer: str = "event") -> bytes:
    """Wrap events as the gateway publishes them: one alone, several as a list."""
    told: object = events[0] if len(events) == 1 else list(events)
    return json.dumps({"message": {"event": {outer: told}}}).encode()


def reply(method: str, **response: object) -> bytes:
    """Wrap a reply; underscores stand for hyphens."""
    words = {name.replace("_", "-"): value for name, value in response.items()}
    return json.dumps({"message": {"reply": {"method": method, "response": words}}}).encode()
