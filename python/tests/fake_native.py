"""A stand-in for the engine's extension, so that the package can be tested without a build.

``install()`` puts it where the package imports it from. Responses are scripted: ``respond(...)`` queues what the next
requests bring back; what was asked for is in ``sent``, what was recorded in ``recorded``.
"""
import sys
import types

sent = []
recorded = []
exceptions = []
slept = []
wishes = []
done = []
answers = []
queue = []
messages = []
lines = []

STYLE_REQUESTS, STYLE_FAST = 0, 1
UNRECORDED, NO_REDIRECTS, STREAM = 1, 2, 4
_FAULTS = (
    "NONE", "INVALID_URL", "INVALID_SCHEMA", "MISSING_SCHEMA", "INVALID_HEADER", "DNS", "CONNECT", "CONNECT_TIMEOUT",
    "READ_TIMEOUT", "CLOSED", "INCOMPLETE", "RESET", "TLS", "PROTOCOL", "DECODE", "TOO_MANY_REDIRECTS", "PROXY", "OTHER",
)
for _number, _name in enumerate(_FAULTS):
    globals()["FAULT_" + _name] = _number

GOOD_FAST = {200, 201, 202, 203, 204, 205, 206, 207, 208, 226, 301, 302, 303, 304, 307, 308}


def forget():
    for kept in (sent, recorded, exceptions, slept, wishes, done, answers, queue, messages, lines):
        kept.clear()


def respond(status=200, content=b"", headers=(), **more):
    """What the next request brings back."""
    queue.append({"status_code": status, "content": content, "headers": list(headers), **more})


class Session:
    def __init__(self, base_url="", style=STYLE_REQUESTS, response_class=None):
        self.base_url = base_url
        self.style = style
        self.user_class = ""
        self.response_class = response_class or Response
        self.headers = []
        self.network = None
        self.jar = {}
        self.closed = 0

    def set_headers(self, headers):
        self.headers = list(headers)

    def set_network(self, **kwargs):
        self.network = kwargs

    def close(self):
        self.closed += 1

    def fetch(self, method, url, name=None, headers=None, body=None, flags=0, timeout=None, auth=None, cookies=None,
              deadline=None, /):
        if any(not isinstance(text, (str, type(None))) for pair in (headers or {}).items() for text in pair):
            raise TypeError("headers: dict[str, str | None]")
        full = url if url.lower().startswith(("http://", "https://")) else self.base_url + url
        sent.append({"method": method, "url": full, "name": name, "headers": headers, "body": body, "flags": flags,
                     "timeout": timeout, "auth": auth, "cookies": cookies})
        given = queue.pop(0) if queue else {"status_code": 200, "content": b"", "headers": []}
        response = self.response_class.__new__(self.response_class)
        path = "/" + full.split("://", 1)[-1].partition("/")[2]
        response._fill(self, method, full, name or path, body, given)
        good = response.status_code < 400 if self.style == STYLE_REQUESTS else response.status_code in GOOD_FAST
        wrong = headers and any("\n" in (value or "") for value in headers.values())
        if wrong:
            response._raw["fault"] = 4
            response._raw["fault_text"] = "the engine's words"
        if good and not flags & UNRECORDED and not response.fault:
            response.record()
        return response

    def cookies(self):
        return [(name, value, domain, path, expires, secure, http_only, False)
                for (domain, path, name), (value, expires, secure, http_only) in self.jar.items()]

    def set_cookie(self, name, value, domain="", path="/", expires=None, secure=False, http_only=False):
        self.jar[domain, path, name] = (value, expires, secure, http_only)

    def clear_cookies(self, domain=None, path=None, name=None):
        for key in list(self.jar):
            if all(want in (None, have) for want, have in zip((domain, path, name), key)):
                del self.jar[key]


def _of_raw(name, default):
    return property(lambda self: self._raw.get(name, default))


class Response:
    def _fill(self, session, method, url, name, body, given):
        self._raw = given
        self.session = session
        self.name = name
        self.request_type = method
        self.recorded = False
        self._method, self._url, self._body = method, url, body

    status_code = _of_raw("status_code", 0)
    reason = _of_raw("reason", "OK")
    http_version = "HTTP/1.1"
    content = _of_raw("content", b"")
    headers = _of_raw("headers", [])
    history = _of_raw("history", [])
    fault = _of_raw("fault", 0)
    fault_errno = _of_raw("fault_errno", 0)
    fault_text = _of_raw("fault_text", "")
    remote_address = ""
    elapsed = _of_raw("elapsed", 0.002)
    response_time = _of_raw("response_time", 5.0)
    start_time = 1000.0
    request_headers = _of_raw("request_headers", [])
    wire_length = _of_raw("wire_length", 0)

    @property
    def url(self):
        return self._raw.get("url", self._url)

    def read_some(self):
        """A streamed answer comes in one piece."""
        piece, self._raw = self._raw.get("content", b""), {**self._raw, "content": b""}
        return piece

    def close(self):
        pass

    first_url = property(lambda self: self._url)
    first_method = request_method = property(lambda self: self._method)
    request_body = property(lambda self: self._body)

    def header(self, name):
        found = [value for key, value in self._raw["headers"] if key.lower() == name.lower()]
        return ", ".join(found) if found else None

    @property
    def content_type(self):
        return (self.header("Content-Type") or "").partition(";")[0].strip().lower() or None

    @property
    def charset(self):
        found = (self.header("Content-Type") or "").lower().partition("charset=")[2]
        return found.strip('"') or None

    def record(self, failure=None, response_time=-1.0, response_length=-1):
        if not self.recorded:
            self.recorded = True
            length = len(self._raw["content"] or b"") if response_length == -1 else response_length
            recorded.append((self.request_type, self.name, self.response_time if response_time == -1.0 else response_time,
                             length, failure))


def record(request_type, name, response_time, response_length, failure):
    recorded.append((request_type, name, response_time, response_length, failure))


def record_exception(message, traceback):
    exceptions.append((message, traceback))


# What sleep() does besides being noted; tests put their own here.
on_sleep = None


def sleep(seconds):
    slept.append(seconds)
    if on_sleep is not None:
        on_sleep(seconds)


def log(level, text):
    lines.append((level, text))


figures = {"start_time": 1000.0, "entries": [], "errors": [], "exceptions": []}


def stats(merged=True):
    del merged
    return figures


def reset_stats():
    wishes.append(("reset",))


def wish_users(users, spawn_rate, user_classes=None):
    wishes.append(("users", users, spawn_rate, user_classes))


def wish_stop():
    wishes.append(("stop",))


def wish_quit(exit_code=None):
    wishes.append(("quit", exit_code))


def send_message(kind, data, node_id=""):
    messages.append((kind, data, node_id))


def client_id():
    return "host_0123"


def user_done(token):
    done.append(token)


def once_done(what, answer="", failure=""):
    answers.append((what, answer, failure))


def serve(bus_fd, host_class):
    raise RuntimeError("there is no engine here")


def install():
    """From now on ``halftime._native`` is this module."""
    this = sys.modules[__name__]
    package = types.ModuleType("halftime")
    package._native = this
    package.__path__ = []
    sys.modules.setdefault("halftime", package)
    sys.modules["halftime"]._native = this
    sys.modules["halftime._native"] = this
