"""Exports that must not go on: while nothing is sealed, after an erasure, once a right was taken away."""

import anyio
import pytest
from starlette.types import Message

from core.byte_range import Stretch
from core.exports import State
from core.records import Kind
from core.times import MINUTE_US
from operations.exports.keeping import Places, tidy
from store import exports
from store.clock import now_us
from store.database import Database
from store.erasing import Order, erase
from store.erasure_register import What
from store.schema_exports import export as table
from store.sealed import PART
from store.touch import Part, PartState, report_part
from tests.auth.reading import told
from tests.operations.unlocking import SomeLine
from tests.web.conftest import Console
from tests.web.exporting import NOBODY_READS, ask, build, export, fill, listed, put_in_force, sign_in, take
from tests.web.proving import code, look, send
from web.export_file import Delivery
from web.exports import Exports

CHUNK = 256 * 1024


@pytest.fixture
def cleo(console: Console, line: SomeLine) -> str:
    """Sign in Cleo, who reads and exports everything, where some people have come in."""
    fill(console)
    return sign_in(console, "cleo")


def stop_sealing(db: Database) -> None:
    report_part(db, Part(name=PART, state=PartState.DOWN, at=now_us()))


# --- while the log is not sealed --------------------------------------------------------------------------


def test_nothing_is_exported_while_the_log_is_not_sealed(console: Console, cleo: str) -> None:
    open_act = ask(console, cleo).json()["id"]
    stop_sealing(console.db)

    target = {"filter": "log?site=berlin", "format": "csv", "upto": 2**50}
    before = send(console, "/acts", {"action": "export", "target": target, "reason": "why"}, cleo)
    after = send(console, f"/acts/{open_act}/proof", {"totp": code()}, cleo)

    assert [(one.status_code, one.json()["error"]) for one in (before, after)] == [(409, "not_sealed")] * 2
    assert before.json()["message"].startswith("Nothing was exported: ")
    assert [one.reason for one in told(console.db, Kind.OPERATOR_ACT_NOT_DONE)] == ["not_sealed"]
    assert told(console.db, Kind.EXPORT_REQUESTED) == []


# --- after an erasure -------------------------------------------------------------------------------------


def erase_one(db: Database, number: str = "0042-1") -> None:
    erase(db, Order(what=What.CARDHOLDER, number=number, basis="asked to", by="tests", now=now_us()))


def test_a_file_that_was_built_before_an_erasure_is_gone_and_the_list_says_why(
    console: Console, cleo: str
) -> None:
    name = export(console, cleo)
    build(console)
    erase_one(console.db)

    (row,) = listed(console, cleo)
    answer = take(console, name, cleo)

    assert (row["state"], row["reason"], "url" in row) == ("over", "erased", False)
    assert (answer.status_code, answer.json()["error"]) == (410, "erased")
    assert "erased from the log" in answer.json()["message"]
    assert take(console, name, sign_in(console, "ada")).status_code == 404
    assert told(console.db, Kind.EXPORT_DOWNLOADED) == []


def test_what_waits_to_be_built_is_built_from_what_is_left(console: Console, cleo: str) -> None:
    name = export(console, cleo)
    erase_one(console.db)
    build(console)

    body = take(console, name, cleo).text

    assert "0042-0" in body
    assert "0042-1" not in body


