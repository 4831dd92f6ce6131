"""One press, one pulse, at the devices of other makers: asked, proved, sent, obeyed, answered, in the log."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from bench.stand.stand import now_us
from connectors import devices
from connectors.mqtt.principals import load_principal
from core.commands import LIVES_US, Command, Keys, Verb
from core.doors import SecuredBy
from core.records import Kind
from core.ulid import ulid
from operations.device_keys import DeviceKeys
from store.estate import load_estate
from tests.auth.reading import told
from tests.connectors.mqtt.running import Peer
from tests.proof.makers import GATEWAY, OTHER, SITE, Hall, document, hall
from tests.waiting import until

# By themselves: a bridge says at QoS 0 what is lost where a busy machine makes ingest connect anew.
pytestmark = [pytest.mark.slow, pytest.mark.alone, pytest.mark.timeout(300)]
GATEWAY_DEVICE: Final = next(one for one in document().devices if one.id == GATEWAY)
DOORS: Final = ("floors-1", "relay-1", "lock-1", "bridge-1", "reader-1")
# By the quality of the answer that docs/devices.md claims: an id, a result, the state alone, nothing at all.
SENT, ACCEPTED, CONFIRMED = ("sent", None), ("accepted", None), ("confirmed", None)
TOLD: Final = {
    "floors-1": [SENT, ACCEPTED, CONFIRMED],
    "relay-1": [SENT, ACCEPTED, CONFIRMED],
    "lock-1": [SENT, ACCEPTED, CONFIRMED],
    "bridge-1": [SENT, CONFIRMED],
    "reader-1": [SENT, CONFIRMED],
}
# By what each door tells that it is secure again.
SECURED: Final = {
    "floors-1": SecuredBy.POSITION,
    "relay-1": SecuredBy.LOCK,
    "lock-1": SecuredBy.LOCK,
    "bridge-1": SecuredBy.LOCK,
    "reader-1": SecuredBy.LOCK,
}


@pytest.fixture(scope="module")
def makers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    folder: Path = tmp_path_factory.mktemp("makers")
    with hall(folder) as one:
        yield one


@pytest.mark.parametrize("door", DOORS)
def test_one_press_is_one_pulse_and_the_log_tells_the_devices_own_answer(makers: Hall, door: str) -> None:
    before = makers.makers.pulses()
    act = makers.press(door)
    until(lambda: makers.makers.pulses() != before)
    # A controller tells no bolt: it is seen when somebody goes in.
    makers.makers.pass_through(door)

    assert makers.verdict(act)[: len(TOLD[door])] == TOLD[door]
    until(lambda: makers.steps(act)[-1] == ("secured", None), seconds=20)
    (secured,) = [one for one in told(makers.stand.db, Kind.UNLOCK_SECURED) if one.refs["act"] == act]
    assert secured.refs["secured_by"] == SECURED[door]
    assert makers.makers.pulses() - before == Counter({door: 1})


@pytest.mark.parametrize("door", DOORS)
def test_no_other_device_may_ask_for_it(makers: Hall, door: str) -> None:
    topic, payload = sent(makers, door)
    before = makers.makers.pulses()
    account = f"{SITE}.{OTHER}"
    principal = load_principal(makers.stand.broker_files.folder, account)
    with Peer(makers.stand.port, principal, account).connect() as peer:
        assert peer.publish(topic, payload) == "Not authorized"

    assert makers.makers.pulses() == before


@pytest.mark.parametrize("door", [f"away-{one}" for one in DOORS])
def test_a_device_that_is_away_is_asked_for_nothing_when_it_comes_back(makers: Hall, door: str) -> None:
    first = makers.verdict(makers.press(door))
    makers.makers.bring(device_of(door))
    online = "SELECT device FROM device_state WHERE online = 1"
    until(lambda: (device_of(door),) in makers.stand.rows(online), seconds=20)
    makers.press(door)
    until(lambda: makers.makers.pulses()[door])

    assert first[-1] == ("refused", "not_connected")
    assert makers.makers.pulses()[door] == 1


def test_a_gateway_obeys_no_replay_no_forgery_and_nobody_elses_request(makers: Hall) -> None:
    replay = sent(makers, "floors-2")
    before = makers.makers.pulses()
    fresh = asked(makers, "floors-2")
    stranger = replace(keys_of(makers), signing=b"another phrase")
    guesser = replace(keys_of(makers), hotp=b"another twenty bytes")
    forged = (
        asked(makers, "floors-2", stranger),
        asked(makers, "floors-2", guesser),
        (fresh[0], fresh[1].replace(b'"door":2', b'"door":1')),
        (fresh[0], fresh[1].replace(b"405419896,", b"405419897,")),
        (fresh[0], b"%b}" % fresh[1][: fresh[1].rindex(b',"hmac"')]),
    )
    last = asked(makers, "floors-2")
    makers.send(replay, *forged, fresh, fresh, last)
    released = makers.makers.models[GATEWAY].relays.released
    until(lambda: released[-1].act == named(last))

    assert [one.act for one in released[-3:]] == [named(one) for one in (replay, fresh, last)]
    assert makers.makers.pulses() - before == Counter({"floors-2": 2})


def test_a_gateway_that_does_not_believe_us_is_silent_and_a_controller_that_knows_no_card_refuses(
    makers: Hall,
) -> None:
    keys, before = DeviceKeys(makers.stand.folder), makers.makers.pulses()
    good = keys_of(makers)
    keys.put(GATEWAY, card="8165538")
    refused = makers.verdict(makers.press("floors-2"))
    keys.put(GATEWAY, card=good.card, signing=b"another phrase")
    silent = makers.verdict(makers.press("floors-2"))
    keys.put(GATEWAY, signing=good.signing)

    assert refused == [SENT, ("refused", "refused_by_device")]
    assert silent == [SENT, ("unconfirmed", "not_answered")]
    assert makers.makers.pulses() == before


def device_of(door: str) -> str:
    return door.rpartition("-")[0]


def sent(makers: Hall, door: str) -> tuple[str, bytes]:
    """Press at a door once it is at rest, and give what its device was sent for it."""
    before, pulses = len(makers.sent_to(device_of(door))), makers.makers.pulses()
    act = makers.press(door)
    until(lambda: makers.makers.pulses() != pulses)
    makers.makers.pass_through(door)
    until(lambda: makers.steps(act)[-1] == ("secured", None), seconds=20)
    (one,) = makers.sent_to(device_of(door))[before:]
    return one


def named(request: tuple[str, bytes]) -> str:
    """Give the act of a request to the gateway."""
    return str(json.loads(request[1])["message"]["request"]["request-id"])


def keys_of(makers: Hall) -> Keys:
    """Give what we are known by at the gateway, without a number."""
    return replace(DeviceKeys(makers.stand.folder).known(GATEWAY_DEVICE), counter=0)


def asked(makers: Hall, door: str, keys: Keys | None = None) -> tuple[str, bytes]:
    """Write a request to the gateway with a number of its own."""
    taken = DeviceKeys(makers.stand.folder).take(GATEWAY_DEVICE)
    estate, now = load_estate(makers.stand.db), now_us()
    act = ulid(now, taken.counter).lower()
    command = Command(act=act, verb=Verb.UNLOCK, issued=now, expires=now + LIVES_US, seconds=1)
    used = taken if keys is None else replace(keys, counter=taken.counter)
    made = devices.order(GATEWAY_DEVICE, estate.doors[door], command, used, estate=estate)
    return made.topic, made.payload
