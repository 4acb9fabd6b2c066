"""HttpSession: what it asks the engine for, what it makes of answers and of their absence."""
import io
from unittest import main

import fake_native
from support import Case

from locust import HttpUser, _requests
from locust.clients import HttpSession, parse_links
from locust.exception import LocustError, ResponseError, StopTest

UNRECORDED, NO_REDIRECTS, STREAM = fake_native.UNRECORDED, fake_native.NO_REDIRECTS, fake_native.STREAM


class WithSession(Case):
    def setUp(self):
        super().setUp()

        class U(HttpUser):
            host = "http://h:80"

        self.env = self.environment(U)
        self.user = U(self.env)
        self.client = self.user.client
        fake_native.respond()
        self.client.get("/warm")
        fake_native.forget()

    def ask(self, verb, *args, **kwargs):
        getattr(self.client, verb)(*args, **kwargs)
        return fake_native.sent[-1]


class Asked(WithSession):
    def test_calls(self):
        json_type = {"Content-Type": "application/json"}
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        table = [
            ("get", ("/a",), {}, {"method": "GET", "url": "http://h:80/a", "name": None, "body": None, "flags": 0}),
            ("get", ("/a",), {"name": "n"}, {"name": "n"}),
            ("get", ("HTTPS://x/a",), {}, {"url": "HTTPS://x/a"}),
            ("get", ("/a?x=1#f",), {"params": {"q": "a b", "l": [1, 2], "n": None}}, {"url": "http://h:80/a?x=1&q=a+b&l=1&l=2#f"}),
            ("get", ("/a",), {"params": "q=1"}, {"url": "http://h:80/a?q=1"}),
            ("get", ("/a",), {"params": [("k", "v"), ("k", "w")]}, {"url": "http://h:80/a?k=v&k=w"}),
            ("get", ("/a",), {"params": {}}, {"url": "http://h:80/a"}),
            ("head", ("/a",), {}, {"method": "HEAD", "flags": NO_REDIRECTS}),
            ("head", ("/a",), {"allow_redirects": True}, {"flags": 0}),
            ("options", ("/a",), {}, {"method": "OPTIONS", "flags": 0}),
            ("delete", ("/a",), {}, {"method": "DELETE", "body": b""}),
            ("request", ("get", "/a"), {}, {"method": "GET", "flags": UNRECORDED}),
            ("get", ("/a b/ü?q=ü&x=%20[1]|#f",), {}, {"url": "http://h:80/a%20b/%C3%BC?q=%C3%BC&x=%20%5B1%5D%7C#f"}),
            ("post", ("/a b",), {}, {"url": "http://h:80/a%20b"}),
            ("get", ("https://x.y:1/a|",), {"params": {"k": "|"}}, {"url": "https://x.y:1/a%7C?k=%7C"}),
            ("request", ("GET", "/a", "n"), {}, {"name": "n"}),
            ("post", ("/p", {"a": "b c", "d": ["1", "2"]}), {}, {"body": "a=b+c&d=1&d=2", "headers": form}),
            ("post", ("/p", "hällo"), {}, {"body": "hällo", "headers": None}),
            ("post", ("/p", b"hi"), {}, {"body": b"hi", "headers": None}),
            ("post", ("/p",), {}, {"body": None, "headers": None}),
            ("post", ("/p",), {"json": {"a": 1, "ü": "ä"}}, {"body": b'{"a": 1, "\\u00fc": "\\u00e4"}', "headers": json_type}),
            ("post", ("/p",), {"json": {}}, {"body": b"{}"}),
            ("post", ("/p",), {"data": {}, "json": [1]}, {"body": b"[1]"}),
            ("post", ("/p",), {"data": {"a": 1}, "json": {"b": 2}}, {"body": "a=1"}),
            ("post", ("/p", None, {"b": 2}), {}, {"body": b'{"b": 2}'}),
            ("post", ("/p",), {"json": 1, "headers": {"content-type": "text/x"}}, {"headers": {"content-type": "text/x"}}),
            ("post", ("/p",), {"data": [("a", "1"), ("a", "2")]}, {"body": "a=1&a=2", "headers": form}),
            ("post", ("/p",), {"data": (x for x in [b"ab", "cd"])}, {"body": b"abcd"}),
            ("post", ("/p",), {"data": io.BytesIO(b"file")}, {"body": b"file"}),
            ("put", ("/p", "x"), {}, {"method": "PUT", "body": "x"}),
            ("patch", ("/p",), {"json": [1]}, {"method": "PATCH", "body": b"[1]"}),
            ("delete", ("/a",), {"headers": {"X": b"1", "Gone": None}}, {"headers": {"X": "1", "Gone": None}}),
            ("get", ("/a",), {"cookies": {"z": 1}}, {"cookies": {"z": "1"}}),
            ("get", ("/a",), {"auth": ("u", "p"), "headers": {"authorization": "old"}}, {"headers": {"Authorization": "Basic dTpw"}}),
            ("get", ("/a",), {"timeout": (1, 2)}, {"timeout": (1, 2)}),
            ("get", ("/a",), {"allow_redirects": False}, {"flags": NO_REDIRECTS}),
            ("get", ("/a",), {"stream": True}, {"flags": STREAM}),
            ("get", ("/a",), {"catch_response": True}, {"flags": UNRECORDED}),
        ]
        for verb, args, kwargs, expected in table:
            with self.subTest(verb=verb, args=args, kwargs=str(kwargs)):
                sent = self.ask(verb, *args, **kwargs)
                self.assertEqual({key: sent[key] for key in expected}, expected)

    def test_files(self):
        named = io.BytesIO(b"named")
        named.name = "/tmp/dir/n.bin"
        sent = self.ask("post", "/p", data={"k": ["v", 2]}, files={
            "f": ("n.txt", b"content", "text/plain", {"X-A": "b"}), "g": io.BytesIO(b"raw"), "h": named, "s": "text",
        })
        boundary = sent["headers"]["Content-Type"].partition("boundary=")[2]
        parts = sent["body"].decode().split(f"--{boundary}")
        self.assertEqual(parts[1:], [
            '\r\nContent-Disposition: form-data; name="k"\r\n\r\nv\r\n',
            '\r\nContent-Disposition: form-data; name="k"\r\n\r\n2\r\n',
            '\r\nContent-Disposition: form-data; name="f"; filename="n.txt"\r\nContent-Type: text/plain\r\nX-A: b\r\n\r\ncontent\r\n',
            '\r\nContent-Disposition: form-data; name="g"; filename="g"\r\n\r\nraw\r\n',
            '\r\nContent-Disposition: form-data; name="h"; filename="n.bin"\r\n\r\nnamed\r\n',
            '\r\nContent-Disposition: form-data; name="s"; filename="s"\r\n\r\ntext\r\n',
            "--\r\n",
        ])

    def test_authentication_objects(self):
        def token(prepared):
            prepared.headers["X-Signed"] = f"{prepared.method} {prepared.path_url}"
            return prepared

        class HTTPDigestAuth:
            username, password = "u", "p"

        sent = self.ask("post", "/p?a=1", data="x", auth=token)
        self.assertEqual(sent["headers"]["X-Signed"], "POST /p?a=1")
        self.assertEqual(self.ask("get", "/a", auth=HTTPDigestAuth())["auth"], ("u", "p"))
        self.client.auth = ("u", "p")
        self.assertEqual(self.ask("get", "/a")["headers"], {"Authorization": "Basic dTpw"})
        self.client.auth = None
        self.assertIsNone(self.ask("get", "/a")["headers"])

    def test_session_state_reaches_the_engine(self):
        net = self.client._net
        self.assertEqual(dict(net.headers)["Accept"], "*/*")
        self.client.headers.update({"Authorization": "Bearer x"})
        self.client.get("/a")
        self.assertEqual(dict(net.headers)["Authorization"], "Bearer x")
        self.assertTrue(self.client._plain)
        del self.client.headers["authorization"]
        self.client.headers = {"Only": b"this"}
        self.client.get("/a")
        self.assertEqual(net.headers, [("Only", "this")])
        self.client.headers["Second"] = "2"
        self.client.get("/a")
        self.assertEqual(net.headers, [("Only", "this"), ("Second", "2")])
        self.assertIsNone(net.network)
        self.client.get("/a", verify=True)
        self.assertIsNone(net.network)
        self.client.verify = False
        self.client.get("/a")
        self.assertFalse(net.network["verify"])
        self.client.get("/a")
        self.assertTrue(self.client._plain)
        self.client.get("/a", verify="ca.pem", cert=("c", "k"), proxies={"http": "http://p"})
        self.assertEqual((net.network["verify"], net.network["cert"], net.network["proxies"]),
                         ("ca.pem", ("c", "k"), {"http": "http://p"}))
        self.client.get("/a")
        self.assertFalse(net.network["verify"])
        self.client.params["key"] = "k"
        self.assertEqual(self.ask("get", "/a", params={"q": 1})["url"], "http://h:80/a?key=k&q=1")
        self.client.base_url = "http://other"
        self.client.params.clear()
        self.assertEqual(self.ask("get", "/a")["url"], "http://other/a")

    def test_cookies(self):
        jar = self.client.cookies
        jar.set("a", "1")
        jar["b"] = "2"
        jar.update({"c": "3"})
        self.client._net.set_cookie("d", "4", "h", "/x", 2000000000, True)
        self.assertEqual(jar.get("a"), "1")
        self.assertEqual(jar["d"], "4")
        self.assertEqual(sorted(jar.keys()), ["a", "b", "c", "d"])
        self.assertEqual(jar.get_dict(domain="h"), {"d": "4"})
        self.assertEqual({(c.name, c.secure, c.expires) for c in jar if c.name == "d"}, {("d", True, 2000000000)})
        self.assertIn("a", jar)
        del jar["a"]
        self.assertIsNone(jar.get("a"))
        jar.clear("h", "/x", "d")
        self.assertEqual(sorted(jar.keys()), ["b", "c"])
        self.client.cookies = {"only": "1"}
        self.assertEqual(self.client.cookies.get_dict(), {"only": "1"})
        self.client.cookies.clear()
        self.assertEqual(len(list(self.client.cookies)), 0)

    def test_base_url_with_credentials(self):
        client = HttpSession("http://user:p%40ss@host:1/base", self.env.events.request, None)
        self.assertEqual((client.base_url, client.auth.username, client.auth.password), ("http://host:1/base", "user", "p@ss"))
        client.get("/a")
        self.assertEqual(fake_native.sent[-1]["url"], "http://host:1/base/a")

    def test_names(self):
        with self.client.rename_request("grouped"):
            self.assertEqual(self.ask("get", "/a/1")["name"], "grouped")
            self.assertEqual(self.ask("get", "/a/2", name="own")["name"], "own")
        self.assertIsNone(self.ask("get", "/a/3")["name"])

    def test_overridden_request_sees_every_verb(self):
        seen = []

        class Mine(HttpSession):
            def request(self, method, url, **kwargs):
                seen.append((method, url))
                return super().request(method, url, **kwargs)

        client = Mine("http://h", self.env.events.request, None)
        for verb in ("get", "post", "put", "delete", "head", "patch", "options"):
            getattr(client, verb)("/x")
        self.assertEqual([method for method, _ in seen], ["GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS"])
        self.client.request = lambda *args, **kwargs: "mine"
        self.assertEqual(self.client.get("/x"), "mine")

    def test_hooks(self):
        seen = []
        self.client.get("/a", hooks={"response": lambda r, **kw: seen.append(r.status_code)})
        self.client.hooks["response"].append(lambda r, **kw: seen.append("session"))
        self.client.get("/b", hooks={"response": [lambda r, **kw: seen.append("own")]})
        self.assertEqual(seen, [200, "own", "session"])
        self.assertEqual([name for _, name, *_ in fake_native.recorded], ["/a", "/b"])

    def test_no_host(self):
        cls = type("NoHost", (HttpUser,), {})
        with self.assertRaisesRegex(StopTest, "must specify the base host"):
            cls(self.environment(cls))


