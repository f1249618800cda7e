"""Whether a request as it came over the wire carries the signature that botocore would give it.

The canonical request is made by botocore's own code from the request's own bytes; what a signature
must cover (Host, every x-amz- header, the body's hash) is demanded here.
"""
import calendar
import hashlib
import re
import time
from urllib.parse import unquote, urlsplit

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.compat import HTTPHeaders
from botocore.credentials import Credentials

AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/,]+)/(\d{8})/([^/,]+)/([^/,]+)/aws4_request, ?"
    r"SignedHeaders=([a-z0-9;_.-]+), ?Signature=([0-9a-f]{64})"
)
UNRESERVED = re.compile(r"^(?:[A-Za-z0-9\-_.~/]|%[0-9A-F]{2})*$")
QUERY = re.compile(r"^(?:[A-Za-z0-9\-_.~=&]|%[0-9A-F]{2})*$")
# Asked by whoever has no credentials yet.
UNSIGNED = (b"Action=AssumeRoleWithWebIdentity", b"Action=AssumeRoleWithSAML")
SKEW_ALLOWED = 300


class Refused(Exception):
    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


def refuse(code, message):
    raise Refused(code, message)


def headers_of(pairs, name):
    return [value for key, value in pairs if key.lower() == name]


def recompute(service, region, key, date, method, target, pairs, signed, body_hash):
    """The canonical request, and its signature, in botocore's words."""
    auth_class = S3SigV4Auth if service.startswith("s3") else SigV4Auth
    auth = auth_class(key["credentials"], service, region)
    to_sign = HTTPHeaders()
    for name in signed:
        values = headers_of(pairs, name)
        if not values:
            refuse("SignatureDoesNotMatch", f"the signed header {name} is not there")
        for value in values:
            to_sign[name] = value
    host = (headers_of(pairs, "host") or [""])[0]
    request = AWSRequest(method=method, url=f"http://{host}{target}")
    request.context["timestamp"] = date
    auth.headers_to_sign = lambda _: to_sign
    request.headers["X-Amz-Content-SHA256"] = body_hash
    canonical = auth.canonical_request(request)
    return canonical, auth.signature(auth.string_to_sign(request, canonical), request)


