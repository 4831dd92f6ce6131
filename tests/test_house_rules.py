"""The rules of the house that no tool holds: sizes, leftovers, and rooms that are single modules."""

import ast
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("auth", "commands", "connectors", "core", "operations", "pages", "store", "web")
MODULES = ("app", "gatehouse", "settings")
# Written by others and kept unchanged, or generated.
NOT_OURS = ("axe.min.js", "noble.js", "LICENSE", "requirements.txt", "requirements-dev.txt")
OUR_HIDDEN = {".ci", ".streamlit"}
NOT_SOURCE = {"__pycache__", "data", "node_modules", "output"}
OUR_SUFFIXES = {".css", ".html", ".js", ".py", ".sh", ".toml"}

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 60
MAX_MEDIAN_FUNCTION_LINES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What the rules ask of a Python file; `calls` are lines with the dotted names of what is called."""

    docstring: str | None
    functions: list[tuple[str, int]] = field(default_factory=list)
    calls: list[tuple[int, str]] = field(default_factory=list)
    imported: set[str] = field(default_factory=set)


@cache
def our_files() -> tuple[Path, ...]:
    """Walk the tree without git, which may be missing or distrust the folder's owner."""
    found = (path.relative_to(ROOT) for path in ROOT.rglob("*") if path.name not in NOT_OURS)
    return tuple(
        ROOT / path
        for path in found
        if (path.parts[0] in OUR_HIDDEN or not path.parts[0].startswith("."))
        and NOT_SOURCE.isdisjoint(path.parts)
        and (ROOT / path).is_file()
    )


@cache
def read(path: Path) -> Read:
    """Walk a Python file of ours once for all rules; its tree, which is large, is not kept."""
    tree = ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
    found = Read(docstring=ast.get_docstring(tree))
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() if node.end_lineno is not None:
                place = f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
                found.functions.append((place, node.end_lineno - node.lineno + 1))
            case ast.Call(func=ast.Name() | ast.Attribute()):
                found.calls.append((node.lineno, ast.unparse(node.func)))
            case ast.Import():
                found.imported.update(alias.name.partition(".")[0] for alias in node.names)
            case ast.ImportFrom():
                found.imported.add((node.module or "").partition(".")[0])
            case _:
                pass
    return found


def code_files() -> list[Path]:
    return [path for path in our_files() if path.suffix in OUR_SUFFIXES]


def python_files(*tops: str) -> list[Path]:
    """List our Python files, or those in the named rooms and modules."""
    found = (path for path in our_files() if path.suffix == ".py")
    return [path for path in found if not tops or path.relative_to(ROOT).parts[0].removesuffix(".py") in tops]


def functions(paths: list[Path]) -> list[tuple[str, int]]:
    """Give each function's place and its lines, from def to end."""
    return [one for path in paths for one in read(path).functions]


def test_no_file_is_too_long() -> None:
    sizes = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in code_files()}

    assert {str(path.relative_to(ROOT)): n for path, n in sizes.items() if n > MAX_FILE_LINES} == {}


def test_no_function_is_too_long() -> None:
    assert [place for place, lines in functions(python_files()) if lines > MAX_FUNCTION_LINES] == []


def test_the_median_function_is_short() -> None:
    lengths = [lines for _, lines in functions(python_files(*ROOMS, *MODULES))]
    if not lengths:
        pytest.skip("no code yet")

    assert median(lengths) <= MAX_MEDIAN_FUNCTION_LINES


def test_nothing_is_left_for_later() -> None:
    # Written in two parts, so that this file passes its own rule.
    leftover = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in code_files()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if leftover.search(line)
    ]

    assert found == []


def test_tests_wait_for_a_condition_and_never_for_a_time() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in python_files("tests")
        for line, name in read(path).calls
        if name in {"time.sleep", "sleep"}
    ]

    assert found == []


def test_core_never_reads_the_clock() -> None:
    clocks = {"now", "today", "utcnow"}
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in python_files("core")
        for line, name in read(path).calls
        if name.rpartition(".")[2] in clocks and "date" in name
    ]

    assert found == []


def test_settings_import_nothing_of_ours() -> None:
    # A single module is a foreign package to import-linter, so this rule is held here.
    ours = {*ROOMS, *MODULES, "bench", "tests"}
    imported = [read(path).imported for path in python_files("settings")]

    assert [one & ours for one in imported] == [set()]


def test_every_room_says_what_it_is() -> None:
    silent = [str(path.relative_to(ROOT)) for path in python_files() if not read(path).docstring]

    assert silent == []
