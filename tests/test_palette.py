"""The colours that say how a door is: legible on their ground, and told apart by eyes that see fewer of them.

Contrast is WCAG 2's. Colour vision is simulated by the matrices of Machado, Oliveira and Fernandes (2009) at
full severity, on linear light; what is seen is compared in CIELAB (1976).
"""

import itertools
import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final, TypeAlias

import pytest

ROOT: Final = Path(__file__).parents[1]
LIVE: Final = ROOT / "pages" / "components" / "live"
Colour: TypeAlias = tuple[float, float, float]
Palette: TypeAlias = Mapping[str, str]

STATES: Final = ("secure", "open", "held", "forced", "call", "unknown")
# These fill a tile, and words stand on them.
FILLING: Final = ("held", "forced", "call")
TEXT, TEXT_MORE, EDGE, APART = 4.5, 7.0, 3.0, 20.0
# The theme of Streamlit's own parts: words, and the grounds they stand on.
THEMES: Final = ("light", "dark")
GROUNDS: Final = ("backgroundColor", "secondaryBackgroundColor")

MATRICES: Final[Mapping[str, Sequence[Colour]]] = {
    "everything": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    "no red (protanopia)": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "no green (deuteranopia)": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "no blue (tritanopia)": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}
# From linear sRGB to CIE XYZ under D65, over its white.
_XYZ: Final[Sequence[Colour]] = (
    (0.4124564 / 0.95047, 0.3575761 / 0.95047, 0.1804375 / 0.95047),
    (0.2126729, 0.7151522, 0.0721750),
    (0.0193339 / 1.08883, 0.1191920 / 1.08883, 0.9503041 / 1.08883),
)


# --- light --------------------------------------------------------------------------------------------


def linear(colour: str) -> Colour:
    """Give the light of `#rrggbb`, 0 to 1 each."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return red, green, blue


def through(matrix: Sequence[Colour], light: Colour) -> Colour:
    """Apply a matrix, and keep to what a screen can show."""
    one, two, three = (
        min(max(sum(m * part for m, part in zip(row, light, strict=True)), 0.0), 1.0) for row in matrix
    )
    return one, two, three


def luminance(colour: str) -> float:
    return sum(w * part for w, part in zip((0.2126, 0.7152, 0.0722), linear(colour), strict=True))


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def lab(light: Colour) -> Colour:
    """Give a colour as an eye weighs it: CIELAB."""
    x, y, z = (sum(m * part for m, part in zip(row, light, strict=True)) for row in _XYZ)
    fx, fy, fz = (t ** (1 / 3) if t > (6 / 29) ** 3 else t / (3 * (6 / 29) ** 2) + 4 / 29 for t in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def difference(one: str, other: str, matrix: Sequence[Colour]) -> float:
    first, second = (lab(through(matrix, linear(colour))) for colour in (one, other))
    return float(sum((a - b) ** 2 for a, b in zip(first, second, strict=True)) ** 0.5)


# --- what the files say -------------------------------------------------------------------------------


@cache
def palettes() -> Mapping[str, Palette]:
    """Read the wall's variables as the cascade gives them: each theme, with and without more contrast."""
    blocks = re.findall(
        r"^(\.screen[^\s{]*) \{([^}]*)\}", (LIVE / "screen.css").read_text(encoding="utf-8"), re.MULTILINE
    )
    found: dict[str, Palette] = {}
    for theme, more in itertools.product(THEMES, (False, True)):
        held = {f'[data-theme="{theme}"]', *(['[data-contrast="more"]'] if more else [])}
        merged: dict[str, str] = {}
        for selector, body in blocks:
            if set(re.findall(r"\[[^]]*\]", selector)) <= held and ":" not in selector:
                merged |= dict(re.findall(r"--([a-z-]+):\s*(#[0-9a-f]{6});", body))
        found[f"{theme}{', more contrast' if more else ''}"] = merged
    return found


