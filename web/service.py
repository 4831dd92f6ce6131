"""What the web process is made of, and what it needs to know; one of each in a process."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from auth.identity import Identity
from auth.identity_settings import IdentitySettings
from auth.local import LocalRules
from auth.passkeys import Passkeys
from auth.presence import Presence
from auth.sessions import Limits, Sessions
from core.capabilities import Capabilities
from core.commands import Line
from core.errors import GatehouseError
from store.database import Database
from store.tail import Tail
from web.live import LiveHub


class WebSettings(Protocol):
    """What the web process reads of the settings, which it may not import."""

    @property
    def data(self) -> Path:
        """The data folder."""

    @property
    def public_url(self) -> str:
        """The address in people's browsers."""

    @property
    def help_contact(self) -> str:
        """Whom people call when something is wrong; empty where nobody is named."""

    @property
    def trusted_proxies(self) -> tuple[str, ...]:
        """Networks whose word on a client's address counts."""

    @property
    def sessions(self) -> Mapping[str, Limits]:
        """How long sessions last, by role."""

    @property
    def demo(self) -> bool:
        """Whether a password alone signs in."""

    @property
    def tables(self) -> Mapping[str, object]:
        """The tables that are read elsewhere, as they were written."""


@dataclass(slots=True, kw_only=True)
class Service:
    """The parts of a running web process; they are there between start and stop of the lifespan."""

    settings: WebSettings
    identity: IdentitySettings = field(default_factory=IdentitySettings)
    families: Mapping[str, Capabilities] = field(default_factory=dict)
    line: Line | None = None
    presence: Presence = field(default_factory=Presence)
    opened: "Opened | None" = None

    @property
    def local_rules(self) -> LocalRules:
        """Who may sign in by a password kept here."""
        return LocalRules(
            only_breakglass=bool(self.identity.providers),
            demo=self.settings.demo,
            networks=self.identity.networks,
        )

    @property
    def passkeys(self) -> Passkeys:
        """Enrol and verify passkeys of people who come in here."""
        return Passkeys(self.parts.db, self.settings.public_url)

    @property
    def parts(self) -> "Opened":
        """Give the opened parts; raises GatehouseError before the start."""
        if self.opened is None:
            raise GatehouseError("Gatehouse is starting: try again in a second")
        return self.opened


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What is opened at start and closed at the end."""

    db: Database
    sessions: Sessions
    identity: Identity
    tail: Tail
    hub: LiveHub
    ledger: Database
