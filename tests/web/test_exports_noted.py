"""What is looked at through exports is recorded as any reading is, and so is what is refused of them."""

import pytest

from core.records import Kind
from operations.searched import notes
from tests.auth.reading import told
from tests.operations.unlocking import SomeLine
from tests.web.conftest import Console
from tests.web.exporting import NOBODY_READS, ask, build, export, fill, put_in_force, sign_in, take
from tests.web.proving import cookie, look

SIZE = "/exports/size?format=csv&filter="


@pytest.fixture
def cleo(console: Console, line: SomeLine) -> str:
    """Sign in Cleo, who reads and exports everything, where some people have come in."""
    fill(console)
    return sign_in(console, "cleo")


def refused(console: Console) -> list[object]:
    return [one.refs["page"] for one in told(console.db, Kind.OPERATOR_PAGE_REFUSED)]


def test_how_many_records_somebody_has_is_a_reading_of_them(console: Console, cleo: str) -> None:
    for _ in range(2):
        assert look(console, f"{SIZE}log%3Fperson%3D0042-1%26site%3Dberlin", cleo)["rows"] == 1
    assert look(console, f"{SIZE}log%3Fperson%3Dnobody", cleo)["rows"] == 0

    assert notes.settle(5)
    first, second = told(console.db, Kind.LOG_SEARCHED)
    assert (first.refs["page"], first.refs["filter"]) == ("exports", "site=berlin")
    assert (first.private["subject"], first.private["sought"]) == ("local:cleo", "0042-1")
    assert (second.refs["filter"], second.private["sought"]) == ("", "nobody")


def test_no_word_that_names_no_place_stands_in_a_leaf(console: Console, cleo: str) -> None:
    look(console, f"{SIZE}log%3Fsite%3Dann-berg%26door%3Dann-berg%26device%3Dann-berg", cleo)

    assert notes.settle(5)
    (one,) = told(console.db, Kind.LOG_SEARCHED)
    assert one.refs["filter"] == ""


def test_an_export_of_another_session_that_is_asked_for_is_recorded(console: Console, cleo: str) -> None:
    name = export(console, cleo)
    build(console)

    assert take(console, "01nothing", cleo).status_code == 404
    assert refused(console) == []
    assert take(console, name, cookie(console, "cleo")).status_code == 404
    assert refused(console) == ["exports"]


def test_a_download_after_the_right_was_taken_away_is_recorded(console: Console, cleo: str) -> None:
    name = export(console, cleo)
    build(console)
    put_in_force(console, NOBODY_READS)

    take(console, name, cleo)

    assert refused(console) == ["exports"]


@pytest.mark.parametrize("by", ["act", "size"])
def test_who_may_not_export_is_recorded(console: Console, cleo: str, ben: str, by: str) -> None:
    if by == "act":
        assert ask(console, ben).status_code == 404
    else:
        asked = console.client.get(f"{SIZE}log%3F", headers={"cookie": f"gatehouse={ben}"})
        assert asked.status_code == 404

    assert refused(console) == ["exports"]
