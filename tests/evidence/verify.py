#!/usr/bin/env python3
"""Verifies an evidence document without Cordon: verify.py EVIDENCE.json KEY.pem

Needs the packages `cryptography` (Ed25519, RFC 8032) and `rfc8785` (JSON canonicalization, RFC 8785).
"""
import base64
import json
import sys

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import load_pem_public_key

with open(sys.argv[1], "rb") as file:
    document = file.read()
with open(sys.argv[2], "rb") as file:
    key = load_pem_public_key(file.read())
evidence = json.loads(document)
if rfc8785.dumps(evidence) != document:
    sys.exit("not in canonical form: something was changed")
try:
    key.verify(base64.b64decode(evidence["signature"]["value"], validate=True), rfc8785.dumps(evidence["statement"]))
except InvalidSignature:
    sys.exit("the signature does not fit: something was changed, or somebody else signed it")
print("verified")
