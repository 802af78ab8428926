#!/usr/bin/env python3
"""Answers "which shapes contain these places" with GEOS (through shapely), for comparison with the engine.

usage: oracle.py SHAPES PLACES ANSWERS
       oracle.py --lines SHAPES LINES ANSWERS

SHAPES as bench-data.py writes them; PLACES pairs of 32-bit little-endian longitude and latitude in units of 1e-7 degree; ANSWERS gets
pairs of place and shape index, 32-bit little-endian, sorted. Coordinates stay whole numbers throughout, so nothing is
rounded: GEOS decides the same exact question, borders included.

With --lines, LINES are straight lines of two vertices each, and ANSWERS are line, shape and the part of the line's length inside the
shape, as two 32-bit integers and a 64-bit number, for parts above one in ten million.
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


def covering(geometries, places_path, answers_path):
    # part by part, not shape by shape: boxes are tighter, and a large shape is prepared once a part
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


def inside(geometries, lines_path, answers_path):
    parts, shape_of_part = shapely.get_parts(geometries, return_index=True)
    shapely.prepare(parts)
    lines = shapely.linestrings(numpy.fromfile(lines_path, dtype="<i4").reshape(-1, 2, 2).astype("f8"))
    line, part = shapely.STRtree(parts).query(lines, predicate="intersects")
    shares = shapely.length(shapely.intersection(lines[line], parts[part])) / shapely.length(lines[line])
    pairs, of_pair = numpy.unique(numpy.stack([line, shape_of_part[part]], axis=1), axis=0, return_inverse=True)
    total = numpy.bincount(of_pair.ravel(), weights=shares)
    answers = numpy.empty(len(pairs), dtype=[("line", "<i4"), ("shape", "<i4"), ("share", "<f8")])
    answers["line"], answers["shape"], answers["share"] = pairs[:, 0], pairs[:, 1], total
    answers[total > 1e-7].tofile(answers_path)


def main(arguments):
    question = covering
    if arguments[0] == "--lines":
        question = inside
        del arguments[0]
    question(list(shapes(arguments[0])), *arguments[1:])


if __name__ == "__main__":
    main(sys.argv[1:])
