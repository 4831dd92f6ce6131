"""/devices: who sees which devices, what is said of them, and how a stranger is claimed."""

import json
from collections.abc import Callable, Mapping
from typing import Any, cast

import pytest
from sqlalchemy import insert
from streamlit.testing.v1 import AppTest

from auth.current import Services, set_services
from auth.sessions import Actor, Person
from connectors.devices import FAMILIES
from core.times import HOUR_US, MINUTE_US, SECOND_US
from pages import parts, state
from pages.foreign import visible
from pages.strangers import SHOWN
from store import clock, schema
from store.database import Database
from store.policies import apply_policy
from store.touch import Part, PartState, hear, report_part
from tests.auth.people import POLICY
from tests.pages.conftest import Mounted, words

Visit = Callable[..., AppTest]
Enter = Callable[[str], Actor]
CAN = {name: family.capabilities for name, family in FAMILIES.items()}
HOSTILE = "<b>x</b> [l](http://evil) `a` :red[b]\u202e\n"
NOW = 1_790_000_000 * SECOND_US


def put(db: Database, table: str, **row: object) -> None:
    with db.write() as connection:
        connection.execute(insert(schema.metadata.tables[table]), row)


@pytest.fixture
def estate(services: Services) -> Database:
    """Give Berlin a heard device with a door and New York a silent one, and let the console know families."""
    db = services.db
    set_services(Services(db=db, sessions=services.sessions, presence=services.presence, families=CAN))
    plain = {"heartbeat_s": 30, "topic": "", "serial": ""}
    put(db, "device", id="ber", site="berlin", family="gatehouse", name="Intercom", **plain)
    put(db, "device", id="nyc", site="newyork", family="dahua", name="Station", **plain)
    put(db, "door", id="main", site="berlin", device="ber", number="1", name="Main entrance", sensor=True)
    hear(db, {"ber": clock.now_us(), "nyc": clock.now_us() - HOUR_US})
    for name in ("ber", "nyc"):
        said = [{"at": NOW, "topic": f"{name}/x", "text": HOSTILE, "verdict": "feed.unmapped: not_json"}]
        put(db, "device_words", device=name, at=NOW, words=json.dumps(said).encode())
    return db


def lines(mounted: Mounted) -> list[dict[str, Any]]:
    """Give the lines of the list that was drawn last, none where there was no list."""
    found = [data["rows"] for name, data in mounted if name == "devices" and data["kind"] == "list"]
    return cast("list[dict[str, Any]]", found[-1]) if found else []


def facts(mounted: Mounted) -> dict[str, list[Mapping[str, Any]]]:
    """Give the sections of the device that was drawn last, by title."""
    found = [data["sections"] for name, data in mounted if name == "devices" and data["kind"] == "facts"]
    sections = cast("list[dict[str, Any]]", found[-1]) if found else []
    return {one["title"]: one["terms"] for one in sections}


# --- who sees what ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("username", "seen"), [("ada", {"ber", "nyc"}), ("ben", {"ber"}), ("cleo", {"ber", "nyc"})]
)
def test_each_sees_the_devices_of_ones_own_sites(
    estate: Database, sign_in: Enter, visit: Visit, mounted: Mounted, username: str, seen: set[str]
) -> None:
    del estate
    sign_in(username)
    visit("devices")

    assert {line["id"] for line in lines(mounted)} == seen


def test_one_permission_does_not_stretch_another_but_both_sites_are_seen(
    estate: Database, services: Services, visit: Visit, mounted: Mounted, monkeypatch: pytest.MonkeyPatch
) -> None:
    mixed = POLICY + '[[grants]]\ngroup = "g-ny"\nrole = "auditor"\nsites = ["newyork"]\n'
    apply_policy(estate, mixed, clock.now_us(), "tests")
    both = Person(subject="local:eve", name="Eve", groups=("g-berlin", "g-ny"))
    _, actor = services.sessions.start(both, address="192.0.2.7", agent="x", now=clock.now_us())
    monkeypatch.setattr(state, "session_ref", lambda: actor.session)
    visit("devices")

    assert {line["id"] for line in lines(mounted)} == {"ber", "nyc"}


@pytest.mark.parametrize(
    ("username", "raw", "linked"), [("ada", True, True), ("ben", False, False), ("cleo", False, True)]
)
def test_raw_words_are_for_those_who_manage_and_the_log_for_those_who_read_it(
    estate: Database,
    sign_in: Enter,
    visit: Visit,
    mounted: Mounted,
    username: str,
    *,
    raw: bool,
    linked: bool,
) -> None:
    del estate
    sign_in(username)
    visit("devices", device="ber")
    found = facts(mounted)

    assert ("Last messages" in found) is raw
    assert found["Doors"][0]["term"] == "Main entrance"
    assert (found["Doors"][0]["lines"][0].get("href") == "/log?site=berlin&door=main") is linked


@pytest.mark.parametrize("name", ["nyc", "nobody", "' OR 1=1", "<b>"])
def test_another_sites_device_is_as_absent_as_none(
    estate: Database, sign_in: Enter, visit: Visit, mounted: Mounted, name: str
) -> None:
    del estate
    sign_in("ben")
    app = visit("devices", device=name)

    assert "There is no such device" in words(app)
    assert facts(mounted) == {}


def test_strangers_are_for_those_who_manage_everything(
    estate: Database, sign_in: Enter, visit: Visit
) -> None:
    strange(estate, "fresh")
    told = {}
    for username in ("ada", "ben", "cleo"):
        sign_in(username)
        told[username] = "Unclaimed devices" in words(visit("devices"))

    assert told == {"ada": True, "ben": False, "cleo": False}


# --- what is said -------------------------------------------------------------------------------------


