"""What makes an event the same: any number that a family gives, also a time in µs."""

import pytest
from msgspec.structs import replace

from core.leaf import EventKey
from store.database import Database
from store.log import append
from store.writing import key_bytes
from tests.store.test_log import ring
from tests.store.words import NOW


@pytest.mark.parametrize("number", [0, 1, 2**32 - 1, NOW, 2**53 - 1])
def test_a_number_of_any_size_counts_once(db: Database, number: int) -> None:
    draft = replace(ring(), event_key=EventKey("stream", number))

    assert append(db, [draft, draft]).ids == (1, None)


def test_the_next_number_is_another_event() -> None:
    keys = [key_bytes("ctl", EventKey("stream", number)) for number in (NOW, NOW + 1, NOW + 2**48)]

    assert sorted(set(keys)) == keys
