"""A stretch of an export's file on its way to a browser, and the record of what has left."""

import asyncio
import logging
from base64 import b64encode
from collections.abc import Callable
from time import monotonic
from typing import BinaryIO, Final

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from core.byte_range import Stretch
from core.errors import StoreError
from core.exports import ENDINGS, MEDIA_TYPES
from core.leaf import Scalar
from core.records import Kind
from core.times import SECOND_US, iso_us
from operations.exports.keeping import record_of
from store import exports
from store.clock import now_us
from store.exports import Export
from web.service import Service

_log: Final = logging.getLogger("gatehouse.web")
_CHUNK: Final = 256 * 1024
# How long a right that was taken away may go on being used by a download under way.
_LOOK_S: Final = 1.0
_OK: Final = 200
_PARTIAL: Final = 206


def tag_of(one: Export) -> str:
    """Give the strong entity tag of a file: it is what its bytes are."""
    return f'"{one.sha256}"'


def headers_of(one: Export, stretch: Stretch) -> dict[str, str]:
    """Write what is said of a file, or of a stretch of it."""
    digest = b64encode(bytes.fromhex(one.sha256)).decode()
    stamp = iso_us(one.created // SECOND_US * SECOND_US).replace(":", "").replace("-", "").partition(".")[0]
    name = f"gatehouse-{one.filter.partition('?')[0]}-{stamp.removesuffix('Z')}Z.{ENDINGS[one.format]}"
    headers = {
        "accept-ranges": "bytes",
        # So that Streamlit's middleware leaves the bytes alone: lengths, ranges and hashes are of these.
        "content-encoding": "identity",
        "content-disposition": f'attachment; filename="{name}"',
        "content-length": str(stretch.length),
        "content-type": MEDIA_TYPES[one.format],
        "cache-control": "no-store",
        "etag": tag_of(one),
        "repr-digest": f"sha-256=:{digest}:",
        "digest": f"sha-256={digest}",
        "x-content-type-options": "nosniff",
    }
    if stretch.part:
        headers["content-range"] = f"bytes {stretch.first}-{stretch.end - 1}/{one.bytes}"
    return headers


class Delivery(Response):
    """Sends a stretch of a file, and records at its end how much of it has left.

    It stops in the middle when the browser has gone or the right to it was taken away: `still` tells that.
    """

    def __init__(
        self, *, service: Service, export: Export, stretch: Stretch, file: BinaryIO, still: Callable[[], bool]
    ) -> None:
        """Prepare to send from an open file, which is closed at the end."""
        status = _PARTIAL if stretch.part else _OK
        super().__init__(status_code=status, headers=headers_of(export, stretch))
        self._service = service
        self._export = export
        self._stretch = stretch
        self._file = file
        self._still = still

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        gone = asyncio.create_task(_wait_for_end(receive))
        sent = 0
        try:
            head = {"status": self.status_code, "headers": self.raw_headers}
            await send({"type": "http.response.start", **head})
            await run_in_threadpool(self._file.seek, self._stretch.first)
            looked = monotonic()
            while sent < self._stretch.length and not gone.done():
                if monotonic() - looked >= _LOOK_S:
                    looked = monotonic()
                    if not await run_in_threadpool(self._still):
                        return
                data = await run_in_threadpool(self._file.read, min(_CHUNK, self._stretch.length - sent))
                if not data or not await _has_left(data, send, gone):
                    return
                sent += len(data)
            if sent == self._stretch.length:
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            gone.cancel()
            self._file.close()
            loop = asyncio.get_running_loop()
            await asyncio.shield(loop.run_in_executor(None, self._record, sent))

    def _record(self, sent: int) -> None:
        one, first = self._export, self._stretch.first
        db, now = self._service.parts.db, now_us()
        told: dict[str, Scalar] = {"first": first, "bytes": sent, "of": one.bytes, "sha256": one.sha256}
        record = record_of(Kind.EXPORT_DOWNLOADED, one, db, told, now=now)
        try:
            exports.note_delivered(db, one.id, (first, first + sent), record)
        except StoreError as error:
            _log.error("event=download_unrecorded export=%s bytes=%d error=%s", one.id, sent, error)


async def _has_left(data: bytes, send: Send, gone: asyncio.Task[None]) -> bool:
    """Send some bytes, and say whether the operating system has taken nearly all of them.

    The server drops without a word what is for a browser that has gone, and lets nothing more come, not even
    an empty piece, before what it holds is small.
    """
    await send({"type": "http.response.body", "body": data, "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": True})
    # That it has gone is told on the loop's next round.
    await asyncio.sleep(0)
    return not gone.done()


async def _wait_for_end(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
