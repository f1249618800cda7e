"""Stands in for everybody who hands out credentials: instance metadata, the container endpoint, STS, IAM Identity
Center. Prints its pid and port; ends when it is killed, or with the process that started it.

The first part of a path says how it behaves: /imds, /imds-v1 (no sessions), /imds-none (no role), /imds-error,
/slow (answers after two seconds), /junk, /fail (status 500), /container, /sts, /oidc, /portal. GET /seen lists the
requests since the last time. Keys are numbered, so that a renewal shows, and hold until 2026-01-01T01:00:00Z."""
import json
import os
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

EXPIRATION = "2026-01-01T01:00:00Z"
lock = threading.Lock()
seen = []
made = 0


def next_keys():
    global made
    with lock:
        made += 1
        return "ASIA%d" % made, "made-secret-%d" % made, "made-token-%d" % made


def metadata_keys():
    key, secret, token = next_keys()
    return {"Code": "Success", "AccessKeyId": key, "SecretAccessKey": secret, "Token": token,
            "Expiration": EXPIRATION}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, text, kind="text/plain"):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def json(self, status, value):
        self.answer(status, json.dumps(value), "application/json")

    def imds(self, kind, path):
        session = self.headers.get("x-aws-ec2-metadata-token")
        if path == "/latest/api/token":
            if kind == "imds-v1":
                return self.answer(405, "no")
            if self.command != "PUT" or not self.headers.get("x-aws-ec2-metadata-token-ttl-seconds"):
                return self.answer(400, "no")
            return self.answer(200, "a-session")
        if kind != "imds-v1" and session != "a-session":
            return self.answer(401, "no session")
        if path == "/latest/meta-data/iam/security-credentials/":
            return self.answer(404, "none") if kind == "imds-none" else self.answer(200, "the-role\n")
        if kind == "imds-error":
            return self.json(200, {"Code": "AssumeRoleUnauthorizedAccess", "Message": "EC2 cannot assume the role"})
        return self.json(200, metadata_keys())

    def sts(self, form):
        action = form.get("Action", [""])[0]
        if form.get("RoleArn", [""])[0].endswith("/forbidden"):
            return self.answer(403, "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>"
                               "not authorized to perform: sts:AssumeRole</Message></Error><RequestId>r1</RequestId>"
                               "</ErrorResponse>", "text/xml")
        key, secret, token = next_keys()
        return self.answer(200, "<{0}Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><{0}Result>"
                           "<Credentials><AccessKeyId>{1}</AccessKeyId><SecretAccessKey>{2}</SecretAccessKey>"
                           "<SessionToken>{3}</SessionToken><Expiration>{4}</Expiration></Credentials></{0}Result>"
                           "</{0}Response>".format(action, key, secret, token, EXPIRATION), "text/xml")

    def portal(self):
        if self.headers.get("x-amz-sso_bearer_token") not in ("a-token", "a-new-token"):
            self.send_response(401)
            self.send_header("x-amzn-ErrorType", "UnauthorizedException")
            body = b'{"message":"Session token not found or invalid"}'
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            return self.wfile.write(body)
        key, secret, token = next_keys()
        return self.json(200, {"roleCredentials": {"accessKeyId": key, "secretAccessKey": secret,
                                                   "sessionToken": token, "expiration": 1767229200000}})

    def serve(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length).decode()
        kind, _, rest = self.path[1:].partition("/")
        path = "/" + rest
        if kind == "seen":
            with lock:
                out = list(seen)
                seen.clear()
            return self.json(200, out)
        form = urllib.parse.parse_qs(body)
        with lock:
            seen.append({"method": self.command, "path": self.path, "form": {k: v[0] for k, v in form.items()},
                         "signed_by": (self.headers.get("Authorization") or "").partition("Credential=")[2]
                         .partition("/")[0], "authorization": self.headers.get("Authorization") or ""})
        if kind == "slow":
            time.sleep(2)
            return self.answer(200, "late")
        if kind == "junk":
            return self.answer(200, "<html>secret-in-a-page</html>")
        if kind == "fail":
            return self.answer(500, "no")
        if kind.startswith("imds"):
            return self.imds(kind, path)
        if kind == "container":
            if self.headers.get("Authorization") == "wrong":
                return self.answer(403, "no")
            time.sleep(0.1)
            return self.json(200, metadata_keys())
        if kind == "sts":
            return self.sts(form)
        if kind == "oidc":
            given = json.loads(body)
            if given.get("refreshToken") != "a-refresh-token":
                return self.json(400, {"error": "invalid_grant", "error_description": "refused"})
            return self.json(200, {"accessToken": "a-new-token", "tokenType": "Bearer", "expiresIn": 28800,
                                   "refreshToken": "another-refresh-token"})
        if kind == "portal":
            return self.portal()
        return self.answer(404, "no")

    do_GET = do_PUT = do_POST = serve


def end_with(parent):
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(0)


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass  # a client that waited no longer


server = Server(("127.0.0.1", 0), Handler)
print(os.getpid(), server.server_address[1], flush=True)
threading.Thread(target=end_with, args=(os.getppid(),), daemon=True).start()
server.serve_forever()
