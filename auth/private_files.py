"""Files that hold secrets, read only while nobody else can read them."""

import stat
from pathlib import Path

from core.errors import StartRefused


def read_private(file: Path) -> str:
    """Give a file's text without the line's end; raises StartRefused where others can read it, or nobody."""
    try:
        mode = file.stat().st_mode
        text = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise StartRefused(f"{file} can't be read: write the secret into it, mode 0600") from error
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise StartRefused(f"others can read {file}; say `chmod 600 {file}`")
    if not text:
        raise StartRefused(f"{file} is empty; write the secret into it")
    return text
