#!/usr/bin/env bash
# bench-http.sh PROGRAM: checks over HTTP against an empty handler of the same server, on loopback, bounded in time.
#
# Goal: a location check reaches 85 % of the empty handler's requests, and at most twice its 99th percentile.
set -euo pipefail
cd "$(dirname "$0")/.."

program=$1
seconds=${SECONDS_EACH:-8}
connections=32
folder=$(mktemp -d)
"$program" serve --listen 127.0.0.1:0 --data-dir "$folder/data" --rate-check 0 >"$folder/log" 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; rm -rf "$folder"' EXIT

address=
for _ in $(seq 150); do
    address=$(grep -oE '127\.0\.0\.1:[1-9][0-9]*' "$folder/log" | sed -n 1p || true)
    [ -z "$address" ] || break
    kill -0 "$server" 2>/dev/null || break
    sleep 0.2
done
[ -n "$address" ] || { echo "the server does not say where it listens:" >&2; cat "$folder/log" >&2; exit 1; }

figures() { # KIND SECONDS
    wrk --threads 1 --connections $connections --duration "${2}s" --latency --script scripts/bench-http.lua "http://$address" -- "$1" |
        sed -n 's/^FIGURES //p'
}

figures location 2 >/dev/null # warm
printf '%-10s %12s %9s %9s %7s %8s\n' handler 'requests/s' 'p50 ms' 'p99 ms' errors 'of empty'
failed=0
for kind in empty location itinerary; do
    read -r rate p50 p99 errors <<<"$(figures $kind "$seconds")"
    [ $kind != empty ] || empty=$rate
    printf '%-10s %12s %9s %9s %7s %7s%%\n' $kind "$rate" "$p50" "$p99" "$errors" "$((100 * rate / empty))"
    [ "$errors" = 0 ] || failed=1
done
[ $failed = 0 ] || { echo "some requests were not answered well" >&2; exit 1; }
