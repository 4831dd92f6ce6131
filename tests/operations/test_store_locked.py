"""A store that another process keeps from being written: acts are refused, and nothing is sent."""

from collections.abc import Iterator

import pytest

from auth.current import Services
from auth.sessions import Actor
from auth.step_up import Proof
from core.acts import Act
from core.commands import Order, Ready, Sent
from core.errors import StoreUnavailable
from core.times import SECOND_US
from operations.sensitive import told as told_of
from store import patience, sqlite
from store.acts import close_due
from tests.auth.people import NOW
from tests.operations.unlocking import SomeLine, ask, enter, good, prove_unlock, unlocks
from tests.stores_held import Holder, holder


class WaitingLine(SomeLine):
    """Another process takes the store while the command waits for its turn."""

    other: Holder | None = None

    def send(self, order: Order, ready: Ready) -> Sent:
        if self.other is not None:
            self.other.take()
        return super().send(order, ready)


@pytest.fixture
def line() -> WaitingLine:
    return WaitingLine()


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let an act wait for less, and everything else for longer than a test may last."""
    monkeypatch.setattr(patience, "ACT_S", 0.05)
    monkeypatch.setattr(patience, "LEAST_S", 0.01)
    monkeypatch.setattr(sqlite, "BUSY_MS", 600_000)


@pytest.fixture
def other(services: Services) -> Iterator[Holder]:
    with holder(services.db.file) as one:
        yield one


def test_what_is_asked_for_meanwhile_is_refused(services: Services, other: Holder) -> None:
    ben = enter(services)
    other.take()

    with pytest.raises(StoreUnavailable):
        ask(services, ben)


def test_a_proof_shown_meanwhile_is_refused_and_uses_nothing_up(
    services: Services, line: WaitingLine, other: Holder
) -> None:
    ben = enter(services)
    pending = ask(services, ben)
    other.take()
    with pytest.raises(StoreUnavailable):
        prove_unlock(services, ben.session, pending, good, now=NOW + 1)
    assert (line.sent, told_of(services, ben.session, pending, NOW + 1).state) == ([], "pending")

    other.give_back()
    prove_unlock(services, ben.session, pending, good, now=NOW + 2)
    assert len(line.sent) == 1


def test_a_store_that_is_taken_while_the_proof_is_looked_at_sends_nothing(
    services: Services, line: WaitingLine, other: Holder
) -> None:
    ben = enter(services)
    pending = ask(services, ben)

    def slow(actor: Actor, act: Act) -> Proof:
        other.take()
        return good(actor, act)

    with pytest.raises(StoreUnavailable):
        prove_unlock(services, ben.session, pending, slow, now=NOW + 1)
    other.give_back()

    assert (line.sent, unlocks(services)) == ([], [])


def test_a_store_that_is_taken_before_the_turn_comes_sends_nothing_and_the_leader_closes_it(
    services: Services, line: WaitingLine, other: Holder
) -> None:
    ben = enter(services)
    pending = ask(services, ben)
    line.other = other

    with pytest.raises(StoreUnavailable):
        prove_unlock(services, ben.session, pending, good, now=NOW + 1)
    other.give_back()
    close_due(services.db, NOW + 10 * SECOND_US)

    assert line.sent == []
    assert unlocks(services) == [("requested", None), ("expired", "not_sent")]
