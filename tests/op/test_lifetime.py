"""The provider starts where it is told and never outlives its test."""

import socket
from pathlib import Path

import httpx
import pytest

from tests.op.kinds import Account, Client, IssuerSpec
from tests.op.provider import authority, running

pytestmark = pytest.mark.slow

CLIENTS = (Client(redirect_uris=("http://localhost:9/back",)),)


def test_the_provider_ends_with_its_block(tmp_path: Path) -> None:
    with running(tmp_path, [IssuerSpec(name="one", clients=CLIENTS)]) as op:
        assert op.process.poll() is None

    assert op.process.poll() == 0


def test_the_provider_ends_when_nobody_holds_its_input(tmp_path: Path) -> None:
    with running(tmp_path, [IssuerSpec(name="one", clients=CLIENTS)]) as op:
        assert op.process.stdin is not None
        op.process.stdin.close()

        assert op.process.wait(10) == 0


def test_an_issuer_can_have_a_port_and_a_path_and_another_authority(tmp_path: Path) -> None:
    trust = authority(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    spec = IssuerSpec(
        name="one", port=port, path="/a/b", clients=CLIENTS, accounts=(Account(sub="ada"),), backchannel=False
    )
    with running(tmp_path, [spec], trust=trust) as op:
        issuer = op.issuer("one")
        assert issuer.issuer == f"https://localhost:{port}/a/b"
        about = httpx.get(issuer.discovery, verify=trust.context(), trust_env=False).json()

        assert about["issuer"] == issuer.issuer
        assert "backchannel_logout_supported" not in about
        assert (issuer.client_id, issuer.client_secret) == (CLIENTS[0].client_id, CLIENTS[0].client_secret)
        assert op.log.read_text(encoding="utf-8") == ""
