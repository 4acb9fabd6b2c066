"""The server that the locustfiles of this suite talk to: small, the same each time. Threads, HTTP/1.1 with keep-alive."""

import base64
import gzip
import http.server
import json
import socket
import socketserver
import threading
import time
import urllib.parse
import zlib

SHOWN = ("accept", "accept-encoding", "authorization", "connection", "content-length", "content-type", "cookie", "host", "user-agent",
         "x-own", "x-session")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def send(self, status, body=b"", kind="text/plain; charset=utf-8", headers=()):
        body = body.encode() if isinstance(body, str) else body
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        bare = status in (204, 304)
        if not bare:
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD" and not bare:
            self.wfile.write(body)

    def dispatch(self):
        length = int(self.headers.get("Content-Length") or 0)
        self.body = self.rfile.read(length) if length else b""
        url = urllib.parse.urlsplit(self.path)
        self.query = urllib.parse.parse_qs(url.query, keep_blank_values=True)
        words = url.path.strip("/").split("/")
        getattr(self, "do_" + words[0].replace("-", "_"), self.page)(*words[1:])

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = dispatch

    def page(self, *_):
        self.send(200, "hello")

    def do_status(self, status, *_):
        self.send(int(status), "status " + status)

    def do_redirect(self, status, times="1"):
        left = int(times)
        where = "/redirect/%s/%d" % (status, left - 1) if left > 1 else "/echo-short"
        self.send(int(status), "", headers=[("Location", where)])

    def do_loop(self):
        self.send(302, "", headers=[("Location", "/loop")])

    def do_echo(self, *_):
        seen = {name.lower(): value for name, value in self.headers.items() if name.lower() in SHOWN}
        self.send(200, json.dumps({"method": self.command, "path": self.path, "headers": seen, "body": self.body.decode("latin-1")},
                                  sort_keys=True), "application/json")

    def do_echo_short(self):
        self.send(200, "%s %s %s" % (self.command, self.path, self.body.decode("latin-1")))

    def do_cookies(self, what="", *_):
        if what == "set":
            self.send(200, "set", headers=[("Set-Cookie", "%s=%s; Path=/" % (k, v[0])) for k, v in self.query.items()])
        else:
            self.send(200, self.headers.get("Cookie") or "none")

    def do_json(self):
        self.send(200, '{"a": 1, "list": [1, 2], "text": "gr\\u00fc\\u00dfe"}', "application/json")

    def do_slow(self, ms):
        time.sleep(int(ms) / 1000)
        self.send(200, "slow")

    def do_close(self):
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def do_short(self):
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort")
        self.close_connection = True

    def do_gzip(self):
        self.send(200, gzip.compress(b"squeezed " * 20), headers=[("Content-Encoding", "gzip")])

    def do_auth(self):
        good = "Basic " + base64.b64encode(b"user:secret").decode()
        if self.headers.get("Authorization") == good:
            self.send(200, "welcome")
        else:
            self.send(401, "who?", headers=[("WWW-Authenticate", 'Basic realm="x"')])

    def do_bytes(self, n):
        self.send(200, b"x" * int(n), "application/octet-stream")

    def do_latin(self):
        self.send(200, "grüße".encode("latin-1"), "text/plain; charset=iso-8859-1")

    def do_drip(self, n, coding=""):
        """A piece every 0.1 s, perhaps squeezed."""
        squeeze = zlib.compressobj(wbits=31)
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        if coding:
            self.send_header("Content-Encoding", coding)
        self.end_headers()
        for i in range(int(n)):
            piece = b"piece %d of it\n" % i
            if coding:
                piece = squeeze.compress(piece) + squeeze.flush(zlib.Z_SYNC_FLUSH if i + 1 < int(n) else zlib.Z_FINISH)
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            self.wfile.flush()
            time.sleep(0.1)
        self.wfile.write(b"0\r\n\r\n")

    def do_lines(self, n):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for i in range(int(n)):
            line = b"line %d\n" % i
            self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
        self.wfile.write(b"0\r\n\r\n")


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, *_):
        pass


class Farm:
    def __init__(self):
        self.server = Server(("127.0.0.1", 0), Handler)
        self.unused = socket.socket()
        self.unused.bind(("127.0.0.1", 0))
        self.ports = {"http": self.server.server_address[1], "refused": self.unused.getsockname()[1]}
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.unused.close()
