"""Who vouches for people, from where what may be done, and who must prove more: read once, at start."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from auth.conditions import roles_that_prove
from auth.networks import Networks
from auth.providers import Provider, read_providers
from core.permissions import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentitySettings:
    """The tables `providers`, `networks` and `conditions` of gatehouse.toml; `strong` roles need proof."""

    providers: tuple[Provider, ...] = ()
    networks: Networks = field(default_factory=Networks)
    strong: frozenset[Role] = frozenset()


def read_identity(tables: Mapping[str, object], data: Path) -> IdentitySettings:
    """Read and check the tables; files start in the data folder; raises StartRefused naming what to write."""
    return IdentitySettings(
        providers=read_providers(tables.get("providers", {}), data),
        networks=Networks.of(tables.get("networks", {})),
        strong=roles_that_prove(tables.get("conditions", {})),
    )
