"""How providers are spoken to: our own trust, our own patience, and nothing of the environment's."""

import time
from collections.abc import Iterator
from email.utils import formatdate
from pathlib import Path
from typing import Any, Final

import msal
import msgspec
import pytest
import requests
from jwt.utils import base64url_encode

from auth import transport
from auth.code_flow import AuthlibClient, MsalClient, client_for
from auth.discovery import Discovery
from auth.providers import Provider
from auth.transport import ProviderSession, correlation_of
from core.errors import IdentityRefused, ProviderMisconfigured, ProviderUnreachable
from tests.auth.forging import PROVIDER
from tests.auth.serving import Given, Server, serving
from tests.op.provider import authority

BACK: Final = "https://console.example/auth/idp/callback"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with the server's authority, another one's, and a client's secret."""
    made = tmp_path_factory.mktemp("transport")
    (made / "other").mkdir()
    authority(made / "other")
    secret = made / "client.secret"
    secret.touch(0o600)
    secret.write_text("the-client's-secret", encoding="utf-8")
    return made


@pytest.fixture(scope="module")
def started(folder: Path) -> Iterator[Server]:
    with serving(authority(folder)) as server:
        yield server


@pytest.fixture
def server(started: Server) -> Server:
    """Give the server as it was first: it publishes two issuers, one with a path and one without."""
    started.seen.clear()
    started.answers.clear()
    for issuer in (started.url, f"{started.url}/realm"):
        about = {
            "issuer": issuer,
            "authorization_endpoint": f"{issuer}/auth",
            "token_endpoint": f"{issuer}/token",
            "jwks_uri": f"{issuer}/jwks",
        }
        path = issuer.removeprefix(started.url)
        started.answers[f"{path}/.well-known/openid-configuration"] = Given(body=msgspec.json.encode(about))
    return started


def provider(server: Server, folder: Path, path: str = "/realm", **more: Any) -> Provider:
    trust = {"ca_file": folder / "op-ca.pem", "client_secret_file": folder / "client.secret"}
    return msgspec.structs.replace(PROVIDER, issuer=f"{server.url}{path}", **{**trust, **more})


def get(server: Server, folder: Path, path: str = "/", **more: Any) -> requests.Response:
    with ProviderSession(provider(server, folder, **more)) as session:
        return session.get(f"{server.url}{path}")


# --- trust --------------------------------------------------------------------------------------------


