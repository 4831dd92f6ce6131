"""The command line: exit codes, one sentence for an error, and the verbs that change the store."""

from pathlib import Path
from typing import Final

import pytest

import gatehouse
from tests.ports import free_port

ESTATE: Final = """
sites = [{ id = "berlin", name = "Berlin", time_zone = "Europe/Berlin" }]
devices = [{ id = "d1", site = "berlin", family = "gatehouse" }]
doors = [{ id = "lobby", site = "berlin", device = "d1", number = "1", name = "Lobby" }]
"""
POLICY: Final = '[[grants]]\ngroup = "gh-admin"\nrole = "admin"\nsites = ["*"]\n'
PASSWORD: Final = "correct-horse-battery"


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("GATEHOUSE_CONFIG", "GATEHOUSE_PORT", "GATEHOUSE_MQTT_PORT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GATEHOUSE_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def document(tmp_path: Path) -> Path:
    file = tmp_path / "estate.toml"
    file.write_text(ESTATE, encoding="utf-8")
    return file


def say(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    class Typed:
        def isatty(self) -> bool:
            return False

        def readline(self) -> str:
            return text + "\n"

        def read(self) -> str:
            return text

    monkeypatch.setattr("sys.stdin", Typed())


@pytest.mark.parametrize(
    "arguments", [[], ["nonsense"], ["estate"], ["estate", "import"], ["policy", "explode"]]
)
def test_wrong_use_ends_with_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        gatehouse.main(arguments)
    assert caught.value.code == 2


def test_a_refused_setting_ends_with_2_and_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GATEHOUSE_PORT", "none")

    assert gatehouse.main(["health"]) == 2
    assert capsys.readouterr().err == "gatehouse: GATEHOUSE_PORT must be a whole number, not 'none'\n"


def test_no_help_names_what_only_the_demo_starts() -> None:
    assert "simulate" not in gatehouse.parser().format_help()


def test_an_estate_goes_in_and_comes_out_again(
    document: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    again = tmp_path / "again.toml"

    assert gatehouse.main(["estate", "import", "--dry-run", str(document)]) == 0
    assert "+ door lobby" in capsys.readouterr().out
    assert gatehouse.main(["estate", "import", "--apply", str(document)]) == 0
    assert "3 added, 0 changed, 0 retired" in capsys.readouterr().out
    assert gatehouse.main(["estate", "export", str(again)]) == 0
    assert gatehouse.main(["estate", "import", str(again)]) == 0
    assert "no difference" in capsys.readouterr().out


@pytest.mark.parametrize(("answer", "code", "told"), [("", 1, "nothing was changed"), ("y", 0, "3 added")])
def test_at_a_terminal_the_difference_is_shown_before_anything_is_changed(
    document: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    answer: str,
    code: int,
    told: str,
) -> None:
    shown: list[str] = []

    def asked(_question: str) -> str:
        shown.append(capsys.readouterr().out)
        return answer

    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("builtins.input", asked)

    assert gatehouse.main(["estate", "import", str(document)]) == code
    assert "+ door lobby" in shown[0]
    assert told in capsys.readouterr().out
    assert gatehouse.main(["estate", "import", "--dry-run", str(document)]) == 0
    assert ("+ door lobby" in capsys.readouterr().out) is bool(code)


def test_a_bad_estate_ends_with_1_and_its_remedy(document: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document.write_text(ESTATE.replace('family = "gatehouse"', 'family = "gatehose"'), encoding="utf-8")

    assert gatehouse.main(["estate", "import", str(document)]) == 1
    assert "did you mean 'gatehouse'?" in capsys.readouterr().err


def test_a_file_that_is_not_there_ends_with_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert gatehouse.main(["estate", "import", "nowhere.toml"]) == 1
    assert "nowhere.toml can't be read" in capsys.readouterr().err


def test_a_policy_is_checked_applied_and_shown(
    document: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text(POLICY, encoding="utf-8")
    gatehouse.main(["estate", "import", str(document)])

    assert gatehouse.main(["policy", "check", str(policy)]) == 0
    assert gatehouse.main(["policy", "apply", str(policy)]) == 0
    capsys.readouterr()
    assert gatehouse.main(["policy", "show"]) == 0
    assert capsys.readouterr().out == POLICY
    policy.write_text(POLICY.replace("*", "nowhere"), encoding="utf-8")
    assert gatehouse.main(["policy", "check", str(policy)]) == 1


@pytest.mark.slow  # real hashes, and the hasher brings Streamlit with it
def test_the_first_admin_is_created_from_standard_input(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text(POLICY, encoding="utf-8")
    say(monkeypatch, PASSWORD)

    assert gatehouse.main(["account", "create", "ada", "--name", "Ada B", "--group", "gh-admin"]) == 0
    assert "may see nothing yet" in capsys.readouterr().out
    gatehouse.main(["policy", "apply", str(policy)])
    capsys.readouterr()
    assert gatehouse.main(["account", "create", "ada"]) == 0
    assert "may see nothing" not in capsys.readouterr().out
    assert gatehouse.main(["account", "list"]) == 0
    listed = capsys.readouterr().out
    assert "ada" in listed
    assert "Ada B" in listed
    assert "gh-admin" in listed
    assert gatehouse.main(["account", "disable", "ada"]) == 0
    gatehouse.main(["account", "list"])
    assert "(disabled)" in capsys.readouterr().out


def test_a_short_password_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    say(monkeypatch, "short")

    assert gatehouse.main(["account", "create", "ada"]) == 1
    assert "at least" in capsys.readouterr().err


def test_an_unknown_account_can_not_be_disabled(capsys: pytest.CaptureFixture[str]) -> None:
    assert gatehouse.main(["account", "disable", "nobody"]) == 1
    assert "there is no account 'nobody'" in capsys.readouterr().err


def test_the_demo_refuses_a_folder_with_an_estate_of_ones_own(
    document: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gatehouse.main(["estate", "import", str(document)])

    assert gatehouse.main(["demo"]) == 1
    assert "give the demo another folder in GATEHOUSE_DATA" in capsys.readouterr().err


def test_the_demo_refuses_a_broker_that_is_not_its_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GATEHOUSE_MQTT_HOST", "localhost")

    assert gatehouse.main(["demo"]) == 2
    assert "GATEHOUSE_MQTT_HOST" in capsys.readouterr().err


def test_without_mosquitto_run_says_what_to_do_and_stops(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("connectors.mqtt.broker._PLACES", ())
    monkeypatch.setenv("GATEHOUSE_PORT", str(free_port()))
    monkeypatch.setenv("GATEHOUSE_MQTT_PORT", str(free_port()))

    assert gatehouse.main(["run"]) == 1
    said = capsys.readouterr().err
    assert "apt-get install mosquitto" in said
    assert "mqtt" in said
