#!/usr/bin/env bash
# Every test: the fast ones on all processors, then those with processes or a browser, file by file on all
# processors, then, one after the other, the proofs that count what a machine keeps up with, measure or fill a disk.
# With "fast" the first alone; what follows is for pytest.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 2
fast="not slow and not browser"
only=${1:-}
[ "$only" = fast ] && shift
# Unset where it is set: compiling every test anew would take a third of the time.
unset PYTHONDONTWRITEBYTECODE
worst=0

tests() {
    .venv/bin/python -m pytest "$@"
    local code=$?
    ((code > worst)) && worst=$code
}

# One more than there are processors: some tests wait for sockets.
tests -n "$(($(nproc) + 1))" --dist worksteal -m "$fast" "$@"
[ "$only" = fast ] && exit "$worst"
# A file keeps to one process: what it starts, it starts once.
tests -n "$(nproc)" --dist loadfile -m "not ($fast) and not alone" "$@"
tests tests/proof -m alone "$@"
exit "$worst"
