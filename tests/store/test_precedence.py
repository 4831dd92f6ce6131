"""Whoever waits for an act is seen by those who only write records, in this process and in others."""

import subprocess
import sys
from pathlib import Path

from store.precedence import Precedence

_HELD = """
import sys
from pathlib import Path
from store.precedence import Precedence
with Precedence(Path(sys.argv[1])).taken():
    print("taken", flush=True)
    sys.stdin.read()
"""


def test_it_is_taken_for_as_long_as_anybody_waits(tmp_path: Path) -> None:
    ours, theirs = Precedence(tmp_path), Precedence(tmp_path)
    assert not theirs.is_taken()

    with ours.taken():
        with ours.taken():
            assert theirs.is_taken()
        assert theirs.is_taken()

    assert not theirs.is_taken()


def test_to_look_is_in_nobodys_way(tmp_path: Path) -> None:
    looking = Precedence(tmp_path)
    assert not looking.is_taken()

    with Precedence(tmp_path).taken():
        assert looking.is_taken()


def test_a_process_that_is_killed_in_the_middle_of_an_act_holds_up_nobody(tmp_path: Path) -> None:
    command = (sys.executable, "-c", _HELD, str(tmp_path))
    other = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert other.stdout is not None
        assert other.stdout.readline() == "taken\n"
        assert Precedence(tmp_path).is_taken()
    finally:
        other.kill()
        other.communicate()

    assert not Precedence(tmp_path).is_taken()


def test_its_file_is_its_owners_only(tmp_path: Path) -> None:
    with Precedence(tmp_path).taken():
        (file,) = tmp_path.iterdir()

    assert file.stat().st_mode & 0o777 == 0o600
