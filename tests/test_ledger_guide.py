"""What docs/ledger.md tells others to type works with their tools, on what Gatehouse writes."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.connectors.checkpoints.signing import seal, signer

GUIDE = Path(__file__).parent.parent / "docs" / "ledger.md"
TOOLS = ("ssh-keygen", "openssl")


def typed(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run each command of the section on the fingerprint."""
    section = GUIDE.read_text(encoding="utf-8").partition("## The fingerprint")[2].partition("\n## ")[0]
    script = "\n".join(re.findall(r"```sh\n(.*?)```", section, re.DOTALL))
    return subprocess.run(
        ["sh", "-ec", script], cwd=folder, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.skipif(not all(map(shutil.which, TOOLS)), reason="ssh-keygen or openssl is not here")
def test_fingerprint_and_signature_can_be_checked_by_the_commands_of_the_guide(tmp_path: Path) -> None:
    (tmp_path / "ledger.vkey").write_text(f"{signer().key.text}\n")
    (tmp_path / "checkpoint").write_bytes(seal(5).note)
    good = typed(tmp_path)
    (tmp_path / "checkpoint").write_bytes(seal(5).note.replace(b"\n5\n", b"\n6\n"))
    bad = typed(tmp_path)

    assert signer().key.fingerprint in good.stdout
    assert "Signature Verified Successfully" in good.stdout
    assert (good.returncode, bad.returncode) == (0, 1)
