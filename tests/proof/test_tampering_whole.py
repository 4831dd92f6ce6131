"""Tampering and floods in their whole numbers; tests/sso tries the same with few."""

import time
from collections.abc import Callable
from string import ascii_letters, digits

import pytest

from tests.auth.forging import ID_CLAIMS, LOGOUT_CLAIMS, refusal, token
from tests.proof.claims import WHOLE, Claim
from tests.sso.conftest import ground, started  # noqa: F401 - fixtures
from tests.sso.floods import be_refused_without_end, begin_without_end, forge_without_end
from tests.sso.ground import Ground

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1_800),
    pytest.mark.skipif(not WHOLE, reason="tests/sso has tried it with few"),
]


@pytest.mark.parametrize(
    ("flood", "times", "words"),
    [
        (begin_without_end, 10_000, "sign-ins begun at one address push out nobody else's"),
        (be_refused_without_end, 5_000, "refusals at one address are recorded to a bound"),
        (forge_without_end, 5_000, "forged logout tokens end no session"),
    ],
)
def test_floods_of_any_size_hold_up_nobody(
    ground: Ground,  # noqa: F811
    claims: Callable[[Claim], None],
    flood: Callable[[Ground, int], None],
    times: int,
    words: str,
) -> None:
    began = time.monotonic()
    flood(ground, times)
    claims(Claim(claim=words, count=times, lost=0, twice=0, seconds=time.monotonic() - began))


def test_no_letter_of_a_token_can_be_any_other(claims: Callable[[Claim], None]) -> None:
    began, tried, taken = time.monotonic(), 0, []
    for kind in (ID_CLAIMS, LOGOUT_CLAIMS):
        good = token(of=kind)
        for place, was in enumerate(good):
            for letter in (ascii_letters + digits + "-_.=+/").replace(was, ""):
                tried += 1
                if not refusal(good[:place] + letter + good[place + 1 :], kind):
                    taken.append((place, letter))
    seconds = time.monotonic() - began
    claims(
        Claim(claim="tokens with one letter changed", count=tried, lost=len(taken), twice=0, seconds=seconds)
    )

    assert taken == []
