"""Passkeys at /me and /people, and the line above every page that tells of a new one."""

import json
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from auth.current import Services
from auth.enrolment import Way, prove_entry
from auth.passkeys import Passkeys, Visit
from auth.sessions import Actor
from core.records import Kind
from core.times import DAY_US, MINUTE_US
from store import clock
from store.database import Database
from store.passkey_news import TOLD_FOR_US
from store.passkeys import Passkey, passkeys_of, remove_passkey, rename_passkey
from tests.auth.authenticator import ORIGIN, Authenticator
from tests.auth.passkeying import kept
from tests.auth.people import person
from tests.auth.reading import told
from tests.pages.conftest import words

Go = Callable[..., AppTest]
Enter = Callable[[str], Actor]
HOSTILE = "![x](http://evil.example/a.png) <b>*Eve*</b> \u202e"


def keep(
    db: Database, subject: str, name: str = "Phone", ago: int = MINUTE_US, locked: int | None = None
) -> Passkey:
    return kept(db, subject, name, created=clock.now_us() - ago, locked=locked)


def lines(app: AppTest) -> list[str]:
    return [one.value for one in app.warning if "passkey" in one.value]


def keys(app: AppTest, start: str) -> list[str]:
    return [one.key for one in app.button if one.key and one.key.startswith(start)]


# --- one's own ----------------------------------------------------------------------------------------


def test_i_see_my_passkeys_and_nobody_elses(services: Services, sign_in: Enter, visit: Go) -> None:
    keep(services.db, "local:ben", ago=30 * DAY_US)
    keep(services.db, "local:ben", "Old key", ago=20 * DAY_US, locked=clock.now_us())
    keep(services.db, "local:ada", "Hers")
    sign_in("ben")
    app = visit("me")
    said = words(app)

    assert "You have 2 passkeys to confirm acts with." in said
    assert "from 198.51.100.9 with Chrome on Windows" in said
    assert "Never used. It lies on several devices, backed up." in said
    assert said.count("Locked: it may have been copied") == 1
    assert "Hers" not in said
    assert len(keys(app, "passkey-remove:")) == 2


def test_who_has_none_is_shown_the_way_to_one(sign_in: Enter, visit: Go) -> None:
    sign_in("ben")
    app = visit("me")

    assert "You have none yet." in words(app)
    assert [one.proto.url for one in app.get("link_button")] == ["/passkeys/new"]


def test_i_rename_one(services: Services, sign_in: Enter, visit: Go) -> None:
    one = keep(services.db, "local:ben")
    sign_in("ben")
    app = visit("me")
    app.text_input(f"passkey-name:{one.ref}").set_value("Work phone").run()
    app.button(f"passkey-rename:{one.ref}").click().run()

    assert "The passkey is called “Work phone” now." in words(app)
    assert [each.name for each in passkeys_of(services.db, "local:ben")] == ["Work phone"]


def test_i_remove_one(services: Services, sign_in: Enter, visit: Go) -> None:
    one = keep(services.db, "local:ben")
    sign_in("ben")
    app = visit("me")
    assert "will confirm nothing any more, at once and for ever." in words(app)
    app.button(f"passkey-remove:{one.ref}").click().run()

    assert "The passkey “Phone” is removed." in words(app)
    assert passkeys_of(services.db, "local:ben") == ()
    assert [each.private["passkey"] for each in told(services.db, Kind.OPERATOR_PASSKEY_REMOVED)] == ["Phone"]


# --- those of others ----------------------------------------------------------------------------------


def known(services: Services, username: str) -> Actor:
    _, actor = services.sessions.start(person(username), address="", agent="", now=clock.now_us())
    return actor


def test_an_administrator_sees_and_removes_one_of_another(
    services: Services, sign_in: Enter, visit: Go
) -> None:
    known(services, "ben")
    one = keep(services.db, "local:ben")
    sign_in("ada")
    app = visit("people")
    assert "“Phone”, added" in words(app)
    app.button(f"passkey-remove-for:{one.ref}").click().run()

    assert "the passkey is removed." in words(app)
    assert passkeys_of(services.db, "local:ben") == ()


def news(app: AppTest) -> list[str]:
    """Give what is told of each passkey that was added of late."""
    boxes = [one for one in app.expander if "in the last seven days" in one.label]
    if not boxes:
        return []
    (box,) = boxes
    texts = [one.value for one in box.text]
    captions = [one.value.replace("\\", "") for one in box.caption][1:]
    return [f"{text}. {caption}" for text, caption in zip(texts, captions, strict=True)]


def enrolled(services: Services, username: str, way: Way) -> Passkey:
    """Let somebody enrol a passkey that is called as the way by which they may."""
    who = Visit(actor=known(services, username), address="198.51.100.9", now=clock.now_us())
    passkeys = Passkeys(services.db, ORIGIN)
    options = passkeys.registration_options(who, way.value)
    return passkeys.register(who, way.value.title(), json.dumps(Authenticator().create(options)))


