"""HttpSession: HTTP in the style of requests, carried by the engine.

The usual call is one call of the engine, which sends, waits, redirects, keeps cookies and records. What is unusual
(files, hooks, authentication objects …) is prepared here first; failures are turned into requests' exceptions here.
"""
import datetime
import json as _json
import re
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

from halftime import _native

from . import _encoding, _failures, _requests, _streams
from ._requests import CaseInsensitiveDict, SessionCookies, cookies_as_dict, cookies_of_response, headers_from_pairs
from ._views import HistoryResponse, RawBody, RequestView
from .exception import CatchResponseError, LocustError, ResponseError
from .util.accept_encoding import accept_encoding

absolute_http_url_regexp = re.compile(r"^https?://", re.I)

_UNRECORDED = _native.UNRECORDED
_NO_REDIRECTS = _native.NO_REDIRECTS
_STREAM = _native.STREAM
_FAULT_TOO_MANY_REDIRECTS = _native.FAULT_TOO_MANY_REDIRECTS

_is_odd = _encoding.is_odd

# Methods that say nothing of a body they do not have.
_BODILESS = frozenset(("GET", "HEAD"))

_JSON_HEADERS = {"Content-Type": "application/json"}
_FORM_HEADERS = {"Content-Type": _encoding.FORM}

_NOT_IN_A_BLOCK = (
    "Tried to set status on a request that has not yet been made. Make sure you use a with-block, like this:\n\n"
    "with self.client.request(..., catch_response=True) as response:\n    response.{}"
)


# Headers that are sent, but are not among those of a prepared request.
_UNPREPARED = frozenset(("Host",))


class _Lazy:
    """An attribute that is made when it is first asked for and then kept in the instance."""

    def __init__(self, make):
        self._make = make
        self.__doc__ = make.__doc__

    def __set_name__(self, owner, name):
        self._name = name

    def __get__(self, instance, owner):
        if instance is None:
            return self
        value = instance.__dict__[self._name] = self._make(instance)
        return value


def merged_headers(defaults, headers):
    """defaults under the headers somebody gave (whose names may be written in any case)."""
    if not headers:
        return defaults
    given = {name.lower() for name in headers}
    return {**{name: value for name, value in defaults.items() if name.lower() not in given}, **headers}


