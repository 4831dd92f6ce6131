"""Every door of the demo that its family lets us ask for opens, and no other, by the real way."""

from collections.abc import Iterator
from typing import Final

import pytest

from auth.current import Services
from auth.presence import Presence
from auth.sessions import Person, Sessions
from bench.stand.stand import now_us
from connectors.devices import FAMILIES
from connectors.mqtt.broker import ADDRESS
from connectors.mqtt.client import Broker
from connectors.mqtt.principals import COMMAND, load_principal
from connectors.simulator.estate import DEMO_ESTATE
from core.acts import Action
from core.doors import SecuredBy
from core.errors import ActRefused
from core.unlocks import Stage
from operations.deeds import Wish
from operations.line import BrokerLine
from operations.sensitive import ask, prove
from settings import load_settings
from store.acts import find_flight
from store.database import Database
from store.directory import all_accounts
from store.estate import load_estate, parse_estate
from store.opening import open_database
from tests.commands.stack import Stack, running_demo
from tests.proof.house import good
from tests.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
# What becomes of an unlock where nobody goes in: a controller of uhppoted tells no bolt.
ENDS: Final = {
    **dict.fromkeys(("gatehouse", "shelly", "nuki", "zigbee2mqtt"), (Stage.CONFIRMED, "")),
    "uhppoted": (Stage.UNCONFIRMED, "not_seen"),
    "axis": (Stage.REFUSED, "takes_no_commands"),
    "esprfid": (Stage.REFUSED, "opens_more"),
}
# By what of its doors each family tells that one is secure again; the others are asked for nothing.
TELLS: Final = {
    **dict.fromkeys(("gatehouse", "shelly", "nuki", "zigbee2mqtt"), SecuredBy.LOCK),
    "uhppoted": SecuredBy.POSITION,
}
DEVICES: Final = tuple(one.id for one in parse_estate(DEMO_ESTATE).devices)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running_demo(tmp_path_factory.mktemp("demo"), *DEVICES) as stack:
        yield stack


def services_of(demo: Stack, db: Database) -> Services:
    """Give what the demo's own console works with."""
    account = load_principal(demo.folder / "broker", COMMAND)
    broker = Broker(host=ADDRESS, port=demo.mqtt_port, username=account.username, password=account.password)
    return Services(
        db=db,
        sessions=Sessions(db, load_settings({"GATEHOUSE_DATA": str(demo.folder)}).sessions),
        presence=Presence(),
        families={name: family.capabilities for name, family in FAMILIES.items()},
        line=BrokerLine(lambda: broker, demo.folder),
    )


def press(services: Services, session: str, door: str) -> tuple[str, str]:
    """Unlock a door; gives the act, or why it is not begun."""
    wish = Wish(action=Action.UNLOCK, target={"door": door}, reason="a visitor", seconds=2)
    try:
        act = ask(services, session, wish, now=now_us()).act.id
        prove(services, session, act, good, now=now_us())
    except ActRefused as refused:
        return "", refused.reason
    return act, ""


def test_each_door_ends_as_its_family_can_tell(demo: Stack) -> None:
    db = open_database(demo.folder)
    services, estate = services_of(demo, db), load_estate(db)
    online = "SELECT count(*) FROM device_state WHERE online = 1"
    until(lambda: db.row(online) == (len(DEVICES),), seconds=60)
    admin = next(one for one in all_accounts(db) if one.username == "admin")
    person = Person(subject=admin.subject, name=admin.name, groups=admin.groups)
    session = services.sessions.start(person, address=ADDRESS, agent="", now=now_us())[1].session
    acts = {door: press(services, session, door) for door in estate.doors}

    def end(door: str) -> tuple[Stage, str] | None:
        act, why = acts[door]
        flight = find_flight(db, act) if act else None
        if flight is None:
            return Stage.REFUSED, why
        return None if flight.under_way else (flight.stage, flight.reason)

    until(lambda: all(map(end, acts)), seconds=90)
    ends = {door: end(door) for door in acts}
    flights = {door: find_flight(db, act) for door, (act, _) in acts.items() if act}
    db.close()

    families = {door.id: estate.devices[door.device].family for door in estate.doors.values()}
    assert ends == {door: ENDS[family] for door, family in families.items()}
    told = {door: flight.secured_by for door, flight in flights.items() if flight is not None}
    assert told == {door: TELLS[family] for door, family in families.items() if family in TELLS}
