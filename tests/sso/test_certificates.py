"""Gatehouse proves itself by a certificate made as docs/identity.md tells, through both libraries."""

import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.algorithms import RSAAlgorithm

from tests.op.kinds import Client
from tests.sso.documented import blocks, section
from tests.sso.documented_places import Place, client_of, every_place

pytestmark = pytest.mark.slow

_PAGE: Final = section("A secret or a certificate, and how to renew it")
(_MAKE,) = (one for one in blocks(_PAGE, "sh") if "openssl" in one)
(_SETTINGS,) = blocks(_PAGE, "toml")
AGENT: Final = 1
# By MSAL, where the issuer has a path, and by Authlib.
ALGORITHMS: Final = {"keycloak": "PS256", "entra": "PS256", "auth0": "RS256", "sso": "RS256"}


@dataclass(frozen=True, kw_only=True)
class Made:
    """A key and its certificate, and what a provider is to know of them."""

    files: dict[str, bytes]
    jwk: dict[str, Any]

    def put(self, data: Path) -> None:
        """Put both into a data folder, in place of those that are there."""
        for name, content in self.files.items():
            (data / name).touch(0o600)
            (data / name).write_bytes(content)


def made(folder: Path) -> Made:
    """Make a key and its certificate by the page's own words."""
    data = folder / "data"
    data.mkdir()
    subprocess.run(["/bin/sh", "-c", _MAKE], cwd=folder, check=True, capture_output=True)
    assert (data / "sso.key").stat().st_mode & 0o077 == 0
    key = x509.load_pem_x509_certificate((data / "sso.crt").read_bytes()).public_key()
    assert isinstance(key, RSAPublicKey)
    files = {name: (data / name).read_bytes() for name in ("sso.key", "sso.crt")}
    return Made(files=files, jwk=json.loads(RSAAlgorithm.to_jwk(key)) | {"use": "sig"})


def registered(name: str, url: str, *known: Made) -> Client:
    """Register a console by keys, and by the algorithm that the page names for its library."""
    keys = {"keys": [one.jwk for one in known]}
    return client_of(name, url, auth="private_key_jwt", jwks=keys, assertion_alg=ALGORITHMS[name])


def with_certificate(table: str) -> str:
    """Write the page's lines instead of the one that names a secret."""
    return re.sub(r"^client_secret_file = .*\n", lambda _: _SETTINGS, table, flags=re.MULTILINE)


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return made(tmp_path_factory.mktemp("old"))


@pytest.fixture(scope="module")
def new(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return made(tmp_path_factory.mktemp("new"))


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory, old: Made) -> Iterator[dict[str, Place]]:
    def client(name: str, url: str, data: Path) -> Client:
        old.put(data)
        return registered(name, url, old)

    folder = tmp_path_factory.mktemp("certified")
    with every_place(folder, ALGORITHMS, client=client, settings=with_certificate) as places:
        yield places


@pytest.mark.parametrize("name", ALGORITHMS)
def test_a_certificate_signs_people_in(places: dict[str, Place], name: str) -> None:
    with places[name].person(AGENT) as person:
        assert places[name].enter(person)
        assert places[name].roles == "agent@berlin"


@pytest.mark.parametrize("name", ["keycloak", "sso"])
def test_a_new_certificate_takes_over_while_both_are_known(
    places: dict[str, Place], name: str, old: Made, new: Made
) -> None:
    place, url = places[name], places[name].console.url
    place.issuer.control.clients(registered(name, url, old, new))
    new.put(place.console.data)
    with place.person(AGENT) as person:
        assert place.enter(person)

    place.issuer.control.clients(registered(name, url, old))
    with place.person(AGENT) as person:
        assert not place.enter(person)
    assert place.refusal == "misconfigured"
    old.put(place.console.data)
