"""How operators are written: by name, by which way they came, and with their roles at named sites."""

from collections.abc import Mapping
from dataclasses import dataclass

from auth.current import the
from core.permissions import EVERYWHERE, Role
from core.policy_changes import Roles, in_words
from pages import formats, parts
from pages.foreign import visible
from store.known_views import PersonView
from store.places import site_names


def provider_shown(name: str) -> str:
    """Name a provider as people call it."""
    known = the().providers.get(name)
    return visible(known.shown if known else name)


def way(provider: str) -> str:
    """Say by which way somebody comes in."""
    return f"by {provider_shown(provider)}" if provider else "by a password kept in Gatehouse"


def called(one: PersonView) -> str:
    """Name somebody so that they are not taken for a namesake."""
    return visible(f"{one.name} ({one.username})" if one.username else one.name)


@dataclass(frozen=True, slots=True)
class SiteWords:
    """The sites that a reader may be told of, by name."""

    names: Mapping[str, str]

    @staticmethod
    def of(sites: frozenset[str]) -> "SiteWords":
        """Read the names of these sites."""
        return SiteWords({one.id: visible(one.name) for one in site_names(the().db, sites).values()})

    def roles(self, roles: Roles, left: Roles | None = None) -> str:
        """Write roles with their sites; those that are out of service are left out."""
        return _capital(in_words(self._within(roles), self._within(left or {}), named=self._named))

    def where(self, sites: frozenset[str]) -> str:
        """Write sites alone; empty where none of them is in service."""
        _, _, words = in_words(self._within({Role.USER: sites}), named=self._named).partition(" ")
        return words

    def _within(self, roles: Roles) -> Roles:
        kept = {role: sites & (self.names.keys() | {EVERYWHERE}) for role, sites in roles.items()}
        return {role: sites for role, sites in kept.items() if sites}

    def _named(self, site: str) -> str:
        return self.names.get(site, site)


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def stamp(us: int) -> str:
    """Write a moment (µs UTC) as the reader does."""
    return formats.here().stamp(us, parts.browser_zone())


def count(number: int, one: str, many: str) -> str:
    """Write how many there are of something."""
    return f"{formats.here().number(number)} {one if number == 1 else many}"
