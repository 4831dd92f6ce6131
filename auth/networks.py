"""From which networks what may be done, as `[networks]` of gatehouse.toml has them."""

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from typing import Final, Literal, TypeAlias

from core.errors import StartRefused

Area: TypeAlias = Literal["policy", "people", "estate", "breakglass"]
Network: TypeAlias = IPv4Network | IPv6Network
_AREAS: Final[tuple[Area, ...]] = ("policy", "people", "estate", "breakglass")
# The word of records for an address that is in no network that is named.
NO_NETWORK: Final = "none"
# Where IPv6 has the addresses of IPv4 (RFC 4291, section 2.5.5.2).
_MAPPED: Final = IPv6Network("::ffff:0:0/96")


@dataclass(frozen=True, slots=True, kw_only=True)
class Networks:
    """The networks of each area; an area that names none may be used from anywhere."""

    policy: tuple[Network, ...] = ()
    people: tuple[Network, ...] = ()
    estate: tuple[Network, ...] = ()
    breakglass: tuple[Network, ...] = ()

    @staticmethod
    def of(table: object) -> "Networks":
        """Read the table (None: there is none); raises StartRefused naming what to write instead."""
        if table is None:
            return Networks()
        if not isinstance(table, Mapping):
            raise StartRefused('networks: write a table such as [networks] with people = ["10.1.0.0/16"]')
        unknown = sorted(str(name) for name in table.keys() - set(_AREAS))
        if unknown:
            raise StartRefused(
                f"networks.{unknown[0]}: there is no such setting; write one of {', '.join(_AREAS)}"
            )
        return Networks(**{area: _read(area, table[area]) for area in _AREAS if area in table})

    def named(self, area: Area) -> tuple[Network, ...]:
        """Give the networks from which alone an area may be used; none: from anywhere."""
        match area:
            case "policy":
                return self.policy
            case "people":
                return self.people
            case "estate":
                return self.estate
            case "breakglass":
                return self.breakglass

    def allows(self, area: Area, address: str) -> bool:
        """Whether something may be done from an address: where networks are named, from no unknown one."""
        wanted = self.named(area)
        return not wanted or _within(address, wanted)

    def holding(self, address: str) -> str | None:
        """Name the areas whose networks an address is in, joined by commas; `none` where it is in none.

        None where no network is named at all.
        """
        named = [area for area in _AREAS if self.named(area)]
        held = sorted(area for area in named if _within(address, self.named(area)))
        return (",".join(held) or NO_NETWORK) if named else None


def _within(address: str, networks: Iterable[Network]) -> bool:
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    plain = getattr(ip, "ipv4_mapped", None) or ip
    return any(plain in network for network in networks)


def _read(area: str, listed: object) -> tuple[Network, ...]:
    if not isinstance(listed, list | tuple) or not all(isinstance(one, str) for one in listed):
        raise StartRefused(f'networks.{area}: write a list of texts such as ["10.1.0.0/16"], not {listed!r}')
    return tuple(_network(area, one) for one in listed)


def _network(area: str, text: str) -> Network:
    try:
        found = ipaddress.ip_network(text, strict=False)
    except ValueError as error:
        raise StartRefused(
            f"networks.{area}: '{text}' is no network; write one such as 10.1.0.0/16 or 2001:db8::/32"
        ) from error
    if "/" in text and ipaddress.ip_interface(text).ip != found.network_address:
        raise StartRefused(f"networks.{area}: '{text}' names one address of a network; write {found}")
    if isinstance(found, IPv6Network) and found.subnet_of(_MAPPED):
        mapped = found.network_address.ipv4_mapped
        return IPv4Network(f"{mapped}/{found.prefixlen - _MAPPED.prefixlen}")
    return found
