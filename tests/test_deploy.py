"""What a server is told to install is what it needs and no more."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parent.parent
MARK = re.compile(r"\bmark\.alone\b")


def test_the_unit_names_a_target_that_installs_nothing_for_tests() -> None:
    unit = (ROOT / "deploy" / "gatehouse.service").read_text(encoding="utf-8")
    named = re.search(r"set up by `make (\w+)`", unit)
    assert named is not None
    # The tests are themselves run by make, whose own flags must not speak here.
    command = ["env", "-u", "MAKEFLAGS", "-u", "MAKELEVEL", "make", "-n", named[1]]
    does = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)

    assert does.stdout.split() == ["deploy/setup.sh", "run"]


def test_what_runs_alone_is_among_the_proofs_where_it_is_looked_for() -> None:
    script = (ROOT / "deploy" / "test.sh").read_text(encoding="utf-8")
    marked = [one for one in (ROOT / "tests").rglob("*.py") if MARK.search(one.read_text(encoding="utf-8"))]

    assert "tests tests/proof -m alone" in script
    assert marked
    assert [one for one in marked if one.parent.name != "proof"] == []
