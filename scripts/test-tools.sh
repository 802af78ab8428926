#!/usr/bin/env bash
# Installs what the tests need and this machine lacks, and says so. Run again, it finds everything in place and is quick.
#
# Debian packages (as root or with sudo): a C compiler and OpenSSL's headers (with `--build` these alone), Python's venv, PostgreSQL with
# PostGIS, osmium, kitinerary-extractor, Chromium, Firefox, valgrind; with `--bench` wrk too. Into .cache/tools: cargo-nextest, cargo-deny. Into .cache/venv:
# tests/oracle/requirements.txt. Into .cache/engines: Valhalla and OSRM (scripts/route-engines.sh).
set -euo pipefail
cd "$(dirname "$0")/.."

NEXTEST=0.9.143
NODE=20.19.0
DENY=0.20.2
CACHE=$PWD/.cache

say() { printf 'tools: %s\n' "$*"; }

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        say "needs root or sudo for: $*" >&2
        exit 1
    fi
}

listed=no
update_lists() {
    [ "$listed" = yes ] && return
    say "apt-get update"
    as_root apt-get update -qq
    listed=yes
}

install_packages() {
    update_lists
    say "apt-get install $*"
    # RUNLEVEL=1: a database server that is installed for the tests is not started as a service
    local log
    log=$(mktemp)
    as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq --no-install-recommends "$@" >"$log" 2>&1 ||
        { cat "$log" >&2; exit 1; }
    rm -f "$log"
}

has_postgis() {
    local control version
    for control in /usr/share/postgresql/*/extension/postgis.control; do
        version=$(basename "$(dirname "$(dirname "$control")")")
        [ -x "/usr/lib/postgresql/$version/bin/initdb" ] && return 0
    done
    return 1
}

# The newest PostgreSQL for which the distribution has PostGIS 3.
postgis_package() {
    apt-cache search --names-only '^postgresql-[0-9]+-postgis-3$' | cut -d ' ' -f 1 | sort -V | tail -n 1
}

# at_least HAVE WANT
at_least() { [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | sed -n 1p)" = "$2" ]; }

# What cargo build needs beside Rust: web-push's message types bring a crate that links OpenSSL.
build_packages() {
    local missing=()
    command -v cc >/dev/null || missing+=(gcc libc6-dev)
    command -v pkg-config >/dev/null || missing+=(pkg-config)
    pkg-config --exists openssl 2>/dev/null || missing+=(libssl-dev)
    [ ${#missing[@]} = 0 ] || install_packages "${missing[@]}"
}

debian_packages() {
    local missing=()
    command -v python3 >/dev/null || missing+=(python3)
    python3 -c 'import ensurepip, venv' 2>/dev/null || missing+=(python3-venv)
    command -v osmium >/dev/null || missing+=(osmium-tool)
    compgen -G '/usr/lib/*/libexec/kf*/kitinerary-extractor' >/dev/null || missing+=(libkpimitinerary-bin)
    if ! has_postgis; then
        update_lists
        local postgis
        postgis=$(postgis_package)
        [ -n "$postgis" ] || { say "no package of PostgreSQL with PostGIS 3 is known here" >&2; exit 1; }
        missing+=("${postgis%-postgis-3}" "$postgis")
    fi
    command -v chromium >/dev/null || missing+=(chromium)
    command -v firefox-esr >/dev/null || missing+=(firefox-esr)
    command -v valgrind >/dev/null || missing+=(valgrind)
    if [ "${1:-}" = --bench ] && ! command -v wrk >/dev/null; then missing+=(wrk); fi
    [ ${#missing[@]} = 0 ] || install_packages "${missing[@]}"
}

node_is_there() {
    local have
    have=$(node --version 2>/dev/null || true)
    if [ -z "$have" ] || ! at_least "${have#v}" "$NODE" || ! command -v npm >/dev/null; then
        say "the page is built and driven by Node $NODE or later with npm; here is ${have:-none}: see https://nodejs.org" >&2
        exit 1
    fi
}

cargo_tool() { # NAME VERSION
    local have
    have=$(cargo "${1#cargo-}" --version 2>/dev/null | awk 'NR == 1 {print $2}' || true)
    if [ -z "$have" ] || ! at_least "$have" "$2"; then
        say "cargo install $1 $2 into .cache/tools (some minutes, once)"
        cargo install --quiet --locked --version "$2" --root "$CACHE/tools" "$1"
    fi
}

python_oracles() {
    local wanted=tests/oracle/requirements.txt stamp=$CACHE/venv/installed.txt
    cmp --silent "$wanted" "$stamp" && return
    say "Python packages of $wanted into .cache/venv"
    rm -rf "$CACHE/venv"
    python3 -m venv "$CACHE/venv"
    "$CACHE/venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$wanted"
    cp "$wanted" "$stamp"
}

export PATH="$PATH:$CACHE/tools/bin"
build_packages
[ "${1:-}" != --build ] || exit 0
debian_packages "$@"
node_is_there
cargo_tool cargo-nextest $NEXTEST
cargo_tool cargo-deny $DENY
python_oracles
bash scripts/route-engines.sh
say "all there"
