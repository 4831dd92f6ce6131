"""Errors as JSON, each with a reference that leads to the line in our log, and nothing more."""

import logging
from collections.abc import Mapping

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from core.errors import (
    CallRefused,
    GatehouseError,
    Invalid,
    NotPermitted,
    ProofRefused,
    StoreError,
    StoreRefused,
    Unrecorded,
)
from store.clock import new_reference
from web.plain_pages import plain_page

_log = logging.getLogger("gatehouse.web")


def error_response(
    status: int,
    error: str,
    message: str,
    reference: str | None = None,
    *,
    told: Mapping[str, object] | None = None,
) -> JSONResponse:
    """Write an error as the interface promises it, with what else is `told` of it."""
    body = {"error": error, "message": message, "reference": reference or new_reference(), **(told or {})}
    return JSONResponse(body, status_code=status, headers={"cache-control": "no-store"})


def unavailable(error: Exception, what: str) -> JSONResponse:
    """Answer that the store is not there; its words may name files, so they stay in the log."""
    reference = new_reference()
    _log.error("%s: the store did not answer reference=%s error=%s", what, reference, error)
    message = "Gatehouse can't read its records right now. Try again in a moment."
    return error_response(503, "store_unavailable", message, reference)


def last_resort(error: Exception, what: str) -> JSONResponse:
    """Answer an error nobody expected: the details go to the log, never to the browser."""
    reference = new_reference()
    _log.error("%s: unexpected error reference=%s", what, reference, exc_info=error)
    message = "Something went wrong. Tell your administrator the reference."
    return error_response(500, "internal", message, reference)


def page_for(error: Exception, what: str) -> HTMLResponse:
    """Answer any error of a route to a person, with the same words."""
    answer = response_for(error, what)
    told: dict[str, str] = msgspec.json.decode(bytes(answer.body), type=dict[str, str])
    values = {"message": told["message"], "reference": told["reference"]}
    return plain_page("error.html", values, status=answer.status_code)


def response_for(error: Exception, what: str) -> JSONResponse:
    """Answer any error of a route."""
    match error:
        case StoreRefused():
            # Another try would end the same way.
            return last_resort(error, what)
        case StoreError():
            return unavailable(error, what)
        case NotPermitted():
            return error_response(404, "not_found", "There is nothing here.")
        case Invalid():
            return error_response(400, "invalid", str(error))
        case GatehouseError():
            return _refused(error)
        case _:
            return last_resort(error, what)


def _refused(error: GatehouseError) -> JSONResponse:
    if isinstance(error, ProofRefused):
        return error_response(403, error.reason, str(error))
    if isinstance(error, Unrecorded):
        return error_response(503, "unrecorded", str(error))
    reason = error.reason if isinstance(error, CallRefused) else "refused"
    return error_response(409, reason, str(error))


async def http_error(_request: Request, error: Exception) -> Response:
    """Answer what Starlette refuses by itself, such as a method that a route has not, in our form."""
    if not isinstance(error, HTTPException):
        raise error
    answer = error_response(error.status_code, error.detail.lower().replace(" ", "_"), f"{error.detail}.")
    answer.headers.update(error.headers or {})
    return answer


async def not_found(_request: Request) -> JSONResponse:
    """Answer for paths that are kept for interfaces that are not set up here."""
    return error_response(404, "not_found", "There is nothing here.")
