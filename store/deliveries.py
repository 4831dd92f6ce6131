"""How far checkpoints have got, as the part `checkpoints` tells it of each destination."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

PART: Final = "checkpoints"
_NAMES: Final = "destinations"
_NEWEST: Final = "newest"
_DEMO: Final = "demo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """One destination: the newest checkpoint that arrived there, of how many leaves, signed when (µs UTC).

    `leaves` says whether it is beyond this machine. `since` is since when a newer one waits in vain, 0 where
    none does; `lost` that this was told. `trouble` is why the last try failed, in words without secrets.
    """

    name: str
    where: str = ""
    leaves: bool = False
    size: int = 0
    at: int = 0
    since: int = 0
    lost: bool = False
    trouble: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliveries:
    """Every destination that is set up; `newest` is of how many leaves the newest checkpoint is."""

    each: tuple[Delivered, ...] = ()
    newest: int = 0
    demo: bool = False

    @property
    def stays(self) -> bool:
        """Whether no checkpoint is sent beyond this machine."""
        return not any(one.leaves for one in self.each)

    def behind(self, one: Delivered) -> int:
        """Say how many records of the newest checkpoint this destination has not been told of."""
        return max(0, self.newest - one.size)


def to_info(told: Deliveries) -> dict[str, str | int]:
    """Write it as a part tells of itself."""
    info: dict[str, str | int] = {
        _NAMES: " ".join(one.name for one in told.each),
        _NEWEST: told.newest,
        _DEMO: int(told.demo),
    }
    for one in told.each:
        info |= {
            f"{one.name}.where": one.where,
            f"{one.name}.leaves": int(one.leaves),
            f"{one.name}.size": one.size,
            f"{one.name}.at": one.at,
            f"{one.name}.behind": told.behind(one),
            f"{one.name}.since": one.since,
            f"{one.name}.lost": int(one.lost),
            f"{one.name}.trouble": one.trouble,
        }
    return info


def of_info(info: Mapping[str, str | int]) -> Deliveries:
    """Read what a part told."""
    names: Iterable[str] = str(info.get(_NAMES, "")).split()
    return Deliveries(
        each=tuple(_one(name, info) for name in names),
        newest=int(info.get(_NEWEST, 0)),
        demo=bool(info.get(_DEMO)),
    )


def _one(name: str, info: Mapping[str, str | int]) -> Delivered:
    return Delivered(
        name=name,
        where=str(info.get(f"{name}.where", "")),
        leaves=bool(info.get(f"{name}.leaves")),
        size=int(info.get(f"{name}.size", 0)),
        at=int(info.get(f"{name}.at", 0)),
        since=int(info.get(f"{name}.since", 0)),
        lost=bool(info.get(f"{name}.lost")),
        trouble=str(info.get(f"{name}.trouble", "")),
    )
