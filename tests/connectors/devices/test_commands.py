"""Of every family and every verb: an order that can be granted alone and is void soon, or words why not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.client import topic_matches_sub

from connectors.devices import FAMILIES, command_topics, filters, order
from connectors.devices.ordering import act_of
from connectors.devices.rights import grantable
from connectors.mqtt.principals import access_list, device_username
from core.commands import Command, Keys, Order, Verb
from core.errors import CommandImpossible
from core.model import Device, Door, Estate, Site
from core.records import COMMAND_REASONS
from tests.connectors.devices.commanding import ACT, KEYS, ask, command, refused
from tests.connectors.devices.house import HOUSE

SITE = Site(id="s", name="S", time_zone="UTC")
verbs = pytest.mark.parametrize("verb", Verb)
# Those that open when the estate knows of them what it must.
OPENED = {
    "dahua": "vto/1",
    "homeassistant": "lock/frontdoor:state-lock",
    "nuki": "smart-lock/lock",
    "shelly": "plus/switch:0",
    "tasmota": "plug/POWER",
    "uhppoted": "board/4",
    "unifi": "access/main",
    "zigbee2mqtt": "zigbee-lock/self",
}
REFUSED = {
    "controller/886283000": "takes_no_commands",
    "station/front": "takes_no_commands",
    "add-on/1": "takes_no_commands",
    "reader/1": "opens_more",
    "reader-alone/1": "opens_more",
    "bell/state-bell": "no_relay",
    "access/sidedoor": "never_ends_by_itself",
    "switch/Button1-exit": "no_relay",
    "mini/input:2-bell": "no_relay",
}
NO_ACTS = [
    None,
    1,
    "",
    "1",
    ACT.upper(),
    ACT + "0",
    ACT[:-1],
    ACT + "-0",
    ACT + "-",
    "8" + ACT[1:],
    ACT + "\n",
    [ACT],
]


def attempt(estate: Estate, door: str, verb: Verb = Verb.UNLOCK) -> Order | str:
    try:
        return ask(estate, door, command(verb), KEYS)
    except CommandImpossible as error:
        return error.reason


def alone(family: str, topic: str, number: str) -> Estate:
    device = Device(id="d", site="s", family=family, topic=topic, serial="405419896")
    return Estate.of([SITE], [device], [Door(id="x", site="s", device="d", number=number, name="X")])


@verbs
@pytest.mark.parametrize("door", HOUSE.doors)
def test_a_door_is_asked_safely_or_refused_in_words(door: str, verb: Verb) -> None:
    found = attempt(HOUSE, door, verb)

    if isinstance(found, str):
        assert found in COMMAND_REASONS
        return
    device = HOUSE.devices[HOUSE.doors[door].device]
    own = access_list(HOUSE, demo=False)[device_username(device)]
    heard = [line.partition(" ")[2] for line in own if line.startswith("read")]
    assert 1 <= found.expiry_s <= 5
    assert grantable(found.topic)
    assert any(topic_matches_sub(one, found.topic) for one in heard)
    assert not any(topic_matches_sub(one, found.topic) for one in filters(HOUSE))
    if found.response:
        assert any(topic_matches_sub(one, found.response) for one in filters(HOUSE))


# What else than an unlock each is asked for: the hold that it would not end, what it can't lock or undo.
_FOR_GOOD, _NO_LOCK, _NOTHING = "never_ends_by_itself", "takes_no_commands", "nothing_to_undo"
MODES = {
    "dahua": (_FOR_GOOD, _NO_LOCK, _NOTHING),
    "homeassistant": (_FOR_GOOD, "LOCK", _NOTHING),
    "nuki": (_FOR_GOOD, "2", _NOTHING),
    "shelly": ('"toggle_after":3600', '"on":false}', '"on":false}'),
    "tasmota": (_FOR_GOOD, "Power1 OFF", "Power1 OFF"),
    "uhppoted": (_FOR_GOOD, "touches_egress", _NOTHING),
    "unifi": (_FOR_GOOD, _NO_LOCK, _NOTHING),
    "zigbee2mqtt": (_FOR_GOOD, '{"state":"LOCK"}', _NOTHING),
}


@pytest.mark.parametrize("family", OPENED)
def test_a_door_is_held_only_until_a_time_and_locked_only_as_it_rests(family: str) -> None:
    for verb, wanted in zip((Verb.HOLD, Verb.LOCK_DOWN, Verb.RESTORE), MODES[family], strict=True):
        found = attempt(HOUSE, OPENED[family], verb)
        assert wanted in (found if isinstance(found, str) else found.payload.decode())


@pytest.mark.parametrize("family", OPENED)
def test_no_lockdown_and_no_end_of_one_ever_opens(family: str) -> None:
    opened = attempt(HOUSE, OPENED[family], Verb.UNLOCK)
    assert isinstance(opened, Order)
    for verb in (Verb.LOCK_DOWN, Verb.RESTORE):
        found = attempt(HOUSE, OPENED[family], verb)
        if isinstance(found, Order):
            assert not any(word in found.payload.lower() for word in (b"unlock", b"open", b"true", b" on"))


@pytest.mark.parametrize(("door", "reason"), REFUSED.items())
def test_a_door_that_cant_be_asked_says_why(door: str, reason: str) -> None:
    assert refused(HOUSE, door, keys=KEYS) == reason


def test_the_sender_may_write_the_topics_of_orders_and_no_other_of_a_foreign_device() -> None:
    lines = access_list(HOUSE, demo=False)["command"]
    found = (attempt(HOUSE, door, verb) for door in HOUSE.doors for verb in Verb)
    orders = {one.topic for one in found if isinstance(one, Order)}

    foreign = {line.removeprefix("write ") for line in lines if not line.startswith("write gatehouse/")}
    assert foreign == orders == set(command_topics(HOUSE))
    assert len(orders) >= len(OPENED)


@pytest.mark.parametrize("topic", ["", "a/+", "#", "gatehouse/v1/s/x", "$SYS/x", " a", "a\nb"])
@pytest.mark.parametrize("family", sorted(OPENED))
def test_no_topic_of_an_estate_reaches_another(family: str, topic: str) -> None:
    estate = alone(family, topic, HOUSE.doors[OPENED[family]].number)

    assert refused(estate, "x", keys=KEYS) == "unsafe_topic"
    assert command_topics(estate) == ()


@pytest.mark.parametrize("family", sorted(set(OPENED) - {"uhppoted", "homeassistant"}))
def test_a_topic_that_devices_share_is_not_commanded(family: str) -> None:
    door = HOUSE.doors[OPENED[family]]
    device = HOUSE.devices[door.device]
    twin = Device(id="twin", site="berlin", family=family, topic=device.topic)
    estate = Estate.of(HOUSE.sites.values(), [device, twin], HOUSE.doors_of(device.id))

    assert refused(estate, door.id, keys=KEYS) == "opens_more"


@given(number=st.text(max_size=40), family=st.sampled_from(sorted(FAMILIES)), verb=st.sampled_from(Verb))
def test_no_number_of_a_door_makes_a_topic_of_another(number: str, family: str, verb: Verb) -> None:
    found = attempt(alone(family, "a/b", number), "x", verb)

    if isinstance(found, str):
        assert found in COMMAND_REASONS
    else:
        assert grantable(found.topic)
        assert "a/b/" in found.topic


def test_a_command_that_is_void_is_not_written() -> None:
    late = Command(act=ACT, verb=Verb.UNLOCK, issued=1, expires=1_000_000, seconds=5)

    assert refused(HOUSE, OPENED["nuki"], late) == "expired"


def test_another_devices_door_and_a_device_of_no_family_cant_be_asked() -> None:
    door = HOUSE.doors[OPENED["nuki"]]
    stranger = Device(id="smart-lock", site="berlin", family="toaster")

    for device, reason in ((HOUSE.devices["plus"], "no_relay"), (stranger, "takes_no_commands")):
        with pytest.raises(CommandImpossible) as caught:
            order(device, door, command(), Keys(), estate=HOUSE)
        assert caught.value.reason == reason


@pytest.mark.parametrize("told", NO_ACTS)
def test_what_is_no_act_of_ours_is_none(told: object) -> None:
    assert act_of(told) == ""
    assert act_of(ACT) == ACT
    assert act_of(f"{ACT}-12") == f"{ACT}-12"
