"""Where people come in and where they come from: origin, host name, local paths, client addresses."""

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias
from urllib.parse import urlsplit

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
_LOCAL_PATH: Final = re.compile(r"/(?:[A-Za-z0-9_][A-Za-z0-9/_.-]*)?(?:\?[A-Za-z0-9/_=&.,:%+-]*)?")
_LONGEST_PATH: Final = 512
_DEFAULT_PORTS: Final = {"http": ":80", "https": ":443"}
UNKNOWN: Final = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicUrl:
    """The address in people's browsers; `host` is as a browser sends it in Host."""

    scheme: str
    host: str

    @staticmethod
    def of(url: str) -> "PublicUrl":
        """Take scheme and host of a checked public_url."""
        parts = urlsplit(url)
        host = parts.netloc.lower().removesuffix(_DEFAULT_PORTS.get(parts.scheme, ""))
        return PublicUrl(scheme=parts.scheme, host=host)

    @property
    def secure(self) -> bool:
        """Whether people come in by https."""
        return self.scheme == "https"

    @property
    def origin(self) -> str:
        """What a browser sends in Origin from a page of ours."""
        return f"{self.scheme}://{self.host}"

    @property
    def websocket(self) -> str:
        """The origin of our websockets, for the CSP of browsers whose 'self' leaves them out."""
        return f"{'wss' if self.secure else 'ws'}://{self.host}"

    @property
    def name(self) -> str:
        """The host name without a port."""
        return urlsplit(f"//{self.host}").hostname or self.host


def local_path(wanted: str | None) -> str:
    """Give a path of ours to go on to; anything that could lead elsewhere becomes '/'."""
    if wanted is None or len(wanted) > _LONGEST_PATH or ".." in wanted or not _LOCAL_PATH.fullmatch(wanted):
        return "/"
    return wanted


def client_address(peer: str | None, forwarded: str | None, trusted: Sequence[Network]) -> str:
    """Give the address of the client: a proxy's word counts only where the proxy is trusted.

    Walks X-Forwarded-For from its end, since each proxy appends whom it heard.
    """
    address = _address(peer)
    for hop in reversed((forwarded or "").split(",")):
        if not is_in(address, trusted):
            return address
        named = _address(hop)
        if named == UNKNOWN:
            return address
        address = named
    return address


def _address(text: str | None) -> str:
    bare = (text or "").strip()
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        return str(ipaddress.ip_address(bare))
    except ValueError:
        return UNKNOWN


def is_in(peer: str | None, networks: Sequence[Network]) -> bool:
    """Whether an address lies in one of these networks."""
    address = _address(peer)
    return address != UNKNOWN and any(ipaddress.ip_address(address) in network for network in networks)
