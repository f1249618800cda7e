"""Starts the stand-ins of AWS that are named, tells where they are, and answers questions about them.

    servers.py FOLDER CACHE SERVER...     moto proxy dynamodb minio faults

One JSON line on standard output says where they listen; then one line answers each line read from
the pipe FOLDER/ask. Everything ends with whoever started this: when it closes its end of our
standard output, when it is gone, and when this process is.
"""
import ctypes
import json
import logging
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

KEY_ID, SECRET = "AKIDPASSOSPECS", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYSPECSKEY"
READY_WITHIN_S = 60
children = []


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return listening.getsockname()[1]


def spawn(folder, name, *command, **environment):
    def die_with_us():
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)

    with open(f"{folder}/{name}.log", "wb") as log:
        child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder,
            env={**os.environ, **environment}, preexec_fn=die_with_us,
        )
    children.append(child)
    return child


def wait_for(child, url, what, answers=lambda: True):
    till = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < till:
        if child.poll() is not None:
            raise RuntimeError(f"{what} ended with {child.returncode}")
        try:
            urllib.request.urlopen(url, timeout=2).close()
        except urllib.error.HTTPError:
            pass  # it refuses, so it is there
        except OSError:
            time.sleep(0.05)
            continue
        if answers():
            return
        time.sleep(0.05)
    raise RuntimeError(f"{what} was not ready within {READY_WITHIN_S} s")


