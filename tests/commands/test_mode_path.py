"""A hold and a lockdown from the press to the doors and back: the demo's console, broker, devices and log."""

import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any, cast

import httpx
import paho.mqtt.publish as mqtt
import pytest

from commands.demo_accounts import read_logins
from core.records import Kind
from core.times import SECOND_US
from store.database import Database
from store.opening import open_database
from store.projections import tile_of
from tests.auth.reading import told
from tests.codes import Codes
from tests.commands.stack import Stack, running_demo
from tests.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]
DOOR, OTHER, SITE = "newyork-dock", "newyork-freight", "newyork"
AWAY = "nyc-floors"
MODES = [kind for kind in Kind if kind.value.startswith(("hold.", "lockdown."))]
Answer = dict[str, Any]


@dataclass
class Person:
    """Somebody signed in at the demo's console, whose codes count once."""

    client: httpx.Client
    codes: Codes

    def ask(self, action: str, target: Answer, **more: int) -> httpx.Response:
        wish = {"action": action, "target": target, "reason": "a delivery", **more}
        return self.client.post("/acts", json=wish)

    def prove(self, act: str, code: str = "") -> httpx.Response:
        return self.client.post(f"/acts/{act}/proof", json={"totp": code or self.codes.fresh()})

    def do(self, action: str, target: Answer, code: str = "", **more: int) -> str:
        """Ask for an act and prove it, by this code where time runs for the act."""
        made = self.ask(action, target, **more)
        assert made.status_code == 201, made.text
        act = str(made.json()["id"])
        proved = self.prove(act, code)
        assert proved.status_code == 200, proved.text
        return act

    def state(self, act: str) -> Answer:
        return cast("Answer", self.client.get(f"/acts/{act}").json())

    def settled(self, act: str) -> Answer:
        until(lambda: self.state(act)["final"], seconds=30)
        return self.state(act)


@dataclass(frozen=True)
class House:
    """The demo, watched by its log."""

    stack: Stack
    db: Database
    admin: Person
    supervisor: Person

    def said(self, act: str) -> list[tuple[str, str | None]]:
        return [(one.kind.value, one.reason) for one in told(self.db, *MODES) if one.refs["act"] == act]

    def tile(self, door: str = DOOR) -> tuple[str, str, str, int, str]:
        with self.db.read() as connection:
            one = tile_of(connection, {SITE}, door)
        assert one is not None
        return one.mode, one.lock, one.mode_ordered, one.mode_until, one.mode_by

    def send_away(self, device: str) -> None:
        """Let a device say good-bye, as its will at the broker would."""
        broker = json.loads((self.stack.folder / "demo-broker.json").read_text(encoding="utf-8"))
        mqtt.single(
            f"gatehouse/v1/{SITE}/{device}/status",
            b'{"online":false}',
            qos=1,
            retain=True,
            hostname=broker["host"],
            port=broker["port"],
            auth={"username": broker["username"], "password": broker["password"]},
        )
        gone = "SELECT 1 FROM device_state WHERE device = ? AND online = 0"
        until(lambda: self.db.row(gone, device) is not None, seconds=30)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with running_demo(tmp_path_factory.mktemp("demo"), "nyc-dock", "nyc-floors") as stack:
        db = open_database(stack.folder)
        online = "SELECT 1 FROM device_state WHERE device = 'nyc-dock' AND online = 1"
        until(lambda: db.row(online) is not None, seconds=60)
        with closing(enter(stack, "admin")) as admin, closing(enter(stack, "supervisor")) as supervisor:
            codes = {one.username: Codes(one.totp_secret) for one in read_logins(stack.folder)}
            people = Person(admin, codes["admin"]), Person(supervisor, codes["supervisor"])
            yield House(stack, db, *people)
        db.close()


def enter(stack: Stack, username: str) -> httpx.Client:
    login = next(one for one in read_logins(stack.folder) if one.username == username)
    client = httpx.Client(base_url=stack.origin, headers={"origin": stack.origin}, timeout=30)
    form = {"username": login.username, "password": login.password, "next": "/"}
    assert client.post("/auth/local", data=form).status_code == 303
    return client


