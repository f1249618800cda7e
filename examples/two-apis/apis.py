"""apis.py -- two small APIs of one shop, on ports of this machine's own: products, and customers.

The first line on standard output is JSON: the two addresses and our process's number. Each API wants its key in
X-Api-Key. The customers' is busy now and then: every third message is answered 503.
"""
import http.server
import json
import os
import re
import threading

PRODUCTS = {
    "lamp": {"name": "Desk lamp", "price": 40},
    "chair": {"name": "Office chair", "price": 180},
}
CUSTOMERS = {
    "ana": {"name": "Ana", "follows": ["lamp", "chair"], "messages": []},
    "rui": {"name": "Rui", "follows": ["lamp"], "messages": []},
    "eva": {"name": "Eva", "follows": ["lamp"], "messages": []},
}
posts = 0


class Api(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    key = ""

    def answer(self, status, value, headers=()):
        body = json.dumps(value).encode()
        self.send_response(status)
        for name, text in (("Content-Type", "application/json"), ("Content-Length", str(len(body))), *headers):
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(body)

    def dispatch(self):
        length = int(self.headers.get("Content-Length") or 0)
        given = json.loads(self.rfile.read(length)) if length else {}
        if self.headers.get("X-Api-Key") != self.key:
            return self.answer(401, {"message": "a key is needed"})
        return self.serve(given)

    do_GET = do_PUT = do_POST = dispatch

    def log_message(self, *_):
        pass


class ProductApi(Api):
    key = "products-key"

    def serve(self, given):
        found = re.fullmatch(r"/products/(\w+)/price", self.path)
        product = found and PRODUCTS.get(found[1])
        if not product or self.command != "PUT":
            return self.answer(404, {"message": "no such product"})
        was, product["price"] = product["price"], given["price"]
        return self.answer(200, {"id": found[1], "name": product["name"], "was": was, "price": given["price"]})


class CustomerApi(Api):
    key = "customers-key"

    def serve(self, given):
        global posts
        found = re.fullmatch(r"/customers\?follows=(\w+)", self.path)
        if found and self.command == "GET":
            ids = [name for name, customer in CUSTOMERS.items() if found[1] in customer["follows"]]
            return self.answer(200, {"customers": ids})
        found = re.fullmatch(r"/customers/(\w+)/messages", self.path)
        customer = found and CUSTOMERS.get(found[1])
        if not customer:
            return self.answer(404, {"message": "no such customer"})
        if self.command == "POST":
            posts += 1
            if posts % 3 == 0:
                return self.answer(503, {"message": "busy"}, [("Retry-After", "1")])
            customer["messages"].append(given["text"])
        return self.answer(200, {"messages": customer["messages"]})


def main():
    addresses = {}
    for name, api in (("products", ProductApi), ("customers", CustomerApi)):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), api)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        addresses[name] = f"http://127.0.0.1:{server.server_address[1]}"
    print(json.dumps({**addresses, "pid": os.getpid()}), flush=True)
    threading.Event().wait()


main()
