"""Compares Cordon's answers with engines that share nothing with it: GEOS (shapely), PostGIS, and PROJ's geodesics (pyproj).

    compare.py FOLDER      run by tests/oracle/main.rs, under postgres.sh

FOLDER/shapes.ndjson   a line per shape: {"id": 0, "name": "region KH", "geometry": GeoJSON MultiPolygon}, ids from 0
FOLDER/points-*.csv    lon,lat,kind,covering: covering holds the ids of the shapes that contain the point, as Cordon says
FOLDER/margins-*.csv   lon,lat,shape,margin_m,nearest_lon,nearest_lat: signed distance to the border, as Cordon says
FOLDER/lines-*.csv     from_lon,from_lat,to_lon,to_lat,inside: an edge straight in longitude and latitude, and "SHAPE FROM_M:TO_M …;…" where
                       it is inside of shapes, as Cordon says

All coordinates but the nearest points are integers of 1e-7 degree. The engines work in the same integers, which a double holds
exactly, so no rounding stands between the question and their answers. What is left is rounding inside an engine: where one
disagrees with Cordon, an exact test in 64-bit integers decides. An engine that is wrong by rounding is counted and printed as
explained; one that is right makes this program fail.

±180 is one meridian under two names, and a pole is one place under all longitudes: the engines, which know planes only, are
asked for both names, or for the whole edge of the map.
"""

import csv
import json
import os
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
import psycopg
import pyproj
import shapely

HALF_TURN, POLE = 1_800_000_000, 900_000_000
# pairs per batch that the exact test looks at although all engines agree
SAMPLED = 4000
# pairs whose distance is measured against every edge of the shape
MEASURED = 3000


def main(folder):
    started = time.monotonic()
    shapes = Shapes(folder / "shapes.ndjson")
    points_of = sorted(folder.glob("points-*.csv"))
    if not shapes.names or not points_of:
        sys.exit(f"{folder}: no shapes or no points")
    print(f"{len(shapes.names)} shapes, {sum(map(len, shapes.edges)):,} edges")
    wrong = shapes.invalid()
    kinds, explained, total = Counter(), Counter(), 0
    with psycopg.connect(os.environ["CORDON_TEST_POSTGRES"], autocommit=True) as database:
        postgis = PostGis(database, shapes)
        engines = [("GEOS covers", geos("covers")), ("GEOS intersects", geos("intersects")),
                   ("PostGIS ST_Covers", postgis.asks("ST_Covers")), ("PostGIS ST_Intersects", postgis.asks("ST_Intersects"))]
        for file in points_of:
            points = Points(file, len(shapes.names))
            kinds.update(points.kinds)
            total += len(points.lon)
            wrong += judge_sample(shapes, points)
            postgis.take(points)
            for name, engine in engines:
                wrong += compare(name, engine(shapes, points), shapes, points, explained)
    measured = 0
    for file in sorted(folder.glob("margins-*.csv")):
        count, found = margins(file, shapes)
        measured += count
        wrong += found
    lines, stretches = 0, 0
    for file in sorted(folder.glob("lines-*.csv")):
        count, compared, found = along(file, shapes)
        lines, stretches = lines + count, stretches + compared
        wrong += found
    print(f"{total:,} points: " + ", ".join(f"{n:,} {kind}" for kind, n in sorted(kinds.items())))
    for name, _ in engines:
        print(f"{name}: {explained[name, 'agreed']:,} shapes around points found as by Cordon, "
              f"{explained[name]} times not, by rounding of its own")
    print(f"{measured:,} distances to a border compared with PROJ's geodesics")
    print(f"{lines:,} long edges through {stretches:,} stretches inside shapes compared with GEOS and PROJ")
    for line in wrong[:50]:
        print("UNEXPLAINED", line)
    print(f"{len(wrong)} unexplained differences, {time.monotonic() - started:.0f} s")
    sys.exit(1 if wrong else 0)


