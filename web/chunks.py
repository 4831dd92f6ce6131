"""Which of Streamlit's scripts a browser needs for an element: its own, and all that these import.

Streamlit's index names what every page needs; for the rest a browser asks when the first such element comes,
one import after the other.
"""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from core.errors import StartRefused

# As the bundler writes static imports, all of them before anything else (ECMAScript 2025, section 16.2.2).
_IMPORT: Final = re.compile(r'import(?:\{[^}]*\}from)?"\./([\w.-]+\.js)";?')
_JS: Final = "static/js"


def chunks(elements: Iterable[str], folder: Path) -> list[str]:
    """Give the addresses of what draws these elements, each after what imports it.

    `folder` is where Streamlit's index lies; raises StartRefused where an element has no script of its own.
    """
    given = set(re.findall(rf"{_JS}/([\w.-]+\.js)", (folder / "index.html").read_text(encoding="utf-8")))
    scripts = folder / _JS
    wanted = [_of(element, scripts).name for element in elements]
    for name in wanted:
        wanted.extend(sorted(_imports(scripts / name) - given - set(wanted)))
    return [f"/{_JS}/{name}" for name in wanted]


def _of(element: str, scripts: Path) -> Path:
    found = list(scripts.glob(f"{element}.*.js"))
    if len(found) != 1:
        raise StartRefused(f"Streamlit has {len(found)} scripts for {element}: look at web/first_page.py")
    return found[0]


def _imports(script: Path) -> set[str]:
    text = script.read_text(encoding="utf-8")
    found: set[str] = set()
    at = 0
    while match := _IMPORT.match(text, at):
        found.add(match[1])
        at = match.end()
    return found
