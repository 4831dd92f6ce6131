"""One device and its doors, what it says, and every way to damage what it says."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from connectors.devices import FAMILIES, Message
from core.calls import CallState
from core.doors import Alarm, DoorFacets, Lock, Mode, Position
from core.leaf import Draft, detail_bytes, leaf_bytes
from core.model import Device, Door, Estate, Site
from core.records import Kind
from core.reports import CallReport, DoorReport, Item, StatusReport, Unclaimed
from core.times import parse_iso_us

NOW: Final = parse_iso_us("2026-11-23T15:11:46Z")
SAMPLES: Final = Path(__file__).parent / "samples"
LOCKED: Final = DoorFacets(lock=Lock.LOCKED)
UNLOCKED: Final = DoorFacets(lock=Lock.UNLOCKED)
OPEN: Final = DoorFacets(position=Position.OPEN)
CLOSED: Final = DoorFacets(position=Position.CLOSED)
_SALT: Final = b"s" * 32
_OTHERS: Final[tuple[object, ...]] = (
    None,
    True,
    0,
    7,
    -1,
    1.5,
    "x",
    "",
    [],
    {},
    "0",
    "7",
    "true",
    "false",
)
_CUTS: Final = 250
_TWIN: Final = "the twin of "
# What calms whoever watches, and so must have been said.
_CALMING: Final = DoorFacets(Position.CLOSED, Lock.LOCKED, Mode.NORMAL, Alarm.NONE)


@dataclass(frozen=True)
class Wall:
    """A device of a family at Berlin, and the doors it serves by their numbers (the number is the id)."""

    family: str
    topic: str
    doors: tuple[str, ...]
    serial: str = ""
    more: tuple[Device, ...] = ()
    estate: Estate = field(init=False)

    def __post_init__(self) -> None:
        device = Device(
            id="dev", site="berlin", family=self.family, topic=self.topic, serial=self.serial, heartbeat_s=0
        )
        doors = [Door(id=one, site="berlin", device="dev", number=one, name=one) for one in self.doors]
        site = Site(id="berlin", name="Berlin", time_zone="Europe/Berlin")
        object.__setattr__(self, "estate", Estate.of([site], [device, *self.more], doors))

    def hear(
        self, path: str, payload: object, *, retain: bool = False, received: int = NOW
    ) -> tuple[Item, ...]:
        """Read a payload (text and bytes as they are, else as JSON) that came on `<topic>/<path>`."""
        topic = f"{self.topic}/{path}" if path else self.topic
        return self.hear_at(topic, payload, retain=retain, received=received)

    def hear_at(
        self, topic: str, payload: object, *, retain: bool = False, received: int = NOW
    ) -> tuple[Item, ...]:
        """As hear, on a whole topic."""
        family, message = FAMILIES[self.family], Message(topic, body(payload), retain, received)
        found = family.parse(message, self.estate)
        if found is None:
            found = family.meet(message, self.estate)
        assert found is not None
        return found


def body(payload: object) -> bytes:
    """Give the bytes of a payload."""
    if isinstance(payload, bytes):
        return payload
    return payload.encode() if isinstance(payload, str) else json.dumps(payload).encode()


def sample(family: str, name: str) -> bytes:
    """Read a payload as its maker publishes it."""
    return (SAMPLES / family / name).read_bytes().rstrip(b"\n")


def status(*, online: bool, live: bool = True) -> StatusReport:
    """Give the report expected of a device that comes or goes."""
    return StatusReport(device="dev", received=NOW, online=online, live=live)


def report(
    door: str,
    facets: DoorFacets,
    *,
    at: int = NOW,
    live: bool = True,
    received: int = NOW,
    unknown: tuple[str, ...] = (),
) -> DoorReport:
    """Give the report expected of a door; `unknown` are the facets that nobody knows any more."""
    return DoorReport(
        device="dev",
        door=door,
        received=received,
        live=live,
        boot="",
        seq=0,
        at=at,
        facets=facets,
        unknown=unknown,
    )


def ring(door: str, *, at: int = NOW) -> CallReport:
    """Give the report expected of a bell that names no calls."""
    return CallReport(
        device="dev",
        door=door,
        call="",
        received=NOW,
        live=True,
        boot="",
        seq=0,
        at=at,
        state=CallState.RINGING,
    )


def event(items: tuple[Item, ...]) -> Draft:
    """Give the one record among the items."""
    (found,) = (item for item in items if isinstance(item, Draft))
    return found


def unread(items: tuple[Item, ...]) -> str | None:
    """Say why a message was not understood; there must be nothing else in it."""
    (found,) = items
    assert isinstance(found, Draft)
    assert found.kind is Kind.FEED_UNMAPPED
    return found.reason


def stranger(items: tuple[Item, ...], family: str) -> str:
    """Give the name of the stranger of this family that has spoken; there must be nobody else."""
    (found,) = items
    assert isinstance(found, Unclaimed)
    assert found.family == family
    return found.name


def hold(items: tuple[Item, ...], true_grants: tuple[Draft, ...] = ()) -> None:
    """Check what holds of any reading: it can be sealed, and nobody is let in who was not."""
    for item in items:
        if not isinstance(item, Draft):
            continue
        leaf_bytes(item, dict.fromkeys(item.private, _SALT))
        detail_bytes(item, dict.fromkeys(item.private, _SALT))
        if item.kind is Kind.ACCESS_GRANTED:
            assert any(_is_part_of(item, grant) for grant in true_grants)


def grants(items: tuple[Item, ...]) -> tuple[Draft, ...]:
    """Give those records that say that somebody was let in."""
    return tuple(item for item in items if isinstance(item, Draft) and item.kind is Kind.ACCESS_GRANTED)


def mistaken(after: tuple[Item, ...], before: tuple[Item, ...]) -> list[DoorReport]:
    """Give those reports that calm about a door in a way that none before did."""
    said = {calm for one in before for calm in _calming(one)}
    return [one for one in after if isinstance(one, DoorReport) and not said.issuperset(_calming(one))]


def _calming(item: Item) -> Iterator[tuple[str, str]]:
    if isinstance(item, DoorReport):
        for name in ("position", "lock", "mode", "alarm"):
            if getattr(item.facets, name) is getattr(_CALMING, name):
                yield item.door, name


def damaged(payload: bytes) -> Iterator[bytes]:
    """Give the payload with each of its fields dropped, retyped, nested and repeated."""
    try:
        value = json.loads(payload)
    except ValueError:
        value = None
    yield from _damaged_text(payload)
    if isinstance(value, dict | list):
        yield from (json.dumps(other).encode() for other in _changed(value))
        yield from (_twinned(other) for other in _repeated(value))


def _is_part_of(draft: Draft, grant: Draft) -> bool:
    told = {name: word for name, word in draft.private.items() if (name, word) != ("credential", "other")}
    return draft.door == grant.door and told.items() <= grant.private.items()


def _damaged_text(payload: bytes) -> Iterator[bytes]:
    fields = payload.split(b",")
    for place in range(len(fields)):
        before, one, after = fields[:place], fields[place], fields[place + 1 :]
        for instead in ([], [b"x"], [b""], [b'"' + one + b'"'], [b"[" + one + b"]"], [one, one]):
            yield b",".join([*before, *instead, *after])
    yield from (payload[:place] for place in range(0, len(payload), 1 + len(payload) // _CUTS))
    yield from (payload + b"\n", b" " + payload, payload + payload, b"\xff" + payload, payload.swapcase())


def _changed(value: object) -> Iterator[object]:
    """Change each value below this one to others of another type, to itself in a box, or take it away."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield {key: other for key, other in value.items() if key != name}
            yield from ({**value, name: other} for other in _instead(inner))
    if isinstance(value, list):
        for place, inner in enumerate(value):
            yield value[:place] + value[place + 1 :]
            yield from ([*value[:place], other, *value[place + 1 :]] for other in _instead(inner))


