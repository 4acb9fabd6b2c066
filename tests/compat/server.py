#!/usr/bin/env python3
"""The server the compatibility scripts talk to: an httpbin of our own, with bad manners on request.

Python's standard library only. HTTP/1.1 with keep-alive, a thread per connection, ports
chosen by the system. Requests are parsed by hand, because half of the endpoints have to
write answers that a proper HTTP library refuses to write.

    server.py       prints the ports as one line of JSON and serves until standard input ends

`http`     plain HTTP
`https`    TLS by a certificate for localhost, signed by an authority of our own (ca.crt)
`wrong`    TLS whose certificate names another host
`mutual`   TLS that asks the client for a certificate of the same authority
`refused`  a port that nothing listens on
"""

import base64
import gzip
import hashlib
import json
import os
import shutil
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request
import zlib

MAX_HEAD = 64 * 1024
MAX_BODY = 64 * 1024 * 1024
TLS_HANDSHAKE = 0x16
REASONS = {
    200: "OK", 201: "Created", 202: "Accepted", 204: "No Content", 301: "Moved Permanently", 302: "Found",
    303: "See Other", 304: "Not Modified", 307: "Temporary Redirect", 308: "Permanent Redirect",
    400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
    409: "Conflict", 418: "I'm a teapot", 429: "Too Many Requests", 500: "Internal Server Error",
    502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout",
}
# What zstd and brotli make of the bytes "hello from zstd\n" and "hello from brotli\n":
# kept as bytes, for Python has neither in its library. Both are stored (not compressed) blocks.
ZSTD_TEXT = b"hello from zstd\n"
BROTLI_TEXT = b"hello from brotli\n"

ROUTES = {}


def route(name):
    def keep(function):
        ROUTES[name] = function
        return function
    return keep


def zstd_stored(data):
    """A zstd frame with one raw block: magic, single-segment descriptor, size, block header."""
    assert len(data) < 256
    block = (len(data) << 3) | 1
    return b"\x28\xb5\x2f\xfd\x20" + bytes([len(data)]) + block.to_bytes(3, "little") + data


