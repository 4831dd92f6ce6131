"""The refusal of a page is recorded, once in a while."""

from pathlib import Path

import pytest

from auth.sessions import Sessions
from core.errors import StoreFull
from core.records import Kind
from operations import page_refusal
from operations.page_refusal import ONCE_IN_US, refuse_page
from tests.auth.people import LIMITS, NOW, peopled_store, person
from tests.auth.reading import told


def test_a_refusal_that_could_not_be_stored_is_stored_at_the_next_try(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    db = peopled_store(tmp_path / "data")
    _, ben = Sessions(db, LIMITS).start(person("ben"), address="192.0.2.1", agent="", now=NOW)

    def fail(*_args: object) -> None:
        raise StoreFull("no room")

    with monkeypatch.context() as broken:
        broken.setattr(page_refusal, "append", fail)
        with pytest.raises(StoreFull):
            refuse_page(db, ben, "log", NOW)
    for late in (1, 2, ONCE_IN_US, ONCE_IN_US + 1):
        refuse_page(db, ben, "log", NOW + late)

    assert len(told(db, Kind.OPERATOR_PAGE_REFUSED)) == 2
    db.close()


def test_the_wrong_network_is_a_refusal_of_its_own_with_the_address_that_it_was(tmp_path: Path) -> None:
    db = peopled_store(tmp_path / "data")
    _, ada = Sessions(db, LIMITS).start(person("ada"), address="192.0.2.1", agent="", now=NOW)
    refuse_page(db, ada, "people", NOW)
    for late, address in enumerate(["198.51.100.9", "198.51.100.9", "203.0.113.4"], start=1):
        refuse_page(db, ada, "people", NOW + late, elsewhere=address)

    refused = told(db, Kind.OPERATOR_PAGE_REFUSED)
    assert [(one.reason, one.private.get("address")) for one in refused] == [
        (None, None),
        ("wrong_network", "198.51.100.9"),
        ("wrong_network", "203.0.113.4"),
    ]
    db.close()