def test_a_file_that_is_being_built_during_an_erasure_is_never_there(
    console: Console, cleo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = export(console, cleo)
    finish = exports.finish

    def late(*arguments: object) -> bool:
        # It has its name already, and is in no list yet.
        assert Places.of(console.db.file.parent).whole(name).is_file()
        erase_one(console.db)
        Places.of(console.db.file.parent).whole(name).write_text("0042-1", encoding="utf-8")
        return finish(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr("operations.exports.build.exports.finish", late)

    assert build(console) == 0
    assert list((console.db.file.parent / "exports").iterdir()) == []
    assert listed(console, cleo)[0]["reason"] == "erased"
    assert told(console.db, Kind.EXPORT_BUILT) == []


def test_an_erasure_deletes_half_made_packages_and_keeps_the_builders_lock(
    console: Console, cleo: str
) -> None:
    folder = Places.of(console.db.file.parent).folder
    (folder / ".one.part.abc").mkdir()
    (folder / ".one.part.abc" / "events.jsonl").write_text("0042-1", encoding="utf-8")
    (folder / ".lock").touch()

    erase_one(console.db)

    assert [one.name for one in folder.iterdir()] == [".lock"]


# --- while a download is under way ------------------------------------------------------------------------


class Seconds:
    """A clock that somebody turns on."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def large(console: Console, cleo: str) -> exports.Export:
    """Export something, and make its file a few chunks long."""
    name = export(console, cleo, "log?")
    build(console)
    file = Places.of(console.db.file.parent).whole(name)
    file.write_bytes(bytes(5 * CHUNK))
    with console.db.write() as connection:
        change = table.update().where(table.c.id == name)
        connection.execute(change.values(bytes=5 * CHUNK))
    found = exports.find_export(console.db, name)
    assert found is not None
    return found


def deliver(console: Console, cleo: str, one: exports.Export, seen: list[int], step: object) -> None:
    """Send it; `step` is called after each part that has left."""
    actor = console.sessions.look_up(cleo, now_us())
    assert actor is not None
    routes = Exports(console.service)
    file = Places.of(console.db.file.parent).whole(one.id).open("rb", buffering=0)
    delivery = Delivery(
        service=console.service,
        export=one,
        stretch=Stretch(first=0, end=one.bytes, part=False),
        file=file,
        still=lambda: routes._still(actor, one),
    )

    async def receive() -> Message:
        await anyio.sleep_forever()
        raise AssertionError

    async def send_(message: Message) -> None:
        if message["type"] == "http.response.body" and message["body"]:
            seen.append(len(message["body"]))
            assert callable(step)
            step()

    async def run() -> None:
        await delivery({"type": "http"}, receive, send_)

    anyio.run(run)


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> Seconds:
    clock = Seconds()
    monkeypatch.setattr("web.export_file.monotonic", clock)
    return clock


@pytest.mark.parametrize("how", ["right", "erasure", "sign_out", "tidy"])
def test_a_download_ends_within_a_second_after_the_right_to_it(
    console: Console, cleo: str, seconds: Seconds, how: str
) -> None:
    one, seen = large(console, cleo), list[int]()
    actor = console.sessions.look_up(cleo, now_us())
    assert actor is not None

    def step() -> None:
        if len(seen) == 2:
            if how == "right":
                put_in_force(console, NOBODY_READS)
            elif how == "erasure":
                erase_one(console.db)
            elif how == "sign_out":
                console.sessions.end(actor.session, "signed_out", now_us())
            else:
                tidy(console.db, now_us() + 2 * 24 * 60 * MINUTE_US)
        seconds.now += 0.5

    deliver(console, cleo, one, seen, step)

    # Looked at after each second one; what was taken away at the second is known by then.
    assert len(seen) == 2
    (record,) = told(console.db, Kind.EXPORT_DOWNLOADED)
    assert (record.refs["bytes"], record.refs["of"]) == (2 * CHUNK, 5 * CHUNK)


def test_a_download_that_may_go_on_is_looked_at_once_a_second_and_comes_whole(
    console: Console, cleo: str, seconds: Seconds, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, seen, looks = large(console, cleo), list[int](), list[float]()
    known = Exports._still

    def counted(routes: Exports, *arguments: object) -> bool:
        looks.append(seconds.now)
        return known(routes, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Exports, "_still", counted)

    def step() -> None:
        seconds.now += 0.5

    deliver(console, cleo, one, seen, step)

    assert sum(seen) == one.bytes
    assert looks == [1.0, 2.0]
    assert exports.in_state(console.db, State.READY)[0].ended > 0
    assert look(console, "/exports", cleo)["exports"][0]["delivered"] == one.bytes