@cache
def theme() -> Mapping[str, Palette]:
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    return {name: config["theme"][name] for name in THEMES}


def pairs(*names: str) -> Iterator[tuple[str, str]]:
    return itertools.combinations(names, 2)


def test_what_is_measured_here_is_measured_right() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)
    assert lab(linear("#ff0000")) == pytest.approx((53.24, 80.09, 67.20), abs=0.05)
    for matrix in MATRICES.values():
        # Grey stays grey, whatever an eye does not see.
        assert difference("#808080", "#808080", matrix) == 0
        assert through(matrix, (0.5, 0.5, 0.5)) == pytest.approx((0.5, 0.5, 0.5), abs=0.001)
    # The pair that gives this blindness its name.
    assert difference("#d01c1c", "#1c8a1c", MATRICES["everything"]) > 100
    assert difference("#a85c1c", "#7a6f1c", MATRICES["no green (deuteranopia)"]) < APART


# --- the wall -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", palettes())
def test_every_word_of_the_wall_is_legible_on_every_ground(name: str) -> None:
    palette = palettes()[name]
    words = ("text", "soft", *STATES)
    low = {
        (word, ground): round(contrast(palette[word], palette[ground]), 2)
        for word in words
        for ground in ("ground", "panel", *(["sunk"] if word in {"text", "soft"} else []))
    } | {("on-fill", fill): round(contrast(palette["on-fill"], palette[fill]), 2) for fill in FILLING}

    least = TEXT_MORE if "more" in name else TEXT
    assert {pair: ratio for pair, ratio in low.items() if ratio < least} == {}


@pytest.mark.parametrize("name", palettes())
@pytest.mark.parametrize("eyes", MATRICES)
def test_the_states_of_a_door_are_told_apart_by_every_eye(name: str, eyes: str) -> None:
    palette = palettes()[name]
    apart = {
        pair: round(difference(palette[pair[0]], palette[pair[1]], MATRICES[eyes]), 1)
        for pair in pairs(*STATES)
    }

    assert {pair: delta for pair, delta in apart.items() if delta < APART} == {}


def test_no_two_states_that_call_for_somebody_have_one_shape() -> None:
    script = (LIVE / "conditions.js").read_text(encoding="utf-8")
    conditions = dict(re.findall(r"^  (\w+): \{ sign: \"(\w+)\", word:", script, re.MULTILINE))
    # A call is a phone whether it rings or is answered, and says which in its word.
    urgent = [conditions[state] for state in ("forced", "ringing", "held", "unknown", "lockdown", "open")]

    assert len(set(urgent)) == len(urgent)
    assert conditions["secure"] not in urgent


def test_every_state_has_a_word_of_its_own() -> None:
    script = (LIVE / "conditions.js").read_text(encoding="utf-8")
    words = re.findall(r"^  \w+: \{ sign: \"\w+\", word: (\"[^\"]+\")", script, re.MULTILINE)

    assert len(words) > len(STATES)
    assert len({json.loads(word) for word in words}) == len(words)


# --- Streamlit's own parts ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", THEMES)
def test_every_word_of_the_pages_is_legible(name: str) -> None:
    colours = theme()[name]
    ratios = {
        (word, ground): round(contrast(colours[word], colours[ground]), 2)
        for word in ("textColor", "linkColor")
        for ground in GROUNDS
    } | {("white", "primaryColor"): round(contrast("#ffffff", colours["primaryColor"]), 2)}

    assert {pair: ratio for pair, ratio in ratios.items() if ratio < TEXT} == {}


@pytest.mark.parametrize("name", THEMES)
def test_what_can_be_pressed_has_an_edge_that_is_seen(name: str) -> None:
    colours = theme()[name]
    ratios = {
        word: contrast(colours[word], colours["backgroundColor"]) for word in ("borderColor", "primaryColor")
    }

    assert {word: ratio for word, ratio in ratios.items() if ratio < EDGE} == {}