class LocustResponse(_native.Response):
    """What a request brought back, with the attributes of requests.Response."""

    error = None
    _session = None
    _context = None
    _timeout = None

    # --- requests' view ---

    @_Lazy
    def headers(self):
        return headers_from_pairs(super().headers)

    @_Lazy
    def cookies(self):
        return cookies_of_response(super().headers, self.url)

    @_Lazy
    def request(self):
        headers = [pair for pair in super().request_headers if pair[0] not in _UNPREPARED]
        return RequestView(self.request_method, self.url, headers, super().request_body)

    @_Lazy
    def history(self):
        return [HistoryResponse(hop) for hop in super().history]

    @_Lazy
    def elapsed(self):
        return datetime.timedelta(seconds=super().elapsed)

    @_Lazy
    def encoding(self):
        """As requests guesses it: the charset, ISO-8859-1 for other text, UTF-8 for JSON, else unknown."""
        if self.charset:
            return self.charset
        kind = self.content_type or ""
        if "text" in kind:
            return "ISO-8859-1"
        return "utf-8" if "application/json" in kind else None

    @property
    def apparent_encoding(self):
        return guess_encoding(self.content)

    @_Lazy
    def raw(self):
        return RawBody(self)

    @property
    def text(self):
        content = self.content
        if not content:
            return ""
        encoding = self.encoding or self.apparent_encoding
        try:
            return str(content, encoding, errors="replace")
        except (LookupError, TypeError):
            return str(content, errors="replace")

    def json(self, **kwargs):
        content = self.content or b""
        try:
            if self.encoding in (None, "utf-8", "UTF-8"):
                return _json.loads(content, **kwargs)
            return _json.loads(self.text, **kwargs)
        except UnicodeDecodeError:
            return self._json_of_text(kwargs)
        except _json.JSONDecodeError as error:
            raise _requests.JSONDecodeError(error.msg, error.doc, error.pos) from None

    def _json_of_text(self, kwargs):
        try:
            return _json.loads(self.text, **kwargs)
        except _json.JSONDecodeError as error:
            raise _requests.JSONDecodeError(error.msg, error.doc, error.pos) from None

    @property
    def ok(self):
        return self.status_code < 400

    def __bool__(self):
        return self.ok

    __hash__ = object.__hash__

    @property
    def is_redirect(self):
        return "location" in self.headers and self.status_code in (301, 302, 303, 307, 308)

    @property
    def is_permanent_redirect(self):
        return "location" in self.headers and self.status_code in (301, 308)

    @property
    def next(self):
        return None

    @_Lazy
    def links(self):
        return parse_links(self.headers.get("link") or "")

    def iter_content(self, chunk_size=1, decode_unicode=False):
        content = self.text if decode_unicode else self.content or b""
        step = chunk_size or max(len(content), 1)
        for start in range(0, len(content), step):
            yield content[start:start + step]

    def iter_lines(self, chunk_size=512, decode_unicode=False, delimiter=None):
        content = self.text if decode_unicode else self.content or b""
        yield from content.split(delimiter) if delimiter else content.splitlines()

    def __iter__(self):
        return self.iter_content(128)

    def close(self):
        """Nothing to do: the answer was read."""

    def __repr__(self):
        return f"<Response [{self.status_code}]>"

    def raise_for_status(self):
        error = self._status_error(self.url)
        if error is not None:
            raise error

    def _status_error(self, where):
        status = self.status_code
        if status < 400 or status >= 600:
            return None
        side = "Client" if status < 500 else "Server"
        return _requests.HTTPError(f"{status} {side} Error: {self.reason} for url: {where}", response=self)

    # --- Locust's view ---

    @_Lazy
    def request_meta(self):
        """What is recorded and told to listeners; may be changed inside a with-block."""
        context = self._context or {}
        if self._session is not None and self._session.user is not None:
            context = {**self._session.user.context(), **context}
        return {
            "request_type": self.request_type,
            "response_time": self.response_time,
            "name": self.name,
            "context": context,
            "response": self,
            "exception": None,
            "start_time": self.start_time,
            "url": self.first_url,
            "response_length": self._length(),
        }

    def _length(self):
        return len(self.content or b"")

    def _verdict(self):
        """The exception by which this response is a failure, or None."""
        if self.error is not None:
            return _failures.innermost(self.error)
        meta = self.__dict__.get("request_meta")
        # The name instead of the URL, so that the failures of one entry are one row.
        return self._status_error(self.name if meta is None else meta["name"])

    _report = _failures.report

    def __enter__(self):
        raise LocustError("In order to use a with-block for requests, you must also pass catch_response=True")

    def __exit__(self, *_exc):
        return None


class LocustErrorResponse(LocustResponse):
    """There was no answer: requests would have raised ``error``."""

    status_code = 0
    content = None
    text = ""
    url = None
    reason = None
    encoding = None
    apparent_encoding = "utf-8"
    links = {}
    is_redirect = False
    is_permanent_redirect = False

    @_Lazy
    def headers(self):
        return CaseInsensitiveDict()

    @_Lazy
    def cookies(self):
        return _requests.RequestsCookieJar()

    @_Lazy
    def history(self):
        return []

    @_Lazy
    def elapsed(self):
        return datetime.timedelta(0)

    @property
    def request(self):
        return RequestView(self.first_method, self.first_url, (), None)

    @property
    def raw(self):
        return None

    @property
    def ok(self):
        raise self.error

    def raise_for_status(self):
        raise self.error

    def json(self, **kwargs):
        raise _requests.JSONDecodeError("Expecting value", "", 0)


