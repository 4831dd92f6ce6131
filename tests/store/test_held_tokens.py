"""What providers gave: kept while the session lasts, due when it is over, tried again, and forgotten."""

from typing import Final

import pytest

from core.errors import StoreError
from core.leaf import Draft
from core.records import Kind
from core.times import DAY_US, MINUTE_US, SECOND_US
from store.database import Database
from store.held_tokens import (
    MOST_TRIES,
    HeldTokens,
    forget_tokens,
    hold_tokens,
    tokens_of,
    tokens_to_revoke,
    try_again_later,
)
from store.known import KnownPerson
from store.schema_people import held_token
from store.sessions import SessionRow, add_session, end_sessions
from tests.store.words import NOW, records

SEALED: Final = b"sealed tokens"


def signed_in(db: Database, ref: str = "one", *, ends: int = NOW + DAY_US, sealed: bytes = SEALED) -> None:
    """Put a session and its tokens into the store."""
    row = SessionRow(
        ref=ref,
        subject="oidc:ada",
        name="Ada",
        groups=(),
        created=NOW,
        active=NOW,
        idle_after=1,
        ends=ends,
        address="",
        agent="",
        provider="idp",
    )
    who = KnownPerson(
        subject="oidc:ada", provider="idp", name="Ada", username="", groups=(), roles="", last=NOW
    )
    add_session(db, row, ref.encode(), who=who, records=[], replaces=None)
    hold_tokens(db, HeldTokens(session=ref, provider="idp", sealed=sealed))


def due(db: Database, now: int = NOW) -> list[str]:
    return [one.session for one in tokens_to_revoke(db, now)]


def record(ref: str = "one") -> Draft:
    return Draft(kind=Kind.OPERATOR_TOKENS_REVOKED, received=NOW, outcome="revoked", refs={"session": ref})


def test_tokens_are_kept_while_the_session_lasts(db: Database) -> None:
    signed_in(db)

    assert tokens_of(db, "one") == SEALED
    assert tokens_of(db, "two") is None
    assert due(db) == []


def test_tokens_are_due_when_the_session_has_ended_with_whose_they_were(db: Database) -> None:
    signed_in(db)
    end_sessions(db, ["one"], "signed_out", NOW)

    assert tokens_to_revoke(db, NOW) == [
        HeldTokens(session="one", provider="idp", sealed=SEALED, subject="oidc:ada", name="Ada")
    ]


def test_tokens_are_due_when_the_session_has_run_out_though_nobody_came_to_see(db: Database) -> None:
    signed_in(db, ends=NOW + MINUTE_US)

    assert due(db, NOW + MINUTE_US - 1) == []
    assert due(db, NOW + MINUTE_US) == ["one"]


def test_tokens_of_a_session_that_is_no_more_are_due(db: Database) -> None:
    hold_tokens(db, HeldTokens(session="gone", provider="idp", sealed=SEALED))

    assert due(db) == ["gone"]


def test_a_session_holds_its_tokens_once(db: Database) -> None:
    signed_in(db)

    with pytest.raises(StoreError):
        hold_tokens(db, HeldTokens(session="one", provider="idp", sealed=b"others"))
    assert tokens_of(db, "one") == SEALED


def test_what_failed_is_tried_later_and_later(db: Database) -> None:
    signed_in(db)
    end_sessions(db, ["one"], "signed_out", NOW)
    now, waits = NOW, []
    for _ in range(MOST_TRIES - 1):
        (held,) = tokens_to_revoke(db, now)
        try_again_later(db, held, now)
        wait = 5 * SECOND_US << held.tries
        assert due(db, now + wait - 1) == []
        now += wait
        waits.append(wait // SECOND_US)

    assert waits == [5, 10, 20, 40, 80, 160, 320, 640]
    assert [one.tries for one in tokens_to_revoke(db, now)] == [MOST_TRIES - 1]


def test_what_is_done_is_forgotten_with_one_record(db: Database) -> None:
    signed_in(db)
    signed_in(db, "two")
    for _ in range(2):
        forget_tokens(db, "one", record())

    assert (tokens_of(db, "one"), tokens_of(db, "two")) == (None, SEALED)
    assert [one.refs["session"] for one in records(db, Kind.OPERATOR_TOKENS_REVOKED)] == ["one"]


def test_not_all_are_taken_back_at_once(db: Database) -> None:
    rows = [{"session": f"gone-{n}", "provider": "idp", "sealed": SEALED} for n in range(60)]
    with db.write() as connection:
        connection.execute(held_token.insert(), rows)

    assert len(due(db)) == 50
