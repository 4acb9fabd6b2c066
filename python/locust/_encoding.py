"""From the arguments of a request to the bytes that are sent: query strings, forms, multipart, JSON."""
import base64
import json as _json
import os
import re
from collections.abc import Mapping
from urllib.parse import quote, urlencode

FORM = "application/x-www-form-urlencoded"


# Finds what cannot stand in a URL as it is (the domain of a URL may: it is not quoted).
is_odd = re.compile(r"[^!#$%&'()*+,\-./0-9:;=?@A-Z_a-z~]").search

_QUOTED_SAFE = "!#$%&'()*+,/:;=?@~"


def quote_url(url, more_safe=""):
    """url with its odd characters as %XX; what is quoted already stays."""
    match = re.match(r"https?://[^/?#]*", url, re.I)
    start = match.end() if match else 0
    return url[:start] + quote(url[start:], safe=_QUOTED_SAFE + more_safe)


def _pairs(data):
    return data.items() if isinstance(data, Mapping) else data


def encode_params(data):
    """A query string or form: text as it is, otherwise pairs; a list repeats its key, None is left out."""
    if isinstance(data, (str, bytes)):
        return data
    if hasattr(data, "read") or not hasattr(data, "__iter__"):
        return data
    flat = []
    for key, values in _pairs(data):
        if isinstance(values, (str, bytes)) or not hasattr(values, "__iter__"):
            values = (values,)
        flat += [(key, value) for value in values if value is not None]
    return urlencode(flat)


def add_params(url, params):
    """url with params at the end of its query."""
    query = encode_params(params)
    if isinstance(query, bytes):
        query = query.decode("latin-1")
    if not query:
        return url
    url, hash_sign, fragment = url.partition("#")
    joint = "&" if "?" in url else "?"
    if url.endswith(("?", "&")):
        joint = ""
    return f"{url}{joint}{query}{hash_sign}{fragment}"


# Made once: json.dumps would make one each time.
_to_json = _json.JSONEncoder(allow_nan=False).encode


def encode_json(value):
    return _to_json(value).encode()


def _quoted(text):
    return text.replace("\\", "\\\\").replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def _bytes(value):
    if hasattr(value, "read"):
        value = value.read()
    return value.encode() if isinstance(value, str) else bytes(value)


def _file_name(file, key):
    """What requests calls a file that is given without a name: that on disk, else the field's."""
    name = getattr(file, "name", None)
    if isinstance(name, str) and name and not (name.startswith("<") and name.endswith(">")):
        return os.path.basename(name)
    return key


def _form_parts(data):
    for key, values in _pairs(data):
        if isinstance(values, (str, bytes)) or not hasattr(values, "__iter__"):
            values = (values,)
        for value in values:
            if value is not None:
                yield key, value if isinstance(value, bytes) else str(value).encode()


def encode_files(files, data):
    """(body, content type) of multipart/form-data: first the fields of data, then the files.

    A file: its content or an open file, or a tuple (file name, content[, content type[, headers]])."""
    if isinstance(data, (str, bytes)):
        raise ValueError("Data must not be a string.")
    boundary = os.urandom(16).hex()
    chunks = []

    def add(key, content, file_name=None, content_type=None, headers=None):
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{_quoted(str(key))}"'
        if file_name is not None:
            head += f'; filename="{_quoted(str(file_name))}"'
        if content_type:
            head += f"\r\nContent-Type: {content_type}"
        for name, value in (headers or {}).items():
            head += f"\r\n{name}: {value}"
        chunks.append(head.encode() + b"\r\n\r\n" + content + b"\r\n")

    for key, value in _form_parts(data or ()):
        add(key.decode() if isinstance(key, bytes) else key, value)
    for key, file in _pairs(files):
        if isinstance(file, (tuple, list)):
            name, content, *rest = file
            if content is not None:
                add(key, _bytes(content), name, *rest)
        elif file is not None:
            add(key, _bytes(file), _file_name(file, key))
    return b"".join(chunks) + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def encode_body(data, json, files):
    """(body, content type) as requests makes them; either may be None."""
    if files:
        return encode_files(files, data)
    if not data:
        if json is not None:
            return encode_json(json), "application/json"
        return None, None
    if isinstance(data, (str, bytes)):
        return data, None
    if isinstance(data, dict):
        return encode_params(data), FORM
    return _encode_other(data)


def _encode_other(data):
    if hasattr(data, "read"):
        return _bytes(data), None
    if isinstance(data, (list, tuple, Mapping)):
        return encode_params(data), FORM
    if isinstance(data, (bytearray, memoryview)):
        return bytes(data), None
    if hasattr(data, "__iter__"):
        return b"".join(_bytes(part) for part in data), None
    return str(data), None


def basic_auth(user, password):
    """The Authorization header of HTTP basic authentication."""
    user = user if isinstance(user, bytes) else str(user).encode("latin-1")
    password = password if isinstance(password, bytes) else str(password).encode("latin-1")
    return "Basic " + base64.b64encode(user + b":" + password).decode()