class Shapes:
    """The shapes, as GEOS geometries and as arrays of edges for the exact test."""

    def __init__(self, file):
        self.names, self.edges, self.parts, geometries = [], [], [], []
        with open(file, encoding="utf-8") as lines:
            for number, line in enumerate(lines):
                feature = json.loads(line)
                assert feature["id"] == number, "ids count from 0"
                polygons = feature["geometry"]["coordinates"]
                self.names.append(feature["name"])
                edges, parts = [], []
                for part, rings in enumerate(polygons):
                    for ring in rings:
                        ring = np.array(ring, dtype=np.int64)
                        edges.append(np.hstack([ring[:-1], ring[1:]]))
                        parts.append(np.full(len(ring) - 1, part))
                self.edges.append(np.vstack(edges) if edges else np.empty((0, 4), np.int64))
                self.parts.append(np.concatenate(parts) if parts else np.empty(0, int))
                geometries.append(shapely.MultiPolygon([(rings[0], rings[1:]) for rings in polygons]))
        self.geometries = np.array(geometries, dtype=object)

    def invalid(self):
        """Shapes that are not valid in the sense of OGC Simple Features: an invariant Cordon claims."""
        bad = np.flatnonzero(~shapely.is_valid(self.geometries))
        return [f"{self.names[i]}: not a valid shape: {shapely.is_valid_reason(self.geometries[i])}" for i in bad]

    def covers(self, shape, lon, lat):
        """The exact answer for a place, in integers that cannot overflow: 3.6e9 × 1.8e9 < 2^63."""
        if abs(lat) == POLE:
            return bool((self.edges[shape][:, 1] == lat).any())
        names = [lon, -lon] if abs(lon) == HALF_TURN else [lon]
        return any(self._covers(shape, lon, lat) for lon in names)

    def _covers(self, shape, lon, lat):
        x1, y1, x2, y2 = self.edges[shape].T
        left, right = (x2 - x1) * (lat - y1), (lon - x1) * (y2 - y1)
        in_box = (np.minimum(x1, x2) <= lon) & (lon <= np.maximum(x1, x2)) & (np.minimum(y1, y2) <= lat) & (lat <= np.maximum(y1, y2))
        if (in_box & (left == right)).any():
            return True
        # a ray to the east passes an edge that crosses its latitude, half-open, with the point on its western side
        passes = ((y1 <= lat) != (y2 <= lat)) & np.where(y2 > y1, left > right, left < right)
        return bool((np.bincount(self.parts[shape][passes]) % 2).any())


class Points:
    """One file of query points with Cordon's answers, a set of (shape, point) pairs as sorted numbers."""

    def __init__(self, file, shapes):
        with open(file, newline="", encoding="utf-8") as rows:
            rows = list(csv.DictReader(rows))
        self.shapes, self.file = shapes, file.name
        self.lon = np.array([int(row["lon"]) for row in rows], dtype=np.int64)
        self.lat = np.array([int(row["lat"]) for row in rows], dtype=np.int64)
        self.kinds = [row["kind"] for row in rows]
        self.answers = np.array(
            sorted(i * shapes + int(shape) for i, row in enumerate(rows) for shape in row["covering"].split()), dtype=np.int64)
        self.geometries = shapely.points(np.column_stack([self.lon, self.lat]).astype(float))
        for i in np.flatnonzero((abs(self.lon) == HALF_TURN) | (abs(self.lat) == POLE)):
            lon, lat = float(self.lon[i]), float(self.lat[i])
            edge = abs(lat) == POLE
            self.geometries[i] = (shapely.LineString([(-HALF_TURN, lat), (HALF_TURN, lat)]) if edge
                                  else shapely.MultiPoint([(lon, lat), (-lon, lat)]))

    def pairs(self, shape, point):
        return np.sort(np.asarray(point, dtype=np.int64) * self.shapes + np.asarray(shape, dtype=np.int64))

    def of(self, pair):
        point, shape = divmod(int(pair), self.shapes)
        return shape, int(self.lon[point]), int(self.lat[point]), self.kinds[point]


def plain(points):
    """Points with one name: `covers` can be asked of them as they are, of the others only whether some name is in."""
    return shapely.get_type_id(points.geometries) == 0


def geos(predicate):
    """Asks GEOS, with prepared shapes, through a tree over the points."""

    def ask(shapes, points):
        tree = shapely.STRtree(points.geometries)
        shape, point = tree.query(shapes.geometries, predicate="intersects")
        if predicate == "covers":
            by_cover = tree.query(shapes.geometries, predicate="covers")
            other = ~plain(points)[point]
            only = plain(points)[by_cover[1]]
            shape, point = np.concatenate([shape[other], by_cover[0][only]]), np.concatenate([point[other], by_cover[1][only]])
        return points.pairs(shape, point)

    return ask


