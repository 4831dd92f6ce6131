"""A network that fails between two who speak MQTT: each packet is carried, held, lost or answered by a reset.

with Proxy(port) as proxy:
    proxy.rule = on(PUBACK, Fate.HOLD)
    ...
    proxy.heal()
"""

import asyncio
import socket
import struct
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final, Self, TypeAlias

from bench.stand.wire import packet, split
from connectors.mqtt.broker import ADDRESS

CONNECT: Final = 1
CONNACK: Final = 2
PUBLISH: Final = 3
PUBACK: Final = 4
_CHUNK: Final = 65_536
_AT_ONCE: Final = struct.pack("ii", 1, 0)


class Fate(Enum):
    """What becomes of a packet; `HOLD` is until the network heals, and for the living only."""

    CARRY = auto()
    HOLD = auto()
    LATE = auto()
    LOSE = auto()
    RESET = auto()
    RESET_AFTER = auto()
    DEAF = auto()


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet on its way; `out` is towards the broker."""

    out: bool
    first: int
    body: bytes

    @property
    def kind(self) -> int:
        return self.first >> 4


Rule: TypeAlias = Callable[[Packet], Fate]


def carry(_packet: Packet) -> Fate:
    return Fate.CARRY


def hold(_packet: Packet) -> Fate:
    """Be a black hole."""
    return Fate.HOLD


def on(kind: int, fate: Fate) -> Rule:
    """Let this happen to packets of one kind, and carry all others."""
    return lambda packet: fate if packet.kind == kind else Fate.CARRY


def after(kind: int, fate: Fate) -> Rule:
    """Carry the first packet of a kind and all before it; what follows meets its fate."""
    seen = threading.Event()

    def rule(packet: Packet) -> Fate:
        if seen.is_set():
            return fate
        if packet.kind == kind:
            seen.set()
        return Fate.CARRY

    return rule


@dataclass(eq=False)
class _Pair:
    near: asyncio.StreamWriter
    far: asyncio.StreamWriter
    deaf: bool = False
    dead: asyncio.Event = field(default_factory=asyncio.Event)

    def end(self, *, reset: bool = False) -> None:
        self.dead.set()
        for one in (self.near, self.far):
            if not reset:
                one.close()
                continue
            # One side of a pair may be gone already.
            with suppress(OSError):
                one.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
            one.transport.abort()

    def go_deaf(self) -> None:
        """End the broker's side alone: the other one hears nothing more, and is not told."""
        self.deaf = True
        self.far.close()


class Proxy:
    """Carries packets to a port of this machine by a rule, in a thread of its own.

    `sent` is every packet that came from a client, in order, whatever became of it. Whoever cuts off his
    connection while something of his is held has sent nothing: the living alone send again what is lost.
    """

    def __init__(self, port: int, rule: Rule = carry, late_s: float = 12.0) -> None:
        self.rule = rule
        self.sent: list[Packet] = []
        self._target = port
        self._late_s = late_s
        self._listener = socket.create_server((ADDRESS, 0), backlog=200)
        # Of all who ever were here: an end that was begun may not be over.
        self._writers: list[asyncio.StreamWriter] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._healed = asyncio.Event()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(
            target=self._loop.run_until_complete, args=(self._run(),), daemon=True
        )

    @property
    def port(self) -> int:
        found: int = self._listener.getsockname()[1]
        return found

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)
        self._loop.close()

    def heal(self) -> None:
        """Carry everything from now on, and what was held for those who still are there."""
        self.rule = carry
        self._loop.call_soon_threadsafe(self._let_go)

    def _let_go(self) -> None:
        before, self._healed = self._healed, asyncio.Event()
        before.set()

    def of(self, kind: int) -> list[Packet]:
        """Give what clients have sent of a kind."""
        return [one for one in list(self.sent) if one.kind == kind]

    async def _run(self) -> None:
        server = await asyncio.start_server(self._serve, sock=self._listener)
        async with server:
            await self._stop.wait()
            server.close()
            # One turn of the loop, in which who has just been let in gets as far as to be known here.
            await asyncio.sleep(0)
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await _gone(*self._writers)

    async def _serve(self, reader: asyncio.StreamReader, near: asyncio.StreamWriter) -> None:
        self._writers.append(near)
        if (this := asyncio.current_task()) is not None:
            self._keep(this)
        try:
            answers, far = await asyncio.open_connection(ADDRESS, self._target)
        except OSError:
            near.transport.abort()
            return
        self._writers.append(far)
        pair = _Pair(near, far)
        for source, out in ((reader, True), (answers, False)):
            self._keep(asyncio.create_task(self._pump(pair, source, out=out)))

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _pump(self, pair: _Pair, source: asyncio.StreamReader, *, out: bool) -> None:
        buffer = bytearray()
        try:
            while data := await source.read(_CHUNK):
                buffer += data
                for first, body in split(buffer):
                    await self._carry(pair, source, Packet(out, first, body))
        except OSError:
            pair.end(reset=True)
        if out or not pair.deaf:
            pair.end()

    async def _carry(self, pair: _Pair, source: asyncio.StreamReader, one: Packet) -> None:
        if one.out:
            self.sent.append(one)
        fate = Fate.LOSE if pair.deaf else self.rule(one)
        if fate is Fate.HOLD:
            await _first(self._healed.wait(), pair.dead.wait(), _broken(source))
        elif fate is Fate.LATE:
            await _first(asyncio.sleep(self._late_s), pair.dead.wait())
        elif fate is Fate.DEAF:
            pair.go_deaf()
        elif fate is Fate.RESET:
            pair.end(reset=True)
        if fate in {Fate.LOSE, Fate.DEAF, Fate.RESET} or pair.dead.is_set() or source.exception() is not None:
            return
        target = pair.far if one.out else pair.near
        target.write(packet(one.first, one.body))
        await target.drain()
        if fate is Fate.RESET_AFTER:
            pair.end(reset=True)


async def _gone(*writers: asyncio.StreamWriter) -> None:
    """Cut connections off, and return once their sockets are closed: the loop ends with that."""
    for one in writers:
        one.transport.abort()
    await asyncio.gather(*(one.wait_closed() for one in writers), return_exceptions=True)


async def _broken(source: asyncio.StreamReader) -> None:
    """Return once a connection was reset under what is held of it."""
    while source.exception() is None:  # noqa: ASYNC110 - a stream tells of its reset by no event
        await asyncio.sleep(0.01)


async def _first(*waits: Coroutine[object, object, object]) -> None:
    tasks = [asyncio.create_task(one) for one in waits]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for one in tasks:
        one.cancel()
