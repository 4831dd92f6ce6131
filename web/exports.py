"""`/exports` and below: how large one would be, one's own exports, and their files in stretches of bytes.

A file belongs to the session that proved the act. For everybody else, and for whoever may not read any more
what is in it, it does not exist.
"""

from dataclasses import dataclass
from typing import BinaryIO, Final, NoReturn

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from auth.current import the
from auth.sessions import Actor
from core.byte_range import Stretch, none_match, stretch_of
from core.errors import Invalid, NotPermitted
from core.exports import BYTES_A_ROW, ERASED, State, covers, most_rows, scope_read
from operations.export_target import (
    PAGE,
    known_of,
    measure,
    parse_source,
    read_format,
    read_source,
    scope_of_export,
)
from operations.exports.keeping import Places
from operations.exports.passwords import passwords
from operations.page_refusal import refuse_page
from operations.searched import Search, searched
from store import exports
from store.clock import now_us
from store.exports import Export
from store.log_names import log_names
from web.bodies import JSON, as_json, content_type
from web.errors import error_response
from web.export_file import Delivery, headers_of, tag_of
from web.service import Service

_GONE: Final = "there is no such export of this session"
_NOT_MODIFIED: Final = 304
_NO_MORE: Final = 410
_OUTSIDE: Final = 416
_ERASED: Final = (
    "This file was deleted: somebody has been erased from the log since it was asked for. Export it again."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What a request for a file says of it."""

    name: str
    part: str | None
    condition: str | None
    known: str | None

    @staticmethod
    def of(request: Request) -> "_Asked":
        """Read its headers; to HEAD a range means nothing."""
        part = request.headers.get("range") if request.method == "GET" else None
        return _Asked(
            name=request.path_params["export"],
            part=part,
            condition=request.headers.get("if-range"),
            known=request.headers.get("if-none-match"),
        )


class Exports:
    """The routes."""

    def __init__(self, service: Service) -> None:
        """Give out what lies in this service's data folder."""
        self._service = service

    def routes(self) -> list[BaseRoute]:
        """Give the routes."""
        return [
            Route("/exports", self.mine, methods=["GET"]),
            Route("/exports/size", self.size, methods=["GET"]),
            Route("/exports/{export}", self.take, methods=["GET"]),
            Route("/exports/{export}/password", self.open, methods=["POST"]),
        ]

    async def size(self, request: Request) -> Response:
        """Answer how many records and bytes an export would have; where any, up to which, and its filter."""
        query = request.query_params
        told = await run_in_threadpool(
            self._size, request.state.actor, query.get("filter", ""), query.get("format", "")
        )
        return as_json(told)

    async def mine(self, request: Request) -> Response:
        """Answer the exports of this session, newest first."""
        return as_json({"exports": await run_in_threadpool(self._mine, request.state.actor)})

    async def take(self, request: Request) -> Response:
        """Answer a file or a stretch of it (RFC 9110); 410 for what was built before somebody's erasure."""
        asked, actor = _Asked.of(request), request.state.actor
        one = await run_in_threadpool(self._find, actor, asked.name)
        if one.trouble == ERASED:
            return error_response(_NO_MORE, ERASED, _ERASED)
        tag = tag_of(one)
        if none_match(asked.known, tag=tag):
            return Response(status_code=_NOT_MODIFIED, headers={"etag": tag})
        try:
            stretch = stretch_of(asked.part, asked.condition, tag=tag, size=one.bytes)
        except Invalid as error:
            answer = error_response(_OUTSIDE, "range_not_satisfiable", str(error))
            answer.headers["content-range"] = f"bytes */{one.bytes}"
            return answer
        if request.method == "HEAD":
            return Response(headers=headers_of(one, stretch))
        file = await run_in_threadpool(self._open, one, stretch)
        return Delivery(
            service=self._service,
            export=one,
            stretch=stretch,
            file=file,
            still=lambda: self._still(actor, one),
        )

    async def open(self, request: Request) -> Response:
        """Answer the password of a closed package, once, to the session that asked for it."""
        if content_type(request) != JSON:
            raise Invalid(f"send {{}} as {JSON}")
        name, actor = request.path_params["export"], request.state.actor
        return as_json({"password": await run_in_threadpool(self._password, actor, name)})

    # --- in threads ---------------------------------------------------------------------------------------

    def _size(self, actor: Actor, text: str, kind: str) -> dict[str, object]:
        db = self._service.parts.db
        source, form = parse_source(text), read_format(kind)
        scope = scope_of_export(db, actor, source.page)
        if scope.empty:
            refuse_page(db, actor, PAGE, now_us())
            raise NotPermitted("there is nothing that this person may export")
        # How many records somebody has is a reading of them.
        wanted = known_of(source.wanted, log_names(db, scope))
        searched(the(), actor, Search(page=PAGE, scope=scope, wanted=wanted), now_us())
        size = measure(db, scope, source)
        told: dict[str, object] = {
            "rows": size.rows,
            "exact": size.exact,
            "bytes": size.rows * BYTES_A_ROW[form],
        }
        if most := most_rows(form):
            told["most"] = most
        # In its one form, as an act takes it.
        return told | {"filter": source.text, "upto": size.upto} if size.rows else told

    def _mine(self, actor: Actor) -> list[dict[str, object]]:
        now = now_us()
        found = exports.exports_of(self._service.parts.db, actor.session)
        return [told_of(one, now) for one in found if one.subject == actor.subject]

    def _find(self, actor: Actor, name: str) -> Export:
        """Find an export of this session that this person may still have, or that was taken back."""
        one = self._own(actor, name)
        if not one.takeable(now_us()) and one.trouble != ERASED:
            raise NotPermitted(_GONE)
        if not self._may(actor, one):
            self._refuse(actor)
        return one

    def _own(self, actor: Actor, name: str) -> Export:
        one = exports.find_export(self._service.parts.db, name)
        if one is None:
            raise NotPermitted(_GONE)
        if (one.session, one.subject) != (actor.session, actor.subject):
            self._refuse(actor)
        return one

    def _refuse(self, actor: Actor) -> NoReturn:
        refuse_page(self._service.parts.db, actor, PAGE, now_us())
        raise NotPermitted(_GONE)

    def _password(self, actor: Actor, name: str) -> str:
        found = passwords.show(self._own(actor, name).id, now_us())
        if found is None:
            raise NotPermitted(_GONE)
        return found

    def _may(self, actor: Actor, one: Export) -> bool:
        """Whether all that is in a file may be read by this session now."""
        now = now_us()
        present = self._service.parts.sessions.by_ref(actor.session, now)
        if present is None or present.idle(now):
            return False
        page = read_source(one.filter).page
        return covers(scope_of_export(self._service.parts.db, present, page), scope_read(one.scope))

    def _still(self, actor: Actor, one: Export) -> bool:
        """Whether what is under way may go on: the file was not given up, for somebody who is erased say."""
        now = exports.find_export(self._service.parts.db, one.id)
        return now is not None and now.state is State.READY and self._may(actor, one)

    def _open(self, one: Export, stretch: Stretch) -> BinaryIO:
        """Open a file to be read from somewhere on; what can't be recorded is not given out."""
        if not one.grants(now_us(), stretch.first):
            raise NotPermitted(_GONE)
        db = self._service.parts.db
        exports.need_writable(db, one.id)
        try:
            return Places.of(db.file.parent).whole(one.id).open("rb", buffering=0)
        except FileNotFoundError as error:
            raise NotPermitted(_GONE) from error


def told_of(one: Export, now: int) -> dict[str, object]:
    """Tell how far an export is; `url` is there while it can be taken."""
    told: dict[str, object] = {
        "id": one.id,
        "state": one.state.value,
        "filter": one.filter,
        "format": one.format.value,
        "rows": one.rows,
        "done": one.done,
        "created": one.created,
    }
    reason, _, reference = one.trouble.partition(" ")
    if reason:
        told |= {"reason": reason, "reference": reference}
    if one.built:
        told |= {"bytes": one.bytes, "sha256": one.sha256, "built": one.built, "expires": one.expires}
        told["delivered"] = sum(end - first for first, end in one.delivered.stretches)
    if one.grants(now, 0):
        told["url"] = f"/exports/{one.id}"
    elif one.built:
        told["state"] = "over"
    return told
