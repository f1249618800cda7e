"""Calls with made-up parameters, as botocore writes them: one JSON object a line.

serialize.py SEED SERVICES OPERATIONS -> {"data": folder} first, then
{"service", "operation", "params", "method", "url", "headers", "body" (base64), "reply": {"body", "result"} or null}
"""
import base64
import json
import os
import random
import sys

import botocore
import botocore.session
from botocore.awsrequest import create_request_object, prepare_request_dict
from botocore.serialize import create_serializer

WORDS = ["a", "Alpha", "b c", "x/y", "q=1&r", "ä€", "1.5", "true", "z~-_.", 'say "hi"', "<&>"]


class Maker:
    """Parameters by shape; few enough that a line stays short."""

    def __init__(self, rng):
        self.rng = rng

    def make(self, shape, depth=0, plain=False):
        return getattr(self, "make_" + shape.type_name, self.make_string)(shape, depth, plain)

    def make_structure(self, shape, depth, plain):
        if getattr(shape, "is_document_type", False):
            return {"any": [1, "two", {"three": True}]}
        names = list(shape.members)
        if getattr(shape, "is_tagged_union", False):
            names = [self.rng.choice(names)] if names else []
        chosen = {}
        for name in names:
            member = shape.members[name]
            required = name in shape.required_members
            union = getattr(shape, "is_tagged_union", False)
            if required or union or self.rng.random() < (0.7, 0.4, 0.2)[min(depth, 2)]:
                if depth > 5 and member.type_name in ("structure", "list", "map") and not (required or union):
                    continue
                value = self.make_member(member, depth)
                if value is not None:
                    chosen[name] = value
        return chosen

    def make_member(self, member, depth):
        where = member.serialization.get("location")
        if member.serialization.get("hostLabel"):
            return "label-%d" % self.rng.randrange(100)
        if member.serialization.get("jsonvalue"):
            return {"key": "value"} if where == "header" else '{"key": "value"}'
        return self.make(member, depth + 1, where in ("header", "headers", "uri"))

    def make_list(self, shape, depth, plain):
        count = 0 if depth > 6 else self.rng.randrange(1, 3)
        return [self.make(shape.member, depth + 1, plain) for _ in range(count)]

    def make_map(self, shape, depth, plain):
        count = 0 if depth > 6 else self.rng.randrange(1, 3)
        return {"key%d" % i: self.make(shape.value, depth + 1, plain) for i in range(count)}

    def make_string(self, shape, depth, plain):
        if plain:
            return self.rng.choice(["a", "Alpha", "b c", "x/y", "1.5"])
        return self.rng.choice(WORDS)

    def make_blob(self, shape, depth, plain):
        return self.rng.choice(["bytes", "more bytes", "~"])

    def make_integer(self, shape, depth, plain):
        return self.rng.randrange(-5, 100000)

    def make_long(self, shape, depth, plain):
        return self.rng.choice([0, 7, 2**40, -(2**33)])

    def make_float(self, shape, depth, plain):
        return self.rng.choice([0.5, 1.25, -3.75, 1000.125])

    make_double = make_float

    def make_boolean(self, shape, depth, plain):
        return self.rng.random() < 0.5

    def make_timestamp(self, shape, depth, plain):
        return self.rng.choice([0, 946845296, 1700000000])


def has_events(shape):
    return shape is not None and any(m.serialization.get("eventstream") for m in shape.members.values())


def protocol_of(model):
    order = ("json", "rest-json", "rest-xml", "smithy-rpc-v2-cbor", "query", "ec2")
    offered = model.metadata.get("protocols", [])
    return next((p for p in order if p in offered), model.metadata["protocol"])


def reply_of(maker, model, operation):
    """The JSON body of a reply, written by botocore's serializer, and the result it stands for."""
    shape = operation.output_shape
    if protocol_of(model) not in ("json", "rest-json") or shape is None or has_events(shape):
        return None
    if shape.serialization.get("payload"):
        return None
    result = maker.make(shape)
    for name, member in shape.members.items():
        if "location" in member.serialization:
            result.pop(name, None)
    body = {}
    create_serializer("json", False)._serialize(body, result, shape)
    return {"body": json.dumps(body), "result": result}


def main():
    seed, services, operations = (int(a) for a in sys.argv[1:4])
    rng = random.Random(seed)
    session = botocore.session.get_session()
    print(json.dumps({"data": os.path.join(os.path.dirname(botocore.__file__), "data")}))
    always = ["s3", "dynamodb", "ec2", "sqs", "sns", "route53", "cloudfront", "lambda", "iam", "cloudwatch", "s3control"]
    names = sorted(session.get_available_services())
    chosen = [n for n in always if n in names]
    chosen += rng.sample([n for n in names if n not in always], services - len(chosen))
    maker = Maker(rng)
    done = 0
    while done < operations:
        name = chosen[done % len(chosen)]
        model = session.get_service_model(name)
        operation = model.operation_model(rng.choice(model.operation_names))
        done += 1
        if has_events(operation.input_shape):
            continue
        params = maker.make(operation.input_shape) if operation.input_shape else {}
        checksum = (operation.http_checksum or {}).get("requestAlgorithmMember")
        if checksum in params:
            params[checksum] = "SHA256"
        serializer = create_serializer(protocol_of(model), False)
        try:
            request = serializer.serialize_to_request(params, operation)
        except Exception as error:  # what botocore itself cannot write is no case
            print("%s %s: %s" % (name, operation.name, error), file=sys.stderr)
            continue
        prefix = request.pop("host_prefix", "") or ""
        prepare_request_dict(request, endpoint_url="https://%sexample.com" % prefix, context={})
        prepared = create_request_object(request).prepare()
        body = prepared.body or b""
        body = body.encode() if isinstance(body, str) else bytes(body)
        headers = {k: v.decode() if isinstance(v, bytes) else str(v) for k, v in prepared.headers.items()}
        print(json.dumps({"service": name, "operation": operation.name, "params": params, "method": prepared.method,
                          "url": prepared.url, "headers": headers, "body": base64.b64encode(body).decode(),
                          "reply": reply_of(maker, model, operation)}))


main()
