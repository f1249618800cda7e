"""Made-up requests signed by botocore, one JSON object a line.

sign.py SEED COUNT -> {"method", "url", "headers", "body", "token", "region", "service", "stamp", "mode", "expires",
"canonical", "signature"}; modes: header, query, s3, s3query. URLs are as a client encodes them.
"""
import datetime
import json
import random
import re
import sys
from urllib.parse import quote

import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

PIECES = ["a", "B", "0", "-", "_", ".", "~", " ", "=", "*", "+", "%", "&", "é", "ሴ", "😀", ":", "@", "!", "'", "(", ")",
          ",", ";", "$", "#", "?", "[", "\\", "|", '"', "<", "^", "`", "{", "\t"]
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
CLASSES = {"header": botocore.auth.SigV4Auth, "query": botocore.auth.SigV4QueryAuth,
           "s3": botocore.auth.S3SigV4Auth, "s3query": botocore.auth.S3SigV4QueryAuth}


def word(rng, most=6):
    return "".join(rng.choice(PIECES) for _ in range(rng.randrange(most)))


def path(rng):
    segments = [rng.choice([word(rng), "..", ".", ""]) if rng.random() < 0.4 else word(rng)
                for _ in range(rng.randrange(5))]
    return "/" + quote("/".join(segments), safe="/~")


def query(rng, twice):
    """Twice: a name may come again; botocore loses all but one when it signs in the query."""
    pairs = [(word(rng) or "k", rng.choice(["", word(rng)])) for _ in range(rng.randrange(5))]
    pairs = pairs if twice else dict(pairs).items()
    return "&".join(quote(key, safe="~") + "=" + quote(value, safe="~") for key, value in pairs)


def headers(rng):
    made = {}
    for _ in range(rng.randrange(4)):
        name = rng.choice(["X-Amz-Meta-A", "x-amz-b", "Content-Type", "Range", "User-Agent", "Expect", "X-Amzn-Trace-Id",
                           "My-Header", "Content-Length", "Cache-Control"])
        made[name] = rng.choice(["v", "  two  words ", "a,b", "x;y=1", "10", 'say "a   b"', "\tt\t"])
    return made


def freeze(moment):
    class Frozen(datetime.datetime):
        @classmethod
        def now(cls, tz=None):
            return moment.replace(tzinfo=tz)

        @classmethod
        def utcnow(cls):
            return moment
    module = type(sys)("frozen")
    module.__dict__.update(datetime.__dict__)
    module.datetime = Frozen
    botocore.auth.datetime = module
    if hasattr(botocore.auth, "get_current_datetime"):
        botocore.auth.get_current_datetime = lambda remove_tzinfo=True: moment


def main():
    rng = random.Random(int(sys.argv[1]))
    for _ in range(int(sys.argv[2])):
        moment = datetime.datetime(rng.randrange(1990, 2090), rng.randrange(1, 13), rng.randrange(1, 29),
                                   rng.randrange(24), rng.randrange(60), rng.randrange(60))
        freeze(moment)
        mode = rng.choice(sorted(CLASSES))
        region, service = rng.choice(["us-east-1", "cn-north-1"]), "s3" if mode[:2] == "s3" else "sqs"
        token = rng.choice(["", "t/o+k=en"])
        text = query(rng, "query" not in mode)
        url = "https://" + rng.choice(["h.example.com", "h.example.com:8443"]) + path(rng) + ("?" + text if text else "")
        body = b"" if "query" in mode else rng.choice(["", word(rng, 20)]).encode()  # botocore moves it to the query
        given = headers(rng)
        request = AWSRequest(method=rng.choice(["GET", "PUT", "POST"]), url=url, headers=dict(given), data=body)
        arguments = {"expires": 900} if "query" in mode else {}
        signer = CLASSES[mode](Credentials("AKIDEXAMPLE", SECRET, token or None), service, region, **arguments)
        seen = {}
        inner = signer.canonical_request
        signer.canonical_request = lambda r, inner=inner, seen=seen: seen.setdefault("canonical", inner(r))
        signer.add_auth(request)
        found = re.search("Signature=([0-9a-f]{64})", request.headers.get("Authorization", "") + request.url)
        print(json.dumps({
            "method": request.method, "url": url, "headers": given, "body": body.decode(), "token": token,
            "region": region, "service": service, "stamp": moment.strftime("%Y-%m-%dT%H:%M:%SZ"), "mode": mode,
            "canonical": seen["canonical"], "signature": found.group(1)}))


main()
