"""Whether this process lives, and whether Gatehouse is ready to be relied on."""

import os
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse

from core.errors import StoreError
from core.times import SECOND_US
from store.clock import now_us
from store.database import Database
from store.touch import Part, PartState, parts, report_part
from web.service import Service

# Without these there is no live wall.
NEEDED: Final = ("ingest", "web")
_NO_STORE: Final = {"cache-control": "no-store"}


async def alive(_request: Request) -> JSONResponse:
    """Answer that the event loop turns."""
    return JSONResponse({"status": "ok"}, headers=_NO_STORE)


def readiness(found: tuple[Part, ...], now: int) -> tuple[bool, dict[str, dict[str, object]]]:
    """Judge the parts: ready when each that is needed is there and none is down or silent."""
    judged = {part.name: _judged(part, now) for part in found}
    for name in NEEDED:
        judged.setdefault(name, {"state": PartState.DOWN.value, "age_s": None, "pid": None})
    ready = all(part["state"] in {PartState.OK, PartState.DEGRADED} for part in judged.values())
    return ready, judged


def _judged(part: Part, now: int) -> dict[str, object]:
    return {"state": part.judged(now).value, "age_s": round((now - part.at) / SECOND_US, 1), "pid": part.pid}


class Readiness:
    """The route of `/readyz`."""

    def __init__(self, service: Service) -> None:
        """Read the parts of this service's store."""
        self._service = service

    async def answer(self, _request: Request) -> JSONResponse:
        """Answer 200 when Gatehouse can be relied on, else 503; each part is named."""
        now = now_us()
        try:
            ready, judged = readiness(await run_in_threadpool(parts, self._service.parts.db), now)
        except StoreError:
            ready, judged = False, {"store": {"state": PartState.DOWN.value, "age_s": None, "pid": None}}
        body = {"status": "ready" if ready else "not_ready", "parts": judged}
        return JSONResponse(body, status_code=200 if ready else 503, headers=_NO_STORE)


def report_web(db: Database, sockets: int) -> None:
    """Write down that the web process lives; raises StoreError."""
    info: dict[str, str | int] = {"sockets": sockets}
    now = now_us()
    report_part(db, Part(name="web", state=PartState.OK, at=now, pid=os.getpid(), info=info))
