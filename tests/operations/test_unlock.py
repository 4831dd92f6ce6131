"""Unlocking: asked for, proved, written down, sent once; whatever speaks against it is said before."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from auth.current import Services
from core.acts import Means
from core.commands import LIVES_US, Delivery
from core.errors import (
    ActRefused,
    BrokerUnreachable,
    CommandImpossible,
    GatehouseError,
    Invalid,
    LineBusy,
    NotPermitted,
    OutcomeUnknown,
    StoreUnavailable,
)
from core.records import Kind
from core.times import MINUTE_US, SECOND_US, iso_us
from operations import sending
from operations import unlock as module
from store.directory import save_account
from store.estate import import_estate
from store.estate_document import EstateDocument
from store.ingest_log import LEASE
from store.policies import apply_policy
from store.sealed import PART as LEDGER
from store.touch import Part, PartState, drop_lease, forget_part, report_part
from tests.auth.people import NOW, POLICY, account
from tests.auth.reading import told
from tests.operations.unlocking import (
    ESTATE,
    HOLDER,
    SomeLine,
    ask,
    ask_unlock,
    by_code,
    code,
    enter,
    good,
    listen,
    prove_unlock,
    unlocks,
)


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
        "rule": "usual",
        "persons": 1,
        "challenge": act.challenge.hex(),
        "roles": "agent@berlin",
        "why_from": "text",
        "before": "unknown/unknown/unknown",
        "not_after": iso_us(NOW + 1 + LIVES_US),
    }
    assert requested.private == {
        "subject": "local:ben",
        "name": "Ben",
        "address": "192.0.2.1",
        "why": "a visitor",
        "bound": act.bound.decode(),
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


def unsealed(services: Services) -> None:
    report_part(services.db, Part(name=LEDGER, state=PartState.DOWN, at=NOW))


def sealed_long_ago(services: Services) -> None:
    report_part(services.db, Part(name=LEDGER, state=PartState.OK, at=NOW - 5 * SECOND_US))


def never_sealed(services: Services) -> None:
    forget_part(services.db, LEDGER)


@pytest.mark.parametrize("trouble", [unsealed, sealed_long_ago, never_sealed])
def test_nothing_is_sent_while_the_log_is_not_sealed(
    services: Services, line: SomeLine, trouble: Callable[[Services], None]
) -> None:
    ben = enter(services)
    pending = ask(services, ben)
    trouble(services)

    with pytest.raises(ActRefused) as before:
        ask(services, ben)
    with pytest.raises(ActRefused) as after:
        prove_unlock(services, ben.session, pending, good, now=NOW + 1)

    assert (before.value.reason, after.value.reason) == ("not_sealed", "not_sealed")
    assert unlocks(services) == [("refused", "not_sealed")]
    assert line.sent == []


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
    pending = ask(services, ben)
    line.impossible = "no_key"

    with pytest.raises(ActRefused, match="can't be asked"):
        prove_unlock(services, ben.session, pending, good, now=NOW + 1)
    with pytest.raises(ActRefused, match="can't be asked"):
        ask(services, ben)

    assert unlocks(services) == [("refused", "no_key")]


@pytest.mark.parametrize(
    ("delivery", "error", "end"),
    [
        (Delivery.TAKEN, None, ("sent", None)),
        (Delivery.NOBODY, None, ("refused", "not_connected")),
        (Delivery.REFUSED, None, ("refused", "not_taken")),
        (Delivery.TAKEN, BrokerUnreachable("no"), ("refused", "broker_away")),
        (Delivery.TAKEN, LineBusy("no"), ("refused", "line_busy")),
        (Delivery.TAKEN, CommandImpossible("key_revoked", "no"), ("refused", "key_revoked")),
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
    monkeypatch.setattr(sending, "now_us", lambda: NOW + 1 + 5 * SECOND_US)

    prove_unlock(services, ben.session, pending, good, now=NOW + 1)

    assert line.sent == []
    assert unlocks(services) == [("requested", None)]
