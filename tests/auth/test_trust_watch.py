"""A look at each provider once a minute: what it finds, what it records, and what it leaves alone."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from auth import transport
from auth.discovery import Discovery
from auth.oidc import Oidc
from auth.sealing import Seal
from auth.trust_watch import EVERY_US, TrustWatch, watches
from core.errors import ProviderMisconfigured, ProviderUnreachable
from core.records import Kind
from core.times import HOUR_US, SECOND_US
from store.clock import now_us
from store.database import Database
from store.trust import TrustState, note_trust, trust_states
from tests.auth.people import NOW
from tests.auth.providing import BOTH, PUBLIC, a_provider, both_shapes, client, trusting
from tests.auth.reading import told
from tests.op.provider import Op

AWAY = ProviderUnreachable("sso.example did not answer in time")
LYING = ProviderMisconfigured("the provider calls itself 'b', the settings 'a'")


class Answering:
    """Stands in for what is published: fails as often as it is told, then answers."""

    failures: list[Exception]
    drift_s: float | None = 0.25
    keys_at: int | None = NOW

    def refresh(self) -> None:
        if self.failures:
            raise self.failures.pop(0)


@pytest.fixture
def answering() -> type[Answering]:
    Answering.failures = []
    return Answering


@pytest.fixture
def made_up(db: Database, tmp_path: Path, answering: type[Answering]) -> Oidc:
    oidc = Oidc(db, Seal.of(tmp_path), [a_provider(tmp_path)], public_url=PUBLIC)
    oidc.discoveries["sso"] = answering()  # type: ignore[assignment]
    return oidc


@pytest.fixture
def watch(db: Database, made_up: Oidc) -> TrustWatch:
    return TrustWatch(db, made_up, "sso", jitter=lambda: 0)


def state(db: Database, name: str = "sso") -> TrustState:
    return trust_states(db)[name]


def recorded(db: Database) -> list[tuple[Kind, str | None]]:
    return [(one.kind, one.reason) for one in told(db, Kind.PROVIDER_LOST, Kind.PROVIDER_BACK)]


def test_a_provider_that_answers_is_reached_with_its_clock_and_its_keys(
    watch: TrustWatch, db: Database
) -> None:
    assert watch.round(NOW)

    found = state(db)
    assert (found.checked, found.reached, found.since) == (NOW, NOW, NOW)
    assert (found.drift_ms, found.keys_at, found.problem) == (250, NOW, "")
    assert recorded(db) == []


def test_it_is_looked_at_once_a_minute_however_often_a_round_begins(
    watch: TrustWatch, answering: type[Answering]
) -> None:
    done = [watch.round(NOW + second * SECOND_US) for second in range(121)]

    assert [second for second, looked in enumerate(done) if looked] == [0, 60, 120]


def test_a_clock_that_was_set_back_does_not_put_the_next_look_off(watch: TrustWatch) -> None:
    watch.round(NOW)

    assert watch.round(NOW - HOUR_US)


def test_looks_of_several_consoles_do_not_stay_in_step(db: Database, made_up: Oidc) -> None:
    dues = set()
    for _ in range(20):
        (one,) = watches(db, made_up)
        one.round(NOW)
        dues.add(one._due - NOW)

    assert len(dues) > 10
    assert all(0.9 * EVERY_US <= due <= 1.1 * EVERY_US for due in dues)


def test_a_way_that_breaks_once_is_tried_again_before_anything_is_said(
    watch: TrustWatch, db: Database, answering: type[Answering]
) -> None:
    answering.failures = [AWAY]
    watch.round(NOW)

    assert state(db).lost == 0
    assert recorded(db) == []


@pytest.mark.parametrize(
    ("error", "reason"),
    [(AWAY, "unreachable"), (LYING, "misconfigured"), (OSError("no ca_file"), "misconfigured")],
)
def test_a_provider_is_lost_once_and_back_once_with_the_reason_and_since_when(
    watch: TrustWatch, db: Database, answering: type[Answering], error: Exception, reason: str
) -> None:
    watch.round(NOW)
    for minute in (1, 2, 3):
        answering.failures = [error, error]
        watch.round(NOW + minute * EVERY_US)
    found = state(db)
    assert (found.lost, found.checked) == (NOW + EVERY_US, NOW + 3 * EVERY_US)
    assert (found.reached, found.since) == (NOW, 0)
    assert (found.reason, found.problem) == (reason, str(error))

    answering.failures = []
    for minute in (4, 5):
        watch.round(NOW + minute * EVERY_US)

    found = state(db)
    assert (found.lost, found.since, found.problem) == (0, NOW + 4 * EVERY_US, "")
    assert recorded(db) == [(Kind.PROVIDER_LOST, reason), (Kind.PROVIDER_BACK, None)]


def test_a_second_console_that_sees_the_same_records_nothing_again(
    watch: TrustWatch, db: Database, made_up: Oidc, answering: type[Answering]
) -> None:
    other = TrustWatch(db, made_up, "sso")
    answering.failures = [AWAY] * 4
    watch.round(NOW)
    other.round(NOW + SECOND_US)

    assert recorded(db) == [(Kind.PROVIDER_LOST, "unreachable")]


def test_what_sign_ins_told_is_left_as_it_is(
    watch: TrustWatch, db: Database, answering: type[Answering]
) -> None:
    before = TrustState(good=NOW - 5, failed=NOW - 9, failed_reason="not_proven", lacking="groups")
    note_trust(db, "sso", lambda _old: before)
    answering.failures = [LYING]
    watch.round(NOW)

    found = state(db)
    assert (found.good, found.failed, found.failed_reason) == (NOW - 5, NOW - 9, "not_proven")
    assert found.lacking == "groups"


# --- the real one -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Op]:
    with both_shapes(tmp_path_factory.mktemp("op")) as op:
        yield op


@pytest.fixture
def op(started: Op) -> Op:
    for one in BOTH:
        started.issuer(one).control.well()
        started.issuer(one).control.clients(client(one))
    return started


Look = Callable[[int], TrustState]


@pytest.fixture(params=BOTH)
def name(request: pytest.FixtureRequest) -> str:
    """Give the name of an issuer with a path, and of one without."""
    return str(request.param)


@pytest.fixture
def oidc(op: Op, db: Database, tmp_path: Path) -> Oidc:
    providers = [trusting(op, one, tmp_path) for one in BOTH]
    return Oidc(db, Seal.of(tmp_path), providers, public_url=PUBLIC)


@pytest.fixture
def look(name: str, oidc: Oidc, db: Database) -> Look:
    """Give the function that looks at the real provider, so many minutes from now."""
    watch = TrustWatch(db, oidc, name, jitter=lambda: 0)
    began = now_us()

    def at(minute: int) -> TrustState:
        assert watch.round(began + minute * EVERY_US)
        return state(db, name)

    return at


@pytest.mark.slow
def test_the_real_provider_is_seen_to_go_and_to_come_back(
    op: Op, look: Look, name: str, db: Database
) -> None:
    assert look(0).problem == ""
    op.issuer(name).control.down(503)
    assert "answers 503" in look(1).problem
    op.issuer(name).control.down("close")
    assert "can't be reached" in look(2).problem
    op.issuer(name).control.down(None)
    assert look(3).problem == ""

    assert recorded(db) == [(Kind.PROVIDER_LOST, "unreachable"), (Kind.PROVIDER_BACK, None)]


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [10, -45])
def test_the_real_providers_clock_is_measured_to_a_second(
    op: Op, look: Look, name: str, seconds: int
) -> None:
    op.issuer(name).control.clock(seconds)

    drift = look(0).drift_ms
    assert drift is not None
    assert abs(drift - seconds * 1_000) <= 1_000


@pytest.mark.slow
def test_keys_that_changed_are_here_before_a_token_is_signed_by_them(
    op: Op, look: Look, name: str, oidc: Oidc, db: Database
) -> None:
    look(0)
    kid = op.issuer(name).control.rotate()
    look(1)
    fetched = op.issuer(name).control.counts().of("jwks")

    assert oidc.discoveries[name].key(kid, asked_by="sign-in").kid == kid
    assert op.issuer(name).control.counts().of("jwks") == fetched


@pytest.mark.slow
def test_an_issuer_of_another_name_is_misconfigured_and_keeps_what_was_known(
    op: Op, look: Look, name: str, oidc: Oidc
) -> None:
    look(0)
    op.issuer(name).control.body("discovery", issuer="https://sso.example/other")
    found = look(1)

    assert found.reason == "misconfigured"
    assert "https://sso.example/other" in found.problem
    assert oidc.discoveries[name].metadata().issuer == op.issuer(name).issuer


@pytest.mark.slow
def test_while_a_provider_hangs_whoever_signs_in_uses_what_is_known(
    op: Op, look: Look, name: str, oidc: Oidc, monkeypatch: pytest.MonkeyPatch
) -> None:
    look(0)
    monkeypatch.setattr(transport, "TIMEOUT_S", (1, 0.2))
    op.issuer(name).control.slow(1_000)
    used, meanwhile = oidc.discoveries[name], []

    def asking(url: str) -> bytes:
        meanwhile.append(used.metadata().issuer)
        return Discovery._get(used, url)

    monkeypatch.setattr(used, "_get", asking)
    found = look(1)

    assert (found.reason, "did not answer in time" in found.problem) == ("unreachable", True)
    assert meanwhile == [op.issuer(name).issuer] * 2
