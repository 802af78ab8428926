#!/usr/bin/env bash
# restart-postgres.sh FOLDER: breaks off and starts again the server that tests/oracle/postgres.sh keeps in the folder.
set -euo pipefail

bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
cd "$1" # the unprivileged user may not look into the present one
restart=("$bin/pg_ctl" restart --pgdata "$1/data" --log "$1/server.log" --mode immediate --wait --silent)
if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "${restart[@]}"; else "${restart[@]}"; fi
