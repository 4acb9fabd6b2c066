"""Session and Response of the extension against a server."""
import gevent.monkey

gevent.monkey.patch_all()

import socket  # noqa: E402
import unittest  # noqa: E402

import gevent  # noqa: E402
from halftime import _native as n  # noqa: E402
from support import Case  # noqa: E402


def entries():
    return {(e["method"], e["name"]): e for e in n.stats()["entries"]}


class Requests(Case):
    def setUp(self):
        n.reset_stats()
        self.s = n.Session(self.server.url)

    def test_what_is_sent(self):
        self.s.set_headers([("User-Agent", "t/1"), ("Accept", "*/*")])
        r = self.s.fetch("POST", "/echo?a=%20b", None, {"accept": None, "X-Own": "ü"}, b"body")
        lines = r.content.decode("latin-1").split("\n")
        self.assertEqual(lines[0], "POST /echo?a=%20b")
        self.assertEqual(lines[-1], "body")
        self.assertIn("X-Own: ü", lines)
        self.assertIn("User-Agent: t/1", lines)
        self.assertFalse(any(line.startswith("Accept:") for line in lines))
        self.assertEqual(r.request_body, b"body")
        self.assertIn(("X-Own", "ü"), r.request_headers)

    def test_what_comes_back(self):
        r = self.s.fetch("GET", "/type")
        self.assertEqual((r.status_code, r.reason, r.http_version, r.charset, r.content_type), (200, "OK", "HTTP/1.1", "utf-8", "text/html"))
        self.assertEqual((r.header("x-two"), r.header("none")), ("a, b", None))
        self.assertEqual((r.content, r.url, r.first_url), (b"hello", self.server.url + "/type", self.server.url + "/type"))
        self.assertEqual(r.remote_address, self.server.url[7:])
        self.assertGreater(r.response_time, 0)
        r = self.s.fetch("GET", "/gzip")
        self.assertEqual(len(r.content), 1000)
        self.assertLess(r.wire_length, 100)

    def test_names(self):
        fast = n.Session(self.server.url, n.STYLE_FAST)
        for session, url, name, expected in [
            (self.s, "/a?b=c#d", None, "/a?b=c"), (self.s, self.server.url, None, "/"), (self.s, self.server.url + "/x", None, "/x"),
            (self.s, "/a", "own", "own"), (fast, "/a?b", None, "/a?b"), (fast, self.server.url + "/x", None, self.server.url + "/x"),
        ]:
            self.assertEqual(session.fetch("GET", url, name).name, expected)

    def test_recorded_only_when_good(self):
        fast = n.Session(self.server.url, n.STYLE_FAST)
        for session, status, recorded in [
            (self.s, 200, True), (self.s, 399, True), (self.s, 400, False), (self.s, 500, False),
            (fast, 208, True), (fast, 300, False), (fast, 304, True), (fast, 305, False), (fast, 404, False),
        ]:
            r = session.fetch("GET", f"/status/{status}", None, None, None, n.NO_REDIRECTS)
            self.assertEqual((r.status_code, r.recorded), (status, recorded))
        self.assertFalse(self.s.fetch("GET", "/", None, None, None, n.UNRECORDED).recorded)

    def test_record_by_hand(self):
        r = self.s.fetch("GET", "/status/500", "x")
        r.request_type, r.name = "MINE", "y"
        r.record("HTTPError('…')", 12.5, 7)
        r.record()  # once only
        e = entries()[("MINE", "y")]
        self.assertEqual((e["num_requests"], e["num_failures"], e["total_response_time"], e["total_content_length"]), (1, 1, 12.5, 7))
        self.assertNotIn(("GET", "x"), entries())
        error = n.stats()["errors"][0]
        self.assertEqual((error["method"], error["name"], error["error"], error["occurrences"]), ("MINE", "y", "HTTPError('…')", 1))
        self.assertGreater(error["first_seen"], 1e9)

    def test_untimed_and_exceptions(self):
        n.record("A", "b", None, 3, None)
        n.record("A", "b", 2.0, 4, "bad")
        n.record_exception("boom", "  File x\n")
        n.record_exception("other", "  File x\n")
        e = entries()[("A", "b")]
        self.assertEqual((e["num_requests"], e["num_none_requests"], e["num_failures"], e["response_times"]), (2, 1, 1, {2: 1}))
        self.assertEqual(n.stats()["exceptions"], [{"count": 2, "msg": "boom", "traceback": "  File x\n", "nodes": ["local"]}])

    def test_redirects(self):
        fast = n.Session(self.server.url, n.STYLE_FAST)
        for session, method, status, expected in [
            (self.s, "POST", 301, "GET"), (self.s, "PUT", 301, "PUT"), (self.s, "PUT", 302, "GET"), (self.s, "HEAD", 303, "HEAD"),
            (self.s, "POST", 308, "POST"), (fast, "POST", 301, "GET"), (fast, "POST", 302, "GET"), (fast, "PUT", 307, "PUT"),
        ]:
            r = session.fetch(method, f"/redirect/{status}", None, None, b"data")
            self.assertEqual((r.request_method, len(r.history), r.history[0]["status_code"]), (expected, 1, status))
            self.assertEqual(r.url, self.server.url + "/echo")
            self.assertEqual(r.first_url, f"{self.server.url}/redirect/{status}")
            self.assertNotIn(b"Referer", r.content)
        r = self.s.fetch("GET", "/redirect/302", None, None, None, n.NO_REDIRECTS)
        self.assertEqual((r.status_code, r.history), (302, []))
        self.s.set_network(max_redirects=3)
        r = self.s.fetch("GET", "/loop")
        self.assertEqual((r.status_code, r.fault, len(r.history)), (302, n.FAULT_TOO_MANY_REDIRECTS, 3))

    def test_cookies(self):
        self.s.fetch("GET", "/cookie")
        self.assertEqual(self.s.cookies(), [("sid", "abc", "127.0.0.1", "/", None, False, True, True)])
        self.s.set_cookie("own", "1")
        self.assertIn(b"Cookie: sid=abc; own=1", self.s.fetch("GET", "/echo").content)
        self.assertIn(b"Cookie: own=2; sid=abc", self.s.fetch("GET", "/echo", None, None, None, 0, None, None, {"own": "2"}).content)
        self.s.clear_cookies(name="sid")
        self.assertEqual([c[0] for c in self.s.cookies()], ["own"])
        self.s.clear_cookies()
        self.assertEqual(self.s.cookies(), [])

    def test_faults(self):
        free = socket.socket()
        self.addCleanup(free.close)
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        for url, fault, errno, text in [
            (f"http://127.0.0.1:{port}/", n.FAULT_CONNECT, 111, "Connection refused"),
            ("http://nosuch.invalid/", n.FAULT_DNS, -2, "Name or service not known"),
            ("/close", n.FAULT_CLOSED, 0, None), ("/half", n.FAULT_INCOMPLETE, 0, None), ("/garbage", n.FAULT_PROTOCOL, 0, None),
            ("http://", n.FAULT_INVALID_URL, 0, None),
        ]:
            r = self.s.fetch("GET", url)
            self.assertEqual((url, r.fault, r.fault_errno, r.recorded), (url, fault, errno, False))
            if text:
                self.assertEqual(r.fault_text, text)
        bare = n.Session()
        self.assertEqual(bare.fetch("GET", "/x").fault, n.FAULT_MISSING_SCHEMA)
        self.assertEqual(bare.fetch("GET", "ftp://h/").fault, n.FAULT_INVALID_SCHEMA)
        self.assertEqual(self.s.fetch("GET", "/", None, {"bad name": "x"}).fault, n.FAULT_INVALID_HEADER)
        self.assertEqual(self.s.fetch("GET", "/", None, {"x": "a\nb"}).fault, n.FAULT_INVALID_HEADER)

    def test_streams(self):
        r = self.s.fetch("GET", "/drip?5", None, None, None, n.STREAM)
        self.assertEqual((r.status_code, r.recorded, r.content), (200, True, b""))
        parts = []
        while part := r.read_some():
            parts.append(part)
        self.assertEqual((b"".join(parts), r.fault, r.read_some()), (b"p0,p1,p2,p3,p4,", 0, b""))
        self.assertGreater(len(parts), 1)
        r = self.s.fetch("GET", "/half", None, None, None, n.STREAM)
        self.assertEqual((r.fault, r.read_some(), r.read_some(), r.fault), (0, b"abc", b"", n.FAULT_INCOMPLETE))
        # What nobody wants to read, and what nobody can read any more; the session goes on, and all were counted.
        r = self.s.fetch("GET", "/drip?1000", None, None, None, n.STREAM)
        self.assertEqual(r.read_some()[:3], b"p0,")
        r.close()
        self.assertEqual(r.read_some(), b"")
        self.s.fetch("GET", "/drip?1000", None, None, None, n.STREAM)
        reader = gevent.spawn(lambda: [None for _ in iter(self.s.fetch("GET", "/drip?1000", None, None, None, n.STREAM).read_some, b"")])
        gevent.sleep(0.1)
        reader.kill()
        self.assertEqual(self.s.fetch("GET", "/gzip", None, None, None, n.STREAM).read_some()[:2], b"\x1f\x8b")
        self.assertEqual(self.s.fetch("GET", "/").content, b"hello")
        self.assertEqual(sum(entry["num_requests"] for entry in n.stats()["entries"]), 7)

    def test_timeouts(self):
        for timeout, deadline in [(0.1, None), ((5, 0.1), None), (None, 0.1)]:
            r = self.s.fetch("GET", "/slow?2", None, None, None, 0, timeout, None, None, deadline)
            self.assertEqual((r.status_code, r.fault), (0, n.FAULT_READ_TIMEOUT))
            self.assertLess(r.response_time, 1500)
        self.assertEqual(self.s.fetch("GET", "/slow?0.05", None, None, None, 0, (1, 5)).status_code, 200)

    def test_settings(self):
        with self.assertRaises(ValueError):
            self.s.set_network(verify="/nowhere.pem")
        with self.assertRaises(ValueError):
            self.s.set_network(proxies={"http": "socks5://x"})
        self.s.set_network(proxies={"http": self.server.url})
        self.assertIn(b"GET http://example.test/echo", self.s.fetch("GET", "http://example.test/echo").content.replace(b"\n", b" "))
        self.s.set_network(keep_alive=False)
        self.assertIn(b"Connection: close", self.s.fetch("GET", "/echo").content)
        for wrong in [dict(headers=[1]), dict(headers={"a": 1}), dict(body=1), dict(name=1)]:
            args = ["GET", "/", wrong.get("name"), wrong.get("headers"), wrong.get("body")]
            with self.assertRaises(TypeError):
                self.s.fetch(*args)
        with self.assertRaises(TypeError):
            self.s.fetch("GET")
        with self.assertRaises(TypeError):
            n.Session(response_class=dict)

    def test_subclass(self):
        class Mine(n.Response):
            @property
            def text(self):
                return self.content.decode()

        r = n.Session(self.server.url, n.STYLE_REQUESTS, Mine).fetch("GET", "/")
        r.extra = 1
        self.assertEqual((type(r), r.text, r.extra), (Mine, "hello", 1))

    def test_no_waiting_in_the_hub(self):
        caught = []

        def callback():
            try:
                self.s.fetch("GET", "/")
            except RuntimeError as error:
                caught.append(str(error))

        gevent.get_hub().loop.run_callback(callback)
        gevent.sleep(0.01)
        self.assertIn("hub", caught[0])


if __name__ == "__main__":
    unittest.main()
