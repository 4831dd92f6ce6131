"""Sessions: opaque, ended by role, revocable at once, and each end a record."""

import pytest
from sqlalchemy import select

from auth.sessions import REMEMBERED_US, Sessions, cookie_name
from core.records import Kind
from core.times import HOUR_US, MINUTE_US, SECOND_US
from store.database import Database
from store.schema_people import session
from tests.auth.people import LIMITS, NOW, person
from tests.auth.reading import told


def start(
    sessions: Sessions, who: str = "ben", now: int = NOW, replaces: str | None = None
) -> tuple[str, str]:
    cookie, actor = sessions.start(
        person(who), address="192.0.2.7", agent="Mozilla", now=now, replaces=replaces
    )
    return cookie, actor.session


def test_a_cookie_finds_its_session_and_no_other_does(sessions: Sessions) -> None:
    cookie, ref = start(sessions)

    found = sessions.look_up(cookie, NOW)
    assert found is not None
    assert (found.session, found.subject, found.groups) == (ref, "local:ben", ("g-berlin",))
    assert sessions.look_up(cookie[:-1], NOW) is None
    assert sessions.look_up("", NOW) is None


def test_the_store_holds_neither_cookie_nor_anything_that_opens_a_session(
    db: Database, sessions: Sessions
) -> None:
    cookie, ref = start(sessions)

    with db.read() as connection:
        row = connection.execute(select(session)).one()
    assert cookie.encode() not in b"".join(str(value).encode() for value in row)
    assert len(cookie) >= 43
    assert sessions.look_up(ref, NOW) is None


def test_two_sign_ins_of_one_person_share_nothing(sessions: Sessions) -> None:
    assert len({*start(sessions), *start(sessions)}) == 4


def test_signing_in_again_in_a_browser_ends_its_old_session(db: Database, sessions: Sessions) -> None:
    old_cookie, old = start(sessions)
    new_cookie, _ = start(sessions, "ada", NOW + 1, replaces=old)

    assert sessions.look_up(old_cookie, NOW + 2) is None
    assert sessions.look_up(new_cookie, NOW + 2) is not None
    (end,) = told(db, Kind.OPERATOR_SESSION_ENDED)
    assert (end.reason, end.refs["session"]) == ("replaced", old)


@pytest.mark.parametrize(
    ("who", "idle_minutes", "hours"), [("ada", 15, 8), ("ben", 30, 12), ("cleo", 30, 8), ("dan", 30, 8)]
)
def test_the_strictest_role_sets_how_long_a_session_lasts(
    sessions: Sessions, who: str, idle_minutes: int, hours: int
) -> None:
    cookie, _ = start(sessions, who)
    found = sessions.look_up(cookie, NOW)

    assert found is not None
    assert not found.idle(NOW + idle_minutes * MINUTE_US - 1)
    assert found.idle(NOW + idle_minutes * MINUTE_US)
    assert found.ends == NOW + hours * HOUR_US


def test_the_longest_time_ends_a_session_once_and_records_it(db: Database, sessions: Sessions) -> None:
    cookie, ref = start(sessions)
    late = NOW + 12 * HOUR_US

    assert sessions.look_up(cookie, late - 1) is not None
    assert sessions.look_up(cookie, late) is None
    assert sessions.by_ref(ref, late) is None
    (end,) = told(db, Kind.OPERATOR_SESSION_ENDED)
    assert (end.reason, end.private["subject"]) == ("absolute_end", "local:ben")


def test_human_input_keeps_a_session_awake_but_wakes_none(sessions: Sessions) -> None:
    _, ref = start(sessions)
    later, much_later = NOW + 29 * MINUTE_US, NOW + 29 * MINUTE_US + 30 * MINUTE_US

    sessions.touch_activity(ref, later)
    kept = sessions.by_ref(ref, later)
    assert kept is not None
    assert kept.active == later

    sessions.touch_activity(ref, much_later)
    idle = sessions.by_ref(ref, much_later)
    assert idle is not None
    assert idle.active == later
    assert idle.idle(much_later)


def test_human_input_is_written_at_most_once_a_minute(sessions: Sessions) -> None:
    _, ref = start(sessions)
    seen = set()
    for second in range(0, 150, 10):
        now = NOW + (second + 1) * SECOND_US
        sessions.touch_activity(ref, now)
        found = sessions.by_ref(ref, now)
        assert found is not None
        seen.add(found.active)

    assert len(seen) == 3


def test_signing_out_is_a_record_and_happens_once(db: Database, sessions: Sessions) -> None:
    cookie, ref = start(sessions)

    assert sessions.end(ref, "signed_out", NOW + 5)
    assert not sessions.end(ref, "signed_out", NOW + 6)
    assert sessions.look_up(cookie, NOW + 7) is None
    (end,) = told(db, Kind.OPERATOR_SIGNED_OUT)
    assert end.refs["session"] == ref
    assert told(db, Kind.OPERATOR_SESSION_ENDED) == []


def test_all_other_sessions_of_a_person_can_be_ended(sessions: Sessions) -> None:
    here, mine = start(sessions)
    there, _ = start(sessions)
    other, _ = start(sessions, "ada")

    sessions.end_all("local:ben", "ended_by_self", NOW + 1, except_ref=mine)

    assert sessions.look_up(here, NOW + 2) is not None
    assert sessions.look_up(there, NOW + 2) is None
    assert sessions.look_up(other, NOW + 2) is not None
    assert [row.ref for row in sessions.of("local:ben")] == [mine]


def test_what_is_remembered_is_short_lived_and_forgotten_at_the_end(db: Database, sessions: Sessions) -> None:
    cookie, ref = start(sessions)
    assert sessions.recall(cookie, NOW) is None

    sessions.look_up(cookie, NOW)
    assert sessions.recall(cookie, NOW + 1) is not None
    assert sessions.recall(cookie, NOW + REMEMBERED_US) is None

    sessions.end(ref, "signed_out", NOW + 2)
    assert sessions.recall(cookie, NOW + 3) is None


def test_another_process_ends_a_session_here_within_a_second(db: Database, sessions: Sessions) -> None:
    cookie, ref = start(sessions)
    sessions.look_up(cookie, NOW)

    Sessions(db, LIMITS).end(ref, "ended_by_admin", NOW + 1)

    later = NOW + SECOND_US
    assert (sessions.recall(cookie, later) or sessions.look_up(cookie, later)) is None


def test_a_sign_in_records_the_roles_that_were_held(db: Database, sessions: Sessions) -> None:
    _, ref = start(sessions, "ada")

    (signed_in,) = told(db, Kind.OPERATOR_SIGNED_IN)
    assert signed_in.refs == {"session": ref, "policy": 1, "roles": "admin@*"}
    assert signed_in.private["address"] == "192.0.2.7"


def test_https_binds_the_cookie_to_this_host() -> None:
    assert cookie_name(secure=True).startswith("__Host-")
    assert cookie_name(secure=False) == "gatehouse"
