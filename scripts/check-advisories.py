#!/usr/bin/env python3
"""Checks regions/issuers.json and regions/advisories/ against regions/README.md, apart from the Rust code.

    scripts/check-advisories.py [FOLDER]        default: the regions/ beside this folder

Prints what is wrong, one finding per line with file and line, then a table of what is there.
Exit status: 0 when nothing is wrong, 1 when something is, 2 when the folder cannot be read.
Region codes are checked only when the folder holds places/. Standard library only.
"""
import gzip
import json
import re
import sys
from datetime import datetime, timezone
from pathlib import Path

KINDS_EFFECT = {"insurance_likely_affected", "contract_rights", "passport_restriction", "criminal_penalty", "worker_deployment_ban"}
KINDS_EXEMPTION = {"transit_only", "resident", "permit"}
BASES = {"official", "derived", "digitised", "approximate"}
COLLECTION = {"type", "issuer", "coverage", "source", "licence", "attribution", "note", "features"}
PROPERTIES = {"advisory", "revision", "level", "withdrawn", "title", "text", "published_at", "valid_from", "valid_to", "review_due",
              "area", "basis", "accuracy_m", "carves_out_of", "legal_effects", "exemptions", "source_url", "note"}
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]+)*$")
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$")

findings = []


def wrong(where, what):
    findings.append(f"{where}: {what}")


def instant(where, value, name):
    if not isinstance(value, str) or not INSTANT.match(value):
        wrong(where, f"{name} is not an RFC 3339 instant with a zone: {value!r}")
        return None
    try:
        return datetime.fromisoformat(value.replace("Z", "+00:00")).astimezone(timezone.utc)
    except ValueError as error:
        wrong(where, f"{name}: {error}")
        return None


def text(where, value, name, need_en=True):
    if not isinstance(value, dict) or not value:
        return wrong(where, f"{name} must be texts by language")
    for language, words in value.items():
        if not LANGUAGE.match(language) or not isinstance(words, str) or not words.strip():
            wrong(where, f"{name}: bad entry for language {language!r}")
    if need_en and "en" not in value:
        wrong(where, f"{name} lacks en")


def position(where, p):
    if not (isinstance(p, list) and len(p) == 2 and all(isinstance(n, (int, float)) for n in p) and abs(p[0]) <= 180 and abs(p[1]) <= 90):
        wrong(where, f"not a longitude and latitude: {p!r}")


def ring(where, r):
    for p in r:
        position(where, p)
    if len(r) < 4 or r[0] != r[-1]:
        wrong(where, "a ring must have four positions or more and end where it begins")


def geometry(where, g):
    kind = g.get("type")
    if kind == "Polygon":
        for r in g["coordinates"]:
            ring(where, r)
    elif kind == "MultiPolygon":
        for polygon in g["coordinates"]:
            for r in polygon:
                ring(where, r)
    else:
        wrong(where, f"an area is a Polygon or MultiPolygon, not {kind!r}")


def target(where, t, used):
    if not isinstance(t, dict) or len(t) != 1:
        return wrong(where, f"not a target: {t!r}")
    (key, value), = t.items()
    if key == "border":
        if not (isinstance(value, list) and len(value) == 2 and value == sorted(value)):
            return wrong(where, f"a border names two countries in alphabetical order: {value!r}")
        used.setdefault("/".join(value), []).append(where)
    elif key == "region":
        used.setdefault(value, []).append(where)
    elif key == "point":
        position(where, value)
    elif key == "line":
        if value.get("type") != "LineString" or len(value.get("coordinates", [])) < 2:
            return wrong(where, "a line is a GeoJSON LineString of two positions or more")
        for p in value["coordinates"]:
            position(where, p)
    else:
        wrong(where, f"unknown target {key!r}")


def area(where, a, used):
    if not isinstance(a, dict):
        return wrong(where, f"not an area expression: {a!r}")
    keys = set(a)
    if keys == {"region"}:
        used.setdefault(a["region"], []).append(where)
    elif keys == {"shape"}:
        geometry(where, a["shape"])
    elif keys == {"within_m", "of"}:
        d = a["within_m"]
        if isinstance(d, list):
            if len(d) != 2 or not 0 <= d[0] < d[1]:
                wrong(where, f"a ring needs two rising distances: {d!r}")
        elif not isinstance(d, (int, float)) or d <= 0:
            wrong(where, f"within_m must be a positive distance: {d!r}")
        target(where, a["of"], used)
    elif len(keys) == 1 and keys <= {"union", "intersection", "difference"}:
        parts = next(iter(a.values()))
        if not isinstance(parts, list) or not parts:
            return wrong(where, "an expression needs parts")
        for part in parts:
            area(where, part, used)
    elif keys == {"rest_of", "except"}:
        used.setdefault(a["rest_of"], []).append(where)
        for part in a["except"]:
            area(where, part, used)
    else:
        wrong(where, f"unknown expression with {sorted(keys)}")