class _CatchResponse:
    """The with-block of catch_response=True: nothing is recorded until it is left."""

    _entered = False
    _manual_result = None

    def __enter__(self):
        self._entered = True
        return self

    def __exit__(self, exc, value, traceback):
        verdict = self._manual_result
        if verdict is not None:
            self._report(None if verdict is True else verdict)
            return exc is None
        if exc is None:
            self._report(self._verdict())
        elif isinstance(value, ResponseError):
            self._report(value)
        else:
            return False
        return True

    def success(self):
        """The request counts as a success, whatever came back."""
        if not self._entered:
            raise LocustError(_NOT_IN_A_BLOCK.format("success()"))
        self._manual_result = True

    def failure(self, exc):
        """The request counts as a failure; exc: a text or an exception."""
        if not self._entered:
            raise LocustError(_NOT_IN_A_BLOCK.format("failure(...)"))
        self._manual_result = exc if isinstance(exc, Exception) else CatchResponseError(exc)

    def raise_for_status(self):
        if self._manual_result is None:
            super().raise_for_status()
        elif self._manual_result is not True:
            raise self._manual_result


class ResponseContextManager(_CatchResponse, LocustResponse):
    """A response whose verdict is given in a with-block."""


class StreamedResponse(_streams.Streamed, LocustResponse):
    """A response whose content is read when somebody asks for it (stream=True)."""


class StreamedResponseContextManager(_CatchResponse, StreamedResponse):
    """The same in a with-block that gives its verdict."""


class ErrorResponseContextManager(_CatchResponse, LocustErrorResponse):
    """No answer, and its verdict is given in a with-block."""


def guess_encoding(content):
    """The encoding that the content looks like, by the detector that is installed."""
    if not content:
        return "utf-8"
    try:
        return content.decode("ascii") and "ascii"
    except UnicodeDecodeError:
        pass
    try:
        from charset_normalizer import from_bytes

        best = from_bytes(content[:65536]).best()
        return best.encoding if best else "utf-8"
    except ImportError:
        pass
    try:
        content.decode("utf-8")
        return "utf-8"
    except UnicodeDecodeError:
        return "ISO-8859-1"


def parse_links(header):
    """A Link header as {rel or url: {"url": …, "rel": …}}."""
    links = {}
    for part in re.split(r",\s*(?=<)", header):
        match = re.match(r"\s*<([^>]*)>(.*)", part)
        if match:
            link = {"url": match[1]}
            for name, quoted, plain in re.findall(r';\s*([\w*-]+)\s*=\s*(?:"([^"]*)"|([^\s;,]+))', match[2]):
                link[name] = quoted or plain
            links[link.get("rel") or link["url"]] = link
    return links


class SessionHeaders(CaseInsensitiveDict):
    """The default headers of a session; changing them tells the session."""

    __slots__ = ("_changed",)

    def __init__(self, data, changed):
        self._changed = lambda: None
        super().__init__(data)
        self._changed = changed

    def __setitem__(self, key, value):
        super().__setitem__(key, value)
        self._changed()

    def __delitem__(self, key):
        super().__delitem__(key)
        self._changed()


# Changing one of these may mean that a request is more than one call of the engine.
_WATCHED = frozenset(("auth", "cert", "headers", "hooks", "max_redirects", "params", "proxies", "request", "stream",
                      "trust_env", "verify", "send"))

_DEFAULTS = {
    "User-Agent": _requests.USER_AGENT,
    "Accept-Encoding": accept_encoding(),
    "Accept": "*/*",
    "Connection": "keep-alive",
}


