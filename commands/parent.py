"""A process of a supervisor ends with it, also when the supervisor was killed with -9."""

import ctypes
import os
import signal
import sys
from typing import Final

SUPERVISOR: Final = "GATEHOUSE_SUPERVISOR"
_PR_SET_PDEATHSIG: Final = 1


def follow() -> None:
    """Have the kernel send SIGTERM to this process when its supervisor ends; does nothing without one."""
    supervisor = os.environ.get(SUPERVISOR)
    if supervisor is None:
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != int(supervisor):
        # It ended before the kernel knew of our wish.
        sys.exit(1)


def main() -> None:
    """Become another program that follows too: `python -m commands.parent PROGRAM ARGUMENT…`."""
    follow()
    os.execv(sys.argv[1], sys.argv[1:])  # noqa: S606 - the supervisor's own command line, no shell


if __name__ == "__main__":
    main()
