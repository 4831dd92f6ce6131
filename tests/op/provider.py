"""Starts the provider: `with running(folder, [IssuerSpec(name="okta", shape="okta")]) as op`."""

import json
import os
import ssl
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.connectors.mqtt.certificates import Authority as Signer
from tests.connectors.mqtt.certificates import Pair
from tests.op.control import Control
from tests.op.kinds import IssuerSpec
from tests.op.node import HERE, NODE

_MODULES: Final = HERE / "node_modules"


@dataclass(frozen=True, kw_only=True)
class Authority:
    """Who signed for localhost: clients trust `ca`, servers serve `server`."""

    ca: Path
    server: Pair

    def context(self) -> ssl.SSLContext:
        """Trust this authority alone."""
        return ssl.create_default_context(cafile=str(self.ca))


@dataclass(frozen=True, kw_only=True)
class Issuer:
    """An issuer that answers; `issuer` is its name to the letter."""

    spec: IssuerSpec
    issuer: str
    origin: str
    control: Control

    @property
    def discovery(self) -> str:
        """Where it describes itself."""
        return f"{self.issuer.removesuffix('/')}/.well-known/openid-configuration"

    @property
    def graph(self) -> str:
        """Where its Microsoft Graph lies."""
        return f"{self.origin}/graph/v1.0"

    @property
    def client_id(self) -> str:
        """What its first client is called."""
        return self.spec.clients[0].client_id

    @property
    def client_secret(self) -> str:
        """What its first client proves itself by."""
        return self.spec.clients[0].client_secret


@dataclass(frozen=True, kw_only=True)
class Op:
    """The running provider."""

    authority: Authority
    process: subprocess.Popen[str]
    log: Path
    issuers: dict[str, Issuer]

    def issuer(self, name: str) -> Issuer:
        """Give an issuer by the name it was started by."""
        return self.issuers[name]


def authority(folder: Path) -> Authority:
    """Make an authority, and what it signs for localhost."""
    signer = Signer(folder, "op-ca")
    return Authority(ca=signer.file, server=signer.sign("op-server", "localhost", "127.0.0.1", "::1"))


@contextmanager
def running(folder: Path, issuers: Sequence[IssuerSpec], *, trust: Authority | None = None) -> Iterator[Op]:
    """Start a provider with these issuers and wait until it answers; it ends with the block."""
    trusted = trust or authority(folder)
    configuration, log = folder / "op.json", folder / "op.log"
    configuration.write_text(json.dumps(_configuration(trusted, issuers)), encoding="utf-8")
    with log.open("wb") as output, ExitStack() as stack:
        process = stack.enter_context(
            subprocess.Popen(
                [NODE, "op.mjs", configuration],
                cwd=HERE,
                env={"NODE_EXTRA_CA_CERTS": str(trusted.ca), "PATH": os.environ.get("PATH", "")},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                text=True,
            )
        )
        # Its input closes whatever happens here, and it ends with that.
        op = Op(authority=trusted, process=process, log=log, issuers=_ready(process, log, trusted, issuers))
        for one in op.issuers.values():
            stack.callback(one.control.close)
        yield op


def _configuration(trusted: Authority, issuers: Sequence[IssuerSpec]) -> dict[str, object]:
    return {
        "certificate": str(trusted.server.certificate),
        "key": str(trusted.server.key),
        "issuers": [one.as_json() for one in issuers],
    }


def _ready(
    process: subprocess.Popen[str], log: Path, trusted: Authority, issuers: Sequence[IssuerSpec]
) -> dict[str, Issuer]:
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, f"the provider did not start (`make setup` installs it): {log.read_text(encoding='utf-8')}"
    context, found = trusted.context(), json.loads(line)["issuers"]
    return {
        spec.name: Issuer(
            spec=spec,
            issuer=one["issuer"],
            origin=one["origin"],
            control=Control(one["origin"], context),
        )
        for spec, one in zip(issuers, found, strict=True)
    }
