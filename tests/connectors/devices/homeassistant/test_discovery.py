"""What entities say of themselves is shown to whoever keeps the estate, and changes nothing."""

import pytest

from core.model import Device
from core.records import Kind
from core.reports import Item, Unclaimed
from tests.connectors.devices.wall import LOCKED, Wall, body, damaged, event, hold, report, stranger, unread

WALL = Wall("homeassistant", "claimed/door", ("state-lock",))
LOCK = {
    "~": "home/door",
    "name": "Front door",
    "stat_t": "~/lock",
    "cmd_t": "~/lock/set",
    "avty": [{"t": "~/status"}, {"topic": "bridge/state", "pl_not_avail": "offline"}],
    "avty_mode": "all",
    "val_tpl": "{{ value_json.state }}",
    "uniq_id": "x1",
}
COMPONENTS = {
    "a": {"p": "binary_sensor", "dev_cla": "door", "stat_t": "~/contact", "uniq_id": "c"},
    "b": {"p": "event", "device_class": "doorbell", "state_topic": "~/bell", "event_types": ["press"]},
    "c": {"p": "sensor", "stat_t": "~/battery", "uniq_id": "s"},
}
DEVICE = {
    "dev": {"ids": "x"},
    "o": {"name": "bridge"},
    "avty_t": "home/gate/status",
    "~": "home/gate",
    "cmps": COMPONENTS,
}


def config(
    payload: object, component: str = "lock", node: str = "node/", *, retain: bool = True
) -> tuple[Item, ...]:
    """Read a config that was found retained at the start."""
    return WALL.hear_at(f"homeassistant/{component}/{node}object/config", payload, retain=retain)


def told(items: tuple[Item, ...]) -> str:
    """Give the text of the one entity that was discovered."""
    (found,) = items
    assert isinstance(found, Unclaimed)
    assert found.family == "homeassistant"
    return found.text


def test_an_entity_that_nobody_claims_says_what_to_write() -> None:
    assert told(config(LOCK)) == (
        "lock 'Front door' at home/door/lock; available (all) by home/door/status, bridge/state; "
        'topic = "home/door", number = "lock::state-lock"'
    )


def test_what_it_says_to_write_can_be_read() -> None:
    wall = Wall("homeassistant", "home/door", ("lock::state-lock",))

    assert wall.hear("lock", {"state": "LOCKED"}) == (report("lock::state-lock", LOCKED),)


@pytest.mark.parametrize("retain", [True, False])
@pytest.mark.parametrize("node", ["", "node/"])
@pytest.mark.parametrize(
    ("more", "name", "title"),
    [
        ({}, "x1", "Front door"),
        ({"dev": {"ids": "d", "name": "Doorman", "mdl": "S3"}}, "x1", "Front door, Doorman S3"),
        ({"device": {"name": 7, "model": ["S3"]}, "uniq_id": 7}, "home/door/lock::state-lock", "Front door"),
        ({"uniq_id": None, "val_tpl": None, "name": None}, "home/door/lock-lock", ""),
    ],
)
def test_an_entity_is_named_by_its_unique_id_or_by_where_it_speaks(
    retain: bool, node: str, more: dict[str, object], name: str, title: str
) -> None:
    (found,) = config({**LOCK, **more}, node=node, retain=retain)

    assert isinstance(found, Unclaimed)
    assert (found.name, found.title, found.topic) == (name, title, "home/door/lock")
    assert found.retained is retain


@pytest.mark.parametrize(
    ("component", "more", "number"),
    [
        ("binary_sensor", {"device_class": "door"}, "lock-open"),
        ("binary_sensor", {"dev_cla": "opening"}, "lock-open"),
        ("binary_sensor", {"dev_cla": "lock"}, "lock-unlocked"),
        ("binary_sensor", {"dev_cla": "tamper"}, "lock-tamper"),
        ("event", {"dev_cla": "doorbell", "evt_typ": ["press"]}, "lock-bell"),
        ("lock", {}, "lock-lock"),
    ],
)
def test_each_kind_of_entity_of_a_door_is_told(component: str, more: dict[str, object], number: str) -> None:
    payload = {"state_topic": "home/door/lock", "name": "x", **more}

    assert told(config(payload, component)).endswith(f'number = "{number}"')


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"val_tpl": "{{ value_json.a.b }}"}, "its template is code"),
        ({"value_template": "{{ value.x }}"}, "its template is code"),
        ({"val_tpl": "{% if value_json.x %}LOCKED{% endif %}"}, "its template is code"),
        ({"val_tpl": "{{ value_json.x }}{{ ''.__class__ }}"}, "its template is code"),
        ({"val_tpl": 7}, "its template is code"),
        ({"stat_locked": "ZU"}, "it has a state_locked of its own"),
        ({"payload_on": False}, "it has a payload_on of its own"),
        ({"stat_t": "home/front door/x y"}, "its topic fits no number"),
        ({"stat_t": "alone"}, "its topic fits no number"),
    ],
)
def test_what_cant_be_read_is_said(more: dict[str, object], why: str) -> None:
    text = told(config({**LOCK, **more}))

    assert why in text
    assert "number = " not in text


