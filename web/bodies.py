"""What comes with a request, read only as far as it may go."""

from starlette.requests import Request

from core.errors import Invalid


async def read_body(request: Request, largest: int) -> bytes:
    """Give the body of at most so many bytes; raises Invalid as soon as there are more."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > largest:
            raise Invalid(f"send at most {largest} bytes")
    return body
