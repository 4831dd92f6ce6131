"""What is worth finding in the demo's past; docs/demo.md tells each, for readers who look for it. Pure.

Each has a day: the last of a weekday that is at least so many days before the story's end.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from connectors.simulator.history_calendar import is_holiday
from connectors.simulator.history_stage import OperatorWord, Stage
from core.records import Kind
from core.times import MINUTE_US, SECOND_US

MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY, SUNDAY = range(7)
HOLIDAY: Final = 7
_DAY: Final = timedelta(days=1)
_NOBODY: Final = ""
# Documentation's own network (RFC 5737): nobody's.
_ATTACKER: Final = "203.0.113.77"


def _nobody_is_away(_day: date) -> Iterator[tuple[str, date]]:
    return iter(())


@dataclass(frozen=True, slots=True)
class Incident:
    """One story: where, at least how many days ago and on which weekday it begins.

    `away` names who does not come to work because of it, and on which days.
    """

    title: str
    site: str
    days_ago: int
    weekday: int
    play: Callable[[Stage, date], None]
    away: Callable[[date], Iterator[tuple[str, date]]] = _nobody_is_away

    def day(self, today: date, time_zone: str) -> date:
        """Give the day on which it begins, for a story that ends `today`."""
        day = today - self.days_ago * _DAY
        while not (is_holiday(time_zone, day) if self.weekday == HOLIDAY else day.weekday() == self.weekday):
            day -= _DAY
        return day


def _tailgating(stage: Stage, day: date) -> None:
    for turn in range(6):
        stage.wedge("berlin-lobby", "u-8", stage.local("berlin", day, 18.1 + turn * 0.24), (4, 12))


def _stolen_card(stage: Stage, day: date) -> None:
    thief, late = "u-29", "not_permitted_at_this_time"
    at = stage.local("newyork", day, 2.1)
    stage.enter("newyork-main", thief, at)
    doors = (("newyork-reception", 3), ("newyork-trading", 2), ("newyork-freight", 2))
    at += 2 * MINUTE_US
    for door, tries in doors:
        for turn in range(tries):
            stage.refuse(door, thief, at + turn * 7 * SECOND_US, late)
        at += 5 * MINUTE_US
    stage.leave("newyork-main", at)
    again = stage.local("newyork", day + _DAY, 8.7)
    for turn in range(2):
        stage.refuse("newyork-main", thief, again + turn * 9 * SECOND_US, "credential_not_enabled")


def _stolen_away(day: date) -> Iterator[tuple[str, date]]:
    return (("u-29", day + days * _DAY) for days in range(-4, 2))


def _forced_on_a_holiday(stage: Stage, day: date) -> None:
    at = stage.local("berlin", day, 3.67)
    stage.force("berlin-garage", at, (1_140, 1_150))
    stage.enter("berlin-garage", "u-19", at + 20 * MINUTE_US)


def _dead_intercom(stage: Stage, day: date) -> None:
    until = stage.local("newyork", day + 3 * _DAY, 7.58)
    stage.power_off("nyc-intercom", stage.local("newyork", day, 19.2), until)


def _switch_failure(stage: Stage, day: date) -> None:
    at, until = (stage.local("singapore", day, hours) for hours in (13.17, 15.83))
    for place, device in enumerate(one for one in stage.estate.devices.values() if one.site == "singapore"):
        stage.cut(device.id, at + place * SECOND_US, until + place * 3 * SECOND_US)


def _slow_clock(stage: Stage, day: date) -> None:
    stage.set_clock("sin-floors", stage.local("singapore", day, 9), -420)
    stage.set_clock("sin-floors", stage.local("singapore", day + 4 * _DAY, 16), 0)


def _shared_parking_card(stage: Stage, day: date) -> None:
    for week in range(6):
        at = stage.local("berlin", day + 7 * week * _DAY, 8.92)
        for turn in range(2):
            stage.refuse("berlin-garage", "u-11", at + turn * 12 * SECOND_US, "antipassback")


def _guessed_pin(stage: Stage, day: date) -> None:
    at = stage.local("berlin", day, 21.28)
    for turn in range(7):
        stage.refuse("berlin-vault", "u-5", at + turn * 22 * SECOND_US, "invalid_pin")


def _left_the_firm(stage: Stage, day: date) -> None:
    for days in (3, 4, 10):
        at = stage.local("newyork", day + days * _DAY, 8.3)
        stage.refuse("newyork-main", "u-34", at, "credential_expired")


def _left_away(day: date) -> Iterator[tuple[str, date]]:
    return (("u-34", day + days * _DAY) for days in range(400))


def _broken_closer(stage: Stage, day: date) -> None:
    for days in range(5):
        for turn in range(7):
            hours = 8.4 + turn * 1.3 + days * 0.11
            who = ("u-40", "u-45", "u-51")[turn % 3]
            stage.wedge("singapore-cold", who, stage.local("singapore", day + days * _DAY, hours), (60, 400))


def _password_guesses(stage: Stage, day: date) -> None:
    """Try as often as locks an account, and go on: who is locked out is told so no more than others."""
    refused, wrong = Kind.OPERATOR_SIGN_IN_REFUSED, "wrong_password"
    locks = (Kind.OPERATOR_LOCKED_OUT, "locked_out")
    tries = (*[(refused, wrong)] * 5, locks, *[(refused, "locked_out")] * 3)
    at = stage.local("berlin", day, 2.8)
    for turn, (kind, reason) in enumerate(tries):
        # The lock is noted with the failure that brings it.
        after = (turn - (kind is Kind.OPERATOR_LOCKED_OUT)) * 11 * SECOND_US
        word = OperatorWord(kind=kind, username="admin", address=_ATTACKER, reason=reason)
        stage.operate(at + after, word)


def _nobody_answers(stage: Stage, day: date) -> None:
    for days in range(2):
        lots = stage.draw("nobody answers", day, days)
        for _ in range(12):
            at = stage.local("berlin", day + days * _DAY, lots.uniform(8.2, 16.8))
            stage.ring("berlin-main", at, 0.9)


def _nobody_away(day: date) -> Iterator[tuple[str, date]]:
    return ((_NOBODY, day + days * _DAY) for days in range(2))


def _duress(stage: Stage, day: date) -> None:
    stage.duress("newyork-main", "u-37", stage.local("newyork", day, 23.87))


def _nights_in_the_server_room(stage: Stage, day: date) -> None:
    for night in range(3):
        at = stage.local("berlin", day + night * _DAY, 1.1 + night * 0.2)
        for door, minutes in (("berlin-garage", 0), ("berlin-servers", 6), ("berlin-servers", 51)):
            stage.enter(door, "u-14", at + minutes * MINUTE_US)
        stage.leave("berlin-garage", at + 70 * MINUTE_US)


INCIDENTS: Final = (
    Incident("a tail-gating evening", "berlin", 8, THURSDAY, _tailgating),
    Incident("two days without anybody at the desk", "berlin", 11, TUESDAY, _nobody_answers, _nobody_away),
    Incident("a switch that failed", "singapore", 15, TUESDAY, _switch_failure),
    Incident("three nights in the server room", "berlin", 18, TUESDAY, _nights_in_the_server_room),
    Incident("an intercom dead for a weekend", "newyork", 23, FRIDAY, _dead_intercom),
    Incident("a password guessed at", "berlin", 26, SATURDAY, _password_guesses),
    Incident("a PIN guessed at", "berlin", 31, SUNDAY, _guessed_pin),
    Incident("a stolen card tried at night", "newyork", 38, WEDNESDAY, _stolen_card, _stolen_away),
    Incident("a door forced on a public holiday", "berlin", 40, HOLIDAY, _forced_on_a_holiday),
    Incident("a parking card that two use", "berlin", 48, FRIDAY, _shared_parking_card),
    Incident("a door that would not close", "singapore", 52, MONDAY, _broken_closer),
    Incident("a clock seven minutes slow", "singapore", 66, MONDAY, _slow_clock),
    Incident("a card of somebody who has left", "newyork", 75, MONDAY, _left_the_firm, _left_away),
    Incident("a call for help unseen", "newyork", 90, FRIDAY, _duress),
)
