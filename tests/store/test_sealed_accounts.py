"""Break-glass accounts in the store: who is signed in by one now, and when each is due to be tried."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from auth.sessions import Person, Sessions
from core.errors import Invalid
from core.records import Kind
from core.times import DAY_US, MINUTE_US
from store.breakglass import InUse, in_use, note_drill, seal, sealed_accounts
from store.database import Database
from store.directory import Account, find_account, save_account, take_code
from store.policies import apply_policy
from tests.auth.attempts import SEALED, sealed
from tests.auth.people import LIMITS, NOW, POLICY, account, peopled_store, person
from tests.auth.reading import told

SECOND = replace(sealed(), username="breakglass-2", name="breakglass-2")
HALF_AN_HOUR_US = 30 * MINUTE_US


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    opened = peopled_store(tmp_path / "data")
    yield opened
    opened.close()


def enter(db: Database, one: Account, at: int, address: str = "192.0.2.1") -> str:
    who = Person(
        subject=one.subject,
        name=one.name,
        groups=one.groups,
        longest=HALF_AN_HOUR_US,
        breakglass=one.breakglass,
    )
    _, actor = Sessions(db, LIMITS).start(who, address=address, agent="", now=at)
    return actor.session


def test_whoever_is_signed_in_by_a_break_glass_account_is_told_until_the_session_ends(db: Database) -> None:
    seal(db, [sealed(), SECOND], NOW, "tests")
    assert in_use(db, NOW) == ()
    first = enter(db, sealed(), NOW + 1)
    assert in_use(db, NOW + 2) == (InUse(username=SEALED, since=NOW + 1, addresses=("192.0.2.1",)),)

    Sessions(db, LIMITS).end(first, "signed_out", NOW + 3)
    assert in_use(db, NOW + 4) == ()


def test_a_session_whose_time_is_over_is_not_told_though_nobody_has_looked_since(db: Database) -> None:
    seal(db, [sealed()], NOW, "tests")
    enter(db, sealed(), NOW)

    assert len(in_use(db, NOW + HALF_AN_HOUR_US - 1)) == 1
    assert in_use(db, NOW + HALF_AN_HOUR_US) == ()


def test_an_account_in_several_browsers_is_told_once_since_the_first(db: Database) -> None:
    seal(db, [sealed(), SECOND], NOW, "tests")
    enter(db, SECOND, NOW + 3, "203.0.113.9")
    for at, address in ((NOW + 5, "198.51.100.2"), (NOW + 4, "192.0.2.1"), (NOW + 6, "192.0.2.1")):
        enter(db, sealed(), at, address)

    assert [(one.username, one.since, one.addresses) for one in in_use(db, NOW + 9)] == [
        (SEALED, NOW + 4, ("192.0.2.1", "198.51.100.2")),
        ("breakglass-2", NOW + 3, ("203.0.113.9",)),
    ]


def test_ordinary_accounts_and_people_of_a_provider_are_not_told(db: Database) -> None:
    Sessions(db, LIMITS).start(person("ada"), address="", agent="", now=NOW)
    seal(db, [sealed()], NOW, "tests")
    namesake = Person(subject=f"entra:{SEALED}", name=SEALED, groups=(), provider="entra")
    Sessions(db, LIMITS).start(namesake, address="", agent="", now=NOW)

    assert in_use(db, NOW) == ()


def test_an_account_is_due_90_days_after_it_was_sealed_and_then_after_each_drill(db: Database) -> None:
    seal(db, [sealed()], NOW, "tests")
    (one,) = sealed_accounts(db)
    assert (one.sealed, one.used, one.drilled, one.due) == (NOW, None, None, NOW + 90 * DAY_US)
    assert (one.overdue(one.due - 1), one.overdue(one.due)) == (False, True)

    note_drill(db, sealed(), NOW + 5 * DAY_US, "cli:root")
    (one,) = sealed_accounts(db)
    assert (one.drilled, one.due) == (NOW + 5 * DAY_US, NOW + 95 * DAY_US)
    (record,) = told(db, Kind.BREAKGLASS_DRILLED)
    assert record.private == {"subject": "local:breakglass-1", "name": SEALED, "by": "cli:root"}


def test_the_last_use_is_told(db: Database) -> None:
    seal(db, [sealed(), SECOND], NOW, "tests")
    enter(db, SECOND, NOW + 7)

    assert [(one.username, one.used) for one in sealed_accounts(db)] == [
        (SEALED, None),
        ("breakglass-2", NOW + 7),
    ]


def test_what_is_sealed_anew_was_never_tried(db: Database) -> None:
    seal(db, [sealed()], NOW, "tests")
    note_drill(db, sealed(), NOW + 1, "tests")
    seal(db, [replace(sealed(), totp_secret="A" * 32)], NOW + DAY_US, "tests")

    (one,) = sealed_accounts(db)
    assert (one.sealed, one.drilled) == (NOW + DAY_US, None)


def test_an_account_that_nobody_has_sealed_is_overdue(db: Database) -> None:
    save_account(db, sealed(), NOW, "tests")

    assert sealed_accounts(db)[0].overdue(NOW)


def test_an_account_can_be_relied_on_while_it_is_enabled_and_administers_everything(db: Database) -> None:
    seal(db, [sealed(), replace(SECOND, disabled=NOW)], NOW, "tests")
    assert [one.sound(NOW) for one in sealed_accounts(db)] == [True, False]

    save_account(db, replace(account("dan"), groups=("g-other",)), NOW, "tests")
    apply_policy(db, POLICY.replace('"g-admin"', '"g-other"'), NOW, "tests")
    assert [one.everywhere for one in sealed_accounts(db)] == [False, False]


def test_both_accounts_are_stored_or_neither(db: Database) -> None:
    with pytest.raises(Invalid, match="can't be a username"):
        seal(db, [sealed(), replace(SECOND, username="No Name")], NOW, "tests")

    assert sealed_accounts(db) == ()
    assert find_account(db, SEALED) is None


def test_to_save_an_account_forgets_no_code_that_was_taken_since_it_was_read(db: Database) -> None:
    seal(db, [sealed()], NOW, "tests")
    take_code(db, sealed(), 9)
    save_account(db, replace(sealed(), disabled=NOW), NOW, "tests")
    assert take_code(db, sealed(), 9) is False

    save_account(db, replace(sealed(), totp_secret="A" * 32), NOW, "tests")
    assert take_code(db, replace(sealed(), totp_secret="A" * 32), 1) is True