class HttpSession(_requests.requests.Session if _requests.requests else object):
    """One user's HTTP session. As requests.Session, and every request takes name, catch_response and context, too."""

    # Not calling requests' constructor saves most of a session's time and memory; what it would set is here.
    auth = None
    cert = None
    verify = True
    stream = False
    max_redirects = 30
    trust_env = True
    request_name = None
    _plain = False
    # As the engine's sessions begin.
    _network = (True, None, (), False, 30)
    _headers_changed = False

    def __init__(self, base_url, request_event, user=None, *args, pool_manager=None, **kwargs):
        self.request_event = request_event
        self.user = user
        self.pool_manager = pool_manager
        self._listeners = getattr(request_event, "listeners", ())
        base_url = base_url or ""
        parts = urlsplit(base_url)
        if parts.username is not None and parts.password is not None:
            from urllib.parse import unquote

            base_url = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
            self.auth = _requests.basic_auth(unquote(parts.username), unquote(parts.password))
        net = self._net = _native.Session(base_url, _native.STYLE_REQUESTS, LocustResponse)
        net.user_class = type(user).__name__ if user is not None else ""
        net.set_headers(_DEFAULT_PAIRS)
        self._fetch = net.fetch

    def __setattr__(self, key, value):
        object.__setattr__(self, key, value)
        if key in _WATCHED:
            object.__setattr__(self, "_plain", False)

    @property
    def base_url(self):
        return self._net.base_url

    @base_url.setter
    def base_url(self, value):
        self._net.base_url = value or ""

    @_Lazy
    def headers(self):
        return SessionHeaders(_DEFAULTS, self._note_headers)

    def _note_headers(self):
        self._headers_changed = True
        self._plain = False

    @_Lazy
    def params(self):
        self._plain = False
        return {}

    @_Lazy
    def hooks(self):
        self._plain = False
        return {"response": []}

    @_Lazy
    def proxies(self):
        self._plain = False
        return {}

    @_Lazy
    def adapters(self):
        return {}

    def mount(self, prefix, adapter):
        """Kept for SDKs that mount retry adapters; requests are sent by the engine, not through adapters."""
        self.adapters[prefix] = adapter

    @property
    def cookies(self):
        jar = self.__dict__.get("_jar")
        if jar is None:
            jar = self.__dict__["_jar"] = SessionCookies(self._net)
        return jar

    @cookies.setter
    def cookies(self, value):
        jar = self.cookies
        if value is not jar:
            jar.clear()
            jar.update(value)

    def close(self):
        self._net.close()

    def __enter__(self):
        return self

    def __exit__(self, *_exc):
        self.close()

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

    # --- the verbs ---

    def get(self, url, *, name=None, headers=None, **kwargs):
        if kwargs or not self._plain:
            return self.request("GET", url, name=name, headers=headers, **kwargs)
        if _is_odd(url):
            url = _encoding.quote_url(url)
        try:
            response = self._fetch("GET", url, name or self.request_name, headers)
        except TypeError:
            # A header that is not text: there it is seen to.
            return self.request("GET", url, name=name, headers=headers or {})
        if response.recorded and not self._listeners:
            return response
        return self._finish(response, None, None)

    def options(self, url, **kwargs):
        return self.request("OPTIONS", url, **kwargs)

    def head(self, url, **kwargs):
        kwargs.setdefault("allow_redirects", False)
        return self.request("HEAD", url, **kwargs)

    def post(self, url, data=None, json=None, *, name=None, headers=None, **kwargs):
        if kwargs or not self._plain:
            return self.request("POST", url, name=name, headers=headers, data=data, json=json, **kwargs)
        if _is_odd(url):
            url = _encoding.quote_url(url)
        body, kind = _encoding.encode_body(data, json, None)
        if kind is not None:
            headers = merged_headers(_JSON_HEADERS if kind == "application/json" else _FORM_HEADERS, headers)
        try:
            response = self._fetch("POST", url, name or self.request_name, headers, body)
        except TypeError:
            return self.request("POST", url, name=name, headers=headers, data=body)
        if response.recorded and not self._listeners:
            return response
        return self._finish(response, None, None)

    def put(self, url, data=None, **kwargs):
        return self.request("PUT", url, data=data, **kwargs)

    def patch(self, url, data=None, **kwargs):
        return self.request("PATCH", url, data=data, **kwargs)

    def delete(self, url, **kwargs):
        return self.request("DELETE", url, **kwargs)

    def request(self, method, url, name=None, catch_response=False, context=None, *, params=None, data=None, json=None,
                headers=None, cookies=None, files=None, auth=None, timeout=None, allow_redirects=True, proxies=None,
                hooks=None, stream=None, verify=None, cert=None):
        if not self._plain:
            self._settle()
        if verify is not None or cert is not None or proxies or not self._plain:
            self._apply_network(verify, cert, proxies)
        body = kind = None
        if data is not None or json is not None or files:
            body, kind = _encoding.encode_body(data, json, files)
            if kind is not None:
                headers = merged_headers({"Content-Type": kind}, headers)
        if not self._plain:
            # Session-wide parameters, authentication and hooks; reading them here does not make them.
            mine = self.__dict__
            if mine.get("params"):
                params = {**mine["params"], **dict(params or {})}
            auth = auth or self.auth
            hooks = _all_hooks(mine.get("hooks"), hooks)
            stream = self.stream if stream is None else stream
        if params:
            url = _encoding.add_params(url, params)
        if _is_odd(url):
            url = _encoding.quote_url(url)
        digest = None
        if auth is not None:
            url, headers, body, digest = self._authenticate(auth, method, url, headers, body)
        flags = _UNRECORDED if catch_response or hooks else 0
        verb = method
        if not method.isupper():
            # On the wire it is upper case; the entry keeps what was written.
            verb = method.upper()
            flags |= _UNRECORDED
        if body is None and verb not in _BODILESS:
            body = b""
        if not allow_redirects:
            flags |= _NO_REDIRECTS
        if stream:
            flags |= _STREAM
        name = name or self.request_name
        cookies = cookies_as_dict(cookies) if cookies else None
        try:
            response = self._fetch(verb, url, name, headers, body, flags, timeout, digest, cookies)
        except TypeError:
            # Most often a header that is not text, which requests takes (bytes) or counts as a failure (all others).
            headers, wrong = _checked_headers(headers or {})
            response = self._fetch(verb, url, name, headers, body, flags, timeout, digest, cookies)
            response._wrong_header = wrong
        if verb is not method:
            response.request_type = method
        if stream and not response.fault:
            response.__class__ = StreamedResponse
        if response.recorded and not self._listeners:
            return response
        return self._finish(response, context, timeout, catch_response, hooks)

    # --- behind them ---

    def _finish(self, response, context, timeout, catch_response=False, hooks=None):
        """The rest of a request that was not just a success: exceptions, listeners, the with-block."""
        response._session = self
        response._context = context
        if response.fault:
            self._take_fault(response, timeout, catch_response)
        elif catch_response:
            streamed = isinstance(response, StreamedResponse)
            response.__class__ = StreamedResponseContextManager if streamed else ResponseContextManager
        if hooks:
            response = _run_hooks(hooks, response)
        if not catch_response:
            response._report(response._verdict())
        return response

    def _take_fault(self, response, timeout, catch_response):
        error = _failures.invalid_url_error(response)
        if error is not None:
            raise error
        wrong = response.__dict__.get("_wrong_header")
        response.error = _requests.InvalidHeader(wrong) if wrong else _failures.error_of(response, timeout)
        response.__class__ = ErrorResponseContextManager if catch_response else LocustErrorResponse

    def _settle(self):
        """Brings what was changed on the session to the engine, and finds out whether requests are simple again."""
        mine = self.__dict__
        headers = mine.get("headers")
        if headers is not None and not isinstance(headers, SessionHeaders):
            headers = mine["headers"] = SessionHeaders(headers or {}, self._note_headers)
            self._headers_changed = True
        if self._headers_changed:
            pairs = [(name, _text(value)) for name, value in headers.items() if value is not None]
            self._net.set_headers(pairs)
            self._headers_changed = False
        own = "request" not in mine and type(self).request is HttpSession.request
        self._plain = (
            own and self.auth is None and not self.stream and "params" not in mine and "hooks" not in mine
            and "proxies" not in mine and self._network == self._wanted_network(None, None, None)
        )

    def _wanted_network(self, verify, cert, proxies):
        verify = self.verify if verify is None else verify
        cert = self.cert if cert is None else cert
        proxies = {**(self.__dict__.get("proxies") or {}), **(proxies or {})}
        return verify, cert, tuple(sorted(proxies.items())), self.trust_env, self.max_redirects

    def _apply_network(self, verify, cert, proxies):
        """What this request wants of the network; the engine keeps it until another is asked for."""
        wanted = self._wanted_network(verify, cert, proxies)
        if wanted != self._network:
            verify, cert, proxies, trust_env, max_redirects = wanted
            self._net.set_network(verify=verify, cert=cert, proxies=dict(proxies) or None, trust_env=trust_env,
                                  max_redirects=max_redirects)
            self._network = wanted
            self._plain = False

    def _authenticate(self, auth, method, url, headers, body):
        """(url, headers, body, digest credentials) of a request with auth=."""
        if type(auth).__name__ == "HTTPBasicAuth":
            auth = (auth.username, auth.password)
        if isinstance(auth, tuple) and len(auth) == 2:
            return url, _with_header(headers, "Authorization", _encoding.basic_auth(*auth)), body, None
        if type(auth).__name__ == "HTTPDigestAuth":
            return url, headers, body, (auth.username, auth.password)
        prepared = RequestView(method, self._build_url(url), (), body)
        prepared.headers.update(self.__dict__.get("headers") or _DEFAULTS)
        prepared.headers.update(headers or {})
        prepared = auth(prepared) or prepared
        return prepared.url, dict(prepared.headers), prepared.body, None

    def send(self, request, **kwargs):
        """Sends a prepared request (of requests); it is not recorded, as in Locust."""
        self._settle()
        flags = _UNRECORDED if kwargs.get("allow_redirects", True) else _UNRECORDED | _NO_REDIRECTS
        self._apply_network(kwargs.get("verify"), kwargs.get("cert"), kwargs.get("proxies"))
        body = request.body
        if body is not None and not isinstance(body, (bytes, str)):
            body, _ = _encoding.encode_body(body, None, None)
        headers = {n: v for n, v in request.headers.items() if n.lower() not in ("content-length", "transfer-encoding")}
        response = self._fetch(request.method, request.url, None, _checked_headers(headers)[0], body, flags,
                               kwargs.get("timeout"))
        response._session = self
        if response.fault:
            error = _failures.invalid_url_error(response) or _failures.error_of(response, kwargs.get("timeout"))
            raise error
        return response

    def __getstate__(self):
        raise TypeError("an HttpSession cannot be pickled or copied: it holds connections")