class Answered(WithSession):
    def test_attributes(self):
        fake_native.respond(201, "ä{}".encode(), [
            ("Content-Type", "text/html; charset=UTF-8"), ("Set-Cookie", "sid=1; Path=/"), ("Set-Cookie", "u=2"),
            ("Link", '<http://h/2>; rel="next", <http://h/9>; rel=last'), ("X-A", "1"), ("x-a", "2"),
        ], history=[{"status_code": 302, "reason": "Found", "url": "http://h/0", "method": "GET",
                     "headers": [("Location", "/1")], "content": b"", "elapsed_ms": 3.0}], request_headers=[("A", "b")])
        r = self.client.get("http://h/1")
        self.assertEqual((r.status_code, r.ok, bool(r), r.text, r.reason, r.url), (201, True, True, "ä{}", "OK", "http://h/1"))
        self.assertEqual((r.headers["content-TYPE"], r.headers["X-a"]), ("text/html; charset=UTF-8", "1, 2"))
        self.assertEqual(r.cookies.get_dict(), {"sid": "1", "u": "2"})
        self.assertEqual(r.elapsed.total_seconds(), 0.002)
        self.assertEqual((r.encoding, r.apparent_encoding.replace("_", "-")), ("utf-8", "utf-8"))
        self.assertEqual([(h.status_code, h.is_redirect) for h in r.history], [(302, True)])
        self.assertEqual({rel: link["url"] for rel, link in r.links.items()}, {"next": "http://h/2", "last": "http://h/9"})
        self.assertEqual((r.request.method, r.request.headers["a"], r.request.path_url), ("GET", "b", "/1"))
        self.assertEqual((r.raw.read(3), r.raw.status), ("ä{".encode(), 201))
        self.assertEqual(b"".join(r.iter_content(2)), r.content)
        self.assertFalse(r.is_redirect)
        self.assertEqual(repr(r), "<Response [201]>")
        r.encoding = "latin-1"
        self.assertEqual(r.text, "Ã¤{}")
        r.note = "users may keep things here"

    def test_encodings(self):
        table = [
            ("text/html", "ISO-8859-1", b"\xe4", "ä"), ("application/json", "utf-8", "ä".encode(), "ä"),
            ("text/plain; charset=latin1", "latin1", b"\xe4", "ä"), (None, None, "ä".encode(), "ä"),
            ("text/plain; charset=nonsense", "nonsense", b"a", "a"),
        ]
        for kind, encoding, content, text in table:
            with self.subTest(kind):
                fake_native.respond(200, content, [("Content-Type", kind)] if kind else [])
                r = self.client.get("/")
                self.assertEqual((r.encoding, r.text), (encoding, text))

    def test_json(self):
        fake_native.respond(200, b'{"a": [1]}')
        self.assertEqual(self.client.get("/").json(), {"a": [1]})
        for content in (b"", b"<html>", b"\xff\xfe"):
            fake_native.respond(200, content)
            with self.assertRaises(_requests.JSONDecodeError) as caught:
                self.client.get("/").json()
            self.assertIsInstance(caught.exception, ValueError)

    def test_recorded(self):
        table = [
            (200, None), (302, None), (399, None), (404, "HTTPError('404 Client Error: OK for url: /x')"),
            (500, "HTTPError('500 Server Error: OK for url: /x')"),
        ]
        for status, failure in table:
            fake_native.forget()
            fake_native.respond(status, b"abc")
            r = self.client.get("/x")
            self.assertEqual(fake_native.recorded, [("GET", "/x", 5.0, 3, failure)])
            self.assertEqual(r.ok, status < 400)
        with self.assertRaisesRegex(_requests.HTTPError, "500 Server Error: OK for url: http://h:80/x"):
            r.raise_for_status()

    def test_entry_keeps_the_method_as_written(self):
        self.client.request("get", "/x")
        self.assertEqual(fake_native.recorded, [("get", "/x", 5.0, 0, None)])

    def test_faults(self):
        pool = "HTTPConnectionPool(host='h', port=80)"
        table = [
            ("CONNECT", {"fault_errno": 111, "fault_text": "Connection refused"}, _requests.ConnectionError,
             "ConnectionRefusedError(111, 'Connection refused')"),
            ("DNS", {"fault_errno": -2, "fault_text": "Name or service not known"}, _requests.ConnectionError,
             "gaierror(-2, 'Name or service not known')"),
            ("READ_TIMEOUT", {}, _requests.ReadTimeout,
             f'ReadTimeout(ReadTimeoutError("{pool}: Read timed out. (read timeout=0.3)"))'),
            ("CONNECT_TIMEOUT", {}, _requests.ConnectTimeout,
             "ConnectTimeoutError(<HTTPConnection(host='h', port=80) at 0x....>, "
             "'Connection to h timed out. (connect timeout=0.3)')"),
            ("CLOSED", {}, _requests.ConnectionError,
             "RemoteDisconnected('Remote end closed connection without response')"),
            ("RESET", {"fault_errno": 104, "fault_text": "Connection reset by peer"}, _requests.ConnectionError,
             "ConnectionResetError(104, 'Connection reset by peer')"),
            ("INCOMPLETE", {"headers": [("Content-Length", "100")], "wire_length": 3}, _requests.ChunkedEncodingError,
             "ChunkedEncodingError(ProtocolError('Connection broken: IncompleteRead(3 bytes read, 97 more expected)', "
             "IncompleteRead(3 bytes read, 97 more expected)))"),
            ("DECODE", {"headers": [("Content-Encoding", "gzip")]}, _requests.ContentDecodingError,
             "ContentDecodingError(DecodeError('Received response with content-encoding: gzip, but failed to decode it.', "
             "error('Error -3 while decompressing data: incorrect header check')))"),
            ("TLS", {"fault_text": "[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1006)"}, _requests.SSLError,
             "SSLError(SSLError(1, '[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1006)'))"),
            ("TOO_MANY_REDIRECTS", {}, _requests.TooManyRedirects, "TooManyRedirects('Exceeded 30 redirects.')"),
            ("TLS", {"fault_text": "tls: first record does not look like a TLS handshake"}, _requests.SSLError,
             "SSLError(SSLError(1, '[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1006)'))"),
            ("PROTOCOL", {"fault_text": 'x: malformed HTTP response "garbage"'}, _requests.ConnectionError,
             "BadStatusLine('garbage\\r\\n')"),
            ("PROTOCOL", {"fault_text": "garbage"}, _requests.ConnectionError, "BadStatusLine('garbage')"),
        ]
        for fault, more, kind, failure in table:
            with self.subTest(fault):
                fake_native.forget()
                status = more.pop("status", 0)
                fake_native.respond(status, fault=getattr(fake_native, "FAULT_" + fault), **more)
                r = self.client.get("/x", timeout=0.3)
                self.assertEqual([row[4] for row in fake_native.recorded], [failure])
                self.assertIsInstance(r.error, kind)
                self.assertEqual((r.status_code, r.content, r.text, r.url, r.reason, dict(r.headers), r.history),
                                 (0, None, "", None, None, {}, []))
                for look in (lambda: r.ok, lambda: bool(r), r.raise_for_status):
                    with self.assertRaises(kind):
                        look()
                with self.assertRaises(_requests.JSONDecodeError):
                    r.json()

    def test_urls_that_cannot_be_asked_for_raise(self):
        for fault, kind in (("MISSING_SCHEMA", _requests.MissingSchema), ("INVALID_SCHEMA", _requests.InvalidSchema),
                            ("INVALID_URL", _requests.InvalidURL)):
            fake_native.forget()
            fake_native.respond(0, fault=getattr(fake_native, "FAULT_" + fault), fault_text="why")
            with self.assertRaisesRegex(kind, "why"):
                self.client.get("/x")
            self.assertEqual(fake_native.recorded, [])

    def test_wrong_headers_are_failures(self):
        r = self.client.get("/x", headers={"X": 1}, params={"a": 1})
        self.assertEqual(fake_native.recorded[0][4], 'InvalidHeader("Header part (1) from (\'X\', 1) must be of type str or bytes, '
                         "not <class 'int'>\")")
        self.assertEqual(r.status_code, 0)

    def test_listeners(self):
        seen = []
        self.env.events.request.add_listener(lambda **kw: seen.append(kw))
        self.user.context = lambda: {"user": 1}
        fake_native.respond(200, b"abc")
        fake_native.respond(404)
        ok = self.client.get("/a", context={"own": 2})
        bad = self.client.get("/b")
        self.assertEqual(sorted(seen[0]), ["context", "exception", "name", "request_type", "response", "response_length",
                                           "response_time", "start_time", "url"])
        self.assertEqual((seen[0]["name"], seen[0]["request_type"], seen[0]["response_length"], seen[0]["exception"]),
                         ("/a", "GET", 3, None))
        self.assertEqual(seen[0]["context"], {"user": 1, "own": 2})
        self.assertIs(seen[0]["response"], ok)
        self.assertIsInstance(seen[1]["exception"], _requests.HTTPError)
        self.assertIs(seen[1]["response"], bad)
        self.assertEqual(len(fake_native.recorded), 2)


