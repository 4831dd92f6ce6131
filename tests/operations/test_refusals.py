"""Refused proofs of a session in time: which of them lock its acts, and what is recorded while they are."""

import pytest

from auth.current import Services
from auth.sessions import Actor
from auth.step_up import Proof
from core.acts import MOST_WAITING, Act
from core.errors import ActRefused, ProofRefused
from core.records import Kind
from core.refusals import LOCKED_US, MOST_REFUSED, MOST_TOLD
from core.times import MINUTE_US
from operations.sensitive import refuse_stray
from store.ingest_log import IngestLog
from store.touch import Holder
from tests.auth.people import NOW
from tests.auth.reading import told
from tests.operations.unlocking import (
    SomeLine,
    ask,
    bad,
    enter,
    good,
    listen,
    prove_unlock,
    refused_proofs,
)


def fail(services: Services, session: str, at: int) -> None:
    with pytest.raises(ProofRefused):
        prove_unlock(services, session, "01nothing", bad, now=at)


def locks(services: Services) -> int:
    return len(told(services.db, Kind.OPERATOR_ACTS_LOCKED))


def lock(services: Services, session: str, at: int = NOW) -> None:
    for _ in range(MOST_REFUSED):
        fail(services, session, at)


def test_a_count_that_began_long_ago_hides_no_five_that_lie_together(services: Services) -> None:
    session = enter(services).session
    minutes = (0, 13, 13.5, 14, 15.1)
    for minute in minutes:
        fail(services, session, NOW + int(minute * MINUTE_US))
    assert locks(services) == 0
    fail(services, session, NOW + int(15.5 * MINUTE_US))

    assert locks(services) == 1
    with pytest.raises(ActRefused, match="locked"):
        prove_unlock(services, session, "01nothing", bad, now=NOW + 16 * MINUTE_US)


def test_four_in_ten_minutes_lock_nothing_for_however_long(services: Services) -> None:
    session = enter(services).session
    for number in range(10):
        fail(services, session, NOW + number * 3 * MINUTE_US)

    assert locks(services) == 0


def test_a_lock_lasts_a_quarter_of_an_hour_whatever_is_shown_meanwhile(
    services: Services, line: SomeLine
) -> None:
    ben = enter(services)
    lock(services, ben.session)
    for minute in range(15):
        with pytest.raises(ActRefused, match="locked"):
            prove_unlock(services, ben.session, "01nothing", good, now=NOW + minute * MINUTE_US)
    listen(services, at=NOW + LOCKED_US)
    prove_unlock(services, ben.session, ask(services, ben, at=NOW + LOCKED_US), good, now=NOW + LOCKED_US + 1)

    assert (locks(services), len(line.sent)) == (1, 1)


def test_a_proof_shown_while_acts_are_locked_is_recorded_with_its_act(
    services: Services, line: SomeLine
) -> None:
    ben = enter(services)
    pending = ask(services, ben)
    lock(services, ben.session)
    before = len(refused_proofs(services))

    with pytest.raises(ActRefused, match="locked"):
        prove_unlock(services, ben.session, pending, good, now=NOW + 1)
    with pytest.raises(ActRefused, match="locked"):
        refuse_stray(services, ben.session, ProofRefused("not_this_browser", "no"), now=NOW + 2)

    found = refused_proofs(services)[before:]
    assert [one.reason for one in found] == ["locked_out", "locked_out"]
    assert [one.refs.get("act") for one in found] == [pending, None]
    assert {one.refs["session"] for one in found} == {ben.session}
    assert line.sent == []


def test_a_proof_that_was_good_when_others_locked_the_session_is_recorded_as_refused(
    services: Services, line: SomeLine
) -> None:
    ben = enter(services)
    pending = ask(services, ben)

    def slow(actor: Actor, act: Act) -> Proof:
        lock(services, ben.session)
        return good(actor, act)

    with pytest.raises(ActRefused, match="locked"):
        prove_unlock(services, ben.session, pending, slow, now=NOW + 1)

    last = refused_proofs(services)[-1]
    assert (last.reason, last.refs["act"]) == ("locked_out", pending)
    assert line.sent == []


def test_very_many_proofs_in_a_lock_are_some_records_and_one_that_counts_the_rest(
    services: Services,
) -> None:
    ben, extra = enter(services), 15 * MOST_WAITING
    lock(services, ben.session)
    for _ in range(MOST_TOLD + extra):
        with pytest.raises(ActRefused):
            prove_unlock(services, ben.session, "01nothing", good, now=NOW + 1)
    assert len(refused_proofs(services)) == MOST_REFUSED + MOST_TOLD
    leader = IngestLog(services.db, Holder(id="leader"))
    leader.close_acts(NOW + LOCKED_US - 1)
    assert len(refused_proofs(services)) == MOST_REFUSED + MOST_TOLD

    leader.close_acts(NOW + LOCKED_US)
    leader.close_acts(NOW + LOCKED_US + 1)
    last = refused_proofs(services)[-1]
    assert (last.reason, last.refs) == ("locked_out", {"session": ben.session, "count": extra})
    assert last.private == {"subject": ben.subject, "name": ben.name, "address": ben.address}
    assert len(refused_proofs(services)) == MOST_REFUSED + MOST_TOLD + 1
