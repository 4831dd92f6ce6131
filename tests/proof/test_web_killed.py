"""The web process is killed with -9 under a connected screen: what it missed comes once, in order."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial

import pytest
from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from bench.stand.estate import Event, Life
from bench.stand.stand import Stand
from tests.proof.claims import Claim, whole_or
from tests.proof.stored import Stored
from tests.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
COUNT = whole_or(600, 6_000)
KILLS = whole_or(1, 5)
WINDOW = 20


class Screen:
    """A stream client of its own thread that comes back with the last id it has, until told to stop."""

    def __init__(self, stand: Stand) -> None:
        self.seen: list[int] = []
        self.resets = 0
        self.connections = 0
        self.frames = 0
        self._stand = stand
        self._cookie = stand.sign_in()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run)

    @contextmanager
    def watching(self) -> Iterator[None]:
        self._thread.start()
        try:
            yield
        finally:
            self._stopping.set()
            self._thread.join(20)

    @property
    def last(self) -> int:
        return self.seen[-1] if self.seen else 0

    def _run(self) -> None:
        while not self._stopping.is_set():
            with suppress(OSError, WebSocketException), self._connection() as line:
                self.connections += 1
                self._read(line)
            self._stopping.wait(0.05)

    def _connection(self) -> ClientConnection:
        origin = f"http://localhost:{self._stand.web_port}"
        return connect(
            f"{origin.replace('http', 'ws')}/live/stream?after={self.last}",
            origin=Origin(origin),
            additional_headers={"Cookie": f"gatehouse={self._cookie}"},
            open_timeout=10,
        )

    def _read(self, line: ClientConnection) -> None:
        while not self._stopping.is_set():
            with suppress(TimeoutError):
                frame = json.loads(line.recv(timeout=0.2))
                self.frames += 1
                self.resets += bool(frame.get("reset"))
                self.seen += [record["id"] for record in frame.get("records", ())]


def test_a_screen_misses_and_doubles_nothing_when_the_web_process_is_killed(
    stand: Stand, claims: Callable[[Claim], None]
) -> None:
    began = time.monotonic()
    stand.start_broker()
    stand.start_ingest()
    stand.start_web()
    screen = Screen(stand)
    events = Life().take(COUNT)
    portion = COUNT // (KILLS + 1)
    with screen.watching():
        until(lambda: screen.frames > 0, seconds=20)
        # Records of the processes' own start may come before the screen's first frame.
        begin = stand.head()
        for turn in range(KILLS):
            publish(stand, events[turn * portion : (turn + 1) * portion - portion // 3])
            assert stand.web is not None
            until(lambda: screen.last > begin, seconds=20)
            stand.web.kill()
            # What comes while nobody serves is what a screen could miss.
            publish(stand, events[(turn + 1) * portion - portion // 3 : (turn + 1) * portion])
            stand.start_web()
            until(partial(reconnected, screen, turn + 2), seconds=30)
        publish(stand, events[KILLS * portion :])
        until(partial(stand.has, COUNT), seconds=30)
        until(lambda: screen.last == stand.head(), seconds=30)

    expected = [number for number, _ in Stored(stand.db.file).leaves if number > begin]
    lost = len(set(expected) - set(screen.seen))
    twice = len(screen.seen) - len(set(screen.seen))
    name = f"web killed with -9 {KILLS} times under a screen that comes back with `after`"
    seconds = time.monotonic() - began
    claims(Claim(claim=name, count=len(expected), lost=lost, twice=twice, seconds=seconds))
    assert [number for number in screen.seen if number > begin] == expected
    assert screen.resets == 0


def publish(stand: Stand, events: list[Event]) -> None:
    with stand.wire("devices") as wire:
        wire.publish(((event.topic, event.payload) for event in events), window=WINDOW)
        assert wire.refused == 0


def reconnected(screen: Screen, times: int) -> bool:
    return screen.connections >= times
