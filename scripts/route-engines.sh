#!/usr/bin/env bash
# Puts Valhalla and OSRM, with the road network of tests/route/roads.py, into .cache/engines. Run again, it is quick.
#
# Both come from their PyPI wheels, of which only the programs are used: unpacked, not installed, whatever Python is here.
set -euo pipefail
cd "$(dirname "$0")/.."

VALHALLA=3.9.1
OSRM=26.10.0
ENGINES=$PWD/.cache/engines
PYTHON=$PWD/.cache/venv/bin/python
[ -x "$PYTHON" ] || PYTHON=python3

say() { printf 'tools: %s\n' "$*"; }

wheel() { # PACKAGE VERSION FOLDER
    [ -e "$ENGINES/$3/$2" ] && return
    say "$1 $2 into .cache/engines"
    local fetched
    fetched=$(mktemp -d)
    "$PYTHON" -m pip download --quiet --disable-pip-version-check --no-deps --python-version 312 --only-binary=:all: \
        --dest "$fetched" "$1==$2"
    rm -rf "${ENGINES:?}/$3"
    mkdir -p "$ENGINES/$3"
    python3 -m zipfile --extract "$fetched"/*.whl "$ENGINES/$3"
    rm -rf "$fetched"
    chmod +x "$ENGINES/$3"/*/bin/*
    touch "$ENGINES/$3/$2"
}

quietly() { # COMMAND…: its output only if it fails
    local log
    log=$(mktemp)
    "$@" >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
    rm -f "$log"
}

roads() {
    local data=$ENGINES/roads osrm=$ENGINES/osrm/osrm valhalla=$ENGINES/valhalla/valhalla
    cmp --silent tests/route/roads.py "$data/made-by.py" && return
    say "roads of tests/route/roads.py for both engines"
    rm -rf "$data"
    mkdir -p "$data/osrm"
    python3 tests/route/roads.py "$data/roads.osm"
    osmium sort --overwrite --no-progress --output "$data/roads.osm.pbf" "$data/roads.osm"
    # the circumference that areas to keep out of may have is far too small by default
    python3 "$valhalla/valhalla_build_config.py" --mjolnir-tile-dir "$data/tiles" --mjolnir-concurrency 1 \
        --service-limits-max-exclude-polygons-length 5000000 >"$data/valhalla.json"
    quietly "$valhalla/bin/valhalla_build_tiles" --config "$data/valhalla.json" "$data/roads.osm.pbf"
    cp "$data/roads.osm.pbf" "$data/osrm/roads.osm.pbf"
    quietly "$osrm/bin/osrm-extract" --threads 1 --profile "$osrm/share/profiles/car.lua" --data_version roads-2026-11-01 \
        "$data/osrm/roads.osm.pbf"
    # contraction hierarchies: the other algorithm finds no alternatives in so few roads
    quietly "$osrm/bin/osrm-contract" --threads 1 "$data/osrm/roads.osrm"
    cp tests/route/roads.py "$data/made-by.py"
}

wheel pyvalhalla $VALHALLA valhalla
wheel osrm-bindings $OSRM osrm
roads
