"""What keeps somebody from approving an act: by act and session, the newest, and not without end."""

from auth.hindrances import Hindrances


def test_a_reason_is_of_one_act_and_one_session_until_it_is_taken_away() -> None:
    noted = Hindrances()
    noted.note("01a", "s1", "unreachable")

    assert [noted.of(*one) for one in (("01a", "s1"), ("01a", "s2"), ("01b", "s1"))] == [
        "unreachable",
        "",
        "",
    ]
    noted.note("01a", "s1", "")
    assert noted.of("01a", "s1") == ""


def test_the_oldest_goes_where_there_are_too_many() -> None:
    noted = Hindrances()
    for n in range(1_001):
        noted.note(str(n), "s", "unreachable")

    assert (noted.of("0", "s"), noted.of("1", "s"), noted.of("1000", "s")) == ("", *["unreachable"] * 2)
