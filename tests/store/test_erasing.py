"""A person who is erased is named nowhere any more, in no table and no byte; leaves are as they were."""

from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from unittest.mock import Mock
from urllib.parse import urlencode

import msgspec
import pytest
from sqlalchemy import Connection, insert

from core.errors import Invalid
from core.records import Kind
from core.reports import LastWords, Word
from core.retention import Hold
from core.times import DAY_US
from store import schema_acts, schema_exports
from store.database import Database
from store.directory import Account, find_account, save_account
from store.erasing import Order, erase
from store.erasing_again import erase_again, go_on
from store.erasure_register import FILE_NAME, Register, What, read_register
from store.finishing import finish
from store.retention import place_hold, release_hold
from store.words import keep_words
from tests.auth.passkeying import kept
from tests.auth.reading import told
from tests.store.building import NOW, build_estate, draft, name_person, swipe, write
from tests.store.erasable import MARK, fill, in_files, leaves, number
from tests.store.words import records, table
from tests.stores import new_store

LATER = NOW + DAY_US
ZOE, NAME = "local:zoe-qzmark", "Zoe Qzmarkson"


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    opened = new_store(tmp_path / "data")
    build_estate(opened)
    yield opened
    opened.close()


def order(what: What, who: str, **more: int) -> Order:
    return Order(what=what, number=who, basis="a request of today", by="cli:me", now=LATER, **more)


def gone(db: Database) -> bool:
    return finish(db, lambda: LATER, seconds=5)


def test_of_a_cardholder_no_byte_is_left_and_of_the_others_nothing_is_missing(db: Database) -> None:
    fill(db, people=100, each=20)
    write(
        db, draft(Kind.UNLOCK_REQUESTED, private={"subject": "local:ben", "why": f"let {MARK} Name00007 in"})
    )
    raw = draft(
        Kind.FEED_UNMAPPED, reason="not_json", private={"text": f"t: {{{number(7)}"}, keep_until=LATER
    )
    write(db, raw)
    said = Word(at=NOW, topic="t", text=f'"{number(7)}"', verdict="")
    keep_words(db, [LastWords(device="berlin-dev", at=NOW, words=(said,))])
    before = leaves(db, 2_002)

    erased = erase(db, order(What.CARDHOLDER, number(7)))
    assert gone(db)

    assert in_files(db.file.parent, number(7), "Name00007", "name00007") == []
    assert leaves(db, 2_002) == before
    assert (erased.details, erased.rows) == (22, 1)
    people = {row["person"] for row in table(db, "person_record")}
    assert people == {number(one) for one in range(100)} - {number(7)}
    assert len(table(db, "detail")) == 1_981 + len(records(db, Kind.PERSON_ERASED))
    assert told(db, Kind.UNLOCK_REQUESTED)[0].private == {"subject": "local:ben"}


def test_the_record_counts_and_names_nobody(db: Database) -> None:
    write(db, swipe(person=number(1)))
    erase(db, order(What.CARDHOLDER, number(1)))
    assert told(db, Kind.PERSON_ERASED) == []
    assert gone(db)

    (record,) = told(db, Kind.PERSON_ERASED)
    assert record.refs == {"what": "cardholder", "details": 1, "rows": 0}
    assert record.private == {"subject": "cli:me", "basis": "a request of today"}
    (row,) = table(db, "erasure")
    assert (row["name"], row["by"], row["basis"], row["done"]) == ("", "", "", LATER)


def test_the_register_knows_who_it_was_only_by_its_key(db: Database) -> None:
    write(db, swipe(person=number(1)))
    erase(db, order(What.CARDHOLDER, number(1)))
    folder = db.file.parent
    register = Register(folder)

    assert read_register(folder / FILE_NAME) == {register.name(What.CARDHOLDER, number(1)): LATER}
    assert register.name(What.OPERATOR, number(1)) not in read_register(folder / FILE_NAME)
    assert oct((folder / FILE_NAME).stat().st_mode)[-3:] == "600"
    assert oct((folder / "keys" / "erasure.key").stat().st_mode)[-3:] == "600"
    with (folder / FILE_NAME).open("a") as file:
        file.write("abcd")
    assert len(read_register(folder / FILE_NAME)) == 1


