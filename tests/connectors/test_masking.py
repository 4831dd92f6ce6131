"""What of a foreign message may be kept to look at."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.masking import last_four, masked_text


@pytest.mark.parametrize(
    "payload",
    [
        '{"pin":"77"}',
        '{"PIN_code": 77}',
        '{"x":{"userPassword" : "a77\\"77"}}',
        "{'token': '77'}",
        '{"secret":["77","7"]}',
        '{"code":{"a":{"b":1},"c":77}}',
        "pin=77&x=1",
        '{"keypad_code":"77',
        '{"\\u0070in":"77"}',
    ],
)
def test_a_secret_is_hidden_however_it_is_written(payload: str) -> None:
    assert "77" not in masked_text("t", payload.encode())


@given(st.text(max_size=60), st.text(alphabet="0123456789", min_size=4, max_size=30))
def test_a_number_is_hidden_wherever_it_stands(around: str, number: str) -> None:
    assert number not in masked_text("t", f"{around}{number}{around}".encode("utf-8", "replace"))


@pytest.mark.timeout(5)
@pytest.mark.parametrize(
    "bait", ["pin" * 400, '"pin' * 300, "a" * 1024, '{"' * 512, "\\" * 1024, "'pin':" * 200]
)
def test_no_text_makes_masking_slow(bait: str) -> None:
    for _ in range(50):
        masked_text("t", bait.encode())


def test_nothing_unprintable_is_kept() -> None:
    assert "\0" not in masked_text("a\0b", b"\0\x01\xff")


@given(st.text(max_size=40))
def test_at_most_four_digits_of_a_credential_stay(number: str) -> None:
    assert sum(character.isdigit() for character in last_four(number)) <= 4