def test_the_worst_is_first_and_the_summary_says_all(
    estate: Database, sign_in: Enter, visit: Visit, mounted: Mounted
) -> None:
    put(estate, "feed_count", device="ber", reason="not_json", n=3, last=NOW)
    sign_in("ada")
    app = visit("devices")

    assert "1 of 2 devices heard, 1 silent." in words(app)
    assert [(line["id"], line["word"]) for line in lines(mounted)] == [("nyc", "Silent"), ("ber", "Heard")]
    assert [chip["text"] for chip in lines(mounted)[1]["chips"]] == ["3 not understood"]
    assert lines(mounted)[0]["place"] == "newyork · dahua, anonymous bridge"


@pytest.mark.parametrize(
    ("asked", "seen"),
    [
        ({"site": "berlin"}, ["ber"]),
        ({"family": "dahua"}, ["nyc"]),
        ({"attention": "1"}, ["nyc"]),
        ({"find": "main INTER"}, ["ber"]),
        ({"find": "nowhere"}, []),
        ({"site": "newyork", "find": "inter"}, []),
        ({"site": "berlin,newyork", "find": "station"}, ["nyc"]),
    ],
)
def test_the_address_says_which_are_shown(
    estate: Database, sign_in: Enter, visit: Visit, mounted: Mounted, asked: dict[str, str], seen: list[str]
) -> None:
    del estate
    sign_in("ada")
    app = visit("devices", **asked)

    assert [line["id"] for line in lines(mounted)] == seen
    assert ("No device fits" in words(app)) is (not seen)


def test_a_choice_goes_into_the_address_and_leaves_the_sites(
    estate: Database, sign_in: Enter, visit: Visit
) -> None:
    del estate
    sign_in("ada")
    app = visit("devices", site="berlin,newyork", find="e")
    app.selectbox("devices.family").select("dahua").run()

    assert app.query_params == {"site": "berlin,newyork", "family": "dahua", "find": "e"}


def test_a_device_shows_all_that_is_known_of_it_with_nothing_hidden(
    estate: Database, sign_in: Enter, visit: Visit, mounted: Mounted
) -> None:
    put(estate, "feed_count", device="ber", reason="device_mismatch", n=2, last=clock.now_us())
    put(estate, "device_clock", device="ber", offset_us=-3_200_000, at=NOW, wrong=True, streak=4)
    put(estate, "gap", id=7, device="ber", boot="01A", first=3, last=9, lost=0, opened=NOW, closed_id=None)
    sign_in("ada")
    app = visit("devices", device="ber")
    said = json.dumps(facts(mounted), ensure_ascii=False)

    for expected in (
        "forged 2",
        "\N{MINUS SIGN}3.2 s",
        "1 gap, 7 missing",
        "Forged: another device",
        "own account",
        "boot and seq",
        "Message not understood: Not JSON",
        "<b>x</b> [l](http://evil) `a` :red[b]⟨U+202E⟩↵",
    ):
        assert expected in said
    assert [one.value for one in app.title] == ["Intercom"]


def test_that_nothing_is_there_yet_is_said_in_words(sign_in: Enter, visit: Visit) -> None:
    sign_in("ada")
    said = words(visit("devices"))

    assert "No devices yet" in said
    assert "Nobody else speaks" in said


def test_that_all_is_well_is_said_when_only_trouble_is_asked_for(
    estate: Database, sign_in: Enter, visit: Visit
) -> None:
    hear(estate, {"nyc": clock.now_us()})
    sign_in("ada")

    assert "Nothing needs attention" in words(visit("devices", attention="1"))


def test_a_silent_ingest_is_named_before_devices_are_blamed(
    estate: Database, sign_in: Enter, visit: Visit
) -> None:
    report_part(estate, Part(name="ingest", state=PartState.OK, at=clock.now_us() - MINUTE_US))
    sign_in("ben")

    assert "what is shown here is not current" in words(visit("devices"))


# --- strangers ----------------------------------------------------------------------------------------


def strange(db: Database, name: str, **changes: object) -> None:
    row = {"family": "shelly", "topic": name, "title": "", "text": HOSTILE, "n": 1, "first": NOW, "last": NOW}
    put(db, "unclaimed", name=name, **row | changes)


def test_a_stranger_is_shown_as_text_with_the_lines_that_claim_it(
    estate: Database, sign_in: Enter, visit: Visit
) -> None:
    strange(estate, "shelly-1", title=HOSTILE, n=3)
    sign_in("ada")
    app = visit("devices")
    said, lines_to_copy = [one.value for one in app.code]

    assert said == visible(HOSTILE)
    assert lines_to_copy.startswith('[[devices]]\nid = "shelly-1"\nsite = "berlin"\nfamily = "shelly"\n')
    assert app.expander[0].label == f"shelly · {parts.escaped(visible(HOSTILE))}"
    assert "Heard 3 times" in words(app)


def test_of_many_strangers_the_latest_are_shown_and_all_are_counted(
    estate: Database, sign_in: Enter, visit: Visit
) -> None:
    for number in range(SHOWN + 5):
        strange(estate, f"s-{number:02}", last=NOW + number)
    sign_in("ada")
    app = visit("devices")

    assert len(app.expander) == SHOWN
    assert f"{SHOWN + 5} speak without being in the estate" in words(app)
    assert app.expander[0].label == "shelly · s\\-24"


def test_what_belongs_to_nobody_is_counted_by_reason(
    estate: Database, sign_in: Enter, visit: Visit, mounted: Mounted
) -> None:
    put(estate, "feed_count", device="", reason="unknown_topic", n=7, last=NOW)
    sign_in("ada")
    visit("devices")

    assert [one["term"] for one in facts(mounted)["Messages of nobody"]] == ["Unknown topic"]