@pytest.mark.parametrize(
    "hold",
    [Hold(case="C-9"), Hold(case="C-9", person=number(1)), Hold(case="C-9", site="berlin", until=NOW + 1)],
)
def test_what_a_case_holds_can_t_be_erased_and_nothing_of_it_is(db: Database, hold: Hold) -> None:
    write(db, swipe(person=number(1)), swipe("paris", number(1), NOW + 5))
    place_hold(db, hold, "a theft", now=NOW, by="cli:me")

    with pytest.raises(Invalid, match="case 'C-9' holds records"):
        erase(db, order(What.CARDHOLDER, number(1)))
    assert len(table(db, "person_record")) == 2
    assert table(db, "erasure") == []
    assert not (db.file.parent / FILE_NAME).exists()


@pytest.mark.parametrize("what", list(What))
def test_nobody_is_erased_by_a_strange_name(db: Database, what: What) -> None:
    with pytest.raises(Invalid, match="nobody is known as 'u-404'"):
        erase(db, order(what, "u-404"))


def test_it_is_recorded_only_once_nobody_can_read_it_any_more(db: Database) -> None:
    write(db, swipe(person=number(1)))
    name_person(db, number(1), f"{MARK} Somebody")
    with closing(db.engine.raw_connection()) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM detail").fetchone()
        erase(db, order(What.CARDHOLDER, number(1)))
        assert not finish(db, lambda: LATER, seconds=0)
        assert told(db, Kind.PERSON_ERASED) == []
        reader.execute("COMMIT")

    assert gone(db)
    assert len(told(db, Kind.PERSON_ERASED)) == 1
    assert in_files(db.file.parent, MARK, MARK.lower()) == []


def test_done_again_after_a_restore_it_leaves_what_came_since(db: Database) -> None:
    write(db, swipe(person=number(1)), swipe(person=number(1), at=NOW + 100))
    erase(db, order(What.CARDHOLDER, number(1), until=NOW + 50))

    assert [row["id"] for row in table(db, "person_record")] == [2]
    assert not (db.file.parent / FILE_NAME).exists()


def test_whom_the_register_names_is_erased_again_and_nobody_else(db: Database) -> None:
    write(db, swipe(person=number(1)), swipe(person=number(2)))
    operate(db)
    register = Register(db.file.parent)
    register.add(What.CARDHOLDER, number(1), LATER)
    register.add(What.OPERATOR, ZOE, LATER)

    done = erase_again(db, read_register(db.file.parent / FILE_NAME), now=LATER + 1, by="cli:me")

    assert done == 2
    assert finish(db, lambda: LATER + 1, seconds=5)
    assert in_files(db.file.parent, number(1), ZOE, NAME) == []
    assert {row["person"] for row in table(db, "person_record")} == {number(2)}
    assert len(read_register(db.file.parent / FILE_NAME)) == 2


class BrokenOff(Exception):
    """The process is gone."""


