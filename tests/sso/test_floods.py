"""Floods, and a provider that keeps everybody waiting: others go on as before."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.sso.floods import be_refused_without_end, begin_without_end, forge_without_end
from tests.sso.ground import Ground

pytestmark = pytest.mark.slow


def test_begun_sign_ins_without_end_push_out_nobody_elses(ground: Ground) -> None:
    begin_without_end(ground, 150)


def test_refusals_without_end_are_recorded_to_a_bound(ground: Ground) -> None:
    be_refused_without_end(ground, 90)


def test_forged_words_of_sign_out_without_end_sign_out_nobody(ground: Ground) -> None:
    forge_without_end(ground, 90)


def test_a_provider_that_keeps_people_waiting_keeps_nobody_else_waiting(ground: Ground) -> None:
    user, nobody = ground.browser(), ground.browser()
    cookie = user.sign_in("keycloak")
    waiting = [ground.browser() for _ in range(10)]
    forms = [one.asked("google", one.begin("google"), "cleo") for one in waiting]
    backs = [one.back("google", form) for one, form in zip(waiting, forms, strict=True)]
    ground.control("google").slow(1_500)
    with ThreadPoolExecutor(10) as pool:
        ends = [pool.submit(one.finish, back) for one, back in zip(waiting, backs, strict=True)]
        took = []
        while not all(one.done() for one in ends):
            began = time.monotonic()
            assert nobody.web.get("/sign-in").status_code == 200
            assert user.web.get("/log", headers={"accept": "text/html"}).status_code == 200
            with ground.sso.console.socket(cookie, "/live/stream") as screen:
                assert screen.recv(timeout=20)
            took.append(time.monotonic() - began)

    assert {one.result().status_code for one in ends} == {303}
    assert len(took) > 1
    assert sorted(took)[len(took) // 2] < 1