@pytest.mark.parametrize(
    ("topic", "expected"),
    [("~", "home/door"), ("~/a", "home/door/a"), ("a/~", "a/home/door"), ("a~b", "a~b")],
)
def test_the_base_topic_stands_at_the_beginning_or_the_end(topic: str, expected: str) -> None:
    assert f" at {expected};" in told(config({**LOCK, "stat_t": topic}))


def test_a_config_of_a_whole_device_tells_each_entity() -> None:
    found = config(DEVICE, "device")

    seen = "available (latest) by home/gate/status"
    texts = [item.text for item in found if isinstance(item, Unclaimed)]
    assert texts == [
        f'open \'c\' at home/gate/contact; {seen}; topic = "home/gate", number = "contact-open"',
        f'bell \'\' at home/gate/bell; {seen}; topic = "home/gate", number = "bell-bell"',
    ]
    assert [stranger((item,), "homeassistant") for item in found] == ["c", "home/gate/bell-bell"]


def test_a_lock_whose_state_is_only_assumed_is_refused() -> None:
    assert unread(config({**DEVICE, "cmps": {**COMPONENTS, "d": {"p": "lock"}}}, "device")) == "wrong_shape"
    assert unread(config({"name": "x", "cmd_t": "a/set"})) == "wrong_shape"


@pytest.mark.parametrize(
    ("component", "more"),
    [
        ("sensor", {}),
        ("light", {}),
        ("binary_sensor", {"dev_cla": "motion"}),
        ("binary_sensor", {}),
        ("event", {"dev_cla": "button"}),
    ],
)
def test_what_is_of_no_use_at_a_door_is_left_alone(component: str, more: dict[str, object]) -> None:
    assert config({"stat_t": "a/b", **more}, component) == ()


def test_a_config_that_is_taken_back_says_nothing() -> None:
    assert config(b"") == ()


def test_an_entity_of_a_device_of_any_family_is_claimed() -> None:
    hub = Device(id="hub", site="berlin", family="unifi", topic="hub/a")
    wall = Wall("homeassistant", "claimed/door", ("state-lock",), more=(hub,))
    for topic in ("claimed/door/state", "hub/a/lock", "hub/a"):
        found = wall.hear_at("homeassistant/lock/x/config", {"stat_t": topic}, retain=True)
        assert found == ()
    assert wall.hear_at("homeassistant/lock/x/config", {"stat_t": "hub/ab/lock"}, retain=True) != ()


def test_a_config_does_not_change_how_a_word_is_read() -> None:
    config({"stat_t": "claimed/door/state", "stat_locked": "UNLOCKED", "stat_unlocked": "LOCKED"})

    assert WALL.hear("state", "LOCKED") == (report("state-lock", LOCKED),)


def test_numbers_in_a_config_are_masked() -> None:
    (found,) = config({**LOCK, "name": "PIN 47110815"})

    assert isinstance(found, Unclaimed)
    assert "4711" not in found.text + found.title


@pytest.mark.parametrize("payload", ["LOCKED", b"\xff", "[]", '{"a":1,"a":2}', b"{" * 99])
def test_a_config_that_is_no_object_is_unmapped_once(payload: object) -> None:
    first, again = (event(config(payload)) for _ in range(2))

    assert first.kind is Kind.FEED_UNMAPPED
    assert first.event_key == again.event_key is not None


@pytest.mark.parametrize(("component", "payload"), [("lock", LOCK), ("device", DEVICE)])
def test_no_damage_raises(component: str, payload: object) -> None:
    for other in damaged(body(payload)):
        hold(config(other, component))
