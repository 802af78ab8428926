"""Simplify polygons so that neighbours keep the very same border.

Rings are cut into arcs where they meet other rings; an arc shared by several polygons is simplified once, and every
ring is put together again from the simplified arcs.
"""
import numpy as np
import shapely

METRES = 111_195.0  # one degree of latitude
MAX_SPAN = 0.25     # degrees of longitude: longer edges would differ between a straight line and a geodesic


def douglas_peucker(xy, tolerance):
    """Indices of the vertices to keep; every dropped one lies within `tolerance` metres of the kept line."""
    n = len(xy)
    keep = np.zeros(n, bool)
    keep[[0, n - 1]] = True
    stack = [(0, n - 1)]
    while stack:
        i, j = stack.pop()
        if j - i < 2:
            continue
        p, q, m = xy[i], xy[j], xy[i + 1:j]
        k = np.cos(np.radians((p[1] + q[1]) / 2)) * METRES
        scale = np.array([k, METRES])
        d, v = (q - p) * scale, (m - p) * scale
        length = d @ d
        if length > 0:
            t = np.clip(v @ d / length, 0, 1)
            v = v - t[:, None] * d
        dist = np.einsum("ij,ij->i", v, v)
        w = int(dist.argmax())
        if dist[w] <= tolerance * tolerance:
            if abs(q[0] - p[0]) <= MAX_SPAN:
                continue
            w = int(np.abs(m[:, 0] - (p[0] + q[0]) / 2).argmin())
        w += i + 1
        keep[w] = True
        stack += [(i, w), (w, j)]
    return np.nonzero(keep)[0]


