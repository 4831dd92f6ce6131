"""Forms as browsers and providers post them."""

from typing import Final
from urllib.parse import parse_qs

from starlette.requests import Request

from core.errors import Invalid
from web.bodies import content_type, read_body

_MOST_FIELDS: Final = 16
_FORM: Final = "application/x-www-form-urlencoded"


async def read_form(request: Request, largest: int) -> dict[str, str]:
    """Give the fields of a form of at most so many bytes, of each the first; raises Invalid."""
    if content_type(request) != _FORM:
        raise Invalid(f"send the form as {_FORM}")
    body = await read_body(request, largest)
    try:
        fields = parse_qs(body.decode("latin-1"), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError as error:
        raise Invalid("this form has too many fields") from error
    return {name: values[0] for name, values in fields.items()}
