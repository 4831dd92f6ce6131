"""Readiness: each part by its state and by how long it has been silent."""

from typing import Final

import pytest

from core.times import SECOND_US
from store.touch import SILENT_AFTER_US, Part, PartState
from tests.auth.people import NOW
from web.health import readiness

LATER: Final = NOW + SECOND_US


def part(name: str, state: PartState = PartState.OK, at: int = NOW) -> Part:
    return Part(name=name, state=state, at=at, pid=7)


def test_it_is_ready_when_what_is_needed_is_there() -> None:
    ready, judged = readiness((part("web"), part("ingest")), LATER)

    assert ready
    assert judged["ingest"] == {"state": "ok", "age_s": 1.0, "pid": 7}


@pytest.mark.parametrize(
    "found",
    [
        (part("web"),),
        (part("web"), part("ingest", PartState.DOWN)),
        (part("web"), part("ingest", PartState.STARTING)),
        (part("web"), part("ingest", at=NOW - SILENT_AFTER_US)),
        (part("web"), part("ingest"), part("broker", PartState.DOWN)),
    ],
    ids=["missing", "down", "starting", "silent", "another is down"],
)
def test_it_is_not_ready_while_a_part_is_missing_down_or_silent(found: tuple[Part, ...]) -> None:
    ready, judged = readiness(found, LATER)

    assert not ready
    assert any(one["state"] in {"down", "starting"} for one in judged.values())
