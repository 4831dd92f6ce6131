"""What a provider's claims say: who somebody is, of which groups, how surely, on what device."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from auth.providers import Provider, StepUpRule
from auth.tokens import Claims
from core.errors import IdentityRefused

_LONGEST_NAME: Final = 128
_MOST_GROUPS: Final = 5_000
_SPACE: Final = re.compile(r"\s+")


def subject_of(claims: Claims, provider: Provider) -> str:
    """Name a person for ever: issuer and `sub`, for Entra tenant and `oid`; an address never does.

    Raises IdentityRefused where the claim is missing.
    """
    value = claims.get(provider.subject)
    if not isinstance(value, str) or not value or not value.isprintable():
        raise IdentityRefused(
            "missing_claim",
            f"{provider.shown} did not say who you are: its claim '{provider.subject}' is missing.",
        )
    if provider.subject == "oid":
        return f"entra:{claims.get('tid', '')}|{value}"
    return f"oidc:{provider.issuer}|{value}"


def check_home(claims: Claims, provider: Provider) -> None:
    """Refuse who comes from another tenant or domain; raises IdentityRefused."""
    if provider.tenant and claims.get("tid") != provider.tenant:
        raise IdentityRefused("wrong_tenant", "Your account is of another organisation than this console's.")
    domain = str(claims.get("hd", "")).lower()
    if provider.domains and domain not in {one.lower() for one in provider.domains}:
        raise IdentityRefused("wrong_domain", "Your account is of another organisation than this console's.")


def name_of(claims: Claims) -> str:
    """Give a name to show: what the provider says, on one line and not too long."""
    for claim in ("name", "preferred_username", "email", "sub"):
        value = claims.get(claim)
        if isinstance(value, str) and (text := _one_line(value)):
            return text
    return "Unnamed"


def username_of(claims: Claims) -> str:
    """Give what the person is called at sign-in, to show beside the name; never a key."""
    for claim in ("preferred_username", "upn", "email"):
        value = claims.get(claim)
        if isinstance(value, str) and (text := _one_line(value)):
            return text
    return ""


def _one_line(text: str) -> str:
    printable = "".join(letter if letter.isprintable() else " " for letter in text)
    return _SPACE.sub(" ", printable).strip()[:_LONGEST_NAME]


def claim_at(claims: Claims, path: str) -> Any:
    """Find a claim by its name, or by a path of names with dots (`realm_access.roles`); None if absent."""
    if path in claims:
        return claims[path]
    here: Any = claims
    for name in path.split("."):
        if not isinstance(here, Mapping):
            return None
        here = here.get(name)
    return here


def groups_of(claims: Claims, provider: Provider) -> tuple[str, ...] | None:
    """Collect the groups that the claims tell; None where none of the claims is there."""
    told = [value for path in provider.groups if (value := claim_at(claims, path)) is not None]
    if not told:
        return None
    return tuple(dict.fromkeys(group for value in told for group in _listed(value)))[:_MOST_GROUPS]


def _listed(value: object) -> Iterable[str]:
    if isinstance(value, str):
        return [value]
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def overage(claims: Claims) -> bool:
    """Whether Entra left the groups out as too many (`_claim_names`, or `hasgroups` in short tokens)."""
    names = claims.get("_claim_names")
    return (isinstance(names, Mapping) and "groups" in names) or claims.get("hasgroups") in {True, "true"}


def proven(claims: Claims, provider: Provider) -> bool:
    """Whether the claims show a second factor by the provider's rule; without a rule nothing does."""
    rule = provider.mfa
    wanted = [(name, values) for name in ("acr", "amr", "acrs") if (values := getattr(rule, name))]
    return bool(wanted) and all(
        not set(_listed(claims.get(name))).isdisjoint(values) for name, values in wanted
    )


def met(claims: Claims, rule: StepUpRule) -> Mapping[str, str] | None:
    """Give the words by which the claims meet a rule, of each kind it names; None where they do not."""
    found: dict[str, str] = {}
    for name in ("acr", "amr", "acrs"):
        values = getattr(rule, name)
        told = [one for one in _listed(claims.get(name)) if one in values]
        if values and not told:
            return None
        found |= {name: told[0]} if told else {}
    return found or None


def managed(claims: Claims, provider: Provider) -> bool:
    """Whether the device is one that the organisation manages, where the provider is to say so."""
    rule = provider.managed_device
    if rule is None:
        return True
    value = claim_at(claims, rule.claim)
    told = {str(value).lower()} if isinstance(value, bool) else set(_listed(value))
    return not told.isdisjoint(rule.values)
