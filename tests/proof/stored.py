"""Reads the store as an outsider would: from the leaves alone, without the code that wrote them."""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

Key: TypeAlias = tuple[str, str, int]
# The sealer's own notes are kept once by keys too.
OF_DEVICES = "SELECT count(*) FROM event_key JOIN leaf USING (id) WHERE leaf.device IS NOT NULL"


@dataclass(frozen=True, slots=True)
class Told:
    """How what was stored compares with what was made."""

    lost: frozenset[Key]
    twice: frozenset[Key]
    foreign: frozenset[Key]


class Stored:
    """One look at the store's file."""

    def __init__(self, file: Path) -> None:
        with closing(sqlite3.connect(file)) as connection:
            self.leaves = [
                (number, json.loads(leaf))
                for number, leaf in connection.execute("SELECT id, leaf FROM leaf ORDER BY id")
            ]
            self.event_keys = _number(connection, OF_DEVICES)
            self.rolled_up = _number(connection, "SELECT sum(n) FROM rollup_day")
            self.open_gaps = _number(connection, "SELECT count(*) FROM gap WHERE closed_id IS NULL")
            self.doors = _facets(connection)
            self.feeds = [
                (device, boot, *json.loads(state))
                for device, boot, state in connection.execute("SELECT device, boot, state FROM feed")
            ]

    def events(self) -> Iterator[dict[str, Any]]:
        """Give the leaves of events, which alone have an id of the device's own."""
        return (leaf for _, leaf in self.leaves if "event" in leaf.get("refs", {}))

    def of_kind(self, *kinds: str) -> list[dict[str, Any]]:
        """Give the leaves of these kinds, in order."""
        return [leaf for _, leaf in self.leaves if leaf["kind"] in kinds]

    def compare(self, made: Iterable[Key]) -> Told:
        """Hold the events stored against those made."""
        times: Counter[Key] = Counter(
            (one["device"], one["refs"]["boot"], one["refs"]["seq"]) for one in self.events()
        )
        expected = frozenset(made)
        return Told(
            lost=expected - times.keys(),
            twice=frozenset(key for key, count in times.items() if count > 1),
            foreign=frozenset(times) - expected,
        )

    def check_itself(self, made: frozenset[Key] | set[Key]) -> None:
        """Hold the parts of the store against each other: dense ids, keys, roll-ups, sequences."""
        assert [number for number, _ in self.leaves] == list(range(1, len(self.leaves) + 1))
        assert self.rolled_up == len(self.leaves)
        assert self.event_keys == len(made)
        assert self.open_gaps == 0
        last = {(device, boot): 0 for device, boot, _ in made}
        for device, boot, seq in made:
            last[device, boot] = max(seq, last[device, boot])
        highs = {(device, boot): high for device, boot, high, _ in self.feeds}
        assert highs == last
        assert [missing for *_, missing in self.feeds if missing] == []


def _number(connection: sqlite3.Connection, query: str) -> int:
    return int(connection.execute(query).fetchone()[0])


def _facets(connection: sqlite3.Connection) -> dict[str, dict[str, str]]:
    """Give each door's facets; a facet is stored as [value, rank, since]."""
    names = ("position", "lock", "mode", "alarm")
    rows = connection.execute("SELECT door, state FROM door_state").fetchall()
    return {
        door: {name: facet[0] for name, facet in zip(names, json.loads(state), strict=False)}
        for door, state in rows
    }
