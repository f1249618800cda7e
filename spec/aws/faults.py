"""Servers that do what a server should not, each on a port of its own; they count who came."""
import email.utils
import os
import socket
import ssl
import struct
import subprocess
import threading
import time

ITEM = b'{"Item":{"id":{"S":"1"}}}'


def reply(status, body=b"{}", headers=(), length=None):
    lines = [f"HTTP/1.1 {status}", "Content-Type: application/x-amz-json-1.0", "Connection: close"]
    lines += [f"Content-Length: {len(body) if length is None else length}", *headers]
    if not any(line.startswith("Date:") for line in lines):
        lines.append("Date: " + email.utils.formatdate(usegmt=True))
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def error(code):
    return b'{"__type":"com.amazon#%s","message":"as asked"}' % code.encode()


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def trickle(connection, count):
    connection.sendall(reply("200 OK", b"", length=10000))
    for _ in range(600):
        connection.sendall(b" ")
        time.sleep(0.1)


# Each takes the connection and how many came before.
def mode_ok(connection, count):
    connection.sendall(reply("200 OK", ITEM))


def mode_reset(connection, count):
    reset(connection)


def mode_reset_midway(connection, count):
    connection.sendall(reply("200 OK", b'{"Item":', length=1000))
    time.sleep(0.05)
    reset(connection)


def mode_silent(connection, count):
    connection.recv(1)


def mode_slow(connection, count):
    trickle(connection, count)


def mode_truncated(connection, count):
    connection.sendall(reply("200 OK", ITEM, length=len(ITEM) + 100))


def mode_garbage(connection, count):
    connection.sendall(os.urandom(512).replace(b"HTTP", b"ptth"))


def mode_garbage_body(connection, count):
    connection.sendall(reply("200 OK", b"<html>" + os.urandom(64)))


def mode_closes(connection, count):
    pass


def mode_500(connection, count):
    connection.sendall(reply("500 Internal Server Error", error("InternalServerError")))


def mode_500_once(connection, count):
    (mode_500 if count == 0 else mode_ok)(connection, count)


def mode_503(connection, count):
    body = b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
    connection.sendall(reply("503 Slow Down", body))


def mode_503_twice(connection, count):
    (mode_503 if count < 2 else mode_ok)(connection, count)


def mode_429(connection, count):
    text = reply("429 Too Many Requests", error("TooManyRequestsException"), ["Retry-After: 1"])
    connection.sendall(text if count == 0 else reply("200 OK", ITEM))


def mode_429_always(connection, count):
    connection.sendall(reply("429 Too Many Requests", error("ThrottlingException"), ["Retry-After: 1"]))


def mode_expired(connection, count):
    connection.sendall(reply("400 Bad Request", error("ExpiredTokenException")))


def mode_tls(connection, count):
    mode_ok(connection, count)


MODES = {name[5:]: function for name, function in list(globals().items()) if name.startswith("mode_")}


def make_ca(folder, name):
    """A certificate authority and a certificate for 127.0.0.1 and localhost that it signed."""
    base = os.path.join(folder, name)

    def openssl(*words):
        subprocess.run(["openssl", *words], check=True, capture_output=True)

    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-subj", f"/CN={name}", "-keyout", f"{base}.ca.key", "-out", f"{base}.ca.pem")
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-subj", "/CN=localhost", "-keyout", f"{base}.key", "-out", f"{base}.csr")
    with open(f"{base}.ext", "w", encoding="ascii") as file:
        file.write("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    openssl("x509", "-req", "-in", f"{base}.csr", "-CA", f"{base}.ca.pem", "-CAkey", f"{base}.ca.key",
            "-CAcreateserial", "-days", "2", "-extfile", f"{base}.ext", "-out", f"{base}.pem")
    return f"{base}.pem", f"{base}.key", f"{base}.ca.pem"


def read_request(connection):
    data = b""
    while b"\r\n\r\n" not in data:
        part = connection.recv(65536)
        if not part:
            return
        data += part
    head, body = data.split(b"\r\n\r\n", 1)
    length = 0
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    while len(body) < length:
        part = connection.recv(65536)
        if not part:
            return
        body += part


class Faults:
    def __init__(self, folder):
        self.counts = dict.fromkeys(MODES, 0)
        self.ports = {}
        self.certificate, key, self.ca = make_ca(folder, "right")
        _, _, self.wrong_ca = make_ca(folder, "wrong")
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(self.certificate, key)
        for name in MODES:
            listening = socket.create_server(("127.0.0.1", 0), backlog=256)
            self.ports[name] = listening.getsockname()[1]
            threading.Thread(target=self.serve, args=(name, listening), daemon=True).start()
        free = socket.create_server(("127.0.0.1", 0))
        self.ports["refused"] = free.getsockname()[1]
        free.close()

    def serve(self, name, listening):
        while True:
            connection, _ = listening.accept()
            threading.Thread(target=self.one, args=(name, connection), daemon=True).start()

    def one(self, name, connection):
        try:
            if name == "tls":
                connection = self.tls.wrap_socket(connection, server_side=True)
            read_request(connection)
            count = self.counts[name]
            self.counts[name] += 1
            MODES[name](connection, count)
            if name not in ("reset", "reset_midway"):
                connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        finally:
            connection.close()

    def endpoints(self):
        made = {f"fault_{name}": f"http://127.0.0.1:{port}" for name, port in self.ports.items()}
        made["fault_tls"] = f"https://localhost:{self.ports['tls']}"
        return {**made, "ca": self.ca, "wrong_ca": self.wrong_ca}