class Caught(WithSession):
    def block(self, body, **answer):
        """What is recorded (failure texts), and what is raised, for a with-block with that body."""
        fake_native.forget()
        fake_native.respond(**answer)
        try:
            with self.client.get("/x", catch_response=True) as r:
                body(r)
            raised = None
        except Exception as error:
            raised = type(error).__name__
        return [row[4] for row in fake_native.recorded], raised

    def test_table(self):
        def raises(error, verdict=None):
            def body(r):
                if verdict:
                    verdict(r)
                raise error

            return body

        not_found = "HTTPError('404 Client Error: OK for url: /x')"
        fault = {"status": 0, "fault": fake_native.FAULT_CONNECT, "fault_errno": 111, "fault_text": "Connection refused"}
        refused = "ConnectionRefusedError(111, 'Connection refused')"
        table = [
            ("no verdict, fine", lambda r: None, {}, [None], None),
            ("no verdict, 404", lambda r: None, {"status": 404}, [not_found], None),
            ("no verdict, refused", lambda r: None, fault, [refused], None),
            ("failure of a text", lambda r: r.failure("bad"), {}, ["CatchResponseError('bad')"], None),
            ("failure of anything", lambda r: r.failure({"a": 1}), {}, ["CatchResponseError({'a': 1})"], None),
            ("failure of nothing", lambda r: r.failure(None), {}, ["CatchResponseError(None)"], None),
            ("failure of an exception", lambda r: r.failure(ValueError("v")), {}, ["ValueError('v')"], None),
            ("the last verdict wins", lambda r: (r.failure("x"), r.success()), {}, [None], None),
            ("success of a 500", lambda r: r.success(), {"status": 500}, [None], None),
            ("success of nothing", lambda r: r.success(), fault, [None], None),
            ("assert", raises(AssertionError("no")), {}, [], "AssertionError"),
            ("assert in a 500", raises(AssertionError("no")), {"status": 500}, [], "AssertionError"),
            ("ResponseError", raises(ResponseError("re")), {}, ["ResponseError('re')"], None),
            ("verdict, then raise", raises(KeyError("k"), lambda r: r.failure("f")), {}, ["CatchResponseError('f')"], "KeyError"),
            ("verdict, then ResponseError", raises(ResponseError("k"), lambda r: r.success()), {}, [None], "ResponseError"),
            ("ok of a refused one", lambda r: r.ok, fault, [], "ConnectionError"),
        ]
        for label, body, answer, failures, raised in table:
            with self.subTest(label):
                self.assertEqual(self.block(body, **answer), (failures, raised))

    def test_outside_of_a_block(self):
        r = self.client.get("/x", catch_response=True)
        self.assertEqual(fake_native.recorded, [])
        for verdict in (r.success, lambda: r.failure("x")):
            with self.assertRaisesRegex(LocustError, "with self.client.request"):
                verdict()

    def test_block_without_catch_response(self):
        with self.assertRaisesRegex(LocustError, "you must also pass catch_response=True"):
            with self.client.get("/x"):
                pass
        self.assertEqual(len(fake_native.recorded), 1)

    def test_request_meta(self):
        fake_native.respond(404, b"abc")
        with self.client.get("/x", catch_response=True) as r:
            self.assertEqual((r.request_meta["url"], r.request_meta["response_length"]), ("http://h:80/x", 3))
            r.request_meta["name"] = "renamed"
            r.request_meta["request_type"] = "PAGE"
            r.request_meta["response_time"] = 7.5
            r.request_meta["response_length"] = 9
        self.assertEqual(fake_native.recorded, [
            ("PAGE", "renamed", 7.5, 9, "HTTPError('404 Client Error: OK for url: renamed')"),
        ])

    def test_raise_for_status_follows_the_verdict(self):
        fake_native.respond(500)
        with self.client.get("/x", catch_response=True) as r:
            with self.assertRaises(_requests.HTTPError):
                r.raise_for_status()
            r.success()
            r.raise_for_status()
            r.failure(ValueError("mine"))
            with self.assertRaisesRegex(ValueError, "mine"):
                r.raise_for_status()


