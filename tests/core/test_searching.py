"""What somebody types finds what they mean, whatever keys they have."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.searching import LONGEST, Wanted, folded, sought


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("mull", "Müller"),
        ("MÜLL", "Muller"),
        ("mueller", "Müller"),
        ("müller", "Mueller"),
        ("strasse", "Lange Straße"),
        ("zoe", "Zoë"),
        ("lukasz", "Łukasz"),
        ("lodz", "Łódź"),
        ("sorensen", "Sørensen"),
        ("strasse lang", "Lange Straße"),
        ("иван", "Иван"),
        ("Mu\N{COMBINING DIAERESIS}ller", "Müller"),
    ],
)
def test_case_accents_and_umlauts_do_not_matter(typed: str, name: str) -> None:
    assert Wanted.of(typed).rank(name) is not None


@pytest.mark.parametrize("typed", ["muller anna", "mll", "x"])
def test_every_word_must_be_there(typed: str) -> None:
    assert Wanted.of(typed).rank("Müller, Ben") is None


def test_a_name_that_begins_so_comes_before_a_word_and_a_word_before_letters_within() -> None:
    ranks = [Wanted.of("lo").rank(name) for name in ("Lobby", "North lobby", "Silo")]

    assert ranks == [0, 1, 2]


def test_nothing_typed_wants_nothing_and_nobody_types_a_book() -> None:
    assert Wanted.of(" \N{COMBINING DIAERESIS} ").words == ()
    assert Wanted.of("x" * (LONGEST + 1)) == Wanted.of("x" * LONGEST)


@example("\N{PARENTHESIZED LATIN CAPITAL LETTER A}")
@given(st.text(max_size=30))
def test_every_name_is_found_by_itself_in_any_case_and_by_what_is_stored_for_it(name: str) -> None:
    for typed in (name, name.lower(), folded(name)):
        wanted = Wanted.of(typed)
        if wanted.words:
            assert wanted.rank(name) is not None
            assert all(any(one in sought(name, "p-1") for one in word) for word in wanted.words)
