"""Frames of an estate that a test can shape: three sites, any number of doors."""

from typing import Final

from tests.browser.wall_harness.server import Frame, now_us

SITES: Final = [
    {"id": "berlin", "name": "Berlin", "time_zone": "Europe/Berlin"},
    {"id": "newyork", "name": "New York", "time_zone": "America/New_York"},
    {"id": "singapore", "name": "Singapore", "time_zone": "Asia/Singapore"},
]
NAMES: Final = (
    "Main entrance",
    "Loading bay",
    "Server room",
    "Garage",
    "Roof stairs",
    "Reception",
    "Lift lobby 2",
    "Archive",
    "Laboratory west",
    "Canteen terrace",
)
SECOND: Final = 1_000_000


def tile(number: int, **values: object) -> Frame:
    """Make a secure door, or one with these values instead."""
    now = now_us()
    site = SITES[number % 3]["id"]
    base: Frame = {
        "door": f"d{number}",
        "site": site,
        "name": f"{NAMES[number // 3 % len(NAMES)]}{'' if number < 30 else f' {number}'}",
        "device": f"dev{number}",
        "sensor": True,
        "position": "closed",
        "lock": "locked",
        "mode": "normal",
        "alarm": "none",
        "since": now - 4_000 * SECOND,
        "online": True,
        "stale_at": now + 90 * SECOND,
        "changed": 1,
    }
    return {**base, **values}


def record(number: int, kind: str = "access.granted", **values: object) -> Frame:
    """Make a record of a door, or one with these values instead."""
    now = now_us()
    labels = {
        "access.granted": "Access granted",
        "door.forced_open": "Door forced open",
        "feed.gap": "Records missing",
    }
    severities = {"door.forced_open": "alarm", "feed.gap": "warning"}
    base: Frame = {
        "id": number,
        "kind": kind,
        "label": labels.get(kind, kind),
        "severity": severities.get(kind, "info"),
        "at": now,
        "received": now,
        "site": SITES[number % 3]["id"],
        "door": f"d{number % 30}",
        "device": f"dev{number % 30}",
    }
    return {**base, **values}


def snapshot(
    doors: list[Frame], records: list[Frame], *, head: int | None = None, reset: bool = True, **values: object
) -> Frame:
    """Make a first frame."""
    newest = max((int(str(one["id"])) for one in records), default=0)
    base: Frame = {
        "type": "snapshot",
        "id": newest if head is None else head,
        "now": now_us(),
        "reset": reset,
        "sites": SITES,
        "doors": doors,
        "calls": [],
        "gaps": [],
        "records": records,
    }
    return {**base, **values}


def records(rows: list[Frame], **values: object) -> Frame:
    """Make a frame of what came."""
    base: Frame = {
        "type": "records",
        "id": rows[-1]["id"] if rows else 0,
        "records": rows,
        "doors": [],
        "calls": [],
        "gaps": [],
    }
    return {**base, **values}
