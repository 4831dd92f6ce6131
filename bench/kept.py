"""A log of an organisation's 400 days, built once through `append` and kept in `bench/kept/<records>/`.

`python -m bench.kept RECORDS…` builds what is not there yet. Fifty sites of forty doors each, twenty thousand
people of whom one is everywhere, every kind of record, rare kinds and reasons, and records that came late.
"""

import itertools
import json
import random
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from core.calls import CLAIMS
from core.leaf import Draft, EventKey
from core.model import Device, Door, Site
from core.records import DEVICE_REASONS, KINDS, Class, Kind
from core.times import DAY_US, HOUR_US, MINUTE_US, SECOND_US
from store.database import Database
from store.estate import EstateDocument, import_estate
from store.log import append
from store.opening import open_database
from store.people import save_people

FOLDER: Final = Path(__file__).parent / "kept"
SITES: Final = 50
DOORS: Final = 40
DEVICES: Final = 10
PEOPLE: Final = 20_000
# The person whose card opens everything, and the site where nothing ever happens.
HEAVY: Final = "p-00000"
EMPTY_SITE: Final = f"site-{SITES:02}"
DAYS: Final = 400
END: Final = 1_790_000_000 * SECOND_US
_ZONES: Final = ("Europe/Berlin", "America/New_York", "Asia/Singapore")
_BATCH: Final = 5_000
_BOOT: Final = "01KAS000000000000000000001"
# How many in ten thousand; what is left is shared by all other kinds.
_OFTEN: Final = {
    Kind.ACCESS_GRANTED: 3_600,
    Kind.DOOR_OPENED: 2_000,
    Kind.DOOR_CLOSED: 2_000,
    Kind.EXIT_REQUESTED: 700,
    Kind.DOOR_UNLOCKED: 350,
    Kind.DOOR_LOCKED: 350,
    Kind.ACCESS_DENIED: 250,
    Kind.CAMERA_DETECTED: 250,
    Kind.CALL_RINGING: 90,
    Kind.CALL_ANSWERED: 70,
    Kind.CALL_ENDED: 70,
    Kind.CALL_MISSED: 20,
    Kind.OPERATOR_SIGNED_IN: 40,
    Kind.UNLOCK_REQUESTED: 20,
    Kind.UNLOCK_SENT: 20,
    Kind.UNLOCK_ACCEPTED: 20,
    Kind.UNLOCK_CONFIRMED: 20,
    Kind.DOOR_HELD_OPEN: 25,
    Kind.DEVICE_OFFLINE: 15,
    Kind.DEVICE_ONLINE: 15,
    Kind.FEED_GAP: 8,
    Kind.FEED_GAP_FILLED: 8,
}
_REASONS: Final = ("unauthorized", "credential_not_found", "not_permitted_at_this_time", "invalid_pin")
_RARE_REASONS: Final = tuple(sorted(DEVICE_REASONS - set(_REASONS)))
_OPERATOR: Final = {"subject": "demo:ada", "name": "Ada Brandt"}
_NOWHERE: Final = {Class.ORGANISATION, Class.LEDGER}
_AT_DOORS: Final = {Class.MOVEMENT, Class.DOOR, Class.CALL, Class.CAMERA}
_NAMES_SOMEBODY: Final = {Kind.ACCESS_GRANTED, Kind.ACCESS_DENIED, Kind.ACCESS_DURESS, Kind.ACCESS_TAKEN}


def estate() -> EstateDocument:
    """Give the estate: site-01 is the busiest, site-50 has doors and no life."""
    names = [f"site-{number:02}" for number in range(1, SITES + 1)]
    sites = [
        Site(id=name, name=name.title(), time_zone=_ZONES[n % len(_ZONES)]) for n, name in enumerate(names)
    ]
    devices = [
        Device(id=f"{name}-dev-{n:02}", site=name, family="gatehouse", name=f"Panel {n}", heartbeat_s=0)
        for name in names
        for n in range(DEVICES)
    ]
    doors = [
        Door(
            id=f"{name}-door-{n:02}",
            site=name,
            device=f"{name}-dev-{n // (DOORS // DEVICES):02}",
            number=str(n),
            name=f"Door {n}",
            level=f"Level {n // 10}",
        )
        for name in names
        for n in range(DOORS)
    ]
    return EstateDocument(sites=tuple(sites), devices=tuple(devices), doors=tuple(doors))