class Coverage:
    """Polygons of `owners`: a list of (owner, [ring, ...]), each ring a closed array of longitude, latitude."""

    def __init__(self, polygons, decimals=5):
        """Vertices are matched when they agree to so many decimals."""
        self.polygons = polygons
        self.decimals = decimals
        rings = [r for _, rs in polygons for r in rs]
        ring_owner = [o for o, rs in polygons for _ in rs]
        names = sorted(set(ring_owner))
        number = {c: i for i, c in enumerate(names)}
        self.names = names
        size = 10 ** decimals
        clean = []
        for r in rings:
            q = np.round(r[:-1] * size).astype(np.int64)
            q = q[np.any(q != np.roll(q, 1, axis=0), axis=1)]
            clean.append(q)
        length = np.array([len(r) for r in clean])
        start = np.r_[0, np.cumsum(length)]
        q = np.concatenate(clean)
        key = (q[:, 0] + 180 * size) * (400 * size) + q[:, 1] + 90 * size
        unique, vertex = np.unique(key, return_inverse=True)
        self.xy = np.zeros((len(unique), 2))
        self.xy[vertex] = q / size
        follow = np.arange(len(key)) + 1
        good = length > 0
        follow[start[1:][good] - 1] = start[:-1][good]
        a, b = vertex, vertex[follow]
        edge_key = np.minimum(a, b) * len(unique) + np.maximum(a, b)
        edges, edge = np.unique(edge_key, return_inverse=True)
        ring_of = np.repeat(np.arange(len(clean)), length)
        # Which rings run along an edge, as a sum of one random number for each ring.
        mark = np.random.default_rng(1).integers(1, 2 ** 52, len(clean))
        along = np.zeros(len(edges), np.int64)
        np.add.at(along, edge, mark[ring_of])
        ends = np.r_[edges // len(unique), edges % len(unique)]
        both = np.r_[along, along]
        degree = np.bincount(ends, minlength=len(unique))
        low = np.full(len(unique), np.iinfo(np.int64).max)
        high = np.zeros(len(unique), np.int64)
        np.minimum.at(low, ends, both)
        np.maximum.at(high, ends, both)
        junction = (degree != 2) | (low != high)
        junction |= np.abs(self.xy[:, 1]) > 89.9  # a pole has no width, and would be simplified away
        self.rings = []
        for i, n in enumerate(length):
            v = vertex[start[i]:start[i + 1]]
            self.rings.append(v)
            if n < 3:
                continue
            # A ring needs two places to be cut at, the same ones for every copy of the ring.
            j = np.nonzero(junction[v])[0]
            if len(j) == 0:
                j = np.array([v.argmin()])
                junction[v[j]] = True
            if len(j) == 1:
                d = self.xy[v] - self.xy[v[j[0]]]
                junction[v[np.einsum("ij,ij->i", d, d).argmax()]] = True
        self.junction = junction
        order = np.argsort(edge, kind="stable")
        owner_number = np.array([number[o] for o in ring_owner])[ring_of]
        self.unique = len(unique)
        self._sorted_edge = edge[order]
        self._sorted_owner = owner_number[order]
        self._edges = edges
        self.arcs = {}       # key -> vertex indices in the canonical direction
        self.ring_arcs = []  # for each ring [(key, reversed)]
        for v in self.rings:
            self.ring_arcs.append(self._cut(v))

    def _cut(self, v):
        if len(v) < 3:
            return []
        j = np.nonzero(self.junction[v])[0]
        turned = np.r_[v[j[0]:], v[:j[0] + 1]]
        at = np.r_[j - j[0], len(v)]
        result = []
        for s, e in zip(at[:-1], at[1:]):
            arc = turned[s:e + 1]
            back = arc[0] > arc[-1]
            if back:
                arc = arc[::-1]
            key = (int(arc[0]), int(arc[1]), int(arc[-1]))
            self.arcs.setdefault(key, arc)
            result.append((key, back))
        return result

    def owners(self, key):
        a, b = key[0], key[1]
        e = np.searchsorted(self._edges, min(a, b) * self.unique + max(a, b))
        lo, hi = np.searchsorted(self._sorted_edge, [e, e + 1])
        return {self.names[i] for i in self._sorted_owner[lo:hi]}

    def simplify(self, tolerance, small=0.02):
        """`tolerance(owners)` in metres, at most `small` times the width of a small ring. Returns a list of (owner, Polygon).

        Where simplified lines cross, vertices are put back until they do not (or nothing is left to put back: the
        source itself crosses there).
        """
        keys = sorted(self.arcs)
        size = self._sizes()
        kept = [douglas_peucker(self.xy[self.arcs[k]], min(tolerance(self.owners(k)), small * size[k])) for k in keys]
        for _ in range(40):
            if not self._put_back(keys, kept):
                break
        self.line = {k: self.xy[self.arcs[k][i]] for k, i in zip(keys, kept)}
        result, i = [], 0
        for owner, rs in self.polygons:
            closed = []
            for parts in self.ring_arcs[i:i + len(rs)]:
                if not parts:
                    continue
                ring = np.concatenate([(self.line[k][::-1] if back else self.line[k])[:-1] for k, back in parts])
                if len(ring) >= 3:
                    closed.append(np.r_[ring, ring[:1]])
            i += len(rs)
            if closed:
                result.append((owner, shapely.Polygon(closed[0], closed[1:])))
        return result

    def _sizes(self):
        """The square root of the area of the smallest ring an arc belongs to, in metres."""
        result, i = {}, 0
        for _, rs in self.polygons:
            for r in rs:
                size = np.sqrt(shapely.Polygon(r).area * np.cos(np.radians(min(abs(r[0, 1]), 85)))) * METRES
                for k, _ in self.ring_arcs[i]:
                    result[k] = min(size, result.get(k, size))
                i += 1
        return result

    def _put_back(self, keys, kept):
        arc = np.concatenate([np.full(len(i) - 1, n) for n, i in enumerate(kept)])
        lo = np.concatenate([i[:-1] for i in kept])
        hi = np.concatenate([i[1:] for i in kept])
        first = np.concatenate([self.arcs[k][i[:-1]] for k, i in zip(keys, kept)])
        last = np.concatenate([self.arcs[k][i[1:]] for k, i in zip(keys, kept)])
        segments = shapely.linestrings(np.stack([self.xy[first], self.xy[last]], axis=1))
        a, b = shapely.STRtree(segments).query(segments, predicate="intersects")
        pick = a < b
        a, b = a[pick], b[pick]
        touching = (first[a] == first[b]).astype(int) + (first[a] == last[b]) + (last[a] == first[b]) + (last[a] == last[b])
        bad = touching == 0
        # Segments that meet in one vertex may still lie on each other; the same two ends are two arcs grown together.
        bad |= touching == 2
        one = np.nonzero(touching == 1)[0]
        length = shapely.length(shapely.intersection(segments[a[one]], segments[b[one]]))
        bad[one[length > 0]] = True
        split = np.unique(np.r_[a[bad], b[bad]])
        split = split[hi[split] - lo[split] > 1]
        extra = {}
        for s in split:
            v = self.xy[self.arcs[keys[arc[s]]][lo[s]:hi[s] + 1]]
            p, q = v[0], v[-1]
            scale = np.array([np.cos(np.radians((p[1] + q[1]) / 2)), 1.0])
            d, w = (q - p) * scale, (v[1:-1] - p) * scale
            t = np.clip(w @ d / (d @ d), 0, 1) if d @ d > 0 else np.zeros(len(w))
            far = int(np.einsum("ij,ij->i", w - t[:, None] * d, w - t[:, None] * d).argmax())
            extra.setdefault(arc[s], []).append(lo[s] + 1 + far)
        for n, more in extra.items():
            kept[n] = np.unique(np.r_[kept[n], more])
        return bool(extra)

    def sides(self):
        """For each arc the set of (owner, side of the arc the owner lies on, +1 or -1)."""
        result, i = {}, 0
        for owner, rs in self.polygons:
            for n, r in enumerate(rs):
                x, y = r[:, 0], r[:, 1]
                counter_clockwise = np.dot(x[:-1] - x[0], y[1:] - y[0]) - np.dot(x[1:] - x[0], y[:-1] - y[0]) > 0
                left = counter_clockwise == (n == 0)
                for k, back in self.ring_arcs[i]:
                    result.setdefault(k, set()).add((owner, 1 if left != back else -1))
                i += 1
        return result
