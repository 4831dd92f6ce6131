"""The supervisor with small children: order of start and end, restarts, what it shows."""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from commands import supervisor as supervising
from commands.console import Console
from commands.process import Child, Program
from commands.supervisor import Supervisor
from core.errors import StoreUnavailable
from store.database import Database
from store.opening import open_database
from store.touch import Part, PartState, parts
from tests.waiting import until

pytestmark = pytest.mark.slow
# Says what happens to it in a file that all children share.
CHILD = """
import os, signal, sys, time
name, file = sys.argv[1:3]
def say(word):
    with open(file, "a") as shared:
        shared.write(f"{name} {word}\\n")
def end(number, frame):
    say("ended")
    sys.exit(0)
signal.signal(signal.SIGTERM, signal.SIG_IGN if name == "stubborn" else end)
signal.signal(signal.SIGHUP, lambda *_: say("reread"))
say("started")
if name == "brief":
    print("I give up", flush=True)
    sys.exit(3)
while True:
    signal.pause()
"""


class Notes(Console):
    """Keeps what would be printed."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, line: str) -> None:
        self.lines.append(line)

    def child(self, child: Child) -> None:
        self.lines.append(f"{child.name} {child.stage} {child.cause} {child.last_words}".rstrip())


class House:
    """A data folder with a store, a shared file for the children's words, and the programs."""

    def __init__(self, folder: Path) -> None:
        self.db: Database = open_database(folder / "data")
        self.folder = folder / "data"
        self.file = folder / "words"
        self.notes = Notes()

    def words(self) -> list[str]:
        return self.file.read_text(encoding="utf-8").splitlines() if self.file.exists() else []

    def program(self, name: str, *after: str) -> Program:
        command = (sys.executable, "-c", CHILD, name, str(self.file))
        return Program(
            name=name, command=command, after=after, ready=lambda _pid: f"{name} started" in self.words()
        )

    def supervise(
        self,
        *programs: Program,
        until_said: str,
        served_by: str,
        times: int = 1,
        when_served: Callable[[], None] | None = None,
    ) -> None:
        """Run the supervisor here, in the main thread, and end it by SIGINT once this was said so often."""

        def end() -> None:
            try:
                until(lambda: (self.words() + self.notes.lines).count(until_said) >= times, seconds=20)
            finally:
                os.kill(os.getpid(), signal.SIGINT)

        ending = threading.Thread(target=end)
        ending.start()
        supervisor = Supervisor(programs, self.folder / "logs", self.db, self.notes)
        supervisor.run(served_by, when_served or (lambda: self.notes.say("served")))
        ending.join()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    house = House(tmp_path)
    yield house
    house.db.close()
    for number, handler in before.items():
        signal.signal(number, handler)


def test_children_start_when_what_they_stand_on_is_ready_and_end_the_other_way_round(house: House) -> None:
    house.supervise(
        house.program("simulator", "ingest"),
        house.program("ingest", "broker"),
        house.program("broker"),
        served_by="simulator",
        until_said="served",
    )

    assert house.words() == [
        *("broker started", "ingest started", "simulator started"),
        *("simulator ended", "ingest ended", "broker ended"),
    ]
    assert house.notes.lines[-2:] == ["stopping", "stopped"]
    assert parts(house.db) == ()


def test_a_child_that_gives_up_is_started_again_and_its_last_line_shown(house: House) -> None:
    house.supervise(
        house.program("web"),
        house.program("brief"),
        served_by="web",
        until_said="brief down exit code 3 I give up",
        times=2,
    )

    assert house.words().count("web started") == 1
    assert house.words().count("brief started") == 2
    assert "I give up" in (house.folder / "logs" / "brief.log").read_text(encoding="utf-8")


def test_a_child_that_will_not_end_is_killed_in_the_end(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervising, "END_WITHIN_S", 0.3)
    house.supervise(house.program("stubborn"), served_by="stubborn", until_said="served")

    assert house.notes.lines[-2:] == ["stubborn did not end in time and is killed", "stopped"]


def test_a_store_that_does_not_answer_ends_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(supervising, "CHORES_EVERY_S", 0.05)
    troubles: list[Exception] = [StoreUnavailable("ingest migrates"), OSError("no handle")]
    refreshes: list[Exception] = [StoreUnavailable("busy"), OSError("disk full")]
    reports: list[Exception] = [StoreUnavailable("locked")]
    served = [StoreUnavailable("locked")]

    def failing(errors: list[Exception], answer: Callable[[], bool]) -> bool:
        if errors:
            raise errors.pop()
        return answer()

    def read(db: Database) -> tuple[Part, ...]:
        if reports:
            raise reports.pop()
        return parts(db)

    def say_served() -> None:
        if served:
            raise served.pop()
        house.notes.say("served")

    plain = house.program("web")
    web = replace(
        plain,
        ready=lambda pid: failing(troubles, lambda: plain.ready(pid)),
        refresh=lambda: failing(refreshes, lambda: "web reread" not in house.words()),
    )
    monkeypatch.setattr(supervising, "parts", read)
    house.supervise(web, until_said="web reread", served_by="web", when_served=say_served)

    assert troubles + refreshes + reports + served == []
    assert house.notes.lines.count("served") == 1
    assert house.words() == ["web started", "web reread", "web ended"]
    for event in ("readiness_unknown", "not_refreshed", "parts_not_reported", "not_told"):
        assert f"event={event}" in caplog.text


def test_a_program_that_can_not_be_started_now_is_tried_again_and_the_others_live(house: House) -> None:
    missing = replace(house.program("broker"), command=("/no/such/program",))
    house.supervise(
        house.program("web"),
        missing,
        served_by="web",
        until_said="broker down not started: No such file or directory",
        times=2,
    )

    assert house.words() == ["web started", "web ended"]


def test_a_changed_configuration_is_read_again(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervising, "CHORES_EVERY_S", 0.1)
    plain = house.program("broker")
    changed = Program(
        name="broker",
        command=plain.command,
        ready=plain.ready,
        refresh=lambda: "broker reread" not in house.words(),
    )
    house.supervise(changed, served_by="broker", until_said="broker reread")

    assert "broker reread" in house.words()


def test_each_child_is_shown_with_its_pid(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, tuple[PartState, int | None]] = {}

    def forget(db: Database, _name: str) -> None:
        seen.update({part.name: (part.state, part.pid) for part in parts(db)})

    monkeypatch.setattr(supervising, "forget_part", forget)
    monkeypatch.setattr(supervising, "CHORES_EVERY_S", 0.05)
    house.supervise(house.program("web"), served_by="web", until_said="served")

    assert seen["web"][0] is PartState.OK
    assert seen["web"][1] is not None
    assert seen["supervisor"] == (PartState.OK, os.getpid())
