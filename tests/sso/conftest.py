"""One console for all that attack it: each provider is named like its shape."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Final

import pytest

from auth.current import set_services
from tests.op.kinds import Shape
from tests.op.provider import authority
from tests.sso.console import signing_on
from tests.sso.ground import Ground
from tests.sso.proving import ENTRA, Proving, proving

# One issuer with a path, for MSAL, and one without, for Authlib; one that has tenants, one that has domains,
# and one whose keys are rotated.
SHAPES: Final[tuple[Shape, ...]] = ("keycloak", "okta-org", "entra", "google", "ping")


# By MSAL and by Authlib; one by a claims request, and one that proves nothing.
PROVING: Final[tuple[Shape, ...]] = ("keycloak", "okta-org", "entra", "generic")


@pytest.fixture(scope="session")
def proving_place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proving]:
    """Give a console before doors, whose people prove acts at providers."""
    with proving(tmp_path_factory.mktemp("proving"), PROVING, {"entra": ENTRA}) as place:
        yield place


@pytest.fixture
def calm_place(proving_place: Proving) -> Iterator[Proving]:
    """Give it with all in order, and as the console of this process while the test lasts."""
    proving_place.calm()
    set_services(proving_place.line.services)
    yield proving_place
    set_services(None)


@pytest.fixture(scope="session")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    folder = tmp_path_factory.mktemp("attacked")
    (folder / "stranger").mkdir()
    with ExitStack() as stack:
        with pytest.MonkeyPatch.context() as environment:
            # What would have `requests` trust somebody else, or ask by another way.
            for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
                environment.setenv(name, str(authority(folder / "stranger").ca))
            environment.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
            sso = stack.enter_context(signing_on(folder, SHAPES))
        db = stack.enter_context(sso.store())
        ground = Ground(sso=sso, db=db, stack=stack)
        yield ground
        # After all that was tried.
        assert ground.leaked() == []


@pytest.fixture
def ground(started: Ground) -> Ground:
    """Give the console, with providers in no trouble."""
    for shape in SHAPES:
        started.control(shape).well()
    return started
