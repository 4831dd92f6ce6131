"""Floods that anybody can send, and a provider that keeps everybody waiting: others go on as before."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import pytest
from sqlalchemy import func, select

from core.records import Kind
from store.schema_people import flow
from tests.proof.claims import whole_or
from tests.sso.ground import Browser, Ground, leaving

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
FLOWS: Final = whole_or(250, 10_000)
REFUSALS: Final = whole_or(120, 5_000)
MOST_FLOWS: Final = 50
MOST_RECORDS: Final = 30
# What a flow or a record may take in the store's file, for a bound that has room.
BYTES_EACH: Final = 8_192


def flood(act: Callable[[int], Any], times: int) -> list[Any]:
    """Do something so many times, several at once."""
    with ThreadPoolExecutor(6) as pool:
        return list(pool.map(act, range(times)))


def flows_of(ground: Ground, browser: Browser) -> int:
    with ground.db.read() as connection:
        wanted = select(func.count()).select_from(flow).where(flow.c.origin == browser.address)
        return int(connection.execute(wanted).scalar_one())


def test_begun_sign_ins_without_end_push_out_nobody_elses(ground: Ground) -> None:
    victim, mallory = ground.browser(), ground.browser()
    form = victim.asked("keycloak", victim.begin("keycloak"))
    size = len(ground.stored())
    began = flood(lambda _: mallory.web.get("/auth/keycloak/login").status_code, FLOWS)

    assert set(began) <= {303, 503}
    assert began.count(303) > MOST_FLOWS
    assert flows_of(ground, mallory) == MOST_FLOWS
    assert len(ground.stored()) - size < (MOST_FLOWS + 1_000) * BYTES_EACH
    with leaving(ground) as left:
        end = victim.arrive("keycloak", form)
    assert (end.status_code, left.reasons()) == (303, [])


def test_refusals_without_end_are_recorded_to_a_bound(ground: Ground) -> None:
    mallory, other = ground.browser(), ground.browser()

    def refuse(number: int) -> int:
        state = {"state": f"made-up-{number}", "code": "x"}
        if number % 2:
            return mallory.back("keycloak", state).status_code
        where = f"/sign-in/finish?flow={number}&by=keycloak"
        return mallory.web.get(where).status_code

    with leaving(ground) as left:
        assert set(flood(refuse, REFUSALS)) <= {403, 503}
    assert [one.kind for one in left.records] == [Kind.OPERATOR_SIGN_IN_REFUSED] * MOST_RECORDS
    assert {one.private["address"] for one in left.records} == {mallory.address}

    with leaving(ground) as left:
        other.back("keycloak", {"state": "made-up", "code": "x"})
    assert [one.private["address"] for one in left.records] == [other.address]


def test_forged_words_of_sign_out_without_end_hold_up_nobody(ground: Ground) -> None:
    mallory, user = ground.browser(), ground.browser()
    user.sign_in("keycloak")
    forged = ground.control("keycloak").logout_token("gatehouse", sub="ben", signature="stranger")

    def send(_number: int) -> int:
        where = "/auth/keycloak/backchannel-logout"
        return mallory.web.post(where, data={"logout_token": forged}).status_code

    with leaving(ground) as left:
        assert set(flood(send, REFUSALS)) <= {400, 503}
    assert left.ended == 0
    # One for its reason, or none where the last minute has had it.
    assert len(left.records) <= 2
    assert ground.row(user).ended is None


def test_a_provider_that_keeps_people_waiting_keeps_nobody_else_waiting(ground: Ground) -> None:
    user, nobody = ground.browser(), ground.browser()
    cookie = user.sign_in("keycloak")
    waiting = [ground.browser() for _ in range(12)]
    forms = [one.asked("google", one.begin("google"), "cleo") for one in waiting]
    backs = [one.back("google", form) for one, form in zip(waiting, forms, strict=True)]
    ground.control("google").slow(2_500)
    with ThreadPoolExecutor(12) as pool:
        ends = [pool.submit(one.finish, back) for one, back in zip(waiting, backs, strict=True)]
        took = []
        while not all(one.done() for one in ends):
            began = time.monotonic()
            assert nobody.web.get("/sign-in").status_code == 200
            assert user.web.get("/log", headers={"accept": "text/html"}).status_code == 200
            with ground.sso.console.socket(cookie, "/live/stream") as screen:
                assert screen.recv(timeout=20)
            took.append(time.monotonic() - began)
    ground.control("google").slow(0)

    assert {one.result().status_code for one in ends} == {303}
    assert len(took) > 1
    assert sorted(took)[len(took) // 2] < 1
