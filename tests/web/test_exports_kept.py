"""Files of exports lie in the data folder for as long as somebody can take them, and no longer."""

from dataclasses import replace
from pathlib import Path

import pytest

from core.exports import State
from core.records import Kind
from operations.exports import build as building
from operations.exports.keeping import tidy
from store import disk, exports
from store.clock import now_us
from store.disk import Room
from store.exports import Export, take_next
from tests.auth.reading import told
from tests.operations.unlocking import SomeLine
from tests.web.conftest import Console
from tests.web.exporting import build, export, fill, listed, sign_in, take


@pytest.fixture
def cleo(console: Console, line: SomeLine) -> str:
    """Sign in Cleo, who reads and exports everything, where some people have come in."""
    fill(console)
    return sign_in(console, "cleo")


def files(console: Console) -> list[str]:
    return sorted(one.name for one in folder(console).iterdir())


def folder(console: Console) -> Path:
    return console.db.file.parent / "exports"


def test_a_builder_that_ends_between_the_file_and_its_record_leaves_no_file(
    console: Console, cleo: str
) -> None:
    name = export(console, cleo)
    assert take_next(console.db) is not None
    (folder(console)).mkdir(exist_ok=True)
    (folder(console) / name).write_text("whole, and in no record")

    build(console)

    assert [one.reason for one in told(console.db, Kind.EXPORT_FAILED)] == ["broken_off"]
    assert files(console) == []


def test_a_file_that_was_given_up_while_it_was_built_is_no_file(
    console: Console, cleo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = export(console, cleo)
    finish = exports.finish

    def late(*given: object) -> bool:
        (one,) = exports.in_state(console.db, State.BUILDING)
        building.Builder(console.db, console.sessions)._fail(one, "broken_off")
        (folder(console) / name).write_text("what this one had written")
        return finish(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(exports, "finish", late)

    assert build(console) == 0

    assert files(console) == []


def test_what_belongs_to_no_export_is_given_up_and_what_is_being_built_is_not(
    console: Console, cleo: str
) -> None:
    ready = export(console, cleo)
    build(console)
    export(console, cleo)
    begun = take_next(console.db)
    assert isinstance(begun, Export)
    for name in ("01stray", "01stray2.part", f"{begun.id}.part", ".lock"):
        (folder(console) / name).write_text("something")

    tidy(console.db, now_us())

    assert files(console) == sorted([".lock", f"{begun.id}.part", ready])


def test_the_file_ends_with_the_session(console: Console, cleo: str) -> None:
    name = export(console, cleo)
    build(console)
    tidy(console.db, now_us())
    assert files(console) == [name]
    actor = console.sessions.look_up(cleo, now_us())
    assert actor is not None

    console.sessions.end(actor.session, "signed_out", now_us())
    tidy(console.db, now_us())

    assert files(console) == []
    assert exports.in_state(console.db, State.READY) == []


def test_an_export_whose_file_was_deleted_is_over(console: Console, cleo: str) -> None:
    name = export(console, cleo)
    build(console)
    (folder(console) / name).unlink()

    tidy(console.db, now_us())

    assert [one["state"] for one in listed(console, cleo)] == ["over"]


def test_an_export_leaves_the_last_of_the_disk_to_records(
    console: Console, cleo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    export(console, cleo)
    full = Room(total=10**10, free=10**6, low=10**9, critical=10**8, ballast=0)
    monkeypatch.setattr(disk, "read_room", lambda _folder: full)

    assert build(console) == 0

    assert [one["reason"] for one in listed(console, cleo)] == ["no_room"]
    assert files(console) == []
    monkeypatch.setattr(disk, "read_room", lambda _folder: replace(full, free=10**9))
    name = export(console, cleo)
    build(console)
    assert take(console, name, cleo).status_code == 200
