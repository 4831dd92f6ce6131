"""Our own conditions on a sign-in, as `[conditions]` of gatehouse.toml has them."""

from collections.abc import Mapping
from typing import Final

from core.errors import StartRefused
from core.permissions import Role

_USUAL: Final = ("admin", "supervisor")


def roles_that_prove(table: object) -> frozenset[Role]:
    """Give the roles that need a second factor at sign-in (`mfa_roles`); raises StartRefused."""
    if not isinstance(table, Mapping) or not table.keys() <= {"mfa_roles"}:
        raise StartRefused("conditions: the one setting is mfa_roles, a list of roles")
    listed = table.get("mfa_roles", _USUAL)
    known = {role.value: role for role in Role}
    if not isinstance(listed, list | tuple) or not all(one in known for one in listed):
        raise StartRefused(f"conditions.mfa_roles: write a list of {', '.join(known)}, not {listed!r}")
    return frozenset(known[one] for one in listed)
