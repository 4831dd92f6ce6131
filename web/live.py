"""The live stream: what the log's tail brings goes to every open screen that may see it, within milliseconds.

A screen starts from the store and goes on with the tail: it is placed first, then the store is read,
then what is not newer than that is dropped. So nothing is missing between the two and nothing comes twice.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Final, ParamSpec, TypeAlias, TypeVar

from starlette.websockets import WebSocket, WebSocketDisconnect

from auth.presence import Presence
from auth.sessions import Actor
from core.errors import StoreError
from core.permissions import Permission, Scope
from store.clock import new_reference, now_us
from store.database import Database
from store.duress import Minder
from store.projections import stale_by_site
from store.queries import Wall, wall_snapshot
from store.rows import read_head
from store.tail import Batch, Tail
from web.frames import Beat, Prepared, Reading, prepare, wall_frames
from web.subscribers import Item, Subscriber, Subscribers

logger = logging.getLogger("gatehouse.web.live")

BEAT_S: Final = 1.0
SEND_TIMEOUT_S: Final = 10.0
CLOSE_TIMEOUT_S: Final = 1.0
CLIENT_TEXT_LIMIT: Final = 1_024
_AFTER_DIGITS: Final = 16
_READERS: Final = 2
GOING_AWAY: Final = 1001
TOO_BIG: Final = 1009
TRY_LATER: Final = 1013
SESSION_ENDED: Final = 4401
NOTHING_TO_SEE: Final = 4403
# What somebody may watch, and whose silent alarms they mind.
SEES: Final = (Permission.LIVE_VIEW, Permission.ALARM_HANDLE)
Scopes: TypeAlias = Mapping[Permission, Scope]
P = ParamSpec("P")
T = TypeVar("T")


class LiveHub:
    """The streams of one process; `start` and `stop` run on its event loop, the tail is run by its owner."""

    def __init__(
        self, db: Database, tail: Tail, presence: Presence, scopes_of: Callable[[Actor], Scopes]
    ) -> None:
        """Take `scopes_of`, which works out what a person may from the store, on a thread of ours."""
        self._db = db
        self._tail = tail
        self._presence = presence
        self._scopes_of = scopes_of
        self._subscribers = Subscribers()
        self._head = 0
        # Its own threads: a storm of returning screens must not hold up the gate's look-ups.
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="stream")
        self._loop: asyncio.AbstractEventLoop | None = None
        self._beating: asyncio.Task[None] | None = None
        self._unsubscribe: Callable[[], None] = lambda: None
        self._store_head = 0

    @property
    def open_streams(self) -> int:
        """How many screens are connected."""
        return len(self._subscribers)

    async def start(self) -> None:
        """Follow the tail and begin to beat."""
        self._loop = asyncio.get_running_loop()
        self._unsubscribe = self._tail.subscribe(self._on_batch)
        self._head = self._tail.position
        self._beating = asyncio.create_task(self._beat_for_ever())

    async def stop(self) -> None:
        """Close every stream and let go of the tail."""
        self._unsubscribe()
        for one in self._subscribers:
            one.end(GOING_AWAY, "Gatehouse is stopping")
        if self._beating is not None:
            self._beating.cancel()
            with suppress(asyncio.CancelledError):
                await self._beating
        self._readers.shutdown(wait=False, cancel_futures=True)

    # --- from the log -----------------------------------------------------------------------------------

    def _on_batch(self, batch: Batch) -> None:
        """On the tail's thread: encode once, then hand over in one call."""
        prepared = prepare(batch, self._subscribers.sites)
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._deliver, prepared)

    def _deliver(self, prepared: Prepared) -> None:
        self._head = prepared.head
        if prepared.changes_rights:
            for one in self._subscribers:
                one.fall_behind()
            return
        for one in self._subscribers.watching(prepared.sites):
            one.offer(prepared)

    async def _beat_for_ever(self) -> None:
        while True:
            await asyncio.sleep(BEAT_S)
            try:
                await self._beat()
            except StoreError as error:
                # No beat, and the screens say that they are not current: which is so.
                logger.warning("no beat: %s", error)
            except Exception:
                logger.exception("no beat reference=%s", new_reference())

    async def _beat(self) -> None:
        self._end_the_stuck()
        if not self._subscribers:
            return
        handed_on, known = self._head, self._store_head
        self._store_head, stale = await self._read(self._read_beat, self._subscribers.sites)
        if handed_on < known and self._head == handed_on:
            logger.warning("no beat: the tail stands at %d of %d", handed_on, known)
            return
        beat = Beat(head=self._head, now=now_us(), stale=stale)
        for one in self._subscribers:
            one.offer(beat)

    def _read_beat(self, sites: frozenset[str]) -> tuple[int, Mapping[str, Mapping[str, int]]]:
        with self._db.read() as connection:
            return read_head(connection), stale_by_site(connection, sites)

    def _end_the_stuck(self) -> None:
        late = asyncio.get_running_loop().time() - SEND_TIMEOUT_S
        for one in self._subscribers:
            if one.sending_since is not None and one.sending_since < late:
                one.end(GOING_AWAY, "this screen does not read")

    # --- to one screen ----------------------------------------------------------------------------------

    async def stream(self, websocket: WebSocket) -> None:
        """Serve one screen at /live/stream; the gate has put the actor into the scope's state."""
        actor: Actor | None = websocket.scope.get("state", {}).get("actor")
        await websocket.accept()
        if actor is None:
            await websocket.close(SESSION_ENDED, "sign in")
            return
        one = Subscriber(actor, _after(websocket.query_params.get("after", "")))
        unregister = self._presence.register(actor.session, partial(self._end_session, one))
        self._subscribers.add(one)
        try:
            await self._serve(websocket, one)
        finally:
            unregister()
            self._subscribers.drop(one)

    def _end_session(self, one: Subscriber, reason: str) -> None:
        """Close a screen because its session has ended; on any thread."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(one.end, SESSION_ENDED, reason)

    async def _serve(self, websocket: WebSocket, one: Subscriber) -> None:
        work = (self._write(websocket, one), _ignore_client(websocket, one), one.ended.wait())
        tasks = [asyncio.ensure_future(each) for each in work]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        if one.ended.is_set():
            # A screen that does not read would not let its own close through.
            with suppress(TimeoutError, RuntimeError, WebSocketDisconnect):
                async with asyncio.timeout(CLOSE_TIMEOUT_S):
                    await websocket.close(one.close_code, one.close_reason)

    async def _write(self, websocket: WebSocket, one: Subscriber) -> None:
        try:
            while not one.ended.is_set():
                item = await one.next()
                if item is None or one.reading is None:
                    await self._begin(websocket, one)
                    continue
                await self._hand_on(websocket, one, item, one.reading)
        except StoreError as error:
            logger.warning("a screen starts again later: %s", error)
            one.end(TRY_LATER, "the store does not answer")
        except (WebSocketDisconnect, OSError):
            one.end(GOING_AWAY, "gone")
        except Exception:
            reference = new_reference()
            logger.exception("a screen failed reference=%s", reference)
            one.end(TRY_LATER, f"failed, reference {reference}")

    async def _hand_on(self, websocket: WebSocket, one: Subscriber, item: Item, reading: Reading) -> None:
        shown = one.shown or 0
        if isinstance(item, Beat):
            await self._send(websocket, one, item.frame(reading, shown))
        elif item.head > one.sent:
            text = item.frame(reading, one.sent, shown, one.actor.subject)
            await self._send(websocket, one, text)
            one.shown = item.end(reading, shown)
        one.sent = max(item.head, one.sent)

    async def _begin(self, websocket: WebSocket, one: Subscriber) -> None:
        """Start a screen, at first or again, by its rights of now."""
        one.begin_again()
        scopes = await self._read(self._scopes_of, one.actor)
        scope = scopes[Permission.LIVE_VIEW]
        minder = Minder(scope=scopes[Permission.ALARM_HANDLE], subject=one.actor.subject)
        if not scope.sites:
            one.end(NOTHING_TO_SEE, "there is no door here that you may watch")
            return
        reading = Reading.of(scope, minder)
        # Whose rights have changed must lose what it may no longer show.
        after = one.shown if one.reading in {None, reading} else None
        self._subscribers.place(one, reading)
        wall = await self._read(self._wall, scope, after, minder)
        for end, text in wall_frames(wall):
            await self._send(websocket, one, text)
            one.shown = end
        one.sent = wall.head

    def _wall(self, scope: Scope, after: int | None, minder: Minder) -> Wall:
        return wall_snapshot(self._db, scope, now_us(), after=after, minder=minder)

    async def _send(self, websocket: WebSocket, one: Subscriber, text: str | None) -> None:
        if text is not None:
            one.sending_since = asyncio.get_running_loop().time()
            await websocket.send_text(text)
            one.sending_since = None

    async def _read(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._readers, partial(call, *args, **kwargs))


async def _ignore_client(websocket: WebSocket, one: Subscriber) -> None:
    """Read what a screen sends, which means nothing, until it goes."""
    while True:
        message = await websocket.receive()
        if message["type"] == "websocket.disconnect":
            return
        if len(message.get("text") or message.get("bytes") or "") > CLIENT_TEXT_LIMIT:
            one.end(TOO_BIG, "a screen has nothing to say here")
            return


def _after(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _AFTER_DIGITS else None
