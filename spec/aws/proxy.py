"""A server that lets only well signed requests through to the one behind it.

What it refuses it answers itself, in the protocol of whoever asks; what it saw can be asked.
"""
import email.utils
import http.client
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from xml.sax.saxutils import escape

from signatures import Refused, Verifier

HOP = {"connection", "keep-alive", "transfer-encoding", "te", "upgrade", "proxy-connection", "expect", "date"}
ISSUED = re.compile(
    rb"<AccessKeyId>([^<]+)</AccessKeyId>\s*<SecretAccessKey>([^<]+)</SecretAccessKey>\s*"
    rb"(?:<SessionToken>([^<]+)</SessionToken>)?"
)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def date_time_string(self, timestamp=None):
        return email.utils.formatdate(self.server.verifier.now(), usegmt=True)

    def log_message(self, format, *args):
        pass

    def body(self):
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return b"".join(parts)

    def answer(self):
        body = self.body()
        pairs = self.headers.items()
        seen = {"method": self.command, "target": self.path, "operation": self.headers.get("X-Amz-Target", "")}
        try:
            service, region, key_id = self.server.verifier.check(self.command, self.path, pairs, body)
            seen.update(ok=True, service=service, region=region, key=key_id or "")
        except Refused as refused:
            seen.update(ok=False, code=refused.code, message=str(refused))
            self.refuse(refused.code, str(refused))
        self.server.seen.append(seen)
        if seen["ok"]:
            self.forward(pairs, body)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = do_PATCH = answer

    def refuse(self, code, message):
        if "json" in self.headers.get("Content-Type", ""):
            kind, text = "application/x-amz-json-1.1", json.dumps({"__type": code, "message": message})
        else:
            kind = "text/xml"
            text = f"<ErrorResponse><Error><Code>{code}</Code><Message>{escape(message)}</Message></Error></ErrorResponse>"
            if "amz-sdk-s3" in self.headers or "x-amz-content-sha256" in self.headers:
                text = f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
        data = text.encode()
        self.send_response(403)
        self.send_header("Content-Type", kind)
        self.send_header("x-amzn-ErrorType", code)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def forward(self, pairs, body):
        connection = http.client.HTTPConnection(*self.server.upstream, timeout=60)
        try:
            connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in pairs:
                if name.lower() not in HOP | {"content-length"}:
                    connection.putheader(name, value)
            connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            reply = connection.getresponse()
            data = reply.read()
        finally:
            connection.close()
        for key_id, secret, token in ISSUED.findall(data):
            self.server.verifier.add(key_id.decode(), secret.decode(), token.decode() or None)
        self.send_response(reply.status)
        for name, value in reply.getheaders():
            if name.lower() not in HOP | {"content-length", "server"}:
                self.send_header(name, value)
        length = reply.getheader("Content-Length") if self.command == "HEAD" else str(len(data))
        if length is not None and reply.status not in (204, 304):
            self.send_header("Content-Length", length)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)


class Proxy(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, upstream, verifier=None):
        super().__init__(("127.0.0.1", 0), Handler)
        self.upstream = upstream
        self.verifier = verifier or Verifier()
        self.seen = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, client_address):
        """Who hangs up is not worth a trace."""
