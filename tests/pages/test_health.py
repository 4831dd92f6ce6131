"""/health: what is wrong first, then how each part is, and of other sites nothing."""

import os
import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from auth.current import Services, set_services
from auth.sessions import Actor
from core.reports import StatusReport
from core.times import SECOND_US
from store import clock
from store.database import Database
from store.log import append
from store.touch import Part, PartState, report_part
from tests.pages.conftest import words
from tests.store.building import build_estate

Visit = Callable[..., AppTest]
Enter = Callable[[str], Actor]


def report(db: Database, name: str, said: PartState, ago: int = 0) -> None:
    at = clock.now_us() - ago
    report_part(db, Part(name=name, state=said, at=at, pid=os.getpid(), info={"messages": 7}))


def steps(app: AppTest) -> str:
    return "\n".join(one.value for one in app.markdown)


def titles(app: AppTest) -> list[str]:
    return [one.value for one in app.subheader]


def test_what_is_wrong_comes_first_with_since_when_and_what_to_do(
    sign_in: Enter, visit: Visit, db: Database
) -> None:
    sign_in("ben")
    report(db, "supervisor", PartState.OK)
    report(db, "broker", PartState.DOWN)
    report(db, "web", PartState.DEGRADED)
    report(db, "ingest", PartState.OK, ago=20 * SECOND_US)
    app = visit("health")
    said = words(app)

    assert [one.value for one in app.error] == ["3 things are wrong."]
    assert titles(app)[:3] == [
        "◆ Nothing new is shown or recorded",
        "◆ The devices can't reach Gatehouse",
        "▲ Console does not run well",
    ]
    assert re.search(r"since \d+ \w+ \d{4}, \d\d:\d\d [+-]\d\d:\d\d, 2\d s", said)
    assert "1. Wait a minute" in steps(app)
    assert "▪ Supervisor" in said
    assert "◆ Message broker" in said
    assert re.search(r"Last word 2\d s ago", said)


def test_a_part_that_never_reported_is_wrong_too(sign_in: Enter, visit: Visit) -> None:
    sign_in("ben")
    app = visit("health")

    assert "It has not reported yet" in words(app)
    assert "4 things are wrong." in app.error[0].value


def well(db: Database, **info: str | int) -> None:
    for name in ("supervisor", "broker", "web"):
        report(db, name, PartState.OK)
    report_part(db, Part(name="ingest", state=PartState.OK, at=clock.now_us(), info=info))


def test_where_nothing_is_wrong_nobody_is_to_be_called(sign_in: Enter, visit: Visit, db: Database) -> None:
    well(db)
    sign_in("ben")
    app = visit("health")

    assert [one.value for one in app.success] == ["Everything works."]
    assert "Whom to call" not in words(app)
    assert re.search(r"As of \d", words(app))


def test_what_counts_over_all_sites_is_for_those_who_are_of_all_sites(
    sign_in: Enter, visit: Visit, db: Database
) -> None:
    well(db, limited=2, waiting=1_900, messages=12_345)
    sign_in("ada")
    said = words(visit("health"))
    assert "2 devices over a limit" in said
    assert "1,900 messages waiting to be stored" in said
    assert "12,345 messages" in said

    sign_in("ben")
    said = words(visit("health"))
    assert not re.search(r"\d (messages|devices)|1,900|12,345", said)


@pytest.mark.parametrize(("username", "told"), [("ada", True), ("cleo", False), ("ben", False)])
def test_where_the_parts_run_is_for_those_who_look_after_them(
    sign_in: Enter, visit: Visit, db: Database, username: str, *, told: bool
) -> None:
    well(db, broker="192.0.2.9:1883", refused=0)
    sign_in(username)
    said = words(visit("health"))

    assert ("192.0.2.9" in said, f"process {os.getpid()}" in said) == (told, told)
    assert "0 refused" not in said


@pytest.mark.parametrize(
    ("contact", "told"),
    [("Desk *7*, 4400", "Desk *7*, 4400"), ("", "Whoever runs Gatehouse in your organisation.")],
)
def test_whom_to_call_is_whom_the_settings_name(
    sign_in: Enter, visit: Visit, services: Services, contact: str, told: str
) -> None:
    set_services(replace(services, help_contact=contact))
    sign_in("ben")
    said = words(visit("health"))
    assert told in said
    assert "help_contact" not in said

    sign_in("ada")
    assert ("help_contact in gatehouse.toml" in words(visit("health"))) is (not contact)


def leave(db: Database, *devices: str) -> None:
    now = clock.now_us()
    append(
        db,
        [StatusReport(device=one, received=now, online=False, live=True, boot="1", seq=0) for one in devices],
    )


