"""The command `identity check`, and what `health` says of providers: exit codes, words, and no secrets."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import gatehouse
from core.times import MINUTE_US, SECOND_US
from store.clock import now_us
from store.database import FILE_NAME, Database
from store.opening import open_database
from store.touch import Part, PartState, report_part
from store.trust import TrustState, note_trust
from tests.auth.providing import both_shapes, client, table, trust_of
from tests.op.kinds import CLIENT_SECRET
from tests.op.provider import Op
from tests.stores import new_store

Said = pytest.CaptureFixture[str]


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("GATEHOUSE_CONFIG", "GATEHOUSE_PORT", "GATEHOUSE_MQTT_PORT"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "data"
    folder.mkdir(0o700)
    monkeypatch.setenv("GATEHOUSE_DATA", str(folder))
    monkeypatch.setenv("GATEHOUSE_PUBLIC_URL", "https://gatehouse.example")
    return folder


def configure(data: Path, text: str = "", **providers: dict[str, Any]) -> None:
    """Write the tables into gatehouse.toml, each with the tests' secret unless it has another file."""
    tables = "\n".join(
        f"[providers.{name}]\n" + "\n".join(f"{key} = {json.dumps(value)}" for key, value in one.items())
        for name, one in ((name, table(data, **more)) for name, more in providers.items())
    )
    (data / "gatehouse.toml").write_text(f"{tables}\n{text}\n", encoding="utf-8")


def store_in(data: Path) -> Database:
    return open_database(data) if (data / FILE_NAME).exists() else new_store(data)


def know(data: Path, name: str, **known: Any) -> None:
    db = store_in(data)
    note_trust(db, name, lambda _old: TrustState(**known))
    db.close()


def run_well(data: Path) -> None:
    db = store_in(data)
    report_part(db, Part(name="web", state=PartState.OK, at=now_us(), pid=None, info={}))
    db.close()


@pytest.mark.usefixtures("data")
def test_without_any_provider_there_is_nothing_to_check(capsys: Said) -> None:
    assert gatehouse.main(["identity", "check"]) == 2
    assert "write [providers.<name>] in" in capsys.readouterr().err


def test_a_name_that_no_provider_has_is_wrong_use(data: Path, capsys: Said) -> None:
    configure(data, sso={}, other={})

    assert gatehouse.main(["identity", "check", "ss\x1bo"]) == 2
    assert "no provider is called 'ss⟨U+001B⟩o'; write one of sso, other" in capsys.readouterr().err


def test_tables_that_are_none_are_wrong_use(data: Path, capsys: Said) -> None:
    (data / "gatehouse.toml").write_text("providers = 3\n", encoding="utf-8")

    assert gatehouse.main(["identity", "check"]) == 2
    assert "write each as a table of its own" in capsys.readouterr().err


def test_settings_that_can_not_be_read_are_the_first_finding_and_spoil_no_other(
    data: Path, capsys: Said
) -> None:
    configure(
        data,
        sso={"preset": "google", "issuer": "https://127.0.0.1:9"},
        other={"issuer": "https://127.0.0.1:9"},
    )

    assert gatehouse.main(["identity", "check", "sso"]) == 1
    said = capsys.readouterr().out
    assert not (data / FILE_NAME).exists()
    assert said.startswith("sso\n  ✗ Settings: providers.sso.domains is missing")
    assert gatehouse.main(["identity", "check", "other"]) == 1
    assert "✗ Reached: nobody listens at 127.0.0.1:9." in capsys.readouterr().out


def test_what_the_last_sign_in_lacked_is_wrong(data: Path, capsys: Said) -> None:
    configure(data, sso={"issuer": "https://127.0.0.1:9"})
    know(data, "sso", good=now_us(), lacking="groups")

    assert gatehouse.main(["identity", "check", "sso"]) == 1
    said = capsys.readouterr().out
    assert "✗ Groups: the last sign-in brought none of: groups." in said
    assert said.endswith("  2 things are wrong\n\n")


def test_roles_without_a_rule_for_their_second_factor_follow_the_conditions(data: Path, capsys: Said) -> None:
    configure(data, "[conditions]\nmfa_roles = ['auditor']", sso={"issuer": "https://127.0.0.1:9"})
    gatehouse.main(["identity", "check"])

    assert "so Auditors can't come in by this provider" in capsys.readouterr().out


# --- health -------------------------------------------------------------------------------------------


