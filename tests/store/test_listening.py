"""Whether devices are heard: by ingest's lease and its own message, as of now."""

from pathlib import Path

import pytest

from core.times import SECOND_US
from store.ingest_log import LEASE
from store.listening import is_listening
from store.touch import Holder, Part, PartState, report_part, take_lease
from tests.store.building import NOW
from tests.stores import new_store


@pytest.mark.parametrize(
    ("age_s", "said_s", "listens"),
    [
        (0, 0, True),
        (4, 0.9, True),
        (4, 1.1, False),
        (5, 0, False),
        # Ingest has spoken while somebody who looked at the clock before waited for a lock.
        (0, -0.5, True),
        # Before the clock was set back.
        (0, -5, False),
    ],
)
def test_ingest_listens_while_its_own_message_is_fresh(
    tmp_path: Path, age_s: float, said_s: float, *, listens: bool
) -> None:
    db = new_store(tmp_path / "data")
    assert take_lease(db, LEASE, Holder(id="ingest"), now=NOW, seconds=5)
    info = {"canary_age_us": int(age_s * SECOND_US)}
    at = NOW - int(said_s * SECOND_US)
    report_part(db, Part(name="ingest", state=PartState.OK, at=at, info=info))

    assert is_listening(db, NOW) is listens
    db.close()
