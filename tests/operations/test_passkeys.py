"""Renaming and removing passkeys, and codes for others: refusals first."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from auth.current import Services
from auth.enrolment import Way, prove_entry
from auth.networks import Networks
from auth.passkeys import Visit
from auth.presence import Presence
from auth.sessions import Actor, Sessions
from core.errors import Invalid, NotPermitted
from core.records import Kind
from core.times import MINUTE_US
from operations.passkeys import remove_passkey, rename_passkey
from operations.passkeys_for import issue_passkey_code, remove_passkey_for
from store.database import Database
from store.passkeys import Passkey, passkeys_of
from tests.auth.passkeying import kept
from tests.auth.people import LIMITS, NOW, peopled_store, person
from tests.auth.reading import told

HERE = "10.1.2.3"
REMOVED, ISSUED = Kind.OPERATOR_PASSKEY_REMOVED, Kind.OPERATOR_PASSKEY_CODE_ISSUED
Enter = Callable[[str], Actor]


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    db = peopled_store(tmp_path / "data")
    yield Services(db=db, sessions=Sessions(db, LIMITS), presence=Presence())
    db.close()


@pytest.fixture
def enter(services: Services) -> Enter:
    def begin(username: str) -> Actor:
        _, actor = services.sessions.start(person(username), address=HERE, agent="", now=NOW)
        return actor

    return begin


def keep(db: Database, actor: Actor, name: str = "Phone") -> Passkey:
    return kept(db, actor.subject, name, created=NOW)


def names(db: Database, actor: Actor) -> list[str]:
    return [one.name for one in passkeys_of(db, actor.subject)]


@pytest.mark.parametrize("ref", ["ref-0-ada", "nothing"])
def test_somebody_elses_passkey_is_refused_like_one_that_is_not_there(
    services: Services, enter: Enter, ref: str
) -> None:
    ada, ben = enter("ada"), enter("ben")
    keep(services.db, ada)
    with pytest.raises(NotPermitted, match="no such passkey of yours"):
        remove_passkey(services, ben.session, ref, address=HERE, now=NOW)
    with pytest.raises(NotPermitted, match="no such passkey of yours"):
        rename_passkey(services, ben.session, ref, "Mine", now=NOW)

    assert names(services.db, ada) == ["Phone"]
    assert told(services.db, REMOVED) == []


def test_who_is_idle_or_has_no_role_does_nothing(services: Services, enter: Enter) -> None:
    ben, dan = enter("ben"), enter("dan")
    one = keep(services.db, ben)
    with pytest.raises(NotPermitted, match="sign in again"):
        remove_passkey(services, ben.session, one.ref, address=HERE, now=NOW + 40 * MINUTE_US)
    other = keep(services.db, dan)
    with pytest.raises(NotPermitted):
        rename_passkey(services, dan.session, other.ref, "x", now=NOW)


def test_i_rename_and_remove_my_own(services: Services, enter: Enter) -> None:
    ben = enter("ben")
    one, _ = keep(services.db, ben), keep(services.db, ben, "Key")

    assert rename_passkey(services, ben.session, one.ref, " My  phone ", now=NOW) == "My phone"
    assert names(services.db, ben) == ["My phone", "Key"]
    with pytest.raises(Invalid):
        rename_passkey(services, ben.session, one.ref, " ", now=NOW)
    remove_passkey(services, ben.session, one.ref, address=HERE, now=NOW)
    assert names(services.db, ben) == ["Key"]
    (record,) = told(services.db, REMOVED)
    assert record.refs == {"passkey": one.ref}
    assert record.private == {
        "subject": "local:ben",
        "name": "Ben",
        "address": HERE,
        "passkey": "My phone",
    }


@pytest.mark.parametrize("username", ["ben", "cleo"])
def test_who_does_not_manage_people_does_nothing_for_others(
    services: Services, enter: Enter, username: str
) -> None:
    ada, asking = enter("ada"), enter(username)
    one = keep(services.db, ada)
    with pytest.raises(NotPermitted):
        remove_passkey_for(services, asking.session, ada.subject, one.ref, address=HERE, now=NOW)
    with pytest.raises(NotPermitted):
        issue_passkey_code(services, asking.session, ada.subject, address=HERE, now=NOW + 1)

    assert names(services.db, ada) == ["Phone"]
    assert told(services.db, REMOVED, ISSUED) == []
    assert [one.refs["page"] for one in told(services.db, Kind.OPERATOR_PAGE_REFUSED)] == ["people"]


def test_nor_does_an_administrator_from_another_network(services: Services, enter: Enter) -> None:
    ada, ben = enter("ada"), enter("ben")
    one = keep(services.db, ben)
    narrow = replace(services, networks=Networks.of({"people": ["192.0.2.0/24"]}))
    with pytest.raises(NotPermitted, match="network"):
        remove_passkey_for(narrow, ada.session, ben.subject, one.ref, address=HERE, now=NOW)
    with pytest.raises(NotPermitted, match="network"):
        issue_passkey_code(narrow, ada.session, ben.subject, address=HERE, now=NOW)


def test_an_administrator_removes_one_for_somebody_and_is_named(services: Services, enter: Enter) -> None:
    ada, ben = enter("ada"), enter("ben")
    one = keep(services.db, ben)
    remove_passkey_for(services, ada.session, ben.subject, one.ref, address=HERE, now=NOW)

    assert names(services.db, ben) == []
    (record,) = told(services.db, REMOVED)
    assert record.private["by"] == "local:ada"
    assert (record.private["subject"], record.private["name"]) == ("local:ben", "Ben")
    with pytest.raises(NotPermitted, match="no such passkey"):
        remove_passkey_for(services, ada.session, ben.subject, one.ref, address=HERE, now=NOW)


def test_an_administrator_lets_somebody_else_enrol_and_never_themselves(
    services: Services, enter: Enter
) -> None:
    ada, ben = enter("ada"), enter("ben")
    code = issue_passkey_code(services, ada.session, ben.subject, address=HERE, now=NOW)
    with pytest.raises(Invalid, match="another administrator"):
        issue_passkey_code(services, ada.session, ada.subject, address=HERE, now=NOW)
    with pytest.raises(NotPermitted, match="nobody is known"):
        issue_passkey_code(services, ada.session, "local:nobody", address=HERE, now=NOW)

    assert prove_entry(services.db, Visit(actor=ben, address=HERE, now=NOW), code) is Way.CODE
    (record,) = told(services.db, ISSUED)
    assert record.private == {"subject": "local:ben", "name": "Ben", "by": "local:ada"}
