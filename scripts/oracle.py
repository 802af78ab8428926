#!/usr/bin/env python3
"""Answers "which shapes contain these places" with GEOS (through shapely), for comparison with the engine.

usage: oracle.py SHAPES PLACES ANSWERS

SHAPES as bench-data.py writes them; PLACES pairs of 32-bit little-endian longitude and latitude in units of 1e-7 degree; ANSWERS gets
pairs of place and shape index, 32-bit little-endian, sorted. Coordinates stay whole numbers throughout, so nothing is
rounded: GEOS decides the same exact question, borders included.
"""
import sys

import numpy
import shapely


def shapes(path):
    words = numpy.fromfile(path, dtype="<i4")
    at = 0

    def take(count=1):
        nonlocal at
        at += count
        return words[at - count : at]

    while at < len(words):
        parts = []
        for _ in range(take()[0]):
            rings = [take(2 * take()[0]).reshape(-1, 2).astype("f8") for _ in range(take()[0])]
            parts.append(shapely.Polygon(rings[0], rings[1:]))
        yield shapely.multipolygons(parts)


def main(shapes_path, places_path, answers_path):
    # part by part, not shape by shape: boxes are tighter, and a large shape is prepared once a part
    geometries = list(shapes(shapes_path))
    parts, shape_of_part = shapely.get_parts(geometries, return_index=True)
    tree = shapely.STRtree(parts)
    shapely.prepare(parts)
    places = numpy.fromfile(places_path, dtype="<i4").reshape(-1, 2)
    found = []
    for start in range(0, len(places), 100_000):
        chunk = places[start : start + 100_000].astype("f8")
        place, part = tree.query(shapely.points(chunk))
        hit = shapely.intersects_xy(parts[part], chunk[place, 0], chunk[place, 1])
        pairs = numpy.stack([place[hit] + start, shape_of_part[part[hit]]], axis=1)
        found.append(numpy.unique(pairs, axis=0))
    numpy.concatenate(found).astype("<i4").tofile(answers_path)


main(*sys.argv[1:])
