"""Providers as the settings would have them: made up, or the tests' real one in both of its shapes."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from auth.providers import Provider, read_providers
from tests.op.kinds import CLIENT_ID, CLIENT_SECRET, Client, IssuerSpec, Shape
from tests.op.provider import Op, running

PUBLIC: Final = "https://gatehouse.example"
# One whose issuer has a path, for MSAL, and one without, for Authlib.
BOTH: Final[tuple[Shape, ...]] = ("keycloak", "generic")


def table(folder: Path, **more: Any) -> dict[str, object]:
    """Write a provider's table, with its secret in a file of this folder."""
    file = folder / "client.secret"
    file.touch(0o600)
    file.write_text(CLIENT_SECRET, encoding="utf-8")
    usual = {
        "issuer": "https://sso.example/realms/x",
        "client_id": CLIENT_ID,
        "client_secret_file": file.name,
    }
    return {name: value for name, value in (usual | more).items() if value is not None}


def a_provider(folder: Path, name: str = "sso", **more: Any) -> Provider:
    """Give a provider as it is read from the settings."""
    (made,) = read_providers({name: table(folder, **more)}, folder)
    return made


def trusting(op: Op, name: str, folder: Path, **more: Any) -> Provider:
    """Give the settings that trust one of the real provider's issuers."""
    return a_provider(folder, name, **trust_of(op, name) | more)


def trust_of(op: Op, name: str) -> dict[str, Any]:
    """Give what an administrator writes of an issuer."""
    return {"issuer": op.issuer(name).issuer, "ca_file": str(op.authority.ca), "preset": name}


@contextmanager
def both_shapes(folder: Path) -> Iterator[Op]:
    """Start the provider with an issuer of each shape, at which Gatehouse is registered as it should be."""
    with running(folder, [IssuerSpec(name=one, shape=one, clients=(client(one),)) for one in BOTH]) as op:
        yield op


def client(name: Shape, **more: Any) -> Client:
    """Register Gatehouse."""
    usual: dict[str, Any] = {
        "redirect_uris": (f"{PUBLIC}/auth/{name}/callback",),
        "auth": "client_secret_post" if name == "keycloak" else "client_secret_basic",
        "post_logout_redirect_uris": (f"{PUBLIC}/sign-out",),
        "backchannel_logout_uri": f"{PUBLIC}/auth/{name}/backchannel-logout",
    }
    return Client(**usual | more)
