"""What `requests` calls its exceptions and containers.

Where the user has requests installed, its own classes are used, so that ``except requests.exceptions.ReadTimeout`` and
``isinstance`` in a locustfile work; elsewhere these equivalents stand in.
"""
import json as _json
from collections.abc import Mapping, MutableMapping
from http.cookiejar import Cookie, CookieJar

try:
    import requests
except ImportError:
    requests = None


class CaseInsensitiveDict(MutableMapping):
    """Header fields: looked up without case, kept as they were written."""

    __slots__ = ("_store",)

    def __init__(self, data=None, **kwargs):
        self._store = {}
        self.update(data or {}, **kwargs)

    def __setitem__(self, key, value):
        self._store[key.lower()] = (key, value)

    def __getitem__(self, key):
        return self._store[key.lower()][1]

    def __delitem__(self, key):
        del self._store[key.lower()]

    def __iter__(self):
        return (key for key, _ in self._store.values())

    def __len__(self):
        return len(self._store)

    def lower_items(self):
        return ((lower, pair[1]) for lower, pair in self._store.items())

    def __eq__(self, other):
        if not isinstance(other, Mapping):
            return NotImplemented
        return dict(self.lower_items()) == dict(CaseInsensitiveDict(other).lower_items())

    def copy(self):
        return CaseInsensitiveDict(self._store.values())

    def __repr__(self):
        return str(dict(self.items()))


def headers_from_pairs(pairs):
    """Received header fields; several of one name are joined with a comma."""
    headers = CaseInsensitiveDict()
    store = headers._store
    for name, value in pairs:
        known = store.get(name.lower())
        store[name.lower()] = (name, value) if known is None else (known[0], f"{known[1]}, {value}")
    return headers


def basic_auth(user, password):
    """What a session keeps of user:password@ in its host."""
    return requests.auth.HTTPBasicAuth(user, password) if requests is not None else (user, password)


if requests is not None:
    from requests.cookies import RequestsCookieJar
    from requests.exceptions import (
        ChunkedEncodingError,
        ConnectionError,
        ConnectTimeout,
        ContentDecodingError,
        HTTPError,
        InvalidHeader,
        InvalidSchema,
        InvalidURL,
        MissingSchema,
        ProxyError,
        ReadTimeout,
        RequestException,
        SSLError,
        StreamConsumedError,
        Timeout,
        TooManyRedirects,
    )

    # Releases before 2.27 have none of their own.
    JSONDecodeError = getattr(requests.exceptions, "JSONDecodeError", _json.JSONDecodeError)
    USER_AGENT = requests.utils.default_user_agent()
else:

    class RequestException(IOError):
        """Anything that went wrong with a request."""

        def __init__(self, *args, **kwargs):
            self.response = kwargs.pop("response", None)
            self.request = kwargs.pop("request", None) or getattr(self.response, "request", None)
            super().__init__(*args, **kwargs)

    class HTTPError(RequestException):
        """A status of 400 or more."""

    class ConnectionError(RequestException):
        """No connection, or it broke."""

    class ProxyError(ConnectionError):
        """The proxy refused."""

    class SSLError(ConnectionError):
        """TLS could not be agreed on."""

    class Timeout(RequestException):
        """Too slow."""

    class ConnectTimeout(ConnectionError, Timeout):
        """Connecting took too long."""

    class ReadTimeout(Timeout):
        """The answer took too long."""

    class TooManyRedirects(RequestException):
        """More redirects than max_redirects."""

    class MissingSchema(RequestException, ValueError):
        """A URL without http:// or https://."""

    class InvalidSchema(RequestException, ValueError):
        """A URL that is neither http nor https."""

    class InvalidURL(RequestException, ValueError):
        """Not a URL."""

    class InvalidHeader(RequestException, ValueError):
        """A header that cannot be sent."""

    class ChunkedEncodingError(RequestException):
        """The answer ended too early."""

    class StreamConsumedError(RequestException, TypeError):
        """The content was already read piece by piece."""

    class ContentDecodingError(RequestException):
        """The content is not encoded as it says."""

    class JSONDecodeError(RequestException, _json.JSONDecodeError):
        """The answer is not JSON."""

        def __init__(self, *args, **kwargs):
            _json.JSONDecodeError.__init__(self, *args)
            RequestException.__init__(self, *self.args, **kwargs)

        def __reduce__(self):
            return _json.JSONDecodeError.__reduce__(self)

    class RequestsCookieJar(CookieJar, MutableMapping):
        """A cookie jar that is also a dict name → value."""

        def get(self, name, default=None, domain=None, path=None):
            try:
                return self._find(name, domain, path)
            except KeyError:
                return default

        def _find(self, name, domain=None, path=None):
            for cookie in self:
                if cookie.name == name and domain in (None, cookie.domain) and path in (None, cookie.path):
                    return cookie.value
            raise KeyError(f"name={name!r}, domain={domain!r}, path={path!r}")

        def set(self, name, value, **kwargs):
            if value is None:
                for cookie in list(self):
                    if cookie.name == name and kwargs.get("domain") in (None, cookie.domain):
                        self.clear(cookie.domain, cookie.path, cookie.name)
                return None
            cookie = create_cookie(name, value, **kwargs)
            self.set_cookie(cookie)
            return cookie

        def keys(self):
            return [cookie.name for cookie in self]

        def values(self):
            return [cookie.value for cookie in self]

        def items(self):
            return [(cookie.name, cookie.value) for cookie in self]

        def list_domains(self):
            return list(dict.fromkeys(cookie.domain for cookie in self))

        def list_paths(self):
            return list(dict.fromkeys(cookie.path for cookie in self))

        def get_dict(self, domain=None, path=None):
            return {c.name: c.value for c in self if domain in (None, c.domain) and path in (None, c.path)}

        def __contains__(self, name):
            return any(cookie.name == name for cookie in self)

        def __getitem__(self, name):
            return self._find(name)

        def __setitem__(self, name, value):
            self.set(name, value)

        def __delitem__(self, name):
            self._find(name)
            self.set(name, None)

        def update(self, other=(), **kwargs):
            if isinstance(other, CookieJar):
                for cookie in other:
                    self.set_cookie(cookie)
            else:
                super().update(other, **kwargs)

        def copy(self):
            new = RequestsCookieJar()
            new.update(self)
            return new

    USER_AGENT = "python-requests/2.32.5"