_DEFAULT_PAIRS = list(_DEFAULTS.items())


def _text(value):
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _with_header(headers, name, value):
    kept = {key: old for key, old in headers.items() if key.lower() != name.lower()} if headers else {}
    kept[name] = value
    return kept


def _checked_headers(headers):
    """(headers as text, what is wrong with them or None). requests refuses values that are neither text nor bytes."""
    plain = {}
    for name, value in headers.items():
        if isinstance(name, bytes):
            name = name.decode("latin-1")
        if isinstance(value, bytes):
            value = value.decode("latin-1")
        elif value is not None and not isinstance(value, str):
            wrong = f"Header part ({value!r}) from ({name!r}, {value!r}) must be of type str or bytes, not {type(value)}"
            # A line break: the engine refuses it, too, and the failure is counted like any other.
            return {name: "\r\n"}, wrong
        plain[name] = value
    return plain, None


def _all_hooks(session_hooks, request_hooks):
    """The response hooks of the session and of the request."""
    found = []
    for hooks in (request_hooks, session_hooks):
        given = (hooks or {}).get("response") or []
        found += [given] if callable(given) else list(given)
    return found


def _run_hooks(hooks, response):
    for hook in hooks if isinstance(hooks, list) else _all_hooks(None, hooks):
        changed = hook(response, timeout=None, verify=True, proxies={}, stream=False, cert=None)
        if changed is not None:
            response = changed
    return response


class LocustHttpAdapter:
    """The name that old files import; connections are the engine's."""

    def __init__(self, pool_manager=None, *args, **kwargs):
        self.pool_manager = pool_manager
