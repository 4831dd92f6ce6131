"""The demo's documents hang together."""

from collections import Counter

from connectors.devices import FAMILIES
from connectors.simulator.estate import DEMO_ACCOUNTS, DEMO_POLICY, PEOPLE, STAFF, staff_of
from connectors.simulator.simulation import devices
from core.model import ID_PATTERN
from core.permissions import EVERYWHERE, Role, check_policy, roles_at
from core.policy_document import parse_policy
from tests.connectors.simulator.demo import demo_estate


def test_there_are_three_sites_in_three_zones_and_thirty_doors() -> None:
    estate = demo_estate()

    assert len({site.time_zone for site in estate.sites.values()}) == len(estate.sites) == 3
    assert len(estate.doors) == len(estate.by_number) == 30


def test_every_door_hangs_on_a_device_of_its_own_site() -> None:
    estate = demo_estate()

    assert all(estate.devices[door.device].site == door.site for door in estate.doors.values())
    assert all(estate.doors_of(device) for device in estate.devices)
    assert {device.family for device in estate.devices.values()} <= FAMILIES.keys()


def test_every_id_is_fit_for_a_topic() -> None:
    estate = demo_estate()

    ids = [*estate.sites, *estate.devices, *estate.doors]
    assert all(ID_PATTERN.fullmatch(one) for one in ids)


def test_the_policy_gives_each_account_just_what_it_says() -> None:
    policy = parse_policy(DEMO_POLICY, 1)
    check_policy(policy, demo_estate().sites)

    for account in DEMO_ACCOUNTS:
        assert roles_at(policy, account.groups) == {Role(account.role): frozenset(account.sites)}


def test_there_is_an_account_of_each_role_and_for_different_sites() -> None:
    assert {account.role for account in DEMO_ACCOUNTS} == set(Role)
    assert {account.sites for account in DEMO_ACCOUNTS} > {(EVERYWHERE,), ("berlin",), ("newyork",)}
    assert len({account.username for account in DEMO_ACCOUNTS}) == len(DEMO_ACCOUNTS) >= 6


def test_everybody_has_a_number_and_works_somewhere() -> None:
    assert len(PEOPLE) == sum(len(names) for names in STAFF.values())
    assert {number for site in demo_estate().sites for number in staff_of(site)} == set(PEOPLE)
    assert staff_of("elsewhere") == tuple(PEOPLE)


def test_every_site_has_a_bell() -> None:
    models = devices(demo_estate(), 1)

    assert {model.device.site for model in models if model.bells} == set(demo_estate().sites)


def test_there_are_seven_families_and_most_doors_are_native() -> None:
    estate = demo_estate()
    families = Counter(estate.devices[door.device].family for door in estate.doors.values())

    assert families.keys() == {
        *("gatehouse", "uhppoted", "shelly", "zigbee2mqtt", "axis", "esprfid", "nuki"),
    }
    assert families["gatehouse"] > len(estate.doors) / 2


def test_every_device_has_a_simulator() -> None:
    estate = demo_estate()

    assert {model.device.id for model in devices(estate, 1)} == set(estate.devices)


def test_no_two_devices_speak_under_one_topic() -> None:
    listed = [one.topic for one in demo_estate().devices.values() if one.topic]

    assert len(listed) == len(set(listed))
