"""The estate document: what is refused and in which words, the difference, history, the way back out."""

import json
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from core.errors import EstateInvalid, StoreUnavailable
from core.model import PROOFS, Device, Door, Site
from core.records import KINDS, Kind
from store import estate as estates
from store import schema
from store.database import Database
from store.estate import EstateDocument, export_estate, import_estate, load_estate, parse_estate
from store.estate_document import write_estate
from store.opening import open_database
from tests.stores import new_store

BY = "cli:tester"
SITE = '[[sites]]\nid = "berlin"\nname = "Berlin"\ntime_zone = "Europe/Berlin"\n'
DEVICE = '[[devices]]\nid = "d1"\nsite = "berlin"\nfamily = "gatehouse"\n'
DOOR = '[[doors]]\nid = "lobby"\nsite = "berlin"\ndevice = "d1"\nnumber = "1"\nname = "Lobby"\n'
ESTATE = SITE + DEVICE + DOOR


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    opened = new_store(tmp_path / "data")
    yield opened
    opened.close()


def changes(db: Database) -> list[tuple[int, dict[str, object]]]:
    """Give each estate.changed record with its references."""
    code = KINDS[Kind.ESTATE_CHANGED].code
    with db.read() as connection:
        rows = connection.execute(select(schema.leaf).where(schema.leaf.c.kind == code).order_by("id")).all()
    return [(row.received, json.loads(row.leaf)["refs"]) for row in rows]


def test_a_small_estate_is_read_with_its_defaults() -> None:
    document = parse_estate(ESTATE)

    assert document.sites == (Site(id="berlin", name="Berlin", time_zone="Europe/Berlin"),)
    assert document.devices == (
        Device(id="d1", site="berlin", family="gatehouse", name="d1", heartbeat_s=30),
    )
    assert document.doors == (
        Door(id="lobby", site="berlin", device="d1", number="1", name="Lobby", sensor=True),
    )


def test_a_number_may_be_written_as_a_number() -> None:
    assert parse_estate(ESTATE.replace('number = "1"', "number = 1")).doors[0].number == "1"


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (
            ESTATE.replace("family", "famly"),
            "devices 1 (d1): there is no key 'famly'; did you mean 'family'?",
        ),
        (ESTATE.replace("[[doors]]", "[[door]]"), "there is no table 'door'; did you mean 'doors'?"),
        (ESTATE.replace("Europe/Berlin", "Europe/Berlln"), "an IANA time zone such as Europe/Berlin"),
        (ESTATE.replace("Europe/Berlin", "../../etc/passwd"), "sites 1 (berlin): 'time_zone'"),
        (ESTATE.replace('id = "lobby"', 'id = "Lobby door"'), "doors 1 (Lobby door): 'id' is 'Lobby door'"),
        (ESTATE.replace('id = "lobby"\n', ""), "doors 1 (no id): 'id' is missing"),
        (ESTATE.replace('name = "Lobby"', 'name = "a\\tb"'), "1 to 100 printable characters"),
        (ESTATE.replace('name = "Lobby"', "name = 7"), "doors 1 (lobby): 'name' is no text"),
        (ESTATE.replace('number = "1"', 'number = "a/b"'), "the device's own name for it"),
        (ESTATE.replace('"gatehouse"\n', '"gatehouse"\ntopic = "a/#"\n'), "an MQTT topic without '+'"),
        (
            ESTATE.replace('"gatehouse"\n', '"gatehouse"\nserial = "\\u202e"\n'),
            "what the device calls itself",
        ),
        (ESTATE + 'camera = "\\n"\n', "what the camera's own family calls it"),
        (ESTATE.replace('device = "d1"', 'device = "d2"'), "no device 'd2' for 'device'; did you mean 'd1'?"),
        (
            SITE + DEVICE.replace('site = "berlin"', 'site = "x"'),
            "no site 'x' for 'site'; write one of: berlin",
        ),
        (DOOR, "(there is none)"),
        (ESTATE + DOOR, "the id 'lobby' stands twice"),
        (ESTATE + DOOR.replace("lobby", "other"), "another door of device 'd1' has the number '1'"),
        (
            SITE + SITE.replace("berlin", "b2") + DEVICE + DOOR.replace("berlin", "b2"),
            'write site = "berlin"',
        ),
        (ESTATE.replace('"gatehouse"\n', '"gatehouse"\nheartbeat_s = -1\n'), "whole number from 0 to 86400"),
        (ESTATE.replace('"gatehouse"\n', '"gatehouse"\nheartbeat_s = true\n'), "'heartbeat_s' is True"),
        (ESTATE + "persons = 0\n", "'persons' is 0; write 1, or 2"),
        (ESTATE + "persons = 3\n", "'persons' is 3; write 1, or 2 where"),
        (ESTATE.replace("[[devices]]", 'proof = "never"\n[[devices]]'), 'write "each" or "five-minutes"'),
        (ESTATE + 'sensor = "yes"\n', "'sensor' is 'yes'; write true or false"),
        (ESTATE.replace("gatehouse", "gatehuose"), "no device family 'gatehuose' for 'family'; did you mean"),
        ('sites = "berlin"\n', "'sites' must be an array of tables; write [[sites]]"),
        (SITE + "[[devices\n", "(at line 5, column"),
        (SITE + 'x = "', "Unterminated string (at line 5, the end)"),
        ("sites = " + "[" * 9_000, "nested too deep"),
        (SITE + 'reasons = "Visitor"\n', "'reasons' is Visitor; write up to 12 different texts"),
        (SITE + 'reasons = ["Visitor", "visitor"]\n', "up to 12 different texts of 1 to 200 printable"),
        (SITE + f"reasons = {[str(n) for n in range(13)]}\n", "up to 12 different texts"),
        (SITE + 'reasons = ["a", ""]\n', "up to 12 different texts"),
        (SITE + 'reasons = [" a"]\n', "up to 12 different texts"),
        (SITE + 'duress_reason = "a  b"\n', "'duress_reason' is 'a  b'; write what somebody would say"),
        (SITE + "missed_after_s = 3601\n", "'missed_after_s' is 3601; write a whole number from 0 to 3600"),
        (
            ESTATE + DOOR + DOOR.replace("lobby", "other"),
            "doors 3 (other): another door of device 'd1' has the number '1'",
        ),
        (
            ESTATE.replace('id = "lobby"', 'id = "\\u202e\\u001b[2J"'),
            "doors 1 (\\u202e\\x1b[2J): 'id' is '\\u202e\\x1b[2J'; write 1 to 64 of a-z",
        ),
    ],
)
def test_a_bad_estate_is_refused_with_its_place_and_what_to_write(document: str, words: str) -> None:
    with pytest.raises(EstateInvalid, match=re.escape(words)):
        parse_estate(document, families={"gatehouse"})