@pytest.fixture
def hostile_environment(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set all by which `requests` would trust somebody else, go elsewhere or say who we are."""
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, str(folder / "other" / "op-ca.pem"))
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    netrc = folder / "netrc"
    netrc.write_text("machine localhost login mallory password hers\n", encoding="utf-8")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))


def test_the_environment_is_as_hostile_as_it_should_be(
    server: Server, folder: Path, hostile_environment: None
) -> None:
    with requests.Session() as session, pytest.raises(requests.exceptions.RequestException):
        session.get(f"{server.url}/", verify=str(folder / "op-ca.pem"), timeout=3)
    assert server.seen == []


def test_the_environment_changes_nothing(server: Server, folder: Path, hostile_environment: None) -> None:
    server.answers["/"] = Given()

    assert get(server, folder).status_code == 200
    assert "authorization" not in server.seen[0][2]


@pytest.mark.parametrize("path", ["/realm", ""])
def test_the_environment_changes_nothing_for_either_library(
    server: Server, folder: Path, hostile_environment: None, path: str
) -> None:
    server.answers[f"{path}/token"] = Given(body=b'{"error": "invalid_grant"}', status=400)
    one = provider(server, folder, path)
    client = client_for(one, Discovery(one))
    assert isinstance(client, MsalClient if path else AuthlibClient)
    begun = client.begin(BACK, {})

    with pytest.raises(IdentityRefused):
        client.redeem(BACK, begun.memo, {"state": begun.state, "code": "a-code"})
    assert [where for _, where, _ in server.seen] == [
        f"{path}/.well-known/openid-configuration",
        f"{path}/token",
    ]
    assert "mallory" not in str(server.seen)


def test_a_server_that_another_authority_vouches_for_is_not_spoken_to(
    server: Server, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Though the environment would have it trusted.
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(folder / "op-ca.pem"))
    for trusted in (folder / "other" / "op-ca.pem", None):
        with pytest.raises(ProviderMisconfigured, match=r"certificate of localhost:\d+ is not trusted"):
            get(server, folder, ca_file=trusted)
    assert server.seen == []


# --- patience -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/realm", ""])
def test_a_provider_that_does_not_answer_is_waited_for_not_long(
    server: Server, folder: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    assert transport.TIMEOUT_S == (3.05, 8.0)
    server.answers[f"{path}/token"] = Given(body=None)
    one = provider(server, folder, path)
    client = client_for(one, Discovery(one))
    begun = client.begin(BACK, {})
    monkeypatch.setattr(transport, "TIMEOUT_S", (3.05, 0.1))

    with pytest.raises(ProviderUnreachable, match="did not answer in time"):
        client.redeem(BACK, begun.memo, {"state": begun.state, "code": "a-code"})


def test_nobody_at_home_is_said_without_addresses(server: Server, folder: Path) -> None:
    with (
        ProviderSession(provider(server, folder)) as session,
        pytest.raises(ProviderUnreachable) as raised,
    ):
        session.get("https://localhost:9/secret?code=hunter2")

    assert str(raised.value) == "localhost:9 can't be reached (NewConnectionError)"


def test_an_answer_that_leads_elsewhere_is_not_followed(server: Server, folder: Path) -> None:
    for path in ("/a", "/realm/token"):
        server.answers[path] = Given(status=307, headers={"location": f"{server.url}/elsewhere"})
    assert get(server, folder, "/a").status_code == 307

    one = provider(server, folder)
    client = MsalClient(one, Discovery(one))
    begun = client.begin(BACK, {})
    with pytest.raises(ProviderMisconfigured):
        client.redeem(BACK, begun.memo, {"state": begun.state, "code": "a-code"})
    assert "/elsewhere" not in [where for _, where, _ in server.seen]


def test_an_answer_larger_than_any_is_not_read_to_its_end(server: Server, folder: Path) -> None:
    server.answers["/large"] = Given(body=b" " * (2 * 1_048_576))
    server.answers["/larger"] = Given(body=b" " * (2 * 1_048_576 + 1))

    assert len(get(server, folder, "/large").content) == 2 * 1_048_576
    with pytest.raises(ProviderMisconfigured, match="more than any answer"):
        get(server, folder, "/larger")


def test_what_the_statuses_of_discovery_mean(server: Server, folder: Path) -> None:
    where = "/realm/.well-known/openid-configuration"
    for status, kind in ((500, ProviderUnreachable), (503, ProviderUnreachable)):
        server.answers[where] = Given(status=status)
        with pytest.raises(kind):
            Discovery(provider(server, folder)).published()
    for given in (
        Given(status=404),
        Given(status=302),
        Given(body=b"<html>"),
        Given(body=b"[]"),
        Given(body=b""),
    ):
        server.answers[where] = given
        with pytest.raises(ProviderMisconfigured):
            Discovery(provider(server, folder)).published()


# --- what is learned on the way -----------------------------------------------------------------------


def test_the_providers_clock_is_compared_to_ours(server: Server, folder: Path) -> None:
    def drift(**headers: str) -> float | None:
        server.answers["/"] = Given(headers=headers)
        with ProviderSession(provider(server, folder)) as session:
            session.get(f"{server.url}/")
            return session.drift_s

    ahead = drift(date=formatdate(time.time() + 600, usegmt=True))
    assert ahead is not None
    assert 598 < ahead < 602
    assert drift(date="nonsense") is drift() is None


@pytest.mark.parametrize(
    ("headers", "found"),
    [
        ({"x-ms-request-id": "1-2"}, "1-2"),
        ({"x-request-id": "b", "client-request-id": "a"}, "a"),
        ({"x-okta-request-id": "x" * 100}, "x" * 64),
        ({"x-request-id": "1\r\nset-cookie: a"}, ""),
        ({"x-request-id": "\u00e9"}, ""),
        ({}, ""),
    ],
)
def test_the_number_in_the_providers_log_is_one_word(headers: dict[str, str], found: str) -> None:
    assert correlation_of(headers) == found


# --- nothing of one person's can reach another's ------------------------------------------------------


def test_each_flow_has_a_cache_and_a_connection_of_its_own(
    server: Server, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[dict[str, Any]] = []
    usual = msal.ConfidentialClientApplication

    def recorded(*args: Any, **kwargs: Any) -> Any:
        made.append(kwargs)
        return usual(*args, **kwargs)

    monkeypatch.setattr(msal, "ConfidentialClientApplication", recorded)
    one = provider(server, folder)
    client = MsalClient(one, Discovery(one))
    flows = [client.begin(BACK, {}) for _ in range(2)]
    for begun in flows:
        server.answers["/realm/token"] = Given(body=msgspec.json.encode(_tokens(begun.memo.nonce)))
        assert client.redeem(BACK, begun.memo, {"state": begun.state, "code": "c"}).access_token

    caches, connections = ([each[name] for each in made] for name in ("token_cache", "http_client"))
    assert len({id(each) for each in caches}) == len({id(each) for each in connections}) == 4
    assert len({begun.state for begun in flows} | {begun.memo.nonce for begun in flows}) == 4
    assert all(type(each) is msal.TokenCache for each in caches)
    assert all(isinstance(each, ProviderSession) and not each.trust_env for each in connections)


def _tokens(nonce: str) -> dict[str, Any]:
    claims = msgspec.json.encode({"iss": "x", "sub": "ada", "nonce": nonce, "exp": 2**31})
    head, body = (base64url_encode(part).decode() for part in (b'{"alg":"RS256"}', claims))
    return {"access_token": "an-access-token", "token_type": "Bearer", "id_token": f"{head}.{body}.AA"}
