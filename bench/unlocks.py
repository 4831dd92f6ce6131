"""(l) Unlocks: a press with its proof → the command at the broker, and the answer → the verdict on screen.

That the verdict is on a screen is taken from the live stream, and a few times from what Chromium draws.

The subscriber that hears the commands is bare; beside ours, in the same run, a bare client connects, sends a
command and leaves, as we do. Pair by pair in quiet and under 200 records a second of other devices.

Run with `.venv/bin/python -m bench.unlocks`.
"""

import asyncio
import json
import statistics
import tempfile
import threading
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from http.client import HTTPConnection
from itertools import cycle, islice
from pathlib import Path
from typing import Any, Final

import pyotp

from bench.answering import RAW, Answering
from bench.drawn import drawn
from bench.figures import percentiles
from bench.load import Load
from bench.screens import Address, Screen, open_screens
from bench.stand.doors import SECONDS, SECRET, SITE, doors, enter, issue_keys
from bench.stand.estate import DEVICES, estate
from bench.stand.stand import Stand, wait_for
from bench.stand.wire import Wire
from connectors.mqtt.principals import COMMAND
from core.unlocks import Stage
from store.estate import EstateDocument

PAIRS: Final = 3
PRESSES: Final = 80
WARM_UP: Final = 20
DRAWN: Final = 20
DOORS: Final = 30
LOAD_A_SECOND: Final = 200
# A door is busy for as long as it is let go: with so many of them it is free again when its turn comes.
_PAUSE_S: Final = 0.06
_SETTLED_S: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """Waits in ms, by place: of ours, and of a bare client's."""

    command: Mapping[str, float]
    raw_command: Mapping[str, float]
    verdict: Mapping[str, float]
    raw_verdict: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Found:
    """Every pair, in quiet and under load, and what a browser draws in quiet."""

    quiet: list[Waits] = field(default_factory=list)
    loaded: list[Waits] = field(default_factory=list)
    drawn: dict[str, float] = field(default_factory=dict)

    def median(self, what: str, place: str, *, loaded: bool = False) -> float:
        """Give the median of the pairs."""
        some = self.loaded if loaded else self.quiet
        return float(statistics.median(getattr(one, what)[place] for one in some))

    def ratio(self, what: str) -> float:
        """Say in how many times of quiet the slowest twentieth waits under load."""
        pairs = zip(self.quiet, self.loaded, strict=True)
        ratios = (getattr(loaded, what)["p95"] / getattr(quiet, what)["p95"] for quiet, loaded in pairs)
        return float(statistics.median(ratios))


def document() -> EstateDocument:
    """Give doors without a sensor, where the answer is the verdict, and others that talk."""
    locks, others = doors(DOORS), estate()
    bare = tuple(replace(one, sensor=False) for one in locks.doors)
    return EstateDocument(
        sites=others.sites, devices=(*locks.devices, *others.devices), doors=(*bare, *others.doors)
    )


class _Presser:
    """One connection to the console; presses as many people, since a code proves once in half a minute."""

    def __init__(self, stand: Stand, people: int) -> None:
        self._origin = f"http://localhost:{stand.web_port}"
        self._cookies = [enter(stand, f"guard-{number}")[0] for number in range(people)]
        self._line = HTTPConnection("localhost", stand.web_port, timeout=20)
        self._doors = cycle(islice((one.id for one in stand.document.doors), DOORS))

    @property
    def left(self) -> int:
        """Count who has not pressed yet."""
        return len(self._cookies)

    def begin(self) -> None:
        """Connect anew: the console ends what was idle."""
        self._line.close()

    def press(self) -> tuple[str, int]:
        """Ask for the next door and prove it; gives the act, and when the proof was sent (ns UTC)."""
        cookie, door = self._cookies.pop(), next(self._doors)
        return self._prove(cookie, str(self._ask(cookie, door)["id"]))

    def press_again(self, door: str) -> tuple[str, int, str]:
        """Press at this door as soon as it is free; gives the person's name too."""
        name = f"Guard-{len(self._cookies) - 1}"
        cookie = self._cookies.pop()
        asked: dict[str, Any] = {}

        def free() -> bool:
            asked.update(self._ask(cookie, door))
            return "id" in asked

        wait_for("the door is free", free, 20, every_s=0.1)
        act, began = self._prove(cookie, str(asked["id"]))
        return act, began, name

    def _ask(self, cookie: str, door: str) -> dict[str, Any]:
        wish = {"action": "unlock", "target": {"door": door}, "reason": "a visitor", "seconds": SECONDS}
        return self._post(cookie, "/acts", wish, {HTTPStatus.CREATED, HTTPStatus.CONFLICT})

    def _prove(self, cookie: str, act: str) -> tuple[str, int]:
        code = {"totp": pyotp.TOTP(SECRET).now()}
        began = time.time_ns()
        self._post(cookie, f"/acts/{act}/proof", code, {HTTPStatus.OK})
        return act, began

    def _post(
        self, cookie: str, path: str, value: Mapping[str, object], well: Collection[int]
    ) -> dict[str, Any]:
        headers = {
            "Origin": self._origin,
            "Cookie": f"gatehouse={cookie}",
            "Content-Type": "application/json",
        }
        self._line.request("POST", path, json.dumps(value), headers)
        answer = self._line.getresponse()
        told: dict[str, Any] = json.loads(answer.read())
        assert answer.status in well, told
        return told


