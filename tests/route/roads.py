#!/usr/bin/env python3
"""Writes a road network in OpenStreetMap's form: main roads between Bangkok, Siem Reap, Phnom Penh and Ho Chi Minh City.

roads.py FILE.osm

Made by hand from facts: towns from the gazetteer (GeoNames, CC BY 4.0), border gates from tests/cases/border-crossings.csv, joined
in the order in which the numbered roads pass them. No OpenStreetMap data are used, only its form, which routing engines read.
Between two towns the road is straight, with a node and a side road about every ten kilometres: engines look for alternatives only
where roads branch.
"""
import math
import sys

TOWNS = {
    "Bangkok": (13.75398, 100.50144), "Sa Kaeo": (13.81411, 102.07222), "Aranyaprathet": (13.69276, 102.50128),
    "Poipet gate": (13.6612, 102.5507), "Poipet": (13.65805, 102.56365), "Nimitt": (13.62762, 102.67749),
    "Kuttasat turn": (13.595, 102.7632), "Sisophon": (13.58588, 102.97369), "Kralanh": (13.60535, 103.41903),
    "Siem Reap": (13.36179, 103.86056), "Chanthaburi": (12.60961, 102.10447), "Psar Pruhm gate": (12.9277, 102.4954),
    "Pailin": (12.84895, 102.60928), "Battambang": (13.10271, 103.19822), "Trat": (12.24364, 102.51514),
    "Cham Yeam gate": (11.6506, 102.9102), "Koh Kong": (11.61531, 102.98380), "Ou Bak Roteh": (11.1496, 103.98253),
    "Phnum Sruoch": (11.385, 104.37165), "Kampong Speu": (11.45332, 104.52085), "Phnom Penh": (11.56245, 104.91601),
    "Baray": (12.39429, 105.07518), "Kampong Thom": (12.71112, 104.88873), "Stoung": (12.9404, 104.57072),
    "Ho Chi Minh City": (10.82302, 106.62965), "Trang Bang": (11.02987, 106.35751), "Go Dau": (11.0885, 106.26346),
    "Moc Bai": (11.0792, 106.1755), "Bavet gate": (11.0755, 106.1715), "Bavet": (11.06317, 106.13557),
    "Svay Teab": (11.05456, 105.88531), "Svay Rieng": (11.08785, 105.79935), "Kampong Trabaek": (11.14379, 105.48275),
    "Neak Loeung": (11.30852, 105.28366), "Veal Sbov": (11.53525, 104.97595),
}
ROADS = [
    ("Highway 33, National Roads 5 and 6", "trunk", ["Bangkok", "Sa Kaeo", "Aranyaprathet", "Poipet gate", "Poipet", "Nimitt",
                                                     "Kuttasat turn", "Sisophon", "Kralanh", "Siem Reap"]),
    ("Sukhumvit Road, National Road 48", "trunk", ["Bangkok", "Chanthaburi", "Trat", "Cham Yeam gate", "Koh Kong", "Ou Bak Roteh"]),
    ("Road by Pailin", "trunk", ["Chanthaburi", "Psar Pruhm gate", "Pailin", "Battambang"]),
    ("National Road 5", "trunk", ["Battambang", "Sisophon"]),
    ("National Road 4", "trunk", ["Ou Bak Roteh", "Phnum Sruoch", "Kampong Speu", "Phnom Penh"]),
    ("National Road 6", "trunk", ["Phnom Penh", "Baray", "Kampong Thom", "Stoung", "Siem Reap"]),
    ("QL22, National Road 1", "trunk", ["Ho Chi Minh City", "Trang Bang", "Go Dau", "Moc Bai", "Bavet gate", "Bavet", "Svay Teab",
                                        "Svay Rieng", "Kampong Trabaek", "Neak Loeung", "Veal Sbov", "Phnom Penh"]),
]
KM_PER_DEGREE = 111.0
STEP_KM = 10
STAMP = 'version="1" timestamp="2026-11-01T00:00:00Z"'

nodes, ways = [], []


def node(lat, lon, name=None):
    tag = f'<tag k="name" v="{name}"/>' if name else ""
    nodes.append(f'<node id="{len(nodes) + 1}" {STAMP} lat="{lat:.6f}" lon="{lon:.6f}">{tag}</node>')
    return len(nodes)


def way(refs, kind, name=None):
    tags = f'<tag k="highway" v="{kind}"/>' + (f'<tag k="name" v="{name}"/>' if name else "")
    ways.append(f'<way id="{len(ways) + 1}" {STAMP}>' + "".join(f'<nd ref="{ref}"/>' for ref in refs) + tags + "</way>")


towns = {name: node(*place, name) for name, place in TOWNS.items()}
for name, kind, along in ROADS:
    refs = [towns[along[0]]]
    for a, b in zip(along, along[1:]):
        (lat, lon), (to_lat, to_lon) = TOWNS[a], TOWNS[b]
        steps = max(1, int(math.hypot(to_lat - lat, to_lon - lon) * KM_PER_DEGREE // STEP_KM))
        for i in range(1, steps):
            at = lat + (to_lat - lat) * i / steps, lon + (to_lon - lon) * i / steps
            refs.append(node(*at))
            way([refs[-1], node(at[0] + 0.02, at[1])], "tertiary")
        refs.append(towns[b])
    way(refs, kind, name)

with open(sys.argv[1], "w", encoding="utf-8") as out:
    out.write('<?xml version="1.0" encoding="UTF-8"?>\n<osm version="0.6" generator="tests/route/roads.py">\n')
    out.write("\n".join(nodes + ways) + "\n</osm>\n")
