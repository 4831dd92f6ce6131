"""GET /proofs/{record}: a record with what proves that it is sealed, for who may read it, and nobody else."""

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from auth.current import Services, set_services
from auth.ledger_keys import LedgerKeys
from auth.sessions import Actor
from core.leaf import commitment
from core.ledger import leaf_hash, root_by_inclusion
from core.notes import Checkpoint, VerifierKey, read_note
from core.records import Kind
from operations.searched import notes
from store.clock import now_us
from store.rows import next_rows
from store.sealer import Sealer
from store.views import private_of, refs_of
from tests.auth.people import person
from tests.store.building import build_estate, draft, swipe, write
from tests.web.conftest import URL, Console

Seal = Callable[[], None]


@pytest.fixture(autouse=True)
def _services(console: Console) -> Any:
    parts = console.service.parts
    set_services(Services(db=console.db, sessions=parts.sessions, presence=console.service.presence))
    yield
    notes.settle(5)
    notes.forget()
    set_services(None)


@pytest.fixture(autouse=True)
def estate(console: Console) -> None:
    build_estate(console.db, ["paris"])


@pytest.fixture
def seal(console: Console) -> Seal:
    """Give the function that seals what is in the log by now."""
    data: Path = console.service.settings.data
    keys = LedgerKeys(data, URL)
    keys.ensure()

    def do() -> None:
        sealer = Sealer(console.db, console.service.parts.ledger, keys, lambda _: None)
        sealer.open(now_us())
        try:
            # What sealing itself writes down is sealed as well.
            for _ in range(3):
                sealer.turn(now_us())
        finally:
            sealer.close()

    return do


def enter(console: Console, who: str) -> Actor:
    cookie, actor = console.sessions.start(person(who), address="", agent="", now=now_us())
    console.client.cookies.set("gatehouse", cookie)
    return actor


def swiped(console: Console) -> int:
    (number,) = write(console.db, swipe("paris", "u-17", at=now_us()))
    assert number is not None
    return number


def proof(console: Console, record: int | str) -> Mapping[str, Any]:
    answer = console.client.get(f"/proofs/{record}")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    told: Mapping[str, Any] = answer.json()
    return told


def readings(console: Console) -> list[Mapping[str, object]]:
    assert notes.settle(5)
    with console.db.read() as connection:
        rows = next_rows(connection, 0, 1_000).rows
    return [{**refs_of(row), **private_of(row)} for row in rows if row.kind is Kind.LOG_SEARCHED]


def test_a_record_is_told_with_all_that_a_stranger_needs_to_check_it(console: Console, seal: Seal) -> None:
    enter(console, "cleo")
    for _ in range(9):
        swiped(console)
    record = swiped(console)
    seal()
    told = proof(console, record)
    leaf = base64.b64decode(told["leaf"])
    key = VerifierKey.read(told["vkey"])
    body, signers = read_note(told["note"].encode(), [key])
    checkpoint = Checkpoint.read(body)
    path = [bytes.fromhex(one) for one in told["path"]]

    assert signers == (key,)
    assert told["fingerprint"] == key.fingerprint
    assert checkpoint.size == told["size"]
    assert root_by_inclusion(leaf_hash(leaf), told["index"], told["size"], path) == checkpoint.root
    assert hashlib.sha256(b"\0" + leaf).digest() == leaf_hash(leaf)
    assert json.loads(leaf)["kind"] == "access.granted"


def test_each_disclosed_value_opens_its_commitment(console: Console, seal: Seal) -> None:
    enter(console, "cleo")
    record = swiped(console)
    seal()
    told = proof(console, record)
    commit = json.loads(base64.b64decode(told["leaf"]))["commit"]

    assert {name: one["value"] for name, one in told["disclosed"].items()} == {
        "person": "u-17",
        "credential": "****1234",
    }
    for name, one in told["disclosed"].items():
        assert commitment(bytes.fromhex(one["salt"]), one["value"]) == commit[name]


def test_a_record_that_is_not_sealed_yet_has_no_place_in_the_tree(console: Console, seal: Seal) -> None:
    enter(console, "cleo")
    seal()
    told = proof(console, swiped(console))

    assert "leaf" in told
    assert told.keys().isdisjoint({"index", "size", "path", "note"})


def test_the_acts_of_operators_are_proved_to_who_may_read_them_alone(console: Console, seal: Seal) -> None:
    (record,) = write(console.db, draft(Kind.OPERATOR_SIGNED_IN, None, private={"subject": "local:x"}))
    seal()
    enter(console, "cleo")
    assert proof(console, record or 0)["disclosed"]["subject"]["value"] == "local:x"
    enter(console, "ben")
    assert console.client.get(f"/proofs/{record}").status_code == 404


@pytest.mark.parametrize("who", ["ben", "dan"])
def test_a_record_of_others_is_answered_as_one_that_is_not_there(
    console: Console, seal: Seal, who: str
) -> None:
    record = swiped(console)
    seal()
    enter(console, who)
    answers = [console.client.get(f"/proofs/{name}") for name in (record, 9_000_001, 0, -1, "x", "9" * 40)]

    assert {answer.status_code for answer in answers} == {404}
    assert len({json.dumps({**answer.json(), "reference": ""}) for answer in answers}) == 1


def test_without_a_session_nothing_is_proved(console: Console) -> None:
    assert console.client.get(f"/proofs/{swiped(console)}").status_code == 401


def test_who_asks_for_a_proof_has_read_the_record_and_that_is_recorded_once(console: Console) -> None:
    actor = enter(console, "cleo")
    first, second = swiped(console), swiped(console)
    for record in (first, first, second):
        proof(console, record)
    found = readings(console)

    assert [one["filter"] for one in found] == [f"record={one}&site=paris" for one in (first, second)]
    assert {(one["page"], one["session"], one["subject"]) for one in found} == {
        ("proofs", actor.session, "local:cleo")
    }


def test_nothing_is_proved_where_reading_can_not_be_recorded(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    enter(console, "cleo")
    monkeypatch.setattr(notes, "_unrecorded", lambda *_: True)
    answer = console.client.get(f"/proofs/{swiped(console)}")

    assert (answer.status_code, answer.json()["error"]) == (503, "unrecorded")
    assert "Nothing is shown" in answer.json()["message"]