@pytest.mark.parametrize(
    ("way", "said"),
    [
        (Way.PROVIDER, "after a proof at the identity provider"),
        (Way.AUTHENTICATOR, "after a code of their authenticator"),
        (Way.CODE, "with an administrator's one-time code"),
    ],
)
def test_an_administrator_is_told_of_each_passkey_that_somebody_added(
    services: Services, sign_in: Enter, visit: Go, way: Way, said: str
) -> None:
    enrolled(services, "ben", way)
    sign_in("ada")
    (line,) = news(visit("people"))

    assert line.startswith(f"Ben (local:ben): “{way.value.title()}”. Added ")
    assert f", {said}, from 198.51.100.9 with " in line


def test_one_that_was_removed_since_is_told_of_all_the_same(
    services: Services, sign_in: Enter, visit: Go
) -> None:
    late = enrolled(services, "ben", Way.PROVIDER)
    private = {"name": "Ben", "by": "local:ben", "address": ""}
    remove_passkey(services.db, "local:ben", late.ref, now=clock.now_us(), private=private)
    sign_in("ada")
    (line,) = news(visit("people"))

    assert line.startswith("Ben (local:ben): “Provider”, removed since. Added ")


@pytest.mark.parametrize("who", ["cleo", "ben"])
def test_nobody_else_is_told_of_what_others_added(
    services: Services, sign_in: Enter, visit: Go, who: str
) -> None:
    enrolled(services, "ada", Way.PROVIDER)
    sign_in(who)
    app = visit("people")

    assert news(app) == []
    assert "Provider" not in words(app)


def test_what_somebody_calls_a_passkey_is_read_as_text(services: Services, sign_in: Enter, visit: Go) -> None:
    one = enrolled(services, "ben", Way.PROVIDER)
    rename_passkey(services.db, "local:ben", one.ref, HOSTILE)
    sign_in("ada")
    (line,) = news(visit("people"))

    assert "\u202e" not in line


def test_an_administrator_makes_a_code_that_is_shown_once(
    services: Services, sign_in: Enter, visit: Go
) -> None:
    ben = known(services, "ben")
    sign_in("ada")
    app = visit("people")
    app.button("passkey-code:local:ben").click().run()
    (said,) = (one.value.replace("\\", "") for one in app.success)
    code = said.partition("shown this once: ")[2].partition(" ")[0]
    app.run()

    assert len(code) == 29
    assert [one.value for one in app.success] == []
    here = Visit(actor=ben, address="", now=clock.now_us())
    assert prove_entry(services.db, here, code) is Way.CODE


def test_nobody_else_is_shown_the_passkeys_of_others(services: Services, sign_in: Enter, visit: Go) -> None:
    known(services, "ben")
    keep(services.db, "local:ben")
    sign_in("cleo")
    app = visit("people")

    assert "Phone" not in words(app)
    assert keys(app, "passkey-") == []


# --- the line -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["", "me", "live", "log"])
def test_a_new_passkey_is_told_on_every_page_until_it_is_put_away_in_that_tab(
    services: Services, sign_in: Enter, visit: Go, path: str
) -> None:
    one = keep(services.db, "local:ben")
    sign_in("ben")
    app = visit(path)
    (line,) = (each.replace("\\", "") for each in lines(app))
    assert line.startswith("A passkey was added for you on ")
    assert "from 198.51.100.9 with Chrome on Windows: “Phone”. Not you?" in line
    app.button(f"passkey-mine:{one.ref}").click().run()

    assert lines(app) == []
    assert len(lines(visit(path))) == 1


def test_of_several_the_newest_is_told_first(services: Services, sign_in: Enter, visit: Go) -> None:
    keep(services.db, "local:ben", "Old", ago=2 * MINUTE_US)
    newest = keep(services.db, "local:ben", "New")
    sign_in("ben")
    app = visit("me")
    assert ["“New”" in one for one in lines(app)] == [True]
    app.button(f"passkey-mine:{newest.ref}").click().run()

    assert ["“Old”" in one for one in lines(app)] == [True]


def test_nobody_else_is_told_and_after_a_week_nobody_is(
    services: Services, sign_in: Enter, visit: Go
) -> None:
    keep(services.db, "local:ben", ago=TOLD_FOR_US + MINUTE_US)
    keep(services.db, "local:ada")
    sign_in("ben")

    assert lines(visit("me")) == []


def test_a_name_is_shown_as_it_is(services: Services, sign_in: Enter, visit: Go) -> None:
    keep(services.db, "local:ben", HOSTILE)
    sign_in("ben")
    app = visit("me")

    assert "\u202e" not in f"{words(app)}{lines(app)}"
    assert [one.value for one in app.subheader if "![x]" in one.value] == []
    assert "![x](" not in "".join(lines(app))
