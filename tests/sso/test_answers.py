"""An answer counts once, for the browser that asked, from the provider that was asked, within ten minutes."""

from concurrent.futures import ThreadPoolExecutor
from typing import Final

import pytest
from sqlalchemy import update

from core.records import Kind
from core.times import SECOND_US
from store.flows import LASTS_US
from store.schema_people import flow
from tests.op.kinds import Shape
from tests.sso.ground import FLOW, Browser, Ground, leaving, refused

pytestmark = pytest.mark.slow
BOTH: Final[tuple[Shape, ...]] = ("keycloak", "okta-org")
both = pytest.mark.parametrize("shape", BOTH)


def asked(ground: Ground, shape: str, who: str = "ben") -> tuple[Browser, dict[str, str]]:
    """Give a browser that set out for a provider, with the answer it got there."""
    browser = ground.browser()
    return browser, browser.asked(shape, browser.begin(shape), who)


def made_older(ground: Ground, microseconds: int) -> None:
    """Let all flows have been begun so much earlier."""
    with ground.db.write() as connection:
        connection.execute(update(flow).values(created=flow.c.created - microseconds))


# --- once ---------------------------------------------------------------------------------------------


@both
def test_an_answer_that_comes_twice_counts_once(ground: Ground, shape: Shape) -> None:
    browser, form = asked(ground, shape)
    first = browser.back(shape, form)
    with leaving(ground) as left:
        second = browser.back(shape, form)
    assert refused(left, browser, [second], "replayed", shape) == []

    with leaving(ground) as left:
        assert browser.finish(first).status_code == 303
    assert left.begun == 1


@both
def test_an_answer_that_comes_again_after_its_sign_in_is_over(ground: Ground, shape: Shape) -> None:
    browser, form = asked(ground, shape)
    assert browser.arrive(shape, form).status_code == 303
    thief = ground.browser()
    thief.secrets |= browser.secrets
    for who in (browser, thief):
        with leaving(ground) as left:
            again = who.arrive(shape, form)
        assert left.reasons() == [("expired", shape)]
        assert (left.begun, left.ended, again.status_code) == (0, 0, 403)
    assert thief.cookie is None


@both
def test_of_answers_that_come_at_once_one_counts(ground: Ground, shape: Shape) -> None:
    browser, form = asked(ground, shape)
    with leaving(ground) as left, ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: browser.back(shape, form), range(6)))
        good = [one for one in answers if one.status_code == 303]
        ends = list(pool.map(lambda _: browser.web.get(good[0].headers["location"]), range(6)))

    assert (len(good), left.begun) == (1, 1)
    assert sorted(one.status_code for one in ends) == [303] + [403] * 5
    assert {reason for reason, _ in left.reasons()} == {"replayed", "not_this_browser"}


@both
def test_a_code_that_has_been_used_is_of_no_use(ground: Ground, shape: Shape) -> None:
    browser, form = asked(ground, shape)
    assert browser.arrive(shape, form).status_code == 303
    other, fresh = asked(ground, shape)
    other.secrets |= browser.secrets
    with leaving(ground) as left:
        end = other.arrive(shape, {**fresh, "code": form["code"]})

    assert refused(left, other, [end], "code_refused", shape) == []


@both
def test_a_code_of_another_sign_in_is_of_no_use(ground: Ground, shape: Shape) -> None:
    mallory, hers = asked(ground, shape)
    browser, mine = asked(ground, shape)
    browser.secrets |= mallory.secrets
    with leaving(ground) as left:
        end = browser.arrive(shape, {**mine, "code": hers["code"]})

    assert refused(left, browser, [end], "code_refused", shape) == []


@both
def test_a_made_up_code_is_of_no_use(ground: Ground, shape: Shape) -> None:
    for code in ("made-up", "A" * 8_192, "", "<script>", "\u00e9\u0000"):
        browser, form = asked(ground, shape)
        with leaving(ground) as left:
            end = browser.arrive(shape, {**form, "code": code})
        (reason,) = (why for why, _ in left.reasons())
        assert reason in {"code_refused", "misconfigured"}
        assert refused(left, browser, [end], reason, shape) == []


@both
def test_a_sign_in_is_finished_once(ground: Ground, shape: Shape) -> None:
    browser, form = asked(ground, shape)
    where = browser.back(shape, form).headers["location"]
    assert browser.finish(where).status_code == 303
    cookie = browser.cookie
    with leaving(ground) as left:
        again = browser.finish(where)

    assert left.reasons() == [("not_this_browser", shape)]
    assert (left.begun, left.ended, again.status_code, browser.cookie) == (0, 0, 403, cookie)
    assert "set-cookie" not in again.headers


# --- from whom ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("shape", "other"), [BOTH, BOTH[::-1]])
def test_an_answer_is_taken_at_its_own_providers_address_alone(
    ground: Ground, shape: Shape, other: Shape
) -> None:
    browser, form = asked(ground, shape)
    with leaving(ground) as left:
        mixed = browser.back(other, form)
    assert refused(left, browser, [mixed], "mixed_up", other) == []

    assert browser.arrive(shape, form).status_code == 303


@both
def test_an_answer_of_another_issuer_is_not_taken(ground: Ground, shape: Shape) -> None:
    issuer = ground.issuer(shape).issuer
    others = [ground.issuer(one).issuer for one in BOTH if one != shape]
    for iss in (*others, "https://evil.example", f"{issuer}/", issuer.upper(), f" {issuer}", ""):
        browser, form = asked(ground, shape)
        assert form["iss"] == issuer
        with leaving(ground) as left:
            end = browser.arrive(shape, {**form, "iss": iss})
        assert refused(left, browser, [end], "mixed_up", shape) == []


