"""Who may change estate and policy at the command line, by the network they came to the machine from."""

from pathlib import Path

import pytest

import gatehouse
from core.records import Kind
from store.opening import open_database
from tests.auth.people import POLICY, settle_in
from tests.auth.reading import told

ESTATE = '[[sites]]\nid = "rome"\nname = "Rome"\ntime_zone = "Europe/Rome"\n'


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "data"
    db = open_database(folder)
    settle_in(db)
    db.close()
    tables = '[networks]\nestate = ["10.1.0.0/16"]\npolicy = ["10.1.0.0/16"]\n'
    (folder / "gatehouse.toml").write_text(tables, encoding="utf-8")
    monkeypatch.setenv("GATEHOUSE_DATA", str(folder))
    monkeypatch.delenv("GATEHOUSE_CONFIG", raising=False)
    return folder


@pytest.fixture
def documents(tmp_path: Path) -> dict[str, list[str]]:
    estate, policy = tmp_path / "estate.toml", tmp_path / "policy.toml"
    estate.write_text(ESTATE, encoding="utf-8")
    policy.write_text(POLICY + "# again\n", encoding="utf-8")
    return {
        "estate": ["estate", "import", "--apply", str(estate)],
        "policy": ["policy", "apply", "--apply", str(policy)],
    }


@pytest.mark.parametrize("area", ["estate", "policy"])
def test_who_came_from_elsewhere_changes_nothing_and_is_recorded(
    data: Path, documents: dict[str, list[str]], area: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSH_CONNECTION", "192.0.2.9 50000 10.1.0.2 22")
    assert gatehouse.main(documents[area]) == 1

    db = open_database(data)
    (refused,) = told(db, Kind.OPERATOR_PAGE_REFUSED)
    assert (refused.reason, refused.refs["page"]) == ("wrong_network", area)
    assert refused.private["address"] == "192.0.2.9"
    assert len(told(db, Kind.ESTATE_CHANGED)) == 0
    assert len(told(db, Kind.POLICY_CHANGED)) == 1
    db.close()


@pytest.mark.parametrize("area", ["estate", "policy"])
@pytest.mark.parametrize("came", ["", "10.1.7.7 50000 10.1.0.2 22"])
def test_who_sits_at_the_machine_or_came_from_there_may(
    data: Path, documents: dict[str, list[str]], area: str, came: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSH_CONNECTION", came)

    assert gatehouse.main(documents[area]) == 0
