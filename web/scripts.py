"""The scripts of our components as browsers may keep them: at addresses that change when any of them does.

Streamlit's addresses never change, so that a browser asks for every script each time a page is opened.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Final

from web.streamlit_runtime import COMPONENT_PATHS, component_address

# A month: who is away for longer asks once more.
KEPT: Final = b"private, max-age=2592000, immutable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scripts:
    """Every script by its plain address, and the version that all share."""

    version: str = ""
    files: Mapping[str, Path] = field(default_factory=dict)

    @staticmethod
    def of(components: Path) -> "Scripts":
        """Read the scripts in the folders of components."""
        found = {component_address(file): file for file in sorted(components.glob("*/*.js"))}
        whole = sha256()
        for address, file in found.items():
            whole.update(address.encode() + b"\0" + file.read_bytes() + b"\0")
        return Scripts(version=whole.hexdigest()[:12], files=found)

    def address(self, plain: str) -> str:
        """Give the address of a script in this version, which a browser may keep."""
        return f"{plain}?v={self.version}"

    def of_component(self, name: str) -> Iterator[str]:
        """Give the addresses of one component's scripts in this version."""
        return (self.asked(plain) for plain, file in self.files.items() if file.parent.name == name)

    def asked(self, plain: str) -> str:
        """Give the address at which a browser asks for a script.

        Streamlit loads the one that is named as its component by an element, to which no import map applies.
        """
        file = self.files[plain]
        return plain if file.stem == file.parent.name else self.address(plain)

    @property
    def import_map(self) -> str:
        """Write the import map (HTML, section 8.1.5) that leads from plain addresses to this version's."""
        return json.dumps({"imports": {plain: self.asked(plain) for plain in self.files}})

    def kept(self, path: str, query: str) -> bool:
        """Whether a browser may keep what this address answers."""
        return bool(self.version) and path.startswith(COMPONENT_PATHS) and query == f"v={self.version}"
