"""FastHttpUser: the leaner HTTP client. Carried by the same engine as HttpUser; names, headers, redirects and what counts
as a success are those of geventhttpclient."""
import json as _json
import re
from contextlib import contextmanager
from urllib.parse import unquote, urlencode, urlsplit, urlunsplit

from gevent.timeout import Timeout
from halftime import _native

from .. import _encoding, _failures, _streams
from .._failures import HTTPConnectionClosed, HTTPParseError
from .._requests import CaseInsensitiveDict, SessionCookies, headers_from_pairs
from ..clients import (
    _CatchResponse,
    _Lazy,
    guess_encoding,
    merged_headers,
)
from ..exception import StopTest
from ..user.users import NO_HOST, RestMixin, User
from ..util.version import FAST_USER_AGENT

absolute_http_url_regexp = re.compile(r"^https?://", re.I)

FAILURE_EXCEPTIONS = (ConnectionError, ConnectionRefusedError, ConnectionResetError, OSError, Timeout, HTTPConnectionClosed,
                      HTTPParseError)

_UNRECORDED = _native.UNRECORDED
_NO_REDIRECTS = _native.NO_REDIRECTS
_STREAM = _native.STREAM

_is_odd = _encoding.is_odd

_GOOD_STATUS = frozenset((200, 201, 202, 203, 204, 205, 206, 207, 208, 226, 301, 302, 303, 304, 307, 308))
# Made once: json.dumps would make one each time.
_to_json = _json.JSONEncoder().encode
_FORM = "application/x-www-form-urlencoded; charset=utf-8"
_JSON_HEADERS = {"Content-Type": "application/json", "Accept": "application/json"}
_DEFAULTS = {"User-Agent": FAST_USER_AGENT, "Accept-Encoding": "gzip, deflate, br"}


class LocustBadStatusCode(Exception):
    """A status that does not count as a success."""

    def __init__(self, url, headers=None, code=None, content=None):
        super().__init__(f"URL {url}: code={code}")
        self.url = url
        self.headers = headers
        self.code = code
        self.content = content

    def __repr__(self):
        return f"LocustBadStatusCode(code={self.code})"


class FastRequest:
    """What was sent."""

    def __init__(self, response):
        self.url = response.first_url
        self.method = response.first_method
        self.headers = headers_from_pairs(response.request_headers)
        self.payload = response.request_body

    @property
    def body(self):
        return self.payload

    data = body


class FastResponse(_native.Response):
    """What a request brought back."""

    error = None
    _session = None
    _context = None

    @_Lazy
    def headers(self):
        return headers_from_pairs(super().headers)

    @_Lazy
    def request(self):
        return FastRequest(self)

    @_Lazy
    def history(self):
        return []

    @_Lazy
    def elapsed(self):
        import datetime

        return datetime.timedelta(seconds=super().elapsed)

    @_Lazy
    def encoding(self):
        return self.charset or guess_encoding(self.content)

    @property
    def text(self):
        """The content as text; None if there is no content to speak of."""
        content = self.content
        if content is None:
            return None
        return str(content, self.encoding or "utf-8", errors="replace")

    def json(self, **kwargs):
        return _json.loads(self.content, **kwargs)

    @property
    def status(self):
        return self.status_code

    @property
    def data(self):
        return self.content

    @property
    def ok(self):
        return self.error is None and self.status_code < 400

    @property
    def stream(self):
        """The content as a file."""
        import io

        return io.BytesIO(self.content or b"")

    def iter_content(self, chunk_size=1, decode_content=True):
        del decode_content
        content = self.content or b""
        for start in range(0, len(content), chunk_size):
            yield content[start:start + chunk_size]

    def read(self, length=None):
        return self.content if length is None else self.content[:length]

    def release(self):
        """Nothing to do: the answer was read."""

    def raise_for_status(self):
        error = self.error or self._status_error()
        if error is not None:
            raise error

    def _status_error(self):
        if self.status_code in _GOOD_STATUS:
            return None
        return LocustBadStatusCode(self.url, self.headers, self.status_code, None if isinstance(self, StreamedResponse) else self.content)

    # --- recording ---

    @_Lazy
    def request_meta(self):
        """What is recorded and told to listeners; may be changed inside a with-block."""
        context = self._context or {}
        if self._session is not None and self._session.user is not None:
            context = {**self._session.user.context(), **context}
        return {
            "request_type": self.request_type,
            "name": self.name,
            "context": context,
            "response": self,
            "exception": None,
            "start_time": self.start_time,
            "url": self.first_url,
            "response_length": self._length(),
            "response_time": self.response_time,
        }

    def _length(self):
        return len(self.content or b"")

    def _verdict(self):
        return self.error or self._status_error()

    _report = _failures.report

    def __enter__(self):
        return self

    def __exit__(self, *_exc):
        return None

    def __repr__(self):
        return f"<{type(self).__name__} [{self.status_code}]>"


