"""Teaches schemathesis to send a body of lines, `application/x-ndjson`: a text as it is, anything else as a line of JSON."""

import json

import schemathesis


@schemathesis.serializer("application/x-ndjson")
def lines(_context, value):
    if isinstance(value, bytes):
        return value
    text = value if isinstance(value, str) else json.dumps(value) + "\n"
    return text.encode("utf-8", "surrogatepass")