@both
def test_an_answer_that_does_not_say_whose_it_is_is_not_taken_where_that_was_promised(
    ground: Ground, shape: Shape
) -> None:
    browser, form = asked(ground, shape)
    del form["iss"]
    with leaving(ground) as left:
        end = browser.arrive(shape, form)

    assert refused(left, browser, [end], "mixed_up", shape) == []


@both
def test_no_code_is_given_away_for_an_answer_of_another_issuer(ground: Ground, shape: Shape) -> None:
    browser, form = asked(ground, shape)
    before = len(ground.control(shape).counts().token_requests)
    browser.arrive(shape, {**form, "iss": "https://evil.example"})

    assert len(ground.control(shape).counts().token_requests) == before


def test_no_address_of_a_provider_that_is_not_there_does_anything(ground: Ground) -> None:
    browser = ground.browser()
    with leaving(ground) as left:
        answers = [
            browser.back("nobody", {"state": "a", "code": "b"}),
            browser.web.get("/auth/nobody/login"),
            browser.web.post("/auth/nobody/backchannel-logout", data={"logout_token": "a.b.c"}),
            browser.back("KEYCLOAK", {"state": "a", "code": "b"}),
        ]
        assert browser.web.get("/sign-in/finish?flow=a&by=nobody").headers["location"] == "/sign-in"

    assert [one.status_code for one in answers] == [404] * 4
    assert left.records == []


# --- in which browser ---------------------------------------------------------------------------------


@both
def test_a_sign_in_ends_in_the_browser_that_began_it(ground: Ground, shape: Shape) -> None:
    browser, form = asked(ground, shape)
    where = browser.back(shape, form).headers["location"]
    thieves = [ground.browser(), asked(ground, shape)[0], asked(ground, BOTH[0])[0]]
    thieves.append(ground.browser())
    thieves[-1].web.cookies.set(FLOW, "A" * 43)
    for thief in thieves:
        with leaving(ground) as left:
            end = thief.finish(where)
        assert refused(left, thief, [end], "not_this_browser", shape) == []

    assert browser.finish(where).status_code == 303


@both
def test_an_answer_brought_by_another_browser_counts_for_the_one_that_began(
    ground: Ground, shape: Shape
) -> None:
    # The provider's page posts it without our cookies, so that who brings it can mean nothing.
    browser, form = asked(ground, shape)
    stranger = ground.browser()
    answer = stranger.back(shape, form)

    assert "set-cookie" not in answer.headers
    assert browser.finish(answer).status_code == 303
    assert stranger.cookie is None


# --- when ---------------------------------------------------------------------------------------------


@both
def test_an_answer_after_ten_minutes_is_too_late(ground: Ground, shape: Shape) -> None:
    browser, form = asked(ground, shape)
    made_older(ground, LASTS_US)
    with leaving(ground) as left:
        end = browser.arrive(shape, form)

    assert refused(left, browser, [end], "expired", shape) == []


@both
def test_an_answer_just_in_time_is_not(ground: Ground, shape: Shape) -> None:
    # Somebody whom no provider has signed out in this time.
    browser, form = asked(ground, shape, "cleo")
    made_older(ground, LASTS_US - 30 * SECOND_US)

    assert browser.arrive(shape, form).status_code == 303


@both
def test_a_sign_in_finished_after_ten_minutes_is_too_late(ground: Ground, shape: Shape) -> None:
    browser, form = asked(ground, shape)
    answer = browser.back(shape, form)
    made_older(ground, LASTS_US)
    with leaving(ground) as left:
        end = browser.finish(answer)

    assert refused(left, browser, [end], "not_this_browser", shape) == []


# --- answers that say no ------------------------------------------------------------------------------


@both
@pytest.mark.parametrize(
    ("error", "reason", "shown"),
    [
        ("access_denied", "refused_there", "access_denied"),
        ("login_required", "refused_there", "login_required"),
        ("unmet_authentication_requirements", "not_proven", "second factor"),
        ("<script>alert(1)</script>", "refused_there", "it gave no reason"),
        ("a" * 8_000, "refused_there", "a" * 48),
        ("", "refused_there", "it gave no reason"),
    ],
)
def test_a_provider_that_says_no_is_repeated_in_one_word(
    ground: Ground, shape: Shape, error: str, reason: str, shown: str
) -> None:
    browser, form = asked(ground, shape)
    said = {"error": error, "error_description": "hunter2", "state": form["state"], "iss": form["iss"]}
    with leaving(ground) as left:
        end = browser.arrive(shape, said)

    assert refused(left, browser, [end], reason, shape) == []
    assert shown in end.text
    assert not {"hunter2", "<script", "a" * 49} & {
        one for one in ("hunter2", "<script", "a" * 49) if one in end.text
    }


@both
def test_an_error_beside_a_code_is_an_error(ground: Ground, shape: Shape) -> None:
    browser, form = asked(ground, shape)
    with leaving(ground) as left:
        end = browser.arrive(shape, {**form, "error": "server_error"})

    assert refused(left, browser, [end], "refused_there", shape) == []


def test_who_is_refused_there_is_in_the_record_as_far_as_is_known(ground: Ground) -> None:
    browser, form = asked(ground, "keycloak")
    ground.control("keycloak").wrong(claims={"aud": "another"})
    with leaving(ground) as left:
        browser.arrive("keycloak", form)
    (record,) = left.records
    assert (record.kind, set(record.private)) == (Kind.OPERATOR_SIGN_IN_REFUSED, {"address"})
