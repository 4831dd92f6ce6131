"""Readers that share a topic and one alone, and messages as they send them."""

from typing import Final

from core.model import Device
from tests.connectors.devices.wall import (
    NOW,
    Wall,
    status,
)

HOST: Final = "your esp-rfid hostname"
TIME: Final = NOW // 1_000_000 - 2
AT: Final = TIME * 1_000_000
OTHERS: Final = (
    Device(id="second", site="berlin", family="esprfid", topic="rfid", serial="cellar"),
    Device(id="far", site="berlin", family="esprfid", topic="elsewhere", serial="attic"),
)
SHARED: Final = Wall("esprfid", "rfid", ("1", "2"), serial=HOST, more=OTHERS)
ALONE: Final = Wall("esprfid", "rfid/a1b2c3", ("1", "2"))
ONLY: Final = Wall("esprfid", "rfid/d4e5f6", ("1-only",))
UID: Final = "4a2b3c4d"


def access(state: object = "Always", **changes: object) -> dict[str, object]:
    """Give an access message; a change to None takes the field away."""
    words: dict[str, object] = {
        "type": "access",
        "time": TIME,
        "isKnown": "true",
        "access": state,
        "username": "Ada",
        "uid": UID,
        "hostname": HOST,
        **changes,
    }
    return {name: value for name, value in words.items() if value is not None}


def log(source: str, words: str, level: str = "INFO", **changes: object) -> dict[str, object]:
    """Give a message of the log."""
    told = {"type": level, "src": source, "desc": words, "data": "", "time": TIME, "cmd": "event"}
    return {**told, "hostname": HOST, **changes}


THERE: Final = (status(online=True),)
