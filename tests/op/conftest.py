"""One provider for all tests of it: each shape is an issuer of that name."""

from collections.abc import Iterator

import pytest

from tests.op.kinds import IssuerSpec
from tests.op.people import ADA, BEN, CLIENT, SHAPES
from tests.op.provider import Op, running


@pytest.fixture(scope="session")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Op]:
    specs = [
        IssuerSpec(name=one, shape=one, clients=(CLIENT,), rotate_refresh=one == "auth0") for one in SHAPES
    ]
    with running(tmp_path_factory.mktemp("op"), specs) as started:
        yield started


@pytest.fixture
def op(started: Op) -> Op:
    """Give the provider as it was first."""
    for one in started.issuers.values():
        one.control.well()
        one.control.forget()
        one.control.accounts(ADA, BEN)
        one.control.clients(CLIENT)
    return started
