"""FastHttpSession: names, headers, bodies and verdicts of geventhttpclient."""
import io
from unittest import main

import fake_native
from support import Case

from locust import FastHttpUser
from locust.contrib.fasthttp import FastHttpSession, LocustBadStatusCode
from locust.exception import LocustError, StopTest

FORM = "application/x-www-form-urlencoded; charset=utf-8"
JSON = {"Content-Type": "application/json", "Accept": "application/json"}


class Fast(Case):
    def setUp(self):
        super().setUp()

        class U(FastHttpUser):
            host = "http://h:80"
            default_headers = {"X-Default": "1"}

        self.env = self.environment(U)
        self.user = U(self.env)
        self.client = self.user.client

    def test_calls(self):
        table = [
            ("get", ("/a",), {}, {"method": "GET", "url": "http://h:80/a", "name": "/a", "flags": 0, "timeout": (60.0, 60.0)}),
            ("get", ("http://o/a?b",), {}, {"name": "http://o/a?b"}),
            ("get", ("/a?x=1",), {"params": {"q": "a b", "n": None}}, {"url": "http://h:80/a?x=1&q=a+b", "name": "/a?x=1"}),
            ("get", ("/a",), {"timeout": 3, "verify": False}, {"url": "http://h:80/a?timeout=3&verify=False"}),
            ("get", ("/a",), {"params": {"z": 1}, "timeout": 3}, {"url": "http://h:80/a?z=1&timeout=3"}),
            ("get", ("/a",), {"data": "x"}, {"body": "x", "headers": {"content-type": "text/plain; charset=utf-8"}}),
            ("post", ("/p", {"a": "b c", "d": ["1"]}), {}, {"body": "a=b+c&d=%5B%271%27%5D", "headers": {"content-type": FORM}}),
            ("post", ("/p", b"hi"), {}, {"body": b"hi", "headers": {"content-type": "application/octet-stream"}}),
            ("post", ("/p",), {"json": [1]}, {"body": b"[1]", "headers": JSON}),
            ("post", ("/p",), {"json": [1], "headers": {"accept": "x"}},
             {"headers": {"Content-Type": "application/json", "accept": "x"}}),
            ("post", ("/p",), {"data": {"a": 1}, "json": {"b": 2}}, {"body": "a=1"}),
            ("post", ("/p",), {}, {"body": None, "headers": None}),
            ("post", ("/p",), {"timeout": 3}, {"body": "timeout=3", "headers": {"content-type": FORM}}),
            ("post", ("/p", {"a": 1}), {"timeout": 3}, {"body": "a=1&timeout=3"}),
            ("post", ("/p", "str"), {"timeout": 3}, {"body": "str", "url": "http://h:80/p"}),
            ("post", ("/p",), {"json": [1], "timeout": 3}, {"body": b"[1]", "url": "http://h:80/p"}),
            ("put", ("/p", {"a": 1}), {"timeout": 3}, {"body": "a=1", "url": "http://h:80/p?timeout=3"}),
            ("delete", ("/p",), {"timeout": 3}, {"url": "http://h:80/p?timeout=3", "body": None}),
            ("post", ("/p",), {"data": (x for x in [b"ab", b"cd"])}, {"body": b"abcd"}),
            ("post", ("/p",), {"data": io.BytesIO(b"f")}, {"body": b"f"}),
            ("get", ("/a",), {"auth": ("u", "p")}, {"headers": {"Authorization": "Basic dTpw"}}),
            ("get", ("/a",), {"headers": {"X": 1}}, {"headers": {"X": "1"}}),
            ("get", ("/a|?q=[ü]",), {}, {"url": "http://h:80/a%7C?q=[%C3%BC]", "name": "/a|?q=[ü]"}),
            ("request", ("get", "/a"), {}, {"method": "GET"}),
            ("head", ("/a",), {}, {"flags": 0}),
            ("get", ("/a",), {"allow_redirects": False}, {"flags": fake_native.NO_REDIRECTS}),
            ("get", ("/a",), {"catch_response": True}, {"flags": fake_native.UNRECORDED}),
        ]
        for verb, args, kwargs, expected in table:
            with self.subTest(verb=verb, args=args, kwargs=str(kwargs)):
                getattr(self.client, verb)(*args, **kwargs)
                sent = fake_native.sent[-1]
                self.assertEqual({key: sent[key] for key in expected}, expected)
        with self.assertRaises(AttributeError):
            self.client.post("/p", data=[("a", "1")])

    def test_files(self):
        self.client.post("/p", data={"k": "v"}, files={"f": ("n.txt", io.BytesIO(b"content"), "text/plain")})
        sent = fake_native.sent[-1]
        self.assertTrue(sent["headers"]["content-type"].startswith("multipart/form-data; boundary="))
        self.assertIn(b'name="f"; filename="n.txt"\r\nContent-Type: text/plain\r\n\r\ncontent\r\n', sent["body"])

    def test_session(self):
        net = self.client._net
        self.assertEqual(dict(net.headers), {
            "User-Agent": "python/gevent-http-client-2.6.1", "Accept-Encoding": "gzip, deflate, br", "X-Default": "1",
        })
        self.client.client.default_headers["Authorization"] = "t"
        self.assertEqual(dict(net.headers)["Authorization"], "t")
        self.assertFalse(net.network["verify"])
        net.set_cookie("a", "1", "h")
        self.assertEqual([c.name for c in self.client.cookiejar], ["a"])
        self.client.cookiejar.clear()
        self.assertEqual(net.cookies(), [])
        self.client.client.clientpool.close()
        self.assertEqual(net.closed, 1)
        client = FastHttpSession("http://u:p@h/b", self.env.events.request, None)
        client.get("/a")
        self.assertEqual((fake_native.sent[-1]["url"], fake_native.sent[-1]["headers"]),
                         ("http://h/b/a", {"Authorization": "Basic dTpw"}))

    def test_verdicts_by_status(self):
        for status, good in [(200, True), (226, True), (204, True), (300, False), (301, True), (304, True), (305, False),
                             (308, True), (404, False), (500, False)]:
            fake_native.forget()
            fake_native.respond(status)
            self.client.get("/x")
            self.assertEqual(fake_native.recorded[0][4], None if good else f"LocustBadStatusCode(code={status})")

    def test_faults(self):
        table = [
            ("CONNECT", {"fault_errno": 111, "fault_text": "Connection refused"}, "ConnectionRefusedError(111, 'Connection refused')"),
            ("DNS", {"fault_errno": -2, "fault_text": "Name or service not known"}, "gaierror(-2, 'Name or service not known')"),
            ("READ_TIMEOUT", {}, "RetriesExceeded('http://h:80/x', 0, original=timed out)"),
            ("CLOSED", {}, "HTTPConnectionClosed('connection closed.')"),
            ("PROTOCOL", {}, "HTTPParseError('Expected HTTP/, RTSP/ or ICE/', 8)"),
            ("INCOMPLETE", {}, "HTTPParseError('Incomplete response.')"),
            ("TOO_MANY_REDIRECTS", {}, "RetriesExceeded('http://h:80/x', 'Redirection limit reached (30)')"),
        ]
        for fault, more, failure in table:
            with self.subTest(fault):
                fake_native.forget()
                fake_native.respond(0, fault=getattr(fake_native, "FAULT_" + fault), **more)
                r = self.client.get("/x")
                self.assertEqual(fake_native.recorded[0][4], failure)
                self.assertEqual((r.status_code, r.content, r.text, r.headers, r.url, r.ok),
                                 (0, None, None, None, "http://h:80/x", True))
                with self.assertRaises(type(r.error)):
                    r.raise_for_status()
                with self.assertRaises(TypeError):
                    r.json()
        with self.assertRaises(ValueError):
            self.client.get("/x", headers={"X": "a\nb"})

    def test_response(self):
        fake_native.respond(200, b'{"a": 1}', [("Content-Type", "application/json; charset=utf-8"), ("X-A", "1")])
        r = self.client.post("/x", json=[1])
        self.assertEqual((r.json(), r.text, r.headers["x-a"], r.encoding, r.status_code), ({"a": 1}, '{"a": 1}', "1", "utf-8", 200))
        self.assertEqual((r.request.method, r.request.body, r.stream.read(2)), ("POST", b"[1]", b'{"'))
        fake_native.respond(200, b"a\nb")
        self.assertEqual(list(self.client.iter_lines("/x")), ["a", "b"])
        fake_native.respond(500)
        with self.assertRaisesRegex(LocustBadStatusCode, "URL http://h:80/x: code=500"):
            self.client.get("/x").raise_for_status()

    def test_catch_response(self):
        fake_native.respond(500)
        with self.client.get("/x", catch_response=True) as r:
            r.success()
            r.request_meta["name"] = "renamed"
        with self.client.get("/x", catch_response=True) as r:
            r.failure("bad")
        with self.client.get("/plain"):
            pass
        self.assertEqual([(row[1], row[4]) for row in fake_native.recorded],
                         [("renamed", None), ("/x", "CatchResponseError('bad')"), ("/plain", None)])
        with self.assertRaises(LocustError):
            self.client.get("/x", catch_response=True).success()

    def test_rest(self):
        fake_native.respond(200, b'{"a": 1}')
        with self.user.rest("GET", "/x") as resp:
            assert resp.js == {"a": 1}
        fake_native.respond(0, fault=fake_native.FAULT_CONNECT, fault_errno=111, fault_text="Connection refused")
        with self.user.rest("GET", "/x") as resp:
            self.assertIsNone(resp.js)
        self.assertEqual([row[4] for row in fake_native.recorded],
                         [None, "CatchResponseError('[Errno 111] Connection refused')"])

    def test_no_host(self):
        cls = type("NoHost", (FastHttpUser,), {})
        with self.assertRaises(StopTest):
            cls(self.environment(cls))


if __name__ == "__main__":
    main()
