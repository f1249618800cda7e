"""boto3 as the independent witness: calls by name, with JSON in and out.

Bytes travel as {"$b": hex}, times as seconds since 1970.
"""
import datetime

import boto3
import botocore.exceptions
from botocore.config import Config

clients = {}


def client(service, endpoint, key_id, secret, region):
    place = (service, endpoint, key_id, secret, region)
    if place not in clients:
        clients[place] = boto3.session.Session().client(
            service,
            endpoint_url=endpoint,
            aws_access_key_id=key_id,
            aws_secret_access_key=secret,
            region_name=region,
            config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}),
        )
    return clients[place]


def plain(value):
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items() if key != "ResponseMetadata"}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, (bytes, bytearray)):
        return {"$b": bytes(value).hex()}
    if isinstance(value, datetime.datetime):
        return value.timestamp()
    if hasattr(value, "read"):
        return plain(value.read())
    return value


def meant(value):
    if isinstance(value, dict):
        return bytes.fromhex(value["$b"]) if list(value) == ["$b"] else {k: meant(v) for k, v in value.items()}
    return [meant(item) for item in value] if isinstance(value, list) else value


def call(ask, endpoint, key_id, secret):
    made = client(ask["service"], endpoint, ask.get("key_id", key_id), ask.get("secret", secret),
                  ask.get("region", "us-east-1"))
    try:
        return {"result": plain(getattr(made, ask["operation"])(**meant(ask.get("params") or {})))}
    except botocore.exceptions.ClientError as error:
        return {"code": error.response["Error"]["Code"], "message": str(error)}
    except (botocore.exceptions.BotoCoreError, AttributeError, TypeError) as error:
        return {"code": type(error).__name__, "message": str(error)}


def presign(ask, endpoint, key_id, secret):
    made = client(ask["service"], endpoint, key_id, secret, "us-east-1")
    return {"result": made.generate_presigned_url(ask["operation"], meant(ask["params"]), ask.get("seconds", 600))}