class PostGis:
    """Asks PostGIS: geometry, planar, without a spatial reference."""

    def __init__(self, database, shapes):
        self.database = database
        database.execute("create extension if not exists postgis")
        database.execute("create table shapes (id int, geom geometry); create table points (id int, plain bool, geom geometry)")
        self._copy("shapes (id, geom)", enumerate(shapely.to_wkb(shapes.geometries, hex=True)))
        database.execute("create index on points using gist (geom); analyze shapes")
        # shapes outside, points inside by their index: each shape is prepared once
        database.execute("set enable_hashjoin = off; set enable_mergejoin = off; set enable_seqscan = on")
        version = database.execute("select postgis_lib_version(), current_setting('server_version')").fetchone()
        print(f"shapely {shapely.__version__} (GEOS {shapely.geos_version_string}), PostGIS {version[0]} on PostgreSQL {version[1]}, "
              f"pyproj {pyproj.__version__} (PROJ {pyproj.proj_version_str})")

    def _copy(self, table, rows):
        with self.database.cursor() as cursor, cursor.copy(f"copy {table} from stdin") as copy:
            for row in rows:
                copy.write_row(row)

    def take(self, points):
        self.database.execute("truncate points")
        hexes = shapely.to_wkb(points.geometries, hex=True)
        self._copy("points (id, plain, geom)", ((i, bool(p), h) for i, (p, h) in enumerate(zip(plain(points), hexes))))
        self.database.execute("analyze points")

    def asks(self, function):
        def ask(_, points):
            asked = f"select s.id, p.id from shapes s, points p where p.plain and {function}(s.geom, p.geom)"
            rest = "select s.id, p.id from shapes s, points p where not p.plain and ST_Intersects(s.geom, p.geom)"
            rows = np.array(self.database.execute(f"{asked} union all {rest}").fetchall(), dtype=np.int64).reshape(-1, 2)
            return points.pairs(rows[:, 0], rows[:, 1])

        return ask


def compare(name, theirs, shapes, points, explained):
    wrong = []
    explained[name, "agreed"] += len(np.intersect1d(theirs, points.answers, assume_unique=True))
    for pair in np.setxor1d(theirs, points.answers, assume_unique=True):
        shape, lon, lat, kind = points.of(pair)
        ours = bool(np.isin(pair, points.answers))
        if shapes.covers(shape, lon, lat) == ours:
            explained[name] += 1
            if explained[name] <= 5:
                print(f"explained: {name} says {not ours} of {lon},{lat} ({kind}) in {shapes.names[shape]}; exactly it is {ours}")
        else:
            wrong.append(f"{name}: {points.file}: {lon},{lat} ({kind}) in {shapes.names[shape]}: Cordon says {ours}")
    return wrong


