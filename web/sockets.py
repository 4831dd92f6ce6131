"""A websocket that can be ended from outside, from any thread, whatever its endpoint does."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final, TypeAlias

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]

SESSION_ENDED: Final = 4401
# Long enough for the page's redirect, or the stream's own farewell, to reach the browser first.
FAREWELL_S: Final = 0.25


class EndableSocket:
    """Wraps one ASGI websocket: `end` makes its endpoint see a disconnect and the client a close."""

    def __init__(
        self, receive: Receive, send: Send, on_message: Callable[[bytes], None] | None = None
    ) -> None:
        """Take the server's callables; `on_message` is told of each binary message that comes in."""
        self._receive = receive
        self._send = send
        self._on_message = on_message
        self._loop = asyncio.get_running_loop()
        self._ended = asyncio.Event()
        self._reason = ""
        self._accepted = False

    def end(self, reason: str) -> None:
        """End it after the farewell; safe to call from any thread, raises RuntimeError on a closed loop."""
        self._loop.call_soon_threadsafe(self._loop.call_later, FAREWELL_S, self._end, reason)

    def _end(self, reason: str) -> None:
        self._reason = reason
        self._ended.set()

    async def receive(self) -> Message:
        """Give what comes first: the client's next message, or the end."""
        if self._ended.is_set():
            return _disconnect(self._reason)
        message = await self._first()
        if message is None:
            await self._close()
            return _disconnect(self._reason)
        data = message.get("bytes")
        if data and self._on_message is not None:
            self._on_message(data)
        return message

    async def _first(self) -> Message | None:
        waiting = asyncio.ensure_future(self._receive())
        ended = asyncio.ensure_future(self._ended.wait())
        try:
            done, _ = await asyncio.wait({waiting, ended}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ended.cancel()
            if not waiting.done():
                waiting.cancel()
        return waiting.result() if waiting in done else None

    async def _close(self) -> None:
        if self._accepted:
            await self._send({"type": "websocket.close", "code": SESSION_ENDED, "reason": self._reason})

    async def send(self, message: Message) -> None:
        """Pass on what the endpoint sends, until the end."""
        if self._ended.is_set():
            return
        self._accepted = self._accepted or message["type"] == "websocket.accept"
        await self._send(message)


def _disconnect(reason: str) -> Message:
    return {"type": "websocket.disconnect", "code": SESSION_ENDED, "reason": reason}


async def refuse(receive: Receive, send: Send) -> None:
    """Refuse a websocket before it is accepted: the handshake answers 403."""
    await receive()
    await send({"type": "websocket.close", "code": SESSION_ENDED})