def check_issuers(path):
    where = path.name
    document = json.loads(path.read_text("utf-8"))
    issuers = {}
    for issuer in document.get("issuers", []):
        code = issuer.get("code")
        at = f"{where} {code}"
        if code in issuers:
            wrong(at, "the code is used twice")
        issuers[code] = issuer
        for name in ("name", "native_name", "licence"):
            if not issuer.get(name):
                wrong(at, f"{name} is missing")
        last, levels = -1, set()
        for level in issuer.get("levels", []):
            if level["code"] in levels:
                wrong(at, f"level {level['code']} is there twice")
            levels.add(level["code"])
            if not re.fullmatch(r"#[0-9a-f]{6}", level["colour"]):
                wrong(at, f"level {level['code']}: colour {level['colour']!r}")
            if level["severity"] not in range(6) or level["severity"] < last:
                wrong(at, f"level {level['code']}: severity must rise from 0 to 5 with the steps")
            last = level["severity"]
            for name in ("name", "native_name", "meaning", "citation"):
                if not level.get(name):
                    wrong(at, f"level {level['code']}: {name} is missing")
        if not levels:
            wrong(at, "no levels")
        ids = set()
        for effect in issuer.get("legal_effects", []):
            if effect["id"] in ids:
                wrong(at, f"legal effect {effect['id']} is there twice")
            ids.add(effect["id"])
            if effect["kind"] not in KINDS_EFFECT:
                wrong(at, f"legal effect {effect['id']}: kind {effect['kind']!r}")
            for level in effect["levels"]:
                if level not in levels:
                    wrong(at, f"legal effect {effect['id']}: no level {level!r}")
            text(at, effect["text"], f"legal effect {effect['id']}: text")
            for ground in effect.get("permit_grounds", []):
                text(at, ground["text"], f"permit ground {ground['code']}")
    return issuers


def read_places(folder):
    codes = set()
    for path in sorted(folder.rglob("*.geojson")) + sorted(folder.rglob("*.geojson.gz")):
        raw = gzip.open(path, "rt", encoding="utf-8").read() if path.suffix == ".gz" else path.read_text("utf-8")
        for feature in json.loads(raw)["features"]:
            codes.add(feature["properties"]["code"])
    return codes


def feature_lines(path):
    """Every Feature must stand on a line of its own; gives them with their line numbers."""
    inside, out = False, []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if not inside:
            inside = '"features": [' in line
            continue
        line = line.strip().rstrip(",")
        if line.startswith("]"):
            break
        try:
            out.append((number, json.loads(line)))
        except json.JSONDecodeError as error:
            wrong(f"{path.name}:{number}", f"not one feature on one line: {error}")
    return out


def check_file(path, issuers, used, revisions, coverage):
    name = f"{path.parent.name}/{path.name}"
    document = json.loads(path.read_text("utf-8"))
    for key in set(document) - COLLECTION:
        wrong(name, f"unknown member {key!r}")
    for key in ("source", "licence", "attribution", "coverage"):
        if key not in document:
            wrong(name, f"{key} is missing")
    code = document.get("issuer")
    if code not in issuers or code != path.parent.name:
        return wrong(name, f"issuer {code!r} is unknown or not the name of the folder")
    issuer = issuers[code]
    levels = {level["code"] for level in issuer["levels"]}
    effects = {effect["id"] for effect in issuer["legal_effects"]}
    for entry in document["coverage"]:
        at = f"{name} coverage {entry.get('country')}"
        if set(entry) != {"country", "from", "verified_at"} or not re.fullmatch("[A-Z]{2}", entry["country"]):
            wrong(at, "needs country, from and verified_at")
            continue
        start, seen = instant(at, entry["from"], "from"), instant(at, entry["verified_at"], "verified_at")
        if start and seen and start > seen:
            wrong(at, "begins after it was verified")
        if (code, entry["country"]) in coverage:
            wrong(at, f"{coverage[code, entry['country']]} covers it too")
        coverage[code, entry["country"]] = name
        used.setdefault(entry["country"], []).append(at)
    lines = feature_lines(path)
    if len(lines) != len(document["features"]):
        wrong(name, f"{len(document['features'])} features on {len(lines)} lines")
    for number, feature in lines:
        at, p = f"{name}:{number}", feature["properties"]
        for key in set(p) - PROPERTIES:
            wrong(at, f"unknown property {key!r}")
        slug = p.get("advisory", "")
        if not re.fullmatch(re.escape(code) + r":[a-z0-9-]+", slug):
            wrong(at, f"advisory {slug!r} is not the issuer, a colon and a slug")
        at = f"{at} {slug}@{p.get('revision')}"
        if p.get("withdrawn", False):
            if p["level"] is not None:
                wrong(at, "a withdrawal has no level")
        elif p.get("level") not in levels:
            wrong(at, f"no level {p.get('level')!r}")
        text(at, p.get("title"), "title")
        text(at, p.get("text"), "text")
        known, start = instant(at, p.get("published_at"), "published_at"), instant(at, p.get("valid_from"), "valid_from")
        end = instant(at, p["valid_to"], "valid_to") if p.get("valid_to") is not None else None
        if "valid_to" not in p:
            wrong(at, "valid_to is missing")
        if start and end and start >= end:
            wrong(at, "ends before it begins")
        if "review_due" in p:
            instant(at, p["review_due"], "review_due")
        if feature.get("geometry") is None:
            area(at, p.get("area"), used)
        else:
            if "area" in p:
                wrong(at, "a geometry and an area")
            geometry(at, feature["geometry"])
        if p.get("basis") is not None and p["basis"] not in BASES:
            wrong(at, f"basis {p['basis']!r}")
        for effect in p.get("legal_effects", []):
            if effect not in effects:
                wrong(at, f"no legal effect {effect!r}")
        for exemption in p.get("exemptions", []):
            if exemption.get("kind") not in KINDS_EXEMPTION:
                wrong(at, f"exemption {exemption.get('kind')!r}")
            text(at, exemption.get("text"), "exemption")
            if not str(exemption.get("source_url", "")).startswith("https://"):
                wrong(at, "an exemption needs a source_url")
        if not str(p.get("source_url", "")).strip():
            wrong(at, "source_url is missing")
        revisions.setdefault(slug, []).append((p["revision"], start, end, known, p, at))