class ErrorResponse(FastResponse):
    """There was no answer; ``error`` says why."""

    status_code = 0
    content = None
    headers = None
    encoding = None
    text = None
    ok = True

    @property
    def url(self):
        return self.first_url

    def json(self, **kwargs):
        return _json.loads(None, **kwargs)


class ResponseContextManager(_CatchResponse, FastResponse):
    """A response whose verdict is given in a with-block."""


class RestResponseContextManager(ResponseContextManager):
    """The response of rest(): ``js`` is the parsed content, or None."""

    js = None


class StreamedResponse(_streams.Streamed, FastResponse):
    """A response whose content is read when somebody asks for it (stream=True)."""

    _errors = _failures.FastErrors

    @property
    def stream(self):
        """The content as a file."""
        raw = self.raw
        raw.decode_content = True
        return raw

    def read(self, length=None):
        return self._take(-1 if length is None else length, True)

    def iter_content(self, chunk_size=1, decode_content=True):
        del decode_content
        return super().iter_content(chunk_size)

    def release(self):
        self.close()

    def _decode_error(self, error):
        return error

    @_Lazy
    def encoding(self):
        return self.charset or "utf-8"


class StreamedResponseContextManager(_CatchResponse, StreamedResponse):
    """The same in a with-block that gives its verdict."""


class ErrorResponseContextManager(_CatchResponse, ErrorResponse):
    """No answer, and its verdict is given in a with-block."""


class LocustUserAgent:
    """What ``client.client`` offers: the default headers, the limits and the pool of connections."""

    def __init__(self, net, default_headers, cookiejar, user):
        self.clientpool = _ClientPool(net)
        self.default_headers = default_headers
        self.cookiejar = cookiejar
        self.max_redirects = user.max_redirects
        self.max_retries = user.max_retries
        self.valid_response_codes = _GOOD_STATUS
        self.redirect_response_codes = frozenset((301, 302, 303, 307, 308))

    def close(self):
        self.clientpool.close()


class _ClientPool:
    """client.client.clientpool: close() drops the connections."""

    def __init__(self, net):
        self._net = net

    def close(self):
        self._net.close()


class _NotedHeaders(CaseInsensitiveDict):
    """Default headers; changing them tells the engine."""

    __slots__ = ("_net",)

    def __init__(self, data, net):
        self._net = None
        super().__init__(data)
        self._net = net
        self._tell()

    def _tell(self):
        if self._net is not None:
            self._net.set_headers([(name, str(value)) for name, value in self.items() if value is not None])

    def __setitem__(self, key, value):
        super().__setitem__(key, value)
        self._tell()

    def __delitem__(self, key):
        super().__delitem__(key)
        self._tell()


