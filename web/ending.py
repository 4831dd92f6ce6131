"""Ends what a session has open in this process, however and wherever the session ended."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

import msgspec
from starlette.concurrency import run_in_threadpool

from auth.presence import Presence
from auth.sessions import ENDED, STAYS_WHEN_IDLE, Actor, Sessions
from core.errors import StoreError
from core.records import Kind
from store.clock import new_reference, now_us
from store.tail import Batch

_log = logging.getLogger("gatehouse.web")
WATCH_S: Final = 1.0
_ENDS: Final = frozenset({Kind.OPERATOR_SIGNED_OUT, Kind.OPERATOR_SESSION_ENDED})


class Pages(Protocol):
    """How pages are told; called on the event loop."""

    def end(self, ref: str, reason: str, paths: dict[str, str]) -> None:
        """Send every page of a session to the sign-in and give up its state."""

    def idle(self, ref: str, paths: dict[str, str]) -> None:
        """Send these pages to the sign-in and leave the others."""


class _Refs(msgspec.Struct):
    session: str = ""


class _Leaf(msgspec.Struct):
    refs: _Refs = msgspec.field(default_factory=_Refs)
    reason: str = ENDED


@dataclass(frozen=True, slots=True, kw_only=True)
class Endings:
    """Follows the log and the clock for the sessions that have something open here."""

    presence: Presence
    sessions: Sessions
    pages: Pages
    loop: asyncio.AbstractEventLoop
    now: Callable[[], int] = now_us

    def on_batch(self, batch: Batch) -> None:
        """Take the ends out of what the tail read, on its thread."""
        for row in batch.rows:
            if row.kind in _ENDS:
                leaf = msgspec.json.decode(row.leaf, type=_Leaf)
                self.sessions.forget(leaf.refs.session)
                self.loop.call_soon_threadsafe(self.end, leaf.refs.session, leaf.reason)

    def end(self, ref: str, reason: str) -> None:
        """End everything a session has open, pages first; on the event loop only."""
        paths = self.presence.pages(ref)
        self.pages.end(ref, reason, paths)
        self.presence.end(ref, reason)

    async def watch(self) -> None:
        """Look once a second which sessions ran out; ends with its task."""
        while True:
            await asyncio.sleep(WATCH_S)
            try:
                await self.look()
            except StoreError as error:
                _log.warning("the watch over sessions waits for the store error=%s", error)
            except Exception:  # noqa: BLE001 - the last resort of this task
                # Sessions must end at their time, whatever went wrong with one look.
                _log.exception("the watch over sessions looks again reference=%s", new_reference())

    async def look(self) -> None:
        """End what ran out or was ended elsewhere, and send idle pages away."""
        refs = self.presence.refs()
        if not refs:
            return
        alive = await run_in_threadpool(self.sessions.alive, refs, self.now())
        for ref in refs:
            actor = alive.get(ref)
            if actor is None:
                self.end(ref, await run_in_threadpool(self.sessions.why_ended, ref))
            elif actor.idle(self.now()):
                self._idle(actor)

    def _idle(self, actor: Actor) -> None:
        paths = self.presence.pages(actor.session)
        leaving = {page: path for page, path in paths.items() if path not in STAYS_WHEN_IDLE}
        for page in leaving:
            self.presence.forget_page(actor.session, page)
        if leaving:
            self.pages.idle(actor.session, leaving)