def test_health_tells_of_providers_beside_the_parts(data: Path, capsys: Said) -> None:
    configure(data, sso={"secret_expires": "2999-01-01"})
    now = now_us()
    known = {"checked": now - 5 * SECOND_US, "reached": now - 5 * SECOND_US, "keys_at": now, "drift_ms": -300}
    know(data, "sso", **known, good=now - MINUTE_US, failed=now - MINUTE_US, failed_reason="not_proven")
    run_well(data)

    assert gatehouse.main(["health"]) == 0
    said = capsys.readouterr().out
    assert re.search(
        r"sso +ok +looked at \d+ s ago · keys \d+ s old · clock -0.3 s by Date · secret ends in", said
    )
    assert re.search(r"last sign-in 6\d s ago · last refused 6\d s ago \(Second factor missing\)", said)
    assert gatehouse.main(["health", "--json"]) == 0
    (told,) = json.loads(capsys.readouterr().out)["providers"]
    assert (told["name"], told["state"], told["clock_ms"]) == ("sso", "ok", -300)
    assert (told["ends"], told["lost_s"], told["wrong"]) == ("2999-01-02T00:00:00.000Z", None, [])


def test_a_provider_that_is_away_is_told_and_changes_neither_state_nor_exit_code(
    data: Path, capsys: Said
) -> None:
    configure(data, sso={})
    now = now_us()
    know(data, "sso", checked=now, lost=now - 90 * SECOND_US, reason="unreachable", problem="no \x1b answer")
    run_well(data)

    assert gatehouse.main(["health"]) == 0
    said = capsys.readouterr().out
    assert "sso          down" in said
    assert "  ◆ can't be reached: No ⟨U+001B⟩ answer." in said
    assert gatehouse.main(["health", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["state"], told["providers"][0]["state"]) == ("ok", "down")
    assert told["providers"][0]["lost_s"] >= 90


def test_a_provider_that_nobody_looks_at_or_whose_settings_are_wrong_is_told_as_that(
    data: Path, capsys: Said
) -> None:
    configure(data, sso={}, other={"preset": "google"})
    run_well(data)
    gatehouse.main(["health", "--json"])
    told = {one["name"]: one for one in json.loads(capsys.readouterr().out)["providers"]}

    assert (told["sso"]["state"], told["other"]["state"]) == ("unknown", "down")
    assert "was never looked at" in told["sso"]["wrong"][0]
    assert "domains is missing" in told["other"]["wrong"][0]


# --- the real one -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Op]:
    with both_shapes(tmp_path_factory.mktemp("op")) as op:
        yield op


@pytest.fixture
def op(started: Op, data: Path) -> Op:
    """Configure a provider of each shape, with nothing wrong."""
    for name, one in started.issuers.items():
        one.control.well()
        one.control.clients(client(one.spec.shape))
        assert name in {"keycloak", "generic"}
    configure(data, keycloak=trust_of(started, "keycloak"), generic=trust_of(started, "generic"))
    return started


@pytest.mark.slow
def test_all_providers_are_checked_and_notes_alone_end_with_0(op: Op, capsys: Said) -> None:
    assert gatehouse.main(["identity", "check"]) == 0
    said = capsys.readouterr().out

    assert [line for line in said.splitlines() if line and not line.startswith(" ")] == [
        "keycloak",
        "generic",
    ]
    assert said.count("  nothing is wrong\n") == 2
    assert "✗" not in said
    assert "  ▲ Secret's end: the secret has no end written down.\n      Write " in said
    assert "  ✓ Clock: by 2 answers it is 0." in said
    assert CLIENT_SECRET not in said


@pytest.mark.slow
def test_answers_by_query_are_checked_without_a_warning_of_a_library(
    op: Op, data: Path, capsys: Said
) -> None:
    configure(data, keycloak=trust_of(op, "keycloak") | {"response_mode": "query"})

    assert gatehouse.main(["identity", "check", "keycloak"]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.slow
@pytest.mark.parametrize("name", ["keycloak", "generic"])
def test_one_provider_with_something_wrong_ends_with_1_in_words_and_without_the_secret(
    op: Op, capsys: Said, name: Any
) -> None:
    op.issuer(name).control.clients(
        client(name, client_secret="another", redirect_uris=("https://x.example/",))
    )

    assert gatehouse.main(["identity", "check", name]) == 1
    said = capsys.readouterr()
    assert "  ✗ Redirect URI: " in said.out
    assert (
        f"Register exactly this redirect URI there: https://gatehouse.example/auth/{name}/callback"
        in said.out
    )
    assert "  ✗ Secret: the provider does not take it for gatehouse (invalid_client)." in said.out
    assert "  2 things are wrong\n" in said.out
    assert CLIENT_SECRET not in said.out
    assert said.err == ""


@pytest.mark.slow
def test_words_of_a_provider_that_would_move_the_cursor_are_shown_as_what_they_are(
    op: Op, capsys: Said
) -> None:
    op.issuer("generic").control.body("discovery", issuer="https://x\x1b[2J\u202e")

    assert gatehouse.main(["identity", "check", "generic"]) == 1
    said = capsys.readouterr().out
    assert "\x1b" not in said
    assert "https://x⟨U+001B⟩[2J⟨U+202E⟩" in said
