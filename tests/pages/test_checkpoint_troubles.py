"""Where checkpoints go is said in words: what is wrong, what to do, and what is never left out."""

import os
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from auth.sessions import Actor
from core.times import MINUTE_US, SECOND_US
from pages import troubles
from pages.checkpoint_troubles import lines, of_checkpoints
from store import clock
from store.database import Database
from store.deliveries import PART, Delivered, Deliveries, of_info, to_info
from store.touch import SILENT_AFTER_US, Part, PartState, report_part
from tests.pages.conftest import words

NOW = 1_790_000_000_000_000
WELL = Delivered(name="folder", where="/mnt/elsewhere", leaves=True, size=40, at=NOW - 3 * SECOND_US)
LOST = Delivered(
    name="webhook",
    where="https://siem.example:443",
    leaves=True,
    size=30,
    at=NOW - 9 * MINUTE_US,
    since=NOW - 8 * MINUTE_US,
    lost=True,
    trouble="it answers 500",
)
HERE = Delivered(name="mqtt", where="mqtt://127.0.0.1:18830", size=40, at=NOW)
Visit = Callable[..., AppTest]
Enter = Callable[[str], Actor]


def part(*each: Delivered, demo: bool = False, at: int = NOW, newest: int = 40) -> Part:
    info = to_info(Deliveries(each=each, newest=newest, demo=demo))
    state = PartState.DEGRADED if any(one.lost for one in each) else PartState.OK
    return Part(name=PART, state=state, at=at, since=NOW - 10 * MINUTE_US, pid=os.getpid(), info=info)


def test_what_a_part_tells_is_read_back_as_it_was_told() -> None:
    told = Deliveries(each=(WELL, LOST, HERE), newest=41, demo=True)

    assert of_info(to_info(told)) == told
    assert of_info({}) == Deliveries()


def test_a_destination_that_is_lost_is_told_with_why_how_far_and_what_to_do() -> None:
    (said,) = of_checkpoints(part(WELL, LOST), NOW)

    assert (said.tone, said.title) == ("warning", "Checkpoints of the log do not get to the web server")
    assert said.since == NOW - 8 * MINUTE_US
    assert said.lines == ("last try: it answers 500", "10 records behind")
    assert "takes our token" in said.steps[0]
    assert "every record is written and sealed" in said.meaning


@pytest.mark.parametrize(("demo", "tone"), [(False, "warning"), (True, "calm")])
def test_that_nothing_leaves_this_machine_is_a_warning_and_in_a_demo_a_note(demo: bool, tone: str) -> None:
    for each in ((), (HERE,)):
        (said,) = of_checkpoints(part(*each, demo=demo), NOW)
        assert (said.tone, said.title) == (tone, "No checkpoint of the log leaves this machine")
        assert "seal it anew" in said.meaning
        assert ("the message broker, on this machine" in said.meaning) is bool(each)


def test_where_all_is_well_nothing_is_said_nor_where_nobody_has_reported() -> None:
    assert list(of_checkpoints(part(WELL, HERE), NOW)) == []
    assert list(of_checkpoints(None, NOW)) == []


def test_while_ingest_is_down_this_is_no_trouble_of_its_own() -> None:
    (said,) = of_checkpoints(part(WELL, LOST, at=NOW - SILENT_AFTER_US - 1), NOW)

    assert (said.tone, said.title) == ("calm", "Nobody sends checkpoints of the log")


def test_each_destination_has_a_line_with_what_arrived_and_how_far_behind_it_is() -> None:
    udp = Delivered(name="syslog", where="udp://10.0.0.7:514", leaves=True)

    assert list(lines(part(WELL, LOST, HERE, udp), NOW, str)) == [
        "The folder elsewhere (/mnt/elsewhere): 40 records, sealed 3 s ago",
        (
            "The web server (https://siem.example:443): 30 records, sealed 9 min ago · 10 behind · "
            "last try: it answers 500"
        ),
        "The message broker (mqtt://127.0.0.1:18830): 40 records, sealed 0 s ago · stays on this machine",
        (
            "The syslog server (udp://10.0.0.7:514): nothing yet · 40 behind · "
            "by UDP nobody says whether it arrives"
        ),
    ]
    assert list(lines(part(), NOW, str)) == ["No destination is set up."]


@pytest.mark.parametrize(("username", "told"), [("ada", True), ("ben", False)])
def test_the_page_shows_deliveries_to_all_and_places_to_those_who_look_after_them(
    sign_in: Enter, visit: Visit, db: Database, username: str, *, told: bool
) -> None:
    now = clock.now_us()
    for name in ("supervisor", "broker", "web", "ingest"):
        report_part(db, Part(name=name, state=PartState.OK, at=now))
    report_part(db, part(LOST, at=now))
    seals: dict[str, str | int] = {"size": 41, "fingerprint": "SHA256:abc"}
    report_part(db, Part(name="ledger", state=PartState.OK, at=now, info=seals))
    sign_in(username)
    said = words(visit("health"))

    assert "Checkpoints of the log do not get to the web server" in said
    assert "10 behind · last try: it answers 500" in said
    assert "41 records sealed · key SHA256:abc" in said
    assert ("siem.example" in said) is told


def test_a_log_that_is_not_sealed_is_an_alarm_with_what_the_sealer_says() -> None:
    info: dict[str, str | int] = {"trouble": "nothing is sealed: record 7 is missing"}
    down = Part(name="ledger", state=PartState.DOWN, at=NOW, since=NOW - MINUTE_US, info=info)
    said = troubles.of_part("ledger", "Seals of the log", down, NOW)

    assert said is not None
    assert (said.tone, said.title) == ("alarm", "Nothing is sealed, and no door can be opened from here")
    assert "It says: nothing is sealed: record 7 is missing." in said.meaning
    assert "docs/ledger.md" in said.steps[-1]
