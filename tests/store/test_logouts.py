"""Sessions that a provider ends: just those it means, once for each of its words, and none begins again."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from sqlalchemy import func, select

from core.records import Kind
from core.times import DAY_US, SECOND_US
from store.database import Database
from store.known import KnownPerson
from store.logouts import Logout, end_by_provider, ended_there
from store.schema_people import logout, session
from store.sessions import SessionRow, add_session, end_sessions
from tests.store.words import NOW, records

ADA: Final = "oidc:https://idp.example|ada-1"
BEN: Final = "oidc:https://idp.example|ben-2"


def signed_in(db: Database, ref: str, subject: str = ADA, *, sid: str = "", provider: str = "idp") -> None:
    """Put a session into the store."""
    row = SessionRow(
        ref=ref,
        subject=subject,
        name="Ada",
        groups=(),
        created=NOW,
        active=NOW,
        idle_after=1,
        ends=NOW + DAY_US,
        address="",
        agent="",
        provider=provider,
        sid=sid,
    )
    who = KnownPerson(
        subject=subject, provider=provider, name="Ada", username="", groups=(), roles="", last=NOW
    )
    add_session(db, row, ref.encode(), who=who, records=[], replaces=None)


def word(jti: str = "1", **more: Any) -> Logout:
    """Make a provider's word."""
    return Logout(**{"provider": "idp", "jti": jti, "issued": NOW, "sid": "", "subject": "", **more})


def still_open(db: Database) -> set[str]:
    with db.read() as connection:
        return set(connection.execute(select(session.c.ref).where(session.c.ended.is_(None))).scalars())


def a_full_house(db: Database) -> None:
    """Let Ada be in three browsers at one provider, in one at another, in one by a password; Ben in one."""
    signed_in(db, "first", sid="s-1")
    signed_in(db, "second", sid="s-2")
    signed_in(db, "nameless")
    signed_in(db, "elsewhere", sid="s-1", provider="other")
    signed_in(db, "local", provider="")
    signed_in(db, "bens", BEN, sid="s-3")


EVERYBODY: Final = {"first", "second", "nameless", "elsewhere", "local", "bens"}


def ended(db: Database, one: Logout) -> set[str]:
    """Let a word count in a full house; gives whom it ends, in the store and by its answer alike."""
    a_full_house(db)
    told = end_by_provider(db, one, NOW)
    gone = EVERYBODY - still_open(db)
    assert gone == set(told or ())
    return gone


def test_a_session_is_ended_by_its_providers_name_for_it(db: Database) -> None:
    assert ended(db, word(sid="s-1")) == {"first"}


def test_all_sessions_of_a_person_at_that_provider_are_ended(db: Database) -> None:
    assert ended(db, word(subject=ADA)) == {"first", "second", "nameless"}


def test_a_session_that_sign_in_gave_no_name_is_ended_with_any_of_the_persons(db: Database) -> None:
    assert ended(db, word(sid="s-2", subject=ADA)) == {"second", "nameless"}


def test_a_name_of_another_persons_session_does_not_end_that(db: Database) -> None:
    assert ended(db, word(sid="s-3", subject=ADA)) == {"nameless"}


def test_what_nobody_has_ends_nothing(db: Database) -> None:
    assert ended(db, word(sid="s-9")) == set()


def test_a_person_whom_nobody_knows_ends_nothing(db: Database) -> None:
    assert ended(db, word(subject="oidc:https://idp.example|nobody")) == set()


def test_another_provider_ends_its_own_sessions_alone(db: Database) -> None:
    assert ended(db, word(provider="other", sid="s-1")) == {"elsewhere"}


def test_each_end_is_a_record_with_the_providers_name_for_it(db: Database) -> None:
    signed_in(db, "first", sid="s-1")
    end_by_provider(db, word(sid="s-1"), NOW)

    (one,) = records(db, Kind.OPERATOR_SESSION_ENDED)
    assert (one.leaf["reason"], one.refs) == ("provider_logout", {"session": "first", "provider": "idp"})


