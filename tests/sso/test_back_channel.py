"""A provider ends sessions by a word that is right in every part; whatever is wrong with it ends none."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import httpx
import pytest

from core.records import Kind
from store.sessions import sessions_by_ref
from tests.op.kinds import Shape
from tests.sso.ground import NO_TLS, Browser, Ground, closed, leaving
from tests.waiting import until
from web.sockets import SESSION_ENDED

pytestmark = pytest.mark.slow
BOTH: Final[tuple[Shape, ...]] = ("keycloak", "okta-org")
both = pytest.mark.parametrize("shape", BOTH)
EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"
FORM: Final = {"content-type": "application/x-www-form-urlencoded"}


def tell(ground: Ground, shape: str, token: str = "", **how: Any) -> httpx.Response:
    """Send a token as a provider does: from its own machine, without cookies or Origin."""
    with httpx.Client(base_url=ground.sso.url, timeout=30, verify=NO_TLS) as provider:
        return provider.post(
            f"/auth/{shape}/backchannel-logout", **(how or {"data": {"logout_token": token}})
        )


def signed_in(ground: Ground, shape: str, who: str = "ben", *, device: str = "") -> Browser:
    """Give a browser with a session."""
    browser = ground.browser(device=device)
    browser.sign_in(shape, who)
    return browser


def ended(ground: Ground, *browsers: Browser) -> list[bool]:
    """Tell of each of these browsers whether its session has ended."""
    return [ground.row(one).ended is not None for one in browsers]


# --- wrong ones ---------------------------------------------------------------------------------------

WRONG: Final[dict[str, tuple[dict[str, Any], str]]] = {
    "none": ({"signature": "none"}, "bad_algorithm"),
    "HS256 by the public key": ({"signature": "hs256"}, "bad_algorithm"),
    "a broken signature": ({"signature": "broken"}, "bad_signature"),
    "a stranger's signature": ({"signature": "stranger"}, "bad_signature"),
    "an unknown key": ({"header": {"kid": "nobodys"}}, "unknown_key"),
    "another audience": ({"claims": {"aud": "another"}}, "wrong_audience"),
    "several audiences": ({"claims": {"aud": ["gatehouse", "another"]}}, "wrong_audience"),
    "another issuer": ({"claims": {"iss": "https://evil.example"}}, "wrong_issuer"),
    "expired": ({"claims": {"exp": 1_700_000_000}}, "expired"),
    "without an end": ({"off": ["exp"]}, "missing_claim"),
    "made long ago": ({"claims": {"iat": 1_700_000_000}}, "expired"),
    "made in the future": ({"claims": {"iat": 4_000_000_000}}, "not_yet_valid"),
    "never made": ({"off": ["iat"]}, "missing_claim"),
    "an ID token's type": ({"header": {"typ": "JWT"}}, "wrong_type"),
    "a nonce": ({"claims": {"nonce": "n"}}, "wrong_type"),
    "no event": ({"off": ["events"]}, "no_logout_event"),
    "another event": ({"claims": {"events": {"urn:other": {}}}}, "no_logout_event"),
    "a list of events": ({"claims": {"events": [EVENT]}}, "no_logout_event"),
    "an event that is no object": ({"claims": {"events": {EVENT: "x"}}}, "no_logout_event"),
    "no number": ({"off": ["jti"]}, "missing_claim"),
    "a number that is one": ({"claims": {"jti": 7}}, "missing_claim"),
    "neither person nor session": ({"off": ["sub", "sid"]}, "missing_claim"),
    "a header to be understood": ({"header": {"crit": ["exp"]}}, "bad_signature"),
    "names that can't be kept": ({"claims": {"jti": "a\u0001b"}}, "unreadable"),
}


@both
def test_a_word_with_anything_wrong_ends_no_session(ground: Ground, shape: Shape) -> None:
    browser = signed_in(ground, shape)
    sid = ground.row(browser).sid
    with leaving(ground) as left:
        for name, (how, _) in WRONG.items():
            token = ground.control(shape).logout_token("gatehouse", sub="ben", sid=sid, **how)
            answer = tell(ground, shape, token)
            assert (name, answer.status_code) == (name, 400)
            assert answer.headers["cache-control"] == "no-store"
            assert token not in answer.text

    assert (left.begun, left.ended, ended(ground, browser)) == (0, 0, [False])
    # Anybody may send them: each reason is recorded once a minute, and each word written to the log.
    recorded = left.reasons(Kind.OPERATOR_LOGOUT_REFUSED)
    assert len(recorded) == len(set(recorded)) <= len({reason for _, reason in WRONG.values()})
    for _, reason in WRONG.values():
        assert f"a logout token was refused provider={shape} reason={reason}" in left.log
    assert left.log.count("a logout token was refused") == len(WRONG)


@both
def test_what_is_no_form_with_a_token_ends_nothing(ground: Ground, shape: Shape) -> None:
    browser = signed_in(ground, shape)
    good = ground.control(shape).logout_token("gatehouse", sub="ben", sid=ground.row(browser).sid)
    odd: list[dict[str, Any]] = [
        {"data": {"token": good}},
        {"data": {"logout_token": ""}},
        {"data": {"logout_token": "A" * 60_000}},
        {"data": {"logout_token": "A" * 70_000}},
        {"data": {f"field-{n}": "" for n in range(40)} | {"logout_token": good}},
        {"data": {"logout_token": [good[:-5], good]}},
        {"json": {"logout_token": good}},
        {"content": good.encode(), "headers": {"content-type": "application/logout+jwt"}},
        {"files": {"logout_token": good.encode()}},
        {"content": b"logout_token=%ff%00", "headers": FORM},
        {"content": b"\xff\xfe\x00", "headers": FORM},
        {"content": b"", "headers": FORM},
        {"params": {"logout_token": good}},
    ]
    with leaving(ground) as left:
        answers = [tell(ground, shape, **how) for how in odd]
        asked = browser.web.get(f"/auth/{shape}/backchannel-logout", params={"logout_token": good})

    assert [one.status_code for one in answers] == [400] * len(odd)
    assert asked.status_code == 404
    assert (left.ended, ended(ground, browser)) == (0, [False])


@pytest.mark.parametrize(("mine", "other"), [BOTH, BOTH[::-1]])
def test_a_provider_ends_its_own_sessions_alone(ground: Ground, mine: Shape, other: Shape) -> None:
    theirs = signed_in(ground, other)
    sid = ground.row(theirs).sid
    with leaving(ground) as left:
        for named in (("ben", None), (None, sid), ("ben", sid)):
            token = ground.control(mine).logout_token("gatehouse", sub=named[0], sid=named[1])
            assert tell(ground, other, token).status_code == 400
        # At its own address it is believed, and is about nobody.
        assert tell(ground, mine, ground.control(mine).logout_token("gatehouse", sid=sid)).status_code == 200

    assert (left.ended, ended(ground, theirs)) == (0, [False])


# --- good ones ----------------------------------------------------------------------------------------


@both
def test_a_session_ends_by_its_name_and_no_other_does(ground: Ground, shape: Shape) -> None:
    mine, phone, cleos = (signed_in(ground, shape, who) for who in ("ben", "ben", "cleo"))
    again = signed_in(ground, shape, device=mine.device)
    with leaving(ground) as left:
        answer = tell(
            ground, shape, ground.control(shape).logout_token("gatehouse", sid=ground.row(mine).sid)
        )

    assert (answer.status_code, answer.text, answer.headers["cache-control"]) == (200, "", "no-store")
    assert ended(ground, mine, again, phone, cleos) == [True, True, False, False]
    assert left.ended == 2
    assert left.reasons(Kind.OPERATOR_SESSION_ENDED) == [("provider_logout", shape)] * 2
    until(lambda: mine.web.get("/live/stream").status_code == 401)
    assert phone.web.get("/log", headers={"accept": "text/html"}).status_code == 200


@both
def test_all_sessions_of_a_person_end_by_their_name(ground: Ground, shape: Shape) -> None:
    mine, phone, cleos = (signed_in(ground, shape, who) for who in ("ben", "ben", "cleo"))
    other = signed_in(ground, BOTH[1 - BOTH.index(shape)])
    answer = tell(ground, shape, ground.control(shape).logout_token("gatehouse", sub="ben"))

    assert answer.status_code == 200
    assert ended(ground, mine, phone, cleos, other) == [True, True, False, False]
    assert {ground.row(one).ended_reason for one in (mine, phone)} == {"provider_logout"}


@both
def test_a_word_counts_once(ground: Ground, shape: Shape) -> None:
    mine = signed_in(ground, shape)
    token = ground.control(shape).logout_token("gatehouse", sub="ben")
    assert tell(ground, shape, token).status_code == 200
    later = signed_in(ground, shape)
    with leaving(ground) as left:
        again = tell(ground, shape, token)

    assert (again.status_code, again.headers["cache-control"]) == (400, "no-store")
    assert (left.ended, ended(ground, mine, later)) == (0, [True, False])


@both
def test_of_words_that_come_at_once_one_counts(ground: Ground, shape: Shape) -> None:
    mine = signed_in(ground, shape)
    token = ground.control(shape).logout_token("gatehouse", sid=ground.row(mine).sid)
    with leaving(ground) as left, ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: tell(ground, shape, token).status_code, range(8)))

    assert sorted(answers) == [200] + [400] * 7
    assert (left.ended, ended(ground, mine)) == (1, [True])
    assert left.reasons(Kind.OPERATOR_SESSION_ENDED) == [("provider_logout", shape)]


@both
def test_a_real_sign_out_there_ends_the_session_and_every_screen_of_it(ground: Ground, shape: Shape) -> None:
    mine = signed_in(ground, shape, "pat")
    with ground.sso.console.socket(mine.cookie, "/live/stream") as screen:
        assert screen.recv(timeout=20)
        told = ground.control(shape).end_sessions("pat")
        close = closed(screen)

    assert [one.ok for one in told] == [True]
    assert close == (SESSION_ENDED, "provider_logout")
    assert ended(ground, mine) == [True]


# --- a sign-in that is under way ----------------------------------------------------------------------


@both
@pytest.mark.parametrize("by", ["sid", "sub"])
def test_what_was_ended_before_it_was_finished_does_not_begin(ground: Ground, shape: Shape, by: str) -> None:
    first = signed_in(ground, shape, "eve")
    browser = ground.browser(device=first.device)
    answer = browser.back(shape, browser.asked(shape, browser.begin(shape), "eve"))
    sid, sub = (ground.row(first).sid, None) if by == "sid" else (None, "eve")
    control = ground.control(shape)
    word = control.logout_token("gatehouse", sid=sid, sub=sub)
    # With the tokens that we give back, this provider takes back the codes that it has given meanwhile.
    control.down(only=["revocation"])
    assert tell(ground, shape, word).status_code == 200
    # The provider gives its tokens for the code though, and later than its word.
    control.clock(10)
    with leaving(ground) as left:
        end = browser.finish(answer)

    assert (end.status_code, browser.cookie, left.begun) == (403, None, 0)
    assert left.reasons() == [("logged_out_there", shape)]
    control.clock(0)
    assert browser.sign_in(shape, "eve")


# --- floods and rotation ------------------------------------------------------------------------------


def test_a_flood_of_unknown_keys_costs_little_and_a_rotation_is_seen_all_the_same(ground: Ground) -> None:
    ping = ground.control("ping")
    first = signed_in(ground, "ping")
    forged = [ping.logout_token("gatehouse", sub="ben", header={"kid": f"k{n}"}) for n in range(60)]
    before = ping.counts().of("jwks")
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda one: tell(ground, "ping", one).status_code, forged))
    assert answers == [400] * 60
    assert ping.counts().of("jwks") - before <= 1

    ping.rotate()
    second = signed_in(ground, "ping")
    token = ping.logout_token("gatehouse", sid=ground.row(second).sid)
    assert tell(ground, "ping", token).status_code == 200
    assert ended(ground, first, second) == [False, True]
    assert ping.counts().of("jwks") - before <= 2
    assert sessions_by_ref(ground.db, [ground.row(second).ref])[0].ended_reason == "provider_logout"
