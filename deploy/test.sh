#!/usr/bin/env bash
# Every test: the fast ones on all processors, then those with processes or a browser, one after the other.
# With "fast" the first alone; what follows is for pytest.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 2
fast="not slow and not browser"
only=${1:-}
[ "$only" = fast ] && shift
# Unset where it is set: compiling every test anew would take a third of the time.
unset PYTHONDONTWRITEBYTECODE

# One more than there are processors: some tests wait for sockets.
.venv/bin/python -m pytest -n "$(($(nproc) + 1))" --dist worksteal -m "$fast" "$@"
first=$?
[ "$only" = fast ] && exit "$first"
.venv/bin/python -m pytest -m "not ($fast)" "$@"
second=$?
exit $((first > second ? first : second))
