"""A column that holds some texts in their order, as JSON."""

from typing import Any

import msgspec
from sqlalchemy import Dialect, Text, TypeDecorator


class Words(TypeDecorator[tuple[str, ...]]):
    """Texts as a tuple; short lists that are always read whole."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: tuple[str, ...] | None, _dialect: Dialect) -> str | None:
        """Write them."""
        return None if value is None else msgspec.json.encode(value).decode()

    def process_result_value(self, value: Any | None, _dialect: Dialect) -> tuple[str, ...] | None:
        """Read them."""
        return None if value is None else msgspec.json.decode(value, type=tuple[str, ...])
