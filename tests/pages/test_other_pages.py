"""The words that pages are made of, and what draws itself again."""

import re
from collections.abc import Callable

import pytest

from auth.sessions import Actor
from core.times import DAY_US, HOUR_US, MINUTE_US, SECOND_US
from pages import parts
from pages.live import live
from store import clock
from tests.pages.conftest import Mounted

Enter = Callable[[str], Actor]


def test_what_draws_itself_again_ends_when_nobody_touches_the_browser(
    sign_in: Enter, mounted: Mounted, monkeypatch: pytest.MonkeyPatch
) -> None:
    actor, drawn = sign_in("ben"), list[Actor]()
    again: list[Callable[[], None]] = []

    def fragment(*, run_every: float) -> Callable[[Callable[[], None]], Callable[[], None]]:
        def keep(draw: Callable[[], None]) -> Callable[[], None]:
            again.append(draw)
            return draw

        return keep

    monkeypatch.setattr("streamlit.fragment", fragment)
    live(drawn.append, every_s=1)
    assert drawn == [actor]

    monkeypatch.setattr(clock, "now_us", lambda: actor.active + actor.idle_after + 1)
    again[0]()
    assert drawn == [actor]
    assert mounted == [("header", {"leave": "/sign-in?reason=idle"})]


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (-5, "0 s"),
        (59 * SECOND_US, "59 s"),
        (61 * MINUTE_US, "1 h 01 min"),
        (47 * HOUR_US, "47 h 00 min"),
        (3 * DAY_US, "3 days"),
    ],
)
def test_ages_are_as_short_as_a_glance(length: int, said: str) -> None:
    assert parts.age(length) == said


def test_markdown_in_a_name_stays_what_it_is() -> None:
    assert parts.escaped("![x](mail:evil)") == r"\!\[x\]\(mail\:evil\)"


@pytest.mark.parametrize(
    "text",
    [
        "http://evil.example",
        "see HTTPS://evil.example/x",
        "www.evil.example",
        "xWWW.evil.example",
        "eve@evil.example",
    ],
)
def test_an_address_in_a_name_becomes_no_link(text: str) -> None:
    drawn = parts.escaped(text).replace("\\", "")

    # What mdast-util-gfm-autolink-literal looks for in text that has been read.
    assert re.search(r"(https?://|www(?=\.))[-.\w]+", drawn, re.IGNORECASE) is None
    assert re.search(r"[-.\w+]+@[-\w]+(\.[-\w]+)+", drawn) is None
    assert drawn.replace("\N{WORD JOINER}", "") == text
