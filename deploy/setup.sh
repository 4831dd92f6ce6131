#!/usr/bin/env bash
# Installs what a command needs: `setup.sh run|check|test`.
# A stamp in .venv holds the hash of the requirements it was filled from. While the stamps fit and the
# programs are there, nothing is called that needs the network.
set -euo pipefail
cd "$(dirname "$0")/.."
readonly goal=${1:-run}
readonly venv=.venv
# Debian keeps servers in sbin, which is not on the path of an ordinary user.
export PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"

say() { printf 'setup: %s\n' "$*" >&2; }
fail() {
    printf 'setup: %s\n' "$@" >&2
    exit 1
}

as_root() {
    if ((EUID == 0)); then
        env DEBIAN_FRONTEND=noninteractive "$@"
    elif [[ -t 0 ]]; then
        sudo DEBIAN_FRONTEND=noninteractive "$@"
    else
        sudo -n DEBIAN_FRONTEND=noninteractive "$@"
    fi
}

can_install() {
    command -v apt-get >/dev/null || return 1
    ((EUID == 0)) && return 0
    command -v sudo >/dev/null || return 1
    [[ -t 0 ]] || sudo -n true 2>/dev/null
}

# apt_install WHAT-ELSE-WOULD-HELP PACKAGE...
apt_install() {
    local otherwise=$1
    shift
    can_install || fail "missing: $* (and this account may not use apt)." "Install it: apt-get install $*" "$otherwise"
    say "installing $* with apt"
    as_root apt-get update -qq || say "apt-get update failed; trying with the lists at hand"
    as_root apt-get install -y -qq --no-install-recommends "$@" >/dev/null ||
        fail "apt could not install: $*" "Install it by hand and start again." "$otherwise"
}

# --- Python -----------------------------------------------------------------------------------------

is_311() { [[ $("$1" -c 'import sys; print(*sys.version_info[:2])' 2>/dev/null) == "3 11" ]]; }

find_python() {
    local candidate
    for candidate in python3.11 /usr/bin/python3.11 python3 python; do
        if command -v "$candidate" >/dev/null && is_311 "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    return 1
}

need_venv() {
    is_311 $venv/bin/python && $venv/bin/python -m pip --version >/dev/null 2>&1 && return
    local python
    if ! python=$(find_python); then
        apt_install "Gatehouse needs Python 3.11." python3.11 python3.11-venv
        python=$(find_python) || fail "Python 3.11 is still missing."
    fi
    "$python" -c 'import ensurepip' 2>/dev/null ||
        apt_install "Gatehouse needs Python's venv module." python3.11-venv
    say "creating $venv"
    "$python" -m venv --clear $venv
}

# need_packages STAMP FILE...: FILEs in the order in which they are installed.
need_packages() {
    local stamp=$venv/.stamp-$1 hash file
    shift
    hash=$(sha256sum "$@" | sha256sum)
    [[ -f $stamp && $(<"$stamp") == "$hash" ]] && return
    for file in "$@"; do
        say "installing the packages of $file"
        $venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input \
            --require-hashes -r "$file" || fail "pip could not install $file (is the package index reachable?)"
    done
    echo "$hash" >"$stamp"
}

# --- The broker -------------------------------------------------------------------------------------

# Debian starts a broker of its own on port 1883 when the package is installed. Ours is started by
# Gatehouse on its own port, so the service is kept from starting now (policy-rc.d, removed again at
# once) and at the next boot (disable). `systemctl enable --now mosquitto` takes that back.
readonly policy=/usr/sbin/policy-rc.d
policy_is_ours=false

allow_service_starts() {
    if $policy_is_ours; then
        as_root rm -f $policy
        policy_is_ours=false
    fi
}

forbid_service_starts() {
    [[ -e $policy ]] && return
    trap allow_service_starts EXIT
    policy_is_ours=true
    printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null
    as_root chmod 755 $policy
}

broker_is_configured() {
    local config=${GATEHOUSE_CONFIG:-${GATEHOUSE_DATA:-data}/gatehouse.toml}
    [[ -r $config ]] && $venv/bin/python - "$config" <<'PYTHON'
import sys, tomllib
with open(sys.argv[1], "rb") as file:
    sys.exit(not tomllib.load(file).get("mqtt", {}).get("host"))
PYTHON
}

need_broker() {
    command -v mosquitto >/dev/null && return
    broker_is_configured && return
    can_install && forbid_service_starts
    apt_install 'Or name a broker that is there already: [mqtt] host = "..." in gatehouse.toml.' mosquitto
    allow_service_starts
    if command -v systemctl >/dev/null; then
        as_root systemctl disable --quiet mosquitto 2>/dev/null || say "mosquitto's own service stays enabled"
    fi
}

need_browser() {
    command -v chromium >/dev/null ||
        apt_install "The browser tests use the system's Chromium." chromium chromium-sandbox fonts-liberation
    need_shell
}

# Tests take it where it is, as it begins a context faster; benches measure the other. It is asked for once:
# not every system has it, and a second start needs no network.
need_shell() {
    command -v chromium-headless-shell >/dev/null && return
    [[ -f $venv/.stamp-shell ]] && return
    can_install && (apt_install "The tests go without it." chromium-headless-shell) ||
        say "the tests go without chromium-headless-shell"
    touch "$venv/.stamp-shell"
}

# The program inside the playwright package is a Node.js that wants a library which a small Debian lacks.
need_driver() {
    compgen -G '/usr/lib/*/libatomic.so.1*' >/dev/null && return
    apt_install "The browser tests are driven by a program that needs libatomic." libatomic1
}

# The OpenID provider of the tests runs in the Node.js that came with the packages. Its lock file names no
# registry: npm takes the one that it is set to. Without it all other tests still run.
need_provider() {
    local stamp=$venv/.stamp-op hash
    hash=$(sha256sum tests/op/package-lock.json)
    [[ -d tests/op/node_modules && -f $stamp && $(<"$stamp") == "$hash" ]] && return
    say "installing the packages of tests/op/package-lock.json"
    if $venv/bin/python tests/op/node.py; then
        echo "$hash" >"$stamp"
    else
        say "npm could not install tests/op (is its registry reachable?); the tests that sign in there will fail"
    fi
}

# Evidence packages are checked by tools that others made: Go with its note and tlog packages, and what opens
# encrypted ZIPs.
need_checkers() {
    [[ -d /usr/share/gocode/src/golang.org/x/mod ]] && command -v go >/dev/null &&
        command -v 7z >/dev/null && command -v bsdtar >/dev/null && return
    apt_install "Evidence packages are checked by tools that others made." \
        golang-go golang-golang-x-mod-dev p7zip-full libarchive-tools openssh-client openssl
}

need_tracer() {
    command -v strace >/dev/null && return
    apt_install "A proof reads the order of ingest's system calls." strace
}

# A backup is opened with the tool of those who made its format.
need_age() {
    command -v age >/dev/null && return
    apt_install "Tests open a backup with it." age
}

# ----------------------------------------------------------------------------------------------------

# Two targets started at once must not fill the same folder.
exec 9>.venv.lock
flock 9
need_venv
need_packages run requirements.txt
case $goal in
    run) need_broker ;;
    check) need_packages dev requirements.txt requirements-dev.txt ;;
    test)
        need_packages dev requirements.txt requirements-dev.txt
        need_broker
        need_browser
        need_driver
        need_provider
        need_tracer
        need_age
        need_checkers
        ;;
    *) fail "unknown goal: $goal (run, check or test)" ;;
esac