class Verifier:
    """Knows which keys there are, what time it is, and what it was asked."""

    def __init__(self):
        self.keys = {}
        self.expired = set()
        self.skew_s = 0

    def add(self, key_id, secret, token=None):
        self.keys[key_id] = {"credentials": Credentials(key_id, secret), "token": token}

    def now(self):
        return time.time() + self.skew_s

    def check(self, method, target, pairs, body):
        """(service, region, key id) of a request that is signed well; else raises Refused."""
        found = headers_of(pairs, "authorization")
        if found:
            return self.check_header(method, target, pairs, body, found)
        if "X-Amz-Signature=" in target:
            return self.check_query(method, target, pairs, body)
        if body.startswith(UNSIGNED):
            return ("sts", "us-east-1", None)
        return refuse("MissingAuthenticationToken", "neither an Authorization header nor a signed query")

    def key(self, key_id, tokens):
        key = self.keys.get(key_id) or refuse("InvalidAccessKeyId", f"nobody has the key {key_id}")
        if key_id in self.expired:
            refuse("ExpiredToken", "The security token included in the request is expired")
        if (key["token"] or "") != "".join(tokens):
            refuse("InvalidClientTokenId", "the session token is not the one of this key")
        return key

    def check_time(self, date, seconds_before, seconds_after):
        if not re.fullmatch(r"\d{8}T\d{6}Z", date):
            refuse("SignatureDoesNotMatch", f"'{date}' is not a time")
        at = calendar.timegm(time.strptime(date, "%Y%m%dT%H%M%SZ"))
        if not at - seconds_before <= self.now() <= at + seconds_after:
            refuse("RequestTimeTooSkewed", "Signature expired: the request's time is too far from the server's")

    def check_target(self, service, target):
        parts = urlsplit(target)
        if service.startswith("s3") and not UNRESERVED.match(parts.path):
            refuse("SignatureDoesNotMatch", "the path is not encoded as S3 encodes it")
        if not QUERY.match(parts.query):
            refuse("SignatureDoesNotMatch", "the query is not encoded as AWS encodes it")

    def check_header(self, method, target, pairs, body, found):
        match = AUTHORIZATION.fullmatch(found[0]) if len(found) == 1 else None
        if not match:
            refuse("IncompleteSignature", "the Authorization header cannot be read")
        key_id, day, region, service, signed, signature = match.groups()
        signed = signed.split(";")
        key = self.key(key_id, headers_of(pairs, "x-amz-security-token"))
        date = "".join(headers_of(pairs, "x-amz-date"))
        self.check_time(date, SKEW_ALLOWED, SKEW_ALLOWED)
        self.check_target(service, target)
        if not date.startswith(day):
            refuse("SignatureDoesNotMatch", "the scope's day is not the request's")
        self.check_cover(pairs, signed)
        canonical, expected = recompute(
            service, region, key, date, method, target, pairs, signed, self.body_hash(service, pairs, body)
        )
        if expected != signature:
            refuse("SignatureDoesNotMatch", "botocore signs this canonical request otherwise:\n" + canonical)
        return service, region, key_id

    def check_cover(self, pairs, signed):
        if signed != sorted(signed):
            refuse("SignatureDoesNotMatch", "SignedHeaders is not sorted")
        for name in {key.lower() for key, _ in pairs}:
            if (name == "host" or name.startswith("x-amz-")) and name not in signed:
                refuse("SignatureDoesNotMatch", f"the header {name} is not signed")

    def body_hash(self, service, pairs, body):
        real = hashlib.sha256(body).hexdigest()
        said = "".join(headers_of(pairs, "x-amz-content-sha256"))
        if said in ("", real):
            if said == "" and service.startswith("s3"):
                refuse("MissingSecurityHeader", "S3 wants x-amz-content-sha256")
            return real
        if said == "UNSIGNED-PAYLOAD":
            return said
        return refuse("XAmzContentSHA256Mismatch", f"the body's hash is {real}, not {said}")

    def check_query(self, method, target, pairs, body):
        parts = urlsplit(target)
        raw = [pair.split("=", 1) for pair in parts.query.split("&")]
        query = {name: unquote(value) for name, value in (pair if len(pair) == 2 else (pair[0], "") for pair in raw)}
        scope = query.get("X-Amz-Credential", "").split("/")
        if len(scope) != 5 or scope[4] != "aws4_request" or query.get("X-Amz-Algorithm") != "AWS4-HMAC-SHA256":
            refuse("AuthorizationQueryParametersError", "the signed query cannot be read")
        key_id, day, region, service, _ = scope
        key = self.key(key_id, [query.get("X-Amz-Security-Token", "")])
        date = query.get("X-Amz-Date", "")
        self.check_time(date, SKEW_ALLOWED, int(query.get("X-Amz-Expires", "0")))
        self.check_target(service, target)
        if not date.startswith(day):
            refuse("SignatureDoesNotMatch", "the scope's day is not the request's")
        signed = query.get("X-Amz-SignedHeaders", "").split(";")
        body_hash = "UNSIGNED-PAYLOAD" if service == "s3" else hashlib.sha256(body).hexdigest()
        kept = "&".join(pair for pair in parts.query.split("&") if not pair.startswith("X-Amz-Signature="))
        canonical, expected = recompute(
            service, region, key, date, method, f"{parts.path}?{kept}", pairs, signed, body_hash
        )
        if expected != query["X-Amz-Signature"]:
            refuse("SignatureDoesNotMatch", "botocore signs this canonical request otherwise:\n" + canonical)
        return service, region, key_id