def brotli_stored(data):
    """A brotli stream with one uncompressed meta-block and an empty last one."""
    assert 0 < len(data) <= 65536
    bits, used = 0, 0

    def put(value, width):
        nonlocal bits, used
        bits |= value << used
        used += width
    put(0, 1)                   # WBITS = 16
    put(0, 1)                   # ISLAST = 0
    put(0, 2)                   # MNIBBLES = 4
    put(len(data) - 1, 16)      # MLEN - 1
    put(1, 1)                   # ISUNCOMPRESSED
    head = bits.to_bytes((used + 7) // 8, "little")
    return head + data + b"\x03"  # ISLAST = 1, ISLASTEMPTY = 1


class Request:
    def __init__(self, connection, method, target, version, headers):
        self.connection = connection
        self.method = method
        self.target = target
        self.version = version
        self.headers = headers
        self.body = b""
        split = urllib.parse.urlsplit(target)
        self.path = split.path
        self.query = urllib.parse.parse_qs(split.query, keep_blank_values=True)
        self.raw_query = split.query
        self.parts = [urllib.parse.unquote(part) for part in self.path.split("/")[1:]]

    def header(self, name, default=None):
        for key, value in self.headers:
            if key.lower() == name.lower():
                return value
        return default

    def number(self, index, default):
        try:
            return int(self.parts[index])
        except (IndexError, ValueError):
            return default

    def cookies(self):
        found = {}
        for piece in self.header("Cookie", "").split(";"):
            if "=" in piece:
                name, value = piece.strip().split("=", 1)
                found[name] = value
        return found

    def describe(self):
        """What the echoing endpoints answer: stable from run to run, and whoever asks (User-Agent: see /head-of)."""
        shown = {}
        for key, value in self.headers:
            if key.lower() != "user-agent":
                shown.setdefault(key, []).append(value)
        answer = {
            "method": self.method,
            "path": self.path,
            "query": self.raw_query,
            "args": {key: value if len(value) > 1 else value[0] for key, value in sorted(self.query.items())},
            "headers": {key: ", ".join(value) for key, value in sorted(shown.items())},
            "body": self.body.decode("utf-8", "replace"),
            "length": len(self.body),
        }
        kind = self.header("Content-Type", "")
        if kind.startswith("application/x-www-form-urlencoded"):
            form = urllib.parse.parse_qs(answer["body"], keep_blank_values=True)
            answer["form"] = dict(sorted(form.items()))
        return answer


class Connection(threading.Thread):
    """One client connection; runs until either side has had enough."""

    def __init__(self, server, sock):
        super().__init__(daemon=True)
        self.server = server
        self.sock = sock
        self.buffer = b""
        self.count = 0
        self.open = True

    def run(self):
        try:
            if self.server.context:
                self.sock = self.server.context.wrap_socket(self.sock, server_side=True)
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.sock.settimeout(60)
            while self.open:
                request = self.read_request()
                if request is None:
                    break
                self.count += 1
                self.answer(request)
        except (OSError, ValueError):
            pass
        finally:
            try:
                self.sock.close()
            except OSError:
                pass

    def read_more(self):
        piece = self.sock.recv(65536)
        self.buffer += piece
        return bool(piece)

    def read_request(self):
        while b"\r\n\r\n" not in self.buffer:
            if len(self.buffer) > MAX_HEAD or not self.read_more():
                return None
            if self.buffer[0] == TLS_HANDSHAKE:
                self.send(b"HTTP/1.0 400 Bad Request\r\n\r\nthis is not a TLS port\n")
                return None
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        lines = head.decode("latin-1").split("\r\n")
        method, target, version = lines[0].split(" ", 2)
        headers = []
        for line in lines[1:]:
            key, value = line.split(":", 1)
            headers.append((key, value.strip()))
        request = Request(self, method, target, version, headers)
        if (request.header("Transfer-Encoding") or "").lower() == "chunked":
            request.body = self.read_chunked()
        else:
            request.body = self.read_exact(int(request.header("Content-Length", "0")))
        if (request.header("Connection") or "").lower() == "close":
            self.open = False
        return request

    def read_exact(self, length):
        if length > MAX_BODY:
            raise ValueError("body too large")
        while len(self.buffer) < length:
            if not self.read_more():
                raise ValueError("body cut short")
        data, self.buffer = self.buffer[:length], self.buffer[length:]
        return data

    def read_line(self):
        while b"\r\n" not in self.buffer:
            if len(self.buffer) > MAX_HEAD or not self.read_more():
                raise ValueError("line cut short")
        line, self.buffer = self.buffer.split(b"\r\n", 1)
        return line

    def read_chunked(self):
        data = b""
        while True:
            size = int(self.read_line().split(b";")[0], 16)
            data += self.read_exact(size)
            self.read_line()
            if size == 0:
                return data

    def send(self, data):
        self.sock.sendall(data)

    def reply(self, request, status=200, body=b"", headers=(), kind="text/plain; charset=utf-8", length=True):
        if isinstance(body, str):
            body = body.encode()
        lines = ["HTTP/1.1 %d %s" % (status, REASONS.get(status, "Unknown"))]
        bodiless = status in (204, 304) or status < 200
        if not bodiless:
            lines.append("Content-Type: " + kind)
            if length:
                lines.append("Content-Length: %d" % len(body))
        lines += ["%s: %s" % pair for pair in headers]
        if not self.open:
            lines.append("Connection: close")
        head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
        self.send(head if bodiless or request.method == "HEAD" else head + body)

    def json(self, request, value, status=200, headers=()):
        self.reply(request, status, json.dumps(value), headers, "application/json")

    def reset(self):
        """Ends with RST rather than FIN."""
        self.open = False
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def answer(self, request):
        handler = ROUTES.get(request.parts[0] if request.parts else "")
        if handler:
            handler(self, request)
        else:
            self.json(request, {"error": "no such endpoint", "path": request.path}, 404)


@route("")
def index(connection, request):
    connection.reply(request, 200, "<html><head><title>compat</title></head><body><h1>hello</h1></body></html>", (),
                     "text/html; charset=utf-8")


@route("get")
@route("post")
@route("put")
@route("patch")
@route("delete")
@route("anything")
def echo(connection, request):
    connection.json(request, request.describe())


@route("raw")
def raw(connection, request):
    """The request's body as it came."""
    connection.reply(request, 200, request.body, (), "application/octet-stream")


@route("head-of")
def head_of(connection, request):
    """The request line and headers as they came, in order."""
    lines = ["%s %s %s" % (request.method, request.target, request.version)]
    lines += ["%s: %s" % pair for pair in request.headers]
    connection.reply(request, 200, "\n".join(lines) + "\n")


@route("status")
def status_code(connection, request):
    code = request.number(1, 200)
    connection.reply(request, code, "status %d" % code)


@route("redirect")
def redirect(connection, request):
    left = request.number(1, 1)
    where = "/redirect/%d" % (left - 1) if left > 1 else "/get?redirected=1"
    connection.reply(request, 302, "going on", (("Location", where),))


@route("redirect-to")
def redirect_to(connection, request):
    code = int(request.query.get("status", ["302"])[0])
    connection.reply(request, code, "going on", (("Location", request.query["url"][0]),))


@route("redirect-cookie")
def redirect_cookie(connection, request):
    connection.reply(request, 302, "", (("Set-Cookie", "hop=one; Path=/"), ("Location", "/cookies")))


@route("redirect-loop")
def redirect_loop(connection, request):
    connection.reply(request, 302, "", (("Location", "/redirect-loop"),))


@route("redirect-nowhere")
def redirect_nowhere(connection, request):
    connection.reply(request, 302, "no location")


@route("cookies")
def cookies(connection, request):
    if len(request.parts) > 1 and request.parts[1] == "set":
        headers = [("Set-Cookie", "%s=%s; Path=/" % (key, value[0])) for key, value in sorted(request.query.items())]
        connection.json(request, {"set": sorted(request.query)}, 200, headers)
    elif len(request.parts) > 1 and request.parts[1] == "fancy":
        connection.reply(request, 200, "ok", (
            ("Set-Cookie", "plain=1"),
            ("Set-Cookie", "full=two; Path=/; Domain=localhost; Max-Age=3600; Secure; HttpOnly; SameSite=Lax"),
            ("Set-Cookie", "dated=3; Expires=Wed, 01 Jan 2098 00:00:00 GMT; Path=/cookies"),
            ("Set-Cookie", "gone=4; Max-Age=0; Path=/")))
    else:
        connection.json(request, {"cookies": dict(sorted(request.cookies().items()))})


@route("basic-auth")
def basic_auth(connection, request):
    user, password = request.parts[1], request.parts[2]
    want = "Basic " + base64.b64encode(("%s:%s" % (user, password)).encode()).decode()
    if request.header("Authorization") == want:
        connection.json(request, {"authenticated": True, "user": user})
    else:
        connection.json(request, {"authenticated": False}, 401, (("WWW-Authenticate", 'Basic realm="compat"'),))


@route("digest-auth")
def digest_auth(connection, request):
    qop, user, password = request.parts[1], request.parts[2], request.parts[3]
    given = request.header("Authorization", "")
    fields = {}
    if given.startswith("Digest "):
        for piece in urllib.request.parse_http_list(given[7:]):
            key, value = piece.split("=", 1)
            fields[key] = value.strip('"')
    md5 = lambda text: hashlib.md5(text.encode()).hexdigest()
    if fields:
        one = md5("%s:%s:%s" % (user, fields.get("realm", ""), password))
        two = md5("%s:%s" % (request.method, fields.get("uri", "")))
        middle = [fields.get("nonce", "")]
        if fields.get("qop"):
            middle += [fields.get("nc", ""), fields.get("cnonce", ""), fields["qop"]]
        if fields.get("response") == md5(":".join([one] + middle + [two])):
            connection.json(request, {"authenticated": True, "user": user})
            return
    connection.json(request, {"authenticated": False}, 401, ((
        "WWW-Authenticate", 'Digest realm="compat", nonce="0123456789abcdef", qop="%s", opaque="5ccc", algorithm=MD5' % qop),))


@route("bearer")
def bearer(connection, request):
    token = request.header("Authorization", "")
    connection.json(request, {"token": token[7:] if token.startswith("Bearer ") else None}, 200 if token else 401)


@route("gzip")
def gzip_body(connection, request):
    body = gzip.compress(json.dumps({"gzipped": True, "method": request.method}).encode(), mtime=0)
    connection.reply(request, 200, body, (("Content-Encoding", "gzip"),), "application/json")


@route("deflate")
def deflate_body(connection, request):
    body = zlib.compress(json.dumps({"deflated": True, "method": request.method}).encode())
    connection.reply(request, 200, body, (("Content-Encoding", "deflate"),), "application/json")


@route("br")
def brotli_body(connection, request):
    connection.reply(request, 200, brotli_stored(BROTLI_TEXT), (("Content-Encoding", "br"),))


@route("zstd")
def zstd_body(connection, request):
    connection.reply(request, 200, zstd_stored(ZSTD_TEXT), (("Content-Encoding", "zstd"),))


@route("stacked")
def stacked_body(connection, request):
    body = gzip.compress(zlib.compress(b"twice packed"), mtime=0)
    connection.reply(request, 200, body, (("Content-Encoding", "deflate, gzip"),))


@route("bad-gzip")
def bad_gzip(connection, request):
    connection.reply(request, 200, b"this is not gzip at all", (("Content-Encoding", "gzip"),))


@route("inflate")
def inflate(connection, request):
    """Unpacks what a client compressed, and says what came out."""
    body = request.body
    for coding in reversed([word.strip() for word in request.header("Content-Encoding", "").split(",") if word.strip()]):
        if coding == "gzip":
            body = gzip.decompress(body)
        elif coding == "deflate":
            body = zlib.decompress(body)
    answer = request.describe()
    connection.json(request, {"encoding": request.header("Content-Encoding"), "text": body.decode("utf-8", "replace"),
                              "type": answer["headers"].get("Content-Type")})


@route("delay")
def delay(connection, request):
    """/delay/MILLISECONDS"""
    time.sleep(min(request.number(1, 0), 5000) / 1000)
    connection.json(request, {"delayed": request.number(1, 0)})


@route("drip")
def drip(connection, request):
    """/drip/PIECES/MILLISECONDS: headers at once, then a byte each so many milliseconds."""
    pieces, pause = min(request.number(1, 3), 100), min(request.number(2, 10), 1000)
    connection.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n" % pieces)
    for _ in range(pieces):
        time.sleep(pause / 1000)
        connection.send(b"*")


@route("chunked")
def chunked(connection, request):
    connection.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n")
    for piece in (b"one ", b"two ", b"three"):
        connection.send(b"%x;note=1\r\n%s\r\n" % (len(piece), piece))
    connection.send(b"0\r\nX-Sum: 13\r\n\r\n")


@route("until-close")
def until_close(connection, request):
    connection.open = False
    connection.send(b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nas much as there is")


@route("close")
def close_after(connection, request):
    connection.open = False
    connection.reply(request, 200, "last one")


@route("pragma")
def pragma(connection, request):
    connection.reply(request, 200, "old", (("Pragma", "no-cache"), ("Connection", "keep-alive"), ("Trailer", "X-None")))


@route("close-at-once")
def close_at_once(connection, request):
    connection.open = False


@route("close-mid-body")
def close_mid_body(connection, request):
    connection.open = False
    connection.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 1000\r\n\r\nonly this much")


@route("close-mid-head")
def close_mid_head(connection, request):
    connection.open = False
    connection.send(b"HTTP/1.1 200 OK\r\nContent-Ty")


@route("reset")
def reset(connection, request):
    connection.reset()


@route("garbage")
def garbage(connection, request):
    connection.open = False
    connection.send(b"\x00\x01\x02 what is this\r\n\r\n")


@route("bad-chunk")
def bad_chunk(connection, request):
    connection.open = False
    connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n")


@route("bad-length")
def bad_length(connection, request):
    connection.open = False
    connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: abc\r\n\r\nhello")


@route("endless-headers")
def endless_headers(connection, request):
    connection.open = False
    connection.send(b"HTTP/1.1 200 OK\r\n")
    for number in range(20000):
        connection.send(b"X-Filler-%d: %s\r\n" % (number, b"x" * 1000))
    connection.send(b"Content-Length: 0\r\n\r\n")


@route("hang")
def hang(connection, request):
    """Says nothing; the client has to give up. Bounded all the same."""
    connection.open = False
    time.sleep(min(request.number(1, 5000), 10000) / 1000)


@route("html")
def html_page(connection, request):
    page = PAGES.get(request.parts[1] if len(request.parts) > 1 else "", PAGES["links"])
    connection.reply(request, 200, page, (), "text/html; charset=utf-8")


@route("json")
def json_page(connection, request):
    connection.reply(request, 200, JSON_PAGE, (), "application/json")


@route("not-json")
def not_json(connection, request):
    connection.reply(request, 200, '{\n  "a": 1,\n  "b": oops\n}', (), "application/json")


@route("bytes")
def some_bytes(connection, request):
    count = min(request.number(1, 16), 1 << 20)
    connection.reply(request, 200, bytes(index % 256 for index in range(count)), (), "application/octet-stream")


@route("large")
def large(connection, request):
    """/large/KILOBYTES of text"""
    connection.reply(request, 200, b"0123456789abcdef" * (64 * min(request.number(1, 256), 16384)))


@route("utf8")
def utf8(connection, request):
    connection.reply(request, 200, "größe — 値段 — 🎉")


@route("latin1")
def latin1(connection, request):
    connection.reply(request, 200, b"gr\xf6\xdfe", (), "text/plain; charset=iso-8859-1")


@route("headers-case")
def headers_case(connection, request):
    connection.send(b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\nX-REQUEST-ID: abc\r\nx-lower-case: 1\r\n"
                    b"ETag: \"t\"\r\nx-multi: one\r\nX-Multi: two\r\nX_under_score: u\r\nWWW-Thing: w\r\n"
                    b"X-Empty:\r\nX-Spaces:    padded   \r\nContent-Length: 2\r\n\r\nok")


@route("informational")
def informational(connection, request):
    connection.send(b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n")
    connection.reply(request, 200, "after the hints")


@route("no-reason")
def no_reason(connection, request):
    connection.send(b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok")


@route("odd-reason")
def odd_reason(connection, request):
    connection.send(b"HTTP/1.1 299 Quite Fine, Thanks\r\nContent-Length: 2\r\n\r\nok")


@route("http10")
def http10(connection, request):
    connection.open = False
    connection.send(b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok")


@route("204")
def no_content(connection, request):
    connection.reply(request, 204)


@route("304")
def not_modified(connection, request):
    connection.reply(request, 304, headers=(("ETag", '"t"'),))


@route("peer")
def peer(connection, request):
    """Whom the client's certificate names."""
    subject = connection.sock.getpeercert().get("subject", ()) if connection.server.context else ()
    connection.json(request, {"peer": ["%s=%s" % pair for part in subject for pair in part]})


@route("connection")
def connection_number(connection, request):
    """Which request of its connection this is: 1 for a new one."""
    connection.json(request, {"count": connection.count})


@route("counter")
def counter(connection, request):
    """/counter/NAME counts calls over all connections; /counter/NAME/show only tells."""
    name = request.parts[1] if len(request.parts) > 1 else ""
    with connection.server.lock:
        if len(request.parts) < 3:
            connection.server.counters[name] = connection.server.counters.get(name, 0) + 1
        value = connection.server.counters.get(name, 0)
    connection.json(request, {"name": name, "value": value})


PAGES = {
    "links": """<!DOCTYPE html>
<html><head><title>Links &amp; more</title></head>
<body class="one two" data-number="5" data-json='{"a":1}' data-flag="true" data-two-words="x">
<h1 id="top">Head <em>line</em></h1>
<ul id="list"><li class="a">first</li><li class="b">second</li><li class="a">third</li></ul>
<p>Some <b>bold</b> text.</p>
<a href="/get?link=first">first link</a>
<a id="second" href="/get?link=second">second link</a>
<a id="rel" href="sub/page?x=1#frag">relative</a>
<table><tr><th>n</th><th>v</th></tr><tr><td>1</td><td>one</td></tr><tr><td>2</td><td>two</td></tr></table>
</body></html>
""",
    "form": """<!DOCTYPE html>
<html><body>
<form id="login" action="/post" method="post">
<input type="text" name="user" value="alice">
<input type="password" name="pass" value="">
<input type="hidden" name="token" value="t0k3n">
<input type="checkbox" name="keep" value="yes" checked="checked">
<input type="checkbox" name="spam" value="yes">
<input type="radio" name="size" value="s">
<input type="radio" name="size" value="m" checked="checked">
<input type="text" name="off" value="x" disabled="disabled">
<select name="colour"><option value="r">red</option><option value="g" selected="selected">green</option></select>
<select name="many" multiple><option value="1" selected>1</option><option value="2">2</option><option value="3" selected>3</option></select>
<textarea name="note">some
text</textarea>
<input type="submit" name="go" value="Go">
<input type="submit" name="other" value="Other">
</form>
</body></html>
""",
    "search": """<!DOCTYPE html>
<html><body><form action="/get?dropped=1"><input name="q" value="kettle &amp; tea"><button type="submit">Find</button></form></body></html>
""",
    "empty": "<html><body>nothing here</body></html>",
}

JSON_PAGE = """{
  "name": {"first": "Tom", "last": "Anderson"},
  "age": 37,
  "ratio": 0.5,
  "big": 12345678901234567890,
  "yes": true,
  "nothing": null,
  "children": ["Sara", "Alex", "Jack"],
  "fav.movie": "Deer Hunter",
  "friends": [
    {"first": "Dale", "last": "Murphy", "age": 44, "nets": ["ig", "fb", "tw"]},
    {"first": "Roger", "last": "Craig", "age": 68, "nets": ["fb", "tw"]},
    {"first": "Jane", "last": "Murphy", "age": 47, "nets": ["ig", "tw"]}
  ]
}
"""


class Server(threading.Thread):
    """One listening port."""

    def __init__(self, context=None):
        super().__init__(daemon=True)
        self.context = context
        self.lock = threading.Lock()
        self.counters = {}
        self.listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(256)
        self.port = self.listener.getsockname()[1]

    def run(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            Connection(self, sock).start()


class Authority:
    """A certificate authority made on the spot; its certificates live in a folder that goes away with it."""

    def __init__(self, folder):
        self.folder = folder
        self.openssl("req", "-x509", *self.new_key("ca"), "-out", self.path("ca.crt"), "-days", "30",
                     "-subj", "/CN=compat authority", "-addext", "keyUsage=critical,keyCertSign,cRLSign")

    def path(self, name):
        return os.path.join(self.folder, name)

    def new_key(self, name):
        return ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", self.path(name + ".key")]

    @staticmethod
    def openssl(*arguments):
        subprocess.run(("openssl",) + arguments, check=True, capture_output=True)

    def certificate(self, name, host):
        with open(self.path(name + ".ext"), "w") as file:
            file.write("subjectAltName=DNS:%s\n" % host)
        self.openssl("req", "-new", *self.new_key(name), "-out", self.path(name + ".csr"), "-subj", "/CN=" + host)
        self.openssl("x509", "-req", "-in", self.path(name + ".csr"), "-CA", self.path("ca.crt"), "-CAkey",
                     self.path("ca.key"), "-CAcreateserial", "-days", "30", "-extfile", self.path(name + ".ext"),
                     "-out", self.path(name + ".crt"))

    def context(self, name, clients=False):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.path(name + ".crt"), self.path(name + ".key"))
        context.set_alpn_protocols(["http/1.1"])
        if clients:
            context.load_verify_locations(self.path("ca.crt"))
            context.verify_mode = ssl.CERT_REQUIRED
        return context


def closed_port():
    """A port that was free a moment ago."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Farm:
    """All ports together; the runner holds one."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="halftime-compat-")
        authority = Authority(self.folder)
        for name, host in (("localhost", "localhost"), ("wrong", "elsewhere.example"), ("client", "client.example")):
            authority.certificate(name, host)
        self.servers = {
            "http": Server(),
            "https": Server(authority.context("localhost")),
            "wrong": Server(authority.context("wrong")),
            "mutual": Server(authority.context("localhost", clients=True)),
        }
        for server in self.servers.values():
            server.start()
        self.ports = {name: server.port for name, server in self.servers.items()}
        self.ports["refused"] = closed_port()

    def close(self):
        for server in self.servers.values():
            server.listener.close()
        shutil.rmtree(self.folder, ignore_errors=True)



if __name__ == "__main__":
    farm = Farm()
    print(json.dumps(farm.ports), flush=True)
    try:
        while sys.stdin.readline():
            pass
    except KeyboardInterrupt:
        pass
    farm.close()
