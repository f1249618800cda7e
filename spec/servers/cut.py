"""A TCP proxy that cuts: what a network does to a database's client.

    cut.py proxy FILE HOST PORT   listens on a port of its own and writes its number to FILE; then takes words
                                  from its input until "quit", and answers each with a line in FILE.said
    cut.py old FILE               a server that says it is PostgreSQL 9.6, until a word comes

pass      bytes go both ways, new connections too
drop      resets all connections; new ones pass
refuse    resets all connections, and each new one at once
stall     nothing goes either way; nothing is closed
swallow   what the server says is lost, and the connection reset a moment later; new ones pass
block     what the client says is lost, and the connection reset a moment later; new ones pass
commit    as swallow, from the moment the client says COMMIT
"""

import os
import select
import socket
import struct
import sys
import threading
import time

LATER = 0.15


def reset(sock):
    """Ends it as a crash does: no farewell."""
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sock.close()
    except OSError:
        pass


class Pair:
    """A client's connection, and ours to the server."""

    def __init__(self, client, server):
        self.client, self.server = client, server
        self.mode, self.end_at = "pass", None

    def cut(self):
        reset(self.client)
        reset(self.server)

    def lose(self, mode):
        self.mode, self.end_at = mode, time.monotonic() + LATER

    def move(self, sock):
        data = sock.recv(65536)
        if not data:
            return False
        if sock is self.client:
            if self.mode == "commit" and b"COMMIT\0" in data:
                self.lose("swallow")
            if self.mode != "block":
                self.server.sendall(data)
        elif self.mode != "swallow":
            self.client.sendall(data)
        return True


class Proxy:
    def __init__(self, target):
        self.target = target
        self.pairs = []
        self.mode = "pass"
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))

    def say(self, word):
        with self.lock:
            if word in ("drop", "refuse"):
                for pair in self.pairs:
                    pair.cut()
                self.pairs = []
            for pair in self.pairs:
                if word in ("swallow", "block"):
                    pair.lose(word)
                else:
                    pair.mode = word
            self.mode = word if word in ("refuse", "stall") else "pass"

    def accept(self):
        client, _ = self.listener.accept()
        if self.mode == "refuse":
            reset(client)
            return
        try:
            server = socket.create_connection(self.target)
        except OSError:
            reset(client)
            return
        for sock in (client, server):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        pair = Pair(client, server)
        pair.mode = self.mode
        self.pairs.append(pair)

    def step(self):
        with self.lock:
            now = time.monotonic()
            for pair in list(self.pairs):
                if pair.end_at and now > pair.end_at:
                    pair.cut()
                    self.pairs.remove(pair)
            by_sock = {}
            for pair in self.pairs:
                if pair.mode != "stall":
                    by_sock[pair.client] = by_sock[pair.server] = pair
        readable, _, _ = select.select([self.listener, *by_sock], [], [], 0.02)
        with self.lock:
            for sock in readable:
                if sock is self.listener:
                    self.accept()
                    continue
                pair = by_sock[sock]
                if pair not in self.pairs or pair.mode == "stall":
                    continue
                try:
                    alive = pair.move(sock)
                except OSError:
                    alive = False
                if not alive:
                    pair.cut()
                    self.pairs.remove(pair)


def tell_port(file, listener):
    with open(file + ".new", "w", encoding="ascii") as out:
        out.write(str(listener.getsockname()[1]))
    os.rename(file + ".new", file)


def proxy(file, host, port):
    it = Proxy((host, int(port)))
    tell_port(file, it.listener)

    def listen():
        for line in sys.stdin:
            if line.strip() == "quit":
                break
            it.say(line.strip())
            with open(file + ".said", "a", encoding="ascii") as out:
                out.write(line)
        os._exit(0)

    threading.Thread(target=listen, daemon=True).start()
    while True:
        it.step()


def old(file):
    listener = socket.create_server(("127.0.0.1", 0))
    tell_port(file, listener)
    threading.Thread(target=lambda: (sys.stdin.readline(), os._exit(0)), daemon=True).start()

    def status(name, value):
        body = name + b"\0" + value + b"\0"
        return b"S" + struct.pack(">I", 4 + len(body)) + body

    while True:
        client, _ = listener.accept()
        while True:
            head = client.recv(8)
            if len(head) == 8 and struct.unpack(">II", head)[1] in (80877103, 80877104):
                client.sendall(b"N")
                continue
            break
        client.recv(65536)
        client.sendall(
            b"R" + struct.pack(">II", 8, 0)
            + status(b"server_version", b"9.6.24") + status(b"server_encoding", b"UTF8")
            + status(b"client_encoding", b"UTF8")
            + b"K" + struct.pack(">III", 12, 1, 2)
            + b"Z" + struct.pack(">I", 5) + b"I"
        )


if __name__ == "__main__":
    {"proxy": proxy, "old": old}[sys.argv[1]](*sys.argv[2:])