def check_revisions(revisions):
    for slug, rows in revisions.items():
        if len({row[5].split(":")[0] for row in rows}) > 1:
            wrong(rows[0][5], "the advisory is in two files")
        for count, row in enumerate(rows, 1):
            if row[0] != count:
                wrong(row[5], f"revisions must count 1, 2, 3 …: {row[0]} comes where {count} should")
        for before, after in zip(rows, rows[1:]):
            if before[1] and after[1] and before[1] >= after[1]:
                wrong(after[5], "begins no later than the revision before it")
            if before[2] and after[1] and before[2] > after[1]:
                wrong(before[5], "its written period reaches into the next revision")
            if before[4].get("withdrawn"):
                wrong(after[5], "follows a withdrawal")
        for row in rows:
            for other in row[4].get("carves_out_of", []):
                if other == slug or other not in revisions or other.split(":")[0] != slug.split(":")[0]:
                    wrong(row[5], f"carves out of {other!r}, which is no other advisory of the issuer")


def check_cases(path, revisions):
    """The timeline cases were written apart from the data; whatever needs no geometry is compared here."""
    document = json.loads(path.read_text("utf-8"))
    for number, case in enumerate(document["cases"], 1):
        at = f"{path.name} case {number}"
        times = {instant(at, value, "at") for value in case["at"]}
        if len(times) != 1:
            wrong(at, "the notations are not one instant")
            continue
        now = times.pop()
        if case["governing"] is None:
            continue
        rows = [r for r in revisions.get(case["governing"], []) if r[1] <= now]
        if not rows or (rows[-1][2] and now >= rows[-1][2]) or rows[-1][4]["level"] != case["level"]:
            wrong(at, f"{case['governing']} is not at {case['level']} then")
        elif "exemptions" in case and case["exemptions"] != [e["kind"] for e in rows[-1][4].get("exemptions", [])]:
            if sorted(case["exemptions"]) != sorted(e["kind"] for e in rows[-1][4].get("exemptions", [])):
                wrong(at, f"{case['governing']} does not carry just {case['exemptions']} then")
    return len(document["cases"])


def main():
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent / "regions"
    if not (root / "issuers.json").is_file():
        print(f"{root}: no issuers.json", file=sys.stderr)
        return 2
    issuers = check_issuers(root / "issuers.json")
    used, revisions, coverage = {}, {}, {}
    files = sorted((root / "advisories").glob("*/*.geojson"))
    for path in files:
        check_file(path, issuers, used, revisions, coverage)
    check_revisions(revisions)
    cases = root.parent / "tests" / "cases" / "timeline-kr-cambodia.json"
    count = check_cases(cases, revisions) if cases.is_file() else 0
    known = read_places(root / "places") if (root / "places").is_dir() else set()
    if known:
        for code, places in sorted(used.items()):
            if code not in known:
                wrong(places[0], f"no place {code!r} in places/ ({len(places)} uses)")
    for finding in findings:
        print(finding)
    print(f"{'issuer':10} {'files':>5} {'advisories':>10} {'revisions':>9} {'countries covered':>17}")
    for code in issuers:
        mine = [slug for slug in revisions if slug.split(":")[0] == code]
        print(f"{code:10} {sum(f.parent.name == code for f in files):5} {len(mine):10} {sum(len(revisions[s]) for s in mine):9} {sum(c[0] == code for c in coverage):17}")
    print(f"{len(files)} files, {len(revisions)} advisories, {sum(map(len, revisions.values()))} revisions, {len({c[1] for c in coverage})} countries, {count} timeline cases, "
          f"{len(used)} region codes {'checked against ' + str(len(known)) + ' places' if known else 'not checked: no places/'}; {len(findings)} wrong")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
