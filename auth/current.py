"""The one set of services of this process, for pages, which may not import the web."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from auth.hindrances import Hindrances
from auth.networks import Networks
from auth.presence import Presence
from auth.providers import Provider
from auth.sessions import Actor, Sessions
from core.capabilities import Capabilities
from core.commands import Line
from core.errors import GatehouseError
from store.database import Database


class StepUp(Protocol):
    """What proves acts at identity providers, as far as others need to know."""

    def serves(self, actor: Actor) -> bool:
        """Whether the provider by which this person came proves acts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What a page needs; built by the web process before the first request.

    `families` says what each family of devices can tell, by name: given in at start, since neither pages nor
    the web may know the families themselves. `help_contact` is whom people call, empty if nobody is named.
    `networks` says from where what may be done, `providers` are who vouches for people, by name. `line` is
    the way to the devices, None where no account for commands is set up. `public_url` is the address by whose
    host name passkeys are bound, `step_up` proves acts at identity providers; `hindrances` say what
    keeps second people from it.
    """

    db: Database
    sessions: Sessions
    presence: Presence
    families: Mapping[str, Capabilities] = field(default_factory=dict)
    help_contact: str = ""
    networks: Networks = field(default_factory=Networks)
    providers: Mapping[str, Provider] = field(default_factory=dict)
    line: Line | None = None
    public_url: str = ""
    step_up: StepUp | None = None
    hindrances: Hindrances = field(default_factory=Hindrances)


class _Holder:
    services: Services | None = None


def set_services(services: Services | None) -> None:
    """Put the services in place at start, or take them away at the end."""
    _Holder.services = services


def the() -> Services:
    """Give the services; raises GatehouseError outside a running web process."""
    if _Holder.services is None:
        raise GatehouseError("the console has not started yet: try again in a second")
    return _Holder.services