def run(pairs: int = PAIRS, presses: int = PRESSES) -> Found:
    """Start the stack and measure pair by pair."""
    with tempfile.TemporaryDirectory() as folder, Stand(Path(folder) / "data", document()) as stand:
        issue_keys(stand)
        stand.start_broker()
        stand.start_ingest()
        stand.start_web()
        presser = _Presser(stand, WARM_UP + 2 * pairs * presses + DRAWN)
        found = asyncio.run(_measure(stand, presser, pairs, presses))
        found.drawn.update(_drawn(stand, presser))
        return found


async def _measure(stand: Stand, presser: _Presser, pairs: int, presses: int) -> Found:
    origin = f"http://localhost:{stand.web_port}"
    headers = {"Host": origin.removeprefix("http://"), "Origin": origin}
    headers["Cookie"] = f"gatehouse={stand.sign_in()}"
    (screen,) = await open_screens(Address(host="127.0.0.1", port=stand.web_port, headers=headers), 1)
    found = Found()
    await _waits(stand, presser, screen, WARM_UP)
    for _ in range(pairs):
        found.quiet.append(await _waits(stand, presser, screen, presses))
        with _Talking(stand, presses):
            found.loaded.append(await _waits(stand, presser, screen, presses))
    screen.close()
    return found


class _Talking:
    """Other devices, which talk for as long as the presses take, from a process of their own."""

    def __init__(self, stand: Stand, presses: int) -> None:
        before = stand.count("SELECT count(*) FROM event_key")
        # Every load goes round all devices, so that each has made as many as the others.
        count = int(LOAD_A_SECOND * presses * 4 * _PAUSE_S) // DEVICES * DEVICES
        self._wanted = before + count
        self._stand = stand
        load = Load(stand.account(), LOAD_A_SECOND, count, before // DEVICES)
        self._thread = threading.Thread(target=load.run)

    def __enter__(self) -> None:
        self._thread.start()
        already = self._wanted - LOAD_A_SECOND
        assert already > 0
        first = self._stored()
        wait_for("the others talk", lambda: self._stored() > first, 20)

    def __exit__(self, *_: object) -> None:
        self._thread.join()
        wait_for("all is stored", lambda: self._stored() >= self._wanted, 20)

    def _stored(self) -> int:
        return self._stand.count("SELECT count(*) FROM event_key")


async def _waits(stand: Stand, presser: _Presser, screen: Screen, presses: int) -> Waits:
    devices = Answering(stand.account())
    screen.frames.clear()
    offset = time.time_ns() - time.monotonic_ns()
    pressed = await asyncio.to_thread(_press, stand, presser, presses)
    await asyncio.sleep(_SETTLED_S)
    times, raw = devices.end()
    shown = _verdicts(screen, offset)
    assert pressed.keys() == times.keys() == shown.keys() & pressed.keys(), "a press was lost"
    return Waits(
        command=percentiles([times[act].heard - began for act, began in pressed.items()]),
        raw_command=percentiles(raw),
        verdict=percentiles([shown[act] - times[act].answered for act in pressed]),
        raw_verdict=percentiles([one.echoed - one.answered for one in times.values()]),
    )


def _drawn(stand: Stand, presser: _Presser) -> Mapping[str, float]:
    """Watch one door of the wall in a browser; gives how long after the answer its verdict stands there."""
    door = stand.document.doors[0].id
    devices, shown = Answering(stand.account()), dict[str, int]()
    presser.begin()
    with drawn(stand, f"/live?door={door}", ".panel:visible", (".act-lines", "li")) as page:
        while presser.left:
            act, _, name = presser.press_again(door)
            shown[act] = page.wait("good", f"by {name}:")
    times, _ = devices.end()
    return percentiles([at - times[act].answered for act, at in shown.items()])


def _press(stand: Stand, presser: _Presser, presses: int) -> dict[str, int]:
    """Press, and after each press let a bare client do what the console did at the broker."""
    account, pressed = stand.account(COMMAND), {}
    presser.begin()
    topic = f"gatehouse/v1/{SITE}/{stand.document.devices[0].id}/cmd/unlock"
    for _ in range(presses):
        act, began = presser.press()
        pressed[act] = began
        time.sleep(_PAUSE_S)
        begun = time.time_ns()
        with Wire(account, COMMAND) as wire:
            wire.publish([(topic, RAW + str(begun).encode())])
    return pressed


def _verdicts(screen: Screen, offset: int) -> dict[str, int]:
    """Give when a screen was first told that an act's device has accepted it; ns UTC."""
    shown: dict[str, int] = {}
    for at, body in screen.frames:
        frame: dict[str, Any] = json.loads(body)
        for act in frame.get("acts", ()):
            if act["stage"] == Stage.ACCEPTED:
                shown.setdefault(act["act"], at + offset)
    return shown


def main() -> None:
    """Print the figures."""
    found = run()
    for name in ("quiet", "loaded"):
        for one in getattr(found, name):
            print(name, one)
    print(found.ratio("command"), found.ratio("verdict"), "drawn", found.drawn)


if __name__ == "__main__":
    main()
