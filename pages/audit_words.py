"""What is said of the acts of operators: what they are called, how they were proved, and how they ended."""

from collections.abc import Mapping
from typing import Final

from auth.networks import NO_NETWORK
from core.acts import Action, Means
from core.audit import Ending
from core.leaf import Scalar
from pages import parts

ACTIONS: Final[Mapping[Action, str]] = {
    Action.UNLOCK: "Unlock",
    Action.HOLD: "Hold unlocked",
    Action.END_HOLD: "End of a hold",
    Action.LOCKDOWN: "Lockdown",
    Action.RELEASE: "Release of a lockdown",
    Action.EXPORT: "Export",
    Action.POLICY: "Change of the policy",
    Action.ESTATE: "Change of the estate",
}
MEANS: Final[Mapping[str, str]] = {
    Means.PASSKEY: "Passkey",
    Means.IDP: "Identity provider",
    Means.TOTP: "One-time code",
}
# A sign and a word each: neither needs a colour to be read.
ENDINGS: Final[Mapping[Ending, tuple[str, str, str]]] = {
    Ending.GOOD: ("✓", "Done", ""),
    Ending.BAD: ("✕", "Not done", "warning"),
    Ending.OPEN: ("…", "Not over", ""),
}
_MS_US: Final = 1_000


def proof_words(refs: Mapping[str, Scalar], prefix: str = "") -> tuple[str, str]:
    """Say how an act was proved, and how old that was when the act began; empty where nothing was shown."""
    means = refs.get(f"{prefix}proof")
    if means is None:
        return "", ""
    age = refs.get(f"{prefix}proof_age_ms")
    how_old = f"{parts.age(age * _MS_US)} old" if isinstance(age, int) else ""
    return MEANS.get(str(means), str(means)), how_old


def network_words(refs: Mapping[str, Scalar]) -> str:
    """Say from which of the networks that gatehouse.toml names; empty where it names none."""
    named = refs.get("network")
    if named is None:
        return ""
    return "no named network" if named == NO_NETWORK else f"network of {str(named).replace(',', ', ')}"
