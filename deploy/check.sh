#!/usr/bin/env bash
# Every check that takes seconds. Runs them all, so that one failure does not hide the next.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 2
bin=.venv/bin
failed=()

step() {
    local name=$1 output started=$SECONDS
    shift
    if output=$("$@" 2>&1); then
        printf '  %-10s ok    %s s\n' "$name" "$((SECONDS - started))"
    else
        printf '  %-10s FAILED\n%s\n' "$name" "$output"
        failed+=("$name")
    fi
}

step format "$bin/ruff" format --check --output-format concise .
step lint "$bin/ruff" check --quiet --output-format concise .
step imports "$bin/lint-imports"
step packages "$bin/deptry" --no-ansi .
step dead-code "$bin/vulture"
step types "$bin/mypy"
deploy/test.sh fast -q
case $? in
    0) ;;
    # A tree without fast tests yet is not a broken tree.
    5) ;;
    *) failed+=(tests) ;;
esac

if ((${#failed[@]})); then
    echo "check failed: ${failed[*]}" >&2
    exit 1
fi
echo "check passed"