class Life:
    """What happens there, drawn from a seed: the same records each time."""

    def __init__(self, count: int) -> None:
        self._draw = random.Random(7)
        self._count = count
        self._begin = END - DAYS * DAY_US
        self._numbers: dict[str, int] = {}
        kinds = [kind for kind in Kind if kind not in _OFTEN and kind is not Kind.ACCESS_DURESS]
        left = 10_000 - sum(_OFTEN.values())
        self._kinds = [*_OFTEN, *kinds, Kind.ACCESS_DURESS]
        # Of duress there are a few dozen in ten millions.
        weights = [*_OFTEN.values(), *(left / len(kinds) for _ in kinds), 0.05]
        self._weights = list(itertools.accumulate(weights))
        self._busy = list(itertools.accumulate(1 / (n + 1) ** 0.8 for n in range(SITES - 1)))
        self._doors = list(itertools.accumulate(1 / (n + 1) ** 0.5 for n in range(DOORS)))

    def batches(self, size: int) -> Iterator[list[Draft]]:
        """Give all records, some at a time."""
        numbers = iter(range(self._count))
        while some := list(itertools.islice(numbers, size)):
            draw = self._draw
            kinds = draw.choices(self._kinds, cum_weights=self._weights, k=len(some))
            places = draw.choices(range(1, SITES), cum_weights=self._busy, k=len(some))
            doors = draw.choices(range(DOORS), cum_weights=self._doors, k=len(some))
            yield [self._draft(*one) for one in zip(some, kinds, places, doors, strict=True)]

    def _draft(self, number: int, kind: Kind, place: int, n: int) -> Draft:
        received = self._begin + DAYS * DAY_US * number // self._count
        klass = KINDS[kind].klass
        if klass in _NOWHERE or (klass is Class.OPERATOR and not kind.value.startswith("unlock.")):
            return Draft(kind=kind, received=received, private=_OPERATOR)
        site = f"site-{place:02}"
        door = f"{site}-door-{n:02}"
        if klass is Class.OPERATOR:
            refs = {"act": f"act-{number // 100}"}
            return Draft(kind=kind, received=received, site=site, door=door, refs=refs)
        return self._of_device(Draft(kind=kind, received=received, site=site, door=door), n)

    def _of_device(self, draft: Draft, n: int) -> Draft:
        """Let a device tell it, now and then when it is long past."""
        device = f"{draft.site}-dev-{n // (DOORS // DEVICES):02}"
        number = self._numbers[device] = self._numbers.get(device, 0) + 1
        late = self._late()
        refs: dict[str, str | int | bool] = {"boot": _BOOT, "seq": number, "event": f"{device}-{number}"}
        if KINDS[draft.kind].klass is Class.CALL:
            refs["call"] = f"c-{number // 3}"
        if draft.kind in CLAIMS:
            refs["session"] = f"s-{number // 100}"
        return Draft(
            kind=draft.kind,
            received=draft.received,
            at=draft.received - late,
            site=draft.site,
            door=draft.door if KINDS[draft.kind].klass in _AT_DOORS else None,
            device=device,
            reason=self._reason(draft.kind),
            refs=refs,
            private=self._private(draft.kind),
            event_key=EventKey(_BOOT, number),
            backfilled=late > MINUTE_US,
        )

    def _late(self) -> int:
        chance = self._draw.random()
        if chance > 0.01:
            return int(chance * 2 * SECOND_US)
        longest = 3 * HOUR_US if chance > 0.001 else 3 * DAY_US if chance > 0.00005 else 100 * DAY_US
        return int(self._draw.random() * longest)

    def _reason(self, kind: Kind) -> str | None:
        if kind is Kind.ACCESS_DENIED:
            rare = self._draw.random() < 0.001
            return self._draw.choice(_RARE_REASONS if rare else _REASONS)
        return "power" if kind is Kind.DEVICE_FAULT else "sequence" if kind is Kind.FEED_GAP else None

    def _private(self, kind: Kind) -> dict[str, str]:
        if kind in CLAIMS:
            return _OPERATOR
        if kind not in _NAMES_SOMEBODY:
            return {}
        heavy = self._draw.random() < 0.03
        person = HEAVY if heavy else f"p-{self._draw.randrange(1, PEOPLE):05}"
        return {"person": person, "credential": "****5538"}


def build(count: int) -> Path:
    """Build the store of this many records unless it is there; gives its folder."""
    folder = FOLDER / str(count)
    if folder.exists():
        return folder
    part = folder.with_suffix(".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    db = open_database(part)
    begin = time.monotonic()
    _fill(db, count)
    told = {"records": count, "seconds": round(time.monotonic() - begin, 1)}
    told |= {"megabytes": db.file.stat().st_size // 1_000_000}
    db.close()
    (part / "built.json").write_text(json.dumps(told) + "\n", encoding="utf-8")
    part.rename(folder)
    return folder


def _fill(db: Database, count: int) -> None:
    import_estate(db, estate(), END - (DAYS + 1) * DAY_US, "bench")
    save_people(db, {f"p-{n:05}": f"Person {n}" for n in range(PEOPLE)})
    begin = time.monotonic()
    done = 0
    for batch in Life(count).batches(_BATCH):
        append(db, batch)
        done += len(batch)
        if done % (20 * _BATCH) == 0:
            print(f"{done:,} records, {done / (time.monotonic() - begin):,.0f} a second", flush=True)


def main(counts: list[str]) -> None:
    """Build each."""
    for count in counts:
        print(build(int(count)))


if __name__ == "__main__":
    main(sys.argv[1:])
