"""From the engine's fault numbers to the exceptions that requests or geventhttpclient would have raised.

Failures are grouped by the repr of an exception, so classes and texts here are what people find in their tables.
"""
import http.client
import re
import socket
import ssl
import zlib
from urllib.parse import urlsplit

from halftime import _native

from . import _requests


class MaxRetryError(Exception):
    """As urllib3's: what requests wraps a failed connection in."""


class NewConnectionError(Exception):
    """As urllib3's."""


class ConnectTimeoutError(Exception):
    """As urllib3's."""


class ReadTimeoutError(Exception):
    """As urllib3's."""


class ProtocolError(Exception):
    """As urllib3's."""


class DecodeError(Exception):
    """As urllib3's."""


class SSLError(Exception):
    """As urllib3's."""


class RetriesExceeded(Exception):
    """As geventhttpclient's: too slow, or too many redirects."""

    def __init__(self, url, retries, original=None):
        super().__init__(url, retries)
        self.original = original

    def __repr__(self):
        tail = "" if self.original is None else f", original={self.original}"
        return f"{type(self).__name__}({', '.join(map(repr, self.args))}{tail})"


class HTTPConnectionClosed(Exception):
    """As geventhttpclient's."""


class HTTPParseError(Exception):
    """As geventhttpclient's."""


# The exceptions that say the URL or a header was wrong, rather than the connection.
_INVALID = {
    _native.FAULT_INVALID_URL: _requests.InvalidURL,
    _native.FAULT_INVALID_SCHEMA: _requests.InvalidSchema,
    _native.FAULT_MISSING_SCHEMA: _requests.MissingSchema,
}


def invalid_url_error(response):
    """The exception for a URL that cannot be asked for at all, or None."""
    kind = _INVALID.get(response.fault)
    return kind(response.fault_text) if kind else None


def _port_of(parts):
    try:
        return parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return 80


def _with_cause(error, cause):
    error.__context__ = cause
    return error


def _os_error(response):
    if response.fault == _native.FAULT_DNS:
        return socket.gaierror(response.fault_errno, response.fault_text)
    if response.fault_errno:
        return OSError(response.fault_errno, response.fault_text)
    return OSError(response.fault_text)


# What the engine says of TLS, and what Python's ssl says of the same.
_TLS_WORDS = (
    ("does not look like a TLS handshake", "[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1006)"),
    ("unknown authority", "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: unable to get local issuer certificate "
                          "(_ssl.c:1006)"),
    ("has expired", "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate has expired (_ssl.c:1006)"),
    ("certificate is valid for", "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: Hostname mismatch (_ssl.c:1006)"),
    ("certificate", "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed (_ssl.c:1006)"),
)


def _tls_error(response):
    text = response.fault_text
    text = text if "SSL:" in text else next((there for here, there in _TLS_WORDS if here in text), text)
    kind = ssl.SSLCertVerificationError if "CERTIFICATE_VERIFY" in text.upper() else ssl.SSLError
    return kind(1, text)


def _incomplete(response):
    length = response.header("Content-Length") or ""
    if not length.isdigit():
        return ProtocolError("Response ended prematurely")
    got = response.wire_length
    text = f"IncompleteRead({got} bytes read, {int(length) - got} more expected)"
    return ProtocolError("Connection broken: " + text, _Shown(text))


class _Shown(Exception):
    """Something in an exception's arguments whose repr is given."""

    def __repr__(self):
        return self.args[0]


def _zlib_error(response):
    text = response.fault_text
    return zlib.error(text if text.startswith("Error") else "Error -3 while decompressing data: incorrect header check")


