"""One record of the log in full: what is said of it, to whom, and what may be taken along."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from auth.current import Services
from core.leaf import Draft
from core.log_filter import NO_REASON
from core.permissions import Permission, Scope
from core.records import REASONS, Class, Kind, classes
from core.times import SECOND_US
from pages.log_record import panel
from pages.log_words import reason, reason_groups
from store.database import Database
from store.estate import import_estate, parse_estate
from store.log import append
from store.log_names import log_names
from store.people import save_people
from tests.auth.people import NOW
from tests.pages.test_log_page import ESTATE

Data = Mapping[str, object]


def scope(*sites: str, names: frozenset[str] | None = None) -> Scope:
    held = frozenset(sites)
    return Scope(
        permission=Permission.LOG_READ,
        sites=held,
        organisation=False,
        classes=frozenset(Class) - {Class.OPERATOR, Class.ORGANISATION, Class.LEDGER},
        names=held if names is None else names,
        policy_version=1,
    )


def draft(kind: Kind, after_s: int, **more: Any) -> Draft:
    at = NOW + after_s * SECOND_US
    base: dict[str, Any] = {
        "received": at + SECOND_US // 5,
        "at": at,
        "site": "berlin",
        "door": "gate",
        "device": "b1",
    }
    return Draft(kind=kind, **{**base, **more})


@pytest.fixture
def visit(services: Services, db: Database) -> tuple[int, ...]:
    """Let somebody ring, be answered and come in; gives the ids of the records."""
    import_estate(db, parse_estate(ESTATE), NOW, "tests")
    save_people(db, {"u-17": "Anna Kühn"})
    kinds = (Kind.CALL_RINGING, Kind.CALL_ANSWERED, Kind.DOOR_UNLOCKED, Kind.DOOR_OPENED, Kind.DOOR_CLOSED)
    refs = {"call": "c1", "boot": "01B", "seq": 4}
    drafts = [draft(kind, 4 * step, refs=refs if step < 2 else {}) for step, kind in enumerate(kinds)]
    known = {"person": "u-17", "credential": "****5538"}
    drafts.append(draft(Kind.ACCESS_DENIED, 90, reason="antipassback", private=known))
    return tuple(number for number in append(db, drafts).ids if number)


def shown(db: Database, number: int, who: Scope) -> dict[str, object]:
    return panel(who, log_names(db, who), number)


def words(found: Data) -> str:
    return json.dumps(found["sections"], ensure_ascii=False)


def test_a_record_is_told_with_its_place_its_person_and_its_reason_in_words(
    visit: tuple[int, ...], db: Database
) -> None:
    found = shown(db, visit[-1], scope("berlin"))

    assert (found["title"], found["zone"], found["siteName"]) == ("Access denied", "Europe/Berlin", "Berlin")
    assert (found["at"], found["told"]) == (NOW + 90 * SECOND_US, NOW + 90 * SECOND_US)
    for said in ("Yard gate", "Gate reader", "Anna Kühn", "****5538", "Already inside"):
        assert said in words(found)


def test_what_proves_an_act_is_called_by_words(db: Database) -> None:
    refs = {"challenge": "ab" * 32, "second_challenge": "cd" * 32, "kid": "gate-reader"}
    (number,) = append(db, [draft(Kind.UNLOCK_REQUESTED, 5, refs=refs)]).ids
    assert number is not None
    reader = replace(scope("berlin"), classes=frozenset(Class))
    found = words(shown(db, number, reader))

    for said in ("Proof bound to (hash of the act)", "Second person: Proof bound to", "Signed by the key of"):
        assert said in found
    assert "cd" * 32 in found


def test_what_belongs_together_is_a_chain_in_which_the_open_record_stands(
    visit: tuple[int, ...], db: Database
) -> None:
    chain = shown(db, visit[1], scope("berlin"))["chain"]

    assert isinstance(chain, list)
    assert [step["label"] for step in chain] == [
        "Call ringing",
        "Call answered",
        "Door unlocked",
        "Door opened",
        "Door closed",
    ]
    assert [step["current"] for step in chain] == [False, True, False, False, False]


def test_who_may_not_name_people_is_told_that_and_nothing_of_them(
    visit: tuple[int, ...], db: Database
) -> None:
    found = shown(db, visit[-1], scope("berlin", names=frozenset()))
    everything = json.dumps(found, ensure_ascii=False)

    assert "Not named to you" in words(found)
    for private in ("u-17", "Anna", "5538"):
        assert private not in everything


def test_a_record_of_others_and_one_that_is_not_there_are_the_same(
    visit: tuple[int, ...], db: Database
) -> None:
    foreign = shown(db, visit[-1], scope("newyork"))
    absent = shown(db, 10**9, scope("newyork"))

    assert {**foreign, "id": 0} == {**absent, "id": 0}


def test_what_is_copied_is_json_with_all_that_the_reader_may_know(
    visit: tuple[int, ...], db: Database
) -> None:
    copied = json.loads(str(shown(db, visit[-1], scope("berlin"))["json"]))

    assert (copied["id"], copied["kind"], copied["at"]) == (
        visit[-1],
        "access.denied",
        "2027-01-15T08:01:30.000Z",
    )
    assert copied["person"] == {"number": "u-17", "name": "Anna Kühn"}
    assert copied["private"]["credential"] == "****5538"
    assert copied["sealed"]["reason"] == "antipassback"
    assert set(copied["sealed"]["commit"]) == {"person", "credential"}


# --- words --------------------------------------------------------------------------------------------


def test_every_reason_can_be_chosen_and_has_a_name_that_is_no_code() -> None:
    offered = [code for _, codes in reason_groups(operators=True) for code in codes]

    assert sorted(offered) == sorted(REASONS | {NO_REASON})
    assert not [code for code in offered if "_" in reason(code)[0]]


def test_each_reason_is_explained() -> None:
    assert [code for code in REASONS if not reason(code)[1]] == []


def test_reasons_of_operators_are_offered_only_to_those_who_read_of_them() -> None:
    offered = {code for _, codes in reason_groups(operators=False) for code in codes}

    assert "wrong_password" not in offered
    assert Kind.OPERATOR_SIGNED_IN not in classes(*scope("berlin").classes)
