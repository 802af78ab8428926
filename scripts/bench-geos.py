#!/usr/bin/env python3
"""GEOS and PostGIS as rows of the table that benches/src/bin/locate.rs prints, over the same shapes and questions.

usage: bench-geos.py SHAPES.bin FOLDER      run by `locate`, under tests/oracle/postgres.sh where PostgreSQL is installed

FOLDER/NAME.questions holds longitude and latitude in units of 1e-7 degree as 32-bit little-endian integers, FOLDER/NAME.expected the
number of answers and their mix as Cordon found them. GEOS is given what is fastest in it: an STR tree, prepared shapes, and all
questions in one call from C. PostGIS joins a table of questions with an indexed table of shapes, without parallel workers.
"""
import os
import pathlib
import sys
import time

import numpy
import shapely
from oracle import shapes

PASSES = 3
NAMES = ("uniform", "track", "border")


def checksum(questions, found):
    """As cordon_benches::measure::Checksum has it."""
    q, s = (numpy.asarray(ids, dtype=numpy.uint64) for ids in (questions, found))
    with numpy.errstate(over="ignore"):
        mix = (q * numpy.uint64(0x9E3779B97F4A7C15)) ^ (s * numpy.uint64(0xBF58476D1CE4E5B9))
        return len(q), int(mix.sum(dtype=numpy.uint64))


def row(name, asked, engine):
    """Prints the best time of each row, and whether the answers are the expected ones."""
    print(f"{name:<34}", end="", flush=True)
    same = True
    for points, expected in asked:
        best = float("inf")
        for _ in range(PASSES):
            start = time.perf_counter()
            found = engine(points)
            best = min(best, time.perf_counter() - start)
        same &= checksum(*found) == expected
        print(f"{best * 1e9 / len(points):>12.1f}", end="", flush=True)
    print("   same answers" if same else "   other answers")


def geos(polygons):
    tree = shapely.STRtree(polygons)
    shapely.prepare(polygons)

    def engine(points):
        question, shape = tree.query(shapely.points(points))
        inside = shapely.intersects_xy(polygons[shape], points[question, 0], points[question, 1])
        return question[inside], shape[inside]

    return engine


def postgis(database, polygons):
    database.execute("CREATE EXTENSION IF NOT EXISTS postgis; SET max_parallel_workers_per_gather = 0")
    database.execute("CREATE TEMP TABLE shapes (id integer, geom geometry)")
    with database.cursor().copy("COPY shapes FROM STDIN") as copy:
        for number, polygon in enumerate(polygons):
            copy.write_row((number, shapely.to_wkb(polygon, hex=True)))
    database.execute("CREATE INDEX ON shapes USING gist (geom); ANALYZE shapes")
    taken = {}

    def engine(points):
        if id(points) not in taken:
            table = taken[id(points)] = f"questions_{len(taken)}"
            database.execute(f"CREATE TEMP TABLE {table} (id integer, geom geometry)")
            with database.cursor().copy(f"COPY {table} FROM STDIN") as copy:
                for number, point in enumerate(shapely.to_wkb(shapely.points(points), hex=True)):
                    copy.write_row((number, point))
            database.execute(f"ANALYZE {table}")
        # one row: a hundred thousand rows on the way to this program are no work of the join's
        pairs = f"SELECT q.id AS question, s.id AS shape FROM {taken[id(points)]} q JOIN shapes s ON ST_Intersects(s.geom, q.geom)"
        found = database.execute(f"SELECT array_agg(question), array_agg(shape) FROM ({pairs}) p").fetchone()
        return found[0] or [], found[1] or []

    return engine


def main():
    folder = pathlib.Path(sys.argv[2])
    asked = []
    for name in NAMES:
        points = numpy.fromfile(folder / f"{name}.questions", dtype="<i4").reshape(-1, 2) / 1e7
        answers, mix = (folder / f"{name}.expected").read_text().split()
        asked.append((points, (int(answers), int(mix))))
    polygons = shapely.transform(numpy.array(list(shapes(sys.argv[1])), dtype=object), lambda units: units / 1e7)
    row(f"GEOS {shapely.geos_version_string}, prepared", asked, geos(polygons))
    if words := os.environ.get("CORDON_TEST_POSTGRES"):
        import psycopg

        with psycopg.connect(words, autocommit=True) as database:
            row("PostGIS, ST_Intersects join", asked, postgis(database, polygons))


main()
