"""Cells of a CSV file: what a spreadsheet could compute, hide or turn round, it does not."""

import csv
import io
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.spreadsheet import cell

BEGINS = "=+-@\t\r"
WIDE = "＝＋－＠"  # noqa: RUF001 - these are what is tried


def read(text: str) -> str:
    """Read one cell back as a program that knows RFC 4180 does."""
    (row,) = csv.reader(io.StringIO(cell(text) + "\r\n", newline=""))
    return row[0] if row else ""


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "=cmd|' /C calc'!A0",
        '=HYPERLINK("http://example.org?x="&A1,"click")',
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1+1",
        "\r=1+1",
        "\n=1+1",
        " =1+1",
        "   @x",
        "\N{NO-BREAK SPACE}=1",
        *(f"{one}1+1" for one in WIDE),
        *(f" {one}1+1" for one in WIDE),
        "\N{SMALL HYPHEN-MINUS}1",
        "\N{MINUS SIGN}1",
        "\N{ZERO WIDTH SPACE}=1",
        "\N{RIGHT-TO-LEFT OVERRIDE}=1",
        "\x00=1",
    ],
)
def test_what_begins_a_formula_is_kept_from_being_one(text: str) -> None:
    assert read(text).startswith("'")


@pytest.mark.parametrize(
    "text", ["Ann", "a=b", "3-4", "****1234", "O'Neil", "Müller, Ann", "李", "a\\b", '"x"']
)
def test_what_is_no_formula_stays_as_it_is(text: str) -> None:
    assert read(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a;=1+1", "a;'=1+1"),
        ("a;b; @x", "a;b;' @x"),
        ('a;"=1+1', "a;'\"=1+1"),
        (f"a;{WIDE[0]}1", f"a;'{WIDE[0]}1"),
        ("a;;-1", "a;;'-1"),
        ("a; b", "a; b"),
        ("a;", "a;"),
    ],
)
def test_what_begins_a_formula_where_a_semicolon_parts_cells_is_kept_from_it_too(
    text: str, shown: str
) -> None:
    assert read(text) == shown


def test_what_turns_text_round_is_shown_as_its_code_point() -> None:
    assert read("ab\N{RIGHT-TO-LEFT OVERRIDE}cd") == "ab\\u202Ecd"
    assert read("a\nb\x07\N{ZERO WIDTH JOINER}") == "a\\u000Ab\\u0007\\u200D"
    assert read("\ud800") == "\\uD800"


@given(st.text(max_size=40))
def test_no_text_begins_a_formula_breaks_a_line_or_turns_it(text: str) -> None:
    shown = read(text)

    assert unicodedata.normalize("NFKC", shown.lstrip()[:1])[:1] not in {*BEGINS, "\N{MINUS SIGN}"} - {""}
    assert not {"Cc", "Cf", "Cs", "Zl", "Zp"} & {unicodedata.category(one) for one in shown}
    shown.encode()


@given(st.text(alphabet=st.sampled_from("=+-@ \t\r\n\"',;" + WIDE), max_size=12))
def test_no_mixture_of_signs_begins_a_formula(text: str) -> None:
    assert read(text)[:1] not in set(BEGINS + WIDE)
    assert read(text).lstrip()[:1] not in set(BEGINS + WIDE)
