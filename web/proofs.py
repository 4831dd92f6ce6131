"""GET `/proofs/{record}`: what proves that a record is what was sealed, for the browser to check itself."""

from collections.abc import Mapping
from typing import Final

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from auth.access import scopes_for
from auth.current import the
from auth.sessions import Actor
from core.errors import NotPermitted
from core.log_filter import LogFilter
from core.permissions import Permission
from operations.searched import Search, searched
from store.clock import now_us
from store.proofs import Disclosed, RecordProof, record_proof
from web.bodies import as_json
from web.service import Service

_READ_BY: Final = (Permission.LOG_READ, Permission.AUDIT_READ)
_DIGITS: Final = 16


class Told(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The answer: hashes and salts in hex, the leaf in base64; without `index` it is not sealed yet."""

    record: int
    leaf: bytes
    disclosed: Mapping[str, Disclosed] = {}
    index: int | None = None
    size: int | None = None
    path: tuple[str, ...] | None = None
    note: str | None = None
    vkey: str | None = None
    fingerprint: str | None = None
    sealed_at: int | None = None


class Proofs:
    """The route; what a person may not read is answered as what is not there."""

    def __init__(self, service: Service) -> None:
        """Read this service's log and ledger."""
        self._service = service

    def routes(self) -> list[BaseRoute]:
        """Give the route."""
        return [Route("/proofs/{record}", self.show, methods=["GET"])]

    async def show(self, request: Request) -> Response:
        """Answer the proof as JSON; raises NotPermitted, which is answered with 404."""
        named = request.path_params["record"]
        return as_json(await run_in_threadpool(self._proof, request.state.actor, named))

    def _proof(self, actor: Actor, named: str) -> Told:
        if not named.isascii() or not named.isdigit() or len(named) > _DIGITS:
            raise NotPermitted("there is no such record")
        parts = self._service.parts
        scopes = scopes_for(parts.db, actor, _READ_BY)
        found = record_proof(parts.db, parts.ledger, scopes.values(), int(named))
        if found is None:
            raise NotPermitted("there is no such record")
        _note(actor, found)
        return _told(found)


def _note(actor: Actor, found: RecordProof) -> None:
    """Note it as any reading: a proof holds the whole record, and can be asked for by its number alone."""
    sites = frozenset() if found.site is None else frozenset({found.site})
    search = Search(page="proofs", scope=found.scope, wanted=LogFilter(sites=sites), record=found.record)
    searched(the(), actor, search, now_us())


def _told(found: RecordProof) -> Told:
    plain = Told(record=found.record, leaf=found.leaf, disclosed=found.disclosed)
    seal = found.seal
    if seal is None:
        return plain
    return msgspec.structs.replace(
        plain,
        index=seal.index,
        size=seal.size,
        path=seal.path,
        note=seal.note,
        vkey=seal.vkey,
        fingerprint=seal.fingerprint,
        sealed_at=seal.at,
    )
