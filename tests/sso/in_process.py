"""The ways in, without processes: the gate, sign-in by password, and a provider that is not really there."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import msgspec
from starlette.applications import Starlette
from starlette.middleware import Middleware

from auth.code_flow import Tokens
from auth.identity import Identity, open_identity
from auth.identity_settings import IdentitySettings
from auth.oidc import Arrival
from auth.providers import Provider
from auth.sessions import Person
from core.times import SECOND_US
from store.clock import now_us
from tests.auth.forging import PROVIDER, Published, rsa_signer
from tests.web.client import TestClient
from tests.web.conftest import SomeSettings, open_parts
from web.addresses import PublicUrl
from web.cookies import Cookies
from web.decisions import Rules
from web.gate import Gate, GateOptions
from web.service import Service
from web.sign_in import SignIn
from web.sso import SingleSignOn

HTTPS: Final = "https://doors.example.org"
HTTP: Final = "http://localhost:8501"


@dataclass(frozen=True, kw_only=True)
class Doorway:
    """The service behind the ways in, and a client; redirects are not followed."""

    service: Service
    client: TestClient

    @property
    def identity(self) -> Identity:
        return self.service.parts.identity


@contextmanager
def doorway(
    folder: Path, url: str = HTTP, *, providers: Sequence[str] = ("idp",), **more: Any
) -> Iterator[Doorway]:
    """Open the ways in at this address; without providers a password signs in."""
    settings = SomeSettings(data=folder, public_url=url, **more)
    vouching = tuple(_provider(folder, name) for name in providers)
    service = Service(settings=settings, identity=IdentitySettings(providers=vouching))
    parts = open_parts(settings)
    identity = open_identity(parts.db, parts.sessions, vouching, data=folder, public_url=url)
    for provider in vouching:
        identity.oidc.discoveries[provider.name] = Published(
            rsa_signer().jwk(), now=now_us, provider=provider
        )
    service.opened = replace(parts, identity=identity)
    public = PublicUrl.of(url)
    cookies = Cookies(secure=public.secure)
    options = GateOptions(rules=Rules(public=public), policy="default-src 'self'", is_input=lambda _: False)
    app = Starlette(
        routes=[*SignIn(service, cookies).routes(), *SingleSignOn(service, cookies).routes()],
        middleware=[Middleware(Gate, service=service, options=options)],
    )
    with TestClient(app, base_url=url, follow_redirects=False, client=("192.0.2.1", 50_000)) as client:
        yield Doorway(service=service, client=client)
    parts.db.close()


def _provider(folder: Path, name: str) -> Provider:
    folder.mkdir(parents=True, exist_ok=True)
    secret = folder / "client.secret"
    secret.touch(0o600)
    secret.write_text("a-secret", encoding="utf-8")
    return msgspec.structs.replace(PROVIDER, name=name, client_secret_file=secret)


def arrived(onwards: str = "/log") -> Arrival:
    """Give what a provider's good answer for Ben comes to."""
    now = now_us()
    return Arrival(
        provider=PROVIDER,
        person=Person(subject="oidc:ben", name="Ben", groups=(), provider=PROVIDER.name),
        tokens=Tokens(id_token="an.id.token"),
        claims={"iat": now // SECOND_US},
        onwards=onwards,
        strong=False,
        begun=now,
    )