def test_who_has_left_already_is_not_ended_again(db: Database) -> None:
    signed_in(db, "first", sid="s-1")
    end_sessions(db, ["first"], "signed_out", NOW)

    assert end_by_provider(db, word(sid="s-1"), NOW) == ()
    assert records(db, Kind.OPERATOR_SESSION_ENDED) == []


def test_a_word_counts_once_though_it_comes_many_times_at_once(db: Database) -> None:
    signed_in(db, "first", sid="s-1")
    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(lambda _: end_by_provider(db, word(sid="s-1"), NOW), range(8)))

    assert sorted(map(str, told)) == ["('first',)"] + ["None"] * 7
    assert len(records(db, Kind.OPERATOR_SESSION_ENDED)) == 1


def test_a_replay_ends_nothing_that_has_begun_since(db: Database) -> None:
    assert end_by_provider(db, word(subject=ADA), NOW) == ()
    signed_in(db, "first", sid="s-1")

    assert end_by_provider(db, word(subject=ADA), NOW + 1) is None
    assert still_open(db) == {"first"}


def test_two_providers_may_use_one_number(db: Database) -> None:
    assert end_by_provider(db, word("1", sid="a"), NOW) == ()
    assert end_by_provider(db, word("1", sid="a", provider="other"), NOW) == ()
    assert end_by_provider(db, word("2", sid="a"), NOW) == ()
    assert end_by_provider(db, word("1", sid="a"), NOW) is None


def test_words_are_remembered_for_two_days_and_then_forgotten(db: Database) -> None:
    def kept() -> int:
        with db.read() as connection:
            found: int = connection.execute(select(func.count()).select_from(logout)).scalar_one()
        return found

    end_by_provider(db, word("1", sid="a"), NOW)
    assert end_by_provider(db, word("1", sid="a"), NOW + 2 * DAY_US) is None
    end_by_provider(db, word("2", sid="a"), NOW + 2 * DAY_US)
    assert kept() == 2
    end_by_provider(db, word("3", sid="a"), NOW + 2 * DAY_US + 1)
    assert kept() == 2


# --- a sign-in that was under way ---------------------------------------------------------------------

LATER: Final = NOW + 5 * SECOND_US


def over(db: Database, *, sid: str = "", subject: str = ADA, provider: str = "idp", **when: int) -> bool:
    """Whether a token that was issued later is for what is over; it was asked for before, unless told."""
    times = {"issued": LATER, "begun": NOW - SECOND_US} | when
    return ended_there(db, provider, sid, subject, **times)


def test_what_was_ended_after_a_sign_in_began_does_not_begin(db: Database) -> None:
    end_by_provider(db, word(sid="s-1"), NOW)

    assert over(db, sid="s-1")
    assert not over(db, sid="s-2")
    assert not over(db)
    assert not over(db, sid="s-1", provider="other")


def test_a_sign_in_that_names_no_session_does_not_begin_either_where_the_person_is_named(
    db: Database,
) -> None:
    end_by_provider(db, word(sid="s-1", subject=ADA), NOW)

    assert over(db)
    assert not over(db, subject=BEN)
    assert not over(db, sid="s-2")


def test_whose_sessions_were_all_ended_after_a_sign_in_began_begins_none(db: Database) -> None:
    end_by_provider(db, word(subject=ADA), NOW)

    assert over(db, sid="s-1")
    assert over(db)
    assert not over(db, sid="s-1", subject=BEN)
    assert not over(db, provider="other")


def test_who_signs_in_anew_afterwards_may(db: Database) -> None:
    end_by_provider(db, word(subject=ADA), NOW)
    end_by_provider(db, word("2", sid="s-1"), NOW)

    assert not over(db, sid="s-1", begun=NOW + 1)
    assert not over(db, begun=NOW + 1)


def test_a_token_from_before_the_end_is_of_no_use_whenever_it_is_asked_for(db: Database) -> None:
    end_by_provider(db, word(sid="s-1"), NOW)

    assert over(db, sid="s-1", issued=NOW - SECOND_US, begun=LATER)
    # Who signs in again at once may do so in the same second.
    assert not over(db, sid="s-1", issued=NOW, begun=LATER)
