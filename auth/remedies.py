"""What an administrator can do about each reason for which a sign-in at a provider was refused."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_AGAIN: Final = (
    "Nothing, if it was one person once: they start again. If it is many, look at their browsers and at what "
    "stands before Gatehouse."
)
_ATTACK: Final = (
    "If it happens again, answers do not come from where they should: see what stands between Gatehouse and "
    "the provider, and tell whoever looks after security."
)
_CLOCK: Final = "Compare the server's clock with a time server, then the provider's."
_LOG: Final = "Look for the same moment in the provider's own log: it says why."
_HOME: Final = "Nothing, if the person is of another organisation; else write yours under"
_REMEDIES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "unreachable": (
            "See that the server reaches the provider itself by https: its name, the network, a firewall. "
            "Gatehouse uses no proxy that the environment names."
        ),
        "misconfigured": "Bring together what the provider publishes and what the settings say of it.",
        "not_this_browser": _AGAIN,
        "replayed": _AGAIN,
        "expired": f"A sign-in has ten minutes, and a token lasts a while. {_CLOCK}",
        "not_yet_valid": _CLOCK,
        "refused_there": _LOG,
        "code_refused": _LOG,
        "mixed_up": _ATTACK,
        "bad_signature": _ATTACK,
        "wrong_nonce": _ATTACK,
        "unknown_key": (
            "The provider signs by a key that it does not publish: it is changing its keys, or its servers "
            "differ. Wait some minutes, then tell whoever runs it."
        ),
        "unreadable": (
            "What came was no signed token: see how the application is registered at the provider."
        ),
        "bad_algorithm": "Let the provider sign by one of the settings' algorithms, or add the one it uses.",
        "wrong_type": "Register the application at the provider as one for OpenID Connect.",
        "wrong_issuer": "Write issuer to the letter as the provider's tokens have it.",
        "wrong_audience": "Compare client_id with the application as it is registered at the provider.",
        "missing_claim": "Let the provider put the claim that is named into its ID tokens.",
        "wrong_tenant": f"{_HOME} tenant.",
        "wrong_domain": f"{_HOME} domains.",
        "logged_out_there": "Nothing: the session at the provider ended while the person came here.",
        "groups_unavailable": (
            "Give the application Microsoft Graph's delegated permission User.Read, and if that is not enough"
            " GroupMember.Read.All, with an administrator's consent."
        ),
        "not_proven": (
            "Let the person sign in there with a second factor. If they did, the rule under mfa asks for "
            "other values than the provider's tokens have."
        ),
        "unmanaged_device": (
            "Enrol the device, or let the provider say so in the claim that managed_device names."
        ),
    }
)


def remedy_of(reason: str) -> str:
    """Say what to do about a reason; what is not known here, the provider's log may know."""
    return _REMEDIES.get(reason, _LOG)
