"""The live stream over real websockets: in order, once, for one's own sites, and ended when it must be."""

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed

from core.permissions import Scope
from core.records import Kind
from core.times import SECOND_US
from store import queries
from store.database import Database
from store.touch import hear
from tests.store.building import HEARTBEAT_S, build_estate, draft, name_person, scope, swipe, write
from tests.stores import new_store
from tests.waiting import until
from tests.web.streaming import Client, screen, screen_that_does_not_read, serving
from web import live, subscribers

SITES = ("berlin", "paris", "rome")


def now() -> int:
    return time.time_ns() // 1_000


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    opened = new_store(tmp_path / "data")
    build_estate(opened)
    yield opened
    opened.close()


def close_code(client: Client, seconds: float = 5) -> int:
    """Read to the end and say how it was closed."""
    try:
        while True:
            client.socket.recv(timeout=seconds)
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd is not None else 1006


def test_a_screen_starts_with_a_snapshot_of_its_sites(db: Database) -> None:
    write(db, swipe("berlin", at=now()), swipe("rome", at=now()))
    with serving(db, ann=scope("berlin")) as server, screen(server, "ann") as ann:
        first = ann.frame("snapshot")

    assert (first["id"], first["reset"], [r["id"] for r in first["records"]]) == (1, True, [1])
    assert first["sites"] == [{"id": "berlin", "name": "Berlin", "time_zone": "Europe/Berlin"}]
    assert [tile["door"] for tile in first["doors"]] == ["berlin-door-1", "berlin-door-2"]
    assert first["doors"][0]["online"] is None


def test_what_happens_reaches_the_screen_with_the_changed_tile(db: Database) -> None:
    with serving(db, ann=scope("berlin")) as server, screen(server, "ann") as ann:
        ann.frame("snapshot")
        write(db, draft(Kind.DOOR_OPENED, at=now()))
        frame = ann.frame("records")

    assert [(rec["kind"], rec["door"]) for rec in frame["records"]] == [("door.opened", "berlin-door-1")]
    assert [(tile["door"], tile["position"]) for tile in frame["doors"]] == [("berlin-door-1", "open")]
    assert frame["id"] == frame["records"][0]["id"] == frame["doors"][0]["changed"]


def test_a_screen_that_comes_back_gets_each_missed_record_once_and_in_order(db: Database) -> None:
    write(db, *(swipe(SITES[n % 3], at=now()) for n in range(60)))
    with serving(db, ann=scope("berlin", "rome")) as server, screen(server, "ann", after=10) as ann:
        first = ann.frame("snapshot")
        write(db, swipe("rome", at=now()))
        ann.frame("records")

    assert first["reset"] is False
    assert ann.ids == [n for n in range(11, 61) if (n - 1) % 3 != 1] + [61]


def test_a_long_absence_comes_in_several_frames(db: Database) -> None:
    write(db, *(swipe(at=now()) for _ in range(1_200)))
    with serving(db, ann=scope("berlin")) as server, screen(server, "ann", after=0) as ann:
        ann.records_up_to(1_200)

    assert [(f["type"], f["id"], len(f["records"])) for f in ann.frames] == [
        ("snapshot", 500, 500),
        ("records", 1_000, 500),
        ("records", 1_200, 200),
    ]
    assert ann.ids == list(range(1, 1_201))


def test_nothing_is_missing_and_nothing_double_between_snapshot_and_stream(db: Database) -> None:
    stop = threading.Event()

    def keep_writing() -> None:
        while not stop.is_set():
            write(db, *(swipe(site, at=now()) for site in SITES))

    writer = threading.Thread(target=keep_writing)
    with serving(db, ann=scope("berlin", "rome")) as server:
        writer.start()
        try:
            for _ in range(5):
                with screen(server, "ann", after=0) as ann:
                    ann.frame("snapshot")
                    for _ in range(5):
                        ann.frame("records")
                assert ann.ids == [n for n in range(1, ann.ids[-1] + 1) if n % 3 != 2]
        finally:
            stop.set()
            writer.join()


def test_ids_only_grow_when_two_sites_interleave(db: Database) -> None:
    with serving(db, ann=scope("berlin", "rome")) as server, screen(server, "ann") as ann:
        ann.frame("snapshot")
        for _ in range(5):
            write(db, swipe("berlin", at=now()), swipe("rome", at=now()), swipe("berlin", at=now()))
        ann.records_up_to(15)

    frames = [frame["id"] for frame in ann.frames if frame["type"] == "records"]
    assert frames == sorted(set(frames))
    assert ann.ids == list(range(1, 16))


