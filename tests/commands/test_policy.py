"""The command `policy`: whom a document changes, what is asked before it counts, and why somebody may."""

from pathlib import Path
from typing import Final

import pytest

import gatehouse
from core.memberships import bound
from store.clock import now_us
from store.known import KnownPerson, note_person
from store.opening import open_database
from store.policies import current_policy
from tests.commands.test_verbs import ESTATE, POLICY, say

DESK: Final = '[[grants]]\ngroup = "desk"\nrole = "agent"\nsites = ["berlin"]\n'
GUARD: Final = DESK.replace("agent", "supervisor")


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("GATEHOUSE_CONFIG", "GATEHOUSE_PORT", "GATEHOUSE_MQTT_PORT"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "data"
    monkeypatch.setenv("GATEHOUSE_DATA", str(folder))
    (tmp_path / "estate.toml").write_text(ESTATE, encoding="utf-8")
    assert gatehouse.main(["estate", "import", str(tmp_path / "estate.toml")]) == 0
    return folder


@pytest.fixture
def people(data: Path, tmp_path: Path) -> None:
    """Let an administrator and two of the desk have signed in, under a first policy."""
    assert apply(tmp_path, POLICY + DESK) == 0
    came(data, "ada", "gh-admin", roles="admin@*")
    came(data, "ben", "desk", roles="agent@berlin")
    came(data, "cleo", "desk", roles="agent@berlin", provider="okta")


def came(data: Path, name: str, *groups: str, roles: str, provider: str = "entra") -> None:
    db = open_database(data)
    who = KnownPerson(
        subject=f"{provider}:{name}",
        provider=provider,
        name=name.title(),
        username=name,
        groups=bound(provider, groups, alone=True),
        roles=roles,
        last=now_us(),
    )
    with db.write() as connection:
        note_person(connection, who)
    db.close()


def configure(data: Path, *providers: str) -> None:
    tables = "".join(f'[providers.{name}]\nkind = "entra"\n' for name in providers)
    (data / "gatehouse.toml").write_text(tables, encoding="utf-8")


def written(tmp_path: Path, document: str) -> str:
    file = tmp_path / "policy.toml"
    file.write_text(document, encoding="utf-8")
    return str(file)


def apply(tmp_path: Path, document: str, *how: str) -> int:
    return gatehouse.main(["policy", "apply", *how, written(tmp_path, document)])


def version(data: Path) -> int:
    db = open_database(data)
    found = current_policy(db).version
    db.close()
    return found


def at_a_terminal(monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda _question: answer)


def test_a_first_policy_is_said_to_be_tried_on_nobody(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert apply(tmp_path, POLICY) == 0
    said = capsys.readouterr().out

    assert "could not be tried on anybody" in said
    assert "changes nothing for the 0 known people" in said


@pytest.mark.usefixtures("people")
def test_a_check_says_how_many_change_and_then_who_gains_and_loses_what(
    tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert gatehouse.main(["policy", "check", written(tmp_path, POLICY + GUARD)]) == 0

    assert capsys.readouterr().out.splitlines()[-3:] == [
        "it changes something for 2 of the 3 known people: 2 gain, 2 lose, 0 end with nothing",
        "  Ben (ben by entra): gains supervisor at berlin, loses agent at berlin",
        "  Cleo (cleo by okta): gains supervisor at berlin, loses agent at berlin",
    ]
    assert version(data) == 1


@pytest.mark.usefixtures("people")
def test_who_ends_with_nothing_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert apply(tmp_path, POLICY, "--dry-run") == 0
    said = capsys.readouterr().out

    assert "0 gain, 2 lose, 2 end with nothing" in said
    assert "  Ben (ben by entra): loses agent at berlin, and ends with nothing" in said


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize(("answer", "code", "then"), [("n", 1, 1), ("", 1, 1), ("y", 0, 2)])
def test_at_a_terminal_a_policy_is_applied_only_when_that_is_agreed(
    tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch, answer: str, code: int, then: int
) -> None:
    at_a_terminal(monkeypatch, answer)

    assert apply(tmp_path, POLICY) == code
    assert version(data) == then


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize(("how", "then"), [("--apply", 2), ("--dry-run", 1)])
def test_nobody_is_asked_where_the_command_line_says_what_to_do(
    tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch, how: str, then: int
) -> None:
    at_a_terminal(monkeypatch, "never asked")
    monkeypatch.setattr("builtins.input", None)

    assert apply(tmp_path, POLICY, how) == 0
    assert version(data) == then


@pytest.mark.usefixtures("people")
def test_a_mapping_that_locks_everybody_out_is_refused_with_1(
    tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(data, "entra")

    assert apply(tmp_path, POLICY.replace("gh-admin", "gh-admins"), "--apply") == 1
    assert "nobody could change this policy again: none of the 2" in capsys.readouterr().err
    assert version(data) == 1


@pytest.mark.usefixtures("people")
def test_with_several_providers_grants_that_name_none_are_listed(
    tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(data, "entra", "okta")
    named = POLICY.replace('"gh-admin"', '"gh-admin"\nprovider = "entra"')

    assert gatehouse.main(["policy", "check", written(tmp_path, named + DESK)]) == 0
    said = capsys.readouterr().out
    assert "hold for accounts of our own only\n  grant 2: desk\n" in said


@pytest.mark.usefixtures("people")
def test_an_unknown_provider_in_a_grant_is_refused_with_1(
    tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(data, "entra")
    named = DESK.replace('"desk"', '"desk"\nprovider = "entar"')

    assert gatehouse.main(["policy", "check", written(tmp_path, POLICY + named)]) == 1
    assert "no provider is called 'entar'; write one of ['entra']" in capsys.readouterr().err


def test_a_name_that_would_move_the_cursor_is_shown_as_what_it_is(
    tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    came(data, "eve\x1b[2J\u202e", "gh-admin", roles="")
    gatehouse.main(["policy", "check", written(tmp_path, POLICY)])
    said = capsys.readouterr().out

    assert "\x1b" not in said
    assert "\u202e" not in said
    assert "⟨U+001B⟩" in said


# --- explain ------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize("who", ["ben", "entra:ben"])
def test_somebody_is_explained_by_username_and_by_subject(
    who: str, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert gatehouse.main(["policy", "explain", who]) == 0
    lines = capsys.readouterr().out.splitlines()

    assert lines[:4] == [
        "Ben (ben by entra), entra:ben",
        "groups: desk (of entra)",
        "version 1 of the policy gives agent at berlin",
        "  grant 2: agent at berlin, to desk",
    ]
    assert "  door.unlock        at berlin" in lines
    assert "  log.read           no: needs admin, supervisor or auditor" in lines
    assert "  policy.manage      no: needs admin" in lines


def test_what_the_last_sign_in_did_not_have_is_said(
    tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    apply(tmp_path, POLICY + DESK)
    came(data, "ada", "gh-admin", "desk", roles="agent@berlin")
    gatehouse.main(["policy", "explain", "ada"])

    assert "recorded last: agent@berlin (what needs a second factor" in capsys.readouterr().out


@pytest.mark.slow  # real hashes
def test_an_account_of_ours_is_explained_before_its_first_sign_in(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    say(monkeypatch, "correct-horse-battery")
    gatehouse.main(["account", "create", "dan", "--group", "desk"])

    assert gatehouse.main(["policy", "explain", "dan"]) == 0
    assert "version 0 of the policy gives nothing" in capsys.readouterr().out


@pytest.mark.usefixtures("people")
def test_who_is_unknown_or_one_of_several_is_answered_with_1(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    came(data, "ben", "desk", roles="", provider="okta")

    assert gatehouse.main(["policy", "explain", "nobody"]) == 1
    assert "nobody is known as 'nobody'" in capsys.readouterr().err
    assert gatehouse.main(["policy", "explain", "ben"]) == 1
    assert "write one of" in capsys.readouterr().err