def _instead(inner: object) -> Iterator[object]:
    yield from (other for other in _OTHERS if type(other) is not type(inner))
    yield from ([inner], {"x": inner}, [inner, inner])
    yield from _changed(inner)


def _repeated(value: object) -> Iterator[object]:
    """Mark each name below this one to stand twice: with its own value, and with one that says yes."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from ({**value, _TWIN + name: other} for other in (inner, True))
            yield from ({**value, name: other} for other in _repeated(inner))
    if isinstance(value, list):
        for place, inner in enumerate(value):
            yield from ([*value[:place], other, *value[place + 1 :]] for other in _repeated(inner))


def _twinned(value: object) -> bytes:
    """Write a marked value, so that what is marked has the name of its twin."""
    return json.dumps(value).replace(f'"{_TWIN}', '"').encode()


def without(payload: bytes, path: str) -> Iterator[bytes]:
    """Give the payload without the field at this path (a place, where it is no JSON), or with it retyped."""
    try:
        value = json.loads(payload)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        fields = payload.split(b",")
        before, after = fields[: int(path)], fields[int(path) + 1 :]
        yield from (b",".join([*before, *instead, *after]) for instead in ([], [b""], [b"x"], [b"true"]))
        return
    yield from (json.dumps(other).encode() for other in _lacking(value, path.split("/")))


def _lacking(value: dict[str, Any], path: list[str]) -> Iterator[object]:
    name, inner = path[0], value[path[0]]
    if len(path) > 1:
        yield from ({**value, name: other} for other in _lacking(inner, path[1:]))
        return
    yield {key: other for key, other in value.items() if key != name}
    # Alone in a list it is the same to esp-rfid, which lists its relays.
    yield from ({**value, name: other} for other in _instead(inner) if other != [inner])
