"""Groups as a session holds them: bare, or bound to the provider that vouches for them."""

from collections.abc import Iterable
from typing import Final

# No provider's group can hold it (`bound` drops those that do), so no name can pass for another's.
_BY: Final = "\x1f"


def at_provider(provider: str, group: str) -> str:
    """Name a group of one provider; without a provider, the bare group."""
    return f"{provider}{_BY}{group}" if provider else group


def bound(provider: str, groups: Iterable[str], *, alone: bool) -> tuple[str, ...]:
    """Give the memberships that a provider's word makes; bare ones too where it is the only provider.

    With several, a grant that names none of them is for accounts of our own: or whoever runs the least of
    them could name a group like another's.
    """
    named = sorted({group for group in groups if group.isprintable() and group.strip()})
    return (*(at_provider(provider, group) for group in named), *(named if alone else ()))


def bound_anew(provider: str, groups: Iterable[str], *, alone: bool) -> tuple[str, ...]:
    """Give the memberships that a provider's word of before would make now."""
    held = (one.partition(_BY) for one in groups)
    return bound(provider, (bare for by, found, bare in held if found and by == provider), alone=alone)


def shown(group: str) -> str:
    """Write a membership for people."""
    provider, found, bare = group.partition(_BY)
    return f"{bare} (of {provider})" if found else group


def names_of(groups: Iterable[str]) -> tuple[str, ...]:
    """Write memberships for people, each once, though it be held bare and bound."""
    held = tuple(groups)
    named = {bare for _, found, bare in (one.partition(_BY) for one in held) if found}
    return tuple(shown(one) for one in held if _BY in one or one not in named)