def test_each_sees_only_their_own_sites(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "BEAT_S", 0.05)
    rights = {site: scope(site) for site in SITES}
    with (
        serving(db, **rights) as server,
        screen(server, "berlin") as berlin,
        screen(server, "rome") as rome,
    ):
        for client in (berlin, rome):
            client.frame("snapshot")
        write(db, *(draft(Kind.DOOR_OPENED, site, at=now()) for site in SITES))
        berlin.frame("records")
        rome.frame("records")
        beat = berlin.frame("beat")

    assert (berlin.ids, rome.ids) == ([1], [3])
    assert {tile["site"] for frame in rome.frames for tile in frame["doors"]} == {"rome"}
    assert set(beat["heard"]) == {"berlin-door-1", "berlin-door-2"}


def test_people_are_named_only_to_those_who_read_the_log_there(db: Database) -> None:
    name_person(db, "u-1", "Ada Lovelace")
    rights = {"guard": scope("berlin", names=["berlin"]), "desk": scope("berlin")}
    with (
        serving(db, **rights) as server,
        screen(server, "guard") as guard,
        screen(server, "desk") as desk,
    ):
        for client in (guard, desk):
            client.frame("snapshot")
        write(db, swipe(at=now()))
        (named,) = guard.frame("records")["records"]
        (plain,) = desk.frame("records")["records"]

    assert (named["person"], named["name"], named["credential"]) == ("u-1", "Ada Lovelace", "****1234")
    assert {"person", "name", "credential"}.isdisjoint(plain)
    assert "Ada" not in json.dumps(desk.frames)


def test_what_operators_do_is_not_on_the_stream(db: Database) -> None:
    rights: dict[str, Scope] = {"ann": scope("berlin", names=["berlin"], organisation=True)}
    with serving(db, **rights) as server, screen(server, "ann") as ann:
        ann.frame("snapshot")
        write(db, draft(Kind.UNLOCK_REQUESTED, at=now()), draft(Kind.OPERATOR_SIGNED_IN, None, at=now()))
        write(db, swipe(at=now()))
        ann.frame("records")

    assert ann.ids == [3]


def test_a_screen_hears_a_beat_at_least_every_two_seconds() -> None:
    assert live.BEAT_S <= 1.5


def test_a_beat_tells_ones_newest_record_the_time_and_until_when_each_door_is_known(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "BEAT_S", 0.05)
    write(db, swipe("rome", at=now()), swipe("berlin", at=now()), swipe("rome", at=now()))
    heard = now()
    hear(db, {"berlin-dev": heard})
    with serving(db, ann=scope("berlin")) as server, screen(server, "ann") as ann:
        beat = ann.frame("beat")

    due = heard + 3 * HEARTBEAT_S * SECOND_US
    assert beat["id"] == 2
    assert abs(beat["now"] - now()) < 5 * SECOND_US
    assert beat["heard"] == {"berlin-door-1": due, "berlin-door-2": due}


def test_no_frame_tells_how_much_happens_elsewhere(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "BEAT_S", 0.02)
    with serving(db, ann=scope("berlin")) as server, screen(server, "ann") as ann:
        ann.frame("snapshot")
        write(db, *(swipe("rome", at=now()) for _ in range(9)), swipe("berlin", at=now()))
        ann.frame("records")
        write(db, *(swipe("rome", at=now()) for _ in range(9)))
        ids = [ann.frame("beat")["id"] for _ in range(5)]
    with serving(db, ann=scope("berlin")) as server:
        resets = []
        for guess in (10, 11, 19, 20):
            with screen(server, "ann", after=guess) as again:
                resets.append(again.frame("snapshot")["reset"])

    assert ids == [10] * 5
    assert resets == [False, True, True, True]


def test_a_screen_that_falls_behind_starts_afresh_and_misses_nothing(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscribers, "QUEUE", 0)
    with serving(db, ann=scope("berlin")) as server, screen(server, "ann") as ann:
        ann.frame("snapshot")
        write(db, swipe(at=now()))
        again = ann.frame("snapshot")
        write(db, swipe(at=now()), swipe(at=now()))
        ann.records_up_to(3)

    assert again["reset"] is False
    assert ann.ids == [1, 2, 3]