@pytest.mark.parametrize("writes", range(1, 8))
def test_wherever_it_broke_off_it_is_finished_without_being_asked_again(
    db: Database, monkeypatch: pytest.MonkeyPatch, writes: int
) -> None:
    monkeypatch.setattr("store.details.GROUP", 1)
    monkeypatch.setattr("store.details.SLICE_S", 0)
    why = draft(Kind.UNLOCK_REQUESTED, private={"subject": "local:ben", "why": f"let {MARK} Somebody in"})
    write(db, swipe(person=number(1)), swipe("paris", number(1), NOW + 5), why)
    name_person(db, number(1), f"{MARK} Somebody")
    said = Word(at=NOW, topic="t", text=f"{MARK} Somebody", verdict="")
    keep_words(db, [LastWords(device="berlin-dev", at=NOW, words=(said,))])
    with monkeypatch.context() as patch:
        left, whole = iter(range(writes)), Database.write

        @contextmanager
        def breaking(self: Database) -> Iterator[Connection]:
            if next(left, None) is None:
                raise BrokenOff
            with whole(self) as connection:
                yield connection

        patch.setattr(Database, "write", breaking)
        with suppress(BrokenOff):
            erase(db, order(What.CARDHOLDER, number(1)))

    assert go_on(db, LATER) == (1 if writes < 7 else 0)
    assert gone(db)
    assert in_files(db.file.parent, MARK, MARK.lower()) == []
    assert told(db, Kind.PERSON_ERASED)[0].private == {"subject": "cli:me", "basis": "a request of today"}
    assert go_on(db, LATER) == 0


