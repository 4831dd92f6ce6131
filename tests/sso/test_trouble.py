"""A provider that fails in the middle of a sign-in: nobody comes in, and everybody is told what to do."""

from http import HTTPStatus
from typing import Final

import pytest

from tests.op.kinds import Shape
from tests.sso.ground import Ground, leaving
from tests.waiting import until

pytestmark = pytest.mark.slow
BOTH: Final[tuple[Shape, ...]] = ("keycloak", "okta-org")


@pytest.mark.parametrize("shape", BOTH)
@pytest.mark.parametrize("how", [503, 500, "close"])
def test_a_provider_that_gives_no_tokens_is_out_of_reach_and_the_next_try_works(
    ground: Ground, shape: Shape, how: int | str
) -> None:
    browser = ground.browser()
    form = browser.asked(shape, browser.begin(shape))
    ground.control(shape).down(how, only=["token"])  # type: ignore[arg-type]
    with leaving(ground) as left:
        end = browser.arrive(shape, form)
    ground.control(shape).well()

    assert (end.status_code, browser.cookie, left.begun) == (HTTPStatus.BAD_GATEWAY, None, 0)
    assert left.reasons() == [("unreachable", shape)]
    assert "Try again" in end.text
    assert browser.sign_in(shape)


@pytest.mark.parametrize("shape", BOTH)
def test_tokens_that_could_not_be_taken_back_are_tried_again(ground: Ground, shape: Shape) -> None:
    control, browser = ground.control(shape), ground.browser()
    browser.sign_in(shape)
    before = len([one for one in control.counts().revocations if one.status == HTTPStatus.OK])
    control.down(503, only=["revocation"])
    said = len(ground.log())
    browser.web.post("/sign-out", headers={"origin": ground.sso.url})
    until(lambda: "tokens could not be revoked" in ground.log()[said:], seconds=20)
    control.well()

    until(
        lambda: len([one for one in control.counts().revocations if one.status == HTTPStatus.OK]) > before,
        seconds=60,
    )
