"""A reason that means duress opens the door as any other, and warns all who can help but its giver."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from auth.access import scope_for, scopes_for
from auth.current import Services
from auth.sessions import Actor
from core.acts import Action
from core.duress import same_words
from core.errors import ActRefused, GatehouseError, NotPermitted, StoreError
from core.leaf import Draft
from core.log_filter import AsOf, LogFilter
from core.model import Estate
from core.permissions import Permission
from core.records import Kind
from core.refusals import LOCKED_US, MOST_REFUSED
from core.times import HOUR_US
from operations.deeds import Wish
from operations.duress import reason_for_second
from operations.sensitive import ask as ask_for
from operations.sensitive import told as told_of
from store.attention import Attention, attention
from store.directory import save_account
from store.door_card import door_card
from store.duress import MOST, SHOWN_US, Minder
from store.estate import import_estate
from store.log import append
from store.log_pages import log_page
from store.own_records import own_records
from store.queries import wall_snapshot
from tests.auth.people import NOW, account
from tests.auth.reading import told
from tests.operations.unlocking import (
    ESTATE,
    SomeLine,
    ask_unlock,
    bad,
    enter,
    good,
    listen,
    prove_unlock,
    unlocks,
)

AGREED = "Courier for Mr Winter"
USUAL = "Courier for Mr Somner"


@pytest.fixture(autouse=True)
def _agreed(services: Services) -> None:
    """Let Berlin have agreed on words for duress."""
    sites = tuple(replace(one, duress_reason=AGREED if one.id == "berlin" else "") for one in ESTATE.sites)
    import_estate(services.db, replace(ESTATE, sites=sites), NOW, "tests")


def unlock(services: Services, actor: Actor, why: str = AGREED, door: str = "front") -> str:
    name = ask_unlock(services, actor.session, door, why, now=NOW)[0].id
    prove_unlock(services, actor.session, name, good, now=NOW)
    return name


def warnings(services: Services) -> list[str]:
    return [one.private["subject"] for one in told(services.db, Kind.OPERATOR_DURESS)]


def looks(services: Services, actor: Actor, now: int = NOW) -> Attention:
    """Give what the bell of this person says."""
    scopes = scopes_for(services.db, actor, (Permission.LIVE_VIEW, Permission.ALARM_HANDLE))
    minder = Minder(scope=scopes[Permission.ALARM_HANDLE], subject=actor.subject)
    return attention(services.db, scopes[Permission.LIVE_VIEW], now, minder=minder)


def kinds_read(services: Services, actor: Actor, permission: Permission) -> set[str]:
    """Give the kinds of record that somebody finds in the log by one permission."""
    scope = scope_for(services.db, actor, permission)
    page = log_page(services.db, scope, LogFilter(), as_of=AsOf(NOW + HOUR_US), limit=500)
    return {one.kind for one in page.records}


def test_the_door_opens_and_the_alarm_follows_the_intent_at_once(services: Services, line: SomeLine) -> None:
    name = unlock(services, enter(services))

    assert len(line.sent) == 1
    assert unlocks(services) == [("requested", None), ("sent", None)]
    (requested,) = told(services.db, Kind.UNLOCK_REQUESTED)
    (alarm,) = told(services.db, Kind.OPERATOR_DURESS)
    assert alarm.refs["act"] == name
    assert alarm.private == {"subject": "local:ben", "name": "Ben"}
    assert requested.private["why"] == AGREED


@pytest.mark.parametrize("why", [AGREED.upper(), "  courier for  mr winter ", "Courier for Mr Winter."])
def test_words_typed_in_a_hurry_are_understood(services: Services, why: str) -> None:
    unlock(services, enter(services), why)

    assert warnings(services) == ["local:ben"]


@pytest.mark.parametrize(("why", "door"), [(USUAL, "front"), ("", "front"), (AGREED, "lobby")])
def test_no_other_words_and_no_other_sites_words_warn_anybody(
    services: Services, why: str, door: str
) -> None:
    unlock(services, enter(services, "ada"), why or "a visitor", door)

    assert warnings(services) == []


def test_words_that_nobody_has_agreed_on_match_nothing() -> None:
    assert not same_words(AGREED, USUAL)
    assert same_words(" A  b.", "a B")


def test_a_door_that_can_not_be_opened_now_warns_all_the_same(services: Services) -> None:
    ben = enter(services)
    name = ask_unlock(services, ben.session, "front", AGREED, now=NOW)[0].id
    listen(services, canary_age_us=HOUR_US)
    with pytest.raises(ActRefused):
        prove_unlock(services, ben.session, name, good, now=NOW)

    assert warnings(services) == ["local:ben"]


def test_who_only_asks_has_warned_and_neither_a_proof_nor_its_lack_warns_again(services: Services) -> None:
    ben = enter(services)
    name = ask_unlock(services, ben.session, "front", AGREED, now=NOW)[0].id
    (alarm,) = told(services.db, Kind.OPERATOR_DURESS)
    assert (alarm.refs["act"], alarm.private) == (name, {"subject": "local:ben", "name": "Ben"})

    with pytest.raises(GatehouseError):
        prove_unlock(services, ben.session, name, bad, now=NOW)

    assert warnings(services) == ["local:ben"]


def refuse_by_ears(services: Services, _ben: Actor) -> None:
    listen(services, canary_age_us=HOUR_US)


def refuse_by_a_busy_door(services: Services, _ben: Actor) -> None:
    unlock(services, enter(services, "ada"), USUAL)


def refuse_by_too_many_proofs(services: Services, ben: Actor) -> None:
    for _ in range(MOST_REFUSED):
        name = ask_unlock(services, ben.session, "front", USUAL, now=NOW)[0].id
        with pytest.raises(GatehouseError):
            prove_unlock(services, ben.session, name, bad, now=NOW)


def refuse_by_having_no_proof(services: Services, ben: Actor) -> None:
    save_account(services.db, account(ben.subject.removeprefix("local:")), NOW, "tests")


HINDRANCES = (
    refuse_by_ears,
    refuse_by_a_busy_door,
    refuse_by_too_many_proofs,
    refuse_by_having_no_proof,
)


@pytest.mark.parametrize("hinder", HINDRANCES)
def test_what_is_refused_as_soon_as_it_is_asked_for_warns_once_however_often_it_is_tried(
    services: Services, hinder: Callable[[Services, Actor], None]
) -> None:
    ben = enter(services)
    hinder(services, ben)
    refusals = set()
    for why in (USUAL, AGREED, AGREED):
        with pytest.raises(ActRefused) as refused:
            ask_unlock(services, ben.session, "front", why, now=NOW)
        refusals.add((refused.value.reason, str(refused.value)))

    assert warnings(services) == ["local:ben"]
    assert len(refusals) == 1


def test_who_may_only_watch_there_can_still_warn(services: Services) -> None:
    ben = enter(services)
    wish = Wish(action=Action.LOCKDOWN, target={"site": "berlin"}, reason=AGREED)
    with pytest.raises(NotPermitted):
        ask_for(services, ben.session, wish, now=NOW)

    assert warnings(services) == ["local:ben"]


@pytest.mark.parametrize("username", ["cleo", "dan"])
def test_who_has_nothing_to_do_with_a_site_alarms_nobody_there(services: Services, username: str) -> None:
    with pytest.raises(NotPermitted):
        ask_unlock(services, enter(services, username).session, "front", AGREED, now=NOW)

    assert warnings(services) == []


def test_a_store_that_can_not_be_written_changes_no_answer(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    listen(services, canary_age_us=HOUR_US)

    def full(*_: object) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr("operations.duress.warn_of_wishes", full)
    with pytest.raises(ActRefused):
        ask_unlock(services, enter(services).session, "front", AGREED, now=NOW)


@pytest.mark.parametrize(
    ("why", "read"), [("Visitor", "Visitor"), (USUAL, ""), (AGREED, ""), (AGREED.upper(), "")]
)
def test_a_second_person_reads_what_the_site_offers_and_nobodys_own_words(why: str, read: str) -> None:
    places = replace(ESTATE.sites[0], duress_reason=AGREED)
    estate = Estate.of((places,), (), ())

    assert reason_for_second(why, "berlin", estate) == read


def test_words_for_duress_are_not_shown_to_a_second_person_even_where_they_are_offered() -> None:
    places = replace(ESTATE.sites[0], reasons=("Visitor", AGREED), duress_reason=AGREED)

    assert reason_for_second(AGREED, "berlin", Estate.of((places,), (), ())) == ""


def test_who_handles_alarms_there_is_told_who_and_where(services: Services) -> None:
    unlock(services, enter(services))
    found = looks(services, enter(services, "ada"))

    assert found.alarms == 1
    assert [(one.what, one.label, one.severity, one.door, one.name) for one in found.items] == [
        ("duress", "Under duress: Ben", "alarm", "front", "Front")
    ]


def test_an_alarm_is_told_for_hours_and_then_is_the_logs(services: Services) -> None:
    ada = enter(services, "ada")
    unlock(services, enter(services))

    assert looks(services, ada, NOW + SHOWN_US - 1).alarms == 1
    assert looks(services, ada, NOW + SHOWN_US + HOUR_US).alarms == 0


def test_who_is_forced_is_told_nothing_even_where_they_handle_alarms(services: Services) -> None:
    here, there = enter(services, "ada"), enter(services, "ada")
    unlock(services, here)

    for mine in (here, there):
        assert looks(services, mine) == looks(services, enter(services, "dan"))


def test_only_who_can_not_be_forced_finds_it_in_the_log(services: Services) -> None:
    unlock(services, enter(services))
    ada, cleo = enter(services, "ada"), enter(services, "cleo")
    word = Kind.OPERATOR_DURESS.value

    assert word in kinds_read(services, cleo, Permission.AUDIT_READ)
    assert word not in kinds_read(services, ada, Permission.AUDIT_READ)
    for who in (ada, cleo):
        assert word not in kinds_read(services, who, Permission.LOG_READ)


def seen_by(services: Services, actor: Actor, why: str, door: str) -> list[object]:
    """Unlock a door and give all that this person is shown of it, but for times and ids."""
    name = unlock(services, actor, why, door)
    watches = scope_for(services.db, actor, Permission.LIVE_VIEW)
    minder = Minder(scope=scope_for(services.db, actor, Permission.ALARM_HANDLE), subject=actor.subject)
    wall = wall_snapshot(services.db, watches, NOW, minder=minder)
    card = door_card(services.db, watches, door, NOW)
    mine = own_records(services.db, scope_for(services.db, actor, Permission.SELF), actor.subject, NOW)
    acts = [(one.stage, one.busy, one.final, one.reason) for one in wall.acts if one.door == door]
    state = told_of(services, actor.session, name, NOW)
    return [
        (state.state, state.final, state.good, state.reason),
        acts,
        wall.alarms,
        [one.kind for one in wall.records],
        card is not None and [one.kind for one in card.records],
        looks(services, actor),
        [one.label for one in mine if one.label not in {"Signed in", "Unlock requested", "Unlock sent"}],
    ]


@pytest.mark.parametrize("username", ["ben", "ada"])
def test_nothing_that_its_person_is_shown_tells_duress_from_any_other_reason(
    services: Services, username: str
) -> None:
    actor = enter(services, username)

    assert seen_by(services, actor, AGREED, "front") == seen_by(services, actor, USUAL, "back")
    assert warnings(services) == [actor.subject]


def test_acts_that_are_locked_are_told_where_it_was_without_saying_whose(services: Services) -> None:
    ben = enter(services)
    refuse_by_too_many_proofs(services, ben)

    found = looks(services, enter(services, "ada"))
    assert [(one.what, one.label, one.severity, one.site, one.door) for one in found.items] == [
        ("acts_locked", "Acts locked", "warning", "berlin", "front")
    ]
    assert looks(services, ben).items == ()
    assert looks(services, enter(services, "ada"), NOW + LOCKED_US + 1).items == ()


def test_however_many_acts_are_locked_who_is_under_duress_is_told_of(services: Services) -> None:
    unlock(services, enter(services))
    locked = Draft(kind=Kind.OPERATOR_ACTS_LOCKED, received=NOW, site="berlin", reason="locked_out")
    append(services.db, [locked] * (MOST + 5))

    assert looks(services, enter(services, "ada")).items[0].what == "duress"


def test_acts_that_are_locked_by_what_was_no_act_are_told_at_the_place_of_the_last_one(
    services: Services,
) -> None:
    ben = enter(services)
    ask_unlock(services, ben.session, "back", USUAL, now=NOW)
    for _ in range(MOST_REFUSED):
        with pytest.raises(GatehouseError):
            prove_unlock(services, ben.session, "01none", bad, now=NOW)

    assert [one.door for one in looks(services, enter(services, "ada")).items] == ["back"]