def test_one_that_broke_off_waits_while_a_case_holds_it(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(db, swipe(person=number(1)))
    with monkeypatch.context() as patch, suppress(BrokenOff):
        patch.setattr("store.erasing._end", Mock(side_effect=BrokenOff))
        patch.setattr("store.erasing.in_slices", Mock(return_value=()))
        erase(db, order(What.CARDHOLDER, number(1)))
    place_hold(db, Hold(case="C-9"), "a theft", now=NOW, by="cli:me")

    assert go_on(db, LATER) == 0
    release_hold(db, "C-9", now=NOW, by="cli:me")
    assert go_on(db, LATER) == 1
    assert gone(db)
    assert in_files(db.file.parent, MARK) == []


@pytest.mark.parametrize("who", ["u-7", "Jörg / 7", "12"])
def test_what_others_asked_of_them_goes_whatever_their_number_is_made_of(db: Database, who: str) -> None:
    asked = f"log?{urlencode({'from': '2026-01-01T00:00:00Z', 'person': who})}"
    other = f"log?{urlencode({'person': who + '3'})}"
    private = {"subject": "local:ben", "filter": asked, "bound": f'{{"filter":"{asked}"}}', "why": "a theft"}
    write(db, swipe(person=who), draft(Kind.EXPORT_REQUESTED, private=private))
    for name, text in (("a-1", asked), ("a-2", other)):
        keep_export(db, name, text)

    erase(db, order(What.CARDHOLDER, who))
    assert gone(db)

    assert told(db, Kind.EXPORT_REQUESTED)[0].private == {"subject": "local:ben", "why": "a theft"}
    assert [row["id"] for row in table(db, "export")] == ["a-2"]
    assert [row["id"] for row in table(db, "act")] == ["a-2"]


def keep_export(db: Database, name: str, text: str, subject: str = "local:ben") -> None:
    """Keep an export, and the act by which it was asked for."""
    common = {"id": name, "subject": subject, "session": "s", "created": NOW}
    row = common | {"filter": text, "format": "csv", "upto": 1, "scope": "", "state": "ready", "rows": 1}
    act = common | {"action": "export", "target": msgspec.json.encode({"filter": text}), "seconds": 1}
    with db.write() as connection:
        connection.execute(insert(schema_exports.export), row)
        connection.execute(insert(schema_acts.act), act | {"why": "", "nonce": b"n"})


# --- operators ----------------------------------------------------------------------------------------


def operate(db: Database) -> None:
    """Let somebody have an account, a passkey, records, a flight that is over, and a call they declined."""
    account = Account(username=ZOE.removeprefix("local:"), name=NAME, password_hash="x", groups=())
    save_account(db, account, NOW, "cli:me")
    kept(db, ZOE, created=NOW)
    who = {"subject": ZOE, "name": NAME, "address": "192.0.2.77", "agent": "Firefox"}
    second = {"subject": "local:ben", "second_subject": ZOE, "second_name": NAME, "why": "a visitor"}
    write(
        db,
        draft(Kind.OPERATOR_SIGNED_IN, None, private=who),
        draft(Kind.UNLOCK_REQUESTED, private=second | {"bound": f'{{"by":"{ZOE}"}}'}),
        draft(Kind.ACCOUNT_CHANGED, None, private={"subject": "local:eve", "by": ZOE}),
        draft(Kind.CALL_RINGING, refs={"call": "c-1"}),
        draft(Kind.CALL_DECLINED, refs={"call": "c-1"}, private={"subject": ZOE, "name": NAME}),
    )
    flight: dict[str, object] = {
        "act": "a-1",
        "door": "berlin-door-1",
        "device": "berlin-dev",
        "subject": ZOE,
        "session": "s",
    }
    flight |= {"name": NAME, "busy": False, "open": False, "requested": NOW, "changed_id": 1, "state": b"{}"}
    with db.write() as connection:
        connection.execute(insert(schema_acts.flight), flight)


def test_of_an_operator_no_byte_is_left_either(db: Database) -> None:
    operate(db)
    disable(db)
    keep_export(db, "a-9", "log?", ZOE)
    assert "gatehouse.db-wal" in in_files(db.file.parent, ZOE, NAME)

    erase(db, order(What.OPERATOR, ZOE))
    assert gone(db)

    assert in_files(db.file.parent, ZOE, "zoe-qzmark", NAME, "192.0.2.77") == []
    assert told(db, Kind.UNLOCK_REQUESTED)[0].private == {"subject": "local:ben", "why": "a visitor"}
    assert {"subject": "local:eve"} in [one.private for one in told(db, Kind.ACCOUNT_CHANGED)]
    assert find_account(db, "zoe-qzmark") is None
    (call,) = table(db, "call")
    assert "declined" not in msgspec.json.decode(call["state"])


def disable(db: Database) -> None:
    account = find_account(db, "zoe-qzmark")
    assert account is not None
    save_account(db, replace(account, disabled=NOW), NOW, "cli:me")


def test_who_can_still_sign_in_is_not_erased(db: Database) -> None:
    operate(db)

    with pytest.raises(Invalid, match="can still sign in: first say"):
        erase(db, order(What.OPERATOR, ZOE))
    assert len(told(db, Kind.OPERATOR_SIGNED_IN)[0].private) == 4


def test_an_act_that_is_under_way_is_waited_for(db: Database) -> None:
    operate(db)
    disable(db)
    with db.write() as connection:
        connection.execute(schema_acts.flight.update().values(open=True))

    with pytest.raises(Invalid, match="an act of theirs is not over at berlin-door-1"):
        erase(db, order(What.OPERATOR, ZOE))


def test_what_waits_to_be_downloaded_is_deleted_too(db: Database) -> None:
    write(db, swipe(person=number(1)))
    exports = db.file.parent / "exports"
    exports.mkdir()
    (exports / "one.csv").write_text(number(1))
    erase(db, order(What.CARDHOLDER, number(1)))

    assert list(exports.iterdir()) == []


def test_who_is_named_in_details_alone_is_erased_again_too(db: Database) -> None:
    write(db, draft(Kind.UNLOCK_REQUESTED, private={"subject": "local:ben", "second_subject": ZOE}))
    write(db, draft(Kind.OPERATOR_SIGNED_IN, None, at=LATER + 9, private={"subject": "oidc:late"}))
    register = Register(db.file.parent)
    register.add(What.OPERATOR, ZOE, LATER)
    register.add(What.OPERATOR, "oidc:late", LATER)

    again = erase_again(db, read_register(db.file.parent / FILE_NAME), now=LATER + 10, by="cli:me")

    assert again == 2
    assert finish(db, lambda: LATER + 10, seconds=5)
    assert in_files(db.file.parent, ZOE) == []
    assert told(db, Kind.OPERATOR_SIGNED_IN)[0].private == {"subject": "oidc:late"}
