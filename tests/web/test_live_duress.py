"""The stream of a silent alarm: in the frames of those who mind it, and no byte of it in anybody else's."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import update

from core.permissions import Permission
from core.records import Kind
from store.acts import begin_flight
from store.database import Database
from store.rows import next_rows
from store.schema import site
from store.tail import Batch, Tail
from tests.store.building import build_estate, draft, scope
from tests.store.test_acts import DOOR, act, flight
from tests.stores import new_store
from tests.web.streaming import screen, serving
from tests.web.test_live_calls import frame_with, now
from web.frames import Prepared, Reading, joined, prepare

AGREED = "Courier for Mr Winter"
USUAL = "Courier for Mr Somner"
BERLIN = frozenset({"berlin"})


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    opened = new_store(tmp_path / "data")
    build_estate(opened)
    with opened.write() as connection:
        connection.execute(update(site).where(site.c.id == "berlin").values(duress_reason=AGREED))
    yield opened
    opened.close()


def unlock(db: Database, why: str, name: str = "01a", door: str = DOOR) -> None:
    one, at = act(name, door=door), now()
    private = {"subject": "ben", "name": "Ben", "why": why}
    intent = draft(Kind.UNLOCK_REQUESTED, at=at, refs={"act": name}, private=private)
    begin_flight(db, flight(one, at=at), one, intent)


def test_those_who_mind_alarms_are_told_in_the_frame_of_the_act_and_nobody_else(db: Database) -> None:
    with serving(
        db, ann=scope("berlin"), eve=scope("berlin"), ben=scope("berlin"), far=scope("berlin")
    ) as server:
        minds = scope("berlin", permission=Permission.LIVE_VIEW)
        for who in ("ann", "ben"):
            server.minds[who] = replace(minds, permission=Permission.ALARM_HANDLE)
        server.minds["far"] = replace(server.minds["ann"], sites=frozenset({"rome"}))
        with (
            screen(server, "ann") as ann,
            screen(server, "eve") as eve,
            screen(server, "ben") as ben,
            screen(server, "far") as far,
        ):
            everybody = (ann, eve, ben, far)
            assert [one.frame("snapshot")["alarms"] for one in everybody] == [[]] * 4
            unlock(db, AGREED)
            frames = [frame_with(one, "acts") for one in everybody]
            snapshots = [_again(server, who) for who in ("ann", "eve", "ben", "far")]

    alarm = {"site": "berlin", "door": DOOR, "name": "Ben", "kind": "operator.duress"}
    for frame in (frames[0], snapshots[0]):
        assert [{name: one[name] for name in alarm} for one in frame["alarms"]] == [alarm]
    for frame in (*frames[1:], *snapshots[1:]):
        assert frame["alarms"] == []
        assert "duress" not in json.dumps(frame).lower()


def _again(server: object, who: str) -> dict[str, list[dict[str, object]]]:
    with screen(server, who) as client:  # type: ignore[arg-type]
        return client.frame("snapshot")


def batches(db: Database, after: int) -> Prepared:
    with db.read() as connection:
        head = next_rows(connection, 0, 10_000).head
    tail = Tail(db)
    tail._position = after
    batch = tail._read()[1]
    assert batch.head == head
    return prepare(batch, BERLIN)


def test_the_frames_of_who_was_forced_are_those_of_any_other_reason_to_the_byte(db: Database) -> None:
    minds = Reading(BERLIN, BERLIN, BERLIN)
    blind = Reading(BERLIN, BERLIN)
    unlock(db, AGREED)
    forced = batches(db, 0)
    unlock(db, USUAL, "01b", "berlin-door-2")
    with db.read() as connection:
        (last,) = next_rows(connection, 2, 10).rows
    usual = batches(db, last.id - 1)

    for reading, subject in ((minds, "ben"), (blind, "ben"), (blind, "ann")):
        texts = [one.frame(reading, 0, 0, subject) for one in (forced, usual)]
        plain = [re.sub(r"01[ab]|\d+|berlin-door-.", "#", text or "") for text in texts]
        assert plain[0] == plain[1]
    assert "duress" in (forced.frame(minds, 0, 0, "ann") or "")


def test_what_waited_in_one_frame_keeps_each_alarm_from_the_one_it_is_about(db: Database) -> None:
    unlock(db, AGREED)
    first = batches(db, 0)
    empty = prepare(Batch(after=2, head=2, rows=()), BERLIN)
    both = joined((first, empty))
    minds = Reading(BERLIN, BERLIN, BERLIN)

    assert "duress" in (both.frame(minds, 0, 0, "ann") or "")
    assert "duress" not in (both.frame(minds, 0, 0, "ben") or "")
    assert "duress" in (both.frame(minds, 0, 0, "bob") or "")


def test_several_acts_of_one_lockdown_are_one_alarm(db: Database) -> None:
    unlock(db, AGREED, "01c-1")
    unlock(db, AGREED, "01c-2", "berlin-door-2")
    with db.read() as connection:
        rows = next_rows(connection, 0, 100).rows

    assert [row.kind.value for row in rows].count("operator.duress") == 1