def create_cookie(name, value, domain="", path="/", secure=False, expires=None, rest=None, version=0, port=None,
                  discard=True, comment=None, comment_url=None, rfc2109=False):
    """A cookie for a jar."""
    return Cookie(version, name, value, port, bool(port), domain, bool(domain), domain.startswith("."), path, bool(path),
                  secure, expires, discard, comment, comment_url, rest if rest is not None else {"HttpOnly": None}, rfc2109)


class SessionCookies(RequestsCookieJar):
    """A session's jar. The cookies themselves live in the engine; every look and every change goes there."""

    def __init__(self, net):
        self._net = net
        super().__init__()

    @property
    def _cookies(self):
        tree = {}
        for name, value, domain, path, expires, secure, http_only, host_only in self._net.cookies():
            rest = {"HttpOnly": None} if http_only else {}
            cookie = create_cookie(name, value, domain, path, secure, expires, rest, discard=expires is None)
            cookie.domain_specified = not host_only
            tree.setdefault(domain, {}).setdefault(path, {})[name] = cookie
        return tree

    @_cookies.setter
    def _cookies(self, tree):
        """CookieJar sets it when it is made and when it is emptied."""

    def set_cookie(self, cookie, *_args, **_kwargs):
        value = cookie.value
        if isinstance(value, str) and value.startswith('"') and value.endswith('"'):
            value = value.replace('\\"', "")
        self._net.set_cookie(cookie.name, "" if value is None else str(value), cookie.domain, cookie.path,
                             int(cookie.expires) if cookie.expires is not None else None, bool(cookie.secure),
                             cookie.has_nonstandard_attr("HttpOnly"))

    def clear(self, domain=None, path=None, name=None):
        self._net.clear_cookies(domain, path, name)

    def clear_session_cookies(self):
        for cookie in list(self):
            if cookie.discard:
                self.clear(cookie.domain, cookie.path, cookie.name)

    def clear_expired_cookies(self):
        """The engine's jar does so by itself."""

    def copy(self):
        new = RequestsCookieJar()
        for cookie in self:
            new.set_cookie(cookie)
        return new

    def __getstate__(self):
        raise TypeError("a session's cookies cannot be pickled; copy() can")


class _HeadersOf:
    """The two questions http.cookiejar asks of a response."""

    def __init__(self, pairs):
        self._pairs = pairs

    def info(self):
        return self

    def get_all(self, name, default=None):
        return [value for key, value in self._pairs if key.lower() == name.lower()] or default


class _RequestFor:
    """The questions http.cookiejar asks of a request."""

    unverifiable = False

    def __init__(self, url):
        from urllib.parse import urlsplit

        parts = urlsplit(url)
        self.full_url = url
        self.type = parts.scheme
        self.host = self.origin_req_host = parts.netloc
        self.selector = parts.path or "/"

    def get_full_url(self):
        return self.full_url

    def is_unverifiable(self):
        return False

    def has_header(self, _name):
        return False

    def get_header(self, _name, default=None):
        return default


def cookies_of_response(pairs, url):
    """The jar of those cookies that a response sets."""
    jar = RequestsCookieJar()
    if any(name.lower() == "set-cookie" for name, _ in pairs):
        jar.extract_cookies(_HeadersOf(pairs), _RequestFor(url))
    return jar


def cookies_as_dict(cookies):
    """cookies=… of one request, as the engine takes it."""
    if isinstance(cookies, CookieJar):
        return {cookie.name: cookie.value or "" for cookie in cookies}
    return {str(name): str(value) for name, value in dict(cookies).items()}