def test_an_id_that_is_missing_twice_is_no_id_that_stands_twice() -> None:
    with pytest.raises(EstateInvalid) as caught:
        parse_estate("[[doors]]\n[[doors]]\n")
    assert "twice" not in str(caught.value)
    assert "another door" not in str(caught.value)


def test_every_problem_is_told_at_once() -> None:
    document = ESTATE.replace("Europe/Berlin", "Nowhere").replace("family", "famly").replace('"1"', '"/"')

    with pytest.raises(EstateInvalid) as caught:
        parse_estate(document)
    assert [line.split(":")[0].strip("- ") for line in str(caught.value).splitlines()[1:]] == [
        "sites 1 (berlin)",
        *("devices 1 (d1)", "devices 1 (d1)"),
        "doors 1 (lobby)",
    ]


def test_a_dry_run_tells_the_difference_and_changes_nothing(db: Database) -> None:
    change = import_estate(db, parse_estate(ESTATE), 1, BY, dry_run=True)

    assert change.lines() == ("+ device d1", "+ door lobby", "+ site berlin")
    assert load_estate(db).sites == {}
    assert changes(db) == []


def test_an_import_is_one_record_and_the_same_again_is_none(db: Database) -> None:
    import_estate(db, parse_estate(ESTATE), 7, BY)

    assert not import_estate(db, parse_estate(ESTATE), 8, BY)
    ((received, refs),) = changes(db)
    assert received == 7
    assert (refs["added"], refs["changed"], refs["retired"]) == (3, 0, 0)


def test_what_is_left_out_is_retired_and_can_come_back(db: Database) -> None:
    import_estate(db, parse_estate(ESTATE), 1, BY)
    gone = import_estate(db, parse_estate(SITE + DEVICE), 2, BY)

    assert gone.lines() == ("- door lobby",)
    assert load_estate(db).doors == {}
    with db.read() as connection:
        (row,) = connection.execute(select(schema.door)).all()
    assert (row.id, row.retired) == ("lobby", 2)
    assert import_estate(db, parse_estate(ESTATE), 3, BY).lines() == ("+ door lobby",)
    assert load_estate(db).by_number["d1", "1"].id == "lobby"


