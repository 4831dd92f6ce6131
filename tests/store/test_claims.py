"""Claims of calls: one at a time, given back by whatever ends them, and every step a record."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from msgspec.structs import replace
from sqlalchemy import update

from auth.sessions import Sessions
from core.calls import CallState
from core.leaf import EventKey
from core.records import Kind
from core.reports import CallReport
from core.times import HOUR_US, MINUTE_US, SECOND_US
from store.claims import Answer, Taker, claim_call, decline_call, find_call, pass_calls, release_call
from store.database import Database
from store.ingest_log import IngestLog
from store.log import append
from store.policies import apply_policy
from store.schema import site
from store.sessions import end_sessions, regroup_sessions_of
from store.touch import Holder
from tests.auth.people import LIMITS, POLICY, person
from tests.auth.reading import told
from tests.store.building import NOW, build_estate
from tests.store.ringing import ADA, BEN, CALL, DEVICE, holder, ring, seen, word
from tests.store.words import table
from tests.stores import new_store

CALLS = [kind for kind in Kind if kind.value.startswith("call.")]


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    made = new_store(tmp_path / "data")
    build_estate(made)
    yield made
    made.close()


def kinds(db: Database) -> list[str]:
    return [one.kind.partition(".")[2] for one in told(db, *CALLS)]


def begin_session(db: Database, username: str = "ben", at: int = NOW) -> Taker:
    _, actor = Sessions(db, LIMITS).start(person(username), address="192.0.2.7", agent="Firefox", now=at)
    return Taker(subject=actor.subject, name=actor.name, session=actor.session)


def test_twenty_who_claim_at_once_are_one_holder_and_one_record(db: Database) -> None:
    one, together = ring(db), Barrier(20)

    def claim(number: int) -> Answer:
        who = Taker(subject=f"local:{number}", name=f"Person {number}", session=f"s-{number}")
        together.wait()
        return claim_call(db, one, who, NOW + 1).answer

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(claim, range(20)))

    assert (answers.count(Answer.DONE), answers.count(Answer.TAKEN)) == (1, 19)
    assert kinds(db) == ["ringing", "claimed"]
    assert holder(db) == f"Person {answers.index(Answer.DONE)}"


def test_who_comes_too_late_is_told_who_has_it_and_may_take_it_over(db: Database) -> None:
    one = ring(db)
    claim_call(db, one, BEN, NOW + 1)

    assert claim_call(db, one, ADA, NOW + 2).name == "Ben"
    assert holder(db) == "Ben"
    assert claim_call(db, one, ADA, NOW + 3, take_over=True).answer is Answer.DONE
    assert holder(db) == "Ada"
    assert kinds(db) == ["ringing", "claimed", "claimed"]


def test_to_claim_again_what_one_has_is_no_record(db: Database) -> None:
    one = ring(db)
    for at in (1, 2, 3):
        assert claim_call(db, one, BEN, NOW + at).answer is Answer.DONE

    assert kinds(db) == ["ringing", "claimed"]


def test_a_claim_moves_with_its_person_to_the_session_that_claimed_last(db: Database) -> None:
    here, there = begin_session(db), begin_session(db)
    one = ring(db)
    claim_call(db, one, here, NOW + 1)
    claim_call(db, one, there, NOW + 2)
    end_sessions(db, [here.session], "signed_out", NOW + 3)

    assert holder(db) == "Ben"


def test_only_the_holder_gives_a_call_back(db: Database) -> None:
    one = ring(db)
    claim_call(db, one, BEN, NOW + 1)

    assert release_call(db, one, ADA, NOW + 2).answer is Answer.TAKEN
    assert holder(db) == "Ben"
    assert release_call(db, one, BEN, NOW + 3).answer is Answer.DONE
    assert holder(db) == ""
    assert release_call(db, one, BEN, NOW + 4).answer is Answer.DONE
    assert kinds(db) == ["ringing", "claimed", "released"]


def test_a_decline_is_ones_own_and_the_call_rings_on(db: Database) -> None:
    one = ring(db)
    for _ in range(2):
        decline_call(db, one, BEN, NOW + 1)

    assert kinds(db) == ["ringing", "declined"]
    assert (seen(db).state, seen(db).declined) == (CallState.RINGING, ("local:ben",))
    assert claim_call(db, one, ADA, NOW + 2).answer is Answer.DONE


def test_who_declines_a_call_of_their_own_gives_it_back(db: Database) -> None:
    one = ring(db)
    claim_call(db, one, BEN, NOW + 1)
    decline_call(db, one, BEN, NOW + 2)

    assert holder(db) == ""
    assert kinds(db) == ["ringing", "claimed", "released", "declined"]


@pytest.mark.parametrize("wish", [claim_call, release_call, decline_call])
@pytest.mark.parametrize("end", [Kind.CALL_ENDED, Kind.CALL_MISSED])
def test_nothing_can_be_done_with_a_call_that_is_over(
    db: Database, wish: Callable[..., object], end: Kind
) -> None:
    one = ring(db)
    claim_call(db, one, BEN, NOW + 1)
    append(db, [word(end, NOW + 2)])

    assert holder(db) == ""
    assert getattr(wish(db, one, BEN, NOW + 3), "answer", None) is Answer.OVER
    assert kinds(db)[-1] == end.value.partition(".")[2]


def test_a_call_that_is_answered_at_the_device_stays_with_who_claimed_it(db: Database) -> None:
    one = ring(db)
    claim_call(db, one, BEN, NOW + 1)
    append(db, [word(Kind.CALL_ANSWERED, NOW + 2)])

    assert (holder(db), seen(db).state) == ("Ben", CallState.ANSWERED)


def test_a_claim_and_the_end_of_its_call_agree_whichever_comes_first(db: Database) -> None:
    for number in range(10):
        one, together = ring(db, call=f"c-{number}"), Barrier(2)

        def end(call: str = one.call, together: Barrier = together) -> None:
            together.wait()
            append(db, [word(Kind.CALL_ENDED, NOW + 2, call)])

        with ThreadPoolExecutor(1) as pool:
            ended = pool.submit(end)
            together.wait()
            claim_call(db, one, BEN, NOW + 1)
            ended.result()
        assert (holder(db, one.call), seen(db, one.call).state) == ("", CallState.ENDED)
    assert [row["holder"] for row in table(db, "call")] == [None] * 10


def test_the_end_of_a_session_gives_back_what_it_held_in_the_same_transaction(db: Database) -> None:
    ben, ada = begin_session(db), begin_session(db, "ada")
    mine, hers = ring(db), ring(db, call="c-2")
    claim_call(db, mine, ben, NOW + 1)
    claim_call(db, hers, ada, NOW + 1)
    end_sessions(db, [ben.session], "ended_by_admin", NOW + 2)

    assert (holder(db), holder(db, "c-2")) == ("", "Ada")
    given_back = told(db, Kind.CALL_RELEASED)
    assert [(one.reason, one.private["subject"]) for one in given_back] == [("session_over", "local:ben")]


def test_the_leader_gives_back_what_a_session_holds_that_has_run_out_unseen(db: Database) -> None:
    apply_policy(db, POLICY, NOW, "tests")
    ben = begin_session(db)
    at = NOW + LIMITS["agent"].absolute_us
    claim_call(db, ring(db, at=at - SECOND_US), ben, at - SECOND_US // 2)
    pass_calls(db, at - 1)
    assert holder(db) == "Ben"
    IngestLog(db, Holder(id="tests")).close_acts(at)

    assert holder(db) == ""
    assert [one.reason for one in told(db, Kind.CALL_RELEASED)] == ["session_over"]


def test_who_may_handle_no_calls_there_any_more_has_none_within_a_look_of_the_leader(db: Database) -> None:
    apply_policy(db, POLICY, NOW, "tests")
    claim_call(db, ring(db), begin_session(db), NOW + 1)
    claim_call(db, ring(db, call="c-2"), begin_session(db, "ada"), NOW + 1)
    pass_calls(db, NOW + 2)
    assert (holder(db), holder(db, "c-2")) == ("Ben", "Ada")

    apply_policy(db, POLICY.replace("g-berlin", "g-others"), NOW + 3, "tests")
    for late in (3, 4):
        pass_calls(db, NOW + late)

    assert (holder(db), holder(db, "c-2")) == ("", "Ada")
    given_back = told(db, Kind.CALL_RELEASED)
    assert [(one.reason, one.private["subject"]) for one in given_back] == [("no_role", "local:ben")]


def test_who_is_left_another_role_without_calls_gives_them_back_too(db: Database) -> None:
    apply_policy(db, POLICY, NOW, "tests")
    claim_call(db, ring(db), begin_session(db), NOW + 1)
    with db.write() as connection:
        regroup_sessions_of(connection, "local:ben", ["g-audit"])
    pass_calls(db, NOW + 2)

    assert holder(db) == ""


@pytest.mark.parametrize("told_again", [1, 2])
def test_a_device_that_calls_missed_what_we_have_is_no_second_record(db: Database, told_again: int) -> None:
    ring(db)
    pass_calls(db, NOW + MINUTE_US)
    for number in range(told_again):
        later = word(Kind.CALL_MISSED, NOW + MINUTE_US + SECOND_US)
        assert append(db, [replace(later, event_key=EventKey("boot", number))]).ids == (None,)
    report = CallReport(
        device=DEVICE,
        door="berlin-door-1",
        call=CALL,
        received=NOW + 2 * MINUTE_US,
        live=True,
        boot="",
        seq=0,
        at=NOW + 2 * MINUTE_US,
        state=CallState.MISSED,
    )
    append(db, [report])

    assert kinds(db) == ["ringing", "missed"]
    assert (seen(db).shown, seen(db).undecided) == (CallState.MISSED, False)


def test_what_was_answered_after_we_gave_up_and_then_missed_is_told(db: Database) -> None:
    ring(db)
    pass_calls(db, NOW + MINUTE_US)
    append(db, [word(Kind.CALL_ANSWERED, NOW + 70 * SECOND_US)])
    append(db, [word(Kind.CALL_MISSED, NOW + 80 * SECOND_US)])

    assert kinds(db) == ["ringing", "missed", "answered", "missed"]


def test_a_call_that_nobody_takes_is_missed_once_at_the_sites_time(db: Database) -> None:
    with db.write() as connection:
        connection.execute(update(site).where(site.c.id == "berlin").values(missed_after_s=20))
    ring(db)
    due = NOW + 20 * SECOND_US
    pass_calls(db, due - 1)
    assert kinds(db) == ["ringing"]
    for late in (1, 2, 3):
        pass_calls(db, due + late)

    missed = told(db, Kind.CALL_MISSED)
    assert [(one.reason, one.refs["call"]) for one in missed] == [("unattended", CALL)]
    assert (seen(db).shown, seen(db).unattended) == (CallState.MISSED, due)


@pytest.mark.parametrize("come", ["claimed", "answered", "ended", "never"])
def test_a_call_that_was_taken_or_is_never_missed_by_us_is_not(db: Database, come: str) -> None:
    with db.write() as connection:
        if come == "never":
            connection.execute(update(site).values(missed_after_s=0))
    one = ring(db)
    if come == "claimed":
        claim_call(db, one, begin_session(db), NOW + 1)
    elif come != "never":
        append(db, [word(Kind(f"call.{come}"), NOW + 1)])
    pass_calls(db, NOW + HOUR_US)

    assert Kind.CALL_MISSED not in [one.kind for one in told(db, *CALLS)]


def test_a_call_that_was_given_back_has_its_whole_time_again(db: Database) -> None:
    one, later = ring(db), NOW + 50 * SECOND_US
    claim_call(db, one, BEN, NOW + 1)
    release_call(db, one, BEN, later)
    pass_calls(db, later + MINUTE_US - 1)
    assert kinds(db)[-1] == "released"
    pass_calls(db, later + MINUTE_US)

    assert kinds(db)[-1] == "missed"


def test_what_is_answered_at_the_device_after_all_is_no_missed_call_any_more(db: Database) -> None:
    ring(db)
    pass_calls(db, NOW + MINUTE_US)
    append(db, [word(Kind.CALL_ANSWERED, NOW + 70 * SECOND_US)])

    assert (seen(db).shown, seen(db).open) == (CallState.ANSWERED, True)


def test_a_ring_that_came_late_or_was_filled_in_is_nobodys_to_miss_now(db: Database) -> None:
    then = NOW - HOUR_US
    append(db, [replace(word(Kind.CALL_RINGING, call="filled"), at=then, backfilled=True)])
    append(db, [replace(word(Kind.CALL_RINGING, call="waited"), at=then)], queued=True)
    pass_calls(db, NOW + HOUR_US)

    assert kinds(db) == ["ringing", "ringing"]


def test_what_is_done_at_a_desk_is_no_sign_of_life_of_the_device(db: Database) -> None:
    one = ring(db)
    heard = table(db, "heard")
    claim_call(db, one, BEN, NOW + MINUTE_US)
    pass_calls(db, NOW + HOUR_US)

    assert table(db, "heard") == heard


def test_a_call_that_is_not_there_is_not_found(db: Database) -> None:
    ring(db)

    assert find_call(db, DEVICE, "c-9") is None
    assert find_call(db, "paris-dev", CALL) is None
