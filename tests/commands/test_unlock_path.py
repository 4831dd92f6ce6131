"""An unlock from the press to the door and back: the demo's console, broker, device and log."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, cast

import httpx
import pytest

from commands.demo_accounts import Login, read_logins
from connectors.simulator.estate import DEMO_ESTATE
from core.records import Kind
from operations.device_keys import DeviceKeys
from store.database import Database
from store.estate import load_estate, parse_estate
from store.opening import open_database
from tests.auth.reading import Told, told
from tests.codes import Codes
from tests.commands.stack import Stack, running_demo
from tests.doors import wait_secure
from tests.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
UNLOCKS = [kind for kind in Kind if kind.value.startswith("unlock.")]
# Nobody stands in their doors, and none of them goes away in the middle of a test.
DEVICES: Final = tuple(one.id for one in parse_estate(DEMO_ESTATE).devices)


@dataclass(frozen=True)
class Desk:
    """An administrator at the demo's console, with a native door of it."""

    client: httpx.Client
    codes: Codes
    db: Database
    door: str
    device: str

    def ask(self) -> httpx.Response:
        wish = {"action": "unlock", "target": {"door": self.door}, "reason": "a visitor", "seconds": 2}
        return self.client.post("/acts", json=wish)

    def prove(self, act: str, code: str) -> httpx.Response:
        return self.client.post(f"/acts/{act}/proof", json={"totp": code})

    def state(self, act: str) -> dict[str, Any]:
        return cast("dict[str, Any]", self.client.get(f"/acts/{act}").json())

    def over(self, act: str) -> bool:
        """Whether the door is secure again, or it has come to no good end."""
        state = self.state(act)
        return bool(state["final"]) and bool(state.get("secured") or not state.get("good"))

    def of(self, act: str) -> list[Told]:
        return [one for one in told(self.db, *UNLOCKS) if one.refs.get("act") == act]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running_demo(tmp_path_factory.mktemp("demo"), *DEVICES) as stack:
        yield stack


@pytest.fixture(scope="module")
def login(demo: Stack) -> Login:
    return next(one for one in read_logins(demo.folder) if one.username == "admin")


@pytest.fixture(scope="module")
def codes(login: Login) -> Codes:
    return Codes(login.totp_secret)


@pytest.fixture(params=[0])
def desk(demo: Stack, login: Login, codes: Codes, request: pytest.FixtureRequest) -> Iterator[Desk]:
    """Give a desk before one of the demo's native doors, the first unless a test says which."""
    db = open_database(demo.folder)
    estate = load_estate(db)
    doors = [one for one in estate.doors.values() if estate.devices[one.device].family == "gatehouse"]
    door = (doors[0], next(one for one in doors if one.device != doors[0].device))[request.param]
    online = "SELECT 1 FROM device_state WHERE device = ? AND online = 1"
    until(lambda: db.row(online, door.device) is not None, seconds=60)
    with httpx.Client(base_url=demo.origin, headers={"origin": demo.origin}, timeout=20) as client:
        form = {"username": login.username, "password": login.password, "next": "/"}
        assert client.post("/auth/local", data=form).status_code == 303
        yield Desk(client, codes, db, door.id, door.device)
    db.close()


def test_a_door_opens_for_one_proof_and_the_log_tells_each_step(desk: Desk) -> None:
    code = desk.codes.fresh()
    wait_secure(desk.db, desk.door)
    made = desk.ask()
    assert made.status_code == 201, made.text
    act = made.json()["id"]

    proved = desk.prove(act, code)

    assert proved.status_code == 200, proved.text
    until(lambda: desk.over(act), seconds=30)
    assert [one.reason for one in desk.of(act)] == [None] * len(desk.of(act))
    kinds = [one.kind.value.partition(".")[2] for one in desk.of(act)]
    assert kinds[:4] == ["requested", "sent", "accepted", "confirmed"]
    assert kinds[-1] == "secured"
    assert desk.state(act)["good"]
    requested, sent, *_ = desk.of(act)
    assert (requested.refs["before"], requested.refs["proof"]) == ("closed/locked/normal", "totp")
    assert (sent.refs["kid"], len(str(sent.refs["payload_sha256"]))) == (desk.device, 64)
    (taken,) = [one for one in told(desk.db, Kind.COMMAND_TAKEN) if one.refs["act"] == act]
    assert int(taken.refs["after_ms"]) <= 5000
    assert desk.prove(act, code).status_code == 409, "neither the act nor the code counts twice"


@pytest.mark.parametrize("desk", [1], indirect=True)
def test_a_device_whose_keys_are_revoked_is_sent_nothing(demo: Stack, desk: Desk) -> None:
    act = desk.ask().json()["id"]
    DeviceKeys(demo.folder).revoke(desk.device)

    refused = desk.prove(act, desk.codes.fresh())
    again = desk.ask()

    assert (again.status_code, again.json()["error"]) == (409, "key_revoked"), "before anybody proves it"
    assert (refused.status_code, refused.json()["error"]) == (409, "key_revoked")
    assert [(one.kind, one.reason) for one in desk.of(act)] == [(Kind.UNLOCK_REFUSED, "key_revoked")]
