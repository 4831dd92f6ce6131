"""One-time codes: the window, and that no step counts twice whatever the order."""

from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auth.one_time_codes import WINDOW, enrolment_uri, new_secret, step_at, step_of
from core.times import SECOND_US
from store.database import Database
from store.directory import find_account, save_account, take_code
from store.opening import open_database
from tests.auth.attempts import SECRET, at_once, with_codes
from tests.auth.people import NOW, account

# RFC 6238, appendix B, the last six digits of its eight: SHA-1, the secret "12345678901234567890".
RFC_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
RFC_CODES = [(59, "287082"), (1_111_111_109, "081804"), (2_000_000_000, "279037"), (20_000_000_000, "353130")]
moments = st.integers(min_value=0, max_value=10**10)
steps_away = st.integers(min_value=-5, max_value=5)


@pytest.mark.parametrize(("seconds", "code"), RFC_CODES)
def test_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    assert step_of(RFC_SECRET, code, seconds * SECOND_US) == seconds // 30


@given(seconds=moments, away=steps_away)
def test_a_code_is_right_one_step_early_or_late_and_no_further(seconds: int, away: int) -> None:
    now = (seconds + 300) * SECOND_US
    near = [pyotp.TOTP(SECRET).generate_otp(step_at(now) + one) for one in range(-WINDOW, WINDOW + 1)]
    shown = pyotp.TOTP(SECRET).generate_otp(step_at(now) + away)
    found = step_of(SECRET, shown, now)

    if abs(away) <= WINDOW:
        # The same digits may be those of a later step as well.
        assert found is not None
        assert found >= step_at(now) + away
    else:
        assert (found is not None) is (shown in near)


@given(text=st.text(max_size=12))
def test_what_is_no_code_is_none_and_breaks_nothing(text: str) -> None:
    near = {pyotp.TOTP(SECRET).generate_otp(step_at(NOW) + one) for one in (-1, 0, 1)}

    assert (step_of(SECRET, text, NOW) is None) is ("".join(text.split()) not in near)


def test_digits_of_other_scripts_are_no_code() -> None:
    shown = pyotp.TOTP(SECRET).generate_otp(step_at(NOW))
    wide = shown.translate({ord(str(digit)): 0xFF10 + digit for digit in range(10)})

    assert step_of(SECRET, f" {shown[:3]} {shown[3:]} ", NOW) == step_at(NOW)
    assert step_of(SECRET, wide, NOW) is None


@pytest.mark.parametrize("secret", ["", "no base 32", "JBSWY3DP"])
def test_a_secret_that_is_none_has_no_codes(secret: str) -> None:
    assert step_of(secret, "123456", NOW) is None


@given(tries=st.lists(st.tuples(st.integers(0, 400), st.integers(-WINDOW, WINDOW)), min_size=1, max_size=8))
def test_of_all_codes_that_are_shown_only_ever_later_ones_are_taken(
    db: Database, tries: list[tuple[int, int]]
) -> None:
    # With another secret, what the example before has used up is forgotten.
    for fresh in (account("ben"), with_codes("ben")):
        save_account(db, fresh, NOW, "tests")
    taken: list[int] = []
    for later, away in tries:
        now = NOW + later * SECOND_US
        shown = pyotp.TOTP(SECRET).generate_otp(step_at(now) + away)
        step = step_of(SECRET, shown, now)
        assert step is not None
        newest = max(taken, default=0)
        assert take_code(db, with_codes("ben"), step) is (step > newest)
        if step > newest:
            taken.append(step)

    assert taken == sorted(set(taken))
    kept = find_account(db, "ben")
    assert kept is not None
    assert kept.last_code == max(taken)


def test_of_several_processes_that_take_one_code_at_once_one_gets_it(db: Database) -> None:
    save_account(db, with_codes("ben"), NOW, "tests")
    others = [open_database(db.file.parent) for _ in range(4)]
    got: list[bool] = []
    at_once(*(lambda one=one: got.append(take_code(one, with_codes("ben"), 7)) for one in others))
    for one in others:
        one.close()

    assert sorted(got) == [False, False, False, True]


def test_each_secret_has_160_bits_and_is_another() -> None:
    drawn = {new_secret() for _ in range(20)}

    assert len(drawn) == 20
    assert all(len(pyotp.TOTP(one).byte_secret()) == 20 for one in drawn)


def test_an_authenticator_takes_the_secret_from_its_address() -> None:
    uri = urlsplit(enrolment_uri(SECRET, "breakglass-1"))

    assert (uri.scheme, uri.netloc, uri.path) == ("otpauth", "totp", "/Gatehouse:breakglass-1")
    assert parse_qs(uri.query) == {"secret": [SECRET], "issuer": ["Gatehouse"]}
    again = pyotp.parse_uri(uri.geturl())
    assert isinstance(again, pyotp.TOTP)
    assert again.at(NOW // SECOND_US) == pyotp.TOTP(SECRET).at(NOW // SECOND_US)
