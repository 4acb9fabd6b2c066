"""Small views of what was sent and received, in requests' words."""
import datetime
import io
from urllib.parse import urlsplit

from . import _requests


class RequestView:
    """As requests.PreparedRequest: what was (or will be) sent."""

    def __init__(self, method, url, headers, body):
        self.method = method
        self.url = url
        self.headers = _requests.CaseInsensitiveDict(headers)
        self.body = body
        self.hooks = {"response": []}

    @property
    def path_url(self):
        parts = urlsplit(self.url)
        path = parts.path or "/"
        return f"{path}?{parts.query}" if parts.query else path

    def register_hook(self, event, hook):
        self.hooks.setdefault(event, []).append(hook)

    def deregister_hook(self, event, hook):
        try:
            self.hooks[event].remove(hook)
        except (KeyError, ValueError):
            return False
        return True

    def copy(self):
        return RequestView(self.method, self.url, self.headers, self.body)

    def __repr__(self):
        return f"<PreparedRequest [{self.method}]>"


class HistoryResponse:
    """An earlier hop of a redirected request."""

    def __init__(self, hop):
        self.status_code = hop["status_code"]
        self.reason = hop["reason"]
        self.url = hop["url"]
        self.headers = _requests.headers_from_pairs(hop["headers"])
        self.content = hop["content"]
        self.elapsed = datetime.timedelta(milliseconds=hop["elapsed_ms"])
        self.request = RequestView(hop["method"], hop["url"], (), None)
        self.cookies = _requests.cookies_of_response(hop["headers"], hop["url"])
        self.history = []

    @property
    def text(self):
        return self.content.decode("utf-8", "replace")

    @property
    def ok(self):
        return self.status_code < 400

    @property
    def is_redirect(self):
        return "location" in self.headers and self.status_code in (301, 302, 303, 307, 308)

    def __repr__(self):
        return f"<Response [{self.status_code}]>"


class RawBody(io.BytesIO):
    """response.raw: the content as a file, with the attributes of urllib3's response that people read."""

    def __init__(self, response):
        super().__init__(response.content or b"")
        self.status = response.status_code
        self.reason = response.reason
        self.headers = response.headers
        self.version = 10 if response.http_version == "HTTP/1.0" else 11
        self.decode_content = True

    def read(self, amt=None, **_kwargs):
        return super().read(-1 if amt is None else amt)

    def getheader(self, name, default=None):
        return self.headers.get(name, default)

    def getheaders(self):
        return list(self.headers.items())

    def stream(self, amt=65536, **_kwargs):
        while chunk := self.read(amt):
            yield chunk

    def release_conn(self):
        """The engine keeps its connections itself."""