class Servers:
    def __init__(self, folder, cache):
        self.folder, self.cache = folder, cache
        self.told = {"key_id": KEY_ID, "secret": SECRET}
        self.proxies, self.faults, self.verifier = {}, None, None

    def lacking(self, part):
        try:
            with open(f"{self.cache}/{part}.lacking", encoding="utf-8") as file:
                raise RuntimeError(file.read().strip())
        except FileNotFoundError:
            pass
        if not os.path.exists(f"{self.cache}/{part}.stamp"):
            raise RuntimeError("not installed; spec/run.sh --only aws does")

    def start_moto(self):
        from moto.core.config import default_user_config
        from moto.server import ThreadedMotoServer

        default_user_config["lambda"]["use_docker"] = False
        default_user_config["batch"]["use_docker"] = False
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        port = free_port()
        server = ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False)
        server.start()
        self.told["moto"] = f"http://127.0.0.1:{port}"

    def start_dynamodb(self):
        self.lacking("dynamodb")
        port, jars = free_port(), f"{self.cache}/dynamodb"
        child = spawn(
            self.folder, "dynamodb", "java", "-Xmx256m", f"-Dsqlite4java.library.path={jars}", "-cp", f"{jars}/*",
            "com.amazonaws.services.dynamodbv2.local.main.ServerRunner", "-inMemory", "-port", str(port),
        )
        wait_for(child, f"http://127.0.0.1:{port}/", "DynamoDB Local")
        self.told["dynamodb"] = f"http://127.0.0.1:{port}"
        self.guard("dynamodb", "dynamodb_proxy")

    def start_minio(self):
        self.lacking("minio")
        port = free_port()
        os.makedirs(f"{self.folder}/minio")
        child = spawn(
            self.folder, "minio", f"{self.cache}/bin/minio", "server", "--quiet", "--address", f"127.0.0.1:{port}",
            "--console-address", f"127.0.0.1:{free_port()}", f"{self.folder}/minio",
            MINIO_ROOT_USER=KEY_ID, MINIO_ROOT_PASSWORD=SECRET, MINIO_BROWSER="off", HOME=self.folder,
        )
        self.told["minio"] = f"http://127.0.0.1:{port}"
        # It says it is ready before it knows its own files.
        lists = {"service": "s3", "operation": "list_buckets", "at": "minio"}
        wait_for(child, f"http://127.0.0.1:{port}/", "MinIO", lambda: "result" in self.ask_boto(lists))

    def start_proxy(self):
        self.guard("moto", "proxy")

    def start_faults(self):
        from faults import Faults

        self.faults = Faults(self.folder)
        self.told.update(self.faults.endpoints())

    def guard(self, server, name):
        from proxy import Proxy
        from signatures import Verifier

        if self.verifier is None:
            self.verifier = Verifier()
            self.verifier.add(KEY_ID, SECRET)
        self.proxies[name] = Proxy(("127.0.0.1", int(self.told[server].rsplit(":", 1)[1])), self.verifier)
        self.told[name] = f"http://127.0.0.1:{self.proxies[name].server_address[1]}"

    # -- questions ------------------------------------------------------------------------------

    def ask_boto(self, ask):
        import boto

        return boto.call(ask, self.told.get(ask.get("at", "moto"), ask.get("at")), KEY_ID, SECRET)

    def ask_presign(self, ask):
        import boto

        return boto.presign(ask, self.told[ask.get("at", "moto")], KEY_ID, SECRET)

    def ask_verdicts(self, ask):
        proxy = self.proxies[ask.get("of", "proxy")]
        seen = list(proxy.seen)
        if ask.get("forget"):
            proxy.seen.clear()
        return {"result": seen}

    def ask_skew(self, ask):
        self.verifier.skew_s = ask["seconds"]
        return {"result": True}

    def ask_expire(self, ask):
        self.verifier.expired.add(ask["key_id"])
        return {"result": True}

    def ask_key(self, ask):
        self.verifier.add(ask["key_id"], ask["secret"], ask.get("token"))
        return {"result": True}

    def ask_counts(self, ask):
        counts = dict(self.faults.counts)
        if ask.get("forget"):
            for name in counts:
                self.faults.counts[name] = 0
        return {"result": counts}

    def ask_scan(self, ask):
        """Where in a process's writable memory a text is."""
        text, where = ask["text"].encode(), []
        try:
            with open(f"/proc/{ask['pid']}/maps", encoding="utf-8") as maps, \
                    open(f"/proc/{ask['pid']}/mem", "rb", 0) as memory:
                for line in maps:
                    words = line.split()
                    if "w" not in words[1] or not words[1].startswith("r"):
                        continue
                    first, last = (int(part, 16) for part in words[0].split("-"))
                    memory.seek(first)
                    data = memory.read(last - first)
                    where += [words[-1] if len(words) > 5 else "anonymous"] * data.count(text)
        except PermissionError:
            return {"result": {"reason": "this user may not look into another process", "count": 0, "where": []}}
        return {"result": {"count": len(where), "where": where}}


def leave_with(parent):
    """Nobody may be left behind by a spec that crashed."""
    watch = select.poll()
    watch.register(sys.stdout.fileno(), select.POLLERR)
    while os.getppid() == parent and not watch.poll(200):
        pass
    finish()


def finish(*_):
    for child in children:
        child.terminate()
    for child in children:
        try:
            child.wait(5)
        except subprocess.TimeoutExpired:
            child.kill()
    os._exit(0)


def main():
    folder, cache, names = sys.argv[1], sys.argv[2], sys.argv[3:]
    threading.Thread(target=leave_with, args=(os.getppid(),), daemon=True).start()
    signal.signal(signal.SIGTERM, finish)
    servers = Servers(folder, cache)
    for name in names:
        try:
            getattr(servers, f"start_{name}")()
        except RuntimeError as error:
            servers.told[f"no_{name}"] = str(error)
    os.mkfifo(f"{folder}/ask")
    print(json.dumps(servers.told), flush=True)
    with open(f"{folder}/ask", encoding="utf-8") as questions:
        for line in questions:
            ask = json.loads(line)
            try:
                answer = getattr(servers, f"ask_{ask['do']}")(ask)
            except Exception as error:  # the asker shall see whatever it is
                answer = {"code": type(error).__name__, "message": str(error)}
            print(json.dumps(answer), flush=True)
    finish()


main()
