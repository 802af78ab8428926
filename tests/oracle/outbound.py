"""Judges what Cordon sends: push messages (http_ece), the sender's token (PyJWT), webhooks (standardwebhooks, cryptography).

Reads one JSON document from standard input; says what is wrong and exits 1 if anything is.
"""

import base64
import json
import sys
import time

import http_ece
import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from standardwebhooks import Webhook, WebhookVerificationError


def raw(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def main():
    asked = json.load(sys.stdin)
    for message in asked["messages"]:
        key = ec.derive_private_key(int.from_bytes(raw(message["private"]), "big"), ec.SECP256R1())
        body = raw(message["body"])
        assert len(body) <= 4096, "a push service takes 4096 bytes"
        plain = http_ece.decrypt(body, private_key=key, auth_secret=raw(message["auth"]), version="aes128gcm")
        assert plain.decode() == message["payload"], "another payload"

    scheme, fields = asked["token"].split(" ", 1)
    assert scheme == "vapid"
    fields = dict(field.strip().split("=", 1) for field in fields.split(","))
    assert fields["k"] == asked["public"]
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw(fields["k"]))
    claims = jwt.decode(fields["t"], public, algorithms=["ES256"], audience=asked["origin"])
    assert isinstance(claims["exp"], int) and claims["exp"] <= time.time() + 24 * 3600, "RFC 8292: a day at most"
    assert claims["sub"] == "mailto:duty@example.org"

    hook = asked["webhook"]
    for secret in hook["secrets"]:
        Webhook(secret).verify(hook["body"], hook["headers"])
    for wrong in (hook["body"] + " ", hook["body"].replace("transition", "transitioN")):
        try:
            Webhook(hook["secrets"][0]).verify(wrong, hook["headers"])
        except WebhookVerificationError:
            continue
        raise AssertionError("a changed body verifies")
    headers = hook["headers"]
    signed = f'{headers["webhook-id"]}.{headers["webhook-timestamp"]}.{hook["body"]}'.encode()
    signatures = [s.split(",", 1) for s in headers["webhook-signature"].split(" ")]
    asymmetric = [base64.b64decode(s) for version, s in signatures if version == "v1a"]
    for public, signature in zip(hook["publics"], asymmetric, strict=True):
        Ed25519PublicKey.from_public_bytes(base64.b64decode(public.removeprefix("whpk_"))).verify(signature, signed)


main()
