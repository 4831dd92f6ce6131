"""Readiness: each part by its state and by how long it has been silent."""

from dataclasses import replace
from typing import Final
from unittest.mock import Mock

import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from core.times import SECOND_US
from store.clock import now_us
from store.disk import DiskWatch, read_room
from store.touch import SILENT_AFTER_US, Part, PartState, report_part
from tests.auth.people import NOW
from tests.web.client import TestClient
from tests.web.conftest import Console
from web.health import Readiness, readiness

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


def test_it_is_not_ready_while_the_disk_is_full_but_for_the_reserve_and_is_again_with_room(
    console: Console,
) -> None:
    for name in ("web", "ingest"):
        report_part(console.db, part(name, at=now_us()))
    app = Starlette(routes=[Route("/readyz", Readiness(console.service).answer)])

    room = read_room(console.db.file.parent)
    told = []
    for one in (replace(room, free=room.critical - 1), replace(room, free=2**50)):
        DiskWatch(console.db, read=Mock(return_value=one)).look(now_us())
        answer = TestClient(app).get("/readyz")
        body = answer.json()
        told.append((answer.status_code, body["status"], body["parts"]["store"]["state"]))

    assert told == [(503, "not_ready", "down"), (200, "ready", "ok")]
