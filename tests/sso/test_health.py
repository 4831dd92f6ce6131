"""Health of trust in a running console: who is looked at, what sign-ins leave behind, what the page tells."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

import gatehouse
from core.records import Kind
from core.times import SECOND_US
from store.clock import now_us
from store.database import Database
from store.trust import TrustState, trust_states
from tests.auth.reading import told
from tests.op.kinds import Shape
from tests.op.visitor import Visitor, _form
from tests.sso.console import Sso, signing_on
from tests.waiting import until
from tests.web.console_process import drawn

pytestmark = pytest.mark.slow
# With a path and without one, and one that nobody answers for.
SHAPES: Final[tuple[Shape, ...]] = ("keycloak", "generic", "okta")
NOBODY: Final = {"issuer": "https://127.0.0.1:9/oauth2/default"}


@pytest.fixture(scope="module")
def sso(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sso]:
    with signing_on(tmp_path_factory.mktemp("sso"), SHAPES, more={"okta": NOBODY}) as started:
        yield started


@pytest.fixture
def db(sso: Sso) -> Iterator[Database]:
    for one in sso.op.issuers.values():
        one.control.well()
    with sso.store() as opened:
        yield opened


def state(db: Database, name: str) -> TrustState:
    return trust_states(db).get(name, TrustState())


def seen(db: Database) -> None:
    """Wait until the console has looked at every provider once."""
    until(lambda: all(state(db, name).checked for name in SHAPES), seconds=40)


def sign_in(sso: Sso, name: Shape, who: str) -> str:
    """Sign somebody in as a browser would; gives the cookie."""
    with sso.console.client() as web, Visitor(sso.issuer(name), sso.op.authority.context()) as there:
        answer = there.get(web.get(f"/auth/{name}/login").headers["location"])
        while f'action="{sso.url}/auth/{name}/callback"' not in answer.text:
            answer = there._next(answer, who, second_factor=False)
        back = web.post(f"/auth/{name}/callback", data=_form(answer.text))
        end = web.get(back.headers["location"])
        assert end.status_code == 303, end.text
        return str(web.cookies["gatehouse"])


def test_every_provider_is_looked_at_after_the_start_and_one_that_is_away_holds_up_no_other(
    sso: Sso, db: Database
) -> None:
    seen(db)

    for name in ("keycloak", "generic"):
        found = state(db, name)
        assert (found.lost, found.problem) == (0, "")
        assert found.reached
        assert found.keys_at
        assert found.drift_ms is not None
        assert abs(found.drift_ms) <= 1_500
    away = state(db, "okta")
    assert (away.reason, away.reached) == ("unreachable", 0)
    lost = [(one.reason, one.refs) for one in told(db, Kind.PROVIDER_LOST, Kind.PROVIDER_BACK)]
    assert lost == [("unreachable", {"provider": "okta"})]


@pytest.mark.parametrize("name", ["keycloak", "generic"])
def test_a_sign_in_leaves_when_it_was_and_what_the_tokens_clock_said(
    sso: Sso, db: Database, name: Shape
) -> None:
    # Not by its clock, which a look might measure meanwhile.
    sso.issuer(name).control.wrong(claims={"iat": now_us() // SECOND_US + 20})
    sign_in(sso, name, "cleo")
    found = state(db, name)

    assert found.good > 0
    assert found.lacking == ""
    assert found.issued_ms is not None
    assert 10_000 <= found.issued_ms <= 21_000


@pytest.mark.parametrize("name", ["keycloak", "generic"])
def test_a_claim_that_does_not_come_is_kept_until_one_comes_again(
    sso: Sso, db: Database, name: Shape
) -> None:
    sso.issuer(name).control.wrong(off=["groups", "realm_access"])
    sign_in(sso, name, "cleo")
    assert "groups" in state(db, name).lacking

    sso.issuer(name).control.well()
    sign_in(sso, name, "cleo")
    assert state(db, name).lacking == ""


def test_the_page_tells_an_auditor_of_each_provider_and_an_agent_hardly_anything(
    sso: Sso, db: Database
) -> None:
    seen(db)
    cookie = sign_in(sso, "keycloak", "cleo")
    with sso.console.socket(cookie) as connection:
        full = drawn(connection, "health")
    cookie = sign_in(sso, "keycloak", "ben")
    with sso.console.socket(cookie) as connection:
        short = drawn(connection, "health")

    assert full.count(b"Reachable since") == 2
    assert b"127.0.0.1:9 can't be reached" in full
    assert b"Last good sign-in" in full
    assert b"Sign-in works" in short
    assert b"127.0.0.1:9" not in short
    assert b"Reachable since" not in short


def test_tokens_of_a_session_that_ended_are_taken_back_within_seconds(sso: Sso, db: Database) -> None:
    before = len(sso.issuer("keycloak").control.counts().revocations)
    cookie = sign_in(sso, "keycloak", "ben")
    with sso.console.client() as web:
        web.cookies.set("gatehouse", cookie)
        assert web.post("/sign-out", headers={"origin": sso.url}).status_code in {200, 303}

    until(lambda: len(sso.issuer("keycloak").control.counts().revocations) > before, seconds=10)
    until(lambda: any(one.refs["provider"] == "keycloak" for one in told(db, Kind.OPERATOR_TOKENS_REVOKED)))


Check = Callable[..., tuple[int, str]]


@pytest.fixture
def gatehouse_at(sso: Sso, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Check:
    """Give the function that runs a command on the console's data folder."""
    for name in [name for name in os.environ if name.startswith("GATEHOUSE")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GATEHOUSE_DATA", str(Path(sso.console.data)))
    monkeypatch.setenv("GATEHOUSE_PORT", str(sso.console.port))

    def run(*arguments: str) -> tuple[int, str]:
        code = gatehouse.main(list(arguments))
        return code, capsys.readouterr().out

    return run


def test_the_command_finds_the_running_consoles_providers_as_they_are(sso: Sso, gatehouse_at: Check) -> None:
    for name in ("keycloak", "generic"):
        sso.issuer(name).control.well()
        code, said = gatehouse_at("identity", "check", name)
        assert (code, "✗" in said) == (0, False), said
    code, said = gatehouse_at("identity", "check")
    assert code == 1
    assert "  ✗ Reached: nobody listens at 127.0.0.1:9." in said


def test_health_tells_of_a_provider_that_is_away_while_the_console_is_well(
    sso: Sso, db: Database, gatehouse_at: Check
) -> None:
    seen(db)
    sign_in(sso, "generic", "cleo")
    _, said = gatehouse_at("health")

    lines = {line.split()[0]: line for line in said.splitlines() if not line.startswith(" ")}
    assert "ok" in lines["web"].split()[1]
    assert lines["generic"].split()[1] == "ok"
    assert "last sign-in" in lines["generic"]
    assert "lost for" in lines["okta"]
