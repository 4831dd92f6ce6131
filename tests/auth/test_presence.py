"""Presence: what is open can be closed at once, and only once."""

from auth.presence import Presence


def test_ending_a_session_closes_all_it_has_open_and_nothing_else() -> None:
    presence = Presence()
    closed: list[tuple[str, str]] = []
    presence.register("a", lambda reason: closed.append(("a1", reason)))
    presence.register("a", lambda reason: closed.append(("a2", reason)))
    presence.register("b", lambda reason: closed.append(("b", reason)))

    presence.end("a", "signed_out")
    presence.end("a", "signed_out")

    assert closed == [("a1", "signed_out"), ("a2", "signed_out")]
    assert presence.refs() == ["b"]


def test_what_went_away_by_itself_is_not_closed() -> None:
    presence = Presence()
    closed: list[str] = []
    forget = presence.register("a", closed.append)

    forget()
    forget()
    presence.end("a", "idle")

    assert closed == []
    assert presence.count() == 0


def test_one_that_can_not_be_told_keeps_no_other_open() -> None:
    presence = Presence()
    closed: list[str] = []

    def broken(_reason: str) -> None:
        raise RuntimeError("Event loop is closed")

    presence.register("a", broken)
    presence.register("a", closed.append)
    presence.end("a", "idle")

    assert closed == ["idle"]


def test_pages_are_known_by_the_path_they_show_last() -> None:
    presence = Presence()
    forget = presence.register("a", lambda _reason: None)
    presence.register_page("a", "p1", "/log")
    presence.register_page("a", "p1", "/live")
    presence.register_page("a", "p2", "/me")
    presence.forget_page("a", "p2")

    assert presence.pages("a") == {"p1": "/live"}
    forget()
    assert presence.pages("a") == {}
