"""Decode and map: what reading a payload costs, in `json.loads` of the same bytes, by family.

The payloads are the makers' own (`tests/connectors/devices/samples`) that become records or reports, in the
house that they are tested in, beside the native family's. Payloads that are no JSON are left out, so of Nuki,
Tasmota, Hikvision and UniFi those that are. Both read in turns, so that the machine's noise hits both alike.

Run with `.venv/bin/python -m bench.parsing`.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Final

from connectors.devices import Message, read
from core.leaf import Draft
from core.model import Estate
from core.records import NOT_BELIEVED
from core.reports import CallReport, DoorReport, Item, StatusReport
from tests.connectors import building
from tests.connectors.devices.expecting import cases
from tests.connectors.devices.house import HOUSE

NATIVE: Final = "gatehouse"
_ROUNDS: Final = 41
_IN_A_ROUND: Final = 60
_MAPPED: Final = (Draft, StatusReport, DoorReport, CallReport)
_PLACE: Final = {"boot": building.BOOT, "seq": 12, "ts": "2026-11-23T15:11:45.123Z"}
_NATIVE: Final[Mapping[str, dict[str, object]]] = {
    "event": building.event(kind="access.granted", reason=None),
    "status": {"online": True, "oldest": {"boot": building.BOOT, "seq": 1}, "fw": "1.2", **_PLACE},
    "door/1/state": {"position": "open", "lock": "unlocked", "mode": "normal", "alarm": "none", **_PLACE},
    "call/1/state": {"call": building.CALL, "state": "ringing", "door": "1", **_PLACE},
}


@dataclass(frozen=True, slots=True)
class Sample:
    """A payload that becomes something, as it comes off the broker."""

    family: str
    name: str
    message: Message
    estate: Estate


@dataclass(frozen=True, slots=True)
class Cost:
    """What reading a payload took (µs, median of the rounds), and in how many of json.loads'."""

    sample: Sample
    ours_us: float
    ratio: float


def run() -> dict[str, tuple[Cost, ...]]:
    """Measure every payload, by family."""
    costs: dict[str, tuple[Cost, ...]] = {}
    for sample in samples():
        costs[sample.family] = (*costs.get(sample.family, ()), cost(sample))
    return costs


def samples() -> Iterator[Sample]:
    """Give the payloads in JSON that are understood and become records or reports, each once."""
    for path, words in _NATIVE.items():
        message = Message(
            f"gatehouse/v1/berlin/lobby/{path}",
            json.dumps(words).encode(),
            retain=False,
            received=building.NOW,
        )
        yield Sample(NATIVE, path, message, building.ESTATE)
    seen: set[str] = set()
    for case in cases():
        message = case.message
        if case.file not in seen and not case.retain and _is_object(message.payload) and _is_mapped(message):
            seen.add(case.file)
            yield Sample(case.folder, case.file, message, HOUSE)


def cost(sample: Sample) -> Cost:
    """Read a payload in turns with the standard library."""
    message, estate, payload = sample.message, sample.estate, sample.message.payload
    pairs: list[tuple[int, int]] = []
    for _ in range(_ROUNDS):
        plain = _took(lambda: json.loads(payload))
        pairs.append((_took(lambda: read(message, estate)), plain))
    ours = median(one for one, _ in pairs)
    return Cost(sample, ours / 1e3 / _IN_A_ROUND, median(one / plain for one, plain in pairs))


def _took(work: Callable[[], object]) -> int:
    # What others do on this machine is not counted, and what of it lands in a cache hits both.
    begin = time.process_time_ns()
    for _ in range(_IN_A_ROUND):
        work()
    return time.process_time_ns() - begin


def _is_object(payload: bytes) -> bool:
    try:
        return isinstance(json.loads(payload), dict)
    except ValueError:
        return False


def _is_mapped(message: Message) -> bool:
    items = read(message, HOUSE)
    return bool(items) and all(_is_understood(item) for item in items)


def _is_understood(item: Item) -> bool:
    return isinstance(item, _MAPPED) and getattr(item, "kind", None) not in NOT_BELIEVED


if __name__ == "__main__":
    for family, found in run().items():
        print(f"{family}: {median(one.ratio for one in found):.2f}")
        for one in found:
            print(f"    {one.ratio:.2f}  {one.ours_us:5.1f} µs  {one.sample.name}")