def test_devices_that_are_away_are_told_to_those_of_their_site(
    sign_in: Enter, visit: Visit, db: Database
) -> None:
    build_estate(db, ["paris", "rome"])
    leave(db, "paris-dev", "rome-dev")
    well(db)
    sign_in("ada")
    app = visit("health")
    assert titles(app)[:2] == ["◆ Paris\\: 1 device is not heard", "◆ Rome\\: 1 device is not heard"]
    assert "· rome-dev: offline" in words(app)
    assert titles(visit("health", site="rome"))[0] == "◆ Rome\\: 1 device is not heard"

    sign_in("ben")
    app = visit("health")
    assert [one.value for one in app.success] == ["Everything works."]
    assert "Paris" not in words(app)


def test_while_nobody_listens_no_device_is_said_to_be_silent(
    sign_in: Enter, visit: Visit, db: Database
) -> None:
    build_estate(db, ["paris"])
    leave(db, "paris-dev")
    well(db)
    report(db, "ingest", PartState.DOWN)
    sign_in("ada")

    assert "Paris" not in words(visit("health"))


# --- the disk -----------------------------------------------------------------------------------------


def tell_disk(db: Database, level: str, free_mb: int = 812, said: PartState = PartState.DEGRADED) -> None:
    info: dict[str, str | int] = {"free_mb": free_mb, "level": level}
    report_part(db, Part(name="store", state=said, at=clock.now_us(), info=info))


@pytest.mark.parametrize(
    ("username", "path", "told"),
    [("ben", "health", True), ("ada", "log", True), ("ben", "live", True), ("cleo", "log", False)],
)
def test_a_nearly_full_disk_is_said_above_every_page_of_those_who_watch(
    sign_in: Enter, visit: Visit, db: Database, username: str, path: str, *, told: bool
) -> None:
    tell_disk(db, "low")
    sign_in(username)
    app = visit(path)

    assert any("Disk nearly full: 812 MB free" in one.value for one in app.warning) is told


@pytest.mark.parametrize("level", ["ample", "", "<b>"])
def test_a_disk_with_space_is_not_spoken_of(sign_in: Enter, visit: Visit, db: Database, level: str) -> None:
    tell_disk(db, level, 51_200, PartState.OK)
    sign_in("ben")
    said = words(visit("health"))

    assert "Disk" not in said
    assert "51.2 GB free" in said


def test_an_almost_full_disk_is_an_error_that_says_what_is_refused(
    sign_in: Enter, visit: Visit, db: Database
) -> None:
    tell_disk(db, "critical", 60, PartState.DOWN)
    sign_in("ben")
    app = visit("health")

    assert "Disk almost full: 60 MB free" in app.error[0].value
    assert "◆ Disk almost full" in titles(app)
    assert "Disk almost full for 0 s" in words(app)
    assert words(app).count("Acts such as unlocking are refused") == 2


def test_the_line_on_the_disk_stays_when_nobody_touches_the_wall_and_goes_with_the_session(
    sign_in: Enter, services: Services, visit: Visit, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell_disk(db, "low")
    actor = sign_in("ben")
    monkeypatch.setattr(clock, "now_us", lambda: actor.active + actor.idle_after + 1)
    app = visit("live")
    assert len(app.warning) == 1

    services.sessions.end(actor.session, "ended_by_admin", clock.now_us())
    assert len(app.run().warning) == 0


@pytest.mark.parametrize(("username", "shown"), [("ada", True), ("ben", False)])
def test_how_much_of_the_log_was_checked_is_for_those_who_are_of_all_sites(
    sign_in: Enter, visit: Visit, db: Database, username: str, *, shown: bool
) -> None:
    well(db)
    info: dict[str, str | int] = {"checked": 10_000, "of": 2_000_000}
    report_part(db, Part(name="ledger", state=PartState.OK, at=clock.now_us(), info=info))
    sign_in(username)

    assert ("10,000 of 2,000,000 checked" in words(visit("health"))) is shown


def test_damage_of_the_log_is_the_first_thing_that_is_said(
    sign_in: Enter, visit: Visit, db: Database
) -> None:
    well(db)
    info: dict[str, str | int] = {"damage": "record 7 was changed", "trouble": "x"}
    report_part(db, Part(name="ledger", state=PartState.DEGRADED, at=clock.now_us(), info=info))
    sign_in("ben")
    app = visit("health")

    assert titles(app)[0] == "◆ The log is not what was sealed"
    assert "record 7 was changed" in words(app)