class FastHttpSession:
    """One user's HTTP session, with the names and rules of geventhttpclient."""

    auth_header = None
    request_name = None

    def __init__(self, base_url, request_event, user, *, insecure=True, client_pool=None, ssl_context_factory=None,
                 **_kwargs):
        self.request_event = request_event
        self.user = user
        self._listeners = getattr(request_event, "listeners", ())
        parts = urlsplit(base_url)
        if parts.username is not None and parts.password is not None:
            base_url = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
            self.auth_header = _encoding.basic_auth(unquote(parts.username), unquote(parts.password))
        self.max_redirects = getattr(user, "max_redirects", 30)
        net = self._net = _native.Session(base_url, _native.STYLE_FAST, FastResponse)
        net.user_class = type(user).__name__ if user is not None else ""
        proxy = getattr(user, "proxy_host", None)
        net.set_network(
            verify=not insecure,
            proxies=_proxies(proxy, getattr(user, "proxy_port", None)) if proxy else None,
            max_redirects=self.max_redirects,
            connections=getattr(user, "concurrency", 10),
        )
        self.cookiejar = SessionCookies(net)
        headers = _NotedHeaders({**_DEFAULTS, **(getattr(user, "default_headers", None) or {})}, net)
        self.client = LocustUserAgent(net, headers, self.cookiejar, user if hasattr(user, "max_redirects") else FastHttpUser)
        self._timeout = (getattr(user, "connection_timeout", 60.0), getattr(user, "network_timeout", 60.0))
        self._fetch = net.fetch

    @property
    def base_url(self):
        return self._net.base_url

    @base_url.setter
    def base_url(self, value):
        self._net.base_url = value

    def _build_url(self, path):
        return path if absolute_http_url_regexp.match(path) else f"{self.base_url}{path}"

    @contextmanager
    def rename_request(self, name):
        """Every request inside the block goes under this name."""
        self.request_name = name
        try:
            yield
        finally:
            self.request_name = None

    def get(self, url, *, name=None, headers=None, **kwargs):
        if kwargs or self.auth_header is not None:
            return self.request("GET", url, name=name, headers=headers, **kwargs)
        name = name or self.request_name or url
        if _is_odd(url):
            url = _encoding.quote_url(url, "[]")
        try:
            response = self._fetch("GET", url, name, headers, None, 0, self._timeout)
        except TypeError:
            # A header that is not text: there it is made text.
            return self.request("GET", url, name=name, headers=headers)
        if response.recorded and not self._listeners:
            return response
        return self._finish(response, None, False)

    def head(self, url, **kwargs):
        return self.request("HEAD", url, **kwargs)

    def options(self, url, **kwargs):
        return self.request("OPTIONS", url, **kwargs)

    def delete(self, url, **kwargs):
        return self.request("DELETE", url, **kwargs)

    def post(self, url, data=None, **kwargs):
        return self.request("POST", url, data=data, **kwargs)

    def put(self, url, data=None, **kwargs):
        return self.request("PUT", url, data=data, **kwargs)

    def patch(self, url, data=None, **kwargs):
        return self.request("PATCH", url, data=data, **kwargs)

    def iter_lines(self, url, method="GET", **kwargs):
        """The lines of an answer."""
        response = self.request(method, url, stream=True, **kwargs)
        response.raise_for_status()
        for line in response.iter_lines(1024):
            yield line.decode(response.encoding, "replace")

    def request(self, method, url, name=None, data=None, catch_response=False, stream=False, headers=None, auth=None,
                json=None, allow_redirects=True, context=None, *, params=None, files=None, max_retries=None,
                max_redirects=None, debug_stream=None, **kwargs):
        del max_retries, debug_stream
        if name is None:
            name = self.request_name or url
        if data is not None or json is not None or files or kwargs or params:
            url, body, defaults = _prepare(method, url, data, json, files, params, kwargs)
            if defaults:
                headers = merged_headers(defaults, headers)
        else:
            body = None
        if _is_odd(url):
            url = _encoding.quote_url(url, "[]")
        if auth is not None:
            headers = merged_headers({"Authorization": _encoding.basic_auth(*auth)}, headers)
        elif self.auth_header is not None:
            headers = merged_headers({"Authorization": self.auth_header}, headers)
        if headers:
            headers = {str(key): value if isinstance(value, str) else _header_text(value) for key, value in headers.items()}
        flags = _UNRECORDED if catch_response else 0
        if not allow_redirects or max_redirects == 0:
            flags |= _NO_REDIRECTS
        if stream:
            flags |= _STREAM
        verb = method.upper()
        if verb != method:
            flags |= _UNRECORDED
        response = self._fetch(verb, url, name, headers, body, flags, self._timeout)
        if verb != method:
            response.request_type = method
        if stream and not response.fault:
            response.__class__ = StreamedResponse
        if response.recorded and not self._listeners:
            return response
        return self._finish(response, context, catch_response)

    def _finish(self, response, context, catch_response):
        response._session = self
        response._context = context
        fault = response.fault
        if fault == _native.FAULT_INVALID_HEADER or fault == _native.FAULT_INVALID_URL:
            raise ValueError(response.fault_text)
        if fault:
            response.error = _failures.error_of(response, self._timeout, _failures.FastErrors)
            response.__class__ = ErrorResponseContextManager if catch_response else ErrorResponse
        elif catch_response:
            if isinstance(response, StreamedResponse):
                response.__class__ = StreamedResponseContextManager
            else:
                response.__class__ = RestResponseContextManager if catch_response == "rest" else ResponseContextManager
        if not catch_response:
            response._report(response._verdict())
        return response


