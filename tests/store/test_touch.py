"""What is written often and is no record: words heard, leases, the state of each part, what ingest asks."""

import os
import subprocess
import sys

from core.records import Kind
from core.times import SECOND_US
from store.database import Database
from store.ingest_log import LEASE, LEASE_S, IngestLog
from store.log import append
from store.touch import (
    Holder,
    Part,
    PartState,
    drop_lease,
    forget_part,
    hear,
    lease_pid,
    parts,
    report_part,
    take_lease,
)
from tests.store.words import DEVICE, FIRST, NOW, event, heard_at, records, table

HERE = Holder(id="here")
ELSEWHERE = Holder(id="elsewhere", host="another-host", pid=1)


def a_dead_pid() -> int:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return child.pid


def test_when_a_device_was_heard_never_goes_back(db: Database) -> None:
    hear(db, {"a": NOW, "b": NOW})
    hear(db, {"a": NOW - 1, "b": NOW + 1})
    hear(db, {})

    assert heard_at(db) == {"a": NOW, "b": NOW + 1}


def test_an_append_that_comes_late_does_not_take_it_back_either(db: Database) -> None:
    hear(db, {DEVICE: NOW + 5})
    append(db, [event(FIRST, 1, received=NOW)])

    assert heard_at(db) == {DEVICE: NOW + 5}


def test_touching_writes_no_record(db: Database) -> None:
    hear(db, {DEVICE: NOW})
    take_lease(db, "x", HERE, now=NOW, seconds=5)
    report_part(db, Part(name="web", state=PartState.OK, at=NOW))

    assert records(db) == []


def test_a_lease_is_taken_renewed_and_refused_to_others_until_it_ends(db: Database) -> None:
    assert take_lease(db, "x", ELSEWHERE, now=NOW, seconds=5)
    assert not take_lease(db, "x", HERE, now=NOW + 5 * SECOND_US - 1, seconds=5)
    assert take_lease(db, "x", ELSEWHERE, now=NOW + 4 * SECOND_US, seconds=5)
    assert not take_lease(db, "x", HERE, now=NOW + 9 * SECOND_US - 1, seconds=5)

    assert take_lease(db, "x", HERE, now=NOW + 9 * SECOND_US, seconds=5)
    assert not take_lease(db, "x", ELSEWHERE, now=NOW + 9 * SECOND_US, seconds=5)


def test_leases_of_other_names_do_not_matter(db: Database) -> None:
    assert take_lease(db, "x", ELSEWHERE, now=NOW, seconds=5)
    assert take_lease(db, "y", HERE, now=NOW, seconds=5)


def test_a_restart_of_the_same_process_is_another_holder(db: Database) -> None:
    assert take_lease(db, "x", HERE, now=NOW, seconds=5)
    assert not take_lease(db, "x", Holder(id="here again"), now=NOW, seconds=5)


def test_a_holder_on_this_host_that_is_dead_is_not_waited_for(db: Database) -> None:
    dead = Holder(id="dead", pid=a_dead_pid())

    assert take_lease(db, "x", dead, now=NOW, seconds=60)
    assert take_lease(db, "x", HERE, now=NOW, seconds=5)


def test_a_holder_on_another_host_is_waited_for_whatever_its_pid_is_here(db: Database) -> None:
    far = Holder(id="far", host="another-host", pid=a_dead_pid())

    assert take_lease(db, "x", far, now=NOW, seconds=60)
    assert not take_lease(db, "x", HERE, now=NOW, seconds=5)


def test_a_lease_that_is_given_back_is_free_and_only_its_holder_can_give_it_back(db: Database) -> None:
    take_lease(db, "x", ELSEWHERE, now=NOW, seconds=60)
    drop_lease(db, "x", HERE)
    assert not take_lease(db, "x", HERE, now=NOW, seconds=5)

    drop_lease(db, "x", ELSEWHERE)
    assert take_lease(db, "x", HERE, now=NOW, seconds=5)


def test_the_pid_of_a_living_holder_can_be_asked_for(db: Database) -> None:
    assert lease_pid(db, "x", NOW) is None
    take_lease(db, "x", HERE, now=NOW, seconds=5)

    assert lease_pid(db, "x", NOW) == os.getpid()
    assert lease_pid(db, "x", NOW + 5 * SECOND_US) is None


def test_a_part_keeps_since_when_it_is_as_it_is(db: Database) -> None:
    for at, state in enumerate((PartState.STARTING, PartState.OK, PartState.OK, PartState.DOWN), start=NOW):
        report_part(db, Part(name="web", state=state, at=at, pid=7, info={"n": at, "why": "x"}))
        part = parts(db)[0]
        assert (part.state, part.at, part.pid, part.info["n"]) == (state, at, 7, at)
        assert part.since == {"starting": NOW, "ok": NOW + 1, "down": NOW + 3}[state.value]


def test_parts_are_listed_by_name_until_they_are_forgotten(db: Database) -> None:
    for name in ("web", "broker", "ingest"):
        report_part(db, Part(name=name, state=PartState.OK, at=NOW))
    forget_part(db, "ingest")

    assert [part.name for part in parts(db)] == ["broker", "web"]


def test_ingest_leads_while_nobody_else_does(db: Database) -> None:
    log, standby = IngestLog(db, HERE), IngestLog(db, Holder(id="standby"))

    assert log.lead(NOW)
    assert not standby.lead(NOW + int(LEASE_S * SECOND_US) - 1)
    log.stand_down()
    assert standby.lead(NOW)
    assert [row["name"] for row in table(db, "lease")] == [LEASE]


def test_a_client_id_has_had_a_session_from_its_second_start_on(db: Database) -> None:
    log = IngestLog(db, HERE)

    assert [log.had_session("a"), log.had_session("a"), log.had_session("b")] == [False, True, False]


def test_ingest_learns_the_kinds_that_were_written(db: Database) -> None:
    assert IngestLog(db, HERE).append([event(FIRST, 2)]) == {Kind.DOOR_OPENED, Kind.FEED_GAP}


def test_ingest_says_how_it_is(db: Database) -> None:
    IngestLog(db, HERE).report("degraded", {"queue": 5}, NOW)

    part = parts(db)[0]
    assert (part.name, part.state, part.pid, part.info) == (
        "ingest",
        PartState.DEGRADED,
        os.getpid(),
        {"queue": 5},
    )
