"""From where what may be done: what is named is held to, and what can't be meant is not started with."""

from ipaddress import IPv4Address, IPv6Address, ip_network

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from auth.networks import Networks
from core.errors import StartRefused

OFFICE = Networks.of({"people": ["10.1.0.0/16", "2001:db8::/32", "192.0.2.7"]})


@pytest.mark.parametrize(
    ("address", "inside"),
    [
        ("10.1.0.0", True),
        ("10.1.255.255", True),
        ("10.2.0.0", False),
        ("192.0.2.7", True),
        ("192.0.2.8", False),
        ("::ffff:10.1.2.3", True),
        ("::ffff:10.2.2.3", False),
        ("2001:db8::1", True),
        ("2001:db9::1", False),
        ("unknown", False),
        ("", False),
        ("10.1.0.1, 10.2.0.1", False),
        ("10.1.0.1:443", False),
        ("010.1.0.1", False),
    ],
)
def test_an_address_is_let_in_where_its_network_is_named(address: str, inside: bool) -> None:
    assert OFFICE.allows("people", address) is inside


@pytest.mark.parametrize(
    "networks", [Networks(), Networks.of(None), Networks.of({}), Networks.of({"policy": []})]
)
@pytest.mark.parametrize("address", ["10.1.0.1", "unknown"])
def test_where_no_network_is_named_everybody_is_let_in(networks: Networks, address: str) -> None:
    assert networks.allows("policy", address)


def test_what_is_named_for_one_area_holds_for_no_other() -> None:
    assert not OFFICE.allows("people", "203.0.113.1")
    for area in ("policy", "estate", "breakglass"):
        assert OFFICE.allows(area, "203.0.113.1")


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ([], "write a table"),
        ({"people": "10.0.0.0/8"}, 'write a list of texts such as \\["10.1.0.0/16"\\]'),
        ({"people": [5]}, "write a list of texts"),
        ({"people": ["10.0.0.0/33"]}, "networks.people: '10.0.0.0/33' is no network; write one such as"),
        ({"people": ["office"]}, "'office' is no network"),
        ({"people": [""]}, "is no network"),
        ({"people": ["10.1.2.3/16"]}, "write 10.1.0.0/16"),
        ({"peopel": []}, "networks.peopel: there is no such setting; write one of policy, people"),
    ],
)
def test_what_can_not_be_meant_is_refused_with_what_to_write(table: object, words: str) -> None:
    with pytest.raises(StartRefused, match=words):
        Networks.of(table)


def test_a_network_written_as_ipv6_has_of_ipv4_is_that_of_ipv4() -> None:
    mapped = Networks.of({"policy": ["::ffff:10.1.0.0/112"]})

    assert mapped == Networks.of({"policy": ["10.1.0.0/16"]})


@given(st.ip_addresses(), st.integers(0, 128))
def test_an_address_is_in_every_network_around_it(address: IPv4Address | IPv6Address, bits: int) -> None:
    # Such an address is one of IPv4, and in none of IPv6.
    assume(getattr(address, "ipv4_mapped", None) is None)
    around = ip_network((str(address), min(bits, address.max_prefixlen)), strict=False)

    assert Networks.of({"estate": [str(around)]}).allows("estate", str(address))