def test_a_screen_that_was_away_too_long_is_told_so(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "REPLAY_LIMIT", 5)
    write(db, *(swipe(at=now()) for _ in range(20)))
    with serving(db, ann=scope("berlin")) as server, screen(server, "ann", after=3) as ann:
        first = ann.frame("snapshot")

    assert (first["reset"], first["id"], len(first["records"])) == (True, 20, 20)


def test_the_end_of_a_session_closes_its_screens_at_once(db: Database) -> None:
    rights = {"ann": scope("berlin"), "ben": scope("berlin")}
    with (
        serving(db, **rights) as server,
        screen(server, "ann") as ann,
        screen(server, "ben") as ben,
    ):
        for client in (ann, ben):
            client.frame("snapshot")
        before = time.monotonic()
        server.presence.end("session-ann", "signed_out")
        code = close_code(ann)
        took = time.monotonic() - before
        write(db, swipe(at=now()))
        ben.frame("records")

    assert (code, ben.ids) == (4401, [1])
    assert took < 2


def test_who_may_watch_nothing_is_told_so(db: Database) -> None:
    with serving(db, ann=scope()) as server, screen(server, "ann") as ann:
        assert close_code(ann) == 4403


def test_a_change_of_rights_takes_sites_away_and_gives_others(db: Database) -> None:
    write(db, swipe("rome", at=now()))
    with serving(db, ann=scope("berlin")) as server, screen(server, "ann") as ann:
        ann.frame("snapshot")
        server.rights["ann"] = scope("rome")
        write(db, draft(Kind.POLICY_CHANGED, None, at=now()))
        again = ann.frame("snapshot")
        write(db, swipe("berlin", at=now()), swipe("rome", at=now()))
        ann.frame("records")

    assert (again["reset"], [site["id"] for site in again["sites"]]) == (True, ["rome"])
    assert ann.ids == [1, 4]


def test_a_change_of_rights_that_leaves_nothing_closes_the_screen(db: Database) -> None:
    with serving(db, ann=scope("berlin")) as server, screen(server, "ann") as ann:
        ann.frame("snapshot")
        server.rights["ann"] = scope()
        write(db, draft(Kind.POLICY_CHANGED, None, at=now()))

        assert close_code(ann) == 4403


def test_what_a_screen_sends_means_nothing(db: Database) -> None:
    with serving(db, ann=scope("berlin")) as server, screen(server, "ann") as ann:
        ann.frame("snapshot")
        for text in ("{", '{"after": 0}', "x" * 1_000):
            ann.socket.send(text)
        write(db, swipe(at=now()))
        ann.frame("records")

    assert ann.ids == [1]


def test_a_screen_that_talks_too_much_is_closed(db: Database) -> None:
    with serving(db, ann=scope("berlin")) as server, screen(server, "ann") as ann:
        ann.frame("snapshot")
        ann.socket.send("x" * (live.CLIENT_TEXT_LIMIT + 1))

        assert close_code(ann) == 1009


def test_a_screen_that_has_gone_is_forgotten(db: Database) -> None:
    with serving(db, ann=scope("berlin")) as server:
        with screen(server, "ann") as ann:
            ann.frame("snapshot")
            assert (server.hub.open_streams, server.presence.count()) == (1, 1)

        until(lambda: server.hub.open_streams == 0)
        until(lambda: server.presence.count() == 0)


def test_stopping_with_screens_open_takes_no_time(db: Database) -> None:
    with serving(db, ann=scope("berlin")) as server, screen(server, "ann") as ann:
        ann.frame("snapshot")
        before = time.monotonic()
        server.stop()
        took = time.monotonic() - before

        assert close_code(ann) in {1001, 1012}
    assert took < 2
    assert not server.thread.is_alive()


@pytest.mark.slow
def test_a_screen_that_does_not_read_is_let_go(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "SEND_TIMEOUT_S", 0.3)
    monkeypatch.setattr(live, "BEAT_S", 0.1)
    with serving(db, ann=scope("berlin")) as server, screen_that_does_not_read(server, "ann"):
        until(lambda: server.hub.open_streams == 1)
        until(lambda: _wrote_more(db) and server.hub.open_streams == 0, seconds=30)


def _wrote_more(db: Database) -> bool:
    write(db, *(swipe(at=now()) for _ in range(500)))
    return True
