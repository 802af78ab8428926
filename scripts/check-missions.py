#!/usr/bin/env python3
"""Checks regions/missions.json against regions/README.md, apart from the Rust code.

    scripts/check-missions.py [FOLDER]        default: the regions/ beside this folder

Prints what is wrong, one finding per line with file and entry, then how many numbers each issuer has and for which countries.
Exit status: 0 when nothing is wrong, 1 when something is, 2 when the file cannot be read. Standard library only.
"""
import json
import re
import sys
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

MEMBERS = {"issuer", "kind", "country", "responsible_for", "name", "city", "address", "phones", "email", "url", "evidence",
           "source_url", "seen_at", "confirmed_by", "note"}
KINDS = {"embassy", "consulate", "call_center"}
USES = {"office", "emergency", "after_hours"}
EVIDENCE = {"issuer", "quoted", "repeated"}
E164 = re.compile(r"\+[1-9]\d{6,14}$")
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]+)*$")
# ITU-T country codes: a mission's numbers begin with that of the land it stands in
CALLING = {"AU": "61", "CA": "1", "CN": "86", "DE": "49", "FR": "33", "GB": "44", "ID": "62", "JP": "81", "KH": "855", "KR": "82",
           "LA": "856", "MM": "95", "NZ": "64", "PH": "63", "SG": "65", "TH": "66", "TR": "90", "US": "1", "VN": "84",
           "AT": "43", "IE": "353", "NL": "31"}

findings = []


def wrong(where, what):
    findings.append(f"{where}: {what}")


def web(where, name, value):
    if value is not None and (urlsplit(value).scheme not in ("http", "https") or not urlsplit(value).hostname):
        wrong(where, f"{name} is no web address: {value!r}")


def phone(where, value, calling):
    if set(value) - {"number", "use", "note"} or value.get("use") not in USES:
        wrong(where, f"a number has members number, use ({', '.join(sorted(USES))}), note: {value!r}")
    number = value.get("number", "")
    if not E164.match(number):
        return wrong(where, f"not E.164: {number!r}")
    if calling is None:
        wrong(where, f"no calling code is known for the country of {number}; add it to this script")
    elif not number.startswith("+" + calling):
        wrong(where, f"{number} is not a number of that country (+{calling})")


def mission(where, m, issuers, today):
    for name in set(m) - MEMBERS:
        wrong(where, f"unknown member {name}")
    home = issuers.get(m.get("issuer"))
    if home is None:
        wrong(where, f"no issuer {m.get('issuer')!r}")
    if m.get("kind") not in KINDS:
        wrong(where, f"kind is none of {sorted(KINDS)}")
    country = m.get("country")
    if (m.get("kind") == "call_center") != (country is None):
        wrong(where, "a call centre has no country, everything else has one")
    for code in [country or "XX", *m.get("responsible_for", [])]:
        if not re.match(r"[A-Z]{2}$", code):
            wrong(where, f"not a country: {code!r}")
    if country is not None and country == home:
        wrong(where, "an issuer has no mission at home")
    names = m.get("name", {})
    if "en" not in names or not all(LANGUAGE.match(k) and isinstance(v, str) and v.strip() for k, v in names.items()):
        wrong(where, "name: texts by language, en among them")
    if not m.get("phones"):
        wrong(where, "no number to call")
    for p in m.get("phones", []):
        phone(where, p, CALLING.get(country or home))
    numbers = [p.get("number") for p in m.get("phones", [])]
    if len(set(numbers)) != len(numbers):
        wrong(where, "a number is there twice")
    if m.get("email") is not None and not re.match(r"[^@\s]+@[^@\s]+\.[a-z]+$", m["email"]):
        wrong(where, f"no mail address: {m['email']!r}")
    web(where, "url", m.get("url"))
    web(where, "source_url", m.get("source_url") or "")
    if m.get("evidence") not in EVIDENCE:
        wrong(where, f"evidence is none of {sorted(EVIDENCE)}")
    if not isinstance(m.get("confirmed_by"), int) or m["confirmed_by"] < (2 if m.get("evidence") == "repeated" else 1):
        wrong(where, "confirmed_by: a number needs a source; two, where they do not say where they have it from")
    if m.get("seen_at") is not None:
        try:
            if date.fromisoformat(m["seen_at"]) > today:
                wrong(where, f"seen_at is in the future: {m['seen_at']}")
        except ValueError as error:
            wrong(where, f"seen_at: {error}")


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent / "regions")
    try:
        issuers = {i["code"]: i["country"] for i in json.loads((root / "issuers.json").read_text("utf-8"))["issuers"]}
        document = json.loads((root / "missions.json").read_text("utf-8"))
    except (OSError, ValueError) as error:
        print(error)
        return 2
    if set(document) - {"source", "missions"} or not document.get("source", "").strip():
        wrong("missions.json", "has the members source and missions")
    owner, table = {}, {}
    for i, m in enumerate(document["missions"]):
        where = f"missions.json: {i} ({m.get('issuer')} {m.get('country') or 'worldwide'})"
        mission(where, m, issuers, date.today())
        for p in m.get("phones", []):
            if owner.setdefault(p.get("number"), i) != i:
                wrong(where, f"{p.get('number')} is also a number of entry {owner[p['number']]}")
        row = table.setdefault(m.get("issuer"), [0, []])
        row[0] += len(m.get("phones", []))
        row[1] += [m.get("country") or "*", *(f"({c})" for c in m.get("responsible_for", []))]
    for issuer in sorted(code for code, country in issuers.items() if country and "*" not in table.get(code, [0, []])[1]):
        wrong("missions.json", f"{issuer} has no line that answers everywhere")
    for finding in findings:
        print(finding)
    for issuer, (count, where) in table.items():
        print(f"{issuer:10} {count:3} numbers  {' '.join(where)}")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
