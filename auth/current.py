"""The one set of services of this process, for pages, which may not import the web."""

from dataclasses import dataclass

from auth.presence import Presence
from auth.sessions import Sessions
from core.errors import GatehouseError
from store.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What a page needs; built by the web process before the first request."""

    db: Database
    sessions: Sessions
    presence: Presence


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