class Rest(WithSession):
    def test_rest(self):
        def check(body, content=b'{"a": 1}', **answer):
            fake_native.forget()
            fake_native.respond(content=content, **answer)
            with self.user.rest("POST", "/x", json={"q": 1}) as resp:
                body(resp)
            return fake_native.recorded[0][4]

        def fails(text=None):
            def body(resp):
                if text is None:
                    assert resp.js["a"] == 2
                assert resp.js["a"] == 2, text

            return body

        def raises(resp):
            raise KeyError("k")

        self.assertIsNone(check(lambda resp: self.assertEqual(resp.js, {"a": 1})))
        self.assertEqual({k.lower(): v for k, v in fake_native.sent[0]["headers"].items()},
                         {"content-type": "application/json", "accept": "application/json"})
        self.assertEqual(check(fails()), "CatchResponseError('Assertion failed')")
        self.assertEqual(check(fails("words")), "CatchResponseError('words')")
        self.assertEqual(check(fails("words,")), "CatchResponseError('words, response was {\"a\": 1}')")
        self.assertRegex(check(raises), r"KeyError: .*k.* at .*users.py:\d+ in rest, .*test_clients.py:\d+ in .*Response was")
        self.assertRegex(check(lambda r: self.assertIsNone(r.js), content=b"<html>"),
                         "Could not parse response as JSON. <html>, response code 200, error Expecting value")
        self.assertIsNone(check(lambda r: self.assertIsNone(r.js), content=b""))

    def test_rest_with_a_time(self):
        with self.user.rest_("GET", "/x?a=1"):
            pass
        self.assertRegex(fake_native.sent[0]["url"], r"/x\?a=1&_=\d{13}$")
        self.assertEqual(fake_native.recorded[0][1], "/x?a=1&_=...")


class Links(Case):
    def test_table(self):
        for header, expected in [
            ("", {}), ("<a>; rel=next", {"next": {"url": "a", "rel": "next"}}),
            ('<a,b>; rel="x y"; title="t"', {"x y": {"url": "a,b", "rel": "x y", "title": "t"}}),
            ("<a>, <b>", {"a": {"url": "a"}, "b": {"url": "b"}}),
        ]:
            self.assertEqual(parse_links(header), expected)


if __name__ == "__main__":
    main()
