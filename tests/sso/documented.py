"""What docs/identity.md has an administrator write: each maker's section with its blocks, and its tables."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

PAGE: Final = (Path(__file__).parent.parent.parent / "docs" / "identity.md").read_text(encoding="utf-8")
_BLOCK: Final = re.compile(r"^( *)```(\w+)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_PROVIDER: Final = "[providers."
_GRANT: Final = "[[grants]]"


@dataclass(frozen=True, kw_only=True)
class Section:
    """One maker's section: the table that names its provider, and the grants that belong to it."""

    title: str
    table: str
    grants: str

    @property
    def name(self) -> str:
        """What the table calls the provider."""
        (name,) = tomllib.loads(self.table)["providers"]
        return str(name)

    @property
    def written(self) -> Mapping[str, Any]:
        """What the table says."""
        table: Mapping[str, Any] = tomllib.loads(self.table)["providers"][self.name]
        return table

    @property
    def policy(self) -> tuple[Mapping[str, Any], ...]:
        """What the grants say."""
        return tuple(tomllib.loads(self.grants)["grants"])

    def filled(self, **values: str) -> str:
        """Write the table with values of one's own instead of those that are examples."""
        text = self.table
        for key, value in values.items():
            line = f'{key} = "{value}"'
            text, found = re.subn(rf"^{key} = .*$", line, text, flags=re.MULTILINE)
            text = text if found else f"{text.rstrip()}\n{line}\n"
        return text


def blocks(text: str, language: str) -> list[str]:
    """Give the blocks of a language, without what they are indented by."""
    found = (one for one in _BLOCK.finditer(text) if one[2] == language)
    return [re.sub(rf"^{one[1]}", "", one[3], flags=re.MULTILINE) for one in found]


def section(title: str) -> str:
    """Give the text below a heading."""
    return next(part for part in PAGE.split("\n## ") if part.startswith(f"{title}\n"))


def sections() -> dict[str, Section]:
    """Give each maker's section by the name of its provider."""
    parts = (part for part in PAGE.split("\n## ") if any(map(_is_table, blocks(part, "toml"))))
    found = (_section(part) for part in parts)
    return {one.name: one for one in found}


def _section(part: str) -> Section:
    written = blocks(part, "toml")
    (table,) = filter(_is_table, written)
    (grants,) = (one for one in written if one.startswith(_GRANT))
    return Section(title=part.partition("\n")[0], table=table, grants=grants)


def _is_table(block: str) -> bool:
    return block.startswith(_PROVIDER)


def rows(title: str, heading: str) -> list[list[str]]:
    """Give the cells of a section's table whose first line begins with a heading."""
    lines = section(title).splitlines()
    start = next(at for at, line in enumerate(lines) if line.startswith(f"| {heading}"))
    body = lines[start + 2 :]
    end = next((at for at, line in enumerate(body) if not line.startswith("|")), len(body))
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in body[:end]]
