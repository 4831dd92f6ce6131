"""What a session has open ends with it: by its record, by the clock, and when nobody touches it."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from auth.presence import Presence
from auth.sessions import Actor, Sessions
from core.errors import StoreUnavailable
from core.times import HOUR_US, MINUTE_US
from store.database import Database
from store.tail import Tail
from tests.auth.people import LIMITS, NOW, peopled_store, person
from tests.waiting import until
from web.ending import Endings


@dataclass
class FakePages:
    """Remembers which pages were told what."""

    ended: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    idled: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def end(self, ref: str, reason: str, paths: dict[str, str]) -> None:
        self.ended.append((ref, reason, paths))

    def idle(self, ref: str, paths: dict[str, str]) -> None:
        self.idled.append((ref, paths))


@dataclass
class Scene:
    """Endings on a loop of their own, with one session of Ben's that has a socket and two pages open."""

    db: Database
    endings: Endings
    pages: FakePages
    closed: list[str]
    ref: str
    now: list[int]

    @property
    def sessions(self) -> Sessions:
        return self.endings.sessions

    def look(self) -> None:
        asyncio.run_coroutine_threadsafe(self.endings.look(), self.endings.loop).result(5)


@contextmanager
def running_loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield loop
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    db = peopled_store(tmp_path / "data")
    sessions, presence, pages, now = Sessions(db, LIMITS), Presence(), FakePages(), [NOW]
    closed: list[str] = []
    _, actor = sessions.start(person("ben"), address="", agent="", now=NOW)
    presence.register(actor.session, closed.append)
    presence.register_page(actor.session, "p-live", "/live")
    presence.register_page(actor.session, "p-log", "/log")
    with running_loop() as loop:
        endings = Endings(presence=presence, sessions=sessions, pages=pages, loop=loop, now=lambda: now[0])
        yield Scene(db=db, endings=endings, pages=pages, closed=closed, ref=actor.session, now=now)
    db.close()


def test_the_record_of_an_end_closes_what_is_open_wherever_it_was_written(scene: Scene) -> None:
    tail = Tail(scene.db)
    tail.subscribe(scene.endings.on_batch)
    tail.start()
    Sessions(scene.db, LIMITS).end(scene.ref, "ended_by_self", NOW + 1)

    until(lambda: scene.closed == ["ended_by_self"], seconds=2)
    tail.stop()
    assert scene.pages.ended == [(scene.ref, "ended_by_self", {"p-live": "/live", "p-log": "/log"})]


def test_the_longest_time_closes_what_is_open(scene: Scene) -> None:
    scene.look()
    assert scene.closed == []

    scene.now[0] = NOW + 12 * HOUR_US
    scene.look()
    assert scene.closed == ["absolute_end"]
    scene.look()
    assert len(scene.closed) == 1


def test_an_end_whose_record_was_missed_is_found_by_the_watch(scene: Scene) -> None:
    Sessions(scene.db, LIMITS).end(scene.ref, "disabled", NOW + 1)
    scene.look()

    assert scene.closed == ["disabled"]


def test_when_nobody_touches_the_browser_only_the_wall_stays(scene: Scene) -> None:
    scene.now[0] = NOW + 30 * MINUTE_US
    scene.look()
    scene.look()

    assert scene.pages.idled == [(scene.ref, {"p-log": "/log"})]
    assert scene.closed == []
    assert scene.sessions.by_ref(scene.ref, scene.now[0]) is not None


def test_the_watch_goes_on_whatever_one_look_meets(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("web.ending.WATCH_S", 0.01)
    errors: list[Exception] = [StoreUnavailable("busy"), RuntimeError("a bug")]
    alive = scene.sessions.alive

    def fail_first(refs: list[str], now: int) -> dict[str, Actor]:
        if errors:
            raise errors.pop(0)
        return alive(refs, now)

    monkeypatch.setattr(scene.sessions, "alive", fail_first)
    scene.now[0] = NOW + 12 * HOUR_US
    watch = asyncio.run_coroutine_threadsafe(scene.endings.watch(), scene.endings.loop)
    until(lambda: scene.closed or watch.done())
    watch.cancel()

    assert scene.closed
    assert "reference=" in caplog.text


def test_a_browser_that_is_used_is_left_alone(scene: Scene) -> None:
    scene.now[0] = NOW + 29 * MINUTE_US
    scene.sessions.touch_activity(scene.ref, scene.now[0])
    scene.now[0] += 29 * MINUTE_US
    scene.look()

    assert scene.pages.idled == []
