"""Unlocking: asked for, proved, written down, sent once; whatever speaks against it is said before."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier

import pytest

from auth.current import Services
from auth.presence import Presence
from auth.sessions import Actor, Sessions
from auth.step_up import prove_by_code
from core.acts import LIVES_US, Means
from core.commands import Delivery
from core.errors import (
    ActRefused,
    BrokerUnreachable,
    GatehouseError,
    Invalid,
    NotPermitted,
    OutcomeUnknown,
    ProofRefused,
    StoreUnavailable,
)
from core.records import Kind
from core.times import MINUTE_US, SECOND_US
from operations import unlock as module
from operations.unlock import ask_unlock, prove_unlock
from store.directory import save_account
from store.estate import import_estate
from store.estate_document import EstateDocument
from store.ingest_log import LEASE
from store.policies import apply_policy
from store.touch import Part, PartState, drop_lease, report_part
from tests.auth.people import LIMITS, NOW, POLICY, account, peopled_store, person
from tests.auth.reading import told
from tests.operations.unlocking import (
    CAN,
    ESTATE,
    HOLDER,
    SECRET,
    SomeLine,
    ask,
    bad,
    by_code,
    code,
    enter,
    good,
    listen,
    refused_proofs,
    unlocks,
)


@pytest.fixture
def line() -> SomeLine:
    return SomeLine()


@pytest.fixture
def services(tmp_path: Path, line: SomeLine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    db = peopled_store(tmp_path / "data")
    for username in ("ada", "ben", "cleo"):
        save_account(db, replace(account(username), totp_secret=SECRET), NOW, "tests")
    import_estate(db, ESTATE, NOW, "tests")
    monkeypatch.setattr(module, "now_us", lambda: NOW + 2)
    one = Services(
        db=db,
        sessions=Sessions(db, LIMITS),
        presence=Presence(),
        families={"gatehouse": CAN},
        line=line,
    )
    line.services = one
    listen(one)
    yield one
    db.close()


def test_an_unlock_is_written_down_before_it_is_sent_and_sent_once(
    services: Services, line: SomeLine
) -> None:
    ben = enter(services)
    act, means = ask_unlock(services, ben.session, "front", "  a\tvisitor ", seconds=7, now=NOW)
    assert means == (Means.TOTP,)
    assert unlocks(services) == []

    prove_unlock(services, ben.session, act.id, by_code(services, code()), now=NOW + 1)

    assert unlocks(services) == [("requested", None), ("sent", None)]
    assert line.told_before == [["unlock.requested", "unlock.sent"]]
    assert [one.payload for one in line.sent] == [act.id.encode()]
    (requested,) = told(services.db, Kind.UNLOCK_REQUESTED)
    assert requested.refs == {
        "act": act.id,
        "session": ben.session,
        "seconds": 7,
        "proof": "totp",
        "policy": 1,
    }
    assert requested.private == {
        "subject": "local:ben",
        "name": "Ben",
        "address": "192.0.2.1",
        "why": "a visitor",
    }


@pytest.mark.parametrize(("username", "door"), [("ben", "lobby"), ("ben", "none"), ("cleo", "front")])
def test_a_door_that_one_may_not_unlock_is_as_if_there_were_none(
    services: Services, username: str, door: str
) -> None:
    with pytest.raises(NotPermitted, match="no such door"):
        ask(services, enter(services, username), door)


@pytest.mark.parametrize(
    ("seconds", "why"), [(0, "x"), (61, "x"), (5, "  "), (5, "x" * 201), (5, "a\u202eb"), (5, "a\x00")]
)
def test_what_cannot_be_meant_is_refused(services: Services, seconds: int, why: str) -> None:
    with pytest.raises(Invalid):
        ask_unlock(services, enter(services).session, "front", why, seconds=seconds, now=NOW)


def test_who_has_nothing_that_proves_an_act_begins_none(services: Services) -> None:
    save_account(services.db, account("ben"), NOW, "tests")

    with pytest.raises(ActRefused) as refused:
        ask(services, enter(services))

    assert refused.value.reason == "no_proof"


def test_an_idle_session_acts_no_more(services: Services) -> None:
    ben = enter(services)
    with pytest.raises(NotPermitted):
        ask(services, ben, at=NOW + 31 * MINUTE_US)


def deaf(services: Services) -> None:
    drop_lease(services.db, LEASE, HOLDER)


def catching_up(services: Services) -> None:
    listen(services, canary_age_us=5 * SECOND_US)


def down(services: Services) -> None:
    report_part(services.db, Part(name="ingest", state=PartState.DOWN, at=NOW))


@pytest.mark.parametrize("trouble", [deaf, catching_up, down])
def test_nothing_is_sent_while_no_answer_could_be_heard(
    services: Services, line: SomeLine, trouble: Callable[[Services], None]
) -> None:
    ben = enter(services)
    pending = ask(services, ben)
    trouble(services)

    with pytest.raises(ActRefused) as before:
        ask(services, ben)
    with pytest.raises(ActRefused) as after:
        prove_unlock(services, ben.session, pending, good, now=NOW + 1)

    assert (before.value.reason, after.value.reason) == ("not_listening", "not_listening")
    assert unlocks(services) == [("refused", "not_listening")]
    assert line.sent == []


def test_a_role_taken_away_between_draw_and_press_is_no_command(services: Services, line: SomeLine) -> None:
    ben = enter(services)
    pending = ask(services, ben)
    apply_policy(services.db, POLICY.replace("g-berlin", "g-others"), NOW, "tests")

    with pytest.raises(NotPermitted):
        prove_unlock(services, ben.session, pending, good, now=NOW + 1)

    assert line.sent == []


def test_who_keeps_another_role_there_is_refused_by_a_record(services: Services, line: SomeLine) -> None:
    ben = enter(services)
    pending = ask(services, ben)
    apply_policy(services.db, POLICY.replace('"agent"', '"user"'), NOW, "tests")

    with pytest.raises(NotPermitted):
        prove_unlock(services, ben.session, pending, good, now=NOW + 1)

    assert unlocks(services) == [("refused", "no_role")]
    assert line.sent == []


def test_a_session_that_ended_between_draw_and_press_is_no_command(
    services: Services, line: SomeLine
) -> None:
    ben = enter(services)
    pending = ask(services, ben)
    services.sessions.end(ben.session, "ended_by_admin", NOW + 1)

    with pytest.raises(NotPermitted):
        prove_unlock(services, ben.session, pending, good, now=NOW + 1)

    assert line.sent == []


def test_a_door_that_left_the_estate_is_no_command_elsewhere(services: Services, line: SomeLine) -> None:
    ben = enter(services)
    pending = ask(services, ben)
    left = EstateDocument(sites=ESTATE.sites, devices=ESTATE.devices, doors=ESTATE.doors[1:])
    import_estate(services.db, left, NOW, "tests")

    with pytest.raises(NotPermitted):
        prove_unlock(services, ben.session, pending, good, now=NOW + 1)

    assert line.sent == []


def test_a_device_that_is_known_to_be_away_is_sent_nothing(services: Services, line: SomeLine) -> None:
    ben = enter(services)
    pending = ask(services, ben)
    with services.db.write() as connection:
        connection.exec_driver_sql(
            "INSERT INTO device_state (device, online, silent, boot, changed, changed_id) "
            "VALUES ('berlin-ic', 0, 0, '', 0, 0)"
        )

    with pytest.raises(ActRefused):
        prove_unlock(services, ben.session, pending, good, now=NOW + 1)

    assert unlocks(services) == [("refused", "not_connected")]
    assert line.sent == []


def test_what_a_device_cannot_be_asked_is_refused_with_its_reason(services: Services, line: SomeLine) -> None:
    ben = enter(services)
    line.impossible = "no_key"

    with pytest.raises(ActRefused, match="can't be asked"):
        prove_unlock(services, ben.session, ask(services, ben), good, now=NOW + 1)

    assert unlocks(services) == [("refused", "no_key")]


@pytest.mark.parametrize(
    ("delivery", "error", "end"),
    [
        (Delivery.TAKEN, None, ("sent", None)),
        (Delivery.NOBODY, None, ("refused", "not_connected")),
        (Delivery.REFUSED, None, ("refused", "not_taken")),
        (Delivery.TAKEN, BrokerUnreachable("no"), ("refused", "not_connected")),
        (Delivery.TAKEN, OutcomeUnknown("perhaps"), ("sent", None)),
    ],
)
def test_what_became_of_the_publish_is_told_and_no_more(
    services: Services,
    line: SomeLine,
    delivery: Delivery,
    error: GatehouseError | None,
    end: tuple[str, str | None],
) -> None:
    ben = enter(services)
    line.delivery, line.error = delivery, error

    prove_unlock(services, ben.session, ask(services, ben), good, now=NOW + 1)

    assert unlocks(services)[-1] == end
    assert len(line.sent) == 1


def test_a_console_without_an_account_for_commands_sends_nothing(services: Services) -> None:
    ben = enter(services)
    silent = replace(services, line=None)

    with pytest.raises(ActRefused):
        prove_unlock(silent, ben.session, ask(silent, ben), good, now=NOW + 1)

    assert unlocks(services) == [("refused", "no_line")]


def test_a_store_that_cannot_write_the_intent_sends_nothing(
    services: Services, line: SomeLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    ben = enter(services)
    pending = ask(services, ben)

    def broken(*_arguments: object) -> None:
        raise StoreUnavailable("no")

    monkeypatch.setattr(module, "begin_flight", broken)
    with pytest.raises(StoreUnavailable):
        prove_unlock(services, ben.session, pending, good, now=NOW + 1)

    assert line.sent == []


def test_what_was_slow_until_its_time_was_over_is_not_sent(
    services: Services, line: SomeLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    ben = enter(services)
    pending = ask(services, ben)
    monkeypatch.setattr(module, "now_us", lambda: NOW + 1 + 5 * SECOND_US)

    prove_unlock(services, ben.session, pending, good, now=NOW + 1)

    assert line.sent == []
    assert unlocks(services) == [("requested", None)]


# --- proofs -------------------------------------------------------------------------------------------


def test_twenty_presses_by_two_people_at_once_are_one_command(services: Services, line: SomeLine) -> None:
    people = [enter(services, name) for name in ("ben", "ada")]
    pending = [(people[n % 2], ask(services, people[n % 2])) for n in range(20)]
    together = Barrier(20)

    def press(one: tuple[Actor, str]) -> str:
        together.wait()
        try:
            prove_unlock(services, one[0].session, one[1], good, now=NOW + 1)
        except ActRefused as error:
            return error.reason
        return "sent"

    with ThreadPoolExecutor(20) as pool:
        ends = sorted(pool.map(press, pending))

    assert ends == ["in_progress"] * 19 + ["sent"]
    assert len(line.sent) == 1


def test_an_act_is_used_up_by_a_wrong_proof(services: Services, line: SomeLine) -> None:
    ben = enter(services)
    pending = ask(services, ben)

    with pytest.raises(ProofRefused):
        prove_unlock(services, ben.session, pending, by_code(services, "000000"), now=NOW + 1)
    with pytest.raises(ProofRefused):
        prove_unlock(services, ben.session, pending, by_code(services, code()), now=NOW + 2)

    assert [one.reason for one in refused_proofs(services)] == ["wrong_code", "no_act"]
    assert refused_proofs(services)[0].refs == {"session": ben.session, "act": pending, "door": "front"}
    assert line.sent == []


def test_a_code_proves_one_act(services: Services, line: SomeLine) -> None:
    ben = enter(services)
    first, second = ask(services, ben), ask(services, ben, "back")
    prove_unlock(services, ben.session, first, by_code(services, code()), now=NOW + 1)

    with pytest.raises(ProofRefused):
        prove_unlock(services, ben.session, second, by_code(services, code()), now=NOW + 2)

    assert [one.reason for one in refused_proofs(services)] == ["code_used"]
    assert len(line.sent) == 1


def test_a_proof_in_another_session_of_the_same_person_counts_for_nothing(
    services: Services, line: SomeLine
) -> None:
    ben, elsewhere = enter(services), enter(services)
    pending = ask(services, ben)

    with pytest.raises(ProofRefused):
        prove_unlock(services, elsewhere.session, pending, good, now=NOW + 1)
    assert line.sent == []
    prove_unlock(services, ben.session, pending, good, now=NOW + 1)

    assert len(line.sent) == 1


def test_a_proof_after_a_minute_is_too_late(services: Services, line: SomeLine) -> None:
    ben = enter(services)
    pending = ask(services, ben)
    listen(services, at=NOW + LIVES_US)

    with pytest.raises(ProofRefused):
        prove_unlock(services, ben.session, pending, good, now=NOW + LIVES_US)

    assert line.sent == []


def test_who_signed_in_at_a_provider_has_no_codes_here(services: Services) -> None:
    _, actor = services.sessions.start(
        replace(person("ben"), provider="entra"), address="192.0.2.1", agent="", now=NOW
    )
    with pytest.raises(ProofRefused) as refused:
        prove_by_code(services.db, actor, code(), NOW)

    assert refused.value.reason == "no_proof"


def test_a_disabled_account_proves_nothing(services: Services) -> None:
    ben = enter(services)
    save_account(services.db, replace(account("ben"), totp_secret=SECRET, disabled=NOW), NOW, "tests")
    with pytest.raises(ProofRefused):
        prove_by_code(services.db, ben, code(), NOW)


def test_five_refused_proofs_lock_the_acts_of_that_session_alone_and_warn(
    services: Services, line: SomeLine
) -> None:
    ben, other = enter(services), enter(services)
    for _ in range(5):
        with pytest.raises(ProofRefused):
            prove_unlock(services, ben.session, ask(services, ben), bad, now=NOW + 1)

    with pytest.raises(ActRefused, match="locked"):
        ask(services, ben)
    with pytest.raises(ActRefused, match="locked"):
        prove_unlock(services, ben.session, "01any", good, now=NOW + 1)
    (locked,) = told(services.db, Kind.OPERATOR_ACTS_LOCKED)
    assert locked.refs == {"session": ben.session}

    prove_unlock(services, other.session, ask(services, other), good, now=NOW + 1)
    assert len(line.sent) == 1


def test_a_good_proof_forgives_the_wrong_ones_before_it(services: Services) -> None:
    ben = enter(services)
    for door in ("front", "back"):
        for _ in range(4):
            with pytest.raises(ProofRefused):
                prove_unlock(services, ben.session, ask(services, ben, door), bad, now=NOW + 1)
        prove_unlock(services, ben.session, ask(services, ben, door), good, now=NOW + 1)

    assert told(services.db, Kind.OPERATOR_ACTS_LOCKED) == []
