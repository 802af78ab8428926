#!/usr/bin/env bash
# postgres.sh COMMAND…: runs a command with a PostgreSQL of its own, thrown away afterwards.
#
# The server listens on a socket in a temporary folder only, so that any number of runs go side by side. The command finds it
# in CORDON_TEST_POSTGRES, in libpq's words. PostgreSQL refuses to run as root; root runs it as the user `postgres`.
set -euo pipefail

bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
[ -n "$bin" ] || { echo "postgres.sh: no PostgreSQL here; make tools installs it" >&2; exit 1; }

unprivileged() {
    if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi
}

folder=$(mktemp -d "${TMPDIR:-/tmp}/cordon-postgres.XXXXXX")
cleanup() {
    # pg_ctl ends the process that the cluster's own postmaster.pid names, and no other
    if [ -f "$folder/data/postmaster.pid" ]; then
        unprivileged "$bin/pg_ctl" stop --pgdata "$folder/data" --mode immediate --wait --silent || true
    fi
    rm -rf "$folder"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

[ "$(id -u)" != 0 ] || chown postgres "$folder"
cd "$folder" # the unprivileged user may not look into the present one

setting=(-c "unix_socket_directories=$folder" -c listen_addresses= -c fsync=off -c full_page_writes=off
    -c synchronous_commit=off -c shared_buffers=256MB -c work_mem=64MB -c max_wal_size=4GB -c jit=off)
unprivileged "$bin/initdb" --pgdata data --username cordon --auth trust --encoding UTF8 --no-locale --no-sync >initdb.log 2>&1 ||
    { cat initdb.log >&2; exit 1; }
unprivileged "$bin/pg_ctl" start --pgdata data --log "$folder/server.log" --wait --silent --options "${setting[*]}" ||
    { cat server.log >&2; exit 1; }

cd "$OLDPWD"
export CORDON_TEST_POSTGRES="host=$folder user=cordon dbname=postgres"
status=0
"$@" || status=$?
exit "$status"
