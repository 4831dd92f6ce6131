"""Bech32: what its authors publish as valid and as not, and that a slip of the pen is seen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.bech32 import decode, encode


@given(st.binary(max_size=80))
def test_what_was_written_is_read_again(data: bytes) -> None:
    assert decode(encode("age", data), "age") == data
    assert decode(encode("age-secret-key-", data).upper(), "age-secret-key-") == data


# BIP 173, "Test vectors"; those whose data are whole bytes.
@pytest.mark.parametrize(
    ("text", "prefix"),
    [
        ("A12UEL5L", "a"),
        ("a12uel5l", "a"),
        (
            "an83characterlonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio1tt5tgs",
            "an83characterlonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio",
        ),
        ("?1ezyfcl", "?"),
    ],
)
def test_vectors_of_its_authors_are_read(text: str, prefix: str) -> None:
    assert decode(text, prefix) == b""


def test_a_key_of_the_age_tool_is_read() -> None:
    text = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj"

    assert encode("age", decode(text, "age")) == text


@pytest.mark.parametrize(
    "text",
    ["A1G7SGD8", "a12uel5L", "1pzry9x0s0muk", "pzry9x0s0muk", "li1dgmt3", "a1b2uel5l", "a1", "", "10a06t8"],
)
def test_what_its_authors_refuse_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        decode(text, "a")


@given(
    st.binary(min_size=32, max_size=32),
    st.integers(0, 57),
    st.sampled_from("qpzry9x8gf2tvdw0s3jn54khce6mua7l"),
)
def test_one_wrong_letter_is_seen(data: bytes, place: int, letter: str) -> None:
    text = encode("age", data)
    wrong = text[: 4 + place] + letter + text[5 + place :]
    if wrong == text:
        return

    with pytest.raises(ValueError, match="checksum"):
        decode(wrong, "age")
