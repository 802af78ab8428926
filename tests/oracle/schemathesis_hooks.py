"""Teaches schemathesis to send a body of lines, `application/x-ndjson`: a text as it is, anything else as a line of JSON.

Where a traveller asks (`CORDON_FUZZ_TRAVELLER`), most paths are their own.
"""

import json
import os

import schemathesis


@schemathesis.serializer("application/x-ndjson")
def lines(_context, value):
    if isinstance(value, bytes):
        return value
    text = value if isinstance(value, str) else json.dumps(value) + "\n"
    return text.encode("utf-8", "surrogatepass")


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    own = os.environ.get("CORDON_FUZZ_TRAVELLER")
    ours = own and context.operation.path.startswith("/v1/travellers/{id}")
    # now and then somebody else's, as it was drawn
    if ours and path_parameters and len(str(path_parameters.get("id"))) % 5:
        path_parameters["id"] = own
    return path_parameters
