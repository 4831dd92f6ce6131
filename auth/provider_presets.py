"""What is usual at each kind of identity provider; a setting of the same name goes before it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

# `issuer` may hold names of other settings in braces. Claims are names, or paths through objects with dots.
_COMMON: Final[Mapping[str, object]] = MappingProxyType(
    {
        "subject": "sub",
        "scopes": ["openid", "profile", "email"],
        "groups": ["groups"],
        "algorithms": ["RS256", "PS256", "ES256"],
        "response_mode": "form_post",
        "sign_out": "post",
        "strict_logout_type": True,
    }
)
_OKTA: Final[Mapping[str, object]] = MappingProxyType(
    {
        **_COMMON,
        "algorithms": ["RS256"],
        "mfa": {
            "ask_acr": "urn:okta:loa:2fa:any",
            "acr": ["urn:okta:loa:2fa:any", "phr", "phrh"],
        },
        "step_up": {
            "request": {"acr_values": "urn:okta:loa:2fa:any"},
            "rule": {"acr": ["urn:okta:loa:2fa:any", "phr", "phrh"]},
        },
    }
)
PRESETS: Final[Mapping[str, Mapping[str, object]]] = MappingProxyType(
    {
        "generic": _COMMON,
        "entra": {
            **_COMMON,
            "issuer": "https://login.microsoftonline.com/{tenant}/v2.0",
            # `sub` is another for each application, `oid` is the person's in the directory.
            "subject": "oid",
            # App roles come in `roles`; group ids in `groups`, above 200 through Graph.
            "groups": ["groups", "roles"],
            "graph": "https://graph.microsoft.com/v1.0",
            "algorithms": ["RS256"],
            # Its documents name no id_token_hint, so nothing needs to be posted.
            "sign_out": "get",
            # No proof of a second factor: its ID tokens of version 2 say neither acr nor amr, and an
            # authentication context counts only where an administrator attests the policy (`mfa.acrs`). So no
            # proof of acts either, but one that is written and attested (`step_up`).
        },
        # A custom server: it knows no scope `groups`, and answers who asks for it with an error.
        "okta": _OKTA,
        # The organisation's own server: it tells groups only to who asks for that scope.
        "okta-org": {**_OKTA, "scopes": ["openid", "profile", "email", "groups"]},
        # It tells no groups. A role for a domain, or for one person, is for an administrator to want.
        "google": {**_COMMON, "issuer": "https://accounts.google.com", "algorithms": ["RS256"], "groups": []},
        "keycloak": {
            **_COMMON,
            "groups": ["groups", "realm_access.roles"],
            "mfa": {"ask_acr": "2", "acr": ["2", "3"]},
            "step_up": {"request": {"acr_values": "2"}, "rule": {"acr": ["2", "3"]}},
        },
        "auth0": {
            **_COMMON,
            "algorithms": ["RS256"],
            # Its logout tokens are of the type JWT, as its documents show them.
            "strict_logout_type": False,
            "mfa": {
                "ask_acr": "http://schemas.openid.net/pape/policies/2007/06/multi-factor",
                "amr": ["mfa"],
            },
        },
        # A request names sign-on policies, and the token the one that was passed.
        "ping": {**_COMMON, "mfa": {"ask_acr": "Multi_Factor", "acr": ["Multi_Factor"]}},
    }
)
