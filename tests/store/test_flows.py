"""Sign-ins under way: answered once, finished once, by the browser that began, within ten minutes."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from hashlib import sha256
from typing import Any, Final

import pytest
from sqlalchemy import func, select

from store import flows
from store.database import Database
from store.flows import (
    LASTS_US,
    Answered,
    FlowRow,
    add_flow,
    answer_flow,
    find_proof_flow,
    flow_of_state,
    take_flow,
    take_proof_flow,
)
from store.schema_people import flow
from tests.store.words import NOW

BROWSER: Final = sha256(b"this browser").digest()
OTHER: Final = sha256(b"another browser").digest()
ANSWER: Final = b"a sealed answer"


def state_of(ref: str) -> bytes:
    return sha256(ref.encode()).digest()


def a_flow(ref: str = "flow-1", **more: Any) -> FlowRow:
    """Make a flow that begins now."""
    row = FlowRow(
        ref=ref,
        state=state_of(ref),
        browser=BROWSER,
        provider="idp",
        origin="192.0.2.7",
        onwards="/log",
        strong=False,
        memo=b"a sealed memo",
        created=NOW,
    )
    return replace(row, **more)


def begun(db: Database, ref: str = "flow-1", **more: Any) -> FlowRow:
    """Note a flow that begins now."""
    row = a_flow(ref, **more)
    add_flow(db, row)
    return row


def answer(db: Database, ref: str = "flow-1", *, provider: str = "idp", now: int = NOW) -> str | None:
    found = answer_flow(db, state_of(ref), provider, answer=ANSWER, now=now)
    return None if found is None else found.ref


def count(db: Database, origin: str | None = None) -> int:
    wanted = select(func.count()).select_from(flow)
    with db.read() as connection:
        found: int = connection.execute(
            wanted if origin is None else wanted.where(flow.c.origin == origin)
        ).scalar_one()
    return found


def together(act: Callable[[], Any], times: int = 8) -> list[Any]:
    with ThreadPoolExecutor(times) as pool:
        return [one.result() for one in [pool.submit(act) for _ in range(times)]]


def test_a_flow_comes_back_as_it_was_noted(db: Database) -> None:
    row = begun(db, strong=True)

    assert answer(db) == "flow-1"
    assert take_flow(db, "flow-1", BROWSER, NOW) == replace(row, answer=ANSWER)
    assert flow_of_state(db, state_of("flow-1")) is None


def test_a_flow_is_answered_once_however_many_answers_come_at_once(db: Database) -> None:
    begun(db)

    assert sorted(map(str, together(lambda: answer(db)))) == ["None"] * 7 + ["flow-1"]
    assert answer(db) is None


def test_an_answer_is_for_a_flow_of_its_state_and_provider(db: Database) -> None:
    begun(db)

    assert answer(db, provider="other") is None
    assert answer(db, "unknown") is None
    assert answer(db) == "flow-1"


def test_a_flow_is_taken_once_however_many_come_for_it_at_once(db: Database) -> None:
    begun(db)
    answer(db)

    found = together(lambda: take_flow(db, "flow-1", BROWSER, NOW))
    assert sum(one is not None for one in found) == 1
    assert count(db) == 0


def test_another_browser_neither_takes_a_flow_nor_uses_it_up(db: Database) -> None:
    begun(db)
    answer(db)
    for browser in (OTHER, b"", sha256(b"").digest(), BROWSER[:-1]):
        assert take_flow(db, "flow-1", browser, NOW) is None

    assert take_flow(db, "flow-1", BROWSER, NOW) is not None


def test_a_flow_without_an_answer_waits_for_it(db: Database) -> None:
    begun(db)
    assert take_flow(db, "flow-1", BROWSER, NOW) is None

    answer(db)
    assert take_flow(db, "flow-1", BROWSER, NOW) is not None


def test_a_flow_lasts_ten_minutes_to_the_microsecond(db: Database) -> None:
    for ref in ("a", "b", "c"):
        begun(db, ref)

    assert answer(db, "a", now=NOW + LASTS_US) is None
    assert answer(db, "a", now=NOW + LASTS_US - 1) == "a"
    assert take_flow(db, "a", BROWSER, NOW + LASTS_US - 1) is not None
    answer(db, "b")
    assert take_flow(db, "b", BROWSER, NOW + LASTS_US) is None
    assert take_flow(db, "b", BROWSER, NOW) is None


def test_what_is_over_is_forgotten_when_the_next_begins(db: Database) -> None:
    for ref in ("a", "b"):
        begun(db, ref)
    begun(db, "c", created=NOW + LASTS_US - 1)
    assert count(db) == 3

    begun(db, "d", created=NOW + LASTS_US)
    assert count(db) == 2


def test_who_begins_too_many_loses_their_oldest_and_nobody_elses(db: Database) -> None:
    begun(db, "mine", origin="198.51.100.1")
    for n in range(60):
        begun(db, f"flood-{n}", created=NOW + n)

    assert count(db, "192.0.2.7") == 50
    assert answer(db, "flood-9") is None
    assert [answer(db, f"flood-{n}") for n in (10, 59)] == ["flood-10", "flood-59"]
    assert answer(db, "mine") == "mine"


def test_all_places_together_have_a_bounded_number(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    assert flows._MOST == 20_000
    monkeypatch.setattr(flows, "_MOST", 200)
    with db.write() as connection:
        rows = [asdict(a_flow(str(n), origin=f"place-{n}", created=NOW + n)) for n in range(200)]
        connection.execute(flow.insert(), rows)
    begun(db, "last", origin="place-200", created=NOW + 200)

    assert count(db) == 200
    assert flow_of_state(db, state_of("0")) is None
    assert flow_of_state(db, state_of("1")) is not None


def test_no_secret_of_a_flow_is_in_the_store(db: Database) -> None:
    # What is stored of state and browser are hashes that the caller made; nothing finds a flow by less.
    begun(db)
    answer(db)

    assert answer_flow(db, b"flow-1", "idp", answer=ANSWER, now=NOW) is None
    assert take_flow(db, "flow-1", b"this browser", NOW) is None
    assert flow_of_state(db, b"flow-1") is None


def test_a_flow_that_proves_an_act_signs_nobody_in_and_one_that_signs_in_proves_nothing(db: Database) -> None:
    begun(db, "sign-in")
    proving = begun(db, "proof", act="01a", session="s")
    assert find_proof_flow(db, "proof") is None
    found = answer_flow(db, state_of("proof"), "idp", answer=ANSWER, now=NOW)
    answer(db, "sign-in")

    assert found == Answered(ref="proof", act="01a")
    assert take_flow(db, "proof", BROWSER, NOW) is None
    assert find_proof_flow(db, "sign-in") is take_proof_flow(db, "sign-in") is None
    assert find_proof_flow(db, "proof") == replace(proving, answer=ANSWER)


def test_a_flow_that_proves_an_act_is_taken_once_however_many_take_it(db: Database) -> None:
    begun(db, "proof", act="01a", session="s")
    answer(db, "proof")

    taken = together(lambda: take_proof_flow(db, "proof"))

    assert sum(one is not None for one in taken) == 1
