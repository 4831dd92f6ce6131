"""What of a record's personal fields names somebody who is to be erased, and what is somebody else's."""

import pytest

from core.erasing import Somebody

ANNA = Somebody(number="u-1701", names=frozenset({"Anna Kühn"}))
BEN = Somebody(number="local:ben", names=frozenset({"Ben"}))


@pytest.mark.parametrize(
    "private",
    [
        {"person": "u-1701", "credential": "****1234", "text": "anything"},
        {"name": "Anna Kühn", "credential": "****1234"},
        {"subject": "u-1701", "by": "local:ada"},
    ],
)
def test_of_a_record_about_them_nothing_is_left(private: dict[str, str]) -> None:
    assert ANNA.left_of(private) == {}


@pytest.mark.parametrize(
    "private",
    [
        {"person": "u-17010"},
        {"person": "u-2", "name": "Anna Kühn"},
        {"subject": "local:anna", "name": "Anna Kühn", "why": "Anna Kühnert rang"},
        {"text": "xu-1701"},
    ],
)
def test_what_is_of_somebody_else_stays(private: dict[str, str]) -> None:
    assert ANNA.left_of(private) == private


def test_free_text_that_names_them_goes_and_what_stands_beside_it_stays() -> None:
    private = {"subject": "local:ben", "name": "Ben", "why": "let Anna Kühn in", "address": "192.0.2.7"}

    assert ANNA.left_of(private) == {"subject": "local:ben", "name": "Ben", "address": "192.0.2.7"}
    assert ANNA.left_of({"text": "t/event: {person: u-1701}"}) == {}


def test_whoever_did_it_to_somebody_else_is_taken_off() -> None:
    private = {"subject": "local:eve", "name": "Eve", "by": "local:ben"}

    assert BEN.left_of(private) == {"subject": "local:eve", "name": "Eve"}


def test_the_second_person_of_an_act_goes_with_what_holds_both() -> None:
    first = {"subject": "local:ada", "name": "Ada", "why": "a visitor"}
    second = {"second_subject": "local:ben", "second_name": "Ben", "bound": '{"subject":"local:ada"}'}

    assert BEN.left_of(first | second) == first


def test_what_an_act_is_bound_to_names_who_did_it() -> None:
    bound = {"subject": "local:eve", "bound": '{"act":"x","subject":"local:ben"}'}

    assert BEN.left_of(bound) == {"subject": "local:eve"}


def test_a_short_number_or_a_first_name_is_not_looked_for_in_free_text() -> None:
    somebody = Somebody(number="42", names=frozenset({"Ben"}))

    assert somebody.left_of({"why": "42 boxes for Ben"}) == {"why": "42 boxes for Ben"}
    assert somebody.left_of({"person": "42"}) == {}


def test_who_was_looked_for_is_taken_out_of_a_search_and_who_looked_stays() -> None:
    searched = {"subject": "local:ann", "name": "Ann", "sought": "u7"}

    assert Somebody(number="u7").left_of(searched) == {"subject": "local:ann", "name": "Ann"}
    assert Somebody(number="u8").left_of(searched) == searched
