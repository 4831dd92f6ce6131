"""What comes with a request, read only as far as it may go, and what goes back as JSON."""

from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from core.errors import Invalid

JSON: Final = "application/json"
_encode: Final = msgspec.json.Encoder().encode


async def read_body(request: Request, largest: int) -> bytes:
    """Give the body of at most so many bytes; raises Invalid as soon as there are more."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > largest:
            raise Invalid(f"send at most {largest} bytes")
    return body


def content_type(request: Request) -> str:
    """Give what the body is said to be, without its parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip()


def as_json(value: object) -> Response:
    """Answer with a value; that nobody keeps it is said by the gate."""
    return Response(_encode(value), media_type=JSON)