def soon(minutes: int) -> int:
    return (time.time_ns() // 1_000 // SECOND_US + 60 * minutes) * SECOND_US


def test_a_door_is_held_longer_and_locked_again(house: House) -> None:
    until_first, until_then = soon(5), soon(20)
    held = house.admin.do("hold", {"door": DOOR}, until=until_first)
    assert house.admin.settled(held)["good"], house.said(held)
    assert [kind for kind, _ in house.said(held)] == [
        "hold.requested",
        "hold.sent",
        "hold.accepted",
        "hold.confirmed",
    ]
    assert house.tile() == ("held", "unlocked", "held", until_first, "Ada Brandt")
    assert house.admin.ask("unlock", {"door": DOOR}, seconds=5).json()["error"] == "held"

    renewed = house.supervisor.do("hold", {"door": DOOR}, until=until_then)
    assert house.supervisor.settled(renewed)["good"], house.said(renewed)
    assert house.tile() == ("held", "unlocked", "held", until_then, "Samuel Ortiz")

    ended = house.admin.do("end_hold", {"door": DOOR})
    assert house.admin.settled(ended)["good"], house.said(ended)
    until(lambda: house.said(renewed)[-1] == ("hold.secured", None), seconds=30)
    assert house.said(renewed)[-2] == ("hold.ended", "ended_by_person")
    assert house.tile() == ("normal", "locked", "", 0, "")


def test_a_hold_runs_out_at_the_door_although_the_console_that_sent_it_was_killed(house: House) -> None:
    code = house.supervisor.codes.fresh()
    held = house.supervisor.do("hold", {"door": OTHER}, code, until=soon(1))
    until(lambda: ("hold.confirmed", None) in house.said(held), seconds=30)
    web = house.stack.part("web")
    assert web is not None
    assert web.pid is not None
    os.kill(web.pid, signal.SIGKILL)

    until(lambda: house.said(held)[-1] == ("hold.secured", None), seconds=90)

    assert house.said(held)[-2] == ("hold.ended", "lease_over")
    assert house.tile(OTHER) == ("normal", "locked", "", 0, "")
    house.stack.wait_well()


def test_a_site_is_locked_down_with_a_device_away_and_unlocked_by_two_only(house: House) -> None:
    house.send_away(AWAY)
    planned = house.supervisor.ask("lockdown", {"site": SITE})
    assert planned.status_code == 201, planned.text
    first = planned.json()["doors"]
    assert {one["reason"] for one in first if "reason" in one} >= {"not_connected", "takes_no_commands"}
    assert [("reason" in one) for one in first] == sorted(("reason" in one for one in first), reverse=True)

    act = planned.json()["id"]
    assert house.supervisor.prove(act).status_code == 200
    told_at_end = house.supervisor.settled(act)
    doors = told_at_end["doors"]
    assert not told_at_end["good"]
    assert [one["good"] for one in doors] == sorted(one["good"] for one in doors), "failures first"
    by_door = {one["door"]: one for one in doors}
    assert (by_door[DOOR]["state"], by_door[DOOR]["good"]) == ("confirmed", True)
    assert by_door["newyork-trading"]["reason"] == "not_connected"
    assert house.tile()[:3] == ("locked_down", "locked", "locked_down")

    pending = house.admin.ask("unlock", {"door": DOOR}, seconds=2).json()
    assert pending["persons"] == 2
    assert house.admin.prove(pending["id"]).json()["state"] == "awaiting_second"
    approved = house.supervisor.prove(pending["id"])
    assert approved.status_code == 200, approved.text
    until(lambda: bool(house.admin.state(pending["id"]).get("secured")), seconds=20)
    assert house.tile()[:3] == ("locked_down", "locked", "locked_down")

    released = house.admin.do("release", {"site": SITE})
    ends = {one["door"]: one for one in house.admin.settled(released)["doors"]}
    assert (ends[DOOR]["state"], ends[DOOR]["good"]) == ("confirmed", True)
    assert house.tile()[:3] == ("normal", "locked", "")
