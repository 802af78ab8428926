#!/usr/bin/env bash
# Starts a PostgreSQL for the tests of one run of nextest, and ends it when that run has ended.
set -euo pipefail
cd "$(dirname "$0")/../.."

run=$PPID
folder=$(mktemp -d "${TMPDIR:-/tmp}/cordon-setup.XXXXXX")
trap 'rm -rf "$folder"' EXIT
mkfifo "$folder/ready"
# in a session of its own, so that it outlives this script; it lasts as long as the run
setsid bash tests/oracle/postgres.sh bash -c 'echo "$CORDON_TEST_POSTGRES" >"$0"; exec tail --pid="$1" -f /dev/null' \
    "$folder/ready" "$run" </dev/null >/dev/null 2>&1 &
found=$(timeout 60 cat "$folder/ready") || { echo "PostgreSQL does not start; make tools installs it" >&2; exit 1; }
echo "CORDON_TEST_POSTGRES=$found" >>"$NEXTEST_ENV"
