"""moto does not speak CBOR: what comes in Smithy's RPC v2 CBOR goes on as JSON, and back.

The codec is cbor2, which has nothing in common with the one under test.
"""
import base64
import datetime
import json
import re

import cbor2

PATH = re.compile(r"^/service/(\w+)/operation/(\w+)$")


def for_json(value):
    if isinstance(value, dict):
        return {key: for_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [for_json(item) for item in value]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime.datetime):
        return value.timestamp()
    return value


def for_cbor(value, name=""):
    if isinstance(value, dict):
        return {key: for_cbor(item, key) for key, item in value.items()}
    if isinstance(value, list):
        return [for_cbor(item, name) for item in value]
    if isinstance(value, (int, float)) and re.search("(Timestamp|Date|Time)$", name):
        return cbor2.CBORTag(1, value)
    return value


def request(path, body):
    """(path, headers, body) of the same call in JSON; None for what is no CBOR call."""
    match = PATH.match(path)
    if not match:
        return None
    text = json.dumps(for_json(cbor2.loads(body)) if body else {})
    headers = [("Content-Type", "application/x-amz-json-1.0"), ("X-Amz-Target", ".".join(match.groups()))]
    return "/", headers, text.encode()


def reply(body):
    return cbor2.dumps(for_cbor(json.loads(body or b"{}")))