def judge_sample(shapes, points):
    """The exact test itself over some of the answers, and over as many that were not given though the box fits."""
    random = np.random.default_rng(len(points.lon))
    yes = random.choice(points.answers, min(SAMPLED // 2, len(points.answers)), replace=False)
    tree = shapely.STRtree(points.geometries)
    near = points.pairs(*tree.query(shapes.geometries))
    no = np.setdiff1d(near, points.answers, assume_unique=True)
    no = random.choice(no, min(SAMPLED // 2, len(no)), replace=False)
    wrong = []
    for said, pairs in ((True, yes), (False, no)):
        for shape, lon, lat, kind in map(points.of, pairs):
            if shapes.covers(shape, lon, lat) != said:
                wrong.append(f"exact test: {points.file}: {lon},{lat} ({kind}) in {shapes.names[shape]}: Cordon says {said}")
    return wrong


def margins(file, shapes):
    """Signed distances: right length, right sign, an end on the border, and no border point nearer."""
    geod = pyproj.Geod(ellps="WGS84")
    with open(file, newline="", encoding="utf-8") as rows:
        rows = list(csv.DictReader(rows))[:MEASURED]
    wrong = []
    for row in rows:
        lon, lat, shape, margin = int(row["lon"]), int(row["lat"]), int(row["shape"]), float(row["margin_m"])
        place = f"{lon},{lat} to {shapes.names[shape]}: margin {margin} m"
        if not row["nearest_lon"]:
            if np.isfinite(margin):
                wrong.append(f"{place} without a nearest point")
            continue
        nearest = float(row["nearest_lon"]), float(row["nearest_lat"])
        tolerance = max(0.05, 1e-3 * abs(margin))
        length = geod.inv(lon / 1e7, lat / 1e7, *nearest)[2]
        if abs(length - abs(margin)) > tolerance:
            wrong.append(f"{place}, but its end at {nearest} is {length} m away")
        if (margin > 0) == shapes.covers(shape, lon, lat) and margin != 0:
            wrong.append(f"{place} has the wrong sign")
        end = distances(shapes.edges[shape], geod, *nearest)
        if end is not None and end > 0.05:
            wrong.append(f"{place}, but its end at {nearest} is {end} m from the border")
        best = distances(shapes.edges[shape], geod, lon / 1e7, lat / 1e7)
        if best is not None and best < abs(margin) - tolerance:
            wrong.append(f"{place}, but the border is {best} m away")
    return len(rows), wrong


def along(file, shapes):
    """Edges of up to half the Earth: where GEOS says they are inside, in metres that PROJ adds up over steps of a hundredth of a degree."""
    geod = pyproj.Geod(ellps="WGS84")
    tree = shapely.STRtree(shapes.geometries)
    with open(file, newline="", encoding="utf-8") as rows:
        rows = list(csv.DictReader(rows))
    wrong, compared = [], 0
    for row in rows:
        a, b = np.array([int(row["from_lon"]), int(row["from_lat"])]), np.array([int(row["to_lon"]), int(row["to_lat"])])
        t = np.linspace(0, 1, 2 + np.abs(b - a).max() // 100_000)
        lon, lat = (a[:, None] + (b - a)[:, None] * t) / 1e7
        metres = np.concatenate([[0], np.cumsum(geod.inv(lon[:-1], lat[:-1], lon[1:], lat[1:])[2])])
        axis = np.abs(b - a).argmax()
        line = shapely.LineString([a, b])
        theirs = {}
        for shape in tree.query(line, "intersects"):
            parts = shapely.get_parts(shapely.intersection(line, shapes.geometries[shape]))
            ends = [(shapely.get_coordinates(part)[:, axis] - a[axis]) / (b - a)[axis] for part in parts]
            theirs[int(shape)] = joined((np.interp(part.min(), t, metres), np.interp(part.max(), t, metres)) for part in ends)
        ours = {}
        for of_shape in filter(None, row["inside"].split(";")):
            shape, *stretches = of_shape.split()
            ours[int(shape)] = joined(tuple(map(float, stretch.split(":"))) for stretch in stretches)
        for shape in sorted(theirs.keys() | ours.keys()):
            said, true = ours.get(shape, []), theirs.get(shape, [])
            compared += len(true)
            # of a long way the position, of a short stretch on it the length
            fits = len(said) == len(true) and all(
                abs(s[0] - e[0]) <= 0.1 + 1e-3 * e[0] and abs(s[1] - s[0] - (e[1] - e[0])) <= 0.1 + 1e-3 * (e[1] - e[0])
                for s, e in zip(said, true))
            if not fits:
                wrong.append(f"{a} to {b} in {shapes.names[shape]}: {said} m, but {true}")
    return len(rows), compared, wrong


def joined(stretches):
    """In order, with those nearer than a metre made one: an engine may cut a stretch by rounding. What is shorter than that is left out."""
    merged = []
    for start, end in sorted(stretches):
        if merged and start - merged[-1][1] < 1:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return [stretch for stretch in merged if stretch[1] - stretch[0] >= 1]


def distances(edges, geod, lon, lat):
    """Metres to the nearest of the edges: the best few in a local plane, measured on the ellipsoid."""
    x1, y1, x2, y2 = edges.T / 1e7
    on_map_edge = ((abs(x1) == 180) & (x1 == x2)) | ((abs(y1) == 90) & (y1 == y2))
    x1, y1, x2, y2 = (a[~on_map_edge] for a in (x1, y1, x2, y2))
    if not len(x1):
        return None
    best = np.inf
    for turn in (-360, 0, 360):
        scale = max(np.cos(np.radians(lat)), 1e-9)
        ax, ay, bx, by = (x1 + turn - lon) * scale, y1 - lat, (x2 + turn - lon) * scale, y2 - lat
        dx, dy = bx - ax, by - ay
        along = np.clip(-(ax * dx + ay * dy) / np.maximum(dx * dx + dy * dy, 1e-30), 0, 1)
        px, py = ax + along * dx, ay + along * dy
        few = np.argsort(px * px + py * py)[:8]
        ends = len(few)
        metres = geod.inv(np.full(ends, lon), np.full(ends, lat), lon + px[few] / scale, np.clip(lat + py[few], -90, 90))[2]
        best = min(best, metres.min())
    return best


if __name__ == "__main__":
    main(Path(sys.argv[1]))
