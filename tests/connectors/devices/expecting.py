"""The payloads of makers and documents, and beside them what each becomes.

`expected.json` of a family's folder names every file of that folder, with the cases in which it may come: its
topic, whether it is retained, when it was received (else NOW), and the items that it becomes. `heard: false`
says that ingest does not even subscribe to that topic; `decisive` names the fields, as paths, without each of
which nobody is let in. What is refused for a `contradiction` is another message once one of these texts is
gone.
"""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from connectors.devices import Message
from core.leaf import Draft
from core.records import NOT_BELIEVED
from core.reports import CallReport, CommandReply, DoorReport, Item, StatusReport
from core.times import iso_us, parse_iso_us
from tests.connectors.devices.wall import NOW, SAMPLES

EXPECTATIONS: Final = "expected.json"


@dataclass(frozen=True)
class Case:
    """One way in which a sample comes; `name` is for the eye."""

    folder: str
    file: str
    topic: str
    items: list[dict[str, object]]
    retain: bool = False
    received: str = ""
    heard: bool = True
    decisive: tuple[str, ...] = ()
    contradiction: tuple[str, ...] = ()
    why: str = ""

    @property
    def name(self) -> str:
        """Name the case as pytest shows it."""
        return f"{self.file} at {self.topic}{' retained' if self.retain else ''}"

    def is_damage(self, payload: bytes) -> bool:
        """Tell a damaged sample from another message, which lacks what the sample is refused for."""
        return all(text.encode() in payload for text in self.contradiction)

    @cached_property
    def message(self) -> Message:
        """Give the sample as it comes off the broker; it is read once, and damaged some hundred times."""
        payload = (SAMPLES / self.folder / self.file).read_bytes()
        received = parse_iso_us(self.received) if self.received else NOW
        # A file ends with a line feed that nobody has sent.
        return Message(self.topic, payload.removesuffix(b"\n"), self.retain, received)


def folders() -> list[Path]:
    """Give the folder of each family, and that of makers of whom we have none."""
    return sorted(one for one in SAMPLES.iterdir() if one.is_dir())


def expectations(folder: Path) -> dict[str, list[dict[str, object]]]:
    """Read what a folder expects, by file."""
    found: dict[str, list[dict[str, object]]] = json.loads((folder / EXPECTATIONS).read_text())
    return found


def cases() -> list[Case]:
    """Give every case of every file."""
    return [
        Case(folder.name, file, **one)  # type: ignore[arg-type]  # the file's own fields, refused if others
        for folder in folders()
        for file, listed in expectations(folder).items()
        for one in listed
    ]


def written(item: Item, received: int) -> dict[str, object]:
    """Write an item as expectations have it: what goes without saying is left out."""
    plain: dict[str, object]
    match item:
        case Draft():
            plain = _draft(item)
        case StatusReport():
            plain = {"device": item.device, "online": item.online, "firmware": item.firmware}
        case DoorReport():
            facets = {name: str(getattr(item.facets, name)) for name in ("position", "lock", "mode", "alarm")}
            known = {name: word for name, word in facets.items() if word != "unknown"}
            plain = {
                "device": item.device,
                "door": item.door,
                **known,
                "unknown": list(item.unknown),
                "at": iso_us(item.at),
            }
        case CallReport():
            plain = {"device": item.device, "door": item.door, "call": str(item.state), "at": iso_us(item.at)}
        case CommandReply():
            plain = {
                "device": item.device,
                "door": item.door,
                "act": item.act,
                "result": str(item.result),
                "reason": item.reason,
            }
        case _:
            names = ("family", "name", "topic", "title")
            plain = {name: getattr(item, name, "") for name in names}
    whole: dict[str, object] = {"item": type(item).__name__, **plain}
    told = {name: value for name, value in whole.items() if value or name == "online"}
    told |= {} if getattr(item, "live", True) else {"live": False}
    return {name: value for name, value in told.items() if (name, value) != ("at", iso_us(received))}


def _draft(draft: Draft) -> dict[str, object]:
    key = draft.event_key
    # What is kept of a message that was not understood is the message, masked: seen to elsewhere.
    private = {} if draft.kind in NOT_BELIEVED else dict(draft.private)
    return {
        "kind": str(draft.kind),
        "device": draft.device,
        "door": draft.door,
        "reason": draft.reason,
        "outcome": draft.outcome,
        "at": "" if draft.at is None else iso_us(draft.at),
        "refs": dict(draft.refs),
        "private": private,
        "key": f"{key.stream}#{key.number}" if key and draft.kind not in NOT_BELIEVED else "",
        "history": draft.backfilled,
    }
