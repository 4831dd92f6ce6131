"""The answer to a command of ours passes whatever its device sends; one nobody asked for is limited."""

from connectors.mqtt.fair import LONGEST_LINE
from core.commands import Result
from core.reports import CommandReply
from tests.connectors.mqtt.desk import BURST, NOW, Desk, call, door, event


def reply(act: str = "a", device: str = "d", result: Result = Result.ACCEPTED) -> CommandReply:
    return CommandReply(device=device, received=NOW, result=result, act=act)


def flooded(desk: Desk, device: str = "d") -> None:
    for seq in range(1, BURST + 2):
        desk.send(event(seq, device))


def replies(desk: Desk) -> list[CommandReply]:
    return [one for one in desk.stored if isinstance(one, CommandReply)]


def test_the_answer_of_a_flooding_device_is_stored_before_all_that_waits() -> None:
    desk = Desk(asked={("d", "a")})
    flooded(desk)
    flooded(desk, "other")
    desk.send(reply())
    desk.turn()

    assert desk.turns[0] == [reply()], "nothing makes its transaction longer"


def test_what_waits_behind_answers_is_taken_next_and_a_bell_among_it_still_presses() -> None:
    desk = Desk(asked={("d", "a"), ("other", "b")})
    desk.send(event(1))
    desk.send(call())
    desk.send(reply())
    desk.send(reply("b", "other"))
    assert desk.intake.take_answers().live == [reply(), reply("b", "other")]
    assert desk.intake.pressing, "somebody stands before the bell"

    assert desk.intake.take(NOW).live == [event(1), call()]
    assert desk.intake.idle


def test_it_is_acknowledged_in_the_order_of_its_arrival() -> None:
    desk = Desk(asked={("d", "a")})
    flooded(desk)
    desk.send(reply())
    desk.turn()
    assert desk.sent not in desk.acknowledged

    desk.settle()

    assert desk.acknowledged == list(range(1, desk.sent + 1))


def test_an_answer_that_nobody_waits_for_counts_as_any_other_word() -> None:
    desk = Desk(asked={("d", "b"), ("other", "a")})
    flooded(desk)
    desk.send(reply())
    desk.settle()

    assert replies(desk) == []
    assert sum(one.count for one in desk.limited()) == 2


def test_answers_nobody_asked_for_are_a_flood_by_themselves() -> None:
    desk = Desk()
    for _ in range(BURST + 10):
        desk.send(reply())
    desk.settle()

    assert (len(replies(desk)), sum(one.count for one in desk.limited())) == (BURST, 10)


def test_an_answer_comes_through_once() -> None:
    desk = Desk(asked={("d", "a")})
    flooded(desk)
    for _ in range(100):
        desk.send(reply())
    desk.settle()

    assert len(replies(desk)) == 1


def test_it_comes_through_where_a_line_is_full() -> None:
    desk = Desk(asked={("d", "a")})
    for seq in range(LONGEST_LINE):
        desk.send(event(seq), queued=True, qos=0)
    desk.send(reply())
    desk.turn()

    assert reply() in desk.turns[0]


def test_an_answer_that_names_no_act_is_one_to_each_command_of_its_device_in_turn() -> None:
    desk = Desk(asked={("d", "a"), ("d", "b"), ("other", "c")})
    flooded(desk)
    for _ in range(5):
        desk.send(reply(""))
    desk.settle()

    assert len(replies(desk)) == 2


def test_an_answer_beside_other_words_passes_the_limit_in_their_line() -> None:
    desk = Desk(asked={("d", "a")})
    flooded(desk)
    desk.send(door(), reply())
    desk.settle()

    assert replies(desk) == [reply()]
    assert desk.acknowledged == list(range(1, desk.sent + 1))


def test_what_is_read_together_costs_one_look_at_the_log() -> None:
    desk = Desk()
    for _ in range(3):
        desk.answers.look_again()
        for _ in range(50):
            desk.send(reply())

    assert desk.looks == 3


def test_a_command_sent_since_the_last_look_is_found() -> None:
    desk = Desk()
    flooded(desk)
    desk.send(reply())
    desk.asked = {("d", "a")}
    desk.answers.look_again()
    desk.send(reply())
    desk.settle()

    assert len(replies(desk)) == 1


def test_after_a_reconnect_an_answer_that_was_not_stored_comes_through_again() -> None:
    desk = Desk(asked={("d", "a")})
    flooded(desk)
    desk.send(reply())
    desk.intake.reset([], NOW)
    desk.answers.forget()
    flooded(desk)
    desk.send(reply())
    desk.settle()

    assert replies(desk) == [reply()]


def test_an_answer_that_somebody_waits_for_and_a_bell_are_pressing_until_they_are_taken() -> None:
    desk = Desk(asked={("d", "a")})
    desk.send(event(1))
    assert not desk.intake.pressing, "nobody stands before what a device tells by itself"
    for item in (reply(), call()):
        desk.send(item)
        assert desk.intake.pressing
        desk.turn()
        assert not desk.intake.pressing

    desk.send(reply(act="nobody's"))

    assert not desk.intake.pressing
