"""Starts, kills and weighs the processes of the stand."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
_TICKS: Final = os.sysconf("SC_CLK_TCK")
_GOOD_BYE_S: Final = 10.0


def children(pid: int) -> tuple[int, ...]:
    """Give the pids of a process's living children."""
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    return tuple(int(one) for one in listed.split())


@dataclass(slots=True)
class Process:
    """A process of ours; its output goes to a file."""

    popen: "subprocess.Popen[bytes]"
    log: Path
    # Another pid to weigh and to kill: that of the traced one under strace.
    target: int | None = None

    @property
    def pid(self) -> int:
        """The process that counts."""
        return self.target or self.popen.pid

    def alive(self) -> bool:
        """Whether it still runs."""
        return self.popen.poll() is None

    def kill(self) -> None:
        """End it as a power cut would: SIGKILL."""
        os.kill(self.pid, signal.SIGKILL)
        self.popen.wait(_GOOD_BYE_S)

    def stop(self) -> None:
        """Ask it to end, and insist after a while."""
        if self.alive():
            os.kill(self.pid, signal.SIGTERM)
            try:
                self.popen.wait(_GOOD_BYE_S)
            except subprocess.TimeoutExpired:
                self.kill()

    def cpu_us(self) -> int:
        """Give the CPU time of all its threads, user and system, in µs (10 ms grain)."""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) * 1_000_000 // _TICKS

    def rss_mb(self) -> float:
        """Give its resident memory."""
        return rss_mb(self.pid)

    def said(self) -> str:
        """Give the end of what it wrote."""
        return self.log.read_text(encoding="utf-8", errors="replace")[-4_000:]


def rss_mb(pid: int) -> float:
    """Give the resident memory of a process in MB (10^6 bytes)."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    line = next(one for one in status.splitlines() if one.startswith("VmRSS:"))
    return int(line.split()[1]) * 1024 / 1e6


def start(command: Sequence[str], log: Path, environ: Mapping[str, str] | None = None) -> Process:
    """Start a program in the repository's folder, with nothing of our own Gatehouse settings."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("GATEHOUSE_")}
    with log.open("ab") as output:
        popen = subprocess.Popen(
            list(command), cwd=ROOT, stdout=output, stderr=output, env=inherited | dict(environ or {})
        )
    return Process(popen, log)


def python(*arguments: str) -> tuple[str, ...]:
    """Give the command line of our own interpreter."""
    return (sys.executable, *arguments)
