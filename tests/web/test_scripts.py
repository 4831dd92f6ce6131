"""The scripts of components at addresses that a browser may keep, and no other address."""

import json
from pathlib import Path

import pytest

from web.scripts import Scripts

FEED = "/_stcore/bidi-components/gatehouse.wall/feed.js"
WALL = "/_stcore/bidi-components/gatehouse.wall/wall.js"


@pytest.fixture
def components(tmp_path: Path) -> Path:
    for name in ("wall/wall.js", "wall/feed.js", "shared/formats.js", "wall/wall.css"):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"// {name}", encoding="utf-8")
    return tmp_path


def test_each_script_has_an_address_of_this_version(components: Path) -> None:
    scripts = Scripts.of(components)
    led = json.loads(scripts.import_map)["imports"]

    assert len(led) == 3
    assert led[FEED] == f"{FEED}?v={scripts.version}"
    assert sorted(scripts.of_component("wall")) == sorted(
        to for plain, to in led.items() if ".wall/" in plain
    )


def test_the_script_that_streamlit_loads_by_itself_keeps_its_address_so_that_it_is_loaded_once(
    components: Path,
) -> None:
    assert WALL in Scripts.of(components).of_component("wall")


def test_a_change_of_any_script_changes_every_address_that_is_kept(components: Path) -> None:
    before = Scripts.of(components)
    (components / "wall/feed.js").write_text("// anew", encoding="utf-8")

    assert Scripts.of(components).address(FEED) != before.address(FEED)


def test_only_an_address_of_this_version_may_be_kept(components: Path) -> None:
    scripts = Scripts.of(components)
    query = f"v={scripts.version}"

    assert scripts.kept(FEED, query)
    for path, other in (
        (FEED, ""),
        (FEED, "v="),
        (FEED, f"{query}&v=0"),
        (FEED, "v=0"),
        ("/live/attention", query),
    ):
        assert not scripts.kept(path, other)
    assert not Scripts().kept(FEED, "v=")