def _header_text(value):
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _proxies(host, port):
    address = f"http://{host}:{port}" if port else f"http://{host}"
    return {"http": address, "https": address}


def _prepare(method, url, data, json, files, params, unknown):
    """(url, body, default headers). Keywords nobody knows become query parameters, of POST form fields, as there."""
    body = kind = None
    defaults = None
    if unknown:
        if method.upper() == "POST":
            if data is None and json is None and not files or isinstance(data, dict):
                data = {**(data or {}), **unknown}
        else:
            params = {**dict(params or {}), **unknown}
    if params:
        url = _encoding.add_params(url, params)
    if files:
        body, kind = _encoding.encode_files(files, data)
    elif data is None:
        if json is not None:
            body, defaults = _to_json(json).encode(), _JSON_HEADERS
    elif isinstance(data, dict):
        body, kind = urlencode(data), _FORM
    elif isinstance(data, str):
        body, kind = data, "text/plain; charset=utf-8"
    else:
        body, kind = _octets(data), "application/octet-stream"
    return url, body, {"content-type": kind} if kind else defaults


def _octets(data):
    if isinstance(data, (bytes, bytearray, memoryview)):
        return bytes(data)
    if hasattr(data, "read"):
        content = data.read()
        return content.encode() if isinstance(content, str) else content
    if hasattr(data, "__next__"):
        return b"".join(part.encode() if isinstance(part, str) else part for part in data)
    raise AttributeError(f"{type(data).__name__!r} object has no attribute 'read': data takes text, bytes, a dict or a file")


class FastHttpUser(RestMixin, User):
    """A user with ``client``: a lean HTTP session of its own."""

    abstract = True
    network_timeout = 60.0
    connection_timeout = 60.0
    max_redirects = 30
    max_retries = 0
    insecure = True
    default_headers = None
    concurrency = 10
    proxy_host = None
    proxy_port = None
    client_pool = None
    ssl_context_factory = None

    def __init__(self, environment):
        super().__init__(environment)
        if self.host is None:
            raise StopTest(NO_HOST)
        self.client = FastHttpSession(
            base_url=self.host, request_event=self.environment.events.request, user=self, insecure=self.insecure,
            client_pool=self.client_pool, ssl_context_factory=self.ssl_context_factory,
        )


def __getattr__(name):
    if name == "FastHttpLocust":
        from .._old_api import FastHttpLocust

        return FastHttpLocust
    raise AttributeError(f"module 'locust.contrib.fasthttp' has no attribute {name!r}")
