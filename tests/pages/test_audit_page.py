"""/audit: what operators did as one line an act, and what is written down of who reads it."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from msgspec.structs import replace

from auth.networks import Networks
from auth.sessions import Actor
from core.leaf import Draft
from core.log_filter import AsOf, LogFilter
from core.permissions import READS, Permission, Scope
from core.records import Kind
from operations.searched import notes
from pages import audit, catalogue
from store import clock
from store.audit_pages import AuditLine, audit_page
from store.database import Database
from store.estate import import_estate, parse_estate
from store.log import append
from store.policies import apply_policy
from tests.auth.people import NOW
from tests.pages.conftest import Mounted, words
from tests.pages.test_log_page import ESTATE

Visit = Callable[..., Any]
Enter = Callable[[str], Actor]
Data = Mapping[str, Any]
Look = Callable[..., tuple[Data, Data]]
ACT = "01j00000000000000000000000"
ANN = {"subject": "local:ann", "name": "Ann", "address": "192.0.2.44", "agent": "Firefox"}
PROVED = {
    "session": "0123456789abcdef",
    "proof": "passkey",
    "proof_age_ms": 2_400,
    "roles": "agent@berlin",
    "network": "people",
}
BERLIN_AUDITOR = """
[[grants]]
group = "g-audit"
role = "auditor"
sites = ["berlin"]
[[grants]]
group = "g-admin"
role = "admin"
sites = ["*"]
"""


@pytest.fixture
def auditor(db: Database, sign_in: Enter) -> Actor:
    import_estate(db, parse_estate(ESTATE), NOW, "tests")
    return sign_in("cleo")


@pytest.fixture
def look(visit: Visit, mounted: Mounted) -> Look:
    """Give the function that opens the audit and tells what its filters and its book were given."""

    def go(path: str = "audit", **query: str) -> tuple[Data, Data]:
        mounted.clear()
        visit(path, **query)
        told = {str(data["kind"]): data for name, data in mounted if name == "log"}
        return told["filters"], told["book"]

    return go


def at_gate(kind: Kind, **more: Any) -> Draft:
    return Draft(kind=kind, received=clock.now_us(), site="berlin", door="gate", device="b1", **more)


def unlock(db: Database, *ends: Draft, act: str = ACT, **refs: Any) -> None:
    asked = {"act": act, **PROVED, **refs}
    private = {**ANN, "why": "Delivery"}
    steps = [at_gate(Kind.UNLOCK_REQUESTED, refs=asked, private=private), *ends]
    append(db, [replace(one, received=steps[0].received + number) for number, one in enumerate(steps)])


def step(kind: Kind, **more: Any) -> Draft:
    return at_gate(kind, refs={"act": ACT}, **more)


def of_kind(book: Data, label: str) -> list[Data]:
    return [row for row in book["rows"] if row["label"] == label]


def searches(db: Database) -> list[AuditLine]:
    assert notes.settle(5)
    everything = Scope(
        permission=Permission.AUDIT_READ,
        sites=frozenset({"berlin", "newyork"}),
        organisation=True,
        classes=READS[Permission.AUDIT_READ],
        names=frozenset(),
        policy_version=1,
    )
    wanted = LogFilter(kinds=frozenset({Kind.LOG_SEARCHED}))
    return list(audit_page(db, everything, wanted, as_of=AsOf(clock.now_us())).lines)


# --- what is shown ------------------------------------------------------------------------------------


def test_an_act_is_a_line_with_who_by_what_right_and_proof_from_where_why_and_how_it_ended(
    auditor: Actor, look: Look, db: Database
) -> None:
    unlock(db, step(Kind.UNLOCK_SENT), step(Kind.UNLOCK_CONFIRMED))
    (row,) = of_kind(look()[1], "Unlock")

    assert (row["doorName"], row["siteName"], row["zone"]) == ("Yard gate", "Berlin", "Europe/Berlin")
    assert (row["name"], row["subject"], row["roles"]) == ("Ann", "local:ann", "agent@berlin")
    assert (row["session"], row["address"], row["network"]) == ("01234567", "192.0.2.44", "network of people")
    assert (row["proof"], row["proofAge"], row["why"]) == ("Passkey", "2 s old", "Delivery")
    assert (row["outcome"]["sign"], row["outcome"]["words"]) == ("✓", "Done")
    assert row["outcome"]["label"] == "Unlock confirmed"


def test_a_bad_end_is_told_by_a_sign_a_word_and_its_reason(auditor: Actor, look: Look, db: Database) -> None:
    unlock(db, step(Kind.UNLOCK_SENT), step(Kind.UNLOCK_UNCONFIRMED, reason="not_answered"))
    (row,) = of_kind(look()[1], "Unlock")
    end = row["outcome"]

    assert (end["sign"], end["words"], end["label"]) == ("✕", "Not done", "Unlock unconfirmed")
    assert (end["reason"], end["code"], row["tone"]) == ("No answer", "not_answered", "warning")


def test_the_second_person_is_named_with_the_proof_of_theirs(
    auditor: Actor, look: Look, db: Database
) -> None:
    more = {"second_proof": "totp", "second_proof_age_ms": 61_000}
    asked = {"act": ACT, **PROVED, **more}
    private = {**ANN, "second_name": "Bob", "second_subject": "local:bob"}
    append(db, [at_gate(Kind.UNLOCK_REQUESTED, refs=asked, private=private)])
    (row,) = of_kind(look()[1], "Unlock")

    assert (row["secondBy"], row["second"]) == ("Bob", "One-time code, 1 min old")
    assert row["outcome"]["words"] == "Not over"


def test_other_records_of_operators_and_of_the_organisation_are_lines_of_their_own(
    auditor: Actor, look: Look
) -> None:
    _, book = look()

    assert of_kind(book, "Signed in")[0]["name"] == "Cleo"
    assert of_kind(book, "Policy changed")[0]["outcome"]["words"] == ""


def test_what_somebody_did_to_another_names_both(auditor: Actor, look: Look) -> None:
    (row, *_) = of_kind(look()[1], "Account changed")

    assert (row["name"], row["subject"]) == ("tests", "")
    assert row["told"] == ["about Dan"]
    assert row["outcome"]["reason"] == "created"


def test_idle_seals_are_shown_only_to_who_asks_for_them(auditor: Actor, look: Look, db: Database) -> None:
    append(db, [Draft(kind=Kind.LEDGER_HEARTBEAT, received=clock.now_us())])

    assert of_kind(look()[1], "Nothing happened") == []
    assert len(of_kind(look(kind="ledger.heartbeat")[1], "Nothing happened")) == 1


def test_an_open_act_shows_all_of_its_records(auditor: Actor, look: Look, db: Database) -> None:
    unlock(db, step(Kind.UNLOCK_SENT), step(Kind.UNLOCK_CONFIRMED))
    (row,) = of_kind(look()[1], "Unlock")
    record = look(record=str(row["id"]))[1]["record"]

    assert [one["label"] for one in record["chain"]] == [
        "Unlock requested",
        "Unlock sent",
        "Unlock confirmed",
    ]
    said = {term["term"]: term["lines"][0]["text"] for part in record["sections"] for term in part["terms"]}
    assert (said["Reason that was given"], said["In the networks of"]) == ("Delivery", "people")


def test_an_auditor_of_one_site_reads_its_acts_and_no_sign_ins(
    auditor: Actor, look: Look, db: Database
) -> None:
    apply_policy(db, BERLIN_AUDITOR, NOW + 1, "tests")
    unlock(db)
    elsewhere = {"act": "01j00000000000000000000009", **PROVED}
    far = at_gate(Kind.UNLOCK_REQUESTED, refs=elsewhere)
    append(db, [replace(far, site="newyork", door="dock", device="n1")])
    _, book = look()

    assert [row["site"] for row in of_kind(book, "Unlock")] == ["berlin"]
    assert of_kind(book, "Signed in") == []


def test_who_may_not_read_it_is_told_so(db: Database, sign_in: Enter, visit: Visit) -> None:
    sign_in("ben")

    assert "Audit is not open to you" in words(visit("audit"))


def test_the_menu_has_it_with_a_key_of_its_own() -> None:
    page = next(one for one in catalogue.PAGES if one.path == "audit")

    assert [one.path for one in catalogue.PAGES if one.key == page.key] == ["audit"]
    assert page.keys == audit.KEYS


def test_below_the_acts_stands_how_long_all_is_kept(auditor: Actor, visit: Visit) -> None:
    page = visit("audit")

    assert [one.value for one in page.header] == ["Kept how long"]
    assert "Movements of people: 90 days" in words(page)


def test_people_at_doors_are_no_filter_of_it(auditor: Actor, look: Look) -> None:
    filters, book = look(person="u-17")

    assert "person" not in [facet["name"] for facet in filters["facets"]]
    assert book["query"] == {}
    groups = next(one for one in filters["facets"] if one["name"] == "reason")["groups"]
    assert [group["title"] for group in groups] == ["", "Operators", "Unlocks"]


# --- who reads is recorded ------------------------------------------------------------------------------


def test_a_search_is_recorded_with_its_filter_and_who_made_it(
    auditor: Actor, look: Look, db: Database
) -> None:
    look("log", reason="invalid_pin", site="berlin")
    (line,) = searches(db)

    assert (line.refs["page"], line.refs["filter"]) == ("log", "reason=invalid_pin&site=berlin")
    assert (line.refs["session"], line.refs["roles"]) == (auditor.session, "auditor@*")
    assert (line.private["subject"], line.private["name"]) == ("local:cleo", "Cleo")


def test_the_person_who_was_looked_for_is_in_the_detail_alone(
    auditor: Actor, look: Look, db: Database
) -> None:
    look("log", person="u-17")
    (line,) = searches(db)
    told = of_kind(look()[1], "Log read")[0]["told"]

    assert "u-17" not in str(line.refs)
    assert line.private["sought"] == "u-17"
    assert told == ["/log", "person u-17"]


def test_pages_of_a_search_and_the_same_search_again_are_one_record(
    auditor: Actor, look: Look, db: Database
) -> None:
    append(db, [at_gate(Kind.ACCESS_DENIED, reason="invalid_pin") for _ in range(3)])
    look("log")
    look("log", before="2")
    look("log", record="2")
    look("log")
    look("audit")
    look("audit", kind="unlock.requested")

    assert [(line.refs["page"], line.refs["filter"]) for line in reversed(searches(db))] == [
        ("log", ""),
        ("audit", ""),
        ("audit", "kind=unlock.requested"),
    ]


def test_a_reading_of_one_site_is_recorded_there_and_one_of_several_at_the_organisation(
    auditor: Actor, look: Look, db: Database
) -> None:
    look("log")
    apply_policy(db, BERLIN_AUDITOR, NOW + 1, "tests")
    look("audit")
    by_page = {line.refs["page"]: line for line in searches(db)}

    assert (by_page["log"].record.site, by_page["audit"].record.site) == (None, "berlin")
    assert by_page["audit"].refs["roles"] == "auditor@berlin"


def test_an_address_that_can_not_be_meant_is_no_search(auditor: Actor, look: Look, db: Database) -> None:
    look("log", reason="no-such-reason")

    assert searches(db) == []


def test_nothing_is_shown_where_reading_can_not_be_recorded(
    auditor: Actor, visit: Visit, mounted: Mounted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notes, "_unrecorded", lambda *_: True)
    app = visit("audit")

    assert "Nothing is shown" in words(app)
    assert [name for name, _ in mounted if name == "log"] == []


# --- networks -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "held"),
    [
        ("10.1.2.3", "people,policy"),
        ("10.9.9.9", "policy"),
        ("::ffff:10.9.9.9", "policy"),
        ("192.0.2.1", "none"),
        ("unknown", "none"),
    ],
)
def test_an_address_is_told_by_the_networks_that_are_named(address: str, held: str) -> None:
    networks = Networks.of({"people": ["10.1.0.0/16"], "policy": ["10.0.0.0/8"]})

    assert networks.holding(address) == held
    assert Networks.of(None).holding(address) is None