class RequestsErrors:
    """Faults as requests.Session.request raises them."""

    def __init__(self, response, timeout):
        self.response = response
        parts = urlsplit(response.url or response.first_url)
        self.parts = parts
        scheme = "HTTPSConnection" if parts.scheme == "https" else "HTTPConnection"
        self.where = f"(host={parts.hostname!r}, port={_port_of(parts)})"
        self.connection = scheme + self.where
        self.pool = f"{scheme}Pool{self.where}"
        self.timeout = timeout if isinstance(timeout, (tuple, list)) else (timeout, timeout)

    def _retried(self, kind, inner, words):
        path = self.parts.path or "/"
        if self.parts.query:
            path += "?" + self.parts.query
        retry = MaxRetryError(f"{self.pool}: Max retries exceeded with url: {path} (Caused by {words})")
        return _with_cause(kind(retry), _with_cause(retry, inner))

    def connect(self):
        cause = _os_error(self.response)
        kind = "NameResolutionError" if self.response.fault == _native.FAULT_DNS else "NewConnectionError"
        words = (
            f"Failed to resolve {self.parts.hostname!r} ({cause})" if kind == "NameResolutionError"
            else f"Failed to establish a new connection: {cause}"
        )
        text = f"{self.connection}: {words}"
        return self._retried(_requests.ConnectionError, _with_cause(NewConnectionError(text), cause), f'{kind}("{text}")')

    def connect_timeout(self):
        words = f"Connection to {self.parts.hostname} timed out. (connect timeout={self.timeout[0]})"
        inner = ConnectTimeoutError(_Shown(f"<{self.connection} at 0x....>"), words)
        return self._retried(_requests.ConnectTimeout, inner, repr(inner))

    def read_timeout(self):
        return _requests.ReadTimeout(
            ReadTimeoutError(f"{self.pool}: Read timed out. (read timeout={self.timeout[1]})")
        )

    def aborted(self, cause):
        protocol = ProtocolError("Connection aborted.", cause)
        return _with_cause(_requests.ConnectionError(protocol), _with_cause(protocol, cause))

    def closed(self):
        return self.aborted(http.client.RemoteDisconnected("Remote end closed connection without response"))

    def reset(self):
        return self.aborted(_os_error(self.response))

    def protocol(self):
        line = re.search(r'malformed HTTP response "(.*)"', self.response.fault_text)
        return self.aborted(http.client.BadStatusLine(line[1] + "\r\n" if line else self.response.fault_text))

    def incomplete(self):
        return _requests.ChunkedEncodingError(_incomplete(self.response))

    def tls(self):
        cause = SSLError(_tls_error(self.response))
        return self._retried(_requests.SSLError, cause, repr(cause))

    def decode(self):
        coding = self.response.header("Content-Encoding")
        return _requests.ContentDecodingError(DecodeError(
            f"Received response with content-encoding: {coding}, but failed to decode it.", _zlib_error(self.response)
        ))

    def redirects(self):
        return _requests.TooManyRedirects(self.response.fault_text or "Exceeded 30 redirects.")

    def proxy(self):
        return self._retried(_requests.ProxyError, OSError(self.response.fault_text), self.response.fault_text)

    def header(self):
        return _requests.InvalidHeader(self.response.fault_text)

    def other(self):
        return self.aborted(_os_error(self.response))


class FastErrors(RequestsErrors):
    """Faults as geventhttpclient raises them."""

    def connect(self):
        return _os_error(self.response)

    reset = other = connect

    def connect_timeout(self):
        return RetriesExceeded(self.response.first_url, 0, original="timed out")

    read_timeout = connect_timeout

    def closed(self):
        return HTTPConnectionClosed("connection closed.")

    def protocol(self):
        return HTTPParseError("Expected HTTP/, RTSP/ or ICE/", 8)

    def incomplete(self):
        return HTTPParseError("Incomplete response.")

    def tls(self):
        return _tls_error(self.response)

    def decode(self):
        return _zlib_error(self.response)

    def redirects(self):
        limit = getattr(self.response._session, "max_redirects", 30)
        return RetriesExceeded(self.response.first_url, f"Redirection limit reached ({limit})")

    def proxy(self):
        return ConnectionError(self.response.fault_text)

    def header(self):
        return ValueError(self.response.fault_text)


_MAKERS = {
    _native.FAULT_INVALID_HEADER: "header",
    _native.FAULT_DNS: "connect",
    _native.FAULT_CONNECT: "connect",
    _native.FAULT_CONNECT_TIMEOUT: "connect_timeout",
    _native.FAULT_READ_TIMEOUT: "read_timeout",
    _native.FAULT_CLOSED: "closed",
    _native.FAULT_INCOMPLETE: "incomplete",
    _native.FAULT_RESET: "reset",
    _native.FAULT_TLS: "tls",
    _native.FAULT_PROTOCOL: "protocol",
    _native.FAULT_DECODE: "decode",
    _native.FAULT_TOO_MANY_REDIRECTS: "redirects",
    _native.FAULT_PROXY: "proxy",
}


def error_of(response, timeout=None, errors=RequestsErrors):
    """The exception for a response with a fault."""
    return getattr(errors(response, timeout), _MAKERS.get(response.fault, "other"))()


def innermost(error):
    """What a failed connection really died of: requests wraps it several times."""
    wrappers = (_requests.ConnectionError, MaxRetryError, ProtocolError, NewConnectionError)
    while isinstance(error, wrappers) and error.__context__ is not None:
        error = error.__context__
    return error


def failure_text(error):
    """What the failures table shows of an exception: its repr, without addresses of objects. Text is shown as it is."""
    text = error if isinstance(error, str) else repr(error)
    return _ADDRESS.sub("object at 0x....", text) if "object at 0x" in text else text


_ADDRESS = re.compile(r"object at 0x[0-9a-fA-F]+")


def report(response, exception):
    """Records the request of a response of either client, and tells the listeners if there are any."""
    failure = None if exception is None else failure_text(exception)
    meta = response.__dict__.get("request_meta")
    if meta is None:
        response.record(failure)
    else:
        response.name = meta["name"]
        response.request_type = meta["request_type"]
        response.record(failure, meta["response_time"], meta["response_length"])
    session = response._session
    if session is not None and session._listeners:
        meta = response.request_meta
        meta["exception"] = exception
        session.request_event.call_listeners(meta)