def test_a_change_says_what_becomes_of_what(db: Database) -> None:
    import_estate(db, parse_estate(ESTATE), 1, BY)
    change = import_estate(db, parse_estate(ESTATE.replace('"Lobby"', '"Main hall"')), 2, BY)

    assert change.lines() == ("~ door lobby: name 'Lobby' becomes 'Main hall'",)
    assert load_estate(db).doors["lobby"].name == "Main hall"


def test_a_change_of_the_words_for_duress_does_not_tell_them(db: Database) -> None:
    import_estate(db, parse_estate(SITE + 'duress_reason = "for Mr Winter"\n'), 1, BY)
    change = import_estate(db, parse_estate(SITE + 'duress_reason = "for Mrs Summer"\n'), 2, BY)

    assert change.lines() == ("~ site berlin: duress_reason becomes another",)
    assert load_estate(db).sites["berlin"].duress_reason == "for Mrs Summer"


def test_without_its_record_there_is_no_change(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_arguments: object) -> None:
        raise StoreUnavailable("full")

    monkeypatch.setattr(estates, "append_within", broken)
    with pytest.raises(StoreUnavailable):
        import_estate(db, parse_estate(ESTATE), 1, BY)
    assert load_estate(db).sites == {}


# --- The way back out ---------------------------------------------------------------------------------

IDS = st.from_regex(r"[a-z0-9_-]{1,8}", fullmatch=True)
NAMES = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=20)
TOPICS = st.lists(NAMES.filter(lambda name: not set(name) & set("+#/")), max_size=3).map("/".join)
NUMBERS = st.from_regex(r"[A-Za-z0-9_.:-]{1,12}", fullmatch=True)
ZONES = st.sampled_from(("Europe/Berlin", "America/New_York", "Asia/Singapore", "UTC"))


@st.composite
def documents(draw: st.DrawFn) -> EstateDocument:
    sites = [
        Site(
            id=name,
            name=draw(NAMES),
            time_zone=draw(ZONES),
            reasons=tuple(draw(st.lists(NAMES, max_size=12, unique_by=str.casefold))),
            duress_reason=draw(st.just("") | NAMES),
            missed_after_s=draw(st.integers(0, 3600)),
            proof=draw(st.sampled_from(PROOFS)),
            persons=draw(st.integers(1, 2)),
        )
        for name in draw(st.lists(IDS, min_size=1, max_size=3, unique=True))
    ]
    devices = [
        Device(
            id=name,
            site=draw(st.sampled_from(sites)).id,
            family=draw(IDS),
            name=draw(NAMES),
            heartbeat_s=draw(st.integers(0, 3600)),
            topic=draw(TOPICS),
            serial=draw(st.just("") | NAMES),
            time_zone=draw(st.just("") | ZONES),
        )
        for name in draw(st.lists(IDS, max_size=3, unique=True))
    ]
    names = draw(st.lists(IDS, max_size=4, unique=True)) if devices else []
    doors = []
    for number, name in enumerate(names):
        device = draw(st.sampled_from(devices))
        door = Door(
            id=name,
            site=device.site,
            device=device.id,
            number=f"{number}.{draw(NUMBERS)}",
            name=draw(NAMES),
            sensor=draw(st.booleans()),
            camera=draw(st.just("") | NAMES),
            level=draw(st.just("") | NAMES),
            persons=draw(st.integers(1, 2)),
        )
        doors.append(door)
    return EstateDocument(sites=tuple(sites), devices=tuple(devices), doors=tuple(doors))


@given(documents())
def test_what_is_written_is_read_back_as_the_same(document: EstateDocument) -> None:
    assert parse_estate(write_estate(document)) == document


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(documents(), min_size=1, max_size=3))
def test_any_import_after_any_other_exports_as_itself(db: Database, wanted: list[EstateDocument]) -> None:
    for document in wanted:
        import_estate(db, document, 1, BY)

        exported = parse_estate(export_estate(db))
        assert set(exported.sites) == set(document.sites)
        assert set(exported.devices) == set(document.devices)
        assert set(exported.doors) == set(document.doors)
        assert not import_estate(db, exported, 2, BY)


def test_what_is_in_service_is_read_once_a_change_and_anew_after_one(db: Database, tmp_path: Path) -> None:
    import_estate(db, parse_estate(ESTATE), 1, BY)
    first = load_estate(db)
    assert load_estate(db) is first

    with closing(open_database(tmp_path / "data")) as other:
        import_estate(other, parse_estate(ESTATE.replace('"Lobby"', '"Main"')), 2, BY)

    assert load_estate(db).doors["lobby"].name == "Main"
