"""What `health` makes of the parts' last words."""

import json
import os
from pathlib import Path

import pytest

import gatehouse
from commands.health import lines, well
from store.touch import Part, PartState

NOW = 1_700_000_000_000_000
SECOND = 1_000_000
NOBODY = 2**22 + 1  # above the highest pid of Linux


def part(name: str, state: PartState = PartState.OK, *, age: float = 1, pid: int | None = None) -> Part:
    return Part(name=name, state=state, at=NOW - int(age * SECOND), since=NOW - 60 * SECOND, pid=pid)


def test_a_part_that_speaks_is_what_it_says() -> None:
    (line,) = lines([part("ingest", PartState.DEGRADED, pid=os.getpid())], NOW)

    assert (line.state, line.age_s, line.since_s, line.pid) == ("degraded", 1.0, 60.0, os.getpid())
    assert not well([line])


def test_a_part_whose_process_is_gone_is_down_at_once() -> None:
    (line,) = lines([part("web", pid=NOBODY)], NOW)

    assert (line.state, line.info) == ("down", {"cause": "its process is gone"})


def test_a_part_that_has_fallen_silent_is_down() -> None:
    fresh, old = lines([part("a", age=14), part("b", age=16)], NOW)

    assert (fresh.state, old.state) == ("ok", "down")


def test_restarts_come_from_the_supervisor() -> None:
    supervisor = Part(name="supervisor", state=PartState.OK, at=NOW, info={"restarts.web": 3})
    web = next(line for line in lines([supervisor, part("web")], NOW) if line.name == "web")

    assert web.restarts == 3


def test_nothing_is_not_well() -> None:
    assert not well(())


def test_where_nothing_runs_it_says_no_and_creates_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "data"
    monkeypatch.setenv("GATEHOUSE_DATA", str(folder))

    assert gatehouse.main(["health"]) == 1
    assert "does not run" in capsys.readouterr().out
    assert gatehouse.main(["health", "--json"]) == 1
    assert json.loads(capsys.readouterr().out) == {"state": "down", "parts": []}
    assert not folder.exists()
