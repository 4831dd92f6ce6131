"""The policy as people write it: TOML with one `[[grants]]` table a line of the mapping."""

import tomllib
from collections.abc import Mapping
from typing import Final, cast

from core.errors import PolicyInvalid
from core.permissions import ANY_SITE, EVERYWHERE, Grant, Policy, Role

_FIELDS: Final = frozenset({"group", "role", "sites"})
_MORE: Final = frozenset({"provider"})
_EXAMPLE: Final = '[[grants]]\ngroup = "gh-admin"\nrole = "admin"\nsites = ["*"]'
EMPTY: Final = (
    "# No policy yet: nobody may do anything. A first one:\n#\n# " + _EXAMPLE.replace("\n", "\n# ") + "\n"
)


def parse_policy(text: str, version: int) -> Policy:
    """Read a policy document; raises PolicyInvalid naming the grant and what to write instead."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PolicyInvalid(f"the policy is no TOML: {error}") from error
    tables = document.pop("grants", [])
    if document:
        raise PolicyInvalid(f"a policy holds nothing but [[grants]]; take out '{next(iter(document))}'")
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise PolicyInvalid(f"write each grant as a table of its own:\n{_EXAMPLE}")
    grants = (_grant(number, table) for number, table in enumerate(tables, start=1))
    return Policy(version=version, grants=tuple(grants))


def _grant(number: int, table: Mapping[str, object]) -> Grant:
    strange = sorted((table.keys() - _MORE) ^ _FIELDS)
    if strange:
        raise PolicyInvalid(
            f"grant {number} needs group, role and sites, may name a provider, and holds nothing else; "
            f"look at '{strange[0]}'"
        )
    grant = Grant(
        group=_group(number, table["group"]),
        role=_role(number, table["role"]),
        sites=_sites(number, table["sites"]),
        provider=_provider(number, table.get("provider", "")),
    )
    _check_pattern(number, grant)
    return grant


def _check_pattern(number: int, grant: Grant) -> None:
    """Refuse a group for each site that gives other sites, and the reverse."""
    if grant.group.count(ANY_SITE) > 1:
        raise PolicyInvalid(f"grant {number}: write {ANY_SITE} once in a group's name")
    if (grant.sites == {ANY_SITE}) is not grant.pattern:
        raise PolicyInvalid(
            f'grant {number}: {ANY_SITE} in a group\'s name and sites = ["{ANY_SITE}"] belong together: '
            f'group = "gh-agent-{ANY_SITE}"'
        )


def _provider(number: int, value: object) -> str:
    if not isinstance(value, str) or not value.isprintable():
        raise PolicyInvalid(f"grant {number}: write the provider as gatehouse.toml names it, not {value!r}")
    return value


def _group(number: int, value: object) -> str:
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise PolicyInvalid(f"grant {number}: write the id of a group as text, not {value!r}")
    return value


def _role(number: int, value: object) -> Role:
    try:
        return Role(cast("str", value))
    except ValueError as error:
        known = ", ".join(role.value for role in Role)
        raise PolicyInvalid(f"grant {number}: there is no role {value!r}; write one of {known}") from error


def _sites(number: int, value: object) -> frozenset[str]:
    if isinstance(value, list) and value and all(isinstance(site, str) for site in value):
        return frozenset(value)
    raise PolicyInvalid(
        f'grant {number}: write sites as a list of ids, or ["{EVERYWHERE}"] for all, not {value!r}'
    )
